# SPDX-License-Identifier: Apache-2.0
# kplan's launches against those of real deployments: profiler traces, and sglang executed on fake tensors.

load helper

setup() {
	cd "$ROOT"
	need parallel python3 jq
	shared_data plan
	export XDG_CACHE_HOME=${BATS_FILE_TMPDIR:-$BATS_TEST_TMPDIR}/cache
	mkdir -p "$XDG_CACHE_HOME"
}

# tree_of VERSION: print the tree of a release, for tests/plan/score.
tree_of() {
	(sglang_release "$1" && echo "$TREE")
}

# scores TRUTH...: the score of each into $output, one line of JSON each.
scores() {
	export -f tree_of sglang_release skip
	export ROOT
	output=$(tests/plan/score "$DATA" tree_of "${@/#/$DATA/}")
	[ "$(wc -l <<<"$output")" -eq $# ]
}

# reach RECALL PRECISION ORDER SHAPES: every line of $output reaches these, and nothing stayed open.
reach() {
	jq -es --argjson want "[$1, $2, $3, $4]" 'all(.[]; .unresolved == 0 and .recall >= $want[0] and
		.precision >= $want[1] and .order >= $want[2] and .shapes >= $want[3])' <<<"$output" >/dev/null ||
		{ echo "$output"; return 1; }
}

@test "given traces of three deployments, when they are planned, then kernel, site, order and shapes agree" {
	sglang_release 0.5.11
	sglang_release 0.5.12
	scores traces/qwen3-8b-mi300x.prefill.ndjson.gz traces/{qwen3-30b-a3b-mi300x,r1-distill-llama-8b-b300}.decode.ndjson.gz
	reach 98 95 98 95
}

@test "given DeepSeek on H200 and B200 executed, when decode is planned, then it agrees" {
	pinned sglang
	scores executed/{h200-v3,b200-v3}.decode.ndjson.gz executed/h200-v3.decode-replay.ndjson.gz
	reach 98 95 98 95
}

# A truth that was executed has a copy onto the same memory in each layer of a prefill, which torch
# leaves out (aten/src/ATen/native/Copy.cpp): order and recall are bounded by that.
@test "given DeepSeek executed, when a prefill is planned, then only copies onto themselves differ" {
	pinned sglang
	scores executed/h200-v3.prefill.ndjson.gz executed/h200-v32.prefill.ndjson.gz
	reach 94 95 94 95
	jq -es 'all(.[]; .extra == [] and all(.missed[]; .[0][0] == "aten::copy_"))' <<<"$output" >/dev/null || { echo "$output"; return 1; }
}

# What the truths of the test before have and plans have not, with the same driver and the same tensors.
@test "given DeepSeek executed, when copies onto themselves are written down, too, then nothing differs" {
	pinned sglang
	python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || skip "python3 is older than 3.11"
	export DRYRUN_CACHE=$BATS_FILE_TMPDIR/pycache PLAN=tests/plan/with-copies
	scores executed/{h200-v3,h200-v32,b200-v3}.prefill.ndjson.gz executed/h200-v32.decode.ndjson.gz
	reach 100 100 100 100
}

@test "given DeepSeek on H200 executed, when kplan tells the lines that it ran, then they are those of the truth" {
	pinned sglang
	local truth=$DATA/executed/h200-v3
	jq .config "$truth.json" >"$BATS_TEST_TMPDIR/config.json"
	local words=(kplan -r "$TREE" -c "$BATS_TEST_TMPDIR/config.json" -D h200 --tp 8
		-a "--max-total-tokens 400000 --cuda-graph-bs 32" --lines "$BATS_TEST_TMPDIR/lines")
	"${words[@]}" -p decode-replay -b 32 -k 1024 >/dev/null
	tests/plan/score-lines "$TREE/python" "$truth.decode-replay.lines.json.gz" decode-replay <"$BATS_TEST_TMPDIR/lines" >"$BATS_TEST_TMPDIR/scores"
	"${words[@]}" -p decode -p extend-prefix -b 1 -n 1024 -k 16384 >/dev/null
	tests/plan/score-lines "$TREE/python" "$truth.extend-prefix-long.lines.json.gz" extend-prefix <"$BATS_TEST_TMPDIR/lines" >>"$BATS_TEST_TMPDIR/scores"
	jq -es 'length == 2 and all(.[]; .recall >= 98 and .precision >= 98)' "$BATS_TEST_TMPDIR/scores" >/dev/null || { cat "$BATS_TEST_TMPDIR/scores"; return 1; }
}
