/* database_params.c - the parameters of a node; see database.h. */
#include "models/database.h"

#include "models/asked_data.h"
#include "models/database_kind.h"
#include "models/replication.h"
#include "models/schema_change.h"

static const struct param_choice kinds[] = {
    { "relational", DATABASE_RELATIONAL,
      "rows, several in one operation; a write locks its row until its log record is on disk" },
    { "key_value", DATABASE_KEY_VALUE,
      "one value by its key, read and written whole, with work by the byte; no locks, no joins; writes are "
      "acknowledged from memory unless `commit` says otherwise" },
    { "document", DATABASE_DOCUMENT,
      "one document by its key, with all that is nested in it: read whole, parsed by the byte; a change is "
      "parsed and serialised as a whole; no locks, no joins; writes as of key_value" },
    { "wide_column", DATABASE_WIDE_COLUMN,
      "rows whose columns lie side by side: only the columns asked for are read from disk, worked on by the "
      "byte and logged; no locks, no joins; writes as of key_value" },
    { "graph", DATABASE_GRAPH,
      "rows that point at each other: a join follows pointers, a page each, without an index; locks and "
      "commits as of relational" },
    { NULL, 0, NULL },
};

static const struct param_choice commits[] = {
    { "by_kind", COMMIT_BY_KIND,
      "relational and graph: fsync; key_value, document and wide_column: delayed" },
    { "fsync", COMMIT_FSYNC,
      "a write is acknowledged when its log record is on disk; writes that wait together share the disk "
      "operation" },
    { "delayed", COMMIT_DELAYED,
      "a write is acknowledged at once and its log record follows later; a crash loses what did not" },
    { NULL, 0, NULL },
};

static const struct param_choice starts[] = {
    { "warm", DATABASE_WARM, "the most popular pages are in memory, as after days of service" },
    { "cold", DATABASE_COLD, "memory is empty, as after a restart" },
    { NULL, 0, NULL },
};

static const struct param_row rows[] = {
    PARAM_REFERENCE(
        struct database_config, host, .default_text = "\"large\"", .refers_to = PARAM_REFERS_HOST,
        .help = "Machine of each node: a size of the catalog, or a host of the scenario that is shared."),
    PARAM_CHOICE(struct database_config, kind, .default_text = "\"relational\"", .choices = kinds,
                 .help = "What a read and a write make the store do."),
    PARAM_COUNT(struct database_config, connections, .default_text = "100", .word = "unlimited",
                .word_value = PARAM_WORD_MAX, .min = 1, .max = 1e9,
                .help =
                    "Operations that are inside at the same time; each holds a connection from start to end.",
                .source = "PostgreSQL, max_connections"),
    PARAM_COUNT(struct database_config, connection_queue, .default_text = "10000", .word = "unlimited",
                .word_value = PARAM_WORD_MAX, .max = 1e9,
                .help = "Operations that may wait for a connection; further ones are refused."),
    PARAM_DISTRIBUTION(
        struct database_config, read_time,
        .default_text = "{ \"law\": \"exponential\", \"mean\": \"0.2ms\" }",
        .help =
            "CPU time to understand a query and to find its first row. Queries of applications take several "
            "times what a bare look-up by primary key takes."),
    PARAM_DURATION(struct database_config, row_read_time, .default_text = "\"5us\"", .max = 3.6e12,
                   .help = "CPU time of each further row that an operation touches: rows after the first, "
                           "and rows joined."),
    PARAM_DURATION(struct database_config, index_time, .default_text = "\"2us\"", .max = 3.6e12,
                   .help = "CPU time of each level of the index through which a joined row is found; kind "
                           "relational. The levels follow from the rows of the table and the page size, 48 "
                           "bytes an entry: 1 up to 341 rows, 2 up to 116 thousand, 3 up to 39 million."),
    PARAM_DURATION(struct database_config, serialise_time, .default_text = "\"5us\"", .max = 3.6e12,
                   .help = "CPU time to serialise or deserialise each 1000 bytes of a value that is read or "
                           "written; kinds key_value and document: of all of it, wide_column: of "
                           "the columns asked for."),
    PARAM_DISTRIBUTION(struct database_config, write_time,
                       .default_text = "{ \"law\": \"exponential\", \"mean\": \"0.4ms\" }",
                       .help = "CPU time of a write, insert or delete, before it asks for its lock."),
    PARAM_BYTES(struct database_config, log_record, .default_text = "\"300B\"", .min = 1, .max = 1e9,
                .help = "What one changed row adds to the log; kinds key_value and document: beside the "
                        "value itself, which is logged whole; wide_column: beside the columns written."),
    PARAM_CHOICE(struct database_config, commit, .default_text = "\"by_kind\"", .choices = commits,
                 .help = "When a write is acknowledged."),
    PARAM_DURATION(struct database_config, flush_interval, .default_text = "\"1s\"", .min = 1, .max = 1e15,
                   .help = "How long a log record may stay off the disk under delayed commits.",
                   .source = "MySQL, innodb_flush_log_at_timeout"),
    PARAM_BYTES(struct database_config, page_size, .default_text = "\"16KiB\"", .min = 512, .max = 1e9,
                .help = "What one disk operation reads or writes of the data; a row that is larger takes "
                        "several at once.",
                .source = "MySQL, innodb_page_size"),
    PARAM_FRACTION(struct database_config, buffer_pool, .default_text = "\"75%\"", .max = 1,
                   .help = "Share of the machine's memory that holds pages.",
                   .source = "MySQL manual, innodb_buffer_pool_size: 50 to 75 percent of memory"),
    PARAM_BYTES(struct database_config, storage, .default_text = "\"unlimited\"", .word = "unlimited",
                .word_value = 0, .min = 1, .max = 1e18,
                .help = "Bytes of rows that the volume of each node holds; an insert that has no room is "
                        "refused."),
    PARAM_CHOICE(struct database_config, start, .default_text = "\"warm\"", .choices = starts,
                 .help = "What the buffer pool holds at the beginning."),
    PARAM_COUNT(
        struct database_config, replicas, .default_text = "0", .max = REPLICAS_MAX,
        .help = "Further nodes of the same kind that follow the log of the first, the primary, which takes "
                "all writes. The nodes are parts, \"db.primary\" and \"db.replica\", named after what "
                "they are at first. In mode quorum: further copies beside the first, all alike, "
                "\"db.copy\"."),
    PARAM_OBJECT(struct database_config, replication, struct replication_config, .default_text = "{}",
                 .table = &replication_params, .help = "How replicas are kept in step and used."),
    PARAM_LIST(struct database_config, schema_changes, .default_text = "[]", .table = &schema_change_params,
               .help = "Tables that get a new column while they are used. Kinds whose rows say themselves "
                       "what they consist of (all but relational) have nothing to do for it."),
    PARAM_END
};

const struct param_table database_params = PARAM_TABLE(struct database_config, rows);

void database_check(const void *config, struct param_problems *problems)
{
    const struct database_config *database = config;

    replication_check(&database->replication, database->replicas, database_kind_of(database)->locks_rows,
                      problems);
    schema_changes_check(&database->schema_changes, "schema_changes", problems);
}

void database_check_wired(const struct group *group, struct param_problems *problems)
{
    const struct database_config *config = group->config;

    storage_check(group, config->storage, 1, NULL, NULL, problems);
    if (config->replication.replica_regions.count)
        replica_regions_check(group, problems);
}
