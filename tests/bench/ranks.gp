# SPDX-License-Identifier: Apache-2.0
# Draws what tests/bench/ranks.sh measured: gnuplot -e "rows='FILE.tsv'" -e "picture='FILE.svg'".
set datafile separator "\t"
set encoding utf8
set terminal svg size 1000,430 font "Helvetica,13" background "white"
set output picture
set multiplot layout 1,2
set grid lc rgb "#dddddd"
set border lc rgb "#555555"
set key below vertical maxrows 3
set bmargin 7
set logscale xy
pick(what) = "< awk -F'\\t' '$1 == \"" . what . "\"' " . rows

set title "Cost and number of ranks"
events = real(system("awk -F'\\t' '$1 == \"ranks\" { print $3; exit }' " . rows))
set xlabel sprintf("ranks, each of %.0f thousand events", events / 1e3)
set ylabel "seconds"
set xrange [*:*] noextend
set offsets graph 0.1, graph 0.1
set yrange [*:*]
plot pick("ranks") using 2:($6 / 1e3):xtic(2) with linespoints lw 1.5 pt 7 lc rgb "#0072b2" title "all ranks, elapsed", \
  pick("ranks") using 2:($7 / 1e3) with linespoints lw 1.5 pt 6 dt 2 lc rgb "#0072b2" title "all ranks, processor time", \
  pick("merge") using 2:($6 / 1e3) with linespoints lw 1.5 pt 7 lc rgb "#d55e00" title "merging them, elapsed"

set title "Cost and events of a trace"
set xlabel "thousands of events in each trace"
set ylabel "milliseconds for each trace"
plot pick("events") using ($3 / 1e3):($6 / $2):xtic(sprintf("%.0f", $3 / 1e3)) with linespoints lw 1.5 pt 7 lc rgb "#0072b2" title "elapsed", \
  pick("events") using ($3 / 1e3):($7 / $2) with linespoints lw 1.5 pt 6 dt 2 lc rgb "#0072b2" title "processor time"
unset multiplot
