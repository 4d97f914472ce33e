/* business.h - figures of the business, from what users did: see business.c. */
#ifndef MODELS_BUSINESS_H
#define MODELS_BUSINESS_H

#include "models/model.h"

/* `business` of a monitor. */
struct business_config {
    const char *users; /* component */
    int64_t day;       /* ns */
};

#define BUSINESS_PART "business"

extern const struct param_table business_params;
extern const struct model_type business_model;

/* What is wrong with it once wired; paths are relative to the monitor. */
void business_check_wired(const struct group *monitor, const struct business_config *config,
                          struct param_problems *problems);

#endif
