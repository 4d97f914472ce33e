#include "sim/random.h"

#include <limits.h>
#include <math.h>

/* Takes in the end of the name too. */
static uint64_t hash_name(uint64_t hash, const char *name)
{
    do {
        hash = rng_hash(hash, (unsigned char)*name);
    } while (*name++);
    return hash;
}

uint64_t rng_key(uint64_t seed, const char *owner, const char *purpose)
{
    return hash_name(hash_name(rng_mix(seed), owner), purpose);
}

void rng_init(struct rng *rng, uint64_t seed, const char *owner, const char *purpose)
{
    *rng = (struct rng){ .key = rng_key(seed, owner, purpose), .counter = 0 };
}

/* Height of a random point of the layer, of which the curve cuts a corner off. */
static double height_in_layer(const struct ziggurat *table, unsigned layer, struct rng *rng)
{
    double low = table->height[layer], high = table->height[layer + 1];

    return low + rng_uniform(rng) * (high - low);
}

__attribute__((noinline, cold)) double rng_exponential_slow(struct rng *rng, unsigned layer, double x)
{
    if (layer == 0) /* the tail of an exponential is an exponential */
        return ziggurat_exponential.tail + rng_exponential(rng);
    if (height_in_layer(&ziggurat_exponential, layer, rng) < exp(-x))
        return x;
    return rng_exponential(rng);
}

/* Tail of the normal beyond `tail` (Marsaglia, "Generating a variable from the tail of the normal
 * distribution", 1964). */
static double normal_tail(struct rng *rng, double tail)
{
    double beyond;

    do {
        beyond = rng_exponential(rng) / tail;
    } while (2.0 * rng_exponential(rng) < beyond * beyond);
    return tail + beyond;
}

__attribute__((noinline, cold)) double rng_normal_slow(struct rng *rng, unsigned layer, double x)
{
    if (layer == 0)
        return copysign(normal_tail(rng, ziggurat_normal.tail), x);
    if (height_in_layer(&ziggurat_normal, layer, rng) < exp(-0.5 * x * x))
        return x;
    return rng_normal(rng);
}

static void gsl_set(void *state, unsigned long seed)
{
    *(struct rng *)state = (struct rng){ .key = hash_key(seed), .counter = 0 };
}

static unsigned long gsl_get(void *state) { return rng_next(state); }

static double gsl_get_double(void *state) { return rng_uniform(state); }

_Static_assert(sizeof(unsigned long) == sizeof(uint64_t), "GSL takes all 64 bits");

const gsl_rng_type rng_gsl_type = {
    .name = "scalesim",
    .max = ULONG_MAX,
    .min = 0,
    .size = sizeof(struct rng),
    .set = gsl_set,
    .get = gsl_get,
    .get_double = gsl_get_double,
};
