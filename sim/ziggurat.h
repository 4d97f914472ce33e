/* ziggurat.h - constant tables of two ziggurats: exp(-x), and exp(-x*x/2) for x >= 0.
 *
 * 256 layers of equal area: layer 0 is the base with the tail, layer 255 touches the top. A point of
 * layer i is draw * width, 0 <= draw < 2^bits, and lies under the curve for sure when
 * draw < inside. ziggurat_tables.c is made by tools/ziggurat_generate.c; a test recomputes it.
 *
 * Source: Marsaglia, Tsang, "The ziggurat method for generating random variables", 2000.
 */
#ifndef SIM_ZIGGURAT_H
#define SIM_ZIGGURAT_H

#include <stdint.h>

#define ZIGGURAT_LAYERS 256
#define ZIGGURAT_BITS_EXPONENTIAL 56 /* 64 less the layer's 8 */
#define ZIGGURAT_BITS_NORMAL 55      /* and the sign's 1 */

struct ziggurat {
    struct {
        double width;    /* right edge of the layer / 2^bits */
        uint64_t inside; /* right edge of the layer above / width */
    } layer[ZIGGURAT_LAYERS];           /* a draw touches one cache line */
    double height[ZIGGURAT_LAYERS + 1]; /* of the curve at the right edge of layer i; 1 at the end */
    double tail;                        /* where the tail begins: right edge of layer 1 */
};

extern const struct ziggurat ziggurat_exponential;
extern const struct ziggurat ziggurat_normal;

#endif
