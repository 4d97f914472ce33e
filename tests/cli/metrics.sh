#!/bin/bash
# Every metric that a shipped scenario's CSV or JSON holds is one that `scalesim models` documents: of every component,
# or of a type that the scenario has.
. "$(dirname "$0")/common.sh"
command -v python3 >/dev/null || { echo "no python3"; exit 77; }

cat >documented.py <<'END'
import re, subprocess, sys

program = sys.argv[1]

def rows(text):
    """What stands two columns in, under a heading that begins with Metrics, without its unit."""
    inside = False
    for line in text.splitlines():
        if line and line[0] != " ":
            inside = line.startswith("Metrics")
        elif inside and re.match(r"  \S", line):
            yield re.sub(r", in \S+$", "", line.strip())

def patterns(row):
    """The names that a row stands for: "wait.mean ... .max" is the list of latency, with another beginning."""
    statistics = "mean|p50|p90|p95|p99|p99\\.9|max"
    row = re.sub(r"^RESOURCE\.", "[a-z_]+.", row).replace("CAUSE", "[a-z_]+")
    first, *more = row.split(", ")
    head = re.sub(r"\.mean \.\.\. \.max$", "", first)
    base = first.rsplit(".", 1)[0] if head == first else head
    yield head if head == first else head + ".(" + statistics + ")"
    for name in more:
        yield base + name if name.startswith(".") else name

def documented(*arguments):
    text = subprocess.run([program, "models", *arguments], capture_output=True, text=True, check=True).stdout
    return [re.compile(pattern) for row in rows(text) for pattern in patterns(row)]

common, own, bad = documented(), {}, 0
assert len(common) > 30, "no common metrics were read"
for line in sys.stdin:
    scenario, *metrics = line.split()
    types = set(re.findall(r'"type":\s*"(\w+)"', open(scenario).read()))
    known = list(common)
    for name in types:
        own.setdefault(name, documented(name))
        known += own[name]
    for metric in metrics:
        if not any(pattern.fullmatch(metric) for pattern in known):
            print(f"{scenario}: {metric} is in the output, and scalesim models does not say what it is")
            bad += 1
sys.exit(bad > 0)
END

for scenario in "$source_dir"/scenarios/*.json "$source_dir"/scenarios/ladder/*.json; do
    "$program" "$scenario" -q -n 1 --csv out.csv --json out.json ||
        [ $? -eq 1 ] || fail "$scenario does not run"
    {
        echo "$scenario"
        sed 1d out.csv | cut -d, -f3
        grep -o '"metric":"[^"]*","unit"' out.json | cut -d'"' -f4
    } | sort -u | tr '\n' ' '
    echo
done >emitted
[ "$(wc -w <emitted)" -gt 1000 ] || fail "hardly any metrics were emitted"
python3 documented.py "$program" <emitted || fail "metrics without documentation"

# A metric that nobody documents is found.
sed 's/ throughput / throughputs /' emitted | python3 documented.py "$program" >odd && fail "throughputs is documented"

finish
