/* data_center.h - the configuration of a site that has a copy of other components; see data_center.c. */
#ifndef MODELS_DATA_CENTER_H
#define MODELS_DATA_CENTER_H

#include "models/model.h"

struct data_center_member {
    const char *component; /* of the scenario */
};

struct data_center_config {
    struct param_list components; /* of struct data_center_member */
};

extern const struct model_type data_center_model;

/* Whether a component is one of the site's copies: "seoul/web" of "seoul". */
bool data_center_has(const char *site, const char *component);

#endif
