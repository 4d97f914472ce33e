/* arrival_trace.h - requests that were recorded: when each came, and what is known of it.
 *
 * Read from a CSV file by the application (PARAM_KIND_ARRIVAL_TRACE). The header names the columns, in any
 * order: `time` (s since the trace began, at most nine decimals, never going back) and, as far as there are
 * any, `user`, `key`, `class`, `size` (bytes). What a line leaves empty is drawn as for other arrivals.
 *
 * Ownership: the application's, unchanging. Memory: 40 bytes a line.
 */
#ifndef MODELS_ARRIVAL_TRACE_H
#define MODELS_ARRIVAL_TRACE_H

#include <stddef.h>
#include <stdint.h>

#define ARRIVAL_DRAWN UINT64_MAX /* .user, .key: not given */
#define ARRIVAL_CLASS_DRAWN UINT16_MAX
#define ARRIVAL_CLASSES_MAX 4096

struct arrival_record {
    int64_t time_ns;
    uint64_t user, key;
    uint32_t size;  /* bytes, 0: as the class says */
    uint32_t line;  /* of the file, from 1 */
    uint16_t class; /* in classes[] */
};

struct arrival_class {
    const char *name;
    uint32_t line; /* where it comes first */
};

struct arrival_trace {
    const char *file;
    size_t count;
    const struct arrival_record *records; /* in order of time */
    size_t class_count;
    const struct arrival_class *classes;
};

#endif
