#include "models/repeats.h"

#include "models/row_table.h"

static const struct param_row rows[] = {
    PARAM_REFERENCE(struct repeats_config, data, .refers_to = PARAM_REFERS_DATA,
                    .help = "The table whose rows are repeated."),
    PARAM_COUNT(struct repeats_config, rows, .default_text = "1", .min = 1, .max = REPEATS_MAX,
                .help = "How many rows of it each row repeats. How often each of them is repeated follows "
                        "from the numbers of rows."),
    PARAM_END
};

const struct param_table repeats_params = { .rows = rows,
                                            .size = sizeof(struct repeats_config),
                                            .help = "rows of another table that rows of this one repeat" };

/* What a run knows of them. */
struct repeated_rows {
    struct repeats *tables; /* by number of the data set; those with `each` above 0 */
    struct row_table copies; /* by place: the version that it says */
};

static struct repeated_rows *make(struct sim *sim)
{
    const struct environment *environment = environment_of(sim);
    struct repeated_rows *made = memory_alloc(&sim->memory, sizeof *made);

    made->tables = memory_alloc_array(&sim->memory, environment->data_set_count + 1, sizeof *made->tables);
    for (size_t i = 0; i < environment->data_set_count; i++) {
        const struct data_set_config *data = &environment->data_sets[i];
        struct repeats *table = &made->tables[i + 1];

        if (!data->repeats)
            continue;
        table->data = (uint16_t)(i + 1);
        table->of = environment_data_set(environment, data->repeats->data);
        table->each = (uint16_t)data->repeats->rows;
        table->rows = (uint64_t)data->rows;
        table->source_rows = (uint64_t)environment->data_sets[table->of - 1].rows;
        permutation_init(&table->places, table->rows * table->each,
                         rng_key(sim->seed, data->name, "repeats"));
    }
    return made;
}

static struct repeated_rows *repeated_rows_of(struct sim *sim)
{
    struct repeated_rows **made = rows_repeated(sim);

    if (!*made)
        *made = make(sim);
    return *made;
}

const struct repeats *repeats_of(struct sim *sim, uint16_t data)
{
    if (!data || !environment_of(sim)->data_sets[data - 1].repeats)
        return NULL;
    return &repeated_rows_of(sim)->tables[data];
}

bool repeats_any(const struct sim *sim)
{
    const struct environment *environment = environment_of(sim);

    for (size_t i = 0; i < environment->data_set_count; i++)
        if (environment->data_sets[i].repeats)
            return true;
    return false;
}

static uint64_t copies_of(struct sim *sim, uint16_t of)
{
    size_t count = environment_of(sim)->data_set_count;
    uint64_t copies = 0;

    for (size_t data = 1; data <= count; data++) {
        const struct repeats *table = repeats_of(sim, (uint16_t)data);

        if (table && table->of == of)
            copies += (table->places.count + table->source_rows - 1) / table->source_rows;
    }
    return copies;
}

uint64_t repeats_most(struct sim *sim)
{
    size_t count = environment_of(sim)->data_set_count;
    uint64_t most = 0;

    for (size_t of = 1; of <= count; of++) {
        uint64_t copies = copies_of(sim, (uint16_t)of);

        most = copies > most ? copies : most;
    }
    return most;
}

bool repeats_copy(const struct repeats *repeats, uint64_t source, uint64_t index, uint64_t *row,
                  uint16_t *place)
{
    uint64_t dealt, position = source + index * repeats->source_rows;

    if (source >= repeats->source_rows || position >= repeats->places.count)
        return false;
    dealt = permutation_map(&repeats->places, position);
    *row = dealt / repeats->each;
    *place = (uint16_t)(dealt % repeats->each);
    return true;
}

static uint64_t place_number(const struct repeats *repeats, uint64_t row, uint16_t place)
{
    return row * repeats->each + place;
}

uint64_t repeats_source(const struct repeats *repeats, uint64_t row, uint16_t place)
{
    return permutation_inverse(&repeats->places, place_number(repeats, row, place)) % repeats->source_rows;
}

void repeats_written(struct sim *sim, const struct repeats *repeats, uint64_t row, uint16_t place,
                     uint32_t version)
{
    row_table_raise_to(&repeated_rows_of(sim)->copies, &sim->memory,
                       row_id(repeats->data, place_number(repeats, row, place)), version);
}

bool repeats_is_stale(struct sim *sim, const struct repeats *repeats, uint64_t row)
{
    const struct row_table *copies = &repeated_rows_of(sim)->copies;

    if (row >= repeats->rows)
        return false;
    for (uint16_t place = 0; place < repeats->each; place++) {
        uint32_t newest = row_version(sim, repeats->of, repeats_source(repeats, row, place));

        if (newest && /* most rows have not been changed: no need to look */
            row_table_look(copies, row_id(repeats->data, place_number(repeats, row, place))).version < newest)
            return true;
    }
    return false;
}
