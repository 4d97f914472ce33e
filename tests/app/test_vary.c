/* Ranges of --vary: how they are read, refused, and written as settings. */
#include "app/vary.h"
#include "tests/test.h"

#include <string.h>

START_TEST(test_vary_is_read)
{
    static const struct {
        const char *text;
        size_t path_length;
        double low, high;
        const char *unit;
        bool whole;
    } good[] = {
        { "users.daily.users=100..10000000", 17, 100, 1e7, "", true },
        { "users.arrivals=10/s..5000/s", 14, 10, 5000, "/s", true },
        { "srv.service_time=0.5ms..20ms", 16, 0.5, 20, "ms", false },
        { "a=1.5..2", 1, 1.5, 2, "", false },
        { "w.h.view[0].compute=1ms..9.5ms", 19, 1, 9.5, "ms", false },
    };

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct diagnostics diagnostics;
        struct vary vary;

        diagnostics_init(&diagnostics);
        ck_assert_msg(vary_read(&vary, good[i].text, &diagnostics), "%s", good[i].text);
        ck_assert_uint_eq(vary.path_length, good[i].path_length);
        ck_assert_double_eq(vary.low, good[i].low);
        ck_assert_double_eq(vary.high, good[i].high);
        ck_assert_str_eq(vary.unit, good[i].unit);
        ck_assert_msg(vary.whole == good[i].whole, "%s", good[i].text);
        diagnostics_deinit(&diagnostics);
    }
}
END_TEST

START_TEST(test_vary_refuses_what_is_no_range)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        { "users.arrivals", "it needs a path and a range" },
        { "=1..2", "it needs a path and a range" },
        { "a=5", "two dots between" },
        { "a=1.2", "two dots between" },
        { "a=..2", "both ends of the range are numbers" },
        { "a=1..", "both ends of the range are numbers" },
        { "a=few..many", "both ends of the range are numbers" },
        { "a=-1..5", "both ends of the range are numbers" },
        { "a=1/s..5/min", "the same unit" },
        { "a=1/s..5", "the same unit" },
        { "a=0..5", "begins above 0" },
        { "a=5..5", "has to be the lower one" },
        { "a=6..5", "has to be the lower one" },
        { "a=1nnnnnnnnnnnnnnnnnnn..5nnnnnnnnnnnnnnnnnnn", "both ends of the range are numbers" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct diagnostics diagnostics;
        struct vary vary;

        diagnostics_init(&diagnostics);
        ck_assert_msg(!vary_read(&vary, bad[i].text, &diagnostics), "%s", bad[i].text);
        ck_assert_uint_eq(diagnostics_error_count(&diagnostics), 1);
        ck_assert_msg(strstr(diagnostics.items[0].message, bad[i].why) != NULL, "%s: %s", bad[i].text,
                      diagnostics.items[0].message);
        diagnostics_deinit(&diagnostics);
    }
}
END_TEST

/* What is shown for people is what the field gets, and what it gets reads back as the value. */
START_TEST(test_vary_values_are_written_as_fields_take_them)
{
    const struct vary users = { .whole = true }, rate = { .whole = true, .unit = "/s" };
    const struct vary time = { .unit = "ms" };
    char text[VARY_TEXT_SIZE];

    ck_assert_str_eq(vary_format(&users, vary_round(&users, 1234567.8), text), "1235000");
    ck_assert_str_eq(vary_show(&users, 1235000, text), "1,235,000");
    ck_assert_str_eq(vary_show(&users, 100, text), "100");
    ck_assert_str_eq(vary_format(&users, vary_round(&users, 2.7), text), "3");
    ck_assert_str_eq(vary_format(&rate, vary_round(&rate, 93.26), text), "93/s");
    ck_assert_str_eq(vary_show(&rate, 9326, text), "9,326/s");
    ck_assert_str_eq(vary_format(&time, vary_round(&time, 2.71828), text), "2.718ms");
    ck_assert_str_eq(vary_show(&time, 1500.5, text), "1,500.5ms");
}
END_TEST

TEST_MAIN("vary", test_vary_is_read, test_vary_refuses_what_is_no_range,
          test_vary_values_are_written_as_fields_take_them)
