/* data_set.h - rows that requests are about, and how requests choose among them.
 *
 * A data set has rows 0 to rows-1. Popularity is a law over ranks (Zipf, uniform); which row has which rank
 * is a keyed permutation, so that popular rows lie anywhere, or the identity when asked. Hot rows take their
 * share of the choices first: a celebrity. The choice of a request is a function of its number, so every
 * architecture sees the same user ask for the same row.
 */
#ifndef MODELS_DATA_SET_H
#define MODELS_DATA_SET_H

#include <stdint.h>

#include "models/param.h"
#include "sim/permutation.h"
#include "sim/sim.h"
#include "sim/zipf_curve.h"

enum popularity { POPULARITY_UNIFORM, POPULARITY_ZIPF };
enum rank_order { RANKS_SHUFFLED, RANKS_IN_ORDER };

struct hot_row_config {
    int64_t row;
    double share; /* of the choices, 0..1 */
};

struct data_set_config {
    const char *name;
    int64_t rows;
    int64_t row_size;        /* bytes */
    int64_t columns;         /* of equal size */
    struct param_list column_values; /* of struct column_config: those that have names; see column.h */
    int popularity;          /* enum popularity */
    double exponent;         /* of Zipf */
    int ranks;               /* enum rank_order */
    struct param_list hot_rows; /* of struct hot_row_config */
    const struct repeats_config *repeats; /* rows of another table, see repeats.h; NULL: none */
};

/* Of one entry of "data" in a scenario. */
extern const struct param_table data_set_params;
/* Of one entry of "hot_rows", here and in request classes. */
extern const struct param_table hot_row_params;

/* Chooses rows for one purpose: a data set with what a request class says otherwise. */
struct row_chooser {
    uint64_t rows;
    int popularity;
    bool shuffled;
    const struct zipf_curve *ranks; /* of the run, one for all who draw by the same law; NULL: uniform */
    struct permutation permutation;
    uint64_t draw_key;
    size_t hot_count;
    const struct hot_row_config *hot; /* the configuration's */
};

/* popularity < 0, exponent NaN, hot->count 0: as the data set says. purpose names the
 * draws within `owner`. */
void row_chooser_init(struct row_chooser *chooser, struct group *owner, const char *purpose,
                      const struct data_set_config *data, int popularity, double exponent,
                      const struct param_list *hot);

/* The row that request `number` is about. */
uint64_t row_chooser_choose(const struct row_chooser *chooser, uint64_t number);

/* The row of popularity rank `rank`, from 1 (hot rows aside): what a warm cache holds. */
uint64_t row_chooser_ranked(const struct row_chooser *chooser, uint64_t rank);

/* The permutation that turns ranks of a data set into rows in this run, the same for every chooser. */
void data_set_ranks(struct permutation *permutation, const struct sim *sim,
                    const struct data_set_config *data);

/* ---- truth: rows that were ever written; one that never was costs nothing ---- */

/* Version of a row now: 0 until it is written first. */
uint32_t row_version(const struct sim *sim, uint16_t data, uint64_t row);

/* Its version will be asked for in a while: fetches what that looks at. */
void row_expect(const struct sim *sim, uint16_t data, uint64_t row);

/* The row has been changed: returns its new version. */
uint32_t row_commit(struct sim *sim, uint16_t data, uint64_t row);

/* Stores of this run have copies of each other's rows, and bring changes in. For wiring; and whether. */
void rows_have_copies(struct sim *sim);
bool rows_are_copied(const struct sim *sim);

/* Where repeats.h keeps what it knows of the run; NULL at first. */
struct repeated_rows **rows_repeated(struct sim *sim);

/* Somebody who is told of every change, as soon as it is made. */
struct row_watcher {
    void (*on_commit)(struct component *self, uint16_t data,
                      uint64_t row); /* calls none of the verbs on requests of others */
    struct component *self;
    struct row_watcher *next;
};

/* Adds a watcher, the caller's and zeroed but for its first two members; they are told in the order in
 * which they came. */
void row_watch(struct sim *sim, struct row_watcher *watcher);

#endif
