#include "models/balancing.h"

#include <string.h>

#define REHASHES_MAX 20 /* then anyone who is available */

struct balancing_policy_row {
    /* Called when somebody is available. */
    uint32_t (*choose)(struct balancing *balancing, struct rng *rng, uint64_t user);
    /* A target has one connection more or less; NULL: that is just counted. */
    void (*change)(struct balancing *balancing, uint32_t target, uint32_t connections);
    /* Another set of targets is available; NULL: nothing to do. */
    void (*rebuild)(struct balancing *balancing);
};

/* ---- policies without memory of connections ---- */

static uint32_t round_robin_choose(struct balancing *balancing, struct rng *rng, uint64_t user)
{
    uint32_t turn = balancing->turn < balancing->available_count ? balancing->turn : 0;

    (void)rng;
    (void)user;
    balancing->turn = turn + 1;
    return balancing->available[turn];
}

static uint32_t random_choose(struct balancing *balancing, struct rng *rng, uint64_t user)
{
    (void)user;
    return balancing->available[rng_below(rng, balancing->available_count)];
}

/* Hashed again while the target is away, so that nobody moves whose target is there. */
static uint32_t ip_hash_choose(struct balancing *balancing, struct rng *rng, uint64_t user)
{
    uint64_t hash = balancing->config.hash_key;

    (void)rng;
    for (int i = 0; i < REHASHES_MAX; i++) {
        uint32_t target;

        hash = rng_hash(hash, user);
        target = (uint32_t)((hash >> 32) * balancing->config.count >> 32);
        if (balancing->is_available[target])
            return target;
    }
    return balancing->available[(hash >> 32) * balancing->available_count >> 32];
}

static uint32_t consistent_hash_choose(struct balancing *balancing, struct rng *rng, uint64_t user)
{
    (void)rng;
    return hash_ring_find_present(balancing->config.ring, user, balancing->absent);
}

static void consistent_hash_rebuild(struct balancing *balancing)
{
    for (uint32_t i = 0; i < balancing->config.count; i++)
        balancing->absent[i] = !balancing->is_available[i];
}

/* ---- weighted ---- */

static uint32_t weighted_choose(struct balancing *balancing, struct rng *rng, uint64_t user)
{
    uint32_t best = balancing->available[0];

    (void)rng;
    (void)user;
    for (uint32_t i = 0; i < balancing->available_count; i++) {
        uint32_t target = balancing->available[i];

        balancing->credit[target] += balancing->config.weights[target];
        if (balancing->credit[target] > balancing->credit[best])
            best = target;
    }
    balancing->credit[best] -= balancing->weight_total;
    return best;
}

/* Who comes back begins anew, and what those who stay have gained stays with them. */
static void weighted_rebuild(struct balancing *balancing)
{
    balancing->weight_total = 0;
    for (uint32_t i = 0; i < balancing->config.count; i++)
        if (balancing->is_available[i])
            balancing->weight_total += balancing->config.weights[i];
        else
            balancing->credit[i] = 0;
}

/* ---- power of d ---- */

static uint32_t fewer(const struct balancing *balancing, uint32_t best, uint32_t target)
{
    return best == BALANCING_NONE || balancing->connections[target] < balancing->connections[best] ? target
                                                                                                   : best;
}

/* The k-th draw without replacement: one of those left, by its number among them. drawn[] holds the places
 * drawn before, ascending. */
static uint32_t draw_another(uint32_t *drawn, uint32_t k, uint32_t count, struct rng *rng)
{
    uint32_t place = (uint32_t)rng_below(rng, count - k);
    uint32_t i = 0;

    for (; i < k && drawn[i] <= place; i++)
        place++;
    memmove(&drawn[i + 1], &drawn[i], (k - i) * sizeof *drawn);
    drawn[i] = place;
    return place;
}

static uint32_t power_of_d_choose(struct balancing *balancing, struct rng *rng, uint64_t user)
{
    uint32_t drawn[BALANCING_CHOICES_MAX + 1];
    uint32_t count = balancing->available_count, choices = balancing->config.choices;
    uint32_t best = BALANCING_NONE;

    (void)user;
    if (!balancing->config.with_replacement && choices > count)
        choices = count;
    for (uint32_t k = 0; k < choices; k++) {
        uint32_t place = balancing->config.with_replacement ? (uint32_t)rng_below(rng, count)
                                                            : draw_another(drawn, k, count, rng);

        best = fewer(balancing, best, balancing->available[place]);
    }
    return best;
}

/* ---- least connections, ties at random: targets in order of their connections ---- */

/* Room for a level, which there is not; nobody is above the last one that was ever reached. */
static __attribute__((noinline)) void add_levels(struct balancing *balancing, uint32_t connections)
{
    uint32_t old_count = balancing->level_count;

    balancing->level_count = 2 * connections + 64;
    balancing->level_end = memory_grow(balancing->memory, balancing->level_end,
                                       balancing->level_count * sizeof *balancing->level_end);
    for (uint32_t i = old_count; i < balancing->level_count; i++)
        balancing->level_end[i] = balancing->available_count;
}

static inline void reach_level(struct balancing *balancing, uint32_t connections)
{
    if (__builtin_expect(connections >= balancing->level_count, 0))
        add_levels(balancing, connections);
}

static inline void swap_to(struct balancing *balancing, uint32_t target, uint32_t place)
{
    uint32_t *order = balancing->order;
    uint32_t old_place = balancing->place[target], other = order[place];

    order[old_place] = other;
    balancing->place[other] = old_place;
    order[place] = target;
    balancing->place[target] = place;
}

static inline uint32_t ordered_choose(struct balancing *balancing, struct rng *rng, uint64_t user)
{
    uint32_t equals = balancing->level_end[balancing->connections[balancing->order[0]]];

    (void)user;
    return balancing->order[equals > 1 ? rng_below(rng, equals) : 0];
}

/* By one more or one less. */
static inline void ordered_change(struct balancing *balancing, uint32_t target, uint32_t connections)
{
    uint32_t old = balancing->connections[target];

    balancing->connections[target] = connections;
    if (!balancing->is_available[target])
        return;
    reach_level(balancing, connections);
    if (connections > old)
        swap_to(balancing, target, --balancing->level_end[old]);
    else
        swap_to(balancing, target, balancing->level_end[connections]++);
}

/* Sorts by counting. */
static void ordered_rebuild(struct balancing *balancing)
{
    uint32_t count = balancing->available_count, most = 0, sum = 0;

    for (uint32_t i = 0; i < count; i++)
        if (balancing->connections[balancing->available[i]] > most)
            most = balancing->connections[balancing->available[i]];
    reach_level(balancing, most);
    memset(balancing->level_end, 0, balancing->level_count * sizeof *balancing->level_end);
    for (uint32_t i = 0; i < count; i++)
        balancing->level_end[balancing->connections[balancing->available[i]]]++;
    for (uint32_t i = 0; i < balancing->level_count; i++)
        balancing->level_end[i] = sum += balancing->level_end[i];
    for (uint32_t i = count; i-- > 0;) {
        uint32_t target = balancing->available[i];
        uint32_t place = --balancing->level_end[balancing->connections[target]];

        balancing->order[place] = target;
        balancing->place[target] = place;
    }
    /* each end has come down to the start of its level, which is the end of the one below */
    for (uint32_t i = 0; i + 1 < balancing->level_count; i++)
        balancing->level_end[i] = balancing->level_end[i + 1];
    balancing->level_end[balancing->level_count - 1] = count;
}

/* ---- least connections, ties to the first ---- */

static uint32_t first_of_few_choose(struct balancing *balancing, struct rng *rng, uint64_t user)
{
    uint32_t best = BALANCING_NONE;

    (void)rng;
    (void)user;
    for (uint32_t i = 0; i < balancing->available_count; i++)
        best = fewer(balancing, best, balancing->available[i]);
    return best;
}

/* Of two neighbours in the tournament, the left one having the lower number. */
static uint32_t match(const struct balancing *balancing, uint32_t left, uint32_t right)
{
    return right == BALANCING_NONE ? left : fewer(balancing, left, right);
}

static uint32_t tournament_choose(struct balancing *balancing, struct rng *rng, uint64_t user)
{
    (void)rng;
    (void)user;
    return balancing->winners[1];
}

static void tournament_change(struct balancing *balancing, uint32_t target, uint32_t connections)
{
    balancing->connections[target] = connections;
    for (uint32_t i = (balancing->leaves + target) / 2; i; i /= 2)
        balancing->winners[i] = match(balancing, balancing->winners[2 * i], balancing->winners[2 * i + 1]);
}

static void tournament_rebuild(struct balancing *balancing)
{
    for (uint32_t i = 0; i < balancing->leaves; i++)
        balancing->winners[balancing->leaves + i] =
            i < balancing->config.count && balancing->is_available[i] ? i : BALANCING_NONE;
    for (uint32_t i = balancing->leaves; --i;)
        balancing->winners[i] = match(balancing, balancing->winners[2 * i], balancing->winners[2 * i + 1]);
}

/* ---- all of them ---- */

static const struct balancing_policy_row policies[] = {
    [BALANCING_ROUND_ROBIN] = { round_robin_choose, NULL, NULL },
    [BALANCING_RANDOM] = { random_choose, NULL, NULL },
    [BALANCING_LEAST_CONNECTIONS] = { ordered_choose, ordered_change, ordered_rebuild },
    [BALANCING_POWER_OF_D] = { power_of_d_choose, NULL, NULL },
    [BALANCING_IP_HASH] = { ip_hash_choose, NULL, NULL },
    [BALANCING_WEIGHTED] = { weighted_choose, NULL, weighted_rebuild },
    [BALANCING_CONSISTENT_HASH] = { consistent_hash_choose, NULL, consistent_hash_rebuild },
};

static const struct balancing_policy_row first_of_few = { first_of_few_choose, NULL, NULL };
static const struct balancing_policy_row first_of_many = { tournament_choose, tournament_change,
                                                           tournament_rebuild };

/* Whose turn it is under round robin keeps it, or it is that of the one after. */
static void rebuild(struct balancing *balancing)
{
    uint32_t next = balancing->turn < balancing->available_count ? balancing->available[balancing->turn] : 0;

    balancing->available_count = 0;
    for (uint32_t i = 0; i < balancing->config.count; i++) {
        if (i == next)
            balancing->turn = balancing->available_count;
        if (balancing->is_available[i])
            balancing->available[balancing->available_count++] = i;
    }
    if (balancing->policy->rebuild)
        balancing->policy->rebuild(balancing);
}

static void allocate(struct balancing *balancing, struct memory *memory, uint32_t count)
{
    balancing->connections = memory_alloc_array(memory, count, sizeof *balancing->connections);
    balancing->is_available = memory_alloc_array(memory, count, sizeof *balancing->is_available);
    balancing->available = memory_alloc_array(memory, count, sizeof *balancing->available);
    if (balancing->policy->choose == ordered_choose) {
        balancing->order = memory_alloc_array(memory, count, sizeof *balancing->order);
        balancing->place = memory_alloc_array(memory, count, sizeof *balancing->place);
    }
    if (balancing->policy->choose == weighted_choose)
        balancing->credit = memory_alloc_array(memory, count, sizeof *balancing->credit);
    if (balancing->policy->choose == consistent_hash_choose)
        balancing->absent = memory_alloc_array(memory, count, sizeof *balancing->absent);
    if (balancing->policy->choose == tournament_choose) {
        balancing->leaves = 2;
        while (balancing->leaves < count)
            balancing->leaves *= 2;
        balancing->winners = memory_alloc_array(memory, balancing->leaves, 2 * sizeof *balancing->winners);
    }
}

void balancing_init(struct balancing *balancing, struct memory *memory, const struct balancing_config *config)
{
    *balancing =
        (struct balancing){ .policy = &policies[config->policy], .config = *config, .memory = memory };
    if (config->policy == BALANCING_LEAST_CONNECTIONS && config->ties == BALANCING_TIES_FIRST)
        balancing->policy = config->count <= BALANCING_FEW ? &first_of_few : &first_of_many;
    allocate(balancing, memory, config->count);
    memset(balancing->is_available, true, config->count * sizeof *balancing->is_available);
    rebuild(balancing);
    balancing->turn = config->first % config->count;
}

static inline void change(struct balancing *balancing, uint32_t target, uint32_t connections)
{
    if (balancing->policy->change == ordered_change) /* the usual one, without a call */
        ordered_change(balancing, target, connections);
    else if (balancing->policy->change)
        balancing->policy->change(balancing, target, connections);
    else
        balancing->connections[target] = connections;
}

uint32_t balancing_choose(struct balancing *balancing, struct rng *rng, uint64_t user)
{
    uint32_t target;

    if (!balancing->available_count)
        return BALANCING_NONE;
    target = balancing->policy->choose(balancing, rng, user);
    change(balancing, target, balancing->connections[target] + 1);
    return target;
}

void balancing_take(struct balancing *balancing, uint32_t target)
{
    change(balancing, target, balancing->connections[target] + 1);
}

uint32_t balancing_choose_other(struct balancing *balancing, struct rng *rng, uint64_t user, uint32_t except)
{
    uint32_t target = balancing_choose(balancing, rng, user);

    if (target != except || target == BALANCING_NONE || balancing->available_count == 1)
        return target;
    balancing_return(balancing, target);
    balancing_set_available(balancing, except, false);
    target = balancing_choose(balancing, rng, user);
    balancing_set_available(balancing, except, true);
    return target;
}

void balancing_return(struct balancing *balancing, uint32_t target)
{
    change(balancing, target, balancing->connections[target] - 1);
}

void balancing_forget(struct balancing *balancing)
{
    uint32_t count = balancing->config.count;

    memset(balancing->connections, 0, count * sizeof *balancing->connections);
    if (balancing->credit)
        memset(balancing->credit, 0, count * sizeof *balancing->credit);
    rebuild(balancing);
    balancing->turn = balancing->config.first % count;
}

void balancing_set_available(struct balancing *balancing, uint32_t target, bool is_available)
{
    if (balancing->is_available[target] == is_available)
        return;
    balancing->is_available[target] = is_available;
    rebuild(balancing);
}
