#!/bin/bash
# scalesim plot: whole pictures or none, strict reading, and nothing that a name or a folder can inject.
. "$(dirname "$0")/common.sh"

# holds FOLDER NAME...: exactly these files
holds() {
    folder=$1
    shift
    printf '%s\n' "$@" | sort >wanted
    ls -A "$folder" | LC_ALL=C sort >there
    same there wanted "other files than expected in $folder"
}

# picture FILE: a whole PNG of 1000x600 that is not empty paper
picture() {
    [ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ] || fail "$1 is no PNG"
    [ "$(head -c 24 "$1" | tail -c 8 | od -An -tx1 | tr -d ' \n')" = 000003e800000258 ] || fail "$1 is not 1000x600"
    [ "$(tail -c 8 "$1" | head -c 4)" = IEND ] || fail "$1 is cut"
    [ "$(stat -c %s "$1")" -gt 8000 ] || fail "$1 is nearly empty"
}

run 0 tiers.json -n 3 -q --csv tiers.csv
grep -q '^base,total,overloaded,1,0,,,3$' tiers.csv || fail "no row total,overloaded"
mkdir out
run 0 plot tiers.csv --out out
printf 'out/latency.png\nout/load_web.png\n' >wanted
same stdout wanted "the names of the pictures"
empty stderr
holds out latency.png load_web.png
picture out/latency.png
picture out/load_web.png

# Quietly, from standard input, and into the folder where one is: the same bytes.
mkdir again
(cd again && "$program" plot - -q <../tiers.csv >../stdout 2>../stderr) || fail "plot from standard input"
empty stdout
holds again latency.png load_web.png
same again/latency.png out/latency.png "the same results, another picture"

# SVG, beside the others
run 0 plot tiers.csv --out out --format svg
holds out latency.png latency.svg load_web.png load_web.svg
head -c 5 out/latency.svg | grep -q '<?xml' || fail "latency.svg is no XML"
tail -c 20 out/load_web.svg | grep -q '</svg>' || fail "load_web.svg is cut"
for text in '>base<' 'p99' 'Latency'; do
    grep -qF "$text" out/latency.svg || fail "latency.svg does not say $text"
done
grep -qF 'web: a bar for each instance' out/load_web.svg || fail "load_web.svg does not name its component"

# An overloaded variant is called so instead of shown with a latency; its full instance is marked in the other picture.
run 0 tiers.json -n 2 -q --csv full.csv --set users.arrivals=3000/s
grep -q '^base,total,overloaded,1,1,,,2$' full.csv || fail "the overload is not in the CSV"
mkdir full
run 0 plot full.csv --out full --format svg
grep -qF 'overloaded' full/latency.svg || fail "latency.svg does not say that base is overloaded"
grep -qi 'd7301f\|rgb(215, *48, *31)' full/load_web.svg || fail "no full instance"

# What stands in a data center has a name that is no file's.
sed 's/,web/,seoul\/web/' tiers.csv >site.csv
mkdir site
run 0 plot site.csv --out site
holds site latency.png load_seoul-web.png

# Nobody gets an answer: no figures at all.
run 0 queue.json --variant base -n 2 -q --set srv.service_time=1h --set srv.waiting=0 --csv none.csv --set expect=none
mkdir none
run 0 plot none.csv --out none --format svg
grep -qE 'no answers|overloaded' none/latency.svg || fail "latency.svg shows a latency of no requests"
run 0 queue.json -n 1 -q --csv one.csv
run 0 plot one.csv --out none
picture none/latency.png

# Twelve variants with long names, and thirty; not more.
many() {
    head -n 1 one.csv
    for ((i = 0; i < $1; i++)); do
        echo "a_variant_with_quite_a_long_name_$i,total,latency.p50,s,0.00$((i % 9 + 1)),,,1"
    done
}
for count in 12 30; do
    many $count >many.csv
    run 0 plot many.csv --out none
    picture none/latency.png
done
many 31 >many.csv
run 2 plot many.csv --out none
told "more variants"

# Strict reading: every mistake is the user's, told with its line, and nothing is made.
mkdir bad
refused() { # SED TOLD...
    sed "$1" one.csv >broken.csv
    cmp -s one.csv broken.csv && fail "this changes nothing: $1"
    run 2 plot broken.csv --out bad
    shift
    for text in "$@"; do
        told "$text"
    done
    holds_none bad
    absent pwned
}
holds_none() {
    [ -z "$(ls -A "$1")" ] || fail "something is left in $1: $(ls -A "$1")"
}
refused '1d' 'broken.csv:1:1: error: the first line must be variant,component'
refused '1s/,unit//' 'the first line must be'
refused '1q' 'there are no results'
refused '3s/,1$//' 'broken.csv:3:1: error: 8 fields expected, found 7'
refused '3s/$/,/' '8 fields expected, found 9'
refused '4s/.*//' 'broken.csv:4:' 'found 1'
refused '4p' 'broken.csv:5:1: error: this value is given twice'
refused '5s/,1,[0-9.]*,/,1,nan,/' 'broken.csv:5:' 'value cannot be "nan"'
refused '5s/,1,[0-9.]*,/,1,inf,/' 'value cannot be "inf"'
refused '5s/,1,[0-9.]*,/,1,0x10,/' 'value cannot be "0x10"'
refused '5s/,1,[0-9.]*,/,1,1e999,/' 'value cannot be "1e999"'
refused '5s/,1,[0-9.]*,/,1, 1,/' 'value cannot be " 1"'
refused '5s/1$/-1/' 'replications cannot be "-1"'
refused '5s/^base/"base"/' 'variant cannot be ""base""'
refused '5s/^base/`touch pwned`/' 'variant cannot be "`touch pwned`"'
refused '5s/^base/x$(touch pwned)/' 'variant cannot be'
refused "5s/^base/x';system('touch pwned');'/" 'variant cannot be'
refused '5s/^base/=cmd|x/' 'variant cannot be'
refused '5s/,total,/,..\/..\/pwned[0],/' 'component cannot be "../../pwned[0]"'
refused '5s/,total,/,@system,/' 'component cannot be'
refused '5s/,total,/,to"tal,/' 'component cannot be'
refused '5s/^base/b\x1b[2Jase/' 'variant cannot be "b\u001b[2Jase"'
refused '5s/^base/b\x00ase/' 'broken.csv:5:' 'a byte that is no text'
refused '5s/^base/b\xffase/' 'variant cannot be'
refused "5s/^base/$(printf 'x%.0s' {1..300})/" 'variant cannot be'
printf '\0\1\2' >broken.csv
run 2 plot broken.csv --out bad
seq 1 5000 >broken.csv
run 2 plot broken.csv --out bad
{ head -n 1 one.csv; seq 1 5000; } >broken.csv
run 2 plot broken.csv --out bad
told "more errors"
[ "$(wc -l <stderr)" -lt 100 ] || fail "5000 wrong lines are told one by one"
: >broken.csv
run 2 plot broken.csv --out bad
run 2 plot absent.csv --out bad
told "absent.csv: no such file"
run 2 plot queue.json --out bad
told "queue.json:1:1: error: the first line"
printf '%s\nbase,srv,queue.max,1,3,,,1\n' "$(head -n 1 one.csv)" >broken.csv
run 2 plot broken.csv --out bad
told "nothing that can be drawn"
holds_none bad

# As a program on Windows saves it
sed 's/$/\r/' one.csv >windows.csv
run 0 plot windows.csv --out none

# The line
run 2 plot
told "a file is missing"
run 2 plot one.csv --format gif
told 'png or svg'
run 2 plot one.csv --out absent
told "absent cannot be written"
run 2 plot one.csv --out one.csv
told "one.csv cannot be written"
run 2 plot one.csv --out ''
if [ "$(id -u)" -ne 0 ]; then
    mkdir -m 500 locked
    run 2 plot one.csv --out locked
fi
odd=$'; touch pwned; `touch pwned` "\n$(touch pwned)'
mkdir "$odd"
run 0 plot one.csv --out "$odd"
picture "$odd/latency.png"
absent pwned
absent "$odd/pwned"

# Nobody's settings are read.
mkdir settings
echo 'system("touch ../pwned"); set terminal dumb' >settings/.gnuplot
(export HOME=$scratch/settings && cd settings && "$program" plot ../one.csv -q) || fail "with settings: exit $?"
absent pwned
same settings/latency.png none/latency.png "settings change a picture"

# What gnuplot does wrong is the machine's fault; the pictures of before stay, and nothing else.
mkdir fake kept
echo before >kept/latency.png
with_gnuplot() { # STATUS LINE...: in place of gnuplot
    wanted=$1
    shift
    printf '%s\n' '#!/bin/sh' "$@" >fake/gnuplot
    chmod +x fake/gnuplot
    PATH=$scratch/fake:$PATH "$program" plot one.csv --out kept >stdout 2>stderr
    got=$?
    [ $got -eq "$wanted" ] || fail "exit $got instead of $wanted with: $*"
    empty stdout
    holds kept latency.png
    [ "$(cat kept/latency.png)" = before ] || fail "the picture of before is lost"
}
with_gnuplot 3 'exit 0'
told "made no whole picture"
with_gnuplot 3 'echo line 7: a riddle >&2' 'exit 1'
told "line 7: a riddle"
with_gnuplot 3 'printf "\211PNG\r\n\032\n" >picture.png'
with_gnuplot 3 'kill -SEGV $$'
PATH=/nonexistent "$program" plot one.csv --out kept >stdout 2>stderr
[ $? -eq 3 ] || fail "without gnuplot: not exit 3"
told "gnuplot-nox"
holds kept latency.png
(
    ulimit -f 12
    "$program" plot one.csv --out kept >stdout 2>stderr
)
[ $? -eq 3 ] || fail "a picture over the limit of files: not exit 3"
holds kept latency.png
[ "$(cat kept/latency.png)" = before ] || fail "half a picture is in place of the one before"

# A signal ends it, the gnuplot that it waits for too.
printf '%s\n' '#!/bin/sh' 'echo $$ >"$SEEN"' 'exec sleep 30' >fake/gnuplot
SEEN=$scratch/seen PATH=$scratch/fake:$PATH "$program" plot one.csv --out kept >stdout 2>stderr &
plotting=$!
for ((i = 0; i < 100; i++)); do
    [ -s seen ] && break
    sleep 0.1
done
kill -TERM $plotting
wait $plotting
[ $? -eq 143 ] || fail "ended by a signal: not 143"
kill -0 "$(cat seen)" 2>/dev/null && fail "gnuplot is still there"
holds kept latency.png
rm fake/gnuplot

# Moving into place fails: a folder has the name of the picture.
mkdir -p taken/latency.png
run 2 plot one.csv --out taken
holds taken latency.png
finish
