# SPDX-License-Identifier: Apache-2.0
# kgrep-imports: every kernel of a tree, none invented.

load helper

setup() {
	cd "$ROOT"
	TABLE=filters/kgrep-imports/sources.txt
}

# kernels: of a record stream: source, file (of definitions) and kernel, a line each.
kernels() {
	jq -r 'select(.kind == "import") | [.source, (if .function then .file, .function
		else "-", .kernel end)] | @tsv' | LC_ALL=C sort -u
}

# records: source, file, line, how, kernel and scope.
records() {
	jq -r 'select(.kind == "import") | [.source, .file, .line, .how, .kernel, .scope] | @tsv' |
		LC_ALL=C sort -u
}

oracle() {
	python3 tests/oracle/imports.py "$@" | LC_ALL=C sort -u
}

@test "given imports in every form, when the tree is read, then each kernel has its record and nothing else has" {
	check_golden kgrep-imports/tree.out.ndjson 0 kgrep-imports fixtures/kgrep-imports/tree
}

@test "given names that are no kernels, when all are asked for, then each says what it is" {
	check_golden kgrep-imports/all.out.ndjson 0 kgrep-imports -a fixtures/kgrep-imports/tree
}

@test "given files that do not parse or are not UTF-8, when the tree is read, then the rest is there, both are named and the status is 1" {
	run_split kgrep-imports fixtures/kgrep-imports/broken
	[ "$status" -eq 1 ]
	[ "$(jq -r 'select(.kernel) | .kernel' <<<"$output" | sort | xargs)" = "a after before good" ]
	grep -q '^kgrep-imports: broken/python/shop/bytes.py:2: ' <<<"$errors"
	grep -q '^kgrep-imports: broken/python/shop/syntax.py:2: ' <<<"$errors"
	[ "$(jq 'select(.kind == "end").problems' <<<"$output")" -eq 2 ]
}

@test "given a tree without Python, when it is read, then the status is 2 and it is named" {
	mkdir "$BATS_TEST_TMPDIR/empty"
	run_split kgrep-imports "$BATS_TEST_TMPDIR/empty"
	[ "$status" -eq 2 ]
	[[ $errors == *"empty: no Python files"* ]]
}

@test "given two trees, when both are read, then the records of both come in order of their files" {
	mkdir -p "$BATS_TEST_TMPDIR/b" "$BATS_TEST_TMPDIR/a"
	echo 'from sgl_kernel import two' >"$BATS_TEST_TMPDIR/b/x.py"
	echo 'from sgl_kernel import one' >"$BATS_TEST_TMPDIR/a/x.py"
	run kgrep-imports "$BATS_TEST_TMPDIR/b" "$BATS_TEST_TMPDIR/a"
	[ "$status" -eq 0 ]
	[ "$(jq -r 'select(.kernel) | .file + " " + .kernel' <<<"$output" | xargs)" = \
		"a/x.py one b/x.py two" ]
}

@test "given a link in a circle, when the tree is read, then it ends" {
	mkdir -p "$BATS_TEST_TMPDIR/loop/pkg"
	echo 'from sgl_kernel import one' >"$BATS_TEST_TMPDIR/loop/pkg/a.py"
	ln -s .. "$BATS_TEST_TMPDIR/loop/pkg/up"
	run timeout 10 kgrep-imports "$BATS_TEST_TMPDIR/loop"
	[ "$(grep -c '"kernel":"one"' <<<"$output")" -eq 1 ]
}

@test "given a line more in the table, when that source is imported, then its kernels are found" {
	mkdir "$BATS_TEST_TMPDIR/mine"
	printf 'from my_kernels.fast import blur\nimport other\n\nother.jit(blur)\n\n\n@other.jit\ndef f(x):\n    pass\n' \
		>"$BATS_TEST_TMPDIR/mine/a.py"
	run kgrep-imports "$BATS_TEST_TMPDIR/mine"
	[ "$(jq 'select(.kind == "end").kernels' <<<"$output")" -eq 0 ]
	{ cat "$TABLE"; echo 'mine module my_kernels decorator other.jit'; } >"$BATS_TEST_TMPDIR/table"
	run kgrep-imports -s "$BATS_TEST_TMPDIR/table" "$BATS_TEST_TMPDIR/mine"
	[ "$(jq -r 'select(.kernel) | .source + " " + .kernel + " " + .how' <<<"$output" | xargs)" = \
		"mine blur from-import mine f other.jit" ]
}

@test "given a table that is wrong, when it is read, then the status is 2 and its line is named" {
	printf 'good module a\nbad a b\n' >"$BATS_TEST_TMPDIR/table"
	run_split kgrep-imports -s "$BATS_TEST_TMPDIR/table" fixtures/kgrep-imports/tree
	[ "$status" -eq 2 ]
	[[ $errors == *"table:2: "* ]]
}

@test "given the package of a source within the tree, when it imports its own parts, then these are no uses" {
	for folder in repo/python/sgl_kernel repo/python/shop/aot/python/sgl_kernel; do
		mkdir -p "$BATS_TEST_TMPDIR/$folder"
		echo 'from sgl_kernel.norm import rmsnorm' >"$BATS_TEST_TMPDIR/$folder/__init__.py"
		printf 'import torch\ndef rmsnorm(x):\n    return torch.ops.sgl_kernel.rmsnorm.default(x)\n' \
			>"$BATS_TEST_TMPDIR/$folder/norm.py"
	done
	touch "$BATS_TEST_TMPDIR/repo/python/shop/__init__.py"
	run kgrep-imports "$BATS_TEST_TMPDIR/repo"
	[ "$(jq -r 'select(.kernel) | .how + " " + .kernel' <<<"$output" | xargs)" = \
		"torch.ops rmsnorm torch.ops rmsnorm" ]
	oracle --records "$TABLE" "$BATS_TEST_TMPDIR/repo" |
		diff - <(kgrep-imports "$BATS_TEST_TMPDIR/repo" | records)
}

@test "given a checkout, when it is read, then only what is below python/ counts" {
	mkdir -p "$BATS_TEST_TMPDIR/co/python/shop" "$BATS_TEST_TMPDIR/co/test" "$BATS_TEST_TMPDIR/co/sgl-kernel/tests"
	echo 'from sgl_kernel import used' >"$BATS_TEST_TMPDIR/co/python/shop/a.py"
	echo 'from sgl_kernel import tested' | tee "$BATS_TEST_TMPDIR/co/test/t.py" \
		>"$BATS_TEST_TMPDIR/co/sgl-kernel/tests/t.py"
	run kgrep-imports "$BATS_TEST_TMPDIR/co/"
	[ "$(jq -r 'select(.kernel).kernel' <<<"$output" | xargs)" = used ]
	# Anything else is read when it is asked for.
	run kgrep-imports "$BATS_TEST_TMPDIR/co" "$BATS_TEST_TMPDIR/co/test"
	[ "$(jq -r 'select(.kernel).kernel' <<<"$output" | xargs)" = "used tested" ]
}

@test "given any tree of ours, when CPython's ast looks for kernels too, then both find the same records" {
	need python3
	diff <(oracle --records "$TABLE" fixtures/kgrep-imports/tree) \
		<(kgrep-imports fixtures/kgrep-imports/tree | records)
}

@test "given sglang 0.5.8, when its kernels are compared with the published counts, then all are found and none invented" {
	shared_data callgraph/expected_v0.5.8.json
	sglang_release 0.5.8
	kgrep-imports "$TREE" | kernels >"$BATS_TEST_TMPDIR/got"
	for pair in sgl-kernel:sgl_kernel flashinfer:flashinfer triton:triton; do
		jq -r ".kernels.${pair#*:}[]" "$DATA" | LC_ALL=C sort >"$BATS_TEST_TMPDIR/want"
		awk -F '\t' -v source="${pair%:*}" '$1 == source { sub("^sglang/python/", "", $2)
			print ($2 == "-" ? "" : $2 ":") $3 }' "$BATS_TEST_TMPDIR/got" | LC_ALL=C sort |
			diff "$BATS_TEST_TMPDIR/want" -
	done
}

@test "given sglang 0.4.7, when CPython's ast looks for kernels too, then both find the same records" {
	need python3
	sglang_release 0.4.7
	oracle --records "$TABLE" "$TREE" >"$BATS_TEST_TMPDIR/want"
	kgrep-imports "$TREE" | records | diff "$BATS_TEST_TMPDIR/want" -
}

@test "given the pinned sglang, when CPython's ast looks for kernels too, then both find the same records" {
	need python3
	pinned sglang
	oracle --records "$TABLE" "$TREE" >"$BATS_TEST_TMPDIR/want"
	kgrep-imports "$TREE" | records | diff "$BATS_TEST_TMPDIR/want" -
}

@test "given the newest sglang, when CPython's ast looks for kernels too, then both find the same records" {
	[ -n "${WARPIPE_SLOW:-}" ] || skip "takes minutes of python3 (set WARPIPE_SLOW)"
	need python3
	sglang_release 0.5.23
	oracle --records "$TABLE" "$TREE" >"$BATS_TEST_TMPDIR/want"
	kgrep-imports "$TREE" | records | diff "$BATS_TEST_TMPDIR/want" -
}

@test "given files that vanish after they were listed, when their turn comes, then each is named, the rest is read, and it exits with 1" {
	SHIM=$TESTS/fault/fault.so
	[ "$(getconf LONG_BIT)" -eq 64 ] || skip "the shim is for 64-bit machines"
	[[ $TESTS != *asan* ]] || skip "the sanitizer brings its own allocator"
	for at in 1 2 3; do
		status=0
		LD_PRELOAD=$SHIM FAULT_CALL=vanish FAULT_AT=$at kgrep-imports fixtures/kgrep-imports/tree \
			>"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/messages" || status=$?
		[ "$status" -eq 1 ]
		[ "$(wc -l <"$BATS_TEST_TMPDIR/messages")" -eq 1 ]
		grep -q '^kgrep-imports: .*\.py: No such file or directory' "$BATS_TEST_TMPDIR/messages"
		tail -n 1 "$BATS_TEST_TMPDIR/out" | jq -e '.kind == "end" and .problems == 1 and .imports > 0'
	done
}

@test "given a file that imports hundreds of classes, when their objects run, then each is a kernel" {
	mkdir "$BATS_TEST_TMPDIR/many"
	for i in $(seq 200); do
		echo "from sgl_kernel import Plan$i as P$i"
		echo "def f$i(x):"
		echo "    plan = P$i()"
		echo "    plan.run(x)"
	done >"$BATS_TEST_TMPDIR/many/a.py"
	kgrep-imports "$BATS_TEST_TMPDIR/many" >"$BATS_TEST_TMPDIR/out"
	jq -e -s '[.[] | select(.kind == "import")] | length == 200' "$BATS_TEST_TMPDIR/out"
}

@test "given a name of more parts than are followed, when it is read, then a warning says where" {
	mkdir "$BATS_TEST_TMPDIR/deep"
	echo "import flashinfer; flashinfer$(printf '.a%.0s' $(seq 31)).run(x)" >"$BATS_TEST_TMPDIR/deep/a.py"
	run_split kgrep-imports "$BATS_TEST_TMPDIR/deep"
	[ -z "$errors" ]
	sed -i 's/run/b.run/' "$BATS_TEST_TMPDIR/deep/a.py"
	run_split kgrep-imports "$BATS_TEST_TMPDIR/deep"
	[[ $errors == *"deep/a.py:1: of a name with more than 32 parts the last are not followed"* ]]
}

@test "given a question that is only asked for its truth, or an overload of an operator, then neither is a kernel" {
	mkdir "$BATS_TEST_TMPDIR/pkg"
	cat >"$BATS_TEST_TMPDIR/pkg/a.py" <<-'END'
		import torch_npu
		from flashinfer.check import supports_fast, has_both, make
		from sgl_kernel import silu_and_mul

		def f(x, ready):
		    if supports_fast() and not has_both():
		        torch_npu.npu_attention.out(x)
		    y = make()
		    while ready:
		        silu_and_mul(x)
		    return not supports_fast()
	END
	kgrep-imports -a "$BATS_TEST_TMPDIR/pkg" >"$BATS_TEST_TMPDIR/out"
	[ "$(jq -r 'select(.kind == "import").kernel' "$BATS_TEST_TMPDIR/out" | sort | xargs)" = "make npu_attention silu_and_mul" ]
	[ "$(jq -r 'select(.is == "predicate").symbol' "$BATS_TEST_TMPDIR/out" | sort | xargs)" = "has_both supports_fast" ]
	# The call is found by the operator's name.
	cd "$BATS_TEST_TMPDIR"
	kgrep-imports pkg | kcallers -r pkg 2>/dev/null | jq -r 'select(.kind == "call" and .kernel == "npu_attention").text' |
		grep -qxF 'torch_npu.npu_attention.out(x)'
}
