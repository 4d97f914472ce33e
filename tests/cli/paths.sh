#!/bin/bash
# check --paths: what it lists is what --set takes.
. "$(dirname "$0")/common.sh"

run 0 check tiers.json --paths
cp stdout paths
empty stderr
printed "users.arrivals "
printed "time.measure "
printed "web.handlers.NAME[N].compute "
grep -qE '^web\.workers +count +64$' paths || fail "web.workers: $(grep '^web.workers' paths)"
grep -qE '^users\.target +a component'"'"'s name +\(required\)$' paths || fail "users.target: $(grep '^users.target' paths)"
cut -d' ' -f1 paths | grep . | sort | uniq -d >odd
empty odd

# A component that only a variant has; one that is called like a field of the scenario.
sed 's/"expect": "none"/"components": { "cache": { "type": "cache" } }, "expect": "none"/; s/"srv"/"time"/g' queue.json >names.json
sed -i 's/"components": { "time": { "service_time": { "mean": "5ms" } } }, //' names.json
run 0 check names.json --paths
printed "cache.eviction"
printed "components.time.servers"
run 0 check names.json --set components.time.servers=2

# Every path that leads to a single place is taken with its own default. Those that only go with others are left out.
settings=()
while read -r path value; do
    settings+=(--set "$path=$value")
done < <(sed -n '2,/^$/p' paths | sed -E 's/^([^ ]+) {2,}.* {2,}([^ ].*)$/\1 \2/' |
    grep -vE '^[^ ]*(NAME|\[N\]|COMPONENT)|\((required|needed|a step)|^(users\.(arrivals|daily|requests|gap_cv)|data|\$schema)\b|^web\.(handlers|sessions)\b' | grep .)
[ "${#settings[@]}" -gt 100 ] || fail "only ${#settings[@]} words of settings"
run 0 check tiers.json "${settings[@]}"
run 2 check tiers.json "${settings[@]}" --set web.wrokers=4
told 'did you mean "workers"?'

# A scenario with mistakes has no paths.
sed 's/"80\/s"/"80"/' queue.json >bad.json
run 2 check bad.json --paths
empty stdout
finish
