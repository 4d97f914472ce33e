/* param.h - parameter tables: one row drives reading, defaults, errors, the JSON schema and the reference.
 *
 * models/ knows nothing of JSON: a row says what a parameter is, app/param_read.c fills the member that it
 * names. Offsets are checked against the member's type when the row is compiled.
 *
 *     static const struct param_row rows[] = {
 *         PARAM_COUNT(struct web_config, workers, .default_text = "64", .min = 1, .max = 1e6,
 *                     .help = "Requests that a server works on at once; each holds its worker throughout."),
 *         PARAM_END
 *     };
 *     static const struct param_table table = PARAM_TABLE(struct web_config, rows);
 *
 * Defaults are JSON text ("\"5ms\"", "64", "{}", "[]"); a row without one is required. Special cases are
 * words ("unlimited", "never", "none"), never null and never -1.
 */
#ifndef MODELS_PARAM_H
#define MODELS_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/distribution.h"

enum param_kind {
    PARAM_KIND_BOOL,         /* bool; true, false */
    PARAM_KIND_COUNT,        /* int64_t; a whole number */
    PARAM_KIND_REAL,         /* double; a number without a unit */
    PARAM_KIND_DURATION,     /* int64_t ns; "5ms" */
    PARAM_KIND_BYTES,        /* int64_t; "2KB" */
    PARAM_KIND_BANDWIDTH,    /* double bytes/s; "10Gb/s" */
    PARAM_KIND_RATE,         /* double 1/s; "2000/s" */
    PARAM_KIND_FRACTION,     /* double 0..1; "5%" */
    PARAM_KIND_MONEY,        /* double USD; "$0.10" */
    PARAM_KIND_MONEY_RATE,   /* double USD/h; "$0.10/h" */
    PARAM_KIND_QUANTITY,     /* struct param_quantity; of whatever unit: "60%", "200ms", "60/s", 12 */
    PARAM_KIND_CHOICE,       /* int; one of the words in `choices` */
    PARAM_KIND_TEXT,         /* const char *; free text */
    PARAM_KIND_DISTRIBUTION, /* struct distribution_config, in s; "5ms" (constant) or { "law": ... } */
    PARAM_KIND_REFERENCE,    /* const char *; a name, of what `refers_to` says */
    PARAM_KIND_ARRIVAL_TRACE, /* const struct arrival_trace *; a CSV file; NULL when it is the word */
    PARAM_KIND_OBJECT,       /* the struct of `table`, in place */
    PARAM_KIND_OPTIONAL,     /* const struct *, of `table`; NULL when it is not given or "none" */
    PARAM_KIND_LIST,         /* struct param_list of the structs of `table`; a JSON array */
    PARAM_KIND_MAP,          /* the same; a JSON object; the struct begins with const char *name, the key */
};

enum param_refers_to {
    PARAM_REFERS_COMPONENT, /* that plays one of `roles`; ROLE_ANY: whatever it is */
    PARAM_REFERS_DATA,      /* a data set */
    PARAM_REFERS_HOST,      /* a host of the scenario or a size of the catalog */
    PARAM_REFERS_CLASS,     /* a request class of any source in the scenario */
};

/* What a component can be called for. */
enum param_role {
    ROLE_SERVER = 1,    /* takes requests of users: balancer, web server, service */
    ROLE_STORE = 2,     /* read, write, insert, delete of rows */
    ROLE_CACHE = 4,     /* get, put, delete of keys */
    ROLE_MONITOR = 8,   /* knows figures of others; it is not called */
    ROLE_ELASTIC = 16,  /* instances may come and go while it runs (sim/members.h): a new one is of use as it is */
    ROLE_QUEUE = 32,   /* messages are published to it */
    ROLE_CONSUMER = 64, /* does what a queue hands out */
    ROLE_COPY = 128, /* a store that takes changes made elsewhere as they are */
    ROLE_ANY = 1 << 30, /* of a reference: whatever it is */
};

/* Which kind of number somebody wrote. */
enum param_unit {
    PARAM_UNIT_NONE,
    PARAM_UNIT_FRACTION,
    PARAM_UNIT_SECONDS,
    PARAM_UNIT_PER_SECOND,
    PARAM_UNIT_BYTES,
    PARAM_UNIT_DOLLARS_PER_HOUR,
};

struct param_quantity {
    double value;
    int unit; /* enum param_unit */
};

struct param_choice {
    const char *name; /* NULL ends a list */
    int value;
    const char *help;
};

/* A list or a map as it is read; owned by the reader. */
struct param_list {
    size_t count;
    const void *items;
};

struct param_table;
struct arrival_trace;

struct param_row {
    const char *name; /* NULL ends a table */
    enum param_kind kind;
    size_t offset;
    const char *default_text; /* JSON; NULL: required (unless it is a verb) */
    const char *word;         /* for the special case, e.g. "unlimited"; NULL: none */
    double word_value;        /* what it stands for; whole numbers up to INT64_MAX via PARAM_WORD_MAX */
    double min, max;          /* both included unless min_exclusive; both 0: no bounds beyond the kind's */
    bool min_exclusive;
    bool lone; /* a list: what would be its only element may stand without the brackets */
    const struct param_choice *choices;
    const struct param_table *table;
    enum param_refers_to refers_to;
    unsigned roles;
    int verb;          /* not 0: the table wants exactly one of its verbs, and stores this in verb_offset */
    uint64_t verbs;    /* bit per verb that this option goes with; 0: with all */
    const char *help;
    const char *source; /* of the default, NULL: a round figure of ours */
};

struct param_table {
    const struct param_row *rows;
    size_t size;        /* of the struct */
    bool has_verbs;
    size_t verb_offset; /* of an int */
    const struct param_table *also; /* further rows, of a struct that lies at also_offset; NULL: none */
    size_t also_offset;
    const char *help; /* what one element is; for nested tables */
};

/* A double cannot hold INT64_MAX: the reader stores INT64_MAX for this one. */
#define PARAM_WORD_MAX 9.3e18

#define PARAM_OFFSET(type, member, wanted)                                       \
    (offsetof(type, member) +                                                    \
     0 * sizeof(struct {                                                         \
         char checked;                                                           \
         _Static_assert(_Generic(((type *)0)->member, wanted: 1, default: 0),    \
                        "row and member differ in type");                        \
     }))

#define PARAM_ROW(type, member, kind_, wanted, ...) \
    { .name = #member, .kind = kind_, .offset = PARAM_OFFSET(type, member, wanted), __VA_ARGS__ }

#define PARAM_BOOL(type, member, ...) PARAM_ROW(type, member, PARAM_KIND_BOOL, bool, __VA_ARGS__)
#define PARAM_COUNT(type, member, ...) PARAM_ROW(type, member, PARAM_KIND_COUNT, int64_t, __VA_ARGS__)
#define PARAM_REAL(type, member, ...) PARAM_ROW(type, member, PARAM_KIND_REAL, double, __VA_ARGS__)
#define PARAM_DURATION(type, member, ...) PARAM_ROW(type, member, PARAM_KIND_DURATION, int64_t, __VA_ARGS__)
#define PARAM_BYTES(type, member, ...) PARAM_ROW(type, member, PARAM_KIND_BYTES, int64_t, __VA_ARGS__)
#define PARAM_BANDWIDTH(type, member, ...) PARAM_ROW(type, member, PARAM_KIND_BANDWIDTH, double, __VA_ARGS__)
#define PARAM_RATE(type, member, ...) PARAM_ROW(type, member, PARAM_KIND_RATE, double, __VA_ARGS__)
#define PARAM_FRACTION(type, member, ...) PARAM_ROW(type, member, PARAM_KIND_FRACTION, double, __VA_ARGS__)
#define PARAM_MONEY(type, member, ...) PARAM_ROW(type, member, PARAM_KIND_MONEY, double, __VA_ARGS__)
#define PARAM_MONEY_RATE(type, member, ...) \
    PARAM_ROW(type, member, PARAM_KIND_MONEY_RATE, double, __VA_ARGS__)
#define PARAM_QUANTITY(type, member, ...) \
    PARAM_ROW(type, member, PARAM_KIND_QUANTITY, struct param_quantity, __VA_ARGS__)
#define PARAM_CHOICE(type, member, ...) PARAM_ROW(type, member, PARAM_KIND_CHOICE, int, __VA_ARGS__)
#define PARAM_TEXT(type, member, ...) PARAM_ROW(type, member, PARAM_KIND_TEXT, const char *, __VA_ARGS__)
#define PARAM_DISTRIBUTION(type, member, ...) \
    PARAM_ROW(type, member, PARAM_KIND_DISTRIBUTION, struct distribution_config, __VA_ARGS__)
#define PARAM_REFERENCE(type, member, ...) \
    PARAM_ROW(type, member, PARAM_KIND_REFERENCE, const char *, __VA_ARGS__)
#define PARAM_ARRIVAL_TRACE(type, member, ...) \
    PARAM_ROW(type, member, PARAM_KIND_ARRIVAL_TRACE, const struct arrival_trace *, __VA_ARGS__)
#define PARAM_LIST(type, member, ...) PARAM_ROW(type, member, PARAM_KIND_LIST, struct param_list, __VA_ARGS__)
#define PARAM_MAP(type, member, ...) PARAM_ROW(type, member, PARAM_KIND_MAP, struct param_list, __VA_ARGS__)
/* nested: the struct's type, checked too */
#define PARAM_OBJECT(type, member, nested, ...) \
    PARAM_ROW(type, member, PARAM_KIND_OBJECT, nested, __VA_ARGS__)
#define PARAM_OPTIONAL(type, member, nested, ...) \
    PARAM_ROW(type, member, PARAM_KIND_OPTIONAL, const nested *, __VA_ARGS__)
#define PARAM_END { .name = NULL }

#define PARAM_TABLE(type, rows_) { .rows = rows_, .size = sizeof(type) }
#define PARAM_TABLE_VERBS(type, rows_, verb_member) \
    { .rows = rows_, .size = sizeof(type), .has_verbs = true, \
      .verb_offset = PARAM_OFFSET(type, verb_member, int) }

/* Where a model's own check (model_type.check) leaves what it finds wrong; the reader makes errors with
 * places of them. */
struct param_problems;

/* path: relative to the component, as "handlers.view[0].rows"; "" for the component itself. help: what to
 * do, or NULL. */
__attribute__((format(printf, 4, 5))) void param_problem(struct param_problems *problems, const char *path,
                                                         const char *help, const char *format, ...);

/* The same of what is allowed and hardly meant. */
__attribute__((format(printf, 4, 5))) void param_warning(struct param_problems *problems, const char *path,
                                                         const char *help, const char *format, ...);

#endif
