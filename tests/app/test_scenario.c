#include "app/scenario.h"
#include "tests/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A scenario that was read from a text in a temporary folder. */
struct fixture {
    struct scenario scenario;
    struct diagnostics diagnostics;
    enum scenario_status status;
    char folder[64], path[96];
};

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static void start(struct fixture *fixture, const char *text, const char *const *settings)
{
    struct scenario_overrides overrides = { .settings = settings };

    while (settings && settings[overrides.setting_count])
        overrides.setting_count++;
    strcpy(fixture->folder, "/tmp/test_scenario.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof fixture->path, "%s/test.json", fixture->folder);
    write_file(fixture->folder, "test.json", text);
    diagnostics_init(&fixture->diagnostics);
    fixture->status = scenario_read(&fixture->scenario, fixture->path, &overrides, &fixture->diagnostics);
}

static void stop(struct fixture *fixture)
{
    scenario_deinit(&fixture->scenario);
    diagnostics_deinit(&fixture->diagnostics);
    unlink(fixture->path);
    ck_assert_int_eq(rmdir(fixture->folder), 0);
}

static const char *first_message(const struct fixture *fixture)
{
    return fixture->diagnostics.item_count ? fixture->diagnostics.items[0].message : "no error";
}

static void start_good(struct fixture *fixture, const char *text, const char *const *settings)
{
    start(fixture, text, settings);
    ck_assert_msg(fixture->status == SCENARIO_OK, "%s", first_message(fixture));
    ck_assert_uint_eq(diagnostics_error_count(&fixture->diagnostics), 0);
}

static const struct scenario_variant *variant_of(const struct fixture *fixture, const char *name)
{
    const struct scenario_variant *variant = scenario_find_variant(&fixture->scenario, name);

    ck_assert_msg(variant != NULL, "%s", name);
    return variant;
}

#define USERS "\"users\":{\"type\":\"clients\",\"arrivals\":\"80/s\",\"target\":\"srv\"}"
#define SERVICE "\"srv\":{\"type\":\"service\",\"service_time\":\"5ms\"}"

static const char whole[] =
    "{\n"
    "\"format\": 1, \"title\": \"A title\", \"ask\": \"A question?\",\n"
    "\"time\": {\"warm_up\": \"2s\", \"measure\": \"1min\"},\n"
    "\"network\": {\"regions\": {\"eu\": {}, \"us\": {}}, \"round_trips\": [{\"from\": \"eu\", \"to\": "
    "\"us\", \"round_trip\": \"80ms\"}],\n"
    "  \"links\": [{\"from\": \"users\", \"to\": \"any\", \"bandwidth\": \"1MB/s\"}]},\n"
    "\"data\": {\"rows\": {\"rows\": 1000}},\n"
    "\"hosts\": {\"box\": {\"cores\": 3}},\n"
    "\"components\": {\"users\": {\"type\": \"clients\", \"arrivals\": \"80/s\", \"target\": \"srv\", "
    "\"region\": \"eu\"},\n"
    "  \"srv\": {\"type\": \"service\", \"service_time\": \"5ms\", \"count\": 3, \"region\": \"us\"}},\n"
    "\"expect\": {\"total.latency.p99\": \"<   250ms\", \"total.availability\": \">= 99.9%\", "
    "\"srv.throughput\": \"> 4800/min\",\n"
    "  \"srv.servers.utilisation\": \"<= 0.9\", \"total.cost.per_hour\": \"< $2\", "
    "\"srv[2].requests.failed\": \"< 1\"},\n"
    "\"variants\": {\n"
    "  \"slow\": {\"based_on\": \"slower\", \"title\": \"S\"},\n"
    "  \"slower\": {\"components\": {\"srv\": {\"count\": 1}}, \"time\": {\"kind\": \"episode\", "
    "\"measure\": \"1h\", \"warm_up\": null},\n"
    "    \"expect\": \"none\"}}}";

START_TEST(test_scenario_reads_every_part)
{
    const struct scenario_variant *base;
    struct fixture fixture;

    start_good(&fixture, whole, NULL);
    base = &fixture.scenario.variants[0];
    ck_assert_str_eq(fixture.scenario.title, "A title");
    ck_assert_str_eq(fixture.scenario.ask, "A question?");
    ck_assert_str_eq(base->name, "base");
    ck_assert_int_eq(base->time.kind, TIME_STEADY);
    ck_assert_int_eq(base->time.warm_up, INT64_C(2000000000));
    ck_assert_int_eq(base->time.measure, INT64_C(60000000000));
    ck_assert_uint_eq(base->component_count, 2);
    ck_assert_str_eq(base->components[0].name, "users");
    ck_assert_str_eq(base->components[0].type->component.name, "clients");
    ck_assert_int_eq(base->components[0].count, 1);
    ck_assert_int_eq(base->components[1].count, 3);
    ck_assert_str_eq(base->components[1].region, "us");
    ck_assert_uint_eq(base->environment.data_set_count, 1);
    ck_assert_int_eq(base->environment.data_sets[0].rows, 1000);
    ck_assert_uint_eq(base->environment.host_count, 1);
    ck_assert_str_eq(base->environment.hosts[0].name, "box");
    ck_assert_uint_gt(base->environment.size_count, 2);
    ck_assert_uint_eq(base->network.site_count, 2);
    ck_assert_double_eq(base->network.one_way_s[0 * 2 + 1], 0.04);
    ck_assert_double_eq(base->network.one_way_s[1 * 2 + 0], 0.04);
    ck_assert(isnan(base->network.one_way_s[0]));
    ck_assert_uint_eq(base->network.link_count, 1);
    ck_assert_str_eq(base->network.links[0].from, "users");
    ck_assert_ptr_null(base->network.links[0].to);
    ck_assert_double_eq(base->network.links[0].bandwidth_bytes_per_s, 1e6);
    stop(&fixture);
}
END_TEST

static const struct {
    const char *component, *metric, *unit;
    enum comparison comparison;
    double bound;
} bounds[] = {
    { "total", "latency.p99", "s", COMPARISON_LESS, 0.25 },
    { "total", "availability", "1", COMPARISON_GREATER_EQUAL, 0.999 },
    { "srv", "throughput", "1/s", COMPARISON_GREATER, 80 },
    { "srv", "servers.utilisation", "1", COMPARISON_LESS_EQUAL, 0.9 },
    { "total", "cost.per_hour", "USD", COMPARISON_LESS, 2 },
    { "srv[2]", "requests.failed", "1", COMPARISON_LESS, 1 },
};

/* What a rule does not say is not its business; what it does say counts, be it the default. */
START_TEST(test_scenario_rules_of_the_network_take_away_what_they_say)
{
    static const char text[] =
        "{\"network\":{\"links\":[{\"from\":\"users\",\"loss\":\"1%\"},"
        "{\"loss\":\"0%\",\"bandwidth\":\"unlimited\",\"latency\":\"0s\",\"round_trips\":0}]},"
        "\"components\":{\"users\":{\"type\":\"clients\",\"arrivals\":\"1/s\",\"target\":\"srv\"},"
        "\"srv\":{\"type\":\"service\",\"service_time\":\"1ms\"}}}";
    struct fixture fixture;
    const struct link_config *links;

    start_good(&fixture, text, NULL);
    links = fixture.scenario.variants[0].network.links;
    ck_assert(!links[0].lossless || links[0].loss > 0);
    ck_assert(!links[0].unlimited && !links[0].unconnected && !links[0].has_latency);
    ck_assert(links[1].lossless && links[1].unlimited && links[1].unconnected && links[1].has_latency);
    ck_assert_double_eq(links[1].loss, 0);
    ck_assert_double_eq(links[1].bandwidth_bytes_per_s, 0);
    ck_assert_double_eq(links[1].latency.mean, 0);
    stop(&fixture);
}
END_TEST

START_TEST(test_scenario_reads_expectations_in_the_unit_of_the_metric)
{
    const struct scenario_variant *base;
    struct fixture fixture;

    start_good(&fixture, whole, NULL);
    base = &fixture.scenario.variants[0];
    ck_assert_uint_eq(base->expectation_count, sizeof bounds / sizeof *bounds);
    for (size_t i = 0; i < base->expectation_count; i++) {
        const struct expectation *expectation = &base->expectations[i];

        ck_assert_str_eq(expectation->component, bounds[i].component);
        ck_assert_str_eq(expectation->metric, bounds[i].metric);
        ck_assert_str_eq(expectation->unit, bounds[i].unit);
        ck_assert_int_eq(expectation->comparison, bounds[i].comparison);
        ck_assert_double_eq_tol(expectation->bound, bounds[i].bound, 1e-12);
    }
    ck_assert_str_eq(base->expectations[0].text, "<   250ms");
    ck_assert_str_eq(base->expectations[5].path, "srv[2].requests.failed");
    stop(&fixture);
}
END_TEST

START_TEST(test_scenario_reads_variants)
{
    const struct scenario_variant *slow, *slower;
    struct fixture fixture;

    start_good(&fixture, whole, NULL);
    ck_assert_uint_eq(fixture.scenario.variant_count, 3);
    slow = variant_of(&fixture, "slow");
    slower = variant_of(&fixture, "slower");
    ck_assert_ptr_eq(slow->based_on, slower);
    ck_assert_ptr_eq(slower->based_on, &fixture.scenario.variants[0]);
    ck_assert_ptr_null(fixture.scenario.variants[0].based_on);
    ck_assert_str_eq(slow->title, "S");
    ck_assert_ptr_null(slower->title);
    ck_assert_int_eq(slow->components[1].count, 1);
    ck_assert_int_eq(slow->time.kind, TIME_EPISODE);
    ck_assert_int_eq(slow->time.warm_up, 0);
    ck_assert_int_eq(slow->time.measure, INT64_C(3600000000000));
    ck_assert_uint_eq(slow->expectation_count, 0);
    ck_assert_ptr_null(scenario_find_variant(&fixture.scenario, "nothing"));
    stop(&fixture);
}
END_TEST

START_TEST(test_scenario_has_defaults)
{
    const struct scenario_variant *base;
    struct fixture fixture;

    start_good(&fixture, "{\"components\":{" USERS "," SERVICE "}}", NULL);
    base = &fixture.scenario.variants[0];
    ck_assert_uint_eq(fixture.scenario.variant_count, 1);
    ck_assert_int_eq(base->time.kind, TIME_STEADY);
    ck_assert_int_gt(base->time.warm_up, 0);
    ck_assert_int_gt(base->time.measure, 0);
    ck_assert_uint_eq(base->expectation_count, 0);
    ck_assert(!base->network.has_latency);
    ck_assert_ptr_null(base->components[0].region);
    stop(&fixture);
}
END_TEST

/* ---- errors ---- */

/* The only errors must be these, in the order of arrival: at a line, with a text in the message. */
struct wanted {
    size_t line;
    const char *message;
};

static void check_errors(const char *text, const char *const *settings, const struct wanted *wanted,
                         size_t count)
{
    struct fixture fixture;

    start(&fixture, text, settings);
    ck_assert_int_eq(fixture.status, SCENARIO_INVALID);
    for (size_t i = 0; i < fixture.diagnostics.item_count && i < count; i++) {
        const struct diagnostic *item = &fixture.diagnostics.items[i];

        ck_assert_msg(strstr(item->message, wanted[i].message) != NULL, "%s instead of %s", item->message,
                      wanted[i].message);
        ck_assert_msg(item->line == wanted[i].line, "line %zu instead of %zu: %s", item->line, wanted[i].line,
                      item->message);
    }
    ck_assert_msg(fixture.diagnostics.item_count == count, "%zu errors instead of %zu; the first: %s",
                  fixture.diagnostics.item_count, count, first_message(&fixture));
    stop(&fixture);
}

START_TEST(test_scenario_tells_all_errors_at_once)
{
    static const struct wanted wanted[] = { { 2, "no such field" }, { 4, "has no unit" }, { 5, "must be" } };

    check_errors("{\n\"tittle\": \"x\",\n\"components\": {\n\"users\": {\"type\": \"clients\", \"arrivals\": "
                 "\"80\", \"target\": \"srv\"},\n"
                 "\"srv\": {\"type\": \"service\", \"service_time\": \"5ms\", \"servers\": 0}}}",
                 NULL, wanted, 3);
}
END_TEST

/* A newer file may be wrong in ways that nobody knows yet. */
START_TEST(test_scenario_of_a_newer_format_is_told_once)
{
    static const struct wanted wanted[] = { { 2, "the file is of format 7" } };

    check_errors("{\"nonsense\": 1,\n\"format\": 7, \"components\": 5}", NULL, wanted, 1);
}
END_TEST

START_TEST(test_scenario_base_errors_are_not_told_again_for_variants)
{
    static const struct wanted wanted[] = { { 3, "has no unit" } };

    check_errors("{\"components\": {\n" SERVICE
                 ",\n\"users\": {\"type\": \"clients\", \"arrivals\": \"80\", \"target\": \"srv\"}},\n"
                 "\"variants\": {\"a\": {\"title\": \"A\"}, \"b\": {\"title\": \"B\"}}}",
                 NULL, wanted, 1);
}
END_TEST

/* c is read before b, on which it is based. */
START_TEST(test_scenario_variant_errors_are_not_told_again_for_those_based_on_it)
{
    static const struct wanted wanted[] = { { 4, "must be" } };

    check_errors(
        "{\"components\": {" USERS "," SERVICE
        "},\n\"variants\": {\"c\": {\"based_on\": \"b\", \"components\": {\"srv\": {\"count\": 2}}},\n"
        "\"good\": {\"components\": {\"srv\": {\"count\": 2}}},\n"
        "\"b\": {\"components\": {\"srv\": {\"servers\": 0}}}}}",
        NULL, wanted, 1);
}
END_TEST

/* The place is in the base, where nothing is wrong: the message has to say who made it so. */
START_TEST(test_scenario_errors_outside_of_the_patch_name_the_variant)
{
    static const struct wanted wanted[] = { { 2, "no component named \"srv\" (in variant \"a\")" },
                                            { 2, "no component named \"srv\" (in variant \"b\")" },
                                            { 4, "no metric" } };

    check_errors(
        "{\"components\": {\n" USERS ",\n" SERVICE "},\n\"expect\": {\"srv.queue.mean\": \"< 5\"},\n"
        "\"variants\": {\"a\": {\"components\": {\"srv\": null}}, \"b\": {\"components\": {\"srv\": null}},\n"
        "\"c\": {\"components\": {\"users\": {\"target\": \"new\"}, \"srv\": null, \"new\": {\"type\": "
        "\"service\", \"service_time\": \"1ms\"}}}}}",
        NULL, wanted, 3);
}
END_TEST

START_TEST(test_scenario_errors_in_settings_are_told_once)
{
    static const struct wanted wanted[] = { { 1, "has no unit" } };

    check_errors("{\"components\": {" USERS "," SERVICE "}, \"variants\": {\"a\": {\"title\": \"A\"}}}",
                 (const char *const[]){ "users.arrivals=5", NULL }, wanted, 1);
}
END_TEST

static const struct {
    const char *text, *message;
} single[] = {
    { "{\"components\":{" SERVICE "}}", "nobody sends requests" },
    { "{\"components\":{" USERS ",\"srv\":{\"type\":\"service\",\"service_time\":\"1ms\",\"then\":\"srv\"}}}",
      "would never end" },
    { "{\"components\":{" USERS "}}", "no component named \"srv\"" },
    { "{\"component\":{" USERS "," SERVICE "}}", "no such field" },
    { "{\"title\":\"x\"}", "needs components" },
    { "{\"components\":{\"total\":{\"type\":\"clients\",\"arrivals\":\"1/s\",\"target\":\"srv\"}," SERVICE
      "}}",
      "cannot be named \"total\"" },
    { "{\"components\":{\"a.b\":{\"type\":\"clients\",\"arrivals\":\"1/s\",\"target\":\"srv\"}," SERVICE "}}",
      "\"a.b\" is not a name" },
    { "{\"hosts\":{\"srv\":{\"cores\":2}},\"components\":{" USERS "," SERVICE "}}",
      "a component has the same name" },
    { "{\"catalog\":\"none.json\",\"components\":{" USERS "," SERVICE "}}", "no such file" },
    { "{\"time\":{\"kind\":\"episode\",\"warm_up\":\"1s\"},\"components\":{" USERS "," SERVICE "}}",
      "an episode has no warm-up" },
    { "{\"expect\":{\"total.availability\":\"> 150%\"},\"components\":{" USERS "," SERVICE "}}",
      "never outside" },
    { "{\"expect\":5,\"components\":{" USERS "," SERVICE "}}", "wants an object of bounds" },
    { "{\"variants\":{\"v\":{\"title\":\"a\",\"titel\":\"b\"}},\"components\":{" USERS "," SERVICE "}}",
      "no such field" },
};

START_TEST(test_scenario_tells_one_error_of_one_mistake)
{
    for (size_t i = 0; i < sizeof single / sizeof *single; i++) {
        struct wanted wanted = { 1, single[i].message };

        check_errors(single[i].text, NULL, &wanted, 1);
    }
}
END_TEST

START_TEST(test_scenario_that_is_not_there_is_the_users_mistake)
{
    struct scenario_overrides none = { .settings = NULL };
    struct diagnostics diagnostics;
    struct scenario scenario;

    diagnostics_init(&diagnostics);
    ck_assert_int_eq(scenario_read(&scenario, "/nowhere/x.json", &none, &diagnostics), SCENARIO_INVALID);
    ck_assert_uint_eq(diagnostics_error_count(&diagnostics), 1);
    scenario_deinit(&scenario);
    diagnostics_deinit(&diagnostics);
}
END_TEST

/* ---- files beside it ---- */

START_TEST(test_scenario_finds_its_catalog_beside_it)
{
    static const char text[] = "{\"catalog\":\"sizes.json\",\"components\":{" USERS "," SERVICE "}}";
    struct scenario_overrides none = { .settings = NULL };
    struct fixture fixture;
    char catalog[128];

    start(&fixture, text, NULL);
    ck_assert_int_eq(fixture.status, SCENARIO_INVALID);
    scenario_deinit(&fixture.scenario);
    diagnostics_deinit(&fixture.diagnostics);

    write_file(fixture.folder, "sizes.json", "{\"sizes\":{\"tiny\":{\"cores\":1}}}");
    diagnostics_init(&fixture.diagnostics);
    ck_assert_int_eq(scenario_read(&fixture.scenario, fixture.path, &none, &fixture.diagnostics),
                     SCENARIO_OK);
    ck_assert_uint_eq(fixture.scenario.variants[0].environment.size_count, 1);
    ck_assert_str_eq(fixture.scenario.variants[0].environment.sizes[0].name, "tiny");
    scenario_deinit(&fixture.scenario);
    diagnostics_deinit(&fixture.diagnostics);

    write_file(fixture.folder, "sizes.json", "{\"sizes\":{\"tiny\":{\"cores\":0}}}");
    diagnostics_init(&fixture.diagnostics);
    fixture.status = scenario_read(&fixture.scenario, fixture.path, &none, &fixture.diagnostics);
    ck_assert_int_eq(fixture.status, SCENARIO_INVALID);
    ck_assert_uint_eq(fixture.diagnostics.item_count, 1);
    ck_assert_ptr_nonnull(strstr(fixture.diagnostics.items[0].file, "sizes.json"));
    snprintf(catalog, sizeof catalog, "%s/sizes.json", fixture.folder);
    unlink(catalog);
    stop(&fixture);
}
END_TEST

TEST_MAIN("scenario", test_scenario_reads_every_part,
          test_scenario_rules_of_the_network_take_away_what_they_say,
          test_scenario_reads_expectations_in_the_unit_of_the_metric, test_scenario_reads_variants,
          test_scenario_has_defaults, test_scenario_tells_all_errors_at_once,
          test_scenario_of_a_newer_format_is_told_once,
          test_scenario_base_errors_are_not_told_again_for_variants,
          test_scenario_variant_errors_are_not_told_again_for_those_based_on_it,
          test_scenario_errors_outside_of_the_patch_name_the_variant,
          test_scenario_errors_in_settings_are_told_once, test_scenario_tells_one_error_of_one_mistake,
          test_scenario_that_is_not_there_is_the_users_mistake, test_scenario_finds_its_catalog_beside_it)
