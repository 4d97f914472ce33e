#!/bin/bash
# --set changes a field as if it stood in the file, in every variant; --seed changes the random numbers only.
. "$(dirname "$0")/common.sh"

# As if it stood in the file.
sed 's/80\/s/90\/s/' queue.json >edited.json
run 0 edited.json -q --csv edited.csv
run 0 queue.json -q --csv set.csv --set users.arrivals=90/s
same edited.csv set.csv "--set users.arrivals=90/s is not what the file would say"
run 0 queue.json -q --csv set.csv --set components.users.arrivals=90/s
same edited.csv set.csv "a path may begin with components"
run 0 queue.json -q --csv set.csv --set users.arrivals=70/s --set 'users.arrivals="90/s"'
same edited.csv set.csv "the last setting wins, and text may be quoted"
run 0 queue.json -q --csv default.csv
cmp -s edited.csv default.csv && fail "a setting changes nothing"

# In every variant: also where a variant says otherwise.
run 0 queue.json -q --csv set.csv --set srv.service_time.mean=1ms
awk -F, '$2 == "srv" && $3 == "service_time.mean" || $2 == "total" && $3 == "latency.p50" { print $1, $5 }' set.csv >stdout
awk '$2 > 0.002' stdout >odd
empty odd

# Through arrays.
run 0 tiers.json -q -n 1 --csv set.csv --set 'web.handlers.view[0].compute=1ms'
run 2 tiers.json -q -n 1 --set 'web.handlers.view[2].compute=1ms'
told "the list has no such element"
run 2 tiers.json -q -n 1 --set 'web.handlers.view[0].compute=1'
told 'components.web.handlers.view[0].compute: 1 has no unit; write "1ms" or "1s"'

# Checked like the file.
run 2 queue.json --set users.arrivals=80
told "--set:1:1: error: components.users.arrivals: 80 has no unit"
told "users.arrivals=80"
run 2 queue.json --set users.arrivals=
run 2 queue.json --set users.arrivals=null
told "null is no value here"
run 2 queue.json --set users.arrival=80/s
told 'did you mean "arrivals"?'
run 2 queue.json --set user.arrivals=80/s
told 'there is no component "user"; did you mean "users"?'
run 2 queue.json --set tim.measure=5s
told 'did you mean "time"?'
run 2 queue.json --set time.mesure=5s
told 'did you mean "measure"?'
run 2 queue.json --set nowhere.to.be=5
told "a path begins with a component"
run 2 queue.json --set users.arrivals
told "a setting needs a path and a value"
run 2 queue.json --set =5
told "a setting needs a path and a value"
run 2 queue.json --set users..arrivals=5
told "a name is missing in this path"
run 2 queue.json --set users.=5
told "a name is missing in this path"
run 2 queue.json --set users.arrivals.peak=5
told '"arrivals" has nothing inside that could be set'
run 2 queue.json --set variants.faster.title=x
told "cannot reach into one"
run 2 queue.json --set components=5
run 2 queue.json --set users=5
run 2 queue.json --set title=5
told "title: wants a text"
run 2 queue.json --set expect.total.latency.p98='< 5ms'
told "there is no metric"
run 2 queue.json --set users.arrivals=80 --set srv.servers=0
[ "$(grep -c ': error: ' stderr)" -eq 2 ] || fail "both settings are wrong"

# Metrics have points of their own.
run 1 queue.json -q --set expect.total.latency.p99.9='< 1us'
run 0 queue.json -q --set expect.total.latency.p99.9='< 1h'

# A mistake in the file stays one with a setting that does not touch it, and goes with one that does.
sed 's/80\/s/0\/s/' queue.json >zero.json
run 2 zero.json -q --set srv.servers=2
run 0 zero.json -q --set users.arrivals=80/s

# Seeds.
run 0 queue.json -q --csv seed1.csv --seed 1
same default.csv seed1.csv "the seed is 1 when none is given"
run 0 queue.json -q --csv seed2.csv --seed 2
cmp -s seed1.csv seed2.csv && fail "another seed gives the same numbers"
run 0 queue.json -q --csv seed3.csv --seed 18446744073709551615
run 0 queue.json -q --csv more.csv -n 6
cmp -s default.csv more.csv && fail "a sixth replication changes nothing"
finish
