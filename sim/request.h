/* request.h - a request on its way through components.
 *
 * A request carries a stack of frames, one for each component that works on it or waits for a reply.
 * Requests live in a pool that reserves address space for the largest number of them and touches only
 * what is used, so nothing moves and a model may keep a pointer while it owns the request. How many
 * frames each has room for is computed when the scenario is wired: the longest path of calls.
 *
 * Size: 104 bytes and 24 a frame; 8 more a frame in runs with retries, which keep the question to repeat it.
 */
#ifndef SIM_REQUEST_H
#define SIM_REQUEST_H

#include <stdint.h>

#include "sim/component.h"
#include "sim/event.h"

#define REQUESTS_MAX ((uint32_t)1 << EVENT_PAYLOAD_BITS)
#define FRAMES_MAX 64

enum request_state {
    REQUEST_FREE,
    REQUEST_LIVE,
    REQUEST_TICKER, /* a component's own clock: never travels */
    REQUEST_GONE,   /* its component crashed: an event is still out, which ends it */
};

/* What the caller wants of a store. */
enum operation {
    OPERATION_READ,
    OPERATION_WRITE,
    OPERATION_INSERT,
    OPERATION_DELETE,
    OPERATION_GET,
    OPERATION_PUT,
    OPERATION_APPLY, /* write the version that the request carries: a change made elsewhere */
    OPERATION_REPEAT, /* write into this row what one of another table says: the version is that one's, and
                         `rows` the place in this row, from 1 */
    /* of rows that move from one store to another, many at once */
    OPERATION_COPY_OUT,
    OPERATION_COPY_IN,
    OPERATION_CLEAR,
    OPERATION_COUNT
};

enum request_flag {
    REQUEST_IN_TRANSIT = 1,  /* over a link to the component of its top frame */
    REQUEST_RETURNING = 2,   /* over a link back; the top frame's component has answered */
    REQUEST_ABSENT = 4,      /* reply of a cache: the key is not there (a miss is no failure) */
    REQUEST_STALE = 8,       /* reply: older than what the store holds */
    REQUEST_ORPHAN = 16,     /* its caller has gone; the answer will reach nobody */
    REQUEST_WATCHED = 32,    /* a trace's own; nobody else looks at it */
    REQUEST_ELSEWHERE = 64,  /* to a store: only rows that go with that of the key are here */
};

typedef void resume_function(struct component *self, struct request *request);

struct frame {
    int64_t entered_ns; /* when the request reached the component */
    uint64_t number;    /* names this visit: draws that belong to it are a function of it */
    union {
        struct {
            uint16_t component;
            uint16_t link;   /* it came over this one; of the first frame of a branch: which one it is, and of a
                                user's request: the source's own */
            uint16_t step;   /* the component's own: where it stands */
            uint8_t attempt; /* of the call it has out, from 0 */
            uint8_t note;    /* the component's own */
        };
        uint64_t place; /* all of these at once: a new frame has its link's */
    };
};

/* The first cache line, and that of the top frame, is what most events need: what to do is stored when it is scheduled. */
struct request {
    resume_function *resume;
    struct component *owner;  /* argument of resume */
    struct station *station;  /* it is at, or was last; NULL: never at one */
    int64_t service_ns;       /* work it wants of the station it is at */
    int64_t since_ns;         /* joined the waiting line; while served: end of the service */
    union {
        struct {
            uint32_t next, prev; /* in a waiting line; next also in the free list */
        };
        uint64_t event_order; /* while served: of the event that ends the service */
    };
    uint32_t index;    /* own place in the pool */
    uint32_t timer;    /* innermost running timeout, 0: none */
    uint8_t state;     /* enum request_state */
    uint8_t outcome;   /* enum outcome of the last reply */
    uint8_t operation; /* enum operation */
    uint8_t flags;     /* enum request_flag */
    uint8_t priority;  /* 0 is served first */
    uint8_t base;      /* index of the bottom frame, above 0 in an orphan */
    uint8_t top;       /* index of the top frame */
    uint8_t query;     /* what an operation on a store wants beyond rows; 0: nothing */

    uint64_t key;      /* row of `data`, or object, that it is about */
    uint64_t user;     /* who asks */
    uint32_t parent;   /* of a child request, 0: none */
    uint32_t version;  /* of the row, in a reply of a store or a cache, and in what comes out of a queue */
    uint32_t bytes;    /* size of the message on its way: question or answer */
    uint16_t children; /* still out */
    uint16_t rows;     /* that an operation on a store touches, the key's first */
    uint16_t request_class;
    uint16_t data;     /* data set of the key, 0: none */
    struct frame frames[];
};

_Static_assert(offsetof(struct request, key) == 64, "an event looks at one cache line beside the frames");
_Static_assert(sizeof(struct frame) == 24, "a frame is 24 bytes");
_Static_assert(sizeof(struct request) == 104, "a request is 104 bytes and its frames");

/* The frame of the component that has the request now. */
static inline struct frame *request_frame(struct request *request)
{
    return &request->frames[request->top];
}

/* Link over which the last call of the top frame went; valid in on_reply. */
static inline uint16_t request_last_link(const struct request *request)
{
    return request->frames[request->top + 1].link;
}

#endif
