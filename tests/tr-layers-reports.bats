# SPDX-License-Identifier: Apache-2.0
# tr-layers: tables, CSV, pages and what else it writes for readers.

load helper
load tr-layers/models

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

@test "given a trace whose file is called like a formula, when CSV is written, then a spreadsheet sees text" {
	sed 's/"file":"small.json"/"file":"=cmd|A0.json"/' "$FIXTURES/tr-layers/contract/in" | tr-layers -f csv |
		sed -n 2p | grep -q "^'=cmd|A0.json,"
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
