/* replay.c - runs a fuzz target over files, without libFuzzer and with any compiler: what fuzzing once
 * found stays found.
 *
 *     replay_NAME FOLDER...      each file that is in one of the folders, not below; the first one that fails
 *                                ends it
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t size_max);

/* For the mutators of targets, which nobody calls here. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t size_max)
{
    (void)data;
    (void)size_max;
    return size;
}

static int fail(const char *path, const char *what)
{
    fprintf(stderr, "replay: %s: %s\n", path, what);
    return EXIT_FAILURE;
}

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    uint8_t *data;
    size_t size;

    if (!file || fstat(fileno(file), &status) != 0)
        return fail(path, "cannot be read");
    size = (size_t)status.st_size;
    data = malloc(size ? size : 1); /* as large as the text, so that the sanitizer sees who reads on */
    if (!data || fread(data, 1, size, file) != size)
        return fail(path, "cannot be read");
    fclose(file);
    printf("%s\n", path);
    fflush(stdout); /* the last one printed is the one that fails */
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return EXIT_SUCCESS;
}

static int select_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int replay_folder(const char *folder, int *count)
{
    struct dirent **entries;
    int all = scandir(folder, &entries, select_file, alphasort), status = EXIT_SUCCESS;

    if (all < 0)
        return fail(folder, "no such folder");
    for (int i = 0; i < all; i++) {
        char path[4096];
        struct stat kind;

        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
        if (stat(path, &kind) != 0 || !S_ISREG(kind.st_mode))
            continue;
        ++*count;
        if (replay_file(path) != EXIT_SUCCESS)
            status = EXIT_FAILURE;
    }
    free(entries);
    return status;
}

int main(int argc, char **argv)
{
    int status = EXIT_SUCCESS, count = 0;

    for (int i = 1; i < argc; i++)
        if (replay_folder(argv[i], &count) != EXIT_SUCCESS)
            status = EXIT_FAILURE;
    printf("%d files\n", count);
    return count ? status : fail("", "nothing to replay");
}
