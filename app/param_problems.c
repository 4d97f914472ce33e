#include "app/param_problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_SIZE 1024 /* bytes */

void param_context_init(struct param_context *context, struct arena *arena, struct diagnostics *diagnostics)
{
    memset(context, 0, sizeof *context);
    context->arena = arena;
    context->diagnostics = diagnostics;
    context->references_end = &context->references;
}

/* ---- places ---- */

static struct param_mark mark_of(const struct param_context *context)
{
    return (struct param_mark){ strlen(context->pointer), strlen(context->path) };
}

struct param_mark param_enter(struct param_context *context, const char *key)
{
    struct param_mark mark = mark_of(context);
    size_t length = strlen(key), used = mark.path_length;

    if (used + length + 2 > sizeof context->path ||
        !json_pointer_append(context->pointer, sizeof context->pointer, key))
        return mark;
    if (used > 0)
        context->path[used++] = '.';
    memcpy(context->path + used, key, length + 1);
    return mark;
}

struct param_mark param_enter_index(struct param_context *context, size_t index)
{
    struct param_mark mark = mark_of(context);
    char text[32];
    size_t length = (size_t)snprintf(text, sizeof text, "[%zu]", index);

    if (mark.path_length + length + 1 > sizeof context->path ||
        !json_pointer_append_index(context->pointer, sizeof context->pointer, index))
        return mark;
    memcpy(context->path + mark.path_length, text, length + 1);
    return mark;
}

/* A member name of the first `length` bytes of `name`. */
static void enter_piece(struct param_context *context, const char *name, size_t length)
{
    char key[PARAM_PATH_SIZE];

    if (length > 0 && length < sizeof key) {
        memcpy(key, name, length);
        key[length] = '\0';
        param_enter(context, key);
    }
}

struct param_mark param_enter_path(struct param_context *context, const char *path)
{
    struct param_mark mark = mark_of(context);

    while (*path) {
        size_t length = strcspn(path, ".[");

        enter_piece(context, path, length);
        path += length;
        if (*path == '[') {
            char *end;

            param_enter_index(context, strtoul(path + 1, &end, 10));
            path = *end == ']' ? end + 1 : end;
        }
        if (*path == '.')
            path++;
    }
    return mark;
}

void param_leave(struct param_context *context, struct param_mark mark)
{
    context->pointer[mark.pointer_length] = '\0';
    context->path[mark.path_length] = '\0';
}

/* ---- errors ---- */

bool param_errors_full(const struct param_context *context)
{
    return context->diagnostics->kept[DIAGNOSTIC_ERROR] >= DIAGNOSTICS_MAX;
}

static bool add_error(struct param_context *context, enum json_part part, const char *help,
                      const char *format, va_list arguments)
{
    struct source_span where = SOURCE_NOWHERE;
    char message[MESSAGE_SIZE] = "";

    context->error_count++;
    if (!param_errors_full(context)) {
        vsnprintf(message, sizeof message, format, arguments);
        if (context->locate)
            where = context->locate(context->user, context->pointer, part);
    }
    diagnostics_add(context->diagnostics, DIAGNOSTIC_ERROR, where, context->path, help, "%s", message);
    return false;
}

bool param_error(struct param_context *context, enum json_part part, const char *help, const char *format,
                 ...)
{
    va_list arguments;

    va_start(arguments, format);
    add_error(context, part, help, format, arguments);
    va_end(arguments);
    return false;
}

bool param_no_memory(struct param_context *context)
{
    context->out_of_memory = true;
    return false;
}

static void report_problem(struct param_problems *problems, const char *path, const char *help,
                           const char *message)
{
    const struct component_problems *own = (const struct component_problems *)(const void *)problems;
    struct param_mark mark = param_enter_path(own->context, own->path);

    param_enter_path(own->context, path);
    param_error(own->context, JSON_PART_VALUE, help, "%s", message);
    param_leave(own->context, mark);
}

static void report_warning(struct param_problems *problems, const char *path, const char *help,
                           const char *message)
{
    const struct component_problems *own = (const struct component_problems *)(const void *)problems;
    struct param_context *context = own->context;
    struct param_mark mark = param_enter_path(context, own->path);
    struct source_span where = SOURCE_NOWHERE;

    param_enter_path(context, path);
    if (context->locate)
        where = context->locate(context->user, context->pointer, JSON_PART_VALUE);
    diagnostics_add(context->diagnostics, DIAGNOSTIC_WARNING, where, context->path, help, "%s", message);
    param_leave(context, mark);
}

struct component_problems param_problems_of(struct param_context *context, const char *path)
{
    return (struct component_problems){ { report_problem, report_warning }, context, path };
}

/* ---- lists of words ---- */

void word_list_init(struct word_list *list, char *text, size_t size)
{
    *list = (struct word_list){ .text = text, .size = size };
    text[0] = '\0';
}

static void write_word(struct word_list *list, const char *before, const char *word)
{
    size_t rest = list->size - list->used;
    int length = snprintf(list->text + list->used, rest, "%s\"%s\"", before, word);

    if (length > 0 && (size_t)length + 8 < rest) {
        list->used += (size_t)length;
        return;
    }
    if (rest > 8) { /* the rest stays out */
        snprintf(list->text + list->used, rest, ", ...");
        list->used = list->size;
    }
}

void word_list_add(struct word_list *list, const char *word)
{
    if (list->last && list->used < list->size)
        write_word(list, list->count > 1 ? ", " : "", list->last);
    list->last = word;
    list->count++;
}

const char *word_list_end(struct word_list *list, const char *conjunction)
{
    char before[16];

    snprintf(before, sizeof before, " %s ", conjunction);
    if (list->last && list->used < list->size)
        write_word(list, list->count > 1 ? before : "", list->last);
    return list->text;
}
