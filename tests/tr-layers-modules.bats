# SPDX-License-Identifier: Apache-2.0
# tr-layers: layers by the calls of modules, and by the capture of a graph.

load helper
load tr-layers/models

@test "given the trace that captured a graph, when kernels are replayed, then their modules have names" {
	shared_data traces/inference_sglang_decode_sglang_Qwen3-8B_decode.json.gz
	need tr-classify
	tr-parse -a "$(dirname "$DATA")/capture/sglang_Qwen3-8B_decode_bs_32_rank0.json.gz" \
		>"$BATS_TEST_TMPDIR/capture"
	tr-parse -a "$DATA" | tr-classify | tr-layers --capture "$BATS_TEST_TMPDIR/capture" | jq -s -e '
		[.[] | select(.kind == "layer")] | length == 36 and
		.[35].module == "Qwen3DecoderLayer_35" and all(.method == "modules" and .kernels == 15)'
}

# calls_are NAME LAYERS PASSES FIRST-MODULE LAST-MODULE: the layers of a tree of calls.
calls_are() {
	awk -f "$FIXTURES/tr-layers/calls.awk" "$FIXTURES/tr-layers/calls/$1" | tr-layers | jq -s -e \
		--argjson layers "$2" --argjson passes "$3" --arg first "$4" --arg last "$5" '
		(map(select(.kind == "summary"))[0]) as $all | map(select(.kind == "layer")) as $found |
		$all.method == "modules" and $all.layers == $layers and $all.passes == $passes and
		$found[0].module == $first and $found[-1].module == $last' >/dev/null ||
		{ echo "$1"; awk -f "$FIXTURES/tr-layers/calls.awk" "$FIXTURES/tr-layers/calls/$1" | tr-layers; false; }
}

@test "given module calls, when classes are chosen, then those that repeat and hold the attention are the layers" {
	calls_are speech 10 1 EncoderLayer_0 DecoderLayer_3
	calls_are generation 8 4 DecoderLayer_1 DecoderLayer_2
	calls_are stages 8 1 Block_0 Block_7
	calls_are convolutions 8 1 Block_0 Block_7
	calls_are two-kinds 8 1 ScanLayer_0 AttentionLayer_1
	calls_are shared 12 1 Group_0 Group_0
}

@test "given the capture of a graph, when it is replayed, then each replay has the layers that the captured calls have" {
	awk -f "$FIXTURES/tr-layers/calls.awk" "$FIXTURES/tr-layers/calls/two-kinds" >"$BATS_TEST_TMPDIR/calls"
	# Two kernels ran at once during the capture: they are no nodes of the graph.
	jq -c 'select(.kind != "kernel"), (select(.kind == "trace") |
		({kind: "launch", name: "cudaLaunchKernel", ts: 0, dur: 1, pid: 1, tid: 1} + {correlation: (5000, 5001)},
		{kind: "kernel", index: 0, name: "warm", ts: 0, dur: 1, device: 0, stream: 7, type: "other"} + {correlation: (5001, 5000)}))' \
		"$BATS_TEST_TMPDIR/calls" >"$BATS_TEST_TMPDIR/capture"
	jq -cs '{kind: "trace"}, (range(2) as $n | {kind: "launch", name: "cudaGraphLaunch", ts: (1e6 * $n), dur: 1, pid: 1, tid: 1, correlation: $n},
		(.[] | select(.kind == "kernel") | .index += 1000 * $n | .ts += 1e6 * $n | .correlation = $n)), {kind: "end"}' \
		"$BATS_TEST_TMPDIR/calls" >"$BATS_TEST_TMPDIR/replay"
	layers() { tr-layers --kernels "$@" | jq -c 'select(.kind == "kernel") | [.name, .layer]'; }
	layers "$BATS_TEST_TMPDIR/calls" >"$BATS_TEST_TMPDIR/want"
	[ "$(layers --capture "$BATS_TEST_TMPDIR/capture" "$BATS_TEST_TMPDIR/replay")" = "$(cat "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/want")" ]
	tr-layers --capture "$BATS_TEST_TMPDIR/capture" "$BATS_TEST_TMPDIR/replay" | jq -se '(map(select(.kind == "layer") | .module) |
		length == 16 and .[0] == "ScanLayer_0" and .[15] == "AttentionLayer_1") and map(select(.kind == "summary"))[0].passes == 2'
	# A graph of another number of kernels is not this one: nothing has a module's name.
	sed '/"index":1003/d' "$BATS_TEST_TMPDIR/replay" | tr-layers --capture "$BATS_TEST_TMPDIR/capture" |
		jq -se 'map(select(.kind == "layer" and .module != null)) | length == 8'
}

@test "given kernels that nothing in the trace launched, when modules are known, then they are an earlier step's tail" {
	# The first two layers lose their launches and modules, as those of a step before have.
	awk -f "$FIXTURES/tr-layers/calls.awk" "$FIXTURES/tr-layers/calls/speech" |
		jq -c 'select((.kind == "launch" and .correlation <= 10) or .name == "EncoderLayer_0" or
			.name == "EncoderLayer_1" | not)' | tr-layers | jq -s -e '
		map(select(.kind == "summary"))[0] | .layers == 8 and .outside.tail == {"kernels": 10, "sum": 20, "layers": 2}'
}
