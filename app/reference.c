#include "app/reference.h"

#include "app/param_kind.h"

#include <stdbool.h>
#include <string.h>

#define WIDTH 80      /* columns */
#define NEST 4        /* columns that what belongs to something is indented by */
#define NAME_WIDTH 20 /* columns of a name in a list */
#define TABLES_MAX 64 /* that one type has */
#define LINE_SIZE 512 /* bytes of a composed line */

/* ---- text of a width ---- */

static int columns(const char *text, size_t length)
{
    int count = 0;

    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

static void blanks(FILE *file, int count)
{
    fprintf(file, "%*s", count > 0 ? count : 0, "");
}

/* Goes on at column `at` with words, each line but the first indented; ends the last line. */
static void wrap(FILE *file, int at, int indent, const char *text)
{
    bool is_first = true;

    while (*text) {
        size_t length = strcspn(text, " ");
        int width = columns(text, length);

        if (length > 0 && !is_first && at + 1 + width > WIDTH) {
            fputc('\n', file);
            blanks(file, indent);
            at = indent;
            is_first = true;
        }
        if (length > 0) {
            fprintf(file, "%s%.*s", is_first ? "" : " ", (int)length, text);
            at += width + !is_first;
            is_first = false;
        }
        text += length + (text[length] == ' ');
    }
    fputc('\n', file);
}

static void paragraph(FILE *file, int indent, const char *text)
{
    blanks(file, indent);
    wrap(file, indent, indent, text);
}

/* "name    text", the text in a column of its own. */
static void entry(FILE *file, int indent, const char *name, const char *text)
{
    int at = indent + columns(name, strlen(name)), text_at = indent + NAME_WIDTH;

    blanks(file, indent);
    fputs(name, file);
    if (at + 2 > text_at) {
        fputc('\n', file);
        at = 0;
    }
    blanks(file, text_at - at);
    wrap(file, text_at, text_at, text);
}

/* ---- what a row is ---- */

char *reference_kind(const struct param_row *row, char *text, size_t size)
{
    static const char *const refers_to[] = {
        [PARAM_REFERS_COMPONENT] = "a component's",
        [PARAM_REFERS_DATA] = "a data set's",
        [PARAM_REFERS_HOST] = "a host's",
        [PARAM_REFERS_CLASS] = "a request class's",
    };
    const char *label = param_kinds[row->kind].label;

    if (row->kind == PARAM_KIND_REFERENCE)
        snprintf(text, size, "%s %s", refers_to[row->refers_to], label);
    else
        snprintf(text, size, "%s%s", label, row->lone ? " or its only element" : "");
    if (row->word)
        snprintf(text + strlen(text), size - strlen(text), " or \"%s\"", row->word);
    return text;
}

/* An example where the default shows none. */
static bool wants_example(const struct param_row *row)
{
    return !row->table && row->kind != PARAM_KIND_CHOICE && row->kind != PARAM_KIND_BOOL &&
           row->kind != PARAM_KIND_TEXT && row->kind != PARAM_KIND_REFERENCE &&
           (!row->default_text || (row->word && strstr(row->default_text, row->word)));
}

static char *row_line(const struct param_row *row, char *text, size_t size)
{
    char kind[128], range[PARAM_RANGE_SIZE] = "";

    if (param_has_range(row))
        param_range(row, range, sizeof range);
    snprintf(text, size, "%s%s%s; %s%s%s%s%s", reference_kind(row, kind, sizeof kind),
             wants_example(row) ? ", such as " : "", wants_example(row) ? param_kinds[row->kind].example : "",
             row->verb           ? "a step of its own"
             : row->default_text ? "default "
             : row->verbs        ? "needed"
                                 : "required",
             row->default_text && !row->verb ? row->default_text : "", range[0] ? "; " : "", range,
             range[0] && (row->kind == PARAM_KIND_LIST || row->kind == PARAM_KIND_MAP) ? " elements" : "");
    return text;
}

/* "Goes with read and write.", or nothing. */
static char *row_verbs(const struct param_table *table, const struct param_row *row, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    if (row->verb || !row->verbs)
        return text;
    for (const struct param_row *verb = table->rows; verb->name; verb++)
        if (verb->verb && (row->verbs & param_verb_bit(verb->verb)) && used < size)
            used +=
                (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "Goes with ", verb->name);
    if (used > 0 && used + 1 < size)
        strcat(text, ".");
    return text;
}

/* ---- parameters on a terminal ---- */

struct writer {
    FILE *file;
    const struct param_table *done[TABLES_MAX]; /* written already */
    size_t done_count;
};

static void write_table(struct writer *writer, const struct param_table *table, int indent);

static bool is_done(const struct writer *writer, const struct param_table *table)
{
    for (size_t i = 0; i < writer->done_count; i++)
        if (writer->done[i] == table)
            return true;
    return writer->done_count == TABLES_MAX;
}

static void write_nested(struct writer *writer, const struct param_row *row, int indent)
{
    const char *each = row->kind == PARAM_KIND_MAP    ? "Each NAME"
                       : row->kind == PARAM_KIND_LIST ? "Each element"
                                                      : "It";
    char line[LINE_SIZE];
    bool repeats = is_done(writer, row->table);
    const struct param_row *sole = param_sole_row(row->table);

    if (sole && !repeats)
        snprintf(line, sizeof line, "%s is just its %s, or an object with this field:", each, sole->name);
    else if (row->table->help)
        snprintf(line, sizeof line, "%s is %s%s", each, row->table->help,
                 repeats ? ", as shown before." : ":");
    else
        snprintf(line, sizeof line, "%s has %s", each,
                 repeats ? "the fields shown before." : "these fields:");
    paragraph(writer->file, indent, line);
    if (!repeats)
        write_table(writer, row->table, indent + NEST);
}

static void write_row(struct writer *writer, const struct param_table *table, const struct param_row *row,
                      int indent)
{
    char line[LINE_SIZE];

    entry(writer->file, indent, row->name, row_line(row, line, sizeof line));
    indent += NEST;
    if (row->help)
        paragraph(writer->file, indent, row->help);
    if (*row_verbs(table, row, line, sizeof line))
        paragraph(writer->file, indent, line);
    if (row->source) {
        snprintf(line, sizeof line, "Source: %s", row->source);
        paragraph(writer->file, indent, line);
    }
    if (row->kind == PARAM_KIND_CHOICE)
        for (const struct param_choice *choice = row->choices; choice->name; choice++)
            entry(writer->file, indent, choice->name, choice->help ? choice->help : "");
    if (row->table)
        write_nested(writer, row, indent);
}

static void write_table(struct writer *writer, const struct param_table *table, int indent)
{
    if (writer->done_count < TABLES_MAX)
        writer->done[writer->done_count++] = table;
    if (table->has_verbs)
        paragraph(writer->file, indent,
                  "Exactly one of the fields that are steps of their own, with its options:");
    for (; table; table = table->also)
        for (const struct param_row *row = table->rows; row->name; row++)
            write_row(writer, table, row, indent);
}

/* ---- metrics ---- */

static const char *unit_of(const struct metric_row *metric)
{
    return strcmp(metric->unit, "1") == 0 ? "" : metric->unit;
}

bool reference_has_metric(const struct metric_row *rows, const char *name)
{
    for (; rows && rows->name; rows++)
        if (!strcmp(rows->name, name))
            return true;
    return false;
}

/* told, too: those that have been told already, or NULL. */
static void write_metrics(FILE *file, const struct metric_row *metrics, const struct metric_row *told,
                          const struct metric_row *too)
{
    for (const struct metric_row *metric = metrics; metric && metric->name; metric++) {
        char name[LINE_SIZE];

        if (reference_has_metric(told, metric->name) || reference_has_metric(too, metric->name))
            continue;
        if (metric->kind == METRIC_LEVEL)
            snprintf(name, sizeof name, "%s.mean, %s.max", metric->name, metric->name);
        else if (metric->kind == METRIC_STOCK)
            snprintf(name, sizeof name, "%s.mean, .max, .end", metric->name);
        else if (metric->kind == METRIC_TIMES)
            snprintf(name, sizeof name, "%s.mean, .p50, .p90, .p95, .p99, .p99.9, .max", metric->name);
        else
            snprintf(name, sizeof name, "%s", metric->name);
        if (*unit_of(metric))
            snprintf(name + strlen(name), sizeof name - strlen(name), ", in %s", unit_of(metric));
        paragraph(file, NEST / 2, name);
        paragraph(file, NEST / 2 + NEST, metric->help);
    }
}

/* Those of what carries out several of it, but what has been told. */
static void write_composed(FILE *file, const struct model_type *type)
{
    for (size_t i = 0; type->composed && type->composed[i]; i++)
        write_metrics(file, type->composed[i]->component.metrics, type->component.metrics,
                      i ? type->composed[0]->component.metrics : NULL);
}

static bool has_metrics(const struct model_type *type)
{
    return type && type->component.metrics && type->component.metrics->name;
}

static void write_text(FILE *file, const char *title, const char *text)
{
    if (!text)
        return;
    fprintf(file, "\n%s\n", title);
    paragraph(file, NEST / 2, text);
}

void reference_write_model(FILE *file, const struct model_type *type)
{
    struct writer writer = { .file = file };
    char line[LINE_SIZE];

    snprintf(line, sizeof line, "%s: %s", type->component.name, type->summary ? type->summary : "");
    paragraph(file, 0, line);
    write_text(file, "Stands for", type->stands_for);
    write_text(file, "Leaves out", type->leaves_out);
    write_text(file, "Misleads", type->misleads);
    fputs("\nParameters\n", file);
    if (type->many)
        entry(file, NEST / 2, "count", "count; default 1; how many instances there are");
    if (type->params)
        write_table(&writer, type->params, NEST / 2);
    else if (!type->many)
        paragraph(file, NEST / 2, "none");
    if (has_metrics(type)) {
        fputs("\nMetrics beside those of every component\n", file);
        write_metrics(file, type->component.metrics, NULL, NULL);
        write_composed(file, type);
    }
    if (has_metrics(type->part)) {
        fputs("\nMetrics of each of its parts, which are measured alone, too\n", file);
        write_metrics(file, type->part->component.metrics, NULL, NULL);
        write_composed(file, type->part);
    }
    for (const struct model_type *const *part = type->single_parts; part && *part; part++) {
        fprintf(file, "\nMetrics of its part %s\n", (*part)->component.name);
        write_metrics(file, (*part)->component.metrics, NULL, NULL);
    }
}

void reference_write_list(FILE *file, const struct metric_row *common)
{
    for (const struct model_type *const *type = model_registry; *type; type++)
        if (!(*type)->hidden)
            entry(file, 0, (*type)->component.name, (*type)->summary ? (*type)->summary : "");
    fputs("\nMetrics of every component\n", file);
    write_metrics(file, common, NULL, NULL);
}
