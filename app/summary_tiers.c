#include "app/summary_tiers.h"

#include <stdio.h>
#include <string.h>

#include "app/instance_name.h"
#include "app/summary_forms.h"
#include "app/summary_text.h"

#define TIER_WIDTH_MAX 34

/* The first that it is of. */
static const struct tier_form *const forms[] = { &form_name,   &form_subscription, &form_machine,
                                                 &form_copies, &form_balancer,     &form_autoscaler,
                                                 &form_alert,  &form_log,          &form_business,
                                                 &form_deploy, &form_moves };

bool summary_is_tier(const char *component)
{
    return strcmp(component, "total") && !strchr(component, '[') && !strchr(component, ':');
}

static const struct tier_form *form_of(const struct tier *tier)
{
    for (size_t i = 0; summary_is_tier(tier->component) && i < sizeof forms / sizeof *forms; i++)
        if (forms[i]->is(tier))
            return forms[i];
    return NULL;
}

/* ---- what forms share ---- */

double tier_value(const struct tier *tier, const char *metric)
{
    return results_value(tier->results, tier->component, metric);
}

bool tier_has(const struct tier *tier, const char *metric)
{
    return results_find(tier->results, tier->component, metric);
}

int tier_instances(const struct tier *tier)
{
    char name[INSTANCE_NAME_SIZE];
    int count = 0;

    while (instance_name(tier->results, tier->component, count, name))
        count++;
    return count;
}

void tier_write_rate(const struct tier *tier, double count)
{
    char text[SUMMARY_TEXT_SIZE];

    if (count > 0)
        page_listed(tier->page, PAGE_PLAIN, "%s", text_rate(count / tier->results->seconds, text));
}

/* ---- the lines ---- */

/* Where their number changes they are told apart from each other by nobody. */
static void write_label(const struct tier *tier)
{
    int count = tier_has(tier, "instances.mean") ? 1 : tier_instances(tier);
    char label[64];

    snprintf(label, sizeof label, count > 1 ? "    %.*s x%d" : "    %.*s",
             TIER_WIDTH_MAX - (count > 1 ? 9 : 6), tier->component, count);
    page_label(tier->page, tier->width, label);
}

static int width_of_labels(struct tier tier)
{
    int width = SUMMARY_LABEL_WIDTH;
    const char *last = "";

    for (size_t i = 0; i < tier.results->entry_count; i++) {
        tier.component = tier.results->entries[i].component;
        if (!strcmp(tier.component, last))
            continue;
        last = tier.component;
        if (form_of(&tier) && page_columns(tier.component) + 9 > width)
            width = page_columns(tier.component) + 9;
    }
    return width < TIER_WIDTH_MAX ? width : TIER_WIDTH_MAX;
}

void summary_tiers(struct page *page, const struct scenario_variant *variant, const struct results *results,
                   bool steady)
{
    struct tier tier = { .page = page, .variant = variant, .results = results, .steady = steady };
    const char *last = "";

    tier.width = width_of_labels(tier);
    for (size_t i = 0; i < results->entry_count; i++) {
        const struct tier_form *form;

        tier.component = results->entries[i].component;
        if (!strcmp(tier.component, last))
            continue;
        last = tier.component;
        form = form_of(&tier);
        if (!form)
            continue;
        write_label(&tier);
        form->write(&tier);
        page_end_line(page);
        tier_write_instances(&tier);
    }
}
