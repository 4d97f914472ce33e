/* param_warning.c - what a model's own check finds odd, and no mistake; see param.h. */
#include <stdarg.h>
#include <stdio.h>

#include "models/param_problems.h"

void param_warning(struct param_problems *problems, const char *path, const char *help, const char *format,
                   ...)
{
    char message[512];
    va_list arguments;

    if (!problems->warn)
        return;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    problems->warn(problems, path, help, message);
}
