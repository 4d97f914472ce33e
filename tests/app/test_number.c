#include "app/number.h"
#include "tests/test.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* What is written of a value into `text`. */
static bool written(double value, char *text, size_t size)
{
    FILE *file = fmemopen(text, size, "w");
    bool good;

    ck_assert_ptr_nonnull(file);
    good = number_write(file, value);
    ck_assert_int_eq(fclose(file), 0);
    return good;
}

START_TEST(test_number_is_as_short_as_it_can_be)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        { 0, "0" },
        { 1, "1" },
        { 0.1, "0.1" },
        { -2.5, "-2.5" },
        { 1e-9, "1e-09" },
        { 0.1 + 0.2, "0.30000000000000004" },
        { 9007199254740993.0, "9007199254740992" },
        { 1234567, "1234567" },
        { DBL_MAX, "1.7976931348623157e+308" },
    };
    char text[64];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert(written(cases[i].value, text, sizeof text));
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

START_TEST(test_number_reads_back_as_itself)
{
    double value = 1e-300;
    char text[64];

    for (int i = 0; i < 2000; i++, value *= 1.9999) {
        ck_assert(written(value, text, sizeof text));
        ck_assert_msg(strtod(text, NULL) == value, "%s is not %.17g", text, value);
        ck_assert(written(-1 / value, text, sizeof text));
        ck_assert_msg(strtod(text, NULL) == -1 / value, "%s is not %.17g", text, -1 / value);
        if (value > 1e290)
            value = 1e-300;
    }
}
END_TEST

START_TEST(test_number_writes_nothing_of_what_is_none)
{
    char text[64] = "";

    ck_assert(!written(NAN, text, sizeof text));
    ck_assert(!written(INFINITY, text, sizeof text));
    ck_assert(!written(-INFINITY, text, sizeof text));
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(test_number_seconds_have_all_their_digits)
{
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        { 0, "0" },
        { 1, "0.000000001" },
        { 1500000, "0.0015" },
        { 1000000000, "1" },
        { 10000000000, "10" },
        { 1666666667, "1.666666667" },
        { INT64_MAX, "9223372036.854775807" },
    };
    char text[64];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        FILE *file = fmemopen(text, sizeof text, "w");

        ck_assert_ptr_nonnull(file);
        number_write_seconds(file, cases[i].ns);
        ck_assert_int_eq(fclose(file), 0);
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

TEST_MAIN("number", test_number_is_as_short_as_it_can_be, test_number_reads_back_as_itself,
          test_number_writes_nothing_of_what_is_none, test_number_seconds_have_all_their_digits)
