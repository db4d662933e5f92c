# SPDX-License-Identifier: Apache-2.0
# kbench: all that it makes of results that are given, by checksum. KEEP (tests/helper.bash) shows what differs.

load helper

@test "given results, predictions and comparisons, when each format is written, then it is what was kept" {
	cd "$BATS_TEST_TMPDIR"
	cp "$FIXTURES/kbench/contract/in" cpu
	# Slower, noisier, wrong, without samples or facts, and of a machine that was another.
	jq -c 'if .kind == "measure" then .us.noise = 0.001 | .flags = [] | .us.median as $m | .us.values = [range(20) | $m * (1 + . / 100)] else . end' cpu >calm
	jq -c 'if .kind == "measure" and .kernel == "radix" then .us.median *= 1.3 | .us.min *= 1.3 | .us.values |= map(. * 1.3) else . end' calm >slower
	jq -c 'if .kind == "measure" then .us.median *= 0.98 | .us.min *= 0.98 | .flags = ["noisy"] else . end' calm >noisy
	jq -c 'if .kind == "measure" and .kernel == "index" then .correct = false | .facts = {} else . end' cpu >wrong
	jq -c 'if .kind == "measure" then .gbps *= 3 | .ceiling_pct *= 3 | .us.p99 = null | .l2 = "cold" else . end | del(.datasheet_pct)' cpu >fast
	all() {
		for results in cpu calm noisy wrong fast; do
			for format in table ndjson csv md; do digest "$results, $format" kbench --from $results -f $format; done
			# But for the lines that functions stand in.
			digest "$results, report" sed -E 's/:[0-9]+-[0-9]+`/`/' <(kbench --from $results -f report)
			digest "$results, explained" kbench --from $results --explain
			digest "$results, explained, md" kbench --from $results --explain -f md
			digest "$results, data sheet" kbench --from $results --datasheet 100 -f table
		done
		for new in slower noisy fast calm; do
			for format in table ndjson; do
				digest "$new after calm, $format" kbench --from $new --compare calm -f $format
				digest "calm after $new, $format" kbench --from calm --compare $new -f $format
			done
		done
		for chip in H200 B200 "RTX 4090"; do
			for format in table ndjson; do
				digest "$chip, $format" kbench --chip "$chip" -k index,store -a rows=1,64,4K,128K -f $format
				digest "$chip, axes, $format" kbench --chip "$chip" -k store -a rows=7:1000:x3 -a layout=packed,qkv -a dtype=bf16,fp8 -a l2=cold -f $format
			done
		done
	}
	check_golden kbench/kept.txt 0 all
}
