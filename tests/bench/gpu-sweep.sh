#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The kernels on GPU 0 in one go of about seven minutes, for a machine that is lent once: the sweep
# with its ceilings first, then variants, bit-exactness, a producer and its consumer, peers, counters,
# sanitizer, NCCL, and the peaks of products and attention that kroof --peaks reads.
#
#     OUT=DIR tests/bench/gpu-sweep.sh [MINI-SGLANG]     a checkout of mini-sglang, for its kernels
#
# Every stage has its own time limit, writes into OUT (results/gpu-sweep) as it goes, and stops none of the
# others; OUT/status has a line for each: name, seconds, exit status. Needs bash and coreutils; what
# else is missing (nvcc, python3, torch, ncu, compute-sanitizer, NCCL) costs its stage alone. Builds
# with nvcc where there is one; where there is none, or the build fails, build/cuda/bin/kbench is
# taken as it was carried (make CUDA=1 BUILD=build/cuda BIN=build/cuda/bin), with the libraries that
# this system lacks in build/cuda/lib. QUICK=1 takes few sizes: a rehearsal.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
peer=${1:-${MINI_SGLANG:-}}
OUT=${OUT:-results/gpu-sweep}
carried=${KBENCH:-build/cuda/bin/kbench}
here=build/cuda-here
kbench=
rows=1,4,16,64,256,512,1024,4096,16384,32768,65536,131072
few=64,512,4096,131072
# Tables of 256 MiB are beyond every cache and quick to make.
tables=(-a vocab=32768 -a slots=131072)
exact=(-a "rows=0,1,127,4097" -a "dim=1,129,4096" -a "head_dim=9,128" -a "dtype=fp32,fp8" -a "offset=0,3" -a "layout=packed,qkv")
samples=()
if [ -n "${QUICK:-}" ]; then
	rows=1,64 few=64 tables=(-a vocab=500 -a slots=1000) samples=(-n 6)
	exact=(-a rows=127 -a dim=129 -a head_dim=9 -a dtype=fp32)
fi

if ! command -v nvidia-smi >/dev/null || ! timeout 20 nvidia-smi -L >/dev/null 2>&1; then
	echo "gpu-sweep: no GPU here: not run"
	exit 0
fi
mkdir -p "$OUT" || exit 2
: >"$OUT/status"
[ ! -d build/cuda/lib ] || export LD_LIBRARY_PATH=$PWD/build/cuda/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

# stage NAME SECONDS COMMAND...: its output into OUT/NAME.txt, its time and status into OUT/status.
stage() {
	local name=$1 limit=$2 begin=$SECONDS status=0
	shift 2
	echo "== $name" >&2
	timeout -k 5 "$limit" "$@" >"$OUT/$name.txt" 2>&1 </dev/null || status=$?
	printf '%s\t%s\t%s\n' "$name" $((SECONDS - begin)) "$status" >>"$OUT/status"
	[ "$status" -eq 0 ] || { echo "   status $status: $(tail -n 1 "$OUT/$name.txt")" >&2; false; }
}

# missing NAME WHY: a stage that cannot be had.
missing() {
	printf '%s\t0\tmissing: %s\n' "$1" "$2" >>"$OUT/status"
	echo "== $1: $2" >&2
}

# 1. Versions, clocks, and a kbench.
stage machine 20 nvidia-smi --query-gpu=name,driver_version,clocks.max.sm,clocks.max.mem,clocks.sm,power.limit,temperature.gpu --format=csv
if [ -x "${CUDA_HOME:=/usr/local/cuda}/bin/nvcc" ]; then
	stage build 120 make -s -j"$(nproc)" CUDA=1 CUDA_ARCH="${CUDA_ARCH:-90}" CUDA_HOME="$CUDA_HOME" \
		BUILD=$here BIN=$here/bin $here/bin/kbench && kbench=$here/bin/kbench
else
	missing build "no nvcc"
fi
if [ -z "$kbench" ] && [ -x "$carried" ]; then kbench=$carried; fi
if [ -z "$kbench" ]; then
	missing sweep "neither a build nor a carried $carried"
	exit 1
fi
echo "kbench: $kbench" >>"$OUT/machine.txt"
python=
if command -v python3 >/dev/null; then python=python3; fi
# NCCL of a Python package.
if [ -n "$python" ]; then
	nccl=$(timeout 20 python3 -c 'import nvidia.nccl, os; print(os.path.join(list(nvidia.nccl.__path__)[0], "lib"))' 2>/dev/null) &&
		export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$nccl
fi

# 2. The sweep, hot and cold.
stage sweep 100 "$kbench" -d cuda:0 -k index,store -a rows=$rows "${tables[@]}" --no-check \
	--timeout 0.5 "${samples[@]}" -f ndjson -o "$OUT/sweep.ndjson"
if [ -s "$OUT/sweep.ndjson" ]; then
	stage table 20 "$kbench" --from "$OUT/sweep.ndjson" -f table
	stage report 20 "$kbench" --from "$OUT/sweep.ndjson" -f report -o "$OUT/report.md"
fi

# 3. Variants and unrolling.
stage variants 60 "$kbench" -d cuda:0 -k index,store -a rows=$few "${tables[@]}" -a l2=cold --no-check \
	-a variant=direct,persistent,bulk -a unroll=1,2,4,8 --timeout 0.2 "${samples[@]}" -f ndjson -o "$OUT/variants.ndjson"

# 4. Bit-exact: short rows, odd strides and alignments, long rows, both kernels.
stage exact 60 "$kbench" -d cuda:0 -k index,store -n 2 -a l2=hot "${exact[@]}" -a vocab=3000 -a slots=5000 \
	-a index=int64 -a tp=1,4 -a pdl=0,1 -a variant=direct,bulk -f ndjson -o "$OUT/exact.ndjson"

stage exact-kvcache 30 "$kbench" -d cuda:0 -k kvcache -n 2 -a l2=hot -a rows=33 -a slots=5000 -a layout=NHD,HND,MLA -a padding=0,25 \
	-a scale=tensor,head -a dtype=bf16,fp32 -a page=1,16 -a pdl=0,1 -f ndjson -o "$OUT/exact-kvcache.ndjson"

# A consumer that starts while its producer still writes must wait for it.
if [ -x "$here/pdl-pair" ] || [ -x build/cuda/pdl-pair ]; then
	pair=$here/pdl-pair
	[ -x "$pair" ] || pair=build/cuda/pdl-pair
	stage pdl-pair 30 "$pair"
elif [ -x "$CUDA_HOME/bin/nvcc" ]; then
	stage pdl-build 60 "$CUDA_HOME/bin/nvcc" -std=c++17 -O2 -arch="sm_${CUDA_ARCH:-90}" -Ikernels -o "$here/pdl-pair" \
		tests/bench/pdl-pair.cu kernels/index.cu kernels/store.cu kernels/rowmove.cu $here/libkernels.a &&
		stage pdl-pair 30 "$here/pdl-pair"
else
	missing pdl-pair "no nvcc and none carried"
fi

# 5. torch's and mini-sglang's kernels, as many calls a graph as ours.
if [ -n "$python" ]; then
	stage peers 70 python3 tests/bench/gpu-peers.py "$OUT/sweep.ndjson" ${peer:+"$peer"}
	# 6. Peaks of products and attention, for kroof --peaks.
	stage peaks 40 python3 tests/bench/gpu-peaks.py "$OUT/sweep.ndjson" "$OUT/peaks.ndjson"
else
	missing peers "no python3"
	missing peaks "no python3"
fi

# 7. Counters of six launches, then the sanitizer.
short=(-d cuda:0 -k "index,store" -n 2 -a l2=hot --no-check -w 0)
# Those that the report reads, so that a launch is replayed a few times, not forty.
counters=sm__throughput.avg.pct_of_peak_sustained_elapsed,sm__inst_executed_pipe_tensor.sum
counters+=,dram__throughput.avg.pct_of_peak_sustained_elapsed,dram__bytes_read.sum,dram__bytes_write.sum
counters+=,lts__t_sector_hit_rate.pct,sm__warps_active.avg.pct_of_peak_sustained_active
for stall in long_scoreboard not_selected lg_throttle; do
	counters+=,smsp__average_warps_issue_stalled_${stall}_per_issue_active.ratio
done
if command -v ncu >/dev/null; then
	stage ncu 70 ncu --csv --page raw --clock-control none --metrics "$counters" --launch-count 6 --log-file "$OUT/ncu.csv" \
		"$kbench" "${short[@]}" -a rows=$few "${tables[@]}"
else
	missing ncu "not installed"
fi
if command -v compute-sanitizer >/dev/null; then
	for tool in memcheck racecheck; do
		stage $tool 25 compute-sanitizer --tool $tool --error-exitcode 3 "$kbench" "${short[@]}" -a rows=129 -a dim=129 \
			-a vocab=3000 -a slots=5000 -a head_dim=9 -a variant=direct,bulk
	done
else
	missing memcheck "compute-sanitizer is not installed"
fi

# 8. NCCL with one rank: the paths of the buffer.
stage nccl 30 "$kbench" -d cuda:0 -k allreduce -a bytes=4K,1M -a dtype=fp32 -a buffer=0,64M -a in_buffer=0,1 "${samples[@]}" -f ndjson -o "$OUT/allreduce.ndjson"

echo "gpu-sweep: $OUT/status:"
cat "$OUT/status"
[ -s "$OUT/sweep.ndjson" ]
