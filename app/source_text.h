/* source_text.h - the bytes of one input file with its name, and places inside them.
 *
 * A source text owns its bytes (a NUL stands behind them, outside of `size`) and its name.
 * A span is a piece of a text; it borrows the text. Lines and columns are counted from 1;
 * columns in characters, not bytes: a tab is one, so is a letter with an accent.
 *
 * Left out: memory mapping (16 MiB at most, and a file may change while it is mapped).
 */
#ifndef APP_SOURCE_TEXT_H
#define APP_SOURCE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define SOURCE_TEXT_SIZE_MAX ((size_t)16 << 20) /* bytes */

struct source_text {
    char *name;  /* as errors show it */
    char *bytes; /* NULL: none read */
    size_t size; /* bytes */
};

enum source_text_status {
    SOURCE_TEXT_OK,
    SOURCE_TEXT_UNREADABLE, /* the user's: told in `error` */
    SOURCE_TEXT_OUT_OF_MEMORY,
};

/* A piece of a text; text NULL: no place at all (the command line). */
struct source_span {
    const struct source_text *text;
    size_t offset; /* bytes; may be the size of the text: its end */
    size_t length; /* bytes; 0: a point */
};

struct source_position {
    size_t line;   /* from 1 */
    size_t column; /* from 1, characters */
};

#define SOURCE_NOWHERE ((struct source_span){ 0 })

/* Reads a regular file, a pipe, or standard input ("-"), at most SOURCE_TEXT_SIZE_MAX bytes.
 * An empty file is an error too. On anything but OK `text` is empty and `error` (of `error_size`
 * bytes) holds what is wrong, without the name of the file. */
enum source_text_status source_text_read(struct source_text *text, const char *path, char *error,
                                         size_t error_size);

/* A copy of `size` bytes under that name; false: out of memory, and `text` is empty. */
bool source_text_copy(struct source_text *text, const char *name, const char *bytes, size_t size);

/* Frees what it owns; a text that was never read (all zero) is fine. */
void source_text_deinit(struct source_text *text);

/* Line and column of a byte; offsets beyond the end mean the end. O(offset). */
struct source_position source_position(const char *bytes, size_t size, size_t offset);

#endif
