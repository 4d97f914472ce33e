/* random.h - every random number of a run: one generator, counter-based.
 *
 * A draw is a function of (key, draw's number) and of nothing else, so that the order in which
 * events run changes no draw:
 *   a stream     rng_init(): the draws of a component for one purpose, one after the other; its key
 *                is a hash of (seed of the run, component, purpose), so that adding a component
 *                changes no other draw.
 *   a request    rng_for_request(): a little stream of its own for each (purpose, request's number),
 *                so that two architectures see the same users wanting the same work.
 *
 * Draw i of a key is wyrand: a counter that takes large steps, multiplied by itself with some bits turned over, 64 x 64 ->
 * 128 bits, and both halves of the product folded into one word (Wang Yi, "wyhash and wyrand", 2019). A request's number
 * multiplied by another constant says where on that way its own draws begin; so a draw waits for two multiplications and
 * nothing else, which is what most events wait for. Keys are hashes themselves, each of their bits as good as the others.
 * The idea of a hash of a counter instead of a state: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011.
 * Two words become one by two such products (wyhash). What follows from its quality, measured: docs/generator.md.
 * Exponential and normal: ziggurat of 256 layers (Marsaglia, Tsang, "The ziggurat method for
 * generating random variables", 2000), tables in ziggurat_tables.c.
 *
 * Not for secrets. Ownership: a struct rng is 16 bytes of the caller's, copied freely; nothing here
 * allocates or fails. Cost: O(1). One number a sample, more on the rare slow path of a ziggurat.
 */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <gsl/gsl_rng.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/ziggurat.h"

struct rng {
    uint64_t key;     /* which sequence */
    uint64_t counter; /* draws taken from it */
};

#define RNG_WEYL UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / golden ratio, odd */
#define RNG_STEP UINT64_C(0xa0761d6478bd642f) /* of wyhash, as is the next */
#define RNG_TURN UINT64_C(0xe7037ed1a0b428db)

/* Key of (seed of the run, component, purpose). Names end: ("ab", "c") is not ("a", "bc"). */
uint64_t rng_key(uint64_t seed, const char *owner, const char *purpose);

/* Starts the stream of that key at its first draw. */
void rng_init(struct rng *rng, uint64_t seed, const char *owner, const char *purpose);

/* A bijection of 64 bits: each bit of the result depends on all bits of x. */
static inline uint64_t rng_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* Both halves of the product of two words as one. */
static inline uint64_t rng_fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Hash of an ordered pair, such as a child's number from its parent's and the branch. */
static inline uint64_t rng_hash(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)(a ^ RNG_STEP) * (b ^ RNG_TURN);

    return rng_fold((uint64_t)product ^ RNG_STEP, (uint64_t)(product >> 64) ^ RNG_TURN);
}

/* Hash of one key for hash tables and placements: all bits are good. Different keys never collide. */
static inline uint64_t hash_key(uint64_t key) { return rng_mix(key + RNG_WEYL); }

/* The draws of request `number` for the purpose of purpose_key (from rng_key()). */
static inline struct rng rng_for_request(uint64_t purpose_key, uint64_t number)
{
    return (struct rng){ .key = purpose_key + number * RNG_WEYL, .counter = 0 };
}

/* The next 64 random bits. */
static inline uint64_t rng_next(struct rng *rng)
{
    uint64_t x = rng->key + rng->counter++ * RNG_STEP;

    return rng_fold(x, x ^ RNG_TURN);
}

/* Uniform in [0, 1), a multiple of 2^-53. */
static inline double rng_uniform(struct rng *rng)
{
    return (double)(int64_t)(rng_next(rng) >> 11) * 0x1.0p-53;
}

/* Uniform on 0 .. n - 1 without bias; n = 0 gives 0. (Lemire, "Fast random integer generation in an
 * interval", 2019) */
static inline uint64_t rng_below(struct rng *rng, uint64_t n)
{
    unsigned __int128 product = (unsigned __int128)rng_next(rng) * n;

    if (__builtin_expect((uint64_t)product < n, 0)) {
        uint64_t threshold = -n % n; /* 2^64 modulo n: so many low parts too many */

        while ((uint64_t)product < threshold)
            product = (unsigned __int128)rng_next(rng) * n;
    }
    return (uint64_t)(product >> 64);
}

/* The rest of rng_exponential() and rng_normal() for a point x that is not surely under the curve. */
double rng_exponential_slow(struct rng *rng, unsigned layer, double x);
double rng_normal_slow(struct rng *rng, unsigned layer, double x);

/* A point of the ziggurat of the exponential. */
struct rng_point {
    double x;
    unsigned layer;
    bool inside; /* surely under the curve: x is the draw */
};

static inline struct rng_point rng_exponential_point(uint64_t bits)
{
    unsigned layer = (unsigned)bits & (ZIGGURAT_LAYERS - 1);
    uint64_t draw = bits >> (64 - ZIGGURAT_BITS_EXPONENTIAL);

    return (struct rng_point){ .x = (double)(int64_t)draw * ziggurat_exponential.layer[layer].width,
                               .layer = layer,
                               .inside = draw < ziggurat_exponential.layer[layer].inside };
}

/* Exponential with mean 1. */
static inline double rng_exponential(struct rng *rng)
{
    struct rng_point point = rng_exponential_point(rng_next(rng));

    if (__builtin_expect(point.inside, 1))
        return point.x;
    return rng_exponential_slow(rng, point.layer, point.x);
}

/* Normal with mean 0 and variance 1. */
static inline double rng_normal(struct rng *rng)
{
    uint64_t bits = rng_next(rng);
    unsigned layer = (unsigned)bits & (ZIGGURAT_LAYERS - 1);
    /* the sign is part of the number: a branch on it would be mispredicted every second time */
    int64_t draw = (int64_t)(bits >> (63 - ZIGGURAT_BITS_NORMAL)) - (INT64_C(1) << ZIGGURAT_BITS_NORMAL);
    double x = (double)draw * ziggurat_normal.layer[layer].width;

    if (__builtin_expect((uint64_t)(draw < 0 ? -draw : draw) < ziggurat_normal.layer[layer].inside, 1))
        return x;
    return rng_normal_slow(rng, layer, x);
}

/* The generator for GSL; the state is a struct rng, gsl_rng_set() makes a hash of the seed its key. */
extern const gsl_rng_type rng_gsl_type;

/* A view of a stream for GSL's distributions: what they draw is drawn from *rng. Valid while it is. */
static inline gsl_rng rng_as_gsl(struct rng *rng) { return (gsl_rng){ .type = &rng_gsl_type, .state = rng }; }

#endif
