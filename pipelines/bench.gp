# SPDX-License-Identifier: Apache-2.0
# Draws STEM-roofline and STEM-sweep, as SVG and PNG, from what pipelines/bench.mk extracted
# into STEM.rows.tsv, STEM.roofs.tsv and STEM.call.tsv. Run with gnuplot -e "stem='...'".
rows = stem . ".rows.tsv"
roofs = stem . ".roofs.tsv"
set datafile separator "\t"
set encoding utf8
set logscale xy
set logscale x 2
set grid lc rgb "#dddddd"
set border lc rgb "#555555"
set xtics ("1 B" 1)
do for [e = 3:39:3] {
	set xtics add (sprintf("%d %s", 2**(e % 10), e < 10 ? "B" : e < 20 ? "KiB" : e < 30 ? "MiB" : "GiB") 2.0**e)
}
set xlabel "bytes moved by one call"
names = system("cut -f1 " . rows . " | uniq | tr ' ' '_'")
kernel(name) = name[1:strstrt(name, "_") - 1]
is_cold(name) = name[strstrt(name, "_") + 1:] eq "cold"
color(name) = kernel(name) eq "index" ? "#0072b2" : kernel(name) eq "store" ? "#d55e00" : \
  kernel(name) eq "radix" ? "#009e73" : "#aa4499"
shape(name) = is_cold(name) ? 6 : 7
label(name) = kernel(name) . (kernel(name) eq "allreduce" ? "" : is_cold(name) ? ", caches cold" : ", caches hot")
pick(name) = "< awk -F'\\t' '$1 == \"" . kernel(name) . (is_cold(name) ? " cold" : " hot") . "\"' " . rows
call = real(system("head -n 1 " . stem . ".call.tsv"))
stats rows using 2 nooutput
low = STATS_min / 2; high = STATS_max * 2

roof_count = int(system("wc -l < " . roofs))
roof_name(i) = system(sprintf("sed -n %dp %s | cut -f1", i, roofs))
roof_rate(i) = real(system(sprintf("sed -n %dp %s | cut -f2", i, roofs)))

set samples 200
set key outside right top
set title "Data movement: rate of each row under the ceilings measured in the same run"
set ylabel "GB/s (bytes over median time)"
set xrange [low:high]
stats rows using 4 nooutput
set yrange [STATS_min / 2 : STATS_max * 3]
do for [kind in "svg png"] {
	if (kind eq "png") { set terminal pngcairo size 1100,620 font "Helvetica,11" background "white" }
	else { set terminal svg size 1100,620 font "Helvetica,13" background "white" }
	set output stem . "-roofline." . kind
	plot for [i=1:roof_count] roof_rate(i) with lines lw 1 dt 2 lc rgb "#777777" notitle, \
	  x / call * 1e-3 with lines lw 1 dt 4 lc rgb "#999999" title "limit of an empty call", \
	  for [i=1:roof_count] "+" using (i % 2 ? high * 0.9 : high / 30):(roof_rate(i)):(roof_name(i)) every ::0::0 \
	    with labels right offset 0,0.4 font ",9" tc rgb "#555555" notitle, \
	  for [name in names] pick(name) using 2:4 with linespoints lw 1.5 ps 0.8 pt shape(name) \
	    lc rgb color(name) title label(name)
	set output
}

set title "Size sweep: median time of one call"
set ylabel "us"
set yrange [*:*]
do for [kind in "svg png"] {
	if (kind eq "png") { set terminal pngcairo size 1100,620 font "Helvetica,11" background "white" }
	else { set terminal svg size 1100,620 font "Helvetica,13" background "white" }
	set output stem . "-sweep." . kind
	plot call with lines lw 1 dt 4 lc rgb "#999999" title "an empty call", \
	  for [name in names] pick(name) using 2:3 with linespoints lw 1.5 ps 0.8 pt shape(name) \
	    lc rgb color(name) title label(name)
	set output
}
