/* param_sample.h - a table with every kind of row, for the tests of what is made from tables. */
#ifndef TESTS_PARAM_SAMPLE_H
#define TESTS_PARAM_SAMPLE_H

#include "models/param.h"

enum sample_verb { SAMPLE_COMPUTE = 1, SAMPLE_READ, SAMPLE_PARALLEL };
enum sample_order { SAMPLE_FIFO, SAMPLE_LIFO = 7 };

struct sample_step {
    int verb;
    struct distribution_config compute;
    const char *read;
    struct param_list parallel; /* of struct sample_step */
    int64_t rows;
    const char *data;
    bool once;
};

struct sample_handler {
    const char *name;
    struct param_list steps;
};

struct sample_class {
    const char *name;
    double share;
    int64_t priority;
};

struct sample_disk {
    int64_t size;
    double speed;
};

struct sample_call {
    int64_t timeout;
    int64_t retries;
};

struct sample_config {
    bool on;
    int64_t workers;
    double exponent;
    int64_t delay;
    int64_t memory;
    double bandwidth;
    double rate;
    double loss;
    double fee;
    double price;
    int order;
    const char *note;
    struct distribution_config service;
    const char *then;
    struct sample_disk disk;
    const struct sample_disk *spare;
    struct param_list disks;    /* of struct sample_disk */
    struct param_list classes;  /* of struct sample_class */
    struct param_list handlers; /* of struct sample_handler */
    struct sample_call call;
};

extern const struct param_table sample_params;

#endif
