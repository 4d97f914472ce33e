#!/bin/bash
# Faults that cut the network: what is sent to those on the other side is lost, and nobody dies.
. "$(dirname "$0")/common.sh"

cat >cut.json <<'END'
{
  "time": { "kind": "episode", "measure": "30s" },
  "components": {
    "users": { "type": "clients", "arrivals": "10/s", "gap_law": "constant", "timeout": "1s", "target": "web" },
    "others": { "type": "clients", "arrivals": "10/s", "gap_law": "constant", "timeout": "1s", "target": "web" },
    "web": {
      "type": "web_server",
      "workers": 500,
      "handlers": { "request": [{ "compute": "1ms" }, { "read": "db" }] }
    },
    "db": { "type": "database", "replicas": 1 }
  },
  "faults": [{ "at": "10s", "cut": "web", "for": "5s" }],
  "variants": {
    "with_users": { "faults": [{ "at": "10s", "cut": "web", "with": ["users", "db"], "for": "5s" }] },
    "store": { "faults": [{ "at": "10s", "cut": "db", "until": "15s" }] },
    "both_cut": {
      "faults": [{ "at": "10s", "cut": "web", "with": ["users", "db"], "for": "5s" }, { "at": "10s", "cut": "db", "for": "5s" }]
    }
  }
}
END

# timeouts VARIANT CLIENTS: requests of theirs that nobody answered in time
timeouts() {
    awk -F, -v variant="$1" -v clients="$2" \
        '$1 == variant && $2 == clients && $3 == "requests.failed.timeout" { print $5 }' cut.csv
}

# expect VARIANT CLIENTS NUMBER
expect() {
    [ "$(timeouts "$1" "$2")" = "$3" ] || fail "$1: $(timeouts "$1" "$2") timeouts of $2 instead of $3"
}

run 0 cut.json -q -n 2 --csv cut.csv
expect base users 50
expect base others 50
expect with_users users 0
expect with_users others 50
expect store users 50
expect both_cut users 50
expect both_cut others 50
run 0 cut.json -n 1
tr -s ' \n' ' ' <stdout >words
for part in "faults web: cut off for 5 s" "faults web (with users, db): cut off for 5 s, db: cut off for 5 s" \
    "no read stale"; do
    grep -qF -- "$part" words || fail "not said: $part: $(cat words)"
done
awk -F, '$3 == "crashes" && $5 > 0' cut.csv >odd
empty odd
finish
