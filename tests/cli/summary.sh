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
