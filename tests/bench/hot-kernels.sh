#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make hot-kernels, stage by stage, on the field's trace of a decode step (or TRACE=, MODEL=) and
# the pinned sglang (or SGLANG=): what is read of the code once, and what each further trace costs.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=${BIN:-bin}
trace=${TRACE:-${WARPIPE_SHARED:-../shared}/data/traces/sglang_r1distill_llama8b_B300_DECODE.trace.json.gz}
sglang=${SGLANG:-build/inputs/sglang} model=${MODEL:-llama}
if [ ! -f "$trace" ] || [ ! -d "$sglang" ]; then echo "hot-kernels: skipped, no $trace or no $sglang"; exit 0; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
TIMEFORMAT='%3R s, %3U s of one core'

stage() {
	local name=$1 output=$2
	shift 2
	{ time "$@" >"$output"; } 2>"$work/time"
	printf '%-34s %s\n' "$name" "$(tail -n 1 "$work/time")"
}

imports() {
	"$bin/kgrep-imports" -s <(cat filters/kgrep-imports/sources.txt pipelines/torch-sources.txt) "$sglang" |
		jq -c --rawfile names pipelines/torch-functions.txt \
			'($names | split("\n")) as $names | select(.source != "torch" or (.kernel | IN($names[])))'
}
chains() { "$bin/kcallers" -e -r "$sglang" -m "$model" <"$work/imports"; }
callees() { "$bin/kcallees" -r "$sglang" <"$work/imports"; }
layers() {
	"$bin/tr-parse" -s kernel,memcpy,memset,launch,module,frame,annotation,op "$trace" |
		"$bin/tr-classify" | "$bin/tr-stacks" | "$bin/tr-layers" --kernels
}
join() { "$bin/kjoin" -c "$work/chains" -l "$work/callees" -r "$sglang" "$work/layers"; }
page() { "$bin/kjoin-fmt" -f html "$work/joined"; }

echo "once for $sglang:"
stage '  kgrep-imports and jq' "$work/imports" imports
stage '  kcallers' "$work/chains" chains
stage '  kcallees' "$work/callees" callees
echo "for each trace, here $(basename "$trace"):"
stage '  tr-parse | ... | tr-layers' "$work/layers" layers
stage '  kjoin' "$work/joined" join
stage '  kjoin-fmt -f html' "$work/page" page
jq -r 'select(.kind == "join") | .sum as $sum | "of the GPU time, percent: " +
	(.explained | to_entries | map("\(.key) \(100 * .value / $sum * 10 | round / 10)") | join(", ")) +
	"; certain \(100 * .certain / $sum * 10 | round / 10)"' "$work/joined"
