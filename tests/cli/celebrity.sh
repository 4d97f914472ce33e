#!/bin/sh
# The celebrity's shard is full when it should be: with p the celebrity's share of the shards' work and mu
# what one shard can do, the system answers mu / (p + (1 - p) / 4) at most, within 3 %. mu is measured in the base,
# where all shards are alike; p is 30 % of the reads, which are 95 % of the requests. The negative control takes a
# share wrong by 5 points.
set -eu
: "${SCALESIM:?}" "${SCALESIM_SOURCE_DIR:?}"
scenario=$SCALESIM_SOURCE_DIR/scenarios/celebrity_shard.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$SCALESIM" "$scenario" --replications 2 --set time.measure=10s --csv "$work/all.csv" --quiet
value() { # VARIANT COMPONENT METRIC
    awk -F, -v v="$1" -v c="$2" -v m="$3" '$1 == v && $2 == c && $3 == m { print $5 }' "$work/all.csv"
}

fail() {
    echo "celebrity.sh: $*"
    exit 1
}

close() { # A B SHARE: |A/B - 1| < SHARE
    awk -v a="$1" -v b="$2" -v s="$3" 'BEGIN { d = a / b - 1; exit !(d < s && d > -s) }'
}

mu=$(awk -v t="$(value base 'db.shard[2]' throughput)" -v u="$(value base 'db.shard[2]' cpu.utilisation)" \
    'BEGIN { print t / u }')
answered=$(value celebrity total throughput)
predicted() { # SHARE OF THE READS
    awk -v mu="$mu" -v r="$1" 'BEGIN { p = 0.95 * r; print mu / (p + (1 - p) / 4) }'
}
close "$answered" "$(predicted 0.30)" 0.03 || fail "answered $answered/s, predicted $(predicted 0.30)/s"
! close "$answered" "$(predicted 0.35)" 0.03 || fail "the check would pass with a wrong share too"

# the other three idle, and twice the shards do not cure it
close "$(value celebrity 'db.shard[2]' cpu.utilisation)" 1 0.01 || fail "the celebrity's shard is not full"
awk -v u="$(value celebrity 'db.shard[0]' cpu.utilisation)" 'BEGIN { exit !(u < 0.5) }' || fail "the others are not idle"
close "$(value twice_the_shards 'db.shard[2]' cpu.utilisation)" 1 0.01 || fail "twice the shards cure it"
for cure in cached own_shard eight_copies replicas; do
    awk -v a="$(value $cure total availability)" 'BEGIN { exit !(a > 0.999) }' || fail "$cure does not cure it"
done
# of the hot shard's reads, 30 % of all and a quarter of the rest, each of its two replicas answers half
answered_by_one=$(value replicas 'db.shard[2].replica[0]' throughput)
close "$answered_by_one" "$(awk 'BEGIN { print 0.95 * 3000 * (0.3 + 0.7 / 4) / 2 }')" 0.03 ||
    fail "a replica of the celebrity's shard answers $answered_by_one/s"
echo "celebrity: answered $answered/s, predicted $(predicted 0.30)/s"
