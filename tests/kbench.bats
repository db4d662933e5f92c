# SPDX-License-Identifier: Apache-2.0
# kbench: axes, stopping, correctness, formats, comparison, counters, the report's origins.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	IN=$FIXTURES/kbench/contract/in
}

# quick ARGS...: kbench with few samples: for what it says, not how fast it is.
quick() {
	kbench -n 3 "$@"
}

# measures FILTER FILE...: whether there are measures and the filter holds for all of them.
measures() {
	local filter=$1
	shift
	jq -es "map(select(.kind==\"measure\")) | length > 0 and all($filter)" "$@" >/dev/null
}

# axis SPEC: the values that kbench measured for it, on one line.
axis() {
	quick -k radix -a l2=hot -a "$1" --no-check -f ndjson |
		jq -r 'select(.kind=="measure") | .axes.tokens' | tr '\n' ' '
}

@test "given lists, ranges, factors, suffixes and nvbench's powers, when an axis is parsed, then it has those values" {
	[ "$(axis tokens=1,2,1K)" = "1 2 1024 " ]
	[ "$(axis tokens=4:32)" = "4 8 16 32 " ]
	[ "$(axis tokens=1:100:x10)" = "1 10 100 " ]
	[ "$(axis tokens=0:7:3)" = "0 3 6 " ]
	[ "$(axis tokens=5:5)" = "5 " ]
	[ "$(axis 'tokens[pow2]=[2:6:2]')" = "4 16 64 " ]
}

@test "given a bad axis, when kbench starts, then it says what is wrong with it and exits with 2" {
	for spec in tokens tokens= =3 tokens=3:1 tokens=0:8:x2 tokens=1:8:x1 tokens=1:8:0 tokens=1,,2 \
		tokens=1:2:3:4 tokens=-1 tokens=9999999999999999999 tokens=1M:2K tokens=abc 'tokens[pow2]=[63]' \
		tokens=1:100000:1 nosuch=1 token=int16 variant=bulk; do
		run_split quick -k radix -a "$spec"
		[ "$status" -eq 2 ] || { echo "$spec: $status"; false; }
		[ -z "$output" ] && [ "$(wc -l <<<"$errors")" -eq 1 ]
		[[ $errors == "kbench: "* ]]
	done
	run_split quick -k radix,nosuch
	[ "$status" -eq 2 ] && [[ $errors == *"'radix,nosuch' is no list of kernels"* ]]
	run_split quick -d gpu
	[ "$status" -eq 2 ]
	run_split quick -k radix --world 2
	[ "$status" -eq 2 ]
	run_split quick -k allreduce -f 2
	[ "$status" -eq 2 ]
}

@test "given sizes as nccl-tests takes them, when allreduce runs, then each is measured with its factor" {
	quick -k allreduce -b 8 -e 2K -f 4 -a world=3 -f ndjson >out
	[ "$(jq -r 'select(.kind=="measure").bytes' out | tr '\n' ' ')" = "8 32 128 512 2048 " ]
	measures '.correct and (.flags | index("cpu backend, not NCCL") != null)' out
	# busbw is algbw x 2 (n - 1) / n
	measures '(.facts.busbw.value / .facts.algbw.value - 4 / 3) | fabs < 1e-9' out
	quick -k allreduce -a bytes=4K,12 -a collective=reduce_scatter,all_to_all -a dtype=fp32,int8 -a world=3,1 -f ndjson >out
	measures '.correct and ((.facts.world.value - 1) / .facts.world.value - .facts["busbw factor"].value | fabs) < 1e-9' out
	quick -k allreduce -a bytes=4K -a collective=all_gather -a world=4 -f ndjson >out
	measures '.correct and .bytes == 16384 and
		((.facts.busbw.value / .facts.algbw.value - 0.75) | fabs < 1e-9)' out
}

@test "given every dtype, type of index, pattern, layout and operation, when the kernels run, then all data are right" {
	quick -k index -a l2=hot -a rows=0,1,33 -a dim=3,64 -a vocab=50 -a dtype=fp32,fp16,fp8,int64 \
		-a index=int32,int64 -a pattern=random,sequential,same -a tp=1,4 -a pad=0,5 -a offset=0,3 -f ndjson >out
	quick -k store -a l2=hot -a rows=0,1,33 -a heads=2 -a head_dim=9 -a slots=50 -a dtype=bf16,int8 \
		-a index=int32,int64 -a layout=packed,qkv -a pattern=random,sequential -f ndjson >>out
	quick -k allreduce -a bytes=0,24,1000 -a dtype=fp32,fp16,bf16,int8,int32,int64 \
		-a op=sum,prod,max,min,avg -a world=1,3 -f ndjson >>out
	quick -k radix -a l2=hot -a tokens=0,1,100,1000 -a token=int32,int64 -a equal=0,37,100 -a skew=0,3 -f ndjson >>out
	[ "$(jq -c 'select(.kind=="measure" and .correct != true)' out | wc -l)" -eq 0 ]
	[ "$(jq -c 'select(.kind=="skipped")' out | wc -l)" -eq 0 ]
	[ "$(jq -c 'select(.kind=="measure")' out | wc -l)" -gt 700 ]
}

@test "given a row of known shape, when it is measured, then the bytes are reads, writes and indices" {
	quick -k index -a rows=64 -a dim=4096 -a l2=hot -a vocab=1000 -f ndjson >out
	measures '.bytes == 64 * (2 * 8192 + 4)' out
	quick -k store -a rows=64 -a l2=hot -a index=int64 -f ndjson >out
	measures '.bytes == 64 * (4 * 2048 + 8)' out
	# Masked: only hits are read, all rows are written.
	quick -k index -a rows=1000 -a dim=8 -a tp=4 -a l2=hot -a vocab=1000 -f ndjson >out
	measures '.facts["rows read"].value as $hits | $hits > 200 and $hits < 300 and
		.bytes == $hits * 16 + 1000 * 20' out
}

@test "given a fixed number of samples, when kbench samples, then it takes as many" {
	kbench -k radix -a tokens=64 -a l2=hot -n 7 -f ndjson >out
	measures '.samples == 7' out
}

@test "given fewer than six samples, when they are summed up, then there is no interval and the row says so" {
	kbench -k index -a rows=1 -a l2=hot --timeout 0 -f ndjson >out
	measures '.samples >= 6 or (.us.noise == null and (.flags | index("too few samples") != null))' out
	quick -k radix -a tokens=64 -a l2=hot -f ndjson >out
	measures '.us.noise == null and (.flags | index("too few samples") != null)' out
	kbench -k radix -a tokens=64 -a l2=hot -n 8 --max-noise 0 -f ndjson >out
	measures '.us.noise != null and (.us.noise == 0 or (.flags | index("noisy") != null))' out
}

@test "given ceilings, when they are measured, then each has noise and samples, and their order holds or a flag says it does not" {
	quick -k radix -a tokens=1K -a l2=hot -f ndjson >out
	# Where the system does not tell the sizes of its caches, the memory alone has ceilings.
	local most=8
	[ -d /sys/devices/system/cpu/cpu0/cache ] || most=0
	jq -es --argjson most "$most" 'map(select(.kind == "ceiling" and .what != "call")) | length > $most and
		all(.samples > 0 and has("noise"))' out
	# Several cores copy more than one reads: that row is of another kind.
	jq -es 'map(select(.kind == "ceiling" and .what != "call" and .note != "all cores")) |
		group_by([.level, .note, .bytes]) | map(map({key: .what, value: .}) | from_entries) |
		any(.read and .compare and .copy) and all(
			(.read.gbps >= 0.95 * (.compare.gbps // 0) or .read.flag != "") and
			(.compare.gbps >= 0.475 * (.copy.gbps // 0) or .compare.flag != ""))' out
	measures '(.ceiling_pct <= 100) or (.flags | index("above-ceiling") != null)' out
	measures '.facts.clock.value > 0.1 and .facts["dropped samples"].value >= 0' out
}

@test "given vectors of the width of each target, when bytes are read, then no word goes over the stack" {
	need objdump
	[[ $TESTS != *asan* ]] || skip "sanitizers use the stack"
	[ "$(uname -m)" = x86_64 ] || skip "looks at the code of an x86-64"
	for loop in cpu_read_bytes read_32 read_64; do
		objdump -d --no-show-raw-insn --disassemble=$loop "$BIN/kbench" >code
		grep -q '%[xyz]mm' code
		run grep -E 'vpinsr|,-?(0x)?[0-9a-f]*\(%r[sb]p\)' code
		[ "$status" -eq 1 ]
	done
}

@test "given configurations that cannot be had, when all are skipped, then the exit status is 1" {
	run_split kbench -k index -a rows=64M -a dim=4M -a l2=hot
	[ "$status" -eq 1 ]
	[[ $errors == "kbench: nothing could be measured: index: "* ]]
}

@test "given a noise that cannot be reached, when the timeout comes, then the row is flagged noisy" {
	kbench -k radix -a tokens=64 -a l2=cold --max-noise 0 --timeout 0.05 -f ndjson >out
	measures '(.flags | index("noisy") != null) or (.flags | index("too few samples") != null)' out
}

@test "given rows that are faster than memory, when they are measured, then they are flagged cache-resident" {
	quick -k index -a rows=1 -a l2=hot -f ndjson >out
	measures '.peak_pct > 100 and (.flags | index("cache-resident") != null)' out
	measures '((.peak_pct // 0) > 100) == (.flags | index("cache-resident") != null)' "$IN"
}

@test "given results on stdin, when they are written again, then not a byte differs" {
	kbench --from - -f ndjson <"$IN" >out
	cmp out "$IN"
}

@test "given results, when fits are made, then they are least squares over sizes" {
	# 10 us and 1 GB/s exactly.
	jq -c 'select(.kind=="device")' "$IN" >made
	for bytes in 1000 10000 100000 1000000; do
		jq -c --argjson b $bytes 'select(.kind=="measure" and .kernel=="radix") |
			.axes.tokens = $b | .bytes = $b | .us.median = 10 + $b / 1000' "$IN" | head -n 1
	done >>made
	echo '{"kind":"end","measures":4}' >>made
	kbench --from made -f ndjson >out
	jq -es 'map(select(.kind=="fit"))[0] | (.t0_us - 10 | fabs) < 1e-6 and (.gbps - 1 | fabs) < 1e-9 and .points == 4 and .worst < 1e-9' out
	[ "$(jq -r 'select(.kind=="measure").bound' out | tr '\n' ' ')" = "latency mixed bandwidth bandwidth " ] ||
		[ "$(jq -r 'select(.kind=="measure").bound' out | tr '\n' ' ')" = "latency latency bandwidth bandwidth " ]
	kbench --from made --explain | grep -q 'The fit over sizes gives 10 us fixed and 1 GB/s: 91 % of this call is fixed cost, so it is latency-bound'
}

@test "given wrong data, when results are written in any format, then the exit status is 1 and stderr says how many" {
	jq -c 'if .kind=="measure" and .kernel=="radix" then .correct=false else . end' "$IN" >made
	for format in table ndjson csv md report; do
		run_split kbench --from made -f $format
		[ "$status" -eq 1 ]
		[[ $errors == "kbench: 6 of "*" configurations gave wrong data" ]]
	done
}

@test "given a kernel that gives wrong data, when it is checked, then the check sees it" {
	need gcc
	[[ $TESTS != *asan* ]] || skip "it links a kbench of its own, without sanitizers"
	# A radix that is off by one, in place of the library's.
	cat >wrong.c <<-'END'
		#include <stddef.h>
		#include <stdint.h>
		size_t __wrap_radix_match_int32(const int32_t *a, size_t n, const int32_t *b, size_t m);
		size_t __wrap_radix_match_int32(const int32_t *a, size_t n, const int32_t *b, size_t m)
		{ (void)a; (void)b; return (n < m ? n : m) - 1; }
	END
	make -s -C "$ROOT" BIN="$PWD/bin" "$PWD/bin/kbench" BUILD="${TESTS%/tests}" \
		LDFLAGS="-Wl,--wrap=radix_match_int32 $PWD/wrong.c"
	run_split "$PWD/bin/kbench" -k radix -a tokens=64 -a l2=hot -n 3
	[ "$status" -eq 1 ]
	[[ $output == *WRONG* && $errors == *"1 of 1 configurations gave wrong data"* ]]
}

@test "given old results, when new ones are compared, then slower rows are told and the exit status is 1" {
	jq -c 'if .kind=="measure" then .us.noise = 0.001 | .flags = [] else . end' "$IN" >old
	jq -c 'if .kind=="measure" and .kernel=="radix" then .us.median *= 2 | .us.min *= 2 else . end' old >new
	run_split kbench --from new --compare old
	[ "$status" -eq 1 ]
	[ "$(grep -c 'slower$' <<<"$output")" -eq 6 ]
	[[ $output == *"6 slower, 0 faster"* ]]
	run_split kbench --from old --compare new
	[ "$status" -eq 0 ] && [[ $output == *"0 slower, 6 faster"* ]]
	run_split kbench --from old --compare old
	[ "$status" -eq 0 ] && [[ $output == *"0 slower, 0 faster, geometric mean of speeds 1.000x"* ]]
}

@test "given results with their samples, when they are compared, then the test over samples decides, too, and a record says what it comes to" {
	# Medians are apart in both; the samples of one pair are from one distribution.
	jq -c 'if .kind=="measure" then .us.noise = 0.001 | .flags = [] | .us.median as $m | .us.values = [range(20) | $m * (1 + . / 100)] else . end' "$IN" >old
	jq -c 'if .kind=="measure" then .us.median *= 1.2 else . end' old >same
	jq -c 'if .kind=="measure" then .us.values |= map(. * 1.2) | .us.median *= 1.2 | .us.min *= 1.2 else . end' old >slower
	run_split kbench --from same --compare old
	[ "$status" -eq 0 ] && [[ $output == *"0 slower, 0 faster"* ]]
	# What was disturbed is slower, but for its best sample.
	jq -c 'if .kind=="measure" then .us.values |= map(. * 1.2) | .us.median *= 1.2 else . end' old >disturbed
	run_split kbench --from disturbed --compare old
	[ "$status" -eq 0 ] && [[ $output == *"0 slower, 0 faster"* ]]
	jq -c 'if .kind=="measure" then .flags = ["busy"] else . end' slower >busy
	run_split kbench --from busy --compare old
	[ "$status" -eq 0 ] && [[ $output == *"no verdict: noisy or busy"* && $output == *"0 slower, 0 faster"* ]]
	run_split kbench --from slower --compare old
	[ "$status" -eq 1 ] && [[ $output != *" 0 slower"* ]]
	run_split kbench --from slower --compare old -f ndjson
	[ "$status" -eq 1 ]
	[ "$(jq -r .status <<<"$output")" = slower ]
	[ "$(kbench --from old --compare old -f ndjson | jq -r .status)" = no-change ]
	# What is measured has them.
	kbench -k radix -a tokens=64 -a l2=hot -n 7 -f ndjson >now
	[ "$(jq -c 'select(.kind=="measure").us.values|[length, . == sort]' now)" = '[7,true]' ]
	kbench --from now -f ndjson | cmp - now
}

@test "given results of a machine that was another, when they are compared, then there is no verdict" {
	jq -c 'if .kind=="measure" then .us.noise = 0.001 | .flags = [] | .facts.clock = {value: 3, unit: "GHz", origin: "measured"} else . end' "$IN" >old
	jq -c 'if .kind=="measure" then .us.median *= 2 | .facts.clock.value = 1.5 else . end' old >new
	run_split kbench --from new --compare old
	[ "$status" -eq 0 ] && [[ $output == *"no verdict: clock differs"* && $output == *" 0 slower"* ]]
	jq -c 'if .kind=="measure" then .us.median *= 2 | .ceiling_gbps /= 2 else . end' old >new
	run_split kbench --from new --compare old
	[ "$status" -eq 0 ] && [[ $output == *"no verdict: the machine differs"* ]]
	jq -c 'if .kind=="measure" then .us.median *= 2 | .flags = ["noisy"] else . end' old >new
	run_split kbench --from new --compare old
	[ "$status" -eq 0 ] && [[ $output == *"no verdict: noisy"* ]]
}

@test "given results, when they are written as CSV, then every line has the fields of the first" {
	kbench --from "$IN" -f csv >out
	[ "$(wc -l <out)" -eq $((1 + $(jq -c 'select(.kind=="measure")' "$IN" | wc -l))) ]
	need python3
	python3 -c 'import csv,sys; r=list(csv.DictReader(open("out", newline="")))
assert all(None not in row and None not in row.values() for row in r)
assert {row["kernel"] for row in r} == {"index","allreduce","radix"}
assert all(float(row["us_median"]) > 0 for row in r)'
}

@test "given results, when they are written as Markdown, then rows have as many cells as the heading" {
	kbench --from "$IN" -f md --explain >out
	[ "$(grep '^|' out | tr -cd '|\n' | sort -u | wc -l)" -eq 1 ]
	[ "$(grep -c '^- index ' out)" -eq "$(jq -c 'select(.kernel=="index" and .kind=="measure")' "$IN" | wc -l)" ]
}

# naked FILE: the report's numbers that no origin follows. Taken away first: code in
# backquotes, pictures, headings, list numbers, and words with digits in them (L1, p99).
naked() {
	awk '/^\|/ && !/^\|---/ && prev !~ /^\|/ { heading = $0; columns = split(heading, name, "|") }
		{ prev = $0 }
		/^(#|!|\|---)/ { next }
		{ line = $0; gsub(/`[^`]*`/, "", line); sub(/^ *[0-9]+\. /, "", line) }
		/^\|/ && heading ~ /\[/ {
			count = split(line, cell, "|")
			for (i = 2; i < count; i++)
				if (cell[i] ~ /[0-9]/ && name[i] !~ /\[/ && cell[i] !~ /\[/) print NR ": " cell[i]
			next
		}
		{
			gsub(/\[(measured|computed|device|datasheet|counter|static)\]/, "@", line)
			# a number, its unit and words, up to its origin
			gsub(/-?[0-9][0-9.e+-]*( ?[A-Za-z%\/]+)* @/, "", line)
			gsub(/[A-Za-z_]+[0-9][A-Za-z0-9_]*/, "", line)
			gsub(/@/, "", line)
			if (line ~ /[0-9]/) print NR ": " line
		}' "$1"
}

@test "given a report of a CPU run, when its numbers are looked at, then each has its origin" {
	kbench --from "$IN" -f report >report.md
	naked report.md >naked
	[ ! -s naked ] || { cat naked; false; }
	# The test can fail: a number without an origin is found.
	sed 's/^- bytes moved by it: .*/- bytes moved by it: 12 MiB/' report.md >spoilt.md
	naked spoilt.md >naked
	[ -s naked ]
}

@test "given a report of a CPU run, when it is read, then nothing of a GPU is invented, and no field is missing" {
	kbench --from "$IN" -f report >report.md
	! grep -q '\[counter\]' <(sed 1,/^##/d report.md) || false
	! grep -q '\[datasheet\]' <(sed 1,/^##/d report.md) || false
	for field in 'blocks: not measured' 'SM utilisation: not measured' 'tensor core utilisation: not measured' \
		'HBM bandwidth: not measured' 'warp stalls, long scoreboard .*: not measured' \
		'warp stalls, not selected: not measured' 'ncclCommInitRank.*: not measured' \
		'topology and rate of the links: not measured' 'algorithm and protocol.*not measured' \
		'both copies.*: not measured' 'how often it is called.*: not measured' 'cpu backend, not NCCL' \
		'arithmetic intensity' 'fit t = t0' '^## Summary table' '^## Profiling checklist' \
		'^## 1. index' '^## 3. allreduce' '^## 4. radix' 'execution timeline.*not checked' \
		'random against sequential' 'cache of the first 4 tokens'; do
		grep -q -- "$field" report.md || { echo "missing: $field"; false; }
	done
	grep -Eq '`index_gather`: `kernels/index.c:[0-9]+-[0-9]+`' report.md
	# what needs no GPU to be known: 64 rows of 8 KiB on an H200, 512 words of 16 B a row, 128 threads with one each
	for field in '^- blocks: 256 \[computed\]' '^- waves: 0.1212 \[computed\]' '^- least time.*: 0.2185 us \[computed\]' \
		'^- HBM bytes read: .*: 512 KiB \[computed\]' '^- HBM bytes written: .*: 512 KiB \[computed\]' \
		'^- sectors a row of loads.*: 256 \[computed\]'; do
		grep -q -- "$field" report.md || { echo "missing: $field"; false; }
	done
}

@test "given a report, when a code position is looked up, then the function stands there" {
	kbench --from "$IN" -f report >report.md
	grep -o '`[a-z_0-9]*`: `kernels/[^`]*`' report.md | tr -d '`:' >positions
	[ "$(wc -l <positions)" -gt 10 ]
	while read -r function place; do
		file=${place%%[0-9]*}
		case $place in *.cuh*) file=${place%%.cuh*}.cuh ;; *.cu*) file=${place%%.cu*}.cu ;; *) file=${place%%.c*}.c ;; esac
		lines=${place#"$file"}
		sed -n "${lines%-*}p" "$ROOT/$file" | grep -q "^$function(" || { echo "$function $place"; false; }
		[ "$(sed -n "${lines#*-}p" "$ROOT/$file")" = "}" ]
	done <positions
}

@test "given counters from ncu, when they are joined, then the row of that grid has them with their origin" {
	jq -c 'if .kind=="measure" and .kernel=="index" and .axes.rows==64 then .backend="cuda" |
		.facts.blocks = {"value":64,"unit":"","origin":"computed"} else . end' "$IN" >made
	cat >ncu.csv <<-'END'
		==PROF== Connected to process 1
		"ID","Kernel Name","Block Size","Grid Size","dram__bytes_read.sum","sm__throughput.avg.pct_of_peak_sustained_elapsed"
		"","","","","byte","%"
		"0","void index_gather_kernel<int, 4, true>(row_plan, unsigned int)","(128, 1, 1)","(64, 1, 1)","524,288","12.5"
		"1","void index_gather_kernel<int, 4, true>(row_plan, unsigned int)","(128, 1, 1)","(7, 1, 1)","1","1"
	END
	kbench --from made --ncu ncu.csv -f ndjson >out
	jq -es 'map(select(.kind=="measure" and .facts["dram__bytes_read.sum"])) | length > 0 and
		all(.axes.rows == 64 and .facts["dram__bytes_read.sum"] == {"value":524288,"unit":"byte","origin":"counter"})' out
	echo "no csv" >bad.csv
	run_split kbench --from made --ncu bad.csv
	[ "$status" -eq 2 ] && [[ $errors == *"bad.csv: no columns"* ]]
	sed '$s/,"1"$//' ncu.csv >bad.csv
	run_split kbench --from made --ncu bad.csv
	[ "$status" -eq 2 ] && [[ $errors == *"bad.csv:5: 5 fields, not 6"* ]]
	run_split kbench --from "$IN" --ncu /no/such
	[ "$status" -eq 2 ]
}

@test "given no GPU, when a GPU is asked for, then kbench says so and offers the CPU" {
	if command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1; then skip "there is a GPU"; fi
	run_split kbench -d cuda:0 -k index
	[ "$status" -eq 2 ]
	[[ $errors == *"-d cpu runs here"* && $(wc -l <<<"$errors") -eq 1 ]]
}

@test "given an output file, when a run fails, then the old file stays" {
	echo old >kept
	run_split kbench --from /no/such -o kept
	[ "$status" -eq 2 ] && [ "$(cat kept)" = old ]
	kbench --from "$IN" -f csv -o kept
	[ "$(head -c 6 kept)" = kernel ]
}

@test "given records that are none of kbench's, when they are read, then file and line are named" {
	sed '3s/"measured"/"guessed"/' "$IN" >bad
	run_split kbench --from bad
	[ "$status" -eq 2 ] && [[ $errors == *"bad:3: 'guessed' is no origin"* ]]
	sed '1d' "$IN" >bad
	run_split kbench --from bad
	[ "$status" -eq 2 ] && [[ $errors == *"no record of kind 'device'"* ]]
	: >bad
	run_split kbench --from bad
	[ "$status" -eq 2 ]
}

@test "given a shared object with a kernel of one's own, when it is measured, then its axes, bytes and check count" {
	cc -shared -fPIC -O1 -I"$ROOT/filters/kbench" -o reverse.so "$FIXTURES/kbench/own/reverse.c"
	kbench --subject reverse.so -n 6 -a rows=2,3 -a width=10 -f ndjson >out
	jq -e -s 'map(select(.kind == "measure")) | length == 4 and all(.kernel == "reverse" and .correct) and
		map([.axes.rows, .bytes]) == [[2, 40], [2, 40], [3, 60], [3, 60]] and all(.ceiling == "copy")' out
	# its defaults, and others of kbench beside it
	kbench --subject ./reverse.so -k reverse,radix -a tokens=1 -a l2=hot -n 2 -f ndjson |
		jq -e -s 'map(select(.kind == "measure") | .kernel) == ["radix", "reverse", "reverse", "reverse", "reverse"]'
	KBENCH_WRONG=1 run_split kbench --subject reverse.so -n 2 -a rows=2
	[ "$status" -eq 1 ] && [[ $errors == *"2 of 2 configurations gave wrong data"* ]]
	KBENCH_FAILS=1 run_split kbench --subject reverse.so -n 2 -a rows=2
	[ "$status" -eq 1 ] && [[ $errors == *"the kernel reported an error"* ]]
	run_split kbench --subject reverse.so -n 2 -a width=3
	[ "$status" -eq 1 ] && [[ $errors == *"rows of an odd width cannot be reversed"* ]]
}

@test "given a module of Python with a kernel, when it is measured, then Python's own time of each call counts" {
	need python3
	kbench --subject "$FIXTURES/kbench/own/reverse.py" -n 6 -a size=1K -a pause=0,20 -f ndjson >out
	jq -e -s 'map(select(.kind == "measure")) | map([.kernel, .bytes, .correct, .l2]) == [["reverse-py", 2048, true, "hot"], ["reverse-py", 2048, true, "hot"]] and
		.[1].us.min >= 20000 and .[0].us.median < .[1].us.median and (.[0].facts["timed by"].value | test("^Python.s clock$"))' out
	run_split kbench --subject "$FIXTURES/kbench/own/reverse.py" -n 2 -a size=3
	[ "$status" -eq 1 ] && [[ $errors == *"ValueError: an odd size"* ]]
	KBENCH_WRONG=1 run_split kbench --subject "$FIXTURES/kbench/own/reverse.py" -n 2 -a size=4
	[ "$status" -eq 1 ]
}

@test "given a file that is no kernel, when it is to be measured, then what it lacks is told" {
	echo 'int nothing;' >empty.c
	cc -shared -fPIC -o empty.so empty.c
	echo 'NAME = "x"' >empty.py
	sed 's/"reverse"/"radix"/' "$FIXTURES/kbench/own/reverse.c" >taken.c
	sed 's/"rows=1:64:x4; width=128"/"rows"/' "$FIXTURES/kbench/own/reverse.c" >axes.c
	for name in taken axes; do cc -shared -fPIC -I"$ROOT/filters/kbench" -o $name.so $name.c; done
	for want in "empty.so:has no kbench_name" "empty.py:has no function prepare" "none.so:none.so" "none.py:none.py" \
		"taken.so:that of a kernel of kbench: radix" "axes.so:axes are no list"; do
		run_split kbench --subject "${want%%:*}" -n 2
		[ "$status" -eq 2 ]
		[[ $errors == *"${want#*:}"* ]]
	done
}

@test "given pages of each layout, padding and fp8 with scales, when keys and values are written, then each element is where the layout has it" {
	kbench -k kvcache -n 2 --timeout 0.01 -a rows=33 -a layout=NHD,HND,MLA -a padding=0,25 -a cache=same,fp8 -a scale=tensor,head \
		-a dtype=fp16,bf16,fp32 -a heads=1,8 -a page=1,16 -a slots=64 -f ndjson >out
	jq -e -s 'map(select(.kind == "measure")) | length == 288 and all(.correct)' out >/dev/null
	# 25 rows of 2 x 8 x 128 in bf16 to fp8, and 33 slots
	jq -e -s 'map(select(.kind == "measure" and .axes.padding == 25 and .axes.cache == "fp8" and .axes.dtype == "bf16" and
		.axes.layout == "HND" and .axes.heads == 8))[0].bytes == 25 * 2 * 8 * 128 * 3 + 33 * 4' out
}

@test "given ranks, when they reduce in one step, then sums are right and each message crosses to every other rank" {
	kbench -k allreduce -a collective=one_shot -a world=1,2,3 -a bytes=1K -a op=sum,max -n 2 -f ndjson >out
	jq -e -s 'map(select(.kind == "measure")) | length == 6 and all(.correct) and
		all(.facts["bytes a link"].value == (.axes.world - 1) * 1024)' out
}

@test "given a terminal on stderr, when a run goes on, then a bar shows it; given a file, then nothing" {
	need script
	script -qec "kbench -n 20000 -k radix -a l2=hot -a tokens=1,2,3 >/dev/null" /dev/null >terminal
	grep -qE '\] [0-3]/4 ' terminal
	kbench -n 2 -k radix -a l2=hot -a tokens=1 >/dev/null 2>log
	[ ! -s log ]
}

@test "given --list, when it is printed, then every kernel and axis is there" {
	kbench -l >out
	for word in index: store: allreduce: radix: rows dtype pattern world tokens equal buffer; do
		grep -q "$word" out
	done
}

# Skips; not within run_split, whose subshell a skip would only leave.
need_double() {
	[ -x "$TESTS/kernels/kbench-double" ] || skip "no CUDA headers (set CUDA_HOME)"
}

# double ARGS...: the GPU side of kbench on stand-ins for CUDA and NCCL. Its times mean
# nothing; its calls, checks and failures do.
double() {
	LD_LIBRARY_PATH=${NCCL:-$TESTS/kernels/nccl} "$TESTS/kernels/kbench-double" -d cuda:0 -n 3 "$@"
}

@test "given stand-ins for CUDA and NCCL, when kernels run hot and cold, then graphs are captured, replayed and checked" {
	need_double
	double -k index,store -a rows=0,1,64 -a vocab=100 -a slots=100 -a head_dim=9 -a dim=5 \
		-a index=int32,int64 -a tp=1,2 -a layout=packed,qkv -a variant=auto,direct -f ndjson >out
	measures '.correct and .backend == "cuda" and .facts.variant.origin == "measured"' out
	[ "$(jq -c 'select(.kind=="measure")' out | wc -l)" -eq 96 ]
	jq -es 'map(select(.kind=="ceiling" and .how=="datasheet")) == [.[] | select(.what=="copy" and .gbps==4800)]' out
}

@test "given stand-ins, when a GPU's kernel gives wrong data, then the check sees it" {
	need_double
	CUDA_DOUBLE_WRONG=1 run_split double -k index -a rows=4 -a vocab=100
	[ "$status" -eq 1 ]
	[[ $output == *WRONG* && $errors == *"2 of 2 configurations gave wrong data" ]]
	CUDA_DOUBLE_WRONG=1 run_split double -k kvcache -a rows=4 -a slots=64 -a cache=same,fp8
	[ "$status" -eq 1 ]
	[[ $errors == *"4 of 4 configurations gave wrong data" ]]
}

@test "given stand-ins, when any CUDA call fails, then it is told, nothing crashes, and no row is made up" {
	need_double
	for call in cudaGetDeviceCount cudaSetDevice cudaGetDeviceProperties cudaStreamCreateWithFlags cudaEventCreateWithFlags; do
		CUDA_DOUBLE_FAIL=$call run_split double -k index -a rows=4 -a vocab=100
		[ "$status" -eq 2 ] || { echo "$call: $status"; false; }
		[[ $errors == "kbench: cuda:0: injected failure; -d cpu runs here" ]]
	done
	for call in cudaMalloc:2 cudaMalloc:40 cudaMemcpy:1 cudaStreamSynchronize:30 cudaStreamBeginCapture \
		cudaStreamEndCapture cudaGraphInstantiate cudaGraphUpload cudaGraphLaunch cudaEventRecord \
		cudaEventSynchronize index_gather_cuda cudaMemcpyAsync; do
		CUDA_DOUBLE_FAIL=$call run_split double -k index -a rows=4 -a vocab=100 -f ndjson
		[ "$status" -le 2 ] || { echo "$call: $status $errors"; false; }
		echo "$output" | jq -es 'map(select(.kind=="measure")) | all(.correct and .us.median > 0)' >/dev/null ||
			[ "$status" -eq 1 ] || { echo "$call: $output"; false; }
	done
}

@test "given one GPU, three, or a process a rank, when allreduce runs, then sums are right and the path is told" {
	need_double
	double -k allreduce -a bytes=4K,64K -a dtype=fp32 -a buffer=8K -a collective=all_reduce,all_gather -f ndjson >out
	measures '.correct and (.flags | index("one GPU: the local path, no link") != null)' out
	[ "$(jq -r 'select(.kind=="measure" and .axes.collective=="all_reduce") | .facts.path.value' out | tr '\n' ' ')" = "staged direct " ]
	CUDA_DOUBLE_DEVICES=3 double -k allreduce -a bytes=4K -a dtype=fp32 -f ndjson >out
	measures '.correct and .facts.world.value == 3 and .facts["NCCL version"].value == "2.28.9" and
		(.flags | index("one GPU: the local path, no link") == null)' out
	CUDA_DOUBLE_DEVICES=3 double -k allreduce -a bytes=4K -a dtype=fp32 -a collective=reduce_scatter,all_to_all -f ndjson >out
	measures '.correct and .facts.world.value == 3 and .facts.path.value == "direct" and .facts.message.value % 12 == 0' out
	double -k allreduce -a bytes=4K -a dtype=fp32 --rank 1 --world 2 --id-file id -f ndjson >other &
	double -k allreduce -a bytes=4K -a dtype=fp32 --rank 0 --world 2 --id-file id -f ndjson >out
	wait $!
	measures '.correct and .facts.world.value == 2' out other
	# where the message lies in the buffer nothing is copied; where there is none, or it is too small, no row
	CUDA_DOUBLE_DEVICES=2 double -k allreduce -a bytes=4K -a dtype=fp32 -a in_buffer=0,1 -f ndjson >out
	jq -es 'map(select(.kind == "measure")) | all(.correct) and map(.facts.path.value) == ["staged", "in-buffer"]' out
	run_split double -k allreduce -a bytes=4K -a dtype=fp32 -a in_buffer=1 -a buffer=0
	[ "$status" -eq 1 ] && [[ $errors == *"in_buffer: no symmetric buffer was asked for"* ]]
}

@test "given NCCL without windows, or one that fails, when allreduce runs, then it falls back or says why it cannot" {
	need_double
	NCCL=$TESTS/kernels/nccl-old double -k allreduce -a bytes=4K -a dtype=fp32 -f ndjson >out
	measures '.correct and .facts.path.value == "direct" and (.facts["no buffer because"].value | startswith("this NCCL has no windows"))' out
	NCCL_DOUBLE_FAIL=ncclCommWindowRegister double -k allreduce -a bytes=4K -a dtype=fp32 -f ndjson >out || [ $? -eq 1 ]
	measures '.correct and .facts["no buffer because"].value == "ncclCommWindowRegister: injected failure"' out
	NCCL_DOUBLE_FAIL=ncclCommInitRank double -k allreduce -a bytes=4K -a dtype=fp32 -f ndjson >out || [ $? -eq 1 ]
	jq -es 'map(select(.kind=="skipped"))[0].why == "allreduce: ncclCommInitRank: injected failure"' out
	NCCL_DOUBLE_FAIL=ncclAllReduce run_split double -k allreduce -a bytes=4K -a dtype=fp32 -f ndjson
	[ "$(jq -c 'select(.kind=="measure" and .correct)' <<<"$output" | wc -l)" -eq 0 ]
}

@test "given measured results, when make bench-render runs, then report and pictures lie side by side" {
	need gnuplot jq
	cp "$IN" analysis.ndjson
	make -s -C "$ROOT" bench-render REPORT="$PWD/analysis" BIN="$BIN"
	for picture in analysis-roofline analysis-sweep; do
		grep -q "($picture.svg)" analysis.md
		grep -q '</svg>' "$picture.svg"
		[ "$(head -c 4 "$picture.png" | tail -c 3)" = PNG ]
	done
	[ "$(ls)" = "$(printf '%s\n' analysis-roofline.png analysis-roofline.svg analysis-sweep.png analysis-sweep.svg analysis.md analysis.ndjson)" ]
}

@test "given a chip that is not here, when it is predicted on, then launches and floors are those of its data sheet" {
	run_split kbench --chip H200 -k index,store -a rows=64,131072 -a l2=cold -f ndjson
	[ "$status" -eq 0 ]
	jq -es 'map(select(.kind == "predicted" and .by)) | length == 4 and
		# mini-sglang: 4 warps share a row of 8 KiB, one has a token of 2 KiB; a block has 4 warps
		(.[0] | .by == "mini-sglang" and .blocks == 64 and .lanes == 128 and .bytes_in_flight == 8192) and
		(.[2] | .blocks == 16 and .lanes == 32 and .bytes_in_flight == 4 * 2 * 2048) and
		(.[3] | .blocks == 32768 and (.waves - 32768 / (132 * 16) | fabs) < 1e-9)' <<<"$output"
	# from sm_100 on a warp stores each word before it asks for the next; rows of 100 elements it is not built for
	kbench --chip B200 -k index -a rows=64 -a l2=cold -f ndjson | jq -es 'map(select(.by))[0].bytes_in_flight == 4 * 32 * 16'
	kbench --chip H200 -k index -a rows=64 -a dim=100 -f ndjson | jq -es 'map(select(.by)) == []'
	jq -es 'map(select(.kind == "predicted" and .by == null)) | length == 4 and
		(.[0] | .variant == "direct" and .blocks == 64 * 4 and .bytes == 64 * (2 * 8192 + 4)) and
		(.[1] | .variant == "persistent" and .waves == 1 and .blocks == 132 * 12 and
			(.floor_us - 131072 * (2 * 8192 + 4) / 4.8e6 | fabs) < 1e-6 and .bytes_in_flight == 12 * 128 * 4 * 16)' <<<"$output"
	run_split kbench --chip H200 -k index -a rows=64 -a l2=hot
	[[ $output == *"in the L2: not known"* ]]
	run_split kbench --chip MI300X
	[ "$status" -eq 2 ] && [[ $errors == *"the kernels are CUDA's"* ]]
	run_split kbench --chip H999
	[ "$status" -eq 2 ] && [[ $errors == *"no device called 'H999'"* ]]
}

@test "given two kbenches in turns, when one is slower in every pair, then it is told, and unchanged code has no verdict" {
	# other FACTOR: a stand-in that measures as this one, and says FACTOR times as long.
	other() {
		printf '#!/bin/bash\nfor last; do :; done\n"%s" "$@" && jq -c '"'"'if .kind == "measure" then .us.median *= %s else . end'"'"' "$last" >changed && cp changed "$last"\n' \
			"$BIN/kbench" "$1" >other
		chmod +x other
	}
	other 30
	run_split kbench -k radix -a tokens=64 -a l2=hot -n 6 --no-check --against ./other -f ndjson
	[ "$status" -eq 0 ]
	[[ $output == '{"kind":"verdict","status":"faster","says":"1 rows in 9 pairs of runs: 0 slower, 1 faster"}' ]]
	other 0.03
	run_split kbench -k radix -a tokens=64 -a l2=hot -n 6 --no-check --against ./other
	[ "$status" -eq 1 ]
	[[ $output == *" slower"*"1 slower, 0 faster" ]]
	other 1
	run_split kbench -k radix -a tokens=64 -a l2=hot -n 6 --no-check --against ./other
	[ "$status" -eq 0 ]
	[[ $output == *"0 slower, 0 faster" ]]
	run_split kbench -k radix -a tokens=64 --against /no/such
	[ "$status" -eq 2 ] && [[ $errors == *"/no/such"* ]]
}

@test "given results without the facts that a kernel has, when the report is written, then it says that they were not measured" {
	for kernel in index store; do
		printf '%s\n' '{"kind":"device","backend":"cpu","name":"A processor","facts":{}}' \
			'{"kind":"measure","kernel":"'$kernel'","backend":"cpu","axes":{"rows":4},"bytes":8192,"us":{"median":1.5,"min":1.4,"p99":1.9,"noise":0.01},"samples":20,"calls":4,"gbps":5.4,"ceiling_pct":50.0,"ceiling_gbps":10.8,"ceiling":"read","peak_pct":40.0,"datasheet_pct":null,"l2":"hot","correct":true,"flags":[],"size_axis":"rows","bound":"unknown","facts":{}}' \
			'{"kind":"end"}' >rows
		kbench --from rows -f report >report
		grep -q 'not measured' report
	done
}
