#!/bin/bash
# Shard keys of columns: a key with too few values is a warning; instances of shards are named by their shard, and
# faults name them the same way.
. "$(dirname "$0")/common.sh"

cat >shards.json <<'END'
{
  "time": { "kind": "episode", "measure": "10s" },
  "data": {
    "posts": {
      "rows": 10000,
      "popularity": "uniform",
      "column_values": {
        "country": { "shares": { "kr": "50%", "us": "30%", "fr": "20%" } },
        "user_id": { "distinct": 500 }
      }
    }
  },
  "components": {
    "users": { "type": "clients", "arrivals": "200/s", "target": "web", "requests": { "view": { "key": "posts" } } },
    "web": { "type": "web_server", "handlers": { "view": [{ "read": "db" }] } },
    "db": { "type": "sharded_database", "shards": 4, "shard_key": "country", "replicas": 2 }
  },
  "faults": [{ "crash": "db", "part": "shard[2].replica", "instance": 1, "at": "2s", "for": "5s" }],
  "expect": { "db.shard[2].replica[1].downtime": "<= 5s", "db.shard[0].primary.throughput": "< 1/s" }
}
END

# Three countries on four shards: one stays empty.
run 0 check shards.json
told 'warning: components.db.shard_key: 1 of 4 shards keep no row of posts: "country" has 3 values'
run 0 check shards.json --set 'db.shard_key=["country","user_id"]'
empty stderr
run 0 check shards.json --set db.shard_key=user_id
empty stderr

run 0 shards.json -n 2 --csv out.csv --json out.json
printed 'db.shard[2].replica[1]: 1 crash, 5 s down'
for name in 'db.shard[2].replica[1]' 'db.shard[3].primary' db.shard.replica; do
    grep -qF "base,$name,requests.started," out.csv || fail "no $name in the CSV"
    grep -qF "\"$name\"" out.json || fail "no $name in the JSON"
done
! grep -qF 'db.shard.replica[' out.csv || fail "replicas numbered through all shards"
awk -F, '$2 == "db.shard[2].replica[1]" && $3 == "downtime" && $5 != 5 { exit 1 }' out.csv || fail "it was not that one"

# The same, by its number among all replicas.
run 0 shards.json -n 2 -q --csv other.csv --set 'faults[0].part=shard.replica' --set 'faults[0].instance=5'
cmp -s out.csv other.csv || fail "shard[2].replica 1 is not shard.replica 5"

# Ranges of two columns know where a country is: half of the rows are Korean and lie on two of four shards, the USA and
# France have one each, so that a search asks 1.5; a hash knows nothing.
cat >where.json <<'END'
{
  "time": { "kind": "episode", "measure": "10s" },
  "data": {
    "posts": {
      "rows": 10000,
      "popularity": "uniform",
      "column_values": {
        "country": { "shares": { "kr": "50%", "us": "25%", "fr": "25%" } },
        "user_id": { "distinct": 500 }
      }
    }
  },
  "components": {
    "users": { "type": "clients", "arrivals": "200/s", "target": "web", "requests": { "view": { "key": "posts" } } },
    "web": { "type": "web_server", "handlers": { "view": [{ "read": "db", "where": "country", "rows": 5 }] } },
    "db": { "type": "sharded_database", "placement": "range", "shard_key": ["country", "user_id"] }
  }
}
END
asked() { # shards for each search
    awk -F, '$3 == "requests.started" && $2 == "db" { searches = $5 } $3 == "requests.started" && $2 == "db.shard" { print $5 / searches }' "$1"
}
run 0 where.json -n 2 -q --csv where.csv
awk -v a="$(asked where.csv)" 'BEGIN { exit !(a > 1.4 && a < 1.6) }' || fail "a search asks $(asked where.csv) shards, not 1.5"
run 0 where.json -n 2 -q --csv where.csv --set db.placement=modulo
[ "$(asked where.csv)" = 4 ] || fail "a search asks $(asked where.csv) shards, not 4"

# The directory is a part that dies alone.
run 0 shards.json -n 2 --csv out.csv --set db.placement=directory --set 'db.directory_server={}' \
    --set 'faults[0].part=directory' --set 'faults[0].instance=all' --set 'expect=none'
printed 'db.directory: 1 crash, 5 s down'
finish
