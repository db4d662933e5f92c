# SPDX-License-Identifier: Apache-2.0
# Of the pass and summary records of many traces, one after another (jq -n -r): a line for each
# rank: its number, its file, and its record, with tabs between, to sort by.
#
# compute: time of all kernels that are not communication. In a collective all wait for the
# last, so the slowest rank computes longest and communicates least.

def round3: . * 1000 | round / 1000;

foreach inputs as $record ({sum: 0, count: 0, rank: null};
	if $record.kind == "pass" then
		{sum: (.sum + $record.dur), count: (.count + 1), rank: null}
	else {
		sum: 0, count: 0,
		rank: (. as $pass | $record | (.by_type.communication.sum // 0) as $communication | {
			kind: "rank", rank, file: (.file | split("/") | last), passes, layers, kernels,
			sum, busy, span, idle, method,
			time: (.by_type | map_values(.sum)),
			communication: $communication,
			compute: (.sum - $communication | round3),
			pass_dur: (if $pass.count > 0 then $pass.sum / $pass.count | round3 else null end)
		})
	} end;
	.rank // empty) |
"\(.rank // 1000000000)\t\(.file | tojson)\t\(tojson)"
