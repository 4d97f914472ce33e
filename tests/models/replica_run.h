/* replica_run.h - a database with replicas whose work takes no time but the disk's, and nodes that die at
 * set dates. */
#ifndef TESTS_MODELS_REPLICA_RUN_H
#define TESTS_MODELS_REPLICA_RUN_H

#include "models/replication.h"
#include "sim/fault.h"
#include "tests/models/store_source.h"

#define READ OPERATION_READ
#define WRITE OPERATION_WRITE
#define INSERT OPERATION_INSERT

/* Part "primary" or "replica" from its instance `first` to `last`, or all of the database when it is NULL. */
struct death {
    const char *part;
    uint32_t first, last;
    int64_t from_ns, until_ns;
};

/* Commits take 1 ms of disk at each node; a replica applies at once. */
static inline struct database_config replicated_config(int64_t replicas)
{
    struct database_config config = node_config();

    config.replicas = replicas;
    config.replication = (struct replication_config){ .apply_time = law(DISTRIBUTION_CONSTANT, 0),
                                                      .apply_threads = 1,
                                                      .sync_timeout = INT64_MAX,
                                                      .log_kept = INT64_MAX };
    return config;
}

static inline void add_deaths(struct sim *sim, const struct death *deaths, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[64];

        snprintf(name, sizeof name, deaths[i].part ? "db.%s" : "db", deaths[i].part);
        sim_add_fault(
            sim, &(struct fault){ .group = sim_find_group(sim, name),
                                  .first = deaths[i].first,
                                  .last = deaths[i].last,
                                  .from_ns = deaths[i].from_ns,
                                  .until_ns = deaths[i].until_ns ? deaths[i].until_ns : SIM_TIME_NEVER });
    }
}

/* Runs the script against it; the caller destroys the run. */
static inline struct sim *run_replicated(const struct database_config *config, struct asked *script,
                                         size_t count, const struct death *deaths, size_t death_count,
                                         const struct network *network)
{
    struct source_config source = { .script = script, .script_count = count };
    struct sim *sim = make_run(1, model_for(&database_model, config), config, &source, network);

    add_deaths(sim, deaths, death_count);
    run_to(sim, 100 * SECOND);
    return sim;
}

static inline uint64_t of_db(const struct sim *sim, const char *metric)
{
    return counter(instance_of(sim, "db", 0), metric);
}

static inline uint64_t log_size(const struct sim *sim, const char *part, uint32_t instance)
{
    const struct database *db = component_state(instance_of(sim, part, instance));

    return db->log.next;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

#endif
