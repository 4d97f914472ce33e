/* replication_params.c - see replication_params.h. */
#include "models/replication_params.h"

static const struct param_choice modes[] = {
    { "asynchronous", REPLICATION_ASYNCHRONOUS,
      "a write is acknowledged when the primary has it: replicas follow, and what none of them has yet dies "
      "with it" },
    { "semi_synchronous", REPLICATION_SEMI_SYNCHRONOUS,
      "a write is acknowledged when one replica has it on disk too" },
    { "synchronous", REPLICATION_SYNCHRONOUS,
      "a write is acknowledged when every replica has it on disk too" },
    { NULL, 0, NULL },
};

static const struct param_choice readers[] = {
    { "replicas", READS_AT_REPLICAS, "spread over the replicas; at the primary when there is none to ask" },
    { "all", READS_AT_ALL, "spread over the replicas and the primary" },
    { "primary", READS_AT_PRIMARY, "all at the primary: replicas are there for its death only" },
    { NULL, 0, NULL },
};

static const struct param_choice own_writes[] = {
    { "no", OWN_WRITES_MAY_BE_MISSING, "a user may read a row without the change that he has just made" },
    { "primary", OWN_WRITES_AT_PRIMARY,
      "a read goes to the primary when the replica has not applied its user's last write" },
    { "wait", OWN_WRITES_WAIT, "it waits until the replica has applied that write" },
    { NULL, 0, NULL },
};

static const struct param_choice old_primaries[] = {
    { "discard", OLD_PRIMARY_DISCARDS, "what it alone had is thrown away, and it follows the new one" },
    { "replay", OLD_PRIMARY_REPLAYS,
      "a script writes what it alone had to the new primary, except rows that have been written there "
      "since" },
    { NULL, 0, NULL },
};

static const struct param_row failover_rows[] = {
    PARAM_DURATION(
        struct failover_config, promotion, .default_text = "\"10s\"", .max = 1e15,
        .help = "From the election of a replica until it takes writes: others are told to follow it, callers "
                "where it is. What it has received and not applied comes on top when that takes longer."),
    PARAM_CHOICE(
        struct failover_config, old_primary, .default_text = "\"discard\"", .choices = old_primaries,
        .help =
            "What becomes of writes that the dead primary had on disk and the new one never got, once the "
            "dead one is back."),
    PARAM_END
};

static const struct param_table failover_params = {
    .rows = failover_rows,
    .size = sizeof(struct failover_config),
    .help = "the replica that has most of the log becomes the primary when that is down"
};

static const struct param_row replacement_rows[] = {
    PARAM_DURATION(
        struct replacement_config, after, .default_text = "\"1m\"", .max = 1e15,
        .help = "How long a node has been known to be down when a new machine is started in its place."),
    PARAM_BANDWIDTH(
        struct replacement_config, bandwidth, .default_text = "\"100MB/s\"", .min = 1, .max = 1e15,
        .help = "How fast rows are copied to it at most; the disks at both ends and the network card of the "
                "node that they come from, which serves meanwhile, may make it slower."),
    PARAM_END
};

static const struct param_table replacement_params = {
    .rows = replacement_rows,
    .size = sizeof(struct replacement_config),
    .help = "a new machine is filled with the rows and then follows"
};

static const struct param_row rows[] = {
    PARAM_CHOICE(struct replication_config, mode, .default_text = "\"asynchronous\"", .choices = modes,
                 .help = "When a write is acknowledged."),
    PARAM_CHOICE(struct replication_config, reads, .default_text = "\"replicas\"", .choices = readers,
                 .help = "Who answers reads."),
    PARAM_CHOICE(struct replication_config, read_your_writes, .default_text = "\"no\"", .choices = own_writes,
                 .help = "Whether users see what they have written themselves, whoever answers."),
    PARAM_DISTRIBUTION(
        struct replication_config, apply_time,
        .default_text = "{ \"law\": \"exponential\", \"mean\": \"0.2ms\" }",
        .help = "CPU time of a replica to apply one entry of the log, its first row; further ones take "
                "row_read_time each. Less than the write took, as nothing is parsed and planned."),
    PARAM_COUNT(struct replication_config, apply_threads, .default_text = "4", .min = 1, .max = 256,
                .help = "Entries about different rows that a replica applies at the same time.",
                .source = "MySQL 8.0, replica_parallel_workers"),
    PARAM_DURATION(
        struct replication_config, ship_delay, .default_text = "\"0s\"", .max = 1e15,
        .help =
            "How long the primary keeps an entry before it sends it, as with logs that are shipped by the "
            "file; 0: it is sent when it is on the primary's disk."),
    PARAM_DURATION(
        struct replication_config, apply_delay, .default_text = "\"0s\"", .max = 1e15,
        .help = "Replicas apply an entry so long after it was written at the primary, not earlier; they have "
                "it meanwhile, and a failover loses nothing by it."),
    PARAM_DURATION(
        struct replication_config, sync_timeout, .default_text = "\"10s\"", .word = "never",
        .word_value = PARAM_WORD_MAX, .max = 1e15,
        .help = "A write waits so long for replicas that do not answer; then they are left out until they "
                "have caught up.",
        .source = "MySQL, rpl_semi_sync_source_timeout"),
    PARAM_DURATION(
        struct replication_config, detection, .default_text = "\"10s\"", .max = 1e15,
        .help =
            "How long a node has been down when the others know: until then reads try it first and writes "
            "fail."),
    PARAM_BYTES(struct replication_config, log_kept, .default_text = "\"10GB\"", .min = 1, .max = 1e18,
                .help =
                    "Log that is kept for replicas that are down; one that has missed more is filled anew."),
    PARAM_OPTIONAL(struct replication_config, failover, struct failover_config, .default_text = "\"none\"",
                   .table = &failover_params,
                   .help = "What happens when the primary is down; none: writes fail until it is back."),
    PARAM_OPTIONAL(struct replication_config, replacement, struct replacement_config,
                   .default_text = "\"none\"", .table = &replacement_params,
                   .help = "Whether a new machine takes the place of one that stays down."),
    PARAM_END
};

const struct param_table replication_params = { .rows = rows,
                                                .size = sizeof(struct replication_config),
                                                .help = "how the replicas of a database are kept in step" };

void replication_check(const struct replication_config *config, int64_t replicas,
                       struct param_problems *problems)
{
    const char *help = "give it \"replicas\"";

    if (replicas > 0)
        return;
    if (config->mode != REPLICATION_ASYNCHRONOUS)
        param_problem(problems, "replication.mode", help, "there is no replica that a write could wait for");
    if (config->read_your_writes != OWN_WRITES_MAY_BE_MISSING)
        param_problem(problems, "replication.read_your_writes", help,
                      "there is no replica that could miss a write");
    if (config->failover)
        param_problem(problems, "replication.failover", help, "there is no replica that could take over");
    if (config->replacement)
        param_problem(problems, "replication.replacement", help,
                      "there is no replica that could fill a new machine");
}
