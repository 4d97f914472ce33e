/* A table gets a column: how long that takes, and who waits. 4000 rows of 1000 bytes are four chunks; each is
 * an operation of a disk that takes 1 ms and 1 us a byte, 4.004 s together. */
#include "models/database_kind.h"
#include "models/schema_change.h"
#include "sim/fault.h"
#include "tests/models/store_source.h"

#define READ OPERATION_READ
#define WRITE OPERATION_WRITE
#define COPY_NS (4 * SECOND + 4 * MS)
#define COMMIT_NS (MS + 3 * MS / 10) /* a record of 300 bytes */

struct change_run {
    struct schema_change_config changes[2];
    struct database_config config;
    struct source_config source;
};

static void set_up(struct change_run *run, int method, struct asked *script, size_t count)
{
    set_scene();
    profiles.rows = 4000;
    machine.memory = 8000000;
    machine.disk_bandwidth = 1e6;
    *run = (struct change_run){ .changes = { { .at = SECOND, .data = "profiles", .method = method } },
                                .config = node_config(),
                                .source = { .script = script, .script_count = count } };
    run->config.schema_changes = (struct param_list){ 1, run->changes };
}

static struct sim *play(struct change_run *run)
{
    return run_script(&database_model, &run->config, &run->source);
}

static uint64_t figure(const struct sim *sim, const char *name)
{
    return counter(instance_of(sim, "db", 0), name);
}

START_TEST(test_schema_change_locks_reads_and_writes_out)
{
    struct asked script[] = { { .at_ns = SECOND / 2, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = 2 * SECOND, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = 3 * SECOND, .operation = WRITE, .key = 6, .data = 1 },
                              { .at_ns = 3 * SECOND, .operation = READ, .key = 5 }, /* of no table */
                              { .at_ns = 6 * SECOND, .operation = WRITE, .key = 5, .data = 1 } };
    struct change_run run;
    struct sim *sim;

    set_up(&run, SCHEMA_LOCK, script, 5);
    sim = play(&run);
    ck_assert_int_eq(script[0].took_ns, 0);
    ck_assert_int_eq(script[1].took_ns, COPY_NS - SECOND);
    ck_assert_int_eq(script[2].took_ns, COPY_NS - 2 * SECOND + COMMIT_NS);
    ck_assert_int_eq(script[3].took_ns, 0);
    ck_assert_int_eq(script[4].took_ns, COMMIT_NS);
    ck_assert_uint_eq(figure(sim, "schema_change.waits"), 2);
    ck_assert_uint_eq(figure(sim, "schema_change.done"), 1);
    ck_assert_uint_eq(figure(sim, "schema_change.copied"), 4000000);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_schema_change_that_copies_lets_reads_pass)
{
    struct asked script[] = { { .at_ns = 2 * SECOND, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = 2 * SECOND, .operation = WRITE, .key = 5, .data = 1 } };
    struct change_run run;
    struct sim *sim;

    set_up(&run, SCHEMA_COPY, script, 2);
    sim = play(&run);
    ck_assert_int_eq(script[0].took_ns, 0);
    ck_assert_int_eq(script[1].took_ns, COPY_NS - SECOND + COMMIT_NS);
    sim_destroy(sim);
}
END_TEST

/* The write's record is behind the first chunk on the disk, and all later chunks are behind it. */
START_TEST(test_schema_change_online_catches_up_at_the_end)
{
    const int64_t copied_ns = SECOND + COPY_NS + COMMIT_NS;
    struct asked script[] = { { .at_ns = 2 * SECOND, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = 2 * SECOND, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = copied_ns + MS, .operation = READ, .key = 5, .data = 1 } };
    struct change_run run;
    struct sim *sim;

    set_up(&run, SCHEMA_ONLINE, script, 3);
    sim = play(&run);
    ck_assert_int_eq(script[0].took_ns, 0);
    ck_assert_int_eq(script[1].took_ns, MS + 1048576000 - SECOND + COMMIT_NS);
    ck_assert_int_eq(script[2].took_ns, COMMIT_NS - MS); /* one record more to write */
    ck_assert_uint_eq(figure(sim, "schema_change.waits"), 1);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_schema_change_is_nothing_where_rows_say_what_they_are)
{
    static const int kinds[] = { DATABASE_KEY_VALUE, DATABASE_DOCUMENT, DATABASE_WIDE_COLUMN,
                                 DATABASE_GRAPH };
    struct asked script[] = { { .at_ns = SECOND, .operation = WRITE, .key = 5, .data = 1 } };
    struct change_run run;
    struct sim *sim;

    set_up(&run, SCHEMA_INSTANT, script, 1);
    sim = play(&run);
    ck_assert_int_eq(script[0].took_ns, COMMIT_NS);
    ck_assert_uint_eq(figure(sim, "schema_change.done"), 1);
    sim_destroy(sim);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        set_up(&run, SCHEMA_LOCK, script, 1);
        run.config.kind = kinds[i];
        run.config.commit = COMMIT_DELAYED;
        sim = play(&run);
        ck_assert_int_eq(script[0].took_ns, 0);
        ck_assert_uint_eq(figure(sim, "schema_change.done"), 1);
        ck_assert_uint_eq(figure(sim, "schema_change.copied"), 0);
        sim_destroy(sim);
    }
}
END_TEST

START_TEST(test_schema_change_reads_what_is_not_in_memory)
{
    struct asked script[] = { { .at_ns = 2 * SECOND, .operation = WRITE, .key = 5, .data = 1 } };
    struct change_run run;
    struct sim *sim;

    set_up(&run, SCHEMA_LOCK, script, 1);
    machine.memory = 4000000; /* of which three quarters are the pool */
    run.config.start = DATABASE_COLD;
    sim = play(&run); /* once through, the row's page is read: 1 ms and 1 ms of bytes */
    ck_assert_int_eq(script[0].took_ns, 2 * COPY_NS - SECOND + 2 * MS + COMMIT_NS);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_schema_change_a_join_waits_for_either_table)
{
    struct asked script[] = { { .at_ns = 2 * SECOND, .operation = READ, .key = 5 } };
    struct change_run run;
    struct sim *sim;

    set_up(&run, SCHEMA_LOCK, script, 1);
    sim = make_run(1, &database_model, &run.config, &run.source, NULL);
    script[0].query = query_number(sim, &(struct query){ .data = 1, .rows = 1, .found = 1 });
    run_to(sim, 100 * SECOND);
    ck_assert_int_eq(script[0].took_ns, COPY_NS - SECOND);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_schema_change_that_is_due_waits_for_the_one_before)
{
    struct asked script[] = { { .at_ns = 4 * SECOND, .operation = READ, .key = 5, .data = 1 },
                              { .at_ns = 8 * SECOND, .operation = READ, .key = 5, .data = 1 } };
    struct change_run run;
    struct sim *sim;

    set_up(&run, SCHEMA_LOCK, script, 2);
    run.changes[1] = run.changes[0];
    run.changes[1].at = 2 * SECOND;
    run.config.schema_changes.count = 2;
    sim = play(&run);
    ck_assert_uint_eq(figure(sim, "schema_change.done"), 2);
    /* the first one waits again for the second change, which begins at the same moment as it is let go */
    ck_assert_int_eq(script[0].took_ns, 2 * COPY_NS - 3 * SECOND);
    ck_assert_int_eq(script[1].took_ns, 2 * COPY_NS - 7 * SECOND);
    sim_destroy(sim);
}
END_TEST

/* Dead from 2 s to 3 s: who waited is told, and the copy begins again. */
START_TEST(test_schema_change_begins_anew_after_a_crash)
{
    struct asked script[] = { { .at_ns = 3 * SECOND / 2, .operation = WRITE, .key = 5, .data = 1 },
                              { .at_ns = 4 * SECOND, .operation = WRITE, .key = 5, .data = 1 } };
    struct change_run run;
    struct sim *sim;

    set_up(&run, SCHEMA_COPY, script, 2);
    sim = make_run(1, &database_model, &run.config, &run.source, NULL);
    sim_add_fault(sim, &(struct fault){ .group = sim_find_group(sim, "db"),
                                        .from_ns = 2 * SECOND,
                                        .until_ns = 3 * SECOND });
    run_to(sim, 100 * SECOND);
    ck_assert_int_eq(script[0].outcome, OUTCOME_CRASHED);
    ck_assert_int_eq(script[0].took_ns, SECOND / 2);
    /* it comes back cold: pages are read as well as written, those of the row too */
    ck_assert_int_eq(script[1].took_ns, 2 * COPY_NS - SECOND + 2 * MS + COMMIT_NS);
    ck_assert_uint_eq(figure(sim, "schema_change.done"), 1);
    ck_assert_uint_eq(figure(sim, "schema_change.copied"), 4000000);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_schema_change_metrics_are_of_those_that_have_some)
{
    struct asked script[] = { { .at_ns = SECOND, .operation = READ, .key = 5, .data = 1 } };
    struct change_run run;
    struct sim *sim;

    for (size_t changes = 0; changes < 2; changes++) {
        set_up(&run, SCHEMA_LOCK, script, 1);
        run.config.schema_changes.count = changes;
        sim = play(&run);
        ck_assert_int_eq(
            database_model.component.emits(sim_find_group(sim, "db"),
                                           metric_row_of(instance_of(sim, "db", 0), "schema_change.waits")),
            changes > 0);
        sim_destroy(sim);
    }
}
END_TEST

TEST_MAIN("schema_change", test_schema_change_locks_reads_and_writes_out,
          test_schema_change_that_copies_lets_reads_pass, test_schema_change_online_catches_up_at_the_end,
          test_schema_change_is_nothing_where_rows_say_what_they_are,
          test_schema_change_reads_what_is_not_in_memory, test_schema_change_a_join_waits_for_either_table,
          test_schema_change_that_is_due_waits_for_the_one_before,
          test_schema_change_begins_anew_after_a_crash,
          test_schema_change_metrics_are_of_those_that_have_some)
