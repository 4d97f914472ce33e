/* Reading of parameter tables: every kind, every error with its exact words, odd trees, no memory. */
#include "tests/test.h"

#include "app/param_kind.h"
#include "app/param_read.h"
#include "sim/random.h"
#include "tests/app/param_sample.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

#define PATH "components.web"

struct reading {
    struct arena arena;
    struct diagnostics diagnostics;
    struct param_context context;
    struct json_document document;
    struct sample_config config;
    bool good;
};

/* The sample's object lies below components.web, as in a scenario. */
static struct source_span locate(void *user, const char *pointer, enum json_part part)
{
    const struct reading *reading = user;

    return json_document_span(&reading->document, pointer, part);
}

static void start(struct reading *reading)
{
    memset(reading, 0, sizeof *reading);
    diagnostics_init(&reading->diagnostics);
    param_context_init(&reading->context, &reading->arena, &reading->diagnostics);
    reading->context.locate = locate;
    reading->context.user = reading;
}

static void read_text(struct reading *reading, const char *json)
{
    char text[8192];
    const cJSON *components;

    start(reading);
    snprintf(text, sizeof text, "{\"components\":{\"web\":%s}}", json);
    ck_assert_int_eq(
        json_document_parse(&reading->document, "x.json", text, strlen(text), &reading->diagnostics),
        JSON_DOCUMENT_OK);
    components = cJSON_GetObjectItemCaseSensitive(reading->document.root, "components");
    reading->good = param_read(&sample_params, cJSON_GetObjectItemCaseSensitive(components, "web"), PATH,
                               &reading->config, &reading->context);
}

static void finish(struct reading *reading)
{
    json_document_deinit(&reading->document);
    diagnostics_deinit(&reading->diagnostics);
    arena_deinit(&reading->arena);
}

/* "PATH: MESSAGE; HELP" of each error, one a line, without the path of the whole. */
static const char *errors_of(const struct reading *reading, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < reading->diagnostics.item_count; i++) {
        const struct diagnostic *item = &reading->diagnostics.items[i];
        const char *path =
            strncmp(item->path, PATH, strlen(PATH)) == 0 ? item->path + strlen(PATH) : item->path;

        used += (size_t)snprintf(text + used, size - used, "%s%s: %s%s%s", used ? "\n" : "", path,
                                 item->message, item->help ? "; " : "", item->help ? item->help : "");
        ck_assert_uint_lt(used, size);
    }
    return text;
}

/* ---- good ones ---- */

static const char good_json[] =
    "{ \"on\": false, \"workers\": \"unlimited\", \"exponent\": 1.25, \"delay\": \"1.5ms\", \"memory\": "
    "\"16MiB\","
    "  \"bandwidth\": \"8Mb/s\", \"rate\": \"120/min\", \"loss\": 0.3, \"fee\": \"$2.50\", \"price\": "
    "\"$24/day\","
    "  \"order\": \"lifo\", \"note\": \"h\\u00e9\", \"service\": { \"law\": \"lognormal\", \"mean\": "
    "\"20ms\", \"cv\": 2 },"
    "  \"then\": \"db\", \"disk\": { \"size\": \"2KB\" }, \"spare\": { \"speed\": \"7/s\" },"
    "  \"disks\": [ {}, { \"speed\": \"9/s\" } ], \"classes\": { \"view\": { \"share\": \"95%\", "
    "\"priority\": 3 } },"
    "  \"handlers\": { \"view\": [ { \"compute\": \"1ms\" }, { \"read\": \"db\", \"data\": \"users\", "
    "\"rows\": 4 },"
    "                              { \"parallel\": [ { \"compute\": \"2ns\", \"once\": true } ] } ],"
    "                  \"edit\": { \"steps\": [ { \"compute\": \"1s\" } ] } },"
    "  \"timeout\": \"2s\", \"retries\": 3 }";

START_TEST(test_param_read_fills_every_kind)
{
    struct reading reading;
    const struct sample_config *c = &reading.config;
    const struct sample_disk *disks;
    const struct sample_class *classes;
    char errors[2048];

    read_text(&reading, good_json);
    ck_assert_str_eq(errors_of(&reading, errors, sizeof errors), "");
    ck_assert(reading.good);
    json_document_deinit(&reading.document); /* nothing of the tree is kept */
    ck_assert(!c->on);
    ck_assert_int_eq(c->workers, INT64_MAX);
    ck_assert_double_eq(c->exponent, 1.25);
    ck_assert_int_eq(c->delay, 1500000);
    ck_assert_int_eq(c->memory, 16 << 20);
    ck_assert_double_eq(c->bandwidth, 1e6);
    ck_assert_double_eq(c->rate, 2);
    ck_assert_double_eq(c->loss, 0.3);
    ck_assert_double_eq(c->fee, 2.5);
    ck_assert_double_eq(c->price, 1);
    ck_assert_int_eq(c->order, SAMPLE_LIFO);
    ck_assert_str_eq(c->note, "h\xC3\xA9");
    ck_assert_int_eq(c->service.law, DISTRIBUTION_LOGNORMAL);
    ck_assert_double_eq(c->service.mean, 0.02);
    ck_assert_double_eq(c->service.cv, 2);
    ck_assert(isnan(c->service.p99));
    ck_assert_str_eq(c->then, "db");
    ck_assert_int_eq(c->disk.size, 2000);
    ck_assert_double_eq(c->disk.speed, 100);
    ck_assert_double_eq(c->spare->speed, 7);
    ck_assert_int_eq(c->spare->size, 1000000000);
    ck_assert_uint_eq(c->disks.count, 2);
    disks = c->disks.items;
    ck_assert_double_eq(disks[0].speed, 100);
    ck_assert_double_eq(disks[1].speed, 9);
    ck_assert_uint_eq(c->classes.count, 1);
    classes = c->classes.items;
    ck_assert_str_eq(classes[0].name, "view");
    ck_assert_double_eq(classes[0].share, 0.95);
    ck_assert_int_eq(classes[0].priority, 3);
    ck_assert_int_eq(c->call.timeout, 2 * SIM_NS_PER_S);
    ck_assert_int_eq(c->call.retries, 3);
    finish(&reading);
}
END_TEST

START_TEST(test_param_read_fills_steps)
{
    struct reading reading;
    const struct sample_handler *handlers;
    const struct sample_step *steps, *inner;

    read_text(&reading, good_json);
    ck_assert(reading.good);
    handlers = reading.config.handlers.items;
    ck_assert_uint_eq(reading.config.handlers.count, 2);
    ck_assert_str_eq(handlers[0].name, "view");
    ck_assert_uint_eq(handlers[0].steps.count, 3);
    steps = handlers[0].steps.items;
    ck_assert_int_eq(steps[0].verb, SAMPLE_COMPUTE);
    ck_assert_double_eq(steps[0].compute.mean, 0.001);
    ck_assert_int_eq(steps[1].verb, SAMPLE_READ);
    ck_assert_str_eq(steps[1].read, "db");
    ck_assert_int_eq(steps[1].rows, 4);
    ck_assert_ptr_null(steps[0].read);
    ck_assert_int_eq(steps[2].verb, SAMPLE_PARALLEL);
    ck_assert_uint_eq(steps[2].parallel.count, 1);
    inner = steps[2].parallel.items;
    ck_assert_double_eq(inner[0].compute.mean, 2e-9);
    ck_assert(inner[0].once);
    ck_assert_str_eq(handlers[1].name, "edit"); /* the long way to write it */
    ck_assert_uint_eq(handlers[1].steps.count, 1);
    finish(&reading);
}
END_TEST

START_TEST(test_param_read_takes_defaults)
{
    struct reading reading;
    const struct sample_config *c = &reading.config;

    read_text(&reading, "{ \"service\": \"5ms\" }");
    ck_assert(reading.good);
    ck_assert(c->on);
    ck_assert_int_eq(c->workers, 64);
    ck_assert_int_eq(c->delay, 5000000);
    ck_assert_int_eq(c->order, SAMPLE_FIFO);
    ck_assert_str_eq(c->note, "");
    ck_assert_int_eq(c->service.law, DISTRIBUTION_CONSTANT);
    ck_assert_double_eq(c->service.mean, 0.005);
    ck_assert_ptr_null(c->then);
    ck_assert_ptr_null(c->spare);
    ck_assert_int_eq(c->disk.size, 1000000000);
    ck_assert_uint_eq(c->disks.count, 0);
    ck_assert_int_eq(c->call.timeout, INT64_MAX);
    ck_assert_ptr_null(reading.context.references); /* "none" refers to nothing */
    finish(&reading);
}
END_TEST

/* ---- bad ones ---- */

struct bad_row {
    const char *json; /* of the fields, beside a good "service" */
    const char *errors;
};

static const struct bad_row bad_rows[] = {
    { "\"wrokers\": 64", ".wrokers: no such field; did you mean \"workers\"?" },
    { "\"retry\": 64",
      ".retry: no such field; the fields here are \"on\", \"workers\", \"exponent\", \"delay\", "
      "\"memory\", \"bandwidth\", \"rate\", \"loss\", \"fee\", \"price\", \"order\", \"note\", \"service\", "
      "\"then\", \"disk\", \"spare\", \"disks\", \"classes\", \"handlers\", \"timeout\" and \"retries\"" },
    { "\"priority\": 1", ".priority: no such field; \"priority\" is a field inside \"classes\"" },
    { "\"disk\": { \"price\": 1 }",
      ".disk.price: no such field; \"price\" is a field of \"components.web\"" },
    { "\"on\": \"yes\"", ".on: wants true or false, got a string; write true without quotes" },
    { "\"on\": 1", ".on: wants true or false, got a number" },
    { "\"workers\": true", ".workers: wants a whole number, got true" },
    { "\"workers\": \"64\"", ".workers: wants a whole number, got a string; write 64 without quotes" },
    { "\"workers\": \"unlimted\"",
      ".workers: wants a whole number, got a string; did you mean \"unlimited\"?" },
    { "\"workers\": \"many\"",
      ".workers: wants a whole number, got a string; write a number or \"unlimited\"" },
    { "\"workers\": 2.5", ".workers: must be a whole number, not 2.5" },
    { "\"workers\": 0", ".workers: must be from 1 to 1000000, not 0; \"unlimited\" is possible, too" },
    { "\"workers\": -1", ".workers: must be from 1 to 1000000, not -1; \"unlimited\" is possible, too" },
    { "\"workers\": null", ".workers: null is no value here; write \"unlimited\"" },
    { "\"delay\": null", ".delay: null is no value here; leave the field out for its default, \"5ms\"" },
    { "\"exponent\": \"1\"", ".exponent: wants a number, got a string; write 1 without quotes" },
    { "\"exponent\": 10.5", ".exponent: must be from 0 to 10, not 10.5" },
    { "\"delay\": 5", ".delay: 5 has no unit; write \"5ms\" or \"5s\"" },
    { "\"delay\": \"5\"", ".delay: 5 has no unit; write \"5ms\" or \"5s\"" },
    { "\"delay\": []", ".delay: wants a duration, got a list; write it like \"5ms\"" },
    { "\"delay\": \"2h\"", ".delay: must be from 1 us to 1 h, not 2 h" },
    { "\"memory\": {}", ".memory: wants a size, got an object; write it like \"10KB\"" },
    { "\"bandwidth\": \"unlimitd\"", ".bandwidth: \"unlimitd\" is not a bandwidth; write it like \"10Gb/s\"; "
                                     "did you mean \"unlimited\"?" },
    { "\"loss\": 30", ".loss: must be from 0% to 100%, not 3000%; a fraction is written \"30%\" or 0.3" },
    { "\"loss\": \"120%\"", ".loss: must be from 0% to 100%, not 120%" },
    { "\"price\": \"$101/h\"", ".price: must be from $0.00/h to $100/h, not $101/h" },
    { "\"order\": \"fifoo\"", ".order: must be \"fifo\" or \"lifo\", not \"fifoo\"; did you mean \"fifo\"?" },
    { "\"order\": 3", ".order: wants \"fifo\" or \"lifo\", got a number" },
    { "\"note\": 3", ".note: wants a text, got a number; put it in quotes" },
    { "\"then\": [\"a\"]", ".then: wants a name, got a list; name one, without [ ]" },
    { "\"disk\": 3", ".disk: wants an object { ... }, got a number" },
    { "\"spare\": 3", ".spare: wants an object { ... }, got a number" },
    { "\"disk\": { \"speed\": \"0/s\" }", ".disk.speed: must be above 0/s and at most 1G/s, not 0/s" },
    { "\"disks\": {}", ".disks: wants a list [ ... ], got an object; put it between [ and ]" },
    { "\"disks\": [{}, null]", ".disks[1]: null is no value here" },
    { "\"disks\": [{}, { \"size\": 3 }]", ".disks[1].size: 3 has no unit; write \"3KB\" or \"3MB\"" },
    { "\"classes\": []", ".classes: wants an object { \"NAME\": ... }, got a list" },
    { "\"classes\": { \"a b\": { \"share\": 1 } }",
      ".classes.a b: \"a b\" is not a name; 1 to 64 letters, digits, \"_\" and \"-\", and a letter or \"_\" "
      "in front, "
      "make a name" },
    { "\"classes\": { \"a\": {} }",
      ".classes.a.share: required field is missing; write it like \"share\": \"5%\"" },
    { "\"classes\": { \"a\": { \"shares\": 1 } }",
      ".classes.a.shares: no such field; did you mean \"share\"?" },
    { "\"handlers\": { \"v\": [] }", ".handlers.v: the number of elements must be from 1 to 50, not 0" },
    { "\"handlers\": { \"v\": [ { \"read\": \"db\", \"compute\": \"1s\", \"data\": \"d\" } ] }",
      ".handlers.v[0]: a step does exactly one thing: found \"compute\" and \"read\"; make two steps of it" },
    { "\"handlers\": { \"v\": [ {} ] }",
      ".handlers.v[0]: a step does exactly one thing: found none; what it does is "
      "\"compute\", \"read\" or \"parallel\"" },
    { "\"handlers\": { \"v\": [ { \"compute\": \"1s\", \"rows\": 2 } ] }",
      ".handlers.v[0].rows: does not go with \"compute\"; it goes with \"read\"" },
    { "\"handlers\": { \"v\": [ { \"read\": \"db\" } ] }",
      ".handlers.v[0].data: required field is missing; write it like \"data\": \"NAME\"" },
    { "\"handlers\": { \"v\": [ { \"reed\": \"db\" } ] }",
      ".handlers.v[0].reed: no such field; did you mean \"read\"?" },
    { "\"timeout\": \"nver\"",
      ".timeout: \"nver\" is not a duration; write it like \"5ms\"; did you mean \"never\"?" },
    { "\"timeout\": \"0s\"", ".timeout: must be at least 1 ns, not 0 ns; \"never\" is possible, too" },
};

START_TEST(test_param_read_says_what_is_wrong)
{
    for (size_t i = 0; i < sizeof bad_rows / sizeof *bad_rows; i++) {
        struct reading reading;
        char json[1024], errors[2048];

        snprintf(json, sizeof json, "{ \"service\": \"5ms\", %s }", bad_rows[i].json);
        read_text(&reading, json);
        ck_assert_str_eq(errors_of(&reading, errors, sizeof errors), bad_rows[i].errors);
        ck_assert(!reading.good);
        finish(&reading);
    }
}
END_TEST

static const struct bad_row bad_laws[] = {
    { "5", ".service: 5 has no unit; write \"5ms\" or \"5s\"" },
    { "true",
      ".service: wants a duration (\"5ms\") or a law of durations, got true; write it like \"5ms\" or "
      "{ \"law\": \"exponential\", \"mean\": \"5ms\" }" },
    { "{ \"mean\": \"5ms\" }",
      ".service.law: required field is missing; write it like \"law\": \"exponential\"" },
    { "{ \"law\": \"exponental\" }",
      ".service.law: must be \"constant\", \"uniform\", \"exponential\", \"erlang\", \"gamma\", \"normal\", "
      "\"lognormal\", \"weibull\", \"pareto\", \"hyperexponential\" or \"empirical\", not \"exponental\"; "
      "did you mean "
      "\"exponential\"?" },
    { "{ \"law\": \"exponential\", \"maen\": \"5ms\" }",
      ".service.maen: no such field; did you mean \"mean\"?" },
    { "{ \"law\": \"exponential\", \"mean\": 5 }", ".service.mean: 5 has no unit; write \"5ms\" or \"5s\"" },
    { "{ \"law\": \"gamma\", \"mean\": \"5ms\", \"cv\": \"2\" }",
      ".service.cv: wants a number, got a string; write 2 without quotes" },
    { "{ \"law\": \"exponential\", \"mean\": null }",
      ".service.mean: null is no value here; leave the field out instead" },
    { "{ \"law\": \"exponential\", \"median\": \"5ms\" }", ".service: exponential: takes mean, not median" },
    { "{ \"law\": \"lognormal\", \"median\": \"5ms\", \"p99\": \"5ms\" }",
      ".service: lognormal: p99 must be greater than median" },
    { "{ \"law\": \"exponential\", \"mean\": \"0s\" }",
      ".service: exponential: mean must be above 0, not 0" },
    { "{ \"law\": \"empirical\", \"samples\": [] }",
      ".service: empirical: there must be at least one sample" },
    { "{ \"law\": \"empirical\", \"samples\": [\"1s\", 2] }",
      ".service.samples[1]: 2 has no unit; write \"2ms\" or \"2s\"" },
    { "{ \"law\": \"empirical\", \"samples\": \"1s\" }",
      ".service.samples: wants a list of durations, got a string" },
    { "{ \"law\": \"empirical\", \"file\": 3 }", ".service.file: wants the name of a file, got a number" },
};

START_TEST(test_param_read_says_what_is_wrong_with_laws)
{
    for (size_t i = 0; i < sizeof bad_laws / sizeof *bad_laws; i++) {
        struct reading reading;
        char json[1024], errors[2048];

        snprintf(json, sizeof json, "{ \"service\": %s }", bad_laws[i].json);
        read_text(&reading, json);
        ck_assert_str_eq(errors_of(&reading, errors, sizeof errors), bad_laws[i].errors);
        ck_assert(!reading.good);
        finish(&reading);
    }
}
END_TEST

START_TEST(test_param_read_collects_all_errors)
{
    struct reading reading;
    char errors[2048];

    read_text(&reading, "{ \"wrokers\": 1, \"on\": 0, \"disks\": [ { \"size\": 1 }, { \"speed\": null } ] }");
    ck_assert_str_eq(
        errors_of(&reading, errors, sizeof errors),
        ".wrokers: no such field; did you mean \"workers\"?\n"
        ".on: wants true or false, got a number\n"
        ".service: required field is missing; write it like \"service\": \"5ms\"\n"
        ".disks[0].size: 1 has no unit; write \"1KB\" or \"1MB\"\n"
        ".disks[1].speed: null is no value here; leave the field out for its default, \"100/s\"");
    finish(&reading);
}
END_TEST

/* The text that an error points to. */
static void check_place(const char *json, const char *expected)
{
    struct reading reading;
    const struct diagnostic *item;

    read_text(&reading, json);
    ck_assert_uint_eq(reading.diagnostics.item_count, 1);
    item = &reading.diagnostics.items[0];
    ck_assert_str_eq(item->file, "x.json");
    ck_assert_int_eq(strncmp(reading.document.text.bytes + item->offset, expected, strlen(expected)), 0);
    ck_assert_uint_eq(item->column_end - item->column, strlen(expected));
    finish(&reading);
}

START_TEST(test_param_read_points_to_key_or_value)
{
    check_place("{ \"service\": \"5ms\", \"wrokers\": 64 }", "\"wrokers\"");
    check_place("{ \"service\": \"5ms\", \"workers\": 0 }", "0");
    check_place("{ \"on\": true }", "\"web\""); /* what is missing, is missing there */
    check_place("{ \"service\": \"5ms\", \"handlers\": { \"v\": [ {}, { \"compute\": \"1s\" } ] } }", "{");
    check_place("{ \"service\": \"5ms\", \"handlers\": { \"v\": [ { \"compute\": \"1s\", \"rows\": 2 } ] } }",
                "\"rows\"");
}
END_TEST

START_TEST(test_param_read_is_bounded_by_what_is_kept)
{
    struct reading reading;
    cJSON *object = cJSON_CreateObject();
    struct sample_config config = { 0 };

    for (int i = 0; i < 20000; i++) {
        char name[16];

        snprintf(name, sizeof name, "x%d", i);
        cJSON_AddNullToObject(object, name);
    }
    start(&reading);
    reading.context.locate = NULL;
    ck_assert(!param_read(&sample_params, object, "", &config, &reading.context));
    ck_assert_uint_eq(reading.context.error_count, 20001); /* and "service" is missing */
    ck_assert_uint_eq(reading.diagnostics.item_count, DIAGNOSTICS_MAX);
    cJSON_Delete(object);
    finish(&reading);
}
END_TEST

/* ---- parts, problems ---- */

struct sample_common {
    int64_t count;
};

static const struct param_row common_rows[] = {
    PARAM_COUNT(struct sample_common, count, .default_text = "1", .min = 1, .help = "How many."), PARAM_END
};
static const struct param_table common_params = PARAM_TABLE(struct sample_common, common_rows);

START_TEST(test_param_read_parts_share_an_object)
{
    static const char *const others[] = { "type", NULL };
    struct reading reading;
    struct sample_common common = { 0 };
    struct param_part parts[] = { { &common_params, &common }, { &sample_params, &reading.config } };
    cJSON *object = cJSON_Parse("{\"type\":\"x\",\"count\":3,\"service\":\"1s\",\"workers\":2}");
    cJSON *wrong = cJSON_Parse("{\"typ\":\"x\",\"counts\":3,\"service\":\"1s\"}");
    char errors[1024];

    start(&reading);
    reading.context.locate = NULL;
    ck_assert(param_read_parts(parts, 2, others, object, PATH, &reading.context));
    ck_assert_int_eq(common.count, 3);
    ck_assert_int_eq(reading.config.workers, 2);
    ck_assert(!param_read_parts(parts, 2, others, wrong, PATH, &reading.context));
    ck_assert_str_eq(
        errors_of(&reading, errors, sizeof errors),
        ".typ: no such field; did you mean \"type\"?\n.counts: no such field; did you mean \"count\"?");
    cJSON_Delete(object);
    cJSON_Delete(wrong);
    finish(&reading);
}
END_TEST

START_TEST(test_param_problem_is_placed_below_its_component)
{
    struct reading reading;
    struct component_problems problems = param_problems_of(&reading.context, PATH);
    char errors[1024];

    read_text(&reading, "{ \"service\": \"1s\", \"handlers\": { \"v\": [ { \"compute\": \"1s\" }, { "
                        "\"compute\": \"77s\" } ] } }");
    ck_assert(reading.good);
    param_problem(&problems.problems, "handlers.v[1].compute", "do less", "takes %d s", 77);
    param_problem(&problems.problems, "", NULL, "is bad");
    ck_assert_str_eq(errors_of(&reading, errors, sizeof errors),
                     ".handlers.v[1].compute: takes 77 s; do less\n: is bad");
    ck_assert_int_eq(strncmp(reading.document.text.bytes + reading.diagnostics.items[0].offset, "\"77s\"", 5),
                     0);
    ck_assert_uint_eq(reading.context.error_count, 2);
    finish(&reading);
}
END_TEST

/* ---- samples in files ---- */

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void read_samples(struct reading *reading, const char *folder)
{
    cJSON *object = cJSON_Parse("{\"service\":{\"law\":\"empirical\",\"file\":\"samples.csv\"}}");

    start(reading);
    reading->context.locate = NULL;
    reading->context.folder = folder;
    reading->good = param_read(&sample_params, object, PATH, &reading->config, &reading->context);
    cJSON_Delete(object);
}

START_TEST(test_param_read_takes_samples_from_a_file)
{
    char folder[] = "/tmp/test_param_read_XXXXXX", path[64];
    struct reading reading;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/samples.csv", folder);
    write_file(path, "# seconds\n0.001\r\n\n  2e-3 \n3");
    read_samples(&reading, folder);
    ck_assert(reading.good);
    ck_assert_uint_eq(reading.config.service.sample_count, 3);
    ck_assert_double_eq(reading.config.service.samples[0], 0.001);
    ck_assert_double_eq(reading.config.service.samples[1], 0.002);
    ck_assert_double_eq(reading.config.service.samples[2], 3);
    finish(&reading);

    write_file(path, "1\n2\n5ms\n-1\nnan\n0x10\n");
    read_samples(&reading, folder);
    ck_assert(!reading.good);
    ck_assert_uint_eq(reading.diagnostics.item_count, 4);
    ck_assert_str_eq(reading.diagnostics.items[0].file, path);
    ck_assert_uint_eq(reading.diagnostics.items[0].line, 3);
    ck_assert_str_eq(reading.diagnostics.items[0].message,
                     "a line holds one number of seconds, zero or more");
    ck_assert_uint_eq(reading.diagnostics.items[3].line, 6);
    finish(&reading);

    remove(path);
    read_samples(&reading, folder);
    ck_assert(!reading.good);
    ck_assert_ptr_nonnull(strstr(reading.diagnostics.items[0].message, "samples.csv"));
    finish(&reading);
    remove(folder);
}
END_TEST

/* ---- names ---- */

static const struct model_type store_type = { .component = { .name = "sample_store" }, .roles = ROLE_STORE };
static const struct model_type server_type = { .component = { .name = "sample_server" },
                                               .roles = ROLE_SERVER };

static const struct param_named components[] = { { "db", &store_type }, { "web", &server_type } };
static const struct param_named data_sets[] = { { "users", NULL } };

static bool get_name(void *user, enum param_refers_to what, size_t index, struct param_named *named)
{
    const struct param_named *list = what == PARAM_REFERS_COMPONENT ? components : data_sets;
    size_t count = what == PARAM_REFERS_COMPONENT ? 2 : what == PARAM_REFERS_DATA ? 1 : 0;

    (void)user;
    if (index >= count)
        return false;
    *named = list[index];
    return true;
}

static bool find_name(void *user, enum param_refers_to what, const char *name, struct param_named *named)
{
    for (size_t i = 0; get_name(user, what, i, named); i++)
        if (strcmp(named->name, name) == 0)
            return true;
    return false;
}

static const struct bad_row names_rows[] = {
    { "\"db\", \"data\": \"users\"", "" },
    { "\"dbb\", \"data\": \"users\"",
      ".handlers.v[0].read: no component named \"dbb\"; did you mean \"db\"?" },
    { "\"zzzz\", \"data\": \"users\"", ".handlers.v[0].read: no component named \"zzzz\"; there is \"db\"" },
    { "\"users\", \"data\": \"users\"",
      ".handlers.v[0].read: \"users\" is a data set, not a component; there is \"db\"" },
    { "\"db\", \"data\": \"user\"",
      ".handlers.v[0].data: no data set named \"user\"; did you mean \"users\"?" },
};

START_TEST(test_param_references_are_checked)
{
    const struct param_names names = { .find = find_name, .get = get_name };

    for (size_t i = 0; i < sizeof names_rows / sizeof *names_rows; i++) {
        struct reading reading;
        char json[256], errors[1024];

        snprintf(json, sizeof json, "{ \"service\": \"1s\", \"handlers\": { \"v\": [ { \"read\": %s } ] } }",
                 names_rows[i].json);
        read_text(&reading, json);
        ck_assert(reading.good);
        ck_assert_int_eq(param_check_references(&reading.context, &names), names_rows[i].errors[0] == '\0');
        ck_assert_str_eq(errors_of(&reading, errors, sizeof errors), names_rows[i].errors);
        finish(&reading);
    }
}
END_TEST

START_TEST(test_param_references_need_the_right_role)
{
    const struct param_names names = { .find = find_name, .get = get_name };
    struct reading reading;
    const struct diagnostic *item;

    read_text(
        &reading,
        "{ \"service\": \"1s\", \"handlers\": { \"v\": [ { \"read\": \"web\", \"data\": \"users\" } ] } }");
    ck_assert(!param_check_references(&reading.context, &names));
    ck_assert_uint_eq(reading.diagnostics.item_count, 1);
    item = &reading.diagnostics.items[0];
    ck_assert_str_eq(item->message, "\"web\" is of type sample_server, which cannot be a store");
    ck_assert_int_eq(strncmp(item->help, "\"read\" needs a store, such as ", 30), 0);
    finish(&reading);
}
END_TEST

/* ---- paths ---- */

struct path_list {
    char text[8192];
    size_t count;
};

static void note_path(void *user, const char *path, const struct param_row *row)
{
    struct path_list *list = user;

    ck_assert_ptr_nonnull(row->name);
    list->count++;
    strcat(strcat(list->text, path), "\n");
}

START_TEST(test_param_paths_names_all)
{
    struct path_list list = { .count = 0 };

    param_paths(&sample_params, "web", note_path, &list);
    ck_assert_int_eq(strncmp(list.text, "web.on\nweb.workers\n", 19), 0);
    ck_assert_ptr_nonnull(strstr(list.text, "\nweb.classes.NAME.share\n"));
    ck_assert_ptr_nonnull(strstr(list.text, "\nweb.disks[N].size\n"));
    ck_assert_ptr_nonnull(strstr(list.text, "\nweb.handlers.NAME\nweb.handlers.NAME[N].compute\n"));
    ck_assert_ptr_nonnull(strstr(list.text, "\nweb.handlers.NAME[N].parallel\nweb.handlers.NAME[N].rows\n"));
    ck_assert_ptr_nonnull(strstr(list.text, "\nweb.retries\n"));
    ck_assert_uint_eq(list.count, 19 + 2 + 3 * 2 + 2 + 1 + 6);
}
END_TEST

/* ---- robustness ---- */

static const char *const odd_keys[] = { "on",       "workers", "delay",    "service", "law",
                                        "mean",     "samples", "disk",     "spare",   "disks",
                                        "classes",  "share",   "handlers", "compute", "read",
                                        "parallel", "",        "a.b/c~d",  "view",    "rows",
                                        "data",     "loss",    "order",    "steps",   "price" };
static const char *const odd_texts[] = { "",          "5ms", "5",    "unlimited", "none", "fifo",
                                         "lognormal", "95%", "$1/h", "\x1b[31m",  "10KB" };

#define PICK(list, rng) list[rng_below(rng, sizeof(list) / sizeof *(list))]

/* A random tree of at most `depth` levels. */
static cJSON *random_tree(struct rng *rng, int depth)
{
    static const double numbers[] = { 0, -1, 1, 0.5, 1e300, 9007199254740993.0, 64, -0.0 };
    uint64_t kind = rng_below(rng, depth > 0 ? 9 : 5);
    cJSON *tree;

    if (kind == 0)
        return cJSON_CreateNull();
    if (kind == 1)
        return cJSON_CreateBool(rng_below(rng, 2) == 0);
    if (kind == 2)
        return cJSON_CreateNumber(PICK(numbers, rng));
    if (kind < 5)
        return cJSON_CreateString(PICK(odd_texts, rng));
    tree = kind == 5 ? cJSON_CreateArray() : cJSON_CreateObject();
    for (uint64_t i = rng_below(rng, 8); i > 0; i--) {
        const char *key = PICK(odd_keys, rng);

        if (kind == 5)
            cJSON_AddItemToArray(tree, random_tree(rng, depth - 1));
        else if (!cJSON_GetObjectItemCaseSensitive(tree, key))
            cJSON_AddItemToObject(tree, key, random_tree(rng, depth - 1));
    }
    return tree;
}

START_TEST(test_param_read_survives_odd_trees)
{
    struct rng rng;

    rng_init(&rng, 1, "test", "trees");
    for (int i = 0; i < 20000; i++) {
        cJSON *tree = random_tree(&rng, 6);
        struct reading reading;

        start(&reading);
        reading.context.locate = NULL;
        reading.good = param_read(&sample_params, tree, "", &reading.config, &reading.context);
        ck_assert_int_eq(reading.good, diagnostics_error_count(&reading.diagnostics) == 0);
        ck_assert_str_eq(reading.context.path, "");
        ck_assert_str_eq(reading.context.pointer, "");
        cJSON_Delete(tree);
        finish(&reading);
    }
}
END_TEST

static size_t allocations_left;

static void *scarce_malloc(size_t size)
{
    return allocations_left == 0 ? NULL : (allocations_left--, malloc(size));
}

START_TEST(test_param_read_survives_without_memory)
{
    cJSON_Hooks hooks = { scarce_malloc, free };
    cJSON *tree = cJSON_Parse(good_json);
    bool good = false;
    size_t n = 0;

    ck_assert_ptr_nonnull(tree);
    cJSON_InitHooks(&hooks);
    for (; !good && n < 10000; n++) {
        struct reading reading;

        start(&reading);
        reading.context.locate = NULL;
        reading.arena.allocate = scarce_malloc;
        allocations_left = n;
        good = param_read(&sample_params, tree, "", &reading.config, &reading.context);
        ck_assert_int_eq(good, !reading.context.out_of_memory);
        ck_assert_uint_eq(diagnostics_error_count(&reading.diagnostics), 0);
        finish(&reading);
    }
    ck_assert(good);
    ck_assert_uint_gt(n, 10);
    cJSON_InitHooks(NULL);
    cJSON_Delete(tree);
}
END_TEST

START_TEST(test_arena_blocks_are_zeroed_and_apart)
{
    struct arena arena = { 0 };
    char *blocks[200];

    for (size_t i = 0; i < 200; i++) {
        size_t size = i % 10 == 0 ? 20000 : i;

        blocks[i] = arena_alloc(&arena, size);
        ck_assert_uint_eq((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++)
            ck_assert_int_eq(blocks[i][k], 0);
        memset(blocks[i], (int)i, size);
    }
    for (size_t i = 1; i < 200; i++)
        ck_assert_int_eq((unsigned char)blocks[i][0], (int)i);
    ck_assert_ptr_null(arena_alloc(&arena, SIZE_MAX));
    ck_assert_ptr_null(arena_alloc_array(&arena, SIZE_MAX / 2, 3));
    arena_deinit(&arena);
    ck_assert_ptr_null(arena.chunks);
}
END_TEST

TEST_MAIN("param_read", test_param_read_fills_every_kind, test_param_read_fills_steps,
          test_param_read_takes_defaults, test_param_read_says_what_is_wrong,
          test_param_read_says_what_is_wrong_with_laws, test_param_read_collects_all_errors,
          test_param_read_points_to_key_or_value, test_param_read_is_bounded_by_what_is_kept,
          test_param_read_parts_share_an_object, test_param_problem_is_placed_below_its_component,
          test_param_read_takes_samples_from_a_file, test_param_references_are_checked,
          test_param_references_need_the_right_role, test_param_paths_names_all,
          test_param_read_survives_odd_trees, test_param_read_survives_without_memory,
          test_arena_blocks_are_zeroed_and_apart)
