/* version.h - what a version of the software does differently, and which one each instance runs.
 *
 * A deployment (deploy.h) puts versions on the instances of components. A version has defects: requests that
 * fail, work that takes longer, memory that is not given back, rows that are written so that the versions
 * before cannot read them. What users meet of that depends on which instances run it, for how long.
 *
 * Which requests a bug strikes belongs to the request: the draw is a function of the defect and of the number
 * that its source gave it, so a request that fails on one bad server fails on every one, in every attempt. (A
 * message that is delivered again is a request of its own.)
 *
 * Rows in a new form: who writes a row in a form that was not there before leaves a mark with its number and
 * with the row's version; whoever knows older forms only and reads that version or a later one fails. Copies
 * of the row from before (in a cache, on a replica) can still be read. Who writes the row anew writes it in
 * its own form. Sessions in a store are rows; a session in an unknown form is as none. Of a step about
 * several rows only that of its key counts; a copy in a cache has the form of its row. Messages have that of
 * whoever published the last one about the same row, or of the same user where it is about none.
 *
 * Cost: nothing for components that nothing is deployed on: handlers and services look for versions when they
 * are wired. Else O(defects) a request that reaches an instance with any; 16 bytes a slot of a table for each
 * row in a new form, and for each user who was struck.
 */
#ifndef MODELS_VERSION_H
#define MODELS_VERSION_H

#include "models/host.h"
#include "models/param.h"
#include "models/row_table.h"
#include "sim/request.h"

#define VERSION_DEFECTS_MAX 64
#define DEFECT_AS_TESTS 2.0

/* ---- as written ---- */

enum defect_verb { DEFECT_FAILS = 1, DEFECT_COMPUTE, DEFECT_LEAK, DEFECT_INCOMPATIBLE };

enum defect_moment { DEFECT_AT_START, DEFECT_AT_END };

struct defect_class {
    const char *name;
};

struct defect_config {
    int verb; /* enum defect_verb; the member of that name is set */
    double fails;
    double compute;
    int64_t leak; /* bytes */
    bool incompatible;
    int moment;                /* enum defect_moment */
    struct param_list classes; /* of struct defect_class; none: all */
    double chance;
    double caught; /* DEFECT_AS_TESTS: as those say */
};

struct version_config {
    const char *name;
    int64_t at;            /* ns of the measured time */
    int64_t times, every;  /* ns */
    struct param_list defects; /* of struct defect_config */
};

extern const struct param_table version_params;

/* ---- as run ---- */

struct defect {
    const struct defect_config *config;
    uint64_t draw_key;
    bool *concerns; /* by request class of the run */
};

struct version {
    const struct version_config *config;
    struct defect *defects; /* as many as written */
};

/* One time that a version goes out. */
struct release {
    const struct version *version; /* NULL: what was there first */
    uint64_t defects;              /* a bit for each that it has */
    uint32_t number;               /* from 1; 0: what was there first */
    uint16_t form;                 /* the newest form of rows that it knows and writes */
};

/* Of a deployment, in the window. */
struct version_counts {
    uint64_t requests;  /* that came to an instance with the latest release */
    uint64_t failed;    /* by a bug, or by a memory that leaks had filled */
    uint64_t users;     /* different ones who sent these, since the run began */
    uint64_t slowed;    /* computations that took longer */
    uint64_t unreadable; /* rows in a form that the reader did not know */
};

struct running {
    struct release release;
    struct host *host;  /* whose memory has leaked, NULL: none has */
    int64_t leaked;     /* bytes */
    int64_t started_ns; /* the program */
};

/* Of one component. */
struct versions {
    struct group *group;
    struct running *running; /* by instance */
    struct version_counts *counts;
    struct row_table *struck; /* users */
    struct row_table *forms; /* of rows, messages: entry->state is the form, entry->version the first in it */
    uint32_t latest;         /* number of the release that went out last */
};

/* Makes the runtime part of a version; classes are concerned once the run knows them. */
void version_init(struct version *version, struct group *deploy, const struct version_config *config);
void version_find_classes(struct version *version, struct sim *sim);

/* What is deployed on that group; NULL: nothing ever. For wire_group and later. */
struct versions *versions_of(struct group *group);

/* The instance's program starts anew as that release: what had leaked is free. */
void version_start(struct versions *versions, const struct component *self, const struct release *release);

/* A request has come to the instance. host: whose memory leaks, NULL: nobody's. False: it is full. */
bool version_enter(struct versions *versions, const struct component *self, const struct request *request,
                   struct host *host);

/* Whether a bug of that moment strikes the request. */
bool version_fails(struct versions *versions, const struct component *self, const struct request *request,
                   enum defect_moment moment);

/* What work of so many ns takes there. */
int64_t version_work_ns(struct versions *versions, const struct component *self,
                        const struct request *request, int64_t work_ns);

/* The instance has written the row that the reply is about; can it read the one that a reply is about? */
void version_wrote(struct versions *versions, const struct component *self, const struct request *reply);
bool version_reads(struct versions *versions, const struct component *self, const struct request *reply);

/* The same of a message that was published, and of one that has come. */
void version_published(struct versions *versions, const struct component *self,
                       const struct request *message);
bool version_takes(struct versions *versions, const struct component *self, const struct request *message);


#endif
