#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tr-layers on a million kernels: how fast it reads, beside tr-classify and cat, and how many
# bytes of memory a kernel takes (peak of the process over the number of kernels).
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk -v passes=870 -f fixtures/tr-layers/generate.awk fixtures/tr-layers/models/mla-moe >"$work/records"
kernels=$(($(wc -l <"$work/records") - 2))
bytes=$(wc -c <"$work/records")
echo "$kernels kernels, $bytes bytes of records"

# seconds COMMAND...: the best of three, in turn with the others.
seconds() {
	local start=$EPOCHREALTIME
	"$@" <"$work/records" >/dev/null
	local end=$EPOCHREALTIME
	echo $((${end/./} - ${start/./}))
}
layers=999999999 classify=999999999 plain=999999999
for _ in 1 2 3; do
	us=$(seconds cat) && [ "$us" -ge "$plain" ] || plain=$us
	us=$(seconds bin/tr-classify) && [ "$us" -ge "$classify" ] || classify=$us
	us=$(seconds bin/tr-layers) && [ "$us" -ge "$layers" ] || layers=$us
done
awk -v l="$layers" -v c="$classify" -v p="$plain" -v k="$kernels" -v b="$bytes" 'BEGIN {
	printf "tr-layers: %.2f s, %.2f million kernels/s, %.0f MB/s\n", l / 1e6, k / l, b / l
	printf "tr-layers : tr-classify = %.2f, tr-layers : cat = %.1f\n", l / c, l / p
}'

bin/tr-layers <"$work/records" >/dev/null &
pid=$!
peak=0
while now=$(awk '/VmHWM/ { print $2 }' "/proc/$pid/status" 2>/dev/null) && [ -n "$now" ]; do peak=$now; done
wait "$pid"
echo "peak $peak kB: $((peak * 1024 / kernels)) bytes a kernel, all layers included"
