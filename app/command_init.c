#include "app/command_init.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "app/command_common.h"
#include "app/output.h"

/* app/starter.json, made into a string by the build. */
extern const char starter_text[];

static int cannot_write(struct diagnostics *diagnostics, const char *path, int error)
{
    diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL, NULL, "%s cannot be written: %s",
                    path, strerror(error));
    return output_is_machine_error(error) ? EXIT_MACHINE_ERROR : EXIT_USER_ERROR;
}

/* Whatever is there stays as it is, also a link that leads nowhere. */
static bool is_taken(const char *path)
{
    struct stat status;

    return strcmp(path, "-") && lstat(path, &status) == 0;
}

int command_init(const struct options *options, struct diagnostics *diagnostics)
{
    const char *path = options->argument ? options->argument : "-";
    struct output output;

    if (is_taken(path)) {
        diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, SOURCE_NOWHERE, NULL,
                        "nothing was changed: choose another name", "%s is there already", path);
        return EXIT_USER_ERROR;
    }
    if (!output_open(&output, path))
        return cannot_write(diagnostics, path, errno);
    fputs(starter_text, output.file);
    if (!output_commit(&output))
        return cannot_write(diagnostics, path, errno);
    if (strcmp(path, "-") && !options->quiet)
        printf("%s is written; try: scalesim %s%s\n", path, strpbrk(path, "/.") ? "" : "run ", path);
    return EXIT_RAN;
}
