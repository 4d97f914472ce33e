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
    { "quorum", REPLICATION_QUORUM,
      "no node leads: a write goes to all copies and waits for some, a read asks some and takes the newest "
      "answer; kinds key_value, document and wide_column" },
    { NULL, 0, NULL },
};

static const struct param_choice readers[] = {
    { "replicas", READS_AT_REPLICAS, "spread over the replicas; at the primary when there is none to ask" },
    { "all", READS_AT_ALL, "spread over the replicas and the primary" },
    { "nearest", READS_AT_NEAREST,
      "each at the node with the shortest way from its caller, the primary included; spread over those that "
      "are as near; with `replica_regions`" },
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
    PARAM_BOOL(struct failover_config, fencing, .default_text = "true",
               .help = "Whether a primary that the network has cut off refuses writes from the election of "
                       "another one on. Else it goes on taking those of whoever still reaches it: there are "
                       "two, and what it alone has is thrown away, or replayed, when the network is whole "
                       "again."),
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

static const struct param_row region_rows[] = {
    PARAM_TEXT(struct replica_region, region, .help = "A region of `network.regions`."),
    PARAM_END
};

static const struct param_table region_params = { .rows = region_rows,
                                                  .size = sizeof(struct replica_region),
                                                  .help = "where a replica stands" };

static const struct param_choice quorum_asks[] = {
    { "enough", QUORUM_ASKS_ENOUGH, "as many as have to answer, and another one for each that fails" },
    { "all", QUORUM_ASKS_ALL, "all, and the first to answer count: more work, less waiting" },
    { NULL, 0, NULL },
};

static const struct param_row quorum_rows[] = {
    PARAM_COUNT(struct quorum_config, read, .default_text = "\"majority\"", .word = "majority",
                .word_value = QUORUM_MAJORITY, .min = 1, .max = REPLICAS_MAX + 1,
                .help = "Copies that have to answer a read (R). Where R and W together are more than the "
                        "copies, a read meets every write that was acknowledged before it."),
    PARAM_COUNT(struct quorum_config, write, .default_text = "\"majority\"", .word = "majority",
                .word_value = QUORUM_MAJORITY, .min = 1, .max = REPLICAS_MAX + 1,
                .help = "Copies that have to have a write before it is acknowledged (W); it is sent to all."),
    PARAM_CHOICE(struct quorum_config, asks, .default_text = "\"enough\"", .choices = quorum_asks,
                 .help = "How many copies a read asks."),
    PARAM_BOOL(struct quorum_config, read_repair, .default_text = "true",
               .help = "Whether a read whose answers differ writes the newest version to the copies that "
                       "gave an older one."),
    PARAM_DURATION(struct quorum_config, hints_kept, .default_text = "\"3h\"", .max = 1e15,
                   .help = "How long a copy is down until the others stop keeping for it what it misses. "
                           "What it has missed by then it gets by reads that repair it, or not at all.",
                   .source = "Apache Cassandra, max_hint_window"),
    PARAM_END
};

static const struct param_table quorum_params = { .rows = quorum_rows,
                                                  .size = sizeof(struct quorum_config),
                                                  .help = "how many copies a read and a write wait for" };

static const struct param_row rows[] = {
    PARAM_CHOICE(struct replication_config, mode, .default_text = "\"asynchronous\"", .choices = modes,
                 .help = "When a write is acknowledged."),
    PARAM_CHOICE(struct replication_config, reads, .default_text = "\"replicas\"", .choices = readers,
                 .help = "Who answers reads."),
    PARAM_CHOICE(struct replication_config, read_your_writes, .default_text = "\"no\"", .choices = own_writes,
                 .help = "Whether users see what they have written themselves, whoever answers."),
    PARAM_LIST(struct replication_config, replica_regions, .default_text = "[]", .table = &region_params,
               .help = "The region of each replica in turn; further ones stand with the primary, in the "
                       "database's own region. A caller's message pays the way to the node that it is sent "
                       "to, the log the way from the primary to each replica. The database is in no "
                       "data center then: a fault of its `part` \"primary\" is the one that takes its node "
                       "when a site burns down."),
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
    PARAM_OBJECT(struct replication_config, quorum, struct quorum_config, .default_text = "{}",
                 .table = &quorum_params, .help = "How many copies have to answer; mode quorum."),
    PARAM_END
};

const struct param_table replication_params = { .rows = rows,
                                                .size = sizeof(struct replication_config),
                                                .help = "how the replicas of a database are kept in step" };

/* ---- what no row can say ---- */

static void check_without_replicas(const struct replication_config *config, struct param_problems *problems)
{
    const char *help = "give it \"replicas\"";

    if (config->mode == REPLICATION_QUORUM)
        param_problem(problems, "replication.mode", help, "one copy is no quorum");
    else if (config->mode != REPLICATION_ASYNCHRONOUS)
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

/* Words of a leader and its log, where there is none. */
static void check_leaderless(const struct replication_config *config, struct param_problems *problems)
{
    if (config->reads != READS_AT_REPLICAS && config->reads != READS_AT_NEAREST)
        param_problem(problems, "replication.reads", "`quorum.read` says how many copies a read asks",
                      "all copies are alike in mode quorum");
    if (config->read_your_writes != OWN_WRITES_MAY_BE_MISSING)
        param_problem(problems, "replication.read_your_writes",
                      "with read and write quorums of more than all copies together everybody reads them",
                      "nobody knows who has which writes in mode quorum");
    if (config->failover)
        param_problem(problems, "replication.failover", "leave it out",
                      "mode quorum has no primary that another one could take over from");
    if (config->replacement)
        param_problem(problems, "replication.replacement", "leave it out",
                      "in mode quorum a copy that is down is waited for");
    if (config->ship_delay)
        param_problem(problems, "replication.ship_delay", "leave it out", "mode quorum ships no log");
    if (config->apply_delay)
        param_problem(problems, "replication.apply_delay", "leave it out", "mode quorum applies no log");
}

static void check_quorum(const struct quorum_config *quorum, int64_t copies, struct param_problems *problems)
{
    int64_t majority = copies / 2 + 1, read = quorum->read ? quorum->read : majority,
            write = quorum->write ? quorum->write : majority;

    if (quorum->read > copies)
        param_problem(problems, "replication.quorum.read", "copies are the first one and its `replicas`",
                      "a quorum of %lld, larger than the %lld copies", (long long)quorum->read,
                      (long long)copies);
    if (quorum->write > copies)
        param_problem(problems, "replication.quorum.write", "copies are the first one and its `replicas`",
                      "a quorum of %lld, larger than the %lld copies", (long long)quorum->write,
                      (long long)copies);
    if (read <= copies && write <= copies && read + write <= copies)
        param_warning(problems, "replication.quorum",
                      "a read of more copies, or a write to more, would meet every acknowledged write",
                      "%lld that read and %lld that write are not more than the %lld copies: reads may be "
                      "stale", (long long)read, (long long)write, (long long)copies);
}

static void check_regions(const struct replication_config *config, int64_t replicas,
                          struct param_problems *problems)
{
    size_t regions = config->replica_regions.count;

    if (config->reads == READS_AT_NEAREST && !regions)
        param_problem(problems, "replication.reads", "give it \"replica_regions\"",
                      "all nodes stand at the same place, so that none is the nearest");
    if (replicas >= 0 && regions > (size_t)replicas)
        param_problem(problems, "replication.replica_regions", "each replica has one region",
                      "%zu regions of %lld %s", regions, (long long)replicas,
                      replicas == 1 ? "replica" : "replicas");
    else if (regions && config->mode == REPLICATION_QUORUM)
        param_problem(problems, "replication.replica_regions", "leave it out",
                      "in mode quorum all copies stand in one region");
}

/* Of two primaries nobody knows which one is meant. */
static void check_unfenced(const struct replication_config *config, struct param_problems *problems)
{
    if (config->mode != REPLICATION_ASYNCHRONOUS)
        param_problem(problems, "replication.failover.fencing", "use \"mode\": \"asynchronous\"",
                      "a primary that waits for replicas acknowledges nothing when it is cut off from them");
    if (config->read_your_writes != OWN_WRITES_MAY_BE_MISSING)
        param_problem(problems, "replication.failover.fencing", "use \"read_your_writes\": \"no\"",
                      "with two primaries nobody knows where a user's last write is");
}

void replication_check(const struct replication_config *config, int64_t replicas, bool has_locks,
                       struct param_problems *problems)
{
    const struct quorum_config *quorum = &config->quorum;

    if (config->mode != REPLICATION_QUORUM && (quorum->read || quorum->write || quorum->asks))
        param_problem(problems, "replication.quorum", "use \"mode\": \"quorum\"",
                      "only copies of which none leads have quorums");
    check_regions(config, replicas, problems);
    if (replicas <= 0) {
        check_without_replicas(config, problems);
        return;
    }
    if (config->failover && !config->failover->fencing)
        check_unfenced(config, problems);
    if (config->mode != REPLICATION_QUORUM)
        return;
    if (has_locks)
        param_problem(problems, "replication.mode", "use a kind without locks, as \"key_value\"",
                      "rows under locks need one node that has the locks: a primary");
    check_leaderless(config, problems);
    check_quorum(quorum, replicas + 1, problems);
}
