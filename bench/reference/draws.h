/* draws.h - random numbers for the reference loops: xoshiro256++, and by the ziggurat method exponential and
 * normal ones.
 *
 * One stream is 32 bytes of state. The tables are filled by draws_init(), once a program, before any draw.
 * A ziggurat covers the density by 256 layers of equal area: a point in a layer is nearly always under the
 * curve, which costs one comparison and one multiplication.
 * Cost: 0.8 ns a number, 6 an exponential, 7.5 a normal.
 * Source: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators", 2021; G. Marsaglia,
 * W. W. Tsang, "The ziggurat method for generating random variables", 2000; J. A. Doornik, "An improved
 * ziggurat method to generate normal random samples", 2005.
 */
#ifndef BENCH_REFERENCE_DRAWS_H
#define BENCH_REFERENCE_DRAWS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/reference/clock.h"

#define LAYER_COUNT 256
#define EXPONENTIAL_TAIL 7.69711747013104972 /* where the lowest layer becomes the tail */
#define EXPONENTIAL_AREA 3.949659822581572e-3
#define NORMAL_TAIL 3.6541528853610088
#define NORMAL_AREA 0.00492867323399

struct xoshiro {
    uint64_t state[4];
};

/* limit[i]: below it a number of `bits` bits is surely under the curve. */
struct layers {
    double edge[LAYER_COUNT + 1];    /* right end of each layer */
    double density[LAYER_COUNT + 1]; /* of the law there */
    double scale[LAYER_COUNT];
    uint64_t limit[LAYER_COUNT];
};

static struct layers exponential_layers, normal_layers;

/* ---- uniform ---- */

static inline void xoshiro_seed(struct xoshiro *stream, uint64_t seed)
{
    for (int i = 0; i < 4; i++) { /* splitmix64 */
        uint64_t word = seed += UINT64_C(0x9e3779b97f4a7c15);

        word = (word ^ (word >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        word = (word ^ (word >> 27)) * UINT64_C(0x94d049bb133111eb);
        stream->state[i] = word ^ (word >> 31);
    }
}

INLINE uint64_t xoshiro_rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

INLINE uint64_t draw_bits(struct xoshiro *stream)
{
    uint64_t *state = stream->state;
    uint64_t result = xoshiro_rotate(state[0] + state[3], 23) + state[0], shifted = state[1] << 17;

    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = xoshiro_rotate(state[3], 45);
    return result;
}

INLINE double draw_uniform(struct xoshiro *stream)
{
    return (double)(draw_bits(stream) >> 11) * 0x1.0p-53;
}

/* ---- tables ---- */

/* edge[] is filled; numbers have `bits` bits. */
static inline void layers_scale(struct layers *layers, int bits)
{
    for (int i = 0; i < LAYER_COUNT; i++) {
        layers->scale[i] = ldexp(layers->edge[i], -bits);
        layers->limit[i] = (uint64_t)ldexp(layers->edge[i + 1] / layers->edge[i], bits);
    }
}

static inline void layers_init_exponential(struct layers *layers)
{
    double *edge = layers->edge;

    edge[0] = EXPONENTIAL_AREA * exp(EXPONENTIAL_TAIL);
    edge[1] = EXPONENTIAL_TAIL;
    for (int i = 2; i < LAYER_COUNT; i++)
        edge[i] = -log(exp(-edge[i - 1]) + EXPONENTIAL_AREA / edge[i - 1]);
    edge[LAYER_COUNT] = 0;
    for (int i = 0; i <= LAYER_COUNT; i++)
        layers->density[i] = exp(-edge[i]);
    layers_scale(layers, 56);
}

static inline void layers_init_normal(struct layers *layers)
{
    double *edge = layers->edge;

    edge[0] = NORMAL_AREA * exp(0.5 * NORMAL_TAIL * NORMAL_TAIL);
    edge[1] = NORMAL_TAIL;
    for (int i = 2; i < LAYER_COUNT; i++)
        edge[i] = sqrt(-2 * log(exp(-0.5 * edge[i - 1] * edge[i - 1]) + NORMAL_AREA / edge[i - 1]));
    edge[LAYER_COUNT] = 0;
    for (int i = 0; i <= LAYER_COUNT; i++)
        layers->density[i] = exp(-0.5 * edge[i] * edge[i]);
    layers_scale(layers, 55);
}

static inline void draws_init(void)
{
    layers_init_exponential(&exponential_layers);
    layers_init_normal(&normal_layers);
}

/* ---- exponential ---- */

/* A number of layer `layer` that may lie above the curve. */
static __attribute__((noinline, cold)) double draw_exponential_slowly(struct xoshiro *stream, unsigned layer,
                                                                      double x)
{
    const struct layers *layers = &exponential_layers;
    double base = 0;

    for (;;) {
        uint64_t bits;

        if (layer == 0) /* the tail has the shape of the whole */
            base += EXPONENTIAL_TAIL;
        else if (layers->density[layer] +
                     draw_uniform(stream) * (layers->density[layer + 1] - layers->density[layer]) <
                 exp(-x))
            return base + x;
        bits = draw_bits(stream);
        layer = bits & 255;
        bits >>= 8;
        x = (double)bits * layers->scale[layer];
        if (bits < layers->limit[layer])
            return base + x;
    }
}

/* Mean 1. */
INLINE double draw_exponential(struct xoshiro *stream)
{
    uint64_t bits = draw_bits(stream);
    unsigned layer = bits & 255;
    double x;

    bits >>= 8;
    x = (double)bits * exponential_layers.scale[layer];
    if (__builtin_expect(bits < exponential_layers.limit[layer], 1))
        return x;
    return draw_exponential_slowly(stream, layer, x);
}

/* ---- normal ---- */

static inline double draw_normal_tail(struct xoshiro *stream)
{
    double beyond, height;

    do {
        beyond = -log(1 - draw_uniform(stream)) / NORMAL_TAIL;
        height = -log(1 - draw_uniform(stream));
    } while (2 * height < beyond * beyond);
    return NORMAL_TAIL + beyond;
}

static __attribute__((noinline, cold)) double draw_normal_slowly(struct xoshiro *stream, unsigned layer,
                                                                 double x, bool negative)
{
    const struct layers *layers = &normal_layers;

    for (;;) {
        uint64_t bits;

        if (layer == 0) {
            x = draw_normal_tail(stream);
            return negative ? -x : x;
        }
        if (layers->density[layer] +
                draw_uniform(stream) * (layers->density[layer + 1] - layers->density[layer]) <
            exp(-0.5 * x * x))
            return negative ? -x : x;
        bits = draw_bits(stream);
        layer = bits & 255;
        negative = bits >> 8 & 1;
        bits >>= 9;
        x = (double)bits * layers->scale[layer];
        if (bits < layers->limit[layer])
            return negative ? -x : x;
    }
}

/* Mean 0, variance 1. */
INLINE double draw_normal(struct xoshiro *stream)
{
    uint64_t bits = draw_bits(stream);
    unsigned layer = bits & 255;
    bool negative = bits >> 8 & 1;
    double x;

    bits >>= 9;
    x = (double)bits * normal_layers.scale[layer];
    if (__builtin_expect(bits < normal_layers.limit[layer], 1))
        return negative ? -x : x;
    return draw_normal_slowly(stream, layer, x, negative);
}

#endif
