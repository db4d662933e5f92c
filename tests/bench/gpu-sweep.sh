#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The kernels on GPU 0 in one go: bit-exact over sizes and types, compute-sanitizer where it
# is installed, the sweep with its ceilings, and torch and mini-sglang's kernels beside it.
#
#     tests/bench/gpu-sweep.sh [MINI-SGLANG]     a checkout of mini-sglang, for its kernels
#
# Builds with nvcc where there is one; else build/cuda/bin/kbench must be there (make CUDA=1
# BUILD=build/cuda BIN=build/cuda/bin), with the libraries that this system lacks in
# build/cuda/lib. Writes results/gpu-sweep.ndjson, .md (the report) and -peers.md (the comparison).
set -euo pipefail
cd "$(dirname "$0")/../.." || exit
peer=${1:-${MINI_SGLANG:-}}
out=results/gpu-sweep
kbench=build/cuda/bin/kbench

if ! command -v nvidia-smi >/dev/null || ! nvidia-smi -L >/dev/null 2>&1; then
	echo "gpu-sweep: no GPU here: not run"
	exit 0
fi
if [ -x "${CUDA_HOME:=/usr/local/cuda}/bin/nvcc" ]; then
	make -s CUDA=1 CUDA_HOME="$CUDA_HOME" BUILD=build/cuda BIN=build/cuda/bin build/cuda/bin/kbench
fi
[ -x $kbench ] || { echo "gpu-sweep: no nvcc and no $kbench"; exit 2; }
[ ! -d build/cuda/lib ] || export LD_LIBRARY_PATH=$PWD/build/cuda/lib
mkdir -p results
nvidia-smi --query-gpu=name,driver_version,clocks.max.sm,clocks.max.mem,power.limit --format=csv

echo "== bit-exact over sizes, types, strides, alignments and variants"
# count NAME ARGS...: how many configurations were right, wrong, or not to be had.
count() {
	local name=$1
	shift
	$kbench -d cuda:0 -n 2 -a l2=hot "$@" -f ndjson | jq -rs --arg name "$name" '
		map(select(.kind == "measure")) as $rows | "\($name): \($rows | map(select(.correct)) | length) right, " +
		"\($rows | map(select(.correct != true)) | length) wrong, \(map(select(.kind == "skipped")) | length) skipped"'
}
variants=(-a "variant=direct,persistent,bulk")
count "index, short rows" -k index -a rows=0,1,127,4097 -a dim=1,64,129 -a vocab=3000 -a dtype=fp32,fp16,fp8 \
	-a index=int32,int64 -a tp=1,4 -a pad=0,16,6 -a offset=0,3 "${variants[@]}"
count "index, long rows" -k index -a rows=1,4097 -a dim=4096,20481 -a vocab=3000 -a offset=0,2 -a tp=1,4 \
	-a unroll=0,1,2,4,8 -a pdl=0,1 "${variants[@]}"
count store -k store -a rows=0,1,127,4097 -a heads=1,8 -a head_dim=9,64,128 -a dtype=fp32,fp16,fp8 -a slots=5000 \
	-a index=int32,int64 -a layout=packed,qkv -a pdl=0,1 "${variants[@]}"

if command -v compute-sanitizer >/dev/null; then
	echo "== compute-sanitizer"
	compute-sanitizer --error-exitcode 3 $kbench -d cuda:0 -k index,store -n 2 -a l2=hot -a rows=1,129 \
		-a dim=64,129 -a head_dim=9,128 -a variant=direct,persistent,bulk >/dev/null
else
	echo "== compute-sanitizer: not installed, not run"
fi

echo "== sweep"
$kbench -d cuda:0 -k index,store -a rows=1:131072:x2 -f ndjson -o $out.ndjson
$kbench -d cuda:0 -k allreduce -f table || true
$kbench --from $out.ndjson -f report -o $out.md
$kbench --from $out.ndjson -f table

echo "== variants, cold, largest sizes"
$kbench -d cuda:0 -k index,store -a rows=4096,32768,131072 -a l2=cold -a variant=direct,persistent,bulk -a unroll=0,2,4,8

echo "== torch and mini-sglang"
if python3 -c 'import torch; torch.zeros(1, device="cuda")' 2>/dev/null; then
	python3 tests/bench/gpu-peers.py $out.ndjson ${peer:+"$peer"} | tee $out-peers.md
else
	echo "no torch with CUDA: not compared"
fi
