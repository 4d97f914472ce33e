#!/bin/bash
# --json: valid, complete, the same figures as the CSV, the same bytes but for "run".
. "$(dirname "$0")/common.sh"
has_python() { command -v python3 >/dev/null; }

run 0 queue.json --json out.json --csv out.csv -n 3
printed "One server"
[ "$(head -c 11 out.json)" = '{"format":1' ] || fail "beginning: $(head -c 40 out.json)"
[ "$(grep -c '^"run":{' out.json)" = 1 ] || fail "one line of run"
[ "$(tail -n 2 out.json | head -c 6)" = '"run":' ] || fail "run is not last"
grep -qiE '[[,:](nan|-?inf)' out.json && fail "no JSON number"

# The same, on standard output and under another name of the scenario; only "run" may differ.
run 0 queue.json --json - -n 3
empty stderr
grep -v '^"run":' out.json >results
grep -v '^"run":' stdout >other
same results other "standard output differs from the file"
mkdir folder
cp queue.json folder/other.json
run 0 folder/other.json -q --json again.json -n 3
grep -v '^"run":' again.json >other
same results other "another run differs"

# Two outputs cannot be one file.
run 2 queue.json --json - --csv -
told "standard output cannot hold two outputs"
empty stdout
run 2 queue.json --json two --series two
told "two cannot hold two outputs"
absent two
run 2 queue.json --json absent/out.json --csv never.csv
told "absent/out.json cannot be written"
absent never.csv

# Strange texts: quotes, controls, other scripts; a name of a file that is not UTF-8.
sed 's/"One server"/"a \\"b\\" \\\\ \\u0001\\n\\u007f é 日本 \\ud83d\\ude00 <\/script>"/' queue.json >strange.json
run 0 strange.json -q -n 1 --json strange.out --variant base
cp strange.json "$(printf 'odd\377.json')"
run 0 "$(printf 'odd\377.json')" -q -n 1 --json odd.out --variant base
grep -q '"file":"odd\\ufffd.json"' odd.out || fail "a byte that is not UTF-8: $(grep '^"run"' odd.out)"

# Nothing measured is null; a failed expectation says so.
run 1 queue.json -q -n 2 --json none.json --variant base --set srv.service_time=1h --set srv.waiting=0 \
    --set expect.total.availability='> 99%'
grep -q '"metric":"latency.p99","unit":"s","value":null' none.json || fail "a latency of no requests is not null"
grep -q '"verdict":"failed"' none.json || fail "no failed expectation"

# Cut by a limit: whole JSON, marked.
run 3 queue.json -q -n 1 --json part.json --set users.arrivals=20000/s --max-memory 64MB
grep -q '^"complete":false,$' part.json || fail "it is not marked as cut"
grep -q '"partial":true,"grew":{"component":"srv","requests_inside":' part.json || fail "it does not say what grew"

if has_python; then
    python3 - <<'END' >odd || fail "python3 does not take it: $(cat odd)"
import csv, json

def refuse(text):
    raise ValueError(text)

def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file, parse_constant=refuse)

out = read("out.json")
rows = {(r["variant"], r["component"], r["metric"]): r for r in csv.DictReader(open("out.csv"))}
assert [v["name"] for v in out["variants"]] == ["base", "faster"], "variants"
assert [v["based_on"] for v in out["variants"]] == [None, "base"], "based_on"
assert out["scenario"] == "One server" and out["complete"] and out["replications"] == 3
count = 0
for variant in out["variants"]:
    for m in variant["metrics"]:
        row = rows[variant["name"], m["component"], m["metric"]]
        for name in "value", "ci_low", "ci_high":
            assert (m[name] is None) == (row[name] == ""), (m, name)
            assert m[name] is None or m[name] == float(row[name]), (m, name)
        count += 1
    values = {(m["component"], m["metric"]): m["value"] for m in variant["metrics"]}
    for h in variant["histograms"]:
        total, before = 0, -1
        for lower, upper, n in h["buckets"]:
            assert before < lower <= upper and n > 0, h
            before, total = upper, total + n
        if total:
            assert h["buckets"][0][0] <= values[h["component"], h["name"] + ".p50"] <= h["buckets"][-1][1], h["component"]
        if h["name"] == "latency":
            ok = values[h["component"], "requests.ok"] * 3
            assert abs(ok - total) < 0.5, (h["component"], ok, total)
    assert any(h["name"] == "latency" and h["component"] == "srv" for h in variant["histograms"])
assert count == len(rows) - 2, "the CSV has total,overloaded besides"
check = out["variants"][0]["expectations"]
assert len(check) == 1 and check[0]["metric"] == "total.latency.mean" and check[0]["bound"] == 0.2
assert check[0]["comparison"] == "<" and check[0]["verdict"] == "held" and check[0]["written"] == "< 200ms"
assert read("strange.out")["scenario"] == 'a "b" \\ \x01\n\x7f é 日本 \U0001f600 </script>'
for path in "odd.out", "none.json", "part.json":
    read(path)
END
    empty odd
fi
finish
