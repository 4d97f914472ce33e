#include "models/environment.h"

#include <string.h>

uint16_t environment_data_set(const struct environment *environment, const char *name)
{
    for (size_t i = 0; name && environment && i < environment->data_set_count; i++)
        if (!strcmp(environment->data_sets[i].name, name))
            return (uint16_t)(i + 1);
    return 0;
}
