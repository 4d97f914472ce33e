#include "app/error_servers.h"

#include <string.h>

#define ERRORS "errors."
#define LOG ".log."

/* Rows of the instances follow that of the whole. */
static size_t count_instances(const struct results *results, size_t whole)
{
    const char *name = results->entries[whole].component, *metric = results->entries[whole].metric;
    size_t length = strlen(name), count = 0;

    for (size_t i = whole + 1; i < results->entry_count; i++) {
        const struct result_entry *entry = &results->entries[i];

        if (strncmp(entry->component, name, length) != 0)
            break;
        count += entry->component[length] == '[' && !strcmp(entry->metric, metric);
    }
    return count;
}

static int cause_of(const char *name)
{
    for (int i = OUTCOME_OK + 1; i < OUTCOME_COUNT; i++)
        if (!strcmp(name, outcome_rows[i].name))
            return i;
    return OUTCOME_OK;
}

bool error_servers_next(struct error_servers *servers, struct error_server *next)
{
    const struct results *results = servers->results;

    while (servers->position < results->entry_count) {
        size_t at = servers->position++;
        const struct result_entry *entry = &results->entries[at];
        const char *log = strstr(entry->component, LOG);
        int cause;

        if (!log || strncmp(entry->metric, ERRORS, strlen(ERRORS)) != 0)
            continue;
        *next = (struct error_server){ .component = entry->component,
                                       .server = log + strlen(LOG),
                                       .cause = entry->metric + strlen(ERRORS),
                                       .count = results_interval(results, entry).mean };
        cause = cause_of(next->cause);
        if (!strchr(entry->component, '[')) {
            servers->instances = count_instances(results, at);
            servers->whole[cause] = next->count;
        }
        if (!strchr(entry->component, '[') && servers->instances)
            continue;
        next->mean = servers->whole[cause] / (double)(servers->instances ? servers->instances : 1);
        if (next->count > 0)
            return true;
    }
    return false;
}
