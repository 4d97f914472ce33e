#include "app/csv.h"

#include "app/number.h"

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
        number_write(file, interval.mean);
        fputc(',', file);
        number_write(file, interval.low);
        fputc(',', file);
        number_write(file, interval.high);
        fprintf(file, ",%d\n", results->replications);
    }
}
