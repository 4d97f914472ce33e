#include "app/output.h"
#include "tests/test.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder of its own, which is the working directory meanwhile. */
static char folder[64];

static void enter_folder(void)
{
    strcpy(folder, "/tmp/test_output.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(folder), 0); /* fails when anything was left behind */
}

static size_t count_files(void)
{
    DIR *directory = opendir(".");
    size_t count = 0;

    ck_assert_ptr_nonnull(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count - 2; /* . and .. */
}

static void check_content(const char *path, const char *wanted)
{
    char text[64] = "";
    FILE *file = fopen(path, "r");

    ck_assert_msg(file != NULL, "%s", path);
    ck_assert(fread(text, 1, sizeof text - 1, file) < sizeof text);
    fclose(file);
    ck_assert_str_eq(text, wanted);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(test_output_appears_when_it_is_committed)
{
    struct output output;

    enter_folder();
    ck_assert(output_open(&output, "out.csv"));
    fputs("whole\n", output.file);
    fflush(output.file);
    ck_assert_int_ne(access("out.csv", F_OK), 0);
    ck_assert(output_commit(&output));
    check_content("out.csv", "whole\n");
    ck_assert_uint_eq(count_files(), 1);
    unlink("out.csv");
    leave_folder();
}
END_TEST

START_TEST(test_output_keeps_what_was_there_until_then)
{
    struct output output;

    enter_folder();
    write_file("out.csv", "before\n");
    ck_assert(output_open(&output, "out.csv"));
    fputs("after\n", output.file);
    fflush(output.file);
    check_content("out.csv", "before\n");
    output_abandon(&output);
    check_content("out.csv", "before\n");
    ck_assert_uint_eq(count_files(), 1);
    ck_assert(output_open(&output, "out.csv"));
    fputs("after\n", output.file);
    ck_assert(output_commit(&output));
    check_content("out.csv", "after\n");
    unlink("out.csv");
    leave_folder();
}
END_TEST

START_TEST(test_output_has_the_permissions_of_any_file)
{
    struct output output;
    struct stat status;
    mode_t mask = umask(027);

    enter_folder();
    ck_assert(output_open(&output, "out.csv"));
    ck_assert(output_commit(&output));
    ck_assert_int_eq(stat("out.csv", &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0640);
    umask(mask);
    unlink("out.csv");
    leave_folder();
}
END_TEST

static const struct {
    const char *path;
    int error;
} impossible[] = {
    { "absent/out.csv", ENOENT }, { ".", EISDIR }, { "", ENOENT }, { "file/out.csv", ENOTDIR }
};

START_TEST(test_output_tells_what_cannot_be_made)
{
    enter_folder();
    write_file("file", "");
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
        struct output output;

        errno = 0;
        ck_assert_msg(!output_open(&output, impossible[i].path), "\"%s\"", impossible[i].path);
        ck_assert_msg(errno == impossible[i].error, "\"%s\": %s", impossible[i].path, strerror(errno));
        output_abandon(&output); /* harmless */
    }
    unlink("file");
    leave_folder();
}
END_TEST

START_TEST(test_output_to_a_device_is_direct)
{
    struct output output;
    struct stat status;

    ck_assert(output_open(&output, "/dev/null"));
    ck_assert_ptr_null(output.temporary);
    fputs("gone\n", output.file);
    ck_assert(output_commit(&output));
    ck_assert_int_eq(stat("/dev/null", &status), 0);
    ck_assert(S_ISCHR(status.st_mode));
}
END_TEST

START_TEST(test_output_tells_of_a_full_disk)
{
    struct output output;

    if (access("/dev/full", W_OK) != 0)
        return;
    ck_assert(output_open(&output, "/dev/full"));
    fputs("more than fits\n", output.file);
    errno = 0;
    ck_assert(!output_commit(&output));
    ck_assert_int_eq(errno, ENOSPC);
}
END_TEST

/* A limit on the size of files stands for a disk that fills half-way. */
START_TEST(test_output_leaves_nothing_when_writing_fails)
{
    struct rlimit before, small;
    struct output output;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);

    enter_folder();
    write_file("out.csv", "before\n");
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){ 1000, before.rlim_max };
    ck_assert(output_open(&output, "out.csv"));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; i < 20000; i++)
        fputs("more than fits\n", output.file);
    errno = 0;
    ck_assert(!output_commit(&output));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    check_content("out.csv", "before\n");
    ck_assert_uint_eq(count_files(), 1);
    unlink("out.csv");
    leave_folder();
    signal(SIGXFSZ, handler);
}
END_TEST

START_TEST(test_output_leaves_standard_output_open)
{
    struct output output;

    ck_assert(output_open(&output, "-"));
    ck_assert_ptr_eq(output.file, stdout);
    ck_assert(output_commit(&output));
    ck_assert_int_ge(fileno(stdout), 0);
    ck_assert(output_open(&output, "-"));
    output_abandon(&output);
    ck_assert_int_eq(fflush(stdout), 0);
}
END_TEST

TEST_MAIN("output", test_output_appears_when_it_is_committed, test_output_keeps_what_was_there_until_then,
          test_output_has_the_permissions_of_any_file, test_output_tells_what_cannot_be_made,
          test_output_to_a_device_is_direct, test_output_tells_of_a_full_disk,
          test_output_leaves_nothing_when_writing_fails, test_output_leaves_standard_output_open)
