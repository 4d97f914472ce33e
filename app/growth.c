#include "app/growth.h"

#include <stdio.h>

#include "app/quantity.h"

#define ALONE 0.75 /* share of its group's requests that makes an instance worth naming */

/* The component that a request stands in, or that is sending it. */
static uint16_t place_of(const struct request *request)
{
    bool is_coming = (request->flags & REQUEST_IN_TRANSIT) && request->top > 0;

    return request->frames[is_coming ? request->top - 1 : request->top].component;
}

static void count_places(uint64_t *counts, const struct sim *sim)
{
    for (uint32_t i = 1; i <= sim->request_count; i++) {
        const struct request *request = sim_request(sim, i);

        if (request->state == REQUEST_LIVE)
            counts[place_of(request)]++;
    }
}

static uint64_t group_count(const uint64_t *counts, const struct group *group,
                            const struct component **fullest)
{
    uint64_t sum = 0;

    *fullest = group->instances[0];
    for (uint32_t i = 0; i < group->count; i++) {
        const struct component *instance = group->instances[i];

        sum += counts[instance->id];
        if (counts[instance->id] > counts[(*fullest)->id])
            *fullest = instance;
    }
    return sum;
}

/* Names the group that counts most, or that one of its instances which has nearly all of it;
 * returns how much. */
static uint64_t find_fullest(struct growth *growth, const struct sim *sim, const uint64_t *counts)
{
    uint64_t most = 0, named = 0;

    for (uint16_t i = 0; i < sim->group_count; i++) {
        const struct group *group = sim->groups[i];
        const struct component *fullest;
        uint64_t all = group_count(counts, group, &fullest), in_fullest = counts[fullest->id];
        bool is_alone = group->count > 1 && (double)in_fullest > ALONE * (double)all;

        if (all <= most)
            continue;
        most = all;
        named = is_alone ? in_fullest : all;
        if (is_alone)
            component_label(fullest, growth->component, sizeof growth->component);
        else
            snprintf(growth->component, sizeof growth->component, "%s", group->name);
    }
    return named;
}

/* Not requests: the memory of a component, if it is a good part of what the run has come to use since it
 * was built, or else all of that. */
static void find_keeper(struct growth *growth, const struct sim *sim, uint64_t requests_bytes,
                        uint64_t *bytes)
{
    uint64_t before = requests_bytes + growth->built_bytes;
    uint64_t all = sim->memory.used_bytes > before ? sim->memory.used_bytes - before : 0;

    memory_count_owners(&sim->memory, bytes, sim->component_count + 1u);
    growth->kept_bytes = find_fullest(growth, sim, bytes + 1); /* 0 is nobody */
    growth->cause = GROWTH_KEPT;
    if (growth->kept_bytes >= all / 3)
        return;
    growth->cause = GROWTH_OTHER;
    growth->kept_bytes = all;
    growth->component[0] = '\0';
}

void growth_find(struct growth *growth, struct sim *sim, uint64_t built_bytes)
{
    uint64_t peak_bytes = sim->memory.peak_bytes, requests_bytes = (uint64_t)sim->request_count * sim->stride;
    bool is_memory = sim->memory.over_budget && !sim->full;
    uint64_t *counts = memory_alloc_array(&sim->memory, sim->component_count + 1u, sizeof *counts);

    *growth = (struct growth){ .cause = GROWTH_REQUESTS, .built_bytes = built_bytes,
                               .peak_bytes = peak_bytes };
    if (is_memory && built_bytes > sim->memory.budget_bytes) {
        growth->cause = GROWTH_BUILT;
    } else if (is_memory && requests_bytes <= (peak_bytes - built_bytes) / 2) {
        find_keeper(growth, sim, requests_bytes, counts);
    } else {
        count_places(counts, sim);
        growth->requests = find_fullest(growth, sim, counts);
    }
    memory_free(&sim->memory, counts);
}

/* 1234567 as 1,234,567: at most 26 characters. */
static char *group_digits(uint64_t value, char text[32])
{
    char plain[24];
    int digits = snprintf(plain, sizeof plain, "%llu", (unsigned long long)value), used = 0;

    for (int i = 0; i < digits; i++) {
        if (i && (digits - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = plain[i];
    }
    text[used] = '\0';
    return text;
}

char *growth_describe(const struct growth *growth, char *text, size_t size)
{
    char count[32], bytes[QUANTITY_TEXT_SIZE];

    quantity_format_bytes((int64_t)(growth->cause == GROWTH_BUILT ? growth->built_bytes : growth->kept_bytes),
                          bytes, sizeof bytes);
    group_digits(growth->requests, count);
    if (growth->cause == GROWTH_REQUESTS)
        snprintf(text, size, "%s grew: %s request%s inside",
                 *growth->component ? growth->component : "nothing", count, growth->requests == 1 ? "" : "s");
    else if (growth->cause == GROWTH_BUILT)
        snprintf(text, size, "its components alone take %s, before the first request", bytes);
    else if (growth->cause == GROWTH_KEPT)
        snprintf(text, size, "%s grew: what it keeps takes %s", growth->component, bytes);
    else
        snprintf(text, size, "the versions of rows and what else belongs to no single component take %s",
                 bytes);
    return text;
}
