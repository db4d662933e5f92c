# SPDX-License-Identifier: Apache-2.0
# The kernels: CPU references against independent computations, the GPU code in emulation,
# NCCL through a stand-in, and what nvcc makes of the .cu files.

load helper

setup() {
	KERNELS=$TESTS/kernels
	export NCCL_DOUBLE_LOG=$BATS_TEST_TMPDIR/calls
}

# nccl WORLD BYTES: run nccl-test with the double; its output without rank and order.
nccl() {
	LD_LIBRARY_PATH=${DOUBLE:-$KERNELS/nccl} "$KERNELS/nccl-test" "$@" | sort
}

# calls: the names of the logged calls on one line.
calls() {
	sed 's/^nccl//' "$NCCL_DOUBLE_LOG" | cut -d' ' -f1 | tr '\n' ' '
}

@test "given random rows, strides, offsets and masks, when index gathers, then every byte is as written down by hand" {
	"$KERNELS/index-test"
}

@test "given random caches, duplicate slots, padding and bad indices, when store scatters, then only the right bytes change" {
	"$KERNELS/store-test"
}

@test "given every length, first difference and alignment, when radix compares, then all its variants find the place" {
	"$KERNELS/radix-test"
}

@test "given 1 to 8 threads, every type and operation, when they all-reduce and all-gather, then the sums are right on every rank" {
	"$KERNELS/allreduce-test"
}

@test "given every launch shape, when the GPU code of index and store runs on the CPU, then it agrees with the references" {
	"$KERNELS/emulate-test"
}

@test "given pages, NHD, HND and MLA, padding, and a cache of fp8 with scales, when keys and values are written, then reference and GPU code agree with the definition" {
	"$KERNELS/kvcache-test"
}

@test "given 1 to 8 ranks, when each adds up all messages in one step, then all have the sums, none reads early, and no message changes too soon" {
	"$KERNELS/oneshot-test"
}

@test "given NCCL with windows, when messages of each size are reduced, then small ones go through the registered buffer" {
	run nccl 1 1000
	[ "$status" -eq 0 ]
	[[ $output == *"0 small staged ok"* && $output == *"0 large direct ok"* ]]
	[[ $output == *"0 own in-buffer ok"* && $output == *"0 close ok"* ]]
	[ "$(calls)" = "GetUniqueId CommInitRank MemAlloc CommWindowRegister AllReduce AllReduce AllReduce AllGather CommWindowDeregister MemFree CommDestroy " ]
	grep -qx 'ncclCommWindowRegister bytes=1000 flags=1' "$NCCL_DOUBLE_LOG"
	[ "$(grep -c 'ncclAllReduce .* window' "$NCCL_DOUBLE_LOG")" -eq 2 ]
	grep -qx 'ncclAllReduce count=1000 type=7 op=0 memory' "$NCCL_DOUBLE_LOG"
}

@test "given three ranks in three processes, when they reduce and gather, then each has the sums of all" {
	run nccl 3 1000
	[ "$status" -eq 0 ]
	[ "$(grep -c 'small staged ok' <<<"$output")" -eq 3 ]
	[ "$(grep -c 'gather ok' <<<"$output")" -eq 3 ]
}

@test "given ranks in processes, when they reduce and scatter, or exchange parts, then each has its own, and failures are told" {
	export SCATTER=1
	for world in 1 2 4; do
		run nccl $world 1000
		[ "$status" -eq 0 ]
		[ "$(grep -c 'scatter ok' <<<"$output")" -eq $world ]
		[ "$(grep -c 'exchange ok' <<<"$output")" -eq $world ]
	done
	NCCL_DOUBLE_FAIL=ncclReduceScatter run nccl 1 0
	[[ $output == *"scatter: "*"ncclReduceScatter: injected failure"* ]]
	NCCL_DOUBLE_FAIL=ncclGroupEnd run nccl 1 0
	[[ $output == *"exchange: "*"ncclSend and ncclRecv: injected failure"* ]]
}

@test "given an NCCL of before windows, when a communicator opens, then it works without and says why" {
	DOUBLE=$KERNELS/nccl-old run nccl 2 1000
	[ "$status" -eq 0 ]
	[[ $output == *"note 'this NCCL has no windows (2.27 brought them)'"* ]]
	[[ $output == *"0 small direct ok"* && $output == *"1 small direct ok"* ]]
}

@test "given no buffer wanted, when a communicator opens, then nothing is allocated or registered" {
	run nccl 1 0
	[[ $output == *"0 small direct ok"* ]]
	! grep -q 'MemAlloc\|Window' "$NCCL_DOUBLE_LOG" || false
}

@test "given a failing allocation or registration, when a communicator opens, then messages go direct, nothing leaks, and the reason is told" {
	for call in ncclMemAlloc ncclCommWindowRegister NoWindow; do
		rm -f "$NCCL_DOUBLE_LOG"
		NCCL_DOUBLE_FAIL=$call run nccl 1 1000
		[ "$status" -eq 0 ]
		[[ $output == *"0 small direct ok"* && $output == *"0 close ok"* ]]
		[[ $output == *"note 'ncclMemAlloc of 1000 bytes: injected failure'"* ||
			$output == *"note 'ncclCommWindowRegister: injected failure'"* ||
			$output == *"note 'ncclCommWindowRegister: not supported here (no window)'"* ]]
		! grep -q ' left\| registered buffer' "$NCCL_DOUBLE_LOG" || false
		[ "$(grep -c MemAlloc "$NCCL_DOUBLE_LOG")" -ge "$(grep -c MemFree "$NCCL_DOUBLE_LOG")" ]
	done
}

@test "given one rank of three without memory for its buffer, when communicators open, then none enters the registration, and all go direct" {
	NCCL_DOUBLE_FAIL=ncclMemAlloc NCCL_DOUBLE_FAIL_RANK=1 run timeout 20 env LD_LIBRARY_PATH="$KERNELS/nccl" "$KERNELS/nccl-test" 3 1000
	[ "$status" -eq 0 ]
	[ "$(grep -c 'small direct ok' <<<"$output")" -eq 3 ]
	[[ $output == *"note 'ncclMemAlloc of 1000 bytes: injected failure'"* ]]
	[ "$(grep -c "note 'another rank has no memory for the buffer'" <<<"$output")" -eq 2 ]
	! grep -q 'Register\| left' "$NCCL_DOUBLE_LOG" || false
}

@test "given a failure at any other call, when it happens, then that call is named with NCCL's reason" {
	for call in ncclGetUniqueId ncclCommInitRank ncclAllGather ncclCommGetAsyncError \
		ncclCommWindowDeregister ncclMemFree ncclCommDestroy; do
		NCCL_DOUBLE_FAIL=$call run nccl 1 1000
		[[ $output == *"the device reported an error: $call: injected failure"* ]] ||
			{ echo "$call:"; echo "$output"; false; }
	done
	NCCL_DOUBLE_FAIL=AsyncError run nccl 1 1000
	[[ $output == *"NCCL, asynchronously: injected failure"* ]]
	NCCL_DOUBLE_FAIL=ncclGetVersion run nccl 1 1000
	[[ $output == *"0 version 0 note ''"* && $output == *"0 close ok"* ]]
}

@test "given a failed reduction, when the communicator closes, then it is aborted, not destroyed, and the rest is given back" {
	NCCL_DOUBLE_FAIL=ncclAllReduce:2 run nccl 1 1000
	[[ $output == *"0 large direct: the device reported an error: ncclAllReduce: injected failure"* ]]
	[[ "$(calls)" == *"CommWindowDeregister MemFree CommAbort " ]]
	rm "$NCCL_DOUBLE_LOG"
	NCCL_DOUBLE_FAIL=ncclCommAbort COPY_FAIL=1 run nccl 1 1000
	[[ $output == *"cudaMemcpyAsync: an illegal memory access"* && $output == *"0 close: "*ncclCommAbort* ]]
}

@test "given a copy or a synchronisation that fails, when a message is staged, then the CUDA call is named" {
	for copy in 1 2; do
		COPY_FAIL=$copy run nccl 1 1000
		[[ $output == *"0 small staged: the device reported an error: cudaMemcpyAsync: an illegal memory access"* ]]
		[[ "$(calls)" == *"CommAbort " ]]
	done
	SYNC_FAIL=1 run nccl 1 1000
	[[ $output == *"cudaStreamSynchronize: unspecified failure"* ]]
}

@test "given no NCCL library that opens, when a communicator is wanted, then it is said to be unavailable" {
	mkdir "$BATS_TEST_TMPDIR/empty"
	touch "$BATS_TEST_TMPDIR/empty/libnccl.so.2"
	DOUBLE=$BATS_TEST_TMPDIR/empty run nccl 1 0
	[[ $output == *"not available here: no NCCL: "*libnccl.so.2* ]]
}

@test "given nvcc, when the GPU side is built for every architecture, then there is no warning and no spill, and without a driver it offers the CPU" {
	export CUDA_HOME=${CUDA_HOME:-/usr/local/cuda}
	[ -x "$CUDA_HOME/bin/nvcc" ] || skip "no nvcc (set CUDA_HOME)"
	# -warn-spills and -Werror make a spill an error; a fresh folder makes it compile.
	make -s -C "$ROOT" kernels-cuda BUILD="$BATS_TEST_TMPDIR/build" CUDA_HOME="$CUDA_HOME" \
		CUDA_ARCH="80 86 89 90 100 120" 2>"$BATS_TEST_TMPDIR/messages"
	[ ! -s "$BATS_TEST_TMPDIR/messages" ]
	[ "$(find "$BATS_TEST_TMPDIR/build" -name '*.o' | sed 's:.*/::' | sort | tr '\n' ' ')" = \
		"$(cd "$ROOT" && ls kernels/*.cu filters/kbench/*.cu | sed 's:.*/::; s/cu$/o/' | sort | tr '\n' ' ')" ]
	make -s -C "$ROOT" CUDA=1 BUILD="$BATS_TEST_TMPDIR/build" BIN="$BATS_TEST_TMPDIR/bin" \
		CUDA_ARCH="80 86 89 90 100 120" CUDA_HOME="$CUDA_HOME" "$BATS_TEST_TMPDIR/bin/kbench"
	"$BATS_TEST_TMPDIR/bin/kbench" -k radix -a tokens=8 -n 2 >/dev/null
	if command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1; then return; fi
	run_split "$BATS_TEST_TMPDIR/bin/kbench" -d cuda:0
	[ "$status" -eq 2 ]
	[[ $errors == "kbench: cuda:0: CUDA driver version is insufficient"*"; -d cpu runs here" ]]
}

# order CUBIN KERNEL: the loads (L) and stores (S) of data, 16 bytes each, as they stand.
order() {
	nvdisasm -c "$1" | awk -v kernel="$2" '/^\.text\./ { on = index($0, kernel) > 0 }
		on && /LDG.*128/ { printf "L" } on && /STG.*128/ { printf "S" }'
}

@test "given nvdisasm, when index and store are compiled, then all loads of a piece come before its first store" {
	local nvcc=${CUDA_HOME:-/usr/local/cuda}/bin/nvcc
	[ -x "$nvcc" ] || skip "no nvcc (set CUDA_HOME)"
	need nvdisasm
	for arch in 80 90 100 120; do
		for kernel in index_gather store_scatter; do
			local cubin=$BATS_TEST_TMPDIR/$kernel.$arch.cubin
			"$nvcc" -std=c++17 -O3 -cubin -arch=sm_$arch -o "$cubin" "$ROOT/kernels/${kernel%%_*}.cu"
			[ "$(order "$cubin" "${kernel}_kernelIiLi4ELb1E")" = LLLLSSSS ]
			[ "$(order "$cubin" "${kernel}_kernelIlLi8ELb1E")" = LLLLLLLLSSSSSSSS ]
		done
	done
}
