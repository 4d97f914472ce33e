/* ziggurat_generate.c - writes sim/ziggurat_tables.c to standard output.
 *
 *     ziggurat_generate > sim/ziggurat_tables.c
 *
 * Finds where the tail begins by bisection, so that 256 layers of equal area close at the top, in long
 * double. Exit status: 0, or 1 when the output could not be written.
 *
 * Source: Marsaglia, Tsang, "The ziggurat method for generating random variables", 2000.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "sim/ziggurat.h"

struct curve {
    const char *name;
    int bits;                            /* of the integer that is multiplied with the width */
    long double (*density)(long double); /* decreasing, 1 at 0 */
    long double (*inverse)(long double);
    long double (*tail_area)(long double);
};

static long double exponential_density(long double x) { return expl(-x); }
static long double exponential_inverse(long double y) { return -logl(y); }
static long double exponential_tail_area(long double x) { return expl(-x); }
static long double normal_density(long double x) { return expl(-0.5L * x * x); }
static long double normal_inverse(long double y) { return sqrtl(-2.0L * logl(y)); }
static long double normal_tail_area(long double x)
{
    return sqrtl(acosl(-1.0L) / 2.0L) * erfcl(x / sqrtl(2.0L));
}

/* Fills edge[0..256] from the tail upwards. What the top lacks (< 0: exceeds) of height 1. */
static long double stack(const struct curve *curve, long double tail, long double *edge)
{
    long double area = tail * curve->density(tail) + curve->tail_area(tail);

    edge[0] = area / curve->density(tail);
    edge[1] = tail;
    for (int i = 2; i <= ZIGGURAT_LAYERS; i++) {
        long double height = curve->density(edge[i - 1]) + area / edge[i - 1];

        if (i == ZIGGURAT_LAYERS || height >= 1.0L) {
            edge[ZIGGURAT_LAYERS] = 0.0L;
            return i == ZIGGURAT_LAYERS ? 1.0L - height : -1.0L;
        }
        edge[i] = curve->inverse(height);
    }
    return 0.0L;
}

static void solve(const struct curve *curve, long double *edge)
{
    long double low = 2.0L, high = 20.0L; /* a tail that begins early makes layers too large */

    for (int i = 0; i < 200; i++) {
        long double middle = 0.5L * (low + high);

        if (stack(curve, middle, edge) < 0.0L)
            low = middle;
        else
            high = middle;
    }
    stack(curve, high, edge);
}

static void print(const struct curve *curve, const long double *edge)
{
    printf("\nconst struct ziggurat ziggurat_%s = {\n    .layer = {\n", curve->name);
    for (int i = 0; i < ZIGGURAT_LAYERS; i++) {
        double width = (double)ldexpl(edge[i], -curve->bits);
        uint64_t inside = (uint64_t)ldexpl(edge[i + 1] / edge[i], curve->bits);

        printf("        { %.17g, UINT64_C(0x%016" PRIx64 ") },\n", width, inside);
    }
    printf("    },\n    .height = {\n");
    for (int i = 0; i <= ZIGGURAT_LAYERS; i++)
        printf("        %.17g,\n", (double)curve->density(edge[i]));
    printf("    },\n    .tail = %.17g,\n};\n", (double)edge[1]);
}

int main(void)
{
    static const struct curve curves[] = {
        { "exponential", ZIGGURAT_BITS_EXPONENTIAL, exponential_density, exponential_inverse,
          exponential_tail_area },
        { "normal", ZIGGURAT_BITS_NORMAL, normal_density, normal_inverse, normal_tail_area },
    };

    printf("/* Made by tools/ziggurat_generate.c: do not edit. */\n#include \"sim/ziggurat.h\"\n");
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        long double edge[ZIGGURAT_LAYERS + 1];

        solve(&curves[i], edge);
        print(&curves[i], edge);
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
