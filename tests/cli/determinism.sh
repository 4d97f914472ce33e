#!/bin/bash
# The same bytes for the same seed: twice, and from every other build of the program that is given.
#
# usage: [SCALESIM=program] determinism.sh [OTHER_PROGRAM...]
others=()
for other in "$@"; do
    others+=("$(realpath "$other")")
done
. "$(dirname "$0")/common.sh"

scenarios=(queue.json tiers.json "$source_dir"/scenarios/*.json)
for scenario in "${scenarios[@]}"; do
    short=(-q -n 2 --seed 7 --set time.warm_up=1s --set time.measure=3s --set expect=none)
    run 0 "$scenario" "${short[@]}" --csv first.csv
    run 0 "$scenario" "${short[@]}" --csv second.csv
    same first.csv second.csv "$(basename "$scenario"): two runs differ"
    run 0 "$scenario" "${short[@]}" --csv -
    same first.csv stdout "$(basename "$scenario"): standard output differs"
    for other in "${others[@]}"; do
        "$other" "$scenario" "${short[@]}" --csv other.csv 2>stderr || fail "$other: exit $?"
        same first.csv other.csv "$(basename "$scenario"): $other differs"
    done
done

# A component that nobody calls changes no row of the others, and of the total only the cost.
python=$(command -v python3) || finish
for scenario in "${scenarios[@]}"; do
    "$python" - "$scenario" >alone.json <<'END'
import json, sys
scenario = json.load(open(sys.argv[1]))
scenario["components"] = {"aaa_alone": {"type": "service", "service_time": "1ms", "price": "$1/h", "count": 3},
                          **scenario["components"]}
print(json.dumps(scenario))
END
    cp alone.json "alone_$(basename "$scenario")"
    run 0 "$scenario" "${short[@]}" --csv without.csv
    run 0 "alone_$(basename "$scenario")" "${short[@]}" --csv with.csv
    grep -q ',aaa_alone,' with.csv || fail "the component is not there"
    grep -vE ',aaa_alone(\[[0-9]\])?,|,total,cost\.' with.csv >with.rest
    grep -vE ',total,cost\.' without.csv >without.rest
    same without.rest with.rest "$(basename "$scenario"): a component that nobody calls changes the others"
    grep ',total,cost\.per_hour' without.csv | sort >without.cost
    grep ',total,cost\.per_hour' with.csv | sort >with.cost
    cmp -s without.cost with.cost && fail "$(basename "$scenario"): the component costs nothing"
done
finish
