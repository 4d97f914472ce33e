/* Fuzzing the JSON scanner (libFuzzer): what it accepts, cJSON accepts, and every value of cJSON's tree is
 * found in the text by its pointer; what it refuses has a place inside of the text and a message.
 *
 *     clang -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz/fuzz_json.c \
 *         app/json_scan.c app/json_fault.c app/json_locate.c app/source_text.c -lcjson -lm -o fuzz_json
 *     ./fuzz_json tests/json_corpus/accept tests/json_corpus/refuse
 *
 * libFuzzer adds what it finds to the first folder: give it an empty one in front to keep the corpus clean.
 */
#include "app/json_locate.h"
#include "app/json_scan.h"
#include "app/source_text.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define POINTER_SIZE 4096
#define VALUES_MAX 200 /* looked up in a text: each look-up is a walk */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* What stands at the pointer must parse to the same value. (cJSON_Compare() would take time exponential in
 * the depth of objects.) */
static void check_place(const char *text, size_t size, const char *pointer, const cJSON *value)
{
    struct json_location location;
    cJSON *again;
    char *expected, *found;

    require(json_locate(text, size, pointer, &location));
    require(location.value_offset + location.value_length <= size);
    again = cJSON_ParseWithLength(text + location.value_offset, location.value_length);
    expected = cJSON_PrintUnformatted(value);
    found = cJSON_PrintUnformatted(again);
    require(expected && found && strcmp(expected, found) == 0);
    cJSON_free(expected);
    cJSON_free(found);
    cJSON_Delete(again);
}

/* Every value below, as deep as the scanner lets texts be. */
static void check_places(const char *text, size_t size, char *pointer, const cJSON *value, size_t *budget)
{
    size_t length = strlen(pointer), index = 0;

    if (*budget == 0)
        return;
    --*budget;
    check_place(text, size, pointer, value);
    for (const cJSON *child = value->child; child; child = child->next) {
        bool fits = cJSON_IsObject(value) ? json_pointer_append(pointer, POINTER_SIZE, child->string)
                                          : json_pointer_append_index(pointer, POINTER_SIZE, index++);

        if (fits)
            check_places(text, size, pointer, child, budget);
        pointer[length] = '\0';
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    char pointer[POINTER_SIZE] = "";
    size_t budget = VALUES_MAX;
    struct json_fault fault;
    struct source_position position;
    cJSON *tree;

    switch (json_scan(text, size, &fault)) {
    case JSON_SCAN_VALID:
        tree = cJSON_ParseWithLength(text, size);
        require(tree != NULL);
        check_places(text, size, pointer, tree, &budget);
        cJSON_Delete(tree);
        break;
    case JSON_SCAN_INVALID:
        require(fault.offset <= size && fault.length >= 1 && fault.message[0]);
        position = source_position(text, size, fault.offset);
        require(position.line >= 1 && position.column >= 1 && position.column <= size + 1);
        break;
    case JSON_SCAN_OUT_OF_MEMORY:
        break;
    }
    return 0;
}
