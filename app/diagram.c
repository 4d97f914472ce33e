#include "app/diagram.h"

#include <stdlib.h>
#include <string.h>

#include "models/data_center.h"
#include "sim/members.h"

/* A component that is a part is drawn as the whole: "db.shard" as "db". */
static const struct group *whole_of(const struct group *group)
{
    while (group->parent)
        group = group->parent;
    return group;
}

static const struct host_config *shared_host(const struct scenario_variant *variant, const char *name)
{
    for (size_t i = 0; name && i < variant->environment.host_count; i++)
        if (!strcmp(variant->environment.hosts[i].name, name))
            return &variant->environment.hosts[i];
    return NULL;
}

/* What the component's own parameters name as its machine; NULL: nothing. */
static const char *host_name(const struct param_table *table, const void *config)
{
    for (; table; config = (const char *)config + table->also_offset, table = table->also)
        for (const struct param_row *row = table->rows; row->name; row++)
            if (row->kind == PARAM_KIND_REFERENCE && row->refers_to == PARAM_REFERS_HOST)
                return *(const char *const *)(const void *)((const char *)config + row->offset);
    return NULL;
}

/* It looks at others, or decides about them, and takes part in no request. */
static bool is_attendant(const struct model_type *type)
{
    return type->scaled || type->roles == ROLE_MONITOR;
}

/* It is drawn as a frame round its copies. */
static bool is_site(const struct component_config *component)
{
    return component->type == &data_center_model;
}

static bool is_in_site(const struct component_config *component, const struct component_config *site)
{
    return site ? component->site && !strcmp(component->site, site->name) : !component->site;
}

static const char *shape_of(const struct model_type *type)
{
    if (type->component.is_source)
        return "ellipse";
    if (type->component.wire_callers || is_attendant(type)) /* requests do not pass through it */
        return "note";
    if (type->roles & ROLE_SERVER)
        return "box";
    if (type->roles & ROLE_QUEUE)
        return "cds, height=0.9, margin=\"0.3,0\""; /* an arrow, whose tip takes room */
    if (type->roles & ROLE_CONSUMER)
        return "box";
    return type->roles & ROLE_CACHE ? "component" : "cylinder";
}

/* Requests go through it: no health endpoint, nor what else a component is helped by. */
static bool does_the_work(const struct group *part)
{
    return part->type->is_source || model_of(part)->roles != 0;
}

/* Instances of the component, or of its parts where those do the work. */
static uint64_t instances_of(const struct sim *sim, const struct group *group)
{
    uint64_t parts = 0;

    for (uint16_t i = 0; i < sim->group_count; i++)
        if (sim->groups[i]->parent == group && does_the_work(sim->groups[i]) &&
            !sim->groups[i]->type->speaks_for_parent)
            parts += sim->groups[i]->count;
    return parts ? parts : group->count;
}

/* "2 replicas", "4 primaries". */
static void write_counted(FILE *file, unsigned count, const char *noun)
{
    int length = (int)strlen(noun);
    bool ends_in_y = length > 0 && noun[length - 1] == 'y';

    if (count == 1)
        fprintf(file, "1 %s", noun);
    else
        fprintf(file, "%u %.*s%s", count, ends_in_y ? length - 1 : length, noun, ends_in_y ? "ies" : "s");
}

/* Of several nodes that work together. */
static bool is_composed(const struct component_config *component)
{
    return component->type->composed && component->type->composed_as(component->config);
}

/* "1 primary + 2 replicas", "3 copies": of a store of several nodes, or whose parts are not alike. */
static void write_parts(FILE *file, const struct component_config *component)
{
    const struct model_type *type = component->type;
    const char *name;

    if (!type->part_count || (!is_composed(component) && !type->part_name(component->config, 1)))
        return;
    for (size_t i = 0; (name = type->part_name(component->config, i)); i++) {
        unsigned count = (unsigned)type->part_count(component->config, i);
        const char *last = strrchr(name, '.');

        fputs(i ? " + " : "\\n", file);
        write_counted(file, count, last ? last + 1 : name);
    }
}

static void write_node(FILE *file, const struct scenario_variant *variant, const struct sim *sim,
                       const struct component_config *component)
{
    const struct group *group = sim_find_group(sim, component->name);
    uint64_t instances = component->type->composed && group->type != &component->type->component
                             ? group->count
                             : instances_of(sim, group);
    const char *host = host_name(component->type->params, component->config);

    fprintf(file, "  \"%s\" [shape=%s, label=\"%s", component->name, shape_of(component->type),
            component->name);
    if (group->members && group->members->start_count < instances)
        fprintf(file, " x%u, up to %llu", group->members->start_count, (unsigned long long)instances);
    else if (instances > 1)
        fprintf(file, " x%llu", (unsigned long long)instances);
    fprintf(file, "\\n%s", component->type->component.name);
    write_parts(file, component);
    if (host && !shared_host(variant, host))
        fprintf(file, "\\nhost %s", host);
    if (component->region && !component->site)
        fprintf(file, "\\nin %s", component->region);
    fprintf(file, "\"];\n");
}

static bool has_node(const struct scenario_variant *variant, const struct component_config *site,
                     const struct host_config *host, const struct component_config *component)
{
    return !is_site(component) && is_in_site(component, site) &&
           shared_host(variant, host_name(component->type->params, component->config)) == host;
}

static bool has_nodes(const struct scenario_variant *variant, const struct component_config *site,
                      const struct host_config *host)
{
    for (size_t i = 0; i < variant->component_count; i++)
        if (has_node(variant, site, host, &variant->components[i]))
            return true;
    return false;
}

/* The site's components on one of the scenario's machines, in a frame; host NULL: those on none. */
static void write_nodes(FILE *file, const struct scenario_variant *variant, const struct sim *sim,
                        const struct component_config *site, const struct host_config *host)
{
    if (site && !has_nodes(variant, site, host))
        return;
    if (host)
        fprintf(file, "  subgraph \"cluster %s\" {\n  label=\"host %s, %lld cores\";\n", host->name,
                host->name, (long long)host->cores);
    for (size_t i = 0; i < variant->component_count; i++) {
        const struct component_config *component = &variant->components[i];

        if (has_node(variant, site, host, component))
            write_node(file, variant, sim, component);
    }
    if (host)
        fputs("  }\n", file);
}

/* A data center in a frame; site NULL: what is in none. */
static void write_site(FILE *file, const struct scenario_variant *variant, const struct sim *sim,
                       const struct component_config *site)
{
    if (site) {
        fprintf(file, "  subgraph \"cluster %s\" {\n  label=\"data center %s", site->name, site->name);
        if (site->region && strcmp(site->region, site->name) != 0)
            fprintf(file, " in %s", site->region);
        fputs("\";\n", file);
    }
    for (size_t i = 0; i < variant->environment.host_count; i++)
        if (site || !strchr(variant->environment.hosts[i].name, '/'))
            write_nodes(file, variant, sim, site, &variant->environment.hosts[i]);
    write_nodes(file, variant, sim, site, NULL);
    if (site)
        fputs("  }\n", file);
}

static void write_arrows(FILE *file, const struct sim *sim, unsigned char *drawn)
{
    for (uint16_t i = 1; i < sim->link_count; i++) { /* 0: none */
        const struct group *from = whole_of(sim->links[i].from), *to = whole_of(sim->links[i].target->group);
        unsigned char *pair = &drawn[(size_t)from->index * sim->group_count + to->index];

        if (sim->links[i].from->parent && !does_the_work(sim->links[i].from)) /* a check is no request */
            continue;
        if (from != to && !*pair)
            fprintf(file, "  \"%s\" -> \"%s\";\n", from->name, to->name);
        *pair = 1;
    }
}

/* An arrow from an attendant, once. */
static void write_dash(FILE *file, const struct sim *sim, const char *from, const char *to,
                       unsigned char *drawn)
{
    const struct group *one = sim_find_group(sim, from), *other = sim_find_group(sim, to);
    unsigned char *pair = &drawn[(size_t)one->index * sim->group_count + other->index];

    if (one != other && !*pair)
        fprintf(file, "  \"%s\" -> \"%s\" [style=dashed];\n", from, to);
    *pair = 1;
}

/* Whom an attendant's parameters name: dashed, for no request goes there. */
static void write_dashes(FILE *file, const struct sim *sim, const char *from, const struct param_table *table,
                         const void *config, unsigned char *drawn)
{
    for (const struct param_row *row = table->rows; row->name; row++) {
        const void *slot = (const char *)config + row->offset;
        const struct param_list *list = slot;
        bool is_list = row->kind == PARAM_KIND_LIST || row->kind == PARAM_KIND_MAP;

        if (row->kind == PARAM_KIND_REFERENCE && row->refers_to == PARAM_REFERS_COMPONENT &&
            *(const char *const *)slot)
            write_dash(file, sim, from, *(const char *const *)slot, drawn);
        for (size_t i = 0; is_list && i < list->count; i++)
            write_dashes(file, sim, from, row->table, (const char *)list->items + i * row->table->size,
                         drawn);
        if (row->kind == PARAM_KIND_OPTIONAL && *(const void *const *)slot)
            write_dashes(file, sim, from, row->table, *(const void *const *)slot, drawn);
    }
}

bool diagram_write(FILE *file, const struct scenario_variant *variant, const struct sim *sim)
{
    unsigned char *drawn = calloc((size_t)sim->group_count * sim->group_count, 1);

    if (!drawn)
        return false;
    fputs("digraph architecture {\n  rankdir=LR;\n  node [fontname=\"sans-serif\", fontsize=11];\n"
          "  graph [fontname=\"sans-serif\", fontsize=11, color=\"#888888\", style=rounded];\n",
          file);
    for (size_t i = 0; i < variant->component_count; i++)
        if (is_site(&variant->components[i]))
            write_site(file, variant, sim, &variant->components[i]);
    write_site(file, variant, sim, NULL);
    write_arrows(file, sim, drawn);
    for (size_t i = 0; i < variant->component_count; i++)
        if (is_attendant(variant->components[i].type))
            write_dashes(file, sim, variant->components[i].name, variant->components[i].type->params,
                         variant->components[i].config, drawn);
    fputs("}\n", file);
    free(drawn);
    return true;
}
