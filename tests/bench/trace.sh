#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The trace pipeline beside what unpacks the same file: SIZE bytes of JSON (1G) made from
# TRACE, a real one with Python frames, by shifting its times; the commands take turns,
# ROUNDS times (5), and the fastest runs are compared, the medians behind them: on a busy
# machine the pipeline, which wants two processors, suffers more than igzip, which wants one.
# A trace that is nearly all kernels is another matter: most of it is written again, twice.
# PEERS=0 leaves out jq and Python, which hold the whole trace in memory. STREAM=20G sends a
# trace of that size through a pipe, too.
set -euo pipefail
cd "$(dirname "$0")/../.." || exit

SIZE=${SIZE:-1G} ROUNDS=${ROUNDS:-5} PEERS=${PEERS:-1} STREAM=${STREAM:-}
data=${WARPIPE_SHARED:-../shared}/data/traces
TRACE=${TRACE:-$data/inference_sglang_prefilldecode_sglang_Qwen3-8B_prefilldecode.json.gz}
[ -e "$TRACE" ] || TRACE=fixtures/tr-parse/small.in.json
make -s bin/tr-parse bin/tr-classify bin/tr-layers build/tests/bench/trace-grow
PATH=$PWD/bin:$PATH
grow=build/tests/bench/trace-grow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$grow" "$SIZE" "$TRACE" >"$work/x.json"
bytes=$(stat -c %s "$work/x.json")
gzip -6 <"$work/x.json" >"$work/x.json.gz"
rm "$work/x.json"
file=$work/x.json.gz
echo "$(basename "$TRACE") grown to $bytes bytes of JSON, $(stat -c %s "$file") packed;" \
	"$(nproc) processors, load $(cut -d ' ' -f 1 /proc/loadavg)"

# shellcheck disable=SC2016 # expanded when they run
declare -A command=(
	[igzip]='igzip -dc "$file" >/dev/null'
	[gzip]='gzip -dc "$file" >/dev/null'
	[tr-parse]='tr-parse "$file" >/dev/null'
	[tr-parse --portable]='tr-parse --portable "$file" >/dev/null'
	[pipeline]='tr-parse "$file" | tr-classify | tr-layers -f ndjson >/dev/null'
	[jq]='gzip -dc "$file" | jq -c ".traceEvents[]|select(.cat==\"kernel\")" >/dev/null'
	[python3]='python3 -c "import gzip, json, sys
trace = json.load(gzip.open(sys.argv[1]))
sum(e[\"dur\"] for e in trace[\"traceEvents\"] if e.get(\"cat\") == \"kernel\")" "$file"'
)

# seconds NAME: run it once.
seconds() {
	local begin=$EPOCHREALTIME end
	eval "${command[$1]}"
	end=$EPOCHREALTIME
	echo $((${end/./} - ${begin/./})) | awk '{ printf "%.3f\n", $1 / 1e6 }'
}

# fastest_and_median NAME
fastest_and_median() {
	sort -n "$work/$1.times" | awk '{ t[NR] = $1 } END { print t[1], t[int((NR + 1) / 2)] }'
}

report() {
	echo "$(fastest_and_median "$1") $(fastest_and_median igzip) $(fastest_and_median gzip)" |
		awk -v name="$1" -v bytes="$bytes" '{
			printf "%-20s %8.3f s %7.2f GB/s %7.2f x igzip (median %.2f) %7.2f x gzip (median %.2f)\n",
				name, $1, bytes / $1 / 1e9, $1 / $3, $2 / $4, $1 / $5, $2 / $6 }'
}

for ((round = 0; round < ROUNDS; round++)); do
	for name in igzip pipeline gzip tr-parse; do
		seconds "$name" >>"$work/$name.times"
	done
done
for name in igzip gzip tr-parse pipeline; do report "$name"; done
seconds 'tr-parse --portable' >"$work/tr-parse --portable.times"
report 'tr-parse --portable'

# Python and jq take about ten times the JSON's size.
if [ "$PEERS" = 1 ]; then
	available=$(awk '/^MemAvailable/ { printf "%.0f", $2 * 1024 }' /proc/meminfo)
	for name in jq python3; do
		if ! command -v "$name" >/dev/null; then
			echo "$name: not installed"
		elif [ "$available" -lt $((bytes * 12)) ]; then
			echo "$name: left out: $((available >> 30)) GiB of free memory may not be enough"
		elif seconds "$name" >"$work/$name.times"; then
			report "$name"
		fi
	done
fi

if [ -x /usr/bin/time ]; then
	/usr/bin/time -o "$work/memory" -f %M tr-parse "$file" >/dev/null
	echo "tr-parse: peak memory $(cat "$work/memory") KiB"
fi
if [ -n "$STREAM" ]; then
	time "$grow" "$STREAM" "$TRACE" |
		/usr/bin/time -f 'tr-parse: peak memory %M KiB' tr-parse |
		/usr/bin/time -f 'tr-classify: peak memory %M KiB' tr-classify |
		/usr/bin/time -f 'tr-layers: peak memory %M KiB' tr-layers -f ndjson | tail -n 2 | cut -c 1-300
fi
