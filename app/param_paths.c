/* param_paths.c - every path that a table lets a person set. */
#include "app/param_kind.h"
#include "app/param_problems.h"
#include "app/param_read.h"

#include <stdio.h>
#include <string.h>

#define TABLES_MAX 16 /* nested in one another */

struct walk {
    void (*visit)(void *user, const char *path, const struct param_row *row);
    void *user;
    char path[PARAM_PATH_SIZE];
    const struct param_table *tables[TABLES_MAX]; /* that we are inside of */
    size_t depth;
};

static void walk_table(struct walk *walk, const struct param_table *table);

static bool is_inside(const struct walk *walk, const struct param_table *table)
{
    for (size_t i = 0; i < walk->depth; i++)
        if (walk->tables[i] == table)
            return true;
    return walk->depth == TABLES_MAX;
}

static void append(struct walk *walk, const char *separator, const char *text)
{
    size_t used = strlen(walk->path);

    snprintf(walk->path + used, sizeof walk->path - used, "%s%s", separator, text);
}

static void walk_row(struct walk *walk, const struct param_row *row)
{
    size_t length = strlen(walk->path);

    walk->visit(walk->user, walk->path, row);
    if (!row->table || is_inside(walk, row->table))
        return;
    if (row->kind == PARAM_KIND_MAP)
        append(walk, ".", "NAME");
    else if (row->kind == PARAM_KIND_LIST)
        append(walk, "", "[N]");
    walk_table(walk, row->table);
    walk->path[length] = '\0';
}

static void walk_table(struct walk *walk, const struct param_table *table)
{
    const struct param_row *sole = param_sole_row(table);

    walk->tables[walk->depth++] = table;
    if (sole && walk->depth > 1)
        walk_row(walk, sole);
    for (const struct param_table *part = table; part && !(sole && walk->depth > 1); part = part->also)
        for (const struct param_row *row = part->rows; row->name; row++) {
            size_t length = strlen(walk->path);

            append(walk, length > 0 ? "." : "", row->name);
            walk_row(walk, row);
            walk->path[length] = '\0';
        }
    walk->depth--;
}

void param_paths(const struct param_table *table, const char *prefix,
                 void (*visit)(void *user, const char *path, const struct param_row *row), void *user)
{
    struct walk walk = { .visit = visit, .user = user };

    snprintf(walk.path, sizeof walk.path, "%s", prefix);
    walk_table(&walk, table);
}
