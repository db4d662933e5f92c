#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# rank.sh NUMBER [SHIFT]: a trace of one of three ranks that all-reduce 4 times, in 2 passes of 2
# layers. At the second rank 2 computes 300 us longer; at the fourth rank 1's host is 300 us late.
# The clock is SHIFT us ahead. PASSES=1: records with passes and layers, as tr-layers writes them.
set -euo pipefail
cd "$(dirname "$0")/../.."
number=$1 shift=${2:-0}
trace() {
	for i in 0 1 2 3; do
		begin=$((1000 + shift + 1000 * i))
		compute=$((number == 2 && i == 1 ? 300 : 0)) host=$((number == 1 && i == 3 ? 300 : 0))
		start=$((begin + host + 100 + compute))
		echo "more"
		echo "frame $((begin - 10)) $((host + 20)) 1 serve.py(7): schedule"
		echo "call $((begin + host - 5)) 4 1 $((2 * i + 1)) cudaLaunchKernel"
		echo "kernel $((begin + host)) $((100 + compute)) 7 $((2 * i + 1)) gemm"
		echo "more ,\"Collective_name\":0"
		echo "kernel $start $((begin + 450 - start)) 20 0 ncclDevKernel_AllReduce_Sum_bf16_RING_LL(x)"
	done | awk -v rank="$number" -f tests/tr-account/trace.awk | sed -e 's/"Collective_name":0/"Collective name":"allreduce","In msg nelems":100000,"Out msg nelems":100000,"Group size":3,"dtype":"BFloat16","Process Group Name":"tp"/' \
		-e 's/"rank":[0-9]*/&,"world_size":3/'
}
if [ -z "${PASSES:-}" ]; then
	trace
else
	trace | tr-parse -s all | jq -c --argjson n 0 'if .kind == "kernel" then .index as $i |
		. + {pass: (if $i < 8 then 0 else 1 end), layer: (($i / 4 | floor) % 2), stage: "decode"} else . end'
fi
