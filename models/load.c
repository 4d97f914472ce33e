#include "models/load.h"

#include <math.h>
#include <stdio.h>

#include "models/arrivals.h"
#include "sim/sim.h"

#define PANEL_LONGEST_NS (3600 * SIM_NS_PER_S) /* keeps dates exact to a fraction of a ns */
#define PANELS_AT_ONCE 1024 /* without an arrival, before the run may look up */
#define NEWTON_MAX 100
#define X_TOLERANCE 1e-14 /* of half a panel: below a tenth of a ns */
#define BURST_LONGEST_NS 1e18

/* ---- bursts ---- */

/* clang-format off */
static const struct param_row burst_rows[] = {
    PARAM_REAL(struct burst_config, factor, .max = 1e6,
               .help = "Load in this state relative to the others; the mean over all time is what `arrivals` says."),
    PARAM_DURATION(struct burst_config, mean_time, .min = 1000, .max = BURST_LONGEST_NS,
                   .help = "Mean of the exponential time that the state lasts."),
    PARAM_REAL(struct burst_config, weight, .default_text = "1", .max = 1e6, .min = 0, .min_exclusive = true,
               .help = "How often this state follows another one, relative to the weights of the rest."),
    PARAM_END
};
/* clang-format on */

const struct param_table burst_params = { .rows = burst_rows,
                                          .size = sizeof(struct burst_config),
                                          .help = "one state between which the load jumps" };

/* The jumps from i go to j in proportion to weight j. In the long run state i is entered in proportion to
 * weight i (sum - weight i): the jumps from i to j are then as many as those from j to i. */
void bursts_of(const struct param_list *list, double *states, double *shares)
{
    const struct burst_config *items = list->items;
    double weights = 0.0, sum = 0.0, mean = 0.0;

    for (size_t i = 0; i < list->count; i++)
        weights += items[i].weight;
    for (size_t i = 0; i < list->count; i++)
        sum += shares[i] = items[i].weight * (weights - items[i].weight) * (double)items[i].mean_time;
    for (size_t i = 0; i < list->count; i++)
        mean += (shares[i] /= sum) * items[i].factor;
    for (size_t i = 0; i < list->count; i++)
        states[i] = items[i].factor / mean;
}

static void bursts_stay(struct bursts *bursts, int64_t now_ns)
{
    const struct burst_config *items = bursts->list->items;
    double time_ns = (double)items[bursts->state].mean_time * rng_exponential(&bursts->rng);

    bursts->end_ns = time_ns >= (double)(ARRIVALS_LATEST_NS - now_ns) ? SIM_TIME_NEVER
                                                                     : now_ns + 1 + (int64_t)time_ns;
}

static void bursts_init(struct bursts *bursts, const struct group *owner, const struct param_list *list)
{
    struct memory *memory = &owner->sim->memory;
    double *shares, draw;

    bursts->end_ns = SIM_TIME_NEVER;
    if (list->count == 0)
        return;
    bursts->list = list;
    bursts->factors = memory_alloc_array(memory, list->count, sizeof *bursts->factors);
    shares = memory_alloc_array(memory, list->count, sizeof *shares);
    bursts_of(list, bursts->factors, shares);
    rng_init(&bursts->rng, owner->sim->seed, owner->name, "bursts");
    draw = rng_uniform(&bursts->rng);
    while (bursts->state + 1 < list->count && draw >= shares[bursts->state])
        draw -= shares[bursts->state++];
    memory_free(memory, shares);
    bursts_stay(bursts, 0);
}

static void bursts_jump(struct bursts *bursts)
{
    const struct burst_config *items = bursts->list->items;
    uint32_t from = bursts->state, last = 0;
    double sum = 0.0, draw;

    for (uint32_t i = 0; i < bursts->list->count; i++)
        sum += i == from ? 0.0 : items[i].weight;
    draw = rng_uniform(&bursts->rng) * sum;
    for (uint32_t i = 0; i < bursts->list->count && draw >= 0.0; i++) {
        if (i == from)
            continue;
        draw -= items[i].weight;
        last = i;
    }
    bursts->state = last;
    bursts_stay(bursts, bursts->end_ns);
}

void bursts_check(const struct param_list *list, struct param_problems *problems)
{
    const struct burst_config *items = list->items;
    double sum = 0.0;

    for (size_t i = 0; i < list->count; i++)
        sum += items[i].factor;
    if (list->count == 1)
        param_problem(problems, "bursts", "add the state between the bursts",
                      "one state is no burst: there is nothing to jump to");
    else if (list->count > 1 && !(sum > 0.0))
        param_problem(problems, "bursts", NULL, "nobody would ever come: every factor is 0");
}

/* ---- panels ---- */

/* The polynomial through values at nodes: Newton's divided differences, multiplied out. */
static void interpolate(const double nodes[LOAD_NODES], double values[LOAD_NODES], double out[LOAD_NODES])
{
    for (int k = 1; k < LOAD_NODES; k++)
        for (int i = LOAD_DEGREE; i >= k; i--)
            values[i] = (values[i] - values[i - 1]) / (nodes[i] - nodes[i - k]);
    for (int k = 0; k < LOAD_NODES; k++)
        out[k] = 0.0;
    for (int i = LOAD_DEGREE; i >= 0; i--) {
        for (int k = LOAD_DEGREE; k > 0; k--)
            out[k] = out[k - 1] - nodes[i] * out[k];
        out[0] = values[i] - nodes[i] * out[0];
    }
}

static double polynomial(const double *coefficients, int degree, double x)
{
    double sum = coefficients[degree];

    for (int k = degree - 1; k >= 0; k--)
        sum = sum * x + coefficients[k];
    return sum;
}

/* Integral of the rate up to x. */
static double passed(const struct load_panel *panel, double x)
{
    return polynomial(panel->passed, LOAD_NODES, x);
}

static void panel_begin(struct varying_arrivals *arrivals, int64_t start_ns)
{
    static const double nodes[LOAD_NODES] = { /* cos((2 k + 1) pi / 12) */
        -0.96592582628906829, -0.70710678118654752, -0.25881904510252076,
        0.25881904510252076,  0.70710678118654752,  0.96592582628906829,
    };
    struct load_panel *panel = &arrivals->panel;
    int64_t end_ns = load_smooth_until(arrivals->load, start_ns);
    double values[LOAD_NODES], half_ns, factor = 1.0;

    if (end_ns > start_ns + PANEL_LONGEST_NS)
        end_ns = start_ns + PANEL_LONGEST_NS;
    if (end_ns > arrivals->bursts.end_ns)
        end_ns = arrivals->bursts.end_ns;
    if (arrivals->bursts.list)
        factor = arrivals->bursts.factors[arrivals->bursts.state];
    half_ns = 0.5 * (double)(end_ns - start_ns);
    for (int k = 0; k < LOAD_NODES; k++) {
        int64_t date_ns = start_ns + (int64_t)(half_ns * (1.0 + nodes[k]));

        values[k] = arrivals->rate * half_ns * factor * load_at(arrivals->load, date_ns);
    }
    interpolate(nodes, values, panel->rate);
    panel->passed[0] = 0.0;
    for (int k = 0; k < LOAD_NODES; k++)
        panel->passed[k + 1] = panel->rate[k] / (k + 1);
    panel->passed[0] = -polynomial(panel->passed, LOAD_NODES, -1.0);
    panel->total = passed(panel, 1.0);
    panel->start_ns = start_ns;
    panel->end_ns = end_ns;
    arrivals->x = -1.0;
}

static void panel_next(struct varying_arrivals *arrivals)
{
    int64_t start_ns = arrivals->panel.end_ns;

    if (start_ns >= arrivals->bursts.end_ns)
        bursts_jump(&arrivals->bursts);
    panel_begin(arrivals, start_ns);
}

/* Where in the panel the integral reaches `goal`, which it does. Newton's method, kept within
 * what is known. */
static double panel_reaches(const struct load_panel *panel, double x, double left, double goal)
{
    double low = x, high = 1.0, rate = polynomial(panel->rate, LOAD_DEGREE, x);

    x += rate > 0.0 ? left / rate : 0.0;
    for (int i = 0; i < NEWTON_MAX; i++) {
        double error, step;

        if (!(x > low && x < high))
            x = 0.5 * (low + high);
        error = passed(panel, x) - goal;
        if (error < 0.0)
            low = x;
        else
            high = x;
        rate = polynomial(panel->rate, LOAD_DEGREE, x);
        step = rate > 0.0 ? error / rate : 2.0;
        x -= step;
        if (fabs(step) < X_TOLERANCE || high - low < X_TOLERANCE)
            break;
    }
    return fmin(fmax(x, low), high);
}

/* ---- arrivals ---- */

void varying_arrivals_init(struct varying_arrivals *arrivals, const struct group *owner,
                           const struct distribution_config *gap, double rate, const struct param_list *load,
                           const struct param_list *bursts)
{
    *arrivals = (struct varying_arrivals){ .load = load, .rate = rate / (double)SIM_NS_PER_S };
    distribution_init(&arrivals->gap, gap);
    rng_init(&arrivals->rng, owner->sim->seed, owner->name, "arrivals");
    arrivals->left = distribution_sample(&arrivals->gap, &arrivals->rng);
    bursts_init(&arrivals->bursts, owner, bursts);
    panel_begin(arrivals, 0);
}

int64_t varying_arrivals_next_ns(struct varying_arrivals *arrivals)
{
    struct load_panel *panel = &arrivals->panel;

    for (int i = 0; i < PANELS_AT_ONCE; i++) {
        double before = passed(panel, arrivals->x);

        if (before + arrivals->left < panel->total) {
            double half_ns = 0.5 * (double)(panel->end_ns - panel->start_ns);

            arrivals->x = panel_reaches(panel, arrivals->x, arrivals->left, before + arrivals->left);
            arrivals->left = distribution_sample(&arrivals->gap, &arrivals->rng);
            arrivals->is_arrival = true;
            return panel->start_ns + (int64_t)(half_ns * (1.0 + arrivals->x));
        }
        arrivals->left -= fmax(0.0, panel->total - before);
        if (panel->end_ns >= ARRIVALS_LATEST_NS - PANEL_LONGEST_NS)
            break;
        panel_next(arrivals);
    }
    arrivals->is_arrival = false;
    return panel->end_ns >= ARRIVALS_LATEST_NS - PANEL_LONGEST_NS ? ARRIVALS_LATEST_NS : panel->start_ns;
}
