/* csv_read.h - reads back the tidy CSV that csv_write() made.
 *
 * Strict: the header as it is written, eight columns in every row, names of the scenario reader's kind,
 * finite numbers or nothing, each metric of a component once a variant. So what is in a table may become part
 * of a file's name or of a picture. Fields in quotes are refused: no name needs them. Lines may end as on
 * Windows.
 *
 * Left out: reading bit by bit; a file is in memory as a whole (SOURCE_TEXT_SIZE_MAX at most).
 * Ownership: the table owns all texts. Cost: O(n log n) for n rows, O(log n) to find one.
 */
#ifndef APP_CSV_READ_H
#define APP_CSV_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "app/diagnostics.h"
#include "app/statistics.h"

#define CSV_NAME_MAX 160 /* bytes of a component's or a metric's name */

struct csv_row {
    const char *variant, *component, *metric, *unit;
    struct interval interval; /* NaN: nothing was measured, or there is no interval */
    const char *start;        /* of the line, in the source text */
};

struct csv_table {
    struct source_text source;
    char *cells;          /* the text again, cut into fields */
    struct csv_row *rows; /* in the order of the file */
    size_t row_count;
    struct csv_row **sorted; /* by variant, component, metric */
};

enum csv_status { CSV_OK, CSV_INVALID, CSV_OUT_OF_MEMORY };

/* Reads a file, or standard input ("-"). CSV_INVALID: errors were told, with their lines. On anything but
 * CSV_OK the table is empty. */
enum csv_status csv_read(struct csv_table *table, const char *path, struct diagnostics *diagnostics);

/* An empty table is fine. */
void csv_deinit(struct csv_table *table);

/* NULL: there is no such row. */
const struct csv_row *csv_find(const struct csv_table *table, const char *variant, const char *component,
                               const char *metric);

/* The value and its limits, NaN where there is no such row. */
struct interval csv_interval(const struct csv_table *table, const char *variant, const char *component,
                             const char *metric);

#endif
