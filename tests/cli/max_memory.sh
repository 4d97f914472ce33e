#!/bin/bash
# --max-memory: a run that meets it ends with what it has measured and names the component that grew.
. "$(dirname "$0")/common.sh"

cat >overload.json <<'END'
{
  "title": "Three servers with lines that never refuse",
  "time": { "warm_up": "1s", "measure": "1000s" },
  "components": {
    "users": { "type": "clients", "arrivals": "20000/s", "target": "lb" },
    "lb": { "type": "load_balancer", "targets": "web" },
    "web": { "type": "service", "count": 2, "servers": 4, "waiting": "unlimited", "service_time": "1ms" }
  }
}
END

run 3 overload.json --max-memory 64MB --csv out.csv -n 3
told "the run met its limit of 64 MB of memory: web grew: "
told "requests inside; the figures are partial"
printed "PARTIAL: ended after"
printed "web grew:"
printed "of 16 min 40 s"
[ "$(grep -oE 'web grew: [0-9,]+' stderr | tr -dc 0-9)" -gt 100000 ] || fail "too few requests: $(cat stderr)"
awk -F, '$2 == "total" && $3 == "throughput" && $5 > 7000 && $5 < 9000' out.csv | grep -q . || fail "no partial figures"
[ "$(ls out.csv*)" = out.csv ] || fail "a temporary file stays behind"

# The same bytes again, and more memory lasts longer.
cp stderr first
run 3 overload.json --max-memory 64MB --csv again.csv -n 3
same out.csv again.csv "the second run differs"
run 3 overload.json --max-memory 128MB -q -n 1
[ "$(grep -oE 'grew: [0-9,]+' stderr | tr -dc 0-9)" -gt "$(grep -oE 'grew: [0-9,]+' first | tr -dc 0-9)" ] || fail "more memory holds no more"

# Requests wait where there is no room, not behind it: the workers of web hold a few, the line in front of it the rest.
run 3 tiers.json --max-memory 64MB -q -n 1 --set users.arrivals=60000/s --set web.accept_queue=unlimited --set users.timeout=never \
    --set db.service_time=10ms
told "web grew: "

# One instance of many, when it alone grows: nearly all keys are its own.
cat >hot.json <<'END'
{
  "title": "A hot row",
  "time": { "warm_up": "0s", "measure": "1000s" },
  "data": { "rows": { "rows": 1000, "popularity": "uniform", "hot_rows": [{ "row": 42, "share": "90%" }] } },
  "components": {
    "users": { "type": "clients", "arrivals": "20000/s", "target": "shard", "requests": { "view": { "key": "rows" } } },
    "shard": { "type": "service", "count": 4, "instances": "by_modulo", "waiting": "unlimited", "service_time": "0.1ms" }
  }
}
END
run 3 hot.json --max-memory 64MB -q -n 1
grep -qE 'shard\[2\] grew: ' stderr || fail "the shard is not named: $(cat stderr)"

# What a component keeps grows: keys, not requests.
cat >keys.json <<'END'
{
  "title": "A cache that is asked for new keys all the time",
  "time": { "warm_up": "0s", "measure": "1000s" },
  "data": { "rows": { "rows": 100000000, "popularity": "uniform" } },
  "components": {
    "users": { "type": "clients", "arrivals": "20000/s", "target": "web", "requests": { "view": { "key": "rows" } } },
    "web": { "type": "web_server", "count": 4, "handlers": { "view": [{ "get": "keys", "on_miss": [{ "put": "keys" }] }] } },
    "keys": { "type": "cache", "memory": "8GB" }
  }
}
END
run 3 keys.json --max-memory 64MB -n 1 --json keys.out
told "the run met its limit of 64 MB of memory: keys grew: what it keeps takes "
printed "keys grew:"
grep -q '"grew":{"component":"keys","bytes_kept":[0-9]' keys.out || fail "the JSON does not say what grew"

# In the warm-up nothing is measured, and no file is written.
run 3 overload.json --max-memory 64MB --set time.warm_up=100s --csv none.csv
told "web grew: "
told "nothing was measured yet"
absent none.csv

# Too little for the scenario itself.
run 3 queue.json --max-memory 1MB
told "its components alone take"
printed "PARTIAL"

# Enough changes nothing.
run 0 queue.json -q --csv plain.csv
run 0 queue.json -q --csv limited.csv --max-memory 1GB
same plain.csv limited.csv "a limit that is not met changes the results"

run 2 queue.json --max-memory 64
told "--max-memory cannot be"
run 2 queue.json --max-memory 0B
run 2 queue.json --max-memory lots
finish
