/* vary.h - a range of values of one field, as --vary has it: "users.arrivals=10/s..5000/s".
 *
 * Both ends are a number and a unit, the same for both, above 0 and in order: values between them are
 * spread evenly on a logarithmic scale. Where both ends are written as whole numbers only whole ones are
 * tried, so that a count can be varied.
 *
 * Ownership: a range borrows the text. Cost: O(1).
 */
#ifndef APP_VARY_H
#define APP_VARY_H

#include <stdbool.h>
#include <stddef.h>

#include "app/diagnostics.h"

#define VARY_UNIT_SIZE 16
#define VARY_TEXT_SIZE 64 /* bytes that hold any value with its unit */

struct vary {
    const char *text;   /* of the option */
    size_t path_length; /* what stands before the = */
    double low, high;
    char unit[VARY_UNIT_SIZE]; /* "/s"; "": none */
    bool whole;
};

/* False: what is wrong is told. */
bool vary_read(struct vary *vary, const char *text, struct diagnostics *diagnostics);

/* The next value that may be tried: four digits, whole where only whole ones may be. */
double vary_round(const struct vary *vary, double value);

/* A value as the field takes it, with its unit. Returns text. */
const char *vary_format(const struct vary *vary, double value, char *text);

/* The same for people: 46,830. */
const char *vary_show(const struct vary *vary, double value, char *text);

#endif
