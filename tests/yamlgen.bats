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
	jq -e '.[1].stages | map_values({total_time_ns, instances}) == {"decode":{"total_time_ns":900000,"instances":450},"prefill":{"total_time_ns":100000,"instances":50}}' "$BATS_TEST_TMPDIR/out.json"
	jq -e '.[4].share == null and (map(.share // 0) | add | . > 0.999999 and . < 1.000001)' "$BATS_TEST_TMPDIR/out.json"
}

@test "given --top 1, when a run is catalogued, then the longest of each report is in, in the combined order" {
	yamlgen --top 1 "$RUN" | as_json | jq -e 'map(.raw_name | if test("gemvx") then "gemv" elif test("cutlass_80") then "gemm" else . end) == ["gemv", "gemm"]'
}

@test "given names that only a careful reader gets right, when they are catalogued, then shapes are those of the name" {
	yamlgen "$RUN" | as_json >"$BATS_TEST_TMPDIR/out.json"
	jq -e '.[] | select(.raw_name | test("flash_fwd_splitkv")) | .data_shape.tiled == [["Q_tile:(64, 128)", "K_tile:(128, 128)", "V_tile:(128, 128)", "->", "O_tile:(64, 128)"]]' "$BATS_TEST_TMPDIR/out.json"
	jq -e '.[] | select(.raw_name | test("CUDAFunctor_add")) | .data_shape.generic == [["(N,)", "(N,)", "->", "(N,)"]]' "$BATS_TEST_TMPDIR/out.json"
	jq -e '.[] | select(.raw_name | test("my_own_kernel")) | .data_shape == {"generic": [["(…)", "->", "(…)"]], "fixed": null, "tiled": null} and .description != null' "$BATS_TEST_TMPDIR/out.json"
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
	jq -e '.[] | select(.raw_name | test("CUDAFunctor_add")) | .measured == {"launches":2,"duration_ns":3000,"dram_percent":40.50,"tensor_percent":null,"occupancy_percent":null,"sm_percent":null,"memory_percent":null,"dram_bytes":null,"registers_per_thread":null}' "$BATS_TEST_TMPDIR/out.json"
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
	printf 'Name,Calls,TotalDurationNs\nhipLaunchKernel,3,400\nhipMemcpyAsync,1,5\n' >calls.csv
	printf 'Time (%%),Total Time (ns),Count,Operation\n1,2,3,[CUDA memcpy]\n' >copies.csv
	printf '\0\1\2binary' >run.nsys-rep
	printf 'Time (%%),Total Time (ns),Instances,Name\n1.0,5,1,whole\n1.0,5\n' >short.csv
	printf 'Time (%%),Total Time (ns),Instances,Name\n1.0,5,1,"cut in the mid' >cut.csv
	printf 'Time (%%),Total Time (ns),Instances,Name\n1.0,five,1,k\n' >number.csv
	mkdir nothing
	echo old >kernels.yaml
	for file in empty.csv header.csv calls.csv copies.csv run.nsys-rep short.csv cut.csv number.csv nothing missing.csv; do
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
	# Another table after the middle, and a broken row with its right line.
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
	printf 'Time (%%),Total Time (ns),Instances,Name\n1.0,1e25,1,one\n' >"$BATS_TEST_TMPDIR/many.csv"
	run_split yamlgen "$BATS_TEST_TMPDIR/many.csv"
	[ "$status" -eq 2 ]
	[[ $errors == *"many.csv:2: '1e25' is longer than any run" ]]
	printf 'Time (%%),Total Time (ns),Instances,Name\n1.0,7,-3,one\n' >"$BATS_TEST_TMPDIR/many.csv"
	run_split yamlgen "$BATS_TEST_TMPDIR/many.csv"
	[ "$status" -eq 2 ]
}

@test "given the kernel tables of many tools and reports, when they are read, then each gives the same kernels" {
	for file in fixtures/yamlgen/tables/*; do
		run_split yamlgen -s "$file"
		[ "$status" -eq 0 ] && [ -z "$errors" ] || { echo "$file: $errors"; false; }
		as_json <<<"$output" | jq -e --arg file "$file" 'map([.raw_name, .total_time_ns]) == [["void k_a<4, 2>(int)",3000],["k_b",1000]]
			and ((map(.instances) == [3,10]) or (($file | test("trace|results")) and map(.instances) == [2,1]))' >/dev/null || { echo "$file"; false; }
		# The same from a pipe, as far as its first bytes tell what it is.
		yamlgen -s <"$file" | tail -n +3 | as_json | jq -e 'map(.total_time_ns) == [3000,1000]' >/dev/null || { echo "$file, piped"; false; }
	done
	[ "$(ls fixtures/yamlgen/tables | wc -l)" -ge 26 ]
}

@test "given NVTX ranges in each other, when their report is read, then launches count once and ranges are stages" {
	yamlgen -s fixtures/yamlgen/tables/nsys-nvtx-kern-sum.csv | as_json |
		jq -e '.[0].stages | map_values([.total_time_ns, .instances]) == {"step":[3000,3],"prefill":[3000,3]}'
	# Two ranges that are beside each other, and one of which it cannot be told.
	printf '%s\n' 'NVTX Range,PID,TID,Kern Inst,Total Time (ns),Kernel Name' a,1,1,6,2000,k b,1,1,5,3000,k c,1,1,1,1500,k >"$BATS_TEST_TMPDIR/ranges.csv"
	run_split yamlgen -s "$BATS_TEST_TMPDIR/ranges.csv"
	[[ $errors == *'1 of 3 NVTX ranges'*'1500 ns are missing'* ]] || { echo "$errors"; false; }
	as_json <<<"$output" | jq -e '.[0].total_time_ns == 5000'
}

@test "given NVTX ranges in an export, when it is read, then they are stages, and a launch counts once in each and in the whole" {
	need sqlite3
	# Thread 16777217 of process 1, 33554433 of process 2: calls of both have the number 1.
	sqlite3 "$BATS_TEST_TMPDIR/nvtx.sqlite" "
		CREATE TABLE StringIds(id INTEGER PRIMARY KEY, value TEXT);
		CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start INT, end INT, deviceId INT, correlationId INT, globalPid INT, demangledName INT);
		CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME(start INT, end INT, globalTid INT, correlationId INT);
		CREATE TABLE NVTX_EVENTS(start INT, end INT, eventType INT, text TEXT, textId INT, globalTid INT);
		INSERT INTO StringIds VALUES (1, 'a'), (2, 'b'), (3, 'decode');
		INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (10, 11, 16777217, 1), (20, 21, 16777217, 2), (50, 51, 16777217, 3), (60, 61, 16777217, 4), (10, 11, 33554433, 1);
		INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (100, 200, 0, 1, 16777216, 1), (200, 210, 0, 2, 16777216, 1), (300, 360, 0, 3, 16777216, 1), (400, 440, 0, 4, 16777216, 2), (500, 1500, 1, 1, 33554432, 1);
		INSERT INTO NVTX_EVENTS VALUES (5, 30, 59, 'prefill', NULL, 16777217), (8, 12, 59, 'prefill', NULL, 16777217), (18, 22, 59, 'norm', NULL, 16777217), (45, 55, 59, NULL, 3, 16777217), (58, NULL, 34, 'mark', NULL, 16777217);"
	yamlgen -s "$BATS_TEST_TMPDIR/nvtx.sqlite" | as_json >"$BATS_TEST_TMPDIR/out.json"
	jq -e 'map([.raw_name, .total_time_ns, .instances, .median_ns]) == [["a",1170,4,80],["b",40,1,40]]
		and (.[0].stages | map_values([.total_time_ns, .instances, .min_ns, .median_ns, .max_ns])) == {"prefill":[110,2,10,55,100],"decode":[60,1,60,60,60],"norm":[10,1,10,10,10]}
		and .[1].stages == null and (.[0].devices | map_values(.median_ns)) == {"0":60,"1":1000}
		and ([.[].share] | add) == 1' "$BATS_TEST_TMPDIR/out.json"
	# Beside a report without ranges, both count.
	printf '%s\n' 'Name,Total Time (ns),Instances' a,830,2 >"$BATS_TEST_TMPDIR/more.csv"
	yamlgen -s "$BATS_TEST_TMPDIR/nvtx.sqlite" "$BATS_TEST_TMPDIR/more.csv" | as_json | jq -e '.[0].total_time_ns == 2000 and .[0].median_ns == null'
	# Names that are made anew for each step are no stages that anybody reads.
	sqlite3 "$BATS_TEST_TMPDIR/nvtx.sqlite" "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 80) INSERT INTO NVTX_EVENTS SELECT 58, 62, 59, 'step ' || i, NULL, 16777217 FROM n;"
	run_split yamlgen -s "$BATS_TEST_TMPDIR/nvtx.sqlite"
	[[ $errors == *'of 83 NVTX ranges that launched kernels, the 64 that took longest are stages'* ]]
}

@test "given launches one by one, when they are read from any input, then the median is that of all of them" {
	need sqlite3
	sqlite3 "$BATS_TEST_TMPDIR/run.sqlite" "
		CREATE TABLE StringIds(id INTEGER PRIMARY KEY, value TEXT);
		CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start INT, end INT, deviceId INT, demangledName INT);
		INSERT INTO StringIds VALUES (1, 'k');"
	echo 'Start (ns),Duration (ns),GrdX,GrdY,GrdZ,BlkX,BlkY,BlkZ,Device,Name' >"$BATS_TEST_TMPDIR/run.csv"
	for i in 90 10 70 30 50 20 1000 40; do
		sqlite3 "$BATS_TEST_TMPDIR/run.sqlite" "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (0, $i, 0, 1);"
		echo "0,$i,1,1,1,32,1,1,gpu,k" >>"$BATS_TEST_TMPDIR/run.csv"
		printf '{"kind":"kernel","name":"k","ts":0,"dur":0.%03d,"device":0,"stream":7}\n' "$i" >>"$BATS_TEST_TMPDIR/run.ndjson"
	done
	sed -i 's/0\.1000/1/' "$BATS_TEST_TMPDIR/run.ndjson"
	for file in run.sqlite run.csv run.ndjson; do
		yamlgen -s "$BATS_TEST_TMPDIR/$file" | as_json |
			jq -e --arg file "$file" '.[0] | [.total_time_ns, .instances, .min_ns, .median_ns, .max_ns] == [1310,8,10,45,1000]' || { echo "$file"; false; }
	done
}

@test "given a name with tile and types and its grid, when it is catalogued, then work of tile and launch and the proof of each fact are there" {
	printf '%s\n' 'Start (ns),Duration (ns),GrdX,GrdY,GrdZ,BlkX,BlkY,BlkZ,Device,Name' \
		'0,1000,8,4,1,32,1,1,gpu,cutlass_80_tensorop_bf16_s16816gemm_bf16_128x64_32x4_tn_align8' '5,10,8,1,1,32,1,1,gpu,some_function' >"$BATS_TEST_TMPDIR/run.csv"
	yamlgen -s "$BATS_TEST_TMPDIR/run.csv" | as_json >"$BATS_TEST_TMPDIR/out.json"
	# 2 * 128 * 64 * 32 operations on (128 * 32 + 32 * 64) numbers of 2 bytes, in 32 blocks.
	jq -e '.[0] | .computed == {"tile_step_flops":524288,"tile_step_bytes":12288,"flops_per_byte":42.67}
		and (.launches[0] | [.computed_flops_of_a_step, .computed_bytes_of_a_step, .computed_flops_per_byte]) == [16777216,393216,42.67]' "$BATS_TEST_TMPDIR/out.json"
	jq -e '.[1] | .computed == null and (.launches[0] | has("computed_bytes_of_a_step") | not)' "$BATS_TEST_TMPDIR/out.json"
	jq -e '.[0].evidence | keys == ["description","fixed","friendly_name","generic","source_lib","tiled"]
		and .fixed == null and .tiled == "prefix cutlass_80_tensorop"' "$BATS_TEST_TMPDIR/out.json"
}

@test "given an export with whole CUDA graphs, when it is read, then they are an entry and the file says how to see inside" {
	need sqlite3
	sqlite3 "$BATS_TEST_TMPDIR/graphs.sqlite" "
		CREATE TABLE StringIds(id INTEGER PRIMARY KEY, value TEXT);
		CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start INT, end INT, deviceId INT, demangledName INT, gridX INT, gridY INT, gridZ INT, blockX INT, blockY INT, blockZ INT);
		CREATE TABLE CUPTI_ACTIVITY_KIND_GRAPH_TRACE(start INT, end INT, deviceId INT, graphId INT);
		INSERT INTO StringIds VALUES (1, 'k<1>(int)');
		INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (10, 110, 0, 1, 16, 1, 1, 256, 1, 1), (200, 350, 1, 1, 16, 1, 1, 256, 1, 1);
		INSERT INTO CUPTI_ACTIVITY_KIND_GRAPH_TRACE VALUES (0, 500, 0, 7), (600, 850, 0, 7);"
	run_split yamlgen --stats "$BATS_TEST_TMPDIR/graphs.sqlite"
	[[ $errors == *'750 ns in 2 launches of whole CUDA graphs'*'--cuda-graph-trace=node'* ]]
	[[ $output == *'# Note: '*'750 ns in 2 launches'* ]]
	as_json <<<"$output" | jq -e 'map([.friendly_name, .total_time_ns, .instances, .share]) == [["CUDA graph launches (kernels not traced)",750,2,0.75],["k",250,2,0.25]]
		and (.[1].devices | map_values([.total_time_ns, .instances, .min_ns, .max_ns])) == {"0":[100,1,100,100],"1":[150,1,150,150]}
		and (.[1].launches | map([.grid, .block, .instances])) == [[[16,1,1],[256,1,1],2]]'
}

@test "given an export that is not to be trusted, when it is read, then nothing is lost, negative or endless" {
	need sqlite3
	sqlite3 "$BATS_TEST_TMPDIR/bad.sqlite" "
		CREATE TABLE StringIds(id INTEGER PRIMARY KEY, value TEXT);
		CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start INT, end INT, demangledName INT);
		INSERT INTO StringIds VALUES (1, CAST(x'6B006C' AS TEXT)), (2, CAST(x'6B006D' AS TEXT));
		INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (10, 110, 1), (0, 70, 2), (200, 350, 9), (400, 320, 1);"
	run_split yamlgen --stats "$BATS_TEST_TMPDIR/bad.sqlite"
	[ "$status" -eq 0 ]
	[[ $errors == *'150 ns are of kernels whose names the export lost'* ]]
	[[ $errors == *'1 launches end before they start and count as 0 ns'* ]]
	as_json <<<"$output" | jq -e 'map([.total_time_ns, .instances]) == [[150,1],[100,2],[70,1]] and .[0].raw_name == "[name lost: string 9]"'
	sqlite3 "$BATS_TEST_TMPDIR/endless.sqlite" "
		CREATE TABLE StringIds(id INTEGER PRIMARY KEY, value TEXT);
		CREATE VIEW CUPTI_ACTIVITY_KIND_KERNEL AS WITH RECURSIVE r(start, end, demangledName) AS (SELECT 1, 2, 1 UNION ALL SELECT start + 1, end + 1, 1 FROM r) SELECT * FROM r;"
	run_split timeout 60 yamlgen "$BATS_TEST_TMPDIR/endless.sqlite"
	[ "$status" -eq 2 ]
	[[ $errors == *'more steps than a file of its size'* ]]
	sqlite3 "$BATS_TEST_TMPDIR/other.sqlite" 'CREATE TABLE t(x);'
	run_split yamlgen "$BATS_TEST_TMPDIR/other.sqlite"
	[ "$status" -eq 2 ] && [[ $errors == *'no table of kernels'* ]]
}

@test "given databases of rocprofv3 and of rocmProfileData, when they are read, then kernels are added up" {
	need sqlite3
	sqlite3 "$BATS_TEST_TMPDIR/rocpd.db" "
		CREATE TABLE rocpd_info_kernel_symbol(id INTEGER PRIMARY KEY, kernel_name TEXT, display_name TEXT);
		CREATE TABLE rocpd_kernel_dispatch(id INTEGER PRIMARY KEY, agent_id INT, kernel_id INT, start INT, end INT, workgroup_size_x INT, workgroup_size_y INT, workgroup_size_z INT, grid_size_x INT, grid_size_y INT, grid_size_z INT);
		INSERT INTO rocpd_info_kernel_symbol VALUES (1, '_Z3k_aILi4EEvi.kd', 'void k_a<4, 2>(int)'), (2, 'k_b.kd', 'k_b');
		INSERT INTO rocpd_kernel_dispatch VALUES (1, 2, 1, 0, 900, 256, 1, 1, 40960, 1, 1), (2, 3, 1, 1000, 3100, 256, 1, 1, 40960, 1, 1), (3, 2, 2, 4000, 5000, 64, 1, 1, 64, 1, 1);"
	yamlgen -s "$BATS_TEST_TMPDIR/rocpd.db" | as_json |
		jq -e 'map([.raw_name, .total_time_ns, .instances, .min_ns, .max_ns]) == [["void k_a<4, 2>(int)",3000,2,900,2100],["k_b",1000,1,1000,1000]] and .[0].launches[0].grid == [160,1,1]'
	sqlite3 "$BATS_TEST_TMPDIR/rpd.db" "
		CREATE TABLE rocpd_string(id INTEGER PRIMARY KEY, string TEXT);
		CREATE TABLE rocpd_op(id INTEGER PRIMARY KEY, gpuId INT, start INT, end INT, description_id INT, opType_id INT);
		INSERT INTO rocpd_string VALUES (1, 'KernelExecution'), (2, 'CopyDeviceToHost'), (3, 'k_a');
		INSERT INTO rocpd_op VALUES (1, 0, 10, 110, 3, 1), (2, 0, 200, 300, 2, 2);"
	yamlgen -s "$BATS_TEST_TMPDIR/rpd.db" | as_json | jq -e 'map([.raw_name, .total_time_ns]) == [["k_a",100]]'
}

@test "given counters of Nsight Compute in any locale or as a summary, when they are joined, then units and commas are right" {
	kernel='"void k_a<4, 2>(int)"'
	head='"ID","Kernel Name","Section Name","Metric Name","Metric Unit","Metric Value"'
	measured() { yamlgen --ncu "$BATS_TEST_TMPDIR/ncu.csv" fixtures/yamlgen/tables/nsys-kern-sum.csv | as_json | jq -c '.[0].measured'; }
	printf '%s\n' "$head" "\"0\",$kernel,\"S\",\"DRAM Throughput\",\"%\",\"51,5\"" "\"0\",$kernel,\"S\",\"Duration\",\"us\",\"1.234,56\"" \
		"\"0\",$kernel,\"S\",\"Memory Throughput\",\"Gbyte/s\",\"1.500,0\"" "\"0\",$kernel,\"S\",\"Memory Throughput\",\"%\",\"44,0\"" \
		"\"0\",$kernel,\"S\",\"Registers Per Thread\",\"register/thread\",\"128\"" >"$BATS_TEST_TMPDIR/ncu.csv"
	measured | jq -e '. == {"launches":1,"duration_ns":1234560,"dram_percent":51.5,"tensor_percent":null,"occupancy_percent":null,"sm_percent":null,"memory_percent":44,"dram_bytes":null,"registers_per_thread":128}'
	printf '%s\n' '"Kernel Name","Invocations","Section Name","Metric Name","Metric Unit","Minimum","Maximum","Average"' \
		"$kernel,\"3\",\"S\",\"Duration\",\"us\",\"1.0\",\"3.0\",\"2.0\"" >"$BATS_TEST_TMPDIR/ncu.csv"
	[ "$(measured | jq -c '[.launches, .duration_ns]')" = '[3,2000]' ]
	printf '%s\n' '"ID","Kernel Name","dram__bytes.sum","gpu__time_duration.sum","sm__throughput.avg.pct_of_peak_sustained_elapsed"' \
		'"","","Mbyte","msecond","%"' "\"0\",$kernel,\"2.5\",\"1.5\",\"80.1\"" >"$BATS_TEST_TMPDIR/ncu.csv"
	measured | jq -e '[.dram_bytes, .duration_ns, .sm_percent] == [2500000,1500000,80.1]'
	printf '%s\n' "$head" "\"0\",$kernel,\"S\",\"DRAM Throughput\",\"%\",\"515\"" >"$BATS_TEST_TMPDIR/ncu.csv"
	run_split yamlgen --ncu "$BATS_TEST_TMPDIR/ncu.csv" fixtures/yamlgen/tables/nsys-kern-sum.csv
	[ "$status" -eq 2 ] && [[ $errors == *"ncu.csv:2:"*"LC_ALL=C"* ]]
}

@test "given a report, when it is written as table, CSV, Markdown and page, then each has the totals and every kernel" {
	file=fixtures/yamlgen/tables/nsys-kern-sum.csv
	yamlgen -f table $file | grep -q '^2 kernels, 4.000 us; other 100.0%'
	yamlgen -f table $file | grep -Eq '^ +3.000 us +75.0% +3 +1.000 us +other +unknown +k_a$'
	yamlgen -f csv $file | grep -q '^"void k_a<4, 2>(int)",k_a,unknown,other,3000,0.750000,3,1000.0,900,1000.0,1100,,$'
	yamlgen -f md $file | grep -q '^| 3.000 us | 75.0% | 3 | 1.000 us | 0.900 us | 1.100 us | other | unknown | k_a |$'
	yamlgen -f html $file | grep -q '<code>void k_a&lt;4, 2&gt;(int)</code>'
	printf 'Time (%%),Total Time (ns),Instances,Name\n1,2,3,</script><img src=x onerror=alert(1)>\n' >"$BATS_TEST_TMPDIR/evil.csv"
	[ "$(yamlgen -f html "$BATS_TEST_TMPDIR/evil.csv" | grep -c '<img')" -eq 0 ]
}

@test "given two reports, when they are compared, then kernels are matched by key and a slower one exits with 1" {
	sed 's/3000/3300/; s/void k_a<4, 2>/k_a<(int)4, 2>/' fixtures/yamlgen/tables/nsys-kern-sum.csv >"$BATS_TEST_TMPDIR/after.csv"
	echo '1.0,50,1,50,50,50,50,0,k_new' >>"$BATS_TEST_TMPDIR/after.csv"
	run yamlgen --diff -f csv fixtures/yamlgen/tables/nsys-kern-sum.csv "$BATS_TEST_TMPDIR/after.csv"
	[ "$status" -eq 1 ]
	[[ $output == *'total,total,4000,4350,350,13,14'*'kernel,"k_a<4,2>",3000,3300,300,3,3'*'kernel,k_new,0,50,50,0,1'* ]]
	run yamlgen --diff --threshold 20 fixtures/yamlgen/tables/nsys-kern-sum.csv "$BATS_TEST_TMPDIR/after.csv"
	[ "$status" -eq 1 ] # a new kernel with a hundredth of the time
	run yamlgen --diff fixtures/yamlgen/tables/nsys-kern-sum.csv fixtures/yamlgen/tables/rocprof-stats.csv
	[ "$status" -eq 0 ]
	[[ $output == *'4.000 us    4.000 us     +0.0%'* ]]
	run yamlgen --diff fixtures/yamlgen/tables/nsys-kern-sum.csv
	[ "$status" -eq 2 ]
}

# of_case FILE: time, launches and share of each kernel in a shared case.
of_case() {
	yamlgen -s "$CASES/$1" 2>"$BATS_TEST_TMPDIR/errors" | as_json | jq -c 'map([.total_time_ns, .instances])'
}

@test "given the kernel tables of the shared cases, when they are read, then time and launches of each kernel are right" {
	shared_data nsys
	CASES=$DATA/../../cases/nsys
	[ -e "$CASES/expected.md" ] || skip "no ../shared/cases/nsys"
	while read -r file right; do
		[ "$(of_case "$file")" = "$right" ] || { echo "$file: $(of_case "$file"), not $right"; false; }
	done <<-'END'
		F00_base.csv [[3000,3],[1000,10]]
		F01_column.txt [[3000,3],[1000,10]]
		F04_json.json [[3000,3]]
		F06_kern_exec_sum.csv [[3000,3]]
		F08c_gpu_sum.csv [[3000,3]]
		F10_gputrace.csv [[9000,2]]
		F16b_utf16.csv [[3000,3],[1000,10]]
		F22_recipe_all_stats.csv [[3000,3]]
		F24_tracelens.csv [[3000,3]]
		F25_rocprof_stats.csv [[598069423,442],[657603,34]]
		F25b_rocprofv3_stats.csv [[3000,3]]
		F26_omniperf_top.csv [[4358035,150]]
		nvtx_kern_sum_nested.csv [[2000,2]]
		unquoted_commas.csv [[2000,1],[2000,1]]
		k.csv [[3000,3],[1000,10]]
	END
	yamlgen "$CASES/unquoted_commas.csv" | as_json |
		jq -e 'map(.raw_name) == ["void g<4, 2>(half const*, int)","void g<4, 8>(half const*, int)"]'
	yamlgen -s "$CASES/nvtx_kern_sum_nested.csv" | as_json | jq -e '.[0].stages | length > 1'
}

@test "given the graphs and counters of the shared cases, when they are read, then nothing is lost and units are right" {
	shared_data nsys
	CASES=$DATA/../../cases/nsys
	[ -e "$CASES/expected.md" ] || skip "no ../shared/cases/nsys"
	run_split yamlgen -s "$CASES/S03_graphtrace.sqlite"
	[[ $errors == *'950000 ns in 50 launches of whole CUDA graphs'*'--cuda-graph-trace=node'* ]]
	as_json <<<"$output" | jq -e '([.[].total_time_ns] | add) == 954000 and ([.[].share] | add | . > 0.99999 and . < 1.00001)'
	yamlgen --ncu "$CASES/N1b_details_german.csv" "$CASES/k.csv" | as_json |
		jq -e '.[0].measured | [.duration_ns, .dram_percent, .occupancy_percent] == [1234560, 51.5, 24.9]'
	yamlgen --ncu "$CASES/N1_details.csv" "$CASES/k.csv" | as_json | jq -e '.[0].measured.launches >= 1'
	yamlgen --ncu "$CASES/N5_summary.csv" "$CASES/k.csv" | as_json |
		jq -e '.[0].measured | [.duration_ns, .launches] == [2000, 3]'
	# A table of counters is none of times.
	run_split yamlgen "$CASES/N5_summary.csv"
	[ "$status" -eq 2 ] && [[ $errors == *'no kernel table'* ]]
}

@test "given the table of names, when its libraries are listed, then the man page has each of them" {
	tr '\n' ' ' <filters/yamlgen/yamlgen.1 >"$BATS_TEST_TMPDIR/page"
	sed -nE 's/.*library: ([^}]+)\}?$/\1/p' filters/names/*.yaml | sort -u >"$BATS_TEST_TMPDIR/libraries"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/libraries")" -gt 60 ]
	while IFS= read -r library; do
		grep -qF "$library" "$BATS_TEST_TMPDIR/page" || { echo "$library"; false; }
	done <"$BATS_TEST_TMPDIR/libraries"
}

@test "given a text table with a value that reaches over the next columns, when it is read, then nothing is read before its line" {
	cat >"$BATS_TEST_TMPDIR/wide.txt" <<-'EOF'
	 Time (%)  Total Time (ns)  Instances  Avg (ns)  Med (ns)  Min (ns)  Max (ns)  StdDev (ns)         Name        
	 --------  ---------------  ---------  --------  --------  --------  --------  -----------  -------------------
	     75.0            3,000          3   1,000.0   1,000.0       900     1,100          0.0  void k_a<4, 2>(int)
	     25.0            1,000        -0.0 10     100.0     100.0"\u0000"       100       100          0.0  k_b                
	EOF
	run yamlgen -s "$BATS_TEST_TMPDIR/wide.txt"
	[ "$status" -eq 0 ]
	[[ $output == *k_a* ]]
}

@test "given a report in UTF-16 of either order, when its names need one to four bytes, then it reads as in UTF-8" {
	need iconv
	printf '%s\n' '"Time (%)","Total Time (ns)","Instances","Avg (ns)","Med (ns)","Min (ns)","Max (ns)","StdDev (ns)","Name"' \
		'"60.0","600","2","300.0","300.0","200","400","1.0","void é_kernel<߿ࠀ中￮𐀀😀>(int)"' >"$BATS_TEST_TMPDIR/eight.csv"
	yamlgen -s "$BATS_TEST_TMPDIR/eight.csv" | sed 1,3d >"$BATS_TEST_TMPDIR/wanted"
	[ "$(as_json <"$BATS_TEST_TMPDIR/wanted" | jq -r '.[0].raw_name')" = 'void é_kernel<߿ࠀ中￮𐀀😀>(int)' ]
	for order in LE BE; do
		{ [ $order = LE ] && printf '\xff\xfe' || printf '\xfe\xff'; iconv -t UTF-16$order "$BATS_TEST_TMPDIR/eight.csv"; } \
			>"$BATS_TEST_TMPDIR/sixteen.csv"
		yamlgen -s "$BATS_TEST_TMPDIR/sixteen.csv" | sed 1,3d | diff "$BATS_TEST_TMPDIR/wanted" -
	done
}

@test "given launches on two devices with shapes, when they are catalogued, then each has its sums, and shapes stand as they came" {
	kernel() { echo "{\"kind\":\"kernel\",\"index\":$1,\"name\":\"$2\",\"ts\":$1,\"dur\":$3,\"device\":$4,\"grid\":$5,\"block\":$6}"; }
	{
		echo '{"kind":"trace","file":"x"}'
		kernel 10 k_a 5 0 '[4,1,1]' '[64,1,1]'
		kernel 20 k_a 10 0 '[8,2,1]' '[128,1,1]'
		kernel 40 k_a 30 1 '[8,2,1]' '[128,1,1]'
		kernel 80 k_b 5 0 null null
		echo '{"kind":"end","kernels":4}'
	} | yamlgen -s | as_json >"$BATS_TEST_TMPDIR/out"
	jq -e 'map([.raw_name, .total_time_ns, .share, .instances, .average_ns, .min_ns, .median_ns, .max_ns]) ==
		[["k_a",45000,0.9,3,15000,5000,10000,30000], ["k_b",5000,0.1,1,5000,5000,5000,5000]]' "$BATS_TEST_TMPDIR/out"
	jq -e '.[0].devices == {"0": {total_time_ns: 15000, instances: 2, average_ns: 7500, min_ns: 5000, median_ns: 7500, max_ns: 10000},
		"1": {total_time_ns: 30000, instances: 1, average_ns: 30000, min_ns: 30000, median_ns: 30000, max_ns: 30000}}' "$BATS_TEST_TMPDIR/out"
	jq -e '.[0].launches == [{grid: [4,1,1], block: [64,1,1], total_time_ns: 5000, instances: 1},
		{grid: [8,2,1], block: [128,1,1], total_time_ns: 40000, instances: 2}] and (.[1].launches // []) == []' "$BATS_TEST_TMPDIR/out"
}

@test "given more launch shapes than are listed, when they are catalogued, then 16 are and the rest is counted" {
	for shapes in 16 17 20; do
		{
			echo '{"kind":"trace","file":"x"}'
			for i in $(seq $shapes); do
				echo "{\"kind\":\"kernel\",\"index\":$i,\"name\":\"k\",\"ts\":$((i * 10)),\"dur\":1,\"grid\":[$i,1,1],\"block\":[32,1,1]}"
			done
			echo "{\"kind\":\"end\",\"kernels\":$shapes}"
		} | yamlgen -s | as_json | jq -e --argjson left $((shapes - 16)) '.[0] | (.launches | length) == 16 and (.launches_left_out // 0) == $left'
	done
}

@test "given files that are no report, when they are read, then the message says what they are" {
	# refused TEXT FILE: status 2 and one line with the text.
	refused() {
		run_split yamlgen "$2"
		[ "$status" -eq 2 ] && [ "$(wc -l <<<"$errors")" -eq 1 ] && [[ $errors == *"$1"* ]] || { echo "$2: $status $errors"; return 1; }
	}
	cd "$BATS_TEST_TMPDIR"
	printf 'x\0y\1\2' >binary.csv
	refused 'binary data' binary.csv
	: >empty.csv
	refused empty.csv empty.csv
	printf '{"kind":"trace"}\n{"kind":"end","kernels":0}\n' >none.ndjson
	run_split yamlgen <none.ndjson
	[ "$status" -eq 2 ] && [[ $errors == *'no kernel records'* ]]
	sqlite3 none.sqlite 'CREATE TABLE StringIds(id INTEGER PRIMARY KEY, value TEXT); CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start INT, end INT, demangledName INT, shortName INT);'
	refused 'no kernels in it' none.sqlite
	printf '"ID","Kernel Name","Metric Name","Metric Value"\n' >cut.csv
	run_split yamlgen --ncu cut.csv "$ROOT/fixtures/yamlgen/tables/nsys-kern-sum.csv"
	[ "$status" -eq 2 ] && [[ $errors == *'the header lacks'* ]]
	printf 'nothing\n' >other.csv
	run_split yamlgen --ncu other.csv "$ROOT/fixtures/yamlgen/tables/nsys-kern-sum.csv"
	[ "$status" -eq 2 ] && [[ $errors == *'no ncu table'* ]]
	run_split yamlgen --diff "$ROOT/fixtures/yamlgen/tables/nsys-kern-sum.csv" -f html "$ROOT/fixtures/yamlgen/tables/nsys-kern-sum.csv"
	[ "$status" -eq 2 ] && [[ $errors == *'--diff writes table, csv or md'* ]]
}
