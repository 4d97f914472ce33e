#include "app/json_scan.h"

#include "app/json_fault.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_SORTED_MIN 16 /* fewer keys than this are compared pair by pair */

/* Bytes that need no second look inside of a string. */
static const bool plain[256] = { [0x20 ... 0x21] = true, [0x23 ... 0x5B] = true, [0x5D ... 0x7F] = true };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Four hexadecimal digits; -1 when they are not there. */
static int32_t hex4(const char *at, const char *end)
{
    int32_t value = 0;

    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(at[i]);

        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static bool is_high_surrogate(int32_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(int32_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

static uint32_t utf8_next(const char **at)
{
    const unsigned char *p = (const unsigned char *)*at;

    if (p[0] < 0xE0) {
        *at += 2;
        return (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
    }
    if (p[0] < 0xF0) {
        *at += 3;
        return (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
    }
    *at += 4;
    return (p[0] & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
}

static uint32_t escape_next(const char **at)
{
    char c = (*at)[1];
    int32_t unit;

    *at += 2;
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'u':
        unit = hex4(*at, *at + 4);
        *at += 4;
        if (is_high_surrogate(unit)) {
            int32_t low = hex4(*at + 2, *at + 6);

            *at += 6;
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        }
        return (uint32_t)unit;
    default: /* quote, backslash, slash */
        return (unsigned char)c;
    }
}

uint32_t json_string_next(const char **at)
{
    if (**at == '\\')
        return escape_next(at);
    if ((unsigned char)**at >= 0x80)
        return utf8_next(at);
    return (unsigned char)*(*at)++;
}

/* Remembers what a key is, to find its twin when the object ends. */
static bool push_key(struct json_scanner *s, const char *start, const char *end)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);

    if (s->key_count == s->key_capacity) {
        size_t capacity = s->key_capacity ? 2 * s->key_capacity : 64;
        struct json_key *keys = realloc(s->keys, capacity * sizeof *keys);

        if (!keys) {
            s->out_of_memory = true;
            return false;
        }
        s->keys = keys;
        s->key_capacity = capacity;
    }
    for (const char *at = start; at < end;) /* FNV-1a over code points: escapes make no difference */
        hash = (hash ^ json_string_next(&at)) * UINT64_C(0x100000001B3);
    s->keys[s->key_count++] = (struct json_key){ hash, start, end };
    return true;
}

/* By hash, then by what the keys say; 0 only for equal keys. */
static int compare_keys(const struct json_key *a, const struct json_key *b)
{
    const char *at = a->start, *bt = b->start;

    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    while (at < a->end && bt < b->end) {
        uint32_t ac = json_string_next(&at), bc = json_string_next(&bt);

        if (ac != bc)
            return ac < bc ? -1 : 1;
    }
    return (at < a->end) - (bt < b->end);
}

static int compare_keys_and_places(const void *a, const void *b)
{
    const struct json_key *x = a, *y = b;
    int order = compare_keys(x, y);

    return order ? order : (x->start > y->start) - (x->start < y->start);
}

/* Of two equal keys the later one is the fault; of many such pairs the one that comes first. */
static void consider_twin(const struct json_key *first, const struct json_key *second,
                          const struct json_key **twin, const struct json_key **original)
{
    if (compare_keys(first, second) != 0 || (*twin && (*twin)->start <= second->start))
        return;
    *twin = second;
    *original = first;
}

/* Finds a key that the object on top holds twice, and forgets its keys. */
static bool pop_keys(struct json_scanner *s)
{
    size_t start = s->frames[s->depth - 1].keys_start;
    size_t count = s->key_count - start;
    const struct json_key *twin = NULL, *original = NULL;
    struct json_key *keys;

    s->key_count = start;
    if (count < 2)
        return true;
    keys = s->keys + start;
    if (count < KEYS_SORTED_MIN) {
        for (size_t j = 1; j < count; j++)
            for (size_t i = 0; i < j; i++)
                consider_twin(&keys[i], &keys[j], &twin, &original);
    } else {
        qsort(keys, count, sizeof *keys, compare_keys_and_places);
        for (size_t i = 1; i < count; i++)
            consider_twin(&keys[i - 1], &keys[i], &twin, &original);
    }
    return !twin || json_fault_twin_key(s, twin, original);
}

static void skip_space(struct json_scanner *s)
{
    const char *at = s->at;

    while (at < s->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    s->at = at;
}

/* Length of the UTF-8 sequence that starts with a byte above 0x7F; 0: it is none (RFC 3629, section 4). */
static size_t utf8_length(const char *at, const char *end)
{
    const unsigned char *p = (const unsigned char *)at;
    size_t length = p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;

    if (length == 0 || (size_t)(end - at) < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF0 && p[1] < 0x90) ||
        (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return length;
}

/* The escape at `*p`, which is moved behind it. */
static bool scan_escape(struct json_scanner *s, const char **p)
{
    const char *at = *p;
    int32_t unit;

    if (s->end - at < 2)
        return json_fault_open_string(s);
    if (at[1] != 'u') {
        *p += 2;
        return (at[1] && strchr("\"\\/bfnrt", at[1])) || json_fault_escape(s, at);
    }
    unit = hex4(at + 2, s->end);
    if (unit < 0)
        return json_fault_hex(s, at);
    if (unit == 0)
        return json_fault_nul(s, at);
    *p += 6;
    if (is_low_surrogate(unit))
        return json_fault_surrogate(s, at);
    if (!is_high_surrogate(unit))
        return true;
    if (s->end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u' || !is_low_surrogate(hex4(*p + 2, s->end)))
        return json_fault_surrogate(s, at);
    *p += 6;
    return true;
}

/* The string at s->at, which is moved behind its closing quote. */
static bool scan_string(struct json_scanner *s)
{
    const char *p = s->at + 1;

    for (;;) {
        size_t length;

        while (p < s->end && plain[(unsigned char)*p])
            p++;
        if (p == s->end)
            return json_fault_open_string(s);
        if (*p == '"')
            break;
        if (*p == '\\') {
            if (!scan_escape(s, &p))
                return false;
            continue;
        }
        if ((unsigned char)*p < 0x20)
            return json_fault_control(s, p);
        length = utf8_length(p, s->end);
        if (length == 0)
            return json_fault_utf8(s, p);
        p += length;
    }
    s->at = p + 1;
    return true;
}

/* Moves over at least one digit; NULL: there is none. */
static const char *skip_digits(const char *p, const char *end)
{
    const char *start = p;

    while (p < end && is_digit(*p))
        p++;
    return p > start ? p : NULL;
}

static bool overflows(const char *start, const char *end)
{
    char digits[JSON_NUMBER_LENGTH_MAX + 1];
    size_t length = (size_t)(end - start);

    memcpy(digits, start, length);
    digits[length] = '\0';
    return isinf(strtod(digits, NULL));
}

static bool scan_number(struct json_scanner *s)
{
    const char *start = s->at, *end = s->end, *p = start + (*start == '-');
    const char *digits = p;
    bool has_exponent = false;

    p = skip_digits(p, end);
    if (!p || (*digits == '0' && p - digits > 1))
        return json_fault_number(s);
    if (p < end && *p == '.' && !(p = skip_digits(p + 1, end)))
        return json_fault_number(s);
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        p = skip_digits(p, end);
        if (!p)
            return json_fault_number(s);
        has_exponent = true;
    }
    if (p < end && json_is_word(*p)) /* 5ms, 0x10, 1.2.3 */
        return json_fault_number(s);
    if (p - start > JSON_NUMBER_LENGTH_MAX)
        return json_fault_long_number(s, p);
    if (has_exponent && overflows(start, p)) /* without one, 63 digits stay below 1e63 */
        return json_fault_overflow(s, p);
    s->at = p;
    return true;
}

static bool scan_literal(struct json_scanner *s, const char *literal)
{
    size_t length = strlen(literal);

    if ((size_t)(s->end - s->at) < length || memcmp(s->at, literal, length) != 0 ||
        (s->at + length < s->end && json_is_word(s->at[length])))
        return json_fault_value(s);
    s->at += length;
    return true;
}

static bool scan_scalar(struct json_scanner *s)
{
    switch (*s->at) {
    case '"':
        return scan_string(s);
    case 't':
        return scan_literal(s, "true");
    case 'f':
        return scan_literal(s, "false");
    case 'n':
        return scan_literal(s, "null");
    default:
        return *s->at == '-' || is_digit(*s->at) ? scan_number(s) : json_fault_value(s);
    }
}

/* A value has ended at s->at. */
static void after_value(struct json_scanner *s)
{
    s->token_end = s->at;
    s->expect = s->depth > 0 ? JSON_EXPECT_SEPARATOR : JSON_EXPECT_END;
}

static bool open_container(struct json_scanner *s)
{
    bool is_object = *s->at == '{';

    if (s->depth == JSON_DEPTH_MAX)
        return json_fault_depth(s);
    s->frames[s->depth++] = (struct json_frame){ s->at, s->key_count, is_object };
    s->expect = is_object ? JSON_EXPECT_KEY_OR_CLOSE : JSON_EXPECT_VALUE_OR_CLOSE;
    s->token_end = ++s->at;
    return true;
}

static bool close_container(struct json_scanner *s)
{
    if (s->frames[s->depth - 1].is_object && !pop_keys(s))
        return false;
    s->depth--;
    s->at++;
    after_value(s);
    return true;
}

static bool scan_value(struct json_scanner *s)
{
    if (++s->values > JSON_VALUES_MAX)
        return json_fault_too_many(s);
    if (*s->at == '{' || *s->at == '[')
        return open_container(s);
    if (!scan_scalar(s))
        return false;
    after_value(s);
    return true;
}

/* A key with its colon. */
static bool scan_key(struct json_scanner *s)
{
    const char *start = s->at;

    if (*s->at != '"')
        return json_fault_key(s);
    if (!scan_string(s) || !push_key(s, start + 1, s->at - 1))
        return false;
    s->token_end = s->at;
    skip_space(s);
    if (s->at == s->end || *s->at != ':')
        return json_fault_colon(s, start);
    s->token_end = ++s->at;
    s->expect = JSON_EXPECT_VALUE;
    return true;
}

static bool scan_separator(struct json_scanner *s)
{
    bool is_object = s->frames[s->depth - 1].is_object;

    if (*s->at == (is_object ? '}' : ']'))
        return close_container(s);
    if (*s->at != ',')
        return json_fault_separator(s);
    s->token_end = ++s->at;
    s->expect = is_object ? JSON_EXPECT_KEY : JSON_EXPECT_VALUE;
    return true;
}

/* One token, or a few: s->at stands at it. */
static bool scan_step(struct json_scanner *s)
{
    switch (s->expect) {
    case JSON_EXPECT_KEY_OR_CLOSE:
        return *s->at == '}' ? close_container(s) : scan_key(s);
    case JSON_EXPECT_KEY:
        return scan_key(s);
    case JSON_EXPECT_VALUE_OR_CLOSE:
        return *s->at == ']' ? close_container(s) : scan_value(s);
    case JSON_EXPECT_VALUE:
        return scan_value(s);
    case JSON_EXPECT_SEPARATOR:
        return scan_separator(s);
    case JSON_EXPECT_END:
        break;
    }
    return json_fault_after_end(s);
}

static bool scan_text(struct json_scanner *s)
{
    if (!json_check_encoding(s))
        return false;
    for (;;) {
        skip_space(s);
        if (s->at == s->end)
            return s->expect == JSON_EXPECT_END || json_fault_end(s);
        if (!scan_step(s))
            return false;
    }
}

enum json_scan_result json_scan(const char *text, size_t size, struct json_fault *fault)
{
    struct json_scanner scanner = {
        .text = text,
        .at = text,
        .end = text + size,
        .token_end = text,
        .expect = JSON_EXPECT_VALUE,
        .fault = fault,
    };
    bool valid;

    *fault = (struct json_fault){ 0 };
    valid = scan_text(&scanner);
    free(scanner.keys);
    if (scanner.out_of_memory)
        return JSON_SCAN_OUT_OF_MEMORY;
    return valid ? JSON_SCAN_VALID : JSON_SCAN_INVALID;
}
