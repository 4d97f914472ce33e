#include "app/trace_labels.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/quantity.h"
#include "models/environment.h"
#include "models/model.h"

const char *trace_component_name(const struct component *component, char *text)
{
    return component_label(component, text, TRACE_NAME_SIZE);
}

static unsigned roles_of(const struct component *component)
{
    for (const struct model_type *const *type = model_registry; *type; type++)
        if (&(*type)->component == component->group->type)
            return (*type)->roles;
    return 0;
}

const char *trace_row_name(const struct trace *trace, uint16_t data, uint64_t key, char *text)
{
    snprintf(text, TRACE_NAME_SIZE, "row %llu of %s", (unsigned long long)key,
             environment_of(trace->sim)->data_sets[data - 1].name);
    return text;
}

const char *trace_step_name(const struct trace_step *step, char *text)
{
    const char *name = step->name ? step->name : "delay";

    if (step->resource)
        snprintf(text, TRACE_NAME_SIZE, "%s of %s", name, step->resource->name);
    else
        snprintf(text, TRACE_NAME_SIZE, "%s", name);
    return text;
}

void trace_append(char *text, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, TRACE_LABEL_SIZE - used, format, arguments);
    va_end(arguments);
}

static bool has_visit_below(const struct trace *trace, uint32_t parent, uint8_t flags)
{
    for (uint32_t i = 0; i < trace->visit_count; i++)
        if (trace->visits[i].parent == parent &&
            (!flags || trace->visits[i].flags & flags || has_visit_below(trace, i, flags)))
            return true;
    return false;
}

/* A read-through cache tells by asking its store. */
static const char *cache_word(const struct trace *trace, uint32_t index)
{
    const struct trace_visit *visit = &trace->visits[index];

    if (visit->operation != OPERATION_GET && visit->operation != OPERATION_READ)
        return NULL;
    return visit->flags & TRACE_VISIT_ABSENT || has_visit_below(trace, index, 0) ? "miss" : "hit";
}

static void describe_store(const struct trace *trace, uint32_t index, char *label)
{
    static const char *const operations[OPERATION_COUNT] = {
        [OPERATION_READ] = "read",     [OPERATION_WRITE] = "write", [OPERATION_INSERT] = "insert",
        [OPERATION_DELETE] = "delete", [OPERATION_GET] = "get",     [OPERATION_PUT] = "put",
        [OPERATION_APPLY] = "apply",   [OPERATION_REPEAT] = "write copy",
        [OPERATION_COPY_OUT] = "copy out", [OPERATION_COPY_IN] = "copy in", [OPERATION_CLEAR] = "clear",
    };
    const struct trace_visit *visit = &trace->visits[index];
    unsigned roles = roles_of(visit->component);
    const char *word = roles & ROLE_CACHE ? cache_word(trace, index) : NULL;

    if (roles & ROLE_QUEUE)
        trace_append(label, " publish");
    else if (roles && !(roles & ROLE_SERVER))
        trace_append(label, " %s", operations[visit->operation]);
    if (word && visit->ended_ns != TRACE_OPEN && visit->outcome == OUTCOME_OK)
        trace_append(label, ", %s", word);
}

static void describe_end(const struct trace *trace, uint32_t index, char *label)
{
    const struct trace_visit *visit = &trace->visits[index];
    char text[QUANTITY_TEXT_SIZE];

    if (visit->flags & TRACE_VISIT_GIVEN_UP)
        trace_append(label, visit->outcome == OUTCOME_CRASHED ? ", its caller crashed"
                                                              : ", no answer in time: given up");
    else if (visit->ended_ns == TRACE_OPEN)
        trace_append(label, ", not answered when the run ended");
    else if (visit->outcome != OUTCOME_OK)
        trace_append(label, ", %s", outcome_rows[visit->outcome].name);
    if (visit->flags & TRACE_VISIT_GIVEN_UP && visit->answered_ns == TRACE_OPEN)
        trace_append(label, ", still at work when the run ended");
    else if (visit->flags & TRACE_VISIT_GIVEN_UP && visit->answered_ns > visit->ended_ns)
        trace_append(label, ", at work for %s more",
                     quantity_format_duration(visit->answered_ns - visit->ended_ns, text, sizeof text));
    if (visit->flags & TRACE_VISIT_STALE && !has_visit_below(trace, index, TRACE_VISIT_STALE))
        trace_append(label, ", stale");
}

/* From 1, among those that were forked with it. */
static unsigned branch_number(const struct trace *trace, uint32_t index)
{
    const struct trace_visit *visit = &trace->visits[index];
    unsigned number = 1;

    for (uint32_t i = 0; i < trace->visit_count; i++) {
        const struct trace_visit *other = &trace->visits[i];

        number += other->flags & TRACE_VISIT_BRANCH && other->parent == visit->parent &&
                  other->sent_ns == visit->sent_ns && other->branch < visit->branch;
    }
    return number;
}

void trace_describe_visit(const struct trace *trace, uint32_t index, char *label)
{
    const struct trace_visit *visit = &trace->visits[index];
    const struct trace_visit *parent = visit->parent == TRACE_NONE ? visit : &trace->visits[visit->parent];
    char name[TRACE_NAME_SIZE];

    *label = '\0';
    if (visit->flags & TRACE_VISIT_BRANCH)
        trace_append(label, "parallel branch %u", branch_number(trace, index));
    else
        trace_append(label, "%s", trace_component_name(visit->component, name));
    if (visit->data && (visit->data != parent->data || visit->key != parent->key))
        trace_append(label, ", %s", trace_row_name(trace, visit->data, visit->key, name));
    if (visit->flags & TRACE_VISIT_BRANCH)
        return;
    if (visit->parent == TRACE_NONE)
        trace_append(label, ": %s", trace->sim->classes[trace->request_class]->name);
    else
        describe_store(trace, index, label);
    if (visit->attempt)
        trace_append(label, ", attempt %d", visit->attempt + 1);
    describe_end(trace, index, label);
}
