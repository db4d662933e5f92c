# SPDX-License-Identifier: Apache-2.0
# kjoin: all that it writes of many traces of the example, by checksum. KEEP (tests/helper.bash) shows what differs.

load helper

@test "given the example with kernels lost, stacks gone and other devices, when it is joined, then the records are what was kept" {
	cd "$ROOT"
	IN=$BATS_TEST_TMPDIR/in
	join() { kjoin -c fixtures/kjoin/chains.ndjson -l fixtures/kjoin/callees.ndjson -d fixtures/kjoin/definitions.ndjson -r fixtures/kjoin/tree "$@" "$IN"; }
	# lost SEED: a fifth of the kernels, and of the others' stacks a third.
	lost() {
		awk -v seed="$1" 'function chance(n) { state = (state * 69069 + 1) % 4294967296; return int(state / 4294967296 * n) }
			BEGIN { state = seed * 7919 + 5 }
			/"kind":"kernel"/ && chance(5) == 0 { next }
			/"kind":"kernel"/ && chance(3) == 0 { sub(/"stack":[0-9]+/, "\"stack\":null") }
			{ print }' fixtures/kjoin/contract/in >"$IN"
	}
	all() {
		for seed in 1 2 3 4 5 6 7 8; do
			lost $seed
			digest "lost $seed" join
			jq -c 'select(.kind != "stack") | if .stack then .stack = null else . end' "$IN" >"$IN.bare"
			mv "$IN.bare" "$IN"
			digest "lost $seed, no stacks" join
			digest "lost $seed, one candidate" join --candidates 1
		done
		for vendor in amd null; do
			sed "s/\"vendor\":\"nvidia\"/\"vendor\":\"$vendor\"/" fixtures/kjoin/contract/in >"$IN"
			digest "vendor $vendor" join
		done
		kroof --device "H100 80GB HBM3" fixtures/kjoin/contract/in >"$IN"
		digest limits join
		digest "model" join -m other
		for left_out in -c -l -d; do
			arguments=()
			[ $left_out = -c ] || arguments+=(-c fixtures/kjoin/chains.ndjson)
			[ $left_out = -l ] || arguments+=(-l fixtures/kjoin/callees.ndjson)
			[ $left_out = -d ] || arguments+=(-d fixtures/kjoin/definitions.ndjson)
			digest "without $left_out" kjoin "${arguments[@]}" "$IN"
		done
		# Names that only look like those that the chains have.
		jq -c 'select(.kind != "stack") | if .kind == "kernel" then .stack = null | .name = "my_" + .name else . end' fixtures/kjoin/contract/in >"$IN"
		digest "similar names" join
	}
	check_golden kjoin/kept.txt 0 all
}
