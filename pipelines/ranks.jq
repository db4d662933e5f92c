# SPDX-License-Identifier: Apache-2.0
# Of many ranks' layer records (slurped), one record a rank and one for all of them.
#
# compute: time of all kernels that are not communication. In a collective all wait for the
# last, so the slowest rank computes longest and communicates least. skew: how far a figure
# is above the median of the ranks, in percent. A straggler computes 5 % longer than the
# median or more. Clocks of different hosts are not compared.

def round3: . * 1000 | round / 1000;
def median: sort | length as $n |
	if $n == 0 then null
	elif $n % 2 == 1 then .[($n - 1) / 2]
	else (.[$n / 2 - 1] + .[$n / 2]) / 2 end;
def skew($middle): if $middle == null or $middle == 0 then null
	else (. / $middle - 1) * 100 | round3 end;

[.[] | select(.kind == "pass" or .kind == "summary")] |
reduce .[] as $record ({passes: [], ranks: []};
	if $record.kind == "pass" then .passes += [$record]
	else .ranks += [$record + {pass_records: .passes}] | .passes = [] end) |
.ranks |
map(.by_type as $types | {
	kind: "rank", rank, file: (.file | split("/") | last), passes, layers, kernels, sum, busy, span, idle, method,
	time: ($types | map_values(.sum)),
	communication: ($types.communication.sum // 0),
	compute: (.sum - ($types.communication.sum // 0) | round3),
	pass_dur: (.pass_records | map(.dur) | if length > 0 then add / length | round3 else null end)
}) |
sort_by(.rank // 1e9, .file) |
(map(.compute) | median) as $compute | (map(.busy) | median) as $busy |
map(. + {compute_skew: (.compute | skew($compute)), busy_skew: (.busy | skew($busy)),
	straggler: (.compute > $compute * 1.05)}) |
.[], {
	kind: "ranks", ranks: length, files: map(.file),
	compute: {min: (map(.compute) | min), median: $compute, max: (map(.compute) | max)},
	busy: {min: (map(.busy) | min), median: $busy, max: (map(.busy) | max)},
	communication: {min: (map(.communication) | min), median: (map(.communication) | median),
		max: (map(.communication) | max)},
	skew: ((map(.compute) | max) | skew($compute)),
	time: (map(.time | to_entries[]) | group_by(.key) |
		map({key: .[0].key, value: {min: (map(.value) | min), median: (map(.value) | median),
			max: (map(.value) | max)}}) | from_entries),
	stragglers: [.[] | select(.straggler) | .rank // .file],
	layers_differ: ((map([.passes, .layers]) | unique | length) > 1)
}
