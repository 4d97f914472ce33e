#!/bin/bash
# label: slow
# The generator against dieharder (R. G. Brown, D. Eddelbuettel, D. Bauer, 2003 to 2011), in the four directions in which a
# run uses it: the draws of one stream, the first draws of requests one after the other, those of keys one after the
# other, and those of one request for several purposes. docs/generator.md holds the figures; to make them anew:
# tests/docs/generator.sh --write
#
# What must hold: no test fails (p within 10^-6 of 0 or 1); no more are weak (within 0.005) than chance allows; and those,
# tried again on other draws and five times as many, are not weak again. Every test has a seed of its own, so all is the
# same in every run. 32 minutes of processor time. Without dieharder the test is skipped, not passed.
#
# Left out: what dieharder itself calls suspect or not to be used (5 to 7: OPSO, OQSO, DNA; 14: sums), and most lags of
# test 203, which take three quarters of the time of `dieharder -a`.
set -u
: "${RNG_DUMP:?path of rng_dump}" "${SCALESIM_SOURCE_DIR:?root of the source}"
command -v dieharder >/dev/null || {
    echo "skipped: dieharder is not installed"
    exit 77
}
page=$SCALESIM_SOURCE_DIR/docs/generator.md
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export RNG_DUMP work
export LC_ALL=C
weak_max=12 # of 328 p-values 3.3 are weak; more than 12 are so less than once in 10,000 times
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# Numbers of dieharder's tests, and what is varied in each (its -n).
tests() {
    local test n

    for test in 0 1 2 3 4 8 9 10 11 12 13 15 16 17 100 101 102 204 205; do
        echo "$test 0"
    done
    for n in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "200 $n"; done
    for n in 2 3 4 5; do echo "201 $n"; done
    for n in 2 3 4 5; do echo "202 $n"; done
    for n in 0 1 3 7 15; do echo "203 $n"; done
    printf '%s\n' '206 256' '207 32' '208 0' '209 12'
}

# one DIRECTION TEST N ROUND: prints its lines, "DIRECTION,TEST,name,n,tsamples,psamples,p,judgement"
one() {
    local direction=$1 test=$2 n=$3 round=$4 samples=()
    local seed=$(((test * 1000 + n * 10 + round + 1) << 32))

    [ "$round" -eq 0 ] || samples=(-p $((test >= 205 ? 5 : test == 204 ? 5000 : 500)))
    "$RNG_DUMP" "$direction" "$seed" |
        dieharder -g 200 -S 1 -d "$test" -n "$n" "${samples[@]}" -c , -D test_name -D ntuple -D tsamples \
            -D psamples -D pvalues -D assessment -D no_whitespace 2>/dev/null |
        awk -F, -v of="$direction,$test" 'NF == 6 && $6 ~ /^(PASSED|WEAK|FAILED)/ { print of "," $0 }'
}
export -f one

# all ROUND: the tests "DIRECTION TEST N" on standard input, two at a time, in any order
all() {
    xargs -r -P 2 -L 1 bash -c 'one "$@" '"$1"' >"$work/'"$1"'.$1.$2.$3"' _
    cat "$work/$1".* 2>/dev/null | sort -t, -k1,1 -k2,2n -k4,4n -k7,7
}

for direction in stream requests keys purposes; do
    tests | sed "s/^/$direction /"
done >"$work/wanted"
all 0 <"$work/wanted" >"$work/first"
while read -r direction test n; do
    [ -s "$work/0.$direction.$test.$n" ] || fail "dieharder says nothing of test $test, n = $n ($direction)"
done <"$work/wanted"

# The tests with a weak one among their p-values, each once. Some vary n by themselves, and are wanted with n = 0.
awk -F, '$8 ~ /WEAK/ { print $1, $2 }' "$work/first" | sort -u >"$work/weak"
awk 'NR == FNR { weak[$1, $2] = 1; next } weak[$1, $2]' "$work/weak" "$work/wanted" >"$work/again"
all 1 <"$work/again" >"$work/second"

while IFS=, read -r direction test name n _ _ p _; do
    fail "$name (test $test, n = $n, $direction): p = $p"
done < <(cat "$work/first" "$work/second" | grep ',FAILED')
weak=$(grep -c ',WEAK' "$work/first")
[ "$weak" -le "$weak_max" ] || fail "$weak p-values are weak"
while IFS=, read -r direction test name n _ _ p _; do
    grep -qE "^$direction,$test,$name,$n,.*,WEAK" "$work/first" && fail "$name (test $test, n = $n, $direction) is weak again: p = $p"
done < <(grep ',WEAK' "$work/second")

# ---- the page ----

# The table of p-values, their tenths, and what became of the weak ones.
figures() {
    awk -F, '
        BEGIN {
            directions = split("stream requests keys purposes", direction, " ")
            print "| test | n | stream | requests | keys | purposes |"
            print "| ---- | -- | ------ | -------- | ---- | -------- |"
        }
        {
            row = "`" $3 "` | " $4
            if (!(row in seen)) { seen[row] = 1; name[++rows] = row }
            cell[row, $1] = cell[row, $1] (cell[row, $1] == "" ? "" : ", ") sprintf("%.3f", $7)
            count[$1]++; weak[$1] += $8 ~ /WEAK/; failed[$1] += $8 ~ /FAILED/
            tenth = int($7 * 10); tenths[$1, tenth > 9 ? 9 : tenth]++
        }
        END {
            for (i = 1; i <= rows; i++) {
                line = "| " name[i]
                for (k = 1; k <= directions; k++) line = line " | " cell[name[i], direction[k]]
                print line " |"
            }
            print ""
            print "| direction | p-values | failed | weak | in tenths, from p below 0.1 to p above 0.9 |"
            print "| --------- | -------- | ------ | ---- | ------------------------------------------ |"
            for (k = 1; k <= directions; k++) {
                of = direction[k]
                line = ""
                for (tenth = 0; tenth < 10; tenth++) line = line (tenth ? ", " : "") (tenths[of, tenth] + 0)
                printf "| %s | %d | %d | %d | %s |\n", of, count[of], failed[of], weak[of], line
            }
        }' <(sort -s -t, -k2,2n -k4,4n "$work/first")
    printf '\nWeak ones, tried again on other draws, five times as many:\n\n'
    awk -F, 'FILENAME != ARGV[2] { then[$1, $2, $3, $4] = then[$1, $2, $3, $4] sprintf(" %.3f", $7); next }
        $8 ~ /WEAK/ { printf "- `%s`, n = %s, %s: p = %.4f, then%s\n", $3, $4, $1, $7, then[$1, $2, $3, $4] }' \
        "$work/second" "$work/first"
}

begin='<!-- figures: tests/docs/generator.sh -->'
figures >"$work/figures"
awk -v begin="$begin" -v figures="$work/figures" '
    { print }
    $0 == begin { print ""; while ((getline line < figures) > 0) print line; exit }' "$page" >"$work/page"
if [ "${1-}" = --write ]; then
    cp "$work/page" "$page"
elif ! diff "$page" "$work/page"; then
    fail "docs/generator.md says otherwise; tests/docs/generator.sh --write makes it anew"
fi
echo "$(wc -l <"$work/first") p-values, $weak weak, $(wc -l <"$work/again") tests tried again, $failures failures"
[ "$failures" -eq 0 ]
