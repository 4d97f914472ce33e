#include "tests/test.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "models/environment.h"
#include "models/host.h"
#include "sim/sim.h"

/* ---- a component that runs jobs on its host, all sent at time 0 by itself ---- */

struct job_config {
    const char *host;
    uint32_t jobs;
    int64_t work_ns;
    bool on_disk;
    uint64_t bytes;
};

struct runner {
    struct host *host;
    int64_t last_ns; /* end of the last job */
};

static void runner_wire_group(struct group *group)
{
    sim_add_class(group, "job");
}

static void runner_wire(struct component *self)
{
    const struct job_config *config = self->group->config;
    struct runner *runner = component_state(self);

    runner->host = host_of(self, config->host);
}

static void runner_start(struct component *self)
{
    const struct job_config *config = self->group->config;
    struct runner *runner = component_state(self);

    for (uint32_t i = 0; i < config->jobs; i++) {
        struct request *request = sim_start(self, i, self->group->class_first);
        bool taken = config->on_disk ? host_disk(runner->host, self, request, config->bytes)
                                     : host_compute(runner->host, self, request, config->work_ns);

        ck_assert(taken);
    }
}

static void runner_on_timer(struct component *self, struct request *request)
{
    struct runner *runner = component_state(self);

    runner->last_ns = self->sim->now_ns;
    sim_finish(self, request, OUTCOME_OK);
}

static const struct component_type runner_type = {
    .name = "runner",
    .state_size = sizeof(struct runner),
    .is_source = true,
    .wire_group = runner_wire_group,
    .wire = runner_wire,
    .start = runner_start,
    .on_timer = runner_on_timer,
};

static const struct host_config plain = { .name = "plain",
                                          .cores = 4,
                                          .speed = 1.0,
                                          .memory = 1000,
                                          .disk_operations = 100.0,
                                          .disk_bandwidth = 1e6,
                                          .network = INFINITY,
                                          .price = 0.25 };

static struct sim *make_sim(const struct environment *environment)
{
    struct sim *sim = sim_create(1, UINT64_MAX, PENDING_LADDER);

    ck_assert_ptr_nonnull(sim);
    sim->environment = environment;
    return sim;
}

static void run(struct sim *sim)
{
    const struct group *cycle;

    ck_assert(sim_wire(sim, &cycle));
    ck_assert_int_eq(sim_run(sim, 1000 * SIM_NS_PER_S), SIM_REACHED);
    ck_assert(sim_conserves(sim, stderr));
}

static int64_t last_ns(const struct group *group)
{
    const struct runner *runner = component_state(group->instances[0]);

    return runner->last_ns;
}

static bool has_resource(const struct component *component, const char *name)
{
    for (uint8_t i = 0; i < component->resource_count; i++)
        if (!strcmp(component->resources[i].name, name))
            return true;
    return false;
}

/* When `jobs` of one second each, begun together on a machine of `size`, have all ended. */
static double seconds_of(const struct host_config *size, uint32_t jobs)
{
    const struct environment environment = { .sizes = size, .size_count = 1 };
    const struct job_config config = { .host = size->name, .jobs = jobs, .work_ns = SIM_NS_PER_S };
    struct sim *sim = make_sim(&environment);
    struct group *group = sim_add_group(sim, &runner_type, "jobs", 1, &config, &sim->sites[0]);
    double seconds;

    run(sim);
    seconds = (double)last_ns(group) / (double)SIM_NS_PER_S;
    sim_destroy(sim);
    return seconds;
}

static void assert_close(double got, double wanted, double relative)
{
    ck_assert_msg(fabs(got - wanted) <= relative * fabs(wanted), "%.12g is not %.12g", got, wanted);
}

/* ---- formulas ---- */

START_TEST(test_host_scalability_meets_oracle_O42)
{
    const double gamma = 1000.0, alpha = 0.03, beta = 0.0001;
    int best = 1;

    assert_close(gamma * host_scalability(8, alpha, beta), 6581.11221, 1e-6);
    assert_close(gamma * host_scalability(32, alpha, beta), 15769.7615, 1e-6);
    assert_close(gamma * host_scalability(64, alpha, beta), 19433.9852, 1e-6);
    for (int n = 1; n <= 200; n++)
        if (host_scalability(n, alpha, beta) > host_scalability(best, alpha, beta))
            best = n;
    ck_assert_int_eq(best, 98);
    assert_close(gamma * host_scalability(best, alpha, beta), 20162.1199,
                 1e-6); /* x_max is that of a whole number of cores */
    ck_assert(host_scalability(98.488578, alpha, beta) > host_scalability(98.4, alpha, beta));
    ck_assert(host_scalability(98.488578, alpha, beta) > host_scalability(98.6, alpha, beta));
    assert_close(host_scalability(20, 0.05, 0.0), 10.2564103, 1e-6);
    assert_close(host_scalability(1e12, 0.05, 0.0), 20.0, 1e-6);
    ck_assert_double_eq(host_scalability(1, alpha, beta), 1.0);
    ck_assert_double_eq(host_scalability(37, 0.0, 0.0), 37.0);
}
END_TEST

/* ---- CPU ---- */

START_TEST(test_host_cores_compute_side_by_side)
{
    assert_close(seconds_of(&plain, 1), 1.0, 1e-8);
    assert_close(seconds_of(&plain, 4), 1.0, 1e-8);
    assert_close(seconds_of(&plain, 8), 2.0, 1e-8);
}
END_TEST

START_TEST(test_host_busy_cores_hinder_one_another_as_the_law_says)
{
    struct host_config size = plain;

    size.contention = 0.1;
    size.coherency = 0.02;
    assert_close(seconds_of(&size, 1), 1.0, 1e-8);
    for (uint32_t k = 2; k <= 4; k++)
        assert_close(seconds_of(&size, k), k / host_scalability(k, 0.1, 0.02), 1e-8);
    assert_close(seconds_of(&size, 12), 12 / host_scalability(4, 0.1, 0.02), 1e-8);
}
END_TEST

START_TEST(test_host_speed_divides_the_time)
{
    struct host_config size = plain;

    size.speed = 2.5;
    assert_close(seconds_of(&size, 4), 0.4, 1e-8);
    size.contention = 0.1;
    assert_close(seconds_of(&size, 4), 4 / host_scalability(4, 0.1, 0.0) / 2.5, 1e-8);
}
END_TEST

/* ---- disk, memory, network, price ---- */

START_TEST(test_host_disk_takes_operation_and_bytes_one_after_the_other)
{
    const struct environment environment = { .sizes = &plain, .size_count = 1 };
    const struct job_config config = { .host = "plain", .jobs = 3, .on_disk = true, .bytes = 5000 };
    struct sim *sim = make_sim(&environment);
    struct group *group = sim_add_group(sim, &runner_type, "jobs", 1, &config, &sim->sites[0]);

    run(sim);
    ck_assert_int_eq(last_ns(group), 3 * (10000000 + 5000000)); /* 1/100 s + 5000 B / 1 MB/s each */
    sim_destroy(sim);
}
END_TEST

START_TEST(test_host_memory_ends)
{
    const struct environment environment = { .sizes = &plain, .size_count = 1 };
    const struct job_config config = { .host = "plain" };
    struct sim *sim = make_sim(&environment);
    struct group *group = sim_add_group(sim, &runner_type, "jobs", 1, &config, &sim->sites[0]);
    struct runner *runner;

    run(sim);
    runner = component_state(group->instances[0]);
    ck_assert(host_use_memory(runner->host, sim, 600));
    ck_assert(!host_use_memory(runner->host, sim, 401));
    ck_assert_int_eq(runner->host->memory.level, 600);
    ck_assert(host_use_memory(runner->host, sim, 400));
    ck_assert(host_use_memory(runner->host, sim, -1000));
    ck_assert_int_eq(runner->host->memory.level, 0);
    ck_assert_int_eq(runner->host->memory.level_max, 1000);
    sim_destroy(sim);
}
END_TEST

START_TEST(test_host_card_is_there_when_bandwidth_is_finite)
{
    struct host_config sizes[] = { plain, plain };
    const struct environment environment = { .sizes = sizes, .size_count = 2 };
    const struct job_config without = { .host = "plain" }, with = { .host = "carded" };
    struct sim *sim = make_sim(&environment);
    struct group *a, *b;

    sizes[1].name = "carded";
    sizes[1].network = 1e6;
    a = sim_add_group(sim, &runner_type, "a", 1, &without, &sim->sites[0]);
    b = sim_add_group(sim, &runner_type, "b", 1, &with, &sim->sites[0]);
    run(sim);
    ck_assert_ptr_null(a->instances[0]->egress);
    ck_assert(!has_resource(a->instances[0], "network"));
    ck_assert_ptr_nonnull(b->instances[0]->egress);
    ck_assert_int_eq(pipe_send(b->instances[0]->egress, 0, 1000), SIM_NS_PER_S / 1000);
    ck_assert(has_resource(b->instances[0], "network"));
    ck_assert(has_resource(b->instances[0], "cpu"));
    ck_assert(has_resource(b->instances[0], "disk"));
    ck_assert(has_resource(b->instances[0], "memory"));
    sim_destroy(sim);
}
END_TEST

START_TEST(test_host_of_a_size_is_each_instances_own)
{
    const struct environment environment = { .sizes = &plain, .size_count = 1 };
    const struct job_config config = { .host = "plain", .jobs = 4, .work_ns = SIM_NS_PER_S };
    struct sim *sim = make_sim(&environment);
    struct group *group = sim_add_group(sim, &runner_type, "jobs", 3, &config, &sim->sites[0]);

    run(sim);
    for (uint32_t i = 0; i < 3; i++) {
        const struct runner *runner = component_state(group->instances[i]);

        ck_assert_int_eq(runner->last_ns, SIM_NS_PER_S);
        ck_assert(!runner->host->shared);
    }
    assert_close(group->cost_per_hour, 0.75, 1e-12);
    sim_destroy(sim);
}
END_TEST

/* One machine of 4 cores, twice 4 jobs: wired before (`first`) or after those who name it. */
static void share_a_host(bool first)
{
    const struct environment environment = { .hosts = &plain, .host_count = 1 };
    const struct job_config config = { .host = "plain", .jobs = 4, .work_ns = SIM_NS_PER_S };
    struct sim *sim = make_sim(&environment);
    struct group *host = NULL, *a, *b;
    const struct runner *runner_a, *runner_b;

    if (first)
        host = sim_add_group(sim, &host_model.component, "plain", 1, &plain, &sim->sites[0]);
    a = sim_add_group(sim, &runner_type, "a", 1, &config, &sim->sites[0]);
    b = sim_add_group(sim, &runner_type, "b", 1, &config, &sim->sites[0]);
    if (!first)
        host = sim_add_group(sim, &host_model.component, "plain", 1, &plain, &sim->sites[0]);
    run(sim);
    runner_a = component_state(a->instances[0]);
    runner_b = component_state(b->instances[0]);
    ck_assert_ptr_eq(runner_a->host, runner_b->host);
    ck_assert(runner_a->host->shared);
    ck_assert_int_eq(runner_a->last_ns, 2 * SIM_NS_PER_S);
    ck_assert_int_eq(runner_b->last_ns, 2 * SIM_NS_PER_S);
    assert_close(host->cost_per_hour, 0.25, 1e-12);
    ck_assert_double_eq(a->cost_per_hour + b->cost_per_hour, 0.0);
    ck_assert(has_resource(a->instances[0], "cpu"));
    ck_assert(has_resource(host->instances[0], "cpu"));
    ck_assert_uint_eq(runner_a->host->cpu.busy.level, 0);
    sim_destroy(sim);
}

START_TEST(test_host_of_the_scenario_is_shared_with_one_bill)
{
    share_a_host(true);
    share_a_host(false);
}
END_TEST

/* ---- catalog ---- */

static cJSON *read_catalog(void)
{
    static char text[65536];
    FILE *file = fopen(SCALESIM_SOURCE_DIR "/models/catalog/hosts.json", "rb");
    size_t size;

    ck_assert_ptr_nonnull(file);
    size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    return cJSON_Parse(text);
}

START_TEST(test_host_catalog_has_every_field_and_prices_in_proportion_to_cores)
{
    cJSON *catalog = read_catalog();
    const cJSON *sizes = cJSON_GetObjectItemCaseSensitive(catalog, "sizes"), *size, *source;
    double cores_max = 0.0;

    ck_assert_int_gt(cJSON_GetArraySize(sizes), 0);
    cJSON_ArrayForEach(size, sizes)
    {
        double cores = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(size, "cores"));
        const char *price = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(size, "price"));
        int rows = 0;

        for (const struct param_row *row = host_params.rows; row->name; row++, rows++)
            if (strcmp(row->name, "speed") != 0)
                ck_assert_msg(cJSON_HasObjectItem(size, row->name), "%s has no %s", size->string, row->name);
        ck_assert_int_eq(cJSON_GetArraySize(size), rows - 1);
        assert_close(strtod(price + 1, NULL), 0.0504 * cores, 1e-9);
        cores_max = cores > cores_max ? cores : cores_max;
    }
    ck_assert_double_eq(cores_max, 192.0);
    ck_assert(cJSON_HasObjectItem(sizes, "medium")); /* the default of servers */
    ck_assert_ptr_nonnull(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(catalog, "title")));
    cJSON_ArrayForEach(source, cJSON_GetObjectItemCaseSensitive(catalog, "sources")) for (int i = 0; i < 3;
                                                                                          i++)
        ck_assert_ptr_nonnull(cJSON_GetStringValue(
            cJSON_GetObjectItemCaseSensitive(source, (const char *[]){ "what", "source", "date" }[i])));
    cJSON_Delete(catalog);
}
END_TEST

TEST_MAIN("host", test_host_scalability_meets_oracle_O42, test_host_cores_compute_side_by_side,
          test_host_busy_cores_hinder_one_another_as_the_law_says, test_host_speed_divides_the_time,
          test_host_disk_takes_operation_and_bytes_one_after_the_other, test_host_memory_ends,
          test_host_card_is_there_when_bandwidth_is_finite, test_host_of_a_size_is_each_instances_own,
          test_host_of_the_scenario_is_shared_with_one_bill,
          test_host_catalog_has_every_field_and_prices_in_proportion_to_cores)
