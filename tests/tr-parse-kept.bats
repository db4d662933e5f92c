# SPDX-License-Identifier: Apache-2.0
# tr-parse: all that it writes of many traces, by checksum. KEEP (tests/helper.bash) shows what differs.

load helper

@test "given traces, whole, cut and with damage, when parts of them are asked for, then what is written is what was kept" {
	cd "$BATS_TEST_TMPDIR"
	all() {
		cp "$FIXTURES"/kroof/{eager,graph}.json "$FIXTURES"/tr-parse/{small,ops}.in.json "$FIXTURES/kjoin/trace.in.json" .
		awk -v seed=5 -f "$ROOT/tests/tr-account/random.awk" | awk -v rank=3 -f "$ROOT/tests/tr-account/trace.awk" >random.json
		"$ROOT/tests/tr-ranks/rank.sh" 1 >rank.json
		for trace in *.json; do
			for arguments in -a '-s all' '-s all --portable' '-s kernel,memcpy' '-s op,frame,module' '-s launch,annotation' \
				'-s all --device 0' '-s all --stream 7 --stream 20' '-s all --from 1500' '-s all --to 1500' '-s all --from 1100 --to 9000'; do
				# shellcheck disable=SC2086 # several words on purpose
				digest "$trace $arguments" tr-parse $arguments $trace
			done
			# A brace that is missing, a number that is none, a name cut short, an end that is missing.
			for damage in '0,/}/s/}//' 's/"dur": *1/"dur":x1/' '0,/"name": *"/s//"name":/' '$s/.......$//' 's/"ph": *"X"/"ph":"Q"/'; do
				sed "$damage" $trace >damaged
				digest "$trace $damage" tr-parse -s all damaged
				digest "$trace $damage -k" tr-parse -k -s all damaged
			done
		done
		digest together tr-parse -s all *.json
	}
	check_golden tr-parse/kept.txt 0 all
}
