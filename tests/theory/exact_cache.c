#include "tests/theory/exact_cache.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define FEW_KEYS 20 /* so many can be enumerated */
#define SEARCH_STEPS 200

/* p[0] to p[keys - 1]; the caller's to free. */
static double *popularity(const struct parameters *p)
{
    double *probability = calloc((size_t)p->keys, sizeof *probability), sum = 0;

    if (!probability)
        abort();
    for (int i = 0; i < p->keys; i++)
        sum += probability[i] = pow(i + 1, -p->exponent);
    for (int i = 0; i < p->keys; i++)
        probability[i] /= sum;
    return probability;
}

/* The sum over keys of p^weighted f(p x), where f is the chance that a key is in. */
static double present(const struct parameters *p, double x, double (*chance)(double), bool weighted)
{
    double *probability = popularity(p), sum = 0;

    for (int i = 0; i < p->keys; i++)
        sum += (weighted ? probability[i] : 1) * chance(probability[i] * x);
    free(probability);
    return sum;
}

/* The x at which as many keys are in as there is room for; chance rises. */
static double filling(const struct parameters *p, double (*chance)(double))
{
    double low = 0, high = 1e9;

    for (int i = 0; i < SEARCH_STEPS; i++) {
        double middle = 0.5 * (low + high);

        *(present(p, middle, chance, false) < p->capacity ? &low : &high) = middle;
    }
    return low;
}

static double asked_since(double times)
{
    return -expm1(-times);
}

static double asked_in_turn(double times)
{
    return times / (1 + times);
}

/* ---- lru ---- */

/* Hits over all orders in which the cache may hold keys: those taken so far have `mass`. */
static double lru_orders(const double *probability, int keys, int room, unsigned taken, double mass,
                         double chance)
{
    double sum = 0;

    if (room == 0)
        return chance * mass;
    for (int i = 0; i < keys; i++)
        if (!(taken & 1u << i))
            sum += lru_orders(probability, keys, room - 1, taken | 1u << i, mass + probability[i],
                              chance * probability[i] / (1 - mass));
    return sum;
}

double exact_cache_lru(const struct parameters *p, double argument)
{
    double *probability, hits;

    (void)argument;
    if (p->keys > FEW_KEYS)
        return present(p, filling(p, asked_since), asked_since, true);
    probability = popularity(p);
    hits = lru_orders(probability, p->keys, p->capacity, 0, 0, 1);
    free(probability);
    return hits;
}

/* ---- fifo and random ---- */

/* The miss ratio is (C + 1) e(C + 1) / e(C), e(k) being the elementary symmetric polynomial of the
 * popularities. Those of numbers up to 1000 overflow; with p x in place of p and over the product of 1 + p
 * x they are the chances that k of independent events happen, each with p x / (1 + p x), and x is chosen
 * so that about C do. */
double exact_cache_fifo(const struct parameters *p, double argument)
{
    double x = filling(p, asked_in_turn), *probability = popularity(p), misses;
    double *chance = calloc((size_t)p->capacity + 2, sizeof *chance);

    (void)argument;
    if (!chance)
        abort();
    chance[0] = 1;
    for (int i = 0; i < p->keys; i++) {
        double happens = asked_in_turn(probability[i] * x);

        for (int k = p->capacity + 1; k > 0; k--)
            chance[k] = chance[k] * (1 - happens) + chance[k - 1] * happens;
        chance[0] *= 1 - happens;
    }
    misses = (p->capacity + 1) * chance[p->capacity + 1] / (chance[p->capacity] * x);
    free(probability);
    free(chance);
    return 1 - misses;
}

/* ---- lfu ---- */

double exact_cache_perfect_lfu(const struct parameters *p, double argument)
{
    double *probability = popularity(p), sum = 0;

    (void)argument;
    for (int i = 0; i < p->capacity; i++)
        sum += probability[i];
    free(probability);
    return sum;
}

/* ---- time to live ---- */

double exact_cache_ttl(const struct parameters *p, double argument)
{
    (void)argument;
    return present(p, p->arrival_rate * p->ttl_s, asked_in_turn, true);
}

double exact_cache_ttl_entries(const struct parameters *p, double argument)
{
    (void)argument;
    return present(p, p->arrival_rate * p->ttl_s, asked_in_turn, false);
}

double exact_cache_ttl_renewed(const struct parameters *p, double argument)
{
    (void)argument;
    return present(p, p->arrival_rate * p->ttl_s, asked_since, true);
}

double exact_cache_ttl_renewed_entries(const struct parameters *p, double argument)
{
    (void)argument;
    return present(p, p->arrival_rate * p->ttl_s, asked_since, false);
}
