/* scenario_params.h - a scenario's own fields as the parameter tables read them, before they are turned
 * into what runs. */
#ifndef APP_SCENARIO_PARAMS_H
#define APP_SCENARIO_PARAMS_H

#include "app/scenario.h"

/* Of coordinates that are not given. */
#define PARAM_UNKNOWN 1e9

struct region_config {
    const char *name;
    double latitude, longitude; /* degrees */
};

struct round_trip_config {
    const char *from, *to;
    int64_t round_trip; /* ns */
};

struct link_rule_config {
    const char *from, *to;
    struct distribution_config latency; /* s */
    double bandwidth;                   /* bytes/s */
    double loss;
    int64_t round_trips, connections, idle_timeout;
};

struct network_config {
    struct distribution_config latency; /* s */
    double path_stretch;
    struct param_list regions;     /* of struct region_config */
    struct param_list round_trips; /* of struct round_trip_config */
    struct param_list links;       /* of struct link_rule_config */
};

/* One entry of "faults". */
struct fault_member {
    const char *component;
};

struct fault_config {
    int64_t at; /* ns from the start of the measured time, as are all dates here */
    const char *crash, *cut; /* one of them; NULL */
    struct param_list with;  /* of struct fault_member, of a cut */
    const char *part; /* "all" */
    int64_t instance; /* INT64_MAX: all */
    int64_t count;    /* instances from that one on */
    int64_t until;    /* INT64_MAX: the end, or as lasts says */
    int64_t lasts;    /* INT64_MAX: as until says */
    bool silent;
};

struct scenario_config {
    const char *schema;
    int64_t format;
    const char *title, *ask, *base, *description, *catalog;
    struct time_config time;
    struct network_config network;
    struct param_list hosts; /* of struct host_config */
    struct param_list data;  /* of struct data_set_config */
    struct param_list faults; /* of struct fault_config */
};

struct component_common {
    const char *type;
    int64_t count;
    const char *region;
};

#endif
