#!/bin/bash
# init: a scenario that is good, runs at once, and overwrites nothing.
. "$(dirname "$0")/common.sh"

run 0 init
cp stdout printed.json
empty stderr
run 0 init shop.json
printed "try: scalesim shop.json"
same printed.json shop.json "what is printed is not what is written"
run 0 init shop
printed "try: scalesim run shop"
run 0 check shop.json
printed "shop.json: good, 3 variants"
empty stderr
run 0 shop.json
printed "held"
printed "OVERLOADED"
printed "four_servers"

# What is there stays as it is.
echo mine >mine.json
run 2 init mine.json
told "mine.json is there already"
[ "$(cat mine.json)" = mine ] || fail "it was overwritten"
ln -s nowhere link.json
run 2 init link.json
[ -L link.json ] || fail "the link was replaced"
run 2 init absent/shop.json
told "cannot be written"
run 2 init .
run 2 init one.json two.json
run 0 init -q quiet.json
empty stdout
if [ -e /dev/full ]; then
    "$program" init >/dev/full 2>stderr
    [ $? -eq 3 ] || fail "to a full disk: exit $? instead of 3"
fi
finish
