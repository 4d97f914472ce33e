/* Rows and messages in a new form: who can read them, by hand. */
#include "models/version.h"

#include "tests/models/queue_tier.h"

#define INSTANCES 3

struct system {
    struct queue_config tier;
    struct sim *sim;
    struct group *group;
    struct running running[INSTANCES];
    struct version_counts counts;
    struct row_table forms, struck;
    struct versions versions;
    struct request reply;
};

/* Instance i knows forms up to i. */
static void build(struct system *system)
{
    memset(system, 0, sizeof *system);
    system->sim = sim_create(1, UINT64_MAX, PENDING_LADDER);
    ck_assert_ptr_nonnull(system->sim);
    system->tier = queue_of(1, constant(1));
    system->group = sim_add_group(system->sim, &queue_type, "tier", INSTANCES, &system->tier,
                                  &system->sim->sites[0]);
    for (uint16_t i = 0; i < INSTANCES; i++)
        system->running[i].release.form = i;
    system->versions = (struct versions){ .group = system->group,
                                          .running = system->running,
                                          .counts = &system->counts,
                                          .forms = &system->forms,
                                          .struck = &system->struck };
    system->reply = (struct request){ .data = 1, .key = 7 };
}

static void writes(struct system *system, uint32_t instance, uint32_t version)
{
    system->reply.version = version;
    version_wrote(&system->versions, system->group->instances[instance], &system->reply);
}

static bool reads(struct system *system, uint32_t instance, uint32_t version)
{
    system->reply.version = version;
    return version_reads(&system->versions, system->group->instances[instance], &system->reply);
}

START_TEST(test_version_reads_what_it_knows)
{
    struct system system;

    build(&system);
    ck_assert(reads(&system, 0, 0));
    writes(&system, 0, 1);
    ck_assert_uint_eq(system.forms.count, 0); /* nothing is remembered of rows in the first form */
    ck_assert(reads(&system, 0, 1));
    writes(&system, 1, 2);
    ck_assert(!reads(&system, 0, 2));
    ck_assert(reads(&system, 1, 2));
    ck_assert(reads(&system, 2, 2));
    writes(&system, 2, 3);
    ck_assert(!reads(&system, 1, 3));
    ck_assert_uint_eq(system.counts.unreadable, 2);
    sim_destroy(system.sim);
}
END_TEST

/* A copy from before, in a cache or on a replica, is of the form of before. */
START_TEST(test_version_reads_copies_from_before)
{
    struct system system;

    build(&system);
    writes(&system, 1, 5);
    ck_assert(reads(&system, 0, 4));
    ck_assert(!reads(&system, 0, 5));
    writes(&system, 1, 6); /* the form is not new any more */
    ck_assert(!reads(&system, 0, 5));
    ck_assert(!reads(&system, 0, 0)); /* a store without versions has but one copy */
    sim_destroy(system.sim);
}
END_TEST

START_TEST(test_version_writes_in_its_own_form)
{
    struct system system;

    build(&system);
    writes(&system, 2, 1);
    writes(&system, 0, 2);
    ck_assert(reads(&system, 0, 2));
    system.reply.key = 8;
    ck_assert(reads(&system, 0, 9));
    sim_destroy(system.sim);
}
END_TEST

/* The last one about the same row, or of the same user, and nothing of the row itself. */
START_TEST(test_version_takes_messages_that_it_knows)
{
    struct system system;
    const struct component *old, *new;

    build(&system);
    old = system.group->instances[0];
    new = system.group->instances[1];
    version_published(&system.versions, new, &system.reply);
    ck_assert(!version_takes(&system.versions, old, &system.reply));
    ck_assert(version_takes(&system.versions, new, &system.reply));
    ck_assert(reads(&system, 0, 1));
    version_published(&system.versions, old, &system.reply);
    ck_assert(version_takes(&system.versions, old, &system.reply));
    system.reply = (struct request){ .user = 3 };
    version_published(&system.versions, new, &system.reply);
    ck_assert(!version_takes(&system.versions, old, &system.reply));
    system.reply.user = 4;
    ck_assert(version_takes(&system.versions, old, &system.reply));
    sim_destroy(system.sim);
}
END_TEST

TEST_MAIN("version", test_version_takes_messages_that_it_knows, test_version_reads_what_it_knows,
          test_version_reads_copies_from_before,
          test_version_writes_in_its_own_form)
