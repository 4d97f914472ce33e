# label: none
# common.sh - what the tests of the program share. A test begins with
#
#     . "$(dirname "$0")/common.sh"
#
# and ends with `finish`. It works in a scratch folder that is removed at the end, with `program` (from
# SCALESIM) and two small scenarios: queue.json (M/M/1 and a variant), tiers.json (users, balancer, web
# servers, database).
here=$(cd "$(dirname "$0")" && pwd)
source_dir=${SCALESIM_SOURCE_DIR:-$here/../..}
program=$(realpath "${SCALESIM:-$source_dir/build/scalesim}")
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
cd "$scratch" || exit 2
failures=0
export LC_ALL=C.UTF-8
unset NO_COLOR

cat >queue.json <<'END'
{
  "title": "One server",
  "time": { "warm_up": "10s", "measure": "100s" },
  "components": {
    "users": { "type": "clients", "arrivals": "80/s", "target": "srv" },
    "srv": { "type": "service", "service_time": { "law": "exponential", "mean": "10ms" }, "waiting": "unlimited" }
  },
  "expect": { "total.latency.mean": "< 200ms" },
  "variants": {
    "faster": { "components": { "srv": { "service_time": { "mean": "5ms" } } }, "expect": "none" }
  }
}
END

cat >tiers.json <<'END'
{
  "title": "Three tiers",
  "time": { "warm_up": "5s", "measure": "20s" },
  "data": { "profiles": { "rows": 100000, "popularity": "uniform" } },
  "components": {
    "users": {
      "type": "clients",
      "arrivals": "300/s",
      "target": "lb",
      "timeout": "20ms",
      "retries": 1,
      "requests": {
        "view": { "share": "90%", "key": "profiles" },
        "edit": { "share": "10%", "key": "profiles" }
      }
    },
    "lb": { "type": "load_balancer", "targets": "web" },
    "web": {
      "type": "web_server",
      "count": 2,
      "workers": 4,
      "accept_queue": 8,
      "handlers": {
        "view": [{ "compute": { "law": "exponential", "mean": "8ms" } }, { "read": "db" }],
        "edit": [{ "compute": "1ms" }, { "write": "db" }]
      }
    },
    "db": { "type": "service", "servers": 4, "service_time": "2ms" }
  }
}
END

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# run STATUS ARGUMENT...: runs the program, which must end with that status; leaves files stdout and stderr.
run() {
    wanted=$1
    shift
    "$program" "$@" >stdout 2>stderr </dev/null
    got=$?
    if [ "$got" -ne "$wanted" ]; then
        fail "exit $got instead of $wanted: $*"
        sed 's/^/    /' stderr
    fi
}

# told TEXT: it must be on standard error.
told() {
    grep -qF -e "$1" stderr || {
        fail "not told: $1"
        sed 's/^/    /' stderr
    }
}

# printed TEXT: it must be on standard output.
printed() {
    grep -qF -e "$1" stdout || {
        fail "not printed: $1"
        sed 's/^/    /' stdout
    }
}

# empty FILE
empty() {
    [ ! -s "$1" ] || {
        fail "$1 should be empty"
        head -5 "$1" | sed 's/^/    /'
    }
}

# same FILE OTHER WHAT
same() {
    cmp -s "$1" "$2" || {
        fail "$3"
        diff "$1" "$2" | head -5 | sed 's/^/    /'
    }
}

# absent FILE
absent() {
    [ ! -e "$1" ] || fail "$1 should not be there"
}

finish() {
    [ "$failures" -eq 0 ] || echo "$failures failures"
    [ "$failures" -eq 0 ]
    exit
}
