/* What every component type owes: texts, callbacks, and rows that reader, schema and reference can use. */
#include "tests/test.h"

#include "app/param_kind.h"
#include "app/param_read.h"
#include "app/reference.h"
#include "models/data_set.h"
#include "models/host.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define TABLES_MAX 256
#define HELP_LENGTH_MIN 10 /* shorter ones say nothing */

/* All tables of the registry, each once, with where it was met first. */
struct table_list {
    struct {
        const struct param_table *table;
        char path[256];
        bool is_in_map; /* its struct begins with the key */
    } items[TABLES_MAX];
    size_t count;
};

static void collect(struct table_list *list, const struct param_table *table, const char *path,
                    bool is_in_map)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].table == table) {
            list->items[i].is_in_map |= is_in_map;
            return;
        }
    ck_assert_uint_lt(list->count, TABLES_MAX);
    list->items[list->count].table = table;
    list->items[list->count].is_in_map = is_in_map;
    snprintf(list->items[list->count].path, sizeof list->items->path, "%s", path);
    list->count++;
    if (table->also)
        collect(list, table->also, path, false);
    for (const struct param_row *row = table->rows; row->name; row++) {
        char inner[256];

        snprintf(inner, sizeof inner, "%.180s.%.60s", path, row->name);
        if (row->table)
            collect(list, row->table, inner, row->kind == PARAM_KIND_MAP);
    }
}

static void collect_all(struct table_list *list)
{
    list->count = 0;
    collect(list, &host_params, "host", true);
    collect(list, &data_set_params, "data", true);
    for (const struct model_type *const *type = model_registry; *type; type++)
        if ((*type)->params)
            collect(list, (*type)->params, (*type)->component.name, false);
}

#define FOR_EACH_ROW(list, i, row)            \
    for (size_t i = 0; i < (list).count; i++) \
        for (const struct param_row *row = (list).items[i].table->rows; row->name; row++)

#define check_row(condition, list, i, row, what) \
    ck_assert_msg(condition, "%s.%s: %s", (list).items[i].path, (row)->name, what)

/* ---- texts ---- */

/* Letters and digits only, in small. */
static void squeeze(const char *text, char *squeezed, size_t size)
{
    size_t used = 0;

    for (; *text && used + 1 < size; text++)
        if (isalnum((unsigned char)*text))
            squeezed[used++] = (char)tolower((unsigned char)*text);
    squeezed[used] = '\0';
}

/* Whether a help says nothing that the name does not. */
static bool repeats_name(const char *help, const char *name)
{
    char a[256], b[256];

    squeeze(help, a, sizeof a);
    squeeze(name, b, sizeof b);
    if (strncmp(a, "the", 3) == 0 && strcmp(a + 3, b) == 0)
        return true;
    return strcmp(a, b) == 0;
}

static bool is_sentence(const char *text)
{
    size_t length = text ? strlen(text) : 0;

    return length >= HELP_LENGTH_MIN && strchr(".?)", text[length - 1]) && text[0] != ' ' &&
           !strstr(text, "  ");
}

START_TEST(test_registry_types_say_what_they_are)
{
    for (const struct model_type *const *at = model_registry; *at; at++) {
        const struct model_type *type = *at;
        const char *name = type->component.name;

        ck_assert(param_is_name(name));
        ck_assert_ptr_eq(model_find(name), type); /* no other of that name */
        ck_assert_msg(type->summary && strlen(type->summary) >= HELP_LENGTH_MIN, "%s: no summary", name);
        ck_assert_msg(!repeats_name(type->summary, name), "%s: the summary repeats the name", name);
        if (type->hidden)
            continue;
        ck_assert_msg(is_sentence(type->stands_for), "%s: stands_for is no sentence", name);
        ck_assert_msg(is_sentence(type->leaves_out), "%s: leaves_out is no sentence", name);
        ck_assert_msg(is_sentence(type->misleads), "%s: misleads is no sentence", name);
        ck_assert_msg(type->params != NULL, "%s: no parameters", name);
    }
}
END_TEST

START_TEST(test_registry_rows_have_help)
{
    struct table_list list;

    collect_all(&list);
    FOR_EACH_ROW(list, i, row)
    {
        check_row(is_sentence(row->help), list, i, row, "the help is no sentence");
        check_row(!repeats_name(row->help, row->name), list, i, row, "the help repeats the name");
        check_row(!row->source || *row->source, list, i, row, "an empty source");
    }
}
END_TEST

/* ---- callbacks ---- */

START_TEST(test_registry_types_have_callbacks)
{
    for (const struct model_type *const *type = model_registry; *type; type++) {
        const struct component_type *component = &(*type)->component;

        if ((*type)->hidden || !strcmp(component->name, "data_center")) /* a place where others do the work */
            continue;
        if (!((*type)->roles & (ROLE_SERVER | ROLE_STORE | ROLE_CACHE)) && !component->is_source) {
            ck_assert_msg(component->on_timer, "%s: neither called nor with a clock", component->name);
            continue;
        }
        ck_assert_msg(component->on_request || component->is_source, "%s: no on_request", component->name);
        ck_assert_msg(component->on_reply || component->on_timer, "%s: neither on_reply nor on_timer",
                      component->name);
        ck_assert_msg(component->wire_group || component->wire, "%s: neither wire_group nor wire",
                      component->name);
        ck_assert_msg(component->start || !component->is_source, "%s: a source without start",
                      component->name);
        ck_assert_msg((*type)->roles || component->is_source, "%s: can be called for nothing",
                      component->name);
    }
}
END_TEST

START_TEST(test_registry_metrics_are_told)
{
    for (const struct model_type *const *type = model_registry; *type; type++) {
        const struct metric_row *metrics = (*type)->component.metrics;

        for (const struct metric_row *row = metrics; row && row->name; row++) {
            const char *name = (*type)->component.name;

            ck_assert_msg(row->unit && *row->unit, "%s: %s has no unit", name, row->name);
            ck_assert_msg(is_sentence(row->help), "%s: the help of %s is no sentence", name, row->name);
            ck_assert_msg(!repeats_name(row->help, row->name), "%s: the help of %s repeats it", name,
                          row->name);
            for (const struct metric_row *other = metrics; other < row; other++)
                ck_assert_msg(strcmp(other->name, row->name) != 0, "%s: two metrics %s", name, row->name);
            if (row->kind != METRIC_COMMON)
                ck_assert_msg(row->offset < (*type)->component.state_size &&
                                  row->offset_other < (*type)->component.state_size,
                              "%s: %s lies outside of the state", name, row->name);
        }
    }
}
END_TEST

/* ---- rows ---- */

static const struct param_row *find_twin(const struct param_table *table, const struct param_row *wanted)
{
    for (; table; table = table->also)
        for (const struct param_row *row = table->rows; row->name; row++)
            if (row != wanted && strcmp(row->name, wanted->name) == 0)
                return row;
    return NULL;
}

START_TEST(test_registry_rows_are_consistent)
{
    struct table_list list;

    collect_all(&list);
    FOR_EACH_ROW(list, i, row)
    {
        bool is_nested = row->kind == PARAM_KIND_OBJECT || row->kind == PARAM_KIND_OPTIONAL ||
                         row->kind == PARAM_KIND_LIST || row->kind == PARAM_KIND_MAP;

        check_row(param_is_name(row->name), list, i, row, "not a name");
        check_row(!find_twin(list.items[i].table, row), list, i, row, "is there twice");
        check_row(row->offset < list.items[i].table->size, list, i, row, "lies outside of its struct");
        check_row(!row->table == !is_nested, list, i, row, "a nested kind and a table go together");
        check_row(!row->choices == (row->kind != PARAM_KIND_CHOICE), list, i, row,
                  "a choice and choices go together");
        check_row(!row->roles || row->kind == PARAM_KIND_REFERENCE, list, i, row,
                  "roles of what is no reference");
        check_row(!(row->max < row->min) || row->max == 0, list, i, row, "max is below min");
        check_row(row->kind != PARAM_KIND_REFERENCE || row->refers_to != PARAM_REFERS_COMPONENT || row->roles,
                  list, i, row, "a component for which role?");
        check_row(!row->word || param_is_name(row->word), list, i, row, "the word is not a name");
        check_row(row->kind != PARAM_KIND_MAP ||
                      row->offset + sizeof(struct param_list) <= list.items[i].table->size,
                  list, i, row, "lies outside of its struct");
    }
    for (size_t i = 0; i < list.count; i++)
        for (const struct param_row *row = list.items[i].table->rows; row->name && list.items[i].is_in_map;
             row++)
            check_row(row->offset >= sizeof(char *), list, i, row, "the key of the map is there");
}
END_TEST

START_TEST(test_registry_choices_are_told)
{
    struct table_list list;

    collect_all(&list);
    FOR_EACH_ROW(list, i, row)
    {
        for (const struct param_choice *choice = row->choices; choice && choice->name; choice++) {
            check_row(param_is_name(choice->name), list, i, row, "a choice that is no name");
            check_row(choice->help && strlen(choice->help) >= HELP_LENGTH_MIN, list, i, row,
                      "a choice without help");
            check_row(!repeats_name(choice->help, choice->name), list, i, row,
                      "help of a choice that repeats it");
            for (const struct param_choice *other = row->choices; other < choice; other++)
                check_row(strcmp(other->name, choice->name) != 0, list, i, row, "the same choice twice");
        }
        check_row(!row->choices || row->choices[0].name, list, i, row, "no choice at all");
    }
}
END_TEST

START_TEST(test_registry_verbs_fit)
{
    struct table_list list;

    collect_all(&list);
    for (size_t i = 0; i < list.count; i++) {
        const struct param_table *table = list.items[i].table;
        uint64_t known = 0;

        for (const struct param_row *row = table->rows; row->name; row++) {
            check_row(!row->verb || table->has_verbs, list, i, row, "a verb in a table without verbs");
            check_row(row->verb >= 0 && row->verb < 64, list, i, row, "a verb's number is from 1 to 63");
            check_row(!row->verb || !(known & param_verb_bit(row->verb)), list, i, row,
                      "two verbs of one number");
            check_row(!row->verb || !row->default_text, list, i, row,
                      "a verb with a default would do something unasked");
            known |= row->verb ? param_verb_bit(row->verb) : 0;
        }
        for (const struct param_row *row = table->rows; row->name; row++)
            check_row((row->verbs & ~known) == 0, list, i, row, "goes with verbs that are not there");
        ck_assert_msg(!table->has_verbs || known, "%s: no verbs", list.items[i].path);
    }
}
END_TEST

/* ---- defaults ---- */

/* Reads a row's default alone, by a table of just that row. */
static void check_default(const struct table_list *list, size_t i, const struct param_row *row)
{
    const struct param_row rows[] = { *row, PARAM_END };
    struct param_table table = { .rows = rows, .size = list->items[i].table->size };
    struct arena arena = { 0 };
    struct diagnostics diagnostics;
    struct param_context *context = malloc(sizeof *context);
    void *config = calloc(1, table.size);
    cJSON *value = cJSON_Parse(row->default_text), *object = cJSON_CreateObject();

    ck_assert_msg(value != NULL, "%s.%s: the default is not JSON: %s", list->items[i].path, row->name,
                  row->default_text);
    ck_assert(context && config && object);
    cJSON_AddItemToObject(object, row->name, value);
    diagnostics_init(&diagnostics);
    param_context_init(context, &arena, &diagnostics);
    ck_assert_msg(param_read(&table, object, "", config, context), "%s.%s: the default %s is refused: %s",
                  list->items[i].path, row->name, row->default_text,
                  diagnostics.item_count ? diagnostics.items[0].message : "");
    cJSON_Delete(object);
    free(config);
    free(context);
    diagnostics_deinit(&diagnostics);
    arena_deinit(&arena);
}

START_TEST(test_registry_defaults_read)
{
    struct table_list list;

    collect_all(&list);
    FOR_EACH_ROW(list, i, row)
    if (row->default_text)
        check_default(&list, i, row);
}
END_TEST

START_TEST(test_registry_words_stand_outside_of_the_values)
{
    struct table_list list;

    collect_all(&list);
    FOR_EACH_ROW(list, i, row)
    {
        for (const struct param_choice *choice = row->choices; choice && choice->name && row->word; choice++)
            check_row(strcmp(choice->name, row->word) != 0, list, i, row, "the word is a choice");
        if (row->kind == PARAM_KIND_DURATION && row->word && row->word_value > 0)
            check_row(row->word_value >= 1 || row->word_value == 0, list, i, row,
                      "a word's duration is in ns");
    }
}
END_TEST

/* ---- reference ---- */

START_TEST(test_registry_reference_fits_a_terminal)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(file);
    reference_write_list(file, NULL);
    for (const struct model_type *const *type = model_registry; *type; type++)
        reference_write_model(file, *type);
    ck_assert_int_eq(fclose(file), 0);
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        size_t length = strcspn(line, "\n"), columns = 0;

        for (size_t i = 0; i < length; i++)
            columns += ((unsigned char)line[i] & 0xC0) != 0x80;
        ck_assert_msg(columns <= 80 && (length == 0 || line[length - 1] != ' '), "%.*s", (int)length, line);
    }
    free(text);
}
END_TEST

TEST_MAIN("registry", test_registry_types_say_what_they_are, test_registry_rows_have_help,
          test_registry_types_have_callbacks, test_registry_metrics_are_told,
          test_registry_rows_are_consistent, test_registry_choices_are_told, test_registry_verbs_fit,
          test_registry_defaults_read, test_registry_words_stand_outside_of_the_values,
          test_registry_reference_fits_a_terminal)
