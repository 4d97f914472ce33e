#include "app/merge_patch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int compare_members(const void *a, const void *b)
{
    return strcmp((*(cJSON *const *)a)->string, (*(cJSON *const *)b)->string);
}

/* The member of that name among `count` sorted ones, or NULL. */
static cJSON *find_member(cJSON *const *members, size_t count, const char *name)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(members[middle]->string, name);

        if (order == 0)
            return members[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static size_t count_members(const cJSON *object)
{
    size_t count = 0;

    for (const cJSON *member = object->child; member; member = member->next)
        count++;
    return count;
}

/* For each member of the patch, in order, the object's member of that name or NULL; the caller frees the
 * array. They are found before anything changes, for names die with their members, and by search in a
 * sorted array, for cJSON's own look-up walks a list. NULL: out of memory. */
static cJSON **find_targets(const cJSON *object, const cJSON *patch)
{
    size_t count = count_members(object), i = 0;
    cJSON **members = malloc((count + 1) * sizeof(cJSON *));
    cJSON **targets = malloc((count_members(patch) + 1) * sizeof(cJSON *));

    if (!members || !targets) {
        free(members);
        free(targets);
        return NULL;
    }
    for (cJSON *member = object->child; member; member = member->next)
        members[i++] = member;
    qsort(members, count, sizeof(cJSON *), compare_members);
    i = 0;
    for (const cJSON *member = patch->child; member; member = member->next)
        targets[i++] = find_member(members, count, member->string);
    free(members);
    return targets;
}

/* Puts `value`, which it takes over, in the place of `old` (NULL: at the end). */
static bool put(cJSON *object, cJSON *old, cJSON *value)
{
    bool done;

    if (!value)
        return false;
    done = old ? cJSON_ReplaceItemViaPointer(object, old, value)
               : cJSON_AddItemToObject(object, value->string, value);
    if (!done)
        cJSON_Delete(value);
    return done;
}

static bool merge_object(cJSON *object, const cJSON *patch);

/* Applies one member of a patch; `old` is the member of that name, or NULL. */
static bool merge_member(cJSON *object, cJSON *old, const cJSON *change)
{
    if (cJSON_IsNull(change)) {
        if (old)
            cJSON_Delete(cJSON_DetachItemViaPointer(object, old));
        return true;
    }
    if (!cJSON_IsObject(change))
        return put(object, old, cJSON_Duplicate(change, true));
    if (!cJSON_IsObject(old)) {
        cJSON *empty = cJSON_Duplicate(change, false); /* its name and kind, without members */

        if (!put(object, old, empty))
            return false;
        old = empty;
    }
    return merge_object(old, change);
}

static bool merge_object(cJSON *object, const cJSON *patch)
{
    cJSON **targets = find_targets(object, patch);
    const cJSON *change = patch->child;
    bool merged = true;

    if (!targets)
        return false;
    for (size_t i = 0; merged && change; change = change->next)
        merged = merge_member(object, targets[i++], change);
    free(targets);
    return merged;
}

cJSON *merge_patch(const cJSON *target, const cJSON *patch)
{
    cJSON *merged;

    if (!cJSON_IsObject(patch))
        return cJSON_Duplicate(patch, true);
    merged = cJSON_IsObject(target) ? cJSON_Duplicate(target, true) : cJSON_CreateObject();
    if (merged && !merge_object(merged, patch)) {
        cJSON_Delete(merged);
        return NULL;
    }
    return merged;
}
