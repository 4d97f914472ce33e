/* queue_classes.c - which request classes end up in a queue, for the check of its workers; see queue.h. */
#include <string.h>

#include "models/handler.h"
#include "models/queue.h"

/* The group runs handlers (handler.h), which say what they publish. */
static const struct param_list *handlers_of(const struct group *group)
{
    const struct handler_shared *shared = group->shared;

    return group->type->on_reply == handler_reply ? shared->handlers : NULL;
}

/* By whatever stands right before the queue. */
static bool gets_class_from(const struct group *queue, const struct group *from,
                            const struct request_class *class)
{
    const struct param_list *handlers = handlers_of(from);

    if (from->type->is_source)
        return class->group == from;
    if (handlers && !handlers_publish(handlers, class->name, queue->name))
        return false;
    /* what workers publish has the class of what they got, from wherever it came */
    return sim_reaches(queue->sim, class->group, from) || (model_of(from)->roles & ROLE_CONSUMER);
}

bool queue_gets_class(const struct group *queue, const struct request_class *class)
{
    const struct sim *sim = queue->sim;

    for (uint16_t i = 1; i < sim->link_count; i++)
        if (sim->links[i].target->group == queue && gets_class_from(queue, sim->links[i].from, class))
            return true;
    return false;
}
