/* rng_dump.c - raw bytes of the generator on standard output, for a statistical battery.
 *
 *     rng_dump stream|requests|keys|purposes [SEED] | dieharder -g 200 -d 0
 *
 * stream: the draws of one stream. requests: the first draw of requests 0, 1, 2, ... keys: the first
 * draw of request 0 in runs of seeds SEED, SEED + 1, ... purposes: the first draws of request 0 for each of
 * four purposes, then of request 1, ... Ends when nobody reads any more.
 * Exit status: 0, or 2 for a wrong argument.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/random.h"

#define BLOCK 4096
#define PURPOSES 4

struct dump {
    uint64_t seed;
    uint64_t purpose_keys[PURPOSES];
    struct rng stream;
};

static uint64_t draw_stream(struct dump *dump, uint64_t number)
{
    (void)number;
    return rng_next(&dump->stream);
}

static uint64_t draw_requests(struct dump *dump, uint64_t number)
{
    struct rng rng = rng_for_request(dump->purpose_keys[0], number);

    return rng_next(&rng);
}

static uint64_t draw_keys(struct dump *dump, uint64_t number)
{
    struct rng rng = rng_for_request(rng_key(dump->seed + number, "web", "compute"), 0);

    return rng_next(&rng);
}

static uint64_t draw_purposes(struct dump *dump, uint64_t number)
{
    struct rng rng = rng_for_request(dump->purpose_keys[number % PURPOSES], number / PURPOSES);

    return rng_next(&rng);
}

static const struct direction {
    const char *name;
    uint64_t (*draw)(struct dump *dump, uint64_t number);
} directions[] = {
    { "stream", draw_stream },
    { "requests", draw_requests },
    { "keys", draw_keys },
    { "purposes", draw_purposes },
};

static const struct direction *find(const char *name)
{
    for (size_t i = 0; i < sizeof directions / sizeof *directions; i++)
        if (strcmp(directions[i].name, name) == 0)
            return &directions[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const struct direction *direction = argc >= 2 && argc <= 3 ? find(argv[1]) : NULL;
    static const char *const purposes[PURPOSES] = { "compute", "query", "latency", "choice" };
    struct dump dump;
    uint64_t number = 0;

    if (!direction) {
        fprintf(stderr, "usage: rng_dump stream|requests|keys|purposes [SEED]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    dump.seed = argc == 3 ? strtoull(argv[2], NULL, 0) : 1;
    for (int i = 0; i < PURPOSES; i++)
        dump.purpose_keys[i] = rng_key(dump.seed, "web", purposes[i]);
    rng_init(&dump.stream, dump.seed, "web", "compute");
    for (;;) {
        uint64_t block[BLOCK];

        for (size_t i = 0; i < BLOCK; i++)
            block[i] = direction->draw(&dump, number++);
        if (fwrite(block, sizeof *block, BLOCK, stdout) != BLOCK)
            return 0;
    }
}
