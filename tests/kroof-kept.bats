# SPDX-License-Identifier: Apache-2.0
# kroof: all that it writes of many traces, by checksum. KEEP (tests/helper.bash) shows what differs.

load helper

@test "given traces, devices, configs and ranks, when kernels are rated, then what is written is what was kept" {
	cd "$ROOT"
	IN=$BATS_TEST_TMPDIR/in
	all() {
		for trace in eager graph experts; do
			cp fixtures/kroof/$trace.json "$BATS_TEST_TMPDIR"
			(cd "$BATS_TEST_TMPDIR" && tr-parse -s all $trace.json | tr-classify | tr-stacks >"$IN")
			digest "$trace" kroof <"$IN"
			for device in "NVIDIA A100-SXM4-80GB" "NVIDIA B200" "NVIDIA L40S" "AMD Instinct MI300X"; do
				digest "$trace, $device" kroof --device "$device" <"$IN"
				# As if the trace itself had named it.
				digest "$trace of $device" kroof < <(sed "s/NVIDIA H100 80GB HBM3/$device/" "$IN")
			done
			for config in two-layers two-layers-experts qwen3-30b-a3b llama-3.1-8b gpt-oss-20b; do
				for ranks in 1 2; do digest "$trace, $config, $ranks" kroof -c fixtures/kroof/configs/$config.json --tp $ranks <"$IN"; done
			done
			# Kernels twice as slow and ten times as quick, and no annotation of a step.
			for factor in 2 0.1; do
				digest "$trace, time by $factor" kroof -c fixtures/kroof/configs/two-layers.json \
					< <(jq -c --argjson by $factor 'if .dur and .kind != "annotation" then .dur *= $by else . end' "$IN")
			done
			digest "$trace, no annotations" kroof -c fixtures/kroof/configs/two-layers-experts.json < <(grep -v '"kind":"annotation"' "$IN")
			digest "$trace, layers" kroof -c fixtures/kroof/configs/two-layers.json < <(tr-layers --kernels "$IN")
		done
	}
	check_golden kroof/kept.txt 0 all
}
