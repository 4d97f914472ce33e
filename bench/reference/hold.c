/* hold.c - the hold model on the reference queues.
 *
 *     reference/hold ladder|heap SIZE HOLDS LAW      laws: hold.h
 */
#include "bench/reference/hold.h"

#include "bench/reference/self_tuning_ladder.h"

INLINE void push_ladder(void *set, struct date date)
{
    ladder_push(set, date);
}

INLINE struct date pop_ladder(void *set)
{
    return ladder_pop(set);
}

INLINE void push_heap(void *set, struct date date)
{
    date_heap_push(set, date);
}

INLINE struct date pop_heap(void *set)
{
    return date_heap_pop(set);
}

int main(int argc, char **argv)
{
    static struct ladder ladder;
    struct date_heap heap;
    struct hold hold;

    hold_init(&hold, argc, argv);
    if (!strcmp(argv[1], "ladder")) {
        ladder_init(&ladder);
        hold_print(&hold, hold_run(&hold, &ladder, push_ladder, pop_ladder));
    } else {
        date_heap_init(&heap, hold.size + 16);
        hold_print(&hold, hold_run(&hold, &heap, push_heap, pop_heap));
    }
    return 0;
}
