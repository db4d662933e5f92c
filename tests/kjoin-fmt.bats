# SPDX-License-Identifier: Apache-2.0
# kjoin-fmt: the table, the document, and the page in a browser.

load helper

setup() {
	JOIN=$FIXTURES/kjoin-fmt/join.ndjson
	PAGE=$BATS_TEST_TMPDIR/page.html
	unset COLUMNS NO_COLOR
}

# browse PAGE [#HASH [SCRIPT]]: the page's DOM after the script has run in it, in $DOM.
browse() {
	local page=$1 script=${3:-}
	need_browser
	if [ -n "$script" ]; then
		page=$BATS_TEST_TMPDIR/driven.html
		sed "s|</body>||; s|</html>||" "$1" >"$page"
		cat >>"$page" <<-END
		<script>
		const press = (key, shiftKey = false) => document.activeElement.dispatchEvent(
			new KeyboardEvent("keydown", { key, shiftKey, bubbles: true, cancelable: true }));
		const report = (text) => document.body.append(make("output", null, text));
		addEventListener("error", (event) => report("error: " + event.message));
		setTimeout(() => { $script }, 200);
		</script></body></html>
		END
	fi
	DOM=$BATS_TEST_TMPDIR/dom
	open_page "$page${2:-}" "$DOM" --window-size=1600,1200 --enable-logging=stderr
	! grep 'Uncaught' "$BATS_TEST_TMPDIR/browser.log" || false
}

# in_dom TEXT...: each is in the DOM.
in_dom() {
	for text in "$@"; do
		grep -qF -- "$text" "$DOM" || { echo "not in the page: $text"; return 1; }
	done
}

# rows: how many rows of kernels the page shows.
rows() {
	grep -o '<tr class="row[^>]*>' "$DOM" | wc -l
}

@test "given a joined stream, when a table is asked for, then time, symbol, op and the unexplained are in it" {
	COLUMNS=120 check_golden kjoin-fmt/join.out.table 0 kjoin-fmt -n 24 "$JOIN"
}

@test "given limits, rates and places of each kind, when table and document are written, then they are the golden ones" {
	jq -cf "$FIXTURES/kjoin-fmt/rich.jq" "$JOIN" >"$BATS_TEST_TMPDIR/rich"
	check_golden kjoin-fmt/rich.out.md 0 kjoin-fmt -f md -n 16 "$BATS_TEST_TMPDIR/rich"
	# One row that is limited is a table, too.
	jq -c 'select(.kind != "hot" or .rank == 0) | if .kind == "end" then .hot = 1 else . end' "$BATS_TEST_TMPDIR/rich" >"$BATS_TEST_TMPDIR/one"
	kjoin-fmt -f md "$BATS_TEST_TMPDIR/one" | grep -q '^| 1 | 3.000 ms | 66.7% '
	tables() { # as wide as everything, narrower until nothing can be left out any more
		for width in 220 130 100 72 50 20; do
			COLUMNS=$width kjoin-fmt -n 16 "$BATS_TEST_TMPDIR/rich"
		done
	}
	check_golden kjoin-fmt/rich.out.table 0 tables
}

@test "given a joined stream, when a document is asked for, then kernels, ops, chains and candidates are in it" {
	check_golden kjoin-fmt/contract.out.md 0 kjoin-fmt -f md "$FIXTURES/kjoin-fmt/contract/in"
}

@test "given more rows than are listed, when each format is written, then 30 are and one has the sum of the rest" {
	[ "$(grep -c '"kind":"hot"' "$JOIN")" -eq 36 ]
	check_golden kjoin-fmt/join.out.md 0 kjoin-fmt -f md "$JOIN"
	rest=$(jq -r 'select(.kind == "hot" and .rank >= 30) | [.calls, .sum] | @tsv' "$JOIN" |
		awk '{ calls += $1; us += $2 } END { printf "%.2f us | %d", us, calls }')
	grep -qF "| ${rest% |*} | ${rest#*| } | | | | *more kernels: 6*" "$FIXTURES/kjoin-fmt/join.out.md"
	kjoin-fmt "$JOIN" | grep -Eq "${rest% us*} us +${rest#*| } +[+] 6 more"
	for rows in 35 36 37; do
		[ "$(kjoin-fmt -n $rows "$JOIN" | grep -c ' + . more$')" -eq $((rows < 36)) ]
	done
}

@test "given a terminal, when the table is written, then colours are all that is added, and what is unmatched is red" {
	need script
	COLUMNS=100 script -qec "stty cols 100; kjoin-fmt '$JOIN'" /dev/null </dev/null | tr -d '\r' >"$BATS_TEST_TMPDIR/coloured"
	sed 's/\x1b\[[0-9;]*m//g; s/ *$//' "$BATS_TEST_TMPDIR/coloured" | diff - <(COLUMNS=100 kjoin-fmt "$JOIN")
	grep unmatched "$BATS_TEST_TMPDIR/coloured" | cat -v
	grep -q $'^\e\[31m.*unmatched' "$BATS_TEST_TMPDIR/coloured"
	grep -q $'^\e\[2m.*6 more' "$BATS_TEST_TMPDIR/coloured"
}

@test "given any width, when the table is written, then no line is wider" {
	for width in 40 44 60 72 80 100 133 200; do
		[ "$(COLUMNS=$width kjoin-fmt -n 0 "$JOIN" | wc -L)" -le "$width" ] || { echo "at $width"; false; }
	done
	[ "$(kjoin-fmt "$JOIN" | wc -L)" -le 140 ]
}

@test "given a narrow table, when names are cut, then share, kernel, symbol and the op's line are still there" {
	COLUMNS=80 kjoin-fmt "$JOIN" | grep -Eq '^23\.5%  9\.259 ms +32  GEMM_NVJET +linear +gate_.*@ llama\.py:103$'
}

@test "given a pipe or NO_COLOR, when the table is written, then it has no colour; on a terminal it has" {
	need script
	! kjoin-fmt "$JOIN" | grep -q $'\e' || false
	script -qec "kjoin-fmt '$JOIN'" /dev/null </dev/null | grep -q $'\e\[33m?'
	! NO_COLOR=1 script -qec "kjoin-fmt '$JOIN'" /dev/null </dev/null | grep -q $'\e' || false
}

@test "given -n, when rows are left out, then one row has the sum of the rest" {
	kjoin-fmt -n 3 "$JOIN" >"$BATS_TEST_TMPDIR/table"
	rest=$(jq -s 'map(select(.kind == "hot"))[3:] | map(.calls) | add' "$JOIN")
	grep -Eq " $rest +\+ 33 more\$" "$BATS_TEST_TMPDIR/table"
	unmatched=$(jq -s 'map(select(.explained == "none")) | map(.calls) | add' "$JOIN")
	grep -Eq " $unmatched +unmatched \(3\)\$" "$BATS_TEST_TMPDIR/table"
	! kjoin-fmt -n 0 "$JOIN" | grep -q ' + [0-9]* more$' || false
}

@test "given a tree of another version, when table, document and page are written, then all warn" {
	sed '1s/"in_tree":119/"in_tree":60/' "$JOIN" >"$BATS_TEST_TMPDIR/in"
	kjoin-fmt "$BATS_TEST_TMPDIR/in" | grep -q '^warning: the tree matches the trace badly'
	kjoin-fmt -f md "$BATS_TEST_TMPDIR/in" | grep -qF '**Warning:** the tree matches'
	! kjoin-fmt "$JOIN" | grep -q warning || false
	kjoin-fmt -f html "$BATS_TEST_TMPDIR/in" >"$PAGE"
	browse "$PAGE"
	in_dom 'Only 46.9 %' '<div id="warning" role="alert">'
}

@test "given names with markup, controls and a turned direction, when anything is written, then they are text" {
	kjoin-fmt -n 0 "$JOIN" >"$BATS_TEST_TMPDIR/table"
	! grep -qP '[\x{202e}\x{2028}\x00-\x09\x0b-\x1f]' "$BATS_TEST_TMPDIR/table" || false
	kjoin-fmt -f md -n 0 "$JOIN" >"$BATS_TEST_TMPDIR/document"
	grep -qF "| \\<script\\>alert('x')\\</script\\>\\|\\](evil)\\\`\\\\n\\\\u2028\\\\u202ename |" "$BATS_TEST_TMPDIR/document"
	grep -qF "\`\` <script>alert('x')</script>|](evil)\`\\n\\u2028\\u202ename \`\`" "$BATS_TEST_TMPDIR/document"
	kjoin-fmt -f html -t 'A </title> <b> & @DATA@' "$JOIN" >"$PAGE"
	[ "$(grep -o '</script>' "$PAGE" | wc -l)" -eq 3 ]
	[ "$(grep -o '</title>' "$PAGE" | wc -l)" -eq 1 ]
	sed -n '/id="data">/,/<\/script>/p' "$PAGE" | sed 's/.*id="data">//; s/<\/script>//' |
		jq -e '.streams[0] | length == 114' >/dev/null
}

@test "given each table row of the document, when its bars are counted, then all have the same columns" {
	kjoin-fmt -f md -n 0 "$JOIN" | awk '/^\|/ { line = $0; gsub(/\\./, "", line); n = gsub(/\|/, "", line)
		if (run && n != run) { print NR ": " n " bars, not " run; bad = 1 } run = n; next } { run = 0 } END { exit bad }'
}

@test "given a damaged record, when it is read, then the status is 2 and file and line are named" {
	damages=('s/"op":1,/"op":7,/' 's/"explained":"[a-z]*"/"explained":"magic"/' 's/"certain":true/"certain":1/'
		's/"chain":{"op":[0-9]*/"chain":{"op":99/' 's/"places":\[{"op":[0-9]*/"places":[{"op":12/'
		's/"places":/"palaces":/' 's/"sum":/"sun":/' 's/"by_op":\[\[1/"by_op":[[88/' 's/"by_op":\[\[1,/"by_op":[[/'
		's/"layers":64}/"layers":63}/' 's/"kind":"join"/"kind":"joint"/' 's/"calls":[0-9]*/"calls":-1/'
		's/"ops":[0-9]*/"ops":1/' 's/"hot":[0-9]*/"hot":1/' 's/"kind":"hot"/"kind":"join"/' 's/"explained":{[^}]*}/"explained":1/'
		's/"by_op":\[\[/"by_op":{},"x":[[/' 's/"by_op":\[\[[0-9]*,[0-9.]*/"by_op":[[1,"x"/' 's/"stack":\[/"stack":1,"x":[/' 's/"guards":\[\]/"guards":[1]/'
		's/"places":\[/"places":[{"op":null,"how":"x","certain":true,"also_at":1},/' 's/"line":[0-9]*/"line":4294967296/'
		's/"line":[0-9]*/"line":-1/' 's/"function":"[^"]*"/"function":1/' 's/"places":\[/"places":1,"x":[/' 's/"frames":\[/"frames":1,"x":[/'
		's/"at":{"call":/"at":{"cell":/' 's/"sum":[0-9.]*/"sum":"1"/' 's/"op":1,/"op":-1,/' 's/"places":\[{"op":[0-9]*/"places":[{"op":-1/'
		's/"by_op":\[\[[0-9]*/"by_op":[[-1/' 's/"chain":{"op":[0-9]*/"chain":{"op":-1/')
	lines=(3 14 14 14 14 14 14 51 51 114 1 14 114 114 14 1 51 51 14 14 14 14 14 14 14 14 14 14 3 14 51 14)
	for i in "${!damages[@]}"; do
		sed "${lines[i]}${damages[i]}" "$JOIN" >"$BATS_TEST_TMPDIR/damaged"
		! cmp -s "$JOIN" "$BATS_TEST_TMPDIR/damaged" || { echo "${damages[i]} changes nothing"; false; }
		run_split kjoin-fmt "$BATS_TEST_TMPDIR/damaged"
		[ "$status" -eq 2 ] || { echo "${damages[i]}: $status"; false; }
		[[ $errors == "kjoin-fmt: $BATS_TEST_TMPDIR/damaged:${lines[i]}: "* ]] || { echo "${damages[i]}: $errors"; false; }
	done
}

@test "given two streams, when each format is written, then both are in it" {
	sed 's/r1distill/second/' "$JOIN" >"$BATS_TEST_TMPDIR/other"
	for format in table md; do
		[ "$(kjoin-fmt -f $format "$JOIN" "$BATS_TEST_TMPDIR/other" | grep -cE '^(# )?Hot kernels: sglang')" -eq 2 ]
	done
	kjoin-fmt -f html "$JOIN" "$BATS_TEST_TMPDIR/other" >"$PAGE"
	browse "$PAGE" '#trace=1'
	in_dom '<title>sglang_second' '<option value="0">sglang_r1distill'
}

@test "given fields that are null or missing, when each format is written, then it says so" {
	jq -c 'if .kind == "join" then .device = null | .rank = null | .model = null | .tree = null | .ceiling = null |
			.frames = {seen: 0, in_tree: 0} | del(.busy, .span, .method)
		elif .kind == "op" then .file = null | .line = null | .definition = null
		elif .kind == "hot" then .short = null | .type = null | .library = null | .stage = null | .grid = null |
			.mean = null | del(.family, .layers, .min) |
			.places |= map(.kernel = null | .source = null | .chain = null | .stack = null | .rate = null | del(.why))
		elif .kind == "layer" then .module = null | del(.by_op) else . end' "$JOIN" >"$BATS_TEST_TMPDIR/in"
	kjoin-fmt "$BATS_TEST_TMPDIR/in" | grep -q 'no function of the model is on a stack'
	! kjoin-fmt -f md "$BATS_TEST_TMPDIR/in" | grep -q 'null\|nan' || false
	kjoin-fmt -f html "$BATS_TEST_TMPDIR/in" >"$PAGE"
	browse "$PAGE" '#open=0,1,2,12&by=op'
	[ "$(rows)" -eq 36 ]
	! sed '/<script/,/<\/script>/d' "$DOM" | grep -E '\b(undefined|NaN|null|object)\b' || false
}

@test "given the page, when a browser opens it, then head, layers, ops, rows and sums are there, and no network" {
	kjoin-fmt -f html "$JOIN" >"$PAGE"
	! grep -qE 'https?://|@import|src=' "$PAGE" || false
	browse "$PAGE"
	[ "$(rows)" -eq 36 ]
	in_dom '77.7 %' '19.3 %' '1.9 %' '119 of 128 Python functions' '64 layers (periodic)' 'Listed: <b>100.0 %</b>' \
		'aria-label="Python kernel 17.6 %, of which 1.9 % with several candidates"' \
		'Unmatched GPU time: <b>0.3 %</b>' 'aria-sort="descending"' '3 candidates' \
		'href="../sglang/python/sglang/srt/models/llama.py#L103"' '<div id="warning" role="alert" hidden="">' \
		"&lt;script&gt;alert('x')&lt;/script&gt;|](evil)\`\\n\\u2028\\u202ename"
}

@test "given an address with a filter, a sort and open rows, when the page opens, then it is as it was left" {
	kjoin-fmt -f html -p /srv/ "$JOIN" >"$PAGE"
	browse "$PAGE" '#q=type%3Alinear+stage%3Adecode&sort=calls&open=5&by=op'
	[ "$(rows)" -eq 6 ]
	in_dom '6 of 36 kernels' 'type: linear' 'Call chain, as the source says' 'aria-sort="ascending"' '← OP ' \
		'href="/srv/sglang/python/sglang/srt/layers/linear.py#L451"' 'self.quant_method is not None' 'no op'
	browse "$PAGE" '#q=is%3Aambiguous&open=12'
	[ "$(rows)" -eq 2 ]
	in_dom '3 candidates for 64 calls, 627 µs: the trace does not tell which' 'adds its bias after the all-reduce'
	browse "$PAGE" '#q=explained%3Anone'
	[ "$(rows)" -eq 3 ]
	browse "$PAGE" '#q=-type%3Alinear+-act_and_mul+stage%3Adecode'
	[ "$(rows)" -eq "$(jq -s 'map(select(.kind == "hot" and .type != "linear" and .stage == "decode" and
		.short != "act_and_mul")) | length' "$JOIN")" ]
	browse "$PAGE" '#q=nothing-has-this'
	in_dom 'No kernel matches.'
}

@test "given the page and only a keyboard, when keys are pressed, then rows move and open, and the filter works" {
	kjoin-fmt -f html "$JOIN" >"$PAGE"
	browse "$PAGE" '' '
		press("j"); press("ArrowDown"); press("j"); press("k"); press("Enter");
		report("row " + document.activeElement.dataset.rank + " open " + document.activeElement.matches(".open") + " " + location.hash);
		press("Enter"); report("closed " + !document.querySelector("tr.more"));
		press("G"); report("last " + document.activeElement.dataset.rank);
		press("/"); report("in " + document.activeElement.id);
		byId("search").value = "op:4"; byId("search").dispatchEvent(new Event("input"));
		setTimeout(() => { report("found " + byId("found").textContent); press("Escape");
			report("then " + byId("found").textContent + " " + document.activeElement.className);
			press("b"); report("by " + byId("by").value); press("t"); report("theme " + document.documentElement.dataset.theme);
			press("?"); report("help " + byId("help").open); }, 300);'
	in_dom '<output>row 2 open true #open=2&amp;row=2</output>' '<output>closed true</output>' '<output>last 35</output>' \
		'<output>in search</output>' '<output>found 4 of 36 kernels</output>' '<output>then 36 of 36 kernels row' \
		'<output>by op</output>' '<output>theme dark</output>' '<output>help true</output>'
	! grep -q '<output>error' "$DOM" || false
}

@test "given the page and a mouse, when bars, ops and headings are clicked, then kernels are filtered and sorted" {
	kjoin-fmt -f html "$JOIN" >"$PAGE"
	browse "$PAGE" '' '
		const found = () => byId("found").textContent + " | " + byId("search").value;
		document.querySelector(".explained .x-symbol").click(); report("a " + found());
		document.querySelector(".explained .x-symbol").click(); report("b " + found());
		document.querySelectorAll("#ops-table .opbar button")[4].click(); report("c " + found());
		document.querySelector("#chips button").click(); report("d " + found());
		const box = canvas.getBoundingClientRect();
		canvas.dispatchEvent(new MouseEvent("click", { bubbles: true, clientX: box.left + 80, clientY: box.bottom - 30 }));
		report("e " + found());
		[...document.querySelectorAll("th button")].find((one) => one.textContent === "op in the model").click();
		report("f " + byId("table").tBodies[0].rows[0].textContent + location.hash);'
	in_dom '<output>a 6 of 36 kernels | explained:symbol</output>' '<output>b 36 of 36 kernels | </output>' \
		'<output>c 4 of 36 kernels | op:4</output>' '<output>d 36 of 36 kernels | </output>' \
		'<output>e 6 of 36 kernels | type:attention</output>' '<output>f ▸14ROPE' 'sort=op&amp;row='
	! grep -q '<output>error' "$DOM" || false
}

@test "given stacks and neighbours, when a row is opened, then other code is folded and the ops around are named" {
	kjoin-fmt -f html "$JOIN" >"$PAGE"
	rank=$(jq 'select(.kind == "hot" and .short == "arange") | .rank' "$JOIN")
	between=$(jq 'select(.kind == "hot" and .explained == "between") | .rank' "$JOIN")
	browse "$PAGE" "#open=$rank,$between" 'document.querySelector(".frames").click(); report([...document.querySelectorAll(".chain li")].map((li) => li.textContent).join("/"));'
	# The trace's own path, at the same place in the tree.
	in_dom 'href="../sglang/python/sglang/srt/mem_cache/common.py#L524"' 'alloc_for_decode' \
		'/decorate_context _contextlib.py:124/alloc_for_decode common.py:524' '<dt>after</dt>' '<dt>before</dt>'
	kjoin-fmt -f md -n 0 "$JOIN" | grep -qF '*after* [self.down_proj()](../sglang/python/sglang/srt/models/llama.py#L105)'
	COLUMNS=200 kjoin-fmt -n 0 "$JOIN" | grep -Eq 'in alloc_for_decode @ common.py:524 \+1$'
}

@test "given an editor's address, when links are told to open it, then they do; a script is none" {
	kjoin-fmt -f html "$JOIN" >"$PAGE"
	browse "$PAGE" '#q=op%3Agate_up' '
		const first = () => document.querySelector("#table a").href;
		const tell = (text) => { byId("links").value = text; byId("links").dispatchEvent(new Event("change")); };
		tell("vscode://file/home/me/{path}:{line}"); report("a " + first());
		tell("javascript:alert(1)//{path}"); report("b " + first().replace(/.*sglang.python/, "python"));
		report("c " + byId("found").textContent);'
	in_dom '<output>a vscode://file/home/me/sglang/python/sglang/srt/models/llama.py:103</output>' \
		'<output>b python/sglang/srt/models/llama.py#L103</output>' '<output>c 2 of 36 kernels</output>'
	! grep -q 'href="javascript' "$DOM" || false
}

@test "given a trace without work, when each format is written, then there is nothing to list" {
	{
		sed -n '1s/"sum":[0-9.]*/"sum":0/p' "$JOIN"
		echo '{"kind":"end","hot":0,"ops":0,"layers":0}'
	} >"$BATS_TEST_TMPDIR/in"
	kjoin-fmt "$BATS_TEST_TMPDIR/in" >/dev/null
	kjoin-fmt -f md "$BATS_TEST_TMPDIR/in" | grep -q '^## Kernels by time'
	kjoin-fmt -f html "$BATS_TEST_TMPDIR/in" >"$PAGE"
	browse "$PAGE"
	in_dom 'No kernel matches.'
}

@test "given a row, when its chain and its JSON are copied, then they are what the record says" {
	kjoin-fmt -f html "$JOIN" >"$PAGE"
	browse "$PAGE" '' '
		navigator.clipboard.writeText = (text) => { report(text); return Promise.resolve(); };
		press("j"); press("c"); press("y");'
	in_dom '<output>flash_attn_with_kvcache\nflash_attn_with_kvcache()  sglang/python/sglang/srt/layers/attention/flashattention_backend.py:812  if not self.use_mla and not use_local_attn\n└─&gt; self.forward_extend()' \
		'<output>{"kind":"hot","rank":1,'
}

@test "given 2,000 kernels and 5,000 layers, when the page opens, then all are counted and few rows are made" {
	jq -c 'if .kind == "join" then .layers = 5000
		elif .kind == "hot" then . as $hot | if .rank < 40 then range(56) | . as $n | $hot | .rank += 36 * $n | .name += "_\($n)" else . end
		elif .kind == "layer" then . as $layer | range(if .pass == 0 then 79 else 78 end) | . as $n | $layer | .layer += 32 * $n
		elif .kind == "end" then .hot = 2016 | .layers = 5024 else . end' "$JOIN" >"$BATS_TEST_TMPDIR/in"
	kjoin-fmt -f html "$BATS_TEST_TMPDIR/in" >"$PAGE"
	browse "$PAGE" '#q=type%3Alinear'
	in_dom '560 of 2,016 kernels' '5,024 layers'
	[ "$(rows)" -le 600 ]
}
