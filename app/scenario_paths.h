/* scenario_paths.h - every path of a scenario that --set takes, for people. */
#ifndef APP_SCENARIO_PATHS_H
#define APP_SCENARIO_PATHS_H

#include <stdio.h>

#include "app/scenario.h"

/* A line for each: path, kind, default. Fields of the scenario first, then of each component, also of
 * those that only a variant has. Made from the parameter tables, so what is listed is what is read. Write
 * errors stay in the stream. */
void scenario_paths_write(FILE *file, const struct scenario *scenario);

#endif
