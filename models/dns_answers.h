/* dns_answers.h - the answers that callers keep by themselves (stub caches): who holds which address, and
 * until when.
 *
 * A table in two halves, the young and the old. New answers go to the young one; when it has been filled for
 * as long as an answer can live at most, whatever is in the old one has expired: it is dropped whole, and the
 * young one becomes the old. So nobody has to look for what has expired, and a caller who does not come back
 * is forgotten.
 *
 * Cost: O(1) expected and amortised. Memory: 32 to 64 bytes (open addressing, at most three quarters full)
 * for each caller in a half, so at most twice that for one who comes all the time; who was not answered
 * within the last two lifetimes costs nothing. Ownership: blocks of the `struct memory` given, freed with it.
 * Errors: none. Dates never fall.
 */
#ifndef MODELS_DNS_ANSWERS_H
#define MODELS_DNS_ANSWERS_H

#include <stdint.h>

#include "sim/memory.h"

#define DNS_NO_ANSWER UINT32_MAX

struct dns_answer {
    uint64_t caller; /* a hash: all bits are good; 0: the place is empty */
    int64_t expires_ns;
    uint32_t address;
};

struct dns_answer_half {
    struct dns_answer *places; /* NULL: none */
    uint32_t room, count;      /* room: 0 or a power of two */
};

struct dns_answers {
    struct memory *memory;
    int64_t lifetime_ns; /* no answer lives longer */
    int64_t since_ns;    /* the young half has been filled since */
    struct dns_answer_half young, old;
};

void dns_answers_init(struct dns_answers *answers, struct memory *memory, int64_t lifetime_ns);

/* The address that the caller holds; DNS_NO_ANSWER: none, or it has expired. */
uint32_t dns_answers_find(struct dns_answers *answers, uint64_t caller, int64_t now_ns);

/* The caller has an answer, or another one; expires_ns is at most now_ns + the lifetime. */
void dns_answers_set(struct dns_answers *answers, uint64_t caller, uint32_t address, int64_t expires_ns,
                     int64_t now_ns);

#endif
