# SPDX-License-Identifier: Apache-2.0
# tr-layers: times added up, over devices and ranks, and times that nobody can believe.

load helper
load tr-layers/models

@test "given absolute times with nanoseconds, when disjoint kernels are added, then sum, busy and span agree to the last digit" {
	stream '0 0 7 k 1711036800123456.789 1.001' '0 0 7 k 1711036800123458.790 1.001' \
		'0 0 7 k 1711036800123460.000 0.0016' >"$BATS_TEST_TMPDIR/in"
	tr-layers "$BATS_TEST_TMPDIR/in" | grep -q '"sum":2.004,"busy":2.004,"busy_kernels":2.004,"span":3.213,"idle":1.209,'
}

@test "given two devices and two ranks with equal device numbers, when work is added, then nothing is a union over devices" {
	stream '"a" 0 7 k 10 10' '"a" 1 7 k 20 10' '"b" 0 7 k 10 10' '"b" 0 7 k 30 10' | tr-layers |
		jq -s -e 'map(select(.kind == "summary"))[0] | .busy == 40 and .span == 50 and .idle == 10 and
			(.devices | map([.rank, .device, .busy, .span])) ==
				[["a", 0, 10, 10], ["a", 1, 10, 10], ["b", 0, 20, 30]]'
}

@test "given ranks merged in one stream, when layers are found, then each rank has its own passes" {
	generate dense passes=2 >"$BATS_TEST_TMPDIR/one"
	sed -n '1!{/"end"/!p}' "$BATS_TEST_TMPDIR/one" >"$BATS_TEST_TMPDIR/body"
	{ head -n 1 "$BATS_TEST_TMPDIR/one"
		sed 's/"kind":"kernel"/&,"rank":"0"/' "$BATS_TEST_TMPDIR/body"
		sed 's/"kind":"kernel"/&,"rank":"1"/' "$BATS_TEST_TMPDIR/body"
		tail -n 1 "$BATS_TEST_TMPDIR/one"; } | tr-layers >"$BATS_TEST_TMPDIR/out"
	jq -s -e 'map(select(.kind == "summary"))[0] | .layers == 48 and .passes == 4 and
		(.devices | map([.rank, .layers, .passes])) == [["0", 24, 2], ["1", 24, 2]]' "$BATS_TEST_TMPDIR/out"
	jq -s -e '[.[] | select(.kind == "layer")] | all(.kernels == 12)' "$BATS_TEST_TMPDIR/out"
}

@test "given copies and fills, when busy time is added, then they are in it, and kernels also apart" {
	stream '0 0 7 k 0 10' '{"kind":"memcpy","rank":0,"name":"Memcpy DtoH","ts":5,"dur":85,"device":0,"stream":7,"type":"memory"}' \
		'{"kind":"memset","rank":0,"name":"Memset","ts":95,"dur":5,"device":0,"stream":9,"type":"memory"}' | tr-layers |
		jq -s -e 'map(select(.kind == "summary"))[0] | .busy == 95 and .busy_kernels == 10 and .span == 100 and
			.idle == 5 and .kernels == 1 and .copies == 2 and .sum == 10'
}

@test "given kernels without a believable time, when work is added, then they are left out, said, and passed on" {
	stream '0 0 7 zero 0 0' '0 0 7 k 1000000 5' '0 0 7 late 1e309 1' '0 0 7 back 1000010 -5' \
		'0 0 7 long 1000020 1e308' '0 0 7 k 1000030 5' >"$BATS_TEST_TMPDIR/in"
	run_split tr-layers --kernels "$BATS_TEST_TMPDIR/in"
	[ "$status" -eq 1 ]
	[[ $errors == *"4 of 6 kernels"* ]]
	jq -s -e '(map(select(.kind == "kernel")) | map(.name) == ["zero", "k", "late", "back", "long", "k"]) and
		(map(select(.kind == "summary"))[0] | .left_out == 4 and .sum == 10 and .span == 35)' <<<"$output"
	for format in table md csv html perfetto; do
		run tr-layers -f "$format" "$BATS_TEST_TMPDIR/in"
		[ "$status" -eq 1 ]
		[[ $output != *nan* && $output != *inf\ * ]]
	done
}

@test "given a kernel that lasts far into the next of its stream, when work is added, then it is cut there and said" {
	stream '0 0 7 k 100 5' '0 0 7 k 110 5' '0 0 7 k 120 90000' '0 0 7 k 200 5' >"$BATS_TEST_TMPDIR/in"
	run_split tr-layers "$BATS_TEST_TMPDIR/in"
	[ "$status" -eq 1 ]
	[[ $errors == *"1 kernels last beyond the next one"* ]]
	jq -s -e 'map(select(.kind == "summary"))[0] | .clipped == 1 and .clipped_by == 89920 and .sum == 95' <<<"$output"
	tr-layers --kernels "$BATS_TEST_TMPDIR/in" 2>/dev/null |
		jq -s -e 'map(select(.kind == "kernel") | .clipped_by // 0) == [0, 0, 89920, 0]'
}

@test "given a graph launch with times out of order, when layers are found, then the order of the file decides, and it is said" {
	generate dense passes=2 graph=1 >"$BATS_TEST_TMPDIR/in"
	# Eight kernels of the first launch begin much later, each at another time.
	awk 'NR == FNR { if (match($0, /"ts":[0-9.]+/)) time[FNR] = substr($0, RSTART + 5, RLENGTH - 5); next }
		FNR >= 24 && FNR < 32 { sub(/"ts":[0-9.]+/, "\"ts\":" time[FNR + 20 + 7 * (FNR % 5)] + 0.25) } 1' \
		"$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/displaced"
	run_split tr-layers --kernels "$BATS_TEST_TMPDIR/displaced"
	[ "$status" -eq 1 ]
	[[ $errors == *"8 kernels have times out of the order of their graph launch"* ]]
	[ "$(misplaced <<<"$output" | wc -l)" -eq 0 ]
	jq -s -e 'map(select(.kind == "summary"))[0] | .layers == 24 and .passes == 2 and .displaced == 8' <<<"$output"
}

@test "given replayed kernels whose names are displaced, when their times do not fit, then no figure by name is given" {
	generate dense graph=1 >"$BATS_TEST_TMPDIR/in"
	# From the middle on, each time is that of the kernel two places later.
	awk 'NR == FNR { if (match($0, /"dur":[0-9.]+/)) dur[FNR] = substr($0, RSTART, RLENGTH); last = FNR; next }
		FNR > last / 2 && (FNR + 2) in dur { sub(/"dur":[0-9.]+/, dur[FNR + 2]) } 1' \
		"$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/apart"
	run_split tr-layers "$BATS_TEST_TMPDIR/apart"
	[ "$status" -eq 1 ]
	[[ $errors == *"names and times of replayed kernels do not belong together"* ]]
	jq -s -e '(map(select(.kind == "summary"))[0] | .names_and_times_apart and .by_type == {} and .layers == 12) and
		(map(select(.kind == "layer")) | all(.time == {} and .sum > 0))' <<<"$output"
	run tr-layers -f table "$BATS_TEST_TMPDIR/apart"
	[[ $output != *"Top kernels"* ]]
	run tr-layers -f stats "$BATS_TEST_TMPDIR/apart"
	[ "$(grep -c gemm <<<"$output")" -eq 0 ]
	tr-layers "$BATS_TEST_TMPDIR/in" | jq -s -e 'map(select(.kind == "summary"))[0] |
		(has("names_and_times_apart") | not) and (.by_type | length > 0)'
}
