# SPDX-License-Identifier: Apache-2.0
# tr-account: all that it writes of many traces, by checksum. KEEP (tests/helper.bash) shows what differs.

load helper

@test "given random hosts and devices, ranks and operators, when they are accounted for, then what is written is what was kept" {
	cd "$ROOT"
	IN=$BATS_TEST_TMPDIR/in
	parsed() { (cd "$BATS_TEST_TMPDIR" && tr-parse -s all "$@" 2>/dev/null | tr-classify >"$IN"); }
	all() {
		for seed in 1 2 3 4 5 6 7 8; do
			awk -v seed=$seed -f tests/tr-account/random.awk | awk -f tests/tr-account/trace.awk >"$BATS_TEST_TMPDIR/$seed.json"
			parsed $seed.json
			digest "random $seed" tr-account --gaps all <"$IN"
		done
		digest "the two longest" tr-account --gaps 2 <"$IN"
		digest "over 100 us" tr-account --gaps 100000ns <"$IN"
		# Each call of the runtime alone, for 700 us before a launch that is late.
		for call in cudaMalloc cudaMallocAsync cudaFree cudaFreeAsync cudaHostAlloc cudaHostRegister cudaMemGetInfo cudaMemPoolTrimTo cuMemAlloc_v2 \
			cuMemMap cudaMemcpy cudaMemcpyPeerAsync cudaMemsetAsync cudaStreamWaitEvent cudaEventRecord cudaEventQuery cudaEventSynchronize \
			cudaStreamSynchronize cuStreamSynchronize hipDeviceSynchronize hipMalloc hipHostMalloc hipMemcpyWithStream hipLaunchKernel \
			cudaGraphInstantiate cudaGraphLaunch cudaFuncGetAttributes cudaPointerGetAttributes cudaModuleLoadData cudaOther; do
			printf '%s\n' "kernel 100 10 7 0 a" "call 200 700 1 0 $call" "call 1100 5 1 5 cudaLaunchKernel" "kernel 1110 10 7 5 b"
		done | awk '/^kernel 100 / { base += 5000; number++ } { $2 += base; if ($1 == "kernel" && $5 == 5 || $1 == "call" && $5 == 5) $5 = 10 + number; print }' |
			awk -f tests/tr-account/trace.awk >"$BATS_TEST_TMPDIR/calls.json"
		parsed calls.json
		digest calls tr-account --gaps all <"$IN"
		parsed 1.json 2.json
		digest "two files" tr-account <"$IN"
		for trace in eager graph experts; do
			cp fixtures/kroof/$trace.json "$BATS_TEST_TMPDIR"
			parsed $trace.json
			tr-layers --kernels <"$IN" >"$BATS_TEST_TMPDIR/layers"
			digest "$trace" tr-account --gaps all --comms <"$BATS_TEST_TMPDIR/layers"
		done
		for rank in 0 1 2; do tests/tr-ranks/rank.sh $rank 7 >"$BATS_TEST_TMPDIR/rank$rank.json"; done
		parsed rank0.json rank1.json rank2.json
		digest ranks tr-account --gaps all <"$IN"
		digest "ranks' communication" tr-account --comms <"$IN"
	}
	check_golden tr-account/kept.txt 0 all
}
