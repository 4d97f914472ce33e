/* quantity.h - quantities as people write them: "5ms", "10KB", "2000/s", "99.9%", "$0.10/h".
 *
 * A quantity is a decimal number with a unit ("1.5 GB"; one space between them is fine). Durations and
 * bytes are exact: no floating point, and what is finer than a nanosecond or a byte is an error, not
 * rounded. The others become the nearest double to the decimal that was written (one more rounding
 * where a period such as "/min" divides). All are zero or more; narrower ranges are the caller's.
 *
 *   duration        "5ms" "1.5h" "1h30m" "2 min 5 s"     ns us ms s m min h d week; to whole ns
 *   bytes           "512B" "10KB" "16MiB"                KB = 1000 B, KiB = 1024 B; to whole bytes
 *   bandwidth       "10Gb/s" "125MB/s"                   b: bits, B: bytes; to bytes per second
 *   rate            "2000/s" "3k/s" "10M/day"            to events per second
 *   fraction        "99.9%"                              to 0.999
 *   money           "$0.10" "$5k"                        to dollars
 *   money rate      "$0.10/h" "$50/month"                a month has 730 hours; to dollars per hour
 *   money per byte  "$0.09/GB"                           to dollars per byte
 *   money per count "$0.0004" "$0.40/M"                  (M: million) to dollars each
 *
 * Plain numbers and words for special cases ("never") are the caller's. Errors are one line that quotes the
 * text and says what to write. Nothing is allocated; the locale does not matter. Cost: O(length).
 */
#ifndef APP_QUANTITY_H
#define APP_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUANTITY_ERROR_SIZE 256 /* bytes that hold any error whole */
#define QUANTITY_TEXT_SIZE 40   /* bytes that hold any formatted quantity */

enum quantity_unit {
    QUANTITY_DURATION,
    QUANTITY_BYTES,
    QUANTITY_BANDWIDTH,
    QUANTITY_RATE,
    QUANTITY_FRACTION,
    QUANTITY_MONEY,
    QUANTITY_MONEY_RATE,
    QUANTITY_MONEY_PER_BYTE,
    QUANTITY_MONEY_PER_COUNT,
    QUANTITY_UNIT_COUNT
};

struct quantity_row {
    const char *name;        /* with its article: "a duration" */
    const char *units;       /* what may be written, for errors and documents */
    const char *sign;        /* "$" in front, or "" */
    const char *suffixes[2]; /* two usual units, for errors; the second may be NULL */
    const char *example;
};

extern const struct quantity_row quantity_rows[QUANTITY_UNIT_COUNT];

/* Each returns false with an error of at most `size` bytes (QUANTITY_ERROR_SIZE) when `text` is no such
 * quantity, and leaves the result alone. A duration stays below SIM_TIME_NEVER. */
bool quantity_parse_duration(const char *text, int64_t *ns, char *error, size_t size);
bool quantity_parse_bytes(const char *text, int64_t *bytes, char *error, size_t size);
bool quantity_parse_bandwidth(const char *text, double *bytes_per_s, char *error, size_t size);
bool quantity_parse_rate(const char *text, double *per_s, char *error, size_t size);
bool quantity_parse_fraction(const char *text, double *fraction, char *error, size_t size);
bool quantity_parse_money(const char *text, double *dollars, char *error, size_t size);
bool quantity_parse_money_rate(const char *text, double *dollars_per_h, char *error, size_t size);
bool quantity_parse_money_per_byte(const char *text, double *dollars, char *error, size_t size);
bool quantity_parse_money_per_count(const char *text, double *dollars, char *error, size_t size);

/* The inverse, for people: about three significant digits, no exponents for ordinary sizes. Each writes
 * at most `size` bytes (QUANTITY_TEXT_SIZE) and returns `text`. What they write, the parsers read. */
char *quantity_format_duration(int64_t ns, char *text, size_t size);          /* 1.5 ms, 2 min 5 s */
char *quantity_format_bytes(int64_t bytes, char *text, size_t size);          /* 1.5 KB, 16 MiB */
char *quantity_format_bandwidth(double bytes_per_s, char *text, size_t size); /* 125 MB/s */
char *quantity_format_rate(double per_s, char *text, size_t size);            /* 2000/s, 12.3k/s, 30/min */
char *quantity_format_money(double dollars, char *text, size_t size);         /* $0.10, $1235, $1.23M */
char *quantity_format_percent(double fraction, char *text, size_t size);      /* 12.3%, 99.995% */

#endif
