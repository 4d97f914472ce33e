/* Names of instances in results, of those too that are parts of instances. */
#include "app/instance_name.h"
#include "tests/test.h"

#include <string.h>

static void check_base(const char *name, bool is_instance, const char *expected)
{
    char base[INSTANCE_NAME_SIZE];

    ck_assert_int_eq(instance_base(name, base), is_instance);
    ck_assert_str_eq(base, expected);
}

START_TEST(test_instance_name_base_has_no_brackets)
{
    check_base("web", false, "web");
    check_base("web[12]", true, "web");
    check_base("db.shard[3].replica[1]", true, "db.shard.replica");
    check_base("seoul/db.shard[3].primary", true, "seoul/db.shard.primary");
}
END_TEST

/* Finds each of a component's instances in turn, and no more. */
static void check_found(const char *component, const char *const *names, int count)
{
    struct results results;
    char name[INSTANCE_NAME_SIZE];

    results_init(&results, 1);
    results_begin(&results);
    results_add_value(&results, component, "throughput", "1/s", RESULT_VALUE, 1);
    for (int i = 0; i < count; i++)
        results_add_value(&results, names[i], "requests.share", "1", RESULT_VALUE, 1);
    results_end(&results);
    for (int i = 0; i < count; i++) {
        ck_assert(instance_name(&results, component, i, name));
        ck_assert_str_eq(name, names[i]);
    }
    ck_assert(!instance_name(&results, component, count, name));
    results_deinit(&results);
}

START_TEST(test_instance_name_finds_all_in_order)
{
    static const char *const plain[] = { "web[0]", "web[1]", "web[2]" },
                            *const parts[] = { "db.shard[0]", "db.shard[1]" },
                            *const primaries[] = { "db.shard[0].primary", "db.shard[1].primary" },
                            *const replicas[] = { "db.shard[0].replica[0]", "db.shard[0].replica[1]",
                                                  "db.shard[1].replica[0]", "db.shard[1].replica[1]" };

    check_found("web", plain, 3);
    check_found("db.shard", parts, 2);
    check_found("db.shard.primary", primaries, 2);
    check_found("db.shard.replica", replicas, 4);
    check_found("alone", plain, 0);
}
END_TEST

TEST_MAIN("instance_name", test_instance_name_base_has_no_brackets, test_instance_name_finds_all_in_order)
