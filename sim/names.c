/* names.c - how outputs call an instance; see component_label(). */
#include <stdio.h>
#include <string.h>

#include "sim/component.h"

char *component_label(const struct component *self, char *text, size_t size)
{
    const struct group *group = self->group, *parent = group->parent;
    uint32_t each = group->each;
    char whole[128];

    if (!each || !parent || parent->count == 1) {
        snprintf(text, size, group->count > 1 ? "%s[%u]" : "%s", group->name, self->instance);
        return text;
    }
    component_label(parent->instances[self->instance / each], whole, sizeof whole);
    snprintf(text, size, each > 1 ? "%s.%s[%u]" : "%s.%s", whole, group->name + strlen(parent->name) + 1,
             self->instance % each);
    return text;
}
