# SPDX-License-Identifier: Apache-2.0
# kchain-fmt: all that it writes of many chains, by checksum. KEEP (tests/helper.bash) shows what differs.

load helper

@test "given chains of a tree of ours and plans, when each format is written, then it is what was kept" {
	cd "$FIXTURES/kchain-fmt"
	all() {
		for format in md ops dot html; do
			for chains in chains.ndjson contract/in ../kcallers/chains.out.ndjson ../kjoin/chains.ndjson; do
				digest "$chains, $format" kchain-fmt -f $format $chains
				# Kernels called from more places, and chains of another order.
				digest "$chains backwards, $format" kchain-fmt -f $format <(tac $chains | sed 1d; tail -n 1 $chains)
			done
			digest "one kernel, $format" kchain-fmt -f $format -k fused_norm -t 'A title' -p 'x/' ../kcallers/chains.out.ndjson
		done
		for format in md html; do
			digest "one plan, $format" kchain-fmt -f $format -d h200.plan.ndjson chains.ndjson
			digest "two plans, $format" kchain-fmt -f $format -d b200.plan.ndjson -d h200.plan.ndjson chains.ndjson
			digest "other chains, $format" kchain-fmt -f $format -d b200.plan.ndjson ../kcallers/chains.out.ndjson
		done
	}
	check_golden kchain-fmt/kept.txt 0 all
}
