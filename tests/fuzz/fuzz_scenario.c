/* Fuzzing the reader of scenarios (libFuzzer): any bytes are read as a file; either they are a scenario and
 * nothing is told, or there is at least one error, and all of them can be printed. Nothing is run but the
 * trial that every reading wires.
 *
 *     cmake -S . -B fuzz -DCMAKE_C_COMPILER=clang -DSCALESIM_FUZZ=ON && cmake --build fuzz --target fuzz
 *     fuzz/tests/fuzz_scenario -max_len=8192 NEW_FOLDER scenarios tests/bad_scenarios
 *
 * Memory: texts of TEXT_SIZE_MAX bytes at most, a trial of MEMORY_BUDGET at most; what counts and sizes in a
 * scenario ask for beyond that is refused as it is on a small machine.
 */
#include "app/scenario.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TEXT_SIZE_MAX 65536
#define MEMORY_BUDGET (UINT64_C(64) << 20) /* bytes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
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
    return 0;
}
