#include "models/param_problems.h"

#include <stdarg.h>
#include <stdio.h>

void param_problem(struct param_problems *problems, const char *path, const char *help, const char *format,
                   ...)
{
    char message[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    problems->report(problems, path, help, message);
}
