#include "app/variant_tree.h"
#include "tests/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A tree made of a text and settings, as a file and a command line would make it. */
struct fixture {
    struct json_document document;
    struct variant_tree tree;
    struct arena arena;
    struct diagnostics diagnostics;
    bool good, out_of_memory;
};

static void start(struct fixture *fixture, const char *text, const char *const *settings)
{
    size_t count = 0;

    *fixture = (struct fixture){ 0 };
    while (settings && settings[count])
        count++;
    diagnostics_init(&fixture->diagnostics);
    ck_assert_int_eq(
        json_document_parse(&fixture->document, "test.json", text, strlen(text), &fixture->diagnostics),
        JSON_DOCUMENT_OK);
    fixture->good = variant_tree_init(&fixture->tree, &fixture->document, settings, count, &fixture->arena,
                                      &fixture->diagnostics, &fixture->out_of_memory);
    ck_assert(!fixture->out_of_memory);
}

static void stop(struct fixture *fixture)
{
    variant_tree_deinit(&fixture->tree);
    json_document_deinit(&fixture->document);
    arena_deinit(&fixture->arena);
    diagnostics_deinit(&fixture->diagnostics);
}

static const struct variant_node *node_of(const struct fixture *fixture, const char *name)
{
    for (size_t i = 0; i < fixture->tree.count; i++)
        if (!strcmp(fixture->tree.nodes[i].name, name))
            return &fixture->tree.nodes[i];
    ck_abort_msg("no node %s", name);
    return NULL;
}

static void check_tree(const struct fixture *fixture, const char *name, const char *expected)
{
    char *text = cJSON_PrintUnformatted(node_of(fixture, name)->tree);

    ck_assert_str_eq(text, expected);
    cJSON_free(text);
}

/* The text at a place of the merged tree, as far as its line goes. */
static void check_place(const struct fixture *fixture, const char *name, const char *pointer,
                        enum json_part part, const char *text_name, size_t line, const char *begins)
{
    struct source_span span = variant_tree_locate(&fixture->tree, node_of(fixture, name), pointer, part);
    struct source_position position;

    ck_assert_ptr_nonnull(span.text);
    ck_assert_str_eq(span.text->name, text_name);
    position = source_position(span.text->bytes, span.text->size, span.offset);
    ck_assert_msg(position.line == line, "%s in %s: line %zu, not %zu", pointer, name, position.line, line);
    ck_assert_msg(!strncmp(span.text->bytes + span.offset, begins, strlen(begins)), "%s in %s: %.20s",
                  pointer, name, span.text->bytes + span.offset);
}

/* The text must have exactly one error, at that path, with that in its message. */
static void check_error(const char *text, const char *const *settings, const char *path, const char *message)
{
    struct fixture fixture;

    start(&fixture, text, settings);
    ck_assert(!fixture.good);
    ck_assert_msg(diagnostics_error_count(&fixture.diagnostics) == 1, "%zu errors for %s",
                  diagnostics_error_count(&fixture.diagnostics), text);
    if (path)
        ck_assert_str_eq(fixture.diagnostics.items[0].path, path);
    ck_assert_msg(strstr(fixture.diagnostics.items[0].message, message) != NULL, "%s",
                  fixture.diagnostics.items[0].message);
    stop(&fixture);
}

/* ---- merging ---- */

START_TEST(test_variant_tree_without_variants_is_the_base)
{
    struct fixture fixture;

    start(&fixture, "{\"title\":\"T\",\"components\":{}}", NULL);
    ck_assert(fixture.good);
    ck_assert_uint_eq(fixture.tree.count, 1);
    check_tree(&fixture, "base", "{\"title\":\"T\",\"components\":{}}");
    stop(&fixture);
}
END_TEST

/* The one in the middle of the chain comes last in the file. */
static const char chain[] = "{\n"
                            "\"title\": \"T\", \"time\": {\"warm_up\": \"1s\", \"measure\": \"2s\"},\n"
                            "\"list\": [1, 2, 3],\n"
                            "\"variants\": {\n"
                            "  \"third\": {\"based_on\": \"second\", \"time\": {\"warm_up\": \"3s\"},\n"
                            "    \"list\": [9]},\n"
                            "  \"first\": {\"title\": \"one\", \"time\": {\"measure\": \"9s\"},\n"
                            "    \"new\": {\"a\": 1}},\n"
                            "  \"second\": {\"based_on\": \"first\", \"time\": {\"measure\": null},\n"
                            "    \"new\": {\"b\": 2}}\n"
                            "}}";

START_TEST(test_variant_tree_follows_chains_in_any_order)
{
    struct fixture fixture;

    start(&fixture, chain, NULL);
    ck_assert(fixture.good);
    ck_assert_uint_eq(fixture.tree.count, 4);
    ck_assert_str_eq(fixture.tree.nodes[1].name, "third"); /* the order of the file */
    check_tree(&fixture, "first",
               "{\"title\":\"T\",\"time\":{\"warm_up\":\"1s\",\"measure\":\"9s\"},\"list\":[1,2,3],\"new\":{"
               "\"a\":1}}");
    check_tree(&fixture, "second",
               "{\"title\":\"T\",\"time\":{\"warm_up\":\"1s\"},\"list\":[1,2,3],\"new\":{\"a\":1,\"b\":2}}");
    check_tree(&fixture, "third",
               "{\"title\":\"T\",\"time\":{\"warm_up\":\"3s\"},\"list\":[9],\"new\":{\"a\":1,\"b\":2}}");
    check_tree(&fixture, "base",
               "{\"title\":\"T\",\"time\":{\"warm_up\":\"1s\",\"measure\":\"2s\"},\"list\":[1,2,3]}");
    ck_assert_str_eq(node_of(&fixture, "first")->title, "one");
    ck_assert_ptr_null(node_of(&fixture, "second")->title);
    ck_assert_ptr_eq(node_of(&fixture, "third")->based_on, node_of(&fixture, "second"));
    ck_assert_ptr_eq(node_of(&fixture, "first")->based_on, node_of(&fixture, "base"));
    ck_assert_ptr_null(node_of(&fixture, "base")->based_on);
    stop(&fixture);
}
END_TEST

START_TEST(test_variant_tree_can_be_based_on_base_by_name)
{
    struct fixture fixture;

    start(&fixture, "{\"a\":1,\"variants\":{\"v\":{\"based_on\":\"base\",\"a\":2}}}", NULL);
    ck_assert(fixture.good);
    check_tree(&fixture, "v", "{\"a\":2}");
    stop(&fixture);
}
END_TEST

/* ---- places ---- */

START_TEST(test_variant_tree_locates_where_a_value_was_written)
{
    struct fixture fixture;

    start(&fixture, chain, NULL);
    check_place(&fixture, "base", "/time/warm_up", JSON_PART_VALUE, "test.json", 2, "\"1s\"");
    check_place(&fixture, "third", "/time/warm_up", JSON_PART_VALUE, "test.json", 5, "\"3s\"");
    check_place(&fixture, "third", "/list/0", JSON_PART_VALUE, "test.json", 6, "9]");
    check_place(&fixture, "second", "/list/0", JSON_PART_VALUE, "test.json", 3, "1, 2");
    check_place(&fixture, "second", "/time/warm_up", JSON_PART_VALUE, "test.json", 2, "\"1s\"");
    check_place(&fixture, "third", "/new/a", JSON_PART_KEY, "test.json", 8, "\"a\"");
    check_place(&fixture, "third", "/new/b", JSON_PART_KEY, "test.json", 10, "\"b\"");
    check_place(&fixture, "second", "/time/measure", JSON_PART_VALUE, "test.json", 9,
                "null"); /* what removed it */
    stop(&fixture);
}
END_TEST

START_TEST(test_variant_tree_locates_what_is_missing_at_what_lacks_it)
{
    struct fixture fixture;

    start(&fixture, chain, NULL);
    check_place(&fixture, "first", "/new/zzz", JSON_PART_KEY, "test.json", 8, "\"new\"");
    check_place(&fixture, "third", "/new/zzz", JSON_PART_KEY, "test.json", 10, "\"new\"");
    check_place(&fixture, "base", "/time/zzz", JSON_PART_KEY, "test.json", 2, "\"time\"");
    stop(&fixture);
}
END_TEST

START_TEST(test_variant_tree_locates_settings_first)
{
    static const char *const settings[] = { "time.warm_up=7s", "list[1]=5", NULL };
    struct fixture fixture;

    start(&fixture, chain, settings);
    ck_assert(!fixture.good); /* third has a list of one element */
    stop(&fixture);
    start(&fixture,
          "{\"time\":{\"warm_up\":\"1s\",\"measure\":\"1s\"},\"variants\":{\"v\":{\"time\":{\"warm_up\":"
          "\"2s\"}}}}",
          (const char *const[]){ "time.warm_up=7s", "time.warm_up=8s", NULL });
    ck_assert(fixture.good);
    check_place(&fixture, "v", "/time/warm_up", JSON_PART_VALUE, "--set", 1, "time.warm_up=8s");
    check_place(&fixture, "v", "/time/warm_up/deeper", JSON_PART_VALUE, "--set", 1, "time.warm_up=8s");
    check_place(&fixture, "base", "/time/measure", JSON_PART_VALUE, "test.json", 1, "\"1s\"");
    stop(&fixture);
}
END_TEST

/* ---- settings ---- */

static const char two[] =
    "{\"time\":{\"warm_up\":\"1s\"},\"components\":{\"web\":{\"handlers\":{\"view\":[{\"compute\":\"1ms\"},"
    "{\"read\":\"db\"}]}}},\"variants\":{\"v\":{\"components\":{\"web\":{\"workers\":8},\"cache\":{\"rows\":"
    "1}}}}}";

static void check_settings(const char *const *settings, const char *base, const char *variant)
{
    struct fixture fixture;

    start(&fixture, two, settings);
    ck_assert_msg(fixture.good, "%s: %s", settings[0],
                  fixture.diagnostics.item_count ? fixture.diagnostics.items[0].message : "");
    if (base)
        check_tree(&fixture, "base", base);
    if (variant)
        check_tree(&fixture, "v", variant);
    stop(&fixture);
}

START_TEST(test_variant_tree_settings_hold_in_every_variant)
{
    check_settings((const char *const[]){ "time.warm_up=3s", NULL },
                   "{\"time\":{\"warm_up\":\"3s\"},\"components\":{\"web\":{\"handlers\":{\"view\":[{"
                   "\"compute\":\"1ms\"},{\"read\":\"db\"}]}}}}",
                   "{\"time\":{\"warm_up\":\"3s\"},\"components\":{\"web\":{\"handlers\":{\"view\":[{"
                   "\"compute\":\"1ms\"},{\"read\":\"db\"}]},"
                   "\"workers\":8},\"cache\":{\"rows\":1}}}");
}
END_TEST

START_TEST(test_variant_tree_settings_go_through_arrays)
{
    check_settings((const char *const[]){ "web.handlers.view[0].compute=9ms",
                                          "components.web.handlers.view[1]={\"get\":\"c\"}", NULL },
                   "{\"time\":{\"warm_up\":\"1s\"},\"components\":{\"web\":{\"handlers\":{\"view\":[{"
                   "\"compute\":\"9ms\"},{\"get\":\"c\"}]}}}}",
                   NULL);
}
END_TEST

/* A component that only some variants have is set in those. */
START_TEST(test_variant_tree_settings_skip_variants_without_the_component)
{
    check_settings((const char *const[]){ "cache.rows=5", NULL },
                   "{\"time\":{\"warm_up\":\"1s\"},\"components\":{\"web\":{\"handlers\":{\"view\":[{"
                   "\"compute\":\"1ms\"},{\"read\":\"db\"}]}}}}",
                   "{\"time\":{\"warm_up\":\"1s\"},\"components\":{\"web\":{\"handlers\":{\"view\":[{"
                   "\"compute\":\"1ms\"},{\"read\":\"db\"}]},"
                   "\"workers\":8},\"cache\":{\"rows\":5}}}");
}
END_TEST

START_TEST(test_variant_tree_settings_make_what_is_not_there)
{
    check_settings((const char *const[]){ "network.latency=1ms", "expect.total.latency.p99.9=< 5ms", NULL },
                   "{\"time\":{\"warm_up\":\"1s\"},\"components\":{\"web\":{\"handlers\":{\"view\":[{"
                   "\"compute\":\"1ms\"},{\"read\":\"db\"}]}}},"
                   "\"network\":{\"latency\":\"1ms\"},\"expect\":{\"total.latency.p99.9\":\"< 5ms\"}}",
                   NULL);
}
END_TEST

START_TEST(test_variant_tree_none_gives_way_to_a_setting)
{
    struct fixture fixture;

    start(&fixture,
          "{\"components\":{},\"expect\":{\"a.b\":\"< 1\"},\"variants\":{\"v\":{\"expect\":\"none\"}}}",
          (const char *const[]){ "expect.total.latency.p99=< 1s", NULL });
    ck_assert(fixture.good);
    check_tree(&fixture, "base",
               "{\"components\":{},\"expect\":{\"a.b\":\"< 1\",\"total.latency.p99\":\"< 1s\"}}");
    check_tree(&fixture, "v", "{\"components\":{},\"expect\":{\"total.latency.p99\":\"< 1s\"}}");
    stop(&fixture);
}
END_TEST

/* A value is JSON where it can be, else text. */
static const char *const values[][2] = {
    { "time.x=5", "5" },
    { "time.x=-1.5e3", "-1500" },
    { "time.x=5ms", "\"5ms\"" },
    { "time.x=\"5\"", "\"5\"" },
    { "time.x=true", "true" },
    { "time.x=", "\"\"" },
    { "time.x=a=b", "\"a=b\"" },
    { "time.x=[1, \"a\"]", "[1,\"a\"]" },
    { "time.x={\"a\":{}}", "{\"a\":{}}" },
    { "time.x=[1, 2", "\"[1, 2\"" },
    { "time.x=0x10", "\"0x10\"" },
    { "time.x=nan", "\"nan\"" },
    { "time.x=inf", "\"inf\"" },
    { "time.x=1 2", "\"1 2\"" },
    { "time.x=null", "null" },
};

START_TEST(test_variant_tree_setting_values_are_json_or_text)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct fixture fixture;
        char *text;

        start(&fixture, "{\"time\":{},\"components\":{}}", (const char *const[]){ values[i][0], NULL });
        ck_assert_msg(fixture.good, "%s", values[i][0]);
        text = cJSON_PrintUnformatted(
            cJSON_GetObjectItem(cJSON_GetObjectItem(fixture.tree.nodes[0].tree, "time"), "x"));
        ck_assert_msg(text && !strcmp(text, values[i][1]), "%s became %s", values[i][0],
                      text ? text : "nothing");
        cJSON_free(text);
        stop(&fixture);
    }
}
END_TEST

/* ---- errors ---- */

static const struct {
    const char *text, *path, *message;
} wrong_variants[] = {
    { "[]", NULL, "a scenario is a JSON object" },
    { "{\"variants\":[]}", "variants", "an object" },
    { "{\"variants\":{\"v\":1}}", "variants.v", "a variant is an object" },
    { "{\"variants\":{\"base\":{}}}", "variants.base", "cannot be named" },
    { "{\"variants\":{\"a b\":{}}}", "variants.a b", "is not a name" },
    { "{\"variants\":{\"../a\":{}}}", "variants.../a", "is not a name" },
    { "{\"variants\":{\"\":{}}}", "variants.", "is not a name" },
    { "{\"variants\":{\"v\":{\"title\":1}}}", "variants.v.title", "a title is a text" },
    { "{\"variants\":{\"v\":{\"based_on\":1}}}", "variants.v.based_on", "the name of another variant" },
    { "{\"variants\":{\"v\":{\"based_on\":\"w\"}}}", "variants.v.based_on", "there is no variant \"w\"" },
    { "{\"variants\":{\"v\":{\"based_on\":\"v\"}}}", "variants.v.based_on", "in a circle" },
    { "{\"variants\":{\"v\":{\"variants\":{}}}}", "variants.v.variants", "no variants of its own" },
    { "{\"variants\":{\"a\":{\"based_on\":\"c\"},\"b\":{\"based_on\":\"a\"},\"c\":{\"based_on\":\"b\"}}}",
      "variants.a.based_on", "in a circle" },
    { "{\"variants\":{\"x\":{\"based_on\":\"a\"},\"a\":{\"based_on\":\"b\"},\"b\":{\"based_on\":\"a\"}}}",
      "variants.x.based_on", "in a circle" },
};

START_TEST(test_variant_tree_refuses_wrong_variants_once)
{
    for (size_t i = 0; i < sizeof wrong_variants / sizeof *wrong_variants; i++)
        check_error(wrong_variants[i].text, NULL, wrong_variants[i].path, wrong_variants[i].message);
}
END_TEST

START_TEST(test_variant_tree_refuses_too_many_variants)
{
    static char text[64000];
    size_t used = (size_t)sprintf(text, "{\"variants\":{\"v\":{}");

    for (int i = 1; i <= 200; i++)
        used += (size_t)sprintf(text + used, ",\"v%d\":{}", i);
    strcpy(text + used, "}}");
    check_error(text, NULL, "variants.v200", "too many variants");
}
END_TEST

static const struct {
    const char *setting, *message;
} wrong_settings[] = {
    { "time.warm_up", "a path and a value" },
    { "=5", "a path and a value" },
    { "", "a path and a value" },
    { "wed.workers=1", "there is no component \"wed\"" },
    { "time..warm_up=1", "a name is missing" },
    { ".time=1", "a name is missing" },
    { "time.=1", "a name is missing" },
    { "web[=1", "a name is missing" },
    { "variants.v.time=1", "cannot reach into one" },
    { "variants=1", "cannot reach into one" },
    { "time.warm_up.x=1", "nothing inside" },
    { "web.handlers.view[2].compute=1ms", "no such element" },
    { "web.handlers.view[2]=1ms", "no such element" },
    { "web.handlers.view[x]=1ms", "no such element" },
    { "web.handlers.view[-1]=1ms", "no such element" },
    { "web.handlers.view[99999999999999999999]=1ms", "no such element" },
};

START_TEST(test_variant_tree_refuses_wrong_settings_once)
{
    for (size_t i = 0; i < sizeof wrong_settings / sizeof *wrong_settings; i++)
        check_error(two, (const char *const[]){ wrong_settings[i].setting, NULL }, NULL,
                    wrong_settings[i].message);
}
END_TEST

START_TEST(test_variant_tree_suggests_names)
{
    struct fixture fixture;

    start(&fixture, two, (const char *const[]){ "cahce.rows=1", "tmie.warm_up=1s", NULL });
    ck_assert_uint_eq(fixture.diagnostics.item_count, 2);
    ck_assert_str_eq(fixture.diagnostics.items[0].help,
                     "did you mean \"cache\"?"); /* only a variant has it */
    ck_assert_str_eq(fixture.diagnostics.items[1].help, "did you mean \"time\"?");
    stop(&fixture);
}
END_TEST

TEST_MAIN("variant_tree", test_variant_tree_without_variants_is_the_base,
          test_variant_tree_follows_chains_in_any_order, test_variant_tree_can_be_based_on_base_by_name,
          test_variant_tree_locates_where_a_value_was_written,
          test_variant_tree_locates_what_is_missing_at_what_lacks_it,
          test_variant_tree_locates_settings_first, test_variant_tree_settings_hold_in_every_variant,
          test_variant_tree_settings_go_through_arrays,
          test_variant_tree_settings_skip_variants_without_the_component,
          test_variant_tree_settings_make_what_is_not_there, test_variant_tree_none_gives_way_to_a_setting,
          test_variant_tree_setting_values_are_json_or_text, test_variant_tree_refuses_wrong_variants_once,
          test_variant_tree_refuses_too_many_variants, test_variant_tree_refuses_wrong_settings_once,
          test_variant_tree_suggests_names)
