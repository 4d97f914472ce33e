/* schema.h - the JSON Schema (draft-07) of a scenario, for editors: completion, help, errors.
 *
 * Made from the parameter tables alone, so it cannot disagree with the reader about fields, kinds, words,
 * choices, verbs and plain numbers' bounds. It refuses nothing that the reader accepts. Left to the reader:
 * bounds of quantities beyond "not zero" and "at most 100%" ("5ms" is a string to a schema), what names refer
 * to, what a model checks itself.
 *
 * Each table becomes a definition, named by the type and path of its first use ("web_server.handlers"), and
 * one with ".patch" behind it for variants: nothing required, null removes, lists are replaced whole.
 *
 * Source: JSON Schema Validation, draft-07 (A. Wright, H. Andrews, G. Luff, 2018).
 */
#ifndef APP_SCHEMA_H
#define APP_SCHEMA_H

#include "models/model.h"

#include <cjson/cJSON.h>

/* top: fields of the scenario itself; "$schema", "components", "variants" and "expect" are added unless they
 * are rows. common: fields of every component beside its type's own, or NULL; a row "count" is for types that
 * take it, a row "type" is passed over. types: ended by NULL, hidden ones are left out (model_registry).
 * The tree is the caller's; NULL: out of memory. */
cJSON *schema_of_scenario(const struct param_table *top, const struct param_table *common,
                          const struct model_type *const *types);

#endif
