#!/bin/sh
# Data centers: two copies of what is written once, each with a machine of its own; whom names mean; a rule of
# the network that names what is copied; a site that dies with its autoscaler. And changes carried from one store
# to the other 3 s late: what is stale, in conflict, superseded, counted row by row.
. "$(dirname "$0")/common.sh"

cat >seoul.csv <<'END'
time,user,key,class
1,1,5,edit
1,1,7,edit
END
cat >virginia.csv <<'END'
time,user,key,class
2,2,5,view
2.5,2,5,edit
6,2,5,view
6,2,7,view
END
cat >sites.json <<'END'
{
  "time": { "kind": "episode", "measure": "20s" },
  "network": {
    "latency": "1ms",
    "regions": { "seoul": {}, "virginia": {} },
    "round_trips": [{ "from": "seoul", "to": "virginia", "round_trip": "200ms" }],
    "links": [{ "from": "web", "to": "db", "latency": "10ms" }]
  },
  "hosts": { "box": { "cores": 2, "memory": "8GB", "price": "$1/h" } },
  "data": { "posts": { "rows": 10 } },
  "components": {
    "koreans": {
      "type": "clients", "region": "seoul", "target": "seoul/web", "trace": "seoul.csv",
      "requests": { "edit": { "key": "posts" } }
    },
    "americans": {
      "type": "clients", "region": "virginia", "target": "virginia/web", "trace": "virginia.csv",
      "requests": { "view": { "share": "50%", "key": "posts" }, "edit": { "share": "50%", "key": "posts" } }
    },
    "seoul": { "type": "data_center", "components": ["web", "db", "changes"] },
    "virginia": { "type": "data_center", "components": ["web", "db", "from_seoul", "changes"] },
    "web": {
      "type": "web_server",
      "host": "box",
      "handlers": {
        "view": [{ "read": "db" }],
        "edit": [{ "write": "db" }, { "publish": "changes" }]
      }
    },
    "db": { "type": "database", "host": "box", "read_time": "1ms", "write_time": "1ms" },
    "changes": { "type": "queue" },
    "from_seoul": {
      "type": "worker",
      "queue": "seoul/changes",
      "memory_per_worker": "1MB",
      "handlers": { "edit": [{ "wait": "3s" }, { "apply": "db" }] }
    },
    "from_virginia": { "type": "worker", "region": "seoul", "queue": "virginia/changes",
                       "handlers": { "edit": [{ "apply": "seoul/db" }] } }
  },
  "variants": {
    "burns": { "faults": [{ "at": "3s", "crash": "seoul", "for": "5s" }] },
    "burns_later": {
      "faults": [{ "at": "3s", "crash": "seoul/web", "for": "5s" }, { "at": "10s", "crash": "seoul", "for": "5s" }]
    }
  }
}
END
"$program" sites.json --replications 2 --quiet --csv out.csv || fail "sites.json does not run"

expect_value() { # VARIANT,COMPONENT,METRIC VALUE
    got=$(grep "^$1," out.csv | cut -d, -f5)
    [ "$got" = "$2" ] || fail "$1 is $got instead of $2"
}

expect_value base,virginia/db,stale_reads 1
expect_value base,virginia/db,conflicts 1
expect_value base,virginia/db,changes.applied 2
expect_value base,virginia/db,changes.superseded 1
expect_value base,seoul/db,conflicts 0
expect_value base,seoul/db,changes.applied 1
expect_value base,seoul/db,changes.superseded 0
expect_value base,seoul/box,cost.per_hour 1
expect_value base,virginia/box,cost.per_hour 1
expect_value burns,seoul,crashes 1

# Who dies with a site is not told apart from it, unless a fault is its own, however alike the two are.
run 0 sites.json -n 1 --variant burns
grep -q "^  faults *seoul: 1 crash, 5 s down$" stdout || fail "faults of the site alone: $(cat stdout)"
run 0 sites.json -n 1 --variant burns_later
printed 'seoul/web: 2 crashes, 10 s down in all'
expect_value burns,seoul/web,downtime 5
expect_value burns,seoul/db,downtime 5
expect_value burns,virginia/web,requests.ok 4
! grep -q '^base,box,' out.csv || fail "there is a host that nobody has"

# 1 ms to the user, 10 ms to the database by the rule, each there and back, and 1 ms of work
grep '^base,americans:view,latency.max,' out.csv | awk -F, '{ exit !($5 > 0.0229 && $5 < 0.0233) }' ||
    fail "a view does not take 23 ms"

"$program" check sites.json --paths >paths.txt || fail "check --paths"
[ "$(grep -c '^web.workers ' paths.txt)" = 1 ] || fail "web.workers is not listed once"
! grep -q '^seoul/' paths.txt || fail "copies are listed as if they could be set"
"$program" diagram sites.json >sites.dot || fail "diagram"
grep -q 'subgraph "cluster seoul"' sites.dot || fail "no frame round a site"
grep -q '"seoul/web" -> "seoul/db"' sites.dot || fail "no arrow within a site"
! grep -q '"seoul/web" -> "virginia/db"' sites.dot || fail "an arrow across"

# An autoscaler in a dead site orders nothing: at most what was there is up when the site is back. Nor does the
# spare of a balancer take over there, while it does for a balancer that dies alone.
cat >scaled.json <<'END'
{
  "time": { "kind": "episode", "measure": "300s" },
  "components": {
    "users": { "type": "clients", "arrivals": "80/s", "target": "seoul/lb" },
    "seoul": { "type": "data_center", "components": ["lb", "web", "scaler"] },
    "lb": { "type": "load_balancer", "targets": "web", "standby": "3s" },
    "web": { "type": "web_server", "count": 2, "host": "small",
             "handlers": { "default": [{ "compute": "20ms" }] } },
    "scaler": { "type": "autoscaler", "component": "web", "metric": "cpu.utilisation", "target": "40%",
                "max": 10, "interval": "10s", "boot_time": "5s" }
  },
  "faults": [
    { "at": "50s", "crash": "seoul/lb", "for": "10s" },
    { "at": "100s", "crash": "seoul", "for": "100s" }
  ]
}
END
"$program" scaled.json --replications 2 --quiet --csv out.csv --series series.csv --interval 10s || fail "scaled.json does not run"
grep ',seoul/web,throughput,' series.csv | cut -d, -f2,6 >throughput.csv
awk -F, '$1 > 110 && $1 <= 200 { up += $2 } END { exit up != 0 }' throughput.csv || fail "a dead site answers"
awk -F, '$1 > 260 { up += $2; n++ } END { exit !(n && up / n > 60) }' throughput.csv ||
    fail "the site does not come back"
expect_value base,seoul/lb,takeovers 1
expect_value base,seoul/lb,downtime 103
finish
