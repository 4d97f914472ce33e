#!/bin/bash
# Ctrl-C and SIGTERM end a run: what was measured so far is shown, marked as partial; the status tells the signal.
. "$(dirname "$0")/common.sh"

command -v timeout >/dev/null || finish

# interrupt SIGNAL STATUS ARGUMENT...: after a second. (timeout sends the signal twice at once: that counts as one.)
interrupt() {
    signal=$1 wanted=$2
    shift 2
    timeout --preserve-status -s "$signal" 1 "$program" "$@" >stdout 2>stderr </dev/null
    got=$?
    [ "$got" -eq "$wanted" ] || fail "$signal: exit $got instead of $wanted"
}

# Many replications: whole ones count, the one that was cut does not.
interrupt INT 130 queue.json -n 10000 --variant base --csv out.csv
told "partial"
printed "PARTIAL"
grep -q '^base,total,requests.started,' out.csv || fail "no partial CSV"
done_count=$(awk -F, '$3 == "requests.started" { print $8; exit }' out.csv)
{ [ "$done_count" -gt 0 ] && [ "$done_count" -lt 10000 ]; } || fail "replications in the CSV: $done_count"
printed "$done_count of 10000 replications"
awk -F, '$2 == "total" && $3 == "requests.started" { exit !($5 > 7000 && $5 < 9000) }' out.csv ||
    fail "a cut replication counts as a whole one"
[ "$(ls out.csv*)" = out.csv ] || fail "a temporary file stays behind"
rm -f out.csv

# A single endless replication: a part is better than nothing.
interrupt TERM 143 queue.json -n 1 --variant base --set time.measure=10000d
told "partial"
printed "PARTIAL: ended after"
printed "of 10000 d"
printed "availability 100%"

# In the warm-up nothing has been measured yet.
interrupt INT 130 queue.json -n 1 --variant base --set time.warm_up=10000d --csv out.csv
told "partial"
printed "PARTIAL"
[ "$(cat out.csv)" = "variant,component,metric,unit,value,ci_low,ci_high,replications" ] || fail "rows of nothing"

# The first one lets a write end, here into a pipe that nobody reads; a later one ends the program at once.
mkfifo pipe
sleep 10 <pipe &
reader=$!
"$program" queue.json -n 1 --set time.measure=1s --set srv.count=300 --csv - >pipe 2>stderr &
pid=$!
sleep 0.7
kill -INT $pid
sleep 0.7
kill -0 $pid || fail "the first signal ended a write"
kill -TERM $pid
wait $pid
got=$?
[ "$got" -eq 143 ] || fail "exit $got instead of 143 after a second signal"
kill $reader

# Quiet is quiet, but not about this.
interrupt INT 130 queue.json -q --set time.measure=10000d
empty stdout
told "partial"

# An expectation that fails in the part is not the answer.
interrupt INT 130 queue.json -n 10000 -q --set expect.total.latency.mean='< 1ms'
finish
