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

# A terminal that is closed is a signal like the others; nohup is not to hear of it.
interrupt HUP 129 queue.json -n 10000 --variant base --csv out.csv
told "partial"
grep -q '^base,total,requests.started,' out.csv || fail "no partial CSV after SIGHUP"
[ "$(ls out.csv*)" = out.csv ] || fail "a temporary file stays behind after SIGHUP"
rm -f out.csv
(
    trap '' HUP
    exec "$program" queue.json -q -n 1 --variant base --set time.measure=10000d --csv out.csv 2>stderr
) &
pid=$!
sleep 0.7
kill -HUP $pid
sleep 0.3
kill -0 $pid || fail "an ignored SIGHUP ended the run"

# What is killed outright leaves nothing, where files without a name are possible.
named=$(ls out.csv* 2>/dev/null)
kill -KILL $pid
wait $pid 2>/dev/null
[ -n "$named" ] || [ -z "$(ls out.csv* 2>/dev/null)" ] || fail "SIGKILL leaves $(ls out.csv*)"
rm -f out.csv*

# Two signals at once, of different kinds: the first one counts, and files are whole.
"$program" queue.json -q -n 10000 --variant base --csv out.csv --json out.json 2>stderr &
pid=$!
sleep 0.7
kill -TERM $pid
kill -INT $pid 2>/dev/null
wait $pid
got=$?
{ [ "$got" -eq 143 ] || [ "$got" -eq 130 ]; } || fail "exit $got after two signals at once"
told "partial"
[ "$(tail -c 2 out.json)" = "}" ] || fail "the JSON is cut"
grep -q '"complete":false' out.json || fail "the JSON does not say that it is partial"
[ "$(ls out.*)" = "$(printf 'out.csv\nout.json')" ] || fail "a temporary file stays behind: $(ls out.*)"
rm -f out.csv out.json

# A run whose writing to a pipe is interrupted goes on where it was: nothing is lost or written twice.
"$program" tiers.json -q -n 1 --set web.count=200 --csv whole.csv
"$program" tiers.json -q -n 1 --set web.count=200 --csv - >pipe 2>stderr &
pid=$!
{
    sleep 0.5
    kill -HUP $pid 2>/dev/null
    cat
} <pipe >piped.csv
wait $pid
got=$?
if [ "$got" -eq 0 ]; then
    same whole.csv piped.csv "a signal while the CSV went into a pipe changed it"
elif [ "$got" -ne 129 ]; then
    fail "exit $got after a signal while writing"
fi

# Quiet is quiet, but not about this.
interrupt INT 130 queue.json -q --set time.measure=10000d
empty stdout
told "partial"

# An expectation that fails in the part is not the answer.
interrupt INT 130 queue.json -n 10000 -q --set expect.total.latency.mean='< 1ms'
finish
