#!/bin/bash
# What has parts is as busy as the busiest of them: a shard as its own replicas, a database as its shards.
. "$(dirname "$0")/common.sh"

run 0 "$source_dir/scenarios/celebrity_shard.json" --variant replicas -n 1 -q --csv parts.csv --set expect=none --set time.measure=5s
awk -F, '
    $3 == "utilisation" { busy[$2] = $5 }
    function greater(a, b) { return a > b ? a : b }
    function near(name, expected) {
        if (expected <= 0 || busy[name] < expected - 1e-9 || busy[name] > expected + 1e-9)
            printf "%s is %s busy, its parts %s\n", name, busy[name], expected
    }
    END {
        for (shard = 0; shard < 4; shard++) {
            name = "db.shard[" shard "]"
            near(name, greater(busy[name ".primary"], (busy[name ".replica[0]"] + busy[name ".replica[1]"]) / 2))
        }
        near("db.shard", greater(busy["db.shard.primary"], busy["db.shard.replica"]))
        near("db", busy["db.shard"])
        if (busy["db.shard[2]"] < 1.5 * busy["db.shard[1]"])
            print "the shard of the celebrity is not the busiest one"
    }' parts.csv >odd
empty odd
finish
