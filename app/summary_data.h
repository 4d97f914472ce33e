/* summary_data.h - what became of the data, for people: reads that were too old, writes that were lost,
 * how far replicas are behind. Says nothing of components to which that cannot happen, or did not. */
#ifndef APP_SUMMARY_DATA_H
#define APP_SUMMARY_DATA_H

#include "app/page.h"
#include "app/results.h"

void summary_data(struct page *page, const struct results *results, int label_width);

#endif
