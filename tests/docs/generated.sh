#!/bin/sh
# label: docs
# The generated files in docs/ say what the tables say. To make them anew: tests/docs/generated.sh --write
set -eu
: "${SCALESIM:?path of the program}" "${SCALESIM_SOURCE_DIR:?root of the source}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
one() { # FILE COMMAND: the file in docs/ is what the command prints
    "$SCALESIM" "$2" > "$work/$1"
    if [ "${write:-}" = yes ]; then
        cp "$work/$1" "$SCALESIM_SOURCE_DIR/docs/$1"
    elif ! cmp -s "$work/$1" "$SCALESIM_SOURCE_DIR/docs/$1"; then
        echo "docs/$1 is not what 'scalesim $2' prints; tests/docs/generated.sh --write makes it anew"
        diff "$SCALESIM_SOURCE_DIR/docs/$1" "$work/$1" | head -20 || true
        status=1
    fi
}
[ "${1:-}" != --write ] || write=yes
one reference.md reference
one scenario.schema.json schema
[ "$status" -ne 0 ] || echo "the generated documents are true"
exit "$status"
