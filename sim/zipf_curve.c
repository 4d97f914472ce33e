#include "sim/zipf_curve.h"

#include <math.h>
#include <stdbool.h>

#define NODES 4
#define TRIALS 9 /* places of a piece where it is compared with the law */

/* By Newton's divided differences through the law's points at Chebyshev's nodes, which keep the largest error small. */
static struct zipf_piece fit(const struct zipf *law, double start, double width)
{
    double nodes[NODES], differences[NODES], *c;
    struct zipf_piece piece = { .coefficients = { 0 } };

    for (int i = 0; i < NODES; i++) {
        nodes[i] = 0.5 - 0.5 * cos((2 * i + 1) * M_PI / (2 * NODES));
        differences[i] = zipf_point(law, start + nodes[i] * width);
    }
    for (int order = 1; order < NODES; order++)
        for (int i = NODES - 1; i >= order; i--)
            differences[i] = (differences[i] - differences[i - 1]) / (nodes[i] - nodes[i - order]);
    c = piece.coefficients;
    for (int i = NODES - 1; i >= 0; i--) { /* times (t - node), plus the next difference */
        for (int power = NODES - 1; power > 0; power--)
            c[power] = c[power - 1] - nodes[i] * c[power];
        c[0] = differences[i] - nodes[i] * c[0];
    }
    return piece;
}

/* A law's derivatives of any order are monotone, so the error between the places tried is not much larger than at them. */
static bool fits(const struct zipf_piece *piece, const struct zipf *law, double start, double width)
{
    for (int i = 0; i < TRIALS; i++) {
        double t = (double)i / (TRIALS - 1);

        if (!(fabs(zipf_piece_at(piece, t) - zipf_point(law, start + t * width)) < ZIPF_CURVE_ERROR / 4))
            return false;
    }
    return true;
}

void zipf_curve_init(struct zipf_curve *curve, uint64_t count, double exponent)
{
    /* Accepts no rank: its x is at the edge of one. */
    static const struct zipf_piece unknown = { .coefficients = { 0.5 } };
    const double width = 1.0 / ZIPF_CURVE_PIECES;

    zipf_init(&curve->law, count, exponent);
    curve->accepted = fmax(0.5 - curve->law.shortcut, 0.0) + ZIPF_CURVE_ERROR;
    for (int i = 0; i < ZIPF_CURVE_PIECES; i++) {
        struct zipf_piece *piece = &curve->pieces[i];

        *piece = fit(&curve->law, i * width, width);
        if (exponent == 0.0 || !fits(piece, &curve->law, i * width, width)) /* 0: drawn without the inverse */
            *piece = unknown;
    }
}
