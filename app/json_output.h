/* json_output.h - results with their histograms as JSON (RFC 8259), for programs.
 *
 *     { "format": 1, "scenario": TITLE, OR NAME OF THE FILE, "version", "seed", "replications",
 *       "variants": [
 *         { "name", "title", "based_on", "replications", "measured_s", "partial",
 *           "grew": { "component", "requests_inside" }, "overloaded",
 *           "limit": { "component", "resource", "utilisation" },
 *           "expectations": [ { "metric", "comparison", "bound", "unit", "written",
 *                               "value", "ci_low", "ci_high", "verdict" } ],
 *           "metrics": [ { "component", "metric", "unit", "value", "ci_low", "ci_high" } ],
 *           "histograms": [ { "component", "name", "unit", "buckets": [ [lower, upper, count], ... ] } ] } ],
 *       "complete": true,
 *       "run": { "wall_time_s", "file", "command" } }
 *
 * The same scenario and seed give the same bytes but for "run", which is the last line but one. Values in SI
 * base units; what was not measured is null, and so is an interval that there is none of. Buckets that are
 * empty are left out; lower and upper are the smallest and the greatest time of a bucket, both included.
 * "complete" is false when a run was cut: then the last variant is partial, and those behind it are missing.
 *
 * Text that is not UTF-8 (in names of files) gets U+FFFD in its place. Write errors stay in the stream for
 * the caller to see.
 */
#ifndef APP_JSON_OUTPUT_H
#define APP_JSON_OUTPUT_H

#include "app/summary.h"

#define JSON_OUTPUT_FORMAT 1

/* Everything before the variants. */
void json_output_begin(FILE *file, const struct summary *summary);

/* One variant; `is_first` of the file. */
void json_output_variant(FILE *file, const struct outcome_of_variant *run, bool is_first);

/* Everything behind them. wall_time_s: what the run took; is_complete: nothing was cut. */
void json_output_end(FILE *file, const struct summary *summary, bool is_complete, double wall_time_s);

#endif
