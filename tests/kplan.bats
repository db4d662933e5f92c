# SPDX-License-Identifier: Apache-2.0
# kplan and the host that it runs a tree's Python in.

load helper

setup() {
	cd "$ROOT"
	export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
	mkdir "$XDG_CACHE_HOME"
}

# plain TREE CONFIG [options...]: run forward() of a tree's model.py.
plain() {
	local tree=$1
	printf '%s\n' "$2" >"$BATS_TEST_TMPDIR/config.json"
	shift 2
	run_split kplan --driver plain -r "$tree" -c "$BATS_TEST_TMPDIR/config.json" -D h200 -p decode "$@"
}

# hostile NAME [options...]: run what is called NAME in fixtures/kplan/hostile.
hostile() {
	local name=$1
	shift
	plain fixtures/kplan/hostile "$(jq -nc --arg do "$name" --arg file "$BATS_TEST_TMPDIR/made" \
		--arg home "$HOME" '{$do, $file, $home, port: 9}')" "$@"
}

# ends STATUS: so did the last run, its records are complete, and nothing was made.
ends() {
	[ "$status" -eq "$1" ] || { echo "status $status"; echo "$output"; echo "$errors"; return 1; }
	jq -es 'last.kind == "end" and first.kind == "deployment"' <<<"$output" >/dev/null
	[ ! -e "$BATS_TEST_TMPDIR/made" ]
}

# unresolved PATTERN: one such record says so.
unresolved() {
	jq -es --arg why "$1" 'map(select(.kind == "unresolved" and (.why | test($why)))) | length == 1' \
		<<<"$output" >/dev/null || { echo "$output"; return 1; }
}

# at_line: the unresolved record names a line of the tree.
at_line() {
	jq -es 'any(.[]; .kind == "unresolved" and .file == "hostile/model.py" and .line > 0)' \
		<<<"$output" >/dev/null
}

# refused EVENT: the plan says what was refused, with its line.
refused() {
	jq -es --arg event "$1" 'any(.[]; .kind == "fact" and .name == "refused" and
		(.value | startswith($event)) and .because[0].file == "hostile/model.py" and
		.because[0].line > 0)' <<<"$output" >/dev/null || { echo "$output"; return 1; }
}

@test "given a tree, when its model is run, then what it returns and what was assumed is told" {
	plain fixtures/kplan/tree '{"hidden_size": 64}'
	ends 0
	[ -z "$errors" ]
	[ "$(jq -c 'select(.name == "decode").value' <<<"$output")" = 64 ]
	[ "$(jq -c 'select(.name == "assumed.foreign").value' <<<"$output")" = '["foreign","foreign.layers.Linear","foreign.layers.custom_op"]' ]
}

@test "given calls without end, when they are run, then their line is told" {
	hostile recursion
	ends 1
	unresolved "calls nested too deep"
	at_line
}

@test "given a stack too deep, when the process dies of it, then the caller lives and says so" {
	hostile deep_stack
	ends 1
	unresolved "died of a bad access or of a stack too deep|ended early with status 99" # 99: a sanitizer
	[ "$(wc -l <<<"$errors")" -eq 1 ]
}

@test "given a loop without end, when the time is up, then its line is told" {
	hostile loop --timeout 6                # enough for the start of Python on a busy machine
	ends 1
	unresolved "no time left"
	at_line
}

@test "given a loop that will not stop, when the time is up, then it is ended" {
	SECONDS=0
	hostile stubborn_loop --timeout 1
	[ "$SECONDS" -lt 8 ]
	ends 1
	unresolved "no time left"
}

@test "given lists of 10^9 elements, when they are made, then the lack of memory is told" {
	! ldd "$BIN/kplan" | grep -q libasan || skip "a sanitized build has no limit of memory"
	for name in large_list large_bytes; do
		hostile "$name"
		ends 1
		unresolved "no memory left"
	done
}

@test "given a tree that starts programs, when it is run, then none is started and each attempt is told" {
	hostile system
	ends 1
	refused os.system
	unresolved "os.system has no place in a dry run"
	hostile program
	ends 1
	refused subprocess.Popen
	hostile program_by_force
	ends 1
	hostile swallow
	ends 0
	refused os.system
}

@test "given a tree that connects, when it is run, then it gets no socket" {
	hostile connect
	ends 1
	refused socket.
}

@test "given a tree that writes, when it is run, then nothing is written, in the tree neither" {
	hostile write
	ends 1
	refused open
	hostile write_in_tree
	ends 1
	[ ! -e fixtures/kplan/hostile/written ]
}

@test "given a pipe that nobody writes to, when a tree opens it, then it is told and nothing waits" {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	plain fixtures/kplan/hostile "$(jq -nc --arg file "$BATS_TEST_TMPDIR/pipe" '{do: "pipe", $file}')" --timeout 60
	ends 1
	refused open
}

@test "given a tree that calls C, when it is run, then that is refused" {
	hostile native
	ends 1
	refused ctypes.dlopen
	hostile native_by_force
	ends 1
	refused ctypes.dlsym
	hostile bad_access
	ends 1
	refused ctypes.string_at
}

@test "given a tree that sends signals, starts threads or forks, when it is run, then none of it happens" {
	hostile kill_caller
	ends 1
	refused os.kill
	hostile thread
	ends 1
	hostile fork
	ends 1
	refused os.fork
}

@test "given a tree that reads what is not its own, when it is run, then it may not" {
	for name in read read_home steal_code; do
		hostile "$name"
		ends 1
		[[ $output != *root:* ]]
	done
}

@test "given a tree with a shared object, when it is imported, then it is not loaded" {
	hostile shared_object
	[[ $output == *assumed* && $output != *"cpython-311"* ]]
}

@test "given a tree that sends what is no record, when it is run, then the run ends and that is told" {
	for name in no_record strange_record; do
		hostile "$name"
		ends 1
		unresolved "no record"
	done
	hostile bad_message
	ends 1
	unresolved "no message"
	hostile many_records
	ends 1
	unresolved "too many records, or one too long"
}

@test "given a tree that ends the process, when it is run, then that is told" {
	hostile leave
	ends 1
	unresolved "ended early"
	hostile stop
	ends 1
	unresolved "SystemExit"
}

@test "given a kernel without Landlock, or without seccomp, when a tree is run, then one line says so, and --strict refuses" {
	printf '{"hidden_size": 64}' >"$BATS_TEST_TMPDIR/config.json"
	for call in landlock_create_ruleset prctl; do
		run_split "$TESTS/dryrun/refuse" "$call" kplan --driver plain -r fixtures/kplan/tree \
			-c "$BATS_TEST_TMPDIR/config.json" -D h200
		ends 0
		[ "$(wc -l <<<"$errors")" -eq 1 ]
		[[ $errors == "kplan: not protected by "* ]]
		run_split "$TESTS/dryrun/refuse" "$call" kplan --strict --driver plain -r fixtures/kplan/tree \
			-c "$BATS_TEST_TMPDIR/config.json" -D h200
		[ "$status" -eq 2 ]
		[ -z "$output" ]
		[ "$(wc -l <<<"$errors")" -eq 1 ]
	done
}

@test "given a kernel without Landlock, when a tree writes or starts a program, then it still does not" {
	for name in write system program_by_force fork connect; do
		printf '{"do": "%s", "file": "%s", "port": 9}' "$name" "$BATS_TEST_TMPDIR/made" \
			>"$BATS_TEST_TMPDIR/config.json"
		run_split "$TESTS/dryrun/refuse" landlock_create_ruleset kplan --driver plain \
			-r fixtures/kplan/hostile -c "$BATS_TEST_TMPDIR/config.json" -D h200 -p decode
		ends 1
	done
}

# cached PATTERN: the entry of the cache whose code holds this text.
cached() {
	grep -l "$1" "$XDG_CACHE_HOME"/warpipe/code/* | head -n 1
}

@test "given a second run, when a file has not changed, then its code comes from the cache, else not" {
	cp -r fixtures/kplan/tree "$BATS_TEST_TMPDIR/tree"
	plain "$BATS_TEST_TMPDIR/tree" '{"hidden_size": 64}'
	first=$output
	entries=$(ls "$XDG_CACHE_HOME/warpipe/code" | wc -l)
	[ "$entries" -gt 4 ]
	# Had it been compiled anew, its entry would be there again.
	plain "$BATS_TEST_TMPDIR/tree" '{"hidden_size": 64}'
	[ "$output" = "$first" ]
	[ "$(ls "$XDG_CACHE_HOME/warpipe/code" | wc -l)" -eq "$entries" ]
	sed -i 's/else -1/else -2/' "$BATS_TEST_TMPDIR/tree/model.py"
	plain "$BATS_TEST_TMPDIR/tree" '{"hidden_size": 64, "wide": true}'
	[ "$(jq 'select(.name == "decode").value' <<<"$output")" = -2 ]
	[ "$(ls "$XDG_CACHE_HOME/warpipe/code" | wc -l)" -eq "$((entries + 1))" ]
}

@test "given a cache entry that is damaged, another's, or open to others, when a tree is run, then it is not used" {
	plain fixtures/kplan/tree '{"hidden_size": 64}'
	good=$output
	entry=$(cached hidden_size)
	cp "$entry" "$BATS_TEST_TMPDIR/entry"
	other=$(cached choose_device)
	# One byte changed.
	sed -i 's/hidden_size/hidden_sIze/' "$entry"
	plain fixtures/kplan/tree '{"hidden_size": 64}'
	[ "$output" = "$good" ]
	cmp "$entry" "$BATS_TEST_TMPDIR/entry"
	# The sound entry of another file.
	cp "$other" "$entry"
	plain fixtures/kplan/tree '{"hidden_size": 64}'
	[ "$output" = "$good" ]
	# A link, and a file that others may write to: made anew, not followed or read.
	ln -sf "$other" "$entry"
	plain fixtures/kplan/tree '{"hidden_size": 64}'
	[ "$output" = "$good" ]
	[ ! -L "$entry" ]
	chmod 666 "$entry"
	plain fixtures/kplan/tree '{"hidden_size": 64}'
	[ "$(stat -c %a "$entry")" = 600 ]
	# A folder that others may write to is no cache.
	rm "$entry"
	chmod 777 "$XDG_CACHE_HOME/warpipe/code"
	plain fixtures/kplan/tree '{"hidden_size": 64}'
	[ "$output" = "$good" ]
	[ ! -e "$entry" ]
}

@test "given a cache beyond its limit, when something is compiled, then what was not used for longest goes" {
	local folder=$XDG_CACHE_HOME/warpipe/code name
	mkdir -p "$folder"
	name=$(printf '%064d' 7)
	# Holes only: they take no room on the disk.
	truncate -s 400M "$folder/$name" "$folder/f${name#0}"
	touch -d '3 days ago' "$folder/f${name#0}"
	echo mine >"$folder/notes"
	touch -d '9 days ago' "$folder/notes"
	plain fixtures/kplan/tree '{"hidden_size": 64}'
	[ ! -e "$folder/f${name#0}" ]
	[ -e "$folder/$name" ] && [ -e "$folder/notes" ]
	[ "$(ls "$folder" | wc -l)" -gt 4 ]
}

@test "given no home or a full cache, when a tree is run, then it runs" {
	XDG_CACHE_HOME= HOME= plain fixtures/kplan/tree '{"hidden_size": 64}'
	ends 0
	XDG_CACHE_HOME=/proc plain fixtures/kplan/tree '{"hidden_size": 64}'
	ends 0
	[ -z "$errors" ]
}

@test "given a source that CPython cannot parse, when it is run, then its place is told" {
	mkdir "$BATS_TEST_TMPDIR/tree"
	printf 'def forward(config, phase):\n    return (\n' >"$BATS_TEST_TMPDIR/tree/model.py"
	plain "$BATS_TEST_TMPDIR/tree" '{}'
	ends 1
	unresolved "tree/model.py: .*never closed.*line 2"
	python3 -c 'print("x = " + "(" * 100000)' >"$BATS_TEST_TMPDIR/tree/model.py"
	plain "$BATS_TEST_TMPDIR/tree" '{}'
	ends 1
	unresolved "nested"
	printf 'x = "\0"' >"$BATS_TEST_TMPDIR/tree/model.py"
	plain "$BATS_TEST_TMPDIR/tree" '{}'
	ends 1
}

@test "given options that make no sense, when kplan is called, then it exits with 2 and one line" {
	for arguments in "" "-r x -c y" "-r fixtures/kplan/tree -c /dev/null -D h200" \
		"-r fixtures/kplan/tree -c fixtures/kplan/tree/model.py -D h200" \
		"-r fixtures/kplan/tree -c fixtures/kplan/config.json -D h200 --tp 0" \
		"-r fixtures/kplan/tree -c fixtures/kplan/config.json -D h200 -e NAME" \
		"-r fixtures/kplan/tree -c fixtures/kplan/config.json -D nosuch" \
		"-r fixtures/kplan/tree -c fixtures/kplan/config.json -D h200 --driver ../x"; do
		# shellcheck disable=SC2086
		run_split kplan $arguments
		[ "$status" -eq 2 ] || { echo "$arguments: $status"; false; }
		[ "$(wc -l <<<"$errors")" -eq 1 ]
		[ -z "$output" ]
	done
}

@test "given --lines, when a tree is run, then the lines of each phase are written, and no others" {
	printf '{"hidden_size": 64}' >"$BATS_TEST_TMPDIR/config.json"
	run_split kplan --driver plain -r fixtures/kplan/tree -c "$BATS_TEST_TMPDIR/config.json" -D h200 \
		-p decode -p extend -b 8 --lines "$BATS_TEST_TMPDIR/lines.json"
	ends 0
	jq -e 'keys == ["build", "decode", "extend"]' "$BATS_TEST_TMPDIR/lines.json"
	helper=$(grep -n 'return x' fixtures/kplan/tree/model.py | cut -d: -f1)
	jq -e --argjson line "$helper" '(.decode["tree/model.py"] | index($line)) != null and
		(.extend["tree/model.py"] | index($line)) == null' "$BATS_TEST_TMPDIR/lines.json"
	jq -e '[.[] | keys[]] | unique == ["tree/model.py"]' "$BATS_TEST_TMPDIR/lines.json"
}

# pinned_with_cache: the pinned sglang, whose compiled code these tests share.
pinned_with_cache() {
	pinned sglang
	XDG_CACHE_HOME=$BATS_FILE_TMPDIR/cache
	mkdir -p "$XDG_CACHE_HOME"
}

# line TEXT: the line of the small tree's model that holds it.
line() {
	grep -n "$1" fixtures/kplan/tree/model.py | cut -d: -f1
}

# because PATTERN: one reason of the facts says so.
because() {
	jq -es --arg text "$1" 'any(.[] | .because[]?; .text | test($text))' <<<"$output" >/dev/null ||
		{ echo "$output"; return 1; }
}

@test "given --explain FILE:LINE, when a test kept the line from running, then it is named with its values" {
	plain fixtures/kplan/tree '{"hidden_size": 64}' --explain "model.py:$(line 'return helper')"
	ends 0
	[ "$(jq -r 'select(.name | tostring | startswith("explain.")).value' <<<"$output")" = "decode: does not run" ]
	because '^phase\["batch"\] <= 16 is false: 32 against 16$'
	plain fixtures/kplan/tree '{"hidden_size": 64}' --explain "model.py:$(line 'return helper')" -b 8
	[ "$(jq -r 'select(.name | tostring | startswith("explain.")).value' <<<"$output")" = "decode: runs" ]
	because '^phase\["batch"\] <= 16 is true: 8 against 16$'
	# In a function that is not called: what kept its caller from it.
	plain fixtures/kplan/tree '{"hidden_size": 64}' --explain "tree/model.py:$(line 'return x')"
	because '^helper is not called$'
	because '^would be called here: return helper'
	because '^phase\["batch"\] <= 16 is false: 32 against 16$'
	plain fixtures/kplan/tree '{"hidden_size": 64}' --explain "no.py:1"
	[ "$(jq -r 'select(.name | tostring | startswith("explain.")).value' <<<"$output")" = "no such file in the tree" ]
}

@test "given sglang on H200, when facts are asked for, then the attention backend comes with the tests that chose it" {
	pinned_with_cache
	run_split kplan -r "$TREE" -c "$FIXTURES/kplan/deepseek-v3.json" -D h200 --tp 8 -p decode --timeout 600 --facts
	[ "$status" -eq 0 ] || { echo "$output" | tail -n 3; false; }
	[ "$(jq -r 'select(.name == "server_args.attention_backend").value' <<<"$output")" = fa3 ]
	jq -es 'map(select(.name == "server_args.attention_backend"))[0].because | map(.text) |
		any(test("^self.attention_backend is None is true")) and any(test("hopper.* is true"))' <<<"$output"
	[ "$(jq -s 'map(select(.kind == "launch")) | length' <<<"$output")" -eq 0 ]
}

@test "given sglang on H200, when a kernel is asked for that runs for few tokens only, then the test says so" {
	pinned_with_cache
	run_split kplan -r "$TREE" -c "$FIXTURES/kplan/deepseek-v3.json" -D h200 --tp 8 -p decode \
		--explain dsv3_router_gemm
	[ "$status" -eq 0 ]
	because 'hidden_states.shape\[0\] <= 16 is false: 32 against 16'
	run_split kplan -r "$TREE" -c "$FIXTURES/kplan/deepseek-v3.json" -D h200 --tp 8 -p decode -b 8 \
		--explain dsv3_router_gemm
	[[ $(jq -r 'select(.name == "explain.dsv3_router_gemm").value' <<<"$output") == "decode: "*" launches"* ]]
}

@test "given a deployment, when make plan shows it, then its phases stand side by side, layers alike once" {
	pinned_with_cache
	make -s plan BIN="$BIN" SGLANG="$TREE" CONFIG=fixtures/kplan/deepseek-v3.json DEVICE=h200 TP=8 \
		PLAN_OUT="$BATS_TEST_TMPDIR/plan" >"$BATS_TEST_TMPDIR/table"
	grep -Eq '^layers +kernel +source +where +decode +extend' "$BATS_TEST_TMPDIR/table"
	grep -Eq '^1-2 +flash_attn_with_kvcache +sgl-kernel +models/deepseek_v2.py:[0-9]+ +32x16x64' "$BATS_TEST_TMPDIR/table"
	# Only a prefill copies the requests' tokens.
	grep -Eq '^- +write_req_to_token_pool_triton +triton +mem_cache/common.py:[0-9]+   ' "$BATS_TEST_TMPDIR/table"
}

@test "given two devices, when make plan compares them, then what changes comes with the line that decides" {
	pinned_with_cache
	make -s plan BIN="$BIN" SGLANG="$TREE" CONFIG=fixtures/kplan/deepseek-v3.json DEVICE=h200 TP=8 PHASE=decode \
		COMPARE='-D b200' PLAN_OUT="$BATS_TEST_TMPDIR/plan" >"$BATS_TEST_TMPDIR/changes"
	grep -Eq '^< +0 +flash_attn_with_kvcache' "$BATS_TEST_TMPDIR/changes"
	grep -Eq '^> +3 +trtllm_fp8_block_scale_moe' "$BATS_TEST_TMPDIR/changes"
	grep -q 'self.num_fused_shared_experts == 0 is false: 1 against 0' "$BATS_TEST_TMPDIR/changes"
}

@test "given sizes with names, when they are computed with and compared, then they stay folded and what holds is noted" {
	check_golden kplan/sizes.out.ndjson 0 kplan --driver plain -r fixtures/kplan/sizes \
		-c fixtures/kplan/config.json -D h200 -p decode
}

@test "given more comparisons than are kept before a launch, when they are left out, then end says so" {
	mkdir "$BATS_TEST_TMPDIR/many"
	printf '%s\n' 'from _warpipe import Size' 'def forward(config, phase):' \
		'    return sum(Size(10**9, "n") > i for i in range(1, config["asked"] + 1))' >"$BATS_TEST_TMPDIR/many/model.py"
	plain "$BATS_TEST_TMPDIR/many" '{"asked": 10002}'
	ends 0
	jq -es 'last.exact == false and any(.[]; .name == "left_out.conditions" and .value == 2)' <<<"$output" || { echo "$output"; false; }
	plain "$BATS_TEST_TMPDIR/many" '{"asked": 10000}'
	jq -es 'last.exact and all(.[]; .name != "left_out.conditions")' <<<"$output"
}

@test "given a tree that is one package, when it is run, then it is found; given none, then that is said" {
	mkdir "$BATS_TEST_TMPDIR/model" "$BATS_TEST_TMPDIR/nothing"
	cp fixtures/kplan/tree/model.py "$BATS_TEST_TMPDIR/model/__init__.py"
	plain "$BATS_TEST_TMPDIR/model" '{"hidden_size": 64}'
	ends 0
	plain "$BATS_TEST_TMPDIR/nothing" '{"hidden_size": 64}' --driver sglang
	ends 1
	unresolved "the tree holds no package sglang"
}

@test "given kernels of tilelang, when they are called, then each is a launch and what it makes has the declared shape" {
	plain fixtures/kplan/tilelang '{}'
	ends 0
	jq -c 'select(.name == "decode").value' <<<"$output" >"$BATS_TEST_TMPDIR/value"
	diff - "$BATS_TEST_TMPDIR/value" <<-'END'
	{"out":[[100,192],"torch.float32"],"open":0,"launches":[["tilelang","scores",[[100,8,128],[130,128],[100,192]]],["tilelang","quantise",[[130,128],[130,128]]],["tilelang","mixed",[[130,128],[130,128]]]]}
	END
}

@test "given sglang on H200, when it decodes, then launches that depend on the batch say on which comparison" {
	pinned_with_cache
	kplan -r "$TREE" -c "$FIXTURES/kplan/deepseek-v3.json" -D h200 --tp 8 -p decode --fold >"$BATS_TEST_TMPDIR/plan"
	# The router's own kernel is for 16 tokens and fewer; torch.compile's sum for up to 32.
	jq -es 'any(.[]; .kernel == "aten::mm" and any(.conditions[]?; .text == "batch > 16" and
		(.file | endswith("models/deepseek_v2.py"))))' "$BATS_TEST_TMPDIR/plan"
	jq -es 'any(.[]; .kernel == "moe_sum_reduce_torch_compile" and any(.conditions[]?; .text == "batch <= 32"))' \
		"$BATS_TEST_TMPDIR/plan"
	# Below 8192 cached tokens attention is absorbed.
	kplan -r "$TREE" -c "$FIXTURES/kplan/deepseek-v3.json" -D h200 --tp 8 -p extend-prefix -n 1024 -k 1024 --fold |
		jq -es 'any(.[]; any(.conditions[]?; .text == "kv < 8192"))'
	# Up to 2048 tokens in all, which the host reads from a tensor of lengths, V3.2 does without its indexer.
	jq '. + {architectures: ["DeepseekV32ForCausalLM"], model_type: "deepseek_v32", index_n_heads: 64, index_head_dim: 128, index_topk: 2048}' \
		"$FIXTURES/kplan/deepseek-v3.json" >"$BATS_TEST_TMPDIR/v32.json"
	kplan -r "$TREE" -c "$BATS_TEST_TMPDIR/v32.json" -D h200 --tp 8 -p extend-prefix -n 512 -k 1024 >"$BATS_TEST_TMPDIR/plan"
	jq -es 'any(.[]; any(.conditions[]?; .text == "(kv+tokens) <= 2048" and (.file | endswith("nsa_backend.py"))))' "$BATS_TEST_TMPDIR/plan"
}

# The first rank has nothing to do: no attention, and in the products of dense layers and experts the rows of the others.
@test "given two ranks of data parallel attention, when one has no requests, then it launches what belongs to the other's" {
	pinned_with_cache
	local words=(kplan -r "$TREE" -c "$FIXTURES/kplan/deepseek-v3.json" -D h200 --tp 8 -p idle -b 24)
	"${words[@]}" --dp 2 -a "--enable-dp-attention --disable-cuda-graph" >"$BATS_TEST_TMPDIR/plan"
	jq -es 'map(select(.kind == "launch" and .part == "model")) | any(.kernel == "fused_moe_kernel") and any(.kernel == "all_reduce") and
		(any(.kernel | test("flash_attn")) | not) and (map(select(.kernel == "fp8_gemm_nt").shapes[0][0]) | unique == [24])' "$BATS_TEST_TMPDIR/plan"
	run "${words[@]}"
	[ "$status" -eq 1 ]
	grep -q "idle asks for ranks of data parallel attention" <<<"$output"
}

@test "given the newest release with speculation, when a step is planned, then its three graphs are told" {
	sglang_release 0.5.23
	export XDG_CACHE_HOME=$BATS_FILE_TMPDIR
	kplan -r "$TREE" -c "$FIXTURES/kplan/deepseek-v3.json" -D h200 --tp 8 --timeout 600 -p target-verify -p draft -p draft-extend \
		-a "--speculative-algorithm EAGLE --speculative-num-steps 3 --speculative-eagle-topk 1 --speculative-num-draft-tokens 4" >"$BATS_TEST_TMPDIR/plan"
	# 32 requests of four tokens are verified; two of three steps of the draft run in its graph, of one token each.
	jq -es 'map(select(.kernel == "aten::mm" or .kernel == "fp8_gemm_nt")) | group_by(.phase) | map([.[0].phase, ([.[].shapes[0][0]] | max)]) ==
		[["draft", 32], ["draft-extend", 128], ["target-verify", 128]]' "$BATS_TEST_TMPDIR/plan"
	jq -es '[.[] | select(.phase == "draft" and .kernel == "flash_attn_with_kvcache")] | length == 2' "$BATS_TEST_TMPDIR/plan"
}

@test "given sglang on H200, when it decodes, then each frame names what its line calls" {
	pinned_with_cache
	kplan -r "$TREE" -c "$FIXTURES/kplan/deepseek-v3.json" -D h200 --tp 8 -p decode >"$BATS_TEST_TMPDIR/plan"
	jq -r 'select(.kind == "launch").frames[] | select(.call) | [.file, .line, .call] | @tsv' "$BATS_TEST_TMPDIR/plan" | sort -u |
		while IFS=$'\t' read -r file line call; do
			sed -n "${line}p" "${TREE%/*}/$file" | grep -qF -- "$call" || echo "$file:$line: $call"
		done >"$BATS_TEST_TMPDIR/wrong"
	[ ! -s "$BATS_TEST_TMPDIR/wrong" ] || { cat "$BATS_TEST_TMPDIR/wrong"; false; }
	[ "$(jq -s '[.[] | select(.kind == "launch").frames[] | select(.call == null)] | length' "$BATS_TEST_TMPDIR/plan")" -eq 0 ]
	jq -r 'select(.kernel == "moe_fused_gate").frames[0:2][].call' "$BATS_TEST_TMPDIR/plan" | sort -u | diff - <(printf 'biased_grouped_topk\nmoe_fused_gate\n')
}

@test "given an argument that the release does not have, when it is planned, then the reason names it" {
	pinned sglang
	export XDG_CACHE_HOME=$BATS_FILE_TMPDIR
	run_split kplan -r "$TREE" -c "$FIXTURES/kplan/deepseek-v3.json" -D h200 --timeout 600 -a "--no-such-argument 1"
	[ "$status" -eq 1 ]
	unresolved "unrecognized arguments: --no-such-argument 1"
}

@test "given a comparison with what nobody described, when it decides, then that is told with the name" {
	mkdir "$BATS_TEST_TMPDIR/unknown"
	printf '%s\n' 'import cutlass.nothing_known as n' 'from launches import record' 'record.reset()' 'def forward(config, phase):' \
		'    said = [n.SIZE < 3, n.made(1) < 3]' '    return [r["what"] for r in record.STATE.unresolved] + said' >"$BATS_TEST_TMPDIR/unknown/model.py"
	plain "$BATS_TEST_TMPDIR/unknown" '{}'
	jq -es 'any(.[]; .name == "decode" and .value == ["comparison with cutlass.nothing_known.SIZE", "comparison with cutlass.nothing_known.made", false, false])' <<<"$output" || { echo "$output"; false; }
}

@test "given kernels that sglang compiles itself, when they are planned, then they have the names that kgrep-imports gives them" {
	need jq
	pinned sglang
	export XDG_CACHE_HOME=$BATS_FILE_TMPDIR
	jq -n '{architectures: ["Qwen3ForCausalLM"], model_type: "qwen3", hidden_size: 1024, num_hidden_layers: 1, num_attention_heads: 16,
		num_key_value_heads: 8, head_dim: 128, intermediate_size: 3072, vocab_size: 1024}' >"$BATS_TEST_TMPDIR/config.json"
	local root
	kgrep-imports "$TREE/python/sglang/jit_kernel" | jq -r 'select(.source == "jit-kernel").kernel' | sort -u >"$BATS_TEST_TMPDIR/imported"
	for root in "$TREE" "$TREE/python" "$TREE/python/sglang"; do
		kplan -r "$root" -c "$BATS_TEST_TMPDIR/config.json" -D h200 --timeout 600 -p decode |
			jq -r 'select(.source == "jit-kernel").kernel' | sort -u >"$BATS_TEST_TMPDIR/planned"
		diff <(printf 'fused_inplace_qknorm\nstore_cache\n') "$BATS_TEST_TMPDIR/planned"
		[ -z "$(comm -13 "$BATS_TEST_TMPDIR/imported" "$BATS_TEST_TMPDIR/planned")" ]
	done
}

@test "given a run that fails before there is a model, when it is told, then the stream still begins with a deployment" {
	plain fixtures/kplan/tree '{"hidden_size": 64}' --args "'"
	ends 1
	jq -es '.[0].version == 1' <<<"$output"
	unresolved "No closing quotation"
}

# fixtures/kplan/calls: what the real torch's fake tensors gave; make check-plans draws many more.
@test "given calls of torch on tensors of all orders, when kplan's torch makes them, then shapes, dtypes and strides are torch's" {
	need jq
	jq -sc 'map([.lines, .call])' fixtures/kplan/calls/real.ndjson |
		python3 -I -B tests/plan/run-calls.py ours >"$BATS_TEST_TMPDIR/ours"
	jq -c .is fixtures/kplan/calls/real.ndjson >"$BATS_TEST_TMPDIR/real"
	jq -c . "$BATS_TEST_TMPDIR/ours" | diff - "$BATS_TEST_TMPDIR/real"
}
