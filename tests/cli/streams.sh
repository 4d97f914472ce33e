#!/bin/bash
# Closed streams, readers that go away, full disks and small limits: each ends with a status and a word about it, and
# files are whole or not there.
. "$(dirname "$0")/common.sh"

# ends STATUS WHAT: of the last command
ends() {
    local status=$?
    [ "$status" -eq "$1" ] || {
        fail "$2: exit $status instead of $1"
        sed 's/^/    /' stderr
    }
}

# Where standard output is closed, no file that is opened may take its place.
run 0 tiers.json -n 1 -q --csv good.csv --json good.json --series good_series.csv
"$program" tiers.json -n 1 --csv out.csv >&- 2>stderr
ends 3 "standard output is closed"
told "standard output: "
same good.csv out.csv "the summary went into the CSV"
"$program" tiers.json -n 1 -q --csv out.csv >&-
ends 0 "standard output is closed, and nothing was to be printed"
"$program" tiers.json -n 1 -q --csv out.csv >&- 2>&- <&-
ends 0 "all streams are closed"
same good.csv out.csv "something went into the CSV"
"$program" tiers.json -n 1 -q --set web.workers=0 2>&-
ends 2 "standard error is closed"
"$program" tiers.json -n 1 --set users.arrivals=900000/s --set users.timeout=never --set web.accept_queue=unlimited --max-memory 64MB \
    --set time.warm_up=0s --csv grew.csv >/dev/null 2>&-
ends 3 "standard error is closed, and there is an error"
grep -q 'error:' grew.csv && fail "a message went into the CSV"
"$program" check - <&- 2>stderr
ends 2 "standard input is closed"
told "standard input"

# Every command tells of a full disk, for itself and in each of its files.
if [ -e /dev/full ]; then
    for words in --help --version models 'models service' reference schema init 'check queue.json' 'check --paths queue.json' 'queue.json -n 1' \
        'queue.json -n 1 --csv -' 'queue.json -n 1 --json -' 'queue.json -n 1 --series -'; do
        # shellcheck disable=SC2086
        "$program" $words >/dev/full 2>stderr
        ends 3 "$words into a full disk"
        told "standard output"
        [ "$(grep -c 'error:' stderr)" -eq 1 ] || fail "$words into a full disk: not one message"
    done
    for option in --csv --json --series; do
        run 3 queue.json -n 1 -q $option /dev/full
        told "/dev/full: No space left on device"
    done
    "$program" rnu queue.json >/dev/full 2>/dev/full
    ends 2 "a mistake, and all disks are full"
fi

# A limit on files stands for a disk that is full half-way.
for option in --csv --json --series; do
    echo before >small.out
    (
        ulimit -f 1
        exec "$program" tiers.json -n 1 -q $option small.out
    ) 2>stderr
    ends 3 "$option over its limit"
    told "small.out: File too large"
    [ "$(cat small.out)" = before ] || fail "$option over its limit: what was there before is lost"
    [ "$(ls small.out*)" = small.out ] || fail "$option over its limit: a temporary file stays behind"
done
(
    ulimit -f 0
    exec "$program" init new.json
) 2>stderr
ends 3 "init over its limit"
absent new.json

# Where nobody can write, also not root.
for place in /proc/out.csv absent/out.csv . queue.json/out.csv; do
    run 2 queue.json -n 1 -q --csv $place
    told "$place cannot be written"
done
if [ "$(id -u)" -ne 0 ]; then
    mkdir locked
    chmod 555 locked
    run 2 queue.json -n 1 -q --csv locked/out.csv
    told "locked/out.csv cannot be written: Permission denied"
    run 2 init locked/new.json
    rmdir locked
fi

# A reader that has had enough is no fault: quiet, and the status that a shell gives to what SIGPIPE ended. The files
# that were asked for are written all the same.
mkfifo pipe
unread() {
    local reader
    : <pipe &
    reader=$!
    exec 9>pipe # opens when the reader does
    wait $reader
    timeout 40 "$program" "$@" >&9 9>&- 2>stderr
    ends 141 "nobody reads: $*"
    exec 9>&-
    empty stderr
}
for words in 'tiers.json -n 1' 'tiers.json -n 1 --csv -' schema reference models init 'check --paths tiers.json' --help; do
    # shellcheck disable=SC2086
    unread $words
done
rm -f out.csv
unread tiers.json -n 1 --csv out.csv
same good.csv out.csv "nobody reads the summary, and the CSV is not whole"
"$program" reference 2>stderr | head -1 >stdout
empty stderr
printed "#"

# The variants that are left are not run for nobody.
sed 's/"expect": "none"/"expect": "none", "time": { "measure": "10000d" }/' queue.json >endless.json
unread endless.json -n 1

# Little memory: so little that the machine refuses it. Nothing crashes, and no file is left half-way. (The sanitizer
# wants terabytes.)
if [ -z "${ASAN_OPTIONS:-}" ]; then
    for limit_kb in 4000 6000 8000 10000 12000 14000 17000 20000 30000 50000; do
        rm -f out.csv
        (
            ulimit -v $limit_kb
            exec "$program" tiers.json -n 1 -q --csv out.csv 2>stderr
        )
        got=$?
        if [ $got -eq 0 ]; then
            same good.csv out.csv "with $limit_kb kB the results differ"
        elif [ $got -eq 3 ]; then
            told "out of memory"
            absent out.csv
        elif ! grep -q 'error while loading' stderr; then # the loader's own, before the program is there
            fail "with $limit_kb kB: exit $got"
        fi
    done
fi
finish
