#include "app/series_output.h"

#include <stdlib.h>
#include <string.h>

#include "app/busy_time.h"
#include "app/number.h"
#include "sim/fault.h"
#include "sim/members.h"
#include "sim/station.h"

#define COLUMNS_START 64

/* What a value is the ratio of, since measuring began. 128 bits: the differences between two dates are
 * exact. */
struct reading {
    __int128 sum;
    __int128 weight;
};

struct series_column {
    char *component;
    char *metric;
    const char *unit;
    double scale;            /* sum / weight in this unit */
    struct reading previous; /* at the start of the interval */
};

struct series_cell {
    double sum, weight;
};

/* ---- life ---- */

int64_t series_interval_count(int64_t interval_ns, int64_t measure_ns)
{
    return measure_ns / interval_ns + (measure_ns % interval_ns != 0);
}

void series_output_init(struct series_output *series, int64_t interval_ns, int64_t measure_ns)
{
    if (!interval_ns) {
        interval_ns = measure_ns / SERIES_INTERVALS + (measure_ns % SERIES_INTERVALS != 0);
        if (interval_ns < SERIES_INTERVAL_MIN_NS)
            interval_ns = SERIES_INTERVAL_MIN_NS;
    }
    *series = (struct series_output){ .interval_ns = interval_ns,
                                      .measure_ns = measure_ns,
                                      .interval_count = series_interval_count(interval_ns, measure_ns) };
}

void series_output_deinit(struct series_output *series)
{
    for (size_t i = 0; i < series->column_count; i++) {
        free(series->columns[i].component);
        free(series->columns[i].metric);
    }
    free(series->columns);
    free(series->cells);
    free(series->sample);
    *series = (struct series_output){ 0 };
}

/* ---- columns ---- */

static bool make_column_room(struct series_output *series)
{
    size_t larger = series->column_room ? 2 * series->column_room : COLUMNS_START;
    struct series_column *moved;

    if (series->column_count < series->column_room)
        return true;
    moved = realloc(series->columns, larger * sizeof *moved);
    if (!moved)
        return false;
    series->columns = moved;
    series->column_room = larger;
    return true;
}

static struct series_column *add_column(struct series_output *series, const char *component,
                                        const char *metric, const char *suffix, const char *unit,
                                        double scale)
{
    struct series_column *column;
    size_t size = strlen(metric) + strlen(suffix) + 1;

    if (series->status != SERIES_OK || !make_column_room(series)) {
        series->status = SERIES_OUT_OF_MEMORY;
        return NULL;
    }
    column = &series->columns[series->column_count++];
    *column = (struct series_column){
        .component = strdup(component), .metric = malloc(size), .unit = unit, .scale = scale
    };
    if (!column->component || !column->metric) {
        series->status = SERIES_OUT_OF_MEMORY;
        return NULL;
    }
    snprintf(column->metric, size, "%s%s", metric, suffix);
    return column;
}

/* The columns come in the same order at every date; the first time they are made. */
static struct series_column *next_column(struct series_output *series, const char *component,
                                         const char *metric, const char *suffix, const char *unit,
                                         double scale)
{
    size_t at = series->cursor++;

    return at < series->column_count ? &series->columns[at]
                                     : add_column(series, component, metric, suffix, unit, scale);
}

static struct series_cell *cell_of(const struct series_output *series, const struct series_column *column)
{
    size_t row = (size_t)series->sampled * series->column_count;

    return &series->sample[row + (size_t)(column - series->columns)];
}

/* Puts what was added since the last date into the interval; returns the ratio. */
static double put(struct series_output *series, struct series_column *column, struct reading now)
{
    struct series_cell added = { 0, 0 };

    if (!column)
        return 0;
    if (!series->is_baseline) {
        added.sum = (double)(now.sum - column->previous.sum);
        added.weight = (double)(now.weight - column->previous.weight);
        *cell_of(series, column) = added;
    }
    column->previous = now;
    return added.weight > 0 ? added.sum / added.weight : 0;
}

/* ---- what is read ---- */

/* A component as a whole, or the system. */
struct subject {
    struct series_output *series;
    const struct sim *sim;
    const struct group *group; /* NULL: the system */
    const char *name;
};

static int64_t measured_ns(const struct sim *sim)
{
    return sim->now_ns - sim->window_start_ns;
}

struct tally {
    uint64_t ok, failed;
    struct reading latency;
    __int128 inside; /* requests times time */
};

static void add_outcomes(struct tally *tally, const uint64_t *finished)
{
    tally->ok += finished[OUTCOME_OK];
    for (int i = OUTCOME_OK + 1; i < OUTCOME_COUNT; i++)
        tally->failed += finished[i];
}

static void add_latency(struct tally *tally, const struct histogram *ok)
{
    tally->latency.sum += ok->sum;
    tally->latency.weight += histogram_count(ok);
}

static void tally_group(struct tally *tally, const struct group *group)
{
    const struct sim *sim = group->sim;

    for (uint32_t i = 0; i < group->count; i++) {
        const struct component *instance = group->instances[i];

        tally->inside += component_in_flight_area(instance);
        if (!group->type->is_source)
            add_outcomes(tally, instance->finished);
    }
    for (uint16_t i = 0; i < group->class_count; i++) {
        add_outcomes(tally, sim->classes[group->class_first + i]->finished);
        add_latency(tally, &sim->classes[group->class_first + i]->latency_ok);
    }
    if (!group->type->is_source)
        add_latency(tally, &group->latency_ok);
}

static void put_requests(const struct subject *subject, const struct tally *tally)
{
    struct series_output *series = subject->series;
    int64_t time_ns = measured_ns(subject->sim);
    const char *name = subject->name;

    put(series, next_column(series, name, "throughput", "", "1/s", (double)SIM_NS_PER_S),
        (struct reading){ tally->ok, time_ns });
    put(series, next_column(series, name, "requests.failed", "", "1/s", (double)SIM_NS_PER_S),
        (struct reading){ tally->failed, time_ns });
    put(series, next_column(series, name, "latency.mean", "", "s", 1.0 / (double)SIM_NS_PER_S),
        tally->latency);
    put(series, next_column(series, name, "in_flight.mean", "", "1", 1),
        (struct reading){ tally->inside, time_ns });
}

/* Time at work of one resource over all instances, and time that it could have been. */
static struct reading read_resource(const struct subject *subject, uint8_t index)
{
    struct busy_time time = busy_time_of(subject->group->instances, subject->group->count, index);

    return (struct reading){ time.busy, time.could };
}

static void put_utilisations(const struct subject *subject)
{
    const struct component *first = subject->group->instances[0];
    struct series_output *series = subject->series;
    struct series_column *column;
    double greatest = 0;

    for (uint8_t i = 0; i < first->resource_count; i++) {
        const struct resource *resource = &first->resources[i];
        double utilisation;

        if (resource->kind == RESOURCE_AMOUNT) {
            put(series, next_column(series, subject->name, resource->name, ".used.mean", "B", 1),
                (struct reading){ amount_area(resource->of.amount, subject->sim->now_ns),
                                  measured_ns(subject->sim) });
            continue;
        }
        utilisation = put(series, next_column(series, subject->name, resource->name, ".utilisation", "1", 1),
                          read_resource(subject, i));
        if (utilisation > greatest)
            greatest = utilisation;
    }
    column = first->resource_count ? next_column(series, subject->name, "utilisation", "", "1", 1) : NULL;
    if (column && !series->is_baseline)
        *cell_of(series, column) = (struct series_cell){ greatest, 1 };
}

static void put_queue(const struct subject *subject)
{
    __int128 area = 0;
    bool any = false;

    for (uint32_t i = 0; i < subject->group->count; i++)
        for (uint8_t k = 0; k < subject->group->instances[i]->resource_count; k++) {
            const struct resource *resource = &subject->group->instances[i]->resources[k];

            if (resource->kind != RESOURCE_STATION)
                continue;
            any = true;
            if (!resource->shared) /* else its line is the host's */
                area += gauge_area(&resource->of.station->waiting, subject->sim->now_ns);
        }
    if (any)
        put(subject->series, next_column(subject->series, subject->name, "queue.mean", "", "1", 1),
            (struct reading){ area, measured_ns(subject->sim) });
}

/* How many instances are down. */
static void put_down(const struct subject *subject)
{
    __int128 area = 0;

    if (!group_may_crash(subject->group))
        return;
    for (uint32_t i = 0; i < subject->group->count; i++)
        if (subject->group->instances[i]->outage)
            area += gauge_area(&subject->group->instances[i]->outage->down, subject->sim->now_ns);
    put(subject->series, next_column(subject->series, subject->name, "down.mean", "", "1", 1),
        (struct reading){ area, measured_ns(subject->sim) });
}

/* How many instances are in service, and paid. */
static void put_members(const struct subject *subject)
{
    const struct members *members = subject->group->members;
    int64_t now_ns = subject->sim->now_ns, time_ns = measured_ns(subject->sim);

    if (!members)
        return;
    put(subject->series, next_column(subject->series, subject->name, "instances.mean", "", "1", 1),
        (struct reading){ gauge_area(&members->serving, now_ns), time_ns });
    put(subject->series, next_column(subject->series, subject->name, "instances.billed.mean", "", "1", 1),
        (struct reading){ gauge_area(&members->billed, now_ns), time_ns });
}

static bool is_level(const struct metric_row *row)
{
    return row->kind == METRIC_LEVEL || row->kind == METRIC_STOCK;
}

static struct reading read_own(const struct subject *subject, const struct metric_row *row)
{
    struct reading reading = { 0, is_level(row) ? measured_ns(subject->sim) : 0 };

    for (uint32_t i = 0; i < subject->group->count; i++) {
        const char *state = component_state(subject->group->instances[i]);

        if (is_level(row)) {
            reading.sum +=
                amount_area((const struct amount *)(const void *)(state + row->offset), subject->sim->now_ns);
        } else {
            uint64_t hits = *(const uint64_t *)(const void *)(state + row->offset);

            reading.sum += hits;
            reading.weight += (__int128)hits + *(const uint64_t *)(const void *)(state + row->offset_other);
        }
    }
    return reading;
}

static void put_own(const struct subject *subject)
{
    for (const struct metric_row *row = subject->group->type->metrics; row && row->name; row++)
        if (group_emits(subject->group, row) && (row->kind == METRIC_RATIO || is_level(row)))
            put(subject->series,
                next_column(subject->series, subject->name, row->name,
                            is_level(row) ? ".mean" : "", row->unit,
                            strcmp(row->unit, "s") ? 1 : 1.0 / (double)SIM_NS_PER_S), /* of levels in ns */
                read_own(subject, row));
}

static void read_everything(struct series_output *series, const struct sim *sim)
{
    struct subject subject = { .series = series, .sim = sim, .name = "total" };
    struct tally total = { 0 };

    series->cursor = 0;
    for (uint16_t i = 0; i < sim->group_count; i++)
        if (sim->groups[i]->type->is_source)
            tally_group(&total, sim->groups[i]);
    put_requests(&subject, &total);
    for (uint16_t i = 0; i < sim->group_count; i++) {
        struct tally tally = { 0 };

        subject.group = sim->groups[i];
        subject.name = subject.group->name;
        tally_group(&tally, subject.group);
        if (subject.group->type->is_source) /* its users may be in several regions */
            for (uint16_t k = 0; k < sim->group_count; k++)
                if (sim->groups[k]->parent == subject.group)
                    tally_group(&tally, sim->groups[k]);
        put_requests(&subject, &tally);
        if (!subject.group->type->is_source) {
            put_utilisations(&subject);
            put_queue(&subject);
            put_down(&subject);
            put_members(&subject);
        }
        put_own(&subject);
    }
}

/* ---- replications ---- */

static enum series_status make_cells(struct series_output *series)
{
    size_t count;

    if (__builtin_mul_overflow((size_t)series->interval_count, series->column_count, &count) ||
        count > SERIES_VALUES_MAX)
        return SERIES_TOO_LARGE;
    series->cells = calloc(count, sizeof *series->cells);
    series->sample = calloc(count, sizeof *series->sample);
    return series->cells && series->sample ? SERIES_OK : SERIES_OUT_OF_MEMORY;
}

enum series_status series_output_start(struct series_output *series, const struct sim *sim)
{
    series->sampled = 0;
    series->is_baseline = true;
    read_everything(series, sim);
    series->is_baseline = false;
    if (series->status == SERIES_OK && !series->cells)
        series->status = make_cells(series);
    return series->status;
}

int64_t series_output_next_ns(const struct series_output *series)
{
    if (series->sampled >= series->interval_count)
        return INT64_MAX;
    return series->sampled + 1 == series->interval_count ? series->measure_ns
                                                         : (series->sampled + 1) * series->interval_ns;
}

void series_output_sample(struct series_output *series, const struct sim *sim)
{
    read_everything(series, sim);
    series->sampled++;
}

void series_output_add(struct series_output *series)
{
    for (size_t i = 0; i < (size_t)series->sampled * series->column_count; i++) {
        series->cells[i].sum += series->sample[i].sum;
        series->cells[i].weight += series->sample[i].weight;
    }
    if (series->sampled > series->filled)
        series->filled = series->sampled;
}

/* ---- writing ---- */

void series_output_write_header(FILE *file)
{
    fputs(SERIES_HEADER "\n", file);
}

void series_output_write(FILE *file, const char *variant, const struct series_output *series)
{
    const struct series_cell *cell = series->cells;

    for (int64_t interval = 1; interval <= series->filled; interval++) {
        int64_t end_ns =
            interval == series->interval_count ? series->measure_ns : interval * series->interval_ns;

        for (size_t i = 0; i < series->column_count; i++, cell++) {
            const struct series_column *column = &series->columns[i];

            fprintf(file, "%s,", variant);
            number_write_seconds(file, end_ns);
            fprintf(file, ",%s,%s,%s,", column->component, column->metric, column->unit);
            if (cell->weight > 0)
                number_write(file, cell->sum / cell->weight * column->scale);
            fputc('\n', file);
        }
    }
}
