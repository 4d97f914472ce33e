/* reference_markdown.c - the page of all types: a table of parameters by path and one of metrics for each. */
#include "app/param_kind.h"
#include "app/param_read.h"
#include "app/reference.h"

#include <string.h>

/* Text of a cell: "|" would end it. */
static void cell(FILE *file, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            fputc('\\', file);
        fputc(*text, file);
    }
}

static void choices(FILE *file, const struct param_row *row)
{
    const char *before = " ";

    for (const struct param_choice *choice = row->choices; choice && choice->name; choice++) {
        fprintf(file, "%s`%s`%s", before, choice->name, choice->help ? ": " : "");
        if (choice->help)
            cell(file, choice->help);
        before = "; ";
    }
    fputs(row->choices ? "." : "", file);
}

/* One row of a table of parameters. */
static void parameter(void *user, const char *path, const struct param_row *row)
{
    FILE *file = user;
    bool is_many = row->kind == PARAM_KIND_LIST || row->kind == PARAM_KIND_MAP;
    char kind[128], range[PARAM_RANGE_SIZE] = "";

    if (param_has_range(row))
        param_range(row, range, sizeof range);
    fprintf(file, "| `%s` | ", path);
    cell(file, reference_kind(row, kind, sizeof kind));
    fputs(" | ", file);
    if (row->verb)
        fputs("a step of its own", file);
    else if (row->default_text)
        fprintf(file, "`%s`", row->default_text);
    else
        fputs(row->verbs ? "needed" : "required", file);
    fprintf(file, " | %s%s%s", range, is_many && range[0] ? " elements" : "", range[0] ? " | " : "| ");
    cell(file, row->help ? row->help : "");
    if (row->kind == PARAM_KIND_CHOICE)
        choices(file, row);
    if (row->source) {
        fputs(" Source: ", file);
        cell(file, row->source);
        fputc('.', file);
    }
    fputs(" |\n", file);
}

static void parameters(FILE *file, const struct param_table *table)
{
    fputs("| parameter | kind | default | range | meaning |\n| --- | --- | --- | --- | --- |\n", file);
    param_paths(table, "", parameter, file);
    fputc('\n', file);
}

/* told, too: rows that have been told already, or NULL. */
static void metric_rows(FILE *file, const struct metric_row *rows, const struct metric_row *told,
                        const struct metric_row *too)
{
    for (const struct metric_row *row = rows; row->name; row++) {
        if (reference_has_metric(told, row->name) || reference_has_metric(too, row->name))
            continue;
        if (row->kind == METRIC_LEVEL)
            fprintf(file, "| `%s.mean`, `%s.max` | %s | ", row->name, row->name, row->unit);
        else if (row->kind == METRIC_STOCK)
            fprintf(file, "| `%s.mean, .max, .end` | %s | ", row->name, row->unit);
        else if (row->kind == METRIC_TIMES)
            fprintf(file, "| `%s.mean, .p50, .p90, .p95, .p99, .p99.9, .max` | %s | ", row->name, row->unit);
        else
            fprintf(file, "| `%s` | %s | ", row->name, row->unit);
        cell(file, row->help);
        fputs(" |\n", file);
    }
}

/* composed: what carries out several of whose rows they are, ended by NULL; or NULL. */
static void metrics(FILE *file, const struct metric_row *rows, const struct model_type *const *composed)
{
    fputs("| metric | unit | meaning |\n| --- | --- | --- |\n", file);
    metric_rows(file, rows, NULL, NULL);
    for (size_t i = 0; composed && composed[i]; i++)
        metric_rows(file, composed[i]->component.metrics, rows,
                    i ? composed[0]->component.metrics : NULL);
    fputc('\n', file);
}

static void section(FILE *file, const char *title, const char *text)
{
    if (text)
        fprintf(file, "**%s.** %s\n\n", title, text);
}

static void model(FILE *file, const struct model_type *type)
{
    fprintf(file, "## %s\n\n", type->component.name);
    if (type->summary)
        fprintf(file, "%s%s.\n\n", type->summary, type->many ? "; takes `count`" : "");
    section(file, "Stands for", type->stands_for);
    section(file, "Leaves out", type->leaves_out);
    section(file, "Misleads", type->misleads);
    if (type->params)
        parameters(file, type->params);
    if (type->component.metrics && type->component.metrics->name)
        metrics(file, type->component.metrics, type->composed);
    if (type->part && type->part->component.metrics && type->part->component.metrics->name) {
        fputs("Of each of its parts, which are measured alone, too:\n\n", file);
        metrics(file, type->part->component.metrics, type->part->composed);
    }
    for (const struct model_type *const *part = type->single_parts; part && *part; part++) {
        fprintf(file, "Of its part %s:\n\n", (*part)->component.name);
        metrics(file, (*part)->component.metrics, NULL);
    }
}

void reference_write_markdown(FILE *file, const struct reference_extra *extra)
{
    static const struct reference_extra none = { 0 };
    const struct reference_extra *with = extra ? extra : &none;

    fputs("# Reference\n\nMade from the program's tables by `scalesim reference`; not edited by "
          "hand. In a path, NAME "
          "stands for any name and N for an index.\n\n",
          file);
    if (with->scenario) {
        fputs("## A scenario\n\n", file);
        parameters(file, with->scenario);
    }
    if (with->component) {
        fputs("## Every component\n\n", file);
        parameters(file, with->component);
    }
    if (with->metrics) {
        fputs("## Metrics of every component\n\n", file);
        metrics(file, with->metrics, NULL);
    }
    for (const struct model_type *const *type = model_registry; *type; type++)
        if (!(*type)->hidden)
            model(file, *type);
}
