/* permutation.h - a keyed bijection of 0 .. n - 1 without a table: scatters ranks over rows.
 *
 * A Feistel network over the smallest power of two that holds n, followed again while the result is
 * not below n (cycle walking): less than 2 walks on average, 1 when n is just below a power of two.
 * Different keys give unrelated permutations. Not for secrets.
 *
 * Cost: O(1) expected, about 8 ns a walk (60 for n <= 256); 288 bytes. Errors: none.
 * Source: Black, Rogaway, "Ciphers with arbitrary finite domains", 2002; Luby, Rackoff, "How to
 * construct pseudorandom permutations from pseudorandom functions", 1988.
 */
#ifndef SIM_PERMUTATION_H
#define SIM_PERMUTATION_H

#include <stdint.h>

#define PERMUTATION_ROUNDS_MAX 32

struct permutation {
    uint64_t count;                        /* n */
    uint64_t high_mask, low_mask;          /* of the two halves of a number */
    unsigned low_bits;                     /* width of the low half */
    unsigned rounds;                       /* even: 6, and for n <= 256 the maximum */
    uint64_t keys[PERMUTATION_ROUNDS_MAX]; /* one a round */
};

/* count: n, 1 to 2^62. key: for example of rng_key(). */
void permutation_init(struct permutation *permutation, uint64_t count, uint64_t key);

/* Where x goes; x < n. */
uint64_t permutation_map(const struct permutation *permutation, uint64_t x);

/* Where y came from: permutation_inverse(p, permutation_map(p, x)) is x. y < n. */
uint64_t permutation_inverse(const struct permutation *permutation, uint64_t y);

#endif
