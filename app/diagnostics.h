/* diagnostics.h - errors and warnings of what a user wrote: collected, then told all in one go.
 *
 *     scenarios/x.json:12:5: error: components.web.wrokers: no such field; did you mean "workers"?
 *        12 |     "wrokers": 64,
 *           |     ^~~~~~~~~
 *
 * An item copies all it needs (names, message, the line around the place), so texts may be freed before
 * it is printed. Printed in the order of files and places (what has no place first), the same message
 * at the same place once. Bounded: DIAGNOSTICS_MAX errors and as many warnings are kept, the rest only
 * counted; messages and lines are cut. What the user wrote is shown with control characters,
 * direction marks and bytes that are not UTF-8 escaped, so that it cannot move the cursor or lie.
 *
 * Left out: nothing here prints by itself or ends the program.
 * Cost: an item O(offset) to count lines; printing O(k log k) for k items.
 */
#ifndef APP_DIAGNOSTICS_H
#define APP_DIAGNOSTICS_H

#include "app/source_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define DIAGNOSTICS_MAX 100 /* of each severity */

enum diagnostic_severity { DIAGNOSTIC_ERROR, DIAGNOSTIC_WARNING, DIAGNOSTIC_SEVERITY_COUNT };

enum diagnostics_format {
    DIAGNOSTICS_TEXT, /* as compilers do */
    DIAGNOSTICS_JSON, /* one object a line, for editors */
};

struct diagnostic {
    enum diagnostic_severity severity;
    char *file;          /* NULL: no place */
    size_t offset;       /* bytes */
    size_t line, column; /* from 1; columns in characters */
    size_t column_end;   /* one behind the last character, on the same line */
    char *path;          /* "components.web.workers", or NULL */
    char *message;
    char *help;                  /* a short clause: did you mean "workers"?; or NULL */
    char *source_line, *markers; /* as they are printed; NULL: no place */
    size_t sequence;             /* order of arrival */
};

struct diagnostics {
    struct diagnostic *items; /* in order of arrival until they are printed */
    size_t item_count, item_capacity;
    size_t counts[DIAGNOSTIC_SEVERITY_COUNT]; /* with those that were not kept */
    size_t kept[DIAGNOSTIC_SEVERITY_COUNT];
    bool out_of_memory; /* something could not be kept; it was counted. Set by others too: it is told in any
                           case */
};

void diagnostics_init(struct diagnostics *diagnostics);
void diagnostics_deinit(struct diagnostics *diagnostics);

/* Adds one, unless the same message is there at the same place. `where`: SOURCE_NOWHERE if it has no
 * place; `path` and `help` may be NULL; all texts are copied. Message and help start with a small letter
 * and end without a point: they are parts of one line. */
__attribute__((format(printf, 6, 7))) void diagnostics_add(struct diagnostics *diagnostics,
                                                           enum diagnostic_severity severity,
                                                           struct source_span where, const char *path,
                                                           const char *help, const char *format, ...);

/* How many were added, kept or not. */
size_t diagnostics_error_count(const struct diagnostics *diagnostics);
size_t diagnostics_warning_count(const struct diagnostics *diagnostics);

/* Writes all of them; `colour` (of the terminal, text only) is the caller's choice. Write errors stay in
 * the stream for the caller to see. */
void diagnostics_print(struct diagnostics *diagnostics, FILE *file, enum diagnostics_format format,
                       bool colour);

#endif
