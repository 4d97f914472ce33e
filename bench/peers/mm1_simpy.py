"""M/M/1 in SimPy 3, in its fastest form: one process sends, one serves, a store between them.

    mm1_simpy.py CUSTOMERS
"""
import random
import sys
import time

import simpy

ARRIVAL_RATE = 0.9
SERVICE_RATE = 1.0


def send(environment, line, customers):
    for _ in range(customers):
        yield environment.timeout(random.expovariate(ARRIVAL_RATE))
        yield line.put(environment.now)


def serve(environment, line, sums):
    while True:
        arrived = yield line.get()
        yield environment.timeout(random.expovariate(SERVICE_RATE))
        sums["time"] += environment.now - arrived
        sums["served"] += 1


def main():
    random.seed(42)
    environment = simpy.Environment()
    line = simpy.Store(environment)
    sums = {"time": 0.0, "served": 0}
    environment.process(send(environment, line, int(sys.argv[1])))
    environment.process(serve(environment, line, sums))
    start = time.process_time()
    environment.run()
    seconds = time.process_time() - start
    print(f"ns={1e9 * seconds / sums['served']:.0f} mean={sums['time'] / sums['served']:.4f}")


main()
