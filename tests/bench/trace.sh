#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The trace pipeline beside what unpacks the same file. Two kinds of traces, of SIZE bytes of JSON
# (1G) each, made of real ones by shifting their times: `calls`, mostly Python frames and operators,
# of which little is written again, and `dense`, whose events are all kernels, launches and what
# else the runtime was called for: most of it is written again, twice.
#
# The whole pipeline is `tr-parse FILE | tr-classify | tr-layers -f ndjson`: from the packed file to
# layers, passes and sums; with -a launches, modules and frames go through it, too. Of each command:
# seconds of processor time per 100 MB of JSON, all processes and threads together, and how long it
# took, the fastest of ROUNDS (5) and the median. They take turns; a machine that does other work
# makes both longer, and the pipeline, which wants two processors, more than igzip, which wants one.
#
# KINDS=dense measures one kind. TRACE= is grown instead of the stored ones. PEERS=0 leaves out jq,
# orjson, DuckDB and Python's json, which hold the whole trace in memory. STREAM=20G sends a trace of
# that size through a pipe, too.
set -euo pipefail
cd "$(dirname "$0")/../.." || exit

SIZE=${SIZE:-1G} ROUNDS=${ROUNDS:-5} PEERS=${PEERS:-1} STREAM=${STREAM:-} KINDS=${KINDS:-calls dense}
data=${WARPIPE_SHARED:-../shared}/data/traces
calls=${TRACE:-$data/inference_sglang_prefilldecode_sglang_Qwen3-8B_prefilldecode.json.gz}
dense=${TRACE:-$data/mi300_Qwen_Qwen1.5-0.5B-Chat__1016005.json.gz}
[ -e "$calls" ] || calls=fixtures/tr-parse/small.in.json
[ -e "$dense" ] || dense=fixtures/tr-parse/small.in.json
make -s bin/tr-parse bin/tr-classify bin/tr-layers build/tests/bench/trace-grow
PATH=$PWD/bin:$PATH
grow=build/tests/bench/trace-grow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shellcheck disable=SC2016 # expanded when they run
declare -A command=(
	[igzip]='igzip -dc "$file"'
	[gzip]='gzip -dc "$file"'
	[tr-parse]='tr-parse "$file"'
	[tr-parse --portable]='tr-parse --portable "$file"'
	[pipeline]='tr-parse "$file" | tr-classify | tr-layers -f ndjson'
	[pipeline -a]='tr-parse -a "$file" | tr-classify | tr-layers -f ndjson'
	[jq]='gzip -dc "$file" | jq -c ".traceEvents[]|select(.cat==\"kernel\")"'
	[python3]='python3 -c "import gzip, json, sys
trace = json.load(gzip.open(sys.argv[1]))
sum(e[\"dur\"] for e in trace[\"traceEvents\"] if e.get(\"cat\") == \"kernel\")" "$file"'
	[orjson]='python3 -c "import gzip, orjson, sys
trace = orjson.loads(gzip.open(sys.argv[1]).read())
sum(e[\"dur\"] for e in trace[\"traceEvents\"] if e.get(\"cat\") == \"kernel\")" "$file"'
	[duckdb]='python3 -c "import duckdb, sys
print(duckdb.sql(f\"select sum(e.dur::double) from (select unnest(traceEvents) as e from
read_json(\x27{sys.argv[1]}\x27, maximum_object_size=4000000000, columns={{\x27traceEvents\x27:
\x27struct(cat varchar, dur double)[]\x27}})) where e.cat = \x27kernel\x27\").fetchall())" "$file"'
)

# measure NAME: run it once: wall and processor seconds, a line of its own.
measure() {
	local TIMEFORMAT='%R %U %S'
	{ time eval "${command[$1]}" >/dev/null 2>"$work/said"; } 2>&1 | awk '{ print $1, $2 + $3 }' >>"$work/$1.times"
}

# of NAME COLUMN: the smallest and the median.
of() {
	cut -d ' ' -f "$2" "$work/$1.times" | sort -n |
		awk '{ t[NR] = $1 } END { print t[1], t[int((NR + 1) / 2)] }'
}

report() {
	echo "$(of "$1" 1) $(of "$1" 2) $(of igzip 1) $(of gzip 1)" |
		awk -v name="$1" -v bytes="$bytes" '{
			printf "%-20s %7.3f s of processor per 100 MB (median %.3f) %8.3f s %6.2f GB/s %6.2f x igzip (median %.2f) %6.2f x gzip\n",
				name, $3 * 1e8 / bytes, $4 * 1e8 / bytes, $1, bytes / $1 / 1e9, $1 / $5, $2 / $6, $1 / $7 }'
}

peers() {
	local available name
	available=$(awk '/^MemAvailable/ { printf "%.0f", $2 * 1024 }' /proc/meminfo)
	for name in jq python3 orjson duckdb; do
		if ! command -v "${name/orjson/python3}" >/dev/null && [ "$name" != duckdb ]; then
			echo "$name: not installed"
		elif { [ "$name" = orjson ] || [ "$name" = duckdb ]; } && ! python3 -c "import $name" 2>/dev/null; then
			echo "$name: not installed (as a module of python3)"
		elif [ "$available" -lt $((bytes * 12)) ]; then
			echo "$name: left out: $((available >> 30)) GiB of free memory may not be enough"
		elif measure "$name"; then
			report "$name"
		else
			echo "$name: failed: $(tail -n 1 "$work/said")"
		fi
	done
}

for kind in $KINDS; do
	trace=${!kind}
	if [ "$kind" = dense ]; then
		gzip -dcf "$trace" | jq -c '.traceEvents |= map(select((.cat // "") | test("^(kernel|(cuda|hip)_(runtime|driver))$")))' \
			>"$work/dense.json"
		"$grow" "$SIZE" "$work/dense.json" >"$work/x.json"
	else
		"$grow" "$SIZE" "$trace" >"$work/x.json"
	fi
	bytes=$(stat -c %s "$work/x.json")
	gzip -6 <"$work/x.json" >"$work/x.json.gz"
	rm -f "$work"/*.times "$work/x.json"
	file=$work/x.json.gz
	echo "$kind: $(basename "$trace") grown to $bytes bytes of JSON, $(stat -c %s "$file") packed," \
		"$(tr-parse -s all "$file" 2>/dev/null | tail -n 1 | jq -r '"\(.events) events, \(.kernels) of them kernels"');" \
		"$(nproc) processors, load $(cut -d ' ' -f 1 /proc/loadavg)"
	for ((round = 0; round < ROUNDS; round++)); do
		for name in igzip pipeline gzip 'pipeline -a' tr-parse; do measure "$name"; done
	done
	measure 'tr-parse --portable'
	for name in igzip gzip tr-parse 'tr-parse --portable' pipeline 'pipeline -a'; do report "$name"; done
	[ "$PEERS" != 1 ] || peers
	if [ -x /usr/bin/time ]; then
		/usr/bin/time -o "$work/memory" -f %M tr-parse "$file" >/dev/null
		echo "tr-parse: peak memory $(cat "$work/memory") KiB"
	fi
done
if [ -n "$STREAM" ]; then
	time "$grow" "$STREAM" "$calls" |
		/usr/bin/time -f 'tr-parse: peak memory %M KiB' tr-parse |
		/usr/bin/time -f 'tr-classify: peak memory %M KiB' tr-classify |
		/usr/bin/time -f 'tr-layers: peak memory %M KiB' tr-layers -f ndjson | tail -n 2 | cut -c 1-300
fi
