#!/bin/bash
# A hundredth of bench/scenarios/day.json, the day of a site that the benchmark plays whole: its counts and hit ratios are
# those that were predicted from the file.
. "$(dirname "$0")/common.sh"

run 0 "$source_dir/bench/scenarios/day.json" --variant hundredth -n 1 -q --csv day.csv

# of COMPONENT METRIC: its value
of() {
    awk -F, -v component="$1" -v metric="$2" '$2 == component && $3 == metric { print $5; exit }' day.csv
}

# within VALUE PREDICTED BY: by so much at most
within() {
    awk -v value="$1" -v predicted="$2" -v by="$3" \
        'BEGIN { exit !(value != "" && value >= predicted - by && value <= predicted + by) }'
}

# near WHAT VALUE PREDICTED BY, and unlike: the opposite
near() {
    within "$2" "$3" "$4" || fail "$1: $2 where $3 +- $4 was predicted"
}
unlike() {
    ! within "$2" "$3" "$4" || fail "$1: $2 cannot be told from $3"
}

# lru ROWS EXPONENT ROOM KEPT: hit ratio of a least-recently-used cache for Zipf's law by the approximation of Che (2002);
# KEPT: share of uses that leave a copy, the others drop it. A copy is there if the last use within the characteristic
# time left one. Time counts in requests, so that the wave of the day does not matter.
lru() {
    awk -v rows="$1" -v exponent="$2" -v room="$3" -v kept="$4" 'BEGIN {
        for (i = 1; i <= rows; i++)
            sum += p[i] = i ^ -exponent
        low = 0
        high = 1e9
        for (step = 0; step < 100; step++) {
            time = (low + high) / 2
            inside = hits = 0
            for (i = 1; i <= rows; i++) {
                there = kept * (1 - exp(-p[i] / sum * time))
                inside += there
                hits += p[i] / sum * there
            }
            if (inside < room)
                low = time
            else
                high = time
        }
        printf "%.6f", hits
    }'
}

users=100000
sessions=$(of users sessions.started)
pages=$(of users requests.started)
answered=$(of users requests.ok)
assets=$(of users assets.fetched)

# Sessions are Poisson; 4 standard errors. Some 100 are not over at midnight.
near "sessions" "$sessions" $users "$(awk "BEGIN { print 4 * sqrt($users) }")"
near "pages" "$pages" $((10 * users)) "$(awk "BEGIN { print 40 * sqrt($users) + 1000 }")"
near "pages a session" "$pages" $((10 * sessions)) 2000
near "assets" "$assets" $((6 * answered)) $((6 * (pages - answered)))
near "assets at the CDN" "$(of cdn requests.started)" "$assets" 0
near "failures" "$(of total requests.failed)" 0 0
near "assets that failed" "$(of users assets.failed)" 0 0

# Users in Chicago, 60 %, are nearest to New York. Whole sessions are there or here.
near "share of the edge in New York" "$(awk "BEGIN { print $(of cdn.new_york requests.started) / $assets }")" 0.6 \
    "$(awk "BEGIN { print 4 * sqrt(0.6 * 0.4 / $users) }")"

# 500 of 1000 images fit an edge; 1000 of 10,000 articles fit the cache, which 5 % of the pages drop a copy from. A tenth
# of a percent for the approximation, and for copies that two users fetch at once.
images=$(lru 1000 1.2 500 1)
articles=$(lru 10000 0.9 1000 0.95)
for edge in new_york san_francisco; do
    near "hits of the edge in $edge" "$(of cdn.$edge hit_ratio)" "$images" 0.001
done
near "hits of the cache" "$(of cache hit_ratio)" "$articles" 0.002
near "reads and writes of the database" "$(of db requests.started)" \
    "$(awk "BEGIN { print $pages * (0.95 * (1 - $articles) + 0.05) }")" "$(awk "BEGIN { print 0.005 * $pages }")"

# With a tenth less room each prediction would be another one.
unlike "hits of the edge" "$(of cdn.new_york hit_ratio)" "$(lru 1000 1.2 450 1)" 0.001
unlike "hits of the cache" "$(of cache hit_ratio)" "$(lru 10000 0.9 900 0.95)" 0.002

finish
