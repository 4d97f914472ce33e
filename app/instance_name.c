#include "app/instance_name.h"

#include <stdio.h>
#include <string.h>

#define OF_EVERY_INSTANCE "requests.share" /* a metric that only they have */

bool instance_base(const char *name, char *base)
{
    size_t length = 0;
    bool inside = false, any = false;

    for (; *name && length + 1 < INSTANCE_NAME_SIZE; name++) {
        inside |= *name == '[';
        any |= inside;
        if (!inside)
            base[length++] = *name;
        else if (*name == ']')
            inside = false;
    }
    base[length] = '\0';
    return any;
}

static bool is_there(const struct results *results, const char *name)
{
    return results_find(results, name, OF_EVERY_INSTANCE);
}

/* The index-th part of the instances of a component, each of which has so many of them. */
static void name_part(const char *component, const char *part, int index, int each, char *name)
{
    int length = (int)(part - component) - 1;

    if (each == 1)
        snprintf(name, INSTANCE_NAME_SIZE, "%.*s[%d].%s", length, component, index, part);
    else
        snprintf(name, INSTANCE_NAME_SIZE, "%.*s[%d].%s[%d]", length, component, index / each, part,
                 index % each);
}

bool instance_name(const struct results *results, const char *component, int index, char *name)
{
    const char *dot = strrchr(component, '.'), *part = dot ? dot + 1 : NULL;
    int each = 0;

    snprintf(name, INSTANCE_NAME_SIZE, "%s[%d]", component, index);
    if (is_there(results, name) || !part)
        return is_there(results, name);
    name_part(component, part, 0, 1, name);
    if (is_there(results, name)) {
        each = 1;
    } else {
        do
            snprintf(name, INSTANCE_NAME_SIZE, "%.*s[0].%s[%d]", (int)(dot - component), component, part,
                     each);
        while (is_there(results, name) && ++each);
    }
    if (!each)
        return false;
    name_part(component, part, index, each, name);
    return is_there(results, name);
}
