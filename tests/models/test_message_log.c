/* test_message_log.c - a long random history against an array. */
#include "models/message_log.h"

#include "sim/random.h"
#include "tests/test.h"

#define MESSAGES 20000

START_TEST(test_message_log_keeps_what_is_not_forgotten_or_cut)
{
    static uint64_t plain[MESSAGES];
    struct message_log log = { 0 };
    struct memory memory;
    struct rng rng;
    uint64_t first = 0, next = 0;

    memory_init(&memory, UINT64_MAX);
    rng_init(&rng, 1, "log", "history");
    for (int i = 0; i < 3 * MESSAGES && next < MESSAGES; i++) {
        uint64_t what = rng_below(&rng, 100);

        if (what < 90) {
            plain[next] = rng_below(&rng, UINT64_C(1) << 60);
            message_log_append(&log, &memory, &(struct message){ .key = plain[next] });
            next++;
        } else if (what < 98) {
            first += rng_below(&rng, next - first + 1) / 2;
            message_log_forget(&log, &memory, first);
        } else if (next > first) {
            next -= rng_below(&rng, next - first < 300 ? next - first : 300);
            message_log_cut(&log, &memory, next);
        }
        ck_assert_uint_eq(log.next, next);
        for (uint64_t place = first; place < next; place += 1 + rng_below(&rng, 400))
            ck_assert_uint_eq(message_log_at(&log, place)->key, plain[place]);
    }
    message_log_forget(&log, &memory, next);
    ck_assert_uint_le(log.block_count, 1);
    memory_deinit(&memory);
}
END_TEST

START_TEST(test_message_log_costs_little_more_than_its_messages)
{
    struct message_log log = { 0 };
    struct memory memory;

    memory_init(&memory, UINT64_MAX);
    for (int i = 0; i < 1000000; i++)
        message_log_append(&log, &memory, &(struct message){ .key = 1 });
    ck_assert_double_lt((double)memory.used_bytes / 1e6, 56.3);
    message_log_forget(&log, &memory, 1000000);
    ck_assert_uint_lt(memory.used_bytes, 200000);
    memory_deinit(&memory);
}
END_TEST

TEST_MAIN("message_log", test_message_log_keeps_what_is_not_forgotten_or_cut,
          test_message_log_costs_little_more_than_its_messages)
