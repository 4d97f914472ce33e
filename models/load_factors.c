/* load_factors.c - the factors of a load as functions of time, and their parameters; see load.h. */
#include <math.h>
#include <stdio.h>

#include "models/load.h"
#include "sim/time.h"

#define FACTOR_MAX 1e6
#define LONGEST_NS 1e18     /* 31 years: sums of a few of them stay dates */
#define FALL_LONGEST_NS 1e17
#define FALLS 40            /* then it is over: exp(-40) is nothing */
#define FALL_PANELS 8       /* panels a fall, */
#define WAVE_PANELS 64      /* a period: the polynomial is right to 1e-12 */
#define BIT(shape) (UINT64_C(1) << (shape))

/* clang-format off */
static const struct param_row point_rows[] = {
    PARAM_REAL(struct load_point, factor, .max = FACTOR_MAX, .help = "Load at this point, as a factor."),
    PARAM_END
};

static const struct param_table point_params = { .rows = point_rows, .size = sizeof(struct load_point),
                                                 .help = "one point of a table" };

static const struct param_row rows[] = {
    PARAM_REAL(struct load_config, constant, .verb = LOAD_CONSTANT, .max = FACTOR_MAX,
               .help = "The same factor at all times."),
    PARAM_REAL(struct load_config, step, .verb = LOAD_STEP, .max = FACTOR_MAX,
               .help = "This factor from `at` on until `until`, 1 before and after."),
    PARAM_REAL(struct load_config, ramp, .verb = LOAD_RAMP, .max = FACTOR_MAX,
               .help = "From 1 evenly to this factor, which then stays."),
    PARAM_REAL(struct load_config, wave, .verb = LOAD_WAVE, .min = 1, .max = 2,
               .help = "A sine with mean 1: the peak is this many times the mean. For peaks above 2 use a table."),
    PARAM_REAL(struct load_config, flash_crowd, .verb = LOAD_FLASH_CROWD, .max = FACTOR_MAX,
               .help = "Everybody comes at once: the factor goes from 1 evenly to this one, holds, and falls "
                       "back exponentially."),
    PARAM_LIST(struct load_config, table, .verb = LOAD_TABLE, .min = 2, .max = 100000, .table = &point_params,
               .help = "Factors at even distances, straight lines between them, repeated for ever: 24 of them make "
                       "a day by hours."),

    PARAM_DURATION(struct load_config, at, .default_text = "\"0s\"", .max = LONGEST_NS,
                   .verbs = BIT(LOAD_STEP) | BIT(LOAD_RAMP) | BIT(LOAD_FLASH_CROWD) | BIT(LOAD_TABLE),
                   .help = "When it begins, counted like all dates from the start of the run, warm-up included."),
    PARAM_DURATION(struct load_config, until, .default_text = "\"never\"", .word = "never",
                   .word_value = PARAM_WORD_MAX, .max = LONGEST_NS, .verbs = BIT(LOAD_STEP),
                   .help = "When the step ends."),
    PARAM_DURATION(struct load_config, over, .default_text = "\"10min\"", .max = LONGEST_NS,
                   .verbs = BIT(LOAD_RAMP), .help = "How long the ramp takes."),
    PARAM_DURATION(struct load_config, period, .default_text = "\"24h\"", .min = 1e6, .max = LONGEST_NS,
                   .verbs = BIT(LOAD_WAVE), .help = "From one peak to the next."),
    PARAM_DURATION(struct load_config, peak_at, .default_text = "\"12h\"", .max = LONGEST_NS,
                   .verbs = BIT(LOAD_WAVE), .help = "Date of one of the peaks."),
    PARAM_DURATION(struct load_config, rise, .default_text = "\"1min\"", .max = LONGEST_NS,
                   .verbs = BIT(LOAD_FLASH_CROWD), .help = "From the first of the crowd to its full number."),
    PARAM_DURATION(struct load_config, hold, .default_text = "\"0s\"", .max = LONGEST_NS,
                   .verbs = BIT(LOAD_FLASH_CROWD), .help = "How long the full number lasts."),
    PARAM_DURATION(struct load_config, fall, .default_text = "\"10min\"", .min = 1e6, .max = FALL_LONGEST_NS,
                   .verbs = BIT(LOAD_FLASH_CROWD),
                   .help = "Until 1/e, or 37 %, of the additional load is left."),
    PARAM_DURATION(struct load_config, every, .default_text = "\"1h\"", .min = 1e6, .max = LONGEST_NS / 1e5,
                   .verbs = BIT(LOAD_TABLE), .help = "Distance of the points of a table."),
    PARAM_END
};
/* clang-format on */

const struct param_table load_params = { .rows = rows,
                                         .size = sizeof(struct load_config),
                                         .has_verbs = true,
                                         .verb_offset = PARAM_OFFSET(struct load_config, shape, int),
                                         .help = "a factor of the load" };

/* ---- at a date: the value, and up to when it is smooth and nearly a low polynomial ---- */

struct stretch {
    double factor;
    int64_t end_ns;
};

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static struct stretch step_at(const struct load_config *config, int64_t t)
{
    if (t < config->at)
        return (struct stretch){ 1.0, config->at };
    if (t < config->until)
        return (struct stretch){ config->step, config->until };
    return (struct stretch){ 1.0, SIM_TIME_NEVER };
}

static struct stretch ramp_at(const struct load_config *config, int64_t t)
{
    int64_t top = config->at + config->over;

    if (t < config->at)
        return (struct stretch){ 1.0, config->at };
    if (t >= top)
        return (struct stretch){ config->ramp, SIM_TIME_NEVER };
    return (struct stretch){ 1.0 + (config->ramp - 1.0) * (double)(t - config->at) / (double)config->over,
                             top };
}

static struct stretch wave_at(const struct load_config *config, int64_t t)
{
    int64_t phase = (t - config->peak_at) % config->period;
    double height = config->wave - 1.0;

    return (struct stretch){ 1.0 + height * cos(2.0 * M_PI * (double)phase / (double)config->period),
                             t + config->period / WAVE_PANELS };
}

static struct stretch flash_crowd_at(const struct load_config *config, int64_t t)
{
    int64_t full = config->at + config->rise, fall = full + config->hold, over = fall + FALLS * config->fall;
    double height = config->flash_crowd - 1.0;

    if (t < config->at)
        return (struct stretch){ 1.0, config->at };
    if (t < full)
        return (struct stretch){ 1.0 + height * (double)(t - config->at) / (double)config->rise, full };
    if (t < fall)
        return (struct stretch){ config->flash_crowd, fall };
    if (t < over)
        return (struct stretch){ 1.0 + height * exp(-(double)(t - fall) / (double)config->fall),
                                 earlier(over, t + config->fall / FALL_PANELS) };
    return (struct stretch){ 1.0, SIM_TIME_NEVER };
}

static struct stretch table_at(const struct load_config *config, int64_t t)
{
    const struct load_point *points = config->table.items;
    int64_t count = (int64_t)config->table.count, every = config->every, period = count * every;
    int64_t phase = ((t - config->at) % period + period) % period, i = phase / every;
    double before = points[i].factor, after = points[(i + 1) % count].factor;

    return (struct stretch){ before + (after - before) * (double)(phase - i * every) / (double)every,
                             t + (i + 1) * every - phase };
}

static struct stretch factor_at(const struct load_config *config, int64_t t)
{
    switch (config->shape) {
    case LOAD_STEP:
        return step_at(config, t);
    case LOAD_RAMP:
        return ramp_at(config, t);
    case LOAD_WAVE:
        return wave_at(config, t);
    case LOAD_FLASH_CROWD:
        return flash_crowd_at(config, t);
    case LOAD_TABLE:
        return table_at(config, t);
    default:
        return (struct stretch){ config->constant, SIM_TIME_NEVER };
    }
}

double load_at(const struct param_list *list, int64_t date_ns)
{
    const struct load_config *items = list->items;
    double product = 1.0;

    for (size_t i = 0; i < list->count; i++)
        product *= factor_at(&items[i], date_ns).factor;
    return product;
}

int64_t load_smooth_until(const struct param_list *list, int64_t date_ns)
{
    const struct load_config *items = list->items;
    int64_t end_ns = SIM_TIME_NEVER;

    for (size_t i = 0; i < list->count; i++)
        end_ns = earlier(end_ns, factor_at(&items[i], date_ns).end_ns);
    return end_ns;
}

/* ---- what can be wrong ---- */

static bool is_zero_for_ever(const struct load_config *config)
{
    const struct load_point *points = config->table.items;

    if (config->shape == LOAD_TABLE)
        for (size_t i = 0; i < config->table.count; i++)
            if (points[i].factor > 0.0)
                return false;
    return config->shape == LOAD_TABLE || (config->shape == LOAD_CONSTANT && config->constant == 0.0);
}

void load_check(const struct param_list *list, struct param_problems *problems)
{
    const struct load_config *items = list->items;

    for (size_t i = 0; i < list->count; i++) {
        char path[64];

        snprintf(path, sizeof path, "load[%zu]", i);
        if (items[i].shape == LOAD_STEP && items[i].until <= items[i].at)
            param_problem(problems, path, NULL, "the step ends before it begins");
        if (is_zero_for_ever(&items[i]))
            param_problem(problems, path, NULL, "nobody would ever come: the factor is 0 at all times");
    }
}
