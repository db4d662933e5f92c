# SPDX-License-Identifier: Apache-2.0
# The one command: what it takes, what it writes where, and that it works where it is installed.

load helper

setup() {
	HERE=$BATS_TEST_TMPDIR/here
	mkdir "$HERE"
	cd "$HERE"
	export WARPIPE_CACHE=$BATS_TEST_TMPDIR/cache
	TRACE=$FIXTURES/tr-parse/small.in.json
	BEFORE=$FIXTURES/tr-compare/before.ndjson AFTER=$FIXTURES/tr-compare/after.ndjson
}

commands() {
	warpipe --print-commands | cut -f 1
}

@test "given no command, or one that is not there, then the status is 2 and the commands or close ones are named" {
	run_split warpipe
	[ "$status" -eq 2 ]
	[[ $output == *"usage: warpipe COMMAND"*compare*definitions* ]]
	run_split warpipe comapre a b
	[ "$status" -eq 2 ]
	[ "$errors" = "warpipe: there is no command 'comapre': did you mean compare?" ]
	run_split warpipe zzzz
	[ "$status" -eq 2 ]
	[ "$errors" = "warpipe: there is no command 'zzzz'" ]
}

@test "given any command, then --help and -h say what it takes, and a wrong option ends with 2" {
	local name count=0
	for name in $(commands); do
		warpipe "$name" --help >help
		grep -q '^usage: ' help
		grep -q '^example: ' help
		[ "$name" = bench ] || warpipe "$name" -h | cmp - help
		[ "$name" = bench ] || grep -q "^usage: warpipe $name " help
		run_split warpipe "$name" --no-such-option
		[ "$status" -eq 2 ] || { echo "$name: $status"; false; }
		[[ $errors == *no-such-option* ]]
		count=$((count + 1))
	done
	[ "$count" -ge 10 ]
	[ "$(warpipe --version)" = "warpipe $(sed -n 's/^VERSION = //p' "$ROOT/config.mk")" ]
}

@test "given wrong uses, then what is wrong is said in a line or a few, and nothing is written" {
	touch empty.json
	mkdir none
	while IFS='|' read -r arguments message; do
		eval "run_split warpipe $arguments" </dev/null
		[ "$status" -eq 2 ] || { echo "$arguments: $status $output $errors"; false; }
		[[ $errors == *"$message"* ]] || { echo "$arguments: $errors"; false; }
		[ "$(wc -l <<<"$errors")" -le 3 ] || { echo "$arguments: $errors"; false; }
		[ "$(ls -A | xargs)" = "empty.json none" ] || { ls -A; false; }
	done <<-END
		report|which trace
		report no.json|no.json: no such file
		report -f tabel empty.json|did you mean table?
		report .|.: is a folder
		compare one.json|two traces are compared
		compare -b one.json|no trace of after
		compare no.json empty.json|no.json: no such file
		check empty.json|which budget?
		check --init|no trace is given
		check -b b.yaml -f junti empty.json|did you mean junit?
		ranks|which traces
		ranks none|there is no trace in it
		hot empty.json|which tree?
		hot --sglang /no/such empty.json|/no/such: no such folder
		plan --sglang .|which model?
		plan --sglang . --config no.json|no.json: no such file
		plan --sglang . --config empty.json|which device?
		where silu_and_mul|which tree?
		where --sglang .|which kernel?
		traces|which tree?
		catalogue|which run
		definitions --sglang .|how is the model called?
		hlep|did you mean help?
		report empty.json|empty.json: nothing of it can be read
		report $ROOT/README.md|nothing of it can be read
		report --formt json empty.json|unrecognized option '--formt'
		check -b none empty.json|none: is a directory
		ranks -l no.txt|no.txt: no such file
		ranks no.json|no.json: no such file
		where --sglang $FIXTURES/kcallers/tree 'no_such*'|no kernel is called no_such*
		where --sglang $FIXTURES/kcallers/tree -m deno block_kernel|no model is called deno
		hot --sglang $FIXTURES/kcallers/tree -m deno $TRACE|no model is called deno
		plan --sglang . --config $FIXTURES/kplan/config.json --device h20o|did you mean h20, h200 or h100?
		plan --sglang . --config $FIXTURES/kplan/config.json --device h200 --tp x|'x' is not a whole number
		plan --sglang . --config $FIXTURES/kplan/config.json --device h200 -p decoed|did you mean decode?
		catalogue $TRACE|a profiler's trace: tr-parse makes records of it
		bench -k idnex|'idnex' is no list of kernels: index, store
	END
}

@test "given wrong uses of filters, then each has one line that says what is wrong" {
	local arguments message
	touch empty.json
	while IFS='|' read -r arguments message; do
		eval "run_split $arguments" </dev/null
		[ "$status" -eq 2 ] || { echo "$arguments: $status $output $errors"; false; }
		[[ $errors == *"$message"* ]] || { echo "$arguments: $errors"; false; }
		[ "$(wc -l <<<"$errors")" -le 2 ]
	done <<-END
		tr-layers $TRACE|is this a profiler's trace? tr-parse makes records of it
		tr-account $TRACE|is this a profiler's trace? tr-parse makes records of it
		tr-stacks $TRACE|is this a profiler's trace? tr-parse makes records of it
		tr-layers -f tabel $BEFORE|'tabel' is none of ndjson, table
		tr-parse no.json|no.json: No such file
		tr-parse .|.: is a directory
		tr-parse -s kernle $TRACE|no kind 'kernle': kernel, memcpy
		tr-parse --from x $TRACE|'x' is not a number
		tr-classify --explain ''|an empty name
		tr-check -b /dev/null $BEFORE|empty: a budget has
		kgrep-imports|no TREE given
		kcallers -r $FIXTURES/kcallers/tree|input is empty
		kchain-fmt -k silu_and_mull $FIXTURES/kchain-fmt/contract/in|no kernel is called silu_and_mull
		kplan -r . -c empty.json -D h200|empty.json: byte 0: JSON ends too early
		defgen -m x --config no.json --sglang-path .|no.json: No such file
		yamlgen $TRACE|a profiler's trace: tr-parse makes records of it
		kbench -k idnex|'idnex' is no list of kernels: index, store
	END
}

@test "given two traces, then compare says what got slower, in every format, with status 1" {
	run_split warpipe compare "$BEFORE" "$AFTER"
	[ "$status" -eq 1 ]
	[[ $output == slower:* ]]
	warpipe compare -f json "$BEFORE" "$AFTER" >records || [ $? -eq 1 ]
	[ "$(jq -r .kind records | tail -n 1)" = end ]
	tr-compare "$BEFORE" "$AFTER" | cmp - records
	warpipe compare "$BEFORE" "$BEFORE"
	gzip -c "$BEFORE" >packed.gz
	warpipe compare packed.gz "$BEFORE"
	warpipe compare - "$BEFORE" <"$BEFORE"
	warpipe compare --fail-above 200 "$BEFORE" "$AFTER"
}

@test "given a raw trace, when a budget is made of it, then it keeps it, and a smaller one it breaks" {
	warpipe check --init "$TRACE" >budget.yaml
	warpipe check -b budget.yaml "$TRACE" | tail -n 1 | grep -q '^pass: '
	sed -E 's/max_us: .*/max_us: 0.001/' budget.yaml >small.yaml
	run_split warpipe check -b small.yaml "$TRACE"
	[ "$status" -eq 1 ]
	[[ $output == *breach* ]]
}

@test "given a trace, then its report is a folder of its name here, and a folder of somebody else stays" {
	cp "$TRACE" step.json
	warpipe report step.json >said
	[ "$(tail -n 1 said)" = "wrote ./step" ]
	[ -s step/report.html ]
	[ -s step/report.md ]
	warpipe report step.json >/dev/null
	[ "$(ls)" = $'said\nstep\nstep.json' ]
	mkdir other
	echo mine >other/file
	cp "$TRACE" other.json
	warpipe report other.json >said
	[ "$(cat other/file)" = mine ]
	[ "$(tail -n 1 said)" = "wrote ./here-other" ]
	warpipe report -f json - <step.json >records
	[ "$(jq -r .kind records | tail -n 1)" = end ]
}

@test "given a trace that is cut, then the report has the rest and says what was lost" {
	head -c $(($(wc -c <"$TRACE") * 2 / 3)) "$TRACE" >cut.json
	run_split warpipe report cut.json
	[ "$status" -eq 0 ]
	[[ $errors == *"cut.json"* ]]
	[ -s cut/report.md ]
}

@test "given a kernel, then where names its calls, their conditions, and the models that get there" {
	local tree=$FIXTURES/kcallers/tree
	warpipe where --sglang "$tree" block_kernel >found
	grep -q '^block_kernel (.*): 1 place, reached by [1-9][0-9]* of 3 models$' found
	grep -q 'sglang/python/toy/layers/.*\.py:[0-9]' found
	# All it says is in the records.
	warpipe where --sglang "$tree" -f json block_kernel | jq -es '.[-1].kind == "end" and any(.[]; .kind == "model")'
	warpipe where --sglang "$tree" -m demo '*_kernel' | grep -q '^split_kernel ('
	run_split warpipe where --sglang "$tree" blok_kernel
	[ "$status" -eq 2 ]
	[[ $errors == *"did you mean block_kernel?"* ]]
	[ -z "$(ls -A)" ] || [ "$(ls -A)" = found ]
}

@test "given a tree, then traces writes its documents into a folder whose links lead to the tree" {
	warpipe traces --sglang "$FIXTURES/kcallers/tree" -m demo >said
	[ "$(tail -n 1 said)" = "wrote demo-traces/kernel-traces.html" ]
	grep -o '](sglang/[^)#]*' demo-traces/kernel-traces.md | sed 's/](//' | sort -u >links
	[ -s links ]
	while read -r file; do [ -e "demo-traces/$file" ]; done <links
	mkdir other-traces
	echo mine >other-traces/file
	run_split warpipe traces --sglang "$FIXTURES/kcallers/tree" -m other
	[ "$status" -eq 2 ]
	[[ $errors == *"other-traces: holds other files"* ]]
}

@test "given a deployment that cannot be built, then plan says so however it is asked, with status 1" {
	echo '{"architectures":["NoSuch"]}' >config.json
	for option in '' --facts '--with --tp=2' '-f json' '--facts -f json'; do
		# shellcheck disable=SC2086 # words
		run_split warpipe plan --sglang "$FIXTURES/kcallers/tree" --config config.json --device h200 -p decode $option
		[ "$status" -eq 1 ] || { echo "$option: $status $errors"; false; }
		[[ $output == *"could be run"* || $output == *'"kind":"unresolved"'* ]] || { echo "$option: $output"; false; }
	done
}

@test "given two deployments in files of one name, then the document has both" {
	mkdir a b
	for name in a b; do
		printf '{"name":"Toy %s","model":"demo","device":"h200","config":{"architectures":["Demo"]}}' "$name" >"$name/toy.json"
	done
	warpipe traces --sglang "$FIXTURES/kcallers/tree" -m demo -d a/toy.json -d b/toy.json >/dev/null 2>&1
	[ "$(sed -nE 's/^[12]\. \*\*(Toy .)\*\*.*/\1/p' demo-traces/kernel-traces.md | xargs)" = "Toy a Toy b" ]
}

@test "given what cannot be made or written, then the status is 2, not that of a finding" {
	touch file
	cp "$TRACE" step.json
	while IFS='|' read -r arguments message; do
		eval "run_split env $arguments"
		[ "$status" -eq 2 ] || { echo "$arguments: $status $output $errors"; false; }
		[[ $errors == *"$message"* ]] || { echo "$arguments: $errors"; false; }
		[ "$(ls -A | xargs)" = "file step.json" ] || { ls -A; false; }
	done <<-END
		TMPDIR=/no/such warpipe check --init step.json|/no/such
		TMPDIR=/no/such warpipe compare step.json step.json|/no/such
		warpipe report -o file step.json|file
		warpipe ranks -o file step.json|file
		warpipe traces --sglang $FIXTURES/kcallers/tree -m demo -o file|file: is no folder
		warpipe traces --sglang $FIXTURES/kcallers/tree -m demo -o /proc/x|/proc: cannot be written
		warpipe traces --sglang $FIXTURES/kcallers/tree -m demo -o .|give a folder of its own
		warpipe traces --sglang $FIXTURES/kcallers/tree -m demo -o /|holds other files
		warpipe traces --sglang $FIXTURES/kcallers/tree -m none|no model is called none
		warpipe hot --sglang $FIXTURES/kcallers/tree .|.: is a folder
	END
}

@test "given no home, or a cache that cannot be written, then commands work and keep nothing" {
	local tree=$FIXTURES/kcallers/tree
	env -u HOME -u XDG_CACHE_HOME -u WARPIPE_CACHE TMPDIR="$HERE" "$(command -v warpipe)" where --sglang "$tree" block_kernel >"$BATS_TEST_TMPDIR/out"
	grep -q '^block_kernel' "$BATS_TEST_TMPDIR/out"
	export WARPIPE_CACHE=/proc/none TMPDIR=$HERE
	run_split warpipe where --sglang "$tree" block_kernel
	[ "$status" -eq 0 ]
	[ "$errors" = "warpipe where: /proc/none cannot be written: nothing is kept for the next run" ]
	[ -z "$(ls -A)" ]
}

@test "given a cache folder with files of somebody else, when it is pruned, then they stay" {
	local number
	mkdir -p "$WARPIPE_CACHE"/.work.mine "$WARPIPE_CACHE"/.warpipe.mine
	for number in {10..39}; do
		mkdir "$WARPIPE_CACHE/mine-$number" "$WARPIPE_CACHE/old-00000000000000000000000000000000000000$number"
	done
	touch -d 2001-01-01 "$WARPIPE_CACHE"/mine-*
	warpipe where --sglang "$FIXTURES/kcallers/tree" block_kernel >/dev/null
	[ "$(ls -d "$WARPIPE_CACHE"/mine-* | wc -l)" -eq 30 ]
	[ "$(ls -d "$WARPIPE_CACHE"/{old,imports}-* | wc -l)" -eq 24 ]
	[ -d "$WARPIPE_CACHE/.work.mine" ]
	[ -d "$WARPIPE_CACHE/.warpipe.mine" ]
}

@test "given stdin, then it is read once; given records, classified or not, then they are a trace" {
	local tree=$FIXTURES/kcallers/tree
	run_split warpipe compare - - <"$BEFORE"
	[ "$status" -eq 2 ]
	[ "$errors" = "warpipe compare: - is given twice: stdin can be read once" ]
	cp "$TRACE" step
	tr-parse -s all step >raw.ndjson
	tr-classify raw.ndjson | gzip >typed.ndjson.gz
	warpipe report -f json step >expected
	for file in raw.ndjson typed.ndjson.gz; do warpipe report -f json "$file" | cmp - expected; done
	run_split warpipe report raw.ndjson raw.ndjson
	[ "$status" -eq 2 ]
	[[ $errors == *"has records: those are reported by themselves"* ]]
	warpipe check --init step >expected
	for file in raw.ndjson typed.ndjson.gz; do warpipe check --init "$file" | cmp - expected; done
	warpipe hot --sglang "$tree" -m demo -o of-step step 2>/dev/null | sed '/^step: /d; $d' >expected
	[ -s expected ]
	warpipe hot --sglang "$tree" -m demo -o of-raw raw.ndjson 2>/dev/null | sed '/^raw: /d; $d' | diff expected -
	warpipe hot --sglang "$tree" -m demo - <step >said 2>/dev/null
	[ "$(tail -n 1 said)" = stdin-hot/stdin.html ]
}

@test "given a link as the output folder, then the documents are where it leads" {
	mkdir real
	ln -s real link
	warpipe traces --sglang "$FIXTURES/kcallers/tree" -m demo -o link/ >/dev/null
	[ -L link ]
	[ -s real/kernel-traces.html ]
	[ "$(ls -A | xargs)" = "link real" ]
}

@test "given a command that is killed, then nothing of it is left, neither folders nor processes" {
	local tries=0 script child
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s "$BIN"/* "$BATS_TEST_TMPDIR/bin"
	rm "$BATS_TEST_TMPDIR/bin/kgrep-imports"
	printf '#!/bin/sh\necho $$ >"%s/pid"\nexec sleep 300\n' "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/bin/kgrep-imports"
	chmod +x "$BATS_TEST_TMPDIR/bin/kgrep-imports"
	BIN=$BATS_TEST_TMPDIR/bin "$ROOT/pipelines/trace-model" --sglang "$FIXTURES/kcallers/tree" -m demo 3>&- &
	script=$!
	until [ -s "$BATS_TEST_TMPDIR/pid" ] || [ $((tries += 1)) -gt 600 ]; do sleep 0.1; done
	child=$(cat "$BATS_TEST_TMPDIR/pid")
	kill "$script"
	wait "$script" || [ $? -eq 143 ]
	until gone "$child" || [ $((tries += 1)) -gt 1200 ]; do sleep 0.1; done
	gone "$child" || { kill "$child"; false; }
	[ -z "$(ls -A)" ]
	[ -z "$(ls -A "$WARPIPE_CACHE")" ]
}

@test "given an installation alone, when commands run outside of the tree, then they find all they need" {
	(cd "$ROOT" && make -s install DESTDIR="$BATS_TEST_TMPDIR" PREFIX=/usr BIN="$BIN")
	PATH=$BATS_TEST_TMPDIR/usr/bin:/usr/local/bin:/usr/bin:/bin
	unset BIN WARPIPE_BIN
	cp "$TRACE" step.json
	cp "$BEFORE" "$AFTER" .
	cp -r "$FIXTURES/kcallers/tree" tree
	# Nothing of the source tree is asked for: it could not be read.
	warpipe report step.json | tail -n 1 | grep -qx 'wrote ./step'
	warpipe compare before.ndjson after.ndjson >/dev/null || [ $? -eq 1 ]
	warpipe check --init step.json | grep -q limits
	warpipe where --sglang tree block_kernel | grep -q '^block_kernel'
	warpipe traces --sglang tree -m demo -o out | tail -n 1 | grep -qx 'wrote out/kernel-traces.html'
	warpipe hot --sglang tree -m demo step.json >said
	[ -s step-hot/step.html ]
	! grep -rqs "$ROOT" "$BATS_TEST_TMPDIR/usr/libexec" "$BATS_TEST_TMPDIR/usr/bin/warpipe" || false
}

@test "given its man page, then every command is in it, and its examples run" {
	local name example
	for name in $(commands); do grep -q "^\.It Ic $name\$" "$ROOT/pipelines/warpipe.1"; done
	cd "$ROOT"
	sed -n 's/^\.Dl \$ //p' pipelines/warpipe.1 >"$HERE/examples"
	[ "$(wc -l <"$HERE/examples")" -ge 4 ]
	while read -r example; do
		bash -c "$example" >"$HERE/out" || [ $? -eq 1 ]
		[ -s "$HERE/out" ]
	done <"$HERE/examples"
}
