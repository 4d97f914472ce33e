/* summary_tiers.h - how busy each tier of a variant is, and each of its instances where they differ. */
#ifndef APP_SUMMARY_TIERS_H
#define APP_SUMMARY_TIERS_H

#include <stdbool.h>

#include "app/page.h"
#include "app/results.h"
#include "app/scenario.h"

#define SUMMARY_LABEL_WIDTH 12

/* A line or two for each component that has resources. steady: its latencies mean something. */
void summary_tiers(struct page *page, const struct scenario_variant *variant, const struct results *results,
                   bool steady);

/* A component as a whole, not one of its instances or classes, nor the system. */
bool summary_is_tier(const char *component);

#endif
