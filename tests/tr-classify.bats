# SPDX-License-Identifier: Apache-2.0
# tr-classify: what kernels are.

load helper

setup() {
	cd "$FIXTURES/tr-classify"
}

# kernels FILE...: records FILE with `type family` of each kernel, one a line.
field() {
	jq -r "select(.kind == \"kernel\") | $1"
}

@test "given kernels of many libraries, when they are classified, then the records are the golden ones" {
	check_golden tr-classify/models.out.ndjson 0 tr-classify models.in.ndjson
}

@test "given a model that no row knows, when its vocabulary comes in a file of YAML, then its kernels have types, roles and stages" {
	check_golden tr-classify/new-model.out.ndjson 0 tr-classify -r new-model.yaml new-model.in.ndjson
	# Without the file they are unknown: the test above shows the file's work.
	[ "$(tr-classify new-model.in.ndjson | field 'select(.name | test("mixer|flock|ringsum")) | .family' | sort -u)" = unknown ]
}

@test "given a name, when it is explained, then the rows that match and what each gave are printed" {
	# Without line numbers: the table grows.
	explain() { tr-classify --explain "$1" | sed 's/yaml:[0-9]*/yaml/'; }
	check_golden tr-classify/explain.out.txt 0 explain \
		'void flash::flash_fwd_splitkv_kernel<Flash_fwd_kernel_traits<(int)128, (int)64, (int)128, (int)4, (bool)0, (bool)0, cutlass::bfloat16_t, Flash_kernel_traits<(int)128, (int)64, (int)128, (int)4, cutlass::bfloat16_t>>, (bool)0, (bool)1>(flash::Flash_fwd_params)'
	run tr-classify -r new-model.yaml --explain zeta_ringsum
	[[ $output == *"new-model.yaml:21: ^zeta_ringsum"*"gave family library type roles"* ]]
	run tr-classify --explain '~~~'
	[ "$status" -eq 0 ]
	[[ $output == *"no row matches"* ]]
}

@test "given records that were classified before, when they are classified again, then nothing is said twice" {
	tr-classify models.in.ndjson >"$BATS_TEST_TMPDIR/once"
	tr-classify "$BATS_TEST_TMPDIR/once" | cmp - "$BATS_TEST_TMPDIR/once"
}

@test "given fields and kinds that are not its own, when records pass, then they pass unchanged and in place" {
	cat >"$BATS_TEST_TMPDIR/in" <<'EOF'
{"kind":"trace","x":[1, 2],"file":"a"}
{"kind":"launch","name":"cudaLaunchKernel","ts":1.50,"odd":{"a":1e400}}
{"kind":"novelty","deep":[[[]]]}
{"kind":"kernel","mine":"first","name":"memset_kernel","ts":18446744073709551617.5,"dur":1.0e0}
{"kind":"end","kernels":1}
EOF
	cd "$BATS_TEST_TMPDIR"
	tr-classify in >out
	diff <(sed 4d in) <(sed 4d out)
	[[ $(sed -n 4p out) == '{"kind":"kernel","mine":"first","name":"memset_kernel","ts":18446744073709551617.5,"dur":1.0e0,"type":'* ]]
}

@test "given annotations of batches, when kernels follow them, then prefill, decode and mixed are told" {
	stage() {
		printf '%s\n' '{"kind":"trace"}' "$(jq -cn --arg n "$1" '{kind: "annotation", name: $n, ts: 10, dur: 1}')" \
			'{"kind":"kernel","name":"nvjet_x","ts":9,"dur":1}' '{"kind":"kernel","name":"nvjet_x","ts":12,"dur":1}' \
			'{"kind":"end"}' | tr-classify | field .stage | paste -sd ' '
	}
	[ "$(stage 'step[DECODE bs=16]')" = "unknown decode" ]
	[ "$(stage 'step[EXTEND bs=15 toks=15360]')" = "unknown prefill" ]
	[ "$(stage 'decode bs=32')" = "unknown decode" ]
	[ "$(stage 'execute_8192_context_9(sq8155sk8430sqsq7475785sqsk7671310)_generation_37(sq37sk34489sqsq37sqsk34489)')" = "unknown mixed" ]
	[ "$(stage 'execute_32_context_0(sq0sk0sqsq0sqsk0)_generation_32(sq32sk32785sqsq32sqsk32785)')" = "unknown decode" ]
	[ "$(stage 'execute_15360_context_15(sq15360sk15360sqsq1sqsk1)_generation_0(sq0sk0sqsq0sqsk0)')" = "unknown prefill" ]
	[ "$(stage 'execute_context_1(888)_generation_0(0)')" = "unknown prefill" ]
	[ "$(stage 'execute_context_0(0)_generation_16(16)')" = "unknown decode" ]
	[ "$(stage 'execute_context_2(888_788544)_generation_3(3)')" = "unknown mixed" ]
	[ "$(stage 'execute_new_2_cached_0')" = "unknown prefill" ]
	[ "$(stage 'execute_new_0_cached_5')" = "unknown decode" ]
	[ "$(stage 'execute_new_1_cached_10')" = "unknown mixed" ]
	[ "$(stage 'execute_new_10_cached_0')" = "unknown prefill" ]
	[ "$(stage 'execute_new_0_cached_0')" = "unknown unknown" ]
	[ "$(stage '[Executor] _forward_step 12: 2 ctx reqs, 0 gen reqs')" = "unknown prefill" ]
	[ "$(stage '[Executor] _forward_step 12: 0 ctx reqs, 7 gen reqs')" = "unknown decode" ]
	[ "$(stage '[Executor] _forward_step 12: 1 ctx reqs, 7 gen reqs')" = "unknown mixed" ]
	[ "$(stage 'num_ctx_requests: 0, num_generation_requests: 4')" = "unknown decode" ]
	[ "$(stage 'prefill[bs=2]')" = "unknown prefill" ]
	[ "$(stage 'decode[bs=2]')" = "unknown decode" ]
	[ "$(stage 'step[TARGET_VERIFY bs=2]')" = "unknown decode" ]
	[ "$(stage 'step[MIXED bs=2]')" = "unknown mixed" ]
	[ "$(stage 'ProfilerStep#6')" = "unknown unknown" ]
	[ "$(stage 'a predecoded undecodable thing')" = "unknown unknown" ]
}

@test "given a second stream, when the first ended in decode, then its annotations do not reach over" {
	printf '%s\n' '{"kind":"trace"}' '{"kind":"annotation","name":"decode bs=1","ts":1,"dur":1}' '{"kind":"end"}' \
		'{"kind":"trace"}' '{"kind":"kernel","name":"nvjet_x","ts":9,"dur":1}' '{"kind":"end"}' >"$BATS_TEST_TMPDIR/two"
	[ "$(tr-classify "$BATS_TEST_TMPDIR/two" | field .stage)" = unknown ]
}

@test "given grids that count tokens, when neither name nor annotation tells, then many are prefill and few tell nothing" {
	stage() {
		printf '%s\n' '{"kind":"trace"}' "{\"kind\":\"kernel\",\"name\":\"$1\",\"ts\":9,\"dur\":1,\"grid\":$2,\"block\":$3}" '{"kind":"end"}' |
			tr-classify "${@:4}" | field .stage
	}
	[ "$(stage fused_add_rmsnorm_kernel '[15360,1,1]' '[256,1,1]')" = prefill ]
	[ "$(stage fused_add_rmsnorm_kernel '[16,1,1]' '[256,1,1]')" = unknown ]
	[ "$(stage fused_add_rmsnorm_kernel null null)" = unknown ]
	[ "$(stage fused_add_rmsnorm_kernel '[16,1,1]' '[256,1,1]' --grid-threshold 15)" = prefill ]
	[ "$(stage nvjet_x '[15360,1,1]' '[256,1,1]')" = unknown ]
	mean='void at::native::reduce_kernel<512, 1, at::native::ReduceOp<float, at::native::MeanOps<float, float, float, float>, unsigned int, float, 4, 4> >(int)'
	power='void at::native::vectorized_elementwise_kernel<4, at::native::pow_tensor_scalar_kernel_impl<float, float>(at::TensorIteratorBase&, float)::{lambda(float)#1}, std::array<char*, 2ul> >(int)'
	# The mean of squares is a norm's; another one, over pixels say, counts no tokens.
	squares() {
		printf '%s\n' '{"kind":"trace"}' "{\"kind\":\"kernel\",\"name\":\"$1\",\"ts\":8,\"dur\":1}" \
			"{\"kind\":\"kernel\",\"name\":\"$mean\",\"ts\":9,\"dur\":1,\"grid\":$2,\"block\":[64,8,1]}" '{"kind":"end"}' |
			tr-classify | field .stage | tail -n 1
	}
	[ "$(squares "$power" '[1118,1,1]')" = prefill ]
	[ "$(squares "$power" '[118,1,1]')" = unknown ]
	[ "$(squares relu '[1118,1,1]')" = unknown ]
	[ "$(squares "${power/pow_tensor_scalar_kernel_impl<float, float>/sqrt_kernel_cuda}" '[1118,1,1]')" = unknown ]
	[ "$(squares 'void at::native::vectorized_elementwise_kernel<4, at::native::CUDAFunctor_add<float>, std::array<char*, 3ul> >(int)' '[1118,1,1]')" = unknown ]
	[ "$(stage fused_add_rmsnorm_kernel '[2,1,1]' '[256,1,1]' --grid-threshold 1)" = prefill ]
}

@test "given rules that are wrong, when they are read, then file and line are named and the exit status is 2" {
	cd "$BATS_TEST_TMPDIR"
	refuse() { # LINES-OF-YAML EXPECTED
		printf '%b' "$1" >bad.yaml
		run_split tr-classify -r bad.yaml --explain x
		[ "$status" -eq 2 ] && [ -z "$output" ] && [[ $errors == "tr-classify: bad.yaml:$2"* ]] && return
		printf 'status %s, wanted bad.yaml:%s, got: %s\n' "$status" "$2" "$errors"
		return 1
	}
	refuse '- match: x\n  type: moe\n- match: "(["\n' '3: missing terminating ]'
	refuse '- match: x\n  typ: moe\n' '2: a row has no field typ'
	refuse '- match: x\n  type: gemm\n' '2: no such type: gemm'
	refuse '- match: x\n  stage: [decode]\n' '2: a text is expected'
	refuse '- match: x\n  roles: [norm, spine]\n' '2: no such role: spine'
	refuse '- match: x\n  short: "A {tile"\n' '2: a { without its name'
	refuse '- match: x\n  name: "A [b"\n' '2: a [ without its ]'
	refuse '- type: moe\n' '1: a row needs'
	refuse 'match: x\n' '1: a list of rows is expected'
	refuse '- annotation: x\n' '1: a row about annotations needs'
	refuse '- just text\n' '1: a row is a map'
	refuse '- match: [x\n- y\n' '3: '
	refuse '- match: {a: b}\n' '1: a text or a list'
	refuse '- &a [*a]\n' '1: a row is a map'
	refuse '- match: "\\0"\n' '1: a text holds a NUL'
	refuse '- match: x\n  short: a: b: c\n' '2: '
	refuse '- match: x\n  short: \xff\n' '2: invalid'
	refuse '- match: x\n---\n- match: y\n' '3: one document'
	run_split tr-classify -r /no/such.yaml --explain x
	[ "$status" -eq 2 ] && [[ $errors == *'/no/such.yaml: No such file'* ]]
	run_split tr-classify -r "$BATS_TEST_TMPDIR" --explain x
	[ "$status" -eq 2 ]
}

@test "given an empty file of rules, when it is read, then the built-in rows stand alone" {
	cd "$BATS_TEST_TMPDIR"
	: >empty.yaml
	[[ $(tr-classify -r empty.yaml --explain nvjet_tst_x) == *"type         linear"* ]]
}

@test "given a pattern that backtracks without end, when a name feeds it, then it gives up, says so once, and the exit status is 1" {
	cd "$BATS_TEST_TMPDIR"
	printf -- "- match: '^(a+)+\$'\n  type: moe\n" >slow.yaml
	long=$(printf 'a%.0s' $(seq 4000))
	printf '%s\n' '{"kind":"trace"}' "{\"kind\":\"kernel\",\"name\":\"$long!\",\"ts\":1,\"dur\":1}" \
		"{\"kind\":\"kernel\",\"name\":\"${long}a!\",\"ts\":1,\"dur\":1}" '{"kind":"end"}' >in
	run_split timeout 10 tr-classify -r slow.yaml in
	[ "$status" -eq 1 ]
	[ "$(field .type <<<"$output" | sort -u)" = other ]
	[ "$(wc -l <<<"$errors")" -eq 1 ]
	[[ $errors == "tr-classify: slow.yaml:1: pattern gives up on "*": match limit exceeded" ]]
}

@test "given a kernel without a name, when it is read, then the line is named and the exit status is 2" {
	run_split tr-classify <<<'{"kind":"trace"}
{"kind":"kernel","ts":1}
{"kind":"end"}'
	[ "$status" -eq 2 ]
	[[ $errors == 'tr-classify: <stdin>:2: '*name* ]]
}

# The share of time, in thousandths, whose type is not among those the hand labels accept.
wrong_share() {
	awk -F'\t' 'NR == FNR { if (FNR > 1) accept[$7] = "," $2 ","; next }
		{ total += $2; if (!($3 in accept)) missing++; else if (index(accept[$3], "," $1 ",") == 0) wrong += $2 }
		END { if (missing) print "no label for " missing; else printf "%.3f\n", 1000 * wrong / total }' "$1" -
}

@test "given the field traces, when they are classified, then at most 1 % of each one's time has a type that the labels do not accept" {
	shared_data traces
	for trace in "$DATA"/*.json.gz; do
		wrong=$(tr-parse "$trace" | tr-classify | field '[.type, .dur, .name] | @tsv' |
			sed 's/\\\\/\\/g' | wrong_share "$DATA/truth/kernel_name_types_dev.tsv")
		echo "$(basename "$trace"): $wrong thousandths"
		awk -v wrong="$wrong" 'BEGIN { exit !(wrong + 0 <= 10 && wrong ~ /^[0-9]/) }'
	done
}

@test "given the field traces with annotations, when they are classified, then the stage is right wherever they tell it" {
	shared_data traces
	share() { # STAGE TRACE: its share of the time in percent
		tr-parse -a "$DATA/$2" | tr-classify | jq -rn --arg stage "$1" \
			'reduce (inputs | select(.kind == "kernel")) as $k ([0, 0]; [.[0] + $k.dur, .[1] + (if $k.stage == $stage then $k.dur else 0 end)]) | 100 * .[1] / .[0] | round'
	}
	[ "$(share decode sglang_qwen3_30b_a3b_MI300_DECODE.trace.json.gz)" = 100 ]
	[ "$(share decode sglang_r1distill_llama8b_B300_DECODE.trace.json.gz)" = 100 ]
	[ "$(share decode inference_sglang_decode_sglang_Qwen3-8B_decode.json.gz)" = 100 ]
	[ "$(share prefill inference_sglang_prefilldecode_sglang_Qwen3-8B_prefilldecode.json.gz)" = 100 ]
	[ "$(share mixed inference_vllm_prefilldecode_piecewise_graph_execution.json.gz)" = 100 ]
	[ "$(share prefill sglang_qwen3_8b_P1D4.json.gz)" = 93 ]
	[ "$(share decode sglang_qwen3_8b_P1D4.json.gz)" = 7 ]
}

@test "given kernels of training, when they are classified, then backward, optimizer and loss are told, and log-softmax is no attention" {
	says() {
		printf '%s\n' '{"kind":"trace"}' "{\"kind\":\"kernel\",\"name\":\"$1\",\"ts\":8,\"dur\":1}" '{"kind":"end"}' |
			tr-classify | field '"\(.type) \(.stage) \(.roles | join("+"))"'
	}
	[ "$(says 'void (anonymous namespace)::softmax_warp_forward<float, float, float, 10, true, false>(float*)')" = "other unknown sampler" ]
	[ "$(says 'void (anonymous namespace)::softmax_warp_forward<float, float, float, 10, false, false>(float*)')" = "attention unknown attention" ]
	[[ $(says 'void (anonymous namespace)::softmax_warp_backward<float, float, float, 10, true, false>(float*)') == "other backward"* ]]
	[[ $(says 'void cudnn::bn_bw_1C11_kernel_new<float, float>(float)') == *" backward "* ]]
	[ "$(says 'sm80_xmma_wgrad_implicit_gemm_indexed_tf32f32_kernel_cudnn_train')" = "linear backward conv" ]
	[ "$(says 'sm80_xmma_dgrad_implicit_gemm_tf32f32_kernel_cudnn_infer')" = "linear unknown conv" ]
	[[ $(says 'void at::native::indexing_backward_kernel<float, 4>(long*)') == *" unknown "* ]]
	[[ $(says 'void at::native::(anonymous namespace)::multi_tensor_apply_kernel<at::native::FusedAdamMathFunctor<float, 4>>(int)') == *" optimizer "* ]]
	[ "$(says 'void at::native::(anonymous namespace)::nll_loss_forward_reduce_cuda_kernel_2d<float>(float*)')" = "other unknown loss" ]
}

@test "given annotations in any order, when a kernel begins with one or between two, then the last that has begun counts" {
	stages() {
		printf '%s\n' '{"kind":"trace"}' "$@" \
			'{"kind":"kernel","name":"nvjet_x","ts":10,"dur":1}' '{"kind":"kernel","name":"nvjet_x","ts":25,"dur":1}' \
			'{"kind":"kernel","name":"nvjet_x","ts":35,"dur":1}' '{"kind":"end"}' |
			tr-classify | jq -r 'select(.kind == "kernel") | .stage' | paste -sd ' '
	}
	local decode='{"kind":"annotation","name":"decode bs=1","ts":10,"dur":9}'
	local extend='{"kind":"annotation","name":"step[EXTEND bs=1]","ts":20,"dur":9}'
	local mixed='{"kind":"annotation","name":"step[MIXED bs=1]","ts":30,"dur":9}'
	[ "$(stages "$decode" "$extend" "$mixed")" = "decode prefill mixed" ]
	[ "$(stages "$mixed" "$decode" "$extend")" = "decode prefill mixed" ]
	[ "$(stages "$extend" "$mixed" "$decode")" = "decode prefill mixed" ]
	# Of two that begin together the one that stands later counts.
	[ "$(stages "$decode" "${extend/20/10}")" = "prefill prefill prefill" ]
}

@test "given a name, when it is explained, then each fact has what of the name told it" {
	run tr-classify --explain 'void rocprim::detail::scan<at::native::X>(int)'
	[[ $output == *'evidence     namespace "rocprim::": family library type name description'* ]]
	run tr-classify --explain _fwd_kernel
	[[ $output == *'habit "'*'": '*library* ]]
}
