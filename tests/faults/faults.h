/* faults.h - what the driver of the fault tests and the program under test share: a page of memory.
 *
 * The driver maps it from an anonymous file whose descriptor the program inherits, with its number in the
 * environment variable FAULTS_VARIABLE. Counts begin when the program's own code does; the loader's work
 * before is nobody's test.
 */
#ifndef TESTS_FAULTS_FAULTS_H
#define TESTS_FAULTS_FAULTS_H

#include <stdint.h>

#define FAULTS_VARIABLE "SCALESIM_FAULTS_PAGE"

struct faults {
    uint64_t fail_at;   /* number of the allocation that fails, from 1; 0: none */
    uint64_t and_after; /* 1: and all that follow */
    uint64_t started;   /* the program's own code runs */
    uint64_t seen;      /* allocations asked for */
    uint64_t failed;
};

#endif
