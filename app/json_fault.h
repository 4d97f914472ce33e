/* json_fault.h - what the JSON scanner says of a text that it refuses; only for app/json_scan.c.
 *
 * The scanner knows that something is wrong at s->at; the functions here look around and find the words:
 * where to point, what is wrong, what to write instead. Each fills s->fault and returns false, so that the
 * scanner can return it. They run once per text, so they may be slow (O(n) to find a line).
 */
#ifndef APP_JSON_FAULT_H
#define APP_JSON_FAULT_H

#include "app/json_scan.h"

#include <stdbool.h>

enum json_expect {
    JSON_EXPECT_VALUE,
    JSON_EXPECT_VALUE_OR_CLOSE, /* behind "[" */
    JSON_EXPECT_KEY,
    JSON_EXPECT_KEY_OR_CLOSE, /* behind "{" */
    JSON_EXPECT_SEPARATOR,    /* a comma or the end of the array or object */
    JSON_EXPECT_END,          /* of the text */
};

/* An array or object that is open. */
struct json_frame {
    const char *open;  /* its bracket */
    size_t keys_start; /* index of its first key */
    bool is_object;
};

struct json_key {
    uint64_t hash;           /* of its code points */
    const char *start, *end; /* between the quotes */
};

struct json_scanner {
    const char *text, *end;
    const char *at;        /* the byte to look at next */
    const char *token_end; /* end of the last token */
    enum json_expect expect;
    struct json_frame frames[JSON_DEPTH_MAX];
    size_t depth;          /* frames in use */
    struct json_key *keys; /* of all open objects, innermost last; owned */
    size_t key_count, key_capacity;
    size_t values; /* seen so far */
    struct json_fault *fault;
    bool out_of_memory;
};

/* Whether a character could belong to a bare word or number: letters, digits, "_", "." and the like. */
bool json_is_word(char c);

/* False with a fault for a byte order mark, UTF-16 and an empty text. */
bool json_check_encoding(struct json_scanner *s);

/* At s->at something else than was expected. */
bool json_fault_value(struct json_scanner *s);
bool json_fault_key(struct json_scanner *s);
bool json_fault_separator(struct json_scanner *s);
bool json_fault_colon(struct json_scanner *s, const char *key); /* key: its opening quote */
bool json_fault_after_end(struct json_scanner *s);
bool json_fault_end(struct json_scanner *s); /* the text is over */

/* In the string that starts at s->at; `at` is the place of the fault. */
bool json_fault_open_string(struct json_scanner *s);
bool json_fault_control(struct json_scanner *s, const char *at);
bool json_fault_escape(struct json_scanner *s, const char *at);
bool json_fault_hex(struct json_scanner *s, const char *at);
bool json_fault_nul(struct json_scanner *s, const char *at);
bool json_fault_surrogate(struct json_scanner *s, const char *at);
bool json_fault_utf8(struct json_scanner *s, const char *at);

/* The number that starts at s->at; `end` is behind it. */
bool json_fault_number(struct json_scanner *s);
bool json_fault_long_number(struct json_scanner *s, const char *end);
bool json_fault_overflow(struct json_scanner *s, const char *end);

/* Limits, and a key that is there twice. */
bool json_fault_depth(struct json_scanner *s);
bool json_fault_too_many(struct json_scanner *s);
bool json_fault_twin_key(struct json_scanner *s, const struct json_key *twin,
                         const struct json_key *original);

#endif
