/* exact_choices.c - the mean time when each joins the shortest of d lines drawn among n, as n grows,
 * and how much longer
 * it is with n. Let x(i) be the part of servers with i requests or more. For ever more servers x follows a
 * differential equation with one fixed point; with n of them the mean is off by V/n, and V comes from
 * the curvature
 * of the equation and the noise at that point (Gast, Van Houdt), or from drawing without putting back. */
#include <math.h>
#include <stddef.h>

#include <gsl/gsl_linalg.h>

#include "tests/theory/exact_network.h"

#define DEPTH 16 /* lengths told apart: with 2 choices and 99 % load, one in 10^285 servers has more */

struct lines {
    double load, choices; /* requests per service of a server; d */
    double x[DEPTH + 2];  /* the fixed point: x[0] = 1, x[DEPTH + 1] = 0 */
};

static double power(double x, double exponent)
{
    return x > 0 ? pow(x, exponent) : exponent == 0;
}

static struct lines fixed_point(const struct parameters *p)
{
    struct lines lines = { .load = p->arrival_rate * p->service_mean_s / p->shards, .choices = p->choices };

    for (int i = 0; i <= DEPTH; i++)
        lines.x[i] = pow(lines.load, (pow(lines.choices, i) - 1) / (lines.choices - 1));
    lines.x[DEPTH + 1] = 0;
    return lines;
}

/* Derivative of what reaches length i+1 by x[i]: load d x^(d-1). */
static double slope(const struct lines *lines, int i)
{
    return lines->load * lines->choices * power(lines->x[i], lines->choices - 1);
}

static double curvature(const struct lines *lines, int i)
{
    return lines->load * lines->choices * (lines->choices - 1) * power(lines->x[i], lines->choices - 2);
}

/* First row and column belong to length 1. */
static gsl_matrix *jacobian(const struct lines *lines)
{
    gsl_matrix *a = gsl_matrix_calloc(DEPTH, DEPTH);

    for (int i = 1; i <= DEPTH; i++) {
        gsl_matrix_set(a, (size_t)i - 1, (size_t)i - 1, -slope(lines, i) - 1);
        if (i > 1)
            gsl_matrix_set(a, (size_t)i - 1, (size_t)i - 2, slope(lines, i - 1));
        if (i < DEPTH)
            gsl_matrix_set(a, (size_t)i - 1, (size_t)i, 1);
    }
    return a;
}

/* Solves in place of the matrix; `right` becomes the solution. */
static void solve(gsl_matrix *matrix, gsl_vector *right)
{
    gsl_permutation *permutation = gsl_permutation_alloc(right->size);
    gsl_vector *solution = gsl_vector_alloc(right->size);
    int sign;

    gsl_linalg_LU_decomp(matrix, permutation, &sign);
    gsl_linalg_LU_solve(matrix, permutation, right, solution);
    gsl_vector_memcpy(right, solution);
    gsl_vector_free(solution);
    gsl_permutation_free(permutation);
}

/* The covariance W of the noise, row by row: A W + W A' + Q = 0, Q being what comes and goes at each
 * length. */
static gsl_vector *covariance(const struct lines *lines, const gsl_matrix *a)
{
    gsl_matrix *sums = gsl_matrix_calloc(DEPTH * DEPTH, DEPTH * DEPTH);
    gsl_vector *w = gsl_vector_calloc(DEPTH * DEPTH);

    for (size_t i = 0; i < DEPTH; i++)
        for (size_t j = 0; j < DEPTH; j++)
            for (size_t k = 0; k < DEPTH; k++) {
                *gsl_matrix_ptr(sums, i * DEPTH + j, k * DEPTH + j) += gsl_matrix_get(a, i, k);
                *gsl_matrix_ptr(sums, i * DEPTH + j, i * DEPTH + k) += gsl_matrix_get(a, j, k);
            }
    for (int i = 1; i <= DEPTH; i++)
        gsl_vector_set(w, ((size_t)i - 1) * (DEPTH + 1), -2 * (lines->x[i] - lines->x[i + 1]));
    solve(sums, w);
    gsl_matrix_free(sums);
    return w;
}

/* Without putting back, d of n find all of them long less often: by so much, to first order in 1/n. */
static double drawn_apart(const struct lines *lines, int i)
{
    double d = lines->choices;

    return lines->load * d * (d - 1) / 2 * (power(lines->x[i], d) - power(lines->x[i], d - 1));
}

/* n times what the mean number at a server is above the limit. */
static double excess(const struct parameters *p, const struct lines *lines)
{
    gsl_matrix *a = jacobian(lines);
    gsl_vector *w = covariance(lines, a), *v = gsl_vector_calloc(DEPTH);
    double sum = 0;

    for (int i = 1; i <= DEPTH; i++) {
        double own = gsl_vector_get(w, ((size_t)i - 1) * (DEPTH + 1));
        double before = i > 1 ? gsl_vector_get(w, ((size_t)i - 2) * (DEPTH + 1)) : 0;
        double push = (curvature(lines, i - 1) * before - curvature(lines, i) * own) / 2;

        if (p->distinct)
            push += drawn_apart(lines, i - 1) - drawn_apart(lines, i);
        gsl_vector_set(v, (size_t)i - 1, -push);
    }
    solve(a, v);
    for (size_t i = 0; i < DEPTH; i++)
        sum += gsl_vector_get(v, i);
    gsl_vector_free(v);
    gsl_vector_free(w);
    gsl_matrix_free(a);
    return sum;
}

static double in_server(const struct lines *lines)
{
    double sum = 0;

    for (int i = 1; i <= DEPTH; i++)
        sum += lines->x[i];
    return sum;
}

double exact_choices_limit(const struct parameters *p, double argument)
{
    struct lines lines = fixed_point(p);

    (void)argument;
    return in_server(&lines) / lines.load * p->service_mean_s;
}

double exact_choices_excess(const struct parameters *p, double argument)
{
    struct lines lines = fixed_point(p);

    (void)argument;
    return excess(p, &lines) / p->shards / in_server(&lines);
}

double exact_choices_mean(const struct parameters *p, double argument)
{
    return exact_choices_limit(p, argument) * (1 + exact_choices_excess(p, argument));
}
