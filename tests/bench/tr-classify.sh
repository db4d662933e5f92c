#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tr-classify on half a million kernels (with the names of the fixtures), in turn with jq
# and Python's json, which only read the records and write them again.
set -euo pipefail
cd "$(dirname "$0")/../.." || exit

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
	echo '{"kind":"trace","file":"bench"}'
	grep '"kind":"kernel"' fixtures/tr-classify/models.in.ndjson |
		awk '{ line[NR] = $0 } END { for (i = 0; i < 500000; i++) print line[i % NR + 1] }'
	echo '{"kind":"end"}'
} >"$work/records"

python_copy='
import json, sys
for line in open(sys.argv[1]):
    print(json.dumps(json.loads(line)))'

seconds() {
	local begin end
	begin=$(date +%s%N)
	"$@" >/dev/null
	end=$(date +%s%N)
	echo $(((end - begin) / 1000))
}
python=$(command -v python3 || true)
for _ in 1 2 3; do
	echo "$(seconds bin/tr-classify "$work/records") $(seconds jq -c . "$work/records") $(
		[ -z "$python" ] || seconds python3 -c "$python_copy" "$work/records")"
done | sort -n | awk -v size="$(stat -c %s "$work/records")" -v kernels="$(($(wc -l <"$work/records") - 2))" '
	{ ours[NR] = $1; jq[NR] = $2 / $1; python[NR] = NF > 2 ? $3 / $1 : 0 }
	function median(values, n,   i, j, t) { for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++)
		if (values[j] < values[i]) { t = values[i]; values[i] = values[j]; values[j] = t }
		return values[int((n + 1) / 2)] }
	END { printf "tr-classify: %d kernels, %.0f MB: %.3f s (%.0f MB/s); jq takes %.1f times that, Python %.1f times (medians of %d)\n",
		kernels, size / 1e6, median(ours, NR) / 1e6, size / median(ours, NR), median(jq, NR), median(python, NR), NR }'
