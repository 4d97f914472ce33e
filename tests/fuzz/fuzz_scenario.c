/* Fuzzing the reader of scenarios (libFuzzer): any bytes are read as a file; either they are a scenario and
 * nothing is told, or there is at least one error, and all of them can be printed. Nothing is run but the
 * trial that every reading wires.
 *
 *     cmake -S . -B fuzz -DCMAKE_C_COMPILER=clang -DSCALESIM_FUZZ=ON && cmake --build fuzz --target fuzz
 *     fuzz/tests/fuzz_scenario -timeout=10 -rss_limit_mb=1024 -max_len=16384 NEW_FOLDER \
 *         tests/fuzz/corpus/scenario scenarios tests/bad_scenarios </dev/null
 *
 * Mutations: mostly of the JSON tree (a value becomes another value of the file, a special word or number, or
 * is left out; an object gets a field), so that what comes behind the syntax is reached; else of the bytes.
 * Field names and words are those of the schema, so a new component is fuzzed without a line here. Time: an
 * input that takes over a second of the processor (five with sanitizers) is a finding, also on a machine that
 * is busy with something else, where -timeout counts what others take too. Memory: texts of TEXT_SIZE_MAX
 * bytes at most, a trial of MEMORY_BUDGET at most; what counts and sizes in a scenario ask for beyond that is
 * refused as it is on a small machine.
 */
#include "app/collect.h"
#include "app/scenario.h"
#include "app/schema.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define TEXT_SIZE_MAX 65536
#define MEMORY_BUDGET (UINT64_C(64) << 20) /* bytes */
#define PLAIN_MAX_S 1.0 /* of the processor */
#define WORDS_MAX 2048

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define TIME_MAX_S (5 * PLAIN_MAX_S) /* which costs more than that, where much is allocated */
#else
#define TIME_MAX_S PLAIN_MAX_S
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t size_max);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_scenario(const struct scenario *scenario)
{
    require(scenario->variant_count >= 1);
    for (size_t i = 0; i < scenario->variant_count; i++) {
        const struct scenario_variant *variant = &scenario->variants[i];

        require(scenario_find_variant(scenario, variant->name) == variant);
        require((variant->based_on != NULL) == (i > 0));
        require(variant->component_count >= 2 && variant->time.measure > 0 && variant->time.warm_up >= 0);
    }
}

static void print(struct diagnostics *diagnostics, enum diagnostics_format format)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    if (file) {
        diagnostics_print(diagnostics, file, format, false);
        require(fclose(file) == 0);
        require(size == 0 || text[size - 1] == '\n');
        require(!memchr(text, '\033', size));
    }
    free(text);
}

static void read_text(const char *path)
{
    struct scenario_overrides overrides = { .memory_budget_bytes = MEMORY_BUDGET };
    struct diagnostics diagnostics;
    struct scenario scenario;

    diagnostics_init(&diagnostics);
    switch (scenario_read(&scenario, path, &overrides, &diagnostics)) {
    case SCENARIO_OK:
        require(diagnostics_error_count(&diagnostics) == 0);
        check_scenario(&scenario);
        break;
    case SCENARIO_INVALID:
        require(diagnostics_error_count(&diagnostics) > 0);
        break;
    case SCENARIO_OUT_OF_MEMORY:
        break;
    }
    scenario_deinit(&scenario);
    print(&diagnostics, DIAGNOSTICS_TEXT);
    print(&diagnostics, DIAGNOSTICS_JSON);
    diagnostics_deinit(&diagnostics);
}

static double processor_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    double begun_s = processor_s();
    char path[64];
    int file;

    if (size > TEXT_SIZE_MAX)
        return -1;
    file = memfd_create("scenario", 0);
    if (file < 0)
        return -1;
    require(write(file, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    read_text(path);
    close(file);
    require(processor_s() - begun_s < TIME_MAX_S);
    return 0;
}

/* ---- mutations ---- */

static const char *const specials[] = {
    "0",          "1",
    "-1",         "2",
    "3.5",        "64",
    "10000",      "1e6",
    "1e15",       "1e18",
    "1e300",      "null",
    "true",       "[]",
    "{}",         "\"\"",
    "\"none\"",   "\"unlimited\"",
    "\"never\"",  "\"any\"",
    "\"base\"",   "\"total\"",
    "\"0s\"",     "\"1ns\"",
    "\"1ms\"",    "\"10000d\"",
    "\"0/s\"",    "\"1000/s\"",
    "\"100%\"",   "\"0%\"",
    "\"1B\"",     "\"4GB\"",
    "\"$1/h\"",   "\"< 5ms\"",
    "\"zipf\"",   "\"uniform\"",
    "\"modulo\"", "\"consistent_hash\"",
    "\"lru\"",
};

#define SPECIAL_COUNT (sizeof specials / sizeof *specials)

/* Names of fields, and what a text can be, in the schema; in its order, so that a seed repeats a session. */
static struct vocabulary {
    const char *names[WORDS_MAX], *words[WORDS_MAX];
    size_t name_count, word_count;
} vocabulary;

static void add_word(const char **words, size_t *count, const char *word)
{
    for (size_t i = 0; i < *count; i++)
        if (!strcmp(words[i], word))
            return;
    require(*count < WORDS_MAX);
    words[(*count)++] = word;
}

static void learn_words(const cJSON *schema)
{
    for (const cJSON *child = schema->child; child; child = child->next) {
        bool is_properties = child->string && !strcmp(child->string, "properties");
        bool is_words = child->string && (!strcmp(child->string, "enum") || !strcmp(child->string, "const"));

        for (const cJSON *field = is_properties ? child->child : NULL; field; field = field->next)
            add_word(vocabulary.names, &vocabulary.name_count, field->string);
        for (const cJSON *word = is_words ? child->child : NULL; word; word = word->next)
            if (cJSON_IsString(word))
                add_word(vocabulary.words, &vocabulary.word_count, word->valuestring);
        if (is_words && cJSON_IsString(child))
            add_word(vocabulary.words, &vocabulary.word_count, child->valuestring);
        learn_words(child);
    }
}

static void learn_vocabulary(void)
{
    static cJSON *schema; /* holds the texts */

    if (schema)
        return;
    schema = schema_of_scenario(&scenario_params, &component_params, model_registry);
    require(schema != NULL);
    learn_words(schema);
    require(vocabulary.name_count > 0 && vocabulary.word_count > 0);
}

static size_t count_values(const cJSON *tree)
{
    size_t count = 1;

    for (const cJSON *child = tree->child; child; child = child->next)
        count += count_values(child);
    return count;
}

/* The index-th value of a tree, in depth first order, with what holds it. */
static cJSON *find_value(cJSON *tree, size_t *index, cJSON **parent)
{
    for (cJSON *child = tree->child; child; child = child->next) {
        cJSON *found;

        *parent = tree;
        if ((*index)-- == 0)
            return child;
        found = find_value(child, index, parent);
        if (found)
            return found;
    }
    return NULL;
}

static cJSON *choose_value(cJSON *tree, unsigned draw, cJSON **parent)
{
    size_t index = draw % count_values(tree);

    return find_value(tree, &index, parent);
}

/* A value from elsewhere in the tree, a word of the schema or a special one. */
static cJSON *make_value(cJSON *tree, unsigned draw)
{
    unsigned which = draw * 2654435761u >> 7;
    cJSON *parent, *other;

    switch (draw % 8) {
    case 0:
    case 1:
    case 2:
        other = choose_value(tree, which, &parent);
        return other ? cJSON_Duplicate(other, true) : NULL;
    case 3:
    case 4:
        return cJSON_CreateString(vocabulary.words[which % vocabulary.word_count]);
    default:
        return cJSON_Parse(specials[which % SPECIAL_COUNT]);
    }
}

/* A field that the schema knows somewhere, in an object where it may or may not be known. */
static void add_field(cJSON *object, const char *name, cJSON *value)
{
    if (value && (cJSON_HasObjectItem(object, name) || !cJSON_AddItemToObject(object, name, value)))
        cJSON_Delete(value);
}

static void mutate_tree(cJSON *tree, unsigned seed)
{
    cJSON *parent = NULL, *value = choose_value(tree, seed >> 8, &parent), *put;

    if (!value)
        return;
    if (seed % 8 == 0) {
        cJSON_Delete(cJSON_DetachItemViaPointer(parent, value));
        return;
    }
    put = make_value(tree, seed / 8 * 3266489917u >> 3);
    if (seed % 8 <= 3 && cJSON_IsObject(parent)) {
        add_field(parent, vocabulary.names[(seed >> 5) % vocabulary.name_count], put);
        return;
    }
    if (put && value->string) {
        cJSON_free(put->string);
        put->string = strdup(value->string);
        put->type &= ~cJSON_StringIsConst;
    }
    if (put && !cJSON_ReplaceItemViaPointer(parent, value, put))
        cJSON_Delete(put);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
    cJSON *tree = seed % 16 ? cJSON_ParseWithLength((const char *)data, size) : NULL;
    char *text;
    size_t length;

    learn_vocabulary();
    if (!tree)
        return LLVMFuzzerMutate(data, size, size_max);
    for (unsigned i = 0; i <= seed % 3; i++)
        mutate_tree(tree, seed * 747796405u + i * 2891336453u);
    text = cJSON_PrintUnformatted(tree);
    cJSON_Delete(tree);
    length = text ? strlen(text) : 0;
    if (length > 0 && length <= size_max)
        memcpy(data, text, length);
    else
        length = LLVMFuzzerMutate(data, size, size_max);
    cJSON_free(text);
    return length;
}
