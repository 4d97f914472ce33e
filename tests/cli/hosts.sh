#!/bin/sh
# A host that two components share has one CPU and one bill, and what they say to each other does not pass its
# network card: rows of 60 KB over 8 Mb/s take 0.06 s and their queue.
set -eu
: "${SCALESIM:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat > "$work/shared.json" <<'J'
{
  "time": { "warm_up": "5s", "measure": "60s" },
  "hosts": { "box": { "cores": 1, "memory": "64GiB", "disk_operations": "3000/s", "disk_bandwidth": "125MB/s",
                      "network": "8Mb/s", "price": "$0.5/h", "contention": "0%", "coherency": "0%" } },
  "data": { "films": { "rows": 1000, "row_size": "60KB" } },
  "components": {
    "users": { "type": "clients", "arrivals": "10/s", "target": "web", "requests": { "see": { "key": "films" } } },
    "web": { "type": "web_server", "host": "box", "handlers": { "see": [{ "compute": "20ms" }, { "read": "db" }, { "respond": "100B" }] } },
    "db": { "type": "database", "host": "box", "read_time": "30ms" }
  },
  "variants": {
    "apart": {
      "hosts": { "other": { "cores": 1, "memory": "64GiB", "disk_operations": "3000/s", "disk_bandwidth": "125MB/s",
                            "network": "8Mb/s", "price": "$0.5/h", "contention": "0%", "coherency": "0%" } },
      "components": { "db": { "host": "other" } }
    }
  }
}
J
"$SCALESIM" "$work/shared.json" --replications 3 --quiet --csv "$work/out.csv"
value() { # VARIANT COMPONENT METRIC
    awk -F, -v v="$1" -v c="$2" -v m="$3" '$1 == v && $2 == c && $3 == m { print $5 }' "$work/out.csv"
}
holds() { # CONDITION: an awk expression
    awk "BEGIN { exit !($1) }" || {
        echo "hosts.sh: $1"
        exit 1
    }
}

# one CPU: 10/s of 20 ms and 30 ms each keep half of it busy, and both components show that
holds "$(value base box cpu.utilisation) > 0.45 && $(value base box cpu.utilisation) < 0.55"
holds "$(value base web cpu.utilisation) == $(value base box cpu.utilisation)"
holds "$(value base db cpu.utilisation) == $(value base box cpu.utilisation)"
# apart, each has its own part
holds "$(value apart box cpu.utilisation) < 0.25 && $(value apart other cpu.utilisation) > 0.25"
# one bill
holds "$(value base total cost.per_hour) == 0.5 && $(value apart total cost.per_hour) == 1"
# no network card within the machine; between two there is one
holds "$(value base box network.utilisation) < 0.01 && $(value apart other network.utilisation) > 0.5"
holds "$(value apart web latency.p50) > $(value apart db latency.p50) + 0.06"
echo "hosts: one CPU, one bill, no card between neighbours"
