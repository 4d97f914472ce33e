"""The three tiers of reference/three_tier in SimPy 3: a process for each request, a resource for each tier.

    three_tier_simpy.py REQUESTS
"""
import bisect
import itertools
import math
import random
import sys
import time
from collections import OrderedDict

import simpy

KEYS = 1000000
CACHED_KEYS = 100000
SIGMA = 0.8
MU = math.log(0.020) - SIGMA * SIGMA / 2


def shard_of(key, shards):
    return ((key * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF) >> 32) * shards >> 32


class System:
    def __init__(self):
        self.environment = simpy.Environment()
        self.webs = [simpy.Resource(self.environment, 16) for _ in range(8)]
        self.shards = [simpy.Resource(self.environment, 8) for _ in range(16)]
        self.connections = [0] * len(self.webs)
        self.cache = OrderedDict((key, None) for key in range(CACHED_KEYS, 0, -1))
        self.weights = list(itertools.accumulate(key**-0.99 for key in range(1, KEYS + 1)))
        self.done = self.hits = self.timeouts = 0
        self.seconds = 0.0

    def draw_key(self):
        return bisect.bisect_left(self.weights, random.random() * self.weights[-1]) + 1

    def look_up(self, key):
        if key in self.cache:
            self.cache.move_to_end(key)
            return True
        self.cache[key] = None
        self.cache.popitem(last=False)
        return False

    def request(self, key):
        environment = self.environment
        arrived = environment.now
        web = self.connections.index(min(self.connections))
        self.connections[web] += 1
        limit = environment.timeout(1.0)  # SimPy cannot take it back: it stays pending
        with self.webs[web].request() as worker:
            yield worker
            yield environment.timeout(random.expovariate(500.0))
            yield environment.timeout(0.0005)
            if self.look_up(key):
                self.hits += 1
            else:
                with self.shards[shard_of(key, len(self.shards))].request() as connection:
                    yield connection
                    yield environment.timeout(random.lognormvariate(MU, SIGMA))
            yield environment.timeout(random.expovariate(1000.0))
        self.connections[web] -= 1
        self.done += 1
        self.seconds += environment.now - arrived
        self.timeouts += limit.processed

    def arrivals(self, requests):
        for _ in range(requests):
            yield self.environment.timeout(random.expovariate(12000.0))
            self.environment.process(self.request(self.draw_key()))


def main():
    random.seed(42)
    system = System()
    system.environment.process(system.arrivals(int(sys.argv[1])))
    start = time.process_time()
    system.environment.run()
    seconds = time.process_time() - start
    print(
        f"ns={1e9 * seconds / system.done:.0f} mean_ms={1e3 * system.seconds / system.done:.3f}"
        f" hit_ratio={system.hits / system.done:.4f} timeouts={system.timeouts}"
    )


main()
