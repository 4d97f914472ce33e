/* number.h - numbers in the files that programs read: exact, short, the same on every machine. */
#ifndef APP_NUMBER_H
#define APP_NUMBER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The shortest decimal, of 6 digits or more, that reads back as the same number. False, and nothing is
 * written, when it is infinite or not a number. */
bool number_write(FILE *file, double value);

/* A time of ns >= 0 in seconds, all of its digits: 0.0015. */
void number_write_seconds(FILE *file, int64_t ns);

#endif
