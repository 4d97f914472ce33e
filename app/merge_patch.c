#include "app/merge_patch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The members that an object has before it is patched, by name: cJSON's own look-up walks a list. */
struct member_index {
    cJSON **members;
    size_t count;
};

static int compare_members(const void *a, const void *b)
{
    return strcmp((*(cJSON *const *)a)->string, (*(cJSON *const *)b)->string);
}

static bool index_init(struct member_index *index, const cJSON *object)
{
    cJSON *member;

    index->count = 0;
    cJSON_ArrayForEach(member, object)
        index->count++;
    index->members = malloc((index->count + 1) * sizeof(cJSON *));
    if (!index->members)
        return false;
    index->count = 0;
    cJSON_ArrayForEach(member, object)
        index->members[index->count++] = member;
    qsort(index->members, index->count, sizeof(cJSON *), compare_members);
    return true;
}

static cJSON *index_find(const struct member_index *index, const char *name)
{
    size_t low = 0, high = index->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(index->members[middle]->string, name);

        if (order == 0)
            return index->members[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
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
    struct member_index index;
    const cJSON *change;
    bool merged = true;

    if (!index_init(&index, object))
        return false;
    cJSON_ArrayForEach(change, patch) {
        merged = merge_member(object, index_find(&index, change->string), change);
        if (!merged)
            break;
    }
    free(index.members);
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
