# SPDX-License-Identifier: Apache-2.0
# tests/bench/gpu-sweep.sh, rehearsed without a GPU: whatever is missing or fails, the sweep comes home.

load helper

setup() {
	[ -x "$TESTS/kernels/kbench-double" ] || skip "no CUDA headers: kbench has no stand-in for a GPU"
	[[ $TESTS != *asan* ]] || skip "times out under sanitizers"
	export QUICK=1 OUT=$BATS_TEST_TMPDIR/out KBENCH=$TESTS/kernels/kbench-double CUDA_HOME=/no/such \
		LD_LIBRARY_PATH=$TESTS/kernels/nccl
	tools=$BATS_TEST_TMPDIR/tools
	mkdir -p "$tools"
	tool nvidia-smi 'echo "GPU 0: a stand-in"'
	tool python3 'echo "no module named torch" >&2; exit 1'
	# Nothing but coreutils, and what stands in for the rest.
	for command in bash cat cut date dirname echo env grep head ls make mkdir mktemp mv nproc printf rm sed sleep sort tail \
		timeout touch tr uname wc; do
		ln -s "$(command -v $command)" "$tools/$command" 2>/dev/null || true
	done
	PATHS=$tools
}

# tool NAME SCRIPT: a stand-in for a program.
tool() {
	rm -f "$tools/$1"
	printf '#!/bin/bash\n%s\n' "$2" >"$tools/$1"
	chmod +x "$tools/$1"
}

sweep() {
	run env PATH="$PATHS" bash "$ROOT/tests/bench/gpu-sweep.sh"
}

# state STAGE: its status by OUT/status.
state() {
	awk -F '\t' -v stage="$1" '$1 == stage { print $3 }' "$OUT/status"
}

# swept: the sweep came home, complete.
swept() {
	[ "$(state sweep)" = 0 ]
	jq -es 'map(select(.kind == "measure")) | length == 8' "$OUT/sweep.ndjson" >/dev/null
}

@test "given neither jq, nvcc, torch, ncu nor a sanitizer, when the GPU is swept, then the sweep and a line for each stage are there" {
	sweep
	[ "$status" -eq 0 ]
	swept
	[ -s "$OUT/report.md" ]
	for stage in machine build sweep table report variants exact pdl-pair peers peaks ncu memcheck nccl; do
		[ -n "$(state $stage)" ] || { echo "no line for $stage"; false; }
	done
	[[ $(state build) == "missing: no nvcc" && $(state ncu) == "missing: not installed" ]]
	[ "$(state peers)" = 1 ]
}

@test "given kernels that give wrong data, when the GPU is swept, then exactness fails alone" {
	export CUDA_DOUBLE_WRONG=1
	sweep
	[ "$status" -eq 0 ]
	swept
	[ "$(state exact)" = 1 ]
	jq -es 'any(.[]; .correct == false)' "$OUT/exact.ndjson" >/dev/null
}

@test "given a sanitizer and a profiler that refuse the device, when the GPU is swept, then their stages fail alone" {
	tool compute-sanitizer 'echo "Device not supported"; exit 1'
	tool ncu 'echo "LibraryNotLoaded"; exit 9'
	sweep
	[ "$status" -eq 0 ]
	swept
	[ "$(state memcheck)" = 1 ] && [ "$(state racecheck)" = 1 ] && [ "$(state ncu)" = 9 ]
	grep -q "Device not supported" "$OUT/memcheck.txt"
	[ "$(state nccl)" = 0 ]
}

@test "given an nvcc that makes nothing, when the GPU is swept, then the carried kbench measures" {
	export CUDA_HOME=$BATS_TEST_TMPDIR/cuda
	mkdir -p "$CUDA_HOME/bin"
	printf '#!/bin/bash\nexit 1\n' >"$CUDA_HOME/bin/nvcc"
	chmod +x "$CUDA_HOME/bin/nvcc"
	tool make 'echo "make: *** no headers"; exit 2'
	sweep
	[ "$status" -eq 0 ]
	swept
	[ "$(state build)" = 2 ]
}

@test "given a run that is cut, when it ends, then what was measured before is there" {
	tool python3 'sleep 600'
	env PATH="$PATHS" bash "$ROOT/tests/bench/gpu-sweep.sh" >/dev/null 2>&1 &
	local sweep=$!
	for _ in $(seq 300); do
		[ ! -e "$OUT/exact.ndjson" ] || break
		sleep 0.1
	done
	kill "$sweep"
	wait "$sweep" || true
	swept
}

@test "given no kbench at all, when the GPU is swept, then the status says so" {
	export KBENCH=/no/such
	sweep
	[ "$status" -eq 1 ]
	[[ $(state sweep) == "missing: neither a build nor a carried /no/such" ]]
}
