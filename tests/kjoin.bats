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
	kjoin -c fixtures/kjoin/chains.ndjson "$IN" |
		jq -e -s '.[0].ceiling == null and all(.[] | .places[]?; .rate == null or .rate.ceiling_pct == null)'
}

# qkv: share of the product of self.qkv_proj in each stage, and how many calls it is of.
qkv() {
	jq -c 'select(.kind == "hot" and any(.places[]; .at.call == "self.qkv_proj")) |
		[.stage, ((.limit.share // 0) * 10000 | round), .limit.calls // 0, .limit.from]' "$1"
}

@test "given no shapes but definitions and steps, when they are joined, then a product has the limit of its definition in its step" {
	join >"$OUT"
	# 1024 and 16 rows of 512 by 1536 x 512 in bf16: 5,767,168 and 1,638,400 bytes at 3352 GB/s, of 9 and 4 us
	[ "$(qkv "$OUT")" = '["prefill",1912,2,"definition + annotation"]
["decode",1222,2,"definition + annotation"]' ]
	jq -e -s '.[0].ceiling.gbps == 3352' "$OUT"
	# a step that launched it goes before the order of passes: here all was launched in the prefill
	jq -c '., if .kind == "kernel" then {kind: "launch", index: 1, name: "cudaLaunchKernel", ts: 0.5, dur: 1, pid: 1, tid: 1, correlation} else empty end' "$IN" |
		join - >"$OUT"
	[ "$(qkv "$OUT" | jq -c '.[:3]')" = '["prefill",1912,2]
["decode",4301,2]' ]
}

@test "given steps that need not be the passes', or parts of a product, when definitions are joined, then nothing is said" {
	jq -c 'select(.kind != "annotation" or .ts > 0)' "$IN" | join - >"$OUT"
	[ "$(qkv "$OUT" | jq -c '.[2]')" = $'0\n0' ]
	jq -c 'if .kind == "annotation" then .stage = "decode" else . end' "$IN" | join - >"$OUT"
	[ "$(qkv "$OUT" | jq -c '.[2]')" = $'0\n0' ]
	# each product in two kernels
	jq -c '., if .kind == "kernel" and .short == "GEMM_NVJET" then .ts += .dur else empty end' "$IN" | join - >"$OUT"
	[ "$(qkv "$OUT" | jq -c '.[2]')" = $'0\n0' ]
	# no device can be so fast
	jq -c 'if .kind == "kernel" then .dur /= 10 else . end' "$IN" | join - >"$OUT"
	jq -e -s 'map(select(.kind == "hot") | .why_no_limit // "" | select(startswith("above the limit"))) | length == 2' "$OUT"
	# a board that is not known
	jq -c 'if .kind == "trace" then .device = "NVIDIA H100 80GB HBM3 MIG 1g.10gb" else . end' "$IN" | join - >"$OUT"
	[ "$(qkv "$OUT" | jq -c '.[2]')" = $'0\n0' ]
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

# case_of VENDOR [OPTION...]: joins the case on stdin (fixtures/kjoin/case.jq says how it is written): for
# each kernel a line with its ops, "?" where they are not certain, and how they were found.
case_of() {
	local vendor=$1 want
	shift
	cat >"$BATS_TEST_TMPDIR/case"
	for want in chains trace; do
		jq -n -R -c -f fixtures/kjoin/case.jq --arg want $want --arg vendor "$vendor" \
			<"$BATS_TEST_TMPDIR/case" >"$BATS_TEST_TMPDIR/case.$want"
	done
	kjoin -c "$BATS_TEST_TMPDIR/case.chains" "$@" "$BATS_TEST_TMPDIR/case.trace" >"$OUT"
	jq -r 'select(.kind == "hot") | "\(.name): \([.places[] | (.at.call // .called_at.text // "-") +
		(if .certain then " " else "? " end) + .how] | join(", "))"' "$OUT" | sort
}

# holds VENDOR: the kernels of the case on stdin whose chain is certain on that vendor's device.
holds() {
	case_of "$@" | sed -n 's/^\([a-z_0-9]*\): [^?]*$/\1/p' | xargs
}

@test "given chains under conditions, when a vendor's trace is joined, then those that it excludes are doubtful" {
	local chains='' kernels='' name
	# NAME CONDITION...: the conditions of the one frame
	one() {
		name=$1
		shift
		chains+="chain $name lib 1 | $name layer.py 3 Layer.forward $(printf '| ?%s ' "$@") | self.$name model.py 9 Model.forward"$'\n'
		kernels+="kernel $name other unknown unknown - -"$'\n'
	}
	one hip _is_hip
	one not_hip '!_is_hip'
	one hip_called 'is_hip()'
	one hip_compared '_is_hip == 2'
	one cuda _is_cuda
	one not_cuda '!_is_cuda'
	one part_of_hip _is_hip_gfx95_supported
	one not_part_of_hip '!_is_hip_gfx95_supported'
	one aiter use_aiter
	one not_aiter '!use_aiter'
	one cuda_or_hip '_is_cuda or _is_hip'
	one hip_or_npu '_is_hip or _is_npu'
	one npu_or_fast '_is_npu or fast'
	one two_names '_is_hip and _is_npu'
	one nameless 1
	one fast fast
	one fast_hip fast _is_hip
	one hip_fast _is_hip fast
	run holds nvidia < <(echo "$chains$kernels")
	[ "$output" = "cuda cuda_or_hip fast hip_compared nameless not_aiter not_hip not_part_of_hip npu_or_fast two_names" ]
	run holds amd < <(echo "$chains$kernels")
	[ "$output" = "aiter cuda_or_hip fast fast_hip hip hip_called hip_compared hip_fast hip_or_npu nameless not_aiter not_cuda not_part_of_hip npu_or_fast part_of_hip two_names" ]
}

@test "given files, classes and functions of another platform, when chains go through them, then they are doubtful" {
	local chains='' kernels=''
	# NAME FILE FUNCTION
	one() {
		chains+="chain $1 lib 1 | $1 $2 3 $3 | self.$1 model.py 9 Model.forward"$'\n'
		kernels+="kernel $1 other unknown unknown - -"$'\n'
	}
	one own_file layers/norm.py Norm.forward
	one npu_file backend/npu/graph.py Norm.forward
	one npu_word backend/npus/graph.py Norm.forward
	one hip_file hip/norm.py Norm.forward
	one cuda_and_npu npu/cuda_graph.py Norm.forward
	one ascend_class layers/x.py GGUFEmbeddingAscendMethod.apply
	one cuda_class layers/x.py CudaMethod.apply
	one ascent_class layers/x.py AscendantMethod.apply
	one forward_cpu layers/x.py Norm.forward_cpu
	one forward_cuda layers/x.py Norm.forward_cuda
	one forward_hip layers/x.py Norm.forward_hip
	one forward_native layers/x.py Norm.forward_native
	one copy_to_cpu layers/x.py Norm.copy_to_cpu
	one forward_plain layers/x.py forward_cpu
	run holds nvidia < <(echo "$chains$kernels")
	[ "$output" = "ascent_class copy_to_cpu cuda_and_npu cuda_class forward_cuda forward_native npu_word own_file" ]
	run holds amd < <(echo "$chains$kernels")
	[ "$output" = "ascent_class copy_to_cpu cuda_and_npu cuda_class forward_cuda forward_hip forward_native hip_file npu_word own_file" ]
}

@test "given several chains to one op, when its kernel is joined, then the likeliest is named" {
	# of PAIR the second chain is the likelier
	chosen() {
		printf '%s\n' "chain k lib $1" "chain k lib $2" "kernel k other unknown unknown - -" | case_of nvidia >/dev/null
		jq -r 'select(.kind == "hot").places[] | .chain.frames[0].function // .chain[0].function' "$OUT"
	}
	local op='self.op model.py 9 Model.forward'
	# the shorter one, whichever comes first
	[ "$(chosen "2 | k a.py 3 long | a a.py 4 middle | $op" "1 | k a.py 3 short | $op")" = short ]
	[ "$(chosen "1 | k a.py 3 short | $op" "2 | k a.py 3 long | a a.py 4 middle | $op")" = short ]
	# that which asks for nothing special: more conditions are less likely; "not" and "is None" are what is left
	[ "$(chosen "1 | k a.py 3 asks | ?special | $op" "1 | k a.py 3 plain | $op")" = plain ]
	[ "$(chosen "1 | k a.py 3 asks | ?special | $op" "1 | k a.py 3 negated | ?!special | $op")" = negated ]
	[ "$(chosen "1 | k a.py 3 given | ?!x is None | $op" "1 | k a.py 3 left | ?x is None | $op")" = left ]
	[ "$(chosen "1 | k a.py 3 twice | ?a | ?b | $op" "1 | k a.py 3 once | ?a | $op")" = once ]
	# a condition counts less than a call more
	[ "$(chosen "2 | k a.py 3 long | a a.py 4 middle | $op" "1 | k a.py 3 asks | ?special | $op")" = asks ]
	# of equal ones the one whose names resemble each other
	[ "$(chosen "2 | k a.py 3 EmbeddingMethod.apply | a a.py 4 LinearBase.forward | $op" "2 | k a.py 5 LinearMethod.apply | a a.py 4 LinearBase.forward | $op")" = LinearMethod.apply ]
	# and of those the first; one for another platform only where there is no other
	[ "$(chosen "1 | k a.py 3 first | $op" "1 | k a.py 5 second | $op")" = first ]
	[ "$(chosen "1 | k a.py 3 foreign | ?_is_hip | $op" "2 | k a.py 3 long | a a.py 4 middle | $op")" = long ]
}

@test "given names of kernels, when nothing else is known, then they lead to the functions that they are made from" {
	cat >"$BATS_TEST_TMPDIR/callees" <<-'END'
		{"kind":"callee","kernel":"outer","source":"lib","gpu":"inner_kernel","scope":null,"file":"a.cu","line":7,"how":"ffi","via":[]}
		{"kind":"callee","kernel":"dsl","source":"lib","gpu":"kernel_cutlass_dsl_","match":"prefix","scope":null,"file":"a.py","line":7,"how":"cute-dsl","via":[]}
		{"kind":"end","callees":2}
	END
	run case_of nvidia -l "$BATS_TEST_TMPDIR/callees" <<-'END'
		chain outer lib 1 | outer a.py 3 A.forward | self.outer model.py 9 Model.forward
		chain dsl lib 1 | dsl a.py 4 A.forward | self.dsl model.py 10 Model.forward
		chain _fwd_step triton 1 | _fwd_step a.py 5 A.forward | self.step model.py 11 Model.forward
		chain linear torch 1 | linear a.py 6 A.forward | self.proj model.py 12 Model.forward
		chain relu torch 1 | relu a.py 7 A.forward | self.relu model.py 13 Model.forward
		chain fused_gate_softmax sgl-kernel 1 | f a.py 8 A.forward | self.topk model.py 14 Model.forward
		call unreached_rotate lib
		kernel inner_kernel other unknown unknown - -
		kernel inner_kernels other unknown unknown - -
		kernel kernel_cutlass_dsl_0_tensor other unknown unknown - -
		kernel _fwd_step other unknown unknown - -
		kernel _fwd_step_0d1d2de3c other unknown unknown - -
		kernel _fwd_step_x other unknown unknown - -
		kernel _fwd_step_0dx other unknown unknown - -
		kernel _fwd_step0 other unknown unknown - -
		kernel nvjet_tst linear nvjet cuBLASLt - -
		kernel nvjet_move other nvjet cuBLASLt - -
		kernel some_gemm linear gemm SGLang - -
		kernel gate_softmax_kernel moe moe-route SGLang - -
		kernel gate_softmax_deepep moe moe-route DeepEP - -
		kernel unreached_rotate other unknown unknown - -
		kernel nothing_at_all other unknown unknown - -
	END
	# what only resembles the name of a specialised one is no proof of it
	[ "$output" = "\
_fwd_step0: self.step? similar
_fwd_step: self.step name
_fwd_step_0d1d2de3c: self.step name
_fwd_step_0dx: self.step? similar
_fwd_step_x: self.step? similar
gate_softmax_deepep: self.topk type
gate_softmax_kernel: self.topk? similar
inner_kernel: self.outer callee
inner_kernels: - between
kernel_cutlass_dsl_0_tensor: self.dsl callee
nothing_at_all: - between
nvjet_move: - between
nvjet_tst: self.proj library
some_gemm: - between
unreached_rotate: unreached_rotate(x) name" ]
}

@test "given an op that two names lead to, when candidates are listed, then they stand in the order of the ops" {
	run case_of nvidia <<-'END'
		chain z lib 1 | z z.py 3 Z.forward | self.first model.py 10 Model.forward
		chain bb_gemm_step sgl-kernel 1 | b a.py 3 A.forward | self.second model.py 11 Model.forward
		chain aa_gemm_step sgl-kernel 1 | a a.py 4 A.forward | self.third model.py 12 Model.forward
		chain bb_gemm_step sgl-kernel 1 | b a.py 3 A.forward | self.fourth model.py 13 Model.forward
		kernel gemm_step_x other unknown unknown - -
	END
	[ "$output" = "gemm_step_x: self.second? similar, self.third? similar, self.fourth? similar" ]
}

@test "given kernels that only their type tells about, when ops are named after it, then these are the candidates" {
	local op line=10 ops=''
	for op in self.attn self.attn.forward self.attn.kv_proj self.attention_norm self.topk self.gate self.input_layernorm \
		self.prepare_attn self.rotary_emb self.act_fn self.mlp self.embed_tokens self.experts self.experts_all_reduce; do
		ops+="chain z lib 1 | z z.py 3 Z.forward | $op model.py $((line++)) Model.forward"$'\n'
	done
	named() {
		{ echo "$ops"; echo "kernel q $1 $2 unknown - -"; } | case_of nvidia | sed 's/self\.//g; s/? type//g'
	}
	[ "$(named attention unknown)" = "q: attn, attn.forward" ]
	[ "$(named moe unknown)" = "q: mlp, experts" ]
	[ "$(named moe moe-route-x)" = "q: topk, gate" ]
	[ "$(named other rmsnorm)" = "q: attention_norm, input_layernorm, prepare_attn" ]
	[ "$(named other layernorm)" = "q: attention_norm, input_layernorm" ]
	[ "$(named other rope)" = "q: rotary_emb type" ]
	[ "$(named other activation-mul)" = "q: act_fn, mlp" ]
	[ "$(named other embedding)" = "q: embed_tokens type" ]
	[ "$(named linear gemm)" = "q: " ]
}

@test "given a kernel without frames, when another of its name has them, then its op is that one's" {
	run case_of nvidia <<-'END'
		chain z lib 1 | z z.py 3 low | self.one model.py 9 first
		chain z lib 1 | z z.py 3 low | self.two model.py 19 second
		stack | z.py 1 low | model.py 1 first
		stack | elsewhere.py 1 outside
		kernel q other unknown unknown 0 -
		kernel q other unknown unknown - -
		kernel r other unknown unknown 1 -
	END
	[ "$output" = "q: self.one frames, self.one same-name
r: - frames" ]
	jq -e -s '[.[] | select(.kind == "hot" and .name == "q").places[] | .stack != null] == [true, false]' "$OUT"
	jq -e -s '[.[] | select(.kind == "hot") | .explained] == ["chain", "stack"]' "$OUT"
}

@test "given a kernel without frames, when another of its name has frames that show no op, then its op is not certain" {
	run case_of nvidia <<-'END'
		chain z lib 1 | z z.py 3 low | self.one model.py 9 first
		stack | z.py 1 low | model.py 1 first
		stack | elsewhere.py 1 outside
		kernel q other unknown unknown 0 -
		kernel q other unknown unknown 1 -
		kernel q other unknown unknown - 0
	END
	[[ $output != *same-name* ]] || { echo "$output"; false; }
}

@test "given two forwards, when a stack shows one, then it is taken though the layers fit the other better" {
	forward_of() {
		case_of nvidia >/dev/null <<-END
			chain alpha_kernel lib 1 | alpha_kernel z.py 3 low | self.attn small.py 9 Small.forward | layer small.py 20 forward
			chain gamma_kernel lib 1 | gamma_kernel y.py 3 low | self.mlp small.py 12 Small.forward | layer small.py 20 forward
			chain alpha_kernel lib 1 | alpha_kernel z.py 3 low | self.attn big.py 9 Big.forward | layer big.py 20 forward
			chain beta_kernel lib 1 | beta_kernel y.py 3 low | self.mlp big.py 12 Big.forward | layer big.py 20 forward
			stack | z.py 1 low | $1.py 1 forward
			kernel alpha_kernel attention unknown unknown 0 -
			kernel alpha_kernel attention unknown unknown - 0
			kernel beta_kernel other unknown unknown - 0
		END
		jq -r 'select(.kind == "join").forward_file' "$OUT"
	}
	[ "$(forward_of other)" = big.py ]
	[ "$(forward_of small)" = small.py ]
}

@test "given chains that lack what they need, when they are read, then the message says what and where" {
	local change
	# refused TEXT JQ-CHANGE: of the first chain.
	refused() {
		jq -c "if .kind == \"chain\" and .kernel == \"silu_and_mul\" then $2 else . end" fixtures/kjoin/chains.ndjson >"$BATS_TEST_TMPDIR/chains"
		run_split kjoin -c "$BATS_TEST_TMPDIR/chains" "$IN"
		[ "$status" -eq 2 ] && [ -z "$output" ] && [[ $errors == "kjoin: $BATS_TEST_TMPDIR/chains:7: "*"$1"* ]] ||
			{ echo "$2: $status $errors"; return 1; }
	}
	for change in 'del(.frames)' '.frames = 3' '.frames = {}' '.frames = []' '.frames = null'; do
		refused 'a chain without "frames"' "$change"
	done
	for change in -1 5 99; do refused '"op" is no index of "frames"' ".op = $change"; done
	for change in kernel source op; do refused "\"$change\"" "del(.$change)"; done
	for change in call file line function; do refused "\"$change\"" "del(.frames[1].$change)"; done
	refused '"line"' '.frames[0].line = "x"'
	# What is not needed may lack.
	jq -c 'del(.frames[]?.def, .frames[]?.asks, .frames[]?.guards, .implementation)' fixtures/kjoin/chains.ndjson >"$BATS_TEST_TMPDIR/chains"
	kjoin -c "$BATS_TEST_TMPDIR/chains" "$IN" >/dev/null
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

@test "given a kernel with a C++ name, when a Triton function has nearly its words, then that is no candidate; for a plain name it is" {
	case_of nvidia >"$BATS_TEST_TMPDIR/said" <<-'END'
		chain _triton_fused_rope_forward triton 1 | _triton_fused_rope_forward[grid] rope.py 4 forward | self.rotary_emb model.py 5 forward
		kernel fused_rope_kernel<true,128> other rope - - 0
		kernel my_fused_rope_forward other rope - - 0
	END
	cat "$BATS_TEST_TMPDIR/said"
	# Its op is told by the type alone, without the function.
	grep -qx 'fused_rope_kernel<true,128>: self.rotary_emb type' "$BATS_TEST_TMPDIR/said"
	jq -es '[.[] | select(.kind == "hot" and (.name | test("<"))).places[].kernel] == [null]' "$OUT" >/dev/null
	grep -q '^my_fused_rope_forward: self.rotary_emb' "$BATS_TEST_TMPDIR/said"
}

# planned: the example without frames, joined with the plan in $PLAN; in $OUT.
planned() {
	without_stacks >"$BATS_TEST_TMPDIR/plain"
	kjoin -c fixtures/kjoin/chains.ndjson -p "$PLAN" "$@" "$BATS_TEST_TMPDIR/plain" >"$OUT"
}

@test "given a plan and no frames, when kernels are joined, then each is at the launch that its order says" {
	PLAN=$BATS_TEST_TMPDIR/plan
	jq -c -s -f fixtures/kjoin/plan.jq fixtures/kjoin/chains.ndjson >"$PLAN"
	planned
	run places prefill
	[[ $output == *"RMSNORM: self.input_layernorm 2 plan, self.post_attention_layernorm 2 plan"* ]]
	for part in 64x16_:self.qkv_proj 32x64_:self.o_proj 256x16:self.gate_up_proj 128x16:self.down_proj; do
		[[ $output == *"GEMM_NVJET_${part/:/: } 2 plan"* ]] || { echo "$output"; false; }
	done
	# of the plan, as a whole; and the calls up to the model's forward
	jq -e -s '.[0].plan == {model: "TinyForCausalLM", device: "h100", release: "1", launches: 32, kernels: 32, sum: 208, misfits: 0} and
		([.[] | select(.kind == "hot") | .places[] | select(.how == "plan") | .certain and .chain.frames[-1].function == "TinyForCausalLM.forward"] | all)' "$OUT"
	# what the plan does not have is not at its launches
	jq -e -s '[.[] | select(.kind == "hot" and .short == "STORE") | .places[].how] | all(. != "plan")' "$OUT"
}

@test "given frames, when the plan says something else, then the frames are believed" {
	PLAN=$BATS_TEST_TMPDIR/plan
	jq -c -s -f fixtures/kjoin/plan.jq fixtures/kjoin/chains.ndjson |
		sed 's/self.qkv_proj/self.other_proj/' >"$PLAN"
	kjoin -c fixtures/kjoin/chains.ndjson -p "$PLAN" "$IN" >"$OUT"
	jq -e -s '[.[] | select(.kind == "hot" and .stage == "prefill" and (.name | startswith("nvjet_tst_64x16"))) | .places[0] |
		.how == "frames" and .at.call == "self.qkv_proj"] == [true]' "$OUT"
}

@test "given a plan of another model, when a trace is joined, then it tells nothing, and that is said" {
	PLAN=$BATS_TEST_TMPDIR/plan
	jq -c -s -f fixtures/kjoin/plan.jq fixtures/kjoin/chains.ndjson | jq -c 'if .kind == "launch"
		then .kernel = "conv" | .source = "cudnn" | .frames |= [.[0] | .call = "conv"] | .op = null else . end' >"$PLAN"
	run_split planned
	[ "$status" -eq 0 ]
	[[ $errors == *"the plan does not fit 2 of its steps"* ]]
	jq -e -s '[.[] | select(.kind == "hot") | .places[].how] | all(. != "plan")' "$OUT"
}

@test "given a folded or a cut plan, when it is read, then the message says so" {
	PLAN=$BATS_TEST_TMPDIR/plan
	jq -c -s -f fixtures/kjoin/plan.jq fixtures/kjoin/chains.ndjson | sed '3s/"repeat":1/"repeat":2/' >"$PLAN"
	run planned
	[ "$status" -eq 2 ]
	[[ $output == *"plan:3: a folded plan has no order of layers: kplan without --fold"* ]]
	jq -c -s -f fixtures/kjoin/plan.jq fixtures/kjoin/chains.ndjson | sed '$d' >"$PLAN"
	run planned
	[ "$status" -eq 2 ]
}

@test "given --each, when kernels are joined, then each has a record of its place" {
	join >"$BATS_TEST_TMPDIR/whole"
	kjoin --each -c fixtures/kjoin/chains.ndjson -l fixtures/kjoin/callees.ndjson "$IN" >"$OUT"
	[ "$(grep -c '"kind":"work"' "$OUT")" -eq "$(jq 'select(.kind == "join").kernels' "$OUT")" ]
	# its places are those of its row, and their times add up to it
	jq -e -s '[.[] | select(.kind == "hot")] as $hot | [.[] | select(.kind == "work")] |
		([group_by(.hot)[] | (map(.dur) | add) - $hot[.[0].hot].sum | fabs < 0.001] | all) and
		([.[] | select(.place != null) | $hot[.hot].places[.place] != null] | all)' "$OUT"
}
