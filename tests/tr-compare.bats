# SPDX-License-Identifier: Apache-2.0
# tr-compare: whether passes got slower, and what did it.

load helper

setup() {
	cd "$ROOT"
	IN=fixtures/tr-compare
	A=$BATS_TEST_TMPDIR/a
	B=$BATS_TEST_TMPDIR/b
}

# made [-v NAME=VALUE]...: a trace of six passes.
made() {
	awk -v passes=6 "$@" -f $IN/make-trace.awk
}

# status_of ARGUMENT...: the verdict.
status_of() {
	tr-compare "$@" | jq -r 'select(.kind == "verdict") | .status'
}

@test "given a slower head, another attention, idle time and a warm-up, when passes are compared, then records, table and Markdown are the golden ones" {
	made >"$A"
	cmp "$A" $IN/before.ndjson
	check_golden tr-compare/out.ndjson 1 tr-compare $IN/before.ndjson $IN/after.ndjson
	check_golden tr-compare/out.txt 1 env COLUMNS=100 tr-compare -f table $IN/before.ndjson $IN/after.ndjson
	check_golden tr-compare/out.md 1 tr-compare -f md $IN/before.ndjson $IN/after.ndjson
}

@test "given any change, when rows are added, then they are the change of the mean pass" {
	made -v noise=5 -v seed=1 -v wait=3 >"$A"
	made -v noise=5 -v seed=2 -v scale_gemm=1.2 -v attention=other -v cold=1 >"$B"
	tr-compare "$A" "$B" | jq -se '(map(select(.kind == "row-change").contribution_us) | add) as $rows
		| (.[0].mean_us[1] - .[0].mean_us[0]) as $passes | ($rows - $passes | fabs) < 0.002 and ($rows | fabs) > 1'
}

@test "given the same passes with noise, when twenty random halves are compared, then at most one is called a change" {
	local changes=0 seed
	for seed in $(seq 20); do
		made -v passes=20 -v noise=10 -v seed="$seed" >"$A"
		made -v passes=20 -v noise=10 -v seed="$((seed + 100))" >"$B"
		[ "$(status_of "$A" "$B")" = no-change ] || changes=$((changes + 1))
	done
	echo "$changes of 20"
	[ "$changes" -le 1 ]
	# What the test can see: a twentieth more in the same noise.
	made -v passes=20 -v noise=10 -v seed=7 -v scale_gemm=1.1 >"$B"
	[ "$(status_of "$A" "$B")" = slower ]
	[ "$(status_of "$B" "$A")" = faster ]
}

@test "given one trace, when twenty random halves of its passes are compared, then at most one pair is called a change" {
	local changes=0 seed
	made -v passes=40 -v noise=10 -v seed=3 >"$A.whole"
	for seed in $(seq 20); do
		awk -v seed="$seed" -v a="$A" -v b="$B" 'BEGIN {
				srand(seed)
				for (pass = 0; pass < 40; pass++) place[pass] = pass
				for (i = 39; i > 0; i--) { j = int(rand() * (i + 1)); t = place[i]; place[i] = place[j]; place[j] = t }
				for (i = 0; i < 20; i++) half[place[i]] = 1
			}
			!match($0, /"pass":[0-9]+/) { print >a; print >b; next }
			{ print >(substr($0, RSTART + 7, RLENGTH - 7) + 0 in half ? a : b) }' "$A.whole"
		[ "$(status_of "$A" "$B")" = no-change ] || changes=$((changes + 1))
	done
	echo "$changes of 20"
	[ "$changes" -le 1 ]
}

@test "given samples with a known p-value, when they are compared, then it is that, exact and with ties" {
	# Four below four: 2 of the 70 orders. As scipy.stats.mannwhitneyu has it.
	for side in 1 2; do
		jq -cn --argjson s "$side" '{kind: "trace"}, (range(4) | {kind: "kernel", index: ., name: "k", ts: (. * 1000), dur: (100 * $s + .), pass: ., device: 0},
			{kind: "pass", pass: ., stage: "decode", device: 0}), {kind: "end"}' >"$BATS_TEST_TMPDIR/$side"
	done
	run jq -c 'select(.kind == "pass-change") | [.p, .test, .difference_us, .interval_us]' \
		<(tr-compare "$BATS_TEST_TMPDIR/1" "$BATS_TEST_TMPDIR/2")
	[ "$output" = '[0.02857142857142857,"exact",100,[97,103]]' ]
	run jq -c 'select(.kind == "pass-change") | [.p, .test, .verdict]' <(tr-compare $IN/before.ndjson $IN/before.ndjson)
	[ "$output" = '[1,"ties","no-change"]' ]
}

@test "given the passes of the time account's reference, when they are compared, then every figure is equal" {
	shared_data time/expected-compare.json
	cat >"$BATS_TEST_TMPDIR/passes.py" <<'EOF'
import json, sys
passes = {}
for line in open(sys.argv[1]):
    field = line.rstrip("\n").split("\t")
    if field[0].isdigit():
        passes[int(field[0])] = int(field[1])
for line in sys.stdin:
    record = json.loads(line)
    if record["kind"] in ("kernel", "memcpy", "memset"):
        record["pass"] = passes.get(record["index"])
        record.pop("device", None)
        record.pop("rank", None)
    if record["kind"] == "end":
        for number in sorted(set(passes.values())):
            print(json.dumps({"kind": "pass", "pass": number, "stage": "decode"}))
    print(json.dumps(record))
EOF
	local folder
	folder=$(dirname "$DATA")/synthetic
	for name in passes passes-after; do
		tr-parse "$folder/$name.json" | python3 "$BATS_TEST_TMPDIR/passes.py" "$folder/$name.passes.tsv" >"$BATS_TEST_TMPDIR/$name"
	done
	tr-compare "$BATS_TEST_TMPDIR/passes" "$BATS_TEST_TMPDIR/passes-after" >"$A" || [ $? -eq 1 ]
	jq -se --slurpfile want "$DATA" '$want[0][""] as $w | .[0] as $p
		| $p.passes == $w.n and ($p.median_us | map(. * 1000 | round)) == $w.median_own_ns
		and ($p.difference_us * 1000 | round) == $w.hodges_lehmann_ns and (($p.p - $w.p) | fabs) < 1e-12
		and $p.test == $w.test and $p.verdict == $w.verdict
		and ((map(select(.kind == "row-change") | {key: (if .what == "idle" then "idle:host" else "kernel:" + .name end),
			value: (.contribution_us * 1000 | round)}) | from_entries) == ($w.contribution_ns | map_values(round)))' "$A"
}

@test "given several traces a side, when they are compared, then all their passes count" {
	made -v passes=2 >"$A"
	run jq -c 'select(.kind == "pass-change") | [.passes, .verdict]' <(tr-compare "$A" "$A")
	[ "$output" = '[[2,2],"too-few-passes"]' ]
	run jq -c 'select(.kind == "pass-change") | [.passes, .verdict]' <(tr-compare -b "$A" -b "$A" "$A" "$A" "$A")
	[ "$output" = '[[4,6],"no-change"]' ]
}

@test "given too few passes for a test, when they differ, then the answer is none, and a limit still counts" {
	made -v passes=2 >"$A"
	made -v passes=2 -v scale_head=2 >"$B"
	run tr-compare -f table "$A" "$B"
	[ "$status" -eq 1 ]
	[[ $output == "incomparable: decode is 28.4 % slower"*"2 and 2 passes: too few for a test)"* ]]
	[ "$(status_of --fail-above 29 "$A" "$B")" = pass ]
	[ "$(status_of --fail-above 28 "$A" "$B")" = breach ]
}

@test "given limits, when passes or types are slower by less or more, then the status is 0 or 1" {
	made >"$A"
	made -v scale_attention=1.1 >"$B"
	run tr-compare "$A" "$B"
	[ "$status" -eq 1 ]
	run tr-compare --fail-above 3 "$A" "$B"
	[ "$status" -eq 0 ]
	run tr-compare --fail-above 2 "$A" "$B"
	[ "$status" -eq 1 ]
	run tr-compare --fail-type attention=10 --fail-type linear=1 "$A" "$B"
	[ "$status" -eq 0 ]
	run tr-compare -f table --fail-type attention=9.9 "$A" "$B"
	[ "$status" -eq 1 ]
	[[ $output == "breach: attention of decode takes 44.000 us a pass where it took 40.000"* ]]
	run tr-compare "$B" "$A"
	[ "$status" -eq 0 ]
}

@test "given gaps with causes, when idle time is compared, then each cause has its row, and what no gap covers is said" {
	made -v wait=50 | jq -c '.' | sed '/"kind":"end"/i {"kind":"account","rank":"0","device":"0","pass":null}' >"$A"
	# The head of pass 0 begins at 1176: 30 us of the wait before it are the host's.
	sed '/"kind":"account"/i {"kind":"gap","rank":"0","device":"0","pass":null,"start_ns":1140000,"gap_ns":30000,"cause":"host"}' "$A" >"$B"
	run jq -c 'select(.what == "idle") | [.name, .before_us, .after_us]' <(tr-compare "$A" "$B")
	[ "$(sort <<<"$output" | paste -sd ' ')" = '["host",0,5] ["not listed",50,45]' ]
	sed '/"kind":"account"/i {"kind":"gap","rank":"0","device":"0","pass":0,"start_ns":1000000,"gap_ns":300000,"cause":"host"}' "$A" >"$B"
	run tr-compare "$A" "$B"
	[ "$status" -eq 2 ]
}

@test "given the gaps of tr-account after their trace, when passes are compared, then all idle time is told by cause, and an account alone is refused" {
	local side
	made -v wait=20 >"$A"
	made -v wait=50 >"$B"
	for side in "$A" "$B"; do
		tr-account --gaps all "$side" >"$side.account"
		cat "$side" "$side.account" >"$side.both"
	done
	run jq -c 'select(.what == "idle") | [.name, .before_us, .after_us]' <(tr-compare "$A.both" "$B.both")
	[ "$output" = '["no_launch",20,50]' ]
	run tr-compare "$A.account" "$B.account"
	[ "$status" -eq 2 ]
	[[ $output == *"its records go before those of tr-account"* ]]
}

@test "given a copy that is in no pass, when passes are compared, then it is work of the passes that it runs in, and no idle time" {
	local copy='{"kind":"memcpy","index":900,"name":"Memcpy DtoD","ts":1140,"dur":DUR,"device":0,"stream":9,"rank":"0"}'
	made -v wait=50 >"$A"
	# Pass 0 waits from 1126 to 1176 and ends at 1226; pass 1 begins 100 us later.
	sed "/\"kind\":\"end\"/i ${copy/DUR/30}" "$A" >"$B"
	rows='select(.kind == "row-change" and (.what == "idle" or .what == "copy")) | [.what, .name, .before_us, .after_us]'
	[ "$(tr-compare "$A" "$B" | jq -c "$rows" | sort | paste -sd ' ')" = '["copy","Memcpy DtoD",0,5] ["idle","idle",50,45]' ]
	tr-account --gaps all "$B" 2>/dev/null | cat "$B" - >"$B.both"
	tr-account --gaps all "$A" 2>/dev/null | cat "$A" - >"$A.both"
	[ "$(tr-compare "$A.both" "$B.both" | jq -c "$rows" | sort | paste -sd ' ')" = '["copy","Memcpy DtoD",0,5] ["idle","no_launch",50,45]' ]
	# As far as it runs in them: 86 us of pass 0, 4 of pass 1, where kernels go before it.
	sed "/\"kind\":\"end\"/i ${copy/DUR/190}" "$A" >"$B"
	[ "$(tr-compare "$A" "$B" | jq -c "$rows" | sort | paste -sd ' ')" = '["copy","Memcpy DtoD",0,6] ["idle","idle",50,44]' ]
	[ "$(tr-compare "$A" "$B" | jq -c 'select(.kind == "pass-change").difference_us')" = 0 ]
}

@test "given a kernel that tr-layers cut short, when passes are compared, then the rest of it counts nowhere, with gaps or without" {
	local cut='if .kind == "kernel" and .index == $at then .dur += 80000 | .clipped_by = 80000 else . end'
	made -v wait=50 >"$A"
	jq -c --argjson at "$(jq -s 'map(select(.kind == "kernel" and .pass == 0))[2].index' "$A")" "$cut" "$A" >"$B"
	run jq -c 'select(.kind == "pass-change") | .mean_us[1] - .mean_us[0]' <(tr-compare "$A" "$B")
	[ "$output" = 0 ]
	tr-account --gaps all "$A" | cat "$B" - >"$B.both"
	run jq -c 'select(.what == "idle") | [.name, .before_us]' <(tr-compare "$B.both" "$B.both")
	[ "$output" = '["no_launch",50]' ]
}

@test "given overlapping work, when an instant is shared, then it is computation before communication before copies, and the earlier of two" {
	overlap() {
		jq -cn --argjson p "$1" '{kind: "trace"},
			{kind: "kernel", index: 1, name: "late", ts: 10, dur: 20, pass: 0, type: "linear"},
			{kind: "kernel", index: 2, name: "early", ts: 5, dur: 10, pass: 0, type: "linear"},
			{kind: "kernel", index: 3, name: "nccl", ts: 0, dur: 40, pass: 0, type: "communication"},
			{kind: "memcpy", index: 4, name: "copy", ts: 0, dur: 50, pass: 0, type: "memory"},
			{kind: "memset", index: 5, name: "fill", ts: 45, dur: (20 + $p), pass: 0, type: "memory"},
			{kind: "pass", pass: 0, stage: "decode"}, {kind: "end"}'
	}
	overlap 0 >"$A"
	overlap 1 >"$B"
	run jq -r 'select(.kind == "row-change") | [.name, .before_us] | @tsv' <(tr-compare "$A" "$B")
	[ "$(sort <<<"$output" | paste -sd ' ' | tr '\t' ' ')" = "copy 10 early 10 fill 15 late 15 nccl 15" ]
}

@test "given traces that have nothing in common, when they are compared, then that is the answer" {
	made >"$A"
	sed 's/"name":"/&other_/; s/"short":"/&OTHER_/' "$A" >"$B"
	run_split tr-compare "$A" "$B"
	[ "$status" -eq 1 ]
	[[ $output == *'"status":"incomparable","says":"the traces have no kernels in common"'* ]]
	sed 's/"decode"/"prefill"/' "$A" >"$B"
	run_split tr-compare "$A" "$B"
	[ "$status" -eq 1 ]
	[[ $output == *'"says":"the traces have no stage in common"'* ]]
	[[ $output == *'{"kind":"end","stages":0,"rows":0}' ]]
}

@test "given a side that is compared with itself, when the answer is read, then it is that nothing changed" {
	run tr-compare -f table $IN/before.ndjson $IN/before.ndjson
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == "no-change: no change" ]]
}

@test "given a kernel that ran at two places, when each has another in its place, then the one at its first place replaces it" {
	passes() { # NAME...: six passes of these kernels, each for 10 us
		jq -cn '{kind: "trace"}, (range(6) as $p | $ARGS.positional | to_entries[] | {kind: "kernel", index: ($p * 100 + .key), name: .value,
			ts: ($p * 1000 + .key * 10), dur: 10, pass: $p, device: 0, type: "linear"}),
			(range(6) | {kind: "pass", pass: ., stage: "decode", device: 0}), {kind: "end"}' --args "$@"
	}
	passes a gone b c gone d >"$A"
	passes a first b c second d >"$B"
	run jq -c 'select(.kind == "row-change" and .replaces != null) | [.name, .replaces]' <(tr-compare "$A" "$B")
	[ "$output" = '["first","gone"]' ]
	passes a first b c other d >"$B"
	passes d gone c b a >"$A"
	run jq -c 'select(.kind == "row-change" and .replaces != null) | [.name, .replaces]' <(tr-compare "$A" "$B")
	[ "$output" = '' ]
}

@test "given wrong uses, when it starts, then it exits with 2 and one line" {
	for arguments in "" "$IN/before.ndjson" "a b c" "-b a" "-f xml a b" "--fail-above -1 a b" "--fail-above x a b" \
		"--fail-type linear a b" "--fail-type lineer=3 a b" "--fail-type linear=x a b" "--rows 0 a b"; do
		# shellcheck disable=SC2086 # several words on purpose
		run_split tr-compare $arguments </dev/null
		[ "$status" -eq 2 ]
		[ -z "$output" ]
		[ "$(wc -l <<<"$errors")" -eq 1 ]
	done
	printf '%s\n' '{"kind":"trace"}' '{"kind":"kernel","index":1,"name":"k","ts":1,"dur":2,"pass":null}' '{"kind":"end"}' >"$A"
	run_split tr-compare "$A" $IN/after.ndjson
	[ "$status" -eq 2 ]
	[[ $errors == "tr-compare: $A: no kernel of it is in a pass"* ]]
}

@test "given a table with many rows, when fewer are asked for, then the rest is one row and nothing is lost" {
	made -v scale_gemm=2 -v scale_head=3 -v scale_attention=4 >"$B"
	run tr-compare --rows 1 -f table $IN/before.ndjson "$B"
	[ "${#lines[@]}" -eq 6 ]
	[[ ${lines[4]} == "3 further rows "* ]]
	[[ ${lines[5]} == "all "*"+300.000" ]]
}

@test "given ten passes on either side, when they are compared, then the interval is between the differences that the normal distribution names" {
	# a = 100 + 1.001 i, b = 103 + 0.37 i i: the 24th of the 100 differences from either end.
	for side in 0 1; do
		jq -cn --argjson s "$side" '{kind: "trace"}, (range(10) | {kind: "kernel", index: ., name: "k", ts: (. * 1000), pass: ., device: 0,
			dur: (if $s == 0 then (100000 + 1001 * .) / 1000 else (103000 + 370 * . * .) / 1000 end)},
			{kind: "pass", pass: ., stage: "decode", device: 0}), {kind: "end"}' >"$BATS_TEST_TMPDIR/$side"
	done
	tr-compare "$BATS_TEST_TMPDIR/0" "$BATS_TEST_TMPDIR/1" >"$BATS_TEST_TMPDIR/out" || [ $? -eq 1 ]
	jq -se 'map(select(.kind == "pass-change"))[0] | .interval_us == [0.367, 17.671] and .difference_us == 6.287' "$BATS_TEST_TMPDIR/out"
}
