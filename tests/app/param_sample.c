#include "tests/app/param_sample.h"

#include "models/param.h"

extern const struct param_table sample_step_params;

static const struct param_choice orders[] = {
    { "fifo", SAMPLE_FIFO, "first come, first served" },
    { "lifo", SAMPLE_LIFO, "the latest first" },
    { NULL, 0, NULL },
};

static const struct param_row step_rows[] = {
    PARAM_DISTRIBUTION(struct sample_step, compute, .verb = SAMPLE_COMPUTE,
                       .help = "Work for the processor."),
    PARAM_REFERENCE(struct sample_step, read, .verb = SAMPLE_READ, .refers_to = PARAM_REFERS_COMPONENT,
                    .roles = ROLE_STORE, .help = "Reads rows of a store."),
    PARAM_LIST(struct sample_step, parallel, .verb = SAMPLE_PARALLEL, .table = &sample_step_params,
               .help = "Steps that are done at once."),
    PARAM_COUNT(struct sample_step, rows, .default_text = "1", .min = 1, .max = 1000,
                .verbs = 1 << SAMPLE_READ, .help = "Rows that are read."),
    PARAM_REFERENCE(struct sample_step, data, .refers_to = PARAM_REFERS_DATA, .verbs = 1 << SAMPLE_READ,
                    .help = "Data set that the rows are of."),
    PARAM_BOOL(struct sample_step, once, .default_text = "false", .help = "Skipped the second time."),
    PARAM_END
};

const struct param_table sample_step_params = {
    .rows = step_rows,
    .size = sizeof(struct sample_step),
    .has_verbs = true,
    .verb_offset = offsetof(struct sample_step, verb),
    .help = "a step",
};

static const struct param_row handler_rows[] = { PARAM_LIST(struct sample_handler, steps,
                                                            .table = &sample_step_params, .min = 1, .max = 50,
                                                            .help = "What is done."),
                                                 PARAM_END };

static const struct param_table handler_params = PARAM_TABLE(struct sample_handler, handler_rows);

static const struct param_row class_rows[] = {
    PARAM_FRACTION(struct sample_class, share, .help = "Share of the requests."),
    PARAM_COUNT(struct sample_class, priority, .default_text = "0", .max = 7, .help = "Place in line."),
    PARAM_END
};

static const struct param_table class_params = PARAM_TABLE(struct sample_class, class_rows);

static const struct param_row disk_rows[] = {
    PARAM_BYTES(struct sample_disk, size, .default_text = "\"1GB\"", .min = 1, .max = 1e15,
                .help = "Bytes it holds."),
    PARAM_RATE(struct sample_disk, speed, .default_text = "\"100/s\"", .max = 1e9, .min_exclusive = true,
               .help = "Operations that it does at most."),
    PARAM_END
};

static const struct param_table disk_params = { .rows = disk_rows,
                                                .size = sizeof(struct sample_disk),
                                                .help = "a disk" };

static const struct param_row call_rows[] = {
    PARAM_DURATION(struct sample_call, timeout, .default_text = "\"never\"", .word = "never",
                   .word_value = PARAM_WORD_MAX, .min = 1, .max = PARAM_WORD_MAX,
                   .help = "When it is given up."),
    PARAM_COUNT(struct sample_call, retries, .default_text = "0", .max = 100, .help = "Further attempts."),
    PARAM_END
};

static const struct param_table call_table = PARAM_TABLE(struct sample_call, call_rows);

static const struct param_row rows[] = {
    PARAM_BOOL(struct sample_config, on, .default_text = "true", .help = "Whether it works."),
    PARAM_COUNT(struct sample_config, workers, .default_text = "64", .min = 1, .max = 1e6,
                .word = "unlimited", .word_value = PARAM_WORD_MAX, .help = "Requests at once."),
    PARAM_REAL(struct sample_config, exponent, .default_text = "0.99", .max = 10, .help = "Of the law.",
               .source = "Zipf, 1949"),
    PARAM_DURATION(struct sample_config, delay, .default_text = "\"5ms\"", .min = 1000, .max = 3.6e12,
                   .help = "Before it starts."),
    PARAM_BYTES(struct sample_config, memory, .default_text = "\"1GiB\"", .help = "What it takes."),
    PARAM_BANDWIDTH(struct sample_config, bandwidth, .default_text = "\"1Gb/s\"", .word = "unlimited",
                    .word_value = INFINITY, .help = "Of its network."),
    PARAM_RATE(struct sample_config, rate, .default_text = "\"10/s\"", .help = "Of its events."),
    PARAM_FRACTION(struct sample_config, loss, .default_text = "\"0%\"", .help = "Of its messages."),
    PARAM_MONEY(struct sample_config, fee, .default_text = "\"$1\"", .help = "To be paid once."),
    PARAM_MONEY_RATE(struct sample_config, price, .default_text = "\"$0.10/h\"", .max = 100,
                     .help = "To be paid always."),
    PARAM_CHOICE(struct sample_config, order, .default_text = "\"fifo\"", .choices = orders,
                 .help = "Who is next."),
    PARAM_TEXT(struct sample_config, note, .default_text = "\"\"", .help = "Anything."),
    PARAM_DISTRIBUTION(struct sample_config, service, .help = "How long it takes."),
    PARAM_REFERENCE(struct sample_config, then, .default_text = "\"none\"", .word = "none",
                    .refers_to = PARAM_REFERS_COMPONENT, .roles = ROLE_SERVER,
                    .help = "What is called next."),
    PARAM_OBJECT(struct sample_config, disk, struct sample_disk, .default_text = "{}", .table = &disk_params,
                 .help = "The disk it has."),
    PARAM_OPTIONAL(struct sample_config, spare, struct sample_disk, .default_text = "\"none\"",
                   .table = &disk_params, .help = "Another disk."),
    PARAM_LIST(struct sample_config, disks, .default_text = "[]", .table = &disk_params,
               .help = "Even more disks."),
    PARAM_MAP(struct sample_config, classes, .default_text = "{}", .table = &class_params,
              .help = "By class."),
    PARAM_MAP(struct sample_config, handlers, .default_text = "{}", .table = &handler_params,
              .help = "What is done for a class."),
    PARAM_END
};

const struct param_table sample_params = { .rows = rows,
                                           .size = sizeof(struct sample_config),
                                           .also = &call_table,
                                           .also_offset = offsetof(struct sample_config, call),
                                           .help = "a sample" };
