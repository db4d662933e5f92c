# SPDX-License-Identifier: Apache-2.0
# To each rank's record: how far it is above the median of the ranks, in percent; $all has
# the record of all of them (ranks.jq).

def skew($middle): if ($middle // 0) == 0 then null
	else (. / $middle - 1) * 100 * 1000 | round / 1000 end;

$all[0] as $all |
. + {
	compute_skew: (.compute | skew($all.compute.median)),
	busy_skew: (.busy | skew($all.busy.median)),
	straggler: (.compute > $all.compute.median * 1.05)
}
