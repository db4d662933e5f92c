# SPDX-License-Identifier: Apache-2.0
# tr-stacks: the Python stack that each kernel was launched from.

load helper

setup() {
	IN=$FIXTURES/tr-stacks/contract/in
}

# stacks [ARGUMENT...]: what tr-stacks says of each piece of work: name and its stack's frames
# and operators, innermost first.
stacks() {
	tr-stacks "$@" "$IN" | jq -r -n '[inputs] as $all |
		($all | map(select(.kind == "stack") | {key: "\(.stack)", value: .}) | from_entries) as $stacks |
		$all[] | select(.kind | IN("kernel", "memcpy")) | .name as $name |
		if .stack == null then "\($name): unknown" else $stacks["\(.stack)"] |
			"\($name): \(.how) \([.ops[].name] + .modules + [.frames[].function] | join(" < "))" end'
}

@test "given frames, modules and operators in any order, when kernels are looked up, then stacks nest" {
	run stacks
	[ "${lines[0]}" = "store_kvcache: launch Attention < <built-in method store of Cache object> < forward" ]
	[ "${lines[1]}" = "${lines[0]}" ]
	[ "${lines[2]}" = "gemm: launch aten::mm < aten::linear < forward" ]
}

@test "given layers that call the same code, when stacks are equal, then they are one" {
	tr-stacks "$IN" >"$BATS_TEST_TMPDIR/out"
	[ "$(grep -c '"kind":"stack"' "$BATS_TEST_TMPDIR/out")" = 3 ]
	jq -e -s 'map(select(.name == "store_kvcache") | .stack) | unique | length == 1' "$BATS_TEST_TMPDIR/out"
}

@test "given calls of one operator, when they launch work, then its number tells them from other calls" {
	tr-stacks "$IN" | jq -e -s 'map(select(.name == "gemm" and .ts == 55) | .op_calls) | .[0] | length == 2 and .[0] != .[1]'
	tr-stacks "$IN" | jq -e -s 'map(select(.name == "store_kvcache") | .op_calls) == [[], []]'
}

@test "given a graph launch, when no capture is named, then the stack is the launch's own" {
	run stacks
	[ "${lines[3]}" = "norm: graph forward" ]
	[ "${lines[4]}" = "gemm: graph forward" ]
}

@test "given the capture of the graph, when kernels replay, then each has the stack it was captured from" {
	run stacks -c "$FIXTURES/tr-stacks/capture.ndjson"
	[ "${lines[3]}" = "norm: capture forward" ]
	[ "${lines[4]}" = "gemm: capture forward < forward" ]
	grep -v '"name":"gemm","ts":90' "$IN" >"$BATS_TEST_TMPDIR/short"
	IN=$BATS_TEST_TMPDIR/short run stacks -c "$FIXTURES/tr-stacks/capture.ndjson"
	[ "${lines[3]}" = "norm: graph forward" ] # another number of kernels: not this graph
}

@test "given a copy within a replayed graph, when kernels replay, then it is not counted as one" {
	sed '/"name":"norm","ts":80/i {"kind":"memcpy","name":"Memcpy DtoD","ts":79,"dur":1,"device":0,"stream":7,"correlation":4,"bytes":8}' "$IN" >"$BATS_TEST_TMPDIR/copies"
	IN=$BATS_TEST_TMPDIR/copies run stacks -c "$FIXTURES/tr-stacks/capture.ndjson"
	[ "${lines[4]}" = "norm: capture forward" ]
	[ "${lines[5]}" = "gemm: capture forward < forward" ]
}

@test "given a capture of one launch in one call, when it is named, then it is taken" {
	awk '/"kind":"launch"/ && launches++ { next } /"kind":"(frame|module|op)"/ && calls++ { next } { print }' \
		"$FIXTURES/tr-stacks/capture.ndjson" >"$BATS_TEST_TMPDIR/one"
	[ "$(grep -cE '"kind":"(launch|frame|module|op)"' "$BATS_TEST_TMPDIR/one")" -eq 2 ]
	tr-stacks -c "$BATS_TEST_TMPDIR/one" "$IN" >/dev/null
}

@test "given work whose launch is not in the trace, when it is looked up, then its stack is null" {
	run stacks
	[ "${lines[5]}" = "Memcpy DtoH: unknown" ]
}

@test "given records of other kinds, when they pass, then only frames and operators are gone" {
	tr-stacks "$IN" | jq -c 'select(.kind != "stack") | del(.stack, .op_calls)' >"$BATS_TEST_TMPDIR/got"
	jq -c 'select(.kind != "frame" and .kind != "op")' "$IN" >"$BATS_TEST_TMPDIR/want"
	diff "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/got"
	[ "$(tr-stacks "$IN" | tr-stacks | grep -c '"stack":null,"stack"')" = 0 ]
}

@test "given a capture without launches, when it is named, then it is refused" {
	run_split tr-stacks -c "$FIXTURES/tr-layers/contract/in" "$IN"
	[ "$status" -eq 2 ]
	[[ $errors == *"has no launches or nothing around them"* ]]
}

@test "given an eager sglang trace, when its kernels are looked up, then each model kernel has its module" {
	shared_data traces/inference_sglang_prefilldecode_sglang_Qwen3-8B_prefilldecode.json.gz
	tr-parse -s kernel,launch,frame,module,op "$DATA" | tr-stacks >"$BATS_TEST_TMPDIR/out"
	jq -e -s '(map(select(.kind == "stack") | {key: "\(.stack)", value: .}) | from_entries) as $stacks |
		[.[] | select(.kind == "kernel" and (.name | startswith("Cijk"))) | $stacks["\(.stack)"].modules[0]] |
		group_by(.) | map({key: .[0], value: length}) | from_entries ==
		{QKVParallelLinear: 36, RowParallelLinear: 72, MergedColumnParallelLinear: 36, LogitsProcessor: 1}' \
		"$BATS_TEST_TMPDIR/out" || { jq -c 'select(.kind == "stack") | [.how, .ops[0].name, .modules[0]]' "$BATS_TEST_TMPDIR/out"; false; }
}

# nest SPAN... : the frames around a launch at 20, innermost first; a span is NAME TS DUR.
nest() {
	local span name ts dur
	{
		echo '{"kind":"trace"}'
		for span in "$@"; do
			read -r name ts dur <<<"$span"
			echo "{\"kind\":\"frame\",\"file\":\"a.py\",\"line\":1,\"function\":\"$name\",\"ts\":$ts,\"dur\":$dur,\"pid\":1,\"tid\":1}"
		done
		echo '{"kind":"launch","name":"cudaLaunchKernel","ts":20,"dur":1,"pid":1,"tid":1,"correlation":7}'
		echo '{"kind":"kernel","name":"k","ts":30,"dur":1,"device":0,"stream":7,"correlation":7}'
		echo '{"kind":"end"}'
	} | tr-stacks | jq -r 'select(.kind == "stack") | .frames | map(.function) | join(" < ")'
}

@test "given calls that begin together, when they nest, then the longer one is around the shorter" {
	[ "$(nest 'outer 10 50' 'inner 10 20')" = "inner < outer" ]
	[ "$(nest 'inner 10 20' 'outer 10 50')" = "inner < outer" ]
	[ "$(nest 'outer 10 50' 'inner 15 45')" = "inner < outer" ] # they end together
}

@test "given a launch at the very begin or end of a call, when it is looked up, then it is in that call" {
	[ "$(nest 'outer 1 100' 'ends 10 10')" = "ends < outer" ]
	[ "$(nest 'outer 1 100' 'begins 20 10')" = "begins < outer" ]
	[ "$(nest 'outer 1 100' 'over 10 9.999' 'later 20.001 9')" = "outer" ]
}

@test "given ranks merged in one stream, when they use the same correlation, then each kernel has its own rank's stack" {
	{
		echo '{"kind":"trace"}'
		for rank in 0 1; do
			echo "{\"kind\":\"frame\",\"rank\":\"$rank\",\"file\":\"a.py\",\"line\":1,\"function\":\"rank$rank\",\"ts\":10,\"dur\":50,\"pid\":1,\"tid\":1}"
			echo "{\"kind\":\"launch\",\"rank\":\"$rank\",\"name\":\"cudaLaunchKernel\",\"ts\":2$rank,\"dur\":1,\"pid\":1,\"tid\":1,\"correlation\":7}"
			echo "{\"kind\":\"kernel\",\"rank\":\"$rank\",\"name\":\"k$rank\",\"ts\":30,\"dur\":1,\"device\":0,\"stream\":7,\"correlation\":7}"
		done
		echo '{"kind":"end"}'
	} | tr-stacks | jq -s -r '(map(select(.kind == "stack"))) as $stacks | map(select(.kind == "kernel"))[] |
		.stack as $at | "\(.name) \($stacks[] | select(.stack == $at) | .frames[0].function)"' >"$BATS_TEST_TMPDIR/got"
	[ "$(paste -sd ' ' "$BATS_TEST_TMPDIR/got")" = "k0 rank0 k1 rank1" ]
}

@test "given -f folded, when kernels are launched from stacks, then each stack has the nanoseconds of its kernels" {
	tr-stacks -f folded "$IN" >"$BATS_TEST_TMPDIR/folded"
	diff - "$BATS_TEST_TMPDIR/folded" <<-'EOF'
	(launch not in the trace);Memcpy DtoH 1000
	forward (a/model.py:10);Attention;<built-in method store of Cache object>;cudaLaunchKernel;store_kvcache 4000
	forward (a/model.py:10);aten::linear;aten::mm;cudaLaunchKernel;gemm 2000
	forward (a/model.py:10);cudaGraphLaunch;gemm 2000
	forward (a/model.py:10);cudaGraphLaunch;norm 2000
	EOF
}

@test "given names with semicolons and line ends, when stacks are folded, then a line is a stack" {
	sed 's/"function":"forward"/"function":"a;b\\n0 7"/' "$IN" | tr-stacks -f folded >"$BATS_TEST_TMPDIR/folded"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/folded")" -eq 5 ]
	[ "$(grep -c '^a:b:0 7 (a/model.py:10);' "$BATS_TEST_TMPDIR/folded")" -eq 4 ]
}
