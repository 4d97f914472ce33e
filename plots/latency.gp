# latency.gp - how long requests took, by variant: median, p95 and p99 with their 95 % intervals.
#
# A constant: it is embedded in the program, which runs it in a folder of its own as
#     gnuplot -d -c script.gp FORMAT SUBJECT VARIANTS ANGLE LEAST MOST
# with FORMAT png or svg, ANGLE of the labels in degrees, and the range of the axis in seconds. It reads
#     variants.dat  x label
#     latency.dat   x  p50 low high  p95 low high  p99 low high  "under"  "above"     (? where there is none)
#     words.dat     x "words"                         in place of figures: overloaded, no answers
# and makes picture.FORMAT. Texts are only ever data; nothing in them is run or marked up.
variants = ARG3 + 0
angle = ARG4 + 0
if (ARG1 eq "svg") {
    set terminal svg size 1000,600 noenhanced background "white" font "DejaVu Sans,sans-serif" fontscale 1.15
    set output "picture.svg"
} else {
    set terminal pngcairo size 1000,600 noenhanced background "white" font "sans-serif,11"
    set output "picture.png"
}
set datafile missing "?"

set label 1 "Latency of requests that were answered" at screen 0.5, 0.96 center font ",14"
set key at screen 0.98, 0.925 right horizontal maxrows 1 reverse Left samplen 2
set tmargin at screen 0.88
set border 3 lc rgb "#444444"
set xrange [-0.5 : variants - 0.5]
set yrange [ARG5 + 0 : ARG6 + 0]
set y2range [0 : 1]
set logscale y
set format y "%.0s %cs"
set ytics nomirror ()
do for [decade = -9 : 5] {
    set ytics add (10.0**decade, 2 * 10.0**decade, 5 * 10.0**decade)
}
set grid y lc rgb "#dddddd" lt 1
set xtics nomirror rotate by angle noenhanced scale 0 font ",10"
if (angle != 0) { set xtics right }
set tics scale 0.5
set lmargin at screen 0.085
set rmargin at screen 0.98
set bmargin at screen (angle == 0 ? 0.07 : angle == 90 ? 0.27 : 0.21)
set style fill pattern border lc rgb "#999999"
set bars 0.6

# Dark and filled is the slow end, pale and round the usual request: told apart in grey, too.
plot "variants.dat" using 1:(NaN):xticlabels(2) notitle, \
     "words.dat" using 1:(1):(0.8) axes x1y2 with boxes fs pattern 4 lc rgb "#bbbbbb" notitle, \
     "words.dat" using 1:(0.5):2 axes x1y2 with labels rotate by 90 center textcolor rgb "#000000" notitle, \
     "latency.dat" using ($1 - 0.2):2:(0.2):($5 - $2) with vectors nohead lc rgb "#bbbbbb" notitle, \
     "" using 1:5:(0.2):($8 - $5) with vectors nohead lc rgb "#bbbbbb" notitle, \
     "" using ($1 - 0.2):2:3:4 with yerrorbars pt 7 ps 1.3 lw 1.5 lc rgb "#56b4e9" title "median (p50)", \
     "" using 1:5:6:7 with yerrorbars pt 9 ps 1.5 lw 1.5 lc rgb "#d55e00" title "p95", \
     "" using ($1 + 0.2):8:9:10 with yerrorbars pt 5 ps 1.3 lw 1.5 lc rgb "#000000" title "p99", \
     "" using ($1 - 0.2):3:11 with labels offset 0, -0.9 font ",10" notitle, \
     "" using ($1 + 0.2):10:12 with labels offset 0, 0.9 font ",10" notitle
