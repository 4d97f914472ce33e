#include "app/json_fault.h"

#include "app/source_text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WORD_SHOWN_MAX 40 /* bytes of the user's text that a message repeats */

/* Sets place and message. */
__attribute__((format(printf, 4, 5))) static bool refuse(struct json_scanner *s, const char *at,
                                                         size_t length, const char *format, ...)
{
    va_list arguments;

    s->fault->offset = (size_t)(at - s->text);
    s->fault->length = length ? length : 1;
    va_start(arguments, format);
    vsnprintf(s->fault->message, sizeof s->fault->message, format, arguments);
    va_end(arguments);
    return false;
}

/* Adds what to do about it. */
__attribute__((format(printf, 2, 3))) static bool advise(struct json_scanner *s, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(s->fault->help, sizeof s->fault->help, format, arguments);
    va_end(arguments);
    return false;
}

static size_t line_of(const struct json_scanner *s, const char *at)
{
    return source_position(s->text, (size_t)(s->end - s->text), (size_t)(at - s->text)).line;
}

bool json_is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '.' || c == '$' || c == '%';
}

/* Length of the word at `at`; a sign or hyphens inside belong to it. */
static size_t word_length(const struct json_scanner *s, const char *at)
{
    const char *p = at;

    while (p < s->end && (json_is_word(*p) || *p == '-' || *p == '+'))
        p++;
    return (size_t)(p - at);
}

/* For "%.*s": words are shown in part when they are long. */
static int shown(size_t length)
{
    return length < WORD_SHOWN_MAX ? (int)length : WORD_SHOWN_MAX;
}

/* The same for what stands in a string, which must not be cut inside of a character. */
static int shown_text(const char *at, const char *end)
{
    size_t length = (size_t)(end - at);

    if (length <= WORD_SHOWN_MAX)
        return (int)length;
    length = WORD_SHOWN_MAX;
    while (length > 0 && ((unsigned char)at[length] & 0xC0) == 0x80)
        length--;
    return (int)length;
}

static bool starts_with(const struct json_scanner *s, const char *at, const char *prefix)
{
    size_t length = strlen(prefix);

    return (size_t)(s->end - at) >= length && memcmp(at, prefix, length) == 0;
}

bool json_check_encoding(struct json_scanner *s)
{
    size_t size = (size_t)(s->end - s->text);

    if (size == 0) {
        refuse(s, s->text, 1, "the text is empty");
        return advise(s, "a JSON text holds one value, as {}");
    }
    if (starts_with(s, s->text, "\xEF\xBB\xBF")) {
        refuse(s, s->text, 3, "the text starts with a byte order mark");
        return advise(s, "save it as UTF-8 without BOM");
    }
    if (starts_with(s, s->text, "\xFF\xFE") || starts_with(s, s->text, "\xFE\xFF") ||
        (size >= 2 && (!s->text[0] != !s->text[1]))) {
        refuse(s, s->text, 2, "the text is UTF-16 or UTF-32, but JSON is UTF-8");
        return advise(s, "save it as UTF-8");
    }
    return true;
}

/* ---- what stands outside of strings ---- */

static const char *const quotes[] = {
    "\xE2\x80\x98", "\xE2\x80\x99", "\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80\x9E", "\xC2\xAB", "\xC2\xBB",
};

/* A character that has no business anywhere outside of a string. */
static bool unexpected(struct json_scanner *s, const char *wanted)
{
    unsigned char c = (unsigned char)*s->at;

    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++)
        if (starts_with(s, s->at, quotes[i])) {
            refuse(s, s->at, strlen(quotes[i]), "a typographic quotation mark");
            return advise(s, "write the plain double quote \"");
        }
    if (starts_with(s, s->at, "\xC2\xA0") || starts_with(s, s->at, "\xEF\xBB\xBF")) {
        refuse(s, s->at, c == 0xC2 ? 2 : 3, "an invisible character that is no JSON white space");
        return advise(s, "delete it; only spaces, tabs and line ends may stand between values");
    }
    if (starts_with(s, s->at, "//") || starts_with(s, s->at, "/*") || c == '#') {
        refuse(s, s->at, c == '#' ? 1 : 2, "comments are not allowed in JSON");
        return advise(s, "remove it");
    }
    if (c == '\'' || c == '`') {
        refuse(s, s->at, 1, "%s",
               wanted[0] == 'k' ? "keys need double quotes" : "strings need double quotes");
        return advise(s, "write \" instead of %c", c);
    }
    if (c >= 0x80)
        return refuse(s, s->at, 1, "a character that has no place outside of a string (byte 0x%02X)", c);
    if (c < 0x20 || c == 0x7F)
        return refuse(s, s->at, 1, "a control character (byte 0x%02X) outside of a string", c);
    return refuse(s, s->at, 1, "unexpected \"%c\", where %s was expected", c, wanted);
}

/* The comma behind which an array or object ends. */
static bool trailing_comma(struct json_scanner *s)
{
    refuse(s, s->token_end - 1, 1, "trailing comma before \"%c\"", *s->at);
    return advise(s, "remove the comma");
}

static bool is_behind_comma(const struct json_scanner *s)
{
    return s->token_end > s->text && s->token_end[-1] == ',';
}

/* The closing bracket at s->at is of the wrong kind, or closes nothing. */
static bool wrong_bracket(struct json_scanner *s)
{
    const struct json_frame *frame;

    if (s->depth == 0)
        return refuse(s, s->at, 1, "\"%c\" closes nothing", *s->at);
    frame = &s->frames[s->depth - 1];
    refuse(s, s->at, 1, "\"%c\" cannot close the %s that starts on line %zu", *s->at,
           frame->is_object ? "object" : "array", line_of(s, frame->open));
    return advise(s, "a \"%c\" is missing before it", frame->is_object ? '}' : ']');
}

/* A closing bracket where a value or key was expected. */
static bool early_bracket(struct json_scanner *s)
{
    if (s->depth > 0 && (*s->at == '}') != s->frames[s->depth - 1].is_object)
        return wrong_bracket(s);
    if (is_behind_comma(s))
        return trailing_comma(s);
    if (s->depth > 0 && s->expect == JSON_EXPECT_VALUE) {
        refuse(s, s->token_end - 1, 1, "no value behind the \":\"");
        return advise(s, "write the value of the key, or remove the key");
    }
    return wrong_bracket(s);
}

/* Words of other languages, and what JSON says instead. */
static const struct word_row {
    const char *word;
    const char *help;
} word_rows[] = {
    { "True", "write true" },
    { "TRUE", "write true" },
    { "yes", "write true" },
    { "False", "write false" },
    { "FALSE", "write false" },
    { "no", "write false" },
    { "None", "write null" },
    { "NULL", "write null" },
    { "Null", "write null" },
    { "nil", "write null" },
    { "undefined", "write null" },
    { "NaN", "JSON has only finite numbers" },
    { "nan", "JSON has only finite numbers" },
    { "Infinity", "JSON has only finite numbers" },
    { "-Infinity", "JSON has only finite numbers" },
    { "+Infinity", "JSON has only finite numbers" },
    { "inf", "JSON has only finite numbers" },
    { "-inf", "JSON has only finite numbers" },
};

static bool foreign_word(struct json_scanner *s, size_t length)
{
    for (size_t i = 0; i < sizeof word_rows / sizeof *word_rows; i++)
        if (strlen(word_rows[i].word) == length && memcmp(word_rows[i].word, s->at, length) == 0) {
            refuse(s, s->at, length, "%s is not a JSON value", word_rows[i].word);
            advise(s, "%s", word_rows[i].help);
            return true;
        }
    return false;
}

bool json_fault_value(struct json_scanner *s)
{
    size_t length = word_length(s, s->at);

    if (*s->at == ',') {
        refuse(s, s->at, 1, "a value is missing before the comma");
        return advise(s, "remove the comma or write a value");
    }
    if (*s->at == ']' || *s->at == '}')
        return early_bracket(s);
    if (*s->at == '+' || *s->at == '.')
        return json_fault_number(s);
    if (length == 0)
        return unexpected(s, "a value");
    if (foreign_word(s, length))
        return false;
    refuse(s, s->at, length, "%.*s is not a JSON value", shown(length), s->at);
    return advise(s, "text needs double quotes: write \"%.*s\"", shown(length), s->at);
}

bool json_fault_key(struct json_scanner *s)
{
    size_t length = word_length(s, s->at);

    if (*s->at == ',') {
        refuse(s, s->at, 1, "a comma with nothing before it");
        return advise(s, "remove the comma");
    }
    if (*s->at == ']' || *s->at == '}')
        return early_bracket(s);
    if (*s->at == '{' || *s->at == '[' || *s->at == ':')
        return refuse(s, s->at, 1, "unexpected \"%c\", where a key in double quotes was expected", *s->at);
    if (length == 0)
        return unexpected(s, "key in double quotes");
    refuse(s, s->at, length, "keys need double quotes");
    return advise(s, "write \"%.*s\"", shown(length), s->at);
}

bool json_fault_colon(struct json_scanner *s, const char *key)
{
    if (s->at < s->end && *s->at == '=') {
        refuse(s, s->at, 1, "\"=\" between a key and its value");
        return advise(s, "write \":\"");
    }
    if (s->at < s->end && (*s->at == '/' || *s->at == '#'))
        return unexpected(s, "\":\"");
    refuse(s, key, (size_t)(s->token_end - key), "a \":\" and a value are missing behind the key");
    return advise(s, "write %.*s: and its value", shown_text(key, s->token_end), key);
}

/* Whether a value or a key could start here. */
static bool starts_value(char c)
{
    return c == '"' || c == '{' || c == '[' || c == '-' || json_is_word(c);
}

bool json_fault_separator(struct json_scanner *s)
{
    bool is_object = s->frames[s->depth - 1].is_object;

    if (*s->at == ']' || *s->at == '}')
        return wrong_bracket(s);
    if (*s->at == ';') {
        refuse(s, s->at, 1, "\";\" between values");
        return advise(s, "write \",\"");
    }
    if (*s->at == ':') {
        refuse(s, s->at, 1, "unexpected \":\"");
        return advise(s, is_object ? "a comma may be missing before the key"
                                   : "an array holds values, not keys");
    }
    if (starts_value(*s->at)) {
        refuse(s, s->token_end, 1, "a comma is missing here");
        return advise(s, "values are separated by \",\"");
    }
    return unexpected(s, is_object ? "\",\" or \"}\"" : "\",\" or \"]\"");
}

bool json_fault_after_end(struct json_scanner *s)
{
    if (*s->at == ']' || *s->at == '}')
        return wrong_bracket(s);
    if (!starts_value(*s->at) && *s->at != ',')
        return unexpected(s, "the end of the text");
    refuse(s, s->at, 1, "text after the end of the JSON value");
    return advise(s, "a file holds one value; a bracket may be closed too early");
}

bool json_fault_end(struct json_scanner *s)
{
    const struct json_frame *frame;

    if (s->depth == 0) {
        refuse(s, s->text, 1, "the text holds only white space");
        return advise(s, "a JSON text holds one value, as {}");
    }
    frame = &s->frames[s->depth - 1];
    refuse(s, s->token_end, 1, "the text ends inside of the %s that starts on line %zu",
           frame->is_object ? "object" : "array", line_of(s, frame->open));
    return advise(s, "a \"%c\" is missing", frame->is_object ? '}' : ']');
}

/* ---- strings ---- */

bool json_fault_open_string(struct json_scanner *s)
{
    refuse(s, s->at, 1, "this string is not closed before the text ends");
    return advise(s, "a \" is missing");
}

bool json_fault_control(struct json_scanner *s, const char *at)
{
    switch (*at) {
    case '\n':
    case '\r':
        refuse(s, s->at, (size_t)(at - s->at), "this string is not closed on its line");
        return advise(s, "close it with \", or write \\n for a line break");
    case '\t':
        refuse(s, at, 1, "a tab inside of a string");
        return advise(s, "write \\t");
    default:
        refuse(s, at, 1, "a control character (byte 0x%02X) inside of a string", (unsigned char)*at);
        return *at ? advise(s, "write \\u%04x", (unsigned)(unsigned char)*at) : advise(s, "remove it");
    }
}

bool json_fault_escape(struct json_scanner *s, const char *at)
{
    if (isprint((unsigned char)at[1]))
        refuse(s, at, 2, "\\%c is not an escape", at[1]);
    else
        refuse(s, at, 1, "a backslash that escapes nothing");
    return advise(s, "a backslash itself is written \\\\");
}

bool json_fault_hex(struct json_scanner *s, const char *at)
{
    refuse(s, at, 2, "\\u needs four hexadecimal digits");
    return advise(s, "write it like \\u00e9");
}

bool json_fault_nul(struct json_scanner *s, const char *at)
{
    refuse(s, at, 6, "\\u0000 is not allowed in a string");
    return advise(s, "remove it");
}

bool json_fault_surrogate(struct json_scanner *s, const char *at)
{
    refuse(s, at, 6, "%.6s is half of a surrogate pair", at);
    return advise(s, "write both halves, like \\ud83d\\ude00, or the character itself");
}

bool json_fault_utf8(struct json_scanner *s, const char *at)
{
    refuse(s, at, 1, "not valid UTF-8 (byte 0x%02X)", (unsigned char)*at);
    return advise(s, "save the file as UTF-8");
}

/* ---- numbers ---- */

static bool is_hexadecimal(const char *word, size_t length)
{
    return length > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
}

/* Length of the digits and points at the start of a word. */
static size_t decimal_length(const char *word, size_t length)
{
    size_t i = 0;

    while (i < length && ((word[i] >= '0' && word[i] <= '9') || word[i] == '.'))
        i++;
    return i;
}

bool json_fault_number(struct json_scanner *s)
{
    size_t length = word_length(s, s->at);
    size_t sign = *s->at == '-' || *s->at == '+';
    const char *word = s->at + sign; /* without its sign */
    size_t rest = length - sign;
    size_t decimal = decimal_length(word, rest);
    char unit = decimal < rest ? word[decimal] : '\0'; /* what follows the digits */

    if (foreign_word(s, length))
        return false;
    refuse(s, s->at, length, "%.*s is not a JSON number", shown(length), s->at);
    if (is_hexadecimal(word, rest))
        return advise(s, "JSON has no hexadecimal numbers");
    if (unit == '_')
        return advise(s, "JSON has no \"_\" in numbers");
    if (decimal > 0 && unit && unit != 'e' && unit != 'E' && unit != '-' && unit != '+')
        return advise(s, "a quantity with a unit needs double quotes: write \"%.*s\"", shown(length), s->at);
    if (rest > 0 && word[0] == '.')
        return advise(s, "a digit is missing before the point");
    if (*s->at == '+')
        return advise(s, "JSON numbers have no \"+\" in front");
    if (rest > 1 && word[0] == '0' && word[1] >= '0' && word[1] <= '9')
        return advise(s, "JSON numbers have no zeros in front");
    if (decimal > 0 && word[decimal - 1] == '.')
        return advise(s, "a digit is missing behind the point");
    if (unit == 'e' || unit == 'E')
        return advise(s, "an exponent looks like 1e6");
    return rest == 0 ? advise(s, "digits are missing behind the sign") : false;
}

bool json_fault_long_number(struct json_scanner *s, const char *end)
{
    return refuse(s, s->at, (size_t)(end - s->at), "a number of more than %d characters",
                  JSON_NUMBER_LENGTH_MAX);
}

bool json_fault_overflow(struct json_scanner *s, const char *end)
{
    refuse(s, s->at, (size_t)(end - s->at), "this number is too large");
    return advise(s, "the largest is about 1.8e308");
}

/* ---- limits and keys ---- */

bool json_fault_depth(struct json_scanner *s)
{
    return refuse(s, s->at, 1, "nested deeper than %d levels", JSON_DEPTH_MAX);
}

bool json_fault_too_many(struct json_scanner *s)
{
    refuse(s, s->at, 1, "more than %d values", JSON_VALUES_MAX);
    return advise(s, "bulk data belongs in CSV files beside the scenario");
}

bool json_fault_twin_key(struct json_scanner *s, const struct json_key *twin, const struct json_key *original)
{
    refuse(s, twin->start - 1, (size_t)(twin->end - twin->start) + 2, "key \"%.*s\" is twice in this object",
           shown_text(twin->start, twin->end), twin->start);
    return advise(s, "it was first on line %zu", line_of(s, original->start));
}
