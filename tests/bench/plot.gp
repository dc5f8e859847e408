# Draws what pipes-bench measured: time of a round trip on the left, rate of a stream on the right, both over the size.
# Called as: gnuplot -c plot.gp DATA PICTURE TERMINAL NAMES NAMES. Each list of names (round trip, then stream) has a name
# for every block of the data, in its order; a block has a line `size value` for every point. Ours is the last of a list.

data = ARG1
roundtrips = ARG4
streams = ARG5

if (ARG3 eq "svg") {
  set terminal svg size 1280,660 font "DejaVu Sans,12" background "white"
} else {
  set terminal pngcairo size 1280,660 font "DejaVu Sans,11" background "white"
}
set output ARG2

# The same hue wherever a name appears; families share one. Ours is black and thick, on top.
hue(name) = name eq "pipes" ? 0x000000 : \
            name eq "unix-stream" ? 0x1f77b4 : name eq "unix-stream-polling" ? 0x66bbee : \
            name eq "unix-seqpacket" ? 0x0f4c81 : name eq "pipe" ? 0x2ca02c : \
            name eq "posix-mq" ? 0xbcbd22 : name eq "boost-mq" ? 0x8c564b : \
            name eq "zeromq-pair" ? 0xd62728 : name eq "zeromq-reqrep" ? 0xee8888 : \
            name eq "nng-pair" ? 0x9467bd : name eq "nng-reqrep" ? 0xc5a5dd : \
            name eq "libuv" ? 0xff9900 : name eq "cache-line" ? 0x777777 : 0xaaaaaa
width(name) = name eq "pipes" ? 4 : 1.6
dot(name) = name eq "pipes" ? 1.0 : 0.6

set logscale xy
set grid xtics ytics lc rgb "#dddddd" lt 1 lw 1
set border 3 lc rgb "#666666"
set tics nomirror
set xlabel "message size" offset 0,0.4
set xrange [0.7:1500000]
set xtics ("1" 1, "8" 8, "64" 64, "1 KiB" 1024, "4 KiB" 4096, "64 KiB" 65536, "1 MiB" 1048576)
set format y "%.0s%c"
set key below vertical maxrows 5 samplen 2 font ",10"

set multiplot layout 1,2
if (words(roundtrips) > 0) {
  set title "Round trip, median: lower is better"
  set ylabel "time"
  set format y "%.0s %cs"
  plot for [i=1:words(roundtrips)] data index i-1 using 1:($2*1e-9) with linespoints \
       lc rgb hue(word(roundtrips, i)) lw width(word(roundtrips, i)) pt 7 ps dot(word(roundtrips, i)) \
       title word(roundtrips, i)
}
if (words(streams) > 0) {
  first = words(roundtrips) - 1
  set title "One way, a message per call: higher is better"
  set ylabel "messages per second"
  set format y "%.0s %c"
  plot for [i=1:words(streams)] data index first+i using 1:(1e9/$2) with linespoints \
       lc rgb hue(word(streams, i)) lw width(word(streams, i)) pt 7 ps dot(word(streams, i)) \
       title word(streams, i)
}
unset multiplot
