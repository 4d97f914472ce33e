/* model.h - what a component type is to the program: its behaviour, its parameters, what it stands for.
 *
 * A model is one file: header comment, config struct, state structs, parameter rows, metric rows, callbacks
 * in the order wire_group, wire, start, on_request, on_reply, on_timer, and the one exported row. Adding a
 * component: that file, a line in registry.c, a test, a scenario.
 */
#ifndef MODELS_MODEL_H
#define MODELS_MODEL_H

#include "models/param.h"
#include "sim/component.h"

struct model_type {
    struct component_type component; /* first: the kernel knows a model by it */
    const char *summary;             /* one line: what it is */
    const char *stands_for;          /* what is represented */
    const char *leaves_out;
    const char *misleads; /* when its answer should not be trusted */
    const struct param_table *params;
    unsigned roles; /* what others may call it for (enum param_role) */
    bool many;      /* takes `count` */
    bool crashes;   /* may be in "faults": on_crash leaves nothing that was in memory */
    bool runs_versions; /* does what the defects of a version that is deployed say (version.h) */
    bool outside;   /* on the public network, as users are (a CDN): it reaches public addresses only */
    bool hidden;    /* made by the program or by other models, not by a scenario */

    /* Of what has no machine of its own: its parts, which crash in its place, all or one; NULL: past the
     * last. No function, or no part at all: it crashes itself. */
    const char *(*part_name)(const void *config, size_t index);
    /* Instances of that part; NULL: as many as of the component. */
    int64_t (*part_count)(const void *config, size_t index);
    /* Of parts that belong to one of several wholes each, as "shard.replica" does: the number of these. NULL:
     * there are none. */
    int64_t (*part_wholes)(const void *config);

    /* What its parts are, with metrics of their own under NAME.PART; NULL: it has none, or they are like
     * the whole. */
    const struct model_type *part;
    /* Further ones, each of its own kind; ended by NULL. NULL: none. */
    const struct model_type *const *single_parts;

    /* What can carry out a configuration that asks for several of it working together (replicas), ended by
     * NULL, their metrics being told with this type's; and which of them does, NULL: this type itself. */
    const struct model_type *const *composed;
    const struct model_type *(*composed_as)(const void *config);

    /* Whose instances it adds and takes away, and how many there may be when the scenario has `count`; NULL:
     * past the last. No function: it does not. */
    const char *(*scaled)(const void *config, size_t index, uint32_t count, uint32_t *instances_max);

    /* What no row can say (a minimum above a maximum); all problems, not the first. May be NULL. */
    void (*check)(const void *config, struct param_problems *problems);

    /* The same once everything is wired (a class that arrives and has no handler). May be NULL. */
    void (*check_wired)(const struct group *group, struct param_problems *problems);
};

/* All component types, ended by NULL. */
extern const struct model_type *const model_registry[];

/* NULL: none of that name. */
const struct model_type *model_find(const char *name);

/* What carries the configuration out. */
static inline const struct model_type *model_for(const struct model_type *type, const void *config)
{
    const struct model_type *composed = type->composed ? type->composed_as(config) : NULL;

    return composed ? composed : type;
}

static inline const struct model_type *model_of(const struct group *group)
{
    return (const struct model_type *)(const void *)group->type;
}

#endif
