/* test_queue.c - queues and workers: what is published, handed out, done, given back and lost. */
#include "tests/models/web_system.h"

#include "models/queue.h"
#include "models/worker.h"
#include "sim/fault.h"
#include "sim/members.h"

#define DONE_MAX 100000
#define NEVER INT64_MAX

/* ---- where the work goes: remembers in which order ---- */

struct sink {
    uint64_t keys[DONE_MAX];
    uint64_t numbers[DONE_MAX]; /* of users */
    uint32_t count;
};

static void sink_on_request(struct component *self, struct request *request)
{
    struct sink *sink = component_state(self);

    sink->keys[sink->count % DONE_MAX] = request->key;
    sink->numbers[sink->count++ % DONE_MAX] = request->user;
    sim_reply(self, request, OUTCOME_OK);
}

static void sink_on_timer(struct component *self, struct request *request)
{
    (void)self;
    (void)request;
}

static const struct component_type sink_type = {
    .name = "sink",
    .state_size = sizeof(struct sink),
    .on_request = sink_on_request,
    .on_timer = sink_on_timer,
};

/* ---- a queue with its producers and workers ---- */

static const struct queue_config plain = {
    .host = "size",
    .brokers = 1,
    .durability = QUEUE_DISK,
    .flush_interval = SIM_NS_PER_S,
    .election_time = SIM_NS_PER_S,
    .publish_time = CONSTANT(0.0),
    .delivery_time = CONSTANT(0.0),
    .limit = INT64_MAX,
    .visibility_timeout = NEVER,
    .redelivery_pause = SIM_NS_PER_S,
    .retention = NEVER,
    .max_deliveries = INT64_MAX,
};

struct setup {
    struct queue_config queue;
    struct source_config source;
    struct worker_config workers[2]; /* the second is there when it has a host */
    uint32_t counts[2];
    bool elastic;           /* the instances of the first may come and go */
    struct fault faults[3]; /* of the group that is named; ended by one without a name */
    const char *faulty[3];
    const struct queue_config *letters; /* a second queue, for dead letters */
};

struct jobs {
    struct sim *sim;
    struct group *queue, *workers[2];
    struct source *source;
    struct sink *sink;
};

static struct setup setup_of(const struct source_config *source, struct param_list handlers)
{
    struct setup setup = { .queue = plain, .source = *source, .counts = { 1, 1 } };

    setup.source.target = "jobs";
    setup.workers[0] = (struct worker_config){
        .host = "size", .queue = "jobs", .subscription = "default", .workers = 2, .handlers = handlers
    };
    return setup;
}

static void assemble(struct jobs *jobs, const struct setup *setup)
{
    static const char *const names[] = { "mailer", "indexer" };
    const struct group *cycle;
    struct sim *sim = jobs->sim = sim_create(7, UINT64_MAX, PENDING_LADDER);
    struct site *site = &sim->sites[0];
    struct group *users;

    sim->environment = &environment;
    users = sim_add_group(sim, &source_type, "users", 1, &setup->source, site);
    jobs->source = component_state(users->instances[0]);
    jobs->queue = sim_add_group(sim, &queue_model.component, "jobs", 1, &setup->queue, site);
    if (setup->letters)
        sim_add_group(sim, &queue_model.component, "letters", 1, setup->letters, site);
    for (int i = 0; i < 2 && setup->workers[i].host; i++)
        jobs->workers[i] =
            sim_add_group(sim, &worker_model.component, names[i], setup->counts[i], &setup->workers[i], site);
    if (setup->elastic)
        members_init(jobs->workers[0], setup->counts[0]);
    jobs->sink = component_state(sim_add_group(sim, &sink_type, "sink", 1, NULL, site)->instances[0]);
    ck_assert(sim_wire(sim, &cycle));
    for (int i = 0; i < 3 && setup->faulty[i]; i++) {
        struct fault fault = setup->faults[i];

        fault.group = sim_find_group(sim, setup->faulty[i]);
        sim_add_fault(sim, &fault);
    }
}

static void go_on(struct jobs *jobs, double seconds)
{
    ck_assert_int_eq(sim_run(jobs->sim, (int64_t)(seconds * 1e9)), SIM_REACHED);
    ck_assert(sim_conserves(jobs->sim, stderr));
}

static void run(struct jobs *jobs, const struct setup *setup, double seconds)
{
    assemble(jobs, setup);
    go_on(jobs, seconds);
}

static const struct queue_metrics *metrics_of(const struct jobs *jobs, const char *subscription)
{
    return component_state(sim_find_group(jobs->sim, subscription)->instances[0]);
}

static uint64_t count_of(const struct jobs *jobs, enum queue_count what)
{
    uint64_t count = metrics_of(jobs, "jobs.default")->counts[what];

    ck_assert_uint_eq(count, metrics_of(jobs, "jobs")->counts[what]); /* the only subscription */
    return count;
}

#define HANDLERS(...) \
    (struct param_list) LIST(((const struct handler_config[]){ { "default", STEPS(__VA_ARGS__) } }))
#define TAKES(law) STEP(STEP_WAIT, .wait = law)
#define TELLS STEP(STEP_CALL, .call = "sink")

static const struct source_config burst = { .requests = 100, .classes = { "job" }, .data = 1 };

/* ---- handing out ---- */

/* As many are fetched as there are workers, so that nothing waits at a worker: M/M/2 at 0.6. */
START_TEST(test_queue_and_workers_are_an_MMc_queue)
{
    const struct source_config source = { .rate_per_s = 1.2, .requests = 60000, .classes = { "job" } };
    struct setup setup = setup_of(&source, HANDLERS(TAKES(EXPONENTIAL(1.0))));
    const struct queue_metrics *metrics;
    struct jobs jobs;
    double mean;

    setup.queue.durability = QUEUE_MEMORY;
    setup.workers[0].workers = 1;
    setup.counts[0] = 2;
    run(&jobs, &setup, 1e5);
    metrics = metrics_of(&jobs, "jobs.default");
    ck_assert_uint_eq(count_of(&jobs, QUEUE_ACKNOWLEDGED), 60000);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_DELIVERED), 60000);
    ck_assert_uint_eq(jobs.source->finished[OUTCOME_OK], 60000);
    mean = histogram_mean(&metrics->end_to_end) * 1e-9;
    ck_assert_double_lt(fabs(mean - 1.5625), 0.05); /* 4 standard errors of correlated stays */
    ck_assert_double_lt(fabs(amount_mean(&metrics->waiting, jobs.sim->now_ns) * 1e5 / 60000 - (mean - 1.0)),
                        0.02);
    /* the age of the oldest is that of what waits longest: at least the mean age of those that wait */
    ck_assert_double_gt(amount_mean(&metrics->age, jobs.sim->now_ns), 0);
    sim_destroy(jobs.sim);
}
END_TEST

START_TEST(test_queue_shares_a_subscription_and_copies_for_another)
{
    struct setup setup = setup_of(&burst, HANDLERS(TAKES(CONSTANT(0.1)), TELLS));
    struct jobs jobs;

    setup.workers[1] = setup.workers[0];
    run(&jobs, &setup, 100);
    ck_assert_uint_eq(jobs.sink->count, 100); /* two components, one subscription */
    ck_assert_uint_eq(jobs.workers[0]->instances[0]->started, 50);
    ck_assert_uint_eq(jobs.workers[1]->instances[0]->started, 50);
    sim_destroy(jobs.sim);
    setup.workers[1].subscription = "search";
    run(&jobs, &setup, 100);
    ck_assert_uint_eq(jobs.sink->count, 200);
    ck_assert_uint_eq(metrics_of(&jobs, "jobs.search")->counts[QUEUE_ACKNOWLEDGED], 100);
    ck_assert_uint_eq(metrics_of(&jobs, "jobs.default")->counts[QUEUE_ACKNOWLEDGED], 100);
    ck_assert_uint_eq(metrics_of(&jobs, "jobs")->counts[QUEUE_ACKNOWLEDGED], 200);
    ck_assert_uint_eq(metrics_of(&jobs, "jobs")->counts[QUEUE_PUBLISHED], 100);
    sim_destroy(jobs.sim);
}
END_TEST

/* Work fails now and then and comes again a second later: without partitions what came after it goes on. */
static uint32_t inversions(const struct jobs *jobs)
{
    uint64_t latest[1000] = { 0 };
    uint32_t found = 0;

    for (uint32_t i = 0; i < jobs->sink->count; i++) {
        uint64_t key = jobs->sink->keys[i] % 1000, number = jobs->sink->numbers[i];

        found += number < latest[key];
        if (number > latest[key])
            latest[key] = number;
    }
    return found;
}

START_TEST(test_queue_keeps_order_within_a_partition_only)
{
    const struct source_config source = {
        .rate_per_s = 2000, .requests = 10000, .classes = { "job" }, .data = 1
    };
    struct setup setup =
        setup_of(&source, HANDLERS(TAKES(EXPONENTIAL(0.01)), STEP(STEP_FAIL, .fail = 0.1), TELLS));
    struct jobs jobs;

    setup.workers[0].workers = 100;
    run(&jobs, &setup, 1000);
    ck_assert_uint_eq(jobs.sink->count, 10000);
    ck_assert_uint_gt(inversions(&jobs), 0); /* of users whose key is the same: numbers modulo 1000 */
    sim_destroy(jobs.sim);
    setup.queue.partitions = 400;
    run(&jobs, &setup, 1000);
    ck_assert_uint_eq(jobs.sink->count, 10000);
    ck_assert_uint_eq(inversions(&jobs), 0);
    sim_destroy(jobs.sim);
}
END_TEST

/* One message of a partition is out at a time: 100 messages on one partition take 100 turns, whoever
 * is there. */
START_TEST(test_queue_works_on_as_many_messages_as_partitions)
{
    struct setup setup = setup_of(&burst, HANDLERS(TAKES(CONSTANT(0.1))));
    struct jobs jobs;

    setup.queue.durability = QUEUE_MEMORY;
    setup.queue.partitions = 1;
    setup.workers[0].workers = 50;
    run(&jobs, &setup, 100);
    ck_assert_int_eq(histogram_max(&metrics_of(&jobs, "jobs.default")->end_to_end), 10 * SIM_NS_PER_S);
    sim_destroy(jobs.sim);
    setup.queue.partitions = 0;
    run(&jobs, &setup, 100);
    ck_assert_int_eq(histogram_max(&metrics_of(&jobs, "jobs.default")->end_to_end), SIM_NS_PER_S / 5);
    sim_destroy(jobs.sim);
}
END_TEST

/* ---- coming again ---- */

START_TEST(test_queue_gives_up_what_fails_too_often)
{
    struct setup setup = setup_of(&burst, HANDLERS(TAKES(CONSTANT(0.001)), STEP(STEP_FAIL, .fail = 1.0)));
    struct jobs jobs;

    setup.queue.max_deliveries = 3;
    run(&jobs, &setup, 100);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_DELIVERED), 300);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_REDELIVERED), 200);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_DEAD_LETTERED), 100);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_DUPLICATES), 0);
    ck_assert_uint_eq(sim_requests_live(jobs.sim), 0);
    sim_destroy(jobs.sim);
}
END_TEST

static uint64_t count_in(const struct jobs *jobs, const char *name, enum queue_count what)
{
    return metrics_of(jobs, name)->counts[what];
}

/* Dead letters are published to a queue of their own, whose worker has another handler for them. It is dead at
 * first, so that moves are tried again, and no message is lost or there twice. */
START_TEST(test_queue_moves_dead_letters_to_another_queue)
{
    struct setup setup = setup_of(&burst, HANDLERS(TAKES(CONSTANT(0.001)), STEP(STEP_FAIL, .fail = 1.0)));
    struct queue_config dead = plain;
    struct jobs jobs;

    setup.queue.max_deliveries = 3;
    setup.queue.dead_letters = "letters";
    setup.workers[1] = setup.workers[0];
    setup.workers[1].queue = "letters";
    setup.workers[1].handlers = HANDLERS(TAKES(CONSTANT(0.001)));
    setup.letters = &dead;
    setup.faulty[0] = "letters.broker";
    setup.faults[0] = (struct fault){ .from_ns = 0, .until_ns = 20 * SIM_NS_PER_S };
    run(&jobs, &setup, 100);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_DELIVERED), 300);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_DEAD_LETTERED), 100);
    ck_assert_uint_eq(count_in(&jobs, "letters", QUEUE_ACKNOWLEDGED), 100);
    ck_assert_uint_gt(count_in(&jobs, "letters", QUEUE_UNCONFIRMED), 100);
    ck_assert_uint_eq(count_in(&jobs, "letters", QUEUE_PUBLISHED) - count_in(&jobs, "letters", QUEUE_UNCONFIRMED), 100);
    ck_assert_uint_eq(sim_requests_live(jobs.sim), 0);
    sim_destroy(jobs.sim);
}
END_TEST

/* None of them is on a disk, and there is nobody to move them to until the queue has lost them. */
START_TEST(test_queue_loses_dead_letters_with_its_leader)
{
    struct setup setup = setup_of(&burst, HANDLERS(TAKES(CONSTANT(0.001)), STEP(STEP_FAIL, .fail = 1.0)));
    struct queue_config dead = plain;
    struct jobs jobs;

    setup.queue.max_deliveries = 1;
    setup.queue.durability = QUEUE_MEMORY;
    setup.queue.flush_interval = 1000 * SIM_NS_PER_S;
    setup.queue.dead_letters = "letters";
    setup.workers[1] = setup.workers[0];
    setup.workers[1].queue = "letters";
    setup.workers[1].handlers = HANDLERS(TAKES(CONSTANT(0.001)));
    setup.letters = &dead;
    setup.faulty[0] = "letters.broker";
    setup.faults[0] = (struct fault){ .from_ns = 0, .until_ns = 400 * SIM_NS_PER_S };
    setup.faulty[1] = "jobs.broker";
    setup.faults[1] = (struct fault){ .from_ns = 390 * SIM_NS_PER_S, .until_ns = 410 * SIM_NS_PER_S };
    run(&jobs, &setup, 1000);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_LOST), 100);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_DEAD_LETTERED), 0);
    ck_assert_uint_eq(count_in(&jobs, "letters", QUEUE_ACKNOWLEDGED), 0);
    ck_assert_uint_le(count_in(&jobs, "letters", QUEUE_PUBLISHED), 100 * 400); /* one a second each */
    ck_assert_uint_lt(jobs.sim->events, 400 * 101 + 2000); /* each ends, and one clock is for all */
    sim_destroy(jobs.sim);
}
END_TEST

/* Work of 3 s, visible again after 1 s: every acknowledgement comes too late, as long as another
 * worker is free. */
START_TEST(test_queue_hands_out_again_what_takes_too_long)
{
    const struct source_config one_job = { .requests = 1, .classes = { "job" } };
    struct setup setup = setup_of(&one_job, HANDLERS(TAKES(CONSTANT(3.0))));
    struct jobs jobs;

    setup.queue.visibility_timeout = SIM_NS_PER_S;
    setup.queue.max_deliveries = 3;
    setup.workers[0].workers = 5;
    run(&jobs, &setup, 100);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_DELIVERED), 3);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_DUPLICATES), 2);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_DEAD_LETTERED), 1);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_ACKNOWLEDGED), 0);
    sim_destroy(jobs.sim);
}
END_TEST

/* Deliveries of a message are geometric: 1 / (1 - loss) of them; each but the last did the work in vain. */
START_TEST(test_queue_does_work_again_whose_acknowledgement_was_lost)
{
    const struct source_config source = { .rate_per_s = 100, .requests = 50000, .classes = { "job" } };
    struct setup setup = setup_of(&source, HANDLERS(TAKES(CONSTANT(0.001))));
    struct jobs jobs;

    setup.queue.visibility_timeout = SIM_NS_PER_S;
    setup.workers[0].acknowledgements_lost = 0.2;
    run(&jobs, &setup, 1000);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_ACKNOWLEDGED), 50000);
    assert_count(count_of(&jobs, QUEUE_REDELIVERED), (double)count_of(&jobs, QUEUE_DELIVERED), 0.2);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_DUPLICATES), count_of(&jobs, QUEUE_REDELIVERED));
    sim_destroy(jobs.sim);
}
END_TEST

/* A dead worker gives back what it had; while it is down nothing goes there, and it goes on when it is
 * back. */
START_TEST(test_queue_takes_back_what_a_dead_worker_had)
{
    struct setup setup = setup_of(&burst, HANDLERS(TAKES(CONSTANT(1.0)), TELLS));
    struct jobs jobs;

    setup.counts[0] = 2;
    setup.faulty[0] = "mailer";
    setup.faults[0] =
        (struct fault){ .first = 0, .last = 0, .from_ns = SIM_NS_PER_S / 2, .until_ns = 10 * SIM_NS_PER_S };
    run(&jobs, &setup, 9.9);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_REDELIVERED), 2);
    ck_assert_uint_eq(jobs.workers[0]->instances[0]->started, 2);
    go_on(&jobs, 100);
    ck_assert_uint_eq(jobs.sink->count, 100);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_DUPLICATES), 0);
    ck_assert_uint_gt(jobs.workers[0]->instances[0]->started, 20);
    sim_destroy(jobs.sim);
}
END_TEST

/* Work that fails since somebody else is dead comes again after a pause, to the same worker, which is not. */
START_TEST(test_queue_goes_on_with_a_worker_whose_store_was_dead)
{
    struct setup setup = setup_of(&burst, HANDLERS(TAKES(CONSTANT(0.1)), TELLS));
    struct jobs jobs;

    setup.faulty[0] = "sink";
    setup.faults[0] = (struct fault){ .from_ns = SIM_NS_PER_S / 2, .until_ns = 3 * SIM_NS_PER_S };
    run(&jobs, &setup, 2);
    ck_assert_uint_gt(count_of(&jobs, QUEUE_REDELIVERED), 0);
    go_on(&jobs, 100);
    ck_assert_uint_eq(jobs.sink->count, 100);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_ACKNOWLEDGED), 100);
    sim_destroy(jobs.sim);
}
END_TEST

/* An instance that an autoscaler takes out finishes what it has, and one that it orders gets its part. */
START_TEST(test_queue_hands_out_to_workers_that_are_members)
{
    struct setup setup = setup_of(&burst, HANDLERS(TAKES(CONSTANT(1.0)), TELLS));
    struct component *leaver;
    struct jobs jobs;

    setup.counts[0] = 2;
    setup.elastic = true;
    run(&jobs, &setup, 2.5);
    leaver = jobs.workers[0]->instances[0];
    member_leave(leaver);
    go_on(&jobs, 10);
    ck_assert_uint_eq(leaver->started, 6); /* 2 each second, of which it was in the third */
    ck_assert(member_is_idle(leaver));
    member_retire(leaver);
    member_order(leaver);
    member_join(leaver);
    go_on(&jobs, 100);
    ck_assert_uint_eq(jobs.sink->count, 100);
    ck_assert_uint_gt(leaver->started, 20);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_REDELIVERED), 0);
    sim_destroy(jobs.sim);
}
END_TEST

/* Nobody is there: it all waits, and its age grows with the clock. */
START_TEST(test_queue_keeps_messages_while_consumers_are_down)
{
    struct setup setup = setup_of(&burst, HANDLERS(TAKES(CONSTANT(0.01))));
    const struct queue_metrics *metrics;
    struct jobs jobs;

    setup.queue.durability = QUEUE_MEMORY;
    setup.faulty[0] = "mailer";
    setup.faults[0] = (struct fault){ .from_ns = 0, .until_ns = 100 * SIM_NS_PER_S };
    run(&jobs, &setup, 99);
    metrics = metrics_of(&jobs, "jobs.default");
    ck_assert_uint_eq(jobs.source->finished[OUTCOME_OK], 100);
    ck_assert_int_eq(metrics->waiting.level, 100);
    ck_assert_double_lt(fabs(amount_mean(&metrics->age, jobs.sim->now_ns) * 1e-9 - 49.5), 0.01);
    go_on(&jobs, 101);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_ACKNOWLEDGED), 100);
    ck_assert_int_eq(metrics->age.level, 0);
    ck_assert_int_eq(metrics->age.level_max,
                     100 * SIM_NS_PER_S + 49 * SIM_NS_PER_S / 100); /* of the last pair */
    sim_destroy(jobs.sim);
}
END_TEST

/* ---- bounds ---- */

START_TEST(test_queue_that_is_full_refuses_or_lets_producers_wait)
{
    struct setup setup = setup_of(&burst, HANDLERS(TAKES(CONSTANT(0.01))));
    struct jobs jobs;

    setup.queue.limit = 10;
    setup.faulty[0] = "mailer";
    setup.faults[0] = (struct fault){ .from_ns = 0, .until_ns = 100 * SIM_NS_PER_S };
    run(&jobs, &setup, 200);
    ck_assert_uint_eq(jobs.source->finished[OUTCOME_REFUSED], 90);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_REFUSED), 90);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_ACKNOWLEDGED), 10);
    sim_destroy(jobs.sim);
    setup.queue.when_full = QUEUE_WAITS;
    run(&jobs, &setup, 99);
    ck_assert_uint_eq(jobs.source->ended, 10);
    go_on(&jobs, 200);
    ck_assert_uint_eq(jobs.source->finished[OUTCOME_OK], 100);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_ACKNOWLEDGED), 100);
    ck_assert_int_le(metrics_of(&jobs, "jobs.default")->waiting.level_max, 10);
    sim_destroy(jobs.sim);
}
END_TEST

/* Published over 100 s, kept for 20 s, nobody reads before 100 s: one fifth is left. */
START_TEST(test_queue_expires_what_a_slow_consumer_has_not_read)
{
    const struct source_config source = { .rate_per_s = 100, .requests = 10000, .classes = { "job" } };
    struct setup setup = setup_of(&source, HANDLERS(TAKES(CONSTANT(0.0001))));
    double left;
    struct jobs jobs;

    setup.queue.durability = QUEUE_MEMORY;
    setup.queue.retention = 20 * SIM_NS_PER_S;
    setup.faulty[0] = "mailer";
    setup.faults[0] = (struct fault){ .from_ns = 0, .until_ns = 90 * SIM_NS_PER_S };
    run(&jobs, &setup, 300);
    left = 10000 - 100.0 * 70;
    ck_assert_double_lt(fabs((double)count_of(&jobs, QUEUE_ACKNOWLEDGED) - left), 4 * sqrt(100.0 * 70));
    ck_assert_uint_eq(count_of(&jobs, QUEUE_EXPIRED) + count_of(&jobs, QUEUE_ACKNOWLEDGED), 10000);
    ck_assert_int_le(histogram_max(&metrics_of(&jobs, "jobs.default")->end_to_end), 21 * SIM_NS_PER_S);
    sim_destroy(jobs.sim);
}
END_TEST

/* ---- disks and crashes ---- */

/* A disk of 100 operations a second takes 1000 messages a second: those that wait share an operation. */
START_TEST(test_queue_shares_the_disk_among_producers)
{
    const struct source_config source = { .rate_per_s = 1000, .requests = 10000, .classes = { "job" } };
    struct setup setup = setup_of(&source, HANDLERS(TAKES(CONSTANT(0.001))));
    const struct broker *broker;
    struct jobs jobs;

    run(&jobs, &setup, 20);
    broker = component_state(sim_find_group(jobs.sim, "jobs.broker")->instances[0]);
    ck_assert_uint_eq(jobs.source->finished[OUTCOME_OK], 10000);
    ck_assert_uint_eq(broker->writer.commits, 10000);
    ck_assert_uint_lt(broker->writer.fsyncs, 1050);
    for (uint32_t i = 0; i < 10000; i++)
        ck_assert_int_ge(jobs.source->latency_ns[i],
                         SIM_NS_PER_S / 100); /* no acknowledgement without the disk */
    sim_destroy(jobs.sim);
}
END_TEST

START_TEST(test_queue_acknowledged_from_memory_loses_what_is_not_on_disk)
{
    struct setup setup = setup_of(&burst, HANDLERS(TAKES(CONSTANT(0.01)), TELLS));
    struct jobs jobs;

    setup.queue.durability = QUEUE_MEMORY;
    setup.faulty[0] = "mailer";
    setup.faults[0] = (struct fault){ .from_ns = 0, .until_ns = 10 * SIM_NS_PER_S };
    setup.faulty[1] = "jobs.broker";
    setup.faults[1] = (struct fault){ .from_ns = SIM_NS_PER_S / 2, .until_ns = 5 * SIM_NS_PER_S };
    run(&jobs, &setup, 20); /* before the flush */
    ck_assert_uint_eq(count_of(&jobs, QUEUE_LOST), 100);
    ck_assert_uint_eq(jobs.sink->count, 0);
    sim_destroy(jobs.sim);
    setup.faults[1].from_ns = 2 * SIM_NS_PER_S;
    run(&jobs, &setup, 20); /* after it */
    ck_assert_uint_eq(count_of(&jobs, QUEUE_LOST), 0);
    ck_assert_uint_eq(jobs.sink->count, 100);
    sim_destroy(jobs.sim);
}
END_TEST

/* The leader dies again and again; what was acknowledged is done in the end, and nothing else is lost
 * than what producers heard of. */
static void crash_often(uint32_t brokers, enum queue_durability durability)
{
    const struct source_config source = { .rate_per_s = 200, .requests = 20000, .classes = { "job" } };
    struct setup setup = setup_of(&source, HANDLERS(TAKES(CONSTANT(0.005))));
    struct jobs jobs;
    uint64_t failed = 0;

    setup.queue.brokers = brokers;
    setup.queue.durability = (int)durability;
    setup.workers[0].workers = 10;
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t broker = i % brokers;

        setup.faulty[i] = "jobs.broker";
        setup.faults[i] = (struct fault){ .first = broker,
                                          .last = broker,
                                          .from_ns = (10 + 20 * (int64_t)i) * SIM_NS_PER_S + 1234567,
                                          .until_ns = (20 + 20 * (int64_t)i) * SIM_NS_PER_S };
    }
    run(&jobs, &setup, 1000);
    for (int i = OUTCOME_OK + 1; i < OUTCOME_COUNT; i++)
        failed += jobs.source->finished[i];
    ck_assert_uint_eq(count_of(&jobs, QUEUE_LOST), 0);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_ACKNOWLEDGED), jobs.source->finished[OUTCOME_OK]);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_UNCONFIRMED), failed);
    ck_assert_uint_gt(failed, brokers > 1
                                  ? 2 * 150
                                  : 3 * 1900); /* the last may not lead; until the election, or it is back */
    ck_assert_uint_lt(failed, brokers > 1 ? 3 * 250 : 3 * 2100);
    sim_destroy(jobs.sim);
}

START_TEST(test_queue_loses_nothing_that_a_majority_has)
{
    crash_often(1, QUEUE_DISK);
    crash_often(3, QUEUE_DISK);
    crash_often(3, QUEUE_MEMORY);
}
END_TEST

/* Two brokers, acknowledged by the leader alone, the other being down: when it takes over it has nothing. */
START_TEST(test_queue_acknowledged_by_one_broker_loses_what_the_next_leader_lacks)
{
    struct setup setup = setup_of(&burst, HANDLERS(TAKES(CONSTANT(0.01)), TELLS));
    struct jobs jobs;

    setup.queue.brokers = 2;
    setup.queue.acknowledged_by = 1;
    setup.faulty[0] = "mailer";
    setup.faults[0] = (struct fault){ .from_ns = 0, .until_ns = 50 * SIM_NS_PER_S };
    setup.faulty[1] = "jobs.broker";
    setup.faults[1] = (struct fault){ .first = 1, .last = 1, .from_ns = 0, .until_ns = 10 * SIM_NS_PER_S };
    setup.faulty[2] = "jobs.broker";
    setup.faults[2] = (struct fault){ .from_ns = 9 * SIM_NS_PER_S, .until_ns = 40 * SIM_NS_PER_S };
    run(&jobs, &setup, 100);
    ck_assert_uint_eq(jobs.source->finished[OUTCOME_OK], 100);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_LOST), 100);
    sim_destroy(jobs.sim);
    setup.queue.acknowledged_by = 2; /* the other one is down: nobody is told that his message is safe */
    run(&jobs, &setup, 100);
    ck_assert_uint_eq(jobs.source->finished[OUTCOME_UNAVAILABLE], 100);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_LOST), 0);
    sim_destroy(jobs.sim);
}
END_TEST

/* All brokers die; the first that is back lacks what was acknowledged, so nobody leads before the
 * second is. */
START_TEST(test_queue_waits_for_a_broker_that_has_what_was_acknowledged)
{
    struct setup setup = setup_of(&burst, HANDLERS(TAKES(CONSTANT(0.01)), TELLS));
    struct jobs jobs;

    setup.queue.brokers = 3;
    setup.faulty[0] = "jobs.broker"; /* 2 is not there when they are published */
    setup.faults[0] = (struct fault){ .first = 2, .last = 2, .from_ns = 0, .until_ns = 10 * SIM_NS_PER_S };
    setup.faulty[1] = "jobs.broker";
    setup.faults[1] =
        (struct fault){ .first = 0, .last = 1, .from_ns = 9 * SIM_NS_PER_S, .until_ns = 30 * SIM_NS_PER_S };
    setup.faulty[2] = "mailer";
    setup.faults[2] = (struct fault){ .from_ns = 0, .until_ns = 8 * SIM_NS_PER_S + SIM_NS_PER_S * 9 / 10 };
    run(&jobs, &setup, 29);
    ck_assert_uint_lt(jobs.sink->count, 50);
    go_on(&jobs, 100);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_LOST), 0);
    ck_assert_uint_eq(count_of(&jobs, QUEUE_ACKNOWLEDGED), 100);
    sim_destroy(jobs.sim);
}
END_TEST

/* ---- memory ---- */

START_TEST(test_queue_keeps_a_waiting_message_in_64_bytes)
{
    const struct source_config source = { .rate_per_s = 100000, .requests = 1000000, .classes = { "job" } };
    struct setup setup = setup_of(&source, HANDLERS(TAKES(CONSTANT(0.01))));
    struct jobs jobs;
    uint64_t before;

    setup.queue.durability = QUEUE_MEMORY;
    setup.workers[1] = setup.workers[0];
    setup.workers[1].subscription = "search";
    setup.faulty[0] = "mailer";
    setup.faults[0] = (struct fault){ .from_ns = 0, .until_ns = SIM_TIME_NEVER };
    setup.faulty[1] = "indexer";
    setup.faults[1] = (struct fault){ .from_ns = 0, .until_ns = SIM_TIME_NEVER };
    assemble(&jobs, &setup);
    go_on(&jobs, 0.001);
    before = jobs.sim->memory.used_bytes;
    go_on(&jobs, 20);
    ck_assert_int_eq(metrics_of(&jobs, "jobs.search")->waiting.level, 1000000);
    ck_assert_double_lt((double)(jobs.sim->memory.used_bytes - before) / 1e6, 64);
    sim_destroy(jobs.sim);
}
END_TEST

/* ---- checks ---- */

static const char *problem_of(const struct setup *setup, struct param_problems *problems)
{
    *problems = (struct param_problems){ 0 };
    queue_model.check(&setup->queue, problems);
    worker_model.check(&setup->workers[0], problems);
    return problems->first;
}

START_TEST(test_queue_checks_tell_what_cannot_be)
{
    struct setup setup = setup_of(&burst, HANDLERS(TAKES(CONSTANT(0.01))));
    struct param_problems problems;

    ck_assert_str_eq(problem_of(&setup, &problems), "");
    setup.queue.acknowledged_by = 2;
    ck_assert_ptr_nonnull(strstr(problem_of(&setup, &problems), "acknowledged_by: "));
    setup.queue.acknowledged_by = 0;
    setup.queue.when_full = QUEUE_WAITS;
    ck_assert_ptr_nonnull(strstr(problem_of(&setup, &problems), "when_full: "));
    setup.queue.when_full = QUEUE_REFUSES;
    setup.queue.visibility_timeout = setup.queue.retention = SIM_NS_PER_S;
    ck_assert_ptr_nonnull(strstr(problem_of(&setup, &problems), "retention: "));
    setup.queue.retention = INT64_MAX;
    setup.workers[0].prefetch = 1;
    ck_assert_ptr_nonnull(strstr(problem_of(&setup, &problems), "prefetch: "));
    setup.workers[0].prefetch = 0;
    setup.workers[0].subscription = "broker";
    ck_assert_ptr_nonnull(strstr(problem_of(&setup, &problems), "subscription: "));
    setup.workers[0].subscription = "a.b";
    ck_assert_ptr_nonnull(strstr(problem_of(&setup, &problems), "subscription: "));
}
END_TEST

TEST_MAIN("queue", test_queue_and_workers_are_an_MMc_queue,
          test_queue_shares_a_subscription_and_copies_for_another,
          test_queue_keeps_order_within_a_partition_only, test_queue_works_on_as_many_messages_as_partitions,
          test_queue_gives_up_what_fails_too_often, test_queue_hands_out_again_what_takes_too_long,
          test_queue_does_work_again_whose_acknowledgement_was_lost,
          test_queue_moves_dead_letters_to_another_queue, test_queue_loses_dead_letters_with_its_leader, test_queue_takes_back_what_a_dead_worker_had,
          test_queue_goes_on_with_a_worker_whose_store_was_dead,
          test_queue_hands_out_to_workers_that_are_members,
          test_queue_keeps_messages_while_consumers_are_down,
          test_queue_that_is_full_refuses_or_lets_producers_wait,
          test_queue_expires_what_a_slow_consumer_has_not_read, test_queue_shares_the_disk_among_producers,
          test_queue_acknowledged_from_memory_loses_what_is_not_on_disk,
          test_queue_loses_nothing_that_a_majority_has,
          test_queue_acknowledged_by_one_broker_loses_what_the_next_leader_lacks,
          test_queue_waits_for_a_broker_that_has_what_was_acknowledged,
          test_queue_keeps_a_waiting_message_in_64_bytes, test_queue_checks_tell_what_cannot_be)
