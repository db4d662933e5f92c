# SPDX-License-Identifier: Apache-2.0
# Names and paths that want to be more than text: to shells, browsers, terminals, Markdown,
# Graphviz, YAML; inputs that want all memory, or forever; links that lead out of a tree.

load helper

setup() {
	cd "$ROOT"
	WORK=$BATS_TEST_TMPDIR
	# Whatever runs it makes a file or marks the page.
	NASTY=$(printf '%s' '</script><script>document.documentElement.dataset.pwned=1</script>' \
		'<img src=x onerror="document.documentElement.dataset.pwned=2">' \
		'<b onmouseover=x>"; touch pwned; #'\''$(touch pwned)`touch pwned`' \
		'| a || b |](javascript:pwn)[x]: **b** _i_ \n \" \\ &lt;&amp; @TITLE@ %s%n --> ]]> } { > <' ; \
		printf '\\ \n# head\n- item\n\ttab \033]0;pwned\007\033[31m \177 \xe2\x80\xae \xc2\x9b end\\')
	export NASTY
}

# spoil FILE: the records with $NASTY in every name.
spoil() {
	jq -c --arg nasty "$NASTY" -f tests/hostile/names.jq "$1"
}

# The same with a harmless end, for documents to be compared with.
plain() {
	NASTY=' end' spoil "$1"
}

no_control_bytes() {
	! LC_ALL=C grep -nP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' "$1" || false
}

# A page in which nothing of the names is markup. That nothing runs in a browser, either, is a
# test of its own below.
harmless_page() {
	! grep -n '<img src=x\|<b onmouseover\|<script>document' "$1" || false
}

# A page in which nothing runs when a browser opens it.
runs_nothing() {
	open_page "$1" "$WORK/dom"
	# It was opened: the page's own script has run to its end.
	grep -q '</html>' "$WORK/dom"
	! grep -q 'data-pwned' "$WORK/dom" || false
	! grep -q 'href="javascript' "$WORK/dom" || false
}

# Markdown without control bytes; that it comes out as the elements of harmless names is a test
# of its own below.
harmless_markdown() {
	no_control_bytes "$1"
}

# Markdown that comes out as the same elements as that of harmless names.
same_elements() {
	elements() { cmark-gfm --unsafe -e table "$1" | grep -o '<[a-z0-9]*' | sort | uniq -c; }
	[ "$(elements "$1" | wc -l)" -gt 2 ]
	diff <(elements "$2") <(elements "$1")
	! cmark-gfm --unsafe -e table "$1" | grep 'href="javascript' || false
}

# documents FORMAT: what every filter writes in it of hostile names and of harmless ones, as
# $WORK/NAME.out and $WORK/NAME.plain.
documents() {
	local kind
	for kind in plain spoil; do
		local out=$kind
		[ "$kind" = plain ] || out=out
		"$kind" fixtures/tr-layers/contract/in | tr-layers -f "$1" --layer-report 0,1 >"$WORK/layers.$out"
		"$kind" fixtures/tr-layers/compare/before | tr-layers --kernels >"$WORK/before"
		"$kind" fixtures/tr-layers/compare/after | tr-layers --kernels >"$WORK/after"
		tr-compare -f "$1" "$WORK/before" "$WORK/after" >"$WORK/compared.$out" || [ $? -eq 1 ]
		"$kind" fixtures/kchain-fmt/chains.ndjson | kchain-fmt -f "$1" >"$WORK/chains.$out"
		"$kind" fixtures/kjoin-fmt/contract/in | kjoin-fmt -f "$1" >"$WORK/join.$out"
	done
}

@test "given pages of hostile names, when a browser opens them, then nothing of them runs" {
	need_browser
	documents html
	for name in layers compared chains join; do
		mv "$WORK/$name.out" "$WORK/$name.html"
		runs_nothing "$WORK/$name.html"
	done
	# What would run is noticed.
	echo "<!DOCTYPE html><html><body>$NASTY</body></html>" >"$WORK/open.html"
	open_page "$WORK/open.html" "$WORK/dom"
	grep -q 'data-pwned' "$WORK/dom"
}

@test "given Markdown of hostile names, when it becomes a page, then it has the elements of harmless names" {
	need cmark-gfm
	documents md
	for name in layers compared chains join; do
		same_elements "$WORK/$name.out" "$WORK/$name.plain"
	done
}

@test "given kernels with hostile names, when tr-layers writes any format, then they are text in it" {
	need sqlite3
	local in=$WORK/plain
	plain fixtures/tr-layers/contract/in >"$in"
	spoil fixtures/tr-layers/contract/in >"$WORK/in"
	for format in table md html csv perfetto; do
		local options=(-f "$format" --layer-report 0,1 --debug-layers 0 --show-layer-terminal)
		tr-layers "${options[@]}" "$in" >"$WORK/plain.$format"
		tr-layers "${options[@]}" "$WORK/in" >"$WORK/out.$format" 2>"$WORK/messages"
		no_control_bytes "$WORK/messages"
	done
	no_control_bytes "$WORK/out.table"
	[ "$(wc -l <"$WORK/out.table")" -eq "$(wc -l <"$WORK/plain.table")" ]
	harmless_markdown "$WORK/out.md" "$WORK/plain.md"
	harmless_page "$WORK/out.html"
	rows() { sqlite3 :memory: ".import --csv $1 t" 'SELECT count(*) FROM t'; }
	[ "$(rows "$WORK/out.csv")" -eq "$(rows "$WORK/plain.csv")" ]
	diff <(jq -r 'select(.kind == "kernel") | .name' "$WORK/in" | sort -u) \
		<(jq -r '.[] | select(.ph == "X" and .pid == 3) | .name' "$WORK/out.perfetto" | sort -u)
}

@test "given kernels with hostile names, when two traces are compared, then they are text in it" {
	spoil fixtures/tr-layers/compare/before | tr-layers --kernels >"$WORK/before"
	spoil fixtures/tr-layers/compare/after | tr-layers --kernels >"$WORK/after"
	plain fixtures/tr-layers/compare/before | tr-layers --kernels >"$WORK/plain-before"
	plain fixtures/tr-layers/compare/after | tr-layers --kernels >"$WORK/plain-after"
	for format in table md html; do
		tr-compare -f "$format" "$WORK/before" "$WORK/after" >"$WORK/out.$format" || [ $? -eq 1 ]
		tr-compare -f "$format" "$WORK"/plain-{before,after} >"$WORK/plain.$format" || [ $? -eq 1 ]
	done
	no_control_bytes "$WORK/out.table"
	harmless_markdown "$WORK/out.md" "$WORK/plain.md"
	harmless_page "$WORK/out.html"
}

@test "given chains with hostile names, paths and guards, when kchain-fmt writes any format, then they are text in it" {
	local in=$WORK/plain
	plain fixtures/kchain-fmt/chains.ndjson >"$in"
	spoil fixtures/kchain-fmt/chains.ndjson >"$WORK/in"
	for format in md ops html dot; do
		kchain-fmt -f "$format" "$in" >"$WORK/plain.$format"
		kchain-fmt -f "$format" -t "$NASTY" -k "$(jq -rn 'first(inputs | select(.kernel)) | .kernel' "$WORK/in")" \
			"$WORK/in" >"$WORK/one.$format"
		kchain-fmt -f "$format" "$WORK/in" >"$WORK/out.$format"
	done
	harmless_markdown "$WORK/out.md" "$WORK/plain.md"
	harmless_markdown "$WORK/out.ops" "$WORK/plain.ops"
	harmless_page "$WORK/out.html"
	harmless_page "$WORK/one.html"
	need dot
	shapes() { dot -Tjson "$1" | jq '(.objects | length), (.edges | length)'; }
	diff <(shapes "$WORK/plain.dot") <(shapes "$WORK/out.dot")
}

@test "given a joined view with hostile names, when kjoin-fmt writes any format, then they are text in it" {
	local in=$WORK/plain
	plain fixtures/kjoin-fmt/contract/in >"$in"
	spoil fixtures/kjoin-fmt/contract/in >"$WORK/in"
	for format in table md html; do
		kjoin-fmt -f "$format" "$in" >"$WORK/plain.$format"
		kjoin-fmt -f "$format" "$WORK/in" >"$WORK/out.$format"
	done
	no_control_bytes "$WORK/out.table"
	harmless_markdown "$WORK/out.md" "$WORK/plain.md"
	harmless_page "$WORK/out.html"
}

@test "given a hostile name, when it is explained or catalogued, then the terminal and YAML see text" {
	tr-classify --explain "$NASTY" >"$WORK/explained"
	no_control_bytes "$WORK/explained"
	spoil fixtures/tr-classify/contract/in | tr-classify >"$WORK/classified"
	diff <(spoil fixtures/tr-classify/contract/in | jq -r '.name' | sort) <(jq -r .name "$WORK/classified" | sort)
	yamlgen --stats <"$WORK/classified" >"$WORK/catalogue.yaml"
	! LC_ALL=C grep -nP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' "$WORK/catalogue.yaml" || false
	diff <(jq -r 'select(.kind == "kernel") | .name' "$WORK/classified" | sort -u) \
		<("$TESTS/yaml/yaml-json" "$WORK/catalogue.yaml" | jq -r '.[].raw_name' | sort -u)
}

# As file names, each would run something in a careless shell, or be an option.
NAMES=('a b' "it's" 'say "hi"' 'x$(touch pwned)' 'x`touch pwned`' 'x;touch pwned;' '-rf' '--help'
	'$(shell touch pwned)' '${HOME}' 'a&touch pwned' 'star*[a]?' 'back\slash' $'new\nline' '<b>|](x)'
	'..' '%s%n' '#x' '~root' '{}' '{1}' 'a|touch pwned')

# In a folder of its own, where nothing may appear that was not asked for.
in_folder() {
	mkdir "$WORK/folder"
	cd "$WORK/folder"
	cp -r "$ROOT"/{Makefile,config.mk,pipelines,fixtures} .
	mkdir build filters kernels
	touch packages.txt inputs.txt
}

nothing_ran() {
	[ -z "$(find "$WORK" -name pwned)" ]
}

# The target as it stands; programs are taken as built.
make_target() {
	make -s "$@" BIN="$BIN" PROGRAMS= TRACE_PROGRAMS= -o "$BIN/yamlgen" -o "$BIN/defgen"
}

@test "given traces with hostile file names, when trace-report reads them, then no shell does" {
	in_folder
	for name in "${NAMES[@]}"; do
		[ "$name" != .. ] || continue
		cp fixtures/tr-parse/small.in.json "./$name.json"
		make_target trace-report "TRACE=$name.json" >"$WORK/report" 2>&1 || { cat "$WORK/report"; false; }
		[ -s "results/trace/$name/layers.ndjson" ]
		harmless_markdown "results/trace/$name/report.md" "results/trace/a b/report.md"
	done
	nothing_ran
	[ "$(ls -A results/trace | wc -l)" -ge $((${#NAMES[@]} - 1)) ]
}

@test "given a trace called .json.gz or ...json, when it is reported, then other reports stay" {
	in_folder
	mkdir -p results/trace/other
	for name in .json ...json .trace.json; do
		cp fixtures/tr-parse/small.in.json "./$name"
		"$ROOT/pipelines/trace-report" "$name" >/dev/null
	done
	[ -d results/trace/other ]
	[ -s results/trace/trace/layers.ndjson ]
}

@test "given ranks with hostile file names and rules, when trace-ranks reads them, then no shell does" {
	need parallel
	in_folder
	mkdir traces
	for name in "${NAMES[@]}"; do
		[ "$name" = .. ] || cp fixtures/tr-parse/small.in.json "traces/$name.json"
	done
	cp fixtures/tr-classify/new-model.yaml "it's \$(touch pwned).yaml"
	make_target trace-ranks 'TRACES=traces/*.json' RULES="it's \$(touch pwned).yaml" RANKS_OUT='out $(touch pwned)' >"$WORK/table" || [ $? -eq 2 ]
	nothing_ran
	[ "$(grep -c '"kind":"rank"' 'out $(touch pwned)/ranks.ndjson')" -eq $((${#NAMES[@]} - 1)) ]
	no_control_bytes "$WORK/table"
	harmless_markdown 'out $(touch pwned)/ranks.md'
}

@test "given runs of Nsight Systems with hostile names, when the newest is catalogued, then no shell reads its name" {
	in_folder
	for name in "${NAMES[@]}"; do
		[ "$name" != .. ] || continue
		mkdir -p "tmp/nsys-profile/$name"
		cp -r fixtures/yamlgen/contract/run/. "tmp/nsys-profile/$name/"
		touch -d "2026-01-01 +$((++n)) minutes" "tmp/nsys-profile/$name"
		make_target kernel-yaml >"$WORK/said"
		grep -qF "nsys-profile/${name%%$'\n'*}" "$WORK/said"
		make_target kernel-yaml "RUN=tmp/nsys-profile/$name" "OUT=results/$name.yaml" >/dev/null
		[ -s "results/$name.yaml" ]
	done
	nothing_ran
}

@test "given checkouts with hostile names, when kernels are traced and definitions written, then no shell reads them" {
	in_folder
	for name in "${NAMES[@]}"; do
		[[ $name != .. && $name != *$'\n'* ]] || continue
		cp -r fixtures/kcallers/tree "./$name"
		make_target kernel-traces "SGLANG=./$name" MODEL=demo FLASHINFER=none >/dev/null 2>"$WORK/messages" ||
			{ cat "$WORK/messages"; false; }
		[ "$(readlink sglang)" = "./$name" ]
		rm -r "./$name"
		cp -r fixtures/defgen/tree "./$name"
		make_target definitions "SGLANG=./$name" MODELS=tiny CONFIG=fixtures/defgen/tiny.json \
			"DEFINITIONS_OUT=results/$name" >/dev/null
		[ -s "results/$name/report.json" ]
		rm -r "./$name"
	done
	nothing_ran
}

# bounded COMMAND...: within 20 s and 2 GB, which are far more than it takes, with status 2 or
# less; each message is a line that begins with the program's name.
bounded() {
	local got=0
	(ulimit -v 2000000; exec timeout 20 "$@") >"$WORK/out" 2>"$WORK/messages" </dev/null || got=$?
	[ "$got" -le 2 ] || { echo "$*: exit status $got"; head -n 3 "$WORK/messages"; return 1; }
	! grep -v "^$1: ." "$WORK/messages" || false
}

@test "given rules that are bombs, when they are read, then it takes bounded time and memory and the place is named" {
	[[ $TESTS != *asan* ]] || skip "a sanitizer's memory is not bounded so"
	local rules=$WORK/rules.yaml
	awk 'BEGIN { print "a0: &a0 [x,x,x,x,x,x,x,x,x]"
		for (i = 1; i < 10; i++) { printf "a%d: &a%d [", i, i
			for (k = 0; k < 9; k++) printf "%s*a%d", k ? "," : "", i - 1
			print "]" } }' >"$rules"
	bounded tr-classify -r "$rules" --explain x
	grep -q 'rules.yaml:1: a list of rows is expected' "$WORK/messages"
	{ printf -- '- match: '; printf '[%.0s' {1..100000}; printf ']%.0s' {1..100000}; } >"$rules"
	bounded tr-classify -r "$rules" --explain x
	grep -q 'rules.yaml:1: lists and maps more than' "$WORK/messages"
	printf -- '- match: "(a{1,9999}){1,9999}"\n' >"$rules"
	bounded tr-classify -r "$rules" --explain x
	grep -q 'rules.yaml:1: regular expression is too large' "$WORK/messages"
	for pattern in '^(a+)+$' '^(a|aa)+$' '^(a|a?)+$' '(?R)*a' '^(.*)*.*\1$'; do
		printf -- "- match: '%s'\n  family: f\n" "$pattern" >"$rules"
		bounded tr-classify -r "$rules" --explain "$(printf 'a%.0s' {1..5000})!"
	done
	head -c 40000000 /dev/zero | tr '\0' '#' >"$rules"
	bounded tr-classify -r "$rules" --explain x
	grep -q 'not a table of names' "$WORK/messages"
}

@test "given JSON that is deep, long or broken, when any filter reads it, then it takes bounded time and memory" {
	[[ $TESTS != *asan* ]] || skip "a sanitizer's memory is not bounded so"
	local deep
	deep=$(printf '[%.0s' {1..100000})
	printf '{"traceEvents":[{"args":%s' "$deep" >"$WORK/deep.json"
	printf '{"kind":"trace","file":"x"}\n{"kind":"kernel","name":%s\n' "$deep" >"$WORK/deep.ndjson"
	printf '{"kind":"chain","frames":%s\n' "$deep" >"$WORK/chain.ndjson"
	{ printf '{"kind":"trace","file":"'; head -c 30000000 /dev/zero | tr '\0' x; } >"$WORK/long.ndjson"
	for input in deep.json deep.ndjson chain.ndjson long.ndjson; do
		for command in tr-parse tr-classify tr-stacks tr-layers kchain-fmt kjoin-fmt "yamlgen" "kbench --from"; do
			bounded $command "$WORK/$input"
		done
	done
	printf '{"architectures":["TinyForCausalLM"],"x":%s' "$deep" >"$WORK/config.json"
	bounded defgen -m tiny --config "$WORK/config.json" --sglang-path fixtures/defgen/tree
	[ -s "$WORK/messages" ]
}

@test "given Python that nests without end, when a tree is read, then it takes bounded time and memory" {
	[[ $TESTS != *asan* ]] || skip "a sanitizer's memory is not bounded so"
	local models=$WORK/tree/python/sglang/srt/models
	mkdir -p "$models"
	repeat() { printf -- "$1%.0s" {1..20000}; }
	for source in "x = $(repeat '(')1$(repeat ')')" "x = $(repeat '[')" "x = $(repeat 'f(')1" "x = a$(repeat '.b')" \
		"x = $(repeat '-')1" "x = $(repeat 'not ')1" "x = $(repeat '1+')1" "x = $(repeat 'lambda: ')1" \
		"x = $(repeat '1 if a else ')1" "x = a$(repeat '[0]')" "x = $(repeat '"a" ')" "$(repeat '@a\n')" \
		"$(repeat 'from sgl_kernel import *\n')" "from $(repeat .) import x" "x = $(repeat '{')" \
		"$(repeat 'class A(')" "x = $(repeat 'f"{')"; do
		printf '%b\nimport sgl_kernel\nclass M:\n def forward(self, x): return sgl_kernel.rmsnorm(x)\nEntryClass = M\n' \
			"$source" >"$models/m.py"
		bounded kgrep-imports "$WORK/tree"
		cp "$WORK/out" "$WORK/imports"
		bounded defgen -m m --config fixtures/defgen/tiny.json --sglang-path "$WORK/tree"
		bounded kcallers -r "$WORK/tree" -m m
		bounded kcallees -r "$WORK/tree"
	done
}

@test "given links out of a tree, in circles and to nowhere, pipes and odd names, when trees are read, then none is followed" {
	local models=$WORK/tree/python/sglang/srt/models
	mkdir -p "$models" "$WORK/outside/deep"
	cp fixtures/defgen/tree/python/sglang/srt/models/*.py "$models"
	echo 'from sgl_kernel import secret_kernel' >"$WORK/outside/secret.py"
	cp "$WORK/outside/secret.py" "$WORK/outside/deep"
	cp "$models"/*.py "$WORK/outside" 2>/dev/null
	echo 'int secret_kernel(void) { return 0; }' >"$WORK/outside/secret.cu"
	ln -s "$WORK/outside/secret.py" "$models/leads_out.py"
	ln -s "$WORK/outside" "$models/folder_out"
	ln -s ../../../../../outside "$models/relative_out"
	ln -s /etc "$WORK/tree/etc"
	ln -s . "$models/circle"
	ln -s ../models "$models/wider_circle"
	ln -s a.py "$models/b.py"
	ln -s b.py "$models/a.py"
	ln -s "$WORK/outside/secret.cu" "$WORK/tree/secret.cu"
	mkfifo "$models/pipe.py"
	printf 'import sgl_kernel\n' >"$models/"$'new\nline.py'
	timeout 20 "$BIN/kgrep-imports" "$WORK/tree" >"$WORK/imports" 2>"$WORK/messages" || [ $? -eq 1 ]
	! grep -e secret -e /etc "$WORK/imports" || false
	grep -q 'kgrep-imports: .*: a name with control characters is left out' "$WORK/messages"
	for command in "kcallers -r $WORK/tree -m m" "kcallees -r $WORK/tree" \
		"defgen --survey --sglang-path $WORK/tree" \
		"defgen -m tiny --config fixtures/defgen/tiny.json --sglang-path $WORK/tree"; do
		local got=0
		timeout 20 "$BIN/"$command <"$WORK/imports" >"$WORK/out" 2>"$WORK/messages" || got=$?
		[ "$got" -le 1 ] || { echo "$command: $got"; cat "$WORK/messages"; false; }
		! grep secret "$WORK/out" || false
	done
}

@test "given sources called as ctags' options are, when kernels are looked up, then they are files" {
	need ctags
	mkdir "$WORK/folder"
	cd "$WORK/folder"
	cp -r "$ROOT/fixtures/kcallers/tree" ./-o
	mkdir -p ./-o/csrc/$'x\n--_force-quit=7\ny'
	cp -r "$ROOT/fixtures/kcallers/tree" plain
	in=$ROOT/fixtures/kcallers/contract/in
	kcallers -r plain -m demo <"$in" | sed 's/"plain\//"-o\//g' >"$WORK/want"
	kcallers -r -o -m demo <"$in" >"$WORK/got" 2>"$WORK/messages" || [ $? -eq 1 ]
	diff <(jq -c 'select(.kind == "chain") | .implementation' "$WORK/want") \
		<(jq -c 'select(.kind == "chain") | .implementation' "$WORK/got")
}
