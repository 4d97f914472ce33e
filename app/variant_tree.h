/* variant_tree.h - the JSON of each variant: the base with its patches and the command line's settings.
 *
 * A variant is a patch (RFC 7396) of the base or of the variant that it is based on. Settings
 * ("users.arrivals=2500/s") come last, so they hold in every variant. Where a value was written is found by
 * asking in the reverse order.
 */
#ifndef APP_VARIANT_TREE_H
#define APP_VARIANT_TREE_H

#include "app/arena.h"
#include "app/diagnostics.h"
#include "app/json_document.h"

struct setting {
    const char *text;          /* "users.arrivals=2500/s" */
    const char *pointer;       /* "/components/users/arrivals" */
    struct source_text source; /* for errors */
};

struct variant_node {
    const char *name;                /* "base" for the base */
    const char *title;               /* may be NULL */
    const struct variant_node *based_on; /* NULL: the base itself */
    const cJSON *patch;              /* NULL: the base */
    cJSON *tree;                     /* merged, without "variants" */
};

struct variant_tree {
    const struct json_document *document;
    struct variant_node *nodes; /* the base first, then in the order of the file */
    size_t count;
    struct setting *settings;
    size_t setting_count;
};

/* Merges everything; errors in "variants" and in settings are told. False: there were errors or memory is
 * gone (*out_of_memory). The tree is usable as far as it goes; deinit in any case. */
bool variant_tree_init(struct variant_tree *tree, const struct json_document *document,
                       const char *const *settings, size_t setting_count, struct arena *arena,
                       struct diagnostics *diagnostics, bool *out_of_memory);
void variant_tree_deinit(struct variant_tree *tree);

/* Where the value at `pointer` of the merged tree was written. */
struct source_span variant_tree_locate(const struct variant_tree *tree, const struct variant_node *node,
                                       const char *pointer, enum json_part part);

#endif
