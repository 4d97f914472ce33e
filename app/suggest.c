#include "app/suggest.h"

#include <string.h>

static char fold(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c == '-' || c == ' ' ? '_' : c;
}

/* Folds a text; SIZE_MAX: too long. */
static size_t fold_text(char folded[SUGGEST_LENGTH_MAX], const char *text)
{
    size_t length = strnlen(text, SUGGEST_LENGTH_MAX + 1);

    if (length > SUGGEST_LENGTH_MAX)
        return (size_t)-1;
    for (size_t i = 0; i < length; i++)
        folded[i] = fold(text[i]);
    return length;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance with three rows. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][SUGGEST_LENGTH_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b_length; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *oldest = before;

        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = smaller(last[j], row[j - 1]) + 1;
            row[j] = smaller(row[j], last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smaller(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
        row = oldest;
    }
    return last[b_length];
}

void suggest_init(struct suggest *suggest, const char *written)
{
    *suggest = (struct suggest){ .distance = (size_t)-1 };
    suggest->length = fold_text(suggest->written, written);
}

void suggest_offer(struct suggest *suggest, const char *candidate)
{
    char folded[SUGGEST_LENGTH_MAX];
    size_t length = fold_text(folded, candidate);
    size_t longer, shorter, bound, found;

    if (suggest->length == (size_t)-1 || length == (size_t)-1)
        return;
    shorter = smaller(length, suggest->length);
    longer = length + suggest->length - shorter;
    bound = shorter < 2 ? 0 : longer < 6 ? 1 : longer / 3;
    if (longer - shorter > bound)
        return;
    found = distance(suggest->written, suggest->length, folded, length);
    if (found > bound || found >= suggest->distance)
        return;
    suggest->best = candidate;
    suggest->distance = found;
}

const char *suggest_nearest(const char *written, const char *const *candidates, size_t count)
{
    struct suggest suggest;

    suggest_init(&suggest, written);
    for (size_t i = 0; i < count; i++)
        suggest_offer(&suggest, candidates[i]);
    return suggest.best;
}
