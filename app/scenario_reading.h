/* scenario_reading.h - what the parts of the scenario reader share while one variant is read.
 * Not for others. */
#ifndef APP_SCENARIO_READING_H
#define APP_SCENARIO_READING_H

#include "app/scenario_params.h"
#include "app/variant_tree.h"

/* What is needed while one variant is read. */
struct reading {
    struct scenario *scenario;
    struct variant_tree *tree;
    const struct variant_node *node;
    struct scenario_variant *variant;
    struct scenario_config *config;
    struct param_context context;
    const char *folder;
    const char *site; /* the data center whose copy of a component is being read; NULL: none */
    uint64_t memory_budget_bytes;
};

/* Zeroed memory that lives as long as the scenario; NULL: noted as out of memory. */
void *reading_alloc(struct reading *reading, size_t count, size_t size);

/* An error at a path such as "components.web.type". */
void reading_error(struct reading *reading, const char *path, enum json_part part, const char *help,
                   const char *message);

/* Whether the scenario (or the catalog) has something of that name; and the index-th thing of a
 * kind. For references. */
bool reading_find_name(void *user, enum param_refers_to what, const char *name, struct param_named *named);
bool reading_get_name(void *user, enum param_refers_to what, size_t index, struct param_named *named);

/* ---- data centers ---- */

/* Whether a component is a data center; whether one that is none stands in data centers; how many copies
 * they list together. */
bool reading_is_site(const cJSON *component);
bool reading_is_copied(const struct reading *reading, const char *name);
size_t reading_copies(const struct reading *reading);

/* "web" of "seoul/web", as it is in the file; and the reverse, NULL: no memory. */
const char *reading_key(const char *name);
const char *reading_copy_name(struct reading *reading, const char *site, const char *name);

/* For struct param_context and struct param_names. */
const char *reading_resolve(void *user, const struct param_row *row, const char *name);
bool reading_explain(void *user, enum param_refers_to what, const char *name, char *message, size_t size,
                     char *help, size_t help_size);

/* What can be wrong with the list of a data center. */
void reading_check_site(struct reading *reading, const cJSON *site);

/* The region of a data center that names none: that of its name, or NULL. */
const char *reading_site_region(const struct reading *reading, const char *name);

/* Gives each site a machine of its own for every host of the scenario that its copies name. Once all
 * components are read. */
void reading_site_hosts(struct reading *reading);

/* The sections "components", "network" and "faults". */
void reading_components(struct reading *reading);
void reading_network(struct reading *reading);
void reading_faults(struct reading *reading);

#endif
