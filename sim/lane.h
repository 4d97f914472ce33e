/* lane.h - events of one constant delay wait in line: they are in order already.
 *
 * Every event that is scheduled "now + the same delay" is later than those before it, so a FIFO does what
 * a priority queue would: network latencies, cache look-ups, and sources that know their dates ahead. A set
 * has up to LANES_MAX such lanes and knows the one whose head is earliest.
 *
 * The heads meet in a tournament: lanes play in pairs, winners play winners, and the root is the earliest.
 * When one head changes, only its own matches are played again. Nodes hold copies, so all rivals on the way
 * are loaded at once, and the matches have no branch to mispredict. A lane whose last event is taken is not
 * played at once: most are a source's, which brings its next date before anybody looks.
 *
 * A push must not be earlier than the last one into the same lane.
 * Cost: O(1) a push, O(log lanes) a pop or a push into an empty lane. Memory: 16 bytes an event, in rings
 * that grow and never shrink.
 * Units: nanoseconds. Ownership: blocks of the `struct memory` given to lanes_init(), freed with it.
 * Source: D. E. Knuth, "The art of computer programming, volume 3: sorting and searching", section 5.4.1
 * (tree of losers and winners), 1973.
 */
#ifndef SIM_LANE_H
#define SIM_LANE_H

#include "sim/event.h"
#include "sim/memory.h"

#define LANES_MAX 32
#define LANE_DELAY_OWN (-1) /* the owner brings its own dates, in order */

struct lane {
    struct event *ring;  /* those behind the head, in order */
    uint32_t start, end; /* running numbers of the first and behind the last in the ring */
    uint32_t mask;       /* size of the ring, a power of two, minus 1 */
    uint32_t number;     /* in its set */
    bool is_empty;       /* not even a head */
    int64_t delay_ns;    /* or LANE_DELAY_OWN */
};

struct lane_node {
    struct event head; /* the winner's; EVENT_NEVER: an empty lane */
    struct lane *lane; /* the winner */
};

struct lanes {
    struct lane *taken; /* empty, and its matches still show the event that was taken; NULL: none */
    struct lane_node nodes[2 * LANES_MAX]; /* 1: root; node i has the children 2i, 2i+1; then the leaves */
    uint32_t leaf_count;                   /* a power of two, at least count; lane i is leaf_count + i */
    uint32_t count;                        /* lanes in use */
    struct memory *memory;
    struct lane lanes[LANES_MAX];
};

/* Starts without lanes. */
void lanes_init(struct lanes *lanes, struct memory *memory);

/* The lane of a delay of 0 or more, new or shared; for LANE_DELAY_OWN always a new one. NULL: all are taken,
 * and the events have to go elsewhere. The lane lives as long as the set. */
struct lane *lanes_find(struct lanes *lanes, int64_t delay_ns);

/* How many events wait in all lanes. */
uint64_t lanes_count(const struct lanes *lanes);

/* The rare half of lane_push(); not for others. */
void lane_grow(struct lanes *lanes, struct lane *lane);

/* Gives a lane another head and plays its matches again. Not for others. */
static inline void lanes_play(struct lanes *lanes, struct lane *lane, struct event head)
{
    struct lane_node *nodes = lanes->nodes;
    uint32_t i = lanes->leaf_count + lane->number;

    nodes[i] = (struct lane_node){ head, lane };
    while (i > 1) {
        const struct lane_node rival = nodes[i ^ 1]; /* all of it, whoever wins: then there is nothing to branch for */
        bool lost = event_before(rival.head, head);

        head.time_ns = lost ? rival.head.time_ns : head.time_ns;
        head.order = lost ? rival.head.order : head.order;
        lane = lost ? rival.lane : lane;
        i /= 2;
        nodes[i] = (struct lane_node){ head, lane };
    }
}

/* The earliest event, which stays; EVENT_NEVER if there is none. */
static inline struct event lanes_first(struct lanes *lanes)
{
    if (lanes->taken) {
        lanes_play(lanes, lanes->taken, EVENT_NEVER);
        lanes->taken = NULL;
    }
    return lanes->nodes[1].head;
}

/* The lane of the event that lanes_first() returned. */
static inline const struct lane *lanes_first_lane(const struct lanes *lanes)
{
    return lanes->nodes[1].lane;
}

/* The event that is `behind` places after the head of the lane, to prefetch what it is about; payload 0: none is. */
static inline struct event lane_ahead(const struct lane *lane, uint32_t behind)
{
    if (lane->end - lane->start < behind)
        return (struct event){ 0, 0 };
    return lane->ring[(lane->start + behind - 1) & lane->mask];
}

/* event: not earlier than the last one pushed into this lane. */
static inline void lane_push(struct lanes *lanes, struct lane *lane, struct event event)
{
    if (lane->is_empty) {
        lane->is_empty = false;
        if (lanes->taken == lane)
            lanes->taken = NULL;
        lanes_play(lanes, lane, event);
        return;
    }
    if (__builtin_expect(lane->end - lane->start > lane->mask, 0))
        lane_grow(lanes, lane);
    lane->ring[lane->end++ & lane->mask] = event;
}

/* Removes the event that lanes_first() returns; there must be one. */
static inline void lanes_drop_first(struct lanes *lanes)
{
    struct lane *lane = lanes->nodes[1].lane;
    uint32_t start = lane->start;

    if (start == lane->end) {
        lane->is_empty = true;
        lanes->taken = lane;
        return;
    }
    lane->start = start + 1;
    lanes_play(lanes, lane, lane->ring[start & lane->mask]);
}

#endif
