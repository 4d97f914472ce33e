/* handler_walk.c - goes through all steps of handlers, those inside others too, and looks whether the stores
 * can do what they are asked for; see handler.h.
 *
 * Cost: O(steps). A place that is longer than the buffer is cut: it is then the part around.
 */
#include <stdio.h>
#include <string.h>

#include "models/database_kind.h"
#include "models/handler.h"
#include "models/query.h"
#include "models/repeats.h"

struct walk {
    step_visitor *visit;
    void *context;
    size_t length;
    char path[1024];
};

static void walk_steps(struct walk *walk, const struct param_list *steps);

/* Appends to the place; returns the length to go back to. */
static size_t enter(struct walk *walk, const char *text)
{
    size_t before = walk->length, added = strlen(text);

    if (added < sizeof walk->path - before) {
        memcpy(walk->path + before, text, added + 1);
        walk->length += added;
    }
    return before;
}

static void leave(struct walk *walk, size_t length)
{
    walk->length = length;
    walk->path[length] = '\0';
}

static void walk_list(struct walk *walk, const char *name, const struct param_list *steps)
{
    size_t before = enter(walk, name);

    walk_steps(walk, steps);
    leave(walk, before);
}

static void walk_steps(struct walk *walk, const struct param_list *steps)
{
    const struct step_config *items = steps->items;

    for (size_t i = 0; i < steps->count; i++) {
        const struct arm_config *arms = items[i].choose.items;
        char text[64];
        size_t before;

        snprintf(text, sizeof text, "[%zu]", i);
        before = enter(walk, text);
        walk->visit(walk->context, &items[i], walk->path);
        walk_list(walk, ".parallel", &items[i].parallel);
        walk_list(walk, ".sequence", &items[i].sequence);
        walk_list(walk, ".steps", &items[i].steps);
        walk_list(walk, ".on_miss", &items[i].on_miss);
        walk_list(walk, ".on_error", &items[i].on_error);
        for (size_t k = 0; k < items[i].choose.count; k++) {
            snprintf(text, sizeof text, ".choose[%zu].steps", k);
            walk_list(walk, text, &arms[k].steps);
        }
        leave(walk, before);
    }
}

void handler_steps_visit(const struct param_list *steps, const char *path, step_visitor *visit, void *context)
{
    struct walk walk = { .visit = visit, .context = context };

    walk_list(&walk, path, steps);
}

/* ---- what stores can do ---- */

struct store_check {
    struct sim *sim;
    struct param_problems *problems;
};

/* What the step asks for with `member` is nothing for the store. */
static void refuse(const struct store_check *check, const char *store, enum store_ability ability,
                   const char *path, const char *member, const char *help, const char *what)
{
    const char *refusal = store_refuses(sim_find_group(check->sim, store), ability);
    char place[1100];

    if (!refusal)
        return;
    snprintf(place, sizeof place, "%s.%s", path, member);
    param_problem(check->problems, place, help, "\"%s\" cannot %s: %s", store, what, refusal);
}

static const char *store_of(const struct step_config *step)
{
    return step->read ? step->read : step->write ? step->write : step->insert ? step->insert : step->delete;
}

/* Of the row's own table, where the step names it. */
static void check_columns(const struct store_check *check, const struct step_config *step, const char *path)
{
    const struct environment *environment = environment_of(check->sim);
    uint16_t data = environment_data_set(environment, step->data);
    char place[1100];

    refuse(check, store_of(step), STORE_KNOWS_COLUMNS, path, "columns",
           "ask for the whole row, or make the store one that knows columns", "tell columns apart");
    if (!data || step->columns <= environment->data_sets[data - 1].columns)
        return;
    snprintf(place, sizeof place, "%s.columns", path);
    param_problem(check->problems, place, "say how many columns they have: \"columns\" of the data set",
                  "%lld columns are asked for; rows of %s have %lld", (long long)step->columns, step->data,
                  (long long)environment->data_sets[data - 1].columns);
}

/* A column that rows are found by: of the table that the step names, or of some table. */
static void check_found_by(const struct store_check *check, const char *column, const char *table,
                           const char *path,
                           const char *member)
{
    const struct environment *environment = environment_of(check->sim);
    char place[1100];

    for (size_t i = 0; i < environment->data_set_count; i++)
        if ((!table || !strcmp(environment->data_sets[i].name, table)) &&
            column_find(&environment->data_sets[i], column))
            return;
    snprintf(place, sizeof place, "%s.%s", path, member);
    param_problem(check->problems, place, "name it in \"column_values\" of the data set",
                  table ? "rows of %s have no column \"%s\"" : "there is no %s with a column \"%s\"",
                  table ? table : "table", column);
}

static void check_parts(const struct store_check *check, const struct step_config *step, const char *path)
{
    const char *store = step->join ? step->join : step->read;
    char place[1100];

    if (store_has_parts(sim_find_group(check->sim, store)) && (step->where || step->join))
        return;
    snprintf(place, sizeof place, "%s.partial", path);
    param_problem(check->problems, place,
                  "take it away, or ask a sharded database for rows of several shards",
                  "a single answer comes from \"%s\", whole or not at all", store);
}

static void check_tables(const struct store_check *check, const char *place)
{
    const struct environment *environment = environment_of(check->sim);

    for (size_t i = 0; i < environment->data_set_count; i++) {
        const struct data_set_config *data = &environment->data_sets[i];

        if (data->repeats && !strcmp(data->repeats->data, data->name))
            param_problem(check->problems, place, "name the table that it repeats in its \"repeats\"",
                          "rows of %s repeat rows of the same table, so no copy would ever be the last",
                          data->name);
    }
}

static bool is_repeated(const struct environment *environment, const char *name)
{
    for (size_t i = 0; i < environment->data_set_count; i++) {
        const struct repeats_config *repeats = environment->data_sets[i].repeats;

        if (repeats && (!name || !strcmp(repeats->data, name)))
            return true;
    }
    return false;
}

static void check_copies(const struct store_check *check, const struct step_config *step, const char *path)
{
    uint64_t most = repeats_most(check->sim);
    char place[1100];

    refuse(check, step->write_copies, STORE_KEEPS_COPIES, path, "write_copies",
           "keep the denormalised table in a store of its own", "keep copies");
    snprintf(place, sizeof place, "%s.write_copies", path);
    if (!is_repeated(environment_of(check->sim), step->data))
        param_problem(check->problems, place, "say so in the table that does: \"repeats\" of the data set",
                      "no table repeats rows of %s", step->data ? step->data : "another one");
    check_tables(check, place);
    if (most > REPEATS_MAX)
        param_problem(check->problems, place, "make the table smaller",
                      "a row would have %llu copies; at most %d can be written at once",
                      (unsigned long long)most, REPEATS_MAX);
}

static void check_store(void *context, const struct step_config *step, const char *path)
{
    const struct store_check *check = context;
    char what[64];

    if (step->verb == STEP_JOIN)
        refuse(check, step->join, STORE_JOINS, path, "join",
               "read a row that holds all of it, or ask a relational store", "join rows");
    if (step->on)
        check_found_by(check, step->on, step->of ? step->of : step->data, path, "on");
    if (step->where) {
        refuse(check, store_of(step), STORE_FINDS, path, "where", "ask for the row by its key",
               "find rows by a column");
        check_found_by(check, step->where, step->data, path, "where");
    }
    if (step->partial)
        check_parts(check, step, path);
    if (step->verb == STEP_WRITE_COPIES)
        check_copies(check, step, path);
    if (!store_of(step))
        return;
    snprintf(what, sizeof what, "touch %lld rows at once", (long long)step->rows);
    if (step->rows > 1 && !step->where)
        refuse(check, store_of(step), STORE_TAKES_ROWS, path, "rows",
               "keep what is read together in one value, or make the store relational", what);
    if (step->columns)
        check_columns(check, step, path);
}

void handlers_check_stores(const struct group *group, const struct param_list *steps, const char *path,
                           struct param_problems *problems)
{
    struct store_check check = { group->sim, problems };

    handler_steps_visit(steps, path, check_store, &check);
    if (query_overflow(group->sim))
        param_problem(problems, path, "let steps ask for the same",
                      "more than %d different joins and numbers of columns are asked for", QUERIES_MAX);
}
