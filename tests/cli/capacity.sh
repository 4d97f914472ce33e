#!/bin/bash
# capacity finds the load up to which the expectations hold, says so in a table and in files, and refuses what it cannot
# look for.
. "$(dirname "$0")/common.sh"

# value FILE VARIANT METRIC: a figure of total
value() {
    awk -F, -v variant="$2" -v metric="$3" '$1 == variant && $2 == "total" && $3 == metric { print $5 }' "$1"
}

# within LOW HIGH VALUE WHAT
within() {
    awk -v low="$1" -v high="$2" -v value="$3" 'BEGIN { exit !(value >= low && value <= high) }' ||
        fail "$4: $3 is not within $1 and $2"
}

# M/M/1 with 100/s: a mean of 200 ms at 95/s; twice as fast at 195/s. `held` means that the whole interval is below the
# bound, so the load is a little lower.
faster='expect={"total.latency.mean":"< 200ms"}'
run 0 capacity queue.json --vary users.arrivals=1/s..5000/s --crash srv --csv found.csv --json found.json --set "$faster"
within 91 95 "$(value found.csv base capacity)" "capacity of M/M/1"
within 187 195 "$(value found.csv faster capacity)" "capacity of the faster one"
[ "$(value found.csv base capacity.above)" -gt "$(value found.csv base capacity)" ] || fail "no load at which it fails"
[ "$(value found.csv base capacity.unanswered_if_dies.srv)" = 1 ] || fail "the only server died, and requests were answered"
grep -q '"metric": *"capacity"' found.json || fail "the JSON has no capacity"
grep -qE '^base +9[0-9]/s ' stdout || fail "no row of base"
grep -q 'srv dies' stdout || fail "no column of the crash"
grep -q 'To repeat: ' stdout || fail "no line to repeat it"

# The same line gives the same bytes; another number of replications is another sample.
run 0 capacity queue.json --vary users.arrivals=1/s..5000/s --crash srv --csv again.csv --set "$faster"
same found.csv again.csv "the same command gave other figures"

# What is varied comes last, and what is measured at the capacity is what run measures there.
load=$(value found.csv base capacity)
run 0 run queue.json -q --variant base --set "users.arrivals=$load/s" --csv run.csv
[ "$(value run.csv base latency.mean)" = "$(value found.csv base latency.mean)" ] ||
    fail "run measures something else at the capacity"

# Ends of the range.
run 0 capacity queue.json --variant base --vary users.arrivals=1/s..50/s
grep -qE '^base +>= 50/s ' stdout || fail "it holds at the high end, and that is not said"
run 1 capacity queue.json --variant base --vary users.arrivals=110/s..500/s
grep -qE '^base +< 110/s +- ' stdout || fail "it does not hold at the low end, and that is not said"
run 1 capacity queue.json --variant base --vary users.arrivals=1/s..90/s --set 'expect={"total.availability":"> 99.999%"}'
grep -qE '^base +\? 1/s' stdout || fail "it is undecided, and that is not said"
tr '\n' ' ' <stdout | grep -q 'too few to decide' || fail "not said why"

# What holds in a band only: busy by half, and not too slow.
run 1 capacity queue.json --variant base --vary users.arrivals=30/s..90000/s \
    --set 'expect={"total.latency.mean":"< 50ms","srv.utilisation":"> 50%"}'
grep -qE '^base +! < 30/s' stdout || fail "it held again at 60/s, and that is not said"
tr '\n' ' ' <stdout | grep -q 'it held again' || fail "not said what ! means"

# A variant that expects nothing.
run 0 capacity queue.json --vary users.arrivals=50/s..120/s
grep -q '^faster .*expects nothing' stdout || fail "nothing is said of the variant without expectations"
run 2 capacity queue.json --variant faster --vary users.arrivals=50/s..120/s
told "queue.json expects nothing"
empty stdout

# A count: whole ones only, more than one is tried although the first ones fail.
run 0 capacity tiers.json --vary web.workers=2..9 --set 'expect={"web.utilisation":"< 200%"}' -n 2
grep -qE '^base +>= 9 ' stdout || fail "workers up to 9"

# Standard output holds one thing.
run 0 capacity queue.json --variant base --vary users.arrivals=50/s..120/s --csv -
head -n 1 stdout | grep -q '^variant,component,metric' || fail "the table is in the CSV"

# Mistakes.
run 2 capacity queue.json --vary user.arrivals=1/s..5/s
told 'there is no component "user"; did you mean "users"?'
run 2 capacity queue.json --vary users.arivals=1/s..5/s
told 'did you mean "arrivals"?'
run 2 capacity queue.json --vary users.arrivals=1..5
told 'has no unit'
run 2 capacity queue.json --vary users.arrivals=1/s..few/s
told 'both ends of the range are numbers'
run 2 capacity queue.json --vary users.arrivals=5/s..1/s
told 'has to be the lower one'
run 2 capacity queue.json --vary srv.servers=1..100000000000 # only the trial finds out
told 'components.srv.servers'
run 2 capacity queue.json --vary users.arrivals=1/s..5/s --crash svr
told 'did you mean "srv"?'
run 2 capacity queue.json --vary users.arrivals=1/s..5/s --crash users
told 'a component of type clients does not crash'
run 2 capacity queue.json
told '--vary is missing'
run 2 queue.json --vary users.arrivals=1/s..5/s
told 'capacity alone takes'

# A signal ends it; the rows that are there stay.
"$program" capacity queue.json --vary users.arrivals=1/s..5000/s --set time.measure=20000s --set "$faster" \
    --csv cut.csv >stdout 2>stderr </dev/null &
sleep 1
kill -INT $!
wait $!
[ $? -eq 130 ] || fail "ended by a signal with another status"
told "ended by a signal; variants are missing"

finish
