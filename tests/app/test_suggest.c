#include "app/suggest.h"
#include "tests/test.h"

#include <string.h>

static const char *const candidates[] = { "workers",  "queue_limit", "count",   "host",
                                          "handlers", "cpu_cores",   "warm_up", "db",
                                          "target",   "timeout",     "a" };

static const char *nearest(const char *written)
{
    return suggest_nearest(written, candidates, sizeof candidates / sizeof *candidates);
}

START_TEST(test_suggest_finds_what_was_meant)
{
    static const struct {
        const char *written, *meant;
    } cases[] = {
        { "wrokers", "workers" },
        { "worker", "workers" },
        { "WORKERS", "workers" },
        { "queue-limit", "queue_limit" },
        { "queueLimit", "queue_limit" },
        { "Queue Limit", "queue_limit" },
        { "cuont", "count" },
        { "hots", "host" },
        { "targets", "target" },
        { "warmup", "warm_up" },
        { "tiemout", "timeout" },
        { "cpu_core", "cpu_cores" },
        { "lb", "db" },
        { "hander", "handlers" },
        { "A", "a" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *found = nearest(cases[i].written);

        ck_assert_msg(found && strcmp(found, cases[i].meant) == 0, "%s: %s", cases[i].written,
                      found ? found : "nothing");
    }
}
END_TEST

START_TEST(test_suggest_is_silent_when_nothing_is_near)
{
    static const char *const strangers[] = { "", "b", "xyz", "policy", "wxyzers", "co", "threads", "unt" };
    char longest[200];

    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        ck_assert_msg(!nearest(strangers[i]), "%s: %s", strangers[i], nearest(strangers[i]));
    memset(longest, 'w', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ck_assert_ptr_null(nearest(longest));
    ck_assert_ptr_null(suggest_nearest("workers", NULL, 0));
}
END_TEST

START_TEST(test_suggest_prefers_the_nearest_then_the_first)
{
    struct suggest suggest;

    suggest_init(&suggest, "readers");
    suggest_offer(&suggest, "leaders");
    ck_assert_str_eq(suggest.best, "leaders");
    ck_assert_uint_eq(suggest.distance, 1);
    suggest_offer(&suggest, "headers");
    ck_assert_str_eq(suggest.best, "leaders");
    suggest_offer(&suggest, "Readers");
    ck_assert_str_eq(suggest.best, "Readers");
    ck_assert_uint_eq(suggest.distance, 0);
}
END_TEST

START_TEST(test_suggest_takes_names_of_full_length)
{
    char name[SUGGEST_LENGTH_MAX + 1], typo[SUGGEST_LENGTH_MAX + 1];
    const char *list[] = { name };

    memset(name, 'n', SUGGEST_LENGTH_MAX);
    name[SUGGEST_LENGTH_MAX] = '\0';
    memcpy(typo, name, sizeof name);
    typo[10] = 'x';
    ck_assert_ptr_eq(suggest_nearest(typo, list, 1), name);
}
END_TEST

TEST_MAIN("suggest", test_suggest_finds_what_was_meant, test_suggest_is_silent_when_nothing_is_near,
          test_suggest_prefers_the_nearest_then_the_first, test_suggest_takes_names_of_full_length)
