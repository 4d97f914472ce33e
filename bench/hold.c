/* hold.c - the hold model on the pending events of the kernel.
 *
 *     hold ladder|heap SIZE HOLDS LAW      laws: reference/hold.h
 *
 * Same loop and same draws as reference/hold, so the checksums of both can be compared: equal ones are equal
 * orders of events.
 */
#include "bench/reference/hold.h"

#include "sim/pending.h"

static inline struct event event_of(struct date date)
{
    return (struct event){ date.time_ns, date.order };
}

INLINE void push(void *set, struct date date)
{
    pending_push(set, event_of(date));
}

INLINE struct date pop(void *set)
{
    struct event first = pending_first(set);

    pending_drop_first(set, first);
    return (struct date){ first.time_ns, first.order };
}

int main(int argc, char **argv)
{
    static struct pending pending;
    struct memory memory;
    struct hold hold;

    hold_init(&hold, argc, argv);
    memory_init(&memory, UINT64_MAX);
    pending_init(&pending, &memory, strcmp(argv[1], "heap") ? PENDING_LADDER : PENDING_HEAP);
    hold_print(&hold, hold_run(&hold, &pending, push, pop));
    memory_deinit(&memory);
    return 0;
}
