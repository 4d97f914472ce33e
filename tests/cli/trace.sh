#!/bin/bash
# --trace-request: the way of one request, whose columns add up to its latency to the last digit; it changes no result.
. "$(dirname "$0")/common.sh"
scenarios=$source_dir/scenarios

# sums COUNT: each of the COUNT traces in stdout adds up, column by column and line by line, as integers of the last digit.
sums() {
    awk -v wanted="$1" '
        function cell(n,  text) {
            text = substr($0, n * width + 1, width)
            gsub(/[ .]/, "", text)
            return text ~ /^[0-9]+$/ ? text + 0 : 0 # not what is in brackets
        }
        / at +in all +there +waiting +service +back +times in / {
            width = (index($0, "times in") - 2) / 6
            there = waiting = service = back = latency = 0
            inside = 1
            rows = 0
            next
        }
        inside && /sum: there \+ waiting \+ service \+ back = in all/ {
            if (cell(2) != there || cell(3) != waiting || cell(4) != service || cell(5) != back || cell(1) != latency ||
                cell(2) + cell(3) + cell(4) + cell(5) != cell(1) || rows < 2)
                print "wrong: " $0
            inside = 0
            count++
            next
        }
        inside {
            if (!rows++)
                latency = cell(1)
            there += cell(2)
            waiting += cell(3)
            service += cell(4)
            back += cell(5)
        }
        END { if (count != wanted || inside) print count " traces instead of " wanted }' stdout >odd
    empty odd
}

# The scenarios, request by request, in the warm-up and behind it.
for number in 1 2 3 77 5003; do
    run 0 "$scenarios/celebrity_shard.json" -q -n 1 --trace-request $number --set time.warm_up=1s --set time.measure=2s --set expect=none
    sums 7
done
printed "Request 5003 of celebrity: "
printed "sent at 1."
for number in 1 500 3000; do
    run 0 "$scenarios/one_machine.json" -q -n 1 --trace-request $number --set time.warm_up=1s --set time.measure=10s --set expect=none
    sums 4
    run 0 "$scenarios/web_tier.json" -q -n 1 --trace-request $number --set time.warm_up=1s --set time.measure=10s --set expect=none
    sums 4
done
run 0 "$scenarios/one_machine.json" -q -n 1 --variant base --trace-request 5 --set time.warm_up=1s --set time.measure=1s
printed "cpu of box"
printed "db read"
printed "It belongs to the warm-up of 1 s, which no figure counts. Measuring begins"

# What it says is the truth: a line worked out by hand. The third of three is served last.
cat >three.json <<'J'
{
  "time": { "kind": "episode", "measure": "10s" },
  "network": { "latency": "2ms" },
  "components": {
    "users": { "type": "clients", "arrivals": "100/s", "gap_law": "constant", "target": "desk" },
    "desk": { "type": "service", "service_time": "25ms", "waiting": "unlimited" }
  }
}
J
run 0 three.json -q -n 1 --trace-request 3
sums 1
printed "answered after 59 ms" # 2 + 30 + 25 + 2
grep -qE '^ +0\.000 +59\.000 +2\.000 +2\.000 +desk$' stdout || fail "the hop: $(cat stdout)"
grep -qE '^ +2\.000 +30\.000 +25\.000 +servers$' stdout || fail "the line"
grep -qE '^ +59\.000 +2\.000 +30\.000 +25\.000 +2\.000 +sum:' stdout || fail "the sum"
printed "What took most: waiting at desk: servers, 30 ms or 50.8% of the time."
grep -q warm-up stdout && fail "an episode has no warm-up"

# Branches, timeouts, orphans, retries, refusals, a cache.
cat >many.json <<'J'
{
  "time": { "warm_up": "1s", "measure": "5s" },
  "network": { "latency": "1ms" },
  "data": { "profiles": { "rows": 1000 } },
  "components": {
    "users": { "type": "clients", "arrivals": "50/s", "target": "web", "timeout": "25ms", "retries": 2, "backoff": "5ms",
               "requests": { "view": { "key": "profiles" } } },
    "web": { "type": "web_server",
             "handlers": { "view": [
                 { "get": "cache", "on_miss": [{ "read": "db" }, { "put": "cache" }] },
                 { "parallel": [{ "call": "a" }, { "sequence": [{ "call": "b" }, { "compute": "2ms" }] }, { "compute": "1ms" }] },
                 { "call": "a" }] } },
    "cache": { "type": "cache" },
    "db": { "type": "database", "connections": 1 },
    "a": { "type": "service", "service_time": { "law": "exponential", "mean": "4ms" }, "waiting": 1 },
    "b": { "type": "service", "service_time": { "law": "exponential", "mean": "4ms" } }
  }
}
J
: >all
for number in $(seq 60 75); do
    run 0 many.json -q -n 1 --trace-request "$number"
    sums 1
    cat stdout >>all
done
for words in "parallel branch 1" "parallel branch 3" "web, no answer in time: given up, at work for " "web, attempt 2" \
    "pause before the next attempt" "a, refused" "cache get, hit" "cache get, miss" "db read" "cache put" "(1.000)" "In brackets:" \
    "failed after"; do
    grep -qF "$words" all || fail "nowhere: $words"
done

# Results know nothing of it, and the trace stands beside the summary.
run 0 tiers.json -q -n 2 --csv plain.csv --json plain.json --series plain.series
empty stdout
run 0 tiers.json -q -n 2 --csv traced.csv --json traced.json --series traced.series --trace-request 100
same plain.csv traced.csv "a trace changes the CSV"
same plain.series traced.series "a trace changes the series"
grep -vE '"(command|wall_time_s)"' plain.json >plain.rest
grep -vE '"(command|wall_time_s)"' traced.json >traced.rest
same plain.rest traced.rest "a trace changes the JSON"
cp stdout quiet
run 0 tiers.json -n 2
sed '/^To repeat/,/^$/d' stdout >summary # it may take several lines
run 0 tiers.json -n 2 --trace-request 100
printed "Request 100 of base"
sed '/^To repeat/,/^$/d' stdout | grep -vxF -f quiet >rest
grep -vxF -f quiet summary >wanted
same wanted rest "a trace changes the summary"
run 0 tiers.json -q -n 1 --trace-request 100
same quiet stdout "the same trace is not the same"
run 0 tiers.json -q -n 1 --trace-request 100 --seed 2
cmp -s quiet stdout && fail "the seed does not matter"

# All variants or one; the same user wants the same in each.
run 0 queue.json -q -n 1 --trace-request 900
sums 2
[ "$(grep -oE 'user [0-9]+' stdout | sort -u | wc -l)" = 1 ] || fail "variants have other users"
run 0 queue.json -q -n 1 --trace-request 900 --variant faster
sums 1
printed "Request 900 of faster"

# A request that has no answer when the run ends.
run 0 queue.json -q -n 1 --variant base --trace-request 50 --set srv.service_time=1h --set expect=none
printed "users: request, not answered when the run ended"
sums 1

# Mistakes: told, and nothing is written.
run 2 queue.json -n 1 --trace-request 1000000 --csv out.csv
told "there is no request 1000000 in base: replication 1 has 89"
told "there is no request 1000000 in faster"
told "from 1 to 89"
empty stdout
absent out.csv
for number in 0 -1 x 1.5 18446744073709551616; do
    run 2 queue.json --trace-request $number
    told "--trace-request cannot be \"$number\""
done
run 2 queue.json --trace-request
told "an argument is missing"
run 2 queue.json --trace-reqest 5
told "did you mean --trace-request?"
run 2 queue.json --trace-request 5 --csv -
told "standard output cannot hold two outputs"
run 2 queue.json --trace-request 5 --variant none
told "has no variant"

# A run that meets its limit first has no trace, and ends as it does without one.
run 3 queue.json -q -n 1 --variant base --trace-request 4000000 --max-memory 64MB --set users.arrivals=20000/s --set time.measure=1000s
printed "the run met its limit before it was sent"
run 3 queue.json -q -n 1 --variant base --trace-request 300000 --max-memory 64MB --set users.arrivals=20000/s --set time.measure=1000s \
    --set time.warm_up=0s
printed "at its limit"
sums 1

# Ctrl-C while it is looked for.
if command -v timeout >/dev/null; then
    timeout --preserve-status -s INT 1 "$program" queue.json --variant base --trace-request 1000000000 --set time.measure=10000d \
        --csv out.csv >stdout 2>stderr </dev/null
    [ $? -eq 130 ] || fail "a signal does not end the search"
    told "before anything was measured"
    absent out.csv
fi
finish
