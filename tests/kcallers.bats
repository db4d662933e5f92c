# SPDX-License-Identifier: Apache-2.0
# kcallers: call sites exact, chains as the code runs, nothing dropped in silence.

load helper

setup() {
	cd "$ROOT"
	IN=fixtures/kcallers/contract/in
}

# trace [ARGUMENT...]: the example tree.
trace() {
	kcallers -r fixtures/kcallers/tree -m demo "$@" <"$IN"
}

# paths KERNEL: each chain of a kernel on one line, "call via" from the kernel upwards.
paths() {
	trace -l 8 | jq -r --arg kernel "$1" 'select(.kind == "chain" and .kernel == $kernel) |
		[.frames[] | .call + " " + .via] | join(" < ")'
}

# reason KERNEL: why it reaches no op.
reason() {
	trace | jq -r --arg kernel "$1" 'select(.kind == "unreached" and .kernel == $kernel).reason'
}

@test "given the example tree, when it is traced, then all records are the golden ones" {
	check_golden kcallers/chains.out.ndjson 0 trace
}

@test "given one thread or three, when a tree is traced, then the bytes are the same" {
	trace -j 1 >"$BATS_TEST_TMPDIR/one"
	trace -j 3 | cmp - "$BATS_TEST_TMPDIR/one"
}

@test "given an nn.Module that picks its method when made, then the chain goes through the call, forward and the pick" {
	run paths fused_norm
	[ "$output" = "fused_norm call < self._run dispatch < self.norm nn.Module.__call__ < layer nn.Module.__call__ < self.model nn.Module.__call__" ]
}

@test "given two subclasses of one base that picks, then neither gets the other's kernels" {
	trace | jq -e -s '[.[] | select(.kind == "chain" and .kernel == "fused_scale").frames[.op].call] == ["self.scale"]'
	! paths fused_scale | grep -q 'self.norm' || false
}

@test "given a base class that calls an overridden method, then each backend that a registry holds is found" {
	paths paged_decode | grep -q 'paged_decode call < self.decode override < batch.backend.run method < self.attend method'
	paths add | grep -q 'self.decode override'
	trace | jq -e -s 'any(.[]; .kind == "chain" and .kernel == "add" and .frames[3].receiver == "SplitBackend")'
}

@test "given an operator registered by name, when torch.ops calls it, then the chain goes through" {
	paths add | grep -q 'torch.ops.fastlib.add torch.ops < torch.ops.toy.toy_add torch.ops < custom_add call'
}

@test "given partial, super and autograd, then the chain names each" {
	paths merge_state | grep -q 'self.merge partial < super().extend super < self.extend override'
	paths scan_forward | grep -q 'AutogradScan.apply autograd'
}

@test "given a kernel class, when a method of its object is called, then that is a call of the kernel" {
	paths BatchWrapper | grep -q '^self.wrapper.run wrapper <'
}

@test "given a kernel that a function returns, when it is launched, then both kernels reach the op" {
	for kernel in block_kernel split_kernel; do
		paths $kernel | grep -q '^kernel launch < launch call < self.method.apply method < self.qkv'
	done
}

@test "given a device function, then it has no chain of its own, and its role says so" {
	! paths helper | grep -q . || false
	[[ $(reason helper) == "device function, called only inside the kernels "*"linear.py:block_kernel" ]]
	[ "$(trace | jq -r 'select(.kind == "unreached" and .role == "device-function").kernel')" = helper ]
	trace | jq -e -s 'any(.[]; .kind == "device-call" and .function == "block_kernel")'
}

@test "given a list of steps made by a comprehension, when a loop runs them, then their kernels reach it" {
	paths expert_gemm | grep -q 'self.experts nn.Module.__call__ < step.run dispatch < run_steps call'
}

@test "given a config that returns methods of two shapes, then arity and annotations tell them apart" {
	! paths block_kernel | grep -q self.experts || false
	! paths expert_gemm | grep -q self.qkv || false
}

@test "given a mixin in the model's folder, then its file counts as the model's" {
	trace | jq -e -s '[.[] | select(.kind == "chain" and .kernel == "paged_decode").frames[.op].function] == ["AttentionMixin.attend"]'
}

@test "given a vision model around the language model, then its call sites are no ops" {
	! trace | grep '"kind":"chain"' | grep -q demo_vision || false
}

@test "given kernels that no op needs, then each is reported with its reason" {
	[[ $(reason sample_kernel) == *"sampler.py:Sampler.sample, which no model forward reaches; calls to it begin in "*"sampler.py:serve" ]]
	[[ $(reason tested_kernel) == "called only from tests or benchmarks: "*test_it ]]
	[[ $(reason other_kernel) == *"in a file that the model does not import" ]]
	[[ $(reason orphan_kernel) == "no call site: defined, but nothing calls it" ]]
}

@test "given decorated functions, then a frame says at which line its function begins" {
	trace | jq -e -s '[.[] | select(.kind == "chain").frames[] | select(.function == "DemoLayer.forward").def] | unique == [26]'
	trace | jq -e -s '[.[] | select(.kind == "chain").frames[] | select(.function == "launch").def] | unique == [62]'
}

@test "given any stream of call chains, then its first record and no other has the version" {
	for command in "kgrep-imports -s fixtures/kcallers/sources.txt fixtures/kcallers/tree" trace "trace -e"; do
		$command | jq -e -s '.[0].version == 1 and ([.[1:][] | select(.version)] == [])'
	done
	kcallees $(cat fixtures/kcallees/contract/args) <fixtures/kcallees/contract/in | jq -e -s '.[0].version == 1'
}

@test "given guards, then they are as written, outermost first, and negated in else" {
	trace | jq -e -s 'any(.[]; .kind == "call" and .kernel == "slow_norm" and .guards == ["not (x.contiguous)"])'
	trace | jq -e -s '[.[] | select(.kind == "chain" and .kernel == "direct_gemm").frames[0].guards] == [["not (self.index)"]]'
}

@test "given a limit, when more chains exist, then what is left out is counted" {
	trace -l 1 >"$BATS_TEST_TMPDIR/limited"
	all=$(trace -l 1000 | grep -c '"kind":"chain"')
	[ "$all" -gt "$(grep -c '"kind":"chain"' "$BATS_TEST_TMPDIR/limited")" ]
	jq -e -s --argjson all "$all" '(map(select(.kind == "chain")) | length) as $chains |
		(map(select(.kind == "omitted").chains) | add // 0) as $omitted |
		$chains + $omitted == $all and (.[-1].omitted == $omitted)' "$BATS_TEST_TMPDIR/limited"
}

# rule FOLDER: what comes out of its tree, a line a chain.
rule() {
	kgrep-imports -s fixtures/kcallers/sources.txt "$1/tree" | kcallers -r "$1/tree" -m demo -l 8 |
		jq -r 'def all: map((.why // "") + (if .not then " not " else " " end) + .text +
				(if .any then " = " + (.any | map(all) | join(" or")) else "" end)) | join(" and ");
			if .kind == "chain" then .kernel + ": " + ([.frames[] | .call + " " + .via +
				(if .asks == [] then "" else " {" + (.asks | all) + "}" end)] | join(" < "))
			elif .kind == "unreached" then .kernel + " is unreached: " + .reason
			elif .kind == "end" and (.exact | not) then "not exact" else empty end'
}

@test "given a folder for each rule, when its tree is traced, then the chains are those expected" {
	local folder failed=
	for folder in fixtures/kcallers/rules/*/; do
		check_golden "${folder#fixtures/}expected" 0 rule "${folder%/}" || failed+=" ${folder%/}"
	done
	[ -z "$failed" ] || { echo "failed:$failed"; false; }
}

@test "given a model that is not there, then close names are said and it exits with 2" {
	run_split kcallers -r fixtures/kcallers/tree -m dmo <"$IN"
	[ "$status" -eq 2 ]
	[ "$errors" = "kcallers: no model is called dmo: did you mean demo?" ]
}

@test "given a tree without entry classes, then all is unreached and a warning says so" {
	mkdir -p "$BATS_TEST_TMPDIR/tree/pkg"
	printf 'from sgl_kernel import silu_and_mul\ndef f(x):\n    silu_and_mul(x)\n' >"$BATS_TEST_TMPDIR/tree/pkg/a.py"
	cd "$BATS_TEST_TMPDIR"
	run_split kcallers -r tree -m demo < <(kgrep-imports tree)
	[ "$status" -eq 0 ]
	[[ $errors == *EntryClass* ]]
	[ "$(jq -r .kind <<<"$output" | sort -u | xargs)" = "call end unreached" ]
}

@test "given the name of an entry class, then its chains are those of its model" {
	kcallers -r fixtures/kcallers/tree -m DemoForCausalLM <"$IN" | jq -c 'select(.kind == "chain").frames[-1].function' |
		sort -u >"$BATS_TEST_TMPDIR/tops"
	[ "$(cat "$BATS_TEST_TMPDIR/tops")" = '"DemoForCausalLM.forward"' ]
}

@test "given all models, when the program ends early, however it does, then no process of it goes on" {
	local program child children=() tries=0
	pinned sglang
	kgrep-imports "$TREE" >"$BATS_TEST_TMPDIR/imports"
	kcallers -A -j 3 -r "$TREE" <"$BATS_TEST_TMPDIR/imports" >/dev/null 3>&- &
	program=$!
	until [ ${#children[@]} -eq 3 ] || [ $((tries += 1)) -gt 3000 ]; do
		sleep 0.02
		read -ra children <"/proc/$program/task/$program/children" || :
	done
	# Each traces: it writes where its reader looks, into a file without a name.
	for child in "${children[@]}"; do
		until [[ $(readlink "/proc/$child/fd/1") == *'(deleted)' ]] || [ $((tries += 1)) -gt 3000 ]; do sleep 0.02; done
	done
	# By themselves they would not end.
	kill -STOP "${children[@]}"
	kill -KILL "$program"
	wait "$program" || [ $? -eq 137 ]
	for child in "${children[@]}"; do
		tries=0
		until gone "$child" || [ $((tries += 1)) -gt 100 ]; do sleep 0.1; done
		gone "$child" || { kill -KILL "${children[@]}"; false; }
	done
}

@test "given all models and a folder for temporary files, then they are made there" {
	run_split env TMPDIR=/no/such kcallers -A -j 1 -r fixtures/kcallers/tree/python/toy/models <"$IN"
	[ "$status" -eq 2 ]
	[[ $errors == "kcallers: /no/such/kcallers."* ]]
}

@test "given all models, when few processes or many trace them, then the records are the same, a model each" {
	kcallers -A -j 1 -r fixtures/kcallers/tree <"$IN" >"$BATS_TEST_TMPDIR/one"
	kcallers -A -j 7 -r fixtures/kcallers/tree <"$IN" | cmp - "$BATS_TEST_TMPDIR/one"
	jq -r 'select(.kind == "model").model' "$BATS_TEST_TMPDIR/one" | sort >"$BATS_TEST_TMPDIR/models"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/models")" -gt 1 ]
	[ -z "$(jq -r 'select(.kind == "chain").model' "$BATS_TEST_TMPDIR/one" | sort -u | comm -23 - "$BATS_TEST_TMPDIR/models")" ]
	jq -es '.[-1].chains == ([.[] | select(.kind == "chain")] | length) and .[-1].chains > 0' "$BATS_TEST_TMPDIR/one"
}

@test "given patterns of kernels, then only those are traced; one that fits none is a mistake" {
	kcallers -k '*_gemm' -r fixtures/kcallers/tree -m demo <"$IN" >"$BATS_TEST_TMPDIR/out"
	[ "$(jq -r '.kernel // empty' "$BATS_TEST_TMPDIR/out" | sort -u | grep -cv '_gemm$')" -eq 0 ]
	diff <(trace | grep '_gemm",' | grep '"kind":"chain"') <(grep '"kind":"chain"' "$BATS_TEST_TMPDIR/out")
	run_split kcallers -k fused_nrm -r fixtures/kcallers/tree -m demo <"$IN"
	[ "$status" -eq 2 ]
	[[ $errors == *"no kernel is called fused_nrm: did you mean fused_norm"* ]]
}

@test "given a file that is not Python, one that is not UTF-8 and a link in a circle, then the rest is traced, with exit status 1" {
	cp -r fixtures/kcallers/tree "$BATS_TEST_TMPDIR/tree"
	printf 'def broken(:\n    pass\n' >"$BATS_TEST_TMPDIR/tree/python/toy/broken.py"
	printf 'name = "\xff\xfe"\n' >"$BATS_TEST_TMPDIR/tree/python/toy/latin.py"
	ln -s .. "$BATS_TEST_TMPDIR/tree/python/toy/circle"
	run_split kcallers -r "$BATS_TEST_TMPDIR/tree" -m demo <"$IN"
	[ "$status" -eq 1 ]
	[[ $errors == *broken.py:* && $errors == *latin.py:* ]]
	[ "$(grep -c '"kind":"chain"' <<<"$output")" -eq "$(trace | grep -c '"kind":"chain"')" ]
}

@test "given a second tree that is missing, then the first is traced, with exit status 1" {
	run_split kcallers -r fixtures/kcallers/tree -r /no/such/tree -m demo <"$IN"
	[ "$status" -eq 1 ]
	[[ $errors == *"/no/such/tree"* ]]
	[ "$(tail -n 1 <<<"$output" | jq .problems)" -eq 1 ]
}

@test "given a tree without Python, then it exits with 2" {
	mkdir "$BATS_TEST_TMPDIR/empty"
	run_split kcallers -r "$BATS_TEST_TMPDIR/empty" <"$IN"
	[ "$status" -eq 2 ]
	[[ $errors == *"no Python files"* ]]
}

@test "given sglang 0.5.8, then the direct call sites are exactly those established over ast" {
	need jq
	shared_data callgraph/sites_v0.5.8.ndjson
	sglang_release 0.5.8
	kgrep-imports "$TREE" | kcallers -r "$TREE" -l 1 |
		jq -r 'select(.kind == "call" or .kind == "device-call") |
			select(.source == "sgl-kernel" or .source == "flashinfer" or .source == "triton") |
			[.source, .kernel, (.file | ltrimstr("sglang/python/")), .line, .kind] | @tsv' |
		LC_ALL=C sort >"$BATS_TEST_TMPDIR/found"
	jq -r 'select(.kind != "escape") | [(.source | sub("_"; "-")), .kernel, .file, .line,
		(if .kind == "device" then "device-call" else "call" end)] | @tsv' "$DATA" |
		LC_ALL=C sort >"$BATS_TEST_TMPDIR/wanted"
	[ "$(grep -c '	call$' "$BATS_TEST_TMPDIR/wanted")" -eq 635 ]
	diff "$BATS_TEST_TMPDIR/wanted" "$BATS_TEST_TMPDIR/found"
}

@test "given sglang 0.5.8, then each published kernel reaches its ops and no others" {
	shared_data callgraph/expected_v0.5.8.json
	sglang_release 0.5.8
	# A kernel that two sources have is reached when either is.
	jq -c '.published | with_entries(.value |= (.source | map(sub("_"; "-"))))' "$DATA" \
		>"$BATS_TEST_TMPDIR/sources"
	kgrep-imports "$TREE" | kcallers -r "$TREE" -l 1 |
		jq -c --slurpfile sources "$BATS_TEST_TMPDIR/sources" 'select(.kind == "chain") |
			.source as $source | select($sources[0][.kernel] // [] | index($source)) |
			.frames[.op] as $op | [.kernel, ($op.file | ltrimstr("sglang/python/")),
			$op.function, $op.call]' | LC_ALL=C sort -u >"$BATS_TEST_TMPDIR/found"
	jq -c '.published | to_entries[] | .key as $kernel | .value.required[] |
		[$kernel, .file, .func, .label]' "$DATA" | LC_ALL=C sort -u >"$BATS_TEST_TMPDIR/required"
	jq -c '.published | to_entries[] | .key as $kernel | (.value.required +
		.value.allowed_extra)[] | [$kernel, .file, .func, .label]' "$DATA" |
		LC_ALL=C sort -u >"$BATS_TEST_TMPDIR/allowed"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/required")" -eq 473 ]
	# These were established by what calls what; some of them have conditions that exclude each other.
	grep -v '^#' tests/kcallers/excluded-ops.tsv | jq -c -R 'split("\t")[:4]' | LC_ALL=C sort \
		>"$BATS_TEST_TMPDIR/excluded"
	LC_ALL=C comm -23 "$BATS_TEST_TMPDIR/required" "$BATS_TEST_TMPDIR/found" |
		diff "$BATS_TEST_TMPDIR/excluded" -
	LC_ALL=C comm -13 "$BATS_TEST_TMPDIR/allowed" "$BATS_TEST_TMPDIR/found" | diff /dev/null -
}

@test "given sglang 0.5.8, then chains that no deployment of DeepSeek can run are few" {
	need python3
	sglang_release 0.5.8
	kgrep-imports "$TREE" | kcallers -r "$TREE" >"$BATS_TEST_TMPDIR/chains"
	python3 tests/kcallers/impossible.py "$(dirname "$TREE")" "$BATS_TEST_TMPDIR/chains" \
		>"$BATS_TEST_TMPDIR/counts" || true
	cat "$BATS_TEST_TMPDIR/counts"
	# 2,015 before conditions were judged together.
	[ "$(awk '/fall under a rule/ { print $1 }' "$BATS_TEST_TMPDIR/counts")" -eq 0 ]
	[ "$(awk '/lack the condition/ { print $1 }' "$BATS_TEST_TMPDIR/counts")" -eq 0 ]
}

# same_as_oracle RELEASE: the direct call sites of all sources with an oracle's.
same_as_oracle() {
	need python3
	sglang_release "$1"
	kgrep-imports "$TREE" >"$BATS_TEST_TMPDIR/imports"
	python3 tests/oracle/callsites.py "$TREE" <"$BATS_TEST_TMPDIR/imports" |
		awk -F '\t' '$1 ~ /^(sgl-kernel|flashinfer|triton)$/' | LC_ALL=C sort \
		>"$BATS_TEST_TMPDIR/wanted"
	kcallers -r "$TREE" <"$BATS_TEST_TMPDIR/imports" |
		jq -r 'select(.kind == "call" or .kind == "device-call") |
			select(.source | test("^(sgl-kernel|flashinfer|triton)$")) |
			[.source, .kernel, .file, .line, .kind] | @tsv' | LC_ALL=C sort \
		>"$BATS_TEST_TMPDIR/found"
	[ -s "$BATS_TEST_TMPDIR/wanted" ]
	diff "$BATS_TEST_TMPDIR/wanted" "$BATS_TEST_TMPDIR/found"
}

@test "given the example tree, then its call sites are those of the oracle over ast" {
	need python3
	python3 tests/oracle/callsites.py fixtures/kcallers/tree <"$IN" | LC_ALL=C sort \
		>"$BATS_TEST_TMPDIR/wanted"
	trace | jq -r 'select(.kind == "call" or .kind == "device-call") |
		[.source, .kernel, .file, .line, .kind] | @tsv' | LC_ALL=C sort |
		diff "$BATS_TEST_TMPDIR/wanted" -
}

@test "given sglang 0.4.7, then its call sites are those of the oracle over ast" {
	same_as_oracle 0.4.7
}

@test "given the newest sglang, then its call sites are those of the oracle over ast" {
	[ -n "${WARPIPE_SLOW:-}" ] || skip "takes minutes of python3 (set WARPIPE_SLOW)"
	same_as_oracle 0.5.23
}

@test "given C++ and CUDA sources beside the Python, then kernels name where they are defined" {
	need ctags
	defined() {
		trace | jq -r -s --arg kernel "$1" '[.[] | select(.kind == "chain" and .kernel == $kernel)][0].implementation |
			"\(.file):\(.line)"'
	}
	[ "$(defined fused_norm)" = tree/csrc/norm.cu:5 ]
	[ "$(defined direct_gemm)" = tree/csrc/norm.cu:9 ]
	[ "$(defined slow_norm)" = tree/csrc/bindings.cc:4 ]
	[ "$(defined block_kernel)" = tree/python/toy/layers/linear.py:11 ]
}

@test "given a checkout with tests and benchmarks beside python/, then their call sites do not count" {
	cp -r fixtures/kcallers/tree "$BATS_TEST_TMPDIR/tree"
	mkdir "$BATS_TEST_TMPDIR/tree/benchmark"
	cp fixtures/kcallers/tree/python/toy/sampler.py "$BATS_TEST_TMPDIR/tree/benchmark/run.py"
	kcallers -r "$BATS_TEST_TMPDIR/tree" -m demo <"$IN" | diff <(trace) -
}

@test "given files that vanish after they were listed, then each is named, the rest is traced, and it exits with 1" {
	SHIM=$TESTS/fault/fault.so
	[ "$(getconf LONG_BIT)" -eq 64 ] || skip "the shim is for 64-bit machines"
	[[ $TESTS != *asan* ]] || skip "the sanitizer brings its own allocator"
	for at in 1 2 3; do
		status=0
		LD_PRELOAD=$SHIM FAULT_CALL=vanish FAULT_AT=$at kcallers -r fixtures/kcallers/tree -m demo \
			<fixtures/kcallers/contract/in >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/messages" || status=$?
		[ "$status" -eq 1 ]
		grep -q '^kcallers: .*\.py: No such file or directory' "$BATS_TEST_TMPDIR/messages"
		tail -n 1 "$BATS_TEST_TMPDIR/out" | jq -e '.kind == "end" and .problems >= 1 and .chains > 0'
	done
}

@test "given a checkout with another package beside its python/, then kgrep-imports and kcallers read the same files" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p co/python/app co/vendor/python/extra
	printf 'from fastlib import gemm\n\n\ndef f(x):\n    return gemm(x)\n' |
		tee co/vendor/python/extra/b.py >co/python/app/a.py
	kgrep-imports -s "$FIXTURES/kcallers/sources.txt" co >imports
	[ "$(jq -r 'select(.kind == "import").file' imports)" = co/python/app/a.py ]
	kcallers -r co -m none <imports >chains 2>/dev/null
	[ "$(jq -r 'select(.kind == "call").file' chains)" = co/python/app/a.py ]
	[ "$(jq -s '.[-1].files' imports)" -eq "$(jq -s '.[-1].files' chains)" ]
	# The order in which trees are given leaves none out.
	for trees in "co co/vendor" "co/vendor co"; do
		kgrep-imports -s "$FIXTURES/kcallers/sources.txt" $trees | jq -e -s '.[-1] | .imports == 2 and .files == 2'
	done
}

@test "given classes that inherit one from the other 3,000 deep, when one is used, then that takes no minutes" {
	cd "$BATS_TEST_TMPDIR"
	mkdir deep
	{
		printf 'from fastlib import gemm\n\n\nclass C0:\n    def run(self, x):\n        return gemm(x)\n'
		for i in $(seq 2999); do printf 'class C%d(C%d):\n    pass\n' "$i" "$((i - 1))"; done
		printf 'class Demo:\n    def forward(self, x):\n        return C2999().run(x)\nEntryClass = Demo\n'
	} >deep/demo.py
	# With an order found anew for each tail this takes 7 s and more.
	kgrep-imports -s "$FIXTURES/kcallers/sources.txt" deep |
		( ulimit -t 3; kcallers -r deep -m demo ) | jq -e -s '.[-1].chains == 1'
}

@test "given modules that import all names of one another, when one is used, then each is looked at once" {
	cd "$BATS_TEST_TMPDIR"
	mkdir star
	for i in $(seq 0 29); do
		for j in $(seq 0 29); do [ "$i" = "$j" ] || echo "from a$j import *"; done >star/a$i.py
	done
	printf 'from fastlib import gemm\n\n\ndef go(x):\n    return gemm(x)\n' >>star/a0.py
	printf 'from a29 import *\n\n\nclass Demo:\n    def forward(self, x):\n        return go(x)\nEntryClass = Demo\n' >star/demo.py
	# Path by path this would not end.
	kgrep-imports -s "$FIXTURES/kcallers/sources.txt" star |
		( ulimit -t 10; kcallers -r star -m demo ) | jq -e -s '.[-1].chains == 1'
}

@test "given a call with more arguments than are kept, then the end record says that something was left out" {
	cd "$BATS_TEST_TMPDIR"
	mkdir wide
	for count in 128 129; do
		printf 'from fastlib import gemm\n\n\ndef run(*steps):\n    gemm(0)\n\n\nclass Demo:\n    def forward(self, x):\n        run(%s0)\nEntryClass = Demo\n' \
			"$(printf '%0.s0, ' $(seq $((count - 1))))" >wide/demo.py
		kgrep-imports -s "$FIXTURES/kcallers/sources.txt" wide | kcallers -r wide -m demo >out
		jq -e -s --argjson exact "$([ "$count" = 128 ] && echo true || echo false)" '.[-1] | .exact == $exact and .chains == 1' out
	done
}

@test "given names of an outside package that grow with each step, then the end record says that something was left out" {
	cd "$BATS_TEST_TMPDIR"
	mkdir chain
	printf 'import fastlib\nfrom fastlib import gemm\n\n\nclass Demo:\n    def forward(self, x):\n        gemm(x)\n        a = fastlib\n        b = a.inner\nEntryClass = Demo\n' >chain/demo.py
	kgrep-imports -s "$FIXTURES/kcallers/sources.txt" chain | kcallers -r chain -m demo | jq -e -s '.[-1].exact'
	sed -i 's/b = a.inner/for i in x: a = a.inner/' chain/demo.py
	kgrep-imports -s "$FIXTURES/kcallers/sources.txt" chain | kcallers -r chain -m demo | jq -e -s '.[-1] | .exact == false and .chains == 1'
}

@test "given a kernel seven modules deep in its package, when it is called by that name, then its chain is found" {
	cd "$BATS_TEST_TMPDIR"
	mkdir chain
	printf 'import fastlib\n\n\nclass Demo:\n    def forward(self, x):\n        return fastlib.a.b.c.d.e.f.g.gemm(x)\nEntryClass = Demo\n' >chain/demo.py
	kgrep-imports -s "$FIXTURES/kcallers/sources.txt" chain | kcallers -r chain -m demo | jq -e -s '.[-1].chains == 1 and .[-1].exact'
}

@test "given the pinned sglang, when it is traced to Llama, then each call stands in its line and each kernel's ways are those listed" {
	pinned flashinfer
	cd "$(dirname "$TREE")"
	kgrep-imports sglang flashinfer >"$BATS_TEST_TMPDIR/imports" || [ $? -eq 1 ]
	kcallers -r sglang -m llama <"$BATS_TEST_TMPDIR/imports" >"$BATS_TEST_TMPDIR/out" || [ $? -eq 1 ]
	# A call's last name is in its line or, of a call over several, one of the next.
	jq -r 'select(.kind == "chain").frames[] | [.file, .line, (.call | split(".")[-1] | split("[")[0] | split("(")[0])] | @tsv' \
		"$BATS_TEST_TMPDIR/out" | sort -u -k 1,1 -k 2,2n -k 3 >"$BATS_TEST_TMPDIR/calls"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/calls")" -gt 300 ]
	awk -F '\t' '$1 != file { file = $1; count = 0; delete line; while ((getline text <file) > 0) line[++count] = text }
		{
			near = ""
			for (i = 0; i < 7; i++) near = near " " line[$2 + i]
			if (!match(near " ", "[^A-Za-z0-9_]" $3 "[^A-Za-z0-9_]")) { print; bad = 1 }
		} END { exit bad }' "$BATS_TEST_TMPDIR/calls"
	ways() {
		jq -r 'select(.kind == "chain") | "\(.kernel): \(.frames[.op].call): \([.frames[].via] |
			reduce .[] as $via ([]; if .[-1][0] == $via then .[-1][1] += 1 else . + [[$via, 1]] end) |
			map(.[0] + if .[1] > 1 then "*\(.[1])" else "" end) | join(" "))"' "$BATS_TEST_TMPDIR/out" | sort -u
	}
	check_golden kcallers/llama.txt 0 ways
}

@test "given the pinned sglang, when it is traced to DeepSeek, then each kernel's records are, byte for byte, those that were kept" {
	pinned sglang
	cd "$(dirname "$TREE")"
	kgrep-imports sglang >"$BATS_TEST_TMPDIR/imports" || [ $? -eq 1 ]
	kcallers -r sglang -m deepseek_v2 <"$BATS_TEST_TMPDIR/imports" >"$BATS_TEST_TMPDIR/out" || [ $? -eq 1 ]
	check_golden kcallers/deepseek.txt 0 digests '.kind + if .kind == "chain" then " " + .kernel else "" end' <"$BATS_TEST_TMPDIR/out"
}
