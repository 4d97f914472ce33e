#include "models/load.h"

#include <math.h>

#include "models/arrival_trace.h"
#include "models/arrivals.h"
#include "models/environment.h"
#include "tests/models/queue_tier.h"

#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

static const struct load_point hours[] = { { 0.2 }, { 0.0 }, { 1.5 }, { 3.0 }, { 0.7 } };

static const struct load_config wave = { .shape = LOAD_WAVE, .wave = 1.8, .period = HOUR,
                                         .peak_at = 50 * MINUTE };
static const struct load_config ramp = {
    .shape = LOAD_RAMP, .ramp = 4.0, .at = 20 * MINUTE, .over = 40 * MINUTE
};
static const struct load_config step = {
    .shape = LOAD_STEP, .step = 0.0, .at = 30 * MINUTE, .until = 45 * MINUTE + 7
};
static const struct load_config sudden = { .shape = LOAD_RAMP, .ramp = 2.0, .at = 70 * MINUTE, .over = 0 };
static const struct load_config crowd = { .shape = LOAD_FLASH_CROWD, .flash_crowd = 20.0, .at = 10 * MINUTE,
                                          .rise = MINUTE, .hold = 2 * MINUTE, .fall = 5 * MINUTE };
static const struct load_config table = { .shape = LOAD_TABLE, .table = { 5, hours }, .at = 3 * MINUTE,
                                          .every = 11 * MINUTE };

/* ---- the integral, by formulas of its own ---- */

static double wave_integral(double t)
{
    double w = 2.0 * M_PI / 3600.0;

    return t + 0.8 / w * (sin(w * (t - 3000.0)) + sin(w * 3000.0));
}

static double step_integral(double t)
{
    return t - (fmin(fmax(t, 1800.0), 2700.000000007) - 1800.0);
}

static double ramp_integral(double t)
{
    double rising = fmin(fmax(t - 1200.0, 0.0), 2400.0);

    return t + 3.0 * (rising * rising / 4800.0 + fmax(t - 3600.0, 0.0));
}

static double crowd_integral(double t)
{
    double rising = fmin(fmax(t - 600.0, 0.0), 60.0), held = fmin(fmax(t - 660.0, 0.0), 120.0);

    return t + 19.0 * (rising * rising / 120.0 + held + 300.0 * -expm1(-fmax(t - 780.0, 0.0) / 300.0));
}

static double table_integral(double t)
{
    double sum = 0.0;

    for (double from = 180.0 - 3300.0; from < t; from += 660.0) { /* trapezia, the last one cut */
        int i = (int)nearbyint((from - 180.0) / 660.0 + 5.0) % 5;
        double a = fmax(0.0, -from), b = fmin(660.0, t - from),
               slope = (hours[(i + 1) % 5].factor - hours[i].factor) / 660.0;

        if (b > a)
            sum += hours[i].factor * (b - a) + 0.5 * slope * (b * b - a * a);
    }
    return sum;
}

static double sudden_integral(double t)
{
    return t + fmax(0.0, t - 4200.0);
}

/* A ramp times a wave on the ramp's slope, by parts; before and after it the factor is constant. */
static double product_integral(double t)
{
    double w = 2.0 * M_PI / 3600.0, rise = fmin(fmax(t, 1200.0), 3600.0), slope = 3.0 / 2400.0;
    double sum = wave_integral(fmin(t, 1200.0));

#define MOMENT(t_) /* integral of (t - 1200) (1 + 0.8 cos w (t - 3000)) */ \
    (0.5 * ((t_)-1200.0) * ((t_)-1200.0) +                                 \
     0.8 * (((t_)-1200.0) * sin(w * ((t_)-3000.0)) / w + cos(w * ((t_)-3000.0)) / (w * w)))
    sum += wave_integral(rise) - wave_integral(1200.0) + slope * (MOMENT(rise) - MOMENT(1200.0));
    return sum + 4.0 * (wave_integral(fmax(t, 3600.0)) - wave_integral(3600.0));
}

/* ---- the arrivals ---- */

static struct sim *empty_sim(uint64_t seed)
{
    struct sim *sim = sim_create(seed, UINT64_MAX, PENDING_LADDER);

    ck_assert_ptr_nonnull(sim);
    return sim;
}

static struct varying_arrivals arrivals_of(struct sim *sim, int law, double rate,
                                           const struct param_list *load, const struct param_list *bursts)
{
    struct group group = { .name = "users", .sim = sim };
    struct distribution_config gap = gap_config(law, 0.0, 1.0);
    struct varying_arrivals arrivals;

    varying_arrivals_init(&arrivals, &group, &gap, rate, load, bursts);
    return arrivals;
}

static int64_t next_ns(struct varying_arrivals *arrivals)
{
    int64_t date_ns;

    do
        date_ns = varying_arrivals_next_ns(arrivals);
    while (!arrivals->is_arrival && date_ns < ARRIVALS_LATEST_NS);
    return date_ns;
}

static const struct param_list nothing = { 0, NULL };

/* With gaps that are always 1, request k comes when the integral of the rate is k: dates are whole
 * nanoseconds, rounded down, during which at most 60 x 1e-9 of a request passes; the rest is what the
 * formulas here lose. */
static void assert_integral(const struct load_config *items, size_t count, double (*integral)(double))
{
    static const double rate = 3.0;
    struct param_list load = { count, items };
    struct sim *sim = empty_sim(1);
    struct varying_arrivals arrivals = arrivals_of(sim, DISTRIBUTION_CONSTANT, rate, &load, &nothing);
    int64_t end_ns = 3 * HOUR, date_ns, last_ns = 0;
    uint64_t k = 0;

    while ((date_ns = next_ns(&arrivals)) < end_ns) {
        ck_assert_double_eq_tol(rate * integral((double)date_ns * 1e-9), (double)++k, 2e-7);
        ck_assert_int_ge(date_ns, last_ns);
        last_ns = date_ns;
    }
    ck_assert_double_ge(rate * integral(10800.0), (double)k - 2e-7);
    ck_assert_double_le(rate * integral(10800.0), (double)(k + 1) + 2e-7);
    sim_destroy(sim);
}

START_TEST(test_load_dates_are_where_the_integral_of_the_rate_says)
{
    struct load_config product[] = { ramp, wave };

    assert_integral(&wave, 1, wave_integral);
    assert_integral(&step, 1, step_integral);
    assert_integral(&ramp, 1, ramp_integral);
    assert_integral(&sudden, 1, sudden_integral);
    assert_integral(&crowd, 1, crowd_integral);
    assert_integral(&table, 1, table_integral);
    assert_integral(product, 2, product_integral);
}
END_TEST

START_TEST(test_load_constant_multiplies_and_order_does_not_matter)
{
    struct load_config two[] = { crowd, table }, turned[] = { table, crowd };
    struct load_config half = { .shape = LOAD_CONSTANT, .constant = 0.5 }, scaled[] = { crowd, half, table };
    struct param_list lists[] = { { 2, two }, { 2, turned }, { 3, scaled } };
    struct sim *sim = empty_sim(1);
    struct varying_arrivals a = arrivals_of(sim, DISTRIBUTION_EXPONENTIAL, 5.0, &lists[0], &nothing);
    struct varying_arrivals b = arrivals_of(sim, DISTRIBUTION_EXPONENTIAL, 5.0, &lists[1], &nothing);
    struct varying_arrivals c = arrivals_of(sim, DISTRIBUTION_EXPONENTIAL, 10.0, &lists[2], &nothing);

    for (int i = 0; i < 10000; i++) {
        int64_t date_ns = next_ns(&a);

        ck_assert_int_le(llabs(date_ns - next_ns(&b)), 1);
        ck_assert_int_le(llabs(date_ns - next_ns(&c)), 1);
    }
    sim_destroy(sim);
}
END_TEST

/* Poisson: in windows of equal expectation the counts have variance = mean, whatever the rate did
 * meanwhile. With n windows the ratio has a standard error of sqrt(2 / n). */
START_TEST(test_load_poisson_counts_have_mean_and_variance_of_the_integral)
{
    struct load_config items[] = { wave, crowd };
    struct param_list load = { 2, items };
    struct sim *sim = empty_sim(1);
    enum { RUNS = 4000 };
    double sum = 0.0, squares = 0.0, expected = 0.0, ratio;
    int64_t from = 9 * MINUTE, to = 25 * MINUTE;

    for (int64_t t = from; t < to; t += SECOND / 4) /* midpoints: error below 1e-6 of it */
        expected += 0.25 * load_at(&load, t + SECOND / 8);
    expected *= 0.01;
    for (uint64_t run = 0; run < RUNS; run++) {
        struct varying_arrivals arrivals;
        int64_t date_ns;
        int count = 0;

        sim->seed = run;
        arrivals = arrivals_of(sim, DISTRIBUTION_EXPONENTIAL, 0.01, &load, &nothing);
        while ((date_ns = next_ns(&arrivals)) < to)
            count += date_ns >= from;
        sum += count;
        squares += (double)count * count;
    }
    ck_assert_double_eq_tol(sum / RUNS, expected, 4.0 * sqrt(expected / RUNS));
    ratio = (squares - sum * sum / RUNS) / (RUNS - 1) / expected;
    ck_assert_double_eq_tol(ratio, 1.0, 4.0 * sqrt((2.0 + 1.0 / expected) / RUNS));
    sim_destroy(sim);
}
END_TEST

START_TEST(test_load_of_nobody_ends_the_arrivals)
{
    struct load_config never = { .shape = LOAD_STEP, .step = 0.0, .at = 10 * SECOND, .until = INT64_MAX };
    struct param_list load = { 1, &never };
    struct sim *sim = empty_sim(1);
    struct varying_arrivals arrivals = arrivals_of(sim, DISTRIBUTION_CONSTANT, 1.0, &load, &nothing);
    int64_t date_ns = 0, last_ns;

    for (int i = 1; i < 10; i++)
        ck_assert_int_le(llabs(next_ns(&arrivals) - i * SECOND), 1);
    for (int i = 0; i < 100;
         i++) { /* each goes a good way: the run is not kept busy, and can be interrupted */
        last_ns = date_ns;
        date_ns = varying_arrivals_next_ns(&arrivals);
        ck_assert(!arrivals.is_arrival || date_ns <= 10 * SECOND);
        ck_assert_int_ge(date_ns, last_ns);
    }
    ck_assert_int_ge(date_ns, 90000 * HOUR);
    sim_destroy(sim);
}
END_TEST

/* ---- bursts ---- */

#define GROUPS 10
#define WINDOWS 4000

struct counts {
    double mean[GROUPS], dispersion[GROUPS]; /* variance over mean */
};

/* Of counts in windows of that length, from GROUPS runs. */
static struct counts count(const struct param_list *bursts, double rate, int64_t window_ns)
{
    struct counts counts;

    for (uint64_t run = 0; run < GROUPS; run++) {
        struct sim *sim = empty_sim(run);
        struct varying_arrivals arrivals = arrivals_of(sim, DISTRIBUTION_EXPONENTIAL, rate, &nothing, bursts);
        int64_t date_ns = next_ns(&arrivals);
        double sum = 0.0, squares = 0.0;

        for (int64_t end_ns = window_ns; end_ns <= WINDOWS * window_ns; end_ns += window_ns) {
            double here = 0.0;

            for (; date_ns < end_ns; date_ns = next_ns(&arrivals))
                here++;
            sum += here;
            squares += here * here;
        }
        counts.mean[run] = sum / WINDOWS;
        counts.dispersion[run] = (squares / WINDOWS - sum * sum / WINDOWS / WINDOWS) / (sum / WINDOWS);
        sim_destroy(sim);
    }
    return counts;
}

/* Two states, left at rates a and b, with arrival rates l and m: the index of dispersion of counts in a
 * window t is 1 + 2 a b (l - m)^2 / ((a + b)^2 (l b + m a)) (1 - (1 - exp(-(a + b) t)) / ((a + b) t))
 * (Heffes, Lucantoni, "A Markov modulated characterization of packetized voice", 1986). */
START_TEST(test_load_bursts_have_the_dispersion_of_their_process)
{
    static const struct burst_config states[] = { { 1.0, 9 * SECOND, 1.0 }, { 11.0, SECOND, 1.0 } };
    static const double windows_s[] = { 0.1, 1.0, 20.0 };
    struct param_list bursts = { 2, states };

    for (size_t i = 0; i < sizeof windows_s / sizeof *windows_s; i++) {
        double a = 1.0 / 9.0, b = 1.0, l = 10.0 * 1.0 / 2.0, m = 10.0 * 11.0 / 2.0, t = windows_s[i];
        double exact = 1.0 + 2.0 * a * b * (l - m) * (l - m) / ((a + b) * (a + b) * (l * b + m * a)) *
                                 (1.0 - -expm1(-(a + b) * t) / ((a + b) * t));
        struct counts found = count(&bursts, 10.0, (int64_t)(t * 1e9));

        assert_estimates(found.dispersion, GROUPS, exact, 0.04);
        assert_estimates(found.mean, GROUPS, 10.0 * t, 0.04);
    }
}
END_TEST

/* Three states: the jump chain prefers heavy ones; time in each and mean rate follow. */
START_TEST(test_load_bursts_keep_the_mean_whatever_the_states)
{
    static const struct burst_config states[] = {
        { 0.0, SECOND, 1.0 }, { 2.0, 2 * SECOND, 3.0 }, { 9.0, SECOND / 2, 2.0 }
    };
    struct param_list bursts = { 3, states };
    double factors[3], shares[3], sum;

    bursts_of(&bursts, factors, shares);
    /* entered in proportion to 1 (6 - 1), 3 (6 - 3), 2 (6 - 2), each for its time: 5, 18, 4 of 27 */
    ck_assert_double_eq_tol(shares[0], 5.0 / 27, 1e-15);
    ck_assert_double_eq_tol(shares[1], 18.0 / 27, 1e-15);
    ck_assert_double_eq_tol(shares[2], 4.0 / 27, 1e-15);
    sum = (2.0 * 18 + 9.0 * 4) / 27;
    ck_assert_double_eq_tol(factors[1], 2.0 / sum, 1e-15);
    ck_assert_double_eq_tol(factors[2], 9.0 / sum, 1e-15);
    assert_estimates(count(&bursts, 20.0, SECOND).mean, GROUPS, 20.0, 0.01);
}
END_TEST

/* ---- through the component ---- */

static uint64_t started(struct clients_config config, int64_t seconds)
{
    struct queue_config web = queue_of(MANY, constant(0.0));
    struct sim *sim = empty_sim(1);
    struct group *users = sim_add_group(sim, &clients_model.component, "users", 1, &config, &sim->sites[0]);
    uint64_t count;

    sim_add_group(sim, &queue_type, "web", 1, &web, &sim->sites[0]);
    wire(sim);
    run_to(sim, seconds * SECOND);
    count = users->instances[0]->started;
    sim_destroy(sim);
    return count;
}

/* 864,000 users with 20 requests each are 200/s; twice that at the peak. */
START_TEST(test_load_of_daily_users_is_a_rate)
{
    static const struct daily_config flat = { 864000, 20.0, 1.0 }, peak = { 864000, 20.0, 2.0 };
    static const struct load_config half_an_hour = { .shape = LOAD_STEP, .step = 3.0, .at = 50 * SECOND,
                                                     .until = INT64_MAX };
    struct clients_config config = open_clients(0.0, "web");

    config.gap_law = DISTRIBUTION_CONSTANT;
    config.daily = &flat;
    ck_assert_uint_eq(started(config, 100), 20000);
    config.daily = &peak;
    ck_assert_uint_eq(started(config, 100), 40000);
    config.load = (struct param_list){ 1, &half_an_hour };
    ck_assert_int_le(llabs((int64_t)started(config, 100) - 80000), 1);
}
END_TEST

/* ---- recorded ---- */

struct seen {
    int count;
    int64_t date_ns[8];
    uint64_t user[8], key[8];
    uint32_t bytes[8];
    uint16_t class[8];
};

static void saw_record(void *argument, struct component *self, const struct request *request)
{
    struct seen *seen = argument;
    int i = seen->count++;

    ck_assert_int_lt(i, 8);
    seen->date_ns[i] = self->sim->now_ns;
    seen->user[i] = request->user;
    seen->key[i] = request->key;
    seen->bytes[i] = request->bytes;
    seen->class[i] = request->request_class;
}

START_TEST(test_load_recorded_arrivals_come_when_they_came)
{
    static const struct arrival_class names[] = { { "edit", 2 }, { "view", 3 } };
    static const struct arrival_record records[] = {
        { .time_ns = 0, .user = 7, .key = 42, .size = 900, .class = 0 },
        { .time_ns = 1500000001, .user = ARRIVAL_DRAWN, .key = ARRIVAL_DRAWN, .class = 1 },
        { .time_ns = 1500000001, .user = 7, .key = 999, .class = 1 },
        { .time_ns = 5 * SECOND, .user = 8, .key = ARRIVAL_DRAWN, .class = ARRIVAL_CLASS_DRAWN },
    };
    static const struct arrival_trace trace = { "day.csv", 4, records, 2, names };
    static const struct request_class_config classes[] = {
        { .name = "view", .share = 1.0, .key = "profiles", .popularity = POPULARITY_AS_DATA,
          .exponent = POPULARITY_AS_DATA, .request_size = 500 },
        { .name = "edit", .share = 0.0, .key = "profiles", .popularity = POPULARITY_AS_DATA,
          .exponent = POPULARITY_AS_DATA, .request_size = 600 },
    };
    struct data_set_config data = { .name = "profiles", .rows = 1000, .row_size = 1000,
                                    .popularity = POPULARITY_UNIFORM };
    struct environment environment = { .data_sets = &data, .data_set_count = 1 };
    struct clients_config config = open_clients(0.0, "web");
    struct queue_config web = queue_of(MANY, constant(0.1));
    struct param_problems problems = { 0 };
    struct seen seen = { 0 };
    struct sim *sim = empty_sim(1);
    struct group *users;

    web.saw = saw_record;
    web.argument = &seen;
    config.trace = &trace;
    config.population = 5;
    config.requests = (struct param_list){ 2, classes };
    sim->environment = &environment;
    users = sim_add_group(sim, &clients_model.component, "users", 1, &config, &sim->sites[0]);
    sim_add_group(sim, &queue_type, "web", 1, &web, &sim->sites[0]);
    wire(sim);
    clients_model.check(&config, &problems);
    clients_model.check_wired(users, &problems);
    ck_assert_int_eq(problems.count, 0);
    run_to(sim, 100 * SECOND);
    ck_assert_int_eq(seen.count, 4);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(seen.date_ns[i], records[i].time_ns);
    ck_assert_uint_eq(seen.user[0], 7);
    ck_assert_uint_eq(seen.key[0], 42);
    ck_assert_uint_eq(seen.bytes[0], 900);
    ck_assert_str_eq(sim->classes[seen.class[0]]->name, "edit");
    ck_assert_uint_lt(seen.user[1], 5);
    ck_assert_uint_lt(seen.key[1], 1000);
    ck_assert_uint_eq(seen.bytes[1], 500);
    ck_assert_uint_eq(seen.key[2], 999);
    ck_assert_str_eq(sim->classes[seen.class[3]]->name, "view");
    ck_assert_uint_eq(seen.user[3], 8);
    sim_destroy(sim);
}
END_TEST

TEST_MAIN("load", test_load_recorded_arrivals_come_when_they_came,
          test_load_dates_are_where_the_integral_of_the_rate_says,
          test_load_constant_multiplies_and_order_does_not_matter,
          test_load_poisson_counts_have_mean_and_variance_of_the_integral,
          test_load_of_nobody_ends_the_arrivals, test_load_bursts_have_the_dispersion_of_their_process,
          test_load_bursts_keep_the_mean_whatever_the_states, test_load_of_daily_users_is_a_rate)
