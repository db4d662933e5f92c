# SPDX-License-Identifier: Apache-2.0
# tr-check: a trace against a budget.

load helper

setup() {
	cd "$ROOT"
	STEP=fixtures/tr-check/step.in.ndjson
	BUDGET=$BATS_TEST_TMPDIR/budget.yaml
}

# budget LINE...: write a budget with these lines under `limits`.
budget() {
	printf 'limits:\n' >"$BUDGET"
	printf '  %s\n' "$@" >>"$BUDGET"
}

# verdict [FILE...]: what came of each limit of $BUDGET, a word each, on one line.
verdict() {
	tr-check -f ndjson -b "$BUDGET" "${@:-$STEP}" 2>/dev/null | jq -r .status | paste -sd ' '
}

@test "given limits of every kind, when a step is held against them, then the records are the golden ones" {
	check_golden tr-check/step.out.ndjson 1 tr-check -b fixtures/tr-check/budget.yaml $STEP
}

@test "given limits of every kind, when JUnit is asked for, then each limit is a test case that a parser reads" {
	check_golden tr-check/step.out.xml 1 tr-check -f junit -b fixtures/tr-check/budget.yaml $STEP
	run python3 -c 'import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot()[0]
print(suite.get("tests"), suite.get("failures"), suite.get("errors"),
      len(suite), len(suite.findall("*/failure")), len(suite.findall("*/error")))' fixtures/tr-check/step.out.xml
	[ "$output" = "14 5 3 14 5 3" ]
}

@test "given broken limits, when annotations for GitHub are asked for, then each is one command that names file and line" {
	budget '- pass: decode' '  max_us: 1' '- kernel: "100%, a:b\n*"' '  max_us: 1' '- layers: 3'
	run tr-check -f github -b "$BUDGET" $STEP
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 2 ]
	[ "${lines[0]}" = "::error file=$BUDGET,line=2::pass decode: 131.500 us, at most 1.000 us allowed" ]
	[ "${lines[1]}" = "::error file=$BUDGET,line=4::kernel 100%25, a:b%0A*: no such kernel is in the trace" ]
}

@test "given limits that are broken, when records are written, then stderr has one line for each, with its place in the budget" {
	budget '- pass: decode' '  max_us: 131.5' '- pass: prefill' '  max_us: 79'
	run_split tr-check -b "$BUDGET" $STEP
	[ "$status" -eq 1 ]
	[ "$errors" = "tr-check: $BUDGET:4: pass prefill: 80.000 us, at most 79.000 us allowed" ]
	budget '- pass: decode' '  max_us: 131.5'
	run_split tr-check -b "$BUDGET" $STEP
	[ "$status" -eq 0 ]
	[ -z "$errors" ]
}

@test "given a time exactly at its limit, when it is one nanosecond more, then the limit is broken" {
	budget '- pass: decode' '  max_us: 131.5'
	[ "$(verdict)" = "pass pass" ]
	sed 's/"dur":131.5/"dur":131.501/' $STEP >"$BATS_TEST_TMPDIR/longer"
	[ "$(verdict "$BATS_TEST_TMPDIR/longer")" = "breach breach" ]
}

@test "given kernels of two stages, when a limit names a stage, then only its kernels count, per call, per pass and in all" {
	budget '- {type: linear, stage: decode, max_us: 82}' '- {type: linear, stage: decode, max_us: 81.9}' \
		'- {type: linear, max_us: 162}' '- {type: linear, max_us: 161.9}' \
		'- {type: linear, per: pass, max_us: 81}' '- {type: linear, per: pass, max_us: 80.9}' \
		'- {type: linear, stage: decode, per: pass, max_us: 82}' '- {kernel: "*gemm*", per: call, max_us: 54}' \
		'- {kernel: "*gemm*", per: call, max_us: 53.9}' '- {stage: unknown, max_us: 5}' '- {stage: unknown, max_us: 4.9}'
	[ "$(verdict)" = "pass breach pass breach pass breach pass pass breach pass breach breach" ]
}

@test "given passes and layers, when their times are limited, then the median counts, and one index only itself" {
	budget '- {pass: any, max_us: 80}' '- {pass: any, max_us: 79}' '- {layer: any, max_us: 61.5}' \
		'- {layer: any, max_us: 61.4}' '- {layer: 0, max_us: 60.5}' '- {layer: 1, max_us: 61.4}' '- {layer: prefill, max_us: 79}'
	[ "$(verdict)" = "pass breach pass breach pass breach breach breach" ]
}

@test "given accounts, when idle time is limited, then that of whole devices counts, not that of passes again" {
	budget '- {idle: host, max_us: 57}' '- {idle: host, max_us: 56.9}' '- {idle: any, max_share: 28.82}' \
		'- {idle: any, max_share: 28.81}' '- {exposed: copies, max_us: 3}' '- {exposed: communication, max_us: 0}'
	[ "$(verdict)" = "pass breach pass breach pass pass breach" ]
}

@test "given a limit on what the stream does not hold, when it is checked, then it is unknown and the exit status 1" {
	budget '- {kernel: "*nccl*", max_us: 1}' '- {idle: nothing, max_us: 1}' '- {pass: mixed, max_us: 1}' \
		'- {layer: 17, max_us: 1}' '- {explained: 95}'
	[ "$(verdict)" = "unknown unknown unknown unknown unknown incomparable" ]
	run tr-check -f text -b "$BUDGET" $STEP
	[ "$status" -eq 1 ]
	jq -c 'select(.kind == "trace" or .kind == "kernel" or .kind == "end")' $STEP >"$BATS_TEST_TMPDIR/kernels"
	budget '- {type: linear, per: pass, max_us: 1}' '- {layers: 3}' '- {idle: any, max_us: 1}'
	[ "$(verdict "$BATS_TEST_TMPDIR/kernels")" = "unknown unknown unknown incomparable" ]
}

@test "given what kjoin explains, when a share of it is asked for, then time without an op does not count" {
	printf '%s\n' '{"kind":"join","version":1,"explained":{"chain":90.0,"stack":5.0,"none":5.0}}' '{"kind":"end"}' \
		>"$BATS_TEST_TMPDIR/join"
	budget '- explained: 95' '- explained: 95.1%'
	[ "$(verdict "$BATS_TEST_TMPDIR/join")" = "pass breach breach" ]
}

@test "given two traces with other numbers of layers, when layers are counted, then no number is right" {
	budget '- layers: 3'
	sed 's/"layers":3,/"layers":4,/' $STEP >"$BATS_TEST_TMPDIR/other"
	[ "$(verdict $STEP $STEP)" = "pass pass" ]
	[ "$(verdict $STEP "$BATS_TEST_TMPDIR/other")" = "breach breach" ]
}

@test "given a trace, when a budget is made from it, then the trace keeps to it without any margin, and a slower one does not" {
	check_golden tr-check/init.out.yaml 0 tr-check --init $STEP
	tr-check --init --margin 0 $STEP >"$BUDGET"
	tr-check -b "$BUDGET" $STEP >"$BATS_TEST_TMPDIR/out"
	sed 's/"dur":42.0,/"dur":43.0,/' $STEP >"$BATS_TEST_TMPDIR/slower"
	run tr-check -f text -b "$BUDGET" "$BATS_TEST_TMPDIR/slower"
	[ "$status" -eq 1 ]
	[[ $output == *": breach: type linear per pass: 81.500 us, at most 81.000 us allowed"* ]]
}

@test "given kernel names with quotes, brackets and patterns, when a budget is made, then each matches itself alone" {
	local name="f<'a'>[b]*?\\c"
	jq -cn --arg n "$name" '{kind: "trace"}, {kind: "kernel", name: $n, dur: 5}, {kind: "kernel", name: "fxx", dur: 1}, {kind: "end"}' \
		>"$BATS_TEST_TMPDIR/odd"
	tr-check --init --margin 0 "$BATS_TEST_TMPDIR/odd" >"$BUDGET"
	[ "$(verdict "$BATS_TEST_TMPDIR/odd")" = "pass pass pass" ]
	jq -c 'if .dur == 5 then .dur = 6 else . end' "$BATS_TEST_TMPDIR/odd" >"$BATS_TEST_TMPDIR/slow"
	[ "$(verdict "$BATS_TEST_TMPDIR/slow")" = "breach pass breach" ]
}

@test "given a kernel whose name fills a screen, when the verdict is text, then the name is cut, and what was measured follows it" {
	local name=_ZN_$(printf 'a%.0s' {1..300})
	jq -cn --arg n "$name" '{kind: "trace"}, {kind: "kernel", name: $n, dur: 5}, {kind: "end"}' >"$BATS_TEST_TMPDIR/long"
	budget "- kernel: '$name'" '  max_us: 4'
	run tr-check -f text -b "$BUDGET" "$BATS_TEST_TMPDIR/long"
	[ "$status" -eq 1 ]
	[ "${lines[0]}" = "$BUDGET:2: breach: kernel ${name:0:59}…: 5.000 us, at most 4.000 us allowed" ]
	run tr-check -f github -b "$BUDGET" "$BATS_TEST_TMPDIR/long"
	[[ $output == *"$name: 5.000 us"* ]]
}

@test "given work with a negative duration, when it is measured, then it is in no sum, and that is said" {
	jq -cn '{kind: "trace"}, ({kind: "kernel", name: "A", type: "other", dur: (-2, 3)}, {kind: "memset", name: "F", dur: -1}), {kind: "end"}' \
		>"$BATS_TEST_TMPDIR/odd"
	run_split tr-check --init --margin 0 "$BATS_TEST_TMPDIR/odd"
	[ "$status" -eq 0 ]
	[ "$errors" = "tr-check: 2 pieces of GPU work last less than nothing and are left out" ]
	[ "$(grep -c 'max_us: 3.000' <<<"$output")" -eq 2 ]
	budget '- {kernel: A, max_us: 2.9}'
	[ "$(verdict "$BATS_TEST_TMPDIR/odd")" = "breach breach" ]
}

@test "given a kernel that tr-layers cut short, when it is measured, then what was cut off is in no sum" {
	jq -cn '{kind: "trace"}, {kind: "kernel", name: "A", type: "other", dur: 1600000, clipped_by: 1599995.5}, {kind: "end"}' \
		>"$BATS_TEST_TMPDIR/odd"
	budget '- {kernel: A, max_us: 4.5}' '- {kernel: A, max_us: 4.4}'
	[ "$(verdict "$BATS_TEST_TMPDIR/odd")" = "pass breach breach" ]
}

@test "given a stream with nothing to limit, when a budget is made from it, then none is written, and that is said" {
	run_split tr-check --init <(printf '%s\n' '{"kind":"trace","version":1}' '{"kind":"end"}')
	[ "$status" -eq 2 ]
	[ -z "$output" ]
	[[ $errors == "tr-check: nothing here can be limited"* ]]
}

# refused WORDS YAML: the budget ends the program with 2 and one line with these words.
refused() {
	printf '%s\n' "$2" >"$BUDGET"
	run_split tr-check -b "$BUDGET" $STEP
	[ "$status" -eq 2 ] && [ -z "$output" ] && [[ $errors == "tr-check: $BUDGET"*"$1"* ]] &&
		[ "$(wc -l <<<"$errors")" -eq 1 ] && return
	echo "$2: expected '$1', got $status: $errors"
	return 1
}

@test "given a budget that is none, when it is read, then one line says where and why, and nothing is judged" {
	refused ': empty' ''
	refused ':1: `limits` is a list' 'limits: 3'
	refused ': no limits' 'limits: []'
	refused ':1: a budget is a map' '- 1'
	refused ':1: unknown key: limit' 'limit: []'
	refused ':2: unknown key: kernle' $'limits:\n- {kernle: x, max_us: 1}'
	refused ':1: no such type of kernel: lineer' 'limits: [{type: lineer, max_us: 1}]'
	refused ':1: no such stage: decoding' 'limits: [{stage: decoding, max_us: 1}]'
	refused ':1: no such stage: decoding' 'limits: [{type: moe, stage: decoding, max_us: 1}]'
	refused ':1: neither a stage nor any' 'limits: [{pass: first, max_us: 1}]'
	refused ':1: neither an index' 'limits: [{layer: -1, max_us: 1}]'
	refused ':1: neither communication nor copies' 'limits: [{exposed: compute, max_us: 1}]'
	refused ':1: a limit has max_us' 'limits: [{type: linear}]'
	refused ':1: not a number' 'limits: [{type: linear, max_us: -1}]'
	refused ':1: not a number' 'limits: [{type: linear, max_us: nan}]'
	refused ':1: not a number' 'limits: [{type: linear, max_us: 1ms}]'
	refused ':1: not a percentage' 'limits: [{type: linear, max_share: 5%%}]'
	refused ':1: more than 100 per cent' 'limits: [{type: linear, max_share: 101}]'
	refused ':1: not total, pass or call' 'limits: [{type: linear, per: step, max_us: 1}]'
	refused ':1: `per` is for' 'limits: [{pass: any, per: call, max_us: 1}]'
	refused ':1: takes no max_us' 'limits: [{layers: 3, max_us: 1}]'
	refused ':1: has no share' 'limits: [{pass: any, max_share: 1}]'
	refused ':1: a limit is about one thing' 'limits: [{type: linear, pass: any, max_us: 1}]'
	refused ':1: a limit names what it is about' 'limits: [{max_us: 1}]'
	refused ':1: a limit is a map' 'limits: [linear]'
	refused ':1: one word or number' 'limits: [{type: [linear], max_us: 1}]'
	refused 'deep' "$(printf '[%.0s' {1..3000})"
	refused ':' '{'
}

@test "given options that do not go together, when it starts, then it says so and exits with 2" {
	for arguments in "" "-b $BUDGET --init" "--init -f text" "-b $BUDGET --margin 5" "-b $BUDGET -f xml" "--init --margin -1"; do
		# shellcheck disable=SC2086 # several words on purpose
		run_split tr-check $arguments </dev/null
		[ "$status" -eq 2 ]
		[ "$(wc -l <<<"$errors")" -eq 1 ]
	done
}

@test "given a stream that is cut or no stream, when it is checked, then it exits with 2 and judges nothing" {
	budget '- {pass: any, max_us: 1}'
	run_split tr-check -b "$BUDGET" <(sed '$d' $STEP)
	[ "$status" -eq 2 ] && [ -z "$output" ]
	run_split tr-check -b "$BUDGET" <(sed 's/"dur":20.5/"dur":"x"/' $STEP)
	[ "$status" -eq 2 ] && [ -z "$output" ]
	run_split tr-check -b "$BUDGET" /dev/null
	[ "$status" -eq 2 ]
}

@test "given the example of docs/ci.md, when two traces go in, then a verdict comes out: 0 for alike ones, 1 with the reason for a slower one, 2 for half a one" {
	local work=$BATS_TEST_TMPDIR models=$FIXTURES/tr-layers/models
	made() {
		awk -v passes=6 -f "$FIXTURES/tr-layers/generate.awk" "$models/dense-tp" |
			jq -s -c --argjson rank 0 --argjson slow "$1" -f "$FIXTURES/tr-layers/to-trace.jq" | gzip -n
	}
	awk '/^```sh/ { inside = 1; next } /^```/ { inside = 0 } inside' docs/ci.md >"$work/trace-gate"
	chmod +x "$work/trace-gate"
	cd "$work"
	made 1 >before.json.gz
	made 1.2 >slower.json.gz
	tr-parse -s all before.json.gz | tr-classify | tr-layers --kernels | tr-check --init --margin 5 >budget.yaml
	run ./trace-gate before.json.gz before.json.gz budget.yaml
	[ "$status" -eq 0 ]
	[[ $output == *"pass: within the limits"* ]]
	run ./trace-gate before.json.gz slower.json.gz budget.yaml
	[ "$status" -eq 1 ]
	[[ $output == *"::error file=budget.yaml,line="*"breach: "*" of "*" takes "* ]]
	grep -q '<failure' budget.xml
	head -c 500 before.json.gz >half.json.gz
	run ./trace-gate before.json.gz half.json.gz budget.yaml
	[ "$status" -eq 2 ]
}

@test "given a step of less than a microsecond, when a share of it is limited, then it is a share of that" {
	printf '%s\n' '{"kind":"trace","file":"short.json"}' \
		'{"kind":"kernel","index":0,"name":"a","ts":1,"dur":0.3,"device":0,"stream":7,"type":"linear","stage":"decode"}' \
		'{"kind":"kernel","index":1,"name":"b","ts":2,"dur":0.1,"device":0,"stream":7,"type":"other","stage":"decode"}' \
		'{"kind":"end"}' >"$BATS_TEST_TMPDIR/short"
	budget '- {type: linear, max_share: 76%}' '- {type: linear, max_share: 74%}'
	[ "$(verdict "$BATS_TEST_TMPDIR/short")" = "pass breach breach" ]
	# Of no time at all everything is a share of 0 %.
	sed -i 's/"dur":0.[13]/"dur":0/' "$BATS_TEST_TMPDIR/short"
	[ "$(verdict "$BATS_TEST_TMPDIR/short")" = "pass pass pass" ]
}
