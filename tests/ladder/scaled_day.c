#include "tests/ladder/scaled_day.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>

#include "tests/ladder/formulas.h"

#define EVALUATION_S 15 /* the default interval of an autoscaler */
#define TOLERANCE 0.1   /* its default tolerance */
#define INSTANCES_MAX 100
#define SECONDS_MAX 3600
#define DAYS 100

struct sample {
    double busy; /* instances, times seconds */
    double instances;
    double noise; /* standard deviation of what it shows, as a part */
};

struct course {
    const struct scaled_tier *tier;
    int seconds, interval_s, delay_s;
    double rates[SECONDS_MAX]; /* by the second */
    double gap_cv;
    gsl_rng *chance;
    /* of one day */
    struct sample samples[SECONDS_MAX];
    double serving, wanted;
    double boots_s[INSTANCES_MAX]; /* when those that boot will serve, in order */
    int booting;
    double changed_s;
};

double scaled_day_rate(const struct ladder_run *run, double time_s)
{
    double angle = 2 * M_PI * (time_s - ladder_seconds(run, "users.load[0].peak_at")) /
                   ladder_seconds(run, "users.load[0].period");

    return ladder_rate(run, "users.arrivals") *
           (1 + (ladder_number(run, "users.load[0].wave") - 1) * cos(angle));
}

/* Requests come to an instance in regular turns and are all alike, so those at work are always one of two
 * neighbouring numbers, and as often the greater one as gets the work done. */
static double busy_share(const struct scaled_tier *tier, double rate)
{
    double cores = tier->host ? (double)tier->host->cores : 1, offered = rate * tier->work_s, done = 0;

    for (double working = 1; working <= cores; working++) {
        double more = (tier->host ? formula_capacity(tier->host, working) : working) - done;

        if (offered < done + more)
            return (working - 1 + (offered - done) / more) / cores;
        done += more;
    }
    return 1;
}

static void boot(struct course *course, double now_s)
{
    while (course->booting && course->boots_s[0] <= now_s) {
        course->serving++;
        course->booting--;
        for (int i = 0; i < course->booting; i++)
            course->boots_s[i] = course->boots_s[i + 1];
    }
}

static void scale_to(struct course *course, double desired, double now_s)
{
    for (; course->wanted < desired; course->wanted++)
        course->boots_s[course->booting++] = now_s + course->tier->boot_s;
    for (; course->wanted > desired; course->wanted--)
        if (course->booting)
            course->booting--;
        else
            course->serving--;
    course->changed_s = now_s;
}

static void evaluate(struct course *course, const struct sample *known, double now_s)
{
    const struct scaled_tier *tier = course->tier;
    double busy = known->busy * (1 + gsl_ran_gaussian(course->chance, known->noise));
    double ratio = busy / known->instances / tier->target;
    double desired = fmin(tier->max, fmax(tier->min, ceil(busy / tier->target / course->interval_s)));
    bool may_shrink = now_s - course->changed_s >= tier->cooldown_s;

    if ((ratio > 1 + TOLERANCE && desired > course->wanted) ||
        (ratio < 1 - TOLERANCE && desired < course->wanted && may_shrink))
        scale_to(course, desired, now_s);
}

static void observe(struct course *course, int now_s)
{
    struct sample *sample = &course->samples[now_s / course->interval_s];
    double rate = course->rates[now_s];

    if (now_s % course->interval_s == 0)
        *sample = (struct sample){ .noise = course->gap_cv / sqrt(rate * course->interval_s) };
    sample->busy += course->serving * busy_share(course->tier, rate / course->serving);
    sample->instances += course->serving;
}

/* Mean number of instances that are paid. */
static double paid(struct course *course)
{
    double sum = 0;

    course->serving = course->wanted = course->tier->start;
    course->booting = 0;
    course->changed_s = -INFINITY;
    for (int now_s = 0; now_s < course->seconds; now_s++) {
        int known = (now_s - course->delay_s) / course->interval_s - 1; /* those before it are over */

        boot(course, now_s);
        if (now_s % EVALUATION_S == 0 && known >= 0)
            evaluate(course, &course->samples[known], now_s);
        observe(course, now_s);
        sum += course->wanted;
    }
    return sum / course->seconds;
}

struct scaled_day scaled_day(const struct ladder_run *run, const struct scaled_tier *tier)
{
    struct course course = { .tier = tier,
                             .seconds = (int)fmin(SECONDS_MAX, ladder_seconds(run, "time.measure")),
                             .interval_s = (int)lround(ladder_seconds(run, "monitor.interval")),
                             .delay_s = (int)lround(ladder_seconds(run, "monitor.delay")),
                             .gap_cv = ladder_number(run, "users.gap_cv"),
                             .chance = gsl_rng_alloc(gsl_rng_taus2) };
    double sum = 0, squares = 0;

    for (int i = 0; i < course.seconds && i < SECONDS_MAX; i++)
        course.rates[i] = scaled_day_rate(run, i + 0.5);
    for (int day = 0; day < DAYS; day++) {
        double instances = paid(&course);

        sum += instances / DAYS;
        squares += instances * instances / DAYS;
    }
    gsl_rng_free(course.chance);
    return (struct scaled_day){ .mean = sum, .standard_error = sqrt((squares - sum * sum) / (DAYS - 1)) };
}
