#!/bin/bash
# page.bash PAGE [--write]: a page is true word for word. Its commands are run in order in an empty folder, its files are
# written as it says, and what it quotes is printed. In the page,
#
#     ```sh                 a block of commands; ```sh exit=2 when its last one ends with that status
#     ```json NAME          the whole file NAME; ```json NAME last=2 replaces the last two lines of it; without NAME
#                           it is a part of a file, and only shown
#     ```output             lines that the block of commands before must print, in this order, with nothing in between
#                           but where a line [...] says so (nor at the start and the end)
#
# --write puts the figures of today into the quotes; lines that are worded otherwise are told.
set -u
: "${SCALESIM:?path of the program}" "${SCALESIM_SOURCE_DIR:?root of the source}"
name=${1:?path of the page, from the root}
page=$SCALESIM_SOURCE_DIR/$name
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8
unset NO_COLOR
mkdir "$work/clone"
ln -s "$(realpath "$SCALESIM")" "$work/clone/scalesim"
ln -s "$(realpath "$SCALESIM_SOURCE_DIR/scenarios")" "$work/clone/scenarios"
cd "$work/clone" || exit 2
failures=0

fail() { # LINE TEXT
    echo "$name:$1: $2"
    failures=$((failures + 1))
}

# Every block becomes a file of its own: NUMBER.line, NUMBER.words (sh exit=2), NUMBER.body
awk -v out="$work/" '
    !inside && /^```/ { inside = 1; n++; stem = sprintf("%s%03d", out, n)
                        print NR >(stem ".line"); print substr($0, 4) >(stem ".words"); printf "" >(stem ".body"); next }
    inside && /^```$/ { inside = 0; close(stem ".body"); next }
    inside { print >(stem ".body") }
    END { exit inside }' "$page" || fail 1 "a block has no end"

# word NAME DEFAULT WORDS...: the value of NAME= among the words
word() {
    key=$1
    value=$2
    shift 2
    for each in "$@"; do
        [ "${each%%=*}" != "$key" ] || value=${each#*=}
    done
    echo "$value"
}

commands() { # LINE BODY STATUS
    # The build that is tested here came out of ./bootstrap, and its tests run already.
    sed -E 's/^\.\/bootstrap( && |$)//; s/^ctest .*//' "$2" >"$2.run"
    bash -e "$2.run" >"$work/printed" 2>&1 </dev/null
    status=$?
    [ $status -eq "$3" ] || {
        fail "$1" "exit $status instead of $3"
        sed 's/^/    /' "$work/printed"
    }
}

file() { # LINE BODY NAME LAST
    if [ "$4" -eq 0 ]; then
        [ ! -e "$3" ] || fail "$1" "$3 is there already"
        cp "$2" "$3"
    else
        head -n -"$4" "$3" >"$work/rest" && cat "$work/rest" "$2" >"$3"
    fi
}

# Tells which quoted line is missing, or with write=1 prints the quote anew, lines matched without their figures.
compare='
    function shape(text) { gsub(/[0-9]+([.][0-9]+)?/, "#", text); gsub(/ (ns|us|ms|s|min)/, " s", text); gsub(/ +/, " ", text); return text }
    function same(a, b) { return write ? shape(a) == shape(b) : a == b }
    BEGIN { while ((getline text <printed) > 0) lines[++count] = text; at = 1 }
    $0 == "[...]" { free = 1; print_line($0); next }
    {
        for (found = at; found <= count && !same($0, lines[found]); found++)
            ;
        if (found > count || (!free && NR > 1 && found > at)) {
            print NR ": " $0 >"/dev/stderr"
            status = 1
            print_line($0)
        } else {
            at = found + 1
            print_line(lines[found])
        }
        free = 0
    }
    function print_line(text) { if (write) print text }
    END { exit status }'

quote() { # LINE BODY
    awk -v printed="$work/printed" -v write="$write" "$compare" "$2" >"$2.anew" 2>"$work/missing" || {
        while IFS=: read -r number text; do
            fail $(($1 + number)) "not printed:$text"
        done <"$work/missing"
        sed 's/^/    /' "$work/printed" | head -n 60
    }
}

write=0
[ "${2-}" != --write ] || write=1
for body in "$work"/*.body; do
    line=$(cat "${body%.body}.line")
    read -ra words <"${body%.body}.words"
    case ${words[0]-} in
    sh) commands "$line" "$body" "$(word exit 0 "${words[@]}")" ;;
    json) [ -z "${words[1]-}" ] || file "$line" "$body" "${words[1]}" "$(word last 0 "${words[@]}")" ;;
    output) quote "$line" "$body" ;;
    *) fail "$line" "a block is sh, json NAME or output" ;;
    esac
done

if [ $write -eq 1 ]; then
    awk -v out="$work/" '
        !inside && /^```/ { inside = 1; n++; print; anew = $0 == "```output"; file = sprintf("%s%03d.body.anew", out, n)
                            while (anew && (getline text <file) > 0) print text; next }
        inside && /^```$/ { inside = 0; anew = 0 }
        !anew { print }' "$page" >"$work/page.md" && cp "$work/page.md" "$page"
fi

# Links lead to files.
grep -oE '\]\([^)#:]+\)' "$page" | tr -d ']()' | while read -r link; do
    [ -e "$(dirname "$page")/$link" ] || echo "$name: no such file: $link"
done >"$work/links"
[ ! -s "$work/links" ] || {
    cat "$work/links"
    failures=$((failures + 1))
}

[ "$failures" -eq 0 ] && echo "$name is true"
[ "$failures" -eq 0 ]
