#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# defgen on a whole models folder: all entry classes evaluated, in turn with Python, which
# only parses the same files; then how far each class comes. TREES adds checkouts.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
parse_only='
import ast, pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    ast.parse(path.read_text(encoding="utf-8-sig"))'

# seconds FILE COMMAND...: how long it takes; its output goes to FILE.
seconds() {
	local begin end output=$1
	shift
	begin=$(date +%s%N)
	"$@" >"$output"
	end=$(date +%s%N)
	awk -v ns=$((end - begin)) 'BEGIN { printf "%.2f", ns / 1e9 }'
}

for tree in build/inputs/sglang ${TREES:-}; do
	[ -d "$tree" ] || { echo "$tree is not there (make setup)"; continue; }
	for round in 1 2 3; do
		ours=$(seconds "$work/rows" bin/defgen --survey --sglang-path "$tree")
		theirs=$(seconds /dev/null python3 -c "$parse_only" "$tree/python/sglang/srt/models")
		awk -v tree="$tree" -v round=$round -v ours="$ours" -v theirs="$theirs" 'BEGIN {
			printf "%s round %d: defgen evaluates all classes in %s s; Python parses the files in %s s (%.1f times as long)\n",
				tree, round, ours, theirs, theirs / ours }'
	done
	jq -r 'select(.kind == "summary") | "\(.files) files, \(.classes) classes: " +
	  "\(.evaluated) evaluated, \(.partly) partly, \(.not) not"' "$work/rows"
	echo "why not all, classes each:"
	jq -r 'select(.kind == "entry" and .status != "evaluated") | [.unsupported[] |
	  if test("the config has no") then "the made-up config lacks a key that the code needs"
	  elif test("is not followed") then "built by a package that is not followed"
	  elif test("construction stops") then "the constructor refuses the made-up config"
	  elif test("condition:") then "a condition around constructors is unknown"
	  else "a size or list is unknown" end] | unique[]' "$work/rows" | sort | uniq -c | sort -rn
	echo "kernels without a family, classes each:"
	jq -r 'select(.kind == "entry") | [.no_family[] | sub(".*: "; "")] | unique[]' "$work/rows" |
		sort | uniq -c | sort -rn
done
