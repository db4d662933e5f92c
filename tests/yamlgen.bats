# SPDX-License-Identifier: Apache-2.0
# yamlgen: reports of Nsight Systems and kernel records into a catalogue.

load helper

setup() {
	cd "$ROOT"
	RUN=fixtures/yamlgen/contract/run
}

# as_json: the YAML on stdin as libyaml reads it.
as_json() {
	cat >"$BATS_TEST_TMPDIR/document.yaml"
	"$TESTS/yaml/yaml-json" "$BATS_TEST_TMPDIR/document.yaml"
}

@test "given a run with stages and a combined report, when it is catalogued, then the order is the combined one" {
	yamlgen --stats "$RUN" | as_json >"$BATS_TEST_TMPDIR/out.json"
	# Longest first in the combined report; what only a stage saw comes last.
	[ "$(jq -c 'map(.total_time_ns)' "$BATS_TEST_TMPDIR/out.json")" = "[20000000,2000000,1200000,600000,100000]" ]
	[ "$(jq -c 'map(.instances)' "$BATS_TEST_TMPDIR/out.json")" = "[2000,1000,20,10,1]" ]
	jq -e '.[1].stages == {"decode":{"total_time_ns":900000,"instances":450},"prefill":{"total_time_ns":100000,"instances":50}}' "$BATS_TEST_TMPDIR/out.json"
	jq -e '.[4].share == null and (map(.share // 0) | add | . > 0.999999 and . < 1.000001)' "$BATS_TEST_TMPDIR/out.json"
}

@test "given --top 1, when a run is catalogued, then the longest of each report is in, in the combined order" {
	yamlgen --top 1 "$RUN" | as_json | jq -e 'map(.raw_name | if test("gemvx") then "gemv" elif test("cutlass_80") then "gemm" else . end) == ["gemv", "gemm"]'
}

@test "given names that only a careful reader gets right, when they are catalogued, then shapes are those of the name" {
	yamlgen "$RUN" | as_json >"$BATS_TEST_TMPDIR/out.json"
	jq -e '.[] | select(.raw_name | test("flash_fwd_splitkv")) | .data_shape.tiled == [["Q_tile:(64, 128)", "K_tile:(128, 128)", "V_tile:(128, 128)", "->", "O_tile:(64, 128)"]]' "$BATS_TEST_TMPDIR/out.json"
	jq -e '.[] | select(.raw_name | test("CUDAFunctor_add")) | .data_shape.generic == [["(N,)", "(N,)", "->", "(N,)"]]' "$BATS_TEST_TMPDIR/out.json"
	jq -e '.[] | select(.raw_name | test("my_own_kernel")) | .data_shape == {"generic": null, "fixed": null, "tiled": null}' "$BATS_TEST_TMPDIR/out.json"
}

@test "given prose, other tables, units, separators and CRLF, when a report is read, then the numbers are right" {
	{
		printf 'Processing [x.sqlite] with [gpukernsum.py]...\r\n\r\n'
		printf 'Time (%%),Total Time (ns),Num Calls,Name\r\n1.0,999,1,cudaLaunchKernel\r\n\r\n'
		printf ' Time(%%), x\r\n\r\n'
		printf 'Time (%%),Total Time (us),Instances,Avg (us),Name\r\n'
		printf '50.0,"1,231.5",2,1.0,"a<b, c>(int)"\r\n50.0, 12 ,1,1.0,plain\r\n0.0,-,1,1.0,none\r\n'
	} >"$BATS_TEST_TMPDIR/report.csv"
	yamlgen --stats "$BATS_TEST_TMPDIR/report.csv" | as_json |
		jq -e 'map([.raw_name, .total_time_ns, .instances]) == [["a<b, c>(int)",1231500,2],["plain",12000,1],["none",0,1]]'
}

@test "given a report of single launches, when it is read, then kernels are added up and copies left out" {
	printf '%s\n' 'Start (ns),Duration (us),CorrId,GrdX,GrdY,GrdZ,BlkX,BlkY,BlkZ,Bytes (MB),Strm,Name' \
		'10,2.5,1,1,1,1,128,1,1,,7,k<int>' '20,1.5,2,1,1,1,128,1,1,,7,k<int>' \
		'30,9,3,,,,,,,0.1,7,[CUDA memcpy Host-to-Device]' >"$BATS_TEST_TMPDIR/trace.csv"
	yamlgen --stats "$BATS_TEST_TMPDIR/trace.csv" | as_json |
		jq -e 'map([.raw_name, .total_time_ns, .instances]) == [["k<int>",4000,2]]'
}

@test "given counters of other kernels, when they are joined, then a warning says that none is in the catalogue" {
	printf '%s\n' '"ID","Kernel Name","Section Name","Metric Name","Metric Unit","Metric Value"' \
		'"0","kernel","Speed","Duration","usecond","2.00"' >"$BATS_TEST_TMPDIR/ncu.csv"
	run_split yamlgen --ncu "$BATS_TEST_TMPDIR/ncu.csv" "$RUN"
	[ "$status" -eq 0 ]
	[[ $errors == *"ncu.csv: none of its 1 kernels is in the catalogue"* ]]
}

@test "given kernel records, when they are catalogued, then a trace gives what a report gives" {
	printf '%s\n' '{"kind":"trace","file":"x"}' \
		'{"kind":"kernel","index":1,"name":"k1","ts":1,"dur":2.5,"stage":"decode"}' \
		'{"kind":"kernel","index":2,"name":"k1","ts":9,"dur":1.5,"stage":"prefill"}' \
		'{"kind":"kernel","index":3,"name":"k2","ts":12,"dur":10}' \
		'{"kind":"end","kernels":3}' | yamlgen --stats | as_json |
		jq -e 'map([.raw_name, .total_time_ns, .instances, (.stages | if . then keys else null end)])
			== [["k2",10000,1,null],["k1",4000,2,["decode","prefill"]]]'
}

@test "given an SQLite export, when it is read, then it gives what the CSV gives" {
	need sqlite3
	sqlite3 "$BATS_TEST_TMPDIR/run.sqlite" "
		CREATE TABLE StringIds(id INTEGER PRIMARY KEY, value TEXT);
		CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start INT, end INT, demangledName INT, shortName INT);
		INSERT INTO StringIds VALUES (1, 'k<1>(int)'), (2, 'other');
		INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (10, 110, 1, 1), (200, 350, 1, 1), (400, 420, 2, 2);"
	yamlgen --stats "$BATS_TEST_TMPDIR/run.sqlite" | as_json |
		jq -e 'map([.raw_name, .total_time_ns, .instances]) == [["k<1>(int)",250,2],["other",20,1]]'
}

@test "given counters of Nsight Compute, when they are joined, then other spellings of a name find them" {
	printf '%s\n' '==PROF== Connected' \
		'"ID","Kernel Name","Section Name","Metric Name","Metric Unit","Metric Value"' \
		'"0","vectorized_elementwise_kernel<4, CUDAFunctor_add<BFloat16>, array<char *, 3>>(int, T2, T3)","Speed","Duration","usecond","2.00"' \
		'"0","vectorized_elementwise_kernel<4, CUDAFunctor_add<BFloat16>, array<char *, 3>>(int, T2, T3)","Speed","DRAM Throughput","%","40.5"' \
		'"1","vectorized_elementwise_kernel<4, CUDAFunctor_add<BFloat16>, array<char *, 3>>(int, T2, T3)","Speed","Duration","usecond","4.00"' \
		>"$BATS_TEST_TMPDIR/ncu.csv"
	yamlgen --ncu "$BATS_TEST_TMPDIR/ncu.csv" "$RUN" | as_json >"$BATS_TEST_TMPDIR/out.json"
	jq -e '.[] | select(.raw_name | test("CUDAFunctor_add")) | .measured == {"launches":2,"duration_ns":3000,"dram_percent":40.50,"tensor_percent":null,"occupancy_percent":null}' "$BATS_TEST_TMPDIR/out.json"
	jq -e '[.[] | select(.measured != null)] | length == 1' "$BATS_TEST_TMPDIR/out.json"
}

@test "given nasty names, when they are written, then libyaml reads them back as they were" {
	python3 -c '
import csv, sys
names = ["quote\" colon: {brace}", "- dash", "? question", "null", "~", "true", "12", "", " blank ", "trailing:",
    "#hash", "&a", "*b", "!t", "%d", "@x", "`y`", "\U0001F680 rocket", "line\nbreak", "tab\tend", "\\back\\", "ü", "x" * 5000]
w = csv.writer(open(sys.argv[1], "w", newline="", encoding="utf-8"), lineterminator="\n")
w.writerow(["Time (%)", "Total Time (ns)", "Instances", "Name"])
for i, name in enumerate(n for n in names if n):
    w.writerow(["1.0", 1000 - i, 1, name])
import json
json.dump([n for n in names if n], open(sys.argv[2], "w"))
' "$BATS_TEST_TMPDIR/nasty.csv" "$BATS_TEST_TMPDIR/names.json" || skip "python3 is not installed"
	yamlgen "$BATS_TEST_TMPDIR/nasty.csv" | as_json | jq 'map(.raw_name)' | diff - <(jq . "$BATS_TEST_TMPDIR/names.json")
}

@test "given broken reports, when they are read, then the message names the file and the old output stays" {
	cd "$BATS_TEST_TMPDIR"
	: >empty.csv
	echo 'Time (%),Total Time (ns),Instances,Name' >header.csv
	printf 'Time (%%);Total Time (ns);Instances;Name\n1;2;3;k\n' >semicolons.csv
	printf 'Time (%%),Total Time (ns),Instances,Name\n1.0,5,1,whole\n1.0,5\n' >short.csv
	printf 'Time (%%),Total Time (ns),Instances,Name\n1.0,5,1,"cut in the mid' >cut.csv
	printf 'Time (%%),Total Time (ns),Instances,Name\n1.0,five,1,k\n' >number.csv
	mkdir nothing
	echo old >kernels.yaml
	for file in empty.csv header.csv semicolons.csv short.csv cut.csv number.csv nothing missing.csv; do
		run_split yamlgen -o kernels.yaml "$file"
		[ "$status" -eq 2 ] || { echo "$file: $status"; false; }
		[ "$(wc -l <<<"$errors")" -eq 1 ]
		[[ $errors == "yamlgen: $file:"* ]] || { echo "$errors"; false; }
		[ "$(cat kernels.yaml)" = old ]
	done
	[ "$(ls kernels.yaml*)" = kernels.yaml ]
}

@test "given a stage without a report, when a run is read, then it fails, or with -k warns and exits with 1" {
	cp -r "$RUN" "$BATS_TEST_TMPDIR/run"
	rm "$BATS_TEST_TMPDIR"/run/per-stage/decode/nsys/*.csv
	run_split yamlgen "$BATS_TEST_TMPDIR/run"
	[ "$status" -eq 2 ] && [[ $errors == *"no *cuda_gpu_kern_sum*.csv for stage 'decode'"* ]]
	run_split yamlgen -k "$BATS_TEST_TMPDIR/run"
	[ "$status" -eq 1 ] && [[ $errors == *"stage 'decode'"* ]]
	as_json <<<"$output" | jq -e 'length == 4'
}

@test "given the field's run and the seed's options, when it is catalogued, then its 54 kernels come in the combined order" {
	shared_data nsys
	yamlgen --top 20 "$DATA" | as_json >"$BATS_TEST_TMPDIR/out.json"
	"$TESTS/yaml/yaml-json" "$DATA/published_kernels.yaml" >"$BATS_TEST_TMPDIR/published.json"
	[ "$(jq length "$BATS_TEST_TMPDIR/out.json")" -eq 54 ]
	diff <(jq 'map(.raw_name) | sort' "$BATS_TEST_TMPDIR/out.json") \
		<(jq 'map(.raw_name) | sort' "$BATS_TEST_TMPDIR/published.json")
	yamlgen "$DATA/all-stage/nsys/summary_cuda_gpu_kern_sum.csv" | as_json | jq '[.[].raw_name]' >"$BATS_TEST_TMPDIR/combined.json"
	jq -e --slurpfile combined "$BATS_TEST_TMPDIR/combined.json" '[.[].raw_name] as $mine | [$combined[0][] | select(IN($mine[]))] == ($mine | map(select(IN($combined[0][]))))' "$BATS_TEST_TMPDIR/out.json"
	jq -e 'all(.[]; .friendly_name | IN("CUDA kernel", "ATen kernel") | not)' "$BATS_TEST_TMPDIR/out.json"
}

@test "given a report long enough to be read in two halves, when it is read, then it is as if read from end to end" {
	need python3
	python3 -c '
import sys
print("Time (%),Total Time (ns),Instances,Name")
for i in range(200000):
    print("1.0,%d,%d,\"kernel_%d<(int)%d, float>(float *,\n int)\"" % (i, i % 5, i % 97, i % 11))' >"$BATS_TEST_TMPDIR/long.csv"
	[ "$(stat -c %s "$BATS_TEST_TMPDIR/long.csv")" -gt 8388608 ]
	yamlgen -s "$BATS_TEST_TMPDIR/long.csv" | tail -n +3 >"$BATS_TEST_TMPDIR/halves"
	# A pipe has no middle to start from.
	yamlgen -s <"$BATS_TEST_TMPDIR/long.csv" | tail -n +3 | cmp - "$BATS_TEST_TMPDIR/halves"
	# Another table behind the middle, and a broken row with its right line.
	printf '\nTime (%%),Total Time (us),Instances,Name\n1.0,7,1,late\n' >>"$BATS_TEST_TMPDIR/long.csv"
	yamlgen -s "$BATS_TEST_TMPDIR/long.csv" | as_json | jq -e '.[] | select(.raw_name == "late") | .total_time_ns == 7000'
	echo '1.0,x,1,bad' >>"$BATS_TEST_TMPDIR/long.csv"
	run_split yamlgen "$BATS_TEST_TMPDIR/long.csv"
	[ "$status" -eq 2 ]
	[[ $errors == *":$(wc -l <"$BATS_TEST_TMPDIR/long.csv"): total time 'x' is not a number" ]]
}

@test "given the published catalogue, when ours is compared with it, then each field that differs is listed with its reason" {
	shared_data nsys
	yamlgen --top 20 "$DATA" | as_json >"$BATS_TEST_TMPDIR/out.json"
	"$TESTS/yaml/yaml-json" "$DATA/published_kernels.yaml" >"$BATS_TEST_TMPDIR/published.json"
	jq -r --slurpfile published "$BATS_TEST_TMPDIR/published.json" -f "$ROOT/tests/yaml/published.jq" \
		"$BATS_TEST_TMPDIR/out.json" >"$BATS_TEST_TMPDIR/differences"
	diff <(grep -v '^#' "$FIXTURES/yamlgen/published-differences.tsv" | cut -f 1,2) "$BATS_TEST_TMPDIR/differences"
	# Every reason that is given is explained in the file's head.
	for reason in $(grep -v '^#' "$FIXTURES/yamlgen/published-differences.tsv" | cut -f 3 | sort -u); do
		grep -q "^#   $reason " "$FIXTURES/yamlgen/published-differences.tsv"
	done
}

@test "given a catalogue, when PyYAML reads it with either loader, then it is what libyaml reads" {
	python3 -c 'import yaml' 2>/dev/null || skip "PyYAML is not installed"
	yamlgen "$RUN" >"$BATS_TEST_TMPDIR/run.yaml"
	"$TESTS/yaml/yaml-json" "$BATS_TEST_TMPDIR/run.yaml" | jq -S . >"$BATS_TEST_TMPDIR/libyaml.json"
	for loader in SafeLoader CSafeLoader; do
		python3 -c '
import json, sys, yaml
loader = getattr(yaml, sys.argv[2], yaml.SafeLoader)
print(json.dumps(yaml.load(open(sys.argv[1], encoding="utf-8"), Loader=loader)))' \
			"$BATS_TEST_TMPDIR/run.yaml" "$loader" | jq -S . | diff - "$BATS_TEST_TMPDIR/libyaml.json"
	done
}

@test "given a count of instances that no run has, when it is read, then the row is refused" {
	printf 'Time (%%),Total Time (ns),Instances,Name\n1.0,7,%s,one\n' 9999999999999999999999999 >"$BATS_TEST_TMPDIR/many.csv"
	run_split yamlgen "$BATS_TEST_TMPDIR/many.csv"
	[ "$status" -eq 2 ]
	[[ $errors == *"many.csv:2: '9999999999999999999999999' is no number of instances" ]]
	printf 'Time (%%),Total Time (ns),Instances,Name\n1.0,7,-3,one\n' >"$BATS_TEST_TMPDIR/many.csv"
	run_split yamlgen "$BATS_TEST_TMPDIR/many.csv"
	[ "$status" -eq 2 ]
}
