# load.gp - how evenly the instances of a component share the work, and how busy each is, by variant.
#
# A constant: it is embedded in the program, which runs it in a folder of its own as
#     gnuplot -d -c script.gp FORMAT SUBJECT VARIANTS ANGLE SHARE_MOST
# with FORMAT png or svg, SUBJECT the component, ANGLE of the labels in degrees, and the end of the upper axis. It
# reads
#     variants.dat  x label
#     load.dat      x width  share low high  busy low high  full       full: 1 or 0     (? where there is none)
#     groups.dat    x  even share                                      what each instance would get
#     notes.dat     x height "share"  x height "busy"                  the greatest of each group
#     words.dat     x "words"                                          of variants with one instance, or none
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

bottom = angle == 0 ? 0.07 : angle == 90 ? 0.27 : 0.21
top = 0.88
middle = (bottom + top) / 2
ordinary = "#9ecae1"
full = "#d7301f" # in grey it stands apart from the pale bars, and black lines on it can be seen
set border 3 lc rgb "#444444"
set xrange [-0.5 : variants - 0.5]
set grid y lc rgb "#dddddd" lt 1
set tics scale 0.5 nomirror
set format y "%.0f%%"
set lmargin at screen 0.085
set rmargin at screen 0.98
set style fill solid noborder
set style arrow 1 heads size screen 0.003, 90 lw 1 lc rgb "#000000"

set multiplot
set label 1 ARG2.": a bar for each instance, [0] on the left" at screen 0.5, 0.96 center font ",14"

set key at screen 0.98, 0.925 right horizontal maxrows 1 reverse Left samplen 1.5 width -1
set tmargin at screen top
set bmargin at screen middle + 0.03
set ylabel "share of its requests"
set yrange [0 : 100 * ARG5]
unset xtics
plot "load.dat" using 1:(100 * $3):($9 == 1 ? NaN : $2) with boxes lc rgb ordinary title "instance", \
     "" using 1:($9 == 1 ? 100 * $3 : NaN):2 with boxes lc rgb full title "full: over 97% busy", \
     "" using 1:(100 * $4):(0):(100 * ($5 - $4)) with vectors arrowstyle 1 title "95% interval", \
     "groups.dat" using ($1 - 0.42):(100 * $2):(0.84):(0) with vectors nohead dt 2 lw 1.5 lc rgb "#000000" title "even share", \
     "notes.dat" using 1:(100 * $2):3 with labels offset 0, 0.8 font ",10" notitle, \
     "words.dat" using 1:(50 * ARG5):2 with labels rotate by 90 center textcolor rgb "#777777" notitle

unset label 1
unset key
set tmargin at screen middle - 0.03
set bmargin at screen bottom
set ylabel "busy, its busiest resource"
set yrange [0 : 119]
set ytics 0, 25, 100
set xtics nomirror rotate by angle noenhanced scale 0 font ",10"
if (angle != 0) { set xtics right }
plot "variants.dat" using 1:(NaN):xticlabels(2), \
     "load.dat" using 1:($9 == 1 ? NaN : 100 * $6):2 with boxes lc rgb ordinary, \
     "" using 1:($9 == 1 ? 100 * $6 : NaN):2 with boxes lc rgb full, \
     "" using 1:(100 * $7):(0):(100 * ($8 - $7)) with vectors arrowstyle 1, \
     "notes.dat" using 4:(100 * $5):6 with labels offset 0, 0.8 font ",10"
unset multiplot
