/* scenario.h - a scenario as it is read: the base and its variants, every field checked and in place.
 *
 * Reading goes: strict scan and parse (json_document), then for the base and each variant the merged JSON is
 * read by the parameter tables into configuration structs, references are resolved and a trial run is wired,
 * which shows cycles, impossible wirings and which metrics exist. All errors of a file are collected; one
 * error is enough to run nothing.
 *
 * Ownership: the scenario owns everything that it points to, also what the tables read.
 */
#ifndef APP_SCENARIO_H
#define APP_SCENARIO_H

#include "app/diagnostics.h"
#include "app/json_document.h"
#include "app/param_read.h"
#include "app/statistics.h"
#include "models/environment.h"
#include "models/model.h"
#include "sim/network.h"

#define SCENARIO_FORMAT 1
#define SCENARIO_COMPONENTS_MAX 1000
#define SCENARIO_EXPECTATIONS_MAX 1000 /* of a variant */
#define SCENARIO_VARIANTS_MAX 200

enum time_kind { TIME_STEADY, TIME_EPISODE };

struct time_config {
    int kind;          /* enum time_kind */
    int64_t warm_up;   /* ns, not measured */
    int64_t measure;   /* ns */
};

/* One metric and its bound: "total.latency.p99": "< 100ms". */
struct expectation {
    const char *path; /* as written, for errors: "expect.total.latency.p99" */
    const char *component;
    const char *metric;
    enum comparison comparison;
    double bound;
    const char *text; /* the bound as written: "< 100ms" */
    const char *unit; /* of the metric */
};

struct component_config {
    const char *name; /* "web"; of a site's copy "seoul/web" */
    const char *site; /* the data center whose copy it is; NULL: none */
    const struct model_type *type;
    int64_t count;
    const char *region; /* NULL: none */
    const void *config; /* of the model */
};

/* Of the timeline, with dates of the run. */
struct scenario_fault {
    const char *component;
    const char *part; /* NULL: all, or it has none */
    uint32_t first, last; /* instances */
    int64_t from_ns, until_ns;
    bool silent;
    bool of_site; /* the component dies with its data center */
    bool is_cut;             /* the network is; nobody dies */
    const char *const *with; /* components on the same side of the cut */
    size_t with_count;
};

struct scenario_variant {
    const char *name; /* "base" or the name in "variants" */
    const char *title; /* what is different, in the writer's words; may be NULL */
    const struct scenario_variant *based_on; /* NULL: the base itself */
    struct time_config time;
    struct environment environment;
    struct network network;
    struct component_config *components;
    size_t component_count;
    struct scenario_fault *faults;
    size_t fault_count;
    struct expectation *expectations;
    size_t expectation_count;
};

struct scenario {
    const char *path;  /* as given */
    const char *title; /* may be NULL */
    const char *ask;
    struct json_document document;
    struct arena arena;
    struct scenario_variant *variants; /* the base first */
    size_t variant_count;
};

enum scenario_status { SCENARIO_OK, SCENARIO_INVALID, SCENARIO_OUT_OF_MEMORY };

/* What the command line changes. */
struct scenario_overrides {
    const char *const *settings; /* "path=value" of --set */
    size_t setting_count;
    uint64_t memory_budget_bytes; /* of a trial run, 0: no limit */
    const struct source_text *text; /* of the file, when it was read before; NULL: it is read */
};

/* Reads and checks. Everything wrong is in diagnostics; deinit in any case. */
enum scenario_status scenario_read(struct scenario *scenario, const char *path,
                                   const struct scenario_overrides *overrides,
                                   struct diagnostics *diagnostics);
void scenario_deinit(struct scenario *scenario);

/* The rows of a scenario's own fields (title, time, data ...), for the schema and the reference. */
extern const struct param_table scenario_params;
/* Fields of a scenario that follow rules of their own: components, expect, variants; ended by NULL. */
extern const char *const scenario_other_fields[];
/* Rows that every component has beside its model's: type, count, region. */
extern const struct param_table component_params;

/* The variant of that name, NULL: none. */
const struct scenario_variant *scenario_find_variant(const struct scenario *scenario, const char *name);

/* The component that a text like "web.hits" begins with; NULL: none. */
const struct component_config *scenario_component_of(const struct scenario_variant *variant, const char *text);

#endif
