/* oracles.h - the configurations with known answers: which scenario, which figures of it, which formula.
 *
 * An oracle is a scenario file of this folder; a configuration of it is one of its variants, perhaps with
 * fields changed as by --set; a claim is a metric of the results with its exact value. The parameters of the
 * formulas repeat those of the scenario: if they do not agree, the test fails.
 */
#ifndef TESTS_THEORY_ORACLES_H
#define TESTS_THEORY_ORACLES_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/theory/exact.h"

#define CLAIMS_MAX 12
#define CONFIGURATIONS_MAX 8
#define SETTINGS_MAX 2

enum claim_relation { CLAIM_EQUAL, CLAIM_AT_MOST, CLAIM_AT_LEAST };

/* "server.wait.mean" of the results, or that divided by another metric. */
struct claim {
    const char *words;
    const char *unit; /* it is shown in: "ms", "%", "/s" or "" */
    const char *component, *metric;
    const char *per_component, *per_metric; /* divided by; NULL: by nothing */
    double (*exact)(const struct parameters *parameters, double argument);
    double argument;
    double published; /* what the first configuration must give by the formula, 9 digits; 0: not known */
    double published_others[CONFIGURATIONS_MAX - 1]; /* the same of the further ones */
    double published_error; /* standard error of the published ones if they are simulated; 0: exact */
    enum claim_relation relation; /* of the figure to `exact`, which may be a bound */
    double near;                  /* part by which the formula may be off, being an approximation */
    double (*near_by)(const struct parameters *parameters, double argument); /* or: makes `near` */
    double relative;  /* the tolerance is the greater of this part of the exact value */
    double absolute;  /* and this */
    bool any_service; /* true whatever the service time */
};

/* Words for the figure of a claim. */
#define OF(component_, metric_) .component = (component_), .metric = (metric_)
#define PER(component_, metric_) .per_component = (component_), .per_metric = (metric_)

struct configuration {
    const char *words;
    const char *variant;
    const char *settings[SETTINGS_MAX]; /* "path=value" */
    struct parameters parameters;
};

struct oracle {
    const char *id;
    const char *words;
    const char *file;
    const char *server; /* component whose utilisation is throughput x service / servers; NULL: none */
    int replications;   /* 0: THEORY_REPLICATIONS; fewer for those that are long */
    bool line;          /* the server keeps a line: waits and services can be told apart */
    const char *wrong;  /* the first configuration with its service 5 % off: all claims must fail */
    int control_replications; /* to find that; 0: 10 */
    struct claim claims[CLAIMS_MAX];                         /* ended by one without words */
    struct configuration configurations[CONFIGURATIONS_MAX]; /* ended by one without words */
};

/* Each ended by one without id. */
extern const struct oracle oracles[];          /* single stations, shards, replicas */
extern const struct oracle oracles_caches[];   /* caches, a CDN */
extern const struct oracle oracles_networks[]; /* several stations, balancers */
extern const struct oracle oracles_events[];   /* what happens once: crashes, bursts, scaling */
extern const struct oracle oracles_long[];     /* what takes too many requests for a quick test */

/* One configuration of one oracle. */
struct theory_case {
    const struct oracle *oracle;
    const struct configuration *configuration;
};

/* Counts from 0 over all configurations of the table; false: there are fewer. */
bool theory_case_find(const struct oracle *table, size_t number, struct theory_case *found);

#endif
