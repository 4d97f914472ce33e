#include "app/csv.h"

#include <math.h>
#include <string.h>

/* The shortest decimal that reads back as the same number, so that files are small and lose nothing. */
static void write_number(FILE *file, double value)
{
    char text[40];

    if (!isfinite(value))
        return;
    for (int digits = 6; digits <= 17; digits++) {
        double read = 0;

        snprintf(text, sizeof text, "%.*g", digits, value);
        if (sscanf(text, "%lf", &read) == 1 && read == value)
            break;
    }
    fputs(text, file);
}

void csv_write_header(FILE *file)
{
    fputs(CSV_HEADER "\n", file);
}

void csv_write(FILE *file, const char *variant, const struct results *results, bool overloaded)
{
    fprintf(file, "%s,total,overloaded,1,%d,,,%d\n", variant, overloaded, results->replications);
    for (size_t i = 0; i < results->entry_count; i++) {
        const struct result_entry *entry = &results->entries[i];
        struct interval interval = results_interval(results, entry);

        fprintf(file, "%s,%s,%s,%s,", variant, entry->component, entry->metric, entry->unit);
        write_number(file, interval.mean);
        fputc(',', file);
        write_number(file, interval.low);
        fputc(',', file);
        write_number(file, interval.high);
        fprintf(file, ",%d\n", results->replications);
    }
}
