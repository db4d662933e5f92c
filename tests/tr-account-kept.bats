# SPDX-License-Identifier: Apache-2.0
# tr-account: all that it writes of many traces, by checksum. KEEP (tests/helper.bash) shows what differs.

load helper

@test "given random hosts and devices, ranks and operators, when they are accounted for, then what is written is what was kept" {
	cd "$ROOT"
	IN=$BATS_TEST_TMPDIR/in
	parsed() { (cd "$BATS_TEST_TMPDIR" && tr-parse -s all "$@" 2>/dev/null | tr-classify >"$IN"); }
	all() {
		for seed in 1 2 3 4 5 6 7 8; do
			awk -v seed=$seed -f tests/tr-account/random.awk | awk -f tests/tr-account/trace.awk >"$BATS_TEST_TMPDIR/$seed.json"
			parsed $seed.json
			digest "random $seed" tr-account --gaps all <"$IN"
		done
		digest "the two longest" tr-account --gaps 2 <"$IN"
		digest "over 100 us" tr-account --gaps 100000ns <"$IN"
		parsed 1.json 2.json
		digest "two files" tr-account <"$IN"
		for trace in eager graph experts; do
			cp fixtures/kroof/$trace.json "$BATS_TEST_TMPDIR"
			parsed $trace.json
			tr-layers --kernels <"$IN" >"$BATS_TEST_TMPDIR/layers"
			digest "$trace" tr-account --gaps all --comms <"$BATS_TEST_TMPDIR/layers"
		done
		for rank in 0 1 2; do tests/tr-ranks/rank.sh $rank 7 >"$BATS_TEST_TMPDIR/rank$rank.json"; done
		parsed rank0.json rank1.json rank2.json
		digest ranks tr-account --gaps all <"$IN"
		digest "ranks' communication" tr-account --comms <"$IN"
	}
	check_golden tr-account/kept.txt 0 all
}
