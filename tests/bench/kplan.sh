#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kplan on DeepSeek-V3 with all of its 61 layers, 8 x H200, decode and prefill: seconds and memory
# on one core, with an empty cache and with a warm one.
set -euo pipefail
cd "$(dirname "$0")/../.."

tree=build/inputs/sglang
[ -d "$tree" ] || { echo "no $tree (make setup)"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work
jq '.num_hidden_layers = 61' fixtures/kplan/deepseek-v3.json >"$work/config.json"

run() {
	/usr/bin/time -f "$1: %e s (processor %U + %S s), %M KiB at most" \
		taskset -c 0 bin/kplan -r "$tree" -c "$work/config.json" -D h200 --tp 8 >"$work/plan"
}
run "empty cache"
for _ in 1 2 3; do run "warm cache"; done
jq -c 'select(.kind == "end")' "$work/plan"
