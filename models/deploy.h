/* deploy.h - configuration and state of the model `deploy`; see deploy.c. */
#ifndef MODELS_DEPLOY_H
#define MODELS_DEPLOY_H

#include "models/model.h"
#include "models/version.h"
#include "sim/duration.h"

enum deploy_strategy { DEPLOY_ALL_AT_ONCE, DEPLOY_ROLLING, DEPLOY_BLUE_GREEN, DEPLOY_CANARY };

struct deploy_component {
    const char *component;
};

struct deploy_tests_config {
    struct distribution_config duration;
    double catches;
};

struct deploy_alert {
    const char *name;
};

struct deploy_rollback_config {
    const char *monitor;      /* NULL: none */
    struct param_list alerts; /* of struct deploy_alert */
    int64_t after; /* ns; INT64_MAX: never */
    struct param_quantity batch;
    int64_t watch; /* ns */
};

struct deploy_config {
    struct param_list components; /* of struct deploy_component */
    struct param_list versions;   /* of struct version_config */
    int strategy;
    struct param_quantity batch, canary;
    int64_t pause, canary_time, between; /* ns */
    bool together;
    struct distribution_config restart_time, boot_time;
    int64_t drain, keep; /* ns */
    const struct deploy_tests_config *tests;
    const struct deploy_rollback_config *rollback;
};

/* What is done about one instance. */
struct deploy_errand {
    uint64_t changes; /* decisions about it; clocks of older ones have nothing to say */
    uint32_t state;   /* number of its state after the last of them: another one is somebody else's doing */
    int64_t cut_ns;   /* what is inside by then is cut off */
    int64_t poll_ns;  /* until it is looked again whether it is idle */
    bool goes;        /* it is not to come back */
    bool is_at_work;  /* a clock will tell when it is ready */
};

/* One component that is deployed on. */
struct deploy_target {
    struct versions versions;
    struct deploy_errand *errands; /* by instance */
    uint32_t listed;               /* in service when its turn came */
    const struct group *taken_by;  /* another deployment has it; NULL: none */
};

struct deploy_unit {
    uint32_t target, instance;
};

enum deploy_phase {
    DEPLOY_IDLE,
    DEPLOY_TESTING,
    DEPLOY_AT_WORK,  /* instances stop and start */
    DEPLOY_PAUSING,  /* until the next ones do */
    DEPLOY_WATCHING, /* all is done, and may be undone */
    DEPLOY_ENDING,   /* it is over but for those that leave */
};

struct deploy_shared {
    struct deploy_target *targets; /* as many as components */
    struct version *versions;      /* as many as written */
    uint32_t *released;            /* releases of each so far */
    struct row_table forms, struck;
    uint16_t form_count;
    uint32_t release_count;
    struct release stable, candidate; /* what they ran before, and what they are to run */
    struct duration test, restart, boot;
    struct rng builds, catches;
    uint64_t orders; /* machines and programs that were started */

    enum deploy_phase phase;
    bool back;        /* it is being undone */
    bool is_canary;   /* of the batch at work */
    bool is_acting;   /* in an event of its own */
    bool has_changed; /* who is in service with what, since it was last counted */
    uint64_t clock;   /* of the phase: earlier ones have nothing to say */
    int64_t due_ns;   /* it ends */
    uint32_t stage;   /* the component that is at its turn */
    uint32_t at_work; /* instances */
    struct group **alerts; /* as many as written */
    struct deploy_unit *units;
    uint32_t unit_count, unit_next, unit_room;
    int64_t begun_ns, served_ns, decided_ns; /* the deployment; its first instance in service; the rollback */
};

struct deploy {
    struct version_counts counts;
    struct amount fresh, mixed;
    uint64_t versions, caught, missed;
    uint64_t deployments, completed, rollbacks, rolled_back;
    uint64_t duration_ns, exposure_ns, rollback_ns;
    uint64_t restarts, cut_short;
};

extern const struct model_type deploy_model;
extern const struct param_table deploy_params;

/* What that deployment puts on the group; NULL: it does not. */
struct versions *deploy_versions(struct group *deploy, struct group *group);

/* How many of so many a quantity means: a number, or a share of them, rounded down. */
uint32_t deploy_share(const struct param_quantity *quantity, uint32_t count);

/* What no row can say, before and after the wiring. */
void deploy_check(const void *config, struct param_problems *problems);
void deploy_check_wired(const struct group *group, struct param_problems *problems);

#endif
