/* suggest.h - did you mean "workers"?
 *
 * Finds among candidates the one that is nearest to what was written, if one is near enough: at most one
 * change in three characters (a letter more, less, other, or two neighbours exchanged). Case does not
 * count, nor does "-" or a space instead of "_"; a missing "_" counts as one change. Among equally near ones
 * the first that was offered wins. Texts longer than SUGGEST_LENGTH_MAX bytes have no suggestion.
 *
 * Nothing is allocated; candidates are borrowed. Cost: O(n m) a candidate, O(1) when lengths differ much.
 *
 * Source: F. Damerau, "A technique for computer detection and correction of spelling errors", 1964; the
 * variant that changes no piece twice (optimal string alignment).
 */
#ifndef APP_SUGGEST_H
#define APP_SUGGEST_H

#include <stddef.h>

#define SUGGEST_LENGTH_MAX 64 /* bytes */

struct suggest {
    char written[SUGGEST_LENGTH_MAX]; /* folded: without case, "_" for "-" */
    size_t length;
    const char *best; /* NULL: none was near enough */
    size_t distance;  /* of the best */
};

/* Starts a search for what was written. */
void suggest_init(struct suggest *suggest, const char *written);

/* Offers a candidate; `suggest->best` may point to it from then on. */
void suggest_offer(struct suggest *suggest, const char *candidate);

/* Both at once over a list; NULL: none is near. */
const char *suggest_nearest(const char *written, const char *const *candidates, size_t count);

#endif
