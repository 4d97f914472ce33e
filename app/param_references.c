/* param_references.c - does every name that was read exist, and can what it names do what is asked of it? */
#include "app/param_kind.h"
#include "app/param_read.h"
#include "app/suggest.h"

#include <stdio.h>
#include <string.h>

#define HELP_SIZE 1024
#define WORDS_SIZE 256
#define LISTED_MAX 8      /* names that an error lists */
#define OFFERED_MAX 10000 /* names that are tried for a suggestion */

static const char *const what_names[] = {
    [PARAM_REFERS_COMPONENT] = "component",
    [PARAM_REFERS_DATA] = "data set",
    [PARAM_REFERS_HOST] = "host or size of hosts",
    [PARAM_REFERS_CLASS] = "request class",
};

#define WHAT_COUNT (sizeof what_names / sizeof *what_names)

struct role_row {
    enum param_role role;
    const char *name;
};

static const struct role_row roles[] = {
    { ROLE_SERVER, "a server" },
    { ROLE_STORE, "a store" },
    { ROLE_CACHE, "a cache" },
    { ROLE_MONITOR, "a monitor" },
    { ROLE_ELASTIC, "a component whose instances come and go" },
    { ROLE_QUEUE, "a queue" },
    { ROLE_CONSUMER, "a consumer" },
    { ROLE_COPY, "a copy of a store" },
};

#define ROLE_COUNT (sizeof roles / sizeof *roles)

static bool can_play(const struct param_row *row, const struct param_named *named)
{
    return row->refers_to != PARAM_REFERS_COMPONENT || row->roles == 0 || row->roles == ROLE_ANY ||
           !named->type || (named->type->roles & row->roles) != 0;
}

/* "a store or a cache" */
static const char *name_roles(unsigned set, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if ((set & roles[i].role) && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " or " : "", roles[i].name);
    return text;
}

/* The types that a scenario can have for these roles. */
static const char *name_types(unsigned set, char *text, size_t size)
{
    struct word_list list;

    word_list_init(&list, text, size);
    for (const struct model_type *const *type = model_registry; *type; type++)
        if (((*type)->roles & set) && !(*type)->hidden)
            word_list_add(&list, (*type)->component.name);
    return word_list_end(&list, "or");
}

static void refuse_role(struct param_context *context, const struct param_reference *reference,
                        const struct param_named *named)
{
    unsigned wanted = reference->row->roles;
    char role[64], types[WORDS_SIZE], help[HELP_SIZE];

    name_roles(wanted, role, sizeof role);
    name_types(wanted, types, sizeof types);
    if (types[0])
        snprintf(help, sizeof help, "\"%s\" needs %s, such as %s", reference->row->name, role, types);
    else
        snprintf(help, sizeof help, "\"%s\" needs %s", reference->row->name, role);
    param_error(context, JSON_PART_VALUE, help, "\"%.80s\" is of type %s, which cannot be %s",
                reference->name, named->type->component.name, role);
}

/* Something else that has the name; NULL: nothing. */
static const char *find_other(const struct param_reference *reference, const struct param_names *names)
{
    struct param_named named;

    for (size_t what = 0; what < WHAT_COUNT; what++)
        if (what != reference->row->refers_to &&
            names->find(names->user, (enum param_refers_to)what, reference->name, &named))
            return what_names[what];
    return NULL;
}

/* The nearest name, or a list of a few. */
static void find_help(const struct param_reference *reference, const struct param_names *names, char *help,
                      size_t size)
{
    char words[WORDS_SIZE];
    struct param_named named;
    struct word_list list;
    struct suggest suggest;

    suggest_init(&suggest, reference->name);
    word_list_init(&list, words, sizeof words);
    for (size_t i = 0; i < OFFERED_MAX && names->get(names->user, reference->row->refers_to, i, &named); i++)
        if (can_play(reference->row, &named)) {
            suggest_offer(&suggest, named.name);
            word_list_add(&list, named.name);
        }
    word_list_end(&list, "and");
    if (suggest.best)
        snprintf(help, size, "did you mean \"%s\"?", suggest.best);
    else if (list.count > 0 && list.count <= LISTED_MAX)
        snprintf(help, size, "there %s %s", list.count == 1 ? "is" : "are", words);
    else if (list.count == 0)
        snprintf(help, size, "there is none that would do");
}

static void refuse_name(struct param_context *context, const struct param_reference *reference,
                        const struct param_names *names)
{
    const char *what = what_names[reference->row->refers_to];
    char help[HELP_SIZE] = "";
    char message[256];
    const char *other;

    if (param_errors_full(context)) {
        param_error(context, JSON_PART_VALUE, NULL, "no %s", what);
        return;
    }
    if (names->explain && names->explain(names->user, reference->row->refers_to, reference->name, message,
                                         sizeof message, help, sizeof help)) {
        param_error(context, JSON_PART_VALUE, help, "%s", message);
        return;
    }
    other = find_other(reference, names);
    find_help(reference, names, help, sizeof help);
    if (other)
        param_error(context, JSON_PART_VALUE, help, "\"%.80s\" is a %s, not a %s", reference->name, other,
                    what);
    else
        param_error(context, JSON_PART_VALUE, help, "no %s named \"%.80s\"", what, reference->name);
}

static bool is_good(const struct param_reference *reference, const struct param_names *names)
{
    struct param_named named = { 0 };

    return names->find(names->user, reference->row->refers_to, reference->name, &named) &&
           can_play(reference->row, &named);
}

/* The same place was read before, for the same component at another site. O(references). */
static bool is_told(const struct param_context *context, const struct param_reference *reference,
                    const struct param_names *names)
{
    for (const struct param_reference *other = context->references; other != reference; other = other->next)
        if (other->row == reference->row && !strcmp(other->path, reference->path) && !is_good(other, names))
            return true;
    return false;
}

static bool check_reference(struct param_context *context, const struct param_reference *reference,
                            const struct param_names *names)
{
    struct param_named named = { 0 };
    bool exists = names->find(names->user, reference->row->refers_to, reference->name, &named);
    struct param_mark mark;

    if (exists && can_play(reference->row, &named))
        return true;
    if (is_told(context, reference, names))
        return false;
    mark = param_enter_path(context, reference->path);
    if (exists)
        refuse_role(context, reference, &named);
    else
        refuse_name(context, reference, names);
    param_leave(context, mark);
    return false;
}

bool param_check_references(struct param_context *context, const struct param_names *names)
{
    bool good = true;

    for (const struct param_reference *reference = context->references; reference;
         reference = reference->next)
        good = check_reference(context, reference, names) && good;
    return good;
}
