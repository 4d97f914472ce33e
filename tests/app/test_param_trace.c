/* Recorded arrivals in a CSV file: every column, every digit. The errors are
 * told in tests/bad_scenarios/trace_*. */
#include "app/param_read.h"
#include "models/arrival_trace.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct holder {
    const struct arrival_trace *trace;
};

static const struct param_row rows[] = {
    PARAM_ARRIVAL_TRACE(struct holder, trace, .default_text = "\"none\"", .word = "none",
                        .help = "Recorded arrivals."),
    PARAM_END
};

static const struct param_table table = { .rows = rows, .size = sizeof(struct holder) };

struct reading {
    struct arena arena;
    struct diagnostics diagnostics;
    struct holder holder;
    bool good;
};

static void read_trace(struct reading *reading, const char *csv)
{
    char folder[] = "/tmp/test_param_trace.XXXXXX", path[64];
    cJSON *object = cJSON_Parse("{\"trace\":\"day.csv\"}");
    struct param_context context;
    FILE *file;

    memset(reading, 0, sizeof *reading);
    diagnostics_init(&reading->diagnostics);
    param_context_init(&context, &reading->arena, &reading->diagnostics);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/day.csv", folder);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(csv, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    context.folder = folder;
    reading->good = param_read(&table, object, "users", &reading->holder, &context);
    unlink(path);
    rmdir(folder);
    cJSON_Delete(object);
}

static void finish(struct reading *reading)
{
    diagnostics_deinit(&reading->diagnostics);
    arena_deinit(&reading->arena);
}

START_TEST(test_param_trace_reads_columns_in_any_order)
{
    struct reading reading;
    const struct arrival_record *records;

    read_trace(&reading, "# a day\n\nclass, time ,key,size,user\r\n"
                         "view,0,5,700,9223372036854775807\n"
                         "edit,1.000000001,,,\n"
                         ",1.000000001,6,0,3\n"
                         "view,8999999999.5,0,4294967295,0\r\n");
    ck_assert(reading.good);
    ck_assert_uint_eq(reading.holder.trace->count, 4);
    records = reading.holder.trace->records;
    ck_assert_int_eq(records[0].time_ns, 0);
    ck_assert_uint_eq(records[0].key, 5);
    ck_assert_uint_eq(records[0].size, 700);
    ck_assert_uint_eq(records[0].user, 9223372036854775807u);
    ck_assert_uint_eq(records[0].line, 4);
    ck_assert_int_eq(records[1].time_ns, 1000000001);
    ck_assert_uint_eq(records[1].key, ARRIVAL_DRAWN);
    ck_assert_uint_eq(records[1].user, ARRIVAL_DRAWN);
    ck_assert_uint_eq(records[1].size, 0);
    ck_assert_int_eq(records[2].time_ns, 1000000001);
    ck_assert_uint_eq(records[2].class, ARRIVAL_CLASS_DRAWN);
    ck_assert_int_eq(records[3].time_ns, 8999999999500000000);
    ck_assert_uint_eq(records[3].size, 4294967295u);
    ck_assert_uint_eq(reading.holder.trace->class_count, 2);
    ck_assert_str_eq(reading.holder.trace->classes[records[0].class].name, "view");
    ck_assert_str_eq(reading.holder.trace->classes[records[1].class].name, "edit");
    ck_assert_uint_eq(reading.holder.trace->classes[1].line, 5);
    ck_assert_uint_eq(records[3].class, records[0].class);
    finish(&reading);
}
END_TEST

START_TEST(test_param_trace_refuses_what_is_no_number)
{
    static const char *const times[] = { "",
                                         "-1",
                                         "1.",
                                         ".5",
                                         "1e3",
                                         "0x1",
                                         "1.0000000001",
                                         "9000000001",
                                         "nan",
                                         "1 2",
                                         "+1",
                                         "1,2",
                                         "99999999999999999999" };
    struct reading reading;
    char csv[128];

    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        snprintf(csv, sizeof csv, "time\n0\n%s\n# end\n7\n", times[i]);
        read_trace(&reading, csv);
        if (*times[i]) { /* an empty line is none */
            ck_assert_msg(!reading.good, "%s is taken", times[i]);
            ck_assert_uint_eq(reading.diagnostics.items[0].line, 3);
            ck_assert_ptr_null(reading.holder.trace);
        } else {
            ck_assert_uint_eq(reading.holder.trace->count, 2);
        }
        finish(&reading);
    }
    read_trace(&reading, "time,time\n1,2\n");
    ck_assert_str_eq(reading.diagnostics.items[0].message, "the column time is there twice");
    finish(&reading);
    read_trace(&reading, "time,user,key,class,size,time\n");
    ck_assert(!reading.good);
    finish(&reading);
}
END_TEST

TEST_MAIN("param_trace", test_param_trace_reads_columns_in_any_order,
          test_param_trace_refuses_what_is_no_number)
