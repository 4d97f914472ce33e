/* instance_name.h - names of instances in results: "web[2]", and "db.shard[3].replica[1]" of one that is part of
 * another instance. The component they are of has the name without brackets: "db.shard.replica". */
#ifndef APP_INSTANCE_NAME_H
#define APP_INSTANCE_NAME_H

#include "app/results.h"

#define INSTANCE_NAME_SIZE 192

/* Writes the name of the component to `base` (INSTANCE_NAME_SIZE). False: it is no instance. */
bool instance_base(const char *name, char *base);

/* Writes the name of the index-th instance of a component to `name` (INSTANCE_NAME_SIZE). False: there is
 * none. */
bool instance_name(const struct results *results, const char *component, int index, char *name);

#endif
