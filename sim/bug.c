#include "sim/bug.h"

#include <stdio.h>
#include <stdlib.h>

void bug_tell(const char *what, const char *file, int line)
{
    fprintf(stderr, "scalesim: bug: %s:%d: %s\n", file, line, what);
}

_Noreturn void bug_exit(const char *what, const char *file, int line)
{
    bug_tell(what, file, line);
    _Exit(BUG_STATUS);
}
