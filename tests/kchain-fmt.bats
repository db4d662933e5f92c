# SPDX-License-Identifier: Apache-2.0
# kchain-fmt, and the checks of make verify-traces and make cross-validate on what it writes.

load helper

setup() {
	CHAINS=$FIXTURES/kchain-fmt/chains.ndjson
	# Paths in documents are relative to the folder that holds the trees.
	cd "$FIXTURES/kchain-fmt/repo"
	DOCUMENT=$BATS_TEST_TMPDIR/kernel_traces.md
	OPS=$BATS_TEST_TMPDIR/op_traces.md
}

verify() {
	printf '%s\n' some_kernel direct_kernel grid_kernel lost_kernel |
		awk -f "$ROOT/pipelines/verify-traces.awk" - "$1"
}

cross_validate() {
	awk -f "$ROOT/pipelines/cross-validate.awk" "$1" "$2"
}

@test "given chains, when a document is asked for, then it has tables, trees, sources and the unreached" {
	check_golden kchain-fmt/chains.out.md 0 kchain-fmt "$CHAINS"
}

@test "given chains, when ops are asked for, then calls come from the top in the order of lines" {
	check_golden kchain-fmt/chains.ops.out.md 0 kchain-fmt -f ops "$CHAINS"
}

@test "given chains, when a graph is asked for, then it is as before" {
	check_golden kchain-fmt/chains.out.dot 0 kchain-fmt -f dot "$CHAINS"
}

@test "given a graph, when Graphviz renders it, then it is a picture with the kernels in it" {
	need dot
	kchain-fmt -f dot "$CHAINS" | dot -Tsvg >"$BATS_TEST_TMPDIR/graph.svg"
	grep -q 'grid_kernel' "$BATS_TEST_TMPDIR/graph.svg"
}

@test "given names with markup, when the page is written, then none of it ends an element" {
	kchain-fmt -f html -t 'A </title> & B' "$CHAINS" >"$BATS_TEST_TMPDIR/page.html"
	[ "$(grep -o '</script>' "$BATS_TEST_TMPDIR/page.html" | wc -l)" -eq 3 ]
	[ "$(grep -o '</title>' "$BATS_TEST_TMPDIR/page.html" | wc -l)" -eq 1 ]
	sed -n '/id="data">/,/<\/script>/p' "$BATS_TEST_TMPDIR/page.html" |
		sed 's/.*id="data">//; s/<\/script>//' | jq -e '.kernels | length == 4' >/dev/null
}

@test "given the page, when a browser opens it and searches, then the kernels that match are there" {
	need_browser
	kchain-fmt -f html "$CHAINS" >"$BATS_TEST_TMPDIR/page.html"
	shown() {
		open_page "$BATS_TEST_TMPDIR/page.html$1" "$BATS_TEST_TMPDIR/dom" && cat "$BATS_TEST_TMPDIR/dom"
	}
	shown '' | grep -q '4 of 4 kernels'
	# By op, by file, by several words, by what is nowhere.
	shown '#self.experts()' | grep -q '1 of 4 kernels'
	shown '#backend.py' | grep -q '1 of 4 kernels'
	shown '#shop.py%20flashinfer' | grep -q '1 of 4 kernels'
	shown '#nowhere' | grep -q 'No kernel matches'
	# One match is open: its chain is there with links and the op.
	open_page "$BATS_TEST_TMPDIR/page.html#grid_kernel" "$BATS_TEST_TMPDIR/dom"
	grep -q 'href="../shop/python/shop/srt/models/shop.py#L20"' "$BATS_TEST_TMPDIR/dom"
	grep -q '← OP' "$BATS_TEST_TMPDIR/dom"
}

@test "given a kernel's name, when only that is asked for, then no other is there" {
	run kchain-fmt -k grid_kernel "$CHAINS"
	[ "$status" -eq 0 ]
	[[ $output == *grid_kernel* && $output != *some_kernel* ]]
}

@test "given another prefix and title, when the document is written, then links and heading have them" {
	run kchain-fmt -p /srv/ -t 'Shop Traces' "$CHAINS"
	[[ $output == "# Shop Traces"* ]]
	[[ $output == *"[self.model()](/srv/shop/python/shop/srt/models/shop.py#L41)"* ]]
}

@test "given a damaged record, when it is read, then the status is 2 and file and line are named" {
	for damage in 's/"op":1/"op":9/' 's/"via":"call",//' 's/"line":9/"line":"9"/' 's/"frames":\[/"frames":{"a":[/'; do
		sed "4$damage" "$CHAINS" >"$BATS_TEST_TMPDIR/damaged"
		run_split kchain-fmt "$BATS_TEST_TMPDIR/damaged"
		[ "$status" -eq 2 ] || { echo "$damage: $status"; false; }
		[[ $errors == "kchain-fmt: $BATS_TEST_TMPDIR/damaged:4: "* ]] || { echo "$damage: $errors"; false; }
	done
}

@test "given a kernel that is not there, then that is said and the status is 2" {
	run_split kchain-fmt -k grid_kernl "$CHAINS"
	[ "$status" -eq 2 ]
	[ "$errors" = "kchain-fmt: no kernel is called grid_kernl" ]
}

@test "given plans of deployments, then the document begins with what they launch, side by side" {
	check_golden kchain-fmt/deployments.out.md 0 kchain-fmt -d "$FIXTURES"/kchain-fmt/h200.plan.ndjson \
		-d "$FIXTURES"/kchain-fmt/b200.plan.ndjson "$CHAINS"
	"$ROOT/tests/schema-check" plan.json "$FIXTURES"/kchain-fmt/{h200,b200}.plan.ndjson
}

@test "given two deployments of one name, or one phase planned twice, then each has columns of its own" {
	local plan=$FIXTURES/kchain-fmt/h200.plan.ndjson
	sed 's/"device":"h200"/"device":"b200"/; s/"kernel":"some_kernel"/"kernel":"other_kernel"/' "$plan" >"$BATS_TEST_TMPDIR/other"
	kchain-fmt -d "$plan" -d "$BATS_TEST_TMPDIR/other" "$CHAINS" >"$BATS_TEST_TMPDIR/document"
	[ "$(grep -c '^[12]\. \*\*Shop, 2 x H200\*\*' "$BATS_TEST_TMPDIR/document")" -eq 2 ]
	grep -q '^| other_kernel .*|  |  | 8x64' "$BATS_TEST_TMPDIR/document"
	[ "$(kchain-fmt -d "$plan" "$CHAINS" | sed -n 's/^1\. .*: //p')" = "$(sed -n 's/^1\. .*: //p' "$BATS_TEST_TMPDIR/document")" ]
	kchain-fmt -d "$plan" -d "$plan" "$CHAINS" >"$BATS_TEST_TMPDIR/document"
	[ "$(grep -c '^[12]\. \*\*Shop, 2 x H200\*\*' "$BATS_TEST_TMPDIR/document")" -eq 2 ]
	# Phases of one, planned one after the other, stay together.
	sed 's/"phase":"decode"/"phase":"verify"/; s/"phase":"extend"/"phase":"draft"/' "$plan" >"$BATS_TEST_TMPDIR/other"
	kchain-fmt -d "$plan" -d "$BATS_TEST_TMPDIR/other" "$CHAINS" >"$BATS_TEST_TMPDIR/document"
	[ "$(grep -c '^[12]\. \*\*Shop, 2 x H200\*\*' "$BATS_TEST_TMPDIR/document")" -eq 1 ]
	grep -q '^| Kernel .* 1 verify |' "$BATS_TEST_TMPDIR/document"
}

@test "given a plan with signs of Markdown, then they stay text, and every row has the cells of its head" {
	sed -E 's/"release":"[^"]*"/"release":"1|<b>"/; s/"phase":"/&a|`/; s/"source":"/&s|*/; s/"kernel":"/&k|\\u001b[/' \
		"$FIXTURES/kchain-fmt/h200.plan.ndjson" >"$BATS_TEST_TMPDIR/plan"
	kchain-fmt -d "$BATS_TEST_TMPDIR/plan" "$CHAINS" >"$BATS_TEST_TMPDIR/document"
	grep -qF 'release 1\|\<b\>: ' "$BATS_TEST_TMPDIR/document"
	awk '/^## Summary/ { exit }
		{ gsub(/\\./, "") }
		/^\|/ { cells = gsub(/\|/, ""); if (head == "") head = cells; if (cells != head) { print; bad = 1 } next }
		{ head = "" }
		END { exit bad }' "$BATS_TEST_TMPDIR/document"
	[ "$(sed '/^## Summary/q' "$BATS_TEST_TMPDIR/document" | grep -c '^| k\\|')" -gt 1 ]
}

@test "given plans, then the page begins with what runs, and a search finds its conditions" {
	kchain-fmt -f html -d "$FIXTURES"/kchain-fmt/h200.plan.ndjson -d "$FIXTURES"/kchain-fmt/b200.plan.ndjson "$CHAINS" \
		>"$BATS_TEST_TMPDIR/page.html"
	sed -n '/id="data">/,/<\/script>/p' "$BATS_TEST_TMPDIR/page.html" | sed 's/.*id="data">//; s/<\/script>.*//' >"$BATS_TEST_TMPDIR/data"
	[ "$(jq -c '[.runs.stretches[] | select(.rows != []).heading]' "$BATS_TEST_TMPDIR/data")" = \
		'["Before the model'"'"'s forward","In the forward, before the layers","Layer 0","Layer 1","Layers 2 to 3, each"]' ]
	# Each cell is that of the plan, each frame that of a chain.
	[ "$(jq -c '.runs as $r | $r.stretches[2].rows[0] | [.[0], .[4], .[5], (.[2] | map($r.frames[.][0]))]' "$BATS_TEST_TMPDIR/data")" = \
		'["some_kernel",["8x64, 8x64, 64 and 1 more",null,null],["batch <= 16"],["some_kernel","self.attn","layer","self.model"]]' ]
	need_browser
	open_page "$BATS_TEST_TMPDIR/page.html#16" "$BATS_TEST_TMPDIR/dom"
	grep -q '2 rows of what runs' "$BATS_TEST_TMPDIR/dom" || grep -q '3 rows of what runs' "$BATS_TEST_TMPDIR/dom"
}

@test "given plans that do not run a kernel, then it is in the inventory with one chain to each op" {
	check_golden kchain-fmt/inventory.out.md 0 kchain-fmt -d "$FIXTURES"/kchain-fmt/b200.plan.ndjson "$CHAINS"
}

@test "given plans, then each launch is in one row, in its own order, and every kernel is in the document once" {
	kchain-fmt -d "$FIXTURES"/kchain-fmt/h200.plan.ndjson -d "$FIXTURES"/kchain-fmt/b200.plan.ndjson "$CHAINS" >"$DOCUMENT"
	# A column's cells, read down, are its launches in order.
	awk -F ' *[|] *' '/^##/ { on = /Layers 2 to 3/ } on && /[*]/ && $5 != "" { sub(/ .*/, "", $2); print $2 }' "$DOCUMENT" |
		diff - <(printf 'some_kernel\ngrid_kernel\ndirect_kernel\n')
	for kernel in some_kernel direct_kernel grid_kernel lost_kernel; do grep -q "^[|#].*$kernel" <(sed 's/\\\\_/_/g' "$DOCUMENT"); done
}

@test "given a plan that is none, or is cut, then it is named with its line and the status is 2" {
	run_split kchain-fmt -d "$CHAINS" "$CHAINS"
	[ "$status" -eq 2 ]
	[[ $errors == *"chains.ndjson:1: no plan of kplan"* ]]
	sed '$d' "$FIXTURES"/kchain-fmt/h200.plan.ndjson >"$BATS_TEST_TMPDIR/cut"
	run_split kchain-fmt -d "$BATS_TEST_TMPDIR/cut" "$CHAINS"
	[ "$status" -eq 2 ]
	sed 's/"line":21/"line":0/' "$FIXTURES"/kchain-fmt/h200.plan.ndjson >"$BATS_TEST_TMPDIR/wrong"
	run_split kchain-fmt -d "$BATS_TEST_TMPDIR/wrong" "$CHAINS"
	[ "$status" -eq 2 ]
	[[ $errors == *"wrong:4: a frame lacks its file, line or function"* ]]
}

@test "given our own document, when it is verified, then nothing is found and the links are counted" {
	kchain-fmt "$CHAINS" >"$DOCUMENT"
	run verify "$DOCUMENT"
	[ "$status" -eq 0 ]
	[ "$output" = "21 links checked (10 distinct) in 5 files, 3 traces, 4 kernels: 0 errors" ]
}

@test "given our own document, when the seed's own commands check it, then they find nothing either" {
	kchain-fmt "$CHAINS" >"$DOCUMENT"
	grep -oE "\[([^]]+)\]\(\.\./[^)]+#L([0-9]+)\)" "$DOCUMENT" | sort -u >"$BATS_TEST_TMPDIR/links"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/links")" -eq 10 ]
	while read -r link; do
		func_name=$(echo "$link" | sed 's/\[//;s/\].*//;s/()$//')
		file_path=$(echo "$link" | sed 's/.*(\.\.\///;s/#L.*//')
		line_num=$(echo "$link" | grep -oE "#L[0-9]+" | sed 's/#L//')
		line_content=$(sed -n "${line_num}p" "$file_path")
		echo "$line_content" | grep -q "$func_name" || { echo "$link: $line_content"; false; }
		! echo "$line_content" | grep -q "^\s*def " || { echo "$link: $line_content"; false; }
	done <"$BATS_TEST_TMPDIR/links"
}

@test "given a document with each kind of mistake, when it is verified, then each is named and the status is 1" {
	kchain-fmt "$CHAINS" | sed -e 's/shop.py#L21)/shop.py#L22)/' -e 's/shop.py#L18)/shop.py#L13)/' \
		-e 's/self.experts()/self.expert()/' -e 's/models\/shop.py#L41/models\/gone.py#L41/' \
		-e 's/lost_kernel/last_kernel/' -e '/direct_kernel()/s/ ← \*\*OP\*\*//' >"$DOCUMENT"
	run verify "$DOCUMENT"
	[ "$status" -eq 1 ]
	for message in "ERROR - Line 22 in shop/python/shop/srt/models/shop.py does not contain 'self.attn'" \
		"ERROR - Line 13 in shop/python/shop/srt/models/shop.py does not contain 'super().forward'" \
		"ERROR - Line 20 in shop/python/shop/srt/models/shop.py does not contain 'self.expert'" \
		"MISSING: shop/python/shop/srt/models/gone.py" "MISSING KERNEL: lost_kernel" \
		"ERROR - Trace has no op"; do
		grep -qF "$message" <<<"$output" || { echo "no '$message' in:"; echo "$output"; false; }
	done
}

@test "given a link to a definition, when it is verified, then it is named as one" {
	kchain-fmt "$CHAINS" | sed 's/\[forward()\](\(.*\)#L12)/[forward()](\1#L11)/' >"$DOCUMENT"
	run verify "$DOCUMENT"
	[ "$status" -eq 1 ]
	[[ $output == *"ERROR - Line 11 is a definition, not a call site"* ]]
}

@test "given a trace that ends in layer code, when it is verified, then it is named" {
	kchain-fmt "$CHAINS" | sed '/└─> \[run()\]/q' >"$DOCUMENT"
	run verify "$DOCUMENT"
	[ "$status" -eq 1 ]
	[[ $output == *"ERROR - Trace does not end in model code"* ]]
}

@test "given both of our documents, when they are held against each other, then there is no issue" {
	kchain-fmt "$CHAINS" >"$DOCUMENT"
	kchain-fmt -f ops "$CHAINS" >"$OPS"
	run cross_validate "$OPS" "$DOCUMENT"
	[ "$status" -eq 0 ]
	[[ $output != *"OP TRACE ISSUE"* ]]
}

@test "given op traces with each kind of mistake, when they are validated, then each has its alert and its fix" {
	kchain-fmt "$CHAINS" >"$DOCUMENT"
	# A wrong line, a missing op, two ops in the wrong order.
	kchain-fmt -f ops "$CHAINS" | sed -e 's/shop.py#L21/shop.py#L19/' -e '/direct_kernel/d' |
		awk '/super/ { held = $0; next } { print } /self.experts/ { print held }' >"$OPS"
	run cross_validate "$OPS" "$DOCUMENT"
	[ "$status" -eq 1 ]
	[ "$(grep -c '⚠️ OP TRACE ISSUE: ' <<<"$output")" -eq 3 ]
	grep -qF "Action: Update $OPS - fix the line number: 19 is to be 21" <<<"$output"
	grep -qF "Action: Update $OPS - add [direct_kernel()](../shop/python/shop/srt/models/shop.py#L23) to forward" <<<"$output"
	grep -qF "Action: Update $OPS - move super().forward() before self.experts()" <<<"$output"
}

# category SED-SCRIPT: the heading that some_kernel stands below, in chains that are changed so.
category() {
	sed "$1" "$CHAINS" | kchain-fmt | awk '/^### / { heading = $0 } /^#### .* some_kernel / { print heading }' | sed 's/^### [0-9]*\. //'
}

@test "given a folder as long as the repository's name, when kernels are put below headings, then it is one" {
	[ "$(category 's#layers/attention/backend.py#layers/norm/backend.py#g')" = Norm ]
}

@test "given a kernel that is called as often from two places, when it is put below a heading, then the first by the alphabet has it" {
	[ "$(category '4s#layers/attention/backend.py#layers/zeta/backend.py#')" = Attention ]
	[ "$(category '5s#layers/attention/backend.py#layers/zeta/backend.py#')" = Attention ]
}
