/* trial.h - runs of the program in which something fails, and what must hold after each.
 *
 * A case is a command line with what it writes. It is run once with nothing failing; that is the reference.
 * After a run in which something failed, exactly one of these holds:
 *   - it made up for it: status, both streams and all files are those of the reference, or
 *   - it ended with status 3 (or, where the test allows it, 2), and a message on standard error, only one,
 *   says why.
 * Never: a signal, a report of a sanitizer, over TRIAL_PROCESSOR_S, a file that is neither as before nor
 * whole, or one more than there should be.
 */
#ifndef TESTS_FAULTS_TRIAL_H
#define TESTS_FAULTS_TRIAL_H

#include "tests/faults/faults.h"

#include <stdbool.h>
#include <sys/types.h>

#define TRIAL_PROCESSOR_S 20 /* over this it hangs, on a busy machine too */
#define TRIAL_WALL_S 300     /* over this it waits for something */
#define TRIAL_WORDS_MAX 24
#define TRIAL_FILES_MAX 4
#define TRIAL_TEXT_MAX (1 << 20) /* bytes kept of a stream or a file */

struct trial_case {
    const char *name;
    int status;                         /* when nothing fails */
    const char *words[TRIAL_WORDS_MAX]; /* without the program's name; ended by NULL */
    const char *files[TRIAL_FILES_MAX]; /* that it writes */
    bool is_new;                        /* they must not be there before */
    bool wants_gnuplot;
};

/* Ended by a row without a name. */
extern const struct trial_case trial_cases[];

struct trial_outcome {
    int wait_status;
    char *output, *error, *files[TRIAL_FILES_MAX]; /* NULL: no such file */
};

/* Makes a scratch folder with the input files, enters it and shares the page of faults; `trial_end`
 * removes it. False: the program under test is not built. */
bool trial_begin(void);
void trial_end(void);

struct faults *trial_faults(void);

/* A case needs a program that is not there. */
bool trial_is_possible(const struct trial_case *trial_case);

/* Files as before, then the program in a process of its own: it stops before its first
 * instruction when `is_traced`. */
pid_t trial_start(const struct trial_case *trial_case, bool is_traced);

/* After it has ended. */
void trial_collect(const struct trial_case *trial_case, int wait_status, struct trial_outcome *outcome);
void trial_release(struct trial_outcome *outcome);

/* Whether all holds that is said above; prints what does not, with `what` failed. */
bool trial_holds(const struct trial_case *trial_case, const struct trial_outcome *outcome,
                 const struct trial_outcome *reference, bool may_blame_the_user, const char *what);

/* Allocations: each fails alone, then with all that follow; `runs_max` of them at most, evenly spread.
 * Returns how many runs did not end well. */
int trial_allocations(const struct trial_case *trial_case, uint64_t runs_max);

/* System calls, where the process can be traced: a disk that is full or faulty, once or for ever, writes
 * that are cut short, calls that a signal interrupts. Returns how many runs did not end well. */
int trial_calls(const struct trial_case *trial_case, uint64_t runs_max);

/* All cases that are possible, by one of the two above; all runs are to end well. */
void trial_all(int (*trial)(const struct trial_case *trial_case, uint64_t runs_max), uint64_t runs_max);

#endif
