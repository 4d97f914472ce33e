/* catalog.h - host sizes with their prices, from the catalog that is built in or from a file
 * that replaces it. */
#ifndef APP_CATALOG_H
#define APP_CATALOG_H

#include "app/arena.h"
#include "app/diagnostics.h"
#include "models/host.h"

/* The built-in catalog, models/catalog/hosts.json as a string. */
extern const char catalog_text[];

/* Reads the sizes into the arena. path: NULL or "" for the built-in one. False: errors were
 * told, or *out_of_memory. */
bool catalog_read(const char *path, struct arena *arena, struct diagnostics *diagnostics,
                  const struct host_config **sizes, size_t *count, bool *out_of_memory);

#endif
