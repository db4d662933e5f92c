#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The trace pipeline beside what it cannot do without: parsing the tree once on one core
# (py-dump -q). Ratios of wall times, medians of rounds in which all run in turn. TREE is
# the pinned sglang unless given: bash tests/bench/kernel-traces.sh [TREE [ROUNDS]]
set -euo pipefail
cd "$(dirname "$0")/../.."

tree=${1:-build/inputs/sglang}
rounds=${2:-5}
[ -d "$tree" ] || { echo "no $tree (make setup)" >&2; exit 2; }
make -s bin/kgrep-imports bin/kcallers bin/kchain-fmt build/tests/py/py-dump

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

parse() { build/tests/py/py-dump -q -t 1 "$tree"; }
imports() { bin/kgrep-imports "$tree"; }
pipeline() { bin/kgrep-imports "$tree" | bin/kcallers -r "$tree" | bin/kchain-fmt; }
format() { bin/kchain-fmt "$work/chains"; }
with_jq() { jq -c . "$work/chains"; }

seconds() {
	local begin
	begin=$(date +%s%N)
	"$@" >/dev/null
	echo $(($(date +%s%N) - begin))
}

bin/kgrep-imports "$tree" | bin/kcallers -r "$tree" >"$work/chains"
for _ in $(seq "$rounds"); do
	echo "$(seconds parse) $(seconds imports) $(seconds pipeline) $(seconds format) $(seconds with_jq)"
done >"$work/times"

awk -v size="$(wc -c <"$work/chains")" '
	function median(values, n,   i, j, t) {
		for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++)
			if (values[j] < values[i]) { t = values[i]; values[i] = values[j]; values[j] = t }
		return values[int((n + 1) / 2)]
	}
	{ parse[NR] = $1 / 1e9; imports[NR] = $2 / $1; pipeline[NR] = $3 / $1
	  format[NR] = $4 / 1e9; jq[NR] = $5 / $4 }
	END {
		printf "parsing the tree on one core: %.2f s\n", median(parse, NR)
		printf "kgrep-imports: %.2f of that\n", median(imports, NR)
		printf "kgrep-imports | kcallers | kchain-fmt: %.2f of that\n", median(pipeline, NR)
		printf "kchain-fmt: %.2f s for %.0f MB; jq -c . takes %.1f times that\n",
		    median(format, NR), size / 1e6, median(jq, NR)
	}' "$work/times"
