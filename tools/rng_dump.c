/* rng_dump.c - raw bytes of the generator on standard output, for a statistical battery.
 *
 *     rng_dump stream|requests|keys [SEED] | dieharder -g 200 -d 0
 *
 * stream: the draws of one stream. requests: the first draw of requests 0, 1, 2, ... keys: the first
 * draw of request 0 for purpose keys SEED, SEED + 1, ... Ends when nobody reads any more.
 * Exit status: 0, or 2 for a wrong argument.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/random.h"

#define BLOCK 4096

struct dump {
    uint64_t seed;
    uint64_t purpose_key;
    struct rng stream;
};

static uint64_t draw_stream(struct dump *dump, uint64_t number)
{
    (void)number;
    return rng_next(&dump->stream);
}

static uint64_t draw_requests(struct dump *dump, uint64_t number)
{
    struct rng rng = rng_for_request(dump->purpose_key, number);

    return rng_next(&rng);
}

static uint64_t draw_keys(struct dump *dump, uint64_t number)
{
    struct rng rng = rng_for_request(dump->seed + number, 0);

    return rng_next(&rng);
}

static const struct direction {
    const char *name;
    uint64_t (*draw)(struct dump *dump, uint64_t number);
} directions[] = {
    { "stream", draw_stream },
    { "requests", draw_requests },
    { "keys", draw_keys },
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
    struct dump dump;
    uint64_t number = 0;

    if (!direction) {
        fprintf(stderr, "usage: rng_dump stream|requests|keys [SEED]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    dump.seed = argc == 3 ? strtoull(argv[2], NULL, 0) : 1;
    dump.purpose_key = rng_key(dump.seed, "web", "compute");
    rng_init(&dump.stream, dump.seed, "web", "compute");
    for (;;) {
        uint64_t block[BLOCK];

        for (size_t i = 0; i < BLOCK; i++)
            block[i] = direction->draw(&dump, number++);
        if (fwrite(block, sizeof *block, BLOCK, stdout) != BLOCK)
            return 0;
    }
}
