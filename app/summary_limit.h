/* summary_limit.h - the line of a variant that says what bounds it: OVERLOADED, full for a part of an
 * episode, or what will be full first and how many times this load that is. */
#ifndef APP_SUMMARY_LIMIT_H
#define APP_SUMMARY_LIMIT_H

#include "app/page.h"
#include "app/summary.h"

/* Nothing where no resource can be full. */
void summary_limit(struct page *page, const struct outcome_of_variant *run);

#endif
