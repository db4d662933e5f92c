# SPDX-License-Identifier: Apache-2.0
# kroof: the limit of each kernel on its device, and how near it came.

load helper

# limits TRACE [ARGUMENT...]: kroof's records of a trace with recorded operators.
limits() {
	local trace=$1
	shift
	tr-parse -s kernel,memcpy,memset,launch,op,annotation "$trace" |
		tr-stacks ${CAPTURE:+-c "$CAPTURE"} | kroof "$@"
}

# share NAME TRACE [ARGUMENT...]: family, sizes and percent of each kernel whose name has NAME.
share() {
	local name=$1
	shift
	limits "$@" | jq -r --arg name "$name" 'select(.limit and (.name | contains($name))) |
		"\(.limit.family) \(.limit.sizes) \(.limit.share * 1000 | round / 10)"'
}

# changed SED-SCRIPT [TRACE]: a copy of the eager trace with a change, in TRACE.
changed() {
	TRACE=$BATS_TEST_TMPDIR/changed.json
	sed "$1" "${2:-$FIXTURES/kroof/eager.json}" >"$TRACE"
	! cmp -s "$TRACE" "${2:-$FIXTURES/kroof/eager.json}" || false
}

EAGER=$FIXTURES/kroof/eager.json
CONFIGS=$FIXTURES/kroof/configs

@test "given one operator with a fill, a product and its reduction, when it is rated, then time is all three's, the limit counts once" {
	[ "$(share splitK_TNT "$EAGER")" = "gemm m=4096 n=4096 k=4096 61.7" ] # 138.9 of 225 us
	limits "$EAGER" | jq -e -s '[.[] | select(.limit_in == 4)] | map(.kind) == ["memset", "kernel"]'
}

@test "given a kernel that tr-layers has cut short, when it is rated, then what was cut off is no time of its" {
	limits "$EAGER" >"$BATS_TEST_TMPDIR/whole"
	tr-parse -s kernel,memcpy,memset,launch,op,annotation "$EAGER" | tr-stacks |
		jq -c 'if .kind == "kernel" then .clipped_by = 1000 | .dur += 1000 else . end' | kroof >"$BATS_TEST_TMPDIR/cut"
	diff <(jq -c 'select(.limit)|.limit.share * 1e6 | round' "$BATS_TEST_TMPDIR/whole") \
		<(jq -c 'select(.limit)|.limit.share * 1e6 | round' "$BATS_TEST_TMPDIR/cut")
}

@test "given one kernel with two sizes, when it is rated, then each call has its own" {
	run share nvjet_tst_192x192 "$EAGER"
	[ "${lines[0]}" = "gemm m=1024 n=4096 k=4096 69.5" ]
	[ "${lines[1]}" = "gemm m=8192 n=4096 k=4096 69.5" ]
}

@test "given elementwise work, copies and a collective, when they are rated, then bytes are those that must cross" {
	[ "$(share CUDAFunctor_mul "$EAGER")" = "elementwise n=16777216 50.1" ] # the expanded input counts once
	[ "$(share DtoD "$EAGER")" = "memcpy_device copied=100000000 74.6" ]     # read and written
	[ "$(share HtoD "$EAGER")" = "memcpy_host copied=6300000 50" ]           # over the bus
	[ "$(share AllReduce "$EAGER")" = "all_reduce ranks=8 message=33554432 65.2" ]
	[ "$(share sgemm "$EAGER")" = "gemm b=8 m=512 n=512 k=64 13.4" ]         # no tensor cores
}

@test "given a kernel launched before the operators were recorded, when it has one twin, then it has its sizes" {
	limits "$EAGER" | jq -e -s '[.[] | select(.limit)][0].limit |
		.from == "recorded shapes of the same kernel elsewhere" and .sizes == "n=16777216"'
}

@test "given what no table knows, when it is met, then it has no figure but a reason" {
	limits "$EAGER" | jq -e -s 'any(.[]; .name == "mystery_kernel" and
		.limit == null and .why_no_limit == "no formula for mystery::op")'
}

@test "given a time that no device can reach, when it is rated, then it is a finding, not a share" {
	changed 's/^"dur": 400.0/"dur": 100.0/'
	limits "$TRACE" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/errors" || status=$?
	grep -q '^kroof: [1-9][0-9]* kinds of work are above their limit' "$BATS_TEST_TMPDIR/errors"
	[ "${status:-0}" -eq 1 ]
	jq -e -s '(map(select(.kind == "finding")) | length == 1 and .[0].calls == 1 and .[0].share > 2.7) and
		(map(select(.limit.flag)) | length == 1 and .[0].limit.share == null)' "$BATS_TEST_TMPDIR/out"
}

@test "given data that fit a cache, when they go faster than the memory, then the flag says so and nothing is wrong" {
	jq '.traceEvents |= map(if .name == "aten::add" then .args["Input Dims"][0:2] = [[1024, 1024], [1024, 1024]]
		elif .name | contains("CUDAFunctor_add") then .dur = 1 else . end)' "$EAGER" >"$BATS_TEST_TMPDIR/small.json"
	run limits "$BATS_TEST_TMPDIR/small.json"
	[ "$status" -eq 0 ]
	[[ $output == *"the data fit a cache"* ]]
}

# whole FILTER: whether the record of the whole stream on stdin is so.
whole() {
	jq -e -s "map(select(.kind == \"limits\"))[0] | $1" >/dev/null
}

@test "given a board that is not listed, a part of one, or a shared name, when peaks are sought, then none or the right ones are taken" {
	changed 's/NVIDIA H100 80GB HBM3/NVIDIA H100 80GB HBM3 MIG 1g.10gb/'
	limits "$TRACE" | jq -e -s 'map(select(.limit)) | length == 0'
	limits "$TRACE" | whole '.peaks == null and (.why | contains("MIG"))'
	changed 's/NVIDIA H100 80GB HBM3/NVIDIA GH200 480GB/'
	limits "$TRACE" | whole '.peaks.gbps == 4000'
	changed 's/NVIDIA H100 80GB HBM3/NVIDIA GeForce RTX 4090 Laptop GPU/'
	limits "$TRACE" | whole '.peaks == null'
	changed 's/NVIDIA H100 80GB HBM3//; s/: 132/: 304/; s/85018279936/206141652992/'
	limits "$TRACE" | whole '.peaks | .gbps == 5300 and (.found_by | startswith("compute units"))'
	changed 's/NVIDIA H100 80GB HBM3/NVIDIA H20/'
	limits "$TRACE" | whole '.peaks | .gbps == 4000 and .unsure != ""'
	limits "$TRACE" --device l40s | whole '.peaks.gbps == 864'
}

@test "given a type without a peak on the device, when a product is rated, then it has no figure" {
	changed 's/NVIDIA H100 80GB HBM3/NVIDIA A100-SXM4-80GB/; s/c10::BFloat16"/c10::Float8_e4m3fn"/'
	limits "$TRACE" | jq -e -s 'map(select(.name == "nvjet_tst_192x192")) | length == 2 and
		all(.[]; .limit == null and .why_no_limit == "the device has no peak for this type")'
}

@test "given a replayed graph and its config, when it is rated, then place in the layer tells each product" {
	run share nvjet "$FIXTURES/kroof/graph.json" -c "$CONFIGS/two-layers.json"
	[ "${lines[0]}" = "gemm m=4 n=1536 k=1024 23.6" ]
	[ "${lines[1]}" = "gemm m=4 n=1024 k=1024 31.5" ]
	[ "${lines[2]}" = "gemm m=4 n=8192 k=1024 62.8" ]
	[ "${lines[3]}" = "gemm m=4 n=1024 k=4096 50.3" ]
	[ "${lines[8]}" = "gemm m=4 n=32000 k=1024 49.1" ]
	[ "$(share FlashAttn "$FIXTURES/kroof/graph.json" -c "$CONFIGS/two-layers.json" | sort -u)" = \
		"attention tokens=4 kv=4096 pairs=4096 h=8 hk=2 d=128 dv=128 25.1" ]
}

@test "given a replayed graph without capture, config or plan, when it is rated, then no kernel has a figure, and each says what is missing" {
	limits "$FIXTURES/kroof/graph.json" | jq -es '[.[] | select(.kind == "kernel")] | length == 21 and
		all(.limit == null and (.why_no_limit | test("^replayed: its graph.s capture is not here")))'
}

# planned JQ: the replayed graph with launches of a plan at its kernels, as the jq program gives them.
planned() {
	tr-parse -s kernel,launch,annotation "$FIXTURES/kroof/graph.json" | jq -c "if .kind == \"kernel\" then $1 else . end" | kroof
}

@test "given replayed kernels and the launches of a plan that they are, when they are rated, then sizes are the plan's" {
	local mm='{kernel: "aten::mm", source: "torch", shapes: [[4, 4096], [4096, 2048]], dtypes: ["bfloat16", "bfloat16"], seq: 7}'
	# 4 x 4096, 4096 x 2048, 4 x 2048 in bf16: 16,826,368 bytes take 5.02 of 8 us
	planned "if .index == 9 then .plan = $mm else . end" >"$BATS_TEST_TMPDIR/out"
	jq -es 'map(select(.limit)) | length == 1 and (.[0].limit | .from == "plan" and .bytes == 16826368 and .share == 0.6275 and .sizes == "m=4 n=2048 k=4096")' "$BATS_TEST_TMPDIR/out"
	# two kernels of one launch are one operator
	planned "if .index == 9 or .index == 10 then .plan = $mm else . end" >"$BATS_TEST_TMPDIR/out"
	jq -es 'map(select(.limit)) | length == 1 and (.[0].limit | .op_us == 10 and .share == 0.502)' "$BATS_TEST_TMPDIR/out"
	jq -es 'map(select(.index == 10))[0].limit_in == 9' "$BATS_TEST_TMPDIR/out"
	# planned for as many tokens as the step has, or not
	planned "if .index == 9 then .plan = $mm + {tokens: 4} else . end" | jq -es 'map(select(.limit)) | length == 1'
	planned "if .index == 9 then .plan = $mm + {tokens: 5} else . end" |
		jq -es 'map(select(.index == 9))[0].why_no_limit == "the plan is of another number of tokens than the step"'
	# a library's function, under the name that it has in a trace; and what no row knows
	planned 'if .index == 10 then .plan = {kernel: "silu_and_mul", source: "sgl-kernel", shapes: [[4, 1408], [4, 2816]], dtypes: ["bfloat16", "bfloat16"]} else . end' |
		jq -es 'map(select(.limit))[0].limit | .family == "activation" and .bytes == 4 * (1408 + 2816) * 2'
	planned 'if .index == 10 then .plan = {kernel: "strange", source: "sgl-kernel", shapes: [], dtypes: []} else . end' |
		jq -es 'map(select(.index == 10))[0].why_no_limit == "the trace has no shapes of sgl_kernel::strange"'
	# odd ones
	for odd in 'null' '[]' '{}' '{kernel: 1, shapes: {}, dtypes: 3}' '{kernel: "aten::mm", source: "torch", shapes: [[-4, "x"], [[1]]], dtypes: ["bfloat16", null]}'; do
		planned ".plan = $odd" | jq -es 'map(select(.limit)) == []'
	done
}

@test "given ranks that share the layers, when they are told, then sizes are one rank's" {
	run share nvjet "$FIXTURES/kroof/graph.json" -c "$CONFIGS/two-layers.json" --tp 2
	[[ ${lines[0]} == "gemm m=4 n=768 k=1024 "* ]]
	[[ ${lines[3]} == "gemm m=4 n=1024 k=2048 "* ]]
	run_split kroof -c "$CONFIGS/two-layers.json" --tp 3 </dev/null
	[ "$status" -eq 2 ]
	[[ $errors == *"does not divide by 3 ranks"* ]]
}

@test "given a config of another model or no lengths, when a graph is rated, then places are not believed" {
	sed 's/"num_hidden_layers": 2/"num_hidden_layers": 3/' "$CONFIGS/two-layers.json" >"$BATS_TEST_TMPDIR/c.json"
	limits "$FIXTURES/kroof/graph.json" -c "$BATS_TEST_TMPDIR/c.json" | jq -e -s '(map(select(.limit)) | length == 0) and
		any(.[]; (.why_no_limit // "") | contains("layers found in this step: 2, in the config: 3"))'
	sed 's/"num_hidden_layers"/"kv_lora_rank": 512, &/' "$CONFIGS/two-layers.json" >"$BATS_TEST_TMPDIR/c.json"
	limits "$FIXTURES/kroof/graph.json" -c "$BATS_TEST_TMPDIR/c.json" | jq -e -s 'all(.[]; .limit.family != "gemm")'
	changed 's/"execute_4_[^"]*"/"step[DECODE bs=4]"/' "$FIXTURES/kroof/graph.json"
	limits "$TRACE" -c "$CONFIGS/two-layers.json" | jq -e -s 'any(.[]; .limit.family == "gemm") and
		all(.[]; .limit.family != "attention")'
	limits "$FIXTURES/kroof/graph.json" | jq -e -s 'all(.[]; .limit == null)'
}

@test "given experts whose routing is not recorded, when they are rated, then the share is a range, and too fast ones tell how many were read" {
	limits "$FIXTURES/kroof/experts.json" -c "$CONFIGS/two-layers-experts.json" | jq -e -s 'map(select(.name == "fused_moe_kernel").limit) |
		length == 4 and all(.[]; .share == null and .share_range[0] < .share_range[1]) and
		(.[0].sizes | contains("experts_read=2..8"))'
	changed 's/"dur": 6.0/"dur": 3.0/' "$FIXTURES/kroof/experts.json"
	limits "$TRACE" -c "$CONFIGS/two-layers-experts.json" | jq -e -s 'map(select(.limit.family == "moe_gate_up").limit.note) |
		.[0] == "at most 4 experts were read; routing is not recorded"'
}

@test "given replays of one size whose times differ, when they are rated, then all are withheld" {
	jq '[.traceEvents[] | select(.cat == "kernel" and (.name | contains("head") | not))] as $kernels | .traceEvents |= map(select(.cat != "kernel")) |
		.traceEvents += [range(6) as $i | $kernels[] | .ts += $i * 200 |
			.dur *= (if (.name | test("gate_up|down")) and $i % 2 == 0 then 8 else 1 end)] |
		.traceEvents[0].dur = 5000' "$FIXTURES/kroof/graph.json" >"$BATS_TEST_TMPDIR/mixed.json"
	jq '.num_hidden_layers = 12' "$CONFIGS/two-layers.json" >"$BATS_TEST_TMPDIR/c.json"
	limits "$BATS_TEST_TMPDIR/mixed.json" -c "$BATS_TEST_TMPDIR/c.json" | jq -e -s '(map(select(.limit)) | length == 0) and
		any(.[]; (.why_no_limit // "") | contains("names and times do not belong together"))'
}

@test "given measured peaks, when they are of this device, then shares are of them, else they are refused" {
	local peaks=$BATS_TEST_TMPDIR/peaks.ndjson
	echo '{"kind":"device","name":"NVIDIA H100 80GB HBM3"}
		{"kind":"ceiling","what":"copy","gbps":9000,"bytes":1048576,"how":"measured"}
		{"kind":"ceiling","what":"copy","gbps":3000,"bytes":1073741824,"how":"measured"}
		{"kind":"ceiling","what":"gemm","dtype":"bf16","tflops":700,"how":"measured"}' >"$peaks"
	limits "$EAGER" --peaks "$peaks" | jq -e -s '(map(select(.kind == "limits"))[0].peaks |
		.gbps == 3000 and .gbps_how == "measured" and .tflops_measured == ["bf16"]) and
		(map(select(.name == "nvjet_tst_192x192"))[0].limit | .how == "measured" and (.share * 1000 | round) == 982)'
	sed -i 's/H100 80GB HBM3/H200/' "$peaks"
	run limits "$EAGER" --peaks "$peaks"
	[ "$status" -eq 2 ]
	[[ $output == *"measured on NVIDIA H200"* ]]
}

@test "given its own output, when it runs again, then nothing is said twice" {
	limits "$EAGER" >"$BATS_TEST_TMPDIR/once"
	kroof <"$BATS_TEST_TMPDIR/once" | diff "$BATS_TEST_TMPDIR/once" -
}

# case NAME: a trace of the cases beside the field data, or skip.
case_file() {
	CASE=${WARPIPE_SHARED:-$ROOT/../shared}/cases/roofline/$1
	[ -e "$CASE" ] || skip "no case at $CASE"
}

@test "given traces made for rates, when they are rated, then each has the right percentage" {
	for want in mm-frames:69.5 mm-no-frames:69.5 mm-tf32:55.6 mm-fp32-simt:68.5 copy-d2d:75 mi300x-without-name:52.6; do
		case_file "${want%:*}.json"
		[ "$(limits "$CASE" | jq 'select(.limit).limit.share * 1000 | round / 10')" = "${want#*:}" ]
	done
}

# shared_trace NAME: kroof's output of a field trace, with the config and the capture that go with it, in OUT.
shared_trace() {
	local config capture
	shared_data roofline/expected.json
	EXPECTED=$DATA
	shared_data "traces/$1"
	config=$(jq -r --arg name "$1" '.shares[$name].config // empty' "$EXPECTED")
	capture=$(jq -r --arg name "$1" '.shares[$name].capture // empty' "$EXPECTED")
	CAPTURE=
	if [ -n "$capture" ]; then
		CAPTURE=$BATS_TEST_TMPDIR/capture
		tr-parse -s kernel,launch,frame,module,op "${DATA%/*}/capture/$capture" >"$CAPTURE"
	fi
	OUT=$BATS_TEST_TMPDIR/out
	limits "$DATA" ${config:+-c "$CONFIGS/$config.json"} >"$OUT"
}

@test "given field traces, when they are rated, then the share of time that is known and kernels calculated by hand agree" {
	need jq
	shared_data roofline/expected.json
	for name in $(jq -r '.shares | keys[]' "$DATA"); do
		shared_trace "$name"
		jq -e -s --arg name "$name" --slurpfile all "$EXPECTED" 'map(select(.kind == "limits"))[0] |
			$all[0].shares[$name] as $want | $all[0].shares_tolerance_points as $points |
			def near(a; b): (a - b | fabs) <= $points;
			near(100 * .computed_us / .us; $want.computed) and near(100 * .range_us / .us; $want.bound) and
			near(100 * .assumed_us / .us; $want.assumed) and near(100 * .none_us / .us; $want.none) and
			.over_us == 0' "$OUT" >/dev/null || { echo "$name: $(grep '"limits"' "$OUT")"; false; }
		jq -rn --arg trace "$name" --argjson expected "$(jq -c .kernels "$EXPECTED")" \
			-f "$ROOT/tests/kroof/kernels.jq" "$OUT" >"$BATS_TEST_TMPDIR/differ"
		[ ! -s "$BATS_TEST_TMPDIR/differ" ] || { cat "$BATS_TEST_TMPDIR/differ"; false; }
	done
}

# one DIMS TYPES: what is said of one product with these shapes, share or reason.
one() {
	printf '%s\n' '{"kind":"trace","file":"x","device":"NVIDIA H100 80GB HBM3","vendor":"nvidia","rank":0,"version":1}' \
		'{"kind":"stack","stack":0,"how":"launch","launch":"cudaLaunchKernel","ops":[{"name":"aten::mm","dims":'"$1"',"types":'"$2"'}],"modules":[],"frames":[]}' \
		'{"kind":"kernel","index":1,"name":"nvjet_tst","ts":1,"dur":100,"device":0,"stream":7,"correlation":1,"stack":0,"op_calls":[1]}' \
		'{"kind":"end","events":1,"kernels":1,"memcpys":0,"memsets":0}' | kroof |
		jq -r 'select(.kind == "kernel") | .limit.share // .why_no_limit'
}

@test "given shapes that no product can have, or types that nobody knows, when it is rated, then there is no figure" {
	local bf16='["c10::BFloat16","c10::BFloat16"]' not='aten::mm: its shapes are not those expected'
	# 34,603,008 bytes take 10.32 of 100 us
	[ "$(one '[[64,4096],[4096,4096]]' "$bf16")" = 0.1032 ]
	for dims in '[[64,4096],[17,4096]]' '[[-64,4096],[4096,4096]]' '[[64.5,4096],[4096,4096]]' '[["a",4096],[4096,4096]]' \
		'[[1e300,1e300],[1e300,1e300]]' '[[64,4096]]' '[64,4096]' '[]'; do
		[[ $(one "$dims" "$bf16") == "$not" || $(one "$dims" "$bf16") == "the trace has no shapes of aten::mm" ]]
	done
	[ "$(one '[[64,4096],[4096,4096]]' '["quaternion","c10::BFloat16"]')" = "$not" ]
}

@test "given a tensor with more dimensions than are held, when its operator is rated, then there is no figure" {
	jq -c '.traceEvents |= map(if .args."Input Dims"? and .name == "aten::mul" then
		.args."Input Dims" |= map(if type == "array" and length > 0 then [1,1,1,1,1,1,1] + . else . end) else . end)' "$EAGER" >"$BATS_TEST_TMPDIR/deep.json"
	[ "$(share CUDAFunctor_mul "$EAGER" | wc -l)" -gt 0 ]
	[ "$(share CUDAFunctor_mul "$BATS_TEST_TMPDIR/deep.json" | wc -l)" -eq 0 ]
}

@test "given operators, replayed graphs and experts, when they are rated, then the records are the golden ones" {
	cd "$ROOT"
	check_golden kroof/eager.out.ndjson 0 limits fixtures/kroof/eager.json
	check_golden kroof/graph.out.ndjson 0 limits fixtures/kroof/graph.json -c fixtures/kroof/configs/two-layers.json
	check_golden kroof/experts.out.ndjson 0 limits fixtures/kroof/experts.json -c fixtures/kroof/configs/two-layers-experts.json
}

@test "given a reference of shares, when check-limits holds traces against it, then the table has each, and one that is apart is told" {
	need python3
	mkdir "$BATS_TEST_TMPDIR/in"
	cp "$EAGER" "$BATS_TEST_TMPDIR/in/eager.json"
	limits "$EAGER" | jq -c 'select(.kind == "limits") | . as $all | def part(us): 100 * us / $all.us;
		{shares_tolerance_points: 2, shares: {"eager.json": {config: null, capture: null, computed: part(.computed_us),
		bound: part(.range_us), assumed: part(.assumed_us), none: part(.none_us)}}}' >"$BATS_TEST_TMPDIR/right.json"
	run_split "$ROOT/tests/oracle/limits" --reference "$BATS_TEST_TMPDIR/right.json" --folder "$BATS_TEST_TMPDIR/in"
	[ "$status" -eq 0 ]
	[[ "$output" == *"| eager.json | "*" | 0.0 |"* ]]
	jq '.shares[].none += 3' "$BATS_TEST_TMPDIR/right.json" >"$BATS_TEST_TMPDIR/wrong.json"
	run_split "$ROOT/tests/oracle/limits" --reference "$BATS_TEST_TMPDIR/wrong.json" --folder "$BATS_TEST_TMPDIR/in"
	[ "$status" -eq 1 ]
	[ "$errors" = "eager.json: 3.0 points from the reference" ]
}

@test "given one kernel of a stack whose calls are all over the limit, when it is joined, then the row says why it has no share" {
	CASE=${WARPIPE_SHARED:-$ROOT/../shared}/cases/kernels/kjoin-over-roofline.ndjson
	[ -e "$CASE" ] || skip "no case at $CASE"
	cd "$ROOT"
	kroof "$CASE" 2>/dev/null >"$BATS_TEST_TMPDIR/rated" || [ $? -eq 1 ]
	kjoin -c fixtures/kjoin/chains.ndjson -l fixtures/kjoin/callees.ndjson -d fixtures/kjoin/definitions.ndjson \
		-r fixtures/kjoin/tree "$BATS_TEST_TMPDIR/rated" >"$BATS_TEST_TMPDIR/joined"
	jq -e -s 'map(select(.kind == "hot")) | any(.[]; .why_no_limit // "" | startswith("above the limit")) and
		all(.[]; (.limit.share // 0) <= 1.05)' "$BATS_TEST_TMPDIR/joined"
}

@test "given the backward of a convolution, when it is rated, then it is a range: one gradient or both" {
	jq -c '.traceEvents |= map(if .args."Input Dims"? and .name == "aten::mm" then .name = "aten::convolution_backward" |
		.args."Input Dims" = [[8,64,56,56],[8,32,56,56],[64,32,3,3],[],[],[],[],[],[],[],[]] |
		.args."Input type" = ["c10::BFloat16","c10::BFloat16","c10::BFloat16","","","","","","","",""] else . end)' "$EAGER" >"$BATS_TEST_TMPDIR/conv.json"
	limits "$BATS_TEST_TMPDIR/conv.json" | jq -e -s 'map(.limit | select(.family == "convolution")) | length > 0 and
		all(.[]; .flops == 2 * 2 * (8*64*56*56) * (32*3*3) and
			.bytes == 2 * (8*64*56*56 + 2 * (8*32*56*56) + 2 * (64*32*3*3)) and .share == null)'
}

@test "given operators with their shapes, when they are rated, then bytes and operations are those worked out by hand" {
	local line operator family bytes flops arguments got
	while IFS= read -r line; do
		[[ $line != '#'* ]] || continue
		read -r family bytes flops <<<"${line##* = }"
		read -ra arguments <<<"${line%% = *}"
		operator=${arguments[0]}
		got=$(jq -n -c --arg name "$operator" '
			{ b: "c10::BFloat16", f: "float", e: "c10::Float8_e4m3fn", l: "long int", i: "int" } as $types |
			($ARGS.positional | map(if . == "-" then { dims: [], type: "" } elif . == "s" then { dims: [], type: "Scalar" }
				else { dims: (.[1:] | split("[")[0] | split(",") | map(tonumber)), type: $types[.[:1]] } end +
				{ input: (if test("\\[") then "[" + split("[")[1] else "" end) })) as $arguments |
			{ kind: "trace", file: "x", device: "NVIDIA H100 80GB HBM3", vendor: "nvidia", devices: 1, sms: 132, rank: 0 },
			{ kind: "stack", stack: 0, how: "launch", launch: "cudaLaunchKernel", modules: [], frames: [],
				ops: [{ name: $name, dims: ($arguments | map(.dims)), types: ($arguments | map(.type)), strides: null, inputs: ($arguments | map(.input)) }] },
			{ kind: "kernel", index: 1, name: "some_kernel", ts: 1, dur: 1e6, device: 0, stream: 7, correlation: 1, grid: [1, 1, 1], block: [1, 1, 1], stack: 0 },
			{ kind: "end", events: 1, kernels: 1, memcpys: 0, memsets: 0 }' --args "${arguments[@]:1}" | kroof |
			jq -r 'select(.kind == "kernel") | if .limit then "\(.limit.family) \(.limit.bytes) \(.limit.flops)" else "none \(.why_no_limit)" end')
		flops=$([ "$flops" = - ] && cut -d ' ' -f 3 <<<"$got" || echo $((flops)))
		[ "$got" = "$family $((bytes)) $flops" ] || { echo "$line: $got, not $family $((bytes)) $flops"; false; }
	done <"$FIXTURES/kroof/operators.txt"
}
