/* tracer.h - makes chosen system calls of a program fail, by tracing it (ptrace).
 *
 * What the C library itself asks of the kernel is caught too: a stream's buffer that is written out passes no
 * function of the program's own. The program's children run untraced. Linux on x86-64 and AArch64.
 */
#ifndef TESTS_FAULTS_TRACER_H
#define TESTS_FAULTS_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The calls that a fault can strike, by what they are for; standard error is left alone. */
enum tracer_calls {
    TRACER_WRITES = 1,  /* write, fsync */
    TRACER_NAMES = 2,   /* open for writing, link, rename, make a folder */
    TRACER_READS = 4,   /* open for reading, read, look at */
    TRACER_CLOSES = 8,
};

struct tracer_plan {
    const char *name;
    unsigned calls;  /* of enum tracer_calls */
    int error;       /* what the call returns; 0: half of what was to be written is */
    bool and_after;  /* as when a disk is full */
};

/* Whether a child can be traced here. */
bool tracer_is_possible(void);

/* Runs a child that stops before its first instruction (PTRACE_TRACEME) to its end; the `fail_at`-th call
 * of the plan fails (from 1; 0: none), counted from where *started becomes true. Returns its wait status;
 * *seen: how many there were. */
int tracer_run(pid_t child, const struct tracer_plan *plan, uint64_t fail_at,
               const volatile uint64_t *started, uint64_t *seen);

#endif
