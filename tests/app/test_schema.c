/* The schema and the reference that are made from the tables. */
#include "tests/test.h"

#include "app/param_kind.h"
#include "app/reference.h"
#include "app/schema.h"
#include "tests/app/param_sample.h"

#include <stdio.h>
#include <string.h>

struct top_config {
    const char *title;
};

static const struct param_row top_rows[] = {
    PARAM_TEXT(struct top_config, title, .default_text = "\"\"", .help = "What it is about."), PARAM_END
};
static const struct param_table top = PARAM_TABLE(struct top_config, top_rows);

struct common_config {
    const char *type;
    int64_t count;
};

static const struct param_row common_rows[] = { PARAM_TEXT(struct common_config, type, .help = "What it is."),
                                                PARAM_COUNT(struct common_config, count, .default_text = "1",
                                                            .min = 1, .max = 100, .help = "How many."),
                                                PARAM_END };
static const struct param_table common = PARAM_TABLE(struct common_config, common_rows);

static const struct model_type sample_type = {
    .component = { .name = "sample" },
    .summary = "a sample",
    .stands_for = "Nothing.",
    .params = &sample_params,
    .many = true,
};
static const struct model_type single_type = { .component = { .name = "single" },
                                               .summary = "one",
                                               .params = &sample_params };
static const struct model_type secret_type = { .component = { .name = "secret" }, .hidden = true };
static const struct model_type *const types[] = { &sample_type, &single_type, &secret_type, NULL };

/* The node that a path of keys leads to; fails where there is none. */
static cJSON *at(const cJSON *node, const char *path)
{
    char key[128];

    while (*path) {
        size_t length = strcspn(path, "/");

        ck_assert_uint_lt(length, sizeof key);
        memcpy(key, path, length);
        key[length] = '\0';
        node = cJSON_IsArray(node) ? cJSON_GetArrayItem(node, atoi(key))
                                   : cJSON_GetObjectItemCaseSensitive(node, key);
        ck_assert_msg(node != NULL, "no \"%s\"", key);
        path += length + (path[length] == '/');
    }
    return (cJSON *)node;
}

static void check_text(const cJSON *schema, const char *path, const char *expected)
{
    char *text = cJSON_PrintUnformatted(at(schema, path));

    ck_assert_str_eq(text, expected);
    cJSON_free(text);
}

START_TEST(test_schema_says_what_rows_say)
{
    cJSON *schema = schema_of_scenario(&top, &common, types);

    check_text(schema, "$schema", "\"http://json-schema.org/draft-07/schema#\"");
    check_text(schema, "required", "[\"components\"]");
    check_text(schema, "additionalProperties", "false");
    check_text(schema, "properties/components/additionalProperties",
               "{\"$ref\":\"#/definitions/component\"}");
    check_text(schema, "definitions/component/properties/type/oneOf",
               "[{\"const\":\"sample\",\"description\":\"a sample\"},"
               "{\"const\":\"single\",\"description\":\"one\"}]");
    check_text(schema, "definitions/sample/properties/type", "{\"const\":\"sample\"}");
    check_text(
        schema, "definitions/sample/properties/count",
        "{\"type\":\"integer\",\"minimum\":1,\"maximum\":100,\"description\":\"How many.\",\"default\":1}");
    check_text(schema, "definitions/sample/required", "[\"type\",\"service\"]");
    check_text(schema, "definitions/sample/properties/workers/anyOf",
               "[{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000000},{\"const\":\"unlimited\"}]");
    check_text(schema, "definitions/sample/properties/order/oneOf/0",
               "{\"const\":\"fifo\",\"description\":\"first come, first served\"}");
    check_text(schema, "definitions/sample/properties/delay/default", "\"5ms\"");
    check_text(schema, "definitions/sample.classes/required", "[\"share\"]");
    check_text(schema, "definitions/sample/properties/timeout/description",
               "\"When it is given up.\""); /* of `also` */
    ck_assert_ptr_null(cJSON_GetObjectItemCaseSensitive(at(schema, "definitions"), "secret"));
    check_text(schema, "definitions/single/properties/count/maximum", "1");
    cJSON_Delete(schema);
}
END_TEST

START_TEST(test_schema_knows_verbs_and_recursion)
{
    cJSON *schema = schema_of_scenario(&top, &common, types);

    check_text(schema, "definitions/sample.handlers/anyOf/0/items",
               "{\"$ref\":\"#/definitions/sample.handlers.steps\"}");
    check_text(schema, "definitions/sample.handlers.steps/properties/parallel/items",
               "{\"$ref\":\"#/definitions/sample.handlers.steps\"}");
    check_text(schema, "definitions/sample.handlers.steps/oneOf",
               "[{\"required\":[\"compute\"]},{\"required\":[\"read\"]},{\"required\":[\"parallel\"]}]");
    check_text(schema, "definitions/sample.handlers.steps/dependencies/rows",
               "{\"anyOf\":[{\"required\":[\"read\"]}]}");
    check_text(schema, "definitions/sample.handlers.steps/dependencies/read", "[\"data\"]");
    cJSON_Delete(schema);
}
END_TEST

START_TEST(test_schema_lets_variants_patch)
{
    cJSON *schema = schema_of_scenario(&top, &common, types);

    ck_assert_ptr_null(cJSON_GetObjectItemCaseSensitive(at(schema, "definitions/sample.patch"), "required"));
    check_text(schema, "definitions/sample.patch/properties/delay/anyOf/1", "{\"type\":\"null\"}");
    check_text(schema, "definitions/component.patch/anyOf/0", "{\"type\":\"null\"}");
    check_text(schema, "definitions/sample.patch/properties/disks/anyOf/0/items",
               "{\"$ref\":\"#/definitions/sample.disk\"}"); /* replaced whole */
    cJSON_Delete(schema);
}
END_TEST

static size_t allocations_left;

static void *scarce_malloc(size_t size)
{
    return allocations_left == 0 ? NULL : (allocations_left--, malloc(size));
}

START_TEST(test_schema_survives_without_memory)
{
    cJSON_Hooks hooks = { scarce_malloc, free };
    cJSON *schema = NULL;

    cJSON_InitHooks(&hooks);
    for (size_t n = 0; !schema && n < 100000; n += n < 200 ? 1 : 37) {
        allocations_left = n;
        schema = schema_of_scenario(&top, &common, types);
        ck_assert(!schema || allocations_left < 40);
    }
    ck_assert_ptr_nonnull(schema);
    cJSON_Delete(schema);
    cJSON_InitHooks(NULL);
}
END_TEST

/* ---- reference ---- */

static char *write_model(const struct model_type *type)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(file);
    reference_write_model(file, type);
    ck_assert_int_eq(fclose(file), 0);
    return text;
}

START_TEST(test_reference_fits_a_terminal)
{
    char *text = write_model(&sample_type);

    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        size_t length = strcspn(line, "\n"), columns = 0;

        for (size_t i = 0; i < length; i++)
            columns += ((unsigned char)line[i] & 0xC0) != 0x80;
        ck_assert_msg(columns <= 80, "%zu columns: %.*s", columns, (int)length, line);
        ck_assert_msg(length == 0 || line[length - 1] != ' ', "blank at the end: %.*s", (int)length, line);
    }
    free(text);
}
END_TEST

START_TEST(test_reference_says_what_rows_say)
{
    static const char *const expected[] = {
        "sample: a sample\n",
        "\nStands for\n  Nothing.\n",
        "\n  workers             count or \"unlimited\"; default 64; from 1 to 1000000\n      Requests at "
        "once.\n",
        "\n      Of the law.\n      Source: Zipf, 1949\n",
        "\n  delay               duration; default \"5ms\"; from 1 us to 1 h\n",
        "\n  service             duration or law, such as \"5ms\"; required\n",
        "\n      fifo                first come, first served\n",
        "\n      It is a disk:\n          size                size; default \"1GB\";",
        "\n      It is a disk, as shown before.\n",
        "\n                  rows                count; default 1; from 1 to 1000\n                      "
        "Rows that are read.\n"
        "                      Goes with read.\n",
        "\n      Each NAME is just its steps, or an object with this field:\n          steps               "
        "list; required; "
        "from 1 to 50 elements\n",
    };
    char *text = write_model(&sample_type);

    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        ck_assert_msg(strstr(text, expected[i]) != NULL, "missing: %s\nin: %s", expected[i], text);
    free(text);
}
END_TEST

START_TEST(test_reference_page_has_whole_tables)
{
    const struct reference_extra extra = { &top, &common, NULL };
    char *text = NULL, *line;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    reference_write_markdown(file, &extra);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_ptr_nonnull(strstr(text, "| `title` | text | `\"\"` | | What it is about. |\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n## service\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n| `classes.NAME.priority` | "));
    for (line = text; *line; line += strcspn(line, "\n") + 1)
        if (*line == '|') {
            size_t length = strcspn(line, "\n"), bars = 0;

            for (size_t i = 0; i < length; i++)
                bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
            ck_assert_msg(bars == 6 || bars == 4, "%zu bars: %.*s", bars, (int)length, line);
        }
    free(text);
}
END_TEST

TEST_MAIN("schema", test_schema_says_what_rows_say, test_schema_knows_verbs_and_recursion,
          test_schema_lets_variants_patch, test_schema_survives_without_memory,
          test_reference_fits_a_terminal, test_reference_says_what_rows_say,
          test_reference_page_has_whole_tables)
