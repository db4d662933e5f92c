# SPDX-License-Identifier: Apache-2.0
# The three filters together, and the pipelines made of them.

load helper

setup() {
	cd "$ROOT"
	need tr-parse tr-classify tr-layers
	MODELS=$FIXTURES/tr-layers/models
}

teardown() {
	local pid
	for pid in $(cat "$BATS_TEST_TMPDIR"/sshd.*/pid 2>/dev/null); do kill "$pid" 2>/dev/null || true; done
}

# trace MODEL RANK SLOW [VARIABLE=VALUE...]: a torch profiler trace of a made-up model.
trace() {
	local model=$1 rank=$2 slow=$3 variable variables=()
	shift 3
	for variable in "$@"; do variables+=(-v "$variable"); done
	awk "${variables[@]}" -f "$FIXTURES/tr-layers/generate.awk" "$MODELS/$model" |
		jq -s -c --argjson rank "$rank" --argjson slow "$slow" -f "$FIXTURES/tr-layers/to-trace.jq"
}

# ranks_make FOLDER: four ranks of one job; rank 2 is slow.
ranks_make() {
	local rank
	mkdir -p "$1"
	for rank in 3 0 2 1; do
		trace dense-tp "$rank" "$([ "$rank" = 2 ] && echo 1.2 || echo 1)" passes=3 |
			gzip -n >"$1/rank-$rank.json.gz"
	done
}

# The figures of one of the nine traces, beside what expected.json says of it.
summary_is_expected() {
	local name=$1 layers=$2 passes=$3 stages=$4
	tr-parse -a "$DATA/$name" | tr-classify | tr-layers --kernels >"$BATS_TEST_TMPDIR/out"
	jq -s -e --arg name "$name" --argjson layers "$layers" --argjson passes "$passes" \
		--arg stages "$stages" --slurpfile expected "$DATA/expected.json" '
		# Those figures were added in doubles, ours are exact.
		def near($a; $b): ($a - $b) | fabs < 0.05;
		$expected[0].traces[$name] as $e | (map(select(.kind == "summary"))[0]) as $s |
		$s.layers == $layers and $s.passes == $passes and
		$s.kernels == $e.kernel_count and $s.sum == $e.kernel_dur_sum_us and
		near($s.busy_kernels; $e.kernel_busy_union_us) and
		near($s.busy; $e.gpu_busy_union_us_incl_memcpy_memset // $s.busy) and
		near($s.span; $e.gpu_span_us_incl_memcpy_memset // $s.span) and
		(map(select(.kind == "pass").stage) | join(",")) == $stages' \
		"$BATS_TEST_TMPDIR/out" >/dev/null ||
		{ echo "$name"; grep '"summary"' "$BATS_TEST_TMPDIR/out"; false; }
	local truth
	truth=$(jq -r --arg name "$name" '.traces[$name].truth_file // empty' "$DATA/expected.json")
	[ -z "$truth" ] || truth_is_kept "$DATA/$truth" "$name"
}

# Of the kernels that the truth has, 99.5 % or more must be in the layer it says.
truth_is_kept() {
	gzip -dc "$1" | jq -R -s -c '
		split("\n") | map(select(length > 0) | split("\t")) | .[0] as $head |
		($head | index("event_index")) as $event | ($head | index("layer")) as $layer |
		.[1:] | map({key: .[$event], value: .[$layer]}) | from_entries' >"$BATS_TEST_TMPDIR/truth"
	jq -s -e --slurpfile truth "$BATS_TEST_TMPDIR/truth" '
		[.[] | select(.kind == "kernel") |
			($truth[0][.index | tostring]) as $want |
			(.layer // null | tostring) == (if ($want | test("^[0-9]+$")) then $want else "null" end)] |
		(map(select(.)) | length) / length >= 0.995' "$BATS_TEST_TMPDIR/out" >/dev/null ||
		{ echo "$2: kernels are in other layers than the truth says"; false; }
}

@test "given the nine traces, when layers are found, then counts, sums, stages and members are right" {
	shared_data traces
	summary_is_expected sglang_qwen3_30b_a3b_MI300_DECODE.trace.json.gz 48 1 decode
	summary_is_expected sglang_r1distill_llama8b_B300_DECODE.trace.json.gz 32 1 decode
	summary_is_expected sglang_qwen3_8b_P1D4.json.gz 180 5 prefill,decode,decode,decode,decode
	summary_is_expected dsr1_tp8_amd_P1D3.trace.json.gz 244 4 prefill,decode,decode,decode
	summary_is_expected h100_gaunernst_bert-small-uncased__1016001.json.gz 4 1 prefill
	summary_is_expected inference_sglang_decode_sglang_Qwen3-8B_decode.json.gz 36 1 decode
	summary_is_expected inference_sglang_prefilldecode_sglang_Qwen3-8B_prefilldecode.json.gz 36 1 prefill
	summary_is_expected inference_vllm_prefilldecode_piecewise_graph_execution.json.gz 24 1 mixed
	summary_is_expected mi300_Qwen_Qwen1.5-0.5B-Chat__1016005.json.gz 24 1 prefill
}

@test "given the traces whose time accounts are known, when devices are added up, then busy, idle and window are exact" {
	shared_data time/expected.json
	local folder=${DATA%/*} name file
	jq -r '.cases | to_entries[] | select(.value.files | length == 1) | select(.key | startswith("traces-cases") | not) |
		[.key, .value.files[0]] | @tsv' "$DATA" |
		while IFS=$'\t' read -r name file; do
			[ -e "$folder/$file" ] || file=files/$file
			[ -e "$folder/$file" ] || file=synthetic/${file##*/}
			[ -e "$folder/$file" ] || continue
			{ tr-parse "$folder/$file" | tr-classify | tr-layers || [ $? -eq 1 ]; } 2>/dev/null |
				jq -c -s --arg name "$name" 'def ns: . * 1000 | round;
					[map(select(.kind == "summary"))[0].devices[] | [.busy, .span, .idle | ns]] | [$name, sort]'
		done >"$BATS_TEST_TMPDIR/got"
	jq -c '.cases | to_entries[] | select(.value.files | length == 1) | [.key,
		([.value.expect.devices[] | [.busy_ns, .window_ns, .idle_ns]] | sort)]' "$DATA" |
		grep -Fxf - "$BATS_TEST_TMPDIR/got" >"$BATS_TEST_TMPDIR/right"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/got")" -ge 38 ]
	diff "$BATS_TEST_TMPDIR/right" "$BATS_TEST_TMPDIR/got"
}

@test "given a trace without CPU events, when layers are found, then repetition alone finds the same" {
	shared_data traces
	for name in sglang_qwen3_30b_a3b_MI300_DECODE.trace.json.gz h100_gaunernst_bert-small-uncased__1016001.json.gz \
		inference_sglang_prefilldecode_sglang_Qwen3-8B_prefilldecode.json.gz; do
		tr-parse "$DATA/$name" | tr-classify | tr-layers --kernels >"$BATS_TEST_TMPDIR/out"
		truth_is_kept "$DATA/$(jq -r --arg name "$name" '.traces[$name].truth_file' "$DATA/expected.json")" "$name"
		grep -q '"method":"periodic"' "$BATS_TEST_TMPDIR/out"
	done
}

@test "given a model nobody has seen, when a YAML file names its kernels, then it has its layers" {
	trace made-up 0 1 passes=2 >"$BATS_TEST_TMPDIR/trace.json"
	tr-parse "$BATS_TEST_TMPDIR/trace.json" | tr-classify -r "$FIXTURES/tr-layers/made-up.yaml" |
		tr-layers | jq -s -e '(map(select(.kind == "layer")) | length == 48 and
			all(.type == "MHA+MoE" and .kernels == 8 and .time.moe == 48)) and
			(map(select(.kind == "pass")) | length) == 2'
}

@test "given a trace, when make trace-report runs, then all reports are written, and again the same" {
	trace made-up 0 1 passes=2 | gzip -n >"$BATS_TEST_TMPDIR/job.json.gz"
	for turn in first second; do
		make -s trace-report TRACE="$BATS_TEST_TMPDIR/job.json.gz" BIN="$BIN" \
			RULES="$FIXTURES/tr-layers/made-up.yaml" TRACE_OUT="$BATS_TEST_TMPDIR/$turn"
	done
	diff -r "$BATS_TEST_TMPDIR/first" "$BATS_TEST_TMPDIR/second"
	cd "$BATS_TEST_TMPDIR/first/job"
	[ "$(ls | tr '\n' ' ')" = "account.ndjson layers.csv layers.ndjson perfetto.json.gz records.ndjson.gz report.html report.md stacks.folded stats.csv " ]
	[ "$(wc -l <layers.csv)" -eq 49 ]
	gzip -dc perfetto.json.gz | jq -e 'length > 48' >/dev/null
}

@test "given a trace that is damaged, when make trace-report runs, then the rest is reported, and what was lost is said" {
	trace made-up 0 1 passes=3 >"$BATS_TEST_TMPDIR/whole.json"
	head -c $(($(wc -c <"$BATS_TEST_TMPDIR/whole.json") * 3 / 4)) "$BATS_TEST_TMPDIR/whole.json" >"$BATS_TEST_TMPDIR/job.json"
	run_split make -s trace-report TRACE="$BATS_TEST_TMPDIR/job.json" TRACE_OUT="$BATS_TEST_TMPDIR/out" \
		RULES="$FIXTURES/tr-layers/made-up.yaml"
	echo "$output$errors"
	[ "$status" -eq 0 ]
	[[ $errors == *"tr-parse: $BATS_TEST_TMPDIR/job.json: byte "* ]]
	[[ $errors == *"trace-report: something was lost or is implausible, see above; the report has all the rest"* ]]
	[[ $output == *" layers in "*"Where the wall time goes"*"Top kernels"*"wrote $BATS_TEST_TMPDIR/out/job" ]]
	# What is no trace at all is refused, and the old report stays.
	cp -r "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/before"
	rm "$BATS_TEST_TMPDIR/job.json"
	mkdir "$BATS_TEST_TMPDIR/job.json"
	run_split pipelines/trace-report -o "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/job.json"
	[ "$status" -eq 2 ]
	diff -r "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/out"
}

@test "given a file without GPU work, when make trace-report runs, then it is said what the file holds" {
	echo 'op 1 1 1 aten::mm' | awk -f tests/tr-account/trace.awk >"$BATS_TEST_TMPDIR/job.json"
	run_split pipelines/trace-report -o "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/job.json"
	[ "$status" -eq 0 ]
	[[ $errors == *"no GPU work that tr-parse knows: the file holds 1 cpu_op"* ]]
	[[ $output == *"no layers: there are no kernels"*"wrote "* ]]
}

@test "given many passes, when make trace-report runs, then all that it prints is on the terminal" {
	trace made-up 0 1 passes=30 >"$BATS_TEST_TMPDIR/job.json"
	run_split make -s trace-report TRACE="$BATS_TEST_TMPDIR/job.json" TRACE_OUT="$BATS_TEST_TMPDIR/out"
	[ "$(wc -l <<<"$output")" -gt 50 ]
	[ "$(sed -n '/^Top kernels/,/^$/p' <<<"$output" | grep -c '^ *[0-9]')" -ge 6 ]
}

@test "given two files of one run, when they are reported together, then they are one device's time" {
	shared_data traces
	cd "$DATA" || return
	run_split "$ROOT/pipelines/trace-report" -o "$BATS_TEST_TMPDIR/out" inference_sglang_decode_sglang_Qwen3-8B_decode.json.gz \
		inference_sglang_prefilldecode_sglang_Qwen3-8B_prefilldecode.json.gz
	[ "$status" -eq 0 ]
	[[ $output == *"1. 49.4% of the wall time no work of this file runs though it was submitted: 493.3 ms"*"Where the wall time goes, of 2 files of one run"* ]]
	[ "$(jq -s 'map(select(.kind=="diagnosis" and .ns==463295405))|length' "$BATS_TEST_TMPDIR"/out/*/account.ndjson)" -eq 0 ]
}

# told JOB-FILTER: of the records in $out.
told() { jq -c "$1" "$out/ranks.ndjson" | paste -sd ' '; }

@test "given four ranks of which one computes longer, when make trace-ranks runs, then it holds up the others and the status says so" {
	need parallel
	local out=$BATS_TEST_TMPDIR/out
	ranks_make "$BATS_TEST_TMPDIR/job"
	run make -s trace-ranks TRACES="$BATS_TEST_TMPDIR/job/*.gz" BIN="$BIN" \
		RULES="$FIXTURES/tr-layers/dense-tp.yaml" RANKS_OUT="$out"
	[ "$status" -eq 2 ] # make's, for a recipe that ended with 1
	[[ $output == *"Rank 2 holds up the others"*"its compute was longer"* ]]
	[ "$(told 'select(.kind=="rank")|[.rank,.holds_up,.layers,.passes]')" = \
		'["2",true,16,3] ["0",false,16,3] ["1",false,16,3] ["3",false,16,3]' ]
	[ "$(told 'select(.kind=="ranks")|[.holds_up,.missing]')" = '[["2"],null]' ]
	grep -q 'Rank 2 holds up the others' "$out/ranks.md" "$out/ranks.html"
}

@test "given a rank that cannot be read, when trace-ranks runs again after it was mended, then the rest was told and only that one is read" {
	need parallel
	local out=$BATS_TEST_TMPDIR/out
	ranks_make "$BATS_TEST_TMPDIR/job"
	mv "$BATS_TEST_TMPDIR/job/rank-1.json.gz" "$BATS_TEST_TMPDIR/whole"
	: >"$BATS_TEST_TMPDIR/job/rank-1.json.gz"
	run_split pipelines/trace-ranks -o "$out" "$BATS_TEST_TMPDIR"/job/*
	[ "$status" -eq 1 ]
	[[ $errors == *"1 of 4 traces failed"* ]]
	[ "$(told 'select(.kind=="rank")|[.rank,.health]')" = '["2","good"] ["0","good"] ["3","good"] [null,"unreadable"]' ]
	[ "$(told 'select(.kind=="ranks").missing')" = '"1"' ]
	[[ $output == *"rank-1.json.gz, is unreadable: "* ]]
	cp "$BATS_TEST_TMPDIR/whole" "$BATS_TEST_TMPDIR/job/rank-1.json.gz"
	before=$(wc -l <"$out/joblog")
	pipelines/trace-ranks -o "$out" "$BATS_TEST_TMPDIR"/job/* >/dev/null || [ $? -eq 1 ]
	[ "$(wc -l <"$out/joblog")" -eq $((before + 1)) ]
	[ "$(told 'select(.kind=="rank").rank')" = '"2" "0" "1" "3"' ]
}

@test "given traces that are cut, foreign, doubled, of a CPU alone and broken in one event, when trace-ranks runs, then each is a row with its reason" {
	need parallel
	local folder=$BATS_TEST_TMPDIR out=$BATS_TEST_TMPDIR/out
	ranks_make "$folder/job"
	gzip -dc "$folder/job/rank-3.json.gz" >"$folder/job/rank-3.json"
	rm "$folder/job/rank-3.json.gz"
	# One event of rank 3 is no JSON.
	sed -i 's/"name":"lm_head/"name":"lm" head/' "$folder/job/rank-3.json"
	cp "$folder/job/rank-0.json.gz" "$folder/job/twice.json.gz"
	head -c 300 "$folder/job/rank-1.json.gz" >"$folder/job/cut.json.gz"
	echo '{"a": 1}' >"$folder/job/foreign.json"
	echo '{"distributedInfo":{"rank":9,"world_size":4},"traceEvents":[{"ph":"X","cat":"cpu_op","name":"a","pid":1,"tid":1,"ts":1,"dur":1}]}' >"$folder/job/cpu.json"
	run_split pipelines/trace-ranks -o "$out" -n 2 "$folder"/job/*
	[ "$status" -eq 1 ]
	[ "$(told 'select(.kind=="rank")|[.rank,.health,(.file|split("/")|last)]')" = \
		'["2","good","rank-2.json.gz"] ["0","good","rank-0.json.gz"] ["1","good","rank-1.json.gz"] ["3","recovered","rank-3.json"] ["9","no-gpu-work","cpu.json"] ["0#2","doubled","twice.json.gz"] ["1#2","doubled","cut.json.gz"] [null,"unreadable","foreign.json"]' ]
	[ "$(told 'select(.kind=="verdict").status')" = '"damaged"' ]
	# What was broken is not lost with the rest: rank 3 waits, too.
	[ "$(told 'select(.kind=="rank" and .rank=="3")|.wait_ns > 0')" = true ]
	[[ $output == *"Rank 2 holds up the others"* ]]
	[[ $output == *"cut.json.gz, is doubled: byte "*"input is damaged"* ]]
	[[ $output == *"foreign.json, is unreadable: "*"no traceEvents"* ]]
}

# as_told FOLDER: what trace-ranks told of each rank and layer, without labels of files and clocks.
as_told() {
	jq -c 'select(.kind=="rank" or .kind=="layer-wait" or .kind=="collectives") |
		del(.file, .version, .clock_offset_ns, .clock_residual_ns, .clock_drift_ns, .host_frame, .host_says) |
		if .rank then .rank |= (capture("(?<n>[0-9]+)$").n|tonumber) else . end' "$1/ranks.ndjson"
}

@test "given ranks of the field data, when trace-ranks runs, then collectives, waiting and arrivals are the reference's" {
	need parallel
	shared_data time/expected.json
	run python3 tests/tr-account/compare.py --ranks "$(dirname "$DATA")"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *" figures of 6 cases compared, 0 differ;"* ]]
}

@test "given eight ranks of which two hold up the others, when trace-ranks runs, then these are named first; merged into one file they are told the same" {
	need parallel
	shared_data time/files
	local folder=$BATS_TEST_TMPDIR rank
	run pipelines/trace-ranks -o "$folder/apart" "$DATA"/megatron.rank*
	[ "$status" -eq 1 ]
	[[ $output == "Rank 0 holds up the others: last at 32 of 84 collectives, for which they waited 1.534 s "*"its host was late (31 of 32): "*"the host launches late"*"Rank 6 holds up the others: last at 16 of 84 collectives, for which they waited 1.218 s "*"its host was late (16 of 16): "* ]]
	[[ $output == *"84 collectives of 8 ranks: transfer 50.10 ms, waiting 2.939 s over all ranks"* ]]
	# As sglang's merge_profiles does: the label in front of the process, one file's head.
	for rank in 0 1 2 3 4 5 6 7; do
		gzip -dc "$DATA/megatron.rank$rank.json.gz" |
			jq -c --arg front "[TP0$rank] " '.traceEvents[] | .pid = $front + (.pid|tostring)'
	done | awk 'BEGIN { printf "{\"traceEvents\":[" } { printf "%s%s", (NR > 1 ? "," : ""), $0 } END { print "]}" }' >"$folder/merged.json"
	pipelines/trace-ranks -o "$folder/merged" "$folder/merged.json" >/dev/null || [ $? -eq 1 ]
	diff <(as_told "$folder/apart") <(as_told "$folder/merged")
}

@test "given a rank whose clock is 3 ms ahead, when trace-ranks runs, then that is told and nothing else changes" {
	need parallel
	shared_data ../cases/traces/late-rank0.json
	local folder=$BATS_TEST_TMPDIR rank
	mkdir "$folder/job"
	for rank in 0 1 2 3; do
		jq -c --argjson by $((rank == 3 ? 3000 : 0)) '.traceEvents |= map(if .ts then .ts += $by else . end)' \
			"$(dirname "$DATA")/late-rank$rank.json" >"$folder/job/$rank.json"
	done
	run pipelines/trace-ranks -o "$folder/apart" "$(dirname "$DATA")"/late-rank*
	[ "$status" -eq 1 ]
	[[ $output == "Rank 2 holds up the others: last at 12 of 12 collectives, for which they waited 10.80 ms (3.600 ms"*"its host was late (1"* ]]
	run pipelines/trace-ranks -o "$folder/skewed" "$folder"/job/*
	[[ $output == *"The clocks differ by up to 3.000 ms (rank 3 is ahead of rank 0"* ]]
	diff <(as_told "$folder/apart") <(as_told "$folder/skewed")
	starts='select(.kind=="pass-wait")|[.rank,.start_ns]'
	diff <(jq -c "$starts" "$folder/apart/ranks.ndjson") <(jq -c "$starts" "$folder/skewed/ranks.ndjson")
}

@test "given traces with odd names, when they are listed in a file and read three by job, then the table is the same" {
	need parallel
	local folder=$BATS_TEST_TMPDIR
	ranks_make "$folder/job"
	mv "$folder/job/rank-1.json.gz" "$folder/job/\$(touch run) 'rank' \"1|;.gz"
	pipelines/trace-ranks -o "$folder/one" "$folder"/job/* >/dev/null || [ $? -eq 1 ]
	ls "$folder"/job/* >"$folder/list"
	cd "$folder"
	"$ROOT/pipelines/trace-ranks" -o "$folder/three" -n 3 -l list >/dev/null || [ $? -eq 1 ]
	[ "$(wc -l <"$folder/three/joblog")" -eq 3 ]
	"$ROOT/pipelines/trace-ranks" -o "$folder/three" -n 2 -l - <list >/dev/null || [ $? -eq 1 ]
	cmp one/ranks.ndjson three/ranks.ndjson
	cmp one/ranks.md three/ranks.md
	[ ! -e run ]
	cmp one/ranks.html three/ranks.html
	[ "$(grep -c '^| [0-3] |.*gz |$' one/ranks.md)" -eq 4 ]
	: >list
	run_split "$ROOT/pipelines/trace-ranks" -o "$folder/three" -l list
	[ "$status" -eq 2 ]
	[ "$errors" = "trace-ranks: list: it names no trace" ]
}

@test "given other rules than before, when trace-ranks runs again, then every trace is read again" {
	need parallel
	local folder=$BATS_TEST_TMPDIR
	ranks_make "$folder/job"
	pipelines/trace-ranks -o "$folder/out" "$folder"/job/* >/dev/null || [ $? -eq 1 ]
	pipelines/trace-ranks -o "$folder/out" -r "$FIXTURES/tr-layers/dense-tp.yaml" "$folder"/job/* >/dev/null || [ $? -eq 1 ]
	[ "$(wc -l <"$folder/out/joblog")" -eq 5 ]
	pipelines/trace-ranks -o "$folder/out" -r "$FIXTURES/tr-layers/dense-tp.yaml" "$folder"/job/* >/dev/null || [ $? -eq 1 ]
	[ "$(wc -l <"$folder/out/joblog")" -eq 5 ]
}

# sshd_start NUMBER: an ssh server of our own on 127.0.0.1; its line for HOSTS is printed.
sshd_start() {
	local folder=$BATS_TEST_TMPDIR/sshd.$1 port=$((20000 + RANDOM % 20000))
	mkdir -p "$folder"
	[ -f "$BATS_TEST_TMPDIR/key" ] || ssh-keygen -q -t ed25519 -N '' -f "$BATS_TEST_TMPDIR/key"
	ssh-keygen -q -t ed25519 -N '' -f "$folder/host"
	[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
	cat >"$folder/config" <<-EOF
	Port $port
	ListenAddress 127.0.0.1
	HostKey $folder/host
	PidFile $folder/pid
	AuthorizedKeysFile $BATS_TEST_TMPDIR/key.pub
	StrictModes no
	UsePAM no
	PasswordAuthentication no
	EOF
	"$(PATH=$PATH:/usr/sbin:/sbin command -v sshd)" -f "$folder/config" -E "$folder/log"
	echo "2/ssh -p $port -i $BATS_TEST_TMPDIR/key -o StrictHostKeyChecking=no" \
		"-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR $(id -un)@127.0.0.1"
}

# sshd_stop NUMBER: the server and what it runs for others end, as if the host had died.
sshd_stop() {
	local pid
	pid=$(cat "$BATS_TEST_TMPDIR/sshd.$1/pid")
	pkill -KILL -P "$pid" || true
	kill -KILL "$pid"
}

@test "given two ssh hosts of which one dies half-way, when the job is run again, then the bytes are those of a local run" {
	need parallel ssh ssh-keygen pkill
	PATH=$PATH:/usr/sbin:/sbin command -v sshd >/dev/null || skip "sshd is not installed"
	local folder=$BATS_TEST_TMPDIR rank try done_before
	mkdir "$folder/job"
	for rank in 0 1 2 3 4 5; do
		trace dense-tp "$rank" 1 passes=2 | gzip -n >"$folder/job/rank-$rank.json.gz"
	done
	sshd_start 1 >"$folder/hosts" || skip "sshd does not start here"
	sshd_start 2 >>"$folder/hosts"
	sed 's/^2\///' "$folder/hosts" | head -n 1 >"$folder/command"
	$(cat "$folder/command") -o BatchMode=yes true || skip "sshd lets nobody in here"

	# Hosts that take their time, so that one can die at work, and that keep a diary.
	mkdir "$folder/slow"
	cat >"$folder/slow/tr-parse" <<-EOF
	#!/bin/bash
	echo "\$1" >>"$folder/diary"
	sleep 0.4
	exec "$BIN/tr-parse" "\$@"
	EOF
	chmod +x "$folder/slow/tr-parse"
	ln -s "$BIN"/tr-{classify,layers,account,ranks} "$folder/slow"

	pipelines/trace-ranks -o "$folder/local" "$folder"/job/* >/dev/null
	WARPIPE_BIN=$folder/slow pipelines/trace-ranks -H "$folder/hosts" -o "$folder/two" "$folder"/job/* \
		>/dev/null
	cmp "$folder/local/ranks.ndjson" "$folder/two/ranks.ndjson"
	cmp "$folder/local/ranks.md" "$folder/two/ranks.md"
	[ "$(awk -F '\t' 'NR > 1 { print $2 }' "$folder/two/joblog" | sort -u | wc -l)" -eq 2 ]

	rm "$folder/diary"
	WARPIPE_BIN=$folder/slow pipelines/trace-ranks -H "$folder/hosts" -o "$folder/killed" "$folder"/job/* \
		>/dev/null 2>&1 &
	local job=$!
	for try in {1..100}; do
		[ "$(cat "$folder/diary" 2>/dev/null | wc -l)" -lt 3 ] || break
		sleep 0.1
	done
	sshd_stop 2
	# The other host does the work of both.
	wait "$job"
	cmp "$folder/local/ranks.ndjson" "$folder/killed/ranks.ndjson"

	# Now the run dies as well; what was done is not done again.
	rm -r "$folder/killed" "$folder/diary"
	WARPIPE_BIN=$folder/slow pipelines/trace-ranks -H "$folder/hosts" -o "$folder/killed" "$folder"/job/* \
		>/dev/null 2>&1 &
	job=$!
	for try in {1..100}; do
		[ "$(awk -F '\t' 'NR > 1 && $7 == 0' "$folder/killed/joblog" 2>/dev/null | wc -l)" -lt 2 ] || break
		sleep 0.1
	done
	kill -TERM "$job"
	wait "$job" || true
	[ ! -e "$folder/killed/ranks.ndjson" ]
	done_before=$(awk -F '\t' 'NR > 1 && $7 == 0' "$folder/killed/joblog" | wc -l)
	rm "$folder/diary"
	WARPIPE_BIN=$folder/slow pipelines/trace-ranks -H "$folder/hosts" -o "$folder/killed" "$folder"/job/* \
		>/dev/null
	cmp "$folder/local/ranks.ndjson" "$folder/killed/ranks.ndjson"
	cmp "$folder/local/ranks.md" "$folder/killed/ranks.md"
	[ "$(sort -u "$folder/diary" | wc -l)" -eq $((6 - done_before)) ]
}

@test "given a stream without its trace record, when any filter reads it, then it says so and exits with 2" {
	local filter
	printf '{"kind":"end"}\n' >"$BATS_TEST_TMPDIR/end"
	sed 1d "$FIXTURES/tr-layers/contract/in" >"$BATS_TEST_TMPDIR/headless"
	for filter in tr-classify tr-stacks tr-layers kjoin; do
		for input in end headless; do
			run_split "$filter" "$BATS_TEST_TMPDIR/$input"
			[ "$status" -eq 2 ]
			[[ $errors == "$filter: $BATS_TEST_TMPDIR/$input:1: no \`trace\` record"* ]]
		done
	done
}

@test "given a profiler's trace itself, when tr-layers reads it, then it names the programs that go before" {
	printf '{\n"traceEvents": []}\n' >"$BATS_TEST_TMPDIR/raw"
	run_split tr-layers "$BATS_TEST_TMPDIR/raw"
	[ "$status" -eq 2 ]
	[[ $errors == *"tr-parse -a FILE | tr-classify | tr-layers" ]]
}

@test "given a hundred thousand names, streams or devices, when layers are looked for, then it takes no longer than the kernels do" {
	local what
	for what in name stream device; do
		awk -v what="$what" 'BEGIN {
			print "{\"kind\":\"trace\",\"file\":\"many\"}"
			for (i = 1; i <= 100000; i++)
				printf "{\"kind\":\"kernel\",\"name\":\"k%d\",\"ts\":%d,\"dur\":1,\"device\":%d,\"stream\":%d,\"type\":\"%s\"}\n",
					what == "name" ? i : 0, i, what == "device" ? i : 0, what == "stream" ? i : 0,
					what == "stream" ? "attention" : "other"
			print "{\"kind\":\"end\"}"
		}' >"$BATS_TEST_TMPDIR/in"
		# A tenth of this is enough; what grows with the square takes longer.
		timeout 5 tr-layers "$BATS_TEST_TMPDIR/in" >/dev/null
		timeout 5 tr-layers -f html "$BATS_TEST_TMPDIR/in" >/dev/null
	done
}

@test "given public traces of training and of no transformer, when layers are looked for, then there are steps and no layers" {
	shared_data time/files
	local name layers steps
	while read -r name layers steps; do
		tr-parse -a "$DATA/$name.json.gz" | tr-classify | tr-layers | jq -s -e --arg name "$name" \
			--argjson layers "$layers" --argjson steps "$steps" 'map(select(.kind == "summary"))[0] |
			.layers == $layers and .steps == $steps and (.by_stage | has("prefill") | not)' >/dev/null ||
			{ echo "$name"; false; }
	done <<-EOF
	hta-alexnet 0 null
	hta-control 0 6
	hta-nccl_data 0 3
	hta-ns_resolution 0 5
	kineto-resnet50-w0 0 6
	param-linear 0 40
	tracelens-mi210-gpu_only 0 1
	megatron.rank0 40 null
	EOF
}

# undamaged_stay RECORDS SEED: of the kernels that damage did not touch, 99 % are where they were.
undamaged_stay() {
	tr-layers --kernels "$1" | jq -c 'select(.kind == "kernel") | [.index, .pass, .layer]' >"$BATS_TEST_TMPDIR/whole"
	awk -v seed="$2" -f "$BATS_TEST_DIRNAME/damage.awk" "$1" >"$BATS_TEST_TMPDIR/damaged"
	{ tr-layers --kernels "$BATS_TEST_TMPDIR/damaged" || [ $? -eq 1 ]; } 2>/dev/null |
		jq -c 'select(.kind == "kernel" and (.damaged | not)) | [.index, .pass, .layer]' >"$BATS_TEST_TMPDIR/kept"
	local all same
	all=$(wc -l <"$BATS_TEST_TMPDIR/kept")
	same=$(sort "$BATS_TEST_TMPDIR/kept" "$BATS_TEST_TMPDIR/whole" | uniq -d | wc -l)
	[ $((same * 100)) -ge $((all * 99)) ] || { echo "$1 seed $2: $same of $all kernels stay"; return 1; }
}

@test "given two kernels in a hundred that are lost, doubled, swapped or displaced, when layers are found, then the others stay in theirs" {
	local model seed
	for model in dense dense-tp mla-moe hybrid; do
		awk -v passes=3 -f "$FIXTURES/tr-layers/generate.awk" "$MODELS/$model" >"$BATS_TEST_TMPDIR/$model"
		for seed in 1 2 3; do
			undamaged_stay "$BATS_TEST_TMPDIR/$model" "$seed"
		done
	done
}

@test "given the nine traces with two kernels in a hundred damaged, when layers are found, then the others stay in theirs" {
	shared_data traces
	local trace failed=0 seed
	for trace in "$DATA"/*.gz; do
		tr-parse -a "$trace" | tr-classify >"$BATS_TEST_TMPDIR/records"
		for seed in 8 22 26; do
			undamaged_stay "$BATS_TEST_TMPDIR/records" "$seed" || failed=$((failed + 1))
		done
	done
	[ "$failed" -eq 0 ]
}

@test "given a real graph launch with times out of order, when layers are found, then every kernel stays in its layer" {
	need python3
	shared_data ../cases/traces/displace.py
	local trace=${DATA%/data/*}/data/traces/sglang_r1distill_llama8b_B300_DECODE.trace.json.gz
	python3 "$DATA" "$trace" "$BATS_TEST_TMPDIR/displaced.json.gz"
	for file in "$trace" "$BATS_TEST_TMPDIR/displaced.json.gz"; do
		{ tr-parse -a "$file" | tr-classify | tr-layers --kernels || [ $? -eq 1 ]; } 2>"$BATS_TEST_TMPDIR/errors" |
			jq -c 'select(.kind == "kernel") | [.index, .pass, .layer]' >"$BATS_TEST_TMPDIR/$(basename "$file").layers"
	done
	diff "$BATS_TEST_TMPDIR"/*.layers
	grep -q "the order of the file decides" "$BATS_TEST_TMPDIR/errors"
}
