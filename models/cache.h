/* cache.h - configuration and state of the model `cache`, and what its files ask of each other; see cache.c.
 *
 *   cache.c             operations, metrics
 *   cache_contents.c    copies: keeping, dropping, a warm start, a crash
 *   cache_write_back.c  writes that are acknowledged before the store has them
 *   cache_nodes.c       which node has a key, and copies in other caches
 *   cache_params.c      what a scenario says about it
 */
#ifndef MODELS_CACHE_H
#define MODELS_CACHE_H

#include "models/call_params.h"
#include "models/dirty_copies.h"
#include "models/eviction.h"
#include "models/hash_ring.h"
#include "models/host.h"
#include "models/model.h"
#include "models/row_locks.h"
#include "sim/call.h"

#define CACHE_SHORT_ANSWER_BYTES 64 /* a miss, an acknowledgement */

enum cache_ttl_from { TTL_FROM_FETCH_START, TTL_FROM_FETCH_END };
enum cache_writes { WRITES_AROUND, WRITES_THROUGH, WRITES_BACK };
enum cache_nodes { NODES_CONSISTENT_HASH, NODES_MODULO };
enum cache_start { CACHE_COLD, CACHE_WARM };

/* A cache that is told what this one has written. */
struct cache_copy_config {
    const char *cache;
};

struct cache_config {
    const char *host; /* NULL: none */
    struct distribution_config lookup_time;
    int64_t capacity_entries; /* INT64_MAX: unlimited */
    int64_t memory;           /* bytes; 0: a share of the host's */
    int64_t entry_size;       /* bytes; 0: as the data set says */
    int eviction;             /* enum eviction */
    int64_t ttl;              /* ns; INT64_MAX: never */
    double ttl_jitter;
    bool ttl_reset_on_hit;
    int ttl_from;          /* enum cache_ttl_from */
    const char *store;     /* NULL: none */
    int writes;            /* enum cache_writes */
    int64_t write_back_interval; /* ns */
    int64_t write_back_batch;    /* INT64_MAX: unlimited */
    bool single_flight;
    int nodes; /* enum cache_nodes */
    int64_t virtual_nodes;
    int64_t dead_node_leaves; /* ns after its crash; SIM_TIME_NEVER: never */
    struct param_list copies; /* of struct cache_copy_config */
    int start;             /* enum cache_start */
    const char *warm_data; /* NULL: none */
    double price;          /* USD/h of one instance */
    struct call_config call;
};

/* Where a visit stands that has called somebody, or waits for another one. */
enum cache_step {
    CACHE_LOOKING_UP,
    CACHE_FETCHING,
    CACHE_SHARING, /* the answer of another one's fetch */
    CACHE_WRITING_THROUGH,
    CACHE_WRITING_AROUND,
    CACHE_WRITING_BACK, /* a branch: of the ticker, or of who makes room */
    CACHE_MAKING_ROOM,  /* its branches write what was dirty */
    CACHE_TELLING_COPY, /* a branch, which nobody waits for */
};

struct cache_shared {
    struct duration lookup_time;
    bool is_instant;      /* looking up takes no time */
    bool is_write_back;
    struct link **stores; /* NULL: none */
    struct group *store;
    uint64_t ttl_key;
    struct rng eviction_rng;
    struct hash_ring ring; /* of several nodes */
    uint8_t *absent;       /* nodes that have left, a byte each; NULL: one node */
    int64_t *leaves_ns;    /* when a dead node will, of each; SIM_TIME_NEVER: it will not */
    uint32_t leaving;      /* nodes with such a date */
    uint32_t absent_count;
    struct link ***copies; /* by place in the list and instance; NULL: none */
};

struct cache {
    struct eviction_store store;
    struct host *host;  /* NULL: none */
    int64_t host_bytes; /* taken from it */
    uint64_t hits, misses;
    uint64_t stale_hits, fresh_hits;
    uint64_t expected_id;    /* a key that will be looked up soon, for fetching ahead */
    uint32_t expected_entry; /* of the key before it */
    /* from here on: of what not every cache does, in the order of cache_emits() */
    struct row_locks fetches;    /* under way, and who waits for each; with single_flight */
    uint64_t stale_shared;       /* answers */
    struct dirty_copies dirty;   /* with write-back */
    uint32_t leaving;            /* first of the dirty copies that made room just now */
    uint32_t sweep;              /* copies that this turn of the ticker has yet to write */
    int64_t sweep_ns;            /* when it began */
    uint64_t batches;            /* written since the run began */
    struct request *ticker;      /* of write-back */
    struct request *teller;      /* parent of what is sent to copies */
    uint64_t told, told_in_vain; /* copies */
};

/* ---- contents ---- */

uint32_t cache_entry_bytes(const struct component *self, const struct request *request);

/* Keeps a copy of what the request has brought; false: there is no room for it. */
bool cache_keep(struct component *self, struct request *request, int64_t fetch_start_ns);
void cache_drop(struct component *self, const struct request *request);

/* Takes from the host what the store has grown by. When others have left too little there,
 * copies make room. */
void cache_settle_host_memory(struct component *self);

static inline void cache_settle_memory(struct component *self)
{
    const struct cache *cache = component_state(self);

    if (cache->host && cache->store.bytes.level != cache->host_bytes)
        cache_settle_host_memory(self);
}

int64_t cache_expiry_ns(const struct component *self, const struct request *request, int64_t from_ns);
void cache_start(struct component *self);

/* A crash: the memory of the node is gone, and accepted writes with it, which are counted. No request is
 * inside any more, and its tickers have ended. Returns how many writes are lost. */
uint64_t cache_lose_contents(struct component *self);

/* ---- write-back ---- */

void cache_write_back_init(struct component *self);
void cache_write_back_start(struct component *self);

/* The request writes: its copy is dirty, and it is answered. */
void cache_write_back_accept(struct component *self, struct request *request);

/* Answers OK, after what had to make room for the request's copy and was dirty has been written. */
void cache_write_back_reply(struct component *self, struct request *request);
void cache_write_back_tick(struct component *self);

/* A write to the store has been answered. */
void cache_write_back_done(struct component *self, struct request *child);

/* Answers a look-up whose copy is no longer kept but not yet written either; false: there is none such. */
bool cache_write_back_look_up(struct component *self, struct request *request);

/* ---- nodes and copies ---- */

void cache_nodes_wire_group(struct group *group);
uint32_t cache_node_for(const struct group *group, const struct request *request);

/* Callers know now that the node has left, or is back: keys go to the others, or to it again. */
/* The node that has the row, as far as callers know now. */
uint32_t cache_node_of(const struct group *group, uint64_t id);

/* It has crashed: its keys go elsewhere once its callers know. */
void cache_node_dies(struct component *self);

void cache_node_leaves(struct component *self);
void cache_node_returns(struct component *self);

/* Tells the copies of what the request has put or dropped (enum operation); nobody waits for them. */
void cache_tell_copies(struct component *self, struct request *request, enum operation operation);

/* It comes from another cache, whose store has been written already. */
bool cache_is_message(const struct component *self, const struct request *request);
void cache_copy_told(struct component *self, struct request *child);

extern const struct param_table cache_params;

/* The check of the model: what no row can say. */
void cache_check(const void *config, struct param_problems *problems);

extern const struct model_type cache_model;

#endif
