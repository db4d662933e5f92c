# SPDX-License-Identifier: Apache-2.0
# The cases of the field for traces, one by one: what is right is written in their README.md.

load helper

setup() {
	cd "$ROOT" || exit
	WORK=$BATS_TEST_TMPDIR
}

# summary FILE: [layers, passes, sum, busy, span, idle], and in $WORK/said what was said.
summary() {
	{ tr-parse -a "$1" | tr-classify | tr-layers || [ $? -eq 1 ]; } 2>"$WORK/said" |
		jq -c 'select(.kind == "summary") | [.layers, .passes, .sum, .busy, .span, .idle]'
}

@test "given each case of a trace, when layers and times are found, then they are right" {
	need jq
	shared_data ../cases/traces
	while IFS='|' read -r name want said; do
		got=$(summary "$DATA/$name.json")
		[ "$got" = "$want" ] || { echo "$name: $got, not $want"; false; }
		[ -z "$said" ] || grep -q "$said" "$WORK/said" || { echo "$name: said"; cat "$WORK/said"; false; }
	done <<-'END'
	merged-two-ranks|[8,2,1826,1826,1906,80]|
	cnn-training|[0,0,4536,4536,5179,643]|
	one-kernel|[0,0,400,400,498,98]|
	memcpy-busy|[0,0,20,100,100,0]|
	two-gpus-in-turn|[0,0,4000,4000,6000,2000]|
	ns-absolute|[0,0,200.2,200.2,399.264,199.064]|
	ts-zero|[0,0,100,100,190,90]|1 of 11 kernels, copies and fills have no believable time and are left out
	overflow-dur|[0,0,402,402,498,96]|1 kernels last beyond the next one of their stream
	negative-dur|[0,0,3,3,3,0]|1 of 2 kernels, copies and fills have no believable time
	END
	# Each GPU works half of the time.
	tr-parse -a "$DATA/two-gpus-in-turn.json" | tr-classify | tr-layers |
		jq -se 'map(select(.kind == "summary"))[0] | [.devices[] | [.device, .busy, .span]] == [[0, 2000, 3000], [1, 2000, 3000]]'
	# Nothing of training is prefill, and the softmax of a loss is no attention.
	tr-parse "$DATA/cnn-training.json" | tr-classify | jq -se '[.[] | select(.kind == "kernel") | .type, .stage] |
		any(. == "attention" or . == "prefill") | not'
	tr-parse -a "$DATA/annotation-vllm-new-cached.json" | tr-classify | jq -se '[.[] | select(.kind == "kernel").stage] == ["prefill"]'
	[ "$(tr-parse -k "$DATA/inf-everywhere.json" | grep -c '"kind":"kernel"')" = 40 ]
	run tr-parse "$DATA/ascend.json"
	[ "$status" -eq 1 ]
	[[ $output == *'no GPU work that tr-parse knows: the file holds 5 without a category'* ]]
}

@test "given communication half of which computing hides, when it is accounted for, then half is exposed" {
	need jq
	shared_data ../cases/traces/overlap.json
	# A millisecond later: what begins at time 0 is not believed.
	jq -c '.traceEvents[].ts += 1000' "$DATA" >"$WORK/overlap.json"
	[ "$(summary "$WORK/overlap.json")" = '[0,0,300,250,300,50]' ]
	tr-parse -s all "$WORK/overlap.json" | tr-classify | tr-account | jq -se 'map(select(.kind == "account"))[0] |
		[.communication_ns, .exposed_communication_ns, .overlapped_communication_ns] == [100000, 50000, 50000]'
}

@test "given each case of a user, when it is reported or compared, then what was missed is there" {
	need jq
	shared_data ../cases/ux
	report() { pipelines/trace-report -o "$WORK/out" "$@" >"$WORK/printed"; }
	report "$DATA/blocking-copy.json.gz"
	tr '\n' ' ' <"$WORK/printed" | tr -s ' ' | grep -q '4.947 ms of it in cudaMemcpyAsync, 4.947 ms in init_new, forward_batch.py:443'
	report "$DATA/twelve-passes.json.gz" # all ten rows of kernels, and of the passes the first ten
	[ "$(sed -n '/^Top kernels/,/^$/p' "$WORK/printed" | grep -c '^ *[0-9]')" = 10 ]
	grep -q '^Passes (the first 10)$' "$WORK/printed"
	report "$DATA/lead.json.gz" # one kernel long before the first layer
	sed -n 4,6p "$WORK/printed" | tr '\n' ' ' | tr -s ' ' | grep -q '5.021 ms of it before EMBEDDING'
	pipelines/trace-compare "$DATA/base.json.gz" "$DATA/lmhead3x.json.gz" >"$WORK/printed" || [ $? -eq 1 ]
	grep -qE '^slower: decode is 47.4 % slower' "$WORK/printed"
	grep -qE '^GEMM_NVJET, outside layers +160.000 +480.000 +\+320.000' "$WORK/printed"
	run tr-layers "$DATA/base.json.gz"
	[ "$status" -eq 2 ]
	[[ $output == *"tr-parse -a FILE | tr-classify | tr-layers"* ]]
	mkdir "$WORK/a" "$WORK/b" # two traces of one name keep a report each
	cp "$DATA/base.json.gz" "$WORK/a/TP-0.trace.json.gz"
	cp "$DATA/lmhead3x.json.gz" "$WORK/b/TP-0.trace.json.gz"
	report "$WORK/a/TP-0.trace.json.gz"
	report "$WORK/b/TP-0.trace.json.gz"
	[ "$(find "$WORK/out" -path '*TP-0*' -name report.md | wc -l)" = 2 ]
}
