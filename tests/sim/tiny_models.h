/* tiny_models.h - the smallest models that use every verb of the kernel, for its tests.
 *
 *   tiny_source   sends requests at given dates, with drawn gaps, or from users who think in between
 *   tiny_server   waits at a station, works, calls others (one after the other, or all at once), answers
 *
 * Both are told what to do by a configuration that the test owns, and report to hooks. Also: records
 * of how each request ended, and means with an interval from batches.
 */
#ifndef TESTS_SIM_TINY_MODELS_H
#define TESTS_SIM_TINY_MODELS_H

#include <stdio.h>
#include <string.h>

#include "sim/station.h"
#include "tests/test.h"

#define MS (SIM_NS_PER_S / 1000)
#define US (SIM_NS_PER_S / 1000000)
#define SECOND SIM_NS_PER_S

/* How one request ended; an array of them is indexed by the request's key. */
struct tiny_record {
    int64_t end_ns, latency_ns;
    uint32_t ends; /* how often: must be 1 */
    enum outcome outcome;
};

typedef void tiny_end_hook(void *argument, struct component *self, const struct request *request,
                           enum outcome outcome);

struct tiny_source_config {
    const char *target;
    struct call_policy policy;      /* start from tiny_source_of() */
    uint32_t count;                 /* requests at most; key and place of each: from 0 */
    const int64_t *dates_ns;        /* of all requests, NULL: see gap */
    struct distribution_config gap; /* s, between two requests */
    bool passive;                   /* sends only when told: tiny_source_send() */
    uint32_t users;                 /* above 0: each thinks for a gap, sends, gets an answer, thinks ... */
    uint32_t bytes;
    const uint8_t *priorities; /* by key % priority_count, NULL: 0 */
    uint32_t priority_count;
    tiny_end_hook *ended;
    void *argument;
};

struct tiny_server_config {
    struct station_config station;   /* servers 0: everybody is served at once */
    bool holds;                      /* a server is held for the whole visit; else it works */
    bool silent;                     /* never answers */
    struct distribution_config work; /* s */
    const int64_t *works_ns;         /* by key, NULL: drawn */
    const char *target;              /* NULL: calls nobody */
    uint32_t calls;                  /* to instance 0 of the target, one after the other */
    bool fans_out;                   /* one branch to each instance of the target instead */
    bool same_place;                 /* all calls have place 0 */
    struct call_policy policy;
    uint32_t call_bytes, reply_bytes;
    const uint32_t *call_sizes; /* by key, instead of call_bytes */
    double card_bytes_per_s;    /* of each instance's network card, 0: unlimited */
    enum outcome (*answer)(void *argument, struct component *self,
                           struct request *request); /* NULL: what it was told */
    void (*saw)(void *argument, struct component *self, const struct request *request); /* on arrival */
    void *argument;
};

struct tiny_source {
    struct rng gaps;
    uint32_t sent;
    struct request *ticker;
    struct request **users; /* tickers */
};

struct tiny_server {
    struct station station;
    struct pipe card;
    uint64_t replies; /* that it heard */
};

extern const struct component_type tiny_source_type, tiny_server_type;

/* Configurations that are whole but for what the test is about. */
struct tiny_source_config tiny_source_of(const char *target, uint32_t count);
struct tiny_server_config tiny_server_of(struct distribution_config work);

struct distribution_config tiny_law(enum distribution_law law, double mean_s);
struct call_policy tiny_policy(int64_t timeout_ns, uint32_t retries);

/* A run with `source` (one instance) and `server` (one instance). */
struct sim *tiny_pair(uint64_t seed, const struct tiny_source_config *source,
                      const struct tiny_server_config *server);

/* A run without components, over a network that may be NULL; and components of it, with the given number
 * of instances. */
struct sim *tiny_sim(uint64_t seed, const struct network *network);
struct group *tiny_add_source(struct sim *sim, const char *name, const struct tiny_source_config *config);
struct group *tiny_add_server(struct sim *sim, const char *name, uint32_t count,
                              const struct tiny_server_config *config);

/* Within the only site; the caller may go on filling it in. */
struct network tiny_network(struct distribution_config latency);

/* Wires; a cycle fails the test. */
void tiny_wire(struct sim *sim);

/* Runs to end_ns in `steps` steps and checks that the run conserves requests after each. */
void tiny_run_checked(struct sim *sim, int64_t end_ns, int steps);

/* Sends a request of the source at once. */
void tiny_source_send(struct component *self, uint64_t user);

struct tiny_server *tiny_server(const struct sim *sim, const char *name, uint32_t instance);

/* A hook: argument is an array of struct tiny_record. */
void tiny_record(void *argument, struct component *self, const struct request *request, enum outcome outcome);

/* Mean of correlated values, with the standard error of the means of batches. */
#define TINY_BATCHES 40

struct tiny_means {
    uint64_t count, count_max, skip; /* of values, in all, at the start that do not count */
    double sums[TINY_BATCHES];
};

void tiny_means_init(struct tiny_means *means, uint64_t count, uint64_t skip);
void tiny_means_add(struct tiny_means *means, double value);
double tiny_mean(const struct tiny_means *means);
double tiny_error(const struct tiny_means *means); /* standard error of the mean */

/* How many standard errors the mean is off. */
double tiny_deviations(const struct tiny_means *means, double expected);

/* A hook: argument is a struct tiny_means of latencies in s. */
void tiny_mean_latency(void *argument, struct component *self, const struct request *request,
                       enum outcome outcome);

#endif
