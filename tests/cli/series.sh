#!/bin/bash
# --series: its columns, its dates, and that its values add up to those of the whole run, which it does not change.
. "$(dirname "$0")/common.sh"
header=variant,time,component,metric,unit,value

run 0 tiers.json -q -n 3 --csv plain.csv
run 0 tiers.json -q -n 3 --csv out.csv --series out.series --interval 1s
same plain.csv out.csv "asking for a series changes the results"
[ "$(head -n 1 out.series)" = "$header" ] || fail "header: $(head -n 1 out.series)"
awk -F, 'NF != 6' out.series >odd
empty odd
awk -F, 'NR > 1 && ($6 ~ /nan|inf/ || $6 < 0)' out.series >odd
empty odd
cut -d, -f1-4 out.series | sort | uniq -d >odd
empty odd
[ "$(awk -F, 'NR > 1 { print $2 }' out.series | uniq | tr '\n' ' ')" = "$(seq -s ' ' 1 20) " ] || fail "dates are not 1 to 20 s"
run 0 tiers.json -q -n 3 --series - --interval 1s
same out.series stdout "standard output differs from the file"

# The mean over the intervals is that of the run, to the digits that the CSV's rounding to replications leaves.
mean_is() {
    awk -F, -v component="$1" -v metric="$2" '
        NR == FNR { if ($2 == component && $3 == metric) whole = $5; next }
        $3 == component && $4 == metric { sum += $6; count++ }
        END {
            mean = sum / (count ? count : 1)
            if (count != 20 || !(whole > 0) || mean - whole > 1e-9 * whole || whole - mean > 1e-9 * whole)
                print component "." metric ": " mean " in " count " intervals, " whole " in all"
        }' out.csv out.series >odd
    empty odd
}
mean_is total throughput
mean_is total in_flight.mean
mean_is users in_flight.mean
mean_is web throughput
mean_is web in_flight.mean
mean_is web cpu.utilisation
mean_is web workers.utilisation
mean_is web queue.mean
mean_is db servers.utilisation

# A mean of means is none: latencies are weighted with the requests of their interval.
awk -F, '
    NR == FNR { if ($2 == "web" && $3 == "latency.mean") whole = $5; next }
    $3 == "web" && $4 == "throughput" { ok = $6 }
    $3 == "web" && $4 == "latency.mean" { sum += $6 * ok; count += ok }
    END { mean = sum / count; if (mean - whole > 1e-9 * whole || whole - mean > 1e-9 * whole) print mean " " whole }
' out.csv out.series >odd
empty odd

# The intervals of a minute by default; the last one is what is left over.
run 0 queue.json -q -n 1 --series default.series
[ "$(cut -d, -f2 default.series | sort -u | wc -l)" = 61 ] || fail "not 60 intervals"
[ "$(grep -c '^faster,' default.series)" = "$(grep -c '^base,' default.series)" ] || fail "variants differ in rows"
run 0 queue.json -q -n 1 --variant base --series rest.series --interval 30s
[ "$(awk -F, 'NR > 1 { print $2 }' rest.series | uniq | tr '\n' ' ')" = "30 60 90 100 " ] || fail "the last interval is cut wrongly"

# Nobody is answered: empty means, rates of 0.
run 0 queue.json -q -n 1 --variant base --series none.series --set srv.service_time=1h --set srv.waiting=0 --set expect=none
grep -q ',total,latency.mean,s,$' none.series || fail "a mean of no requests"
grep -q ',total,throughput,1/s,0$' none.series || fail "a rate of no requests"

# An overload shows as it grows, up to where the run was cut.
run 3 queue.json -q -n 2 --variant base --series part.series --interval 100ms --set users.arrivals=20000/s --max-memory 64MB \
    --set time.warm_up=0s
awk -F, '$3 == "srv" && $4 == "queue.mean" { if ($6 <= last) print; last = $6; count++ } END { if (count < 3 || count > 900) print count }' \
    part.series >odd
empty odd

# Mistakes.
run 2 queue.json --series no.series --interval 1us
told "cuts the measured time into 100000000 pieces"
told "--interval '10 ms' or longer"
absent no.series
run 0 queue.json -q -n 1 --variant base --series fine.series --interval '10 ms' --set time.measure=1s
{
    echo '{ "time": { "warm_up": "0s", "measure": "10s" }, "components": {'
    echo '"users": { "type": "clients", "arrivals": "1/s", "target": "s1" }'
    for i in $(seq 60); do
        echo ", \"s$i\": { \"type\": \"service\", \"service_time\": \"1ms\", \"then\": \"$([ "$i" -lt 60 ] && echo "s$((i + 1))" || echo none)\" }"
    done
    echo '} }'
} >many.json
run 2 many.json -q -n 1 --series no.series --interval 1ms
told "ask for a longer --interval"
absent no.series
run 0 many.json -q -n 1 --series many.series --interval 1s
run 2 queue.json --series no.series --interval 0s
run 2 queue.json --series no.series --interval 5
told "--interval cannot be"
run 2 queue.json --series absent/no.series
told "cannot be written"
finish
