#!/bin/bash
# Copies of which none leads: quorums that may miss each other are a warning, and no mistake.
. "$(dirname "$0")/common.sh"

cat >copies.json <<'END'
{
  "time": { "kind": "episode", "measure": "5s" },
  "data": { "posts": { "rows": 100, "row_size": "1KB", "popularity": "uniform" } },
  "components": {
    "users": { "type": "clients", "arrivals": "100/s", "target": "web", "requests": { "edit": { "key": "posts" } } },
    "web": { "type": "web_server", "handlers": { "edit": [{ "write": "db" }, { "read": "db" }] } },
    "db": {
      "type": "database",
      "kind": "key_value",
      "replicas": 2,
      "replication": { "mode": "quorum", "quorum": { "read": 1, "write": 2 } }
    }
  }
}
END

run 0 check copies.json
told 'warning: components.db.replication.quorum: 1 that read and 2 that write are not more than the 3 copies'
run 0 copies.json -n 2
told 'copies.json:11:52: warning: '
printed 'db.copy x3'
run 0 check copies.json --set db.replication.quorum.read=2
empty stderr

# The answer waits for copies, whose work is not the request's own.
run 0 copies.json -n 1 -q --trace-request 1
printed 'answers of enough copies'
finish
