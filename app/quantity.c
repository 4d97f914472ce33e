#include "app/quantity.h"

#include "app/harmless_text.h"
#include "sim/time.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 60   /* of a number that becomes a double */
#define FRACTION_MAX 18 /* digits of a fraction that fit an exact product in 128 bits */
#define SHOWN_SIZE 48   /* of a quoted text, bytes */
#define HOURS_OF_MONTH 730
#define HOURS_OF_YEAR 8760

/* clang-format off */

const struct quantity_row quantity_rows[QUANTITY_UNIT_COUNT] = {
    [QUANTITY_DURATION] = { "a duration", "ns, us, ms, s, min, h, d or weeks", "", { "ms", "s" }, "5ms" },
    [QUANTITY_BYTES] = { "a size", "B, KB, MB, GB, TB, PB, KiB, MiB, GiB, TiB or PiB", "",
                         { "KB", "MB" }, "10KB" },
    [QUANTITY_BANDWIDTH] = { "a bandwidth", "Mb/s, Gb/s (bits) or MB/s, GB/s (bytes)", "",
                             { "Mb/s", "MB/s" }, "10Gb/s" },
    [QUANTITY_RATE] = { "a rate", "/s, /min, /h, /day, /week, /month or /year, with k, M or G before it", "",
                        { "/s", "/min" }, "2000/s" },
    [QUANTITY_FRACTION] = { "a fraction", "%", "", { "%", NULL }, "99.9%" },
    [QUANTITY_MONEY] = { "an amount of money", "$", "$", { "", NULL }, "$0.10" },
    [QUANTITY_MONEY_RATE] = { "a price per time", "/s, /min, /h, /day, /week, /month or /year", "$",
                              { "/h", "/month" }, "$0.10/h" },
    [QUANTITY_MONEY_PER_BYTE] = { "a price of data", "/B, /KB, /MB, /GB, /TB, /PB or /GiB", "$",
                                  { "/GB", NULL }, "$0.09/GB" },
    [QUANTITY_MONEY_PER_COUNT] = { "a price each", "/k, /M or /G (per thousand, million or billion)", "$",
                                   { "", NULL }, "$0.40/M" },
};

struct unit_row {
    const char *name;
    int64_t scale;
};

/* Nanoseconds; micro is written in ASCII, with the micro sign or with the Greek letter. */
static const struct unit_row duration_rows[] = {
    { "ns", 1 },
    { "us", 1000 }, { "\xC2\xB5s", 1000 }, { "\xCE\xBCs", 1000 },
    { "ms", 1000000 },
    { "s", SIM_NS_PER_S },
    { "min", 60 * SIM_NS_PER_S }, { "m", 60 * SIM_NS_PER_S },
    { "h", 3600 * SIM_NS_PER_S },
    { "d", 86400 * SIM_NS_PER_S },
    { "week", 604800 * SIM_NS_PER_S }, { "weeks", 604800 * SIM_NS_PER_S },
};

/* Seconds of the periods behind a "/". */
static const struct unit_row period_rows[] = {
    { "s", 1 }, { "second", 1 },
    { "min", 60 }, { "minute", 60 },
    { "h", 3600 }, { "hour", 3600 },
    { "d", 86400 }, { "day", 86400 },
    { "week", 604800 },
    { "month", HOURS_OF_MONTH * 3600 },
    { "year", HOURS_OF_YEAR * 3600 },
};

/* Prefixes as powers of ten and two. */
struct prefix_row {
    const char *name;
    int exponent10, exponent2;
};

static const struct prefix_row size_prefixes[] = {
    { "", 0, 0 },
    { "k", 3, 0 }, { "K", 3, 0 }, { "M", 6, 0 }, { "G", 9, 0 }, { "T", 12, 0 }, { "P", 15, 0 },
    { "Ki", 0, 10 }, { "Mi", 0, 20 }, { "Gi", 0, 30 }, { "Ti", 0, 40 }, { "Pi", 0, 50 },
};

static const struct prefix_row count_prefixes[] = {
    { "", 0, 0 }, { "k", 3, 0 }, { "K", 3, 0 }, { "M", 6, 0 }, { "G", 9, 0 },
};

/* clang-format on */

#define COUNT_OF(rows) (sizeof(rows) / sizeof *(rows))

/* A decimal number without zeros in front or behind; borrowed from the text. */
struct number {
    const char *start; /* as written */
    const char *whole, *fraction;
    size_t whole_length, fraction_length; /* digits */
};

struct reader {
    enum quantity_unit unit;
    const char *text; /* all of it */
    const char *at;
    char *error;
    size_t error_size;
};

/* ---- errors: each returns false ---- */

/* `"TEXT" ` and what is said of it. */
__attribute__((format(printf, 2, 3))) static bool refuse(const struct reader *r, const char *format, ...)
{
    char shown[SHOWN_SIZE], said[QUANTITY_ERROR_SIZE - SHOWN_SIZE];
    va_list arguments;

    harmless_text(shown, sizeof shown, r->text, strlen(r->text));
    va_start(arguments, format);
    vsnprintf(said, sizeof said, format, arguments);
    va_end(arguments);
    snprintf(r->error, r->error_size, "\"%s\" %s", shown, said);
    return false;
}

static bool refuse_form(const struct reader *r)
{
    const struct quantity_row *row = &quantity_rows[r->unit];

    return refuse(r, "is not %s; write it like \"%s\"", row->name, row->example);
}

static bool refuse_size(const struct reader *r)
{
    if (r->unit == QUANTITY_DURATION)
        return refuse(r, "is too long; a duration is at most 292 years");
    return refuse(r, "is too large");
}

static bool refuse_precision(const struct reader *r)
{
    return refuse(r, "is finer than a %s", r->unit == QUANTITY_DURATION ? "nanosecond" : "byte");
}

/* Quotes the number from `start` to where the reader stands. */
static bool refuse_no_unit(const struct reader *r, const char *start)
{
    const struct quantity_row *row = &quantity_rows[r->unit];
    size_t length = (size_t)(r->at - start);
    char shown[SHOWN_SIZE];
    size_t used;

    harmless_text(shown, sizeof shown, start, start[length - 1] == ' ' ? length - 1 : length);
    snprintf(r->error, r->error_size, "%s%s has no unit; write \"%s%s%s\"", row->sign, shown, row->sign,
             shown, row->suffixes[0]);
    used = strlen(r->error);
    if (row->suffixes[1])
        snprintf(r->error + used, r->error_size - used, " or \"%s%s%s\"", row->sign, shown, row->suffixes[1]);
    return false;
}

static bool refuse_no_sign(const struct reader *r)
{
    return refuse(r, "has no \"$\" in front; write it like \"%s\"", quantity_rows[r->unit].example);
}

static bool refuse_unit(const struct reader *r, const char *unit, size_t length)
{
    const struct quantity_row *row = &quantity_rows[r->unit];
    char shown[24];

    harmless_text(shown, sizeof shown, unit, length);
    return refuse(r, "has an unknown unit \"%s\"; the units of %s are %s", shown, row->name, row->units);
}

/* ---- numbers ---- */

static const char *skip_digits(const char *at)
{
    while (*at >= '0' && *at <= '9')
        at++;
    return at;
}

/* Drops zeros that mean nothing. */
static void strip_zeros(struct number *number)
{
    while (number->whole_length > 0 && *number->whole == '0') {
        number->whole++;
        number->whole_length--;
    }
    while (number->fraction_length > 0 && number->fraction[number->fraction_length - 1] == '0')
        number->fraction_length--;
}

/* Reads digits with perhaps a point and digits, and one space behind them. */
static bool read_number(struct reader *r, struct number *number)
{
    const char *at = skip_digits(r->at);

    if (*r->at == '-' && skip_digits(r->at + 1) > r->at + 1)
        return refuse(r, "is negative; %s is zero or more", quantity_rows[r->unit].name);
    if (at == r->at)
        return refuse_form(r);
    *number = (struct number){
        .start = r->at, .whole = r->at, .whole_length = (size_t)(at - r->at), .fraction = at
    };
    if (*at == '.') {
        number->fraction = at + 1;
        at = skip_digits(at + 1);
        number->fraction_length = (size_t)(at - number->fraction);
        if (number->fraction_length == 0)
            return refuse_form(r);
    }
    if (*at == ',')
        return refuse(r, "has a comma; the decimal mark is \".\", and thousands have none");
    strip_zeros(number);
    r->at = *at == ' ' ? at + 1 : at;
    return true;
}

/* number * scale as a whole number; exact or refused. */
static bool to_integer(const struct reader *r, const struct number *number, int64_t scale, int64_t *value)
{
    int64_t whole = 0, fraction = 0, unit = 1;
    __int128 part;

    for (size_t i = 0; i < number->whole_length; i++)
        if (__builtin_mul_overflow(whole, 10, &whole) ||
            __builtin_add_overflow(whole, number->whole[i] - '0', &whole))
            return refuse_size(r);
    if (__builtin_mul_overflow(whole, scale, &whole))
        return refuse_size(r);
    if (number->fraction_length > FRACTION_MAX)
        return refuse_precision(r);
    for (size_t i = 0; i < number->fraction_length; i++) {
        fraction = fraction * 10 + (number->fraction[i] - '0');
        unit *= 10;
    }
    part = (__int128)fraction * scale;
    if (part % unit != 0)
        return refuse_precision(r);
    if (__builtin_add_overflow(whole, (int64_t)(part / unit), value))
        return refuse_size(r);
    return true;
}

/* The double nearest to number * 10^exponent. Written without a point, the locale cannot matter. */
static bool to_double(const struct reader *r, const struct number *number, int exponent, double *value)
{
    char digits[DIGITS_MAX + 16];

    if (number->whole_length + number->fraction_length > DIGITS_MAX)
        return refuse(r, "has more than %d digits", DIGITS_MAX);
    snprintf(digits, sizeof digits, "0%.*s%.*se%d", (int)number->whole_length, number->whole,
             (int)number->fraction_length, number->fraction, exponent - (int)number->fraction_length);
    *value = strtod(digits, NULL);
    return true;
}

/* ---- units ---- */

static const struct unit_row *find_unit(const struct unit_row *rows, size_t count, const char *name,
                                        size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(rows[i].name) == length && memcmp(rows[i].name, name, length) == 0)
            return &rows[i];
    return NULL;
}

/* The prefix with which `at` is prefix and tail, to its end; NULL: none. */
static const struct prefix_row *find_prefix(const struct prefix_row *rows, size_t count, const char *at,
                                            const char *tail)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(rows[i].name);

        if (strncmp(at, rows[i].name, length) == 0 && strcmp(at + length, tail) == 0)
            return &rows[i];
    }
    return NULL;
}

/* Moves over k, M or G, and gives its power of ten. */
static int skip_count_prefix(struct reader *r)
{
    for (size_t i = 1; i < COUNT_OF(count_prefixes); i++)
        if (*r->at == count_prefixes[i].name[0]) {
            r->at++;
            return count_prefixes[i].exponent10;
        }
    return 0;
}

/* Reads "/" and a period to the end of the text. */
static bool read_period(struct reader *r, const struct number *number, int64_t *seconds)
{
    const char *unit = r->at;
    const struct unit_row *row;

    if (!*unit)
        return refuse_no_unit(r, number->start);
    row = *unit == '/' ? find_unit(period_rows, COUNT_OF(period_rows), unit + 1, strlen(unit + 1)) : NULL;
    if (!row)
        return refuse_unit(r, unit, strlen(unit));
    *seconds = row->scale;
    return true;
}

/* Moves over the "$" that stands before a number. */
static bool read_sign(struct reader *r)
{
    if (*r->at == '-' && r->at[1] == '$')
        return refuse(r, "is negative; %s is zero or more", quantity_rows[r->unit].name);
    if (*r->at != '$')
        return *r->at >= '0' && *r->at <= '9' ? refuse_no_sign(r) : refuse_form(r);
    r->at++;
    return true;
}

/* ---- durations ---- */

/* One number with its unit; `*scale` is that of the part before and becomes its own. */
static bool read_duration_part(struct reader *r, int64_t *scale, int64_t *ns)
{
    struct number number;
    const struct unit_row *row;
    const char *unit;
    int64_t part;

    if (!read_number(r, &number))
        return false;
    unit = r->at;
    while (*r->at && *r->at != ' ' && !(*r->at >= '0' && *r->at <= '9'))
        r->at++;
    if (r->at == unit)
        return refuse_no_unit(r, number.start);
    row = find_unit(duration_rows, COUNT_OF(duration_rows), unit, (size_t)(r->at - unit));
    if (!row)
        return refuse_unit(r, unit, (size_t)(r->at - unit));
    if (row->scale >= *scale) /* 30m1h, 1h1h */
        return refuse(r, "has its units out of order; the largest comes first");
    *scale = row->scale;
    if (!to_integer(r, &number, row->scale, &part))
        return false;
    if (__builtin_add_overflow(*ns, part, ns) || *ns >= SIM_TIME_NEVER)
        return refuse_size(r);
    if (*r->at && number.fraction_length > 0) /* 1.5h30m */
        return refuse(r, "has a fraction before its last unit");
    return true;
}

bool quantity_parse_duration(const char *text, int64_t *ns, char *error, size_t size)
{
    struct reader r = { QUANTITY_DURATION, text, text, error, size };
    int64_t scale = INT64_MAX, sum = 0;

    do {
        if (!read_duration_part(&r, &scale, &sum))
            return false;
        if (*r.at == ' ')
            r.at++;
    } while (*r.at);
    if (r.at[-1] == ' ')
        return refuse_form(&r);
    *ns = sum;
    return true;
}

/* ---- the others ---- */

bool quantity_parse_bytes(const char *text, int64_t *bytes, char *error, size_t size)
{
    struct reader r = { QUANTITY_BYTES, text, text, error, size };
    const struct prefix_row *prefix;
    struct number number;
    int64_t scale = 1, value;

    if (!read_number(&r, &number))
        return false;
    if (!*r.at)
        return refuse_no_unit(&r, number.start);
    prefix = find_prefix(size_prefixes, COUNT_OF(size_prefixes), r.at, "B");
    if (!prefix)
        return refuse_unit(&r, r.at, strlen(r.at));
    for (int i = 0; i < prefix->exponent10; i++)
        scale *= 10;
    scale <<= prefix->exponent2;
    if (!to_integer(&r, &number, scale, &value))
        return false;
    *bytes = value;
    return true;
}

bool quantity_parse_bandwidth(const char *text, double *bytes_per_s, char *error, size_t size)
{
    static const struct {
        const char *tail;
        double parts; /* of a byte */
    } tails[] = { { "B/s", 1 }, { "b/s", 8 }, { "bit/s", 8 }, { "bps", 8 } };
    struct reader r = { QUANTITY_BANDWIDTH, text, text, error, size };
    struct number number;

    if (!read_number(&r, &number))
        return false;
    if (!*r.at)
        return refuse_no_unit(&r, number.start);
    for (size_t i = 0; i < COUNT_OF(tails); i++) {
        const struct prefix_row *prefix =
            find_prefix(size_prefixes, COUNT_OF(size_prefixes), r.at, tails[i].tail);
        double value;

        if (!prefix)
            continue;
        if (!to_double(&r, &number, prefix->exponent10, &value))
            return false;
        *bytes_per_s =
            value * (double)(INT64_C(1) << prefix->exponent2) / tails[i].parts; /* powers of two: exact */
        return true;
    }
    return refuse_unit(&r, r.at, strlen(r.at));
}

bool quantity_parse_rate(const char *text, double *per_s, char *error, size_t size)
{
    struct reader r = { QUANTITY_RATE, text, text, error, size };
    struct number number;
    int64_t seconds;
    double value;
    int exponent;

    if (!read_number(&r, &number))
        return false;
    exponent = skip_count_prefix(&r);
    if (!read_period(&r, &number, &seconds) || !to_double(&r, &number, exponent, &value))
        return false;
    *per_s = value / (double)seconds;
    return true;
}

bool quantity_parse_fraction(const char *text, double *fraction, char *error, size_t size)
{
    struct reader r = { QUANTITY_FRACTION, text, text, error, size };
    struct number number;

    if (!read_number(&r, &number))
        return false;
    if (!*r.at)
        return refuse_no_unit(&r, number.start);
    if (strcmp(r.at, "%") != 0)
        return refuse_unit(&r, r.at, strlen(r.at));
    return to_double(&r, &number, -2, fraction);
}

bool quantity_parse_money(const char *text, double *dollars, char *error, size_t size)
{
    struct reader r = { QUANTITY_MONEY, text, text, error, size };
    struct number number;
    int exponent;

    if (!read_sign(&r) || !read_number(&r, &number))
        return false;
    exponent = skip_count_prefix(&r);
    if (*r.at)
        return refuse_form(&r);
    return to_double(&r, &number, exponent, dollars);
}

bool quantity_parse_money_rate(const char *text, double *dollars_per_h, char *error, size_t size)
{
    struct reader r = { QUANTITY_MONEY_RATE, text, text, error, size };
    struct number number;
    int64_t seconds;
    double value;
    int exponent;

    if (!read_sign(&r) || !read_number(&r, &number))
        return false;
    exponent = skip_count_prefix(&r);
    if (!read_period(&r, &number, &seconds) || !to_double(&r, &number, exponent, &value))
        return false;
    if (seconds < 3600) /* periods divide an hour or are whole hours: one rounding */
        *dollars_per_h = value * (double)(3600 / seconds);
    else
        *dollars_per_h = value / (double)(seconds / 3600);
    return true;
}

bool quantity_parse_money_per_byte(const char *text, double *dollars, char *error, size_t size)
{
    struct reader r = { QUANTITY_MONEY_PER_BYTE, text, text, error, size };
    const struct prefix_row *prefix;
    struct number number;
    double value;

    if (!read_sign(&r) || !read_number(&r, &number))
        return false;
    if (!*r.at)
        return refuse_no_unit(&r, number.start);
    prefix = *r.at == '/' ? find_prefix(size_prefixes, COUNT_OF(size_prefixes), r.at + 1, "B") : NULL;
    if (!prefix)
        return refuse_unit(&r, r.at, strlen(r.at));
    if (!to_double(&r, &number, -prefix->exponent10, &value))
        return false;
    *dollars = value / (double)(INT64_C(1) << prefix->exponent2);
    return true;
}

bool quantity_parse_money_per_count(const char *text, double *dollars, char *error, size_t size)
{
    struct reader r = { QUANTITY_MONEY_PER_COUNT, text, text, error, size };
    const struct prefix_row *prefix = &count_prefixes[0];
    struct number number;

    if (!read_sign(&r) || !read_number(&r, &number))
        return false;
    if (*r.at == '/')
        prefix = r.at[1] ? find_prefix(count_prefixes, COUNT_OF(count_prefixes), r.at + 1, "") : NULL;
    else if (*r.at)
        prefix = NULL;
    if (!prefix)
        return refuse_unit(&r, r.at, strlen(r.at));
    return to_double(&r, &number, -prefix->exponent10, dollars);
}
