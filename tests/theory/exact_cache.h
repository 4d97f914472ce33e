/* exact_cache.h - hit ratios of caches under independent requests for keys of Zipf popularity, p(i) ~ i^-a.
 *
 * Read of the parameters: keys, exponent, capacity (entries), arrival_rate and ttl_s. Nothing here is shared
 * with the simulator. Cost: O(keys x capacity) for fifo, O(keys) a step of a search for the others.
 *
 * Sources: LRU, few keys, exact: W. F. King, "Analysis of demand paging algorithms" (1971); many keys: H.
 * Che, Y. Tung, Z. Wang, "Hierarchical Web caching systems" (2002), whose error C. Fricker, P. Robert, J.
 * Roberts, "A versatile and accurate approximation for LRU cache performance" (2012), bound. FIFO and random,
 * exact: E. Gelenbe, "A unified approach to the evaluation of a class of replacement algorithms" (1973).
 * Perfect LFU: L. Breslau et al., "Web caching and Zipf-like distributions" (1999). Time to live: J. Jung, A.
 * W. Berger, H. Balakrishnan, "Modeling TTL-based Internet caches" (2003); renewed by hits: N. C. Fofack et
 * al., "Analysis of TTL-based cache networks" (2012).
 */
#ifndef TESTS_THEORY_EXACT_CACHE_H
#define TESTS_THEORY_EXACT_CACHE_H

#include "tests/theory/exact.h"

double exact_cache_lru(const struct parameters *parameters, double argument);
double exact_cache_fifo(const struct parameters *parameters, double argument);
double exact_cache_perfect_lfu(const struct parameters *parameters, double argument);
double exact_cache_ttl(const struct parameters *parameters, double argument);         /* from the put on */
double exact_cache_ttl_entries(const struct parameters *parameters, double argument); /* present on average */
double exact_cache_ttl_renewed(const struct parameters *parameters, double argument); /* by hits */
double exact_cache_ttl_renewed_entries(const struct parameters *parameters, double argument);

#endif
