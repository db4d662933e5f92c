# SPDX-License-Identifier: Apache-2.0
# tr-layers: passes, layers and their kernels.

load helper
load tr-layers/models

# layers_are MODEL LAYERS PASSES [VARIABLE=VALUE...]: that many, and each kernel in its own.
layers_are() {
	local model=$1 layers=$2 passes=$3
	shift 3
	generate "$model" "$@" | tr-layers --kernels >"$BATS_TEST_TMPDIR/out"
	misplaced <"$BATS_TEST_TMPDIR/out" >"$BATS_TEST_TMPDIR/wrong"
	[ ! -s "$BATS_TEST_TMPDIR/wrong" ] || { echo "$model $*"; head "$BATS_TEST_TMPDIR/wrong"; false; }
	jq -e -s --argjson layers "$layers" --argjson passes "$passes" '
		map(select(.kind == "summary"))[0] |
		.layers == $layers and .passes == $passes' "$BATS_TEST_TMPDIR/out" >/dev/null ||
		{ echo "$model $*:"; grep '"summary"' "$BATS_TEST_TMPDIR/out"; false; }
}

@test "given a decoder model, when it repeats, then every kernel is in its layer" {
	layers_are dense 12 1
	layers_are dense 36 3 passes=3
	layers_are dense 36 3 passes=3 noise=1
	layers_are dense 24 2 passes=2 graph=1
	layers_are dense 36 3 passes=3 skip=1
}

@test "given all-reduces, when layers are cut, then each stays with the layer that issued it" {
	layers_are dense-tp 16 1
	layers_are dense-tp 48 3 passes=3
	layers_are dense-tp 48 3 passes=3 noise=1 shared=1
}

@test "given dense layers before layers of experts, when they are found, then both kinds are" {
	layers_are mla-moe 61 1
	layers_are mla-moe 183 3 passes=3
	layers_are mla-moe 183 3 passes=3 noise=1
	jq -s -e '[.[] | select(.kind == "layer" and .pass == 1) | .type] |
		.[:3] == ["MLA+FC", "MLA+FC", "MLA+FC"] and (.[3:] | unique) == ["MLA+MoE"]' \
		"$BATS_TEST_TMPDIR/out"
}

@test "given linear and full attention by turns, when layers are found, then each is one" {
	layers_are hybrid 16 1
	layers_are hybrid 48 3 passes=3 shared=1
	jq -s -e '[.[] | select(.kind == "layer") | .type] | .[:4] ==
		["GDN+MoE", "GDN+MoE", "GDN+MoE", "MHA+MoE"]' "$BATS_TEST_TMPDIR/out"
}

@test "given norms after each half too, when layers are cut, then those stay with theirs" {
	layers_are sandwich 14 1
	layers_are sandwich 42 3 passes=3 noise=1
}

@test "given a decoder that attends twice, when layers are found, then both attentions are in one" {
	layers_are encoder-decoder 12 1
	layers_are encoder-decoder 36 3 passes=3
}

@test "given norms that no name tells, when layers are cut, then they begin where the first does" {
	layers_are unfused 12 1
	layers_are unfused 36 3 passes=3 noise=1
}

@test "given kernels that no table knows, when they repeat, then the repetition is the layer" {
	layers_are unknown 20 1
	layers_are unknown 60 3 passes=3 noise=1
}

@test "given a trace that begins and ends within layers, when they are found, then all others are whole" {
	generate dense passes=3 skip=5 stop=20 | tr-layers | jq -s -e '
		map(select(.kind == "layer")) | length == 35 and
		.[0].partial and .[34].partial and (.[1:34] | all(.partial == null and .kernels == 12))'
}

@test "given any model, when layers are added up, then they and the outside are the whole" {
	for model in dense dense-tp mla-moe hybrid sandwich encoder-decoder unfused unknown; do
		generate "$model" passes=2 noise=1 shared=1 skip=3 | tr-layers | jq -s -e '
			def near($a; $b): ($a - $b) | fabs < 0.01;
			(map(select(.kind == "summary"))[0]) as $all |
			(map(select(.kind == "layer"))) as $layers |
			(map(select(.kind == "pass"))) as $passes |
			near(($layers | map(.sum) | add) + $all.outside.sum; $all.sum) and
			($layers | map(.kernels) | add) + $all.outside.kernels == $all.kernels and
			($passes | map(.kernels) | add) == $all.kernels and
			near(($layers | map(.time | add) | add); $layers | map(.sum) | add) and
			near($all.by_type | map(.sum) | add; $all.sum) and
			near($all.by_stage | map(.sum) | add; $all.sum) and
			near($all.busy + $all.idle; $all.span) and
			($layers | all(.busy <= .sum + 0.01 and .busy <= .dur + 0.01))' >/dev/null ||
			{ echo "$model"; false; }
	done
}

@test "given --split-half-layers, when a layer has two halves, then each is a layer" {
	generate dense | tr-layers --split-half-layers | jq -s -e '
		[.[] | select(.kind == "layer") | .type] | length == 24 and
		.[:4] == ["Attn", "FC", "Attn", "FC"]'
}

@test "given records that no tr-classify has seen, when tr-layers reads them, then it says so and exits with 2" {
	sed 's/"type":"[a-z]*",//' "$FIXTURES/tr-layers/contract/in" >"$BATS_TEST_TMPDIR/in"
	run_split tr-layers "$BATS_TEST_TMPDIR/in"
	[ "$status" -eq 2 ]
	[[ $errors == *":2: "*tr-classify* ]]
}

@test "given --method markers, when halves follow one another, then they are one layer unless split" {
	layers_are_markers() {
		generate two-starts passes=2 | tr-layers --method markers "${@:2}" | jq -s -e \
			--argjson layers "$1" 'map(select(.kind == "summary"))[0] |
			.method == "markers" and .layers == $layers and .outside.kernels == 1'
	}
	layers_are_markers 20
	layers_are_markers 40 --split-half-layers
	layers_are two-starts 20 2 passes=2
}

@test "given --grid-threshold, when nothing else tells the stage, then attention's grid does" {
	local in=$BATS_TEST_TMPDIR/in
	generate dense passes=2 | awk '/paged_attn/ { sub(/"grid":null/, n++ < 12 ? "\"grid\":[ 20000, 2, 1]" : "\"grid\":[64,1,1]") } 1' >"$in"
	tr-layers "$in" | jq -s -e 'map(select(.kind == "pass").stage) == ["unknown", "unknown"]'
	tr-layers --grid-threshold 10000 "$in" |
		jq -s -e 'map(select(.kind == "pass").stage) == ["prefill", "decode"]'
}

@test "given passes that neither embed nor sample, when they come again and again, then each is one" {
	layers_are pipeline 40 4 passes=4
	layers_are pipeline 20 2 passes=2
}

@test "given a sampler and a plan that look like attention, when passes are cut, then they are in no layer" {
	layers_are sampler 24 3 passes=3
	layers_are sampler 40 5 passes=5 noise=1
}

@test "given passes of one layer, when they are cut, then each is a pass" {
	layers_are draft 12 12 passes=12
}

@test "given -v, when layers are found, then the evidence, what was not used, and kernels without a role are said" {
	run_split tr-layers -v -f csv "$FIXTURES/tr-layers/contract/in"
	[[ $errors == *"modules: not used: no nn.Module calls"* ]]
	[[ $errors == *"periodic: 6 layers"* ]]
	[[ $errors == *"markers: not used: no start norm"* ]]
	[[ $errors == *"kernels of "*" names have no role"* ]]
}

@test "given --expect-layers, when a pass has another number, then it is said and the exit status is 1" {
	local in=$FIXTURES/tr-layers/contract/in
	tr-layers --expect-layers 3 "$in" >"$BATS_TEST_TMPDIR/out"
	run_split tr-layers --expect-layers 4 "$in"
	[ "$status" -eq 1 ]
	[ "$output" = "$(cat "$BATS_TEST_TMPDIR/out")" ]
	[[ $errors == *"pass 0 has 3 layers, not 4"* ]]
	stream '0 0 7 k 0 10' >"$BATS_TEST_TMPDIR/none"
	tr-layers --expect-layers 0 "$BATS_TEST_TMPDIR/none" >/dev/null
	run_split tr-layers --expect-layers 2 "$BATS_TEST_TMPDIR/none"
	[ "$status" -eq 1 ]
}

@test "given a layer that is not there, when it is asked for, then the program says which there are and exits with 2" {
	local option
	for option in --layer-report --debug-layers; do
		run_split tr-layers -f table "$option" 1,99 "$FIXTURES/tr-layers/contract/in"
		[ "$status" -eq 2 ]
		[[ $errors == *"there is no layer 99: the last one of a pass is 2" ]]
		tr-layers -f table "$option" 1- "$FIXTURES/tr-layers/contract/in" >/dev/null
	done
}

@test "given a step's annotation with forty others in it before the kernels, when stages are told, then they are the step's" {
	generate dense >"$BATS_TEST_TMPDIR/plain"
	annotation() { echo "{\"kind\":\"annotation\",\"name\":\"x\",\"stage\":\"$1\",\"ts\":$(($2)),\"dur\":$3,\"pid\":0,\"tid\":1,\"gpu\":true}"; }
	first=$(jq -n 'first(inputs | select(.kind == "kernel").ts) | floor' "$BATS_TEST_TMPDIR/plain")
	{
		head -n 1 "$BATS_TEST_TMPDIR/plain"
		annotation decode first-300 1000000
		for i in $(seq 40); do annotation prefill first-200+i 0.5; done
		tail -n +2 "$BATS_TEST_TMPDIR/plain"
	} >"$BATS_TEST_TMPDIR/in"
	tr-layers "$BATS_TEST_TMPDIR/in" | jq -e -s '[.[] | select(.kind == "layer").stage] | unique == ["decode"]'
	# What has ended holds nothing, and of two that hold a kernel the inner one counts.
	sed 's/"dur":1000000/"dur":100/' "$BATS_TEST_TMPDIR/in" | tr-layers | jq -e -s '[.[] | select(.kind == "layer").stage] | unique == ["unknown"]'
	sed 's/"dur":0.5/"dur":1000000/' "$BATS_TEST_TMPDIR/in" | tr-layers | jq -e -s '[.[] | select(.kind == "layer").stage] | unique == ["prefill"]'
}

@test "given traces that lost kernels, when layers are found, then all others are where they were" {
	local model first lost
	for model in dense sandwich hybrid; do
		generate $model >"$BATS_TEST_TMPDIR/whole"
		# one kernel or two in a row
		for lost in 1 2; do
			for first in $(seq 30 7 58); do
				jq -c --argjson first $first --argjson lost $lost \
					'select(.kind != "kernel" or .index < $first or .index >= $first + $lost)' "$BATS_TEST_TMPDIR/whole" |
					tr-layers --kernels >"$BATS_TEST_TMPDIR/out"
				[ "$(misplaced <"$BATS_TEST_TMPDIR/out" | wc -l)" -eq 0 ] ||
					{ echo "$model without $lost from $first on"; misplaced <"$BATS_TEST_TMPDIR/out" | head -n 3; false; }
			done
		done
	done
}

@test "given a kernel between others that is of no layer, when layers are found, then all others are where they were" {
	local model at
	for model in dense sandwich; do
		generate $model >"$BATS_TEST_TMPDIR/whole"
		for at in $(seq 30 6 60); do
			jq -c --argjson at $at '., (select(.index == $at) | .name = "stray" | .short = "stray" | .roles = [] | .ts += .dur | .dur = 0.5 | .index = 9999 | .type = "other")' \
				"$BATS_TEST_TMPDIR/whole" | tr-layers --kernels | jq -c 'select(.index != 9999)' >"$BATS_TEST_TMPDIR/out"
			[ "$(misplaced <"$BATS_TEST_TMPDIR/out" | wc -l)" -eq 0 ] || { echo "$model at $at"; false; }
		done
	done
}
