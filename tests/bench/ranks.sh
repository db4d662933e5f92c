#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What trace-ranks costs: traces a second for RANKS ranks (20 60) of a trace as it is, and for
# the fewest of them with GROW (1 4) times its events; then a run that is killed half-way and
# resumed. Ranks are made of TRACE, a real one: kernels take another time in each of four
# kinds of rank, every rank has its number, and one is slow.
# HOSTS=FILE (as parallel --sshloginfile takes it) measures a run over ssh, too. TSV=FILE gets
# the rows, for pictures. The inputs lie in the page cache: disks are not measured.
set -euo pipefail
cd "$(dirname "$0")/../.." || exit

read -ra ranks <<<"${RANKS:-20 60}"
read -ra grows <<<"${GROW:-1 4}"
HOSTS=${HOSTS:-} TSV=${TSV:-/dev/null}
TRACE=${TRACE:-${WARPIPE_SHARED:-../shared}/data/traces/sglang_qwen3_8b_P1D4.json.gz}
make -s bin/tr-{parse,classify,layers,account,ranks} build/tests/bench/trace-grow
PATH=$PWD/bin:$PATH
command -v parallel >/dev/null || { echo "parallel is not installed"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
SLOW=7

if [ ! -e "$TRACE" ]; then
	TRACE=$work/made-up.json
	awk -v passes=20 -f fixtures/tr-layers/generate.awk fixtures/tr-layers/models/dense-tp |
		jq -s -c --argjson rank 0 --argjson slow 1 -f fixtures/tr-layers/to-trace.jq >"$TRACE"
fi

# unpacked FILE
unpacked() {
	gzip -dcf <"$1"
}

# A rank is two gzip members: its number, and all else, which is packed once for each kind.
# kinds GROW: the four bodies.
kinds() {
	local kind=0 factor
	for factor in 1 1.01 1.02 1.3; do
		[ -e "$work/kind-$kind.json" ] || unpacked "$TRACE" | jq -c --argjson factor "$factor" '
			{distributedInfo: {rank: 0, world_size: 1000}} + (del(.distributedInfo) |
			.traceEvents |= map(if .cat == "kernel" then .dur *= $factor * 1000 | .dur |= round / 1000 else . end))
			' >"$work/kind-$kind.json"
		build/tests/bench/trace-grow "$(($(stat -c %s "$work/kind-$kind.json") * (2 * $1 - 1) / 2))" \
			"$work/kind-$kind.json" |
			tail -c +29 | gzip -6 >"$work/body-$kind.gz"
		kind=$((kind + 1))
	done
}

# job COUNT: so many ranks in $work/job.
job() {
	local rank kind
	rm -rf "$work/job"
	mkdir "$work/job"
	for ((rank = 0; rank < $1; rank++)); do
		kind=$((rank % 3))
		[ "$rank" -ne $SLOW ] || kind=3
		{ printf '{"distributedInfo":{"rank":%d' "$rank" | gzip -1; cat "$work/body-$kind.gz"; } \
			>"$work/job/rank-$rank.json.gz"
	done
	find "$work/job" -type f >"$work/list"
}

# measure COMMAND...: sets $took and $cpu, in ms: others may use the processors, too.
measure() {
	local TIMEFORMAT='%3R %3U %3S' times
	{ time "$@" >/dev/null 2>&3; } 3>&2 2>"$work/times"
	read -ra times <"$work/times"
	# Seconds with three decimals, less the point.
	took=$((10#${times[0]/./}))
	cpu=$((10#${times[1]/./} + 10#${times[2]/./}))
}

# ranks_of OPTION...: status 1 is a finding: ranks are missing, or late.
ranks_of() {
	pipelines/trace-ranks "$@" || [ $? -eq 1 ]
}

# run NAME [OPTION...]: all ranks of the job from the start.
run() {
	local name=$1
	shift
	rm -rf "${work:?}/$name"
	measure ranks_of -o "$work/$name" -l "$work/list" "$@"
	[ "$(jq -c 'select(.kind == "ranks").devices' "$work/$name/ranks.ndjson")" = "$(wc -l <"$work/list")" ] ||
		{ echo "ranks: not what was put in: $(tail -n 2 "$work/$name/ranks.ndjson" | head -c 300)"; exit 1; }
}

# row WHAT GROW: prints and keeps what was measured last.
row() {
	local count bytes
	count=$(wc -l <"$work/list")
	bytes=$(find "$work/job" -type f -printf '%s\n' | awk '{ sum += $1 } END { print int(sum / NR) }')
	printf '%s\t%d\t%d\t%d\t%d\t%d\t%d\n' "$1" "$count" "$events" "$((json * $2))" "$bytes" "$took" "$cpu" |
		tee -a "$work/rows" | awk -F '\t' '{
			printf "%-8s %5d ranks of %8d events, %6.1f MB of JSON, %5.1f MB packed: ", $1, $2, $3, $4 / 1e6, $5 / 1e6
			printf "%6.1f s, %6.1f traces/s, %5.2f M events/s; processor %6.1f ms a trace\n", $6 / 1e3,
			    $2 / $6 * 1e3, $2 * $3 / $6 / 1e3, $7 / $2 }'
}

# one trace's events, as tr-parse counts them
count_events() {
	tr-parse "$(head -n 1 "$work/list")" | tail -n 1 | jq .events
}

echo "$(basename "$TRACE"); $(nproc) processors, load $(cut -d ' ' -f 1 /proc/loadavg); $(parallel --version | head -n 1)"
printf 'what\tranks\tevents\tjson\tpacked\tms\tcpu_ms\n' >"$work/rows"

# How cost grows with ranks.
kinds 1
json=$(stat -c %s "$work/kind-0.json")
for count in "${ranks[@]}"; do
	job "$count"
	events=$(count_events)
	run ranks
	row ranks 1
	# Everything is done: what is left is to look at the job's log and to merge.
	measure ranks_of -o "$work/ranks" -l "$work/list"
	row merge 1
done
echo "on disk for each rank: $(du -sk --apparent-size "$work/ranks" | awk -v n="$count" '{ printf "%.1f", $1 / n }') KiB of records"
run by-ten -n 10
row by-ten 1
if [ -n "$HOSTS" ]; then
	WARPIPE_BIN=$PWD/bin run ssh -H "$HOSTS"
	row ssh 1
fi

# Killed when half of the ranks are done, and run again: no rank that was done is done again.
rm -rf "$work/killed"
pipelines/trace-ranks -o "$work/killed" -l "$work/list" >/dev/null 2>&1 &
until [ "$(awk -F '\t' 'NR > 1 && $7 == 0' "$work/killed/joblog" 2>/dev/null | wc -l)" -ge $((count / 2)) ]; do
	sleep 0.02
done
kill -TERM $!
wait $! || true
before=$(awk -F '\t' 'NR > 1 && $7 == 0' "$work/killed/joblog" | wc -l)
measure ranks_of -o "$work/killed" -l "$work/list"
again=$(awk -F '\t' 'NR > 1 && $7 == 0 { done[$1]++ } END { for (job in done) again += done[job] - 1; print again + 0 }' "$work/killed/joblog")
cmp "$work/ranks/ranks.ndjson" "$work/killed/ranks.ndjson"
row resumed 1
echo "killed with $before of $count done; the rest took $took ms, $again were done again; the table is the same bytes"

# What the two parts of a job cost: parallel's own work, and the three programs.
nothing() {
	seq 200 | parallel --will-cite --joblog "$work/log" --results "$work/nothing/{#}" true
}
programs() {
	local trace
	for trace in $(head -n 20 "$work/list"); do
		tr-parse -s all "$trace" | tr-classify | tr-layers --kernels | tr-account --comms --gaps 1 || [ $? -eq 1 ]
	done
}
measure nothing
echo "parallel alone: $((took / 200)) ms for each job that does nothing, $((cpu / 200)) ms of them of processor time"
measure programs
echo "tr-parse | tr-classify | tr-layers | tr-account: $((cpu / 20)) ms of processor time for each trace"

# Time and memory of the merge.
if [ -x /usr/bin/time ]; then
	find "$work/ranks/ranks" -name '*.ndjson' -exec cat {} + >"$work/all"
	/usr/bin/time -f "%e s, peak memory %M KiB" -o "$work/time" tr-ranks "$work/all" >"$work/merged" || [ $? -eq 1 ]
	echo "merge of $(wc -c <"$work/all") bytes, $(jq 'select(.kind == "ranks").collectives' "$work/merged") collectives: $(tail -n 1 "$work/time")"
fi

# How cost grows with events.
job "${ranks[0]}"
for grow in "${grows[@]}"; do
	kinds "$grow"
	job "${ranks[0]}"
	events=$(count_events)
	run events
	row events "$grow"
done
cp "$work/rows" "$TSV"
