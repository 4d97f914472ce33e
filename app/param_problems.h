/* param_problems.h - where a reader of parameters stands, and what it finds wrong there.
 *
 * The place is kept twice: as a JSON Pointer, by which the text is found again, and as the path that people
 * read ("components.web.handlers.view[0].rows"). Places deeper than PARAM_PATH_SIZE allows are those of the
 * innermost part that fits. The hook `locate` is called only for errors that will be shown.
 *
 * What a model's own check finds (struct param_problems) goes the same way.
 */
#ifndef APP_PARAM_PROBLEMS_H
#define APP_PARAM_PROBLEMS_H

#include "app/arena.h"
#include "app/diagnostics.h"
#include "app/json_document.h"
#include "models/param_problems.h"

#include <stdbool.h>
#include <stddef.h>

#define PARAM_PATH_SIZE 4096 /* bytes */

/* A name that stands for something which may not have been read yet. Lives in the arena. */
struct param_reference {
    struct param_reference *next; /* in the order of reading */
    const char *path;
    const char *name;
    const struct param_row *row;
};

struct param_level;

struct param_context {
    struct arena *arena;             /* for all that is read */
    struct diagnostics *diagnostics; /* errors go here */
    const char *folder;              /* that file names are relative to; NULL: the current one */

    /* The full name of what a reference at this place means by `name`: that one, or one that is nearer. NULL:
     * no memory. No function: names are full. */
    const char *(*resolve)(void *user, const struct param_row *row, const char *name);

    /* Where the key or value that a JSON Pointer names (or the innermost part of it that exists) is written.
     * NULL: places are not known. */
    struct source_span (*locate)(void *user, const char *pointer, enum json_part part);
    void *user;

    /* what came of it */
    struct param_reference *references, **references_end;
    size_t error_count;
    bool out_of_memory; /* the configuration is not whole */

    /* where the reader stands */
    char pointer[PARAM_PATH_SIZE], path[PARAM_PATH_SIZE];
    const struct param_level *level;
};

/* A context without places; set locate, user and folder as needed. Arena and diagnostics are borrowed. */
void param_context_init(struct param_context *context, struct arena *arena, struct diagnostics *diagnostics);

/* What to return to. */
struct param_mark {
    size_t pointer_length, path_length;
};

/* Goes to a member, an element, or along a path ("handlers.view[0]", "" goes nowhere). */
struct param_mark param_enter(struct param_context *context, const char *key);
struct param_mark param_enter_index(struct param_context *context, size_t index);
struct param_mark param_enter_path(struct param_context *context, const char *path);
void param_leave(struct param_context *context, struct param_mark mark);

/* An error where the reader stands; help may be NULL. Returns false for the caller to pass on. */
__attribute__((format(printf, 4, 5))) bool param_error(struct param_context *context, enum json_part part,
                                                       const char *help, const char *format, ...);

/* No further error will be shown: finding words for it would be wasted. */
bool param_errors_full(const struct param_context *context);

/* Notes that memory ran out; returns false. */
bool param_no_memory(struct param_context *context);

/* For model_type.check(): problems of the component at `path`, such as "components.web", become errors.
 * The path is borrowed. */
struct component_problems {
    struct param_problems problems; /* first: what the model gets */
    struct param_context *context;
    const char *path;
};

struct component_problems param_problems_of(struct param_context *context, const char *path);

/* A list of quoted words with an end that says what it is, as in `"a", "b" and "c"`. Starts empty;
 * what does not fit is told as "..." */
struct word_list {
    char *text;
    size_t size, used;
    const char *last; /* not written yet */
    size_t count;
};

void word_list_init(struct word_list *list, char *text, size_t size);
void word_list_add(struct word_list *list, const char *word);
/* conjunction: "and", "or". Returns the text. */
const char *word_list_end(struct word_list *list, const char *conjunction);

#endif
