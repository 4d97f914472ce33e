#!/bin/sh
# Every NAME.json here has one mistake (or a few). The program must refuse it as NAME.expected says:
#
#     exit 2                      its exit status
#     NAME.json:3:13: error: ...  further lines: texts that must appear on standard error
#
# NAME stands in beyond_schema.txt when the JSON schema cannot see the mistake: tests/docs/schema.sh.
#
# One mistake is told once: there must be as many errors as lines with ": error: " in NAME.expected. Nothing may
# be printed on standard output and no file written.
#
# usage: [SCALESIM=path/to/scalesim] run.sh [NAME...]    without names: all
cd "$(dirname "$0")" || exit 2
program=${SCALESIM:-../../build/scalesim}
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
failed=0
count=0

fail() {
    echo "$name: $1"
    bad=1
}

check() {
    bad=0
    count=$((count + 1))
    if [ ! -f "$name.expected" ]; then
        fail "$name.expected is missing"
        failed=$((failed + 1))
        return
    fi
    "$program" "$name.json" --csv "$scratch/csv" >"$scratch/stdout" 2>"$scratch/stderr" </dev/null
    status=$?
    IFS= read -r expected <"$name.expected"
    [ "exit $status" = "$expected" ] || fail "exit $status instead of $expected"
    sed 1d "$name.expected" >"$scratch/texts"
    while IFS= read -r text; do
        grep -qF -e "$text" "$scratch/stderr" || fail "not told: $text"
    done <"$scratch/texts"
    told=$(grep -c ': error: ' "$scratch/stderr")
    wanted=$(grep -c ': error: ' "$scratch/texts")
    [ "$told" -eq "$wanted" ] || fail "$told errors instead of $wanted"
    [ ! -s "$scratch/stdout" ] || fail "something on standard output"
    [ ! -e "$scratch/csv" ] || fail "a file was written"
    rm -f "$scratch/csv"
    if [ "$bad" -ne 0 ]; then
        sed 's/^/    /' "$scratch/stderr"
        failed=$((failed + 1))
    fi
}

if [ $# -eq 0 ]; then
    for file in *.json; do
        set -- "$@" "${file%.json}"
    done
fi
for name in "$@"; do
    check
done
echo "$failed of $count bad scenarios are not refused as expected"
[ "$failed" -eq 0 ]
