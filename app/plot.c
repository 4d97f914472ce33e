#include "app/plot.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/assess.h"
#include "app/instance_name.h"
#include "app/summary_text.h"

#define GROUP_WIDTH 0.84     /* of a variant's bars; variants are 1 apart */
#define BARS_WITH_LIMITS 150 /* more are too thin to carry an interval */
#define NOTED_VARIANTS 12    /* more are too close for figures in the picture */
#define LABEL_LENGTH 20      /* characters; what is longer loses its middle */
#define CHARACTER_WIDTH 7.2  /* of a label, pixels */
#define PLOT_WIDTH 895.0     /* between the margins of the scripts, pixels */
#define NOTE_WIDTH 68.0      /* of "[12] 100%", pixels */
#define UPRIGHT_FROM 15      /* variants from which labels stand upright */
#define UNEVEN 1.1           /* times the mean: more is worth a name */

/* ---- what there is to draw ---- */

static bool is_share(const struct csv_row *row)
{
    return !strcmp(row->metric, "requests.share") && strchr(row->component, '[');
}

static bool is_instance_of(const struct csv_row *row, const char *variant, const char *component)
{
    char base[INSTANCE_NAME_SIZE];

    return is_share(row) && !strcmp(row->variant, variant) && instance_base(row->component, base) &&
           !strcmp(base, component);
}

static void add_variant(struct plot_input *input, const char *variant)
{
    for (size_t i = input->variant_count; i-- > 0;) /* mostly the last one */
        if (!strcmp(input->variants[i], variant))
            return;
    if (input->variant_count == PLOT_VARIANTS_MAX)
        input->too_many = true;
    else
        input->variants[input->variant_count++] = variant;
}

static bool add_shared(struct plot_input *input, const char *component)
{
    char base[INSTANCE_NAME_SIZE], **more;

    instance_base(component, base);
    for (size_t i = 0; i < input->shared_count; i++)
        if (!strcmp(input->shared[i], base))
            return true;
    more = realloc(input->shared, (input->shared_count + 1) * sizeof *more);
    if (!more)
        return false;
    input->shared = more;
    more[input->shared_count] = strdup(base);
    return more[input->shared_count] && ++input->shared_count;
}

bool plot_input_init(struct plot_input *input, const struct csv_table *table)
{
    *input = (struct plot_input){ .table = table };
    for (size_t i = 0; i < table->row_count && !input->too_many; i++) {
        add_variant(input, table->rows[i].variant);
        if (is_share(&table->rows[i]) && !add_shared(input, table->rows[i].component))
            return false;
    }
    return true;
}

void plot_input_deinit(struct plot_input *input)
{
    for (size_t i = 0; i < input->shared_count; i++)
        free(input->shared[i]);
    free(input->shared);
    *input = (struct plot_input){ 0 };
}

/* ---- data ---- */

static struct interval value_of(const struct plot_input *input, size_t variant, const char *component,
                                const char *metric)
{
    struct interval interval = csv_interval(input->table, input->variants[variant], component, metric);

    if (!(interval.low <= interval.mean && interval.mean <= interval.high)) /* also where they are NaN */
        interval.low = interval.high = interval.mean;
    return interval;
}

static void put_number(FILE *file, double value)
{
    if (isfinite(value))
        fprintf(file, " %.9g", value);
    else
        fputs(" ?", file);
}

static void put_interval(FILE *file, struct interval interval)
{
    put_number(file, interval.mean);
    put_number(file, interval.low);
    put_number(file, interval.high);
}

/* Closes both files of data. */
static bool finish(FILE *first, FILE *second)
{
    bool good = true;

    if (first)
        good = gnuplot_finish_data(first);
    if (second)
        good = gnuplot_finish_data(second) && good;
    return good && first && second;
}

static size_t longest_label(const struct plot_input *input)
{
    size_t longest = 0;

    for (size_t i = 0; i < input->variant_count; i++) {
        size_t length = strlen(input->variants[i]);

        longest = length > longest ? length : longest;
    }
    return longest < LABEL_LENGTH ? longest : LABEL_LENGTH;
}

/* Degrees by which labels are turned so that they do not touch. */
static int label_angle(const struct plot_input *input)
{
    if ((double)longest_label(input) * CHARACTER_WIDTH < PLOT_WIDTH / (double)input->variant_count)
        return 0;
    return input->variant_count < UPRIGHT_FROM ? 45 : 90;
}

static bool write_variants(const struct plot_input *input, struct gnuplot *gnuplot)
{
    FILE *file = gnuplot_begin_data(gnuplot, "variants.dat");

    if (!file)
        return false;
    for (size_t i = 0; i < input->variant_count; i++) {
        const char *name = input->variants[i];
        size_t length = strlen(name), half = LABEL_LENGTH / 2 - 1; /* and two points */

        if (length <= LABEL_LENGTH)
            fprintf(file, "%zu %s\n", i, name);
        else
            fprintf(file, "%zu %.*s..%s\n", i, (int)half, name, name + length - half);
    }
    return gnuplot_finish_data(file);
}

/* ---- latency: what users saw ---- */

static const char *const quantiles[] = { "latency.p50", "latency.p95", "latency.p99" };

#define QUANTILE_COUNT (sizeof quantiles / sizeof *quantiles)

static const char *latency_subject(const struct plot_input *input, size_t index)
{
    for (size_t i = 0; index == 0 && i < input->variant_count; i++)
        if (csv_find(input->table, input->variants[i], "total", quantiles[0]))
            return "total";
    return NULL;
}

/* Why no latency is shown; NULL: it is. */
static const char *instead_of_latency(const struct plot_input *input, size_t variant)
{
    if (value_of(input, variant, "total", "overloaded").mean > 0)
        return "overloaded: no steady value";
    return value_of(input, variant, "total", quantiles[0]).mean > 0 ? NULL : "no answers";
}

/* The range of the axis: what is to be shown, and room for figures above and below. */
static void latency_range(const struct plot_input *input, double *least, double *most)
{
    *least = INFINITY;
    *most = 0;
    for (size_t i = 0; i < input->variant_count; i++)
        for (size_t k = 0; k < QUANTILE_COUNT && !instead_of_latency(input, i); k++) {
            struct interval value = value_of(input, i, "total", quantiles[k]);

            if (value.mean > 0) {
                *least = fmin(*least, value.low > value.mean / 10 ? value.low : value.mean / 10);
                *most = fmax(*most, value.high);
            }
        }
    *least = *most > 0 ? *least / 2 : 1e-3;
    *most = *most > 0 ? *most * 2 : 1;
}

static void put_latencies(FILE *file, const struct plot_input *input, size_t variant, double least)
{
    bool noted = input->variant_count <= NOTED_VARIANTS;
    char under[SUMMARY_TEXT_SIZE], above[SUMMARY_TEXT_SIZE];
    struct interval value = { NAN, NAN, NAN, 0 };

    fprintf(file, "%zu", variant);
    for (size_t k = 0; k < QUANTILE_COUNT; k++) {
        value = value_of(input, variant, "total", quantiles[k]);
        value.low = fmax(value.low, least); /* the axis is logarithmic */
        put_interval(file, value);
    }
    fprintf(file, " \"%s\" \"%s\"\n",
            noted ? text_seconds(value_of(input, variant, "total", quantiles[0]).mean, under) : "",
            noted ? text_seconds(value.mean, above) : "");
}

static bool write_latency(const struct plot_input *input, const char *subject, struct gnuplot *gnuplot,
                          struct plot_arguments *arguments)
{
    FILE *figures = gnuplot_begin_data(gnuplot, "latency.dat"),
         *words = gnuplot_begin_data(gnuplot, "words.dat");
    double least, most;

    (void)subject;
    latency_range(input, &least, &most);
    for (size_t i = 0; figures && words && i < input->variant_count; i++) {
        const char *why = instead_of_latency(input, i);

        if (why)
            fprintf(words, "%zu \"%s\"\n", i, why);
        else
            put_latencies(figures, input, i, least);
    }
    *arguments = (struct plot_arguments){ { least, most }, 2 };
    return finish(figures, words);
}

/* ---- load: how evenly instances share the work ---- */

static const char *load_subject(const struct plot_input *input, size_t index)
{
    return index < input->shared_count ? input->shared[index] : NULL;
}

/* The greatest bar of a group, of one of the two measures. */
struct greatest {
    size_t index;
    const char *name; /* of the instance: "[2]" */
    double value, top; /* of the bar, of all intervals */
    double sum;        /* of all bars */
};

/* The bars of one variant. */
struct bar_group {
    size_t variant;
    size_t count; /* instances; 0: the variant has no such component */
    double width; /* of a bar */
    struct greatest share, busy;
};

struct load_files {
    FILE *bars, *groups, *notes, *words;
};

static size_t count_instances(const struct plot_input *input, size_t variant, const char *component)
{
    size_t count = 0;

    for (size_t i = 0; i < input->table->row_count; i++)
        count += is_instance_of(&input->table->rows[i], input->variants[variant], component);
    if (!count) /* a single one has no rows of its own */
        count = csv_find(input->table, input->variants[variant], component, "utilisation") != NULL;
    return count;
}

static double bar_place(const struct bar_group *group, size_t index)
{
    return (double)group->variant + ((double)index + 0.5 - (double)group->count / 2) * group->width;
}

static void follow(struct greatest *greatest, size_t index, const char *name, struct interval value)
{
    if (value.mean > greatest->value) {
        greatest->name = name;
        greatest->value = value.mean;
        greatest->index = index;
    }
    greatest->top = fmax(greatest->top, fmax(value.mean, value.high)); /* neither takes NaN */
    greatest->sum += isnan(value.mean) ? 0 : value.mean;
}

static void put_bar(FILE *file, struct bar_group *group, size_t index, const char *name,
                    struct interval share, struct interval busy, bool has_limits)
{
    if (!has_limits) {
        share.low = share.high = NAN;
        busy.low = busy.high = NAN;
    }
    fprintf(file, "%.9g %.9g", bar_place(group, index), group->width * (group->count <= 40 ? 0.9 : 1));
    put_interval(file, share);
    put_interval(file, busy);
    fprintf(file, " %d\n", busy.mean > ASSESS_FULL);
    follow(&group->share, index, name, share);
    follow(&group->busy, index, name, busy);
}

static void put_bars(FILE *file, const struct plot_input *input, const char *component,
                     struct bar_group *group, bool has_limits)
{
    size_t index = 0;

    for (size_t i = 0; i < input->table->row_count; i++) {
        const struct csv_row *row = &input->table->rows[i];

        if (is_instance_of(row, input->variants[group->variant], component))
            put_bar(file, group, index++, strchr(row->component, '['), row->interval,
                    value_of(input, group->variant, row->component, "utilisation"), has_limits);
    }
    if (!index)
        put_bar(file, group, 0, "", (struct interval){ NAN, NAN, NAN, 0 },
                value_of(input, group->variant, component, "utilisation"), has_limits);
}

/* The greatest bar's figure, with its number when it stands out; above the bar, as far as it stays within the
 * variant's part of the picture. */
static void put_note(FILE *file, const struct bar_group *group, const struct greatest *greatest,
                     size_t variant_count)
{
    double centre = (double)group->variant,
           freedom = fmax(0.5 - NOTE_WIDTH / 2 * (double)variant_count / PLOT_WIDTH, 0);
    char figure[SUMMARY_TEXT_SIZE];

    if (greatest->value <= 0)
        fprintf(file, "%.9g 0 \"\"", centre);
    else if (greatest->value > UNEVEN * greatest->sum / (double)group->count)
        fprintf(file, "%.9g %.9g \"%s %s\"",
                centre + fmax(-freedom, fmin(freedom, bar_place(group, greatest->index) - centre)),
                greatest->top, greatest->name, text_busy(greatest->value, figure));
    else
        fprintf(file, "%.9g %.9g \"%s\"", centre, greatest->top, text_busy(greatest->value, figure));
}

static void put_group(struct load_files *files, const struct plot_input *input, const char *component,
                      struct bar_group *group, bool has_limits)
{
    double count = (double)group->count;

    if (group->count < 2)
        fprintf(files->words, "%zu \"%s\"\n", group->variant, group->count ? "one instance" : "not there");
    else
        fprintf(files->groups, "%zu %.9g\n", group->variant, 1 / count);
    if (!group->count)
        return;
    group->width = GROUP_WIDTH / (count < 3 ? 3 : count);
    put_bars(files->bars, input, component, group, has_limits);
    if (input->variant_count > NOTED_VARIANTS)
        return;
    put_note(files->notes, group, &group->share, input->variant_count);
    fputc(' ', files->notes);
    put_note(files->notes, group, &group->busy, input->variant_count);
    fputc('\n', files->notes);
}

static bool write_load(const struct plot_input *input, const char *subject, struct gnuplot *gnuplot,
                       struct plot_arguments *arguments)
{
    struct load_files files = { gnuplot_begin_data(gnuplot, "load.dat"),
                                gnuplot_begin_data(gnuplot, "groups.dat"),
                                gnuplot_begin_data(gnuplot, "notes.dat"),
                                gnuplot_begin_data(gnuplot, "words.dat") };
    struct bar_group groups[PLOT_VARIANTS_MAX] = { { 0 } };
    size_t bars = 0;
    double most = 0;
    bool good;

    for (size_t i = 0; i < input->variant_count; i++)
        bars += groups[i].count = count_instances(input, i, subject);
    for (size_t i = 0; files.bars && files.groups && files.notes && files.words && i < input->variant_count;
         i++) {
        groups[i].variant = i;
        put_group(&files, input, subject, &groups[i], bars <= BARS_WITH_LIMITS);
        most = fmax(most, groups[i].share.top);
    }
    *arguments = (struct plot_arguments){ { most > 0 ? 1.2 * most : 1 }, 1 };
    good = finish(files.bars, files.groups);
    return finish(files.notes, files.words) && good;
}

/* ---- all plots ---- */

extern const char plot_latency_script[], plot_load_script[]; /* plots/NAME.gp, see CMakeLists.txt */

const struct plot plots[] = {
    { "latency", plot_latency_script, latency_subject, write_latency },
    { "load", plot_load_script, load_subject, write_load },
    { 0 },
};

/* "load_web.svg"; what stands in a data center, "seoul/web", becomes "load_seoul-web.svg", as no name of its own has
 * a hyphen. */
static void name_picture(const struct plot *plot, const char *subject, enum gnuplot_format format,
                         char name[PLOT_NAME_SIZE])
{
    bool is_total = !strcmp(subject, "total");

    snprintf(name, PLOT_NAME_SIZE, "%s%s%s.%s", plot->name, is_total ? "" : "_", is_total ? "" : subject,
             gnuplot_format_names[format]);
    for (char *slash; (slash = strchr(name, '/'));)
        *slash = '-';
}

enum gnuplot_status plot_draw(const struct plot *plot, const struct plot_input *input, const char *subject,
                              struct gnuplot *gnuplot, char name[PLOT_NAME_SIZE])
{
    struct plot_arguments more = { 0 };
    char texts[4][24];
    const char *arguments[] = { subject, texts[0], texts[1], NULL, NULL, NULL };

    name_picture(plot, subject, gnuplot->format, name);
    if (!write_variants(input, gnuplot) || !plot->write(input, subject, gnuplot, &more)) {
        snprintf(gnuplot->error, sizeof gnuplot->error, "%s", strerror(errno));
        return GNUPLOT_FAILED;
    }
    snprintf(texts[0], sizeof texts[0], "%zu", input->variant_count);
    snprintf(texts[1], sizeof texts[1], "%d", label_angle(input));
    for (size_t i = 0; i < more.count; i++) {
        snprintf(texts[2 + i], sizeof texts[2 + i], "%.9g", more.values[i]);
        arguments[3 + i] = texts[2 + i];
    }
    return gnuplot_draw(gnuplot, plot->script, arguments, name);
}
