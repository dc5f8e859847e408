# Draws what pipes-bench measured: time of a round trip on the left, rate of a stream on the right, both over the size.
# Called as: gnuplot -c plot.gp DATA PICTURE TERMINAL. The data has a block for each line, under a heading
# "workload implementation"; ours is the last of each half.

data = ARG1
if (ARG3 eq "svg") {
  set terminal svg size 1280,640 font "DejaVu Sans,12" background "white"
} else {
  set terminal pngcairo size 1600,800 font "DejaVu Sans,12" background "white"
}
set output ARG2

stats data nooutput
blocks = STATS_blocks
half = blocks / 2

set logscale xy
set grid xtics ytics lc rgb "#dddddd" lt 1 lw 1
set border 3 lc rgb "#666666"
set tics nomirror
set xlabel "message size"
set xtics ("1" 1, "8" 8, "64" 64, "1 KiB" 1024, "4 KiB" 4096, "64 KiB" 65536, "1 MiB" 1048576)
set key outside below horizontal maxcols 5 samplen 2 font ",10"

# Distinct hues for the peers; ours is dark and thick, on top.
array hues[14] = ["#4477aa", "#66ccee", "#88bbdd", "#228833", "#ccbb44", "#ee6677", "#aa3377", "#dd88bb", "#999933", \
                  "#bbbb77", "#ee8866", "#44aa99", "#aaaaaa", "#777777"]
hue(i) = hues[(i % 14) + 1]

set multiplot layout 1,2
set title "Round trip: median, two pinned cores (lower is better)"
set ylabel "nanoseconds"
set format y "10^{%L}"
plot for [i=0:half-2] data index i using 1:2 with linespoints lc rgb hue(i) lw 1.5 pt 7 ps 0.6 \
       title word(columnheader(1), 2), \
     data index half-1 using 1:2 with linespoints lc rgb "#000000" lw 4 pt 7 ps 1.1 title word(columnheader(1), 2)

set title "Stream: one way, two pinned cores (higher is better)"
set ylabel "messages per second"
plot for [i=half:blocks-2] data index i using 1:(1e9/$2) with linespoints lc rgb hue(i-half) lw 1.5 pt 7 ps 0.6 \
       title word(columnheader(1), 2), \
     data index blocks-1 using 1:(1e9/$2) with linespoints lc rgb "#000000" lw 4 pt 7 ps 1.1 \
       title word(columnheader(1), 2)
unset multiplot
