/* param_read.h - fills a config from a JSON object as its parameter table says.
 *
 * Every error is collected, none ends the reading. What is read (lists, names, texts) lives in the context's
 * arena; the JSON tree may be deleted afterwards. Defaults are read from the rows' default_text by the same
 * code: one that does not read is a bug, and asserted.
 *
 * Rules beyond the rows:
 *   null         is refused everywhere (a variant's patch is applied before).
 *   a word       of a row stands for its special case, whatever the kind.
 *   verbs        an element of a table with verbs has exactly one of them; an option that names verbs goes
 *                with those only, and is required only with them.
 *   one row      an element of a table with a single row may be written as that row's value: a handler that
 *                has nothing but steps is the list of its steps.
 *   min, max     of a list or map bound the number of its elements.
 *   whole numbers  8.0 and 8 are the same number in JSON, and both are accepted.
 *
 * Units: as in models/param.h. Cost: O(values x rows of their table); bounded by the limits of json_scan.h.
 */
#ifndef APP_PARAM_READ_H
#define APP_PARAM_READ_H

#include "app/param_problems.h"
#include "models/model.h"

#include <cjson/cJSON.h>

/* Reads `object`, which stands at `path` ("components.web"; "": the root), into the zeroed struct `config`.
 * False: there were errors, or out_of_memory; the config must then not be used. */
bool param_read(const struct param_table *table, const cJSON *object, const char *path, void *config,
                struct param_context *context);

/* One of the structs that an object's fields go to. */
struct param_part {
    const struct param_table *table;
    void *config;
};

#define PARAM_PARTS_MAX 8 /* with those that tables name in `also` */

/* The same when several tables share the fields of one object (what every component has, and what its type
 * has). `others`: fields that somebody else reads ("type"), ended by NULL; may be NULL. */
bool param_read_parts(const struct param_part *parts, size_t part_count, const char *const *others,
                      const cJSON *object, const char *path, struct param_context *context);

/* ---- names, when all is read ---- */

/* What a name in a scenario is. */
struct param_named {
    const char *name;
    const struct model_type *type; /* of a component, else NULL */
};

/* All that can be named, by the caller; borrowed. */
struct param_names {
    /* Whether there is something of that name; fills `named`. */
    bool (*find)(void *user, enum param_refers_to what, const char *name, struct param_named *named);
    /* The index-th of them; false: there are not so many. For suggestions only. */
    bool (*get)(void *user, enum param_refers_to what, size_t index, struct param_named *named);
    /* What a name that does not exist may have meant: fills message and help, or returns false. NULL: none. */
    bool (*explain)(void *user, enum param_refers_to what, const char *name, char *message, size_t size,
                    char *help, size_t help_size);
    void *user;
};

/* Checks every reference that was read: that the name exists and can play the role. False: some cannot. */
bool param_check_references(struct param_context *context, const struct param_names *names);

/* ---- paths ---- */

/* Visits every path that can be set: "web.handlers.NAME[N].rows". `prefix`: "web", or "". NAME and N
 * stand for any key and index; where elements nest in elements of their own kind, only the first
 * level is visited. */
void param_paths(const struct param_table *table, const char *prefix,
                 void (*visit)(void *user, const char *path, const struct param_row *row), void *user);

#endif
