/* param_file.c - values that name a file beside the scenario, such as recorded arrivals or samples of a
 * law. A name that does not begin with "/" counts from the scenario's folder. */
#include "app/param_value.h"

#include <stdio.h>

bool param_read_file(struct param_context *context, const cJSON *value, const char *wanted,
                     bool (*parse)(struct param_context *context, const struct source_text *text, void *slot),
                     void *slot)
{
    char name[PARAM_PATH_SIZE], error[160];
    bool is_relative = context->folder && cJSON_IsString(value) && value->valuestring[0] != '/';
    struct source_text text;
    bool good;

    if (!cJSON_IsString(value))
        return param_error_type(context, value, wanted, NULL);
    if (snprintf(name, sizeof name, "%s%s%s", is_relative ? context->folder : "", is_relative ? "/" : "",
                 value->valuestring) >= (int)sizeof name)
        return param_error(context, JSON_PART_VALUE, NULL, "is too long for the name of a file");
    switch (source_text_read(&text, name, error, sizeof error)) {
    case SOURCE_TEXT_OK:
        good = parse(context, &text, slot);
        source_text_deinit(&text);
        return good;
    case SOURCE_TEXT_UNREADABLE:
        return param_error(context, JSON_PART_VALUE, NULL, "cannot read %s: %s", name, error);
    case SOURCE_TEXT_OUT_OF_MEMORY:
        break;
    }
    return param_no_memory(context);
}
