# SPDX-License-Identifier: Apache-2.0
# tr-account: where the wall time goes, on traces whose answers are known by construction.

load helper

setup() {
	cd "$ROOT" || exit
	WORK=$BATS_TEST_TMPDIR
}

# trace [AWK-OPTION...]: a trace of the lines on stdin, as tests/tr-account/trace.awk says.
trace() { awk "$@" -f tests/tr-account/trace.awk; }

# account FILE...: the records, without the status of what is implausible.
account() { tr-parse -s all "$@" 2>/dev/null | tr-account --gaps all 2>"$WORK/errors" || [ $? -eq 1 ]; }

# cause: the causes and parts of the only device in the records on stdin, and its idle time.
cause() {
	jq -c 'select(.kind=="account") |
		[.idle_ns, (.idle_by_cause_ns|map_values(select(.>0))), (.idle_by_part_ns|map_values(select(.>0)))]'
}

# why WANT: the trace on stdin has one gap, or several, of these causes and parts.
why() {
	trace >"$WORK/x.json"
	got=$(account "$WORK/x.json" | cause)
	[ "$got" = "$1" ] || { printf 'want %s\ngot  %s\n' "$1" "$got"; return 1; }
}

@test "given compute, communication, copies and fills that overlap, when they are accounted, then each instant is one's" {
	trace >"$WORK/x.json" <<-'END'
	kernel 100 10.0005 7 0 gemm
	kernel 105 15 20 0 ncclDevKernel_AllReduce_Sum_bf16_RING_LL
	copy 118 4 9 0 Memcpy HtoD (Pinned -> Device)
	fill 121 5 9 0 Memset (Device)
	kernel 130 1 7 0 __amd_rocclr_copyBuffer
	kernel 140 0 7 0 empty
	END
	[ "$(account "$WORK/x.json" | jq -c 'select(.kind=="account") | [.window_ns, .busy_ns, .idle_ns, .exclusive_ns,
		.union_ns, .sum_ns, .count, .overlapped_communication_ns, .gaps]')" = \
		'[40000,27000,13000,{"compute":10001,"comm":9999,"copy":3000,"fill":4000},{"compute":10001,"comm":15000,"copy":5000,"fill":5000},{"compute":10001,"comm":15000,"copy":5000,"fill":5000},{"compute":2,"comm":1,"copy":2,"fill":1},5001,2]' ]
}

@test "given each cause of idle time by construction, when it is accounted, then that one is told and the parts add up" {
	# A replay's later kernels are the device's own.
	why '[8000,{"graph":8000},{"device":8000}]' <<-'END'
	call 90 5 1 5 cudaGraphLaunch
	kernel 100 10 7 5 a
	kernel 118 10 7 5 b
	END
	# Nothing launched it.
	why '[8000,{"no_launch":8000},{"unknown":8000}]' <<-'END'
	kernel 100 10 7 0 a
	kernel 118 10 7 0 b
	END
	# Launched after it began.
	why '[8000,{"clock":8000},{"unknown":8000}]' <<-'END'
	call 119 5 1 5 cudaLaunchKernel
	kernel 100 10 7 0 a
	kernel 118 10 7 5 b
	END
	# The host is late: 1000 - 5 - 5 us of it before the call.
	why '[1000000,{"host":1000000},{"host":990000,"call":5000,"latency":5000}]' <<-'END'
	call 1100 5 1 5 cudaLaunchKernel
	kernel 100 10 7 0 a
	kernel 1110 10 7 5 b
	END
	# Most of the host's time is the profiler's.
	why '[1000000,{"profiler":1000000},{"profiler":800000,"host":190000,"call":5000,"latency":5000}]' <<-'END'
	call 1100 5 1 5 cudaLaunchKernel
	overhead 150 800 Activity Buffer Request
	kernel 100 10 7 0 a
	kernel 1110 10 7 5 b
	END
	# The launching thread is blocked.
	why '[1000000,{"sync":1000000},{"blocked":700000,"host":290000,"call":5000,"latency":5000}]' <<-'END'
	call 200 700 1 0 cudaStreamSynchronize
	call 1100 5 1 5 cudaLaunchKernel
	kernel 100 10 7 0 a
	kernel 1110 10 7 5 b
	END
	# Another thread's blocking says nothing.
	why '[1000000,{"host":1000000},{"host":990000,"call":5000,"latency":5000}]' <<-'END'
	call 200 700 2 0 cudaStreamSynchronize
	call 1100 5 1 5 cudaLaunchKernel
	kernel 100 10 7 0 a
	kernel 1110 10 7 5 b
	END
	# It had waited until the queue was empty.
	why '[1000000,{"after_sync":1000000},{"blocked":20000,"host":970000,"call":5000,"latency":5000}]' <<-'END'
	call 90 40 1 0 hipMemcpyWithStream
	call 1100 5 1 5 hipLaunchKernel
	kernel 100 10 7 0 a
	kernel 1110 10 7 5 b
	END
	why '[1000000,{"alloc":1000000},{"alloc":700000,"host":290000,"call":5000,"latency":5000}]' <<-'END'
	call 200 700 1 0 cudaMalloc
	call 1100 5 1 5 cudaLaunchKernel
	kernel 100 10 7 0 a
	kernel 1110 10 7 5 b
	END
	# The call itself takes the time; that of a graph is told apart.
	for name in cudaLaunchKernel:launch cudaGraphLaunch:graph_launch; do
		why "[1000000,{\"${name#*:}\":1000000},{\"host\":10000,\"call\":980000,\"latency\":10000}]" <<-END
		call 120 980 1 5 ${name%:*}
		kernel 100 10 7 0 a
		kernel 1110 10 7 5 b
		END
	done
	# Submitted long before it ran: nobody knows why it did not.
	why '[1000000,{"queued":1000000},{"host":10000,"call":5000,"unknown":985000}]' <<-'END'
	call 120 5 1 5 cudaLaunchKernel
	kernel 100 10 7 0 a
	kernel 1110 10 7 5 b
	END
	why '[40000,{"queued":40000},{"unknown":40000}]' <<-'END'
	call 20 5 1 5 cudaLaunchKernel
	kernel 100 10 7 0 a
	kernel 150 10 7 5 b
	END
	why '[30000,{"dispatch":30000},{"device":30000}]' <<-'END'
	call 20 5 1 5 cudaLaunchKernel
	kernel 100 10 7 0 a
	kernel 140 10 7 5 b
	END
	# The host is just ahead: within two latencies.
	why '[8000,{"launch":8000},{"latency":8000}]' <<-'END'
	call 99 5 1 5 cudaLaunchKernel
	kernel 100 10 7 0 a
	kernel 118 10 7 5 b
	END
	# A copy that its caller drives; a pageable one blocks whatever its call is named.
	why '[40000,{"blocked_copy":40000},{"blocked":40000}]' <<-'END'
	call 20 150 1 5 cudaMemcpyAsync
	kernel 100 10 7 0 a
	copy 150 10 7 5 Memcpy DtoH (Device -> Pageable)
	END
	# Another stream's work was waited for, on the device.
	why '[40000,{"stream_wait":40000},{"device":40000}]' <<-'END'
	call 15 1 1 0 cudaStreamWaitEvent
	call 20 5 1 5 cudaLaunchKernel
	kernel 100 10 7 0 a
	kernel 150 10 8 5 b
	END
	# Not if it was asked for before the launch before.
	why '[40000,{"queued":40000},{"unknown":40000}]' <<-'END'
	call 15 1 1 0 cudaStreamWaitEvent
	call 16 1 1 4 cudaLaunchKernel
	call 20 5 1 5 cudaLaunchKernel
	kernel 90 5 8 4 c
	kernel 92 18 7 0 a
	kernel 150 10 8 5 b
	END
}

@test "given what the host did meanwhile, when a gap is written, then it has the frames, the operator and the usual lengths" {
	trace >"$WORK/x.json" <<-'END'
	frame 50 2000 1 serve.py(7): loop
	frame 110 900 1 serve.py(77): schedule
	frame 400 10 1 torch/nn/functional.py(2): linear
	op 1050 80 1 aten::mm
	op 30 4 1 aten::mm
	op 40 4 1 aten::mm
	call 1100 5 1 5 cudaLaunchKernel
	kernel 100 10 7 0 a
	kernel 1110 10 7 5 b
	END
	account "$WORK/x.json" | jq -c 'select(.kind=="gap")' >"$WORK/gap"
	[ "$(jq -c '[.start_ns,.gap_ns,.before.name,.after.index,.evidence.frame,.evidence.op,.evidence.launch.usual_ns]' "$WORK/gap")" = \
		'[110000,1000000,"a",8,{"file":"serve.py","line":7,"function":"loop"},"aten::mm",5000]' ]
	[ "$(jq -c '.evidence.host_frames' "$WORK/gap")" = \
		'[{"frame":"serve.py(77): schedule","ns":890000},{"frame":"serve.py(7): loop","ns":90000},{"frame":"torch/nn/functional.py(2): linear","ns":10000}]' ]
	[ "$(jq -c '.evidence.host_self[]|[.cat,.name,.ns,.usual_ns]' "$WORK/gap" | paste -sd ' ')" = \
		'["python_function","serve.py(77): schedule",890000,900000] ["cpu_op","aten::mm",50000,4000] ["python_function","serve.py(7): loop",40000,2000000]' ]
	[ "$(account "$WORK/x.json" | jq -c 'select(.kind=="account").idle_host_by_frame[0]')" = '{"frame":"serve.py(77): schedule","ns":890000}' ]
}

@test "given a call that blocks, when the gap after it is written, then the call has its frame and whether it is the profiler's" {
	trace >"$WORK/x.json" <<-'END'
	frame 80 300 1 engine.py(40): wait_copy
	frame 85 100 1 torch/cuda/streams.py(9): synchronize
	op 88 60 1 aten::_local_scalar_dense
	call 90 40 1 0 cudaStreamSynchronize
	call 1100 5 1 5 cudaLaunchKernel
	kernel 100 10 7 0 a
	kernel 1110 10 7 5 b
	END
	[ "$(account "$WORK/x.json" | jq -c 'select(.kind=="gap").evidence.call | [.name,.dur_ns,.in_gap_ns,.frame.line,.op,.drained,.by_profiler]')" = \
		'["cudaStreamSynchronize",40000,20000,40,"aten::_local_scalar_dense",true,false]' ]
	sed -i 's/wait_copy/stop_profile/' "$WORK/x.json"
	[ "$(account "$WORK/x.json" | jq -c 'select(.kind=="gap").evidence.call.by_profiler')" = true ]
}

@test "given several devices and merged ranks, when they are accounted, then each has its own" {
	{ printf '{"traceEvents":['
	for rank in 0 1; do
		for device in 0 1; do
			printf '{"ph":"X","cat":"kernel","name":"k","pid":"[TP0%s] %s","tid":7,"ts":%s,"dur":10,"args":{"device":%s,"stream":7,"correlation":5}},' $rank $device $((100 + 10 * device)) $device
			printf '{"ph":"X","cat":"kernel","name":"k","pid":"[TP0%s] %s","tid":7,"ts":%s,"dur":10,"args":{"device":%s,"stream":7,"correlation":%s}},' $rank $device $((200 + 50 * rank)) $device $((6 + device))
		done
		printf '{"ph":"X","cat":"cuda_runtime","name":"cudaLaunchKernel","pid":"[TP0%s] 9","tid":9,"ts":%s,"dur":5,"args":{"correlation":6}},' $rank $((190 + 50 * rank))
	done
	printf '{"ph":"M"}]}'; } >"$WORK/x.json"
	[ "$(account "$WORK/x.json" | jq -c 'select(.kind=="account")|[.rank,.device,.window_ns,.idle_by_cause_ns.host,.idle_by_cause_ns.no_launch]' | paste -sd ' ')" = \
		'["TP00","0",110000,90000,0] ["TP00","1",100000,0,80000] ["TP01","0",160000,140000,0] ["TP01","1",150000,0,130000]' ]
}

@test "given two files of one run and process, when they are given together, then they are one device" {
	trace -v id=A >"$WORK/a.json" <<-'END'
	call 90 5 1 4 cudaLaunchKernel
	kernel 100 10 7 4 a
	kernel 500 10 7 0 c
	END
	trace -v id=A >"$WORK/b.json" <<-'END'
	call 95 5 1 5 cudaLaunchKernel
	kernel 110 390 7 5 b
	END
	[ "$(account "$WORK/a.json" "$WORK/b.json" | jq -c 'select(.kind=="account")|[.rank,.events,.idle_ns]')" = '["file0",3,0]' ]
	[ "$(account "$WORK/a.json" | jq -c 'select(.kind=="account").idle_ns')" = 390000 ]
	trace -v id=B -v rank=0 >"$WORK/c.json" <<<'kernel 110 390 7 5 b'
	trace -v id=C -v rank=0 >"$WORK/d.json" <<<'kernel 110 390 7 5 b'
	[ "$(account "$WORK/c.json" "$WORK/d.json" | jq -c 'select(.kind=="account" or .what=="same_rank").rank' | paste -sd ' ')" = '"0" "0#2" "0#2"' ]
	grep -q 'rank 0#2: 1 rank of this name was given before' "$WORK/errors"
	sed 's/"trace_id":"A"/"trace_id":"B"/' "$WORK/b.json" >"$WORK/other.json"
	[ "$(account "$WORK/a.json" "$WORK/other.json" | jq -c 'select(.kind=="account").rank' | paste -sd ' ')" = '"file0" "file1"' ]
	sed 's/"pid":100/"pid":200/' "$WORK/b.json" >"$WORK/other.json"
	[ "$(account "$WORK/a.json" "$WORK/other.json" | jq -c 'select(.kind=="account").rank' | paste -sd ' ')" = '"file0" "file1"' ]
}

@test "given passes by file or by layers, when they are accounted, then tiles add up and warm-up is told" {
	for i in 0 1 2 3 4 5; do
		echo "kernel $((1000 + 100 * i)) $((i == 0 ? 90 : 50 + i)) 7 0 k"
		echo "kernel $((1095 + 100 * i)) 2 7 0 tail"
	done | trace >"$WORK/x.json"
	for i in 0 1 2 3 4 5; do printf '%d\t%d\tdecode\n' $((2 * i)) "$i"; done >"$WORK/passes.tsv"
	tr-parse -s all "$WORK/x.json" | tr-account --passes "$WORK/passes.tsv" >"$WORK/out"
	[ "$(jq -c 'select(.pass==0)|[.stage,.warm,.start_ns,.tile_ns,.own_ns,.events,.busy_ns,.idle_ns,.tail_idle_ns,.idle_by_cause_ns.no_launch,.idle_own_by_cause_ns.no_launch]' "$WORK/out")" = \
		'["decode",true,1000000,100000,97000,2,92000,8000,3000,8000,5000]' ]
	[ "$(jq -s 'map(select(.pass!=null)|select(.kind=="account").tile_ns)|add' "$WORK/out")" = \
		"$(jq 'select(.kind=="account" and .pass==null).window_ns' "$WORK/out")" ]
	# Only kernels in passes: own time ends with the last that begins in the tile.
	sed -i 's/^/kernel /; s/kernel /x/' "$WORK/passes.tsv"
	run_split tr-account --passes "$WORK/passes.tsv" </dev/null
	[ "$status" -eq 2 ]
	# Neither a line without tabs nor a file without passes is taken for none being asked for.
	for lines in '0 0 decode' '' 'index\tpass\tstage'; do
		printf "$lines\n" >"$WORK/passes.tsv"
		run_split tr-account --passes "$WORK/passes.tsv" <(tr-parse -s all "$WORK/x.json")
		[ "$status" -eq 2 ]
		[[ $errors == "tr-account: $WORK/passes.tsv:"*"event index, pass and stage, by tab" ]]
	done
	for i in 0 1 2 3 4; do echo "kernel $((1000 + 1000 * i)) $((i == 0 ? 500 : 100 + i)) 7 0 k"; done | trace >"$WORK/x.json"
	for i in 0 1 2 3 4; do printf '%d\t%d\tdecode\n' "$i" "$i"; done >"$WORK/passes.tsv"
	[ "$(tr-parse -s all "$WORK/x.json" | tr-account --passes "$WORK/passes.tsv" | jq -c 'select(.stages).stages.decode|[.passes,.warm_from,.own_ns.max,.warm_own_ns.max]')" = '[5,1,500000,104000]' ]
	tr-parse -s all "$WORK/x.json" | sed 's/}$/,"pass":3,"layer":2,"stage":"prefill"}/' | tr-account >"$WORK/out"
	[ "$(jq -c 'select(.kind=="account" and .pass!=null)|[.pass,.stage,.events]' "$WORK/out")" = '[3,"prefill",5]' ]
	[ "$(jq -c 'select(.kind=="gap")|[.pass,.layer]' "$WORK/out" | sort -u)" = '[3,2]' ]
}

@test "given launches that wait, when the queue is looked at, then depth, delays and a full queue are counted" {
	{
		for i in $(seq 600); do echo "call $i 0.5 1 $i cudaLaunchKernel"; done
		for i in $(seq 601 620); do echo "call $((600 + 30 * (i - 600))) 25 1 $i cudaLaunchKernel"; done
		for i in $(seq 620); do echo "kernel $((2000 + i)) 1 7 $i k"; done
	} | trace >"$WORK/x.json"
	[ "$(account "$WORK/x.json" | jq -c 'select(.kind=="account")|[.queue_depth.n,.queue_depth.max,.queue_depth.p50,.queue_depth.launches_into_empty_queue,.queue_full,.launch_delay_ns.min,.launch_delay_ns.max,.queue_delay_ns.max,.idle_ns]')" = \
		'[620,620,311,1,{"calls":20,"ns":500000},1420000,2000000,1999500,0]' ] ||
	{ account "$WORK/x.json" | jq -c 'select(.kind=="account")|[.queue_depth,.queue_full,.launch_delay_ns,.queue_delay_ns]'; false; }
}

@test "given collectives of four ranks, when one comes last, then its lateness, the others' waiting and the reason are told" {
	# Rank 2 computes 300 us more before the second and third all-reduce; the first begins its group.
	for rank in 0 1 2 3; do
		late=$((rank == 2 ? 300 : 0))
		for i in 0 1 2; do
			begin=$((1000 + 1000 * i))
			echo "more"
			echo "kernel $begin $((100 + (i > 0 ? late : 0))) 7 0 gemm"
			echo "more ,\"Collective_name\":0"
			echo "kernel $((begin + 100 + (i > 0 ? late : 0))) $((i == 0 ? 50 : 350 - late)) 20 0 ncclDevKernel_AllReduce"
		done | trace -v rank=$rank | sed 's/"Collective_name":0/"Collective name":"allreduce","In msg nelems":1000,"Out msg nelems":1000,"Group size":4,"dtype":"BFloat16","Process Group Name":"0"/' >"$WORK/$rank.json"
	done
	account "$WORK"/[0-3].json >"$WORK/out"
	[ "$(jq -c 'select(.kind=="collective")|[.key,.matched_by,.name,.n,.complete,.bytes,.transfer_ns,.last,.why,.algbw,.busbw,.ranks["0"].wait_ns]' "$WORK/out" | paste -sd ' ')" = \
		'[0,"order","all_reduce",4,true,2000,50000,null,null,40000000,60000000,0] [1,"order","all_reduce",4,true,2000,50000,"2","compute",40000000,60000000,300000] [2,"order","all_reduce",4,true,2000,50000,"2","compute",40000000,60000000,300000]' ]
	[ "$(jq -c 'select(.kind=="lateness")|[.rank,.last,.wait_ns,.caused_wait_ns,.why]' "$WORK/out" | paste -sd ' ')" = \
		'["0",0,600000,0,{}] ["1",0,600000,0,{}] ["2",2,0,1800000,{"compute":2}] ["3",0,600000,0,{}]' ]
	[ "$(tail -n 1 "$WORK/out" | jq -c '[.collectives,.transfer_ns,.wait_ns,.nobody_late,.unmatched]')" = '[3,150000,1800000,1,{}]' ]
}

@test "given absurd times, when they are accounted, then each is said in a line, left out or cut, and the status is 1" {
	{
		for i in 0 1 2 3; do echo "kernel $((100 + 20 * i)) $((i == 1 ? 5000 : 10)) 7 0 k"; done
		echo "kernel 0 5 7 0 zero"
		echo "kernel 300 -5 7 0 back"
	} | trace -v rank=4 >"$WORK/x.json"
	run_split tr-account <(tr-parse -s all "$WORK/x.json" 2>/dev/null)
	[ "$status" -eq 1 ]
	[ "$(jq -c 'select(.kind=="account")|[.events,.window_ns,.busy_ns]' <<<"$output")" = '[4,70000,50000]' ]
	[ "$(jq -c 'select(.kind=="finding")|[.what,.count]' <<<"$output" | paste -sd ' ')" = \
		'["gpu_ts_zero",1] ["gpu_negative_duration",1] ["same_stream_overlap",1] ["overrun",1] ["gpu_events_without_launch",4]' ]
	[ "$(wc -l <<<"$errors")" -eq 3 ]
	[[ $errors == *"tr-account: $WORK/x.json: rank 4: 1 pieces of GPU work have no time"* ]]
	[ "$(tail -n 1 <<<"$output" | jq -c '[.kind,.findings,.implausible]')" = '["end",5,3]' ]
	# A trace without GPU work has its rank and nothing else.
	echo 'op 1 1 1 aten::mm' | trace >"$WORK/x.json"
	run_split tr-account <(tr-parse -s all "$WORK/x.json" 2>/dev/null)
	[ "$status" -eq 1 ]
	[ "$(jq -r .kind <<<"$output" | paste -sd ' ')" = 'rank finding end' ]
	[ "$(jq -c 'select(.kind=="rank")|[.version,.zero_gpu_work]' <<<"$output")" = '[1,true]' ]
}

# says: the diagnosis of the trace on stdin, a sentence a line.
says() {
	trace "$@" >"$WORK/x.json"
	account "$WORK/x.json" | jq -r 'select(.kind=="diagnosis").says'
}

@test "given what costs time, when it is diagnosed, then it is said with number, evidence and line, the most costly first" {
	says >"$WORK/out" <<-'END'
	frame 50 2000 1 srt/serve.py(7): loop
	frame 110 900 1 srt/serve.py(77): schedule
	call 1100 5 1 5 cudaLaunchKernel
	call 1200 5 1 6 cudaMemcpyAsync
	kernel 100 10 7 0 gemm_kernel
	kernel 1110 100 7 5 gemm_kernel
	copy 1210 300 7 6 Memcpy HtoD (Pinned -> Device)
	END
	diff "$WORK/out" - <<-'END'
	70.9% of the wall time the GPU is idle because the host launches late: 1.000 ms in 1 gap, 900.0 us in schedule, serve.py:77 and 90.00 us in loop, serve.py:7.
	21.3% of the wall time nothing runs but copies: 300.0 us in 1 copy, 300.0 us of it in MEMCPY, launched in loop, serve.py:7.
	7.8% of the wall time the GPU computes: 110.0 us in 2 kernels, 110.0 us of it in GEMM, launched in loop, serve.py:7; what of it could be won depends on how near each kernel is to its limit.
	END
	account "$WORK/x.json" >"$WORK/out"
	[ "$(jq -c 'select(.kind=="diagnosis")|[.place,.version,.what,.ns,.win_ns,.window_ns,.count,.sources[0].line]' "$WORK/out" | paste -sd ' ')" = \
		'[1,1,"host",1000000,1000000,1410000,1,77] [2,null,"copies",300000,300000,1410000,1,7] [3,null,"compute",110000,null,1410000,2,7]' ]
	[ "$(jq -r .kind "$WORK/out" | uniq | head -n 2 | paste -sd ' ')" = 'diagnosis rank' ]
	[ "$(tail -n 1 "$WORK/out" | jq .diagnoses)" = 3 ]
}

@test "given idle time of unknown cause, when it is diagnosed, then nobody is blamed and no gain is promised" {
	# Submitted at once, begun much later, while the host waits in a copy that blocks.
	says >"$WORK/out" <<-'END'
	frame 50 9000 1 srt/forward.py(443): init_new
	call 90 5 1 1 cudaLaunchKernel
	call 111 4 1 5 cudaLaunchKernel
	call 120 5000 1 0 cudaMemcpy
	kernel 100 10 7 1 a
	kernel 5110 10 7 5 resolve
	END
	cat "$WORK/out"
	[[ $(head -n 1 "$WORK/out") == "99.6% of the wall time no work of this file runs though it was submitted: 5.000 ms in 1 gap"*"before resolve; why is unknown, and the device may have run what this file does not hold." ]]
	! head -n 1 "$WORK/out" | grep -e init_new -e cudaMemcpy || false
	account "$WORK/x.json" >"$WORK/records"
	[ "$(jq -c 'select(.what=="queued")|[.win_ns,.sources]' "$WORK/records")" = '[null,[]]' ]
}

@test "given more to say than five things, when they are diagnosed, then five are said; of several devices the worst, with the sum" {
	{
		# 40 us launch-bound, 500 us late, 900 us blocked, 300 us of copies, 200 us of fills, and work.
		printf '%s\n' 'call 90 5 1 1 cudaLaunchKernel' 'kernel 100 100 7 1 gemm' \
			'call 201 37 1 2 cudaLaunchKernel' 'kernel 240 100 7 2 gemm' \
			'call 830 5 1 3 cudaLaunchKernel' 'kernel 840 100 7 3 gemm' \
			'call 941 890 1 0 cudaMalloc' 'call 1832 5 1 4 cudaLaunchKernel' 'kernel 1840 100 7 4 gemm' \
			'copy 1940 300 7 0 Memcpy HtoD' 'fill 2240 200 7 0 Memset' 'kernel 2440 400 7 0 ncclDevKernel_AllReduce'
	} >"$WORK/lines"
	says <"$WORK/lines" >"$WORK/out"
	cat "$WORK/out"
	[ "$(wc -l <"$WORK/out")" -eq 5 ]
	! grep computes "$WORK/out" || false
	[ "$(account "$WORK/x.json" | jq -r 'select(.kind=="diagnosis").what' | paste -sd ' ')" = 'alloc host communication copies fills' ]
	# A second device has less of each.
	{
		trace <"$WORK/lines" | sed 's/]}$/,/'
		printf '%s\n' 'kernel 100 100 7 0 gemm' 'kernel 200 50 7 0 ncclDevKernel_AllReduce' | trace -v device=1 | sed '1d'
	} >"$WORK/x.json"
	account "$WORK/x.json" | jq -r 'select(.kind=="diagnosis" and .what=="communication").says' >"$WORK/out"
	cat "$WORK/out"
	[[ $(cat "$WORK/out") == "Rank file0, device 0: 14.6% of the wall time nothing runs but communication: 400.0 us in 1 collective, "*"; the same on 2 of 2 devices, 450.0 us in all." ]]
}

@test "given the tree that ran, when time is lost in a call, then the conditions are told that it stands under" {
	mkdir -p "$WORK/tree/python/mini/srt"
	cat >"$WORK/tree/python/mini/srt/batch.py" <<-'END'
	class Batch:
	    @staticmethod
	    def init_new(batch, pin):
	        if batch.idle:
	            return None
	        lens = batch.lens.sum()
	        if not pin and batch.lens is not None:
	            lens = (
	                lens.to("cuda",
	                        non_blocking=True)
	            )
	        def later():
	            return lens.to("cpu")
	        return lens

	    def sync(self):
	        return self.x.item() if self.fast else self.y.tolist()
	END
	trace >"$WORK/x.json" <<-'END'
	frame 80 3000 1 /opt/lib/mini/srt/batch.py(2): init_new
	op 110 900 1 aten::copy_
	call 111 890 1 5 cudaMemcpyAsync
	kernel 100 10 7 0 a
	copy 1005 10 7 5 Memcpy HtoD (Pageable -> Device)
	END
	tr-parse -s all "$WORK/x.json" | tr-account -r "$WORK/tree" >"$WORK/out"
	[ "$(jq -c 'select(.kind=="gap")|.evidence|[.sites,.site_count,.same_line]' "$WORK/out")" = \
		'[[{"file":"tree/python/mini/srt/batch.py","line":9,"text":"lens.to(\"cuda\", non_blocking=True)","conditions":["not (batch.idle)","not pin and batch.lens is not None"]}],1,true]' ]
	jq -r 'select(.place==1).says' "$WORK/out" | grep -qF '; lens.to("cuda", non_blocking=True) in batch.py:9 runs if not (batch.idle) and not pin and batch.lens is not None.'
	# However many conditions there are, each is told.
	{
		sed '/batch.idle/q' "$WORK/tree/python/mini/srt/batch.py" | sed '$d'
		for i in $(seq 100); do printf '        if batch.x%d:\n            return None\n' "$i"; done
		echo '        return lens.to("cuda", non_blocking=True)'
	} >"$WORK/long.py"
	cp "$WORK/tree/python/mini/srt/batch.py" "$WORK/short.py"
	cp "$WORK/long.py" "$WORK/tree/python/mini/srt/batch.py"
	[ "$(tr-parse -s all "$WORK/x.json" | tr-account -r "$WORK/tree" | jq -c 'select(.kind=="gap")|.evidence.sites[0].conditions|[length,.[0],.[-1]]')" = \
		'[100,"not (batch.x1)","not (batch.x100)"]' ]
	cp "$WORK/short.py" "$WORK/tree/python/mini/srt/batch.py"
	# Another version has it elsewhere; both branches of an expression; no such function; no tree.
	sed -i 's/batch.py(2)/batch.py(9)/' "$WORK/x.json"
	tr-parse -s all "$WORK/x.json" | tr-account -r "$WORK/tree" >"$WORK/out"
	[ "$(jq -c 'select(.kind=="gap")|.evidence|[.sites[0].line,.same_line]' "$WORK/out")" = '[9,false]' ]
	jq -r 'select(.place==1).says' "$WORK/out" | grep -q 'of another version'
	sed -i 's/init_new/sync/;s/aten::copy_/aten::_local_scalar_dense/' "$WORK/x.json"
	tr-parse -s all "$WORK/x.json" | tr-account -r "$WORK/tree" >"$WORK/out"
	[ "$(jq -c 'select(.kind=="gap")|.evidence.sites|map([.text,.conditions])' "$WORK/out")" = \
		'[["self.x.item()",["self.fast"]],["self.y.tolist()",["not (self.fast)"]]]' ]
	! jq -r 'select(.place==1).says' "$WORK/out" | grep 'runs if' || false
	sed -i 's/: sync/: other/' "$WORK/x.json"
	tr-parse -s all "$WORK/x.json" | tr-account -r "$WORK/tree" >"$WORK/out"
	[ "$(jq -c 'select(.kind=="gap")|.evidence|has("sites")' "$WORK/out")" = false ]
	run_split tr-account -r "$WORK/nowhere" <(tr-parse -s all "$WORK/x.json")
	[ "$status" -eq 2 ]
}

@test "given the field data, when it is diagnosed, then the sentences are those that were read out of the traces" {
	shared_data traces
	first() { account "$DATA/$1" | jq -r 'select(.kind=="diagnosis" and .place==1).says'; }
	[[ $(first sglang_qwen3_30b_a3b_MI300_DECODE.trace.json.gz) == "11.7% of the wall time the GPU is idle because the host launches late: 1.450 ms in 7 gaps, "*"populate_from_forward_batch, cuda_graph_runner.py:283 and "*"init_forward_metadata_replay_cuda_graph, aiter_backend.py:1887." ]]
	[[ $(first inference_sglang_prefilldecode_sglang_Qwen3-8B_prefilldecode.json.gz) == "50.0% of the wall time no work of this file runs though it was submitted: 493.3 ms in 1 gap, 493.3 ms of it before resolve_future_token_ids_kernel; why is unknown"* ]]
	[[ $(first inference_sglang_decode_sglang_Qwen3-8B_decode.json.gz) == "97.8% of the wall time no work of this file runs though it was submitted"* ]]
	[[ $(first sglang_r1distill_llama8b_B300_DECODE.trace.json.gz) == "20.1% of the wall time the GPU is idle because the host launches late: 1.105 ms in 9 gaps"* ]]
	shared_data ../cases/ux/blocking-copy.json.gz
	[[ $(account "$DATA" | jq -r 'select(.kind=="diagnosis" and .place==1).says') == "64.8% of the wall time the GPU is idle while its next work is being launched: 5.024 ms in 156 gaps, 4.947 ms of it in cudaMemcpyAsync, 4.947 ms in init_new, forward_batch.py:443." ]]
}

@test "given a clock that is set back in between, when it is accounted, then that is said" {
	for i in 0 1 2 3 4 5; do
		echo "call $((100 + 10 * i)) 5 1 $((i + 1)) cudaLaunchKernel"
		echo "kernel $((20000 + 100 * i - (i > 3 ? 5000 : 0))) 50 7 $((i + 1)) k"
	done | trace >"$WORK/x.json"
	run_split tr-account <(tr-parse -s all "$WORK/x.json")
	[ "$status" -eq 1 ]
	[ "$(jq -c 'select(.what=="clock_jump").count' <<<"$output")" = 1 ]
	[[ $errors == *"1 pieces of GPU work begin more than 1 ms before what their stream was given before them: a clock jumps"* ]]
}

@test "given --gaps, when gaps are written, then all, the longest or the longer ones are" {
	for i in $(seq 0 19); do echo "kernel $((100 + 20 * i + i * i)) 10 7 0 k"; done | trace >"$WORK/x.json"
	gaps() { tr-parse -s all "$WORK/x.json" | tr-account "$@" | jq -c 'select(.kind=="gap").gap_ns' | paste -sd ' '; }
	[ "$(gaps --gaps all | wc -w)" -eq 19 ]
	[ "$(gaps --gaps 2)" = '47000 45000' ]
	[ "$(gaps --gaps 43000ns)" = '47000 45000' ]
	[ "$(gaps | wc -w)" -eq 19 ]
	for bad in some -1 5us; do
		run_split tr-account --gaps "$bad" </dev/null
		[ "$status" -eq 2 ]
	done
}

@test "given a trace of the field and the release that it ran, when time is lost in a copy, then the line and its condition are told" {
	sglang_release 0.5.11
	shared_data traces/inference_sglang_prefilldecode_sglang_Qwen3-8B_prefilldecode.json.gz
	tr-parse -s all "$DATA" | tr-account -r "$TREE" >"$WORK/out"
	[ "$(jq -c 'select(.kind == "gap" and .gap_ns > 150000 and (.evidence.sites | length) > 0) | .evidence.sites[0] |
		[(.file | sub(".*/"; "")), .line, .text, .conditions]' "$WORK/out")" = \
		'["aiter_backend.py",681,"forward_batch.seq_lens_cpu.max().item()",[]]
["forward_batch_info.py",498,"batch.extend_input_logprob_token_ids.to(device, non_blocking=True)",["batch.extend_input_logprob_token_ids is not None"]]' ]
}

@test "given the field data, when it is accounted, then every figure is the reference's, to the nanosecond" {
	need python3
	shared_data time
	run python3 tests/tr-account/compare.py "$DATA"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *" figures of 55 cases compared, 0 differ;"* ]]
}

@test "given siblings of one run in the field data, when they are given together, then the longest idle time of one is the other's work" {
	shared_data traces
	decode=$DATA/inference_sglang_decode_sglang_Qwen3-8B_decode.json.gz
	longest() { jq -c 'select(.kind=="gap")|[.gap_ns,.cause]' "$WORK/out" | head -n 2 | paste -sd ' '; }
	account "$decode" >"$WORK/out"
	[ "$(longest)" = '[463295405,"queued"] [273690,"graph"]' ]
	account "$decode" "$DATA/inference_sglang_prefilldecode_sglang_Qwen3-8B_prefilldecode.json.gz" >"$WORK/out"
	[ "$(jq -r 'select(.kind=="account")|.rank' "$WORK/out")" = 0 ]
	[ "$(longest)" = '[493283729,"queued"] [273690,"graph"]' ]
}

@test "given a step with collectives and gaps of several causes, when it is accounted for, then the records are the golden ones" {
	check_golden tr-account/all.out.ndjson 0 tr-account --gaps all --comms fixtures/tr-account/contract/in
}

@test "given ranks of which all wait for one, when they are accounted for, then each file's diagnosis says whom, how long and why" {
	need jq
	shared_data time/synthetic
	tr-parse -k -s all "$DATA"/late-host.rank?.json | tr-classify | tr-layers --kernels | tr-account >"$BATS_TEST_TMPDIR/account"
	jq -r 'select(.what == "lateness") | "\(.rank) \(.ns) \(.says)"' "$BATS_TEST_TMPDIR/account" | diff - <(
		for rank in 0 1 2 3; do
			waits="rank $rank waits 2.400 ms for it, 53.6% of its wall time"
			[ "$rank" != 2 ] || waits='another rank waits 2.400 ms for it, and all together 7.200 ms'
			echo "$rank 2400000 Rank 2 comes last to 6 of 8 collectives, mostly because its host was late: $waits."
		done
	)
	tr-parse -k -s all "$DATA"/late-host.rank2.json | tr-classify | tr-layers --kernels | tr-account >"$BATS_TEST_TMPDIR/one"
	run grep '"what":"lateness"' "$BATS_TEST_TMPDIR/one"
	[ "$status" -eq 1 ]
}
