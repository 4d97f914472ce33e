/* json_scan.h - is this text JSON? A strict check that runs before the text is parsed.
 *
 * cJSON, which builds the tree, accepts more than RFC 8259 allows and rarely knows where a fault is.
 * The scanner accepts what the RFC allows, minus what a scenario never needs, and says of the first
 * fault where it is, what is wrong and what to write instead. What it accepts, cJSON accepts.
 *
 * Refused beyond the RFC's grammar: a byte order mark, bytes that are not UTF-8, lone surrogates and
 * NUL in strings, a key twice in one object, numbers that overflow a double or have more than
 * JSON_NUMBER_LENGTH_MAX characters (cJSON would cut them), more than JSON_DEPTH_MAX levels, more than
 * JSON_VALUES_MAX values.
 *
 * Offsets and lengths are in bytes. Nothing outlives a call. Cost: O(n), and O(k log k) for an object of
 * k keys; memory: 32 bytes for each key of the objects that are open, no recursion.
 *
 * Source: RFC 8259 (The JSON Data Interchange Format, T. Bray ed., 2017); RFC 3629 (UTF-8, F. Yergeau,
 * 2003); N. Seriot, "Parsing JSON is a Minefield", 2016, for what parsers get wrong.
 */
#ifndef APP_JSON_SCAN_H
#define APP_JSON_SCAN_H

#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 64
#define JSON_VALUES_MAX 1000000
#define JSON_NUMBER_LENGTH_MAX 63

enum json_scan_result {
    JSON_SCAN_VALID,
    JSON_SCAN_INVALID, /* the user's: see the fault */
    JSON_SCAN_OUT_OF_MEMORY,
};

struct json_fault {
    size_t offset;     /* bytes from the start; at most the size of the text */
    size_t length;     /* bytes, at least 1: what to underline (1 even at the end) */
    char message[192]; /* what is wrong */
    char help[192];    /* what to do about it; may be empty */
};

/* Checks a whole text, which need not end with a NUL. Fills `fault` when the text is INVALID. */
enum json_scan_result json_scan(const char *text, size_t size, struct json_fault *fault);

/* The next code point of a valid string: `*at` stands behind the opening quote or an earlier code
 * point, not at the closing quote, and is moved on. */
uint32_t json_string_next(const char **at);

#endif
