# SPDX-License-Identifier: Apache-2.0
# defgen: all that it writes of the example's models, by checksum. KEEP (tests/helper.bash) shows what differs.

load helper

@test "given models and options, when definitions, reports and workloads are written, then they are what was kept" {
	cd "$ROOT"
	TREE=fixtures/defgen/tree
	OUT=$BATS_TEST_TMPDIR/out
	tiny() { defgen -m tiny --config fixtures/defgen/tiny.json --sglang-path $TREE "$@"; }
	# written NAME ARGUMENT...: what is said, and each file that is written.
	written() {
		local name=$1
		shift
		rm -rf "$OUT"
		mkdir "$OUT"
		digest "$name" tiny -o "$OUT" --report "$OUT.report" "$@"
		digest "$name, report" cat "$OUT.report"
		digest "$name, files" sh -c "cd $OUT && find . -type f | LC_ALL=C sort | xargs cksum"
	}
	all() {
		digest options defgen -m options --config fixtures/defgen/options.json --sglang-path $TREE
		for arguments in '' '--tp 1,2,4' '--tp 3' '--ep 1,2' '--tp 2 --ep 2' '--per-rank --tp 2' '--no-quantized' '--naming flashinfer' \
			'--execution-modes prefill' '--execution-modes decode,speculative' '--no-deduplicate' '--kernels' '--kernels --tp 2' \
			'--synthetic 128,16,4' '--synthetic 1,1,1'; do
			# shellcheck disable=SC2086 # several words on purpose
			digest "tiny $arguments" tiny $arguments
		done
		for change in .num_hidden_layers=1 .num_attention_heads=4 .num_key_value_heads=8 .hidden_size=512 .vocab_size=1000 '.torch_dtype="float16"' \
			'del(.quantization_config)' .rms_norm_eps=0.001 '.num_attention_heads="x"' .head_dim=64; do
			jq "$change" fixtures/defgen/tiny.json >"$BATS_TEST_TMPDIR/config.json"
			(cd "$BATS_TEST_TMPDIR" && digest "$change" defgen -m tiny --config config.json --sglang-path "$ROOT/$TREE")
		done
		written plain
		written 'two ranks' --tp 1,2
		cp -r "$OUT" "$BATS_TEST_TMPDIR/set"
		written 'with a data set' --dataset "$BATS_TEST_TMPDIR/set" --tp 4
		written synthetic --synthetic 64,8,2
		digest survey defgen --survey --sglang-path $TREE -j 1
	}
	check_golden defgen/kept.txt 0 all
}
