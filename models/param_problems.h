/* param_problems.h - who hears of what a model's own checks find; see param_problem() in param.h. */
#ifndef MODELS_PARAM_PROBLEMS_H
#define MODELS_PARAM_PROBLEMS_H

#include "models/param.h"

struct param_problems {
    /* path: relative to the component; help may be NULL; the texts are gone when it returns. */
    void (*report)(struct param_problems *problems, const char *path, const char *help, const char *message);
    void (*warn)(struct param_problems *problems, const char *path, const char *help, const char *message);
};

#endif
