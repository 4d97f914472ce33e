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

/* The sections "components", "network" and "faults". */
void reading_components(struct reading *reading);
void reading_network(struct reading *reading);
void reading_faults(struct reading *reading);

#endif
