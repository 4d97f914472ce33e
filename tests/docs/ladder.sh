#!/bin/bash
# label: docs
# docs/ladder.md and its pictures are what the steps of scenarios/ladder/ give today. To make them anew:
# tests/docs/ladder.sh --write
#
# A step is three files: scenarios/ladder/NN_NAME.json; tests/ladder/test_NN_NAME.c, whose --figures are the table of
# predictions; and the text scenarios/ladder/NN_NAME.md, in up to four parts with a line --- between:
#
#     diagrams: base apart     variants whose architecture is drawn; plots: latency load_web (or none)
#     beside: scale_up         scenarios/scale_up.json belongs to this step, too
#     ---
#     what to know before, terms in _italics_ where they first appear
#     ---
#     the answer, in two sentences
#     ---
#     words of a claim | how it shows     (rows of the table at the end of the page)
#
# Figures in the texts come from the run: {VARIANT COMPONENT.METRIC UNIT}, with a unit of "ms us s % /s $ $/h MB KB x"
# ("x": a bare number), {VARIANT METRIC per VARIANT METRIC}, the quotient, {VARIANT METRIC times N}, {predicted N} or {simulated N} of
# the N-th row of the table.
# One that is not there is an error. Pictures end with a checksum of what they were drawn from, because fonts differ between machines.
set -u
: "${SCALESIM:?path of the program}" "${SCALESIM_SOURCE_DIR:?root of the source}" "${LADDER_TESTS:?folder of the test programs}"
steps=$SCALESIM_SOURCE_DIR/scenarios/ladder
page=$SCALESIM_SOURCE_DIR/docs/ladder.md
pictures=$SCALESIM_SOURCE_DIR/docs/ladder
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export LC_ALL=C.UTF-8
program=$(realpath "$SCALESIM")
failures=0
write=no
[ "${1-}" != --write ] || write=yes

fail() {
    echo "docs/ladder.md: $*"
    failures=$((failures + 1))
}

for tool in dot gnuplot; do
    [ "$write" = no ] || command -v "$tool" >/dev/null || {
        echo "$tool, which draws the pictures, is not installed"
        exit 2
    }
done

# part N FILE: the N-th part of a text, from 1
part() {
    awk -v wanted="$1" 'BEGIN { part = 1 } /^---$/ { part++; next } part == wanted' "$2"
}

# word NAME FILE DEFAULT: what the first part says
word() {
    local value

    value=$(part 1 "$2" | sed -n "s/^$1: *//p")
    echo "${value:-$3}"
}

# field NAME FILE: a text of the scenario's top level
field() {
    sed -n 's/^  "'"$1"'": "\(.*\)",$/\1/p' "$2" | sed 's/\\"/"/g' | head -n 1
}

# fill STEM: standard input with its figures filled in; those that are not there are told on standard error
fill() {
    awk -F, -v csv="$work/$1.csv" -v figures="$work/$1.figures" '
        BEGIN {
            while ((getline row <figures) > 0)
                if (split(row, cell, / *\| */) && row !~ /^\|(-|.*\| predicted \|)/)
                    { predicted[++rows] = cell[4]; simulated[rows] = cell[5] }
            while ((getline row <csv) > 0) {
                split(row, cell, ",")
                value[cell[1] " " cell[2] "." cell[3]] = cell[5]
            }
            factor["ms"] = 1e3; factor["us"] = 1e6; factor["%"] = 100; factor["KB"] = 1e-3; factor["MB"] = 1e-6
        }
        function digits(number) { # 12345 as 12,300
            if (number >= 10000)
                number = int(number / 100 + 0.5) * 100
            if (number >= 1000)
                return int(number / 1000) "," sprintf("%03d", number % 1000)
            return sprintf(number >= 100 ? "%.0f" : number >= 10 ? "%.1f" : "%.2f", number)
        }
        function get(variant, metric, key) {
            key = variant " " metric
            if (!(key in value) || value[key] == "") {
                print "no figure {" key "}" >"/dev/stderr"
                return 0
            }
            return value[key]
        }
        function figure(text, words, number, unit) {
            split(text, words, " ")
            if (words[1] == "predicted" && words[2] in predicted)
                return predicted[words[2]]
            if (words[1] == "simulated" && words[2] in simulated)
                return simulated[words[2]]
            if (words[3] == "per") {
                number = get(words[4], words[5])
                return digits(number ? get(words[1], words[2]) / number : 0)
            }
            if (words[3] == "times")
                return digits(get(words[1], words[2]) * words[4])
            unit = words[3] == "x" ? "" : words[3]
            number = get(words[1], words[2]) * (unit in factor ? factor[unit] : 1)
            if (unit ~ /^\$/)
                return "$" sprintf(number >= 100 ? "%.0f" : "%.3f", number) (unit == "$/h" ? "/h" : "")
            return digits(number) (unit == "" || unit == "%" || unit == "/s" ? "" : " ") unit
        }
        {
            line = line $0
            if (gsub(/\{/, "{", line) > gsub(/\}/, "}", line)) { # a figure goes on in the next one
                line = line " "
                next
            }
            while (match(line, /\{[A-Za-z0-9_]+ [^{}]+\}/)) {
                printf "%s%s", substr(line, 1, RSTART - 1), figure(substr(line, RSTART + 1, RLENGTH - 2))
                line = substr(line, RSTART + RLENGTH)
            }
            print line
            if (line ~ /[{}]/)
                print "no figure in: " line >"/dev/stderr"
            line = ""
        }' 2>"$work/missing"
    if [ -s "$work/missing" ]; then
        cat "$work/missing" >>"$work/all_missing"
    fi
}

# picture NAME SOURCE COMMAND...: docs/ladder/NAME, made by the command, which writes SVG, from what is in SOURCE
picture() {
    local name=$1 sum

    sum="<!-- of $(cksum <"$2" | tr ' ' '-') -->"
    echo "$name" >>"$work/pictures"
    shift 2
    if [ "$write" = yes ]; then
        mkdir -p "$pictures"
        "$@" >"$work/picture.svg" || fail "$name: cannot be drawn"
        { cat "$work/picture.svg" && echo "$sum"; } >"$pictures/$name"
    elif [ "$(tail -n 1 "$pictures/$name" 2>/dev/null)" != "$sum" ]; then
        fail "docs/ladder/$name is not of today's run; tests/docs/ladder.sh --write draws it anew"
    fi
}

# plot STEM CSV NAMES...
plot() {
    local stem=$1 csv=$2 name

    shift 2
    [ "$write" = no ] || "$program" plot "$csv" --out "$work" --format svg --quiet || fail "$stem: no plot"
    for name; do
        picture "$stem.$name.svg" "$csv" cat "$work/$name.svg"
        printf '![%s of the variants](ladder/%s.%s.svg)\n\n' "${name%%_*}" "$stem" "$name"
    done
}

# run SCENARIO STEM: leaves STEM.csv and STEM.summary
run() {
    "$program" "$1" -n 5 --csv "$work/$2.csv" >"$work/$2.summary" 2>"$work/errors"
    [ $? -le 1 ] || fail "$2: $(cat "$work/errors")"
}

# table STEM: the variants as the summary compares them
table() {
    printf '```\n%s\n```\n\n' "$(awk '/^  variant / { on = 1 } on && /^$/ { exit } on' "$work/$1.summary")"
}

# step STEM: its section on standard output
step() {
    local stem=$1 scenario=$steps/$1.json text=$steps/$1.md csv=$work/$1.csv variant other
    local -a names

    run "$scenario" "$stem"
    printf '\n## %d. %s\n\n' "$((10#${stem%%_*}))" "$(field title "$scenario")"
    printf '**%s** `scenarios/ladder/%s.json`\n\n' "$(field ask "$scenario")" "$stem"
    "$LADDER_TESTS/test_ladder_$stem" --figures >"$work/$stem.figures" || fail "$stem: the predictions do not hold"
    part 2 "$text" | fill "$stem" | tr '\n' ' ' | fold -s -w 118 | sed 's/ *$//'
    printf '\n\n'
    for variant in $(word diagrams "$text" base); do
        "$program" diagram "$scenario" --variant "$variant" >"$work/$variant.dot" || fail "$stem: no diagram of $variant"
        picture "$stem.$variant.svg" "$work/$variant.dot" dot -Tsvg "$work/$variant.dot"
        printf '![architecture of %s](ladder/%s.%s.svg)\n\n' "$variant" "$stem" "$variant"
    done
    table "$stem"
    printf 'Predicted by formula, and simulated, with the 99.9%% interval of the simulation:\n\n'
    cat "$work/$stem.figures"
    echo
    read -ra names <<<"$(word plots "$text" latency)"
    [ "${names[*]}" = none ] || plot "$stem" "$csv" "${names[@]}"
    for other in $(word beside "$text" ""); do
        run "$SCALESIM_SOURCE_DIR/scenarios/$other.json" "$other"
        printf '`scenarios/%s.json`: %s\n\n' "$other" "$(field title "$SCALESIM_SOURCE_DIR/scenarios/$other.json")"
        table "$other"
        plot "$other" "$work/$other.csv" latency
    done
    printf '**Answer.** '
    part 3 "$text" | fill "$stem" | tr '\n' ' ' | fold -s -w 118 | sed 's/ *$//'
    echo
    part 4 "$text" | fill "$stem" | sed '/^$/d; s/^/| /; s/$/ | '"$((10#${stem%%_*}))"' |/' >>"$work/claims"
}

head='# The ladder: from one server to many

Made from runs; do not edit. To make it anew: `tests/docs/ladder.sh --write`

Each step asks one question and is a scenario that is read in two minutes. Read it, run it with
`./scalesim scenarios/ladder/NAME.json`, then look at the answer here. The tables compare what a formula predicts with
what came out of the simulated machines; a test does the same with other seeds and other values
(`tests/ladder/`). The words of the summaries are explained in the [guide](guide.md). Numbers that are missing are
steps to come.'

: >"$work/pictures"
: >"$work/claims"
: >"$work/all_missing"
{
    echo "$head"
    for scenario in "$steps"/*.json; do
        stem=$(basename "$scenario" .json)
        if [ -e "$steps/$stem.md" ]; then
            step "$stem"
        else
            fail "scenarios/ladder/$stem.md is missing"
        fi
    done
    printf '\n## What these steps show\n\n| what is said | how it shows | step |\n|---|---|---:|\n'
    cat "$work/claims"
} >"$work/page"
grep '^docs/ladder.md: ' "$work/page" >"$work/told" # what fail() said inside
if [ -s "$work/told" ] || [ -s "$work/all_missing" ]; then
    cat "$work/told"
    sed 's/^/docs\/ladder.md: /' "$work/all_missing"
    failures=$((failures + 1))
elif [ "$write" = yes ]; then
    cp "$work/page" "$page"
elif ! diff "$page" "$work/page" >"$work/diff"; then
    head -n 20 "$work/diff"
    fail "it is not what the runs give; tests/docs/ladder.sh --write makes it anew"
fi

# No picture is left over.
for file in "$pictures"/*; do
    grep -qxF "$(basename "$file")" "$work/pictures" || {
        if [ "$write" = yes ]; then rm "$file"; else fail "$file belongs to no step"; fi
    }
done
[ "$failures" -ne 0 ] || echo "the ladder is true"
[ "$failures" -eq 0 ]
