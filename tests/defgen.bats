# SPDX-License-Identifier: Apache-2.0
# defgen: definitions from model source and config.

load helper

setup() {
	need jq
	cd "$ROOT"
	TREE=fixtures/defgen/tree
}

# define [ARGUMENT...]: run on the small model.
define() {
	run_split defgen -m tiny --config fixtures/defgen/tiny.json --sglang-path "$TREE" "$@"
}

names() {
	jq -r .name <<<"$output" | sort
}

# has NAME...: each is among the definitions.
has() {
	local name
	for name in "$@"; do
		names | grep -qx -- "$name" || { echo "no $name in:"; names; false; }
	done
}

@test "given a small model on two ranks, when its definitions are written, then they are the golden ones" {
	check_golden defgen/tiny.out.ndjson 0 defgen -m tiny --config fixtures/defgen/tiny.json \
		--sglang-path "$TREE" --tp 2
}

@test "given one and two ranks, when definitions are written, then heads are split and linear layers are not" {
	define --tp 1,2
	[ "$status" -eq 0 ]
	has gqa_paged_decode_h8_kv2_d32_ps1 gqa_paged_decode_h4_kv1_d32_ps1 gemm_n384_k256
	[ "$(names | grep -c '^gemm_n384')" -eq 1 ]
	jq -se 'any(.name == "gqa_paged_decode_h4_kv1_d32_ps1" and (.tags | index("tp:2")))' <<<"$output"
}

@test "given expert ranks, when definitions are written, then a rank routes over all experts and runs its own" {
	define --ep 1,2
	has moe_fp8_block_scale_renorm_topk2_e4_h256_i128 moe_fp8_block_scale_renorm_topk2_e2_h256_i128
	jq -se '[.[] | select(.op_type == "moe" and .axes.num_local_experts.value == 2 and (.name | startswith("moe_experts") | not))] | length == 4 and all(
	  .axes.num_experts.value == 4 and .inputs.gemm1_weights.shape[0] == "num_local_experts" and
	  (.inputs.routing_logits.shape // ["seq_len", "num_experts"]) == ["seq_len", "num_experts"] and
	  .inputs.local_expert_offset.shape == null and (.reference | contains("int(local_expert_offset)")))' <<<"$output"
	jq -se 'all(select(.axes.num_experts.value == 4 and .axes.num_local_experts == null) | .inputs.local_expert_offset == null)' <<<"$output"
}

@test "given norms with and without a residual, when forwards are read, then both families come out" {
	define
	has rmsnorm_h256 fused_add_rmsnorm_h256
}

@test "given options that nobody set, held weights and decays, when a model is evaluated, then defaults hold and only products come out" {
	run_split defgen -m options --config fixtures/defgen/options.json --sglang-path "$TREE"
	[ "$status" -eq 0 ]
	[ "$(names | grep '^gemm')" = $'gemm_n1000_k256\ngemm_n1536_k256\ngemm_n2048_k256\ngemm_n256_k128\ngemm_n8_k256' ]
	has gdn_decode_qk2_v4_d32_k_last gdn_prefill_qk2_v4_d32_k_last top_p_sampling_from_probs_v2000
	# experts chosen by a softmax with a bias: no fused family does, the choice and the experts are apart
	has "$(names | grep '^moe_routing_softmax_bias_')" "$(names | grep '^moe_experts_')"
	! names | grep '^moe_fp8' || false
}

@test "given heads that attend compressed and in full, when definitions are written, then both are latent attention" {
	run_split defgen -m options --config fixtures/defgen/options.json --sglang-path "$TREE" --tp 2
	has mla_paged_decode_h4_ckv32_kpe16_ps1 mla_ragged_prefill_causal_h4_qk64_vo64
	! names | grep '^gqa' || false
}

@test "given execution modes, when only decode is asked for, then no prefill definition comes out" {
	define --execution-modes decode
	has gqa_paged_decode_h8_kv2_d32_ps64
	! names | grep prefill || false
}

@test "given --no-quantized, when definitions are written, then experts have their own weights and the report says what is left out" {
	define --no-quantized --report "$BATS_TEST_TMPDIR/report.json"
	[ "$(names | grep moe)" = $'moe_experts_topk2_e4_h256_i128\nmoe_routing_softmax_topk2_e4' ]
	jq -e '.suggestions[] | select(test("quantized"))' "$BATS_TEST_TMPDIR/report.json"
}

@test "given FlashInfer's dialect, when definitions are named, then they are named as its dumper does" {
	define --naming flashinfer
	has gemm_bf16_N384_K256 gqa_paged_prefill_h8_kv2_d32_ps1 gqa_ragged_h8_kv2_d32 top_k_sampling_v1000
	# what FlashInfer has with other inputs has a name that is none of its
	has dataset_gqa_paged_prefill_causal_h8_kv2_d32_ps64
	jq -se 'any(.name == "gemm_bf16_N384_K256" and .op_type == "gemm_bf16" and .inputs.B == (.inputs.B | .shape = ["K", "N"] | .dtype = "bfloat16"))
	  and any(.name == "fused_add_rmsnorm_h256" and (.outputs | keys == ["output", "residual"]))' <<<"$output"
}

@test "given any definition, when its shapes are read, then every axis exists and every variable axis is in an input" {
	define --tp 1,2
	jq -e '
	  (.axes | keys) as $axes |
	  [(.inputs, .outputs)[] | select(.shape) | .shape[]] as $used |
	  [.inputs[] | select(.shape) | .shape[]] as $fed |
	  ($used - $axes | length) == 0 and
	  ([.axes | to_entries[] | select(.value.type == "var") | .key] - $fed | length) == 0 and
	  ([.description, (.axes, .inputs, .outputs)[].description] | all(. != null and . != ""))
	  ' <<<"$output" >"$BATS_TEST_TMPDIR/checks"
	[ "$(sort -u "$BATS_TEST_TMPDIR/checks")" = true ]
}

@test "given an output folder, when definitions are written twice, then the second run writes and changes nothing" {
	define -o "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 0 ]
	[ -f "$BATS_TEST_TMPDIR/out/rmsnorm/rmsnorm_h256.json" ]
	find "$BATS_TEST_TMPDIR/out" -type f -exec md5sum {} + | sort >"$BATS_TEST_TMPDIR/before"
	define -o "$BATS_TEST_TMPDIR/out" --report "$BATS_TEST_TMPDIR/report.json"
	[ "$status" -eq 0 ]
	find "$BATS_TEST_TMPDIR/out" -type f -exec md5sum {} + | sort | cmp - "$BATS_TEST_TMPDIR/before"
	[ "$(jq '.new_definitions | length' "$BATS_TEST_TMPDIR/report.json")" -eq 0 ]
}

@test "given a dataset with another epsilon, when a norm is compared, then it is versioned and flagged, and nothing is overwritten" {
	define -o "$BATS_TEST_TMPDIR/out"
	jq '.rms_norm_eps = 1e-6' fixtures/defgen/tiny.json >"$BATS_TEST_TMPDIR/other.json"
	run_split defgen -m other --config "$BATS_TEST_TMPDIR/other.json" --sglang-path "$TREE" \
		--dataset "$BATS_TEST_TMPDIR/out" --report "$BATS_TEST_TMPDIR/report.json"
	[ "$status" -eq 1 ]
	has rmsnorm_h256_v2 fused_add_rmsnorm_h256_v2
	[ "$(names | wc -l)" -eq 2 ]
	[ "$(jq -r '.conflicts[] | select(.name == "rmsnorm_h256") | .versioned, .differs[0]' \
		"$BATS_TEST_TMPDIR/report.json")" = $'rmsnorm_h256_v2\neps: 1e-6 here, 1e-05 there' ]
}

@test "given two models of one run that differ in epsilon, when definitions are written, then both norms come out under two names" {
	jq '.rms_norm_eps = 1e-6' fixtures/defgen/tiny.json >"$BATS_TEST_TMPDIR/other.json"
	define -m other --config "$BATS_TEST_TMPDIR/other.json" --report "$BATS_TEST_TMPDIR/report.json"
	[ "$status" -eq 1 ]
	has rmsnorm_h256 rmsnorm_h256_v2
	[ "$(jq -r '.shared_across_models.gemm_n384_k256 | join(" ")' "$BATS_TEST_TMPDIR/report.json")" = "tiny other" ]
}

@test "given one folder and a run for each model, when they share a definition, then the report says so and the tags can be added" {
	run_split defgen -m first_model --config fixtures/defgen/tiny.json --sglang-path "$TREE" -o "$BATS_TEST_TMPDIR/out"
	again() {
		run_split defgen -m second --config fixtures/defgen/tiny.json --sglang-path "$TREE" \
			-o "$BATS_TEST_TMPDIR/out" --report "$BATS_TEST_TMPDIR/report.json" "$@"
		[ "$status" -eq 0 ]
		[ "$(jq -c '.shared_across_models.gemm_n384_k256' "$BATS_TEST_TMPDIR/report.json")" = '["second","first-model"]' ]
		jq -c '.existing_without_tag.gemm_n384_k256' "$BATS_TEST_TMPDIR/report.json"
	}
	file=$BATS_TEST_TMPDIR/out/gemm/gemm_n384_k256.json
	cp "$file" "$BATS_TEST_TMPDIR/before.json"
	[ "$(again)" = '["model:second"]' ]
	cmp "$file" "$BATS_TEST_TMPDIR/before.json"
	[ "$(again --update-tags)" = '["model:second"]' ]
	[ "$(jq -c '.tags' "$file")" = '["status:unverified","model:first-model","model:second"]' ]
	[ "$(jq -c 'del(.tags)' "$file")" = "$(jq -c 'del(.tags)' "$BATS_TEST_TMPDIR/before.json")" ]
	[ "$(again)" = null ]
}

@test "given a dataset with broken files, when it is read, then each is named and the rest is used" {
	define -o "$BATS_TEST_TMPDIR/out"
	printf '{"name": "x", ' >"$BATS_TEST_TMPDIR/out/gemm/broken.json"
	define --dataset "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[[ $errors == *"gemm/broken.json: byte "* ]]
}

@test "given a model that is not there, when it is asked for, then models are listed, the closest is named, and it exits with 2" {
	jq 'del(.architectures)' fixtures/defgen/tiny.json >"$BATS_TEST_TMPDIR/config.json"
	run_split defgen -m tinny --config "$BATS_TEST_TMPDIR/config.json" --sglang-path "$TREE"
	[ "$status" -eq 2 ]
	[ -z "$output" ]
	[[ $errors == *"models: "*tiny* && $errors == *"closest match: tiny (TinyForCausalLM)"* ]]
}

@test "given a config that is not JSON, when it is read, then file, line and byte are named and it exits with 2" {
	printf '{\n"hidden_size": 256,\n oops }' >"$BATS_TEST_TMPDIR/config.json"
	run_split defgen -m tiny --config "$BATS_TEST_TMPDIR/config.json" --sglang-path "$TREE"
	[ "$status" -eq 2 ]
	[[ $errors == "defgen: $BATS_TEST_TMPDIR/config.json:3: byte "* ]]
}

@test "given a config that lacks a key, when the code needs it, then key, file and line are named and the rest comes out" {
	jq 'del(.intermediate_size)' fixtures/defgen/tiny.json >"$BATS_TEST_TMPDIR/config.json"
	run_split defgen -m tiny --config "$BATS_TEST_TMPDIR/config.json" --sglang-path "$TREE"
	[ "$status" -eq 1 ]
	has gemm_n384_k256 rmsnorm_h256
	[[ $errors == *'the config has no "intermediate_size", needed at tree/python/sglang/srt/models/tiny.py:93'* ]]
}

@test "given absurd sizes, when they reach a kernel, then they are named and the rest comes out" {
	for change in '.hidden_size = -256' '.intermediate_size = 1e30' '.vocab_size = "many"' \
		'.num_hidden_layers = 1000000000' '.num_attention_heads = 0' '.rms_norm_eps = null' \
		'.hidden_size = 99999999999999999999999' '.moe_intermediate_size = []'; do
		jq "$change" fixtures/defgen/tiny.json >"$BATS_TEST_TMPDIR/config.json"
		run_split defgen -m tiny --config "$BATS_TEST_TMPDIR/config.json" --sglang-path "$TREE"
		[ "$status" -eq 1 ] || [ "$change" = '.rms_norm_eps = null' ] ||
			{ echo "$change: status $status: $errors"; false; }
		! names | grep -E -- '-|e[+]|[0-9]{10}' || { echo "$change"; false; }
	done
}

@test "given absurd configs of one release, when they share a run, then each is told with its reason and none ends it" {
	[ -d build/inputs/sglang/python ] || skip "no sglang in build/inputs (make inputs)"
	local name base change said models=() missed=0
	while IFS='|' read -r name base change said; do
		jq "if .num_hidden_layers then .num_hidden_layers = 4 else . end | $change" \
			"fixtures/configs/$base.json" >"$BATS_TEST_TMPDIR/$name.json"
		models+=(-m "$name" --config "$BATS_TEST_TMPDIR/$name.json")
	done <fixtures/defgen/absurd.txt
	run_split defgen "${models[@]}" --sglang-path build/inputs/sglang
	[ "$status" -eq 1 ]
	while IFS='|' read -r name base change said; do
		grep -F ": $name: " <<<"$errors" | grep -qF -- "$said" || {
			echo "$name: not told: $said"
			grep -F ": $name: " <<<"$errors"
			missed=1
		}
	done <fixtures/defgen/absurd.txt
	[ "$missed" -eq 0 ]
}

@test "given a config without a size, when its model type has a default, then the report says what was taken" {
	[ -d build/inputs/sglang/python ] || skip "no sglang in build/inputs (make inputs)"
	jq 'del(.hidden_size) | .num_hidden_layers = 1' fixtures/configs/qwen3.json >"$BATS_TEST_TMPDIR/config.json"
	run_split defgen -m q --config "$BATS_TEST_TMPDIR/config.json" --sglang-path build/inputs/sglang \
		--report "$BATS_TEST_TMPDIR/report.json"
	jq -e '.assumed | tostring | contains("hidden_size") and contains("4096")' "$BATS_TEST_TMPDIR/report.json"
}

@test "given architectures that are no list, when a model is asked for, then that is told with 2" {
	jq '.architectures = "Qwen3ForCausalLM"' fixtures/configs/qwen3.json >"$BATS_TEST_TMPDIR/config.json"
	run_split defgen -m nosuch --config "$BATS_TEST_TMPDIR/config.json" --sglang-path "$TREE"
	[ "$status" -eq 2 ]
	grep -q 'architectures of the config is no list of names' <<<"$errors"
}

@test "given a model file that does not parse, when it is evaluated, then the line is named" {
	cp -r "$TREE" "$BATS_TEST_TMPDIR/tree"
	chmod -R u+w "$BATS_TEST_TMPDIR/tree"
	sed -i '30s/.*/        super().__init__((/' "$BATS_TEST_TMPDIR/tree/python/sglang/srt/models/tiny.py"
	run_split defgen -m tiny --config fixtures/defgen/tiny.json --sglang-path "$BATS_TEST_TMPDIR/tree"
	[ "$status" -ne 0 ]
	[[ $errors == *"tiny.py:"* ]]
}

@test "given the tracked models, when they are extracted from sglang 0.5.8, then every expected definition comes out" {
	pinned sglang
	shared_data definitions/coverage.json
	tests/definitions/coverage "$BIN/defgen" "$TREE" "$DATA" "$(dirname "$DATA")/configs.json"
}

# defined_case NAME [ARGUMENT...]: run on a config of the cases beside the field data, or skip.
defined_case() {
	local folder=${WARPIPE_SHARED:-$ROOT/../shared}/cases/defs name=$1
	shift
	[ -d "$folder" ] || skip "no cases at $folder (set WARPIPE_SHARED)"
	CONFIG=$folder/$name.config.json
	if [ -d "$folder/$name" ]; then
		TREE=$folder/$name/tree CONFIG=$folder/$name/config.json
	else
		sglang_release 0.5.23
	fi
	run_split defgen -m case --config "$CONFIG" --sglang-path "$TREE" \
		--report "$BATS_TEST_TMPDIR/report.json" "$@"
}

# accounted FILTER: holds of the only account.
accounted() {
	jq -e ".accounts[0] | $1" "$BATS_TEST_TMPDIR/report.json" ||
		{ jq -c '.accounts[0]' "$BATS_TEST_TMPDIR/report.json"; echo "$errors"; false; }
}

@test "given layers chosen by the end of a prefix, when a model is constructed, then they are there and their lack of attention is told" {
	defined_case rsplit
	[ "$status" -eq 1 ]
	has gemm_n4096_k11008 rmsnorm_h4096
	[[ $errors == *"account: nothing attends or scans in layers 0-1 (of 2)"* ]]
}

@test "given values smaller than keys, when heads are split to one, then that is no latent attention" {
	for tp in 1 4; do
		defined_case gqa-vdim --tp $tp
		[ "$status" -eq 0 ]
		has gqa_paged_decode_h$((64 / tp))_kv$((4 / tp))_d192_vo128_ps64 gqa_ragged_prefill_causal_h$((64 / tp))_kv$((4 / tp))_d192_vo128
		! names | grep -e mla || false
	done
}

@test "given sinks, when attention is defined, then it is none that knows them not" {
	defined_case sinks
	has gqa_paged_decode_h64_kv8_d64_ps1_sinks gqa_paged_prefill_causal_h64_kv8_d64_ps64_sinks
	! names | grep gqa | grep -v sinks || false
	jq -se 'map(select(.op_type | startswith("gqa"))) | length == 5 and all(.inputs.sinks.shape == ["num_qo_heads"])' <<<"$output"
}

@test "given Granite's hybrid on a new release, when it is defined, then all forty layers have their mixer" {
	defined_case granite-hybrid
	has gqa_paged_decode_h32_kv8_d128_ps64 moe_fp8_block_scale_renorm_topk10_e72_h4096_i768 gemm_n3072_k4096 gemm_n4096_k1536
	accounted '.complete and .layers == 40 and ([.mixers[] | [.kind, .layers]] == [["Mamba-2", 36], ["attention", 4]])'
}

@test "given Qwen3.5 on a new release, when it is defined, then its delta net and attention are there" {
	defined_case qwen35-text --tp 8
	has gdn_decode_qk2_v8_d128_k_last gqa_paged_decode_h4_kv1_d256_ps1 gemm_n20480_k4096
	accounted '.complete and ([.mixers[].layers] == [45, 15])'
	defined_case qwen35-vl --tp 8
	has gdn_decode_qk2_v8_d128_k_last gqa_paged_decode_h4_kv1_d256_ps1
	accounted '.complete and .class == "Qwen3_5MoeForConditionalGeneration"'
}

@test "given pictures whose encoder has blocks of its own, when DeepSeek-OCR is accounted, then they are none of the decoder's layers" {
	pinned sglang
	run_split defgen -m ocr --config fixtures/defgen/deepseek_ocr.json --sglang-path "$TREE" --report "$BATS_TEST_TMPDIR/report.json"
	jq -e '.accounts[0] | .complete and .layers_found == 12 and ([.mixers[] | [.kind, .layers]] | sort == [["Attention", 0], ["attention", 12]])' "$BATS_TEST_TMPDIR/report.json"
	# told with its line all the same
	[[ $errors == *"deepseek_ocr.py"*"nothing is known of how it attends or scans"* ]]
}

@test "given Mamba's first scan and DeepSeek-V4's attention, when they are met, then each has definitions of its own" {
	defined_case mamba1
	[ "$status" -eq 0 ]
	has mamba_ssu_decode_h1536_d1_s16_ng1 causal_conv1d_decode_d1536_w4_silu_bias
	accounted '.complete and .mixers == [{kind: "Mamba-1", layers: .layers, described: true}]'
	defined_case deepseek-v4 --tp 8
	# the config lacks two keys that released files have: told, and what they decide is not written
	[ "$status" -eq 1 ]
	[[ $errors == *"deepseek_v2.py:519: "*"topk_method"* ]]
	has sparse_shared_kv_h8_d512_sinks
	! names | grep -e gqa -e mla -e moe || false
}

@test "given a vocabulary that is padded, when the head is defined, then its product has the padded rows and sampling has not" {
	defined_case lm-head-pad
	[ "$status" -eq 0 ]
	has gemm_n128192_k4096 top_k_sampling_from_probs_v128167
}

@test "given blocks of 128 and a part of 192, when sglang refuses it, then its own line says so" {
	defined_case fp8-block-tp8 --tp 8
	[ "$status" -eq 1 ]
	[[ $errors == *"quantization/fp8.py:1589: case: FusedMoE: construction stops: ValueError: The output_size of gate's and up's weight = 192 is not divisible by weight quantization block_n = 128."* ]]
}

@test "given --per-rank, when DeepSeek-V3 is defined on eight ranks, then products and experts are a rank's, tagged" {
	pinned sglang
	run_split defgen -m d --config fixtures/configs/deepseek_v3.json --sglang-path "$TREE" --tp 8 --per-rank
	[ "$status" -eq 0 ]
	has gemm_n7168_k2048 gemm_n3072_k1536 gemm_n4608_k7168 gemm_n16160_k7168 \
		moe_fp8_block_scale_ds_routing_topk8_ng8_kg4_e256_h7168_i256
	! names | grep -x -e gemm_n7168_k16384 -e gemm_n129280_k7168 || false
	jq -se 'all(select(.op_type == "gemm" or .op_type == "moe") | .tags | index("tp:8"))' <<<"$output"
}

@test "given windows, chunks, sinks and caps, when small models are defined, then each attention has a name of its own" {
	pinned sglang
	attention_of() {
		run_split defgen -m m --config "fixtures/configs/small/$1.json" --sglang-path "$TREE" --execution-modes decode
		names | sed -n 's/^gqa_paged_decode_\(.*\)_ps1/\1/p' | tr '\n' ' '
	}
	[ "$(attention_of gpt_oss)" = "h8_kv2_d32_sinks h8_kv2_d32_wl7_sinks " ]
	[ "$(attention_of gemma2)" = "h8_kv4_d32_cap50 h8_kv4_d32_wl7_cap50 " ]
	[ "$(attention_of llama4)" = "h4_kv2_d64 h4_kv2_d64_chunk8 " ]
}

@test "given weights of FP8 by blocks, by tensors, and of another kind, when a model is defined, then its products are those, and what has no family is named" {
	pinned sglang
	quantized() { # METHOD-AS-JSON [ARGUMENT...]
		jq ". + {quantization_config: $1}" fixtures/configs/llama.json >"$BATS_TEST_TMPDIR/config.json"
		shift
		run_split defgen -m m --config "$BATS_TEST_TMPDIR/config.json" --sglang-path "$TREE" "$@"
	}
	quantized '{quant_method: "fp8", activation_scheme: "dynamic", weight_block_size: [128, 128]}'
	[ "$status" -eq 0 ]
	has gemm_fp8_block_scale_n6144_k4096 gemm_fp8_block_scale_n4096_k14336 gemm_n128256_k4096
	! names | grep -x gemm_n6144_k4096 || false
	quantized '{quant_method: "fp8", activation_scheme: "static"}' --no-quantized
	! names | grep -e fp8 -e gemm_n6144 || false
	quantized '{quant_method: "fp8", activation_scheme: "static"}'
	has gemm_fp8_n6144_k4096
	quantized '{quant_method: "awq", bits: 4, group_size: 128, zero_point: true}'
	has gemm_int4_g128_zeros_n6144_k4096 gemm_int4_g128_zeros_n4096_k14336
	quantized '{quant_method: "gptq", bits: 4, group_size: 64, desc_act: false, sym: true}'
	has gemm_int4_g64_n6144_k4096
	quantized '{quant_method: "w8a8_int8"}'
	has gemm_int8_n6144_k4096
	quantized '{quant_method: "w8a8_fp8"}'
	has gemm_fp8_rows_n6144_k4096
	# groups of columns in an order of their own
	quantized '{quant_method: "gptq", bits: 4, group_size: 128, desc_act: true, sym: true}'
	[ "$status" -eq 1 ]
	[[ $errors == *"llama.py:163: m: model.layers.N.self_attn.qkv_proj (QKVParallelLinear): a product with weights of int32 (GPTQMarlinLinearMethod) has no family"* ]]
	! names | grep -e n6144 || false
}

@test "given a config of compressed tensors and one of NVFP4 on a new release, when models are defined, then their products have such weights" {
	sglang_release 0.5.23
	local wanted
	for wanted in compressed:gemm_fp8_rows_n384_k256 nvfp4:gemm_nvfp4_n384_k256 awq:gemm_int4_g128_zeros_n384_k256; do
		run_split defgen -m q --config "fixtures/configs/small/newest/qwen3_${wanted%%:*}.json" --sglang-path "$TREE"
		[ "$status" -eq 0 ]
		has "${wanted#*:}" gemm_n1024_k256
	done
}

@test "given a Python with torch, when references run on small models, then each agrees with an independent computation" {
	need python3
	run tests/definitions/check-references
	[ "$status" -ne 77 ] || skip "$output"
	[ "$status" -eq 0 ] || { echo "$output" | grep -v ': ok$'; false; }
}

@test "given a reference that is wrong, when references are checked, then it is found" {
	need python3
	python3 -c 'import torch' 2>/dev/null || skip "this python3 has no torch (make check-references brings one)"
	define
	jq -c 'select(.name == "gqa_ragged_prefill_causal_h8_kv2_d32") | .reference |= sub("math.log\\(2.0\\)"; "1.0")' \
		<<<"$output" >"$BATS_TEST_TMPDIR/wrong.ndjson"
	run python3 -W ignore tests/definitions/check_references.py "$BATS_TEST_TMPDIR/wrong.ndjson"
	[ "$status" -eq 1 ]
	[[ $output == *FAILED* ]]
}

@test "given any reference, when Python reads it, then it parses and has a function run" {
	need python3
	define --tp 1,2
	jq -r .reference <<<"$output" >"$BATS_TEST_TMPDIR/all"
	python3 -c '
import ast, json, sys
for line in sys.stdin:
    definition = json.loads(line)
    tree = ast.parse(definition["reference"])
    run = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "run"]
    assert [a.arg for a in run[0].args.args] == list(definition["inputs"]), definition["name"]
    for constraint in definition.get("constraints", []):
        ast.parse(constraint, mode="eval")
' <<<"$output"
}

@test "given configs of the repository, when make definitions runs, then definitions and report are written in one go" {
	pinned sglang
	make -s definitions MODELS='deepseek_v3 llama qwen3_moe' DEFINITIONS_OUT="$BATS_TEST_TMPDIR/out" BIN="$BIN"
	[ -f "$BATS_TEST_TMPDIR/out/definitions/mla_paged/mla_paged_decode_h16_ckv512_kpe64_ps1.json" ]
	jq -e '.models | has("deepseek_v3") and has("llama") and has("qwen3_moe")' "$BATS_TEST_TMPDIR/out/report.json"
}

@test "given a dataset in folders deeper than are read, when it is compared, then a message says which" {
	mkdir -p "$BATS_TEST_TMPDIR/set/definitions/a/b/c/d"
	run_split defgen -m tiny --config fixtures/defgen/tiny.json --sglang-path "$TREE" --dataset "$BATS_TEST_TMPDIR/set" --report "$BATS_TEST_TMPDIR/report.json"
	[ -z "$errors" ]
	mkdir "$BATS_TEST_TMPDIR/set/definitions/a/b/c/d/e"
	run_split defgen -m tiny --config fixtures/defgen/tiny.json --sglang-path "$TREE" --dataset "$BATS_TEST_TMPDIR/set" --report "$BATS_TEST_TMPDIR/report.json"
	[ "$status" -eq 1 ]
	[[ $errors == *"definitions/a/b/c/d/e: folders more than 4 deep are not read"* ]]
}

@test "given a loop that does not end and modules far within one another, when the time is up, then the line is told and the rest comes out" {
	cp -r "$TREE" "$BATS_TEST_TMPDIR/tree"
	chmod -R u+w "$BATS_TEST_TMPDIR/tree"
	cat >>"$BATS_TEST_TMPDIR/tree/python/sglang/srt/models/tiny.py" <<-'PY'


	class Box(nn.Module):
	    def __init__(self, depth):
	        super().__init__()
	        if depth > 0:
	            self.inner = Box(depth - 1)


	class TinyDeep(TinyForCausalLM):
	    def __init__(self, config, quant_config=None, prefix=""):
	        super().__init__(config, quant_config, prefix)
	        self.box = Box(80)
	        while True:
	            pass


	EntryClass = TinyDeep
	PY
	sed 's/"TinyForCausalLM"/"TinyDeep"/' fixtures/defgen/tiny.json >"$BATS_TEST_TMPDIR/config.json"
	defgen -m tiny --config "$BATS_TEST_TMPDIR/config.json" --sglang-path "$BATS_TEST_TMPDIR/tree" \
		--timeout 4 -o "$BATS_TEST_TMPDIR/out" --report "$BATS_TEST_TMPDIR/report.json" || [ $? -eq 1 ]
	line=$(grep -n 'while True' "$BATS_TEST_TMPDIR/tree/python/sglang/srt/models/tiny.py" | cut -d: -f1)
	jq -e --argjson line "$line" '.unsupported[] | select((.line == $line or .line == $line + 1) and (.why | test("no time left")))' "$BATS_TEST_TMPDIR/report.json"
	[ -f "$BATS_TEST_TMPDIR/out/gemm/gemm_n384_k256.json" ]
}

@test "given three models of one tree of which one never ends and one dies, when they share a process, then the third comes out as alone" {
	cp -r "$TREE" "$BATS_TEST_TMPDIR/tree"
	chmod -R u+w "$BATS_TEST_TMPDIR/tree"
	models=$BATS_TEST_TMPDIR/tree/python/sglang/srt/models
	printf 'class %s:\n    def __init__(self, *a, **k):\n        %s\n\n\nEntryClass = %s\n' \
		Endless 'while True: pass' Endless >"$models/endless.py"
	printf 'class %s:\n    def __init__(self, *a, **k):\n        %s\n\n\nEntryClass = %s\n' \
		Deadly 'import os; os._exit(3)' Deadly >"$models/deadly.py"
	echo '{"architectures":["Endless"],"model_type":"llama"}' >"$BATS_TEST_TMPDIR/endless.json"
	echo '{"architectures":["Deadly"],"model_type":"llama"}' >"$BATS_TEST_TMPDIR/deadly.json"
	run_split defgen -m e --config "$BATS_TEST_TMPDIR/endless.json" -m d --config "$BATS_TEST_TMPDIR/deadly.json" \
		-m tiny --config fixtures/defgen/tiny.json --timeout 3 --sglang-path "$BATS_TEST_TMPDIR/tree"
	[ "$status" -eq 1 ]
	[[ $errors == *"e: "*"no time left"* && $errors == *"d: run: the confined process ended early with status 3"* ]]
	shared=$(names)
	define
	[ "$shared" = "$(names)" ]
}

@test "given options that make no sense, when defgen is called, then it exits with 2 and says which" {
	local config=fixtures/defgen/tiny.json
	# refused TEXT ARGUMENT...: one line that has the text.
	refused() {
		local text=$1
		shift
		run_split defgen "$@"
		[ "$status" -eq 2 ] && [ "$(wc -l <<<"$errors")" -eq 1 ] && [[ $errors == "defgen: "*"$text"* ]] ||
			{ echo "$*: $status: $errors"; return 1; }
	}
	for sizes in 0 -1 65537 x 1,x 1, ,1 ''; do
		refused "is no list of sizes from 1 to 65536" -m tiny --config $config --sglang-path "$TREE" --tp "$sizes"
	done
	refused 'more than 8 sizes' -m tiny --config $config --sglang-path "$TREE" --ep 1,2,3,4,5,6,7,8,9
	refused /no/such -m tiny --config /no/such --sglang-path "$TREE" --ep 1,2,3,4,5,6,7,65536
	for modes in later prefill,late decod; do
		refused 'is no mode' -m tiny --config $config --sglang-path "$TREE" --execution-modes "$modes"
	done
	refused '--model-name is missing' --sglang-path "$TREE"
	refused '2 --model-name, but 1 --config' -m a -m b --config $config --sglang-path "$TREE"
	refused '--sglang-path is missing' -m tiny --config $config
	refused "operand 'more'" -m tiny --config $config --sglang-path "$TREE" more
	refused once -m a -m b -m c --config $config --config $config --config $config --sglang-path "$TREE" --tp 1 --tp 2
	printf '{\n"a": 1,\n"b": }\n' >"$BATS_TEST_TMPDIR/cut"
	refused cut:3: -m tiny --config "$BATS_TEST_TMPDIR/cut" --sglang-path "$TREE"
	echo '[1]' >"$BATS_TEST_TMPDIR/list"
	refused 'list:1: not a JSON object' -m tiny --config "$BATS_TEST_TMPDIR/list" --sglang-path "$TREE"
	for threads in 0 65; do refused 'from 1 to 64' --survey --sglang-path "$TREE" -j $threads; done
	for timeout in 0 86401; do refused "'$timeout'" --survey --sglang-path "$TREE" --timeout $timeout; done
}

@test "given a config with numbers that JSON has not, when it is read, then they are numbers and texts stay texts" {
	define
	wanted=$output
	sed '0,/{/s//{"one": Infinity, "two": -Infinity, "three": NaN, "four": "a \\" NaN Infinity", /' \
		fixtures/defgen/tiny.json >"$BATS_TEST_TMPDIR/config"
	run jq . "$BATS_TEST_TMPDIR/config"
	run_split defgen -m tiny --config "$BATS_TEST_TMPDIR/config" --sglang-path "$TREE"
	[ "$status" -eq 0 ] && [ "$output" = "$wanted" ]
}

@test "given where repositories are, when no path is given, then the tree is found there" {
	define
	wanted=$output
	for repos in '{"sglang":"'$TREE'"}' '{"repos":{"sglang":{"path":"'$TREE'"}}}' '{"sglang":{"path":"'$TREE'"}}'; do
		run_split defgen -m tiny --config fixtures/defgen/tiny.json --repos-config <(echo "$repos")
		[ "$status" -eq 0 ] && [ "$output" = "$wanted" ]
	done
	run_split defgen -m tiny --config fixtures/defgen/tiny.json --repos-config <(echo '{"vllm":"x"}')
	[ "$status" -eq 2 ] && [[ $errors == *"has no repository sglang" ]]
}

@test "given --survey, when a tree is read, then each entry class has a row and the summary counts them" {
	defgen --survey --sglang-path "$TREE" -j 1 >"$BATS_TEST_TMPDIR/out" || [ $? -eq 1 ]
	jq -e -s '(map(select(.kind == "entry"))) as $rows | .[-1] as $all |
		$all.kind == "summary" and $all.classes == ($rows | length) and ($rows | length) > 1 and
		all("evaluated", "partly", "not"; . as $one | $all[$one] == ($rows | map(select(.status == $one)) | length)) and
		all($rows[]; (.status == "not") == (.kernels == 0) and (.status == "partly") == (.kernels > 0 and .unsupported != []))' "$BATS_TEST_TMPDIR/out"
	[ "$(jq -r 'select(.kind == "entry").class' "$BATS_TEST_TMPDIR/out" | sort)" = \
		"$(grep -h '^EntryClass' -r "$TREE" | sed 's/.*= *//; s/[][]//g; s/, */\n/g' | sort)" ]
	{ defgen --survey --sglang-path "$TREE" -j 3 || [ $? -eq 1 ]; } | diff "$BATS_TEST_TMPDIR/out" -
}

@test "given steps of a trace, when workloads are asked for, then each definition has its sizes once, with how often, tensors that make sense, and a solution" {
	annotation() { # STAGE NAME GPU
		printf '{"kind":"annotation","name":"%s","stage":"%s","gpu":%s}\n' "$2" "$1" "$3"
	}
	{
		annotation prefill 'step[EXTEND bs=2 toks=200]' false
		annotation decode 'step[DECODE bs=3]' false
		annotation decode 'step[DECODE bs=3]' true
		annotation decode 'step[DECODE bs=3]' false
		echo '{"kind":"end"}'
	} >"$BATS_TEST_TMPDIR/records"
	out=$BATS_TEST_TMPDIR/out
	define -o "$out" --workloads "$BATS_TEST_TMPDIR/records"
	[ "$status" -eq 0 ]
	load() { jq -c "$1" "$out/workloads/$2.jsonl"; }
	[ "$(load '[.workload.axes.M, .count]' gemm/gemm_n384_k256)" = $'[200,1]\n[3,2]' ]
	[ "$(load '[.workload.axes.batch_size, .count]' sampling/top_p_sampling_from_probs_v1000)" = $'[2,1]\n[3,2]' ]
	[ "$(load .workload.axes gqa_paged/gqa_paged_decode_h8_kv2_d32_ps64)" = \
		'{"batch_size":3,"num_pages":6,"len_indptr":4,"num_kv_indices":6}' ]
	load '.workload.inputs.sm_scale.value - 1 / (32 | sqrt) | . < 1e-6 and . > -1e-6' gqa_paged/gqa_paged_decode_h8_kv2_d32_ps64 | grep -qx true
	blob=$out/$(load .workload.inputs.kv_indptr.path gqa_paged/gqa_paged_decode_h8_kv2_d32_ps64 | tr -d '"')
	length=$(od -An -tu8 -N8 "$blob" | tr -d ' ')
	head=$(tail -c +9 "$blob" | head -c "$length")
	[ "$(jq -c .kv_indptr <<<"$head")" = '{"dtype":"I32","shape":[4],"data_offsets":[0,16]}' ]
	[ "$(tail -c +$((9 + length)) "$blob" | od -An -td4 | xargs)" = "0 2 4 6 0 1 2 3 4 5 36 36 36" ]
	jq -e '.definition == "gqa_paged_decode_h8_kv2_d32_ps64" and (.sources[0].content | contains("BatchDecodeWithPagedKVCacheWrapper"))' \
		"$out"/solutions/baseline/gqa_paged/gqa_paged_decode_h8_kv2_d32_ps64/*.json
	for file in "$out"/definitions/*/*.json; do
		[ -s "$out/workloads/${file#"$out/definitions/"}l" ] || [[ $file == *mtp* ]] || { echo "no workload of $file"; false; }
	done
}

@test "given lengths of requests, when workloads are made up, then a prefill and the decode steps come out, and wrong ones are refused" {
	define -o "$BATS_TEST_TMPDIR/out" --synthetic 100,10,4
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.workload.axes.M, .count]' "$BATS_TEST_TMPDIR/out/workloads/gemm/gemm_n384_k256.jsonl")" = $'[400,1]\n[4,9]' ]
	[ "$(jq -c .workload.axes.num_kv_indices "$BATS_TEST_TMPDIR/out/workloads/gqa_paged/gqa_paged_decode_h8_kv2_d32_ps1.jsonl")" = 420 ]
	define -o "$BATS_TEST_TMPDIR/out" --synthetic 100,10
	[ "$status" -eq 2 ]
	define --synthetic 100,10,4
	[ "$status" -eq 2 ]
	printf '{"kind":"kernel"}\n{"kind":"end"}\n' >"$BATS_TEST_TMPDIR/records"
	define -o "$BATS_TEST_TMPDIR/out" --workloads "$BATS_TEST_TMPDIR/records"
	[ "$status" -eq 2 ]
	[[ $errors == *"no annotation of a step"* ]]
}

@test "given eleven models whose released weights are known, when one and eight ranks multiply with them, then their products are those worked out by hand" {
	pinned sglang
	run tests/definitions/weights "$BIN/defgen" "$TREE"
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	[ "$(grep -c 'products: $' <<<"$output")" -eq 22 ]
}
