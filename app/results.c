#include "app/results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/time.h"

static const struct {
    const char *name;
    double fraction;
} quantiles[] = {
    { ".p50", 0.50 }, { ".p90", 0.90 }, { ".p95", 0.95 }, { ".p99", 0.99 }, { ".p99.9", 0.999 }
};

#define QUANTILE_COUNT (sizeof quantiles / sizeof *quantiles)

void results_init(struct results *results, int replications)
{
    *results = (struct results){ .replications_room = replications };
}

void results_deinit(struct results *results)
{
    for (size_t i = 0; i < results->histogram_count; i++)
        free(results->histograms[i]);
    arena_deinit(&results->kept);
    free(results->entries);
    free(results->chains);
    free(results->histograms);
    free(results->names);
    *results = (struct results){ 0 };
}

/* Room for one more element in a growing array; false when memory is gone. */
static bool make_room(struct results *results, void *array, size_t count, size_t *room, size_t size)
{
    void **place = array;
    size_t larger = *room ? 4 * *room : 64; /* what is not used yet is not touched either */
    void *moved;

    if (count < *room)
        return true;
    moved = realloc(*place, larger * size);
    if (!moved) {
        results->out_of_memory = true;
        return false;
    }
    *place = moved;
    *room = larger;
    return true;
}

/* Where the name is among those kept, from the last one that was asked for on, as instances of a component have the same ones in
 * the same order; their number: nowhere. */
static size_t find_name(const struct results *results, const char *first, const char *second)
{
    size_t length = strlen(first), count = results->name_count;

    for (size_t i = 1; i <= count; i++) {
        size_t place = (results->name_found + i) % count;
        const char *name = results->names[place];

        if (!strncmp(name, first, length) && !strcmp(name + length, second))
            return place;
    }
    return count;
}

const char *results_name(struct results *results, const char *first, const char *second)
{
    size_t place = find_name(results, first, second), size = strlen(first) + strlen(second) + 1;
    char *name;

    results->name_found = place;
    if (place < results->name_count)
        return results->names[place];
    if (!make_room(results, &results->names, place, &results->name_room, sizeof *results->names))
        return "";
    name = arena_alloc(&results->kept, size);
    if (!name) {
        results->out_of_memory = true;
        return "";
    }
    snprintf(name, size, "%s%s", first, second);
    results->names[results->name_count++] = name;
    return name;
}

void results_begin(struct results *results)
{
    results->cursor = 0;
    results->histogram_cursor = 0;
}

void results_end(struct results *results)
{
    results->replications++;
}

static void *make_values(struct results *results, size_t size)
{
    void *values = arena_alloc_array(&results->kept, (size_t)results->replications_room, size);

    if (!values)
        results->out_of_memory = true;
    return values;
}

/* The entries of a component share its name. */
static const char *keep_component(struct results *results, const struct result_entry *entry,
                                  const char *component)
{
    const char *kept = entry > results->entries ? entry[-1].component : NULL;

    if (!kept || strcmp(kept, component))
        kept = arena_strdup(&results->kept, component);
    results->out_of_memory |= !kept;
    return kept;
}

static bool init_entry(struct results *results, struct result_entry *entry, const char *component,
                       enum result_kind kind)
{
    *entry = (struct result_entry){ .kind = kind };
    entry->component = keep_component(results, entry, component);
    entry->values = make_values(results, sizeof(double));
    if (kind == RESULT_RATIO) {
        entry->hits = make_values(results, sizeof *entry->hits);
        entry->trials = make_values(results, sizeof *entry->trials);
    }
    return !results->out_of_memory;
}

/* Fowler, Noll and Vo's hash FNV-1a: of names, none of which is chosen to collide. */
static size_t chain_of(const struct results *results, const char *component)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (; *component; component++)
        hash = (hash ^ (unsigned char)*component) * 0x100000001b3u;
    return hash & (results->entry_room - 1);
}

/* Only a component's first entry is in a chain, behind those before it: the others follow it. */
static void chain_entry(struct results *results, size_t position)
{
    struct result_entry *entry = &results->entries[position];
    size_t *end;

    if (position > 0 && entry[-1].component == entry->component)
        return;
    end = &results->chains[chain_of(results, entry->component)];
    while (*end)
        end = &results->entries[*end - 1].chained;
    *end = position + 1;
    entry->chained = 0;
}

/* Room for one more entry, and as many chains as there is room for entries. */
static bool make_entry_room(struct results *results)
{
    size_t room = results->entry_room;

    if (!make_room(results, &results->entries, results->entry_count, &results->entry_room,
                   sizeof *results->entries))
        return false;
    if (results->entry_room == room)
        return true;
    free(results->chains);
    results->chains = calloc(results->entry_room, sizeof *results->chains);
    results->out_of_memory |= !results->chains;
    for (size_t i = 0; results->chains && i < results->entry_count; i++)
        chain_entry(results, i);
    return results->chains;
}

static struct result_entry *append_entry(struct results *results, const char *component, const char *metric,
                                         const char *unit, enum result_kind kind)
{
    struct result_entry *entry;

    if (results->out_of_memory || !make_entry_room(results))
        return NULL;
    entry = &results->entries[results->entry_count++];
    if (!init_entry(results, entry, component, kind))
        return NULL;
    entry->metric = metric;
    entry->unit = unit;
    chain_entry(results, results->entry_count - 1);
    return entry;
}

/* The next entry: a new one in the first replication, the one of the same place in later ones. */
static struct result_entry *next_entry(struct results *results, const char *component, const char *metric,
                                       const char *unit, enum result_kind kind)
{
    if (results->out_of_memory)
        return NULL;
    if (results->replications > 0)
        return results->cursor < results->entry_count ? &results->entries[results->cursor++] : NULL;
    results->cursor++;
    return append_entry(results, component, metric, unit, kind);
}

void results_add_figure(struct results *results, const char *component, const char *metric, const char *unit,
                        double value)
{
    struct result_entry *entry = append_entry(results, component, metric, unit, RESULT_MAXIMUM);

    for (int i = 0; entry && i < results->replications; i++)
        entry->values[i] = value;
}

struct result_entry *results_add_value(struct results *results, const char *component, const char *metric,
                                       const char *unit, enum result_kind kind, double value)
{
    struct result_entry *entry = next_entry(results, component, metric, unit, kind);

    if (entry)
        entry->values[results->replications] = value;
    return entry;
}

struct result_entry *results_add_ratio(struct results *results, const char *component, const char *metric,
                                       uint64_t hits, uint64_t trials)
{
    struct result_entry *entry = next_entry(results, component, metric, "1", RESULT_RATIO);

    if (entry) {
        entry->hits[results->replications] = hits;
        entry->trials[results->replications] = trials;
        entry->values[results->replications] = trials > 0 ? (double)hits / (double)trials : NAN;
    }
    return entry;
}

/* The merged histogram of this place; NULL when memory is gone. */
static struct histogram *next_histogram(struct results *results)
{
    if (results->out_of_memory)
        return NULL;
    if (results->histogram_cursor < results->histogram_count)
        return results->histograms[results->histogram_cursor++];
    if (!make_room(results, &results->histograms, results->histogram_count, &results->histogram_room,
                   sizeof(struct histogram *)))
        return NULL;
    results->histograms[results->histogram_count] = calloc(1, sizeof(struct histogram));
    if (!results->histograms[results->histogram_count]) {
        results->out_of_memory = true;
        return NULL;
    }
    results->histogram_cursor++;
    return results->histograms[results->histogram_count++];
}

static void add_time(struct results *results, const char *component, const char *metric,
                     enum result_kind kind, double fraction, double value_ns)
{
    struct result_entry *entry =
        results_add_value(results, component, metric, "s", kind, value_ns / (double)SIM_NS_PER_S);

    if (entry) {
        entry->fraction = fraction;
        entry->histogram = results->histogram_cursor - 1;
    }
}

void results_add_times(struct results *results, const char *component, const char *prefix,
                       const struct histogram *histogram, uint64_t zeros)
{
    struct histogram *merged = next_histogram(results);
    struct histogram *single = calloc(1, sizeof *single);

    if (!merged || !single) {
        results->out_of_memory = true;
        free(single);
        return;
    }
    histogram_merge(single, histogram);
    histogram_add_count(single, 0, zeros);
    histogram_merge(merged, single);
    add_time(results, component, results_name(results, prefix, ".mean"), RESULT_MEAN, 0,
             histogram_mean(single));
    for (size_t i = 0; i < QUANTILE_COUNT; i++)
        add_time(results, component, results_name(results, prefix, quantiles[i].name), RESULT_QUANTILE,
                 quantiles[i].fraction, histogram_quantile(single, quantiles[i].fraction));
    add_time(results, component, results_name(results, prefix, ".max"), RESULT_HISTOGRAM_MAXIMUM, 1,
             histogram_is_empty(single) ? NAN : (double)histogram_max(single));
    free(single);
}

/* ---- reading ---- */

static double histogram_result(const struct results *results, const struct result_entry *entry)
{
    const struct histogram *histogram = results->histograms[entry->histogram];

    if (histogram_is_empty(histogram))
        return NAN;
    if (entry->kind == RESULT_MEAN)
        return histogram_mean(histogram) / (double)SIM_NS_PER_S;
    if (entry->kind == RESULT_HISTOGRAM_MAXIMUM)
        return (double)histogram_max(histogram) / (double)SIM_NS_PER_S;
    return histogram_quantile(histogram, entry->fraction) / (double)SIM_NS_PER_S;
}

static double greatest(const struct results *results, const struct result_entry *entry)
{
    double most = NAN;

    for (int i = 0; i < results->replications; i++)
        if (isnan(most) || entry->values[i] > most)
            most = entry->values[i];
    return most;
}

/* The interval of the replications' values, moved to the value of them all together. */
static struct interval around(struct interval interval, double value)
{
    double half = (interval.high - interval.low) / 2;

    return (struct interval){ .mean = value, .low = value - half, .high = value + half, .n = interval.n };
}

static double pooled_ratio(const struct results *results, const struct result_entry *entry)
{
    uint64_t hits = 0, trials = 0;

    for (int i = 0; i < results->replications; i++) {
        hits += entry->hits[i];
        trials += entry->trials[i];
    }
    return trials ? (double)hits / (double)trials : NAN;
}

struct interval results_interval(const struct results *results, const struct result_entry *entry)
{
    int n = results->replications;
    struct interval interval;

    switch (entry->kind) {
    case RESULT_RATIO:
        interval = statistics_ratio_interval(entry->hits, entry->trials, n, RESULTS_CONFIDENCE);
        interval.mean = pooled_ratio(results, entry);
        if (results->replications < 2)
            interval.low = interval.high = NAN;
        return interval;
    case RESULT_MEAN:
    case RESULT_QUANTILE:
        interval = statistics_mean_interval(entry->values, n, RESULTS_CONFIDENCE);
        interval = around(interval, histogram_result(results, entry));
        if (interval.low < 0)
            interval.low = 0;
        return interval;
    case RESULT_HISTOGRAM_MAXIMUM:
        return (struct interval){ .mean = histogram_result(results, entry), .low = NAN, .high = NAN,
                                  .n = results->replications };
    case RESULT_MAXIMUM:
        return (struct interval){ .mean = greatest(results, entry), .low = NAN, .high = NAN,
                                  .n = results->replications };
    case RESULT_VALUE:
        break;
    }
    return statistics_mean_interval(entry->values, n, RESULTS_CONFIDENCE);
}

/* The first entry of that name from there on in a chain. */
static const struct result_entry *next_place(const struct results *results, size_t chained,
                                             const char *component)
{
    while (chained && strcmp(results->entries[chained - 1].component, component) != 0)
        chained = results->entries[chained - 1].chained;
    return chained ? &results->entries[chained - 1] : NULL;
}

const struct result_entry *results_component(const struct results *results, const char *component)
{
    return results->chains ? next_place(results, results->chains[chain_of(results, component)], component)
                           : NULL;
}

const struct result_entry *results_next(const struct results *results, const struct result_entry *entry)
{
    size_t next = (size_t)(entry - results->entries) + 1;

    if (next == results->entry_count || strcmp(results->entries[next].component, entry->component) != 0)
        return NULL;
    return &results->entries[next];
}

const struct result_entry *results_find(const struct results *results, const char *component,
                                        const char *metric)
{
    for (const struct result_entry *place = results_component(results, component); place;
         place = next_place(results, place->chained, component))
        for (const struct result_entry *entry = place; entry; entry = results_next(results, entry))
            if (!strcmp(entry->metric, metric))
                return entry;
    return NULL;
}

double results_value(const struct results *results, const char *component, const char *metric)
{
    const struct result_entry *entry = results_find(results, component, metric);

    return entry ? results_interval(results, entry).mean : NAN;
}

#define RESOURCE_SUFFIX ".utilisation"

bool result_is_resource(const struct result_entry *entry)
{
    size_t length = strlen(entry->metric), suffix = strlen(RESOURCE_SUFFIX);

    return length > suffix && !strcmp(entry->metric + length - suffix, RESOURCE_SUFFIX);
}

const struct result_entry *result_peak(const struct results *results, const struct result_entry *entry)
{
    const struct result_entry *next = entry + 1;
    size_t length, suffix = strlen(RESULT_PEAK_SUFFIX);

    if (entry - results->entries + 2 >= (ptrdiff_t)results->entry_count)
        return NULL;
    length = strlen(next->metric);
    return length > suffix && !strcmp(next->metric + length - suffix, RESULT_PEAK_SUFFIX) ? next : NULL;
}

const char *result_resource(const struct result_entry *entry, char *text)
{
    snprintf(text, RESULT_RESOURCE_SIZE, "%.*s", (int)(strlen(entry->metric) - strlen(RESOURCE_SUFFIX)),
             entry->metric);
    return text;
}
