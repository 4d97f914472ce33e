#!/bin/bash
# scalesim diagram: the architecture as it is wired, in Graphviz's language.
. "$(dirname "$0")/common.sh"

run 0 diagram tiers.json
cat >wanted <<'END'
digraph architecture {
  rankdir=LR;
  node [fontname="sans-serif", fontsize=11];
  graph [fontname="sans-serif", fontsize=11, color="#888888", style=rounded];
  "users" [shape=ellipse, label="users\nclients"];
  "lb" [shape=box, label="lb\nload_balancer"];
  "web" [shape=box, label="web x2\nweb_server\nhost medium"];
  "db" [shape=box, label="db\nservice"];
  "users" -> "lb";
  "lb" -> "web";
  "web" -> "db";
}
END
same stdout wanted "the diagram of tiers.json"
empty stderr

# A variant, with a setting; parts count as the whole; components on one machine stand in its frame.
run 0 diagram "$source_dir/scenarios/celebrity_shard.json" --variant cached --set web.count=3
printed '"web" [shape=box, label="web x3\nweb_server\nhost medium"];'
printed '"db" [shape=cylinder, label="db x4\nsharded_database\nhost small"];'
printed '"cache" [shape=component, label="cache\ncache\nhost small"];'
printed '"web" -> "cache";'
printed '"web" -> "db";'
run 0 diagram "$source_dir/scenarios/one_machine.json"
printed 'subgraph "cluster box" {'
[ "$(sed -n '/cluster box/,/^  }/p' stdout | grep -c '"web"\|"db"')" -eq 2 ] || fail "web and db are not inside of their machine"

run 2 diagram tiers.json --variant nosuch
told 'has no variant "nosuch"'
run 2 diagram
told 'a file is missing'

if command -v dot >/dev/null; then
    "$program" diagram tiers.json | dot -Tsvg >picture.svg || fail "dot does not take it"
    grep -q '</svg>' picture.svg || fail "no picture"
fi
finish
