#include "app/scenario_paths.h"

#include <string.h>

#include "app/param_kind.h"
#include "app/reference.h"

#define EXPECT_PATH "expect.COMPONENT.METRIC"
#define EXPECT_KIND "comparison"

/* The widths of the columns are found on a first walk, the lines are written on a second. */
struct listing {
    FILE *file; /* NULL: the first walk */
    int path_width, kind_width;
};

static void widen(int *width, const char *text)
{
    if ((int)strlen(text) > *width)
        *width = (int)strlen(text);
}

static void write_line(struct listing *listing, const char *path, const char *kind, const char *value)
{
    if (listing->file) {
        fprintf(listing->file, "%-*s  %-*s  %s\n", listing->path_width, path, listing->kind_width, kind,
                value);
        return;
    }
    widen(&listing->path_width, path);
    widen(&listing->kind_width, kind);
}

static void visit(void *user, const char *path, const struct param_row *row)
{
    char kind[128];

    write_line(user, path, reference_kind(row, kind, sizeof kind),
               row->default_text        ? row->default_text
               : param_is_required(row) ? "(required)"
               : row->verb              ? "(a step of its own)"
                                        : "(needed by its step)");
}

/* Of the parts and their fields, that come before components in a path. */
static bool is_field_of_scenario(const char *name)
{
    for (const struct param_row *row = scenario_params.rows; row->name; row++)
        if (!strcmp(row->name, name))
            return true;
    for (const char *const *other = scenario_other_fields; *other; other++)
        if (!strcmp(*other, name))
            return true;
    return false;
}

/* As the file calls it: of the copy "seoul/web", "web". */
static const char *key_of(const struct component_config *component)
{
    return component->site ? strchr(component->name, '/') + 1 : component->name;
}

/* In a variant before, or the same one's components before `index`. */
static bool is_told(const struct scenario *scenario, size_t variant, size_t index)
{
    const char *name = key_of(&scenario->variants[variant].components[index]);

    for (size_t i = 0; i <= variant; i++)
        for (size_t k = 0; k < (i < variant ? scenario->variants[i].component_count : index); k++)
            if (!strcmp(key_of(&scenario->variants[i].components[k]), name))
                return true;
    return false;
}

static void list_component(struct listing *listing, const struct component_config *component)
{
    char prefix[96];

    snprintf(prefix, sizeof prefix, "%s%s", is_field_of_scenario(key_of(component)) ? "components." : "",
             key_of(component));
    param_paths(&component_params, prefix, visit, listing);
    if (component->type->params)
        param_paths(component->type->params, prefix, visit, listing);
}

static void list_everything(struct listing *listing, const struct scenario *scenario)
{
    param_paths(&scenario_params, "", visit, listing);
    write_line(listing, EXPECT_PATH, EXPECT_KIND,
               "such as expect.total.latency.p99='< 100ms'; expect=none: none");
    for (size_t i = 0; i < scenario->variant_count; i++)
        for (size_t k = 0; k < scenario->variants[i].component_count; k++)
            if (!is_told(scenario, i, k))
                list_component(listing, &scenario->variants[i].components[k]);
}

void scenario_paths_write(FILE *file, const struct scenario *scenario)
{
    struct listing listing = { 0 };

    list_everything(&listing, scenario);
    listing.file = file;
    write_line(&listing, "path", "kind", "default");
    list_everything(&listing, scenario);
    fputs("\nNAME stands for any name, [N] for an element of a list, counted from [0].\n", file);
}
