# SPDX-License-Identifier: Apache-2.0
# Of the records of all ranks (rank.jq; jq -n) one record for all of them.
#
# skew: how far the slowest rank's compute is above the median of the ranks, in percent. A
# straggler computes 5 % longer than the median or more. Clocks of different hosts are not
# compared. Only what is needed of each rank is kept, in arrays, which are small.

def round3: . * 1000 | round / 1000;
def median: sort | length as $n |
	if $n == 0 then null
	elif $n % 2 == 1 then .[($n - 1) / 2]
	else (.[$n / 2 - 1] + .[$n / 2]) / 2 end;
def figures: {min: min, median: median, max: max};

[inputs | [.file, .rank // .file, .passes, .layers, .compute, .busy, .communication, .time]] |
map(.[4]) as $compute | ($compute | figures) as $figures | {
	kind: "ranks", ranks: length, files: map(.[0]),
	compute: $figures,
	busy: (map(.[5]) | figures),
	communication: (map(.[6]) | figures),
	skew: (if ($figures.median // 0) == 0 then null
		else ($figures.max / $figures.median - 1) * 100 | round3 end),
	time: (. as $ranks | map(.[7] | keys_unsorted[]) | unique | map(. as $type |
		{key: $type, value: [$ranks[] | .[7][$type] | values] | figures}) | from_entries),
	stragglers: [.[] | select(.[4] > $figures.median * 1.05) | .[1]],
	layers_differ: ((map(.[2:4]) | unique | length) > 1)
}
