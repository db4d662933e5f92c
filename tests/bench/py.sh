#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Python parser on the pinned sglang release, in turn with tree-sitter alone, which
# reads the same files and keeps nothing, and with CPython's ast.
set -euo pipefail
cd "$(dirname "$0")/../.."

tree=build/inputs/sglang
if [ ! -d "$tree" ]; then
	echo "python trees: $tree is not there (make setup)"
	exit
fi
make -s build/tests/py/py-dump

python_parse='
import ast, pathlib, sys
for path in pathlib.Path(sys.argv[1]).rglob("*.py"):
    ast.parse(path.read_bytes())'

# Seconds of processor time, and of the clock, that a command takes.
used() {
	local TIMEFORMAT='%U %S %R'
	{ time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ print $1 + $2, $3 }'
}
python=$(command -v python3 || true)
for _ in 1 2 3 4 5; do
	echo "$(used build/tests/py/py-dump -q "$tree") $(
		used build/tests/py/py-dump -r "$tree") $(
		used build/tests/py/py-dump -q -t 2 "$tree") $(
		[ -z "$python" ] || used "$python" -W ignore -c "$python_parse" "$tree")"
done | awk -v bytes="$(find "$tree" -name '*.py' -print0 | xargs -0 cat | wc -c)" '
	{ ours[NR] = $1; alone[NR] = $1 / $3; two[NR] = $2 / $6; python[NR] = NF > 6 ? $7 / $1 : 0 }
	function median(values, n,   i, j, t) { for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++)
		if (values[j] < values[i]) { t = values[i]; values[i] = values[j]; values[j] = t }
		return values[int((n + 1) / 2)] }
	END { printf "python trees: %.1f MB in %.2f s of processor time, %.2f times what tree-sitter alone takes; ast.parse takes %.1f times ours; a second thread makes it %.2f times as fast (medians of %d)\n",
		bytes / 1e6, median(ours, NR), median(alone, NR), median(python, NR), median(two, NR), NR }'
