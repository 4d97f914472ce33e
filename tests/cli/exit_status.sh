#!/bin/bash
# Exit statuses, and what goes where: 0 it ran, 1 an expectation failed, 2 the user's mistake, 3 the machine's fault.
. "$(dirname "$0")/common.sh"

# 0
run 0 queue.json
printed "One server"
empty stderr
run 0 run queue.json -n 2
printed "2 replications"
run 0 --quiet queue.json
empty stdout
empty stderr
run 0 -q -n1 queue.json
run 0 check queue.json
printed "queue.json: good, 2 variants"
run 0 check -q queue.json
empty stdout
"$program" - -n 1 <queue.json >stdout 2>stderr || fail "a scenario from standard input: exit $?"
printed "One server"

run 0 --help
printed "usage: scalesim"
printed "--replications"
cp stdout help
run 0 help
same help stdout "help and --help differ"
run 0 -h
run 0 --version
grep -qE '^scalesim [0-9]+\.[0-9]+\.[0-9]+$' stdout || fail "--version: $(cat stdout)"
run 0 -V
run 0 models
printed "web_server"
run 0 models service
printed "service_time"
run 0 schema
printed '"$schema"'
run 0 reference
printed "service"

# 1
run 1 queue.json --set expect.total.latency.mean='< 1ms' --variant base
printed "failed"
run 1 -q queue.json --set expect.total.latency.mean='< 1ms'
empty stdout
empty stderr
run 1 queue.json -q --csv out.csv --set expect.total.latency.mean='< 1ms'
[ -s out.csv ] || fail "a failed expectation is a result: its CSV is missing"
rm -f out.csv

# 2: the line
run 2
told "which scenario?"
empty stdout
run 2 rnu queue.json
told 'did you mean "run"?'
run 2 queue
told "a file has a / or a ."
run 2 check
told "a file is missing"
run 2 queue.json tiers.json
told 'one word too many: "tiers.json"'
run 2 --sed 3 queue.json
told "did you mean --seed?"
run 2 queue.json --seed
told "an argument is missing"
run 2 queue.json --seed -1
run 2 queue.json --seed 18446744073709551616
run 2 queue.json -n 0
run 2 queue.json -n 2.5
run 2 queue.json --quiet=yes
told "takes no argument"
run 2 queue.json --error-format xml
run 2 models srvice
told 'did you mean "service"?'
run 2 queue.json --variant fastr
told 'did you mean "faster"?'
run 2 queue.json --variant zzz
told 'there are "base" and "faster"'

# 2: the file
run 2 absent.json
told "absent.json: no such file"
run 2 .
told "is a directory"
: >empty.json
run 2 empty.json
run 2 check empty.json
sed 's/80/0/' queue.json >zero.json
run 2 zero.json --csv out.csv
empty stdout
absent out.csv
run 2 queue.json --csv absent/out.csv
told "absent/out.csv cannot be written"
run 2 queue.json --csv .
head -c 17000000 /dev/zero | tr '\0' ' ' >large.json
run 2 large.json
told "16 MiB"
rm -f large.json

# 3
if [ -e /dev/full ]; then
    run 3 queue.json -n 1 -q --csv /dev/full
    told "/dev/full: No space left on device"
    [ -c /dev/full ] || fail "/dev/full is no device any more"
    "$program" queue.json -n 1 >/dev/full 2>stderr
    [ $? -eq 3 ] || fail "a summary to a full disk: exit $? instead of 3"
    told "standard output"
    "$program" queue.json -n 1 --csv - >/dev/full 2>stderr
    [ $? -eq 3 ] || fail "CSV to a full standard output: exit $? instead of 3"
    "$program" schema >/dev/full 2>stderr
    [ $? -eq 3 ] || fail "the schema to a full disk: exit $? instead of 3"
fi

# A file is whole or absent: a limit on its size stops the CSV half-way, and what was there before stays.
echo before >small.csv
(
    ulimit -f 1
    "$program" tiers.json -n 1 -q --csv small.csv 2>stderr
)
[ $? -eq 3 ] || fail "a file over its limit: exit $? instead of 3"
[ "$(cat small.csv)" = before ] || fail "the file that was there before is lost"
[ "$(ls small.csv*)" = small.csv ] || fail "a temporary file stays behind: $(ls small.csv*)"

# Words behind -- are no options.
cp queue.json ./-q.json
run 0 -q -- -q.json
finish
