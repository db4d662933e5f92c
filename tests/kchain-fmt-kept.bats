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
		sed 's|"reason":"|&in /opt/shop/python/shop/a.py, /python/ and x/python/b.py: |' ../kcallers/chains.out.ndjson >"$BATS_TEST_TMPDIR/reasons"
		digest reasons kchain-fmt "$BATS_TEST_TMPDIR/reasons"
		# Packages below src/, below nothing, and files in the tree itself.
		for folder in src/ '' python/a_b/; do
			sed "s|tree/python/toy/|tree/${folder}toy/|g" ../kcallers/chains.out.ndjson >"$BATS_TEST_TMPDIR/folders"
			digest "below tree/$folder" kchain-fmt "$BATS_TEST_TMPDIR/folders"
		done
		sed 's|tree/python/toy/[a-z]*/|tree/|g' ../kcallers/chains.out.ndjson >"$BATS_TEST_TMPDIR/folders"
		digest "no folders" kchain-fmt "$BATS_TEST_TMPDIR/folders"
		for format in md html; do
			digest "one plan, $format" kchain-fmt -f $format -d h200.plan.ndjson chains.ndjson
			digest "two plans, $format" kchain-fmt -f $format -d b200.plan.ndjson -d h200.plan.ndjson chains.ndjson
			digest "other chains, $format" kchain-fmt -f $format -d b200.plan.ndjson ../kcallers/chains.out.ndjson
		done
	}
	check_golden kchain-fmt/kept.txt 0 all
}
