#include "app/source_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_SIZE_MIN ((size_t)64 << 10) /* first buffer for what does not tell its size, bytes */

static enum source_text_status unreadable(char *error, size_t error_size, const char *reason)
{
    snprintf(error, error_size, "%s", reason);
    return SOURCE_TEXT_UNREADABLE;
}

static enum source_text_status failed(char *error, size_t error_size, int number)
{
    switch (number) {
    case ENOENT:
        return unreadable(error, error_size, "no such file");
    case EACCES:
    case EPERM:
        return unreadable(error, error_size, "permission to read it is denied");
    case EISDIR:
        return unreadable(error, error_size, "is a directory, not a file");
    case ENOMEM:
        unreadable(error, error_size, "out of memory");
        return SOURCE_TEXT_OUT_OF_MEMORY;
    default:
        snprintf(error, error_size, "cannot be read: %s", strerror(number));
        return SOURCE_TEXT_UNREADABLE;
    }
}

/* Refuses what is no file to read from; on standard input anything but a directory is welcome. */
static enum source_text_status check_kind(const struct stat *status, bool is_stdin, char *error,
                                          size_t error_size)
{
    if (S_ISDIR(status->st_mode))
        return failed(error, error_size, EISDIR);
    if (!is_stdin && !S_ISREG(status->st_mode) && !S_ISFIFO(status->st_mode))
        return unreadable(error, error_size, "is neither a regular file nor a pipe");
    if (S_ISREG(status->st_mode) && status->st_size > (off_t)SOURCE_TEXT_SIZE_MAX)
        return unreadable(error, error_size,
                          "is larger than 16 MiB; bulk data belongs in CSV files beside it");
    return SOURCE_TEXT_OK;
}

/* Makes room for at least one more byte and the NUL. */
static bool grow(struct source_text *text, size_t *capacity)
{
    size_t larger = *capacity < READ_SIZE_MIN ? READ_SIZE_MIN : 2 * *capacity;
    char *bytes = realloc(text->bytes, larger);

    if (!bytes)
        return false;
    text->bytes = bytes;
    *capacity = larger;
    return true;
}

/* Reads to the end; `capacity` bytes are there already. */
static enum source_text_status read_all(struct source_text *text, int fd, size_t capacity, char *error,
                                        size_t error_size)
{
    for (;;) {
        ssize_t got;

        if (text->size + 1 >= capacity && !grow(text, &capacity))
            return failed(error, error_size, ENOMEM);
        got = read(fd, text->bytes + text->size, capacity - text->size - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failed(error, error_size, errno);
        if (got == 0)
            break;
        text->size += (size_t)got;
        if (text->size > SOURCE_TEXT_SIZE_MAX)
            return unreadable(error, error_size,
                              "is larger than 16 MiB; bulk data belongs in CSV files beside it");
    }
    if (text->size == 0)
        return unreadable(error, error_size, "is empty");
    text->bytes[text->size] = '\0';
    return SOURCE_TEXT_OK;
}

static enum source_text_status read_descriptor(struct source_text *text, int fd, bool is_stdin, char *error,
                                               size_t error_size)
{
    struct stat status;
    enum source_text_status result;
    size_t capacity;

    if (fstat(fd, &status) != 0)
        return failed(error, error_size, errno);
    result = check_kind(&status, is_stdin, error, error_size);
    if (result != SOURCE_TEXT_OK)
        return result;
    /* One byte more than the file has lets the read that finds its end do so without growing. */
    capacity = S_ISREG(status.st_mode) ? (size_t)status.st_size + 2 : READ_SIZE_MIN;
    text->bytes = malloc(capacity);
    if (!text->bytes)
        return failed(error, error_size, ENOMEM);
    return read_all(text, fd, capacity, error, error_size);
}

static enum source_text_status read_path(struct source_text *text, const char *path, char *error,
                                         size_t error_size)
{
    struct stat status;
    enum source_text_status result;
    int fd;

    /* Looked at before it is opened: opening a device can have effects or wait for ever. */
    if (stat(path, &status) != 0)
        return failed(error, error_size, errno);
    result = check_kind(&status, false, error, error_size);
    if (result != SOURCE_TEXT_OK)
        return result;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return failed(error, error_size, errno);
    result = read_descriptor(text, fd, false, error, error_size);
    close(fd);
    return result;
}

enum source_text_status source_text_read(struct source_text *text, const char *path, char *error,
                                         size_t error_size)
{
    bool is_stdin = strcmp(path, "-") == 0;
    enum source_text_status result;

    *text = (struct source_text){ .name = strdup(is_stdin ? "<stdin>" : path) };
    if (!text->name)
        return failed(error, error_size, ENOMEM);
    if (is_stdin)
        result = read_descriptor(text, STDIN_FILENO, true, error, error_size);
    else
        result = read_path(text, path, error, error_size);
    if (result != SOURCE_TEXT_OK)
        source_text_deinit(text);
    return result;
}

bool source_text_copy(struct source_text *text, const char *name, const char *bytes, size_t size)
{
    *text = (struct source_text){ .name = strdup(name), .bytes = malloc(size + 1), .size = size };
    if (!text->name || !text->bytes) {
        source_text_deinit(text);
        return false;
    }
    memcpy(text->bytes, bytes, size);
    text->bytes[size] = '\0';
    return true;
}

void source_text_deinit(struct source_text *text)
{
    free(text->name);
    free(text->bytes);
    *text = (struct source_text){ 0 };
}

struct source_position source_position(const char *bytes, size_t size, size_t offset)
{
    const char *end = bytes + (offset < size ? offset : size);
    const char *line = bytes;
    const char *newline;
    struct source_position position = { .line = 1, .column = 1 };

    while ((newline = memchr(line, '\n', (size_t)(end - line)))) {
        position.line++;
        line = newline + 1;
    }
    for (const char *at = line; at < end; at++)
        if (((unsigned char)*at & 0xC0) != 0x80) /* the first byte of a character */
            position.column++;
    return position;
}
