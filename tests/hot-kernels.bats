# SPDX-License-Identifier: Apache-2.0
# The pipeline behind make hot-kernels: a trace and a tree in, records, table, document and page out.

load helper

setup() {
	need jq ctags
	cd "$BATS_TEST_TMPDIR"
	TREE=$FIXTURES/kjoin/tree
}

hot() {
	BIN=$BIN "$ROOT/pipelines/hot-kernels" -s "$TREE" "$@"
}

@test "given a trace with frames and its tree, when they are joined, then table, document, page and records name the ops" {
	run hot "$FIXTURES/kjoin/trace.in.json"
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	# Its frames name the function, which calls two products; no order tells which.
	[[ $output == *" ? gate_"*"@ tiny.py:16"* ]]
	for suffix in ndjson txt md html idle.ndjson; do
		[ -s "results/hot/trace.in.$suffix" ]
		# A browser takes a file for a page by its own name, not by that of the link.
		[[ $(realpath "results/hot/trace.in.$suffix") == *.$suffix ]]
	done
	# Why the wall clock goes comes first.
	[[ $(head -n 1 results/hot/trace.in.txt) == "1. "*"% of the wall time "* ]]
	jq -e -s 'map(select(.kind == "hot")) | (.[0].places[0] | .at.call == "self.gate_up_proj" and .how == "frames" and .certain == false and
		.chain.frames[0].file == "sglang/python/mini/layers/linear.py" and .rate.how == "computed") and
		(.[0].places[1].at.call == "self.down_proj") and (.[1].places[0].at.call == "self.act_fn") and .[2].explained != "chain"' results/hot/trace.in.ndjson
	# the tree is reached through a link, and its lines are those of the trace
	jq -e -s '.[0].frames | .seen == 6 and .in_tree == 6' results/hot/trace.in.ndjson
	# the model is the one whose file is on the stacks, and links lead to the tree
	[ "$(jq -r 'select(.kind == "join").model' results/hot/trace.in.ndjson)" = tiny ]
	[ -f results/hot/../../sglang/python/mini/models/tiny.py ]
	grep -q '../../sglang/python/mini/models/tiny.py#L16' results/hot/trace.in.md
}

@test "given names that shells and pages would take for code, when they are joined, then they stay names" {
	local odd="-a 'b' \"c\" \$(touch pwned); d.json"
	cp "$FIXTURES/kjoin/trace.in.json" "./$odd"
	run hot -o "out \$(touch pwned)" -- "$odd"
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	[ -s "out \$(touch pwned)/${odd%.json}.html" ]
	[ -z "$(find . -name pwned)" ]
	! grep -q '<script>alert' "out \$(touch pwned)/${odd%.json}.html" || false
	# in Markdown only as code
	! grep -v '^`.*`$' "out \$(touch pwned)/${odd%.json}.md" | grep -q '<script>' || false
}

@test "given the same code again, when another trace is joined, then what was read of it is used" {
	cp -r "$TREE" tree
	TREE=tree
	hot "$FIXTURES/kjoin/trace.in.json" >first
	grep -q ' ? gate_.* @ tiny.py:16' first
	[ "$(ls build/hot | cut -d - -f 1 | tr '\n' ' ')" = "callees chains imports " ]
	# What is kept is what is read again: here it says that there is nothing.
	echo '{"kind":"end"}' >build/hot/chains-*/records
	hot "$FIXTURES/kjoin/trace.in.json" >second
	run grep gate_up_proj second
	[ "$status" -eq 1 ]
	# a changed file makes it anew
	touch tree/python/mini/models/tiny.py
	hot "$FIXTURES/kjoin/trace.in.json" | cmp - first
}

@test "given a trace without frames and a tree of several models, then none is guessed, and the models are listed" {
	sed 's|mini/models/tiny.py|mini/other.py|g; s|models/tiny.py|other.py|g' "$FIXTURES/kjoin/trace.in.json" >plain.json
	cp -r "$TREE" tree
	TREE=$PWD/tree
	printf 'EntryClass = None\n' >tree/python/mini/models/second.py
	run_split hot plain.json
	[ "$status" -eq 2 ]
	[[ $errors == *"does not name its model"*"--model NAME, one of the 2 of this tree: second tiny"* ]]
	[ ! -e results/hot/plain.html ]
	rm tree/python/mini/models/second.py
	hot plain.json >/dev/null
	[ "$(jq -r 'select(.kind == "join").model' results/hot/plain.ndjson)" = tiny ]
}

@test "given a plan of the deployment, when a trace is joined, then its order tells what frames do not, and the head says how much" {
	(cd "$ROOT" && jq -c -s -f fixtures/kjoin/plan.jq fixtures/kjoin/chains.ndjson) |
		sed 's|"tree/python|"sglang/python|g' >plan
	jq -c '(if type == "array" then . else .traceEvents end) |= map(select(.cat != "python_function"))' "$FIXTURES/kjoin/trace.in.json" >plain.json
	run hot -m tiny -p plan plain.json
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	jq -e -s '.[0].plan.launches == 32' results/hot/plain.ndjson
	# Its launches are of two layers; what the trace has is less than a layer, and not said to be more.
	[[ $output == *"the plan does not fit"* ]] || [[ $output == *"by the plan's order"* ]]
	run hot -m tiny -p /no/such plain.json
	[ "$status" -eq 2 ] && [[ $output == *"/no/such: no such file"* ]]
	run hot -m tiny -d /no/such plain.json
	[ "$status" -eq 2 ] && [[ $output == *"/no/such: no such file"* ]]
}

@test "given a decode step without frames and its config, when it is joined, then the plan has nearly all of its time" {
	shared_data traces/sglang_r1distill_llama8b_B300_DECODE.trace.json.gz
	sglang_release 0.5.12
	zcat "$DATA" | jq -c '.traceEvents |= map(select(.cat != "python_function"))' >llama.json
	jq '. + {model_type: "llama", hidden_act: "silu", max_position_embeddings: 131072, rope_theta: 500000.0, torch_dtype: "bfloat16"}' \
		"$FIXTURES/configs/llama.json" >config.json
	run hot -m llama -d config.json llama.json
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	# device, ranks and batch are the trace's
	[[ $output == *"plan: NVIDIA B300 SXM6 AC, tp 1; decode 16"* ]]
	jq -e -s '.[0] | .plan.sum > 0.9 * .sum and .plan.device == "b300"' results/hot/llama.ndjson
	# one place has the attention, and both products of the MLP their own
	jq -e -s '[.[] | select(.kind == "hot" and .type == "attention" and .share > 0.05) | .places | length] == [1]' results/hot/llama.ndjson
}

@test "given no trace or no tree, when they are to be joined, then the status is 2 and nothing is written" {
	run hot /no/such.json
	[ "$status" -eq 2 ]
	TREE=/no/such run hot "$FIXTURES/kjoin/trace.in.json"
	[ "$status" -eq 2 ]
	[ -z "$(find . -name '*.ndjson')" ]
	[ -z "$(find build -name '.work*' 2>/dev/null)" ]
	run hot
	[ "$status" -eq 2 ] && [[ $output == *"which tr"* ]]
}

@test "given a decode step of sglang, when it is joined by make, then the page has it" {
	shared_data traces/sglang_r1distill_llama8b_B300_DECODE.trace.json.gz
	sglang_release 0.5.12
	run hot -m llama "$DATA"
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	jq -e -s '[.[] | select(.kind == "op" and .definition) | .definition.name] |
		contains(["gemm_n28672_k4096", "gemm_n6144_k4096", "gqa_paged_decode_h32_kv8_d128_ps1"])' results/hot/*.ndjson
	jq -e -s '[.[] | select(.kind == "hot" and .rank < 4) | .places[0].rate.ceiling_pct] | all(.[]; . > 20 and . < 100)' results/hot/*.ndjson
}

@test "given results of a run, when another replaces them, then all four change in one step" {
	cp -r "$TREE" tree
	TREE=tree
	hot "$FIXTURES/kjoin/trace.in.json" >/dev/null
	for suffix in ndjson txt md html; do
		[ "$(readlink "results/hot/trace.in.$suffix")" = ".trace.in/hot.$suffix" ]
	done
	sed -i '1i # 1\n# 2\n# 3' tree/python/mini/models/tiny.py
	hot "$FIXTURES/kjoin/trace.in.json" >/dev/null
	for suffix in ndjson txt md html; do grep -qE 'tiny\.py(:|#L|","line":)19' "results/hot/trace.in.$suffix"; done
	[ -z "$(find results -name '.warpipe.*')" ]
}

@test "given two runs at once, inputs that changed under their names, and kills, then results tell the truth" {
	run "$ROOT/tests/trials" -b "$BIN" 1
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = $'race: 1 trials, 0 wrong\nstale: 1 trials, 0 wrong\nkill: 1 trials, 0 wrong' ]
}
