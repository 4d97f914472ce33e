#include "models/clients_requests.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/environment.h"
#include "sim/station.h"

#define SHARE_TOLERANCE 1e-9
#define REQUEST_SIZE_DEFAULT 500

static const struct param_choice popularities[] = {
    { "as_data", POPULARITY_AS_DATA, "as the data set says" },
    { "uniform", POPULARITY_UNIFORM, "every row alike" },
    { "zipf", POPULARITY_ZIPF, "by rank to the power of -exponent" },
    { NULL, 0, NULL },
};

/* clang-format off */
static const struct param_row rows[] = {
    PARAM_FRACTION(struct request_class_config, share, .default_text = "\"equal\"", .word = "equal",
                   .word_value = SHARE_EQUAL, .max = 1.0,
                   .help = "Part of all requests; every class gives one, and they add up to 100 %, or none."),
    PARAM_REFERENCE(struct request_class_config, key, .default_text = "\"none\"", .word = "none",
                    .refers_to = PARAM_REFERS_DATA, .help = "Data set that a request is about one row of."),
    PARAM_CHOICE(struct request_class_config, popularity, .default_text = "\"as_data\"",
                 .choices = popularities, .help = "How these requests choose among the rows."),
    PARAM_REAL(struct request_class_config, exponent, .default_text = "\"as_data\"", .word = "as_data",
               .word_value = POPULARITY_AS_DATA, .max = 10.0,
               .help = "Of zipf; 0 is uniform, 1 is Zipf's own law."),
    PARAM_LIST(struct request_class_config, hot_rows, .default_text = "[]", .table = &hot_row_params,
               .help = "Rows that take their share of these requests first: celebrities."),
    PARAM_COUNT(struct request_class_config, priority, .default_text = "0", .max = STATION_PRIORITIES - 1,
                .help = "Place in lines whose discipline is priority: 0 is served first."),
    PARAM_BYTES(struct request_class_config, request_size, .default_text = "\"500B\"", .max = 4e9,
                .help = "Size of the message that asks."),
    PARAM_COUNT(struct request_class_config, assets, .default_text = "0", .max = 1000,
                .help = "Images, styles and scripts that the page needs: fetched together when it has been answered, "
                        "and the page is complete when the last one is there."),
    PARAM_TEXT(struct request_class_config, asset, .default_text = "\"none\"", .word = "none",
               .help = "Class of `requests` that its assets are; give that one a share of 0 %."),
    PARAM_END
};
/* clang-format on */

const struct param_table client_request_params = { .rows = rows,
                                                   .size = sizeof(struct request_class_config),
                                                   .help = "one kind of request" };

static const struct request_class_config only_class = { .name = CLIENT_REQUEST_ONLY,
                                                        .share = SHARE_EQUAL,
                                                        .popularity = POPULARITY_AS_DATA,
                                                        .exponent = POPULARITY_AS_DATA,
                                                        .request_size = REQUEST_SIZE_DEFAULT };

static double share_of(const struct request_class_config *class, size_t count)
{
    return class->share == SHARE_EQUAL ? 1.0 / (double)count : class->share;
}

static void class_init(struct client_request *class, struct group *group,
                       const struct request_class_config *config)
{
    const struct environment *environment = environment_of(group->sim);

    class->index = sim_add_class(group, config->name);
    class->bytes = (uint32_t)config->request_size;
    class->priority = (uint8_t)config->priority;
    class->assets = (uint16_t)config->assets;
    if (!config->key)
        return;
    class->data = environment_data_set(environment, config->key);
    row_chooser_init(&class->rows, group, "keys", &environment->data_sets[class->data - 1],
                     config->popularity, config->exponent == POPULARITY_AS_DATA ? NAN : config->exponent,
                     &config->hot_rows);
}

const struct request_class_config *client_requests_find(const struct param_list *list, const char *name)
{
    const struct request_class_config *items = list->items;

    for (size_t i = 0; i < list->count; i++)
        if (strcmp(items[i].name, name) == 0)
            return &items[i];
    return NULL;
}

void client_requests_init(struct client_requests *requests, struct group *group,
                          const struct param_list *list)
{
    const struct request_class_config *items = list->count ? list->items : &only_class;
    size_t count = list->count ? list->count : 1;
    struct memory *memory = &group->sim->memory;
    double total = 0.0, sum = 0.0;

    requests->count = (uint32_t)count;
    requests->classes = memory_alloc_array(memory, count, sizeof *requests->classes);
    requests->share_ends = memory_alloc_array(memory, count, sizeof *requests->share_ends);
    for (size_t i = 0; i < count; i++) {
        class_init(&requests->classes[i], group, &items[i]);
        if (items[i].asset)
            requests->classes[i].asset =
                &requests->classes[client_requests_find(list, items[i].asset) - items];
        total += share_of(&items[i], count);
    }
    for (size_t i = 0; i < count; i++) {
        sum += share_of(&items[i], count);
        requests->share_ends[i] = sum < total ? (uint64_t)(0x1p64 * (sum / total)) : UINT64_MAX;
    }
}

const struct client_request *client_requests_search(const struct client_requests *requests, uint64_t draw)
{
    uint32_t low = 0, high = requests->count - 1;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (draw < requests->share_ends[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return &requests->classes[low];
}

static void check_shares(const struct param_list *list, struct param_problems *problems)
{
    const struct request_class_config *classes = list->items;
    size_t given = 0;
    double sum = 0.0;

    for (size_t i = 0; i < list->count; i++) {
        if (classes[i].share == SHARE_EQUAL)
            continue;
        given++;
        sum += classes[i].share;
    }
    if (given > 0 && given < list->count)
        param_problem(problems, "requests", "give every class a share, or none",
                      "%zu of %zu classes have a share", given, list->count);
    else if (given > 0 && fabs(sum - 1.0) > SHARE_TOLERANCE)
        param_problem(problems, "requests", NULL, "the shares add up to %.10g %%, not to 100 %%",
                      100.0 * sum);
}

static void check_assets(const struct param_list *list, const struct request_class_config *class,
                         struct param_problems *problems)
{
    const struct request_class_config *asset = class->asset ? client_requests_find(list, class->asset) : NULL;
    char path[160];

    snprintf(path, sizeof path, "requests.%s", class->name);
    if (class->assets && !class->asset)
        param_problem(problems, path, "name their class as asset", "has assets, and of no class");
    if (class->asset && !class->assets)
        param_problem(problems, path, "say how many as assets", "has a class of assets, and no assets");
    if (class->asset && !asset)
        param_problem(problems, path, "add it with a share of 0%", "there is no class \"%s\" of requests",
                      class->asset);
    if (asset && asset->assets)
        param_problem(problems, path, NULL, "its assets have assets themselves");
}

static void check_key(const struct request_class_config *class, struct param_problems *problems)
{
    const struct hot_row_config *hot = class->hot_rows.items;
    double sum = 0.0;
    char path[160];

    for (size_t i = 0; i < class->hot_rows.count; i++)
        sum += hot[i].share;
    if (sum > 1.0 + SHARE_TOLERANCE) {
        snprintf(path, sizeof path, "requests.%s.hot_rows", class->name);
        param_problem(problems, path, NULL, "the shares add up to %.10g %%, more than 100 %%", 100.0 * sum);
    }
    if (class->popularity == POPULARITY_UNIFORM && class->exponent != POPULARITY_AS_DATA) {
        snprintf(path, sizeof path, "requests.%s.exponent", class->name);
        param_problem(problems, path, NULL, "only zipf has an exponent, and popularity is uniform");
    }
    if (class->key)
        return;
    if (class->hot_rows.count || class->popularity != POPULARITY_AS_DATA ||
        class->exponent != POPULARITY_AS_DATA) {
        snprintf(path, sizeof path, "requests.%s", class->name);
        param_problem(problems, path, "name the data set as key",
                      "hot_rows, popularity and exponent are about a key, and there is none");
    }
}

void client_requests_check(const struct param_list *list, struct param_problems *problems)
{
    const struct request_class_config *classes = list->items;

    check_shares(list, problems);
    for (size_t i = 0; i < list->count; i++) {
        check_key(&classes[i], problems);
        check_assets(list, &classes[i], problems);
    }
}

void client_requests_check_wired(const struct client_requests *requests, const struct param_list *list,
                                 struct param_problems *problems)
{
    const struct request_class_config *classes = list->items;

    for (size_t i = 0; i < list->count; i++) {
        const struct hot_row_config *hot = classes[i].hot_rows.items;
        uint64_t row_count = requests->classes[i].rows.rows;

        for (size_t k = 0; classes[i].key && k < classes[i].hot_rows.count; k++) {
            char path[160];

            if ((uint64_t)hot[k].row < row_count)
                continue;
            snprintf(path, sizeof path, "requests.%s.hot_rows[%zu].row", classes[i].name, k);
            param_problem(problems, path, NULL, "%s has rows 0 to %llu", classes[i].key,
                          (unsigned long long)row_count - 1);
        }
    }
}
