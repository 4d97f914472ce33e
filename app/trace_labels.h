/* trace_labels.h - what the components, rows, steps and hops of a trace are called. */
#ifndef APP_TRACE_LABELS_H
#define APP_TRACE_LABELS_H

#include "sim/trace.h"

#define TRACE_LABEL_SIZE 256 /* bytes that hold any label */
#define TRACE_NAME_SIZE 96   /* and any name; longer ones are cut */

/* Each writes into `text` (TRACE_NAME_SIZE) and returns it. */
const char *trace_component_name(const struct component *component, char *text); /* db.shard[2] */
const char *trace_row_name(const struct trace *trace, uint16_t data, uint64_t key,
                           char *text);                                 /* row 42 of profiles */
const char *trace_step_name(const struct trace_step *step, char *text); /* cpu of box */

/* A hop: "cache[1] get, miss", "web[3], attempt 2, refused". label: TRACE_LABEL_SIZE. */
void trace_describe_visit(const struct trace *trace, uint32_t index, char *label);

/* Adds to the text in a buffer of TRACE_LABEL_SIZE bytes; what does not fit is cut. */
void trace_append(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
