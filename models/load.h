/* load.h - how load changes with time: a product of factors, and bursts on top.
 *
 *   constant, step, ramp, wave, flash_crowd, table   factors known beforehand, functions of the time since
 *                                                    the run began; any number of them are multiplied
 *   bursts                                           a factor drawn: states that last for exponential times
 *                                                    (with Poisson arrivals: a Markov-modulated Poisson
 *                                                    process)
 *
 * Arrivals under a load are made by a change of time: gaps are drawn as if the rate were 1, and the integral
 * of the rate says when so much of it has passed. Nothing is drawn in vain, and another load leaves the draws
 * as they are. (Cinlar, "Introduction to stochastic processes", 1975, section 4.7)
 *
 * The integral is exact to about 1e-11 of itself whatever is multiplied: time is cut into panels in which
 * every factor is smooth and turns by little, and in each the rate is the polynomial of degree 5 through six
 * Chebyshev nodes. A panel ends where a factor has a corner or a burst changes.
 *
 * Randomness: streams "arrivals" and "bursts" of the source. Units: ns, rates in 1/s. Ownership: the
 * configuration stays the caller's, memory is the run's. Cost: some 10 multiplications an arrival; six
 * evaluations of each factor a panel.
 * Left out: gaps that remember more than their law and the state of the burst (long-range dependence).
 */
#ifndef MODELS_LOAD_H
#define MODELS_LOAD_H

#include "models/param.h"
#include "sim/component.h"
#include "sim/distribution.h"
#include "sim/random.h"

enum load_shape { LOAD_CONSTANT = 1, LOAD_STEP, LOAD_RAMP, LOAD_WAVE, LOAD_FLASH_CROWD, LOAD_TABLE };

struct load_point {
    double factor;
};

/* One factor. Dates count from the beginning of the run, its warm-up included. */
struct load_config {
    int shape; /* enum load_shape */
    double constant, step, ramp, wave, flash_crowd;
    struct param_list table; /* of struct load_point */
    int64_t at, until, over, period, peak_at, rise, hold, fall, every; /* ns */
};

/* One state of the bursts. */
struct burst_config {
    double factor;
    int64_t mean_time; /* ns */
    double weight;     /* of coming next, among the states other than the present one */
};

extern const struct param_table load_params, burst_params;

void load_check(const struct param_list *list, struct param_problems *problems);
void bursts_check(const struct param_list *list, struct param_problems *problems);

/* The factor that all of `list` make together at a date; bursts not counted. */
double load_at(const struct param_list *list, int64_t date_ns);

/* Up to when it has neither corner nor much of a bend; after the date. */
int64_t load_smooth_until(const struct param_list *list, int64_t date_ns);

/* Rate in a state of the bursts over the mean rate; `states` has room for one each. The probabilities of
 * being in them go to `shares`. */
void bursts_of(const struct param_list *list, double *states, double *shares);

#define LOAD_DEGREE 5
#define LOAD_NODES (LOAD_DEGREE + 1)

/* A stretch of time with one polynomial; x runs over it from -1 to 1. */
struct load_panel {
    int64_t start_ns, end_ns;
    double rate[LOAD_NODES];         /* arrivals per unit of x: coefficients of 1, x, x^2 ... */
    double passed[LOAD_NODES + 1];   /* their integral */
    double total;                    /* integral up to x = 1 */
};

struct bursts {
    const struct param_list *list; /* NULL: none */
    struct rng rng;
    double *factors;
    uint32_t state;
    int64_t end_ns; /* of the state */
};

struct varying_arrivals {
    const struct param_list *load;
    double rate; /* 1/ns, when every factor is 1 */
    struct bursts bursts;
    struct load_panel panel;
    double x;    /* where in the panel the last date is */
    double left; /* until the next arrival, in mean gaps */
    struct distribution gap; /* of mean 1 */
    struct rng rng;
    bool is_arrival; /* what the date returned last is */
};

/* rate: in 1/s, above 0; gap: of mean 1. `load` and `bursts` (empty: none) have passed their checks. */
void varying_arrivals_init(struct varying_arrivals *arrivals, const struct group *owner,
                           const struct distribution_config *gap, double rate, const struct param_list *load,
                           const struct param_list *bursts);

/* Date of the next arrival; is_arrival false: there is none up to that date, ask again then. */
int64_t varying_arrivals_next_ns(struct varying_arrivals *arrivals);

#endif
