/* merge_patch.h - JSON Merge Patch: a variant of a scenario is the scenario with a patch applied.
 *
 * What a patch names replaces what is there; objects are merged member by member, arrays are replaced
 * whole, null removes. Names count with their case. Members that stay keep their place, new ones are
 * appended in the order of the patch. Trees come from checked texts: no name twice in an object, at most
 * JSON_DEPTH_MAX levels, which bounds the recursion.
 *
 * Cost: O(n + p log k) for a target of n values, a patch of p and objects of k members.
 *
 * Source: RFC 7396 (JSON Merge Patch, P. Hoffman and J. Snell, 2014), section 2.
 */
#ifndef APP_MERGE_PATCH_H
#define APP_MERGE_PATCH_H

#include <cjson/cJSON.h>

/* A new tree, the caller's: `target` with `patch` applied. Both stay as they are, and nothing is shared with
 * them. NULL: out of memory. */
cJSON *merge_patch(const cJSON *target, const cJSON *patch);

#endif
