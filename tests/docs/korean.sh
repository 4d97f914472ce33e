#!/bin/bash
# label: docs
# The Korean pages say what the English ones do: section by section they hold the same figures, the same
# examples of commands and of output, and the same pictures. docs/ladder.ko.md is made by tests/docs/ladder.sh,
# README.ko.md is written by hand.
set -u
: "${SCALESIM_SOURCE_DIR:?root of the source}"
export LC_ALL=C.UTF-8
failures=0

# facts FILE: "SECTION FACT" a line, sorted; a section is numbered by its place. A fact is a figure, a picture or a line of an example.
facts() {
    awk '
        /^```/ { example = !example }
        !example && /^#+ / { section++ }
        example { print section, "example", $0; next }
        {
            line = $0
            while (match(line, /ladder\/[A-Za-z0-9_.]+\.svg/)) {
                print section, "picture", substr(line, RSTART, RLENGTH)
                line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
            }
            while (match(line, /[0-9][0-9,.e+]*/)) {
                figure = substr(line, RSTART, RLENGTH)
                sub(/[,.e+]+$/, "", figure)
                print section, "figure", figure
                line = substr(line, RSTART + RLENGTH)
            }
        }' "$1" | sort
}

# same ENGLISH KOREAN
same() {
    local difference

    difference=$(diff <(facts "$SCALESIM_SOURCE_DIR/$1") <(facts "$SCALESIM_SOURCE_DIR/$2")) || {
        echo "$1 (<) and $2 (>) differ:"
        sed -n '/^[<>]/p' <<<"$difference" | head -n 20
        failures=$((failures + 1))
    }
}

same README.md README.ko.md
same docs/ladder.md docs/ladder.ko.md
[ "$failures" -ne 0 ] || echo "the Korean pages hold the figures of the English ones"
[ "$failures" -eq 0 ]
