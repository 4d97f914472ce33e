/* diagram.h - a variant's architecture as a graph in Graphviz's language: components, and who calls whom.
 *
 * Drawn is what was wired, so the picture cannot disagree with the run: an arrow for each pair of components
 * with a link between them, the number of instances, and a frame around those that share one of the
 * scenario's machines. Left out: bandwidth and latency of links, what handlers do. Names of a scenario need
 * no quoting (scenario.h). Cost: O(links + components^2) time, components^2 bytes.
 *
 *     scalesim diagram FILE | dot -Tsvg >architecture.svg
 */
#ifndef APP_DIAGRAM_H
#define APP_DIAGRAM_H

#include <stdio.h>

#include "app/scenario.h"
#include "sim/sim.h"

/* sim: the variant, wired by build_run(). False: out of memory, and nothing was written. */
bool diagram_write(FILE *file, const struct scenario_variant *variant, const struct sim *sim);

#endif
