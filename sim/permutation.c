#include "sim/permutation.h"

#include "sim/random.h"

/* Halves of 4 bits and less have so few functions that six rounds give some permutations
 * of their few numbers far more often than others; 32 rounds level that. */
#define COUNT_SMALL 256
#define ROUNDS_LARGE 6

void permutation_init(struct permutation *permutation, uint64_t count, uint64_t key)
{
    unsigned bits = count > 1 ? 64 - (unsigned)__builtin_clzll(count - 1) : 0;

    permutation->count = count;
    permutation->low_bits = (bits + 1) / 2;
    permutation->low_mask = (UINT64_C(1) << permutation->low_bits) - 1;
    permutation->high_mask = (UINT64_C(1) << (bits / 2)) - 1;
    permutation->rounds = count > COUNT_SMALL ? ROUNDS_LARGE : PERMUTATION_ROUNDS_MAX;
    for (unsigned i = 0; i < PERMUTATION_ROUNDS_MAX; i++)
        permutation->keys[i] = rng_hash(key, i);
}

/* Of a half. Both factors depend on it: with a constant one its small values would give a line. */
static inline uint64_t scramble(uint64_t half, uint64_t key)
{
    unsigned __int128 product = (unsigned __int128)(half ^ key) * (half + (key | 1) * RNG_WEYL);

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t forward(const struct permutation *permutation, uint64_t x)
{
    uint64_t high = x >> permutation->low_bits, low = x & permutation->low_mask;

    for (unsigned i = 0; i < permutation->rounds; i += 2) {
        high ^= scramble(low, permutation->keys[i]) & permutation->high_mask;
        low ^= scramble(high, permutation->keys[i + 1]) & permutation->low_mask;
    }
    return high << permutation->low_bits | low;
}

static inline uint64_t backward(const struct permutation *permutation, uint64_t y)
{
    uint64_t high = y >> permutation->low_bits, low = y & permutation->low_mask;

    for (unsigned i = permutation->rounds; i > 0; i -= 2) {
        low ^= scramble(high, permutation->keys[i - 1]) & permutation->low_mask;
        high ^= scramble(low, permutation->keys[i - 2]) & permutation->high_mask;
    }
    return high << permutation->low_bits | low;
}

uint64_t permutation_map(const struct permutation *permutation, uint64_t x)
{
    do {
        x = forward(permutation, x);
    } while (x >= permutation->count);
    return x;
}

uint64_t permutation_inverse(const struct permutation *permutation, uint64_t y)
{
    do {
        y = backward(permutation, y);
    } while (y >= permutation->count);
    return y;
}
