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

@test "given the tables, CSV and Markdown of a trace, when they are written again, then they are as before" {
	for format in table csv md; do
		check_golden "tr-layers/formats/$format" 0 tr-layers -f "$format" --top-n 5 \
			--show-layer-terminal --layer-report 1 --debug-layers 0 \
			"$FIXTURES/tr-layers/contract/in"
	done
}

@test "given -f csv, when layers are summed, then they are those of the records" {
	need python3
	generate mla-moe passes=2 >"$BATS_TEST_TMPDIR/in"
	tr-layers -f csv "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/csv"
	tr-layers "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/ndjson"
	python3 - "$BATS_TEST_TMPDIR/csv" "$BATS_TEST_TMPDIR/ndjson" <<-'EOF'
	import csv, json, sys
	rows = list(csv.DictReader(open(sys.argv[1], newline="")))
	layers = [r for r in map(json.loads, open(sys.argv[2])) if r["kind"] == "layer"]
	assert len(rows) == len(layers) == 122
	for row, layer in zip(rows, layers):
	    assert (int(row["pass"]), int(row["layer_idx"])) == (layer["pass"], layer["layer"])
	    assert row["layer_type"] == layer["type"] and float(row["total_time_us"]) == layer["sum"]
	    assert float(row["moe_time_us"]) == layer["time"].get("moe", 0)
	EOF
}

@test "given -f perfetto, when slices of a track are compared, then they nest or follow one another" {
	generate mla-moe passes=2 noise=1 shared=1 | tr-layers -f perfetto | jq -e '
		[.[] | select(.ph == "X")] as $slices |
		($slices | map(select(.pid == 1 and .tid == 2)) | length) == 122 and
		($slices | group_by([.pid, .tid]) | all(sort_by(.ts, -.dur) as $track |
			reduce $track[] as $slice ({end: [], fine: true};
				.end |= map(select(. > $slice.ts + 0.0005)) |
				.fine = (.fine and (.end | all(. >= $slice.ts + $slice.dur - 0.0005))) |
				.end += [$slice.ts + $slice.dur]) | .fine))' >/dev/null
}

@test "given -f html, when a browser opens the file, then every layer has its row and the script runs" {
	need_browser
	generate mla-moe passes=2 | tr-layers -f html >"$BATS_TEST_TMPDIR/page.html"
	open_page "$BATS_TEST_TMPDIR/page.html" "$BATS_TEST_TMPDIR/dom"
	# The script fills the list of passes and unhides the chart.
	grep -q '<option value="1">1 unknown</option>' "$BATS_TEST_TMPDIR/dom"
	grep -q '<figure class="chart">' "$BATS_TEST_TMPDIR/dom"
	[ "$(grep -c 'MLA+MoE' "$BATS_TEST_TMPDIR/dom")" -ge 116 ]
	! grep -q 'https\{0,1\}://' "$BATS_TEST_TMPDIR/page.html" || false
}

# idle_trace: in $WORK/records one rank with a late host and a copy, in $WORK/account its account.
idle_trace() {
	WORK=$BATS_TEST_TMPDIR
	awk -f tests/tr-account/trace.awk <<-'END' >"$WORK/x.json"
	frame 50 2000 1 srt/serve.py(7): loop
	frame 110 900 1 srt/<b>serve&.py(77): sched"ule
	call 1100 5 1 5 cudaLaunchKernel
	call 1200 5 1 6 cudaMemcpyAsync
	kernel 100 10 7 0 gemm_kernel
	kernel 1110 100 7 5 gemm_kernel
	copy 1210 300 7 6 Memcpy HtoD (Pinned -> Device)
	END
	sed -i 's/sched"ule/sched\\"ule/' "$WORK/x.json"
	tr-parse -s all "$WORK/x.json" | tr-classify >"$WORK/records"
	tr-layers --kernels "$WORK/records" | tr-account >"$WORK/account"
}

@test "given --account, when reports are written, then each begins with the diagnosis and has the account" {
	idle_trace
	tr-layers -f table --account "$WORK/account" "$WORK/records" >"$WORK/out"
	cat "$WORK/out"
	[[ $(sed -n 4,5p "$WORK/out") == '1. 70.9% of the wall time the GPU is idle because the host launches late: 1.000 ms in 1 gap,'*'900.0 us in sched"ule, <b>serve&.py:77'* ]]
	grep -qE '^idle +1.000 ms +70.9%' "$WORK/out"
	grep -qE '^host late +1 +1.000 ms +70.9%' "$WORK/out"
	grep -qE '^10.00 us +1.000 ms +host late +sched"ule, <b>serve&.py:77 +cudaLaunchKernel +GEMM' "$WORK/out"
	tr-layers -f md --account "$WORK/account" "$WORK/records" | grep -q '^1\. 70.9% of the wall time'
	tr-layers --account "$WORK/account" "$WORK/records" >"$WORK/out"
	[ "$(jq -r .kind "$WORK/out" | head -n 4 | paste -sd ' ')" = 'trace diagnosis diagnosis diagnosis' ]
	[ "$(jq -c 'select(.kind=="diagnosis")|[.place,.version,.ns,.sources[0].function]' "$WORK/out" | head -n 1)" = '[1,null,1000000,"sched\"ule"]' ]
	tr-layers -f perfetto --account "$WORK/account" "$WORK/records" >"$WORK/out"
	[ "$(jq -c '.[]|select(.args.cause)|[.ts,.dur,.name,.args.cause,.args.where]' "$WORK/out")" = \
		'[10,1000,"host late","host","sched\"ule, <b>serve&.py:77"]' ]
	[ "$(jq -r '.[]|select(.args.name=="nothing runs").name' "$WORK/out")" = thread_name ]
}

# with_script PAGE SCRIPT: what the page holds after that script has run at its end.
with_script() {
	sed '/<\/body>/d' "$1" >"$BATS_TEST_TMPDIR/scripted.html"
	printf '<script>%s</script></body></html>\n' "$2" >>"$BATS_TEST_TMPDIR/scripted.html"
	open_page "$BATS_TEST_TMPDIR/scripted.html" "$BATS_TEST_TMPDIR/dom" --enable-logging=stderr
	! grep Uncaught "$BATS_TEST_TMPDIR/browser.log" || false
}

@test "given -f html with an account, when a browser opens it, then the timeline has rows and gaps, zooms, and tells what is under the pointer" {
	need_browser
	idle_trace
	tr-layers -f html --account "$WORK/account" "$WORK/records" >"$WORK/page.html"
	! grep -q 'https\{0,1\}://' "$WORK/page.html" || false
	! grep -q '<b>serve' "$WORK/page.html" || false
	grep -q '<li>70.9% of the wall time the GPU is idle because the host launches late' "$WORK/page.html"
	with_script "$WORK/page.html" 'const cv = document.querySelector(".timeline canvas"), box = cv.getBoundingClientRect(), tips = [];
		const look = (x, row) => { cv.dispatchEvent(new PointerEvent("pointermove", { clientX: box.x + x, clientY: box.y + 18 + 20 * row + 8 }));
			tips.push(document.querySelector(".timeline .tip").textContent.replaceAll("\n", " | ")); };
		look(400, 0); look(box.width - 10, 2); look(96 + .75 * (box.width - 96), 1);
		cv.dispatchEvent(new KeyboardEvent("keydown", { key: "+" }));
		tips.push(document.querySelector(".range").textContent, cv.style.height);
		document.body.append(Object.assign(document.createElement("pre"), { id: "seen", textContent: tips.join("\n") }));'
	sed -n '/<pre id="seen">/,/<\/pre>/p' "$WORK/dom" >"$WORK/seen"
	cat "$WORK/seen"
	grep -q 'nothing runs, 1.000 ms: host late | in sched"ule, &lt;b&gt;serve&amp;.py:77 | call cudaLaunchKernel | before GEMM' "$WORK/seen"
	grep -q 'copy | memory | 300.0 µs | at 1.110 ms' "$WORK/seen"
	grep -q 'GEMM | linear | 100.0 µs | at 1.010 ms' "$WORK/seen"
	grep -q '352.5 µs to 1.058 ms' "$WORK/seen"
	grep -q 82px "$WORK/seen"
}

@test "given --stacks, when a browser opens the page, then its flame graph has the frames, and searching adds their time" {
	need_browser
	idle_trace
	tr-stacks -f folded "$WORK/records" >"$WORK/folded"
	tr-layers -f html --stacks "$WORK/folded" "$WORK/records" >"$WORK/page.html"
	with_script "$WORK/page.html" 'const find = document.querySelector(".flame input"); find.value = "LOOP"; find.dispatchEvent(new Event("input"));
		document.body.append(Object.assign(document.createElement("pre"), { id: "seen", textContent:
		document.querySelector(".found").textContent + " " + document.querySelector(".flame canvas").style.height }));'
	grep -q '<pre id="seen">400.0 µs, 97.6 % 68px</pre>' "$WORK/dom"
	jq -c '[.total, (.frames|length)]' < <(sed -n '/class=flame-data>/,/<\/script>/p' "$WORK/page.html" |
		sed 's/.*class=flame-data>//;s/<\/script>.*//') | grep -qx '\[410000,21\]'
	# Lines that are no stacks, and another format.
	run_split tr-layers -f html --stacks "$WORK/x.json" "$WORK/records"
	[ "$status" -eq 2 ]
	[[ $errors == *"x.json:1: no stack and its nanoseconds"* ]]
	run_split tr-layers -f md --stacks "$WORK/folded" "$WORK/records"
	[ "$status" -eq 2 ]
	# Deep stacks, many frames, and markup in their names.
	awk 'BEGIN { for (i = 0; i < 300; i++) deep = deep "f" i ";"
		for (i = 0; i < 40000; i++) printf "</script>%d (a.py:%d);<b>%d;k %d\n", i % 50, i % 50, i, 1000 + i
		print deep "k 100000000" }' >"$WORK/folded"
	tr-layers -f html --stacks "$WORK/folded" "$WORK/records" >"$WORK/page.html"
	[ "$(wc -c <"$WORK/page.html")" -lt 2000000 ]
	grep -q 'frames, with less than .* each, are not drawn. Stacks end after 250 frames' "$WORK/page.html"
	open_page "$WORK/page.html" "$WORK/dom" --enable-logging=stderr
	! grep Uncaught "$BATS_TEST_TMPDIR/browser.log" || false
}

@test "given --account without the trace, when a report is written, then it is said and the status is 1" {
	idle_trace
	sed 's/x.json/y.json/' "$WORK/records" >"$WORK/other"
	run_split tr-layers -f table --account "$WORK/account" "$WORK/other"
	[ "$status" -eq 1 ]
	[[ $errors == *"y.json: $WORK/account has no account of it"* ]]
	run_split tr-layers -f table --account "$WORK/records" "$WORK/records"
	[ "$status" -eq 2 ]
	[[ $errors == *"no records of tr-account"* ]]
}

@test "given a terminal's width, when tables are written, then text is cut to it, and sentences go on below" {
	idle_trace
	for width in 60 80 200; do
		COLUMNS=$width tr-layers -f table --account "$WORK/account" "$WORK/records" >"$WORK/out"
		sed -n '/^Longest gaps/,/^$/p;/^[0-9]\. /,/^$/p' "$WORK/out" >"$WORK/part"
		[ "$(awk '{ print length }' "$WORK/part" | sort -n | tail -n 1)" -le $((width < 80 ? 80 : width)) ]
	done
	grep -q 'cudaLaunchKernel  *GEMM' "$WORK/out"
	COLUMNS=60 tr-layers -f table --account "$WORK/account" "$WORK/records" | grep -q '^   '
}

@test "given a kernel name full of markup, when HTML and Markdown are written, then it is text there" {
	sed 's/"name":"embed"/"name":"<b>\&amp;|<\/script><script>alert(1)<\/script>"/' \
		"$FIXTURES/tr-layers/contract/in" >"$BATS_TEST_TMPDIR/in"
	tr-layers -f html "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/page.html"
	! grep -q 'alert(1)</script>' "$BATS_TEST_TMPDIR/page.html" || false
	grep -q '&lt;b&gt;&amp;amp;|&lt;/script&gt;' "$BATS_TEST_TMPDIR/page.html"
	tr-layers -f md "$BATS_TEST_TMPDIR/in" | grep -qF '\<b\>\&amp;\|\</script\>'
}

@test "given the trace that captured a graph, when kernels are replayed, then their modules have names" {
	shared_data traces/inference_sglang_decode_sglang_Qwen3-8B_decode.json.gz
	need tr-classify
	tr-parse -a "$(dirname "$DATA")/capture/sglang_Qwen3-8B_decode_bs_32_rank0.json.gz" \
		>"$BATS_TEST_TMPDIR/capture"
	tr-parse -a "$DATA" | tr-classify | tr-layers --capture "$BATS_TEST_TMPDIR/capture" | jq -s -e '
		[.[] | select(.kind == "layer")] | length == 36 and
		.[35].module == "Qwen3DecoderLayer_35" and all(.method == "modules" and .kernels == 15)'
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

# calls_are NAME LAYERS PASSES FIRST-MODULE LAST-MODULE: the layers of a tree of calls.
calls_are() {
	awk -f "$FIXTURES/tr-layers/calls.awk" "$FIXTURES/tr-layers/calls/$1" | tr-layers | jq -s -e \
		--argjson layers "$2" --argjson passes "$3" --arg first "$4" --arg last "$5" '
		(map(select(.kind == "summary"))[0]) as $all | map(select(.kind == "layer")) as $found |
		$all.method == "modules" and $all.layers == $layers and $all.passes == $passes and
		$found[0].module == $first and $found[-1].module == $last' >/dev/null ||
		{ echo "$1"; awk -f "$FIXTURES/tr-layers/calls.awk" "$FIXTURES/tr-layers/calls/$1" | tr-layers; false; }
}

@test "given module calls, when classes are chosen, then those that repeat and hold the attention are the layers" {
	calls_are speech 10 1 EncoderLayer_0 DecoderLayer_3
	calls_are generation 8 4 DecoderLayer_1 DecoderLayer_2
	calls_are stages 8 1 Block_0 Block_7
	calls_are convolutions 8 1 Block_0 Block_7
	calls_are two-kinds 8 1 ScanLayer_0 AttentionLayer_1
	calls_are shared 12 1 Group_0 Group_0
}

@test "given the capture of a graph, when it is replayed, then each replay has the layers that the captured calls have" {
	awk -f "$FIXTURES/tr-layers/calls.awk" "$FIXTURES/tr-layers/calls/two-kinds" >"$BATS_TEST_TMPDIR/calls"
	# Two kernels ran at once during the capture: they are no nodes of the graph.
	jq -c 'select(.kind != "kernel"), (select(.kind == "trace") |
		({kind: "launch", name: "cudaLaunchKernel", ts: 0, dur: 1, pid: 1, tid: 1} + {correlation: (5000, 5001)},
		{kind: "kernel", index: 0, name: "warm", ts: 0, dur: 1, device: 0, stream: 7, type: "other"} + {correlation: (5001, 5000)}))' \
		"$BATS_TEST_TMPDIR/calls" >"$BATS_TEST_TMPDIR/capture"
	jq -cs '{kind: "trace"}, (range(2) as $n | {kind: "launch", name: "cudaGraphLaunch", ts: (1e6 * $n), dur: 1, pid: 1, tid: 1, correlation: $n},
		(.[] | select(.kind == "kernel") | .index += 1000 * $n | .ts += 1e6 * $n | .correlation = $n)), {kind: "end"}' \
		"$BATS_TEST_TMPDIR/calls" >"$BATS_TEST_TMPDIR/replay"
	layers() { tr-layers --kernels "$@" | jq -c 'select(.kind == "kernel") | [.name, .layer]'; }
	layers "$BATS_TEST_TMPDIR/calls" >"$BATS_TEST_TMPDIR/want"
	[ "$(layers --capture "$BATS_TEST_TMPDIR/capture" "$BATS_TEST_TMPDIR/replay")" = "$(cat "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/want")" ]
	tr-layers --capture "$BATS_TEST_TMPDIR/capture" "$BATS_TEST_TMPDIR/replay" | jq -se '(map(select(.kind == "layer") | .module) |
		length == 16 and .[0] == "ScanLayer_0" and .[15] == "AttentionLayer_1") and map(select(.kind == "summary"))[0].passes == 2'
	# A graph of another number of kernels is not this one: nothing has a module's name.
	sed '/"index":1003/d' "$BATS_TEST_TMPDIR/replay" | tr-layers --capture "$BATS_TEST_TMPDIR/capture" |
		jq -se 'map(select(.kind == "layer" and .module != null)) | length == 8'
}

@test "given kernels that nothing in the trace launched, when modules are known, then they are an earlier step's tail" {
	# The first two layers lose their launches and modules, as those of a step before have.
	awk -f "$FIXTURES/tr-layers/calls.awk" "$FIXTURES/tr-layers/calls/speech" |
		jq -c 'select((.kind == "launch" and .correlation <= 10) or .name == "EncoderLayer_0" or
			.name == "EncoderLayer_1" | not)' | tr-layers | jq -s -e '
		map(select(.kind == "summary"))[0] | .layers == 8 and .outside.tail == {"kernels": 10, "sum": 20, "layers": 2}'
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

# stream LINE...: a stream of records with a beginning and an end. A line of six words is a
# kernel: rank device stream name ts dur, with type other; anything else is taken as it is.
stream() {
	local line rank device number name ts dur correlation=0
	echo '{"kind":"trace","file":"made.json","rank":0}'
	for line in "$@"; do
		case $line in
		"{"*) echo "$line" ;;
		*)
			read -r rank device number name ts dur <<<"$line"
			printf '{"kind":"kernel","rank":%s,"name":"%s","ts":%s,"dur":%s,"device":%s,"stream":%s,"correlation":%s,"type":"other","stage":"unknown","roles":[]}\n' \
				"$rank" "$name" "$ts" "$dur" "$device" "$number" "$((++correlation))"
			;;
		esac
	done
	echo '{"kind":"end"}'
}

@test "given absolute times with nanoseconds, when disjoint kernels are added, then sum, busy and span agree to the last digit" {
	stream '0 0 7 k 1711036800123456.789 1.001' '0 0 7 k 1711036800123458.790 1.001' \
		'0 0 7 k 1711036800123460.000 0.0016' >"$BATS_TEST_TMPDIR/in"
	tr-layers "$BATS_TEST_TMPDIR/in" | grep -q '"sum":2.004,"busy":2.004,"busy_kernels":2.004,"span":3.213,"idle":1.209,'
}

@test "given two devices and two ranks with equal device numbers, when work is added, then nothing is a union over devices" {
	stream '"a" 0 7 k 10 10' '"a" 1 7 k 20 10' '"b" 0 7 k 10 10' '"b" 0 7 k 30 10' | tr-layers |
		jq -s -e 'map(select(.kind == "summary"))[0] | .busy == 40 and .span == 50 and .idle == 10 and
			(.devices | map([.rank, .device, .busy, .span])) ==
				[["a", 0, 10, 10], ["a", 1, 10, 10], ["b", 0, 20, 30]]'
}

@test "given ranks merged in one stream, when layers are found, then each rank has its own passes" {
	generate dense passes=2 >"$BATS_TEST_TMPDIR/one"
	sed -n '1!{/"end"/!p}' "$BATS_TEST_TMPDIR/one" >"$BATS_TEST_TMPDIR/body"
	{ head -n 1 "$BATS_TEST_TMPDIR/one"
		sed 's/"kind":"kernel"/&,"rank":"0"/' "$BATS_TEST_TMPDIR/body"
		sed 's/"kind":"kernel"/&,"rank":"1"/' "$BATS_TEST_TMPDIR/body"
		tail -n 1 "$BATS_TEST_TMPDIR/one"; } | tr-layers >"$BATS_TEST_TMPDIR/out"
	jq -s -e 'map(select(.kind == "summary"))[0] | .layers == 48 and .passes == 4 and
		(.devices | map([.rank, .layers, .passes])) == [["0", 24, 2], ["1", 24, 2]]' "$BATS_TEST_TMPDIR/out"
	jq -s -e '[.[] | select(.kind == "layer")] | all(.kernels == 12)' "$BATS_TEST_TMPDIR/out"
}

@test "given copies and fills, when busy time is added, then they are in it, and kernels also apart" {
	stream '0 0 7 k 0 10' '{"kind":"memcpy","rank":0,"name":"Memcpy DtoH","ts":5,"dur":85,"device":0,"stream":7,"type":"memory"}' \
		'{"kind":"memset","rank":0,"name":"Memset","ts":95,"dur":5,"device":0,"stream":9,"type":"memory"}' | tr-layers |
		jq -s -e 'map(select(.kind == "summary"))[0] | .busy == 95 and .busy_kernels == 10 and .span == 100 and
			.idle == 5 and .kernels == 1 and .copies == 2 and .sum == 10'
}

@test "given kernels without a believable time, when work is added, then they are left out, said, and passed on" {
	stream '0 0 7 zero 0 0' '0 0 7 k 1000000 5' '0 0 7 late 1e309 1' '0 0 7 back 1000010 -5' \
		'0 0 7 long 1000020 1e308' '0 0 7 k 1000030 5' >"$BATS_TEST_TMPDIR/in"
	run_split tr-layers --kernels "$BATS_TEST_TMPDIR/in"
	[ "$status" -eq 1 ]
	[[ $errors == *"4 of 6 kernels"* ]]
	jq -s -e '(map(select(.kind == "kernel")) | map(.name) == ["zero", "k", "late", "back", "long", "k"]) and
		(map(select(.kind == "summary"))[0] | .left_out == 4 and .sum == 10 and .span == 35)' <<<"$output"
	for format in table md csv html perfetto; do
		run tr-layers -f "$format" "$BATS_TEST_TMPDIR/in"
		[ "$status" -eq 1 ]
		[[ $output != *nan* && $output != *inf\ * ]]
	done
}

@test "given a kernel that lasts far into the next of its stream, when work is added, then it is cut there and said" {
	stream '0 0 7 k 100 5' '0 0 7 k 110 5' '0 0 7 k 120 90000' '0 0 7 k 200 5' >"$BATS_TEST_TMPDIR/in"
	run_split tr-layers "$BATS_TEST_TMPDIR/in"
	[ "$status" -eq 1 ]
	[[ $errors == *"1 kernels last beyond the next one"* ]]
	jq -s -e 'map(select(.kind == "summary"))[0] | .clipped == 1 and .clipped_by == 89920 and .sum == 95' <<<"$output"
	tr-layers --kernels "$BATS_TEST_TMPDIR/in" 2>/dev/null |
		jq -s -e 'map(select(.kind == "kernel") | .clipped_by // 0) == [0, 0, 89920, 0]'
}

@test "given a trace whose file is called like a formula, when CSV is written, then a spreadsheet sees text" {
	sed 's/"file":"small.json"/"file":"=cmd|A0.json"/' "$FIXTURES/tr-layers/contract/in" | tr-layers -f csv |
		sed -n 2p | grep -q "^'=cmd|A0.json,"
}

# kernels REPEAT NAME...: a classified trace in which these kernels run REPEAT times over.
kernels() {
	local repeat=$1
	shift
	printf '%s\n' "$@" | awk -v repeat="$repeat" '{ name[NR] = $0 }
		END {
			printf "{\"traceEvents\":["
			for (i = 0; i < repeat * NR; i++)
				printf "%s{\"ph\":\"X\",\"cat\":\"kernel\",\"name\":\"%s\",\"ts\":%d,\"dur\":9,\"pid\":0,\"tid\":7,\"args\":{\"device\":0,\"stream\":7,\"correlation\":%d,\"grid\":[9000,1,1],\"block\":[64,8,1]}}",
					i ? "," : "", name[i % NR + 1], 1000 + i * 10, i + 1
			print "]}"
		}' | tr-parse | tr-classify
}

@test "given steps of training, when layers are looked for, then there are steps, backward and optimizer, and no layer" {
	need tr-classify
	kernels 5 cudnn_ampere_implicit_gemm_fprop_0 'relu_kernel' \
		'void at::native::reduce_kernel<512, 1, at::native::ReduceOp<float, at::native::MeanOps<float, float, float, float>, unsigned int, float, 4, 4> >(int)' \
		'void (anonymous namespace)::softmax_warp_forward<float, float, float, 10, true, false>(float*)' \
		'void at::native::nll_loss_forward_reduce_cuda_kernel_2d<float>(float*)' \
		'void at::native::nll_loss_backward_reduce_cuda_kernel_2d<float>(float*)' volta_sgemm_128x64_nn \
		cudnn_ampere_implicit_gemm_wgrad_0 volta_sgemm_128x64_nt \
		'void at::native::multi_tensor_apply_kernel<at::native::SGD>(int)' >"$BATS_TEST_TMPDIR/in"
	tr-layers "$BATS_TEST_TMPDIR/in" | jq -s -e '(map(select(.kind == "summary"))[0] |
		.layers == 0 and .passes == 0 and .steps == 5 and (.why | test("training")) and
		(.by_stage | map_values(.kernels)) == {"backward": 20, "optimizer": 5, "unknown": 25}) and
		(map(select(.kind == "step")) | length == 5 and all(.kernels == 10 and .sum == 90))'
	for format in table md html; do
		run tr-layers -f "$format" "$BATS_TEST_TMPDIR/in"
		[[ $output == *"5 steps of training, no layers"* ]]
		[[ $output != *prefill* ]]
	done
}

@test "given the profiler's own steps, when training is cut, then a kernel is of the step that launched it" {
	stream '{"kind":"annotation","rank":0,"name":"ProfilerStep#7","ts":100,"dur":50,"pid":1,"tid":1,"gpu":false}' \
		'{"kind":"annotation","rank":0,"name":"ProfilerStep#8","ts":150,"dur":50,"pid":1,"tid":1,"gpu":false}' \
		'{"kind":"annotation","rank":0,"name":"Optimizer.step#SGD.step","stage":"optimizer","ts":180,"dur":10,"pid":1,"tid":1,"gpu":false}' \
		'{"kind":"launch","rank":0,"name":"cudaLaunchKernel","ts":110,"dur":5,"pid":1,"tid":1,"correlation":1}' \
		'{"kind":"launch","rank":0,"name":"cudaLaunchKernel","ts":160,"dur":5,"pid":1,"tid":1,"correlation":2}' \
		'{"kind":"launch","rank":0,"name":"cudaLaunchKernel","ts":185,"dur":5,"pid":1,"tid":1,"correlation":3}' \
		'{"kind":"kernel","rank":0,"name":"wgrad","ts":190,"dur":5,"device":0,"stream":7,"correlation":1,"type":"linear","stage":"backward","roles":[]}' \
		'{"kind":"kernel","rank":0,"name":"fprop","ts":200,"dur":5,"device":0,"stream":7,"correlation":2,"type":"linear","stage":"prefill","roles":[]}' \
		'{"kind":"kernel","rank":0,"name":"foreach","ts":210,"dur":5,"device":0,"stream":7,"correlation":3,"type":"other","stage":"unknown","roles":[]}' |
		tr-layers --kernels | jq -s -e '(map(select(.kind == "step")) | map([.ts, .kernels])) == [[190, 1], [200, 2]] and
			(map(select(.kind == "kernel")) | map(.stage)) == ["backward", "unknown", "optimizer"]'
}

@test "given one kernel again and again, when layers are looked for, then it is a repetition" {
	need tr-classify
	kernels 50 nvjet_tst_64x16_64x16_4x1_v_bz_TNT | tr-layers | jq -s -e 'map(select(.kind == "summary"))[0] |
		.layers == 0 and (.why | test("too simple")) and .devices[0].repetition == {"times": 50, "kernels": 1}'
}

@test "given a classifier of convolutions, when it runs again and again, then its softmax is no attention" {
	need tr-classify
	kernels 8 cudnn_ampere_implicit_gemm_fprop_0 relu_a cudnn_ampere_implicit_gemm_fprop_1 relu_b volta_sgemm_128x64_nn \
		'void (anonymous namespace)::softmax_warp_forward<float, float, float, 10, false, false>(float*)' argmax_copy |
		tr-layers | jq -s -e 'map(select(.kind == "summary"))[0] | .layers == 0 and (.why | test("convolutions")) and
			(.by_stage | keys) == ["unknown"]'
}

@test "given a collective and a matrix product, when nothing else tells of layers, then there are none" {
	need tr-classify
	kernels 3 'ncclDevKernel_AllReduce_Sum_f32_RING_LL(ncclDevKernelArgsStorage<4096ul>)' nvjet_tst_64x16_64x16_4x1_v_bz_TNT |
		tr-layers | jq -s -e 'map(select(.kind == "summary"))[0] | .layers == 0 and .passes == 0'
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

@test "given a graph launch with times out of order, when layers are found, then the order of the file decides, and it is said" {
	generate dense passes=2 graph=1 >"$BATS_TEST_TMPDIR/in"
	# Eight kernels of the first launch begin much later, each at another time.
	awk 'NR == FNR { if (match($0, /"ts":[0-9.]+/)) time[FNR] = substr($0, RSTART + 5, RLENGTH - 5); next }
		FNR >= 24 && FNR < 32 { sub(/"ts":[0-9.]+/, "\"ts\":" time[FNR + 20 + 7 * (FNR % 5)] + 0.25) } 1' \
		"$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/displaced"
	run_split tr-layers --kernels "$BATS_TEST_TMPDIR/displaced"
	[ "$status" -eq 1 ]
	[[ $errors == *"8 kernels have times out of the order of their graph launch"* ]]
	[ "$(misplaced <<<"$output" | wc -l)" -eq 0 ]
	jq -s -e 'map(select(.kind == "summary"))[0] | .layers == 24 and .passes == 2 and .displaced == 8' <<<"$output"
}

@test "given -f stats and -f events, when they are added up, then they are the records, and quantiles are right" {
	need python3
	generate mla-moe passes=3 noise=1 >"$BATS_TEST_TMPDIR/in"
	tr-layers -f stats "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/stats"
	tr-layers -f events "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/events"
	tr-layers --kernels "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/ndjson"
	python3 - "$BATS_TEST_TMPDIR/stats" "$BATS_TEST_TMPDIR/events" "$BATS_TEST_TMPDIR/ndjson" <<-'PY'
	import csv, json, sys
	from decimal import Decimal as D
	stats = list(csv.DictReader(open(sys.argv[1], newline="")))
	events = list(csv.DictReader(open(sys.argv[2], newline="")))
	records = [json.loads(line, parse_float=D) for line in open(sys.argv[3])]
	kernels = sorted((r for r in records if r["kind"] == "kernel"), key=lambda r: D(r["ts"]))
	summary = [r for r in records if r["kind"] == "summary"][0]
	assert len(events) == len(kernels)
	for event, kernel in zip(events, kernels):
	    assert (D(event["timestamp_us"]), D(event["duration_us"])) == (D(kernel["ts"]), D(kernel["dur"]))
	    assert event["layer"] == ("" if kernel["layer"] is None else str(kernel["layer"]))
	    assert (event["stage"], event["kernel_type"]) == (kernel["stage"], kernel["type"])
	for stage in {row["stage"] for row in stats}:
	    rows = [row for row in stats if row["stage"] == stage]
	    want = summary["sum"] if stage == "all" else summary["by_stage"][stage]["sum"]
	    assert sum(D(row["total_time_us"]) for row in rows) == D(want)
	    assert rows == sorted(rows, key=lambda row: -D(row["total_time_us"]))
	for row in stats:
	    durs = sorted(D(k["dur"]) for k in kernels if k["name"] == row["kernel_name"])
	    assert (D(row["min_time_us"]), D(row["max_time_us"]), int(row["count"])) == (durs[0], durs[-1], len(durs))
	PY
	stream '0 0 7 k 10 4' '0 0 7 k 20 1' '0 0 7 k 30 3' '0 0 7 k 40 2.001' | tr-layers -f stats |
		grep -q '^all,k,4,10.001,2.5,1,4,2.501,3.97,'
}

@test "given several passes, when layers are compared over them, then least, median and most are told for each index" {
	generate dense passes=3 | tr-layers >"$BATS_TEST_TMPDIR/out"
	jq -s -e '(map(select(.kind == "layer-index")) | length == 12 and all(.passes == 3)) and
		(map(select(.kind == "layer" and .layer == 5).dur) | sort) as $durs |
		(map(select(.kind == "layer-index" and .layer == 5))[0].dur |
			[.min, .median, .max] == $durs)' "$BATS_TEST_TMPDIR/out"
}

@test "given more layers than a reader can look at, when the page is written, then it says so and stays below five million bytes" {
	generate draft passes=25000 | tr-layers -f html >"$BATS_TEST_TMPDIR/page.html"
	[ "$(wc -c <"$BATS_TEST_TMPDIR/page.html")" -lt 5000000 ]
	grep -q 'The chart has the first 20000 of 25000 layers' "$BATS_TEST_TMPDIR/page.html"
	grep -q 'the first 2000; all are in -f csv' "$BATS_TEST_TMPDIR/page.html"
	grep -q 'Neighbours that together last less than .* are drawn as one block' "$BATS_TEST_TMPDIR/page.html"
	# All kernels are in some block.
	sed -n '/class=timeline-data>/,/<\/script>/p' "$BATS_TEST_TMPDIR/page.html" | sed 's/.*class=timeline-data>//;s/<\/script>.*//;/^<p/d' |
		jq -e --argjson kernels "$(generate draft passes=25000 | grep -c '"kind":"kernel"')" '[.rows[].blocks | . as $b | range(3; length; 5) | $b[.]] | add == $kernels and length < 70000'
}

@test "given replayed kernels whose names are displaced, when their times do not fit, then no figure by name is given" {
	generate dense graph=1 >"$BATS_TEST_TMPDIR/in"
	# From the middle on, each time is that of the kernel two places later.
	awk 'NR == FNR { if (match($0, /"dur":[0-9.]+/)) dur[FNR] = substr($0, RSTART, RLENGTH); last = FNR; next }
		FNR > last / 2 && (FNR + 2) in dur { sub(/"dur":[0-9.]+/, dur[FNR + 2]) } 1' \
		"$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/apart"
	run_split tr-layers "$BATS_TEST_TMPDIR/apart"
	[ "$status" -eq 1 ]
	[[ $errors == *"names and times of replayed kernels do not belong together"* ]]
	jq -s -e '(map(select(.kind == "summary"))[0] | .names_and_times_apart and .by_type == {} and .layers == 12) and
		(map(select(.kind == "layer")) | all(.time == {} and .sum > 0))' <<<"$output"
	run tr-layers -f table "$BATS_TEST_TMPDIR/apart"
	[[ $output != *"Top kernels"* ]]
	run tr-layers -f stats "$BATS_TEST_TMPDIR/apart"
	[ "$(grep -c gemm <<<"$output")" -eq 0 ]
	tr-layers "$BATS_TEST_TMPDIR/in" | jq -s -e 'map(select(.kind == "summary"))[0] |
		(has("names_and_times_apart") | not) and (.by_type | length > 0)'
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
