/* outcome.h - how a request ended: ok, or the cause of its failure. */
#ifndef SIM_OUTCOME_H
#define SIM_OUTCOME_H

enum outcome {
    OUTCOME_OK,
    OUTCOME_TIMEOUT,     /* the caller's limit passed before the answer came */
    OUTCOME_REFUSED,     /* a bounded waiting line was full */
    OUTCOME_UNAVAILABLE, /* there was nobody to send it to */
    OUTCOME_CRASHED,     /* the server died with the request inside */
    OUTCOME_LOST,        /* the network gave up resending it */
    OUTCOME_NOT_FOUND,   /* the row it asked for is not there */
    OUTCOME_ERROR,       /* the application answered with an error */
    OUTCOME_COUNT
};

struct outcome_row {
    const char *name; /* in metrics: requests.failed.NAME */
    const char *help;
};

extern const struct outcome_row outcome_rows[OUTCOME_COUNT];

#endif
