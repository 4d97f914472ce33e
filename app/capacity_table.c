#include "app/capacity_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/comparison.h"
#include "app/harmless_text.h"
#include "app/quantity.h"
#include "app/summary_text.h"

#define MONEY_WIDTH 10
#define NAME_WIDTH_MAX 16
#define VALUE_GAP 4 /* columns before a value: room for ">= " and a blank */
#define LIMIT_WIDTH 16 /* columns that the busiest resource has at least */

static int widest(int width, const char *text)
{
    return page_columns(text) > width ? page_columns(text) : width;
}

/* "web dies". */
static const char *crash_head(const char *component, char *text, size_t size)
{
    char name[32];

    snprintf(text, size, "%s dies", comparison_cut_name(component, 12, name, sizeof name));
    return text;
}

static void write_harmless(struct page *page, enum page_tone tone, const char *text)
{
    char shown[1024];

    harmless_text(shown, sizeof shown, text, strlen(text));
    page_words(page, tone, "%s", shown);
}

static void write_expectations(struct page *page, const struct scenario_variant *variant)
{
    for (size_t i = 0; i < variant->expectation_count; i++)
        page_words(page, PAGE_PLAIN, "%s%s.%s %s", i ? "and " : "", variant->expectations[i].component,
                   variant->expectations[i].metric, variant->expectations[i].text);
}

static void write_what(struct page *page, const struct capacity_table *table)
{
    const struct options *options = table->options;
    const struct time_config *time = &table->scenario->variants[0].time;
    char low[VARY_TEXT_SIZE], high[VARY_TEXT_SIZE], share[VARY_TEXT_SIZE], measure[QUANTITY_TEXT_SIZE];

    page_words(page, PAGE_PLAIN, "The greatest %.*s from %s to %s at which it holds that",
               (int)table->vary->path_length, table->vary->text,
               vary_show(table->vary, table->vary->low, low),
               vary_show(table->vary, table->vary->high, high));
    write_expectations(page, table->scenario->variants);
    quantity_format_duration(time->measure, measure, sizeof measure);
    quantity_format_percent(options->within, share, sizeof share);
    page_words(page, PAGE_DIM, "(to within %s; %d replication%s of %s, seed %llu)", share,
               options->replications, options->replications == 1 ? "" : "s", measure,
               (unsigned long long)options->seed);
    page_end_line(page);
}

/* "users" of "users.daily.users". */
static const char *value_head(const struct vary *vary, char *text, size_t size)
{
    size_t from = vary->path_length;

    while (from > 0 && vary->text[from - 1] != '.')
        from--;
    snprintf(text, size, "%.*s", (int)(vary->path_length - from), vary->text + from);
    return text;
}

static void write_columns(struct page *page, const struct capacity_table *table)
{
    char head[64];

    page_cell(page, PAGE_DIM, table->name, false, "variant");
    page_cell(page, PAGE_DIM, table->value, true, value_head(table->vary, head, sizeof head));
    page_cell(page, PAGE_DIM, MONEY_WIDTH, true, "a month");
    if (table->users)
        page_cell(page, PAGE_DIM, MONEY_WIDTH, true, "a million");
    for (size_t i = 0; i < table->options->crash_count; i++) {
        crash_head(table->options->crashes[i], head, sizeof head);
        page_cell(page, PAGE_DIM, (int)strlen(head) + 2, true, head);
    }
    page_cell(page, PAGE_DIM, 0, false, "  busiest resource");
    page_end_line(page);
}

void capacity_table_head(struct page *page, struct capacity_table *table)
{
    const struct scenario *scenario = table->scenario;
    char text[64];

    table->name = 7;
    for (size_t i = 0; i < scenario->variant_count; i++)
        table->name = widest(table->name, scenario->variants[i].name);
    table->name = table->name < NAME_WIDTH_MAX ? table->name : NAME_WIDTH_MAX;
    table->value = page_columns(value_head(table->vary, text, sizeof text)) - VALUE_GAP + 2;
    table->value = widest(table->value, vary_show(table->vary, table->vary->low, text));
    table->value = widest(table->value, vary_show(table->vary, table->vary->high, text)) + VALUE_GAP;
    page->indent = 0;
    if (*scenario->title) {
        write_harmless(page, PAGE_BOLD, scenario->title);
        page_end_line(page);
    }
    if (*scenario->ask) {
        page_label(page, 2, "? ");
        write_harmless(page, PAGE_PLAIN, scenario->ask);
        page_end_line(page);
    }
    page->indent = 0;
    write_what(page, table);
    page_end_line(page);
    write_columns(page, table);
}

/* "$782", "$1,234": whole dollars, cents below ten; "-" where nothing has a price. */
static const char *dollars(double value, char *text)
{
    const struct vary whole = { .whole = true };

    if (!(value > 0))
        return "-";
    text[0] = '$';
    if (value < 10)
        snprintf(text, VARY_TEXT_SIZE, "$%.2f", value);
    else
        vary_show(&whole, round(value), text + 1);
    return text;
}

/* "46,830", "< 100", "? 100", ">= 10,000,000"; "! 46,830" where it holds again above. */
static void write_value(struct page *page, const struct capacity_table *table, const struct capacity_row *row)
{
    const struct capacity_search *search = &row->search;
    const char *again = isnan(row->holds_again) ? "" : "! ";
    char shown[VARY_TEXT_SIZE], text[VARY_TEXT_SIZE + 8];

    if (isnan(search->held))
        snprintf(text, sizeof text, "%s%s %s", again, row->undecided ? "?" : "<",
                 vary_show(search->vary, search->above, shown));
    else
        snprintf(text, sizeof text, "%s%s%s", again, isnan(search->above) ? ">= " : "",
                 vary_show(search->vary, search->held, shown));
    page_cell(page, isnan(search->held) ? PAGE_BAD : PAGE_BOLD, table->value, true, text);
}

static void write_crashes(struct page *page, const struct capacity_table *table,
                          const struct capacity_row *row)
{
    char head[64], text[SUMMARY_TEXT_SIZE];

    for (size_t i = 0; i < table->options->crash_count; i++) {
        int width = (int)strlen(crash_head(table->options->crashes[i], head, sizeof head)) + 2;
        double share = row->crashes[i];

        page_cell(page, share > 0.5 ? PAGE_BAD : PAGE_PLAIN, width, true,
                  isnan(share) ? "-" : share > 0 && share < 5e-4 ? "< 0.1%" : text_busy(share, text));
    }
}

void capacity_table_row(struct page *page, struct capacity_table *table, const struct capacity_row *row)
{
    char text[192];
    int room;

    page_cell(page, PAGE_BOLD, table->name, false,
              comparison_cut_name(row->variant->name, table->name, text, sizeof text));
    if (row->run) {
        write_value(page, table, row);
        table->undecided |= row->undecided;
        table->again |= !isnan(row->holds_again);
        page_cell(page, PAGE_PLAIN, MONEY_WIDTH, true, dollars(row->cost_per_month, text));
        if (table->users)
            page_cell(page, PAGE_PLAIN, MONEY_WIDTH, true, dollars(row->cost_per_million, text));
        write_crashes(page, table, row);
        page_cell(page, PAGE_PLAIN, 2, false, "");
        room = PAGE_WIDTH - page->column;
        comparison_limit(row->run, room > LIMIT_WIDTH ? room : LIMIT_WIDTH, text, sizeof text);
        page_cell(page, PAGE_PLAIN, 0, false, text);
    } else {
        page_cell(page, PAGE_DIM, 0, false, "   expects nothing, so there is nothing to keep to");
    }
    page_end_line(page);
}

/* What each variant is, in the words of the scenario. */
static void write_titles(struct page *page, const struct capacity_table *table)
{
    char name[64];

    for (size_t i = 0; i < table->scenario->variant_count; i++) {
        const struct scenario_variant *variant = &table->scenario->variants[i];

        if (!variant->title)
            continue;
        page_label(page, table->name + 2, comparison_cut_name(variant->name, table->name, name, sizeof name));
        write_harmless(page, PAGE_DIM, variant->title);
        page_end_line(page);
    }
    page->indent = 0;
}

void capacity_table_foot(struct page *page, const struct capacity_table *table, const char *repeat)
{
    page_end_line(page);
    write_titles(page, table);
    page_words(page, PAGE_DIM,
               "What holds at a load is taken to hold below it; that was tried once, at twice the load. "
               "A month is 730 hours at that load%s.",
               table->users ? ", a million its price for each million users" : "");
    if (table->options->crash_count)
        page_words(page, PAGE_DIM,
                   "Dies: share of the requests that get no answer in the minute after one machine of it "
                   "crashed at that load, and stays down.");
    if (table->again)
        page_words(page, PAGE_WARN,
                   "!: there it held again, so that less load is not always easier: what is shown is one of "
                   "several limits.");
    if (table->undecided)
        page_words(page, PAGE_WARN,
                   "?: even there the requests were too few to decide; a longer time.measure or more "
                   "replications have more.");
    page_end_line(page);
    page_label(page, 11, "To repeat: ");
    page_words(page, PAGE_DIM, "%s", repeat);
    page_end_line(page);
}
