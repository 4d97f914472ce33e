/* clients_requests.h - what users ask for: the request classes of a clients component.
 *
 * Each class has a share of the requests, may be about a row of a data set with a popularity and celebrities
 * of its own, and has a priority and a size. The class of a request is where its draw falls on the shares
 * laid end to end, so that another share changes the class of few requests.
 *
 * Cost: O(log classes) a choice. Ownership: memory of the run; the configuration is the application's.
 */
#ifndef MODELS_CLIENTS_REQUESTS_H
#define MODELS_CLIENTS_REQUESTS_H

#include "models/data_set.h"
#include "models/param.h"

#define SHARE_EQUAL (-1.0)      /* request_class_config.share: all alike */
#define CLIENT_REQUEST_ONLY "request" /* name of the class where none is given */
#define POPULARITY_AS_DATA (-1) /* also .exponent: as the data set says */

struct request_class_config {
    const char *name;
    double share;    /* of the requests, or SHARE_EQUAL */
    const char *key; /* data set, NULL: none */
    int popularity;  /* enum popularity or POPULARITY_AS_DATA */
    double exponent; /* of Zipf, or POPULARITY_AS_DATA */
    struct param_list hot_rows;
    int64_t priority;
    int64_t request_size; /* bytes */
    int64_t assets;       /* fetched after the answer, all at once */
    const char *asset;    /* class of them, NULL: none */
};

/* Of one entry of "requests". */
extern const struct param_table client_request_params;

struct client_request {
    uint32_t bytes;
    uint16_t index; /* of the class in the run */
    uint16_t data;  /* 0: none */
    uint8_t priority;
    uint16_t assets;                   /* that a page needs, */
    const struct client_request *asset; /* of this class */
    struct row_chooser rows;
};

struct client_requests {
    uint32_t count;
    struct client_request *classes;
    uint64_t *share_ends; /* of the classes, one after the other, on a scale of 2^64 */
};

/* Adds the classes of `list` (of struct request_class_config; empty: one called request) to the run. For
 * wire_group. */
void client_requests_init(struct client_requests *requests, struct group *group,
                          const struct param_list *list);

/* draw: 64 random bits. */
const struct client_request *client_requests_search(const struct client_requests *requests, uint64_t draw);

/* The class of the next request; rng is drawn from only where there are several. */
static inline const struct client_request *client_requests_choose(const struct client_requests *requests,
                                                                  struct rng *rng)
{
    return requests->count == 1 ? requests->classes : client_requests_search(requests, rng_next(rng));
}

/* The class of that name, NULL: none. */
const struct request_class_config *client_requests_find(const struct param_list *list, const char *name);

/* What is wrong with the list; the second one, with the data sets at hand. */
void client_requests_check(const struct param_list *list, struct param_problems *problems);
void client_requests_check_wired(const struct client_requests *requests, const struct param_list *list,
                                 struct param_problems *problems);

#endif
