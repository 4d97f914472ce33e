#include "tests/ladder/formulas.h"

double formula_capacity(const struct host_config *host, double n)
{
    return host->speed * n / (1 + host->contention * (n - 1) + host->coherency * n * (n - 1));
}

double formula_saturation(const struct host_config *host, double work_s)
{
    return formula_capacity(host, (double)host->cores) / work_s;
}

#define TAIL 1e-12

/* The chance of k inside is that of k-1 times offered work over the capacity of k; all of them are summed. */
struct formula_processor formula_processor(const struct host_config *host, double rate, double work_s)
{
    double cores = (double)host->cores, chance = 1, sum = 1, inside = 0, busy = 0;

    for (double k = 1; chance > TAIL * sum; k++) {
        double working = k < cores ? k : cores;

        chance *= rate * work_s / formula_capacity(host, working);
        sum += chance;
        inside += k * chance;
        busy += working * chance;
    }
    return (struct formula_processor){ .in_system = inside / sum,
                                       .time_s = inside / sum / rate,
                                       .busy = busy / sum / cores };
}
