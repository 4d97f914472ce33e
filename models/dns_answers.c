#include "models/dns_answers.h"

#include <string.h>

#define ROOM_FIRST 64

void dns_answers_init(struct dns_answers *answers, struct memory *memory, int64_t lifetime_ns)
{
    *answers = (struct dns_answers){ .memory = memory, .lifetime_ns = lifetime_ns };
}

/* The caller's place, or the empty one where it would be. There is one: halves are never full. */
static struct dns_answer *search(const struct dns_answer_half *half, uint64_t caller)
{
    uint32_t place = (uint32_t)caller & (half->room - 1);

    while (half->places[place].caller && half->places[place].caller != caller)
        place = (place + 1) & (half->room - 1);
    return &half->places[place];
}

static void make_room(struct dns_answers *answers, struct dns_answer_half *half)
{
    struct dns_answer_half bigger = { .room = half->room ? 2 * half->room : ROOM_FIRST,
                                      .count = half->count };

    bigger.places = memory_alloc_array(answers->memory, bigger.room, sizeof *bigger.places);
    for (uint32_t i = 0; i < half->room; i++)
        if (half->places[i].caller)
            *search(&bigger, half->places[i].caller) = half->places[i];
    memory_free(answers->memory, half->places);
    *half = bigger;
}

static void grow_old(struct dns_answers *answers, int64_t now_ns)
{
    int64_t age_ns = now_ns - answers->since_ns;

    if (age_ns < answers->lifetime_ns)
        return;
    memory_free(answers->memory, answers->old.places);
    answers->old = answers->young;
    answers->young = (struct dns_answer_half){ 0 };
    answers->since_ns = now_ns;
}

static uint64_t name_of(uint64_t caller)
{
    return caller ? caller : 1;
}

uint32_t dns_answers_find(struct dns_answers *answers, uint64_t caller, int64_t now_ns)
{
    const struct dns_answer_half *halves[] = { &answers->young, &answers->old };

    grow_old(answers, now_ns);
    for (int i = 0; i < 2; i++) {
        const struct dns_answer *answer = halves[i]->count ? search(halves[i], name_of(caller)) : NULL;

        if (answer && answer->caller && answer->expires_ns > now_ns)
            return answer->address;
    }
    return DNS_NO_ANSWER;
}

void dns_answers_set(struct dns_answers *answers, uint64_t caller, uint32_t address, int64_t expires_ns,
                     int64_t now_ns)
{
    struct dns_answer_half *young = &answers->young;
    struct dns_answer *answer;

    grow_old(answers, now_ns);
    if (4 * (uint64_t)(young->count + 1) > 3 * (uint64_t)young->room)
        make_room(answers, young);
    answer = search(young, name_of(caller));
    young->count += !answer->caller;
    *answer = (struct dns_answer){ name_of(caller), expires_ns, address };
}
