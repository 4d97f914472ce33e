/* ladder.h - what the steps of the ladder share: predictions by formula, and runs that have to meet them.
 *
 * A step is a scenario in scenarios/ladder/ and a file test_NN_NAME.c here, the number and name being those
 * of the scenario. It states claims: a figure of the results, and a function that predicts it from nothing
 * but the scenario's own fields, read with ladder_rate() and its kin. So the prediction is made anew wherever
 * a field is changed by --set. Each claim is checked with the file as it is, with two other seeds, and with
 * two other values of the parameters; a deliberate mistake in the scenario that the predictions do not know
 * of must break every claim.
 *
 *     static double web_load(const struct ladder_run *run)
 *     {
 *         return ladder_rate(run, "users.arrivals") * ladder_seconds(run, "web.handlers.request[0].compute");
 *     }
 *
 *     static const struct ladder_step step = {
 *         .file = "03_example.json",
 *         .others = { { "users.arrivals=40/s" }, { "web.handlers.request[0].compute=3ms" } },
 *         .wrong = { "web.handlers.request[0].compute=2.1ms" },
 *         .claims = { { "processor of the web server", "%", OF(NULL, "web", "cpu.utilisation"), web_load } },
 *     };
 *
 *     LADDER_MAIN(step)
 *
 * A claim holds when the 99.9 % Student t interval over the replications contains the prediction. There are
 * no tolerances: a formula that is only near comes with another one for how near (`near`), which widens the
 * interval by so much; and an interval wider than LADDER_WIDEST to either side fails, being that of a run too
 * short to tell a mistake of that size. In every run nothing may be lost: requests that came or were inside
 * at first are those that ended or are inside at last, in each component.
 *
 * `test_ladder_NN_NAME --figures` prints the claims as a table in Markdown, for docs/ladder.md.
 *
 * Units: seconds, per second, bytes, dollars per hour. Ownership: a run owns what it read and measured.
 * Errors: a field that a formula wants and the scenario does not have is a bug of the test, and ends it.
 */
#ifndef TESTS_LADDER_LADDER_H
#define TESTS_LADDER_LADDER_H

#include <stdbool.h>
#include <stdint.h>

#include "app/scenario.h"

#define LADDER_CLAIMS_MAX 24
#define LADDER_SETTINGS_MAX 6
#define LADDER_OFTEN_MAX 12
#define LADDER_CONFIDENCE 0.999
#define LADDER_WIDEST 0.05 /* half of an interval, as part of the prediction */

struct ladder_run; /* one variant, as the formulas see it */

/* "db", "cpu.utilisation" of a variant; NULL: the base. */
struct ladder_figure {
    const char *variant;
    const char *component, *metric;
};

enum ladder_relation { LADDER_ALONE, LADDER_PER, LADDER_MINUS };

struct ladder_claim {
    const char *words;
    const char *unit; /* it is shown in: "ms", "us", "%", "/s", "$/h", "KB" or "" */
    struct ladder_figure figure;
    enum ladder_relation relation; /* of the figure to the other one, replication by replication */
    struct ladder_figure other;
    double (*predict)(const struct ladder_run *run); /* of the figure's variant */
    double (*near)(const struct ladder_run *run); /* by what part of it the formula may be off; NULL: exact */
    bool unmoved; /* the deliberate mistake does not change it */
    /* What no run of the variant shows by itself, such as what a crash does: `times` values, in place of the
     * figure, of which only the variant counts. NULL: it is a figure. */
    void (*measure)(const struct ladder_run *run, uint64_t seed, double *values, int times);
    int times;
};

/* Words for the figure of a claim; NULL: the base. */
#define OF(variant_, component_, metric_) .figure = { variant_, component_, metric_ }
#define PER(variant_, component_, metric_) .relation = LADDER_PER, .other = { variant_, component_, metric_ }
#define MINUS(variant_, component_, metric_) \
    .relation = LADDER_MINUS, .other = { variant_, component_, metric_ }

/* A variant that chance moves more than the others, or less, and how often it is run, at most 64 times. */
struct ladder_often {
    const char *variant; /* NULL: the base */
    int replications;
};

struct ladder_step {
    const char *file;                           /* in scenarios/ladder/, or a path with a "/" from the root */
    const char *part[LADDER_SETTINGS_MAX];      /* of a day, say, all that the test plays: "time.measure=8min" */
    const char *others[2][LADDER_SETTINGS_MAX]; /* other values, "path=value", ended by NULL */
    const char *wrong[LADDER_SETTINGS_MAX];     /* a mistake of about 5 %, the same way */
    int replications;                           /* 0: 8 */
    struct ladder_often often[LADDER_OFTEN_MAX]; /* ended by one of none */
    struct ladder_claim claims[LADDER_CLAIMS_MAX]; /* ended by one without words */
};

/* ---- for formulas: the scenario's fields ---- */

/* Paths are those of --set, but end at what the file says itself. A law counts with its mean. */
double ladder_rate(const struct ladder_run *run, const char *path);
double ladder_seconds(const struct ladder_run *run, const char *path);
double ladder_share(const struct ladder_run *run, const char *path);
double ladder_bytes(const struct ladder_run *run, const char *path);
double ladder_bandwidth(const struct ladder_run *run, const char *path); /* bytes a second */
double ladder_number(const struct ladder_run *run, const char *path);
double ladder_dollars(const struct ladder_run *run, const char *path); /* per hour */
const char *ladder_text(const struct ladder_run *run, const char *path);
bool ladder_has(const struct ladder_run *run, const char *path);

/* The machine at `path` ("web.host"): a host of the scenario or a size of its catalog. */
const struct host_config *ladder_host(const struct ladder_run *run, const char *path);

/* The same step with another variant's fields; NULL: the base. */
const struct ladder_run *ladder_variant(const struct ladder_run *run, const char *variant);

/* Name of the run's own variant. */
const char *ladder_name(const struct ladder_run *run);

/* ---- for measures ---- */

/* Reads the step's file with its settings and more of them, ended by NULL, LADDER_SETTINGS_MAX at most. The
 * scenario is the caller's; the variant is that of the run. */
const struct scenario_variant *ladder_read_again(const struct ladder_run *run, const char *const *settings,
                                                 struct scenario *scenario);

/* ---- running ---- */

int ladder_main(const struct ladder_step *step, int argc, char **argv);

#define LADDER_MAIN(step)                      \
    int main(int argc, char **argv)            \
    {                                          \
        return ladder_main(&step, argc, argv); \
    }

#endif
