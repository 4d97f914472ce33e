/* exact_shortest.c - the mean time when each joins the shortest of n lines: the Markov chain of all
 * lengths, in
 * descending order and each at most `longest`, solved by sweeps of Gauss and Seidel. Whoever finds all
 * full is lost,
 * which is rarer than the digits asked for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/theory/exact_network.h"

#define LINES_MAX 4
#define FLOWS_MAX (LINES_MAX + 2) /* from where one line is longer, or the shortest shorter,
    of one or of several */
#define SWEEPS_MAX 100000
#define RARE 1e-11     /* the chance that the shortest is as long as `longest` */
#define SETTLED 1e-13  /* relative change of the mean in a sweep */

/* What flows into a state from another one. */
struct flow {
    int from;
    double rate;
};

struct chain {
    int lines, longest, states;
    double arrivals; /* per service */
    int *number;     /* of a state, by its lengths as digits */
    unsigned char (*lengths)[LINES_MAX];
    struct flow (*flows)[FLOWS_MAX];
    int *flow_count;
    double *leaves, *chance;
};

static size_t digits(const struct chain *chain, const unsigned char *lengths)
{
    size_t place = 0;

    for (int i = 0; i < chain->lines; i++)
        place = place * (size_t)(chain->longest + 1) + lengths[i];
    return place;
}

/* All descending sequences below `most`, from line `i` on. */
static void enumerate(struct chain *chain, unsigned char *lengths, int i, int most)
{
    if (i == chain->lines) {
        memcpy(chain->lengths[chain->states], lengths, LINES_MAX);
        chain->number[digits(chain, lengths)] = chain->states++;
        return;
    }
    for (int length = 0; length <= most; length++) {
        lengths[i] = (unsigned char)length;
        enumerate(chain, lengths, i + 1, length);
    }
}

static void flow_to(struct chain *chain, int from, const unsigned char *lengths, double rate)
{
    int to = chain->number[digits(chain, lengths)];

    for (int i = 0; i < chain->flow_count[to]; i++)
        if (chain->flows[to][i].from == from)
            abort();
    if (chain->flow_count[to] == FLOWS_MAX)
        abort();
    chain->flows[to][chain->flow_count[to]++] = (struct flow){ from, rate };
    chain->leaves[from] += rate;
}

/* Of lines of one length the first gets longer and the last shorter, which keeps the order. */
static void add_flows(struct chain *chain, int from)
{
    unsigned char lengths[LINES_MAX];
    int last = chain->lines - 1;

    memcpy(lengths, chain->lengths[from], sizeof lengths);
    if (lengths[last] < chain->longest) {
        int first = last;

        while (first > 0 && lengths[first - 1] == lengths[last])
            first--;
        lengths[first]++;
        flow_to(chain, from, lengths, chain->arrivals);
        lengths[first]--;
    }
    for (int i = 0, alike = 1; i < chain->lines && lengths[i] > 0; i++) {
        if (i < last && lengths[i + 1] == lengths[i]) {
            alike++;
            continue;
        }
        lengths[i]--;
        flow_to(chain, from, lengths, alike);
        lengths[i]++;
        alike = 1;
    }
}

static double inside(const struct chain *chain, int state)
{
    int sum = 0;

    for (int i = 0; i < chain->lines; i++)
        sum += chain->lengths[state][i];
    return sum;
}

/* One sweep, up or down; returns the mean number inside. */
static double sweep(struct chain *chain, bool up)
{
    double mean = 0, total = 0;

    for (int i = 0; i < chain->states; i++) {
        int state = up ? i : chain->states - 1 - i;
        double sum = 0;

        for (int k = 0; k < chain->flow_count[state]; k++)
            sum += chain->chance[chain->flows[state][k].from] * chain->flows[state][k].rate;
        chain->chance[state] = sum / chain->leaves[state];
        total += chain->chance[state];
        mean += chain->chance[state] * inside(chain, state);
    }
    return mean / total;
}

static void *array(size_t count, size_t size)
{
    void *items = calloc(count, size);

    if (!items)
        abort();
    return items;
}

static void chain_init(struct chain *chain, const struct parameters *p)
{
    size_t states = 1, room = 1;
    unsigned char lengths[LINES_MAX] = { 0 };
    double load = p->arrival_rate * p->service_mean_s / p->shards;

    *chain = (struct chain){ .lines = p->shards, .arrivals = p->arrival_rate * p->service_mean_s };
    chain->longest = (int)ceil(log(RARE) / (p->shards * log(load))); /* all lines together:
        like one of M/M/n */
    for (int i = 0; i < chain->lines; i++) {
        states = states * (size_t)(chain->longest + 1 + i) / (size_t)(i + 1);
        room *= (size_t)(chain->longest + 1);
    }
    chain->number = array(room, sizeof *chain->number);
    chain->lengths = array(states, sizeof *chain->lengths);
    chain->flows = array(states, sizeof *chain->flows);
    chain->flow_count = array(states, sizeof *chain->flow_count);
    chain->leaves = array(states, sizeof *chain->leaves);
    chain->chance = array(states, sizeof *chain->chance);
    enumerate(chain, lengths, 0, chain->longest);
    for (int i = 0; i < chain->states; i++) {
        chain->chance[i] = pow(load, inside(chain, i));
        add_flows(chain, i);
    }
}

static void chain_deinit(struct chain *chain)
{
    free(chain->number);
    free(chain->lengths);
    free(chain->flows);
    free(chain->flow_count);
    free(chain->leaves);
    free(chain->chance);
}

double exact_shortest_mean(const struct parameters *p, double argument)
{
    struct chain chain;
    double mean = 0, before = -1;

    (void)argument;
    chain_init(&chain, p);
    for (int i = 0; i < SWEEPS_MAX && fabs(mean - before) > SETTLED * mean; i++) {
        before = mean;
        mean = sweep(&chain, i % 2);
    }
    chain_deinit(&chain);
    return mean / p->arrival_rate;
}
