#!/bin/bash
# --error-format=json: one JSON object a line, for mistakes in the file, in settings and on the line.
. "$(dirname "$0")/common.sh"
sed -e 's/80\/s/80/' -e 's/"srv" }/"srw" }/' -e 's/"One server"/"One \\u001b[31m \\"server\\""/' -e 's/"10s"/"10s", "speed": "\\u202e"/' queue.json >bad.json

# check_lines COUNT: so many lines, each a JSON object with these fields and no others.
check_lines() {
    [ "$(wc -l <stderr)" -eq "$1" ] || fail "$(wc -l <stderr) lines instead of $1"
    grep -vE '^\{"severity":"(error|warning)","file":("[^"]*"|null),"line":([0-9]+|null),"column":([0-9]+|null),"end_column":([0-9]+|null),"path":.*,"message":".+","help":(".*"|null)\}$' stderr >odd
    empty odd
    if command -v python3 >/dev/null; then
        python3 -c '
import json, sys
for line in open("stderr", encoding="utf-8"):
    item = json.loads(line)
    assert list(item) == ["severity", "file", "line", "column", "end_column", "path", "message", "help"], line
' || fail "not JSON: $(cat stderr)"
    fi
}

run 2 bad.json --error-format=json
empty stdout
check_lines 2
told '"file":"bad.json","line":3,'
told '"path":"components.users.arrivals"'
run 2 bad.json --error-format json
check_lines 2
run 2 check bad.json --error-format=json
check_lines 2
run 2 queue.json --error-format=json --set 'users.arrivals="a\"b\\c"'
check_lines 1
told '"file":"--set","line":1,"column":1,'
run 2 queue.json --bogus --error-format=json
check_lines 1
run 2 absent.json --error-format=json
check_lines 1
printf '{ "title": "caf\351" }' >latin.json
run 2 latin.json --error-format=json
check_lines 1
if [ -e /dev/full ]; then
    run 3 queue.json -n 1 -q --csv /dev/full --error-format=json
    check_lines 1
fi

# The same in the other format.
run 2 bad.json --error-format=text
grep -q '^bad.json:3:[0-9]*: error: time.speed: no such field' stderr || fail "text: $(cat stderr)"
grep -q '^bad.json:5:[0-9]*: error: components.users.arrivals: 80 has no unit' stderr || fail "text: $(cat stderr)"
grep -q "$(printf '\033')" stderr && fail "an escape sequence of the file reaches the terminal"

# There may be many: they are bounded.
{
    printf '{ "title": "Many", "components": {\n'
    for i in $(seq 1 300); do
        printf '"c%d": { "type": "nothing" },\n' "$i"
    done
    printf '"users": { "type": "clients", "arrivals": "1/s", "target": "users" } } }\n'
} >many.json
run 2 many.json
[ "$(grep -c ': error: ' stderr)" -le 101 ] || fail "too many errors told"
told "and 200 more errors"
run 2 many.json --error-format=json
check_lines 101
finish
