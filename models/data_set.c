/* data_set.c - see data_set.h.
 *
 * Randomness: a choice draws from (component, purpose, number), whether it is a hot row from a key beside
 * that one: the requests that a hot row does not take ask for the same rows as without it. Ranks: (data set,
 * "ranks"). Shares of hot rows that add up to more than 1 are cut in the order of the list; a hot row also
 * gets what its rank gives.
 */
#include "models/data_set.h"

#include <math.h>

#include "models/column.h"
#include "models/repeats.h"
#include "models/row_table.h"

static const struct param_choice popularity_choices[] = {
    { "uniform", POPULARITY_UNIFORM, "every row is asked for equally often" },
    { "zipf", POPULARITY_ZIPF, "the row of rank k is asked for in proportion to k^-exponent" },
    { NULL, 0, NULL },
};

static const struct param_choice rank_choices[] = {
    { "shuffled", RANKS_SHUFFLED, "popular rows lie anywhere, in each replication elsewhere" },
    { "in_order", RANKS_IN_ORDER,
      "row 0 is the most popular, row 1 the next: neighbours are popular together" },
    { NULL, 0, NULL },
};

static const struct param_row hot_rows[] = {
    PARAM_COUNT(struct hot_row_config, row, .max = 1e14, .help = "Number of the row, counted from 0."),
    PARAM_FRACTION(
        struct hot_row_config, share, .max = 1,
        .help = "Part of all choices that fall on this row, before popularity decides about the others."),
    PARAM_END
};

const struct param_table hot_row_params = { .rows = hot_rows,
                                            .size = sizeof(struct hot_row_config),
                                            .help = "a celebrity: one row that takes a share of all "
                                                    "requests" };

static const struct param_row rows[] = {
    PARAM_COUNT(struct data_set_config, rows, .min = 1, .max = 1e14,
                .help = "How many rows there are at the start; they have the numbers from 0 on."),
    PARAM_BYTES(struct data_set_config, row_size, .default_text = "\"1KB\"", .min = 1, .max = 1e9,
                .help = "What one row takes on disk, in memory and on the network.",
                .source = "Cooper et al., Benchmarking Cloud Serving Systems with YCSB, 2010: records of 1 "
                          "KB"),
    PARAM_COUNT(struct data_set_config, columns, .default_text = "10", .min = 1, .max = 1e6,
                .help = "How many columns a row has, all of one size: of which a step may ask for some.",
                .source = "Cooper et al., Benchmarking Cloud Serving Systems with YCSB, 2010: ten fields of "
                          "100 bytes"),
    PARAM_MAP(struct data_set_config, column_values, .default_text = "{}", .max = COLUMNS_MAX,
              .table = &column_params,
              .help = "Columns by name, and what each row has in them: those that decide where a sharded "
                      "database keeps a row, and those that rows are looked for by (`where`, `on`), each "
                      "with an index."),
    PARAM_CHOICE(struct data_set_config, popularity, .default_text = "\"zipf\"",
                 .choices = popularity_choices, .help = "How requests are spread over the rows."),
    PARAM_REAL(struct data_set_config, exponent, .default_text = "0.99", .max = 10,
               .help = "How steep Zipf's law is: at 0 all rows are alike, at 1 the second row is asked half "
                       "as often as the first.",
               .source = "Cooper et al., Benchmarking Cloud Serving Systems with YCSB, 2010: 0.99"),
    PARAM_CHOICE(struct data_set_config, ranks, .default_text = "\"shuffled\"", .choices = rank_choices,
                 .help = "Which row has which rank of popularity."),
    PARAM_LIST(struct data_set_config, hot_rows, .default_text = "[]", .table = &hot_row_params,
               .help = "Single rows that take a share of all requests on top of what the law gives them."),
    PARAM_OPTIONAL(struct data_set_config, repeats, struct repeats_config, .default_text = "\"none\"",
                   .word = "none", .table = &repeats_params,
                   .help = "Rows of another table that each row repeats, so that one read finds all: a "
                           "denormalised table. A step `write_copies` keeps it up to date."),
    PARAM_END
};

const struct param_table data_set_params = { .rows = rows,
                                             .size = sizeof(struct data_set_config),
                                             .help = "rows of one kind, and how popular each is" };

void data_set_ranks(struct permutation *permutation, const struct sim *sim,
                    const struct data_set_config *data)
{
    permutation_init(permutation, (uint64_t)data->rows, rng_key(sim->seed, data->name, "ranks"));
}

/* By which rows are drawn. */
struct rank_law {
    struct rank_law *next;
    struct zipf_curve curve;
};

/* What a run knows of its rows. */
struct truth {
    struct row_table rows;
    uint64_t written; /* bit n: a data set whose number is n modulo 64 has been written */
    struct row_watcher *watchers;
    struct rank_law *rank_laws;
    struct repeated_rows *repeated;
    bool has_copies;
};

static struct truth *truth_of(struct sim *sim)
{
    if (!sim->truth)
        sim->truth = memory_alloc(&sim->memory, sizeof(struct truth));
    return sim->truth;
}

/* The ranks of that law, made when nobody draws by it yet. */
static const struct zipf_curve *ranks_of(struct sim *sim, uint64_t count, double exponent)
{
    struct truth *truth = truth_of(sim);
    struct rank_law *law = truth->rank_laws;

    while (law && (law->curve.law.count != count || law->curve.law.exponent != exponent))
        law = law->next;
    if (!law) {
        law = memory_alloc(&sim->memory, sizeof *law);
        zipf_curve_init(&law->curve, count, exponent);
        law->next = truth->rank_laws;
        truth->rank_laws = law;
    }
    return &law->curve;
}

void row_chooser_init(struct row_chooser *chooser, struct group *owner, const char *purpose,
                      const struct data_set_config *data, int popularity, double exponent,
                      const struct param_list *hot)
{
    if (!hot || hot->count == 0)
        hot = &data->hot_rows;
    *chooser = (struct row_chooser){
        .rows = (uint64_t)data->rows,
        .popularity = popularity < 0 ? data->popularity : popularity,
        .shuffled = data->ranks == RANKS_SHUFFLED,
        .draw_key = rng_key(owner->sim->seed, owner->name, purpose),
        .hot_count = hot->count,
        .hot = hot->items,
    };
    if (chooser->popularity == POPULARITY_ZIPF)
        chooser->ranks = ranks_of(owner->sim, chooser->rows, isnan(exponent) ? data->exponent : exponent);
    if (chooser->shuffled)
        data_set_ranks(&chooser->permutation, owner->sim, data);
}

uint64_t row_chooser_ranked(const struct row_chooser *chooser, uint64_t rank)
{
    return chooser->shuffled ? permutation_map(&chooser->permutation, rank - 1) : rank - 1;
}

/* True when a hot row takes the request. */
static bool choose_hot(const struct row_chooser *chooser, uint64_t number, uint64_t *row)
{
    struct rng rng = rng_for_request(~chooser->draw_key, number);
    double left = rng_uniform(&rng);

    for (size_t i = 0; i < chooser->hot_count; i++) {
        if (left < chooser->hot[i].share) {
            *row = (uint64_t)chooser->hot[i].row;
            return true;
        }
        left -= chooser->hot[i].share;
    }
    return false;
}

uint64_t row_chooser_choose(const struct row_chooser *chooser, uint64_t number)
{
    struct rng rng = rng_for_request(chooser->draw_key, number);
    uint64_t row;

    if (chooser->hot_count && choose_hot(chooser, number, &row))
        return row;
    if (chooser->popularity == POPULARITY_UNIFORM) /* shuffled or not, all rows are alike */
        return rng_below(&rng, chooser->rows);
    return row_chooser_ranked(chooser, zipf_curve_sample(chooser->ranks, &rng));
}

/* ---- truth ---- */

static uint64_t written_bit(uint16_t data)
{
    return UINT64_C(1) << data % 64;
}

uint32_t row_version(const struct sim *sim, uint16_t data, uint64_t row)
{
    const struct truth *truth = sim->truth;

    if (!truth || !(truth->written & written_bit(data))) /* most data is only read: no need to look */
        return 0;
    return row_table_look(&truth->rows, row_id(data, row)).version;
}

void row_expect(const struct sim *sim, uint16_t data, uint64_t row)
{
    const struct truth *truth = sim->truth;

    if (truth && truth->written & written_bit(data))
        row_table_prefetch(&truth->rows, row_id(data, row));
}

uint32_t row_commit(struct sim *sim, uint16_t data, uint64_t row)
{
    struct truth *truth = truth_of(sim);
    uint32_t version = row_table_raise(&truth->rows, &sim->memory, row_id(data, row));

    truth->written |= written_bit(data);
    for (const struct row_watcher *watcher = truth->watchers; watcher; watcher = watcher->next)
        watcher->on_commit(watcher->self, data, row);
    return version;
}

void rows_have_copies(struct sim *sim)
{
    truth_of(sim)->has_copies = true;
}

bool rows_are_copied(const struct sim *sim)
{
    const struct truth *truth = sim->truth;

    return truth && truth->has_copies;
}

struct repeated_rows **rows_repeated(struct sim *sim)
{
    return &truth_of(sim)->repeated;
}

void row_watch(struct sim *sim, struct row_watcher *watcher)
{
    struct row_watcher **end = &truth_of(sim)->watchers;

    while (*end)
        end = &(*end)->next;
    *end = watcher;
}
