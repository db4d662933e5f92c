# SPDX-License-Identifier: Apache-2.0
# kjoin: from the kernels of a trace to the ops of the model.

load helper

setup() {
	cd "$ROOT"
	IN=fixtures/kjoin/contract/in
	OUT=$BATS_TEST_TMPDIR/out
}

# join [FILE]: the example, or another trace of the same model.
join() {
	kjoin -c fixtures/kjoin/chains.ndjson -l fixtures/kjoin/callees.ndjson \
		-d fixtures/kjoin/definitions.ndjson -r fixtures/kjoin/tree "${1:-$IN}"
}

# without_stacks: the example as a profiler writes it that records no Python frames.
without_stacks() {
	jq -c 'select(.kind != "stack") | if .stack then .stack = null else . end' "$IN"
}

# places STAGE: of each kernel in it the ops with their calls, and how they were found.
places() {
	jq -r --arg stage "$1" 'select(.kind == "hot" and .stage == $stage) | "\(.short)\(if .short == "GEMM_NVJET" then "_" + .name[10:16] else "" end): " +
		([.places[] | "\(.at.call // "-") \(.calls) \(.how)\(if .certain then "" else "?" end)"] | join(", "))' "$OUT" | sort
}

@test "given kernels that tr-layers has cut short, when they are joined, then what was cut off is no time of theirs" {
	jq -c 'if .kind == "kernel" then .clipped_by = 500 | .dur += 500 else . end' "$IN" >"$BATS_TEST_TMPDIR/cut"
	times() { jq -c 'select(.kind == "hot")|[.name, (.sum * 1000 | round)]' | sort; }
	join | times >"$BATS_TEST_TMPDIR/whole"
	grep -q '000]' "$BATS_TEST_TMPDIR/whole"
	join "$BATS_TEST_TMPDIR/cut" | times | diff "$BATS_TEST_TMPDIR/whole" -
}

@test "given the example's tree, when it is traced, then its chains are those of the fixture" {
	kgrep-imports -s <(cat filters/kgrep-imports/sources.txt pipelines/torch-sources.txt) fixtures/kjoin/tree |
		jq -c 'select(.source != "torch" or .kernel == "linear")' |
		kcallers -e -r fixtures/kjoin/tree -m tiny >"$OUT"
	diff "$OUT" fixtures/kjoin/chains.ndjson
	jq -n -c -f fixtures/kjoin/make-trace.jq | diff - "$IN"
}

@test "given launches with Python frames, when they are joined, then each kernel has the op of its stack" {
	join >"$OUT"
	run places prefill
	[ "$output" = "ACT_MUL: self.act_fn 2 frames
ATTEND: self.attn 2 frames
GEMM_NVJET_128x16: self.down_proj 2 frames
GEMM_NVJET_256x16: self.gate_up_proj 2 frames
GEMM_NVJET_32x64_: self.o_proj 2 frames
GEMM_NVJET_64x16_: self.qkv_proj 2 frames
RMSNORM: self.input_layernorm 2 frames, self.post_attention_layernorm 2 frames
STORE: self.attn 2 frames
TOPK: - 1 frames" ]
	jq -e -s 'map(select(.kind == "hot" and .short == "TOPK")) | .[0].explained == "stack" and
		.[0].places[0].stack[0].function == "sample"' "$OUT"
}

@test "given no frames at all, when layers are joined, then names and the order of kernels find the same ops" {
	join >"$OUT"
	places prefill | sed 's/ frames//g' | grep -v TOPK >"$BATS_TEST_TMPDIR/want"
	without_stacks >"$BATS_TEST_TMPDIR/bare"
	join "$BATS_TEST_TMPDIR/bare" >"$OUT"
	for stage in prefill decode; do
		places $stage | sed -E 's/ (order|callee|name|similar)//g' | grep -E '^(ACT|ATT|GEMM|RMS|STO)' |
			diff "$BATS_TEST_TMPDIR/want" -
	done
	jq -e -s '[.[] | select(.kind == "hot") | .places[] | select(.certain | not)] == []' "$OUT"
}

@test "given products that no order tells apart, when they are joined, then all candidates are listed, none as certain" {
	# of a layer only one product is left
	without_stacks | jq -c 'select(.kind != "kernel" or (.name | startswith("nvjet_tst_32x64")))' >"$BATS_TEST_TMPDIR/one"
	join "$BATS_TEST_TMPDIR/one" >"$OUT"
	run places decode
	[ "$output" = "GEMM_NVJET_32x64_: self.gate_up_proj 2 order?, self.down_proj 2 order?, self.qkv_proj 2 order?, self.o_proj 2 order?" ]
	jq -e -s '[.[] | select(.kind == "op")] == []' "$OUT"
}

@test "given a path for other hardware, when a trace of this one is joined, then it is not offered" {
	join >"$OUT"
	! grep -q npu_rms_norm "$OUT" || false
	without_stacks | sed 's/"vendor":"nvidia"/"vendor":null/' >"$BATS_TEST_TMPDIR/unknown"
	sed 's/"kernel":"rmsnorm"/"kernel":"npu_rms_norm"/; s/sgl-kernel","gpu":"rms/torch_npu","gpu":"rms/' fixtures/kjoin/callees.ndjson >"$BATS_TEST_TMPDIR/callees"
	kjoin -c fixtures/kjoin/chains.ndjson -l "$BATS_TEST_TMPDIR/callees" "$BATS_TEST_TMPDIR/unknown" |
		jq -e -s '[.[] | select(.kind == "hot").places[] | select(.kernel == "npu_rms_norm").certain] | unique == [true]'
	# what its callees name all the same is a candidate at most, where a guard excludes its call
	without_stacks >"$BATS_TEST_TMPDIR/nvidia"
	kjoin -c fixtures/kjoin/chains.ndjson -l "$BATS_TEST_TMPDIR/callees" "$BATS_TEST_TMPDIR/nvidia" |
		jq -e -s '[.[] | select(.kind == "hot").places[] | select(.kernel == "npu_rms_norm").certain] | unique == [false]'
}

@test "given work that nothing tells anything about, when it ran in a layer, then the ops around it are named" {
	join >"$OUT"
	jq -e -s 'map(select(.kind == "hot" and .name == "strange")) | .[0] | .explained == "between" and
		.places[0].after.call == "self.down_proj" and .places[0].before == null' "$OUT"
	jq -e -s 'map(select(.kind == "hot" and .name == "also_strange")) | .[0] | .explained == "none" and .places == []' "$OUT"
}

@test "given any trace, when it is joined, then time and calls add up" {
	join >"$OUT"
	jq -e -s '(map(select(.kind == "join"))[0]) as $join | map(select(.kind == "hot")) as $hot |
		($join.explained | add) == $join.sum and ($hot | map(.sum) | add) == $join.sum and
		($hot | map(.share) | add | . > 0.999 and . < 1.001) and
		all($hot[]; .places == [] or (.places | all(.certain | not)) or (.places | map(.calls) | add) == .calls) and
		([.[] | select(.kind == "layer") | .by_op[][1]] | add) == 2 * 81 + 2 * 36 + 2' "$OUT"
}

@test "given limits of calls, when they are joined, then a place has the limits of its own calls over their times" {
	kroof --device H100\ 80GB\ HBM3 "$IN" | join - >"$OUT"
	# aten::linear of 1024 x 512 by 2048 x 512 in bf16, 9 us: 7.3 MB take 2.19 us
	jq -e -s 'map(select(.kind == "hot" and .stage == "prefill") | .places[] | select(.at.call == "self.gate_up_proj")) | .[0].rate |
		(.tflops - 2 * 1024 * 2048 * 512 / 9e6 | fabs) < 1e-6 and (.ceiling_pct - 100 * 2.18975 / 9 | fabs) < 0.01 and
		(.gbps - 2 * (1024 * 512 + 2048 * 512 + 1024 * 2048) / 9e3 | fabs) < 1e-6 and .how == "computed"' "$OUT"
	# another launch's shapes are not this one's
	jq -e -s 'map(select(.kind == "hot" and .stage == "decode") | .places[] | select(.at.call == "self.gate_up_proj")) | .[0].rate == null' "$OUT"
	jq -e -s '.[0].ceiling | .gbps == 3352 and .how == "datasheet"' "$OUT"
	jq -e -s 'map(select(.kind == "hot" and .limit)) | length > 0 and all(.[].limit; (.share - .limit_us / .op_us | fabs) < 1e-9)' "$OUT"
	join | jq -e -s '.[0].ceiling == null and all(.[] | .places[]?; .rate == null or .rate.ceiling_pct == null)'
}

@test "given one kernel in steps of different sizes, when it is rated, then each call counts with its own" {
	jq -c 'if .kind == "kernel" and .dur == 9 then .limit = {family: "gemm", sizes: "m=1", bytes: 1e6, flops: 1e9, limit_us: 1, op_us: 9, share: 0.1111, bound: "compute", how: "computed", from: "x"}
		else . end' "$IN" | jq -c --slurp 'reduce .[] as $r ({n: 0, out: []}; if $r.limit then .n += 1 | .out += [if .n % 2 == 0 then $r | .limit.limit_us = 2 else $r end] else .out += [$r] end) | .out[]' >"$BATS_TEST_TMPDIR/mixed"
	join "$BATS_TEST_TMPDIR/mixed" | jq -e -s '[.[] | .places[]?.rate | select(.calls == 2)][0] | (.ceiling_pct - 100 * 3 / 18 | fabs) < 1e-9'
}

@test "given an op with a definition for each stage, when kernels are joined, then each has its stage's" {
	join >"$OUT"
	jq -r 'select(.kind == "hot" and .short == "ATTEND") | .stage + " " + .places[0].definition' "$OUT" | sort |
		diff - <(printf 'decode gqa_paged_decode_h8_kv8_d64_ps1\nprefill gqa_paged_prefill_causal_h8_kv8_d64_ps1\n')
}

@test "given nothing but a trace, when it is joined, then its libraries are all that explains it" {
	without_stacks | kjoin >"$OUT"
	jq -e -s '.[0].explained | .chain == 0 and .stack == 0 and .library > 0' "$OUT"
	[ "$(jq -r 'select(.kind == "hot") | .rank' "$OUT" | tail -n 1)" -gt 5 ]
}

@test "given a kernel of a library that the model reaches under the same name in another, when it is joined, then that is taken" {
	sed '/"kind":"end"/i {"kind":"call","kernel":"rmsnorm","source":"elsewhere","file":"tree/x.py","line":1,"function":"f","text":"rmsnorm()","form":"call","guards":[]}' \
		fixtures/kjoin/chains.ndjson >"$BATS_TEST_TMPDIR/chains"
	sed 's/"rmsnorm","source":"sgl-kernel"/"rmsnorm","source":"elsewhere"/' fixtures/kjoin/callees.ndjson >"$BATS_TEST_TMPDIR/callees"
	without_stacks | kjoin -c "$BATS_TEST_TMPDIR/chains" -l "$BATS_TEST_TMPDIR/callees" >"$OUT"
	jq -e -s '[.[] | select(.kind == "hot" and .short == "RMSNORM") | .places[] | [.source, .at.call, .certain]] | unique ==
		[["sgl-kernel", "self.input_layernorm", true], ["sgl-kernel", "self.post_attention_layernorm", true]]' "$OUT"
}

@test "given a device that is described after the events, when the trace is joined, then it is known" {
	sed '1s/.*/{"kind":"trace","file":"tiny.json","device":null,"vendor":null,"rank":null}/; $s/}$/,"device":"AMD Instinct MI300X","vendor":"amd","rank":3}/' "$IN" >"$BATS_TEST_TMPDIR/late"
	join "$BATS_TEST_TMPDIR/late" | jq -e -s '.[0] | .device == "AMD Instinct MI300X" and .vendor == "amd" and .rank == 3'
}

@test "given a trace of other code, when it is joined, then names prove nothing and the status says so" {
	sed 's#/opt/mini/python/mini/#/opt/other/#g' "$IN" >"$BATS_TEST_TMPDIR/other"
	run_split join "$BATS_TEST_TMPDIR/other"
	[ "$status" -eq 1 ]
	[[ $errors == *'none of the'*'Python files on its stacks is in the chains'* ]]
	jq -e -s '.[0].explained | .chain == 0 and .stack > 0' <<<"$output"
}

@test "given damaged or cut chains, callees or definitions, when they are read, then the message names file and line" {
	local file
	for option in -c -l -d; do
		case $option in
		-c) file=chains ;;
		-l) file=callees ;;
		-d) file=definitions ;;
		esac
		sed '2s/.*/{"kind":"chain","kernel":3}/; 2s/chain/'"${file%s}"'/' "fixtures/kjoin/$file.ndjson" >"$BATS_TEST_TMPDIR/bad"
		run_split kjoin $option "$BATS_TEST_TMPDIR/bad" "$IN"
		[ "$status" -eq 2 ] || { echo "$file: $status"; false; }
		[[ $errors == *"bad:2: "* ]]
	done
	sed '$d' fixtures/kjoin/chains.ndjson >"$BATS_TEST_TMPDIR/cut"
	run_split kjoin -c "$BATS_TEST_TMPDIR/cut" "$IN"
	[ "$status" -eq 2 ] && [ -z "$output" ]
}

# real RELEASE MODEL TRACE: joins a trace of the field data with that release, in $OUT.
real() {
	need ctags
	shared_data "traces/$3"
	sglang_release "$1"
	cd "$BATS_TEST_TMPDIR"
	ln -sfn "$TREE" sglang
	kgrep-imports -s <(cat "$ROOT/filters/kgrep-imports/sources.txt" "$ROOT/pipelines/torch-sources.txt") sglang |
		jq -c --rawfile names "$ROOT/pipelines/torch-functions.txt" \
			'($names | split("\n")) as $names | select(.source != "torch" or (.kernel | IN($names[])))' >imports
	kcallers -e -r sglang -m "$2" <imports >chains
	kcallees -r sglang <imports >callees
	tr-parse -s kernel,memcpy,memset,launch,module,frame,annotation,op "$DATA" | tr-classify |
		tr-stacks | tr-layers --kernels >trace
	kjoin -c chains -l callees -r sglang trace >"$OUT"
}

# explained: percent of the GPU's time that has an op or the Python frames of its launch.
explained() {
	jq 'select(.kind == "join") | 100 * (.explained.chain + .explained.stack + .explained.symbol) / .sum | floor' "$OUT"
}

@test "given a decode step of sglang that a graph replays, when it is joined, then every product has its op" {
	real 0.5.12 llama sglang_r1distill_llama8b_B300_DECODE.trace.json.gz
	[ "$(explained)" -ge 95 ]
	jq -e -s '[.[] | select(.kind == "hot" and .family == "nvjet") | {calls, ops: [.places[] | select(.certain).at.call]}] ==
		[{calls: 32, ops: ["self.gate_up_proj"]}, {calls: 32, ops: ["self.down_proj"]}, {calls: 32, ops: ["self.o_proj"]},
		 {calls: 32, ops: ["self.qkv_proj"]}, {calls: 1, ops: ["self.logits_processor"]}]' "$OUT"
}

@test "given an eager prefill of sglang, when its frames are hidden, then products and attention get the ops that the frames show" {
	real 0.5.11 qwen3 inference_sglang_prefilldecode_sglang_Qwen3-8B_prefilldecode.json.gz
	[ "$(explained)" -ge 95 ]
	by_op='select(.kind == "hot" and (.type == "linear" or .type == "attention") and .calls > 1) | . as $row |
		.places[] | select(.at) | "\($row.name[:200]) \(.at.call) \(.at.line) \(.calls)"'
	jq -r "$by_op" "$OUT" | sort >with_frames
	jq -c 'select(.kind != "stack") | if .stack then .stack = null else . end' trace >bare
	kjoin -c chains -l callees -r sglang bare | jq -r "$by_op" | sort >without_frames
	[ "$(wc -l <with_frames)" -ge 6 ]
	# each op that the frames show is among the candidates
	[ -z "$(comm -23 with_frames without_frames)" ]
}

@test "given the example, when it is joined with all that is known of the code, then the records are the golden ones" {
	check_golden kjoin/joined.out.ndjson 0 join
	check_golden kjoin/named.out.ndjson 0 join <(without_stacks)
}
