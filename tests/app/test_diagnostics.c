/* What users see of errors: the compilers' form and JSON, order, limits, harmless output; and the documents
 * and files whose errors come here. */
#include "app/diagnostics.h"
#include "app/harmless_text.h"
#include "app/json_document.h"
#include "tests/test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct source_text make_text(const char *name, const char *bytes)
{
    struct source_text text;

    ck_assert(source_text_copy(&text, name, bytes, strlen(bytes)));
    return text;
}

static struct source_span span(const struct source_text *text, const char *piece)
{
    const char *at = strstr(text->bytes, piece);

    ck_assert_ptr_nonnull(at);
    return (struct source_span){ text, (size_t)(at - text->bytes), strlen(piece) };
}

/* What is printed; the caller frees it. */
static void print(struct diagnostics *d, enum diagnostics_format format, bool colour, char **printed)
{
    size_t size;
    FILE *file = open_memstream(printed, &size);

    diagnostics_print(d, file, format, colour);
    fclose(file);
}

static void check_print(struct diagnostics *d, enum diagnostics_format format, bool colour,
                        const char *expected)
{
    char *printed;

    print(d, format, colour, &printed);
    ck_assert_str_eq(printed, expected);
    free(printed);
}

START_TEST(test_diagnostics_look_like_a_compilers)
{
    struct source_text text =
        make_text("scenarios/x.json", "{\n    \"wrokers\": 64,\n\t\"host\": \"\xC3\xA9\", \"b\": 1\n}");
    struct diagnostics d;

    diagnostics_init(&d);
    diagnostics_add(&d, DIAGNOSTIC_WARNING, span(&text, "1"), NULL, NULL, "odd");
    diagnostics_add(&d, DIAGNOSTIC_ERROR, span(&text, "\"wrokers\""), "components.web.wrokers",
                    "did you mean \"workers\"?", "no such %s", "field");
    diagnostics_add(&d, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, NULL, "unknown option --x");
    ck_assert_uint_eq(diagnostics_error_count(&d), 2);
    ck_assert_uint_eq(diagnostics_warning_count(&d), 1);
    check_print(
        &d, DIAGNOSTICS_TEXT, false,
        "scalesim: error: unknown option --x\n"
        "scenarios/x.json:2:5: error: components.web.wrokers: no such field; did you mean \"workers\"?\n"
        "    2 |     \"wrokers\": 64,\n"
        "      |     ^~~~~~~~~\n"
        "scenarios/x.json:3:20: warning: odd\n"
        "    3 | \t\"host\": \"\xC3\xA9\", \"b\": 1\n"
        "      | \t                  ^\n");
    check_print(
        &d, DIAGNOSTICS_JSON, true,
        "{\"severity\":\"error\",\"file\":null,\"line\":null,\"column\":null,\"end_column\":null,\"path\":"
        "null,"
        "\"message\":\"unknown option --x\",\"help\":null}\n"
        "{\"severity\":\"error\",\"file\":\"scenarios/x.json\",\"line\":2,\"column\":5,\"end_column\":14,"
        "\"path\":\"components.web.wrokers\",\"message\":\"no such field\",\"help\":\"did you mean "
        "\\\"workers\\\"?\"}\n"
        "{\"severity\":\"warning\",\"file\":\"scenarios/x.json\",\"line\":3,\"column\":20,\"end_column\":21,"
        "\"path\":null,\"message\":\"odd\",\"help\":null}\n");
    diagnostics_deinit(&d);
    source_text_deinit(&text);
}
END_TEST

START_TEST(test_diagnostics_outlive_their_text_and_come_in_order)
{
    struct source_text b = make_text("b.json", "one\ntwo\nthree"), a = make_text("a.json", "four");
    struct diagnostics d;

    diagnostics_init(&d);
    diagnostics_add(&d, DIAGNOSTIC_ERROR, span(&b, "three"), NULL, NULL, "3");
    diagnostics_add(&d, DIAGNOSTIC_ERROR, span(&b, "one"), NULL, NULL, "1");
    diagnostics_add(&d, DIAGNOSTIC_ERROR, span(&b, "one"), NULL, NULL, "0");
    diagnostics_add(&d, DIAGNOSTIC_ERROR, span(&b, "one"), NULL, NULL, "1"); /* known */
    diagnostics_add(&d, DIAGNOSTIC_ERROR, span(&a, "four"), NULL, NULL, "4");
    ck_assert_uint_eq(diagnostics_error_count(&d), 4);
    source_text_deinit(&a);
    source_text_deinit(&b);
    check_print(&d, DIAGNOSTICS_TEXT, false,
                "a.json:1:1: error: 4\n    1 | four\n      | ^~~~\n"
                "b.json:1:1: error: 1\n    1 | one\n      | ^~~\n"
                "b.json:1:1: error: 0\n    1 | one\n      | ^~~\n"
                "b.json:3:1: error: 3\n    3 | three\n      | ^~~~~\n");
    diagnostics_deinit(&d);
}
END_TEST

START_TEST(test_diagnostics_colour_only_when_asked)
{
    struct source_text text = make_text("x", "y");
    struct diagnostics d;

    diagnostics_init(&d);
    diagnostics_add(&d, DIAGNOSTIC_ERROR, span(&text, "y"), NULL, NULL, "m");
    check_print(&d, DIAGNOSTICS_TEXT, true,
                "\033[1mx:1:1: \033[0m\033[1;31merror: \033[0mm\n    1 | y\n      | \033[1;32m^\033[0m\n");
    diagnostics_deinit(&d);
    source_text_deinit(&text);
}
END_TEST

START_TEST(test_diagnostics_are_bounded)
{
    struct diagnostics d;
    char *printed, *line;
    int lines = 0;

    diagnostics_init(&d);
    for (int i = 0; i < 250; i++)
        diagnostics_add(&d, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, NULL, "fault %d", i);
    diagnostics_add(&d, DIAGNOSTIC_WARNING, SOURCE_NOWHERE, NULL, NULL, "still room for warnings");
    ck_assert_uint_eq(diagnostics_error_count(&d), 250);
    print(&d, DIAGNOSTICS_TEXT, false, &printed);
    for (line = printed; (line = strchr(line, '\n')); line++)
        lines++;
    ck_assert_int_eq(lines, DIAGNOSTICS_MAX + 2);
    ck_assert_ptr_nonnull(strstr(printed, "scalesim: and 150 more errors\n"));
    ck_assert_ptr_nonnull(strstr(printed, "still room"));
    free(printed);
    diagnostics_deinit(&d);
}
END_TEST

/* The longest line of what is printed, in characters. */
static size_t longest_line(const char *printed)
{
    size_t longest = 0, length = 0;

    for (; *printed; printed++) {
        length = *printed == '\n' ? 0 : length + (((unsigned char)*printed & 0xC0) != 0x80);
        longest = length > longest ? length : longest;
    }
    return longest;
}

/* A caret must stand below the place, wherever on a long line that is. */
START_TEST(test_diagnostics_cut_long_lines_around_the_place)
{
    static const char *const fillers[] = { "x", "\xC3\xA9", "\xE4\xB8\xAD", "\x01", "\xFF", "e\xCC\x81" };

    for (size_t f = 0; f < sizeof fillers / sizeof *fillers; f++)
        for (size_t before = 0; before < 3000; before += before < 130 ? 13 : 977) {
            struct diagnostics d;
            struct source_text text;
            char bytes[16384] = "first\n", *printed, *line, *marks;

            for (size_t i = 0; i < before; i++)
                strcat(bytes, fillers[f]);
            strcat(bytes, "HERE");
            for (size_t i = 0; i < 1500; i++)
                strcat(bytes, fillers[f]);
            strcat(bytes, "\nlast");
            text = make_text("x", bytes);
            diagnostics_init(&d);
            diagnostics_add(&d, DIAGNOSTIC_ERROR, span(&text, "HERE"), NULL, NULL, "m");
            print(&d, DIAGNOSTICS_TEXT, false, &printed);
            line = strchr(printed, '\n') + 1;
            marks = strchr(line, '\n') + 1;
            ck_assert_ptr_nonnull(strstr(line, "HERE"));
            ck_assert_ptr_nonnull(strstr(marks, "^~~~\n"));
            if (strlen(fillers[f]) == 1) /* as many columns as bytes, escaped or not */
                ck_assert_int_eq(strstr(line, "HERE") - line, strchr(marks, '^') - marks);
            ck_assert_uint_le(longest_line(printed), f == 5 ? 320 : 130); /* combining marks take no column */
            free(printed);
            diagnostics_deinit(&d);
            source_text_deinit(&text);
        }
}
END_TEST

START_TEST(test_diagnostics_show_the_end_of_a_text)
{
    static const struct {
        const char *bytes;
        size_t offset;
        const char *printed;
    } cases[] = {
        { "ab", 2, "x:1:3: error: m\n    1 | ab\n      |   ^\n" },
        { "ab\r\ncd", 2, "x:1:3: error: m\n    1 | ab\n      |   ^\n" },
        { "", 0, "x:1:1: error: m\n    1 | \n      | ^\n" },
        { "ab\n", 99, "x:2:1: error: m\n    2 | \n      | ^\n" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct source_text text = make_text("x", cases[i].bytes);
        struct diagnostics d;

        diagnostics_init(&d);
        diagnostics_add(&d, DIAGNOSTIC_ERROR, (struct source_span){ &text, cases[i].offset, 1 }, NULL, NULL,
                        "m");
        check_print(&d, DIAGNOSTICS_TEXT, false, strstr(cases[i].printed, "x:"));
        diagnostics_deinit(&d);
        source_text_deinit(&text);
    }
}
END_TEST

START_TEST(test_diagnostics_are_harmless)
{
    struct source_text text = make_text("a\033[2Jb", "\"\033]0;title\a\xE2\x80\xAE\xFF\"");
    struct diagnostics d;
    char *printed;

    diagnostics_init(&d);
    diagnostics_add(&d, DIAGNOSTIC_ERROR, span(&text, "\033"), "p\nq", "h\rh", "m\b\xC2\x9B %s", "\xC3");
    for (int format = DIAGNOSTICS_TEXT; format <= DIAGNOSTICS_JSON; format++) {
        print(&d, (enum diagnostics_format)format, false, &printed);
        for (const char *at = printed; *at; at++)
            ck_assert_msg((unsigned char)*at < 0x7F && (*at >= ' ' || *at == '\n'), "byte 0x%02X in %s",
                          (unsigned char)*at, printed);
        free(printed);
    }
    print(&d, DIAGNOSTICS_JSON, false, &printed);
    {
        cJSON *object = cJSON_Parse(printed);

        ck_assert_str_eq(cJSON_GetObjectItem(object, "message")->valuestring, "m\\u0008\\u009b \\xC3");
        cJSON_Delete(object);
    }
    free(printed);
    diagnostics_deinit(&d);
    source_text_deinit(&text);
}
END_TEST

START_TEST(test_diagnostics_cut_long_messages)
{
    struct diagnostics d;
    char *message = malloc(100001), *printed;

    memset(message, 'm', 100000);
    message[100000] = '\0';
    diagnostics_init(&d);
    diagnostics_add(&d, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, message, message, "%s", message);
    print(&d, DIAGNOSTICS_TEXT, false, &printed);
    ck_assert_uint_lt(strlen(printed), 3200);
    ck_assert_ptr_nonnull(strstr(printed, "m...\n"));
    free(printed);
    free(message);
    diagnostics_deinit(&d);
}
END_TEST

START_TEST(test_harmless_text_cuts_at_characters)
{
    char shown[10];

    ck_assert(harmless_text(shown, sizeof shown, "123456789", 9));
    ck_assert_str_eq(shown, "123456789");
    ck_assert(!harmless_text(shown, sizeof shown, "1234567890", 10));
    ck_assert_str_eq(shown, "123456...");
    ck_assert(!harmless_text(shown, sizeof shown, "12345\xC3\xA9\xC3\xA9\xC3\xA9", 11));
    ck_assert_str_eq(shown, "12345...");
    ck_assert(harmless_text(shown, sizeof shown, "\xE2\x80\xAE", 3));
    ck_assert_str_eq(shown, "\\u202e");
    ck_assert(harmless_text(shown, sizeof shown, "", 0));
    ck_assert_str_eq(shown, "");
}
END_TEST

/* ---- files and documents ---- */

static char folder[] = "/tmp/scalesim_test_XXXXXX";

static void check_unreadable(const char *path, const char *reason)
{
    struct json_document document;
    struct diagnostics d;

    diagnostics_init(&d);
    ck_assert_int_eq(json_document_read(&document, path, &d), JSON_DOCUMENT_INVALID);
    ck_assert_uint_eq(diagnostics_error_count(&d), 1);
    ck_assert_msg(strstr(d.items[0].message, reason) != NULL, "%s: %s", path, d.items[0].message);
    ck_assert_ptr_null(document.root);
    ck_assert_ptr_null(document.text.bytes);
    diagnostics_deinit(&d);
}

static void write_file(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(test_source_text_tells_what_cannot_be_read)
{
    char path[64], *large = calloc(1, SOURCE_TEXT_SIZE_MAX + 1);
    struct source_text text;
    char error[160];

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.json", folder);
    check_unreadable(path, "x.json: no such file");
    check_unreadable(folder, "is a directory");
    check_unreadable("/dev/zero", "neither a regular file nor a pipe");
    write_file(path, "", 0);
    check_unreadable(path, "is empty");
    write_file(path, large, SOURCE_TEXT_SIZE_MAX + 1);
    check_unreadable(path, "larger than 16 MiB");
    if (geteuid() != 0) { /* root may read everything */
        chmod(path, 0);
        check_unreadable(path, "denied");
        chmod(path, 0600);
    }
    write_file(path, large, SOURCE_TEXT_SIZE_MAX);
    ck_assert_int_eq(source_text_read(&text, path, error, sizeof error), SOURCE_TEXT_OK);
    ck_assert_uint_eq(text.size, SOURCE_TEXT_SIZE_MAX);
    source_text_deinit(&text);
    free(large);
    unlink(path);
    rmdir(folder);
}
END_TEST

/* Standard input from a pipe that is fed in pieces, also more than any buffer or than the limit. */
START_TEST(test_source_text_reads_pipes)
{
    static const size_t sizes[] = { 0, 1, 65535, 65536, 200000, SOURCE_TEXT_SIZE_MAX + 1 };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char command[80], error[160] = "";
        struct source_text text;
        enum source_text_status status;
        int saved = dup(STDIN_FILENO);
        FILE *pipe;

        snprintf(command, sizeof command, "head -c %zu /dev/zero", sizes[i]);
        pipe = popen(command, "r");
        dup2(fileno(pipe), STDIN_FILENO);
        status = source_text_read(&text, "-", error, sizeof error);
        dup2(saved, STDIN_FILENO);
        close(saved);
        pclose(pipe);
        if (sizes[i] == 0 || sizes[i] > SOURCE_TEXT_SIZE_MAX) {
            ck_assert_int_eq(status, SOURCE_TEXT_UNREADABLE);
            ck_assert_ptr_nonnull(strstr(error, sizes[i] ? "larger" : "empty"));
            continue;
        }
        ck_assert_int_eq(status, SOURCE_TEXT_OK);
        ck_assert_uint_eq(text.size, sizes[i]);
        ck_assert_str_eq(text.name, "<stdin>");
        ck_assert_int_eq(text.bytes[text.size], 0);
        source_text_deinit(&text);
    }
}
END_TEST

START_TEST(test_json_document_tells_faults_and_places)
{
    static const char good[] = "{\n  \"a\": { \"b\": [1, 22] }\n}";
    struct json_document document;
    struct diagnostics d;
    struct source_span where;

    diagnostics_init(&d);
    ck_assert_int_eq(json_document_parse(&document, "bad.json", "{\n  \"a\": 1,\n}", 13, &d),
                     JSON_DOCUMENT_INVALID);
    check_print(&d, DIAGNOSTICS_TEXT, false,
                "bad.json:2:9: error: trailing comma before \"}\"; remove the comma\n"
                "    2 |   \"a\": 1,\n"
                "      |         ^\n");
    ck_assert_int_eq(json_document_parse(&document, "good.json", good, sizeof good - 1, &d),
                     JSON_DOCUMENT_OK);
    where = json_document_span(&document, "/a/b/1", JSON_PART_VALUE);
    ck_assert_ptr_eq(where.text, &document.text);
    ck_assert_msg(where.length == 2 && memcmp(good + where.offset, "22", 2) == 0, "%zu", where.offset);
    where = json_document_span(&document, "/a/b", JSON_PART_KEY);
    ck_assert_msg(where.length == 3 && memcmp(good + where.offset, "\"b\"", 3) == 0, "%zu", where.offset);
    where = json_document_span(&document, "/a/b", JSON_PART_VALUE);
    ck_assert_msg(where.length == 1 && good[where.offset] == '[', "%zu", where.offset);
    where = json_document_span(&document, "", JSON_PART_KEY);
    ck_assert_msg(where.length == 1 && where.offset == 0, "%zu", where.offset);
    json_document_deinit(&document);
    diagnostics_deinit(&d);
}
END_TEST

static void *no_malloc(size_t size)
{
    (void)size;
    return NULL;
}

START_TEST(test_json_document_knows_running_out_of_memory)
{
    cJSON_Hooks hooks = { no_malloc, free };
    struct json_document document;
    struct diagnostics d;

    diagnostics_init(&d);
    cJSON_InitHooks(&hooks);
    ck_assert_int_eq(json_document_parse(&document, "x", "{}", 2, &d), JSON_DOCUMENT_OUT_OF_MEMORY);
    cJSON_InitHooks(NULL);
    ck_assert_uint_eq(diagnostics_error_count(&d), 0);
    ck_assert_ptr_null(document.text.bytes);
    diagnostics_deinit(&d);
}
END_TEST

TEST_MAIN("diagnostics", test_diagnostics_look_like_a_compilers,
          test_diagnostics_outlive_their_text_and_come_in_order, test_diagnostics_colour_only_when_asked,
          test_diagnostics_are_bounded, test_diagnostics_cut_long_lines_around_the_place,
          test_diagnostics_show_the_end_of_a_text, test_diagnostics_are_harmless,
          test_diagnostics_cut_long_messages, test_harmless_text_cuts_at_characters,
          test_source_text_tells_what_cannot_be_read, test_source_text_reads_pipes,
          test_json_document_tells_faults_and_places, test_json_document_knows_running_out_of_memory)
