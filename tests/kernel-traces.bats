# SPDX-License-Identifier: Apache-2.0
# The pipeline behind make deepseek-traces: trees linked, kernels traced, documents that
# verify; on a small tree, in a folder of its own.

load helper

setup() {
	for program in kgrep-imports kcallers kchain-fmt; do
		[ -x "$BIN/$program" ] || skip "no $program"
	done
	cd "$BATS_TEST_TMPDIR"
	TREE=$FIXTURES/kernel-traces/repo
	DOCUMENT=results/shop_kernel_traces.md
}

trace() {
	SGLANG=${1:-$TREE} FLASHINFER=none MODEL=shop NAME=Shop BIN=$BIN IMPORTS=build/imports.ndjson \
		CHAINS=build/chains.ndjson "$ROOT/pipelines/trace-kernels" "$DOCUMENT"
}

verify() {
	jq -r 'select(.kernel) | .kernel' build/imports.ndjson | sort -u |
		awk -f "$ROOT/pipelines/verify-traces.awk" - "$DOCUMENT"
}

@test "given a checkout, when it is traced, then the document verifies and its links open from results/" {
	mkdir build
	run trace
	[ "$status" -eq 0 ]
	[ "$output" = $'results/shop_kernel_traces.md\nresults/shop_kernel_traces.html' ]
	run verify
	[ "$status" -eq 0 ]
	[[ $output == "10 links checked "*" 2 traces, 3 kernels: 0 errors" ]]
	[ -f results/../sglang/python/shop/srt/models/shop.py ]
	grep -qF '└─> [self.act_fn()](../sglang/python/shop/srt/models/shop.py#L14) ← **OP**' "$DOCUMENT"
}

@test "given our documents, when the seed's commands for files and ends are run, then they find what they should" {
	mkdir build
	trace
	grep -o "../sglang/[^)#]*\|../flashinfer/[^)#]*" "$DOCUMENT" | sort -u | while read -r f; do
		test -f "${f#../}" || echo "MISSING: $f"
	done >missing
	[ ! -s missing ]
	grep -qE "└─> .*shop" "$DOCUMENT"
	for kernel in silu_and_mul gate_kernel unused_kernel; do grep -q "$kernel" "$DOCUMENT"; done
	[ "$(grep -c '^Implementation: \[gate.py:5\](../sglang/python/shop/srt/layers/gate.py)$' "$DOCUMENT")" -eq 1 ]
	sed -i 's/layers\/gate.py)$/layers\/gone.py)/' "$DOCUMENT"
	run verify
	[ "$status" -eq 1 ]
	[[ $output == *"MISSING: sglang/python/shop/srt/layers/gone.py"* ]]
}

@test "given another checkout than before, when it is traced, then the link goes there" {
	mkdir build
	trace
	cp -r "$TREE" other
	trace other
	[ "$(readlink sglang)" = other ]
}

@test "given a folder called sglang that is no link, when another tree is to be traced, then it is left alone" {
	mkdir build sglang
	run trace
	[ "$status" -eq 2 ]
	[[ $output == *"sglang is a folder of its own"* ]]
	[ ! -L sglang ]
}

@test "given no tree, when it is to be traced, then the status is 2 and it is named" {
	mkdir build
	run trace /no/such/tree
	[ "$status" -eq 2 ]
	[[ $output == *"/no/such/tree: no such folder"* ]]
}

@test "given a file that does not parse, when the tree is traced, then it is named and all else is there" {
	mkdir build
	cp -r "$TREE" broken
	printf 'from sgl_kernel import\n\n\ndef (\n' >broken/python/shop/srt/layers/broken.py
	run trace broken
	[ "$status" -eq 0 ]
	[[ $output == *"broken.py:1: "* && $output == *"some files were left out"* ]]
	run verify
	[ "$status" -eq 0 ]
}

@test "given a failing filter, when the tree is traced, then the old document stays" {
	mkdir build results
	echo old >"$DOCUMENT"
	mkdir bin
	for program in kgrep-imports kchain-fmt; do ln -s "$BIN/$program" bin; done
	printf '#!/bin/sh\nexit 2\n' >bin/kcallers
	chmod +x bin/kcallers
	BIN=bin run trace
	[ "$status" -eq 2 ]
	[ "$(cat "$DOCUMENT")" = old ]
}

@test "given the pinned sglang, when it is traced to DeepSeek, then every link of the document holds" {
	pinned sglang
	[ -n "${WARPIPE_SLOW:-}" ] || skip "make deepseek-traces verify-traces does this (set WARPIPE_SLOW)"
	mkdir build
	SGLANG=$TREE FLASHINFER=none MODEL=deepseek NAME=DeepSeek BIN=$BIN IMPORTS=build/imports.ndjson \
		CHAINS=build/chains.ndjson "$ROOT/pipelines/trace-kernels" "$DOCUMENT"
	run verify
	[ "$status" -eq 0 ]
	[[ $output == *": 0 errors" ]]
}

@test "given two trees, when they are traced in parallel, then each has the document of a run of its own, and resumes" {
	need parallel
	mkdir -p build "many trees/one" "many trees/two's"
	cp -r "$TREE" "many trees/one/shop"
	cp -r "$TREE" "many trees/two's/shop"
	sed -i 's/silu_and_mul/gelu_and_mul/' "many trees/two's/shop/python/shop/srt/layers/activation.py"
	# A tree that is not readable yet: its neighbour is traced all the same.
	mv "many trees/two's/shop/python" python
	run "$ROOT/pipelines/trace-trees" -m shop=Shop -o out "many trees/one/shop" "many trees/two's/shop"
	[ "$status" -eq 2 ]
	[[ $output == *"1 of 2 failed; run again to go on"* ]]
	[ ! -e out/traces.md ]
	touch -d @1 out/one/shop/results/*
	mv python "many trees/two's/shop"
	"$ROOT/pipelines/trace-trees" -m shop=Shop -o out "many trees/one/shop" "many trees/two's/shop"
	[ "$(stat -c %Y out/one/shop/results/shop_kernel_traces.md)" -eq 1 ]
	[ "$(grep -c '^| .*/shop | \[Shop\](.*/results/shop_kernel_traces.md) | 3 | ' out/traces.md)" -eq 2 ]
	for tree in one "two's"; do
		trace "many trees/$tree/shop"
		cmp "$DOCUMENT" "out/$tree/shop/$DOCUMENT"
		[ -f "out/$tree/shop/results/../sglang/python/shop/srt/models/shop.py" ]
	done
	! cmp -s out/*/shop/$DOCUMENT || false
}

@test "given kernels whose names begin and end with underscores, when they are traced, then the document has them as they are" {
	mkdir build
	cp -r "$TREE" named
	grep -rl 'gate_kernel\|unused_kernel' named | xargs sed -i 's/gate_kernel/gate_kernel_/g; s/unused_kernel/__unused__/g'
	trace named
	run verify
	[ "$status" -eq 0 ]
	grep -qw 'gate_kernel_' "$DOCUMENT"
	grep -qF '\_\_unused__' "$DOCUMENT"
}
