/* exact_queue.h - what backlogs and lost acknowledgements must come to; see exact.h.
 *
 * A backlog as a fluid: what comes minus what is done, so long as there is any (L. Kleinrock, "Queueing
 * Systems" 2, 1976, chapter 2.7). Deliveries are geometric, each acknowledgement being lost or not
 * whatever happened to others.
 */
#ifndef TESTS_THEORY_EXACT_QUEUE_H
#define TESTS_THEORY_EXACT_QUEUE_H

#include "tests/theory/exact.h"

double exact_backlog(const struct parameters *parameters, double argument);      /* at the end of the burst */
double exact_backlog_mean(const struct parameters *parameters, double argument); /* until it is drained */
double exact_lag_of_last(const struct parameters *parameters, double argument);

double exact_loss(const struct parameters *parameters, double argument);
double exact_deliveries(const struct parameters *parameters, double argument); /* mean of a message */
double exact_duplicates(const struct parameters *parameters,
                        double argument); /* beyond the first, of a message */
double exact_third_deliveries(const struct parameters *parameters, double argument); /* share of messages */

#endif
