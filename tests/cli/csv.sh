#!/bin/bash
# The CSV: its header, its columns, its numbers, and the sums that must be right in it.
. "$(dirname "$0")/common.sh"
header=variant,component,metric,unit,value,ci_low,ci_high,replications

run 0 queue.json --csv out.csv
printed "One server"
run 0 queue.json --csv -
same out.csv stdout "the CSV on standard output differs from the file"
empty stderr
[ "$(head -n 1 out.csv)" = "$header" ] || fail "header: $(head -n 1 out.csv)"
[ "$(grep -cF "$header" out.csv)" -eq 1 ] || fail "more than one header"
awk -F, 'NF != 8' out.csv >odd
empty odd
awk -F, 'NR > 1 { print $1 }' out.csv | uniq >order
printf 'base\nfaster\n' >wanted
same order wanted "variants are not in the order of the file"
awk -F, 'NR > 1 && $8 != 5' out.csv >odd
empty odd
awk -F, 'NR > 1 { print $1 "," $2 "," $3 }' out.csv | sort | uniq -d >odd
empty odd
grep -iE ',-?(nan|inf)' out.csv >odd
empty odd
awk -F, 'NR > 1 && $6 != "" && !($6 + 0 <= $5 + 0 && $5 + 0 <= $7 + 0)' out.csv >odd
empty odd

# One replication has no interval.
run 0 queue.json -n 1 --csv one.csv -q
awk -F, 'NR > 1 && ($6 != "" || $7 != "" || $8 != 1)' one.csv >odd
empty odd

# A variant alone has the rows that it has among the others.
run 0 queue.json --variant faster --csv part.csv -q
grep -v '^base,' out.csv >wanted
same part.csv wanted "a variant run alone differs"

# What was not measured is empty: nobody got an answer.
run 0 queue.json --variant base -n 2 --set srv.service_time=1h --set srv.waiting=0 --csv none.csv --set expect=none
awk -F, '$2 == "total" && $3 == "latency.p99" && $5 == ""' none.csv | grep -q . || fail "a latency of no requests"

# Requests that began or were inside at the start ended or are inside at the end; in every row of every component.
conserved() {
    awk -F, -v file="$1" '
        NR > 1 { row = $1 "," $2; rows[row] = 1; value[row, $3] = $5 }
        END {
            for (row in rows) {
                if (!((row, "requests.started") in value))
                    continue
                count++
                began = value[row, "requests.started"] + value[row, "in_flight.start"]
                ended = value[row, "requests.ok"] + value[row, "requests.failed"] + value[row, "in_flight.end"]
                if (began - ended > 1e-6 * began + 1e-6 || ended - began > 1e-6 * began + 1e-6)
                    print file ": " row ": " began " began and were inside, " ended " ended and are inside"
                failed = 0
                for (key in value) {
                    split(key, part, SUBSEP)
                    if (part[1] == row && index(part[2], "requests.failed.") == 1)
                        failed += value[key]
                }
                total = value[row, "requests.failed"]
                if (failed - total > 1e-6 * total + 1e-6 || total - failed > 1e-6 * total + 1e-6)
                    print file ": " row ": " total " failed, by cause " failed
            }
            if (count < 3)
                print file ": only " count " components"
        }' "$1" >odd
    empty odd
}

conserved out.csv
conserved none.csv
run 0 tiers.json -n 3 --csv tiers.csv
conserved tiers.csv
awk -F, '$3 == "requests.failed.timeout" && $2 == "users" && $5 > 0' tiers.csv | grep -q . || fail "no timeouts to count in tiers.json"
for scenario in "$source_dir"/scenarios/*.json; do
    run 0 "$scenario" -q -n 2 --set time.measure=2s --set time.warm_up=1s --set expect=none --csv each.csv
    conserved each.csv
done
finish
