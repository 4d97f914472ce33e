/* The scanner against a corpus of good and bad texts, against cJSON, and its own claims; what it says of
 * common mistakes; finding values by JSON Pointer. */
#include "app/json_locate.h"
#include "app/json_scan.h"
#include "app/source_text.h"
#include "tests/test.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#ifndef SCALESIM_SOURCE_DIR
#    define SCALESIM_SOURCE_DIR "."
#endif

#define REFUSED_MIN 80
#define ACCEPTED_MIN 20

static enum json_scan_result scan(const char *text, struct json_fault *fault)
{
    return json_scan(text, strlen(text), fault);
}

/* ---- the corpus ---- */

static void read_file(const char *path, char **bytes, size_t *size)
{
    FILE *file = fopen(path, "rb");

    ck_assert_msg(file != NULL, "cannot open %s", path);
    *bytes = malloc(1 << 20);
    *size = fread(*bytes, 1, 1 << 20, file);
    fclose(file);
    *bytes = realloc(*bytes, *size ? *size : 1); /* exact, so that sanitizers see a byte too far */
}

/* Characters on a line, which the bytes of a valid column cannot exceed by more than one. */
static size_t line_length(const char *bytes, size_t size, size_t line)
{
    const char *at = bytes, *end = bytes + size;
    size_t length = 0;

    for (; line > 1; line--)
        at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
    for (; at < end && *at != '\n'; at++)
        length += ((unsigned char)*at & 0xC0) != 0x80;
    return length;
}

static void check_refused(const char *path, const char *bytes, size_t size)
{
    struct json_fault fault;
    struct source_position position;

    ck_assert_msg(json_scan(bytes, size, &fault) == JSON_SCAN_INVALID, "%s was accepted", path);
    position = source_position(bytes, size, fault.offset);
    ck_assert_msg(fault.message[0] != '\0', "%s: no message", path);
    ck_assert_msg(fault.offset <= size && fault.length >= 1, "%s: place outside of the text", path);
    ck_assert_msg(position.line >= 1 && position.column >= 1 &&
                      position.column <= line_length(bytes, size, position.line) + 1,
                  "%s: line %zu, column %zu", path, position.line, position.column);
}

static void check_accepted(const char *path, const char *bytes, size_t size)
{
    struct json_fault fault;
    cJSON *tree;

    ck_assert_msg(json_scan(bytes, size, &fault) == JSON_SCAN_VALID, "%s: %s", path, fault.message);
    tree = cJSON_ParseWithLength(bytes, size);
    ck_assert_msg(tree != NULL, "%s: cJSON refuses it", path);
    cJSON_Delete(tree);
}

static int walk_folder(const char *name, void (*check)(const char *path, const char *bytes, size_t size))
{
    const char *root = getenv("SCALESIM_SOURCE_DIR");
    char folder[512], path[1024];
    struct dirent *entry;
    int count = 0;
    DIR *directory;

    snprintf(folder, sizeof folder, "%s/tests/json_corpus/%s", root ? root : SCALESIM_SOURCE_DIR, name);
    directory = opendir(folder);
    ck_assert_msg(directory != NULL, "cannot open %s", folder);
    while ((entry = readdir(directory))) {
        char *bytes;
        size_t size;

        if (!strstr(entry->d_name, ".json"))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        read_file(path, &bytes, &size);
        check(path, bytes, size);
        free(bytes);
        count++;
    }
    closedir(directory);
    return count;
}

START_TEST(test_json_scan_refuses_the_bad_corpus)
{
    ck_assert_int_ge(walk_folder("refuse", check_refused), REFUSED_MIN);
}
END_TEST

START_TEST(test_json_scan_accepts_the_good_corpus)
{
    ck_assert_int_ge(walk_folder("accept", check_accepted), ACCEPTED_MIN);
}
END_TEST

/* Every proper beginning of an object is refused, and no place lies outside of it. */
START_TEST(test_json_scan_refuses_every_cut)
{
    static const char text[] =
        "{\"a\": [1, -2.5e+3, true, null, \"\\u00e9\\ud83d\\ude00 \xC3\xA9\"], \"b\": {\"c\": {}}}";

    for (size_t size = 0; size < sizeof text - 1; size++) {
        char *cut = malloc(size ? size : 1); /* exact, so that sanitizers see a byte too far */

        memcpy(cut, text, size);
        check_refused("a cut", cut, size);
        free(cut);
    }
    check_accepted("the whole", text, sizeof text - 1);
}
END_TEST

/* ---- messages ---- */

static const struct {
    const char *text;
    size_t line, column;
    const char *message, *help; /* pieces of them */
} fault_cases[] = {
    { "[1, 2,]", 1, 6, "trailing comma before \"]\"", "remove the comma" },
    { "{\n  \"a\": 1,\n}", 2, 9, "trailing comma before \"}\"", "remove" },
    { "{\n  // x\n}", 2, 3, "comments are not allowed in JSON", "remove" },
    { "[1 /* x */]", 1, 4, "comments are not allowed in JSON", "remove" },
    { "{} # x", 1, 4, "comments are not allowed in JSON", "remove" },
    { "{workers: 1}", 1, 2, "keys need double quotes", "write \"workers\"" },
    { "{'a': 1}", 1, 2, "keys need double quotes", "instead of '" },
    { "['a']", 1, 2, "strings need double quotes", "instead of '" },
    { "[\xE2\x80\x9Cx]", 1, 2, "typographic", "double quote" },
    { "[01]", 1, 2, "01 is not a JSON number", "zeros in front" },
    { "[1.]", 1, 2, "1. is not a JSON number", "behind the point" },
    { "[-.5]", 1, 2, "-.5 is not a JSON number", "before the point" },
    { "[+1]", 1, 2, "+1 is not a JSON number", "no \"+\"" },
    { "[-]", 1, 2, "- is not a JSON number", "behind the sign" },
    { "[1e]", 1, 2, "1e is not a JSON number", "1e6" },
    { "[0x1F]", 1, 2, "0x1F", "hexadecimal" },
    { "[5ms]", 1, 2, "5ms is not a JSON number", "write \"5ms\"" },
    { "[NaN]", 1, 2, "NaN is not a JSON value", "finite" },
    { "[-Infinity]", 1, 2, "-Infinity is not a JSON value", "finite" },
    { "[1e999]", 1, 2, "too large", "1.8e308" },
    { "[True]", 1, 2, "True is not a JSON value", "write true" },
    { "[random]", 1, 2, "random is not a JSON value", "write \"random\"" },
    { "{\"a\": 1\n \"b\": 2}", 1, 8, "a comma is missing", "" },
    { "{\"a\" 1}", 1, 2, "a \":\" and a value are missing", "write \"a\": and" },
    { "{\"a\" = 1}", 1, 6, "\"=\" between", "write \":\"" },
    { "{\"a\":}", 1, 5, "no value behind", "" },
    { "[1}", 1, 3, "\"}\" cannot close the array that starts on line 1", "\"]\" is missing" },
    { "{\n\"a\": [1\n", 2, 8, "ends inside of the array that starts on line 2", "\"]\" is missing" },
    { "[\"a\nb\"]", 1, 2, "not closed on its line", "\\n" },
    { "[\"\xC3\xA9\tb\"]", 1, 4, "a tab", "\\t" },
    { "[\"\xC3\xA9\\x\"]", 1, 4, "\\x is not an escape", "\\\\" },
    { "[\"\\uD800\"]", 1, 3, "\\uD800 is half of a surrogate pair", "both halves" },
    { "[\"\\u0000\"]", 1, 3, "\\u0000 is not allowed", "remove" },
    { "[\"caf\xE9\"]", 1, 6, "not valid UTF-8 (byte 0xE9)", "UTF-8" },
    { "\xEF\xBB\xBF{}", 1, 1, "byte order mark", "without BOM" },
    { "\xFF\xFE{}", 1, 1, "UTF-16", "UTF-8" },
    { "", 1, 1, "the text is empty", "{}" },
    { " \n", 1, 1, "only white space", "{}" },
    { "{}\n{}", 2, 1, "text after the end", "one value" },
    { "{}}", 1, 3, "\"}\" closes nothing", "" },
    { "{\n\"a\": 1,\n\"b\": 2, \"a\": 3}", 3, 9, "key \"a\" is twice in this object", "first on line 2" },
    { "{\"x\": {\"k\": 1, \"\\u006b\": 2}}", 1, 16, "is twice", "line 1" },
};

START_TEST(test_json_scan_says_where_and_why)
{
    for (size_t i = 0; i < sizeof fault_cases / sizeof *fault_cases; i++) {
        const char *text = fault_cases[i].text;
        struct json_fault fault;
        struct source_position position;

        ck_assert_msg(scan(text, &fault) == JSON_SCAN_INVALID, "%s", text);
        position = source_position(text, strlen(text), fault.offset);
        ck_assert_msg(position.line == fault_cases[i].line && position.column == fault_cases[i].column,
                      "%s: %zu:%zu: %s", text, position.line, position.column, fault.message);
        ck_assert_msg(strstr(fault.message, fault_cases[i].message) != NULL, "%s: %s", text, fault.message);
        ck_assert_msg(strstr(fault.help, fault_cases[i].help) != NULL, "%s: %s", text, fault.help);
    }
}
END_TEST

/* Of several twins the first in the text is told, however many keys there are. */
START_TEST(test_json_scan_tells_the_first_twin)
{
    for (int keys = 3; keys < 200; keys += 7) { /* few are compared in pairs, many are sorted */
        char text[8192];
        size_t used = 0, first;
        struct json_fault fault;

        used += (size_t)sprintf(text + used, "{");
        for (int i = 0; i < keys; i++)
            used += (size_t)sprintf(text + used, "\"key%d\": 0, ", i);
        ck_assert_int_eq(json_scan(text, used, &fault), JSON_SCAN_INVALID);
        ck_assert_ptr_nonnull(strstr(fault.message, "ends inside")); /* no twin so far */
        first = used;
        used += (size_t)sprintf(text + used, "\"key%d\": 0, \"key%d\": 0}", keys / 2, keys / 3);
        ck_assert_int_eq(json_scan(text, used, &fault), JSON_SCAN_INVALID);
        ck_assert_uint_eq(fault.offset, first);
    }
}
END_TEST

START_TEST(test_json_scan_limits_the_number_of_values)
{
    size_t size = 2 * (size_t)JSON_VALUES_MAX + 1;
    char *text = malloc(size);
    struct json_fault fault;

    memset(text, ',', size);
    for (size_t i = 1; i < size; i += 2)
        text[i] = '0';
    text[0] = '[';
    text[size - 2] = ']'; /* the array and JSON_VALUES_MAX - 1 zeros */
    text[size - 1] = ' ';
    text[size - 3] = ' ';
    text[size - 4] = '0';
    ck_assert_int_eq(json_scan(text, size, &fault), JSON_SCAN_VALID);
    text[size - 3] = ',';
    text[size - 2] = '0';
    text[size - 1] = ']';
    ck_assert_int_eq(json_scan(text, size, &fault), JSON_SCAN_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.message, "values"));
    free(text);
}
END_TEST

/* ---- places ---- */

static const char located[] = "{\n  \"a\": [1, {\"b\": \"x\"}, []],\n  \"s/t\": 1, \"u~v\": 2, \"\": 3, "
                              "\"\\u00e9\": 4,\n  \"q\": {\"a\": \"}\\\"\", \"z\": -1.5}\n}";

static const struct {
    const char *pointer;
    const char *key, *value; /* as written */
} location_cases[] = {
    { "/a", "\"a\"", "[1, {\"b\": \"x\"}, []]" },
    { "/a/0", "", "1" },
    { "/a/1", "", "{\"b\": \"x\"}" },
    { "/a/1/b", "\"b\"", "\"x\"" },
    { "/a/2", "", "[]" },
    { "/s~1t", "\"s/t\"", "1" },
    { "/u~0v", "\"u~v\"", "2" },
    { "/", "\"\"", "3" },
    { "/\xC3\xA9", "\"\\u00e9\"", "4" },
    { "/q/a", "\"a\"", "\"}\\\"\"" },
    { "/q/z", "\"z\"", "-1.5" },
};

static void check_piece(const char *pointer, size_t offset, size_t length, const char *expected)
{
    ck_assert_msg(length == strlen(expected) && memcmp(located + offset, expected, length) == 0, "%s: %.*s",
                  pointer, (int)length, located + offset);
}

START_TEST(test_json_locate_finds_keys_and_values)
{
    struct json_location location;

    for (size_t i = 0; i < sizeof location_cases / sizeof *location_cases; i++) {
        const char *pointer = location_cases[i].pointer;

        ck_assert_msg(json_locate(located, sizeof located - 1, pointer, &location), "%s", pointer);
        check_piece(pointer, location.key_offset, location.key_length, location_cases[i].key);
        check_piece(pointer, location.value_offset, location.value_length, location_cases[i].value);
    }
    ck_assert(json_locate(located, sizeof located - 1, "", &location));
    ck_assert_uint_eq(location.value_length, sizeof located - 1);
}
END_TEST

START_TEST(test_json_locate_gives_the_innermost_part_of_what_is_not_there)
{
    static const struct {
        const char *pointer, *value;
    } cases[] = {
        { "/q/none", "{\"a\": \"}\\\"\", \"z\": -1.5}" },
        { "/q/z/deeper", "-1.5" },
        { "/a/3", "[1, {\"b\": \"x\"}, []]" },
        { "/a/01", "[1, {\"b\": \"x\"}, []]" },
        { "/a/2/0", "[]" },
        { "/a/1/\xF0", "{\"b\": \"x\"}" }, /* not even UTF-8 */
    };
    struct json_location location;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_msg(!json_locate(located, sizeof located - 1, cases[i].pointer, &location), "%s",
                      cases[i].pointer);
        check_piece(cases[i].pointer, location.value_offset, location.value_length, cases[i].value);
    }
    ck_assert(!json_locate(located, sizeof located - 1, "no slash", &location));
}
END_TEST

START_TEST(test_json_pointer_appends_escaped_or_not_at_all)
{
    char pointer[16] = "";

    ck_assert(json_pointer_append(pointer, sizeof pointer, "a/b"));
    ck_assert(json_pointer_append(pointer, sizeof pointer, "~"));
    ck_assert(json_pointer_append_index(pointer, sizeof pointer, 12));
    ck_assert_str_eq(pointer, "/a~1b/~0/12");
    ck_assert(!json_pointer_append(pointer, sizeof pointer, "longer"));
    ck_assert_str_eq(pointer, "/a~1b/~0/12");
    ck_assert(json_pointer_append(pointer, sizeof pointer, "end"));
    ck_assert_str_eq(pointer, "/a~1b/~0/12/end");
    ck_assert(!json_pointer_append(pointer, sizeof pointer, ""));
}
END_TEST

START_TEST(test_source_position_counts_characters)
{
    static const char text[] = "ab\n\t\xC3\xA9x\r\n\nz";
    static const struct {
        size_t offset, line, column;
    } cases[] = { { 0, 1, 1 }, { 2, 1, 3 },  { 3, 2, 1 },  { 4, 2, 2 }, { 6, 2, 3 },
                  { 9, 3, 1 }, { 10, 4, 1 }, { 11, 4, 2 }, { 99, 4, 2 } };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct source_position position = source_position(text, sizeof text - 1, cases[i].offset);

        ck_assert_uint_eq(position.line, cases[i].line);
        ck_assert_uint_eq(position.column, cases[i].column);
    }
}
END_TEST

TEST_MAIN("json_scan", test_json_scan_refuses_the_bad_corpus, test_json_scan_accepts_the_good_corpus,
          test_json_scan_refuses_every_cut, test_json_scan_says_where_and_why,
          test_json_scan_tells_the_first_twin, test_json_scan_limits_the_number_of_values,
          test_json_locate_finds_keys_and_values,
          test_json_locate_gives_the_innermost_part_of_what_is_not_there,
          test_json_pointer_appends_escaped_or_not_at_all, test_source_position_counts_characters)
