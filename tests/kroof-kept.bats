# SPDX-License-Identifier: Apache-2.0
# kroof: all that it writes of many traces, by checksum. KEEP (tests/helper.bash) shows what differs.

load helper

@test "given traces, devices, configs and ranks, when kernels are rated, then what is written is what was kept" {
	cd "$ROOT"
	IN=$BATS_TEST_TMPDIR/in
	all() {
		for trace in eager graph experts; do
			cp fixtures/kroof/$trace.json "$BATS_TEST_TMPDIR"
			(cd "$BATS_TEST_TMPDIR" && tr-parse -s all $trace.json | tr-classify | tr-stacks >"$IN")
			digest "$trace" kroof <"$IN"
			for device in "NVIDIA A100-SXM4-80GB" "NVIDIA B200" "NVIDIA L40S" "AMD Instinct MI300X"; do
				digest "$trace, $device" kroof --device "$device" <"$IN"
				# As if the trace itself had named it.
				digest "$trace of $device" kroof < <(sed "s/NVIDIA H100 80GB HBM3/$device/" "$IN")
			done
			for config in two-layers two-layers-experts qwen3-30b-a3b llama-3.1-8b gpt-oss-20b; do
				for ranks in 1 2; do digest "$trace, $config, $ranks" kroof -c fixtures/kroof/configs/$config.json --tp $ranks <"$IN"; done
			done
			for quantised in '{"quant_method": "mxfp4"}' '{"quant_method": "fp8"}' '{"bits": 4, "group_size": 128}' '{"bits": 8}'; do
				for config in two-layers two-layers-experts; do
					jq -c --argjson quantised "$quantised" '.quantization_config = $quantised' fixtures/kroof/configs/$config.json >"$BATS_TEST_TMPDIR/config"
					digest "$trace, $config, $quantised" kroof -c "$BATS_TEST_TMPDIR/config" <"$IN"
				done
			done
			# Kernels twice as slow and ten times as quick, and no annotation of a step.
			for factor in 2 0.1; do
				digest "$trace, time by $factor" kroof -c fixtures/kroof/configs/two-layers.json \
					< <(jq -c --argjson by $factor 'if .dur and .kind != "annotation" then .dur *= $by else . end' "$IN")
			done
			digest "$trace, no annotations" kroof -c fixtures/kroof/configs/two-layers-experts.json < <(grep -v '"kind":"annotation"' "$IN")
			digest "$trace, ranks without a config" kroof --tp 2 <"$IN"
			digest "$trace, layers" kroof -c fixtures/kroof/configs/two-layers.json < <(tr-layers --kernels "$IN")
		done
	}
	check_golden kroof/kept.txt 0 all
}

@test "given every operator of the table with sizes of many kinds, when kernels are rated, then what is written is what was kept" {
	cd "$ROOT"
	grep -v '^#' filters/kroof/operators.tsv | cut -f 1 | sort -u | jq -R -n -c '
		{ kind: "trace", file: "x", device: "NVIDIA H100 80GB HBM3", vendor: "nvidia", devices: 1, sms: 132, rank: 0 },
		([["b64,128", "b128,32", "b64,32"], ["b2,16,64", "b2,64,8", "f2,16,8"], ["e2,8,16,16", "b8,8,3,3", "b8", "s", "s", "s"],
			["b32", "l32"], ["f4,5", "f5", "f5", "f4,5"], ["b2,4,8,16", "b2,4,8,16", "b2,4,8,16", "-", "s"], ["i3,7,9"], []] as $sizes |
		{ b: "c10::BFloat16", f: "float", e: "c10::Float8_e4m3fn", l: "long int", i: "int" } as $types |
		[inputs] | to_entries[] | .key as $k | .value as $name | range($sizes | length) as $s | ($k * 10 + $s) as $at |
		($sizes[$s] | map(if . == "-" then { dims: [], type: "", input: "" } elif . == "s" then { dims: [], type: "ScalarList", input: "[2, 1]" }
			else { dims: (.[1:] | split(",") | map(tonumber)), type: $types[.[:1]], input: "" } end)) as $arguments |
		{ kind: "stack", stack: ($k * ($sizes | length) + $s), how: "launch", launch: "cudaLaunchKernel", modules: [], frames: [],
			ops: [{ name: $name, dims: ($arguments | map(.dims)), types: ($arguments | map(.type)), strides: null, inputs: ($arguments | map(.input)) }] },
		{ kind: "kernel", index: $at, name: "some_\(["float", "bf16", "half"][$at % 3])_kernel", ts: (1 + 2000 * $at), dur: 1000, device: 0, stream: 7, correlation: (1 + $at),
			grid: [1, 1, 1], block: [1, 1, 1], stack: ($k * ($sizes | length) + $s) }),
		{ kind: "end" }' >"$BATS_TEST_TMPDIR/in"
	listed() { kroof "$BATS_TEST_TMPDIR/in" | digests '.kind + " \((.index // 0) / 10 | floor)"' | grep -v '^stack'; }
	check_golden kroof/kept-operators.txt 0 listed
}

@test "given collectives of every name, type and size, when they are rated, then what is written is what was kept" {
	cd "$ROOT"
	collectives() {
		jq -n -c '{ kind: "trace", file: "x", device: "NVIDIA H100 80GB HBM3", vendor: "nvidia", devices: 8, sms: 132, rank: 0 },
			([["allreduce", "_allgather_base", "all_gather", "_reduce_scatter_base", "reduce_scatter", "all_to_all", "alltoallv", "broadcast", "Broadcast",
				"send", "recv", "reduce", "barrier", null][] as $name |
			["BFloat16", "Half", "Float8_e4m3fn", "Float", "Long", "Int", "Byte", "Char", "Double", "Bool", "Other", null][] as $type |
			[[8, 4000000, 500000], [1, 4000000, 4000000], [2, 100, 100], [4, 1000000, 4000000]][] as $size | { name: $name, dtype: $type,
				group: "tp", group_ranks: null, group_size: $size[0], seq: null, in_elements: $size[1], out_elements: $size[2] }] | to_entries[] |
			{ kind: "kernel", index: .key, name: "ncclDevKernel_Some_Sum_f16_RING_LL", ts: (1 + .key * 20000), dur: 10000, device: 0, stream: 7,
				correlation: null, grid: [1, 1, 1], block: [1, 1, 1], stack: null, collective: .value }), { kind: "end" }' | kroof |
			digests '.kind + " \(.collective.name) \(.collective.dtype)"'
	}
	check_golden kroof/kept-collectives.txt 0 collectives
}
