# SPDX-License-Identifier: Apache-2.0
# tr-ranks: who holds up whom, on ranks whose answers are known by construction.

load helper

setup() {
	cd "$ROOT" || exit
	need jq
	WORK=$BATS_TEST_TMPDIR
	IN=fixtures/tr-ranks/contract/in
}

# ranks [SHIFT OF RANK 1]: what tr-account says of the three made-up ranks.
ranks() {
	local rank
	for rank in 0 1 2; do
		PASSES=1 tests/tr-ranks/rank.sh "$rank" "$([ "$rank" = 1 ] && echo "${1:-0}" || echo 0)" |
			tr-account --comms --gaps 0
	done
}

# told FILTER [FILE]: of the records of tr-ranks.
told() { tr-ranks "${2:-$IN}" | jq -c "$1" | paste -sd ' '; }

@test "given three ranks, when one computes longer and one's host is late, then who, how often, what it cost and why are told" {
	ranks | cmp - "$IN"
	run tr-ranks "$IN"
	[ "$status" -eq 1 ]
	[ "$(told 'select(.kind=="rank")|[.rank,.holds_up,.last,.wait_ns,.caused_wait_ns,.why,.window_ns,.collectives]')" = \
		'["1",true,1,300000,600000,{"host":1},3450000,4] ["2",true,1,300000,600000,{"compute":1},3450000,4] ["0",false,0,600000,0,{},3450000,4]' ]
	[ "$(told 'select(.kind=="rank" and .rank=="1").host_frame')" = '"serve.py(7): schedule"' ]
	[ "$(told 'select(.kind=="pass-wait")|[.rank,.pass,.wait_ns,.caused_wait_ns]')" = \
		'["1",0,300000,0] ["1",1,0,600000] ["2",0,0,600000] ["2",1,300000,0] ["0",0,300000,0] ["0",1,300000,0]' ]
	[ "$(told 'select(.kind=="layer-wait")|[.rank,.layer,.wait_ns,.caused_wait_ns]')" = \
		'["1",0,0,0] ["1",1,300000,600000] ["2",0,0,0] ["2",1,300000,600000] ["0",0,0,0] ["0",1,600000,0]' ]
	# 4 times 200,000 bytes in 800 us; the bus's factor of three ranks is 4/3.
	[ "$(told 'select(.kind=="collectives")|[.group,.name,.bytes,.count,.transfer_ns,.wait_ns,.algbw,.busbw]')" = \
		'["tp","all_reduce",200000,4,800000,1200000,1000000000,1333333333]' ]
	[ "$(told 'select(.kind=="verdict").status')" = '"slower"' ]
}

@test "given ranks in three streams, when their collectives are written, then they are those of tr-account on all at once" {
	for rank in 0 1 2; do PASSES=1 tests/tr-ranks/rank.sh "$rank"; done | tr-account |
		grep -E '^\{"kind":"(collective|lateness)"' >"$WORK/wanted"
	[ "$(wc -l <"$WORK/wanted")" -eq 7 ]
	tr-ranks --collectives "$IN" | grep -E '^\{"kind":"(collective|lateness)"' | cmp - "$WORK/wanted"
}

@test "given a clock that is 3 ms ahead, when ranks are told, then it is reported and taken out and nothing else differs" {
	ranks 3000 >"$WORK/in"
	tr-ranks "$WORK/in" >"$WORK/out" || [ $? -eq 1 ]
	[ "$(jq -c 'select(.kind=="rank")|[.rank,.clock_offset_ns]' "$WORK/out" | paste -sd ' ')" = '["1",3000000] ["2",0] ["0",0]' ]
	grep -q 'clocks differ by up to 3.000 ms (rank 1 is ahead of rank 0' "$WORK/out"
	without='del(.clock_offset_ns) | select(.kind != "ranks")'
	[ "$(jq -c "$without" "$WORK/out")" = "$(tr-ranks "$IN" | jq -c "$without")" ]
	jq -e -s 'map(select(.kind=="pass-wait" and .pass==0).start_ns) == [0,0,0]' "$WORK/out"
}

@test "given limits, when nobody is beyond them, then the status is 0" {
	run tr-ranks --late 9 "$IN"
	[ "$status" -eq 0 ]
	[[ $output == *'"status":"pass"'*'No rank makes each of the others wait for 9 % of the wall time or more'* ]]
	run tr-ranks --late 8 "$IN"
	[ "$status" -eq 1 ]
	# One rank takes twice as long, and there is nobody to wait for it.
	for rank in 0 1 2; do
		printf 'kernel 100 10 7 0 a\nkernel %s 10 7 0 a\n' $((rank == 1 ? 300 : 190)) |
			awk -v rank=$rank -f tests/tr-account/trace.awk | tr-parse -s all | tr-account --comms
	done >"$WORK/in"
	[ "$(told 'select(.kind=="rank")|[.rank,.slow,.holds_up]' "$WORK/in")" = '["1",true,false] ["0",false,false] ["2",false,false]' ]
	run tr-ranks --slow 200 "$WORK/in"
	[ "$status" -eq 0 ]
}

@test "given traces that are damaged, doubled, empty and missing, when ranks are told, then each is and the rest is, too" {
	for rank in 0 1; do tests/tr-ranks/rank.sh $rank | sed 's/"world_size":3/"world_size":5/' >"$WORK/$rank.json"; done
	cp "$WORK/0.json" "$WORK/again.json"
	echo '{"distributedInfo":{"rank":2,"world_size":5},"traceEvents":[]}' >"$WORK/empty.json"
	{
		echo 'tr-parse: 1.json: byte 7: input is cut' | tr-ranks --recovered "$WORK/1.json"
		for trace in 1 0 again empty; do
			tr-parse -s all "$WORK/$trace.json" | tr-account --comms || [ $? -eq 1 ]
		done
		echo 'tr-parse: x.json: byte 0: no trace' | tr-ranks --unreadable x.json
	} >"$WORK/in" 2>"$WORK/errors"
	run tr-ranks "$WORK/in"
	[ "$status" -eq 1 ]
	[ "$(told 'select(.kind=="verdict").status' "$WORK/in")" = '"damaged"' ]
	[ "$(told 'select(.kind=="ranks")|[.files,.devices,.collectives,.missing]' "$WORK/in")" = '[5,3,4,"3, 4"]' ]
	[ "$(told 'select(.kind=="rank" and .rank=="0#2")|[.health,.collectives]' "$WORK/in")" = '["doubled",null]' ]
	# Of two the whole one counts, whichever comes first.
	tail -n +2 "$WORK/in" | sed "s|$WORK/0.json|$WORK/part.json|" >"$WORK/rest"
	{ echo 'tr-parse: x: cut' | tr-ranks --recovered "$WORK/part.json"; cat "$WORK/rest"; } >"$WORK/other"
	[ "$(told 'select(.kind=="rank" and (.rank // ""|startswith("0")))|[.rank,.health,(.file|split("/")|last),.collectives]' "$WORK/other")" = \
		'["0","good","again.json",4] ["0#2","doubled","part.json",null]' ]
	[ "$(told 'select(.kind=="rank" and .rank=="2").health' "$WORK/in")" = '"no-gpu-work"' ]
	[ "$(told 'select(.kind=="rank" and .rank==null)|[.health,.file,.says]' "$WORK/in")" = '["unreadable","x.json","byte 0: no trace"]' ]
	[ "$(told 'select(.kind=="rank" and .health=="recovered").rank' "$WORK/in")" = '"1"' ]
}

@test "given formats and widths, when ranks are told, then tables are the golden ones and no line is wider than the terminal" {
	for format in table:txt md:md ndjson:ndjson; do
		COLUMNS=100 tr-ranks -f "${format%:*}" "$IN" >"$WORK/out" || [ $? -eq 1 ]
		[ "${GOLDEN:-}" != write ] || cp "$WORK/out" "fixtures/tr-ranks/out.${format#*:}"
		diff "fixtures/tr-ranks/out.${format#*:}" "$WORK/out"
	done
	for width in 60 80 132; do
		COLUMNS=$width tr-ranks -f table "$IN" >"$WORK/out" || [ $? -eq 1 ]
		[ "$(wc -L <"$WORK/out")" -le "$width" ]
	done
	# What has no room is said.
	COLUMNS=60 tr-ranks -f table "$IN" | grep -q 'columns have no room here'
	COLUMNS=300 tr-ranks -f table "$IN" >"$WORK/out" || [ $? -eq 1 ]
	run grep -q 'no room' "$WORK/out"
	[ "$status" -eq 1 ]
}

@test "given records of another filter, a cut stream or rows that are none, when ranks are told, then it fails and says where" {
	run_split tr-ranks fixtures/tr-layers/contract/in
	[ "$status" -eq 2 ]
	[[ $errors == *"is no record of tr-account --comms"* ]]
	head -n 3 "$IN" >"$WORK/in"
	run_split tr-ranks "$WORK/in"
	[ "$status" -eq 2 ]
	[[ $errors == *"cut"* ]]
	for change in 's/"names":\["/"names":[7,"/' 's/"layers":2/"layers":99999999999/' 's/\[\[1100000,350000,0/[[1100000,350000,9/' 's/,350000,0\],\[/],[/' 's/"rows":\[.*\]/"rows":3/'; do
		sed "$change" "$IN" >"$WORK/in"
		run cmp -s "$WORK/in" "$IN"
		[ "$status" -eq 1 ]
		run_split tr-ranks "$WORK/in"
		[ "$status" -eq 2 ]
	done
}

@test "given more traces than are told one by one, when ranks are told, then the rest is counted" {
	for i in $(seq 10); do echo 'tr-parse: x: byte 0: no trace' | tr-ranks --unreadable "x$i.json"; done >"$WORK/bad"
	for rank in 0 1 2; do
		PASSES=1 tests/tr-ranks/rank.sh $rank | sed 's/"world_size":3/"world_size":30/' | tr-account --comms --gaps 0
	done >"$WORK/good"
	[ "$(told 'select(.kind=="ranks").missing' <(cat "$WORK/good" "$WORK/bad"))" = \
		"\"$(seq -s ', ' 3 22) and 7 more\"" ]
	tr-ranks <(cat "$WORK/good" "$WORK/bad") >"$WORK/out" || [ $? -eq 1 ]
	[ "$(grep -o 'x[0-9]*.json, is unreadable' "$WORK/out" | sort -u | wc -l)" -eq 8 ]
	grep -q '2 more traces are unreadable' "$WORK/out"
	# Eight have room, and nothing is more.
	tr-ranks <(cat "$WORK/good"; head -n "$(($(wc -l <"$WORK/bad") / 10 * 8))" "$WORK/bad") >"$WORK/out" || [ $? -eq 1 ]
	run grep -q 'more traces are' "$WORK/out"
	[ "$status" -eq 1 ]
}

@test "given a clock that differs, when ranks are listed, then the table says by how much and which way" {
	for shift in 3000 -900; do
		ranks $shift >"$WORK/in"
		COLUMNS=300 tr-ranks -f table "$WORK/in" >"$WORK/out" || [ $? -eq 1 ]
		[ "$(grep -cE -- " ($([ $shift -gt 0 ] && echo '\+3\.000 ms' || echo '-900.0 us')) " "$WORK/out")" -eq 1 ]
		[ "$(grep -c ' same ' "$WORK/out")" -eq 2 ]
		grep -q "$([ $shift -gt 0 ] && echo 'ahead of' || echo 'after') rank 0" "$WORK/out"
	done
}

# two_kinds RANK TS...: a rank whose collectives of two groups and sizes begin then; each ends at 1000 of its turn.
two_kinds() {
	local rank=$1 ts turn=0
	shift
	for ts in "$@"; do
		echo "more"
		echo "kernel $((turn * 2000 + 5000)) 10 7 0 gemm"
		echo "more ,\"Collective_name\":$((turn % 2))"
		echo "kernel $((turn * 2000 + 5000 + ts)) $((1000 - ts)) 20 0 ncclDevKernel_AllReduce_Sum_bf16_RING_LL(x)"
		turn=$((turn + 1))
	done | awk -v rank="$rank" -f tests/tr-account/trace.awk | sed -e 's/"rank":[0-9]*/&,"world_size":2/' \
		-e 's/"Collective_name":0/"Collective name":"allreduce","In msg nelems":1000,"Out msg nelems":1000,"Group size":2,"dtype":"BFloat16","Process Group Name":"tp"/' \
		-e 's/"Collective_name":1/"Collective name":"allreduce","In msg nelems":2000,"Out msg nelems":2000,"Group size":2,"dtype":"BFloat16","Process Group Name":"ep"/' |
		tr-parse -s all | tr-account --comms --gaps 0
}

@test "given collectives of several groups, when ranks are told, then those waited for longest come first" {
	kinds() { { two_kinds 0 "${@:1:2}"; two_kinds 1 "${@:3:2}"; } >"$WORK/in"; told 'select(.kind=="collectives")|[.group,.bytes,.count,.transfer_ns,.wait_ns]' "$WORK/in"; }
	[ "$(kinds 100 100 100 300)" = '["ep",4000,1,700000,200000] ["tp",2000,1,900000,0]' ]
	[ "$(kinds 100 100 300 100)" = '["tp",2000,1,700000,200000] ["ep",4000,1,900000,0]' ]
	# Equal waits: the longer transfer.
	[ "$(kinds 200 100 200 100)" = '["ep",4000,1,900000,0] ["tp",2000,1,800000,0]' ]
	[ "$(kinds 100 200 100 200)" = '["tp",2000,1,900000,0] ["ep",4000,1,800000,0]' ]
	# All equal: the smaller one.
	[ "$(kinds 100 100 100 100)" = '["tp",2000,1,900000,0] ["ep",4000,1,900000,0]' ]
	# Nothing of it is in a layer.
	kinds 100 100 100 300 >/dev/null
	run grep -q 'in layer' <(tr-ranks "$WORK/in")
	[ "$status" -eq 1 ]
}

@test "given a rank with two devices, when ranks are told, then each device is one, by its number" {
	for device in 1 0; do
		printf 'kernel 100 %s 7 0 a\nkernel 900 100 7 0 a\n' $((100 + 100 * device)) | awk -v rank=0 -v device=$device -f tests/tr-account/trace.awk
	done | jq -c -s '.[0] + {traceEvents: map(.traceEvents[])}' | tr-parse -s all | tr-account --comms --gaps 0 >"$WORK/in"
	[ "$(told 'select(.kind=="rank")|[.rank,.device,.window_ns,.busy_ns]' "$WORK/in" | tr ' ' '\n' | sort)" = \
		$'["0","0",900000,200000]\n["0","1",900000,300000]' ]
	COLUMNS=200 tr-ranks -f table "$WORK/in" >"$WORK/out" || [ $? -eq 1 ]
	[ "$(grep -oE '^ *0/[01] ' "$WORK/out" | sort | xargs)" = '0/0 0/1' ]
}

@test "given a page, when a browser opens it, then both maps are drawn and names from traces are text" {
	need_browser
	sed 's/"file":"[^"]*"/"file":"<img src=x onerror=document.title=1>.json"/; s/"rank":"1"/"rank":"<b>1<\/b>"/g' "$IN" >"$WORK/in"
	tr-ranks -f html "$WORK/in" >"$WORK/page.html" || [ $? -eq 1 ]
	open_page "$WORK/page.html" "$WORK/dom"
	grep -q '<figure id="passes">' "$WORK/dom"
	grep -q '<figure id="layers">' "$WORK/dom"
	grep -q '<title>3 ranks, held up by 2, &lt;b&gt;1&lt;/b&gt;' "$WORK/dom"
	grep -q '&lt;img src=x' "$WORK/dom"
	run grep -qE '<img|<b>1' "$WORK/dom"
	[ "$status" -eq 1 ]
}

@test "given an account after a diagnosis, when no rank stands between, then it fails and says where" {
	{
		grep -m1 '"kind":"diagnosis"' "$FIXTURES/tr-ranks/contract/in"
		grep -m1 '"kind":"account"' "$FIXTURES/tr-ranks/contract/in" | sed 's/"pass":null/"pass":0,"stage":"decode","start_ns":1,"own_ns":1/'
	} >"$BATS_TEST_TMPDIR/in"
	run_split tr-ranks "$BATS_TEST_TMPDIR/in"
	[ "$status" -eq 2 ]
	[[ $errors == *":2: an account without its rank" ]]
}
