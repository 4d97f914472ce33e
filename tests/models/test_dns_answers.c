#include "models/dns_answers.h"

#include <stdlib.h>

#include "sim/random.h"
#include "tests/test.h"

#define LIFETIME 1000
#define CALLERS 512

/* What a table must do, by an array over all callers. */
struct naive {
    int64_t expires_ns[CALLERS];
    uint32_t address[CALLERS];
};

START_TEST(test_dns_answers_does_what_an_array_does)
{
    struct naive *naive = calloc(1, sizeof *naive);
    struct dns_answers answers;
    struct memory memory;
    struct rng rng;
    int64_t now_ns = 0;
    uint64_t held = 0;

    ck_assert_ptr_nonnull(naive);
    memory_init(&memory, UINT64_MAX);
    rng_init(&rng, 3, "test", "answers");
    dns_answers_init(&answers, &memory, LIFETIME);
    for (int i = 0; i < 200000; i++) {
        uint64_t caller = rng_below(&rng, CALLERS);
        uint32_t found;

        now_ns += (int64_t)rng_below(&rng, i % 50000 < 25000 ? 3 : 40); /* many at a time, then few */
        found = dns_answers_find(&answers, hash_key(caller), now_ns);
        held += found != DNS_NO_ANSWER;
        ck_assert_uint_eq(found, naive->expires_ns[caller] > now_ns ? naive->address[caller] : DNS_NO_ANSWER);
        if (found == DNS_NO_ANSWER) {
            naive->expires_ns[caller] = now_ns + 1 + (int64_t)rng_below(&rng, LIFETIME);
            naive->address[caller] = (uint32_t)rng_below(&rng, 7);
            dns_answers_set(&answers, hash_key(caller), naive->address[caller], naive->expires_ns[caller],
                            now_ns);
        }
    }
    ck_assert_uint_gt(held, 20000);
    memory_deinit(&memory);
    free(naive);
}
END_TEST

/* Callers who come once do not add up: those of two lifetimes are there, at 64 bytes at most. */
START_TEST(test_dns_answers_memory_is_that_of_two_lifetimes)
{
    struct dns_answers answers;
    struct memory memory;

    memory_init(&memory, UINT64_MAX);
    dns_answers_init(&answers, &memory, LIFETIME * 1000);
    for (uint64_t i = 0; i < 1000000; i++) { /* 10,000 in a lifetime */
        int64_t now_ns = (int64_t)i * 100;

        dns_answers_set(&answers, hash_key(i), 1, now_ns + LIFETIME * 1000, now_ns);
        ck_assert_uint_le(answers.young.count + answers.old.count, 20001);
    }
    ck_assert_uint_le(memory.used_bytes, 20000 * 64);
    memory_deinit(&memory);
}
END_TEST

TEST_MAIN("dns_answers", test_dns_answers_does_what_an_array_does,
          test_dns_answers_memory_is_that_of_two_lifetimes)
