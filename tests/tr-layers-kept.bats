# SPDX-License-Identifier: Apache-2.0
# tr-layers: all that it writes of many traces, by checksum. KEEP (tests/helper.bash) shows what differs.

load helper

setup() {
	cd "$ROOT" || exit
	IN=$BATS_TEST_TMPDIR/in
}

@test "given models and calls of each kind, when each format is written, then it is what was kept" {
	models() {
		for model in dense-tp hybrid mla-moe sandwich two-starts unfused encoder-decoder draft; do
			awk -v passes=3 -v noise=1 -f fixtures/tr-layers/generate.awk fixtures/tr-layers/models/$model >"$IN"
			digest "$model records" tr-layers --kernels -v <"$IN"
			digest "$model table" tr-layers -f table --show-layer-terminal <"$IN"
			digest "$model perfetto" tr-layers -f perfetto <"$IN"
		done
		awk -v passes=2 -v graph=1 -v shared=1 -v skip=3 -v stop=4 -f fixtures/tr-layers/generate.awk fixtures/tr-layers/models/made-up >"$IN"
		for calls in speech stages two-kinds generation shared convolutions; do
			awk -f fixtures/tr-layers/calls.awk fixtures/tr-layers/calls/$calls >"$BATS_TEST_TMPDIR/calls"
			digest "$calls records" tr-layers --kernels -v <"$BATS_TEST_TMPDIR/calls"
			awk -v seed=3 -f tests/damage.awk "$BATS_TEST_TMPDIR/calls" | digest "$calls, damaged" tr-layers --kernels
			# Every other record: calls without kernels, kernels without calls.
			awk 'NR % 2 || /"kind":"(trace|end)"/' "$BATS_TEST_TMPDIR/calls" | digest "$calls, half of it" tr-layers --kernels
		done
		for model in dense draft pipeline sampler unknown two-starts hybrid; do
			for seed in 1 2; do
				awk -v passes=6 -v graph=$((seed - 1)) -v skip=$((seed - 1)) -f fixtures/tr-layers/generate.awk fixtures/tr-layers/models/$model |
					awk -v seed=$seed -f tests/damage.awk | digest "$model, damaged $seed" tr-layers --kernels -v
			done
		done
		for format in ndjson csv md html stats events; do digest "made-up $format" tr-layers -f $format <"$IN"; done
		for arguments in --split-half-layers '-f table --layer-report 0,2-3' '--debug-layers 1-2' '--method markers' '--method periodic' \
			'--stage prefill' '-f table --top-n 3' '--expect-layers 2'; do
			# shellcheck disable=SC2086 # several words on purpose
			digest "made-up $arguments" tr-layers $arguments <"$IN"
		done
	}
	check_golden tr-layers/kept.txt 0 models
}

@test "given limits, an account and copies, when each format is written, then it is what was kept" {
	rated() {
		for trace in eager graph experts; do
			arguments=()
			[ $trace != graph ] || arguments=(-c fixtures/kroof/configs/two-layers.json)
			[ $trace != experts ] || arguments=(-c fixtures/kroof/configs/two-layers-experts.json)
			tr-parse -s all fixtures/kroof/$trace.json | tr-classify | tr-stacks | kroof "${arguments[@]}" >"$IN"
			tr-layers --kernels "$IN" | tr-account --gaps all >"$BATS_TEST_TMPDIR/account"
			for format in ndjson table csv md html perfetto stats events; do digest "$trace $format" tr-layers -f $format "$IN"; done
			for format in ndjson table md html perfetto; do
				digest "$trace $format account" tr-layers -f $format --account "$BATS_TEST_TMPDIR/account" "$IN"
			done
		done
		# Ranks that wait for one another, of which one's host is late and one computes longer.
		for rank in 0 1 2; do tests/tr-ranks/rank.sh $rank >"$BATS_TEST_TMPDIR/rank$rank.json"; done
		(cd "$BATS_TEST_TMPDIR" && tr-parse -s all rank?.json | tr-classify >"$IN")
		tr-layers --kernels "$IN" | tr-account --gaps all >"$BATS_TEST_TMPDIR/account"
		for format in ndjson table md html perfetto; do
			digest "ranks $format" tr-layers -f $format --account "$BATS_TEST_TMPDIR/account" "$IN"
		done
	}
	check_golden tr-layers/kept-limits.txt 0 rated
}
