#!/bin/bash
# The summary: 80 columns, no colour unless a terminal is looking, harmless whatever a file holds.
. "$(dirname "$0")/common.sh"
escape=$(printf '\033')

# fits FILE: at most 80 characters a line.
fits() {
    sed 's/±/+/g; s/✓/+/g; s/✗/+/g' "$1" | awk 'length($0) > 80 { print length($0) " columns: " $0 }' >odd
    empty odd
}

long=a_name_that_is_as_long_as_names_may_be_which_is_64_characters_oh
sed -e "s/\"srv\"/\"$long\"/g" -e "s/\"faster\"/\"$long\"/" queue.json >long.json

run 0 queue.json
fits stdout
grep -q "$escape" stdout && fail "colour without a terminal"
for part in "One server" "users" "latency" "p99" "srv" "limit" "expect" "held" "To repeat:" "Differences"; do
    printed "$part"
done
run 0 tiers.json -n 2
fits stdout
run 0 queue.json -n 1
fits stdout
run 0 queue.json -n 1 --variant faster
grep -q "Differences" stdout && fail "one variant has nothing to differ from"
run 0 queue.json -n 2 --set users.arrivals=150/s --set expect=none
fits stdout
printed "OVERLOADED"
run 0 long.json -n 2
fits stdout
for scenario in "$source_dir"/scenarios/*.json; do
    run 0 "$scenario" -n 2 --set time.measure=2s --set time.warm_up=1s --set expect=none
    fits stdout
done

for scenario in "$source_dir"/scenarios/ladder/*.json; do
    short=(--set time.measure=2s --set time.warm_up=1s)
    grep -qE '"episode"|"faults"' "$scenario" && short=()
    run 0 "$scenario" -n 2 "${short[@]}" --set expect=none
    fits stdout
    # In the table every figure stands apart from the next: a rate, a share, two latencies and a price.
    sed -n '/^  variant /,/^$/p' stdout | sed 1d | grep . >rows
    latency='([0-9.]+ [mun]?s|[0-9]+ min [0-9]+ s|overload|-)'
    grep -vE "/s +([0-9.]+%|-) +$latency +$latency +[0-9.]+ " rows >odd
    empty odd
done

# An episode says for how long what was full: 160 requests a second for 20 s of the minute, of which 100 are served.
cat >crowd.json <<'END'
{
  "time": { "kind": "episode", "measure": "60s" },
  "components": {
    "users": {
      "type": "clients",
      "arrivals": "40/s",
      "gap_law": "constant",
      "load": [{ "flash_crowd": 4, "at": "20s", "rise": "0s", "hold": "20s", "fall": "1ms" }],
      "target": "srv"
    },
    "srv": { "type": "service", "service_time": "10ms", "waiting": 10 }
  },
  "expect": { "total.availability": "> 99%" },
  "variants": {
    "waits": { "components": { "srv": { "waiting": "unlimited" } } },
    "twice": { "based_on": "waits", "components": { "srv": { "servers": 2 } } }
  }
}
END
run 1 crowd.json -n 1
fits stdout
tr -s ' \n' ' ' <stdout >words
for part in "the servers of srv were FULL for 20 s of the 1 min (60% busy on average)" "had to wait or was refused" \
    "the servers of srv were FULL for 40 s of the 1 min (80% busy on average), and what came then had to wait expect" \
    "in the busiest 1 s, will be full first, for moments from about 1.25 times this load on" "srv servers FULL" \
    "Of the 3 variants 2 do: waits, twice"; do
    grep -qF -- "$part" words || fail "not said: $part: $(cat words)"
done

# What became of releases and of data, and how long a variant lasts where it is not as long as the first.
cat >releases.json <<'EOF'
{
  "time": { "kind": "episode", "measure": "20s" },
  "components": {
    "users": {
      "type": "clients",
      "arrivals": "50/s",
      "gap_law": "constant",
      "population": 100,
      "session": { "pages": 1, "pages_law": "constant" },
      "target": "web"
    },
    "web": { "type": "web_server", "count": 2, "handlers": { "request": [{ "compute": "1ms" }] } },
    "deploy": {
      "type": "deploy",
      "components": ["web"],
      "strategy": "rolling",
      "restart_time": "1s",
      "tests": { "duration": "1s", "catches": "100%" },
      "versions": { "v2": { "at": "1s", "defects": [{ "fails": "40%" }] } }
    },
    "eyes": { "type": "monitor", "business": { "users": "users", "day": "5s" } }
  },
  "variants": {
    "untested": { "time": { "measure": "30s" }, "components": { "deploy": { "tests": null } } },
    "long_day": { "components": { "eyes": { "business": { "day": "24h" } } } }
  }
}
EOF
run 0 releases.json -n 1
fits stdout
tr -s ' \n' ' ' <stdout >words
for part in "bad versions: 1, of which tests stopped 1 and 0 went out" "untested: (an episode of 30 s)" \
    "requests that met the defect: " "users active a day (5 s)" "users active so far on a day"; do
    grep -qF -- "$part" words || fail "not said: $part: $(cat words)"
done
grep -qF "so far on a day (" words && fail "a day of 24 hours needs no word"

# Words for what is lost on both sides of a cut, and for answers in part.
run 0 "$source_dir/scenarios/ladder/06_replication.json" --variant split_brain -n 1
tr -s ' \n' ' ' <stdout >words
grep -qE "600 acknowledged writes lost \(200 before another primary led and 400 that the old one took afterwards\)" words ||
    fail "not said: both losses: $(cat words)"
run 0 "$source_dir/scenarios/ladder/17_joins_and_denormalisation.json" --variant one_down_partial -n 1
tr -s ' \n' ' ' <stdout >words
for part in "availability 100%, answers lack rows (see data)" "db: 100% of answers from several shards lack the rows of"; do
    grep -qF -- "$part" words || fail "not said: $part: $(cat words)"
done

# Instances in a row that are alike are told together.
run 0 "$source_dir/scenarios/ladder/14_logs_and_metrics.json" --variant base -n 1
printed '[0] to [6] 5.0% of requests 9.3% busy each'
printed '[8] to [19] 5.0% of requests 9.3% busy each'
printed 'about web[7]: '

# Of many that differ those with most to do are told, wherever they stand: of 60 shards the hottest three.
cat >wide.json <<'EOF'
{
  "time": { "measure": "20s" },
  "data": { "posts": { "rows": 6000, "row_size": "1KB", "popularity": "zipf", "exponent": 1.1 } },
  "components": {
    "users": { "type": "clients", "arrivals": "500/s", "target": "web", "requests": { "read": { "key": "posts" } } },
    "web": { "type": "web_server", "handlers": { "read": [{ "read": "db" }] } },
    "db": { "type": "sharded_database", "shards": 60 }
  }
}
EOF
run 0 wide.json -n 1 --csv wide.csv
fits stdout
tr -s ' \n' ' ' <stdout >words
grep -oE "^base,db\.shard\[[0-9]+\],requests\.share,1,[0-9.e-]+" wide.csv | sort -t, -k5,5gr | head -3 |
    sed 's/.*\(\[[0-9]*\]\).*/\1/' >hottest
[ "$(wc -l <hottest)" = 3 ] || fail "no shares in wide.csv"
while read -r shard; do
    grep -qF -- " $shard " words || fail "not told: $shard: $(cat words)"
done <hottest
printed "and 44 more, none with more to do"

# Without UTF-8 only ASCII.
LC_ALL=C run 0 queue.json -n 2
LC_ALL=C grep -q '[^ -~]' stdout && fail "not ASCII in the C locale"
LC_ALL=C run 2 queue.json --set users.arrivals=80
LC_ALL=C grep -q '[^ -~]' stderr && fail "not ASCII in the C locale"

# On a terminal.
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then # a system without pseudo-terminals has none to try
    on_terminal() {
        env TERM=xterm "$@" script -qec "'$program' queue.json -n 1 --variant base" /dev/null >terminal </dev/null
    }
    on_terminal
    grep -q "$escape\[" terminal || fail "no colour on a terminal"
    on_terminal NO_COLOR=1
    grep -q "$escape\[[0-9;]*m" terminal && fail "colour in spite of NO_COLOR"
    on_terminal NO_COLOR=
    grep -q "$escape\[" terminal || fail "an empty NO_COLOR counts as none"
    on_terminal TERM=dumb
    grep -q "$escape\[[0-9;]*m" terminal && fail "colour on a dumb terminal"
fi

# A title cannot move the cursor.
sed 's/"One server"/"One \\u001b[31m \\u202eserver\\nand more"/' queue.json >evil.json
run 0 evil.json -n 1
grep -q "$escape" stdout && fail "an escape sequence of the file reaches the terminal"
printed 'One \u001b[31m'
fits stdout

# The line to repeat it is the line, quoted as a shell wants it.
run 0 queue.json -n 1 --variant base --set "title=it's me" -q
"$program" queue.json -n 1 --variant base --set "title=it's me" >first
line=$(sed -n '/^To repeat:/,$p' first | sed 's/^To repeat: *//' | tr '\n' ' ')
eval "$line" >second
same first second "the line to repeat it gives another answer: $line"
finish
