/* comparison_table.c - a row for each variant: what users got, what it costs, what is busiest. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/comparison.h"
#include "app/quantity.h"
#include "app/summary_text.h"

#define TEXT_SIZE SUMMARY_TEXT_SIZE
#define LIMIT_WIDTH 18 /* columns that the busiest resource should have */

int comparison_name_width(const struct summary *summary)
{
    int width = 8;

    for (size_t i = 0; i < summary->run_count; i++)
        if (page_columns(summary->runs[i].variant->name) > width)
            width = page_columns(summary->runs[i].variant->name);
    return width < 20 ? width : 20;
}

const char *comparison_cut_name(const char *name, int room, char *text, size_t size)
{
    int length = (int)strlen(name), head = (room - 2) / 2, tail = room - 2 - head;

    if (length <= room)
        return name;
    snprintf(text, size, "%.*s..%s", head, name, name + length - tail);
    return text;
}

void comparison_limit(const struct outcome_of_variant *run, int room, char *text, size_t size)
{
    const struct assessment *assessment = &run->assessment;
    const struct result_entry *limit = assessment->limit;
    char use[RESULT_RESOURCE_SIZE + 64], resource[RESULT_RESOURCE_SIZE], name[96], how[16] = "FULL";
    int rest;

    if (!limit) {
        snprintf(text, size, "-");
        return;
    }
    if (!assess_was_full(assessment, &run->results)) {
        if (assess_changes(assessment))
            snprintf(how, sizeof how, "to %.0f%%", assessment->limit_peak * 100);
        else
            snprintf(how, sizeof how, "%.0f%%", assessment->limit_utilisation * 100);
    }
    snprintf(use, sizeof use, " %s %s", result_resource(limit, resource), how);
    rest = room - (int)strlen(use);
    if (rest < (int)strlen(limit->component) && rest < 8) { /* rather the whole place than the resource */
        snprintf(use, sizeof use, " %s", how);
        rest = room - (int)strlen(use);
    }
    snprintf(text, size, "%s%s", comparison_cut_name(limit->component, rest, name, sizeof name), use);
}

enum column { COLUMN_ANSWERED, COLUMN_AVAILABILITY, COLUMN_P50, COLUMN_P99, COLUMN_COST, COLUMN_COUNT };

static const char *const column_heads[COLUMN_COUNT] = { "answered", "avail.", "p50", "p99", "$/h" };

static const char *figure(const struct outcome_of_variant *run, enum column column, char *text, size_t size)
{
    static const char *const metrics[COLUMN_COUNT] = { "throughput", "availability", "latency.p50",
                                                       "latency.p99", "cost.per_hour" };
    double value = results_value(&run->results, "total", metrics[column]);
    bool is_latency = column == COLUMN_P50 || column == COLUMN_P99;

    if (is_latency && run->assessment.overloaded)
        return "overload";
    if (isnan(value))
        return "-";
    if (is_latency)
        return text_seconds(value, text);
    if (column == COLUMN_ANSWERED)
        snprintf(text, size, value < 100 ? "%.1f/s" : "%.0f/s", value);
    else if (column == COLUMN_AVAILABILITY)
        quantity_format_percent(value, text, size);
    else
        snprintf(text, size, "%.3f", value);
    return text;
}

/* Columns of a table; 0: not shown. */
struct table {
    int name, widths[COLUMN_COUNT];
};

/* Each as wide as its widest figure and a gap: they never run together. */
static struct table plan_table(const struct summary *summary, int name, bool priced)
{
    struct table table = { .name = name };
    char text[192];
    int sum = 0;

    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (i == COLUMN_COST && !priced)
            continue;
        table.widths[i] = page_columns(column_heads[i]);
        for (size_t k = 0; k < summary->run_count; k++) {
            int columns = page_columns(figure(&summary->runs[k], (enum column)i, text, sizeof text));

            if (summary->runs[k].results.replications > 0 && columns > table.widths[i])
                table.widths[i] = columns;
        }
        sum += ++table.widths[i];
    }
    for (int i = 0; i < COLUMN_COUNT && PAGE_WIDTH - 4 - name - sum - COLUMN_COUNT >= LIMIT_WIDTH; i++)
        table.widths[i] += table.widths[i] > 0; /* there is room for wider gaps */
    return table;
}

static void table_head(struct page *page, const struct table *table)
{
    page_cell(page, PAGE_DIM, table->name + 2, false, "  variant");
    for (int i = 0; i < COLUMN_COUNT; i++)
        if (table->widths[i])
            page_cell(page, PAGE_DIM, table->widths[i], true, column_heads[i]);
    page_cell(page, PAGE_DIM, 0, false, "  busiest resource");
    page_end_line(page);
}

static void table_row(struct page *page, const struct table *table, const struct outcome_of_variant *run,
                      const struct scenario_variant *base)
{
    const struct assessment *assessment = &run->assessment;
    bool fails = results_value(&run->results, "total", "availability") < 0.999;
    char text[192];

    if (base->expectation_count)
        page_cell(page, comparison_meets(run, base) ? PAGE_GOOD : PAGE_BAD, 2, false,
                  comparison_meets(run, base) ? page_tick(page) : page_cross(page));
    else
        page_cell(page, PAGE_PLAIN, 2, false, "");
    page_cell(page, PAGE_BOLD, table->name, false,
              comparison_cut_name(run->variant->name, table->name, text, sizeof text));
    for (int i = 0; i < COLUMN_COUNT; i++)
        if (table->widths[i])
            page_cell(page, i == COLUMN_AVAILABILITY && fails ? PAGE_BAD : PAGE_PLAIN, table->widths[i], true,
                      figure(run, (enum column)i, text, sizeof text));
    page_cell(page, PAGE_PLAIN, 2, false, "");
    comparison_limit(run, PAGE_WIDTH - page->column, text, sizeof text);
    page_cell(page,
              assessment->overloaded || assess_was_full(assessment, &run->results) ? PAGE_BAD : PAGE_PLAIN, 0,
              false, text);
    page_end_line(page);
}

void comparison_table(struct page *page, const struct summary *summary, bool priced)
{
    struct table table = plan_table(summary, comparison_name_width(summary), priced);

    table_head(page, &table);
    for (size_t i = 0; i < summary->run_count; i++)
        if (summary->runs[i].results.replications > 0)
            table_row(page, &table, &summary->runs[i], summary->scenario->variants);
}
