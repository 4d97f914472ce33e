/* reference.h - what component types are and take, for people: on a terminal and in docs/reference.md.
 *
 * Made from the registry's texts and tables alone, in their order: the same program writes the same bytes.
 * Terminal text fits 80 columns. Write errors stay in the stream for the caller to see.
 */
#ifndef APP_REFERENCE_H
#define APP_REFERENCE_H

#include "models/model.h"

#include <stdio.h>

/* All of one type: what it stands for, parameters, metrics. `scalesim models TYPE`. */
void reference_write_model(FILE *file, const struct model_type *type);

/* One line a type, hidden ones left out, and the metrics that every component has. `scalesim models`. */
void reference_write_list(FILE *file, const struct metric_row *common);

/* What a page is made of beside the registry; each may be NULL. */
struct reference_extra {
    const struct param_table *scenario;  /* fields of a scenario itself */
    const struct param_table *component; /* fields that every component has */
    const struct metric_row *metrics;    /* measured of every component; ended by a row without a name */
};

/* All types, as Markdown: docs/reference.md. extra may be NULL. */
void reference_write_markdown(FILE *file, const struct reference_extra *extra);

/* Whether a table, which may be NULL, has a row of that name. */
bool reference_has_metric(const struct metric_row *rows, const char *name);

/* What a row's value is, in short: `count or "unlimited"`. Returns text. */
char *reference_kind(const struct param_row *row, char *text, size_t size);

#endif
