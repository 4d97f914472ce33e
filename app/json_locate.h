/* json_locate.h - where in a JSON text is the value that a JSON Pointer names?
 *
 * The tree that cJSON builds knows no positions. Good files need none; only when an error is to be told,
 * the text, which the scanner has found valid, is walked once more. Offsets and lengths in bytes.
 * Cost: O(n) a look-up, no memory, no recursion.
 *
 * Source: RFC 6901 (JavaScript Object Notation (JSON) Pointer, P. Bryan ed., 2013).
 */
#ifndef APP_JSON_LOCATE_H
#define APP_JSON_LOCATE_H

#include <stdbool.h>
#include <stddef.h>

struct json_location {
    size_t key_offset, key_length; /* with its quotes; length 0: the value has no key */
    size_t value_offset, value_length;
};

/* Finds `pointer` ("/components/web/workers", "" for the whole) in a valid text. False: it is not there,
 * and the location is that of the innermost part of the pointer that is. */
bool json_locate(const char *text, size_t size, const char *pointer, struct json_location *location);

/* Appends "/" and a key or index, escaped, to a pointer in a buffer of `size` bytes. False: it does not
 * fit, and the pointer is as it was. */
bool json_pointer_append(char *pointer, size_t size, const char *key);
bool json_pointer_append_index(char *pointer, size_t size, size_t index);

#endif
