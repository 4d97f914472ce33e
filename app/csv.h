/* csv.h - results as tidy CSV: one value a row, SI base units, RFC 4180. */
#ifndef APP_CSV_H
#define APP_CSV_H

#include <stdio.h>

#include "app/results.h"

/* variant,component,metric,unit,value,ci_low,ci_high,replications */
void csv_write_header(FILE *file);

/* All rows of a variant. What was not measured (no request ended) is an empty value. */
void csv_write(FILE *file, const char *variant, const struct results *results);

#endif
