# SPDX-License-Identifier: Apache-2.0
# tr-ranks: all that it writes of many jobs, by checksum. KEEP (tests/helper.bash) shows what differs.

load helper

setup() {
	cd "$ROOT" || exit
	WORK=$BATS_TEST_TMPDIR
}

# rank NAME RANK WORLD SEED: what tr-account says of a rank whose 24 collectives of two groups, in 3 passes of 4 layers
# and outside of them, begin at other times with each seed.
rank() {
	awk -v seed="$4" '
		function chance(n) { state = (state * 69069 + 1) % 4294967296; return int(state / 4294967296 * n) }
		BEGIN {
			state = seed * 104729 + 3
			for (turn = 0; turn < 24; turn++) {
				begin = 5000 + turn * 2000
				late = chance(4) ? chance(30) : chance(700)
				host = chance(5) ? 0 : chance(400)
				print "more"
				print "frame", begin - 20, host + 40, 1, "srt/part.py(" 3 + chance(4) "): part" chance(2)
				print "call", begin + host - 5, 4, 1, turn + 1, "cudaLaunchKernel"
				print "kernel", begin + host, 100 + late, 7, turn + 1, "gemm_" chance(2)
				if (chance(3) == 0) print "copy", begin + host + 20, 60 + chance(300), 9, 0, "Memcpy HtoD (Pinned -> Device)"
				print "more ,\"Collective_name\":" turn % 3
				start = begin + host + 110 + late
				print "kernel", start, begin + 1400 - start, 20, 0, "ncclDevKernel_AllReduce_Sum_bf16_RING_LL(x)"
			}
			print "more"
			if (seed % 5 == 3) print "kernel", begin + 1500, 9000, 7, 0, "tail"
		}' | awk -v rank="$2" -f tests/tr-account/trace.awk | sed -e 's/"rank":[0-9]*/&,"world_size":'"$3"'/' \
		-e 's/"Collective_name":0/"Collective name":"allreduce","In msg nelems":1000,"Out msg nelems":1000,"Group size":'"$3"',"dtype":"BFloat16","Process Group Name":"tp"/' \
		-e 's/"Collective_name":1/"Collective name":"reduce_scatter","In msg nelems":2000,"Out msg nelems":500,"Group size":'"$3"',"dtype":"Float","Process Group Name":"ep"/' \
		-e 's/"Collective_name":2/"Collective name":"allreduce","In msg nelems":3000,"Out msg nelems":3000,"Group size":'"$3"',"dtype":"BFloat16","Process Group Name":"tp"/' >"$WORK/$1"
	(cd "$WORK" && tr-parse -s all "$1") | tr-classify | jq -c 'if .kind == "kernel" then (.index / 6 | floor) as $turn | . + { stage: "decode" } +
		if $turn % 5 == 4 then { pass: ($turn / 8 | floor), layer: null } else { pass: ($turn / 8 | floor), layer: ($turn % 4) } end else . end' |
		tr-account --comms --gaps 0
}

@test "given jobs of up to eleven ranks, when each format is written, then it is what was kept" {
	formats() {
		for width in 60 90 132 300; do digest "$1, $width wide" env COLUMNS=$width tr-ranks -f table "$WORK/in"; done
		for format in md html ndjson; do digest "$1, $format" tr-ranks -f $format "$WORK/in"; done
		digest "$1, collectives" tr-ranks --collectives --late 3 --slow 0.5 "$WORK/in"
	}
	all() {
		for ranks in 2 4 11; do
			for i in $(seq 0 $((ranks - 1))); do rank "r$i.json" "$i" "$ranks" "$((ranks + i))"; done >"$WORK/in"
			formats "$ranks ranks"
		done
		for number in 0 1 2; do
			PASSES=1 tests/tr-ranks/rank.sh $number $((number == 2 ? 3000 : 0)) | tr-account --comms --gaps 0
		done >"$WORK/in"
		formats "the last one's clock ahead"
		# One is missing, one cut, one there twice, one of a clock that is ahead, one without work.
		{
			rank r0.json 0 5 1 | sed '/"kind":"comms"/p'
			echo 'tr-parse: r1.json: byte 7: input is cut' | tr-ranks --recovered r1.json
			rank r1.json 1 5 2
			rank again.json 1 5 2
			rank r3.json 3 5 4
			echo '{"distributedInfo":{"rank":4,"world_size":5},"traceEvents":[]}' >"$WORK/empty.json"
			(cd "$WORK" && tr-parse -s all empty.json 2>/dev/null) | tr-account --comms 2>/dev/null
			echo 'tr-parse: bad.json: byte 0: no trace' | tr-ranks --unreadable bad.json
		} >"$WORK/in" || [ $? -eq 1 ]
		formats damaged
	}
	check_golden tr-ranks/kept.txt 0 all
}
