# SPDX-License-Identifier: Apache-2.0
# What the workflows promise: what is given to them is data; what they keep is never stale, half
# or of another run.

load helper

setup() {
	need jq parallel
	cd "$ROOT" || exit
	HERE=$BATS_TEST_TMPDIR
	TREE=$HERE/a
	cp -r "$FIXTURES/kjoin/tree" "$TREE"
	TRACE=$FIXTURES/kjoin/trace.in.json
}

# hot TREE ARGUMENT...: make hot-kernels, in the test's own folder.
hot() {
	(cd "$HERE" && BIN=$BIN "$ROOT/pipelines/hot-kernels" -s "$@")
}

# moved TREE: the model's lines stand three further down.
moved() {
	sed -i '1i # 1\n# 2\n# 3' "$1/python/mini/models/tiny.py"
}

# ranks FOLDER: two ranks of a job.
ranks() {
	local rank
	mkdir -p "$1"
	for rank in 0 1; do
		sed "s/\"rank\": 3/\"rank\": $rank/" "$FIXTURES/tr-parse/small.in.json" >"$1/t$rank.json"
	done
}

# trace_ranks FOLDER: what is said of the job, without where the results are.
trace_ranks() {
	{ pipelines/trace-ranks -o "$HERE/$1" "$HERE"/job/* || [ $? -eq 1 ]; } | grep -v '^wrote '
}

# refused TARGET VARIABLE=VALUE...: make says that a value is none, with status 2 of its own, and
# runs nothing of it.
refused() {
	run make -s "$@" BIN="$BIN"
	[ ! -e pwned ] || { rm pwned; echo "$*: ran"; false; }
	[ "$status" -ne 0 ] || { echo "$*: was taken"; false; }
}

@test "given shell and make code in what make is told, when targets run, then it is data and refused" {
	local code
	# shellcheck disable=SC2016 # what make and shells would run
	for code in '$(shell touch pwned)' "1'; touch pwned; '" '1" || touch pwned || "' '1; touch pwned;' '`touch pwned`'; do
		refused kernel-traces MODEL="$code"
		[[ $output == *"is no name"* ]]
		refused kernel-traces MODEL=demo LIMIT="$code"
		[[ $output == *"is no whole number"* ]]
		refused op-traces MODEL="$code"
		refused verify-traces MODEL="$code"
		refused cross-validate MODEL="$code"
		refused definitions MODELS="$code"
		refused definitions MODELS=tiny CONFIG=fixtures/defgen/tiny.json SGLANG=fixtures/defgen/tree TP="$code"
		refused definitions MODELS=tiny CONFIG=fixtures/defgen/tiny.json SGLANG=fixtures/defgen/tree EP="$code"
		refused hot-kernels TRACE="$TRACE" SGLANG="$TREE" TP="$code"
		refused hot-kernels TRACE="$TRACE" SGLANG="$TREE" MODEL="$code"
		refused trace-ranks TRACES="$code"
		refused trace-ranks TRACE_LIST="$code"
		refused trace-ranks TRACES="$TRACE" PER_JOB="$code" RANKS_OUT="$HERE/ranks"
		refused check TESTS="$code"
		refused plan CONFIG=fixtures/kplan/config.json DEVICE=h200 TP="$code" PLAN_OUT="$HERE/plan"
		refused plan CONFIG=fixtures/kplan/config.json DEVICE="$code" PLAN_OUT="$HERE/plan"
		refused plan CONFIG=fixtures/kplan/config.json DEVICE=h200 PHASE="$code" PLAN_OUT="$HERE/plan"
	done
}

@test "given a model's title with shell code, when its documents are written, then they have it as text" {
	local code="x'; touch pwned; \$(touch pwned) \$(shell touch pwned)"
	cd "$HERE"
	ln -s "$ROOT"/{Makefile,config.mk,pipelines,filters,fixtures,tests,packages.txt,inputs.txt,kernels} .
	make -s op-traces MODEL=shop MODEL_NAME="$code" SGLANG="$FIXTURES/kernel-traces/repo" BIN="$BIN" \
		BUILD="$ROOT/build" -o "$BIN/kgrep-imports" -o "$BIN/kcallers" -o "$BIN/kchain-fmt"
	[ -z "$(find . -name 'pwned*')" ]
	grep -q 'touch pwned' results/shop_kernel_traces.md
	grep -q 'touch pwned' results/shop_op_traces.md
}

@test "given a model that names a folder above, when it is traced, then nothing is written there" {
	refused kernel-traces MODEL=../../outside
	refused kernel-traces MODEL=.hidden
	refused hot-kernels TRACE="$TRACE" SGLANG="$TREE" MODEL=../outside
	refused definitions MODELS=../configs/llama
	[ -z "$(find .. -maxdepth 1 -name '*outside*')" ]
}

@test "given traces as words, when patterns and quotes are in them, then those files are read and no more" {
	ranks "$HERE/with blank"
	make -s trace-ranks TRACES="'$HERE/with blank/'*.json" RANKS_OUT="$HERE/one" BIN="$BIN" >"$HERE/table" || [ $? -eq 2 ]
	[ "$(grep -cE '^ +[01] ' "$HERE/table")" -eq 2 ]
	make -s trace-ranks TRACES="$HERE/with blank/t1.json" RANKS_OUT="$HERE/two" BIN="$BIN" >"$HERE/table" || [ $? -eq 2 ]
	[ "$(grep -cE '^ +[01] ' "$HERE/table")" -eq 1 ]
	refused trace-ranks TRACES="'open"
	refused trace-ranks TRACES="$HERE/none*"
	[[ $output == *"trace-ranks: TRACES: $HERE/none*: no such file"* ]]
}

@test "given the link itself as the tree, when it is traced, then it stays and the tree is read" {
	mkdir "$HERE/build"
	cd "$HERE"
	ln -s a sglang
	hot sglang "$TRACE" | grep -q 'tiny.py:16'
	[ "$(readlink sglang)" = a ]
	hot ./sglang/ "$TRACE" | grep -q 'tiny.py:16'
	[ "$(readlink sglang)" = a ]
}

@test "given a tree that is replaced by one with older times, when a trace is joined, then the new lines are named" {
	find "$TREE" -exec touch -d 2020-01-01 {} +
	hot a "$TRACE" | grep -q 'gate_up_proj @ tiny.py:16'
	cp -rp "$TREE" "$HERE/b"
	moved "$HERE/b"
	find "$HERE/b" -exec touch -d 2019-01-01 {} +
	mv "$TREE" "$HERE/old"
	mv "$HERE/b" "$TREE"
	hot a "$TRACE" | grep -q 'gate_up_proj @ tiny.py:19'
	rm -r "$TREE"
	mv "$HERE/old" "$TREE"
	hot a "$TRACE" | grep -q 'gate_up_proj @ tiny.py:16'
}

@test "given two trees at once, when the same trace is joined with each, then each table is of its own tree" {
	local _
	cp -r "$TREE" "$HERE/b"
	moved "$HERE/b"
	for _ in 1 2 3; do
		rm -rf "$HERE/build"
		hot a -o out.a "$TRACE" >"$HERE/said.a" &
		hot b -o out.b "$TRACE" >"$HERE/said.b"
		wait "$!"
		grep -q 'gate_up_proj @ tiny.py:16' "$HERE/said.a"
		grep -q 'gate_up_proj @ tiny.py:19' "$HERE/said.b"
		grep -q 'tiny.py#L16' "$HERE/out.a/trace.in.md"
		grep -q 'tiny.py#L19' "$HERE/out.b/trace.in.md"
	done
}

@test "given two trees and models at once, when their kernels are traced, then each document is of its own tree" {
	local _
	cd "$HERE"
	cp -r "$FIXTURES/kernel-traces/repo" one
	cp -r one two
	mv two/python/shop/srt/models/shop.py two/python/shop/srt/models/stall.py
	sed -i '1i # one line more' two/python/shop/srt/models/stall.py
	kernels() {
		SGLANG=$1 FLASHINFER=none MODEL=$2 NAME=$2 BIN=$BIN IMPORTS=build/$2.imports CHAINS=build/$2.chains \
			"$ROOT/pipelines/trace-kernels" "results/$2.md" >/dev/null
	}
	for _ in 1 2 3; do
		kernels one shop &
		kernels two stall
		wait "$!"
		grep -q 'models/shop.py#L14' results/shop.md
		grep -q 'models/stall.py#L15' results/stall.md
		[ -z "$(find results build -name '.work*')" ]
	done
}

@test "given ranks that were profiled again into the same names, when trace-ranks runs, then the new times are told" {
	ranks "$HERE/job"
	pipelines/trace-ranks -o "$HERE/out" "$HERE"/job/* >"$HERE/first" || [ $? -eq 1 ]
	pipelines/trace-ranks -o "$HERE/out" "$HERE"/job/* | cmp - "$HERE/first"
	[ "$(wc -l <"$HERE/out/joblog")" -eq 3 ]
	# as many bytes, and the old time
	touch -r "$HERE/job/t1.json" "$HERE/time"
	sed -i 's/"dur": 12.500/"dur": 99.500/' "$HERE/job/t1.json"
	touch -r "$HERE/time" "$HERE/job/t1.json"
	pipelines/trace-ranks -o "$HERE/out" "$HERE"/job/* >"$HERE/second" || [ $? -eq 1 ]
	rm -r "$HERE/out"
	pipelines/trace-ranks -o "$HERE/out" "$HERE"/job/* | cmp - "$HERE/second"
	run cmp -s "$HERE/first" "$HERE/second"
	[ "$status" -eq 1 ]
}

@test "given other programs than before, when trace-ranks runs, then every trace is read again" {
	ranks "$HERE/job"
	mkdir "$HERE/bin"
	cp -L "$BIN"/tr-{parse,classify,layers,account,ranks} "$HERE/bin"
	WARPIPE_BIN=$HERE/bin pipelines/trace-ranks -o "$HERE/out" "$HERE"/job/* >"$HERE/first" || [ $? -eq 1 ]
	: >"$HERE/out/ranks/1.ndjson"
	cp -L "$BIN/tr-classify" "$HERE/bin/new"
	mv "$HERE/bin/new" "$HERE/bin/tr-classify"
	WARPIPE_BIN=$HERE/bin pipelines/trace-ranks -o "$HERE/out" "$HERE"/job/* | cmp - "$HERE/first"
}

@test "given two runs at once into one folder, when both end, then both tables are right" {
	ranks "$HERE/job"
	trace_ranks alone >"$HERE/wanted"
	for _ in 1 2 3; do
		rm -rf "$HERE/out"
		trace_ranks out >"$HERE/one" &
		trace_ranks out >"$HERE/two"
		wait "$!"
		cmp "$HERE/one" "$HERE/wanted"
		cmp "$HERE/two" "$HERE/wanted"
	done
}

@test "given runs that are killed at any moment, when the next one is through, then it is as if they had not been" {
	local try job
	ranks "$HERE/job"
	trace_ranks alone >"$HERE/wanted"
	pipelines/trace-report -o "$HERE/wanted.report" "$HERE/job/t0.json" >/dev/null
	pipelines/trace-report -o "$HERE/reports" "$HERE/job/t0.json" >/dev/null
	for try in 0.02 0.05 0.1 0.15 0.2 0.3 0.4; do
		setsid pipelines/trace-ranks -o "$HERE/out" "$HERE"/job/* >/dev/null 2>&1 &
		job=$!
		setsid pipelines/trace-report -o "$HERE/reports" "$HERE/job/t0.json" >/dev/null 2>&1 &
		sleep "$try"
		kill -KILL -- "-$job" "-$!" 2>/dev/null || :
		wait "$job" "$!" 2>/dev/null || :
		# The report is there, old or new, and whole.
		diff -r "$HERE/wanted.report/t0" "$HERE/reports/t0"
	done
	trace_ranks out | cmp - "$HERE/wanted"
	pipelines/trace-report -o "$HERE/reports" "$HERE/job/t0.json" >/dev/null
	# Nothing that they had begun is left.
	[ "$(ls -A "$HERE/reports")" = t0 ]
	[ -z "$(find "$HERE/out" -name '.*')" ]
}

@test "given two traces with one name in two folders, when each is reported and joined, then both results are there" {
	ranks "$HERE/job"
	mkdir "$HERE/rank0" "$HERE/rank1"
	mv "$HERE/job/t0.json" "$HERE/rank0/x.json"
	gzip -n <"$HERE/job/t1.json" >"$HERE/rank1/x.json.gz"
	for _ in first again; do
		for rank in rank0/x.json rank1/x.json.gz; do
			pipelines/trace-report -o "$HERE/out" "$HERE/$rank" >"$HERE/said"
			tail -n 1 "$HERE/said" >>"$HERE/wrote"
		done
	done
	[ "$(ls -A "$HERE/out" | tr '\n' ' ')" = "rank1-x x " ]
	[ "$(jq -r 'select(.kind == "summary").rank' "$HERE/out/x/layers.ndjson")" -eq 0 ]
	[ "$(jq -r 'select(.kind == "summary").rank' "$HERE/out/rank1-x/layers.ndjson")" -eq 1 ]
	[ "$(cat "$HERE/wrote")" = "$(printf "wrote $HERE/out/%s\n" x rank1-x x rank1-x)" ]
	cp "$TRACE" "$HERE/rank0/y.json"
	cp "$TRACE" "$HERE/rank1/y.json"
	hot a "$HERE/rank0/y.json" | tail -n 1 >"$HERE/wrote"
	hot a "$HERE/rank1/y.json" | tail -n 1 >>"$HERE/wrote"
	[ "$(cat "$HERE/wrote")" = $'results/hot/y.html\nresults/hot/rank1-y.html' ]
}

@test "given a narrow umask and a name with an escape, when a trace is reported, then the folder keeps to it and nothing is sent raw" {
	local odd=$HERE/$'a\eb.json'
	cp "$FIXTURES/tr-parse/small.in.json" "$odd"
	(umask 027 && pipelines/trace-report -o "$HERE/out" "$odd" >"$HERE/said")
	[ "$(stat -c %a "$HERE/out/"$'a\eb')" = 750 ]
	run grep -q $'\e' "$HERE/said"
	[ "$status" -eq 1 ]
	tail -n 1 "$HERE/said" | grep -q 'wrote .*/a?b$'
}
