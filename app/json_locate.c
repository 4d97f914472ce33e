#include "app/json_locate.h"

#include "app/json_scan.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

/* Behind the string at `at`. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\')
            at++;
    return at < end ? at + 1 : end;
}

/* Behind the value at `at`: brackets are counted, for the text is known to be valid. */
static const char *skip_value(const char *at, const char *end)
{
    size_t depth = 0;

    if (at < end && *at != '{' && *at != '[' && *at != '"') { /* number, true, false, null */
        while (at < end && !strchr(" \n\r\t,]}", *at))
            at++;
        return at;
    }
    do {
        if (at >= end)
            return end;
        if (*at == '"') {
            at = skip_string(at, end);
            continue;
        }
        if (*at == '{' || *at == '[')
            depth++;
        else if (*at == '}' || *at == ']')
            depth--;
        at++;
    } while (depth > 0);
    return at;
}

/* How a code point is written in a pointer, where "~1" is "/" and "~0" is "~": the number of bytes. */
static size_t encode(uint32_t c, char bytes[4])
{
    if (c == '~' || c == '/') {
        bytes[0] = '~';
        bytes[1] = c == '~' ? '0' : '1';
        return 2;
    }
    if (c < 0x80) {
        bytes[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        bytes[0] = (char)(0xC0 | c >> 6);
        bytes[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        bytes[0] = (char)(0xE0 | c >> 12);
        bytes[1] = (char)(0x80 | (c >> 6 & 0x3F));
        bytes[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    bytes[0] = (char)(0xF0 | c >> 18);
    bytes[1] = (char)(0x80 | (c >> 12 & 0x3F));
    bytes[2] = (char)(0x80 | (c >> 6 & 0x3F));
    bytes[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* Whether the key between two quotes says the same as one token of a pointer, which may be any bytes. */
static bool is_key(const char *key, const char *key_end, const char *token, const char *token_end)
{
    while (key < key_end) {
        char bytes[4];
        size_t length = encode(json_string_next(&key), bytes);

        if ((size_t)(token_end - token) < length || memcmp(token, bytes, length) != 0)
            return false;
        token += length;
    }
    return token == token_end;
}

/* Whether the token is this index in decimal; leading zeros are not. */
static bool is_index(size_t index, const char *token, const char *token_end)
{
    char digits[24];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%zu", index);

    return length == (size_t)(token_end - token) && memcmp(digits, token, length) == 0;
}

/* Looks for one token in the array or object at `at`; NULL: not there. Sets the location's key. */
static const char *find_member(const char *at, const char *end, const char *token, const char *token_end,
                               const char *text, struct json_location *location)
{
    bool is_object = *at == '{';
    size_t index = 0;

    for (at = skip_space(at + 1, end); at < end && *at != '}' && *at != ']'; index++) {
        const char *key = at, *key_end = at;
        bool found;

        if (is_object) {
            key_end = skip_string(at, end);
            at = skip_space(skip_space(key_end, end) + 1, end); /* over the colon */
        }
        found =
            is_object ? is_key(key + 1, key_end - 1, token, token_end) : is_index(index, token, token_end);
        if (found) {
            location->key_offset = (size_t)(key - text);
            location->key_length = (size_t)(key_end - key);
            return at;
        }
        at = skip_space(skip_value(at, end), end);
        if (at < end && *at == ',')
            at = skip_space(at + 1, end);
    }
    return NULL;
}

bool json_locate(const char *text, size_t size, const char *pointer, struct json_location *location)
{
    const char *end = text + size, *at = skip_space(text, end);
    bool found = true;

    *location = (struct json_location){ 0 };
    while (found && *pointer == '/' && at < end) {
        const char *token = pointer + 1;
        const char *token_end = token + strcspn(token, "/");
        const char *member = NULL;

        if (*at == '{' || *at == '[')
            member = find_member(at, end, token, token_end, text, location);
        found = member != NULL;
        if (found)
            at = member;
        pointer = token_end;
    }
    location->value_offset = (size_t)(at - text);
    location->value_length = (size_t)(skip_value(at, end) - at);
    return found && *pointer == '\0';
}

bool json_pointer_append(char *pointer, size_t size, const char *key)
{
    size_t start = strlen(pointer), used = start;

    if (used + 2 > size)
        return false;
    pointer[used++] = '/';
    for (; *key; key++) {
        char bytes[4] = { *key };
        size_t length = *key == '/' || *key == '~' ? encode((unsigned char)*key, bytes) : 1;

        if (used + length >= size) {
            pointer[start] = '\0';
            return false;
        }
        memcpy(pointer + used, bytes, length);
        used += length;
    }
    pointer[used] = '\0';
    return true;
}

bool json_pointer_append_index(char *pointer, size_t size, size_t index)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%zu", index);
    return json_pointer_append(pointer, size, digits);
}
