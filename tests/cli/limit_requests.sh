#!/bin/bash
# label: slow
# A run that really has 2^24 requests in flight: it ends with partial figures and the component that grew. About 10 s
# and 3 GB of memory; where there is less the test is skipped.
. "$(dirname "$0")/common.sh"

available_kb=$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)
[ "${available_kb:-0}" -gt 5000000 ] || {
    echo "skipped: it takes 5 GB of memory that is free"
    exit 77
}
cat >flood.json <<'END'
{
  "title": "Far more than one server can take",
  "time": { "warm_up": "1s", "measure": "1000s" },
  "components": {
    "users": { "type": "clients", "arrivals": "1000000/s", "target": "srv" },
    "srv": { "type": "service", "service_time": "10ms", "waiting": "unlimited" }
  }
}
END
run 3 flood.json -n 2 --csv out.csv --max-memory 5GB
told "the run met its limit of 2^24 requests in flight: srv grew: 16,6"
told "requests inside; the figures are partial"
printed "PARTIAL: ended after 15."
awk -F, '$2 == "total" && $3 == "throughput" && $5 > 90 && $5 < 110' out.csv | grep -q . || fail "no partial figures"
finish
