#include "app/catalog.h"

#include <string.h>

#include "app/json_document.h"
#include "app/param_read.h"

struct source_config {
    const char *what, *source, *date;
};

struct catalog_config {
    const char *title;
    struct param_list sources; /* of struct source_config */
    struct param_list sizes;   /* of struct host_config */
};

static const struct param_row source_rows[] = {
    PARAM_TEXT(struct source_config, what, .help = "Which figures."),
    PARAM_TEXT(struct source_config, source, .help = "Where they come from."),
    PARAM_TEXT(struct source_config, date, .help = "Of when they are."),
    PARAM_END
};

static const struct param_table source_params = { .rows = source_rows, .size = sizeof(struct source_config),
                                                  .help = "a source" };

static const struct param_row rows[] = {
    PARAM_TEXT(struct catalog_config, title, .default_text = "\"\"", .help = "What the catalog is."),
    PARAM_LIST(struct catalog_config, sources, .default_text = "[]", .table = &source_params,
               .help = "Where the figures come from, and their dates."),
    PARAM_MAP(struct catalog_config, sizes, .table = &host_params,
              .help = "Machines by the name of their size."),
    PARAM_END
};

static const struct param_table catalog_params = { .rows = rows, .size = sizeof(struct catalog_config),
                                                   .help = "a catalog" };

static struct source_span locate(void *user, const char *pointer, enum json_part part)
{
    return json_document_span(user, pointer, part);
}

bool catalog_read(const char *path, struct arena *arena, struct diagnostics *diagnostics,
                  const struct host_config **sizes, size_t *count, bool *out_of_memory)
{
    struct json_document document;
    struct param_context context;
    struct catalog_config *config = arena_alloc(arena, sizeof *config);
    enum json_document_status status;
    bool good;

    if (!config) {
        *out_of_memory = true;
        return false;
    }
    if (path && *path)
        status = json_document_read(&document, path, diagnostics);
    else
        status = json_document_parse(&document, "built-in catalog", catalog_text, strlen(catalog_text),
                                     diagnostics);
    if (status != JSON_DOCUMENT_OK) {
        *out_of_memory = *out_of_memory || status == JSON_DOCUMENT_OUT_OF_MEMORY;
        json_document_deinit(&document);
        return false;
    }
    param_context_init(&context, arena, diagnostics);
    context.locate = locate;
    context.user = &document;
    good = param_read(&catalog_params, document.root, "", config, &context);
    *out_of_memory = *out_of_memory || context.out_of_memory;
    *sizes = config->sizes.items;
    *count = config->sizes.count;
    json_document_deinit(&document);
    return good;
}
