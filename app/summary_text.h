/* summary_text.h - figures as the summary shows them: three digits, one unit, a half-width
 * beside the value. */
#ifndef APP_SUMMARY_TEXT_H
#define APP_SUMMARY_TEXT_H

#include <stdbool.h>

#include "app/page.h"
#include "app/statistics.h"

#define SUMMARY_TEXT_SIZE 96 /* bytes that hold any of them */

/* Each writes into `text` and returns it; "-" for NaN. */
const char *text_seconds(double seconds, char *text);  /* 4.34 ms */
const char *text_percent(double fraction, char *text); /* 99.995% */
const char *text_busy(double fraction, char *text);    /* 77%, 4.1%: where the eye compares */
const char *text_rate(double per_s, char *text);       /* 2999/s */
const char *text_money(double dollars, char *text);    /* $1.232 */
const char *text_count(double count, char *text);      /* 4093, 9.1 */

/* "36.1 ± 1.9 ms": both in the unit of the value; without limits only the value. */
const char *text_seconds_interval(const struct page *page, struct interval interval, char *text);

/* A value in the unit of its metric; shares (availability, utilisation) as percent. */
const char *text_metric(const char *metric, const char *unit, double value, char *text);

double text_half_width(struct interval interval);

bool text_ends_with(const char *text, const char *end);

#endif
