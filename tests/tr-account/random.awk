# SPDX-License-Identifier: Apache-2.0
# Lines for trace.awk: -v seed=N, a host that launches, waits, copies and is late, and a device of two streams.
function chance(n) { # the same numbers with every awk
	state = (state * 69069 + 1) % 4294967296
	return int(state / 4294967296 * n)
}
function gpu(kind, dur, stream, name) {
	device[stream] = (device[stream] > now ? device[stream] : now) + 1 + chance(4) * chance(4)
	print kind, device[stream], dur, stream, launch, name
	device[stream] += dur
}
BEGIN {
	state = seed * 7919 + 1
	split("cudaLaunchKernel cudaLaunchKernel cudaMemcpyAsync cudaStreamSynchronize cudaGraphLaunch cudaDeviceSynchronize cudaMalloc cuLaunchKernelEx", calls, " ")
	now = 1000
	print "frame 900 90000 1 srt/engine.py(10): run"
	for (step = 0; step < 25; step++) {
		if (step % 6 == 0) print "annotation", now, 900 + chance(400), 1, (chance(2) ? "decode bs=4" : "step[EXTEND bs=1]")
		now += chance(3) ? chance(20) : chance(1500)
		if (chance(3) == 0) print "frame", now, 30 + chance(900), 1, "srt/work.py(" 20 + chance(5) "): part" chance(3)
		if (chance(4) == 0) print "op", now, 20 + chance(60), 1, (chance(2) ? "aten::mm" : "aten::item")
		if (chance(8) == 0) print "overhead", now, 10 + chance(500), (chance(2) ? "Activity Buffer Request" : "Instrumentation")
		name = calls[1 + chance(8)]
		launch = name ~ /Launch|Memcpy/ ? ++launches : 0
		dur = name ~ /Synchronize/ ? chance(700) : 2 + chance(12)
		print "call", now, dur, 1 + (chance(9) == 0), launch, name
		if (name ~ /Synchronize/) now += dur
		if (name ~ /Graph/) for (i = 0; i < 5; i++) gpu("kernel", 3 + chance(30), 7, "graph_" i)
		else if (name ~ /Memcpy/) gpu("copy", 1 + chance(80), 9, (chance(2) ? "Memcpy DtoH (Device -> Pageable)" : "Memcpy HtoD (Pinned -> Device)"))
		else if (name ~ /Launch/) gpu("kernel", 2 + chance(90), chance(5) ? 7 : 20, chance(4) ? "gemm_" chance(3) : "ncclDevKernel_AllReduce_Sum_bf16_RING_LL")
		if (chance(9) == 0) { launch = 0; gpu("fill", 2, 7, "Memset (Device)") }
		now += dur
	}
}
