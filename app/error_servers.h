/* error_servers.h - what gathered logs say of each server: "web[7]: 1158 unavailable", and what is usual in
 * its tier.
 *
 * Cost: O(entries of the results) for all of them. */
#ifndef APP_ERROR_SERVERS_H
#define APP_ERROR_SERVERS_H

#include "app/results.h"
#include "sim/outcome.h"

/* Records about one server with one cause. */
struct error_server {
    const char *component; /* "eyes.log.web[7]" */
    const char *server;    /* the end of that: "web[7]" */
    const char *cause;
    double count;
    double mean; /* of the servers of its tier */
};

struct error_servers {
    const struct results *results;
    size_t position;
    size_t instances;            /* of the tier whose rows are passed; 0: one server alone */
    double whole[OUTCOME_COUNT]; /* of that tier */
};

/* The next one of whom there are records; false: there is none. Begins with all but `results` zero. */
bool error_servers_next(struct error_servers *servers, struct error_server *next);

#endif
