/* summary_data.h - what became of the data, for people: reads that were too old, writes that were lost,
 * how far replicas are behind. Says nothing of components to which that cannot happen, or did not; but that
 * copies answered all reads with the newest is worth a word. */
#ifndef APP_SUMMARY_DATA_H
#define APP_SUMMARY_DATA_H

#include <stdbool.h>

#include "app/page.h"
#include "app/results.h"

/* Some of what was answered is not all that there is: rows of a failed shard are not in it. */
bool summary_data_is_partial(const struct results *results);

void summary_data(struct page *page, const struct results *results, int label_width);

#endif
