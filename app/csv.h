/* csv.h - results as tidy CSV: one value a row, SI base units, RFC 4180. */
#ifndef APP_CSV_H
#define APP_CSV_H

#include <stdbool.h>
#include <stdio.h>

#include "app/results.h"

#define CSV_HEADER "variant,component,metric,unit,value,ci_low,ci_high,replications"

/* CSV_HEADER as the first line. */
void csv_write_header(FILE *file);

/* All rows of a variant, and total,overloaded: 1 when it has no steady latency, else 0. What was not
 * measured (no request ended) is an empty value. */
void csv_write(FILE *file, const char *variant, const struct results *results, bool overloaded);

#endif
