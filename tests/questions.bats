# SPDX-License-Identifier: Apache-2.0
# Questions that people asked in public, about which kernels run and why, answered by kplan --explain and --facts.

load helper

setup() {
	cd "$ROOT"
	need jq
	pinned sglang
	export XDG_CACHE_HOME=$BATS_FILE_TMPDIR/cache
	mkdir -p "$XDG_CACHE_HOME"
}

# ask DEVICE [options...]: the facts about DeepSeek-V3 on eight of them, as lines: NAME = VALUE, then its reasons.
ask() {
	local device=$1
	shift
	kplan -r "$TREE" -c "${config:-$FIXTURES/kplan/deepseek-v3.json}" --timeout 600 -D "$device" --tp "${tp:-8}" "$@" >"$BATS_TEST_TMPDIR/facts" || [ $? -eq 1 ]
	output=$(jq -r 'select(.kind == "fact") | "\(.name) = \(.value | if type == "string" then . else tojson end)",
		(.because[] | "  \(.file // "" | sub(".*/"; "")): \(.text)")' "$BATS_TEST_TMPDIR/facts")
}

# says TEXT...: each stands in the answer.
says() {
	local text
	for text; do
		grep -qF -- "$text" <<<"$output" || { echo "not said: $text"; echo "$output"; return 1; }
	done
}

@test "Q1 given DeepSeek, is the kernel of the experts the same in prefill and decode?" {
	ask h200 -p decode -p extend --explain fused_moe_kernel
	says "explain.fused_moe_kernel = decode: 4 launches in 2 layers" "explain.fused_moe_kernel = extend: 4 launches in 2 layers" \
		"fused_moe_triton_kernels.py: fused_moe_kernel[grid]("
}

@test "Q2 given no --attention-backend, which one does each architecture get, and why?" {
	ask h200 --facts
	says "server_args.attention_backend = fa3" "server_args.py: is_hopper_with_cuda_12_3() is true" "runner.attn_backend = FlashAttentionBackend"
	ask b200 --facts
	says "server_args.attention_backend = trtllm_mla" "server_args.py: is_sm100_supported() is true" "runner.attn_backend = TRTLLMMLABackend"
	ask a100 --facts
	says "server_args.attention_backend = triton" "server_args.py: is_hopper_with_cuda_12_3() is false"
}

@test "Q3 given --attention-backend flashinfer on Blackwell, why is latent attention so slow?" {
	ask b200 -a "--attention-backend flashinfer" --facts
	says "flashinfer.BatchMLAPagedAttentionWrapper.backend = fa2" "fa2 on every other device (determine_mla_backend)"
	ask h200 -a "--attention-backend flashinfer" --facts
	says "flashinfer.BatchMLAPagedAttentionWrapper.backend = fa3"
}

@test "Q4 given a consumer Blackwell, why does it end with Triton's attention?" {
	ask 5090 --facts
	says "server_args.attention_backend = triton" "server_args.py: is_sm100_supported() is false" \
		'server_args.py: self.attention_backend = "triton"'
}

@test "Q5 given DeepSeek-V3.2, which backend serves its latent attention, on which conditions?" {
	local config=$BATS_TEST_TMPDIR/v32.json
	jq '. + {architectures: ["DeepseekV32ForCausalLM"], model_type: "deepseek_v32", index_n_heads: 64, index_head_dim: 128, index_topk: 2048}' \
		"$FIXTURES/kplan/deepseek-v3.json" >"$config"
	ask h200 --facts
	says "server_args.attention_backend = nsa" "server_args.py: is_deepseek_nsa(hf_config) is true" \
		"server_args.kv_cache_dtype = bfloat16" 'self.kv_cache_dtype = "fp8_e4m3" if major >= 10 else "bfloat16"'
	ask b200 --facts
	says "server_args.kv_cache_dtype = fp8_e4m3"
}

@test "Q6 given MI300X, which attention backend will I get?" {
	ask mi300x -e SGLANG_USE_AITER=1 --facts
	says "server_args.attention_backend = aiter" "server_args.py: head_num == 16 is true: 16 against 16"
	tp=4 ask mi300x -e SGLANG_USE_AITER=1 --facts
	says "server_args.attention_backend = triton" "server_args.py: head_num == 16 is false: 32 against 16"
}

@test "Q7 given a profile of R1 on H200, where do its GEMMs come from?" {
	ask h200 -p decode --explain fp8_gemm_nt
	says "explain.fp8_gemm_nt = decode: 21 launches in 5 layers"
	kplan -r "$TREE" -c "$FIXTURES/kplan/deepseek-v3.json" -D h200 --tp 8 -p decode |
		jq -r 'select(.kernel == "fp8_gemm_nt") | "\(.shapes[2] | join("x")) \(.frames[.op].call)"' | sort -u >"$BATS_TEST_TMPDIR/gemms"
	diff - "$BATS_TEST_TMPDIR/gemms" <<-'END'
	2112x7168 self.fused_qkv_a_proj_with_mqa
	3072x1536 self.q_b_proj
	4608x7168 self.gate_up_proj
	7168x2048 self.o_proj
	7168x2304 self.down_proj
	END
}

@test "Q8 given a profile of MI355X whose first kernel is cross_device_reduce_2stage, who launches it?" {
	ask mi355x -e SGLANG_USE_AITER=1 -p decode --explain cross_device_reduce_2stage
	says "explain.cross_device_reduce_2stage = decode: 11 launches in 5 layers" "parallel_state.py: out = ca_comm.custom_all_reduce(input_)" \
		"outplace_all_reduce_method == \"ca\" is true"
}

@test "Q9 given B200, which kernel runs the experts, and why not the one of Hopper?" {
	ask b200 -p decode --explain fused_moe_kernel
	says "explain.fused_moe_kernel = decode: does not run" "runner.py: self.fused_func is not None is true"
	ask b200 -p decode --explain trtllm_fp8_block_scale_moe
	says "explain.trtllm_fp8_block_scale_moe = decode: 2 launches in 2 layers"
	ask b200 --facts
	says "server_args.moe_runner_backend = flashinfer_trtllm" "server_args.disable_shared_experts_fusion = true"
}

@test "Q10 given a small batch, why is there a kernel of inductor in place of moe_sum_reduce?" {
	ask h200 -p decode -b 8 --explain moe_sum_reduce
	says "explain.moe_sum_reduce = decode: does not run" "fused_moe.py: tokens_in_chunk <= 32 is true: 8 against 32"
	ask h200 -p decode -b 64 --explain moe_sum_reduce
	says "explain.moe_sum_reduce = decode: 2 launches in 2 layers"
}
