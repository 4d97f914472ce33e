#!/bin/sh
# label: golden
# Every shipped scenario, shortened, still gives the bytes that it gave: a change of a draw, of an order of events or of a
# measurement shows here first. A wanted change: tests/golden/trajectories.sh --write, and say why in the commit.
# Holds for one C library, whose exp and log the samplers use (Debian 12's).
set -eu
: "${SCALESIM:?path of the program}" "${SCALESIM_SOURCE_DIR:?root of the source}"
golden=$SCALESIM_SOURCE_DIR/tests/golden/trajectories.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# bytes SCENARIO OPTION...: a line with its results.
bytes() {
    scenario=$1
    shift
    "$SCALESIM" "$scenario" --csv "$work/out.csv" --quiet "$@" || [ $? -eq 1 ]
    printf '%s  %s\n' "$(sha256sum < "$work/out.csv" | cut -c1-32)" "${scenario#"$SCALESIM_SOURCE_DIR"/scenarios/}"
}

# The ladder's episodes are whole: their crashes come late.
{
    for scenario in "$SCALESIM_SOURCE_DIR"/scenarios/*.json; do
        bytes "$scenario" --replications 2 --set time.warm_up=1s --set time.measure=2s
    done
    for scenario in "$SCALESIM_SOURCE_DIR"/scenarios/ladder/*.json; do
        bytes "$scenario" --replications 1
    done
} > "$work/now.txt"

if [ "${1:-}" = --write ]; then
    cp "$work/now.txt" "$golden"
elif ! diff "$golden" "$work/now.txt"; then
    echo "the trajectories above changed (left: before, right: now)"
    exit 1
else
    echo "$(wc -l < "$golden") trajectories are as they were"
fi
