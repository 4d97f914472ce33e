/* param_kind.h - what the kinds of parameters are called, look like, and may range over: for reading, errors,
 * the schema and the reference alike.
 */
#ifndef APP_PARAM_KIND_H
#define APP_PARAM_KIND_H

#include "app/quantity.h"
#include "models/param.h"

#define PARAM_KIND_COUNT_OF_KINDS (PARAM_KIND_MAP + 1)

/* A map key, and what any name in a scenario must look like (ECMA 262 regular expression). */
#define PARAM_NAME_PATTERN "^[A-Za-z_][A-Za-z0-9_-]{0,63}$"

/* A fraction of at most 100%, as param_kind_row.pattern. */
#define PARAM_SHARE_PATTERN "^0*(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]+)?) ?%$"

/* Whole numbers that a double holds, and so JSON: up to this. */
#define PARAM_COUNT_MAX 9007199254740992.0

/* What lies in the config. */
enum param_store {
    PARAM_STORE_WHOLE, /* int64_t */
    PARAM_STORE_REAL,  /* double */
    PARAM_STORE_OTHER,
};

struct param_kind_row {
    const char *name;    /* with its article: "a whole number" */
    const char *label;   /* short, for tables: "count" */
    const char *example; /* JSON text */
    enum param_store store;
    const char *pattern; /* of the string that it is, for the schema: "^...$"; NULL: no such string */

    /* Parsers and formatters of quantities; NULL: it is none */
    bool (*parse_whole)(const char *text, int64_t *value, char *error, size_t size);
    bool (*parse_real)(const char *text, double *value, char *error, size_t size);
    char *(*format_whole)(int64_t value, char *text, size_t size);
    char *(*format_real)(double value, char *text, size_t size);
};

extern const struct param_kind_row param_kinds[PARAM_KIND_COUNT_OF_KINDS];

/* Bounds of a row with those of its kind. Infinite: none. For lists and maps, of the number of elements. */
struct param_bounds {
    double min, max; /* both included unless min_exclusive */
    bool min_exclusive;
};

struct param_bounds param_bounds_of(const struct param_row *row);

/* Whether a value lies within. */
bool param_bounds_hold(const struct param_bounds *bounds, double value);

/* A value as people write it: "64", "5 ms", "30%". At least QUANTITY_TEXT_SIZE bytes. Returns text. */
char *param_format(enum param_kind kind, double value, char *text, size_t size);

#define PARAM_RANGE_SIZE (2 * QUANTITY_TEXT_SIZE + 32) /* bytes that hold any range */

/* "from 1 to 100", "at least 1 ns", "above 0 s"; "" when anything goes. Returns text. */
char *param_range(const struct param_row *row, char *text, size_t size);

/* Whether a row says more than its kind does about its range: worth telling. */
static inline bool param_has_range(const struct param_row *row)
{
    return row->min != 0 || row->min_exclusive || (row->max != 0 && row->max < PARAM_WORD_MAX);
}

/* The table's only row, when the table has just one: an element may then be written as that row's value.
 * NULL: it has more. */
const struct param_row *param_sole_row(const struct param_table *table);

/* Whether a text matches PARAM_NAME_PATTERN. */
bool param_is_name(const char *text);

/* The bit of a verb in param_row.verbs. */
static inline uint64_t param_verb_bit(int verb)
{
    return UINT64_C(1) << (verb & 63);
}

/* Whether a row must be there in every object. */
static inline bool param_is_required(const struct param_row *row)
{
    return !row->default_text && !row->verb && !row->verbs;
}

#endif
