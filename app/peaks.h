/* peaks.h - when the resources of an episode were full: its load rises and falls, so that the mean over all
 * of it says little about what it bears.
 *
 * The measured time is cut into PEAKS_INTERVALS parts. The run stops at the end of each, and the counters
 * that it keeps anyway are read; nothing is added to its events. A resource was full for those parts in
 * which it was at work for more than PEAKS_FULL of the time. What is shorter than a part is not seen.
 *
 * Ownership: malloc'd, freed by peaks_deinit(); memory: 48 bytes for each resource of each component and of
 * each of its instances. Out of memory: `out_of_memory`, and all is NaN. Cost: O(resources) for each part.
 */
#ifndef APP_PEAKS_H
#define APP_PEAKS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/sim.h"

#define PEAKS_INTERVALS 60
#define PEAKS_FULL 0.97

struct peak;

struct peaks {
    struct peak *all;
    size_t *first; /* of each group: its resources as a whole, then those of each of its instances */
    int64_t measure_ns, sampled_ns;
    int sampled; /* parts that have ended */
    bool out_of_memory;
};

/* What there is to say of one resource; NaN: nothing was measured. */
struct peak_result {
    double utilisation; /* in the busiest part */
    double full_s;
};

/* A replication begins to be measured now. */
void peaks_init(struct peaks *peaks, const struct sim *sim, int64_t measure_ns);
void peaks_deinit(struct peaks *peaks);

/* End of the part that is under way, ns since measuring began; INT64_MAX: all are done. */
int64_t peaks_next_ns(const struct peaks *peaks);

/* The clock stands at that date. */
void peaks_sample(struct peaks *peaks, const struct sim *sim);

/* Of a resource of a group as a whole (instance -1), or of one of its instances. */
struct peak_result peaks_of(const struct peaks *peaks, const struct group *group, int64_t instance,
                            uint8_t resource);

#endif
