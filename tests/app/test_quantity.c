#include "app/quantity.h"
#include "sim/time.h"
#include "tests/test.h"

#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define COUNT_OF(rows) (sizeof(rows) / sizeof *(rows))

struct whole_case {
    const char *text;
    int64_t value;
};

static const struct whole_case durations[] = {
    { "0ms", 0 },
    { "1ns", 1 },
    { "5ms", 5000000 },
    { "0.1ms", 100000 },
    { "0.3us", 300 },
    { "1.000000001s", 1000000001 },
    { "0.000000001s", 1 },
    { "007ms", 7000000 },
    { "1.50000000000000000000000000000ms", 1500000 },
    { "5 ms", 5000000 },
    { "2us", 2000 },
    { "2\xC2\xB5s", 2000 },
    { "2\xCE\xBCs", 2000 },
    { "90s", 90 * SIM_NS_PER_S },
    { "2min", 120 * SIM_NS_PER_S },
    { "2m", 120 * SIM_NS_PER_S },
    { "1.5h", 5400 * SIM_NS_PER_S },
    { "1d", 86400 * SIM_NS_PER_S },
    { "1week", 604800 * SIM_NS_PER_S },
    { "2 weeks", 1209600 * SIM_NS_PER_S },
    { "1h30m", 5400 * SIM_NS_PER_S },
    { "2 min 5 s", 125 * SIM_NS_PER_S },
    { "1d 2h 3m 4s 5ms 6us 7ns", INT64_C(93784005006007) },
    { "1m0.5s", 60500000000 },
    { "9223372036.854775806s", INT64_MAX - 1 },
};

START_TEST(test_quantity_durations_are_exact)
{
    char error[QUANTITY_ERROR_SIZE];

    for (size_t i = 0; i < COUNT_OF(durations); i++) {
        int64_t ns = -1;

        ck_assert_msg(quantity_parse_duration(durations[i].text, &ns, error, sizeof error), "%s: %s",
                      durations[i].text, error);
        ck_assert_msg(ns == durations[i].value, "%s: %lld", durations[i].text, (long long)ns);
    }
}
END_TEST

static const struct whole_case sizes[] = {
    { "0B", 0 },
    { "512B", 512 },
    { "10KB", 10000 },
    { "10kB", 10000 },
    { "1.5 GB", 1500000000 },
    { "2TB", INT64_C(2000000000000) },
    { "9.2PB", INT64_C(9200000000000000) },
    { "16KiB", 16384 },
    { "16MiB", 16777216 },
    { "0.5GiB", 536870912 },
    { "1TiB", INT64_C(1) << 40 },
    { "8191PiB", INT64_C(8191) << 50 },
    { "9223372036854775807B", INT64_MAX },
    { "9223.372036854775807PB", INT64_MAX },
};

START_TEST(test_quantity_bytes_are_exact)
{
    char error[QUANTITY_ERROR_SIZE];

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        int64_t bytes = -1;

        ck_assert_msg(quantity_parse_bytes(sizes[i].text, &bytes, error, sizeof error), "%s: %s",
                      sizes[i].text, error);
        ck_assert_msg(bytes == sizes[i].value, "%s: %lld", sizes[i].text, (long long)bytes);
    }
}
END_TEST

typedef bool parse_real(const char *text, double *value, char *error, size_t size);

static const struct {
    parse_real *parse;
    const char *text;
    double value;
} reals[] = {
    { quantity_parse_bandwidth, "10Gb/s", 1.25e9 },
    { quantity_parse_bandwidth, "10Gbit/s", 1.25e9 },
    { quantity_parse_bandwidth, "10Gbps", 1.25e9 },
    { quantity_parse_bandwidth, "125MB/s", 125e6 },
    { quantity_parse_bandwidth, "1KiB/s", 1024 },
    { quantity_parse_bandwidth, "1 Kib/s", 128 },
    { quantity_parse_bandwidth, "0.1Mb/s", 12500 },
    { quantity_parse_rate, "2000/s", 2000 },
    { quantity_parse_rate, "0.1/s", 0.1 },
    { quantity_parse_rate, "120/min", 2 },
    { quantity_parse_rate, "5/h", 5.0 / 3600 },
    { quantity_parse_rate, "5 /hour", 5.0 / 3600 },
    { quantity_parse_rate, "10M/day", 1e7 / 86400 },
    { quantity_parse_rate, "3k/s", 3000 },
    { quantity_parse_rate, "0.3k/s", 300 },
    { quantity_parse_rate, "1.1G/week", 1.1e9 / 604800 },
    { quantity_parse_fraction, "99.9%", 0.999 },
    { quantity_parse_fraction, "0.1%", 0.001 },
    { quantity_parse_fraction, "99.999%", 0.99999 },
    { quantity_parse_fraction, "100%", 1 },
    { quantity_parse_fraction, "0%", 0 },
    { quantity_parse_fraction, "7 %", 0.07 },
    { quantity_parse_money, "$0.10", 0.1 },
    { quantity_parse_money, "$5k", 5000 },
    { quantity_parse_money, "$1.2M", 1200000 },
    { quantity_parse_money_rate, "$0.10/h", 0.1 },
    { quantity_parse_money_rate, "$0.10/hour", 0.1 },
    { quantity_parse_money_rate, "$50/month", 50.0 / 730 },
    { quantity_parse_money_rate, "$1.2/day", 1.2 / 24 },
    { quantity_parse_money_rate, "$87.6k/year", 10 },
    { quantity_parse_money_rate, "$0.1/s", 0.1 * 3600 },
    { quantity_parse_money_per_byte, "$0.09/GB", 0.09e-9 },
    { quantity_parse_money_per_byte, "$1/GiB", 1.0 / 1073741824 },
    { quantity_parse_money_per_count, "$0.40/M", 0.4e-6 },
    { quantity_parse_money_per_count, "$0.0004", 0.0004 },
};

/* No tolerance: the nearest double, as the compiler reads the same decimal. */
START_TEST(test_quantity_reals_are_the_nearest_doubles)
{
    char error[QUANTITY_ERROR_SIZE];

    for (size_t i = 0; i < COUNT_OF(reals); i++) {
        double value = -1;

        ck_assert_msg(reals[i].parse(reals[i].text, &value, error, sizeof error), "%s: %s", reals[i].text,
                      error);
        ck_assert_msg(value == reals[i].value, "%s: %.17g", reals[i].text, value);
    }
}
END_TEST

/* Where the decimal mark is a comma, if this machine knows such a place. */
START_TEST(test_quantity_does_not_heed_the_locale)
{
    static const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "nb_NO.UTF-8", "C" };
    char error[QUANTITY_ERROR_SIZE];
    double value;

    for (size_t i = 0; i < COUNT_OF(names) && !setlocale(LC_NUMERIC, names[i]); i++)
        ;
    ck_assert(quantity_parse_fraction("99.95%", &value, error, sizeof error));
    ck_assert(value == 0.9995);
    setlocale(LC_NUMERIC, "C");
}
END_TEST

/* ---- errors ---- */

static bool parse_duration_real(const char *text, double *value, char *error, size_t size)
{
    int64_t ns = -1;
    bool parsed = quantity_parse_duration(text, &ns, error, size);

    *value = (double)ns;
    return parsed;
}

static bool parse_bytes_real(const char *text, double *value, char *error, size_t size)
{
    int64_t bytes = -1;
    bool parsed = quantity_parse_bytes(text, &bytes, error, size);

    *value = (double)bytes;
    return parsed;
}

static const struct {
    parse_real *parse;
    const char *text;
    const char *error; /* all of it, or a piece */
} errors[] = {
    { parse_duration_real, "5", "5 has no unit; write \"5ms\" or \"5s\"" },
    { parse_duration_real, "5 ", "5 has no unit; write \"5ms\" or \"5s\"" },
    { parse_duration_real, "1h30", "30 has no unit; write \"30ms\" or \"30s\"" },
    { parse_duration_real, "5 sec", "unknown unit \"sec\"; the units of a duration are ns, us, ms, s, min" },
    { parse_duration_real, "5MS", "unknown unit \"MS\"" },
    { parse_duration_real, "-5ms", "\"-5ms\" is negative; a duration is zero or more" },
    { parse_duration_real, "", "\"\" is not a duration; write it like \"5ms\"" },
    { parse_duration_real, "ms", "\"ms\" is not a duration" },
    { parse_duration_real, " 5ms", "is not a duration" },
    { parse_duration_real, "5ms ", "is not a duration" },
    { parse_duration_real, "+5ms", "is not a duration" },
    { parse_duration_real, "5.ms", "is not a duration" },
    { parse_duration_real, ".5ms", "is not a duration" },
    { parse_duration_real, "1,5ms", "has a comma" },
    { parse_duration_real, "1e3ms", "unknown unit \"e\"" },
    { parse_duration_real, "0.5ns", "\"0.5ns\" is finer than a nanosecond" },
    { parse_duration_real, "1.0000000001s", "is finer than a nanosecond" },
    { parse_duration_real, "0.0000000000000000001week", "is finer than a nanosecond" },
    { parse_duration_real, "293 weeks 300000d", "is too long; a duration is at most 292 years" },
    { parse_duration_real, "110000d", "is too long" },
    { parse_duration_real, "9223372036.854775807s", "is too long" }, /* the end of time itself */
    { parse_duration_real, "99999999999999999999999999ns", "is too long" },
    { parse_duration_real, "30m1h", "units out of order" },
    { parse_duration_real, "1h1h", "units out of order" },
    { parse_duration_real, "1.5h30m", "fraction before its last unit" },
    { parse_duration_real, "5ms\n", "unknown unit \"ms\\n\"" },
    { parse_duration_real, "5\xFFs", "unknown unit \"\\xFFs\"" },
    { parse_duration_real, "never", "is not a duration" },
    { parse_bytes_real, "10", "10 has no unit; write \"10KB\" or \"10MB\"" },
    { parse_bytes_real, "10Kb", "unknown unit \"Kb\"" },
    { parse_bytes_real, "10kiB", "unknown unit \"kiB\"" },
    { parse_bytes_real, "0.3B", "\"0.3B\" is finer than a byte" },
    { parse_bytes_real, "1.0001KB", "is finer than a byte" },
    { parse_bytes_real, "9223372036854775808B", "is too large" },
    { parse_bytes_real, "8192PiB", "is too large" },
    { parse_bytes_real, "-1B", "is negative" },
    { quantity_parse_bandwidth, "10", "10 has no unit; write \"10Mb/s\" or \"10MB/s\"" },
    { quantity_parse_bandwidth, "10Gb", "unknown unit \"Gb\"" },
    { quantity_parse_rate, "2000", "2000 has no unit; write \"2000/s\" or \"2000/min\"" },
    { quantity_parse_rate, "3k", "3k has no unit; write \"3k/s\" or \"3k/min\"" },
    { quantity_parse_rate, "3rps", "unknown unit \"rps\"" },
    { quantity_parse_rate, "3/fortnight", "unknown unit \"/fortnight\"" },
    { quantity_parse_rate, "1111111111111111111111111111111111111111111111111111111111111/s",
      "more than 60 digits" },
    { quantity_parse_fraction, "99.9", "99.9 has no unit; write \"99.9%\"" },
    { quantity_parse_fraction, "99.9%%", "unknown unit" },
    { quantity_parse_fraction, "-1%", "is negative; a fraction" },
    { quantity_parse_money, "0.10", "\"0.10\" has no \"$\" in front; write it like \"$0.10\"" },
    { quantity_parse_money, "-$1", "is negative" },
    { quantity_parse_money, "$1,000", "has a comma" },
    { quantity_parse_money, "$", "is not an amount of money" },
    { quantity_parse_money, "$1/h", "is not an amount of money" },
    { quantity_parse_money_rate, "$0.10", "$0.10 has no unit; write \"$0.10/h\" or \"$0.10/month\"" },
    { quantity_parse_money_rate, "0.10/h", "has no \"$\"" },
    { quantity_parse_money_rate, "free", "is not a price per time" },
    { quantity_parse_money_per_byte, "$0.09", "$0.09 has no unit; write \"$0.09/GB\"" },
    { quantity_parse_money_per_byte, "$0.09/Gb", "unknown unit" },
    { quantity_parse_money_per_count, "$1/x", "unknown unit" },
    { quantity_parse_money_per_count, "$1/", "unknown unit" },
};

START_TEST(test_quantity_errors_say_what_to_write)
{
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        char error[QUANTITY_ERROR_SIZE] = "";
        double value;

        ck_assert_msg(!errors[i].parse(errors[i].text, &value, error, sizeof error), "%s", errors[i].text);
        ck_assert_msg(strstr(error, errors[i].error) != NULL, "%s: %s", errors[i].text, error);
    }
}
END_TEST

/* Any cut of any text, and texts of any length, are refused or read, within the error's size. */
START_TEST(test_quantity_bounds_hold_for_any_text)
{
    char text[3000], error[16 + 1];
    double value;

    for (size_t i = 0; i < COUNT_OF(errors); i++)
        for (size_t size = 1; size < sizeof error; size++) {
            error[size] = '#';
            errors[i].parse(errors[i].text, &value, error, size);
            ck_assert_int_eq(error[size], '#');
        }
    for (size_t i = 0; i < COUNT_OF(reals); i++)
        for (int digit = 0; digit < 3; digit++) {
            memset(text, "9x\xC3"[digit], sizeof text - 1);
            text[sizeof text - 1] = '\0';
            memcpy(text, reals[i].text, 2);
            ck_assert(!reals[i].parse(text, &value, error, sizeof error));
        }
}
END_TEST

/* Every unit has words for errors and an example that its parser reads. */
START_TEST(test_quantity_rows_are_whole)
{
    static parse_real *const parsers[QUANTITY_UNIT_COUNT] = {
        [QUANTITY_DURATION] = parse_duration_real,
        [QUANTITY_BYTES] = parse_bytes_real,
        [QUANTITY_BANDWIDTH] = quantity_parse_bandwidth,
        [QUANTITY_RATE] = quantity_parse_rate,
        [QUANTITY_FRACTION] = quantity_parse_fraction,
        [QUANTITY_MONEY] = quantity_parse_money,
        [QUANTITY_MONEY_RATE] = quantity_parse_money_rate,
        [QUANTITY_MONEY_PER_BYTE] = quantity_parse_money_per_byte,
        [QUANTITY_MONEY_PER_COUNT] = quantity_parse_money_per_count,
    };

    for (int unit = 0; unit < QUANTITY_UNIT_COUNT; unit++) {
        const struct quantity_row *row = &quantity_rows[unit];
        char error[QUANTITY_ERROR_SIZE], text[64];
        double value;

        ck_assert(row->name && row->units && row->sign && row->suffixes[0]);
        ck_assert_msg(parsers[unit](row->example, &value, error, sizeof error), "%s", error);
        for (int i = 0; i < 2 && row->suffixes[i]; i++) { /* what errors advise is right */
            snprintf(text, sizeof text, "%s5%s", row->sign, row->suffixes[i]);
            ck_assert_msg(parsers[unit](text, &value, error, sizeof error), "%s", error);
        }
    }
}
END_TEST

/* ---- formats ---- */

START_TEST(test_quantity_formats_durations)
{
    static const struct whole_case cases[] = {
        { "0 ns", 0 },
        { "999 ns", 999 },
        { "1 us", 1000 },
        { "1.5 ms", 1500000 },
        { "12.3 ms", 12345678 },
        { "1 ms", 999600 },
        { "123 us", 123456 },
        { "5.25 s", 5250000000 },
        { "59.9 s", 59949000000 },
        { "1 min", 59960000000 },
        { "2 min 5 s", 125 * SIM_NS_PER_S },
        { "1 h", 3600 * SIM_NS_PER_S - 1 },
        { "1 h 30 min", 5400 * SIM_NS_PER_S },
        { "1 d", 86399 * SIM_NS_PER_S },
        { "4 d 3 h", 99 * 3600 * SIM_NS_PER_S },
        { "106751 d 23 h", INT64_MAX - 1 - 47 * 60 * SIM_NS_PER_S },
        { "never", INT64_MAX },
        { "-1.5 ms", -1500000 },
    };
    char text[QUANTITY_TEXT_SIZE];

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_str_eq(quantity_format_duration(cases[i].value, text, sizeof text), cases[i].text);
}
END_TEST

START_TEST(test_quantity_formats_bytes)
{
    static const struct whole_case cases[] = {
        { "0 B", 0 },          { "999 B", 999 },
        { "1 KB", 1000 },      { "1.5 KB", 1500 },
        { "1 MB", 999600 },    { "16 MiB", 16777216 },
        { "10 KB", 10000 },    { "1.05 MB", 1025 * 1024 },
        { "4.1 MB", 4096000 }, { "1 KiB", 1024 },
        { "512 B", 512 },      { "9223 PB", INT64_MAX },
        { "-2 KB", -2000 },    { "8 GiB", INT64_C(8) << 30 },
    };
    char text[QUANTITY_TEXT_SIZE];

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_str_eq(quantity_format_bytes(cases[i].value, text, sizeof text), cases[i].text);
}
END_TEST

START_TEST(test_quantity_formats_reals)
{
    static const struct {
        char *(*format)(double value, char *text, size_t size);
        double value;
        const char *text;
    } cases[] = {
        { quantity_format_rate, 0, "0/s" },
        { quantity_format_rate, 2000, "2000/s" },
        { quantity_format_rate, 2345, "2345/s" },
        { quantity_format_rate, 12345, "12.3k/s" },
        { quantity_format_rate, 9999.6, "10k/s" },
        { quantity_format_rate, 999600, "1M/s" },
        { quantity_format_rate, 1e9, "1G/s" },
        { quantity_format_rate, 1.234, "1.23/s" },
        { quantity_format_rate, 0.5, "30/min" },
        { quantity_format_rate, 5.0 / 3600, "5/h" },
        { quantity_format_rate, 1.0 / 86400, "1/day" },
        { quantity_format_rate, 0.0123 / 86400, "0.0123/day" },
        { quantity_format_rate, INFINITY, "inf/s" },
        { quantity_format_bandwidth, 1.25e9, "1.25 GB/s" },
        { quantity_format_bandwidth, 512, "512 B/s" },
        { quantity_format_money, 0, "$0.00" },
        { quantity_format_money, 0.1, "$0.10" },
        { quantity_format_money, 12.345, "$12.35" },
        { quantity_format_money, 0.00123, "$0.00123" },
        { quantity_format_money, 1234.56, "$1235" },
        { quantity_format_money, 1234567, "$1.23M" },
        { quantity_format_money, -5, "-$5.00" },
        { quantity_format_money, NAN, "nan" },
        { quantity_format_percent, 0, "0%" },
        { quantity_format_percent, 0.123, "12.3%" },
        { quantity_format_percent, 0.5, "50%" },
        { quantity_format_percent, 0.000123, "0.0123%" },
        { quantity_format_percent, 0.99, "99%" },
        { quantity_format_percent, 0.999, "99.9%" },
        { quantity_format_percent, 0.99995, "99.995%" },
        { quantity_format_percent, 0.999999, "99.9999%" },
        { quantity_format_percent, 1 - 1e-12, "99.99999999%" },
        { quantity_format_percent, 1, "100%" },
        { quantity_format_percent, 1.5, "150%" },
        { quantity_format_percent, -0.05, "-5%" },
    };
    char text[QUANTITY_TEXT_SIZE];

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_str_eq(cases[i].format(cases[i].value, text, sizeof text), cases[i].text);
}
END_TEST

/* Three digits at every power of ten: what is printed is read back as the same number. */
START_TEST(test_quantity_short_numbers_survive_a_round_trip)
{
    char text[QUANTITY_TEXT_SIZE], error[QUANTITY_ERROR_SIZE];
    int64_t scale = 1;

    for (int power = 0; power < 16; power++, scale *= 10)
        for (int64_t digits = 1; digits < 1000; digits++) {
            int64_t value = digits * scale, again = -1;
            double real = (double)value, real_again = -1;

            if (value < 59 * SIM_NS_PER_S) {
                quantity_format_duration(value, text, sizeof text);
                ck_assert_msg(quantity_parse_duration(text, &again, error, sizeof error) && again == value,
                              "%s", text);
            }
            quantity_format_bytes(value, text, sizeof text);
            ck_assert_msg(quantity_parse_bytes(text, &again, error, sizeof error) && again == value, "%s",
                          text);
            if (power > 9)
                continue;
            quantity_format_rate(real, text, sizeof text);
            ck_assert_msg(quantity_parse_rate(text, &real_again, error, sizeof error) && real_again == real,
                          "%s", text);
            real = (double)digits / 1e5;
            quantity_format_percent(real, text, sizeof text);
            ck_assert_msg(quantity_parse_fraction(text, &real_again, error, sizeof error) &&
                              real_again == real,
                          "%s", text);
        }
}
END_TEST

/* Whole seconds, minutes and hours of the long forms. */
START_TEST(test_quantity_long_durations_survive_a_round_trip)
{
    char text[QUANTITY_TEXT_SIZE], error[QUANTITY_ERROR_SIZE];
    int64_t again;

    for (int64_t s = 60; s < 60 * 3600 * 24; s += s < 3600 ? 1 : s < 86400 ? 60 : 3600) {
        quantity_format_duration(s * SIM_NS_PER_S, text, sizeof text);
        ck_assert_msg(quantity_parse_duration(text, &again, error, sizeof error) && again == s * SIM_NS_PER_S,
                      "%s", text);
    }
}
END_TEST

TEST_MAIN("quantity", test_quantity_durations_are_exact, test_quantity_bytes_are_exact,
          test_quantity_reals_are_the_nearest_doubles, test_quantity_does_not_heed_the_locale,
          test_quantity_errors_say_what_to_write, test_quantity_bounds_hold_for_any_text,
          test_quantity_rows_are_whole, test_quantity_formats_durations, test_quantity_formats_bytes,
          test_quantity_formats_reals, test_quantity_short_numbers_survive_a_round_trip,
          test_quantity_long_durations_survive_a_round_trip)
