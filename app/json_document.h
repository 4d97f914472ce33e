/* json_document.h - a JSON file: its text and the tree that cJSON makes of it.
 *
 * The text is checked by json_scan() first, so cJSON sees only valid JSON, and only running out of memory
 * can make it fail. What is wrong with a file goes to the diagnostics. The tree is read with cJSON; a place
 * in it is named by a JSON Pointer, from which json_document_span() finds the text again.
 *
 * Ownership: the document owns text and tree; spans borrow the text.
 * Cost: O(n); the tree takes about 80 bytes a value.
 */
#ifndef APP_JSON_DOCUMENT_H
#define APP_JSON_DOCUMENT_H

#include "app/diagnostics.h"
#include "app/json_locate.h"
#include "app/source_text.h"

#include <cjson/cJSON.h>

struct json_document {
    struct source_text text;
    cJSON *root;
};

enum json_document_status {
    JSON_DOCUMENT_OK,
    JSON_DOCUMENT_INVALID, /* the user's: told in the diagnostics */
    JSON_DOCUMENT_OUT_OF_MEMORY,
};

enum json_part {
    JSON_PART_KEY, /* the value, if it has no key */
    JSON_PART_VALUE,
};

/* Reads a file ("-": standard input). On anything but OK the document is empty. */
enum json_document_status json_document_read(struct json_document *document, const char *path,
                                             struct diagnostics *diagnostics);

/* The same of `size` bytes, which are copied, under a name for errors. */
enum json_document_status json_document_parse(struct json_document *document, const char *name,
                                              const char *bytes, size_t size,
                                              struct diagnostics *diagnostics);

/* Frees text and tree; an empty document is fine. */
void json_document_deinit(struct json_document *document);

/* Where the key or value that `pointer` names is written; if it is not there, the innermost part of the
 * pointer that is. An array or object as a whole is shown by its opening bracket. O(n). */
struct source_span json_document_span(const struct json_document *document, const char *pointer,
                                      enum json_part part);

#endif
