/* Tables whose rows repeat others: which ones, who keeps them up to date, and what is stale when nobody does.
 * */
#include "models/repeats.h"

#include "models/sharded_database.h"
#include "sim/fault.h"
#include "tests/models/web_system.h"

#define POSTS 1
#define PAGES 2
#define POST_ROWS 1000
#define PAGE_ROWS 100
#define PLACES 20 /* of a page: each post is on two */
#define SHARDS 4

static const struct repeats_config of_posts = { .data = "posts", .rows = PLACES };
static const struct data_set_config tables[] = {
    { .name = "posts", .rows = POST_ROWS, .row_size = 1000, .columns = 1, .popularity = POPULARITY_UNIFORM },
    { .name = "pages",
      .rows = PAGE_ROWS,
      .row_size = 20000,
      .columns = 1,
      .popularity = POPULARITY_UNIFORM,
      .repeats = &of_posts },
};
static const struct environment scene = {
    .data_sets = tables, .data_set_count = 2, .sizes = &size, .size_count = 1
};
static const struct sharded_config shards = {
    .node = { .host = "size",
              .connections = INT64_MAX,
              .connection_queue = INT64_MAX,
              .read_time = CONSTANT(0.001),
              .write_time = CONSTANT(0.001),
              .log_record = 300,
              .commit = COMMIT_FSYNC,
              .page_size = 16384,
              .buffer_pool = 0.75 },
    .shards = SHARDS,
    .placement = PLACEMENT_MODULO,
    .virtual_nodes = 100,
    .hash_seed = 1,
};

/* 300 requests about posts 0 to 299, one after the other, with a handler of these steps. */
static struct sim *make_steps(enum database_kind kind, struct param_list steps)
{
    static const struct source_config source = {
        .target = "web", .requests = 300, .rate_per_s = 0.1, .classes = { "edit" }, .data = POSTS
    };
    static struct handler_config handlers[1];
    static struct sharded_config keeps;
    static const struct web_server_config web = {
        .host = "size", .workers = 1000, .accept_queue = INT64_MAX, .handlers = LIST(handlers)
    };
    struct sim *sim = sim_create(7, UINT64_MAX, PENDING_LADDER);
    struct param_problems problems = { 0 };
    const struct group *cycle;
    struct group *servers;

    handlers[0] = (struct handler_config){ "default", steps };
    keeps = shards;
    keeps.node.kind = (int)kind;
    sim->environment = &scene;
    sim_add_group(sim, &source_type, "users", 1, &source, &sim->sites[0]);
    servers = sim_add_group(sim, &web_server_model.component, "web", 1, &web, &sim->sites[0]);
    sim_add_group(sim, &sharded_database_model.component, "db", 1, &keeps, &sim->sites[0]);
    sim_add_group(sim, &fake_type, "broken", 1, &broken, &sim->sites[0]);
    ck_assert(sim_wire(sim, &cycle));
    web_server_model.check_wired(servers, &problems);
    ck_assert_msg(problems.count == 0, "%s", problems.first);
    return sim;
}

static void finish_steps(struct sim *sim)
{
    ck_assert_int_eq(sim_run(sim, 10000 * SIM_NS_PER_S), SIM_REACHED);
    ck_assert(sim_conserves(sim, stderr));
    ck_assert_uint_eq(sim_requests_live(sim), 0);
}

static struct sim *run_steps(struct param_list steps)
{
    struct sim *sim = make_steps(DATABASE_RELATIONAL, steps);

    finish_steps(sim);
    return sim;
}

#define RUN_STEPS(...) run_steps((struct param_list)STEPS(__VA_ARGS__))

static const struct source *users_of(const struct sim *sim)
{
    return component_state(sim_find_group(sim, "users")->instances[0]);
}

static uint64_t shard_counter(const struct sim *sim, const char *name)
{
    const struct group *group = sim_find_group(sim, "db.shard");
    const struct metric_row *row = group->type->metrics;
    uint64_t sum = 0;

    while (strcmp(row->name, name) != 0)
        row++;
    for (uint32_t i = 0; i < group->count; i++) {
        const char *state = component_state(group->instances[i]);

        sum += *(const uint64_t *)(const void *)(state + row->offset);
    }
    return sum;
}

static uint64_t arrived(const struct sim *sim)
{
    return sim_find_group(sim, "db")->instances[0]->started;
}

/* ---- which row repeats which ---- */

START_TEST(test_repeats_finds_either_from_the_other)
{
    struct sim *sim = sim_create(3, UINT64_MAX, PENDING_LADDER);
    const struct repeats *repeats;
    uint32_t places[PAGE_ROWS] = { 0 };

    sim->environment = &scene;
    repeats = repeats_of(sim, PAGES);
    ck_assert_ptr_null(repeats_of(sim, POSTS));
    ck_assert(repeats_any(sim));
    ck_assert_uint_eq(repeats_most(sim), 2);
    for (uint64_t post = 0; post < POST_ROWS; post++) {
        uint64_t row, index = 0;
        uint16_t place;

        for (; repeats_copy(repeats, post, index, &row, &place); index++) {
            ck_assert_uint_lt(row, PAGE_ROWS);
            ck_assert_uint_lt(place, PLACES);
            ck_assert_uint_eq(repeats_source(repeats, row, place), post);
            places[row]++;
        }
        ck_assert_uint_eq(index, 2);
    }
    for (uint32_t i = 0; i < PAGE_ROWS; i++)
        ck_assert_uint_eq(places[i], PLACES);
    sim_destroy(sim);
}
END_TEST

/* 70 places for 30 rows: ten of them are repeated a third time. */
START_TEST(test_repeats_deals_places_out_in_turn)
{
    const struct repeats_config config = { .data = "few", .rows = 7 };
    const struct data_set_config data[] = { { .name = "few", .rows = 30 },
                                            { .name = "pages", .rows = 10, .repeats = &config } };
    const struct environment small = { .data_sets = data, .data_set_count = 2 };
    struct sim *sim = sim_create(3, UINT64_MAX, PENDING_LADDER);
    const struct repeats *repeats;
    uint64_t row;
    uint16_t place;

    sim->environment = &small;
    repeats = repeats_of(sim, 2);
    ck_assert_uint_eq(repeats_most(sim), 3);
    for (uint64_t i = 0; i < 30; i++) {
        ck_assert(repeats_copy(repeats, i, 1, &row, &place));
        ck_assert_int_eq(repeats_copy(repeats, i, 2, &row, &place), i < 10);
        ck_assert(!repeats_copy(repeats, i, 3, &row, &place));
    }
    ck_assert(!repeats_copy(repeats, 30, 0, &row, &place)); /* it has come later */
    sim_destroy(sim);
}
END_TEST

START_TEST(test_repeats_is_stale_until_every_copy_is_written)
{
    struct sim *sim = sim_create(3, UINT64_MAX, PENDING_LADDER);
    const struct repeats *repeats;
    uint64_t rows[2];
    uint16_t places[2];

    sim->environment = &scene;
    repeats = repeats_of(sim, PAGES);
    for (uint64_t i = 0; i < 2; i++) {
        ck_assert(repeats_copy(repeats, 17, i, &rows[i], &places[i]));
        ck_assert(!repeats_is_stale(sim, repeats, rows[i]));
    }
    row_commit(sim, POSTS, 17);
    row_commit(sim, POSTS, 17);
    ck_assert(repeats_is_stale(sim, repeats, rows[0]) && repeats_is_stale(sim, repeats, rows[1]));
    repeats_written(sim, repeats, rows[0], places[0], 1);
    ck_assert(repeats_is_stale(sim, repeats, rows[0]));
    repeats_written(sim, repeats, rows[0], places[0], 2);
    repeats_written(sim, repeats, rows[0], places[0], 1); /* overtaken by the other one */
    ck_assert(!repeats_is_stale(sim, repeats, rows[0]));
    ck_assert(repeats_is_stale(sim, repeats, rows[1]));
    ck_assert(!repeats_is_stale(sim, repeats, PAGE_ROWS)); /* one that was added repeats nothing */
    sim_destroy(sim);
}
END_TEST

/* ---- who writes them ---- */

START_TEST(test_repeats_copies_are_rows_written_on_their_shards)
{
    struct sim *sim = RUN_STEPS(STEP(STEP_WRITE, .write = "db"),
                                STEP(STEP_WRITE_COPIES, .write_copies = "db"),
                                STEP(STEP_READ, .read = "db", .data = "pages"));
    const struct repeats *repeats = repeats_of(sim, PAGES);
    uint32_t expected[PAGE_ROWS] = { 0 };
    uint64_t row;
    uint16_t place;

    for (uint64_t post = 0; post < 300; post++)
        for (uint64_t i = 0; repeats_copy(repeats, post, i, &row, &place); i++)
            expected[row]++;
    for (uint64_t i = 0; i < PAGE_ROWS; i++) {
        ck_assert_uint_eq(row_version(sim, PAGES, i), expected[i]);
        ck_assert(!repeats_is_stale(sim, repeats, i));
    }
    ck_assert_uint_eq(arrived(sim), 300 * (1 + 2 + 1));
    ck_assert_uint_eq(shard_counter(sim, "log.appended"), 300 * 3);
    ck_assert_uint_eq(shard_counter(sim, "stale_reads"), 0);
    /* 1 ms and the disk: for the post, for its copies at once unless they meet on one shard, and the read */
    ck_assert_int_ge(users_of(sim)->latency_ns[0], 3 * MS + 2 * 10 * MS);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_repeats_copies_that_nobody_writes_are_stale)
{
    struct sim *sim =
        RUN_STEPS(STEP(STEP_WRITE, .write = "db"), STEP(STEP_READ, .read = "db", .data = "pages"));
    uint64_t stale = shard_counter(sim, "stale_copies");

    ck_assert_uint_eq(users_of(sim)->finished[OUTCOME_OK], 300);
    ck_assert_uint_ge(stale, 200); /* after ten posts every third page has one of them */
    ck_assert_uint_lt(stale, 300);
    ck_assert_uint_eq(shard_counter(sim, "stale_reads"), stale);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_repeats_copies_that_fail_fail_the_step)
{
    struct sim *sim =
        RUN_STEPS(STEP(STEP_WRITE, .write = "db"), STEP(STEP_WRITE_COPIES, .write_copies = "broken"));

    ck_assert_uint_eq(users_of(sim)->finished[OUTCOME_CRASHED], 300);
    sim_destroy(sim);
    sim = RUN_STEPS(STEP(STEP_WRITE, .write = "db"),
                    STEP(STEP_WRITE_COPIES, .write_copies = "broken",
                         .on_error = STEPS(STEP(STEP_WRITE_COPIES, .write_copies = "db"))));
    ck_assert_uint_eq(users_of(sim)->finished[OUTCOME_OK], 300);
    for (uint64_t i = 0; i < PAGE_ROWS; i++)
        ck_assert(!repeats_is_stale(sim, repeats_of(sim, PAGES), i));
    sim_destroy(sim);
}
END_TEST

/* When the post changes its copies are stale until they are written. */
static void check_next_version(struct sim *sim, uint64_t post)
{
    const struct repeats *repeats = repeats_of(sim, PAGES);
    uint32_t version = row_commit(sim, POSTS, post);
    uint64_t row;
    uint16_t place;

    for (uint64_t i = 0; repeats_copy(repeats, post, i, &row, &place); i++) {
        ck_assert(repeats_is_stale(sim, repeats, row));
        repeats_written(sim, repeats, row, place, version);
        ck_assert(!repeats_is_stale(sim, repeats, row) || i == 0); /* both may be on one page */
    }
}

/* A shard is down for a while, and commits that wait for another one take too long: what is sent again says
 * the same. */
START_TEST(test_repeats_copies_are_sent_again_as_they_were)
{
    const struct call_config again = {
        .timeout = 45 * MS, .retries = 100, .backoff = SIM_NS_PER_S, .backoff_max = SIM_NS_PER_S
    };
    struct sim *sim = make_steps(DATABASE_KEY_VALUE, (struct param_list)STEPS(
        { .verb = STEP_WRITE, .write = "db", .policy = again },
        { .verb = STEP_WRITE_COPIES, .write_copies = "db", .policy = again }));

    sim_add_fault(sim, &(struct fault){ .group = sim_find_group(sim, "db.shard"),
                                        .from_ns = 100 * SIM_NS_PER_S,
                                        .until_ns = 110 * SIM_NS_PER_S });
    finish_steps(sim);
    ck_assert_uint_eq(users_of(sim)->finished[OUTCOME_OK], 300);
    for (uint64_t i = 0; i < PAGE_ROWS; i++)
        ck_assert(!repeats_is_stale(sim, repeats_of(sim, PAGES), i));
    for (uint64_t post = 0; post < 300; post++) /* and no later version than there was */
        check_next_version(sim, post);
    sim_destroy(sim);
}
END_TEST

/* A row that nothing repeats has no copies; one that has been deleted is not written. */
START_TEST(test_repeats_nothing_to_write_is_no_failure)
{
    struct sim *sim = RUN_STEPS(STEP(STEP_WRITE_COPIES, .write_copies = "db", .data = "posts"),
                                STEP(STEP_DELETE, .delete = "db", .data = "pages"));

    ck_assert_uint_ge(users_of(sim)->finished[OUTCOME_OK], 100 - 10); /* each page is deleted once */
    ck_assert_uint_eq(users_of(sim)->finished[OUTCOME_OK] + users_of(sim)->finished[OUTCOME_NOT_FOUND], 300);
    ck_assert_uint_eq(arrived(sim), 300 * 3);
    sim_destroy(sim);
}
END_TEST

TEST_MAIN("repeats", test_repeats_finds_either_from_the_other, test_repeats_deals_places_out_in_turn,
          test_repeats_is_stale_until_every_copy_is_written,
          test_repeats_copies_are_rows_written_on_their_shards,
          test_repeats_copies_that_nobody_writes_are_stale, test_repeats_copies_that_fail_fail_the_step,
          test_repeats_copies_are_sent_again_as_they_were, test_repeats_nothing_to_write_is_no_failure)
