/* bug.h - what only a bug can break, in parts that know of no run; where one is known, SIM_ASSERT (sim.h) tells more.
 *
 * On in every build. A bug prints `scalesim: bug: FILE:LINE: WHAT` to stderr and ends the program. */
#ifndef SIM_BUG_H
#define SIM_BUG_H

#define BUG_STATUS 4 /* that the program ends with */

/* The line alone; for those who have more to say before they exit. */
void bug_tell(const char *what, const char *file, int line);

/* Prints the line and exits with BUG_STATUS. */
_Noreturn void bug_exit(const char *what, const char *file, int line) __attribute__((cold));

#define BUG(what) bug_exit((what), __FILE__, __LINE__)

#define BUG_UNLESS(condition)                  \
    do {                                       \
        if (__builtin_expect(!(condition), 0)) \
            BUG(#condition);                   \
    } while (0)

#endif
