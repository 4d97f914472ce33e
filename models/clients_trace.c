#include "models/clients_trace.h"

#include <string.h>

#include "sim/memory.h"

#define NO_CLASS UINT32_MAX

/* Which of `requests` has the name; where there are none, the only one is called request. */
static uint32_t find_class(const struct param_list *requests, const char *name)
{
    const struct request_class_config *items = requests->items;

    if (requests->count == 0)
        return strcmp(name, CLIENT_REQUEST_ONLY) == 0 ? 0 : NO_CLASS;
    for (uint32_t i = 0; i < requests->count; i++)
        if (strcmp(items[i].name, name) == 0)
            return i;
    return NO_CLASS;
}

void trace_player_init(struct trace_player *player, struct memory *memory, const struct arrival_trace *trace,
                       const struct param_list *requests)
{
    *player = (struct trace_player){ .trace = trace };
    player->classes = memory_alloc_array(memory, trace->class_count + 1, sizeof *player->classes);
    for (size_t i = 0; i < trace->class_count; i++)
        player->classes[i] = find_class(requests, trace->classes[i].name);
}

void trace_check(const struct arrival_trace *trace, const struct param_list *requests,
                 struct param_problems *problems)
{
    for (size_t i = 0; i < trace->class_count; i++)
        if (find_class(requests, trace->classes[i].name) == NO_CLASS)
            param_problem(problems, "trace", "name it in requests",
                          "%s:%u: there is no class \"%s\" of requests", trace->file,
                          (unsigned)trace->classes[i].line, trace->classes[i].name);
}

/* The first key that does not fit is told. */
void trace_check_wired(const struct arrival_trace *trace, const struct client_requests *requests,
                       const struct param_list *list, struct param_problems *problems)
{
    for (size_t i = 0; i < trace->count; i++) {
        const struct arrival_record *record = &trace->records[i];
        const struct client_request *class;
        uint32_t index = record->class == ARRIVAL_CLASS_DRAWN
                             ? NO_CLASS
                             : find_class(list, trace->classes[record->class].name);

        if (record->key == ARRIVAL_DRAWN)
            continue;
        if (index == NO_CLASS && requests->count > 1) {
            param_problem(problems, "trace", "give the class, too", "%s:%u: the key of a class that is drawn",
                          trace->file, (unsigned)record->line);
            return;
        }
        class = &requests->classes[index == NO_CLASS ? 0 : index];
        if (class->data && record->key < class->rows.rows)
            continue;
        if (class->data)
            param_problem(problems, "trace", NULL, "%s:%u: key %llu is none of the rows, 0 to %llu",
                          trace->file, (unsigned)record->line, (unsigned long long)record->key,
                          (unsigned long long)class->rows.rows - 1);
        else
            param_problem(problems, "trace", "name the data set as key of the class, or leave the column out",
                          "%s:%u: has a key, but its class is about no data set", trace->file,
                          (unsigned)record->line);
        return;
    }
}
