# SPDX-License-Identifier: Apache-2.0
# tr-layers: passes, layers and their sums.

load helper

setup() {
	cd "$ROOT"
	MODELS=$FIXTURES/tr-layers/models
}

# generate MODEL [VARIABLE=VALUE...]: the record stream of a made-up model.
generate() {
	local model=$1 variable variables=()
	shift
	for variable in "$@"; do variables+=(-v "$variable"); done
	awk "${variables[@]}" -f "$FIXTURES/tr-layers/generate.awk" "$MODELS/$model"
}

# misplaced: of tr-layers --kernels output, the kernels that are in another layer than the
# generator put them, one line each.
misplaced() {
	jq -r 'select(.kind == "kernel") | select(.layer != .want_layer or
		(.layer != null and .pass != .want_pass)) |
		"\(.index) \(.name): wanted \(.want_pass)/\(.want_layer), got \(.pass)/\(.layer)"'
}

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

@test "given norms behind each half too, when layers are cut, then those stay with theirs" {
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
