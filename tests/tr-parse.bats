# SPDX-License-Identifier: Apache-2.0
# tr-parse: from the JSON of the torch profiler to records, damage included.

load helper

setup() {
	cd "$ROOT"
	IN=fixtures/tr-parse
	WORK=$BATS_TEST_TMPDIR
}

# trace EVENTS: a trace around them.
trace() { printf '{"schemaVersion":1,"traceEvents":[%s],"traceName":"t"}' "$1"; }

# kernel NAME [TS]: an event.
kernel() {
	printf '{"ph":"X","cat":"kernel","name":"%s","pid":0,"tid":7,"ts":%s,"dur":2.50,' "$1" "${2:-10}"
	printf '"args":{"device":0,"stream":7,"correlation":5,"grid":[8,1,1],"block":[256,1,1]}}'
}

# names: of the kernels in a stream.
names() { jq -r 'select(.kind=="kernel").name'; }

# --- what is read ------------------------------------------------------------------------

@test "given a trace with all kinds of events, when all are asked for, then each makes its record" {
	check_golden tr-parse/small.out.ndjson 0 tr-parse -a <"$IN/small.in.json"
}

@test "given operators with shapes on many lines, when they are asked for, then each is one record" {
	check_golden tr-parse/ops.out.ndjson 1 tr-parse -s op <"$IN/ops.in.json"
}

@test "given the same trace packed, in pieces, on one line or as an array, when it is parsed, then the records are the same" {
	need zstd
	tr-parse -a "$IN/small.in.json" | sed 1d >"$WORK/want"
	gzip -c "$IN/small.in.json" >"$WORK/x.gz"
	{ head -c 1000 "$IN/small.in.json" | gzip; tail -c +1001 "$IN/small.in.json" | gzip -1; } >"$WORK/two.gz"
	zstd -q -c "$IN/small.in.json" >"$WORK/x.zst"
	{ printf '\xef\xbb\xbf'; cat "$IN/small.in.json"; } >"$WORK/bom.json"
	for file in x.gz two.gz x.zst bom.json; do
		tr-parse -a "$WORK/$file" | sed 1d | cmp - "$WORK/want"
	done
	jq -c '.' "$IN/small.in.json" >"$WORK/line.json"
	tr-parse -a "$WORK/line.json" | sed 1d | jq -cS . >"$WORK/line.out"
	jq -cS . "$WORK/want" | cmp - "$WORK/line.out"
	jq -c '.traceEvents' "$IN/small.in.json" >"$WORK/array.json" # without a head: no rank
	tr-parse -a "$WORK/array.json" | sed '1d;$d' | jq -cS . >"$WORK/array.out"
	jq -cS '.rank = "file0"' "$WORK/want" | sed '$d' | cmp - "$WORK/array.out"
}

# one NAME DUR [TS]: a kernel of the same shape as all others that it makes.
one() {
	printf '{"ph":"X","cat":"kernel","name":"%s","pid":0,"tid":7,"ts":%s,"dur":%s,"args":' "$1" "${3:-10.5}" "$2"
	printf '{"device":0,"stream":7,"correlation":5,"grid":[8,1,1],"block":[256,1,1]}}'
}

@test "given many events alike, when one has another number or name among them, then all are read as JSON says" {
	local alike odd flag
	alike=$(for i in {1..20}; do one "k$i" 0.02; printf ', '; done)
	long=$(printf 'x%.0s' {1..200})
	for odd in "$(one odd 0.021)" "$(one odd 2)" "$(one odd 20)" "$(one odd 1e1)" "$(one odd -3.5)" \
		"$(one odd 1234567.1234567890123456789012345678)" "$(one odd 0)" "$(one "$long" 0.02)" \
		"$(one 'a\"b\\' 0.02)" "$(one 'é' 0.02)" "$(one '' 0.02)" "$(one odd 0.02 -1)" \
		"$(one odd 0.02 | sed 's/,"args"/ ,"args"/')" "$(one odd 0.02 | sed 's/"tid":7/"tid":"7"/')"; do
		trace "$alike$odd, $alike$odd,$(one last 0.02)" >"$WORK/t"
		jq -c '.traceEvents[] | [.name, .ts, .dur]' "$WORK/t" >"$WORK/want"
		for flag in -a --portable; do
			tr-parse "$flag" "$WORK/t" >"$WORK/out" || [ $? -eq 1 ]
			jq -c 'select(.kind == "kernel") | [.name, .ts, .dur]' "$WORK/out" | cmp - "$WORK/want"
			[ "$(jq -c 'select(.kind == "kernel").index' "$WORK/out" | tail -n 1)" = 42 ]
		done
	done
}

# byte_of FILE: where the damage is that tr-parse tells there.
byte_of() { sed -n 's/.*: byte \([0-9]*\): .*/\1/p' "$1"; }

@test "given many events alike, when one among them is no JSON, then it is damage at its byte, and with -k alone lost" {
	local alike odd flag
	alike=$(for i in {1..20}; do one "k$i" 0.02; printf ', '; done)
	for odd in "$(one odd 00.2)" "$(one odd 0.)" "$(one odd 07)" "$(one odd 0.0.2)" "$(one odd +1)" "$(one odd 1x)" \
		"$(one $'a\tb' 0.02)" "$(one $'a\xff' 0.02)" "$(one 'a"b' 0.02)" "$(one odd 0.02 | sed 's/7,"ts"/7 7,"ts"/')" \
		"$(one odd 0.02 | sed 's/}}$/},}/')"; do
		trace "$alike$odd, $(one last 0.02)" >"$WORK/t"
		trace "$odd, $(one last 0.02)" >"$WORK/first"
		for flag in -a --portable; do
			! tr-parse "$flag" "$WORK/t" >"$WORK/out" 2>"$WORK/err" || false
			! tr-parse "$flag" "$WORK/first" >"$WORK/out" 2>"$WORK/first.err" || false
			[ "$(byte_of "$WORK/err")" = $(($(byte_of "$WORK/first.err") + ${#alike})) ]
			status=0
			tr-parse -k "$flag" "$WORK/t" >"$WORK/out" 2>"$WORK/err" || status=$?
			[ "$status" = 1 ]
			[ "$(names <"$WORK/out" | tail -n 1)" = last ]
			[ "$(names <"$WORK/out" | wc -l)" = 21 ]
		done
	done
}

@test "given field data, when it is parsed, then counts and sums are those of expected.json" {
	need python3
	shared_data traces
	python3 - "$DATA" <<-'END'
	import decimal, json, subprocess, sys
	data = sys.argv[1]
	for name, want in json.load(open(data + "/expected.json"))["traces"].items():
	    out = subprocess.run(["tr-parse", data + "/" + name], capture_output=True, check=True)
	    records = [json.loads(line, parse_float=decimal.Decimal) for line in out.stdout.splitlines()]
	    kernels = [r for r in records if r["kind"] == "kernel"]
	    end = records[-1]
	    got = (len(kernels), end["kernels"], end["memcpys"], end["memsets"], end["events"],
	        float(sum(r["dur"] for r in kernels)))
	    assert got == (want["kernel_count"], want["kernel_count"], want["memcpy_count"],
	        want["memset_count"], want["trace_events"], want["kernel_dur_sum_us"]), (name, got)
	    counts = {}
	    for r in kernels:
	        n, total = counts.get(r["name"], (0, 0))
	        counts[r["name"]] = (n + 1, total + r["dur"])
	    for kernel, (n, total) in want["per_kernel_name"].items():
	        assert counts[kernel][0] == n and abs(float(counts[kernel][1]) - total) < 1e-3, kernel
	END
}

@test "given field data, when every record is compared with Python's reading, then all agree" {
	need python3
	shared_data traces
	for file in "$DATA"/*.gz "$DATA"/capture/*.gz; do
		python3 tests/tr-parse/oracle.py "$file" >"$WORK/want"
		tr-parse -a "$file" | sed '1d;$d' | cmp - "$WORK/want"
		python3 tests/tr-parse/oracle.py "$file" all >"$WORK/want"
		tr-parse -s all "$file" | sed '1d;$d' | cmp - "$WORK/want"
	done
}

# --- the two paths -----------------------------------------------------------------------

@test "given any input, when it is parsed with and without vector units, then bytes and status are the same" {
	shared_data traces
	for file in "$IN"/*.json "$DATA"/*.gz; do
		for options in -a -ak; do
			status=0 portable=0
			tr-parse $options "$file" >"$WORK/a" 2>"$WORK/a.err" || status=$?
			tr-parse --portable $options "$file" >"$WORK/b" 2>"$WORK/b.err" || portable=$?
			[ "$status" -eq "$portable" ]
			cmp "$WORK/a" "$WORK/b"
			cmp "$WORK/a.err" "$WORK/b.err"
		done
	done
}

@test "given many engines, when tiny blocks and odd bytes are fed, then a fuzzer's seeds find no difference" {
	for fuzzer in fuzz_tr_parse fuzz_reader; do
		[ -x "$ROOT/build/fuzz/$fuzzer" ] || skip "no build/fuzz/$fuzzer (make fuzz builds it)"
		"$ROOT/build/fuzz/$fuzzer" -runs=0 "$ROOT/tests/fuzz/corpus/$fuzzer" 2>"$WORK/log"
	done
}

# --- how events may be written -----------------------------------------------------------

@test "given a trace of before 2022, when it is parsed, then its categories, streams and quoted grids are understood" {
	run_split tr-parse <<-'END'
	[{"ph":"X","cat":"Kernel","name":"k","pid":1,"tid":"stream 7","ts":5,"dur":2,"args":{"grid":"[8, 1, 1]","block":[ 32, 4, 1 ]}},
	 {"ph":"X","cat":"Memcpy","name":"m","pid":1,"tid":"stream 9","ts":5,"dur":2,"args":{"bytes":64}},
	 {"ph":"X","cat":"Memset","name":"s","pid":1,"tid":"stream 9","ts":5,"args":{}}]
	END
	[ "$status" -eq 0 ]
	[ "$(jq -c 'select(.kind=="kernel")|[.device,.stream,.grid,.block]' <<<"$output")" = '[1,7,[8,1,1],[32,4,1]]' ]
	[ "$(jq -c 'select(.kind=="memcpy")|[.device,.stream,.bytes]' <<<"$output")" = '[1,9,64]' ]
	[ "$(jq -c 'select(.kind=="memset")|[.dur,.bytes]' <<<"$output")" = '[0,null]' ]
}

@test "given fields in any order, escapes in keys and words of ours inside other values, when they are parsed, then nothing is taken for what it is not" {
	run_split tr-parse <<-'END'
	{"a":{"traceEvents":[{"ph":"X","cat":"kernel","name":"inner","ts":1,"dur":1}]},
	"traceEvents":[
	{"args":{"stream":3,"device":0,"cat":"kernel"},"dur":1,"ts":2,"name":"a","cat":"kernel","ph":"X"},
	{"ph":"X","name":"\"cat\":\"kernel\"","cat":"cpu_op","ts":1,"dur":1},
	{"ph":"X","cat":"cpu_op","name":"x","ts":1,"dur":1,"args":{"ph":"X","cat":"kernel","l":[{"cat":"kernel"}]}},
	{"\u0070h":"\u0058","c\u0061t":"k\u0065rnel","name":"b\u0020\"\\","ts":3,"dur":1},
	{"ph":"X","cat":"kernel","cat":"cpu_op","name":"c","name":"d","ts":4,"dur":1},
	{"ph":"B","cat":"kernel","name":"e","ts":4},
	{"ph":"X","cat":"kernels","name":"f","ts":4,"dur":1},{}
	]}
	END
	[ "$status" -eq 1 ]
	[[ $errors == *'unknown categories are left out: 1 kernels' ]]
	[ "$(names <<<"$output")" = $'a\nb "\\\nc' ]
	[ "$(jq -r 'select(.kind=="kernel").index' <<<"$output" | paste -sd ' ')" = '0 3 4' ]
	[ "$(tail -n 1 <<<"$output" | jq .events)" -eq 8 ]
}

@test "given numbers of any spelling, when they are parsed, then they keep it" {
	run_split tr-parse <<<'[{"ph":"X","cat":"kernel","name":"k","ts":1.50e+3,"dur":-0.0,"args":{"device":00000}}]'
	[ "$status" -eq 2 ]
	run_split tr-parse <<<'[{"ph":"X","cat":"kernel","name":"k","ts":1.50e+3,"dur":-0.0,"args":{"device":0,"stream":18446744073709551617,"correlation":9223372036854775807}}]'
	[ "$status" -eq 0 ]
	grep -q '"ts":1.50e+3,"dur":-0.0,"device":0,"stream":null,"correlation":9223372036854775807,' <<<"$output"
}

@test "given what the head says after the events, when the trace is parsed, then end completes what trace could not say" {
	run_split tr-parse <<<'{"traceEvents":['"$(kernel a)"'],"deviceProperties":[{"name":"AMD Instinct MI300X","numSms":304}],"distributedInfo":{"rank":2}}'
	[ "$status" -eq 0 ]
	[ "$(head -n 1 <<<"$output" | jq -c '[.device,.vendor,.rank]')" = '[null,null,null]' ]
	[ "$(tail -n 1 <<<"$output" | jq -c '[.device,.vendor,.sms,.rank,.world_size]')" = '["AMD Instinct MI300X","amd",304,2,null]' ]
}

@test "given an event longer than a block, when it is parsed, then it is whole; beyond 8 MiB it is damage" {
	name=$(head -c 3000000 /dev/zero | tr '\0' 'x')
	{ printf '['; kernel a; printf ','; kernel "$name"; printf ','; kernel c; printf ']'; } >"$WORK/long.json"
	[ "$(tr-parse "$WORK/long.json" | names | awk '{ print length($0) }' | paste -sd ' ')" = '1 3000000 1' ]
	{ printf '['; kernel a; printf ',{"ph":"X","name":"'; head -c 9000000 /dev/zero | tr '\0' 'x'; printf '"},'; kernel c; printf ']'; } >"$WORK/long.json"
	run_split tr-parse "$WORK/long.json"
	[ "$status" -eq 2 ]
	run_split tr-parse -k "$WORK/long.json"
	[ "$status" -eq 1 ]
	[ "$(names <<<"$output" | paste -sd ' ')" = 'a c' ]
}

# --- selection ---------------------------------------------------------------------------

@test "given a time slice, devices and streams, when events are selected, then only those are written" {
	{
		printf '['
		kernel a 10; printf ','; kernel b 20; printf ','; kernel c 30
		printf ',{"ph":"X","cat":"kernel","name":"d","pid":0,"tid":8,"ts":20.5,"dur":1,"args":{"device":1,"stream":8}}'
		printf ',{"ph":"X","cat":"cuda_runtime","name":"cudaLaunchKernel","pid":9,"tid":9,"ts":20,"dur":1}]'
	} >"$WORK/x.json"
	[ "$(tr-parse --from 20 --to 30 "$WORK/x.json" | names | paste -sd ' ')" = 'b d' ]
	[ "$(tr-parse --to 20 "$WORK/x.json" | names | paste -sd ' ')" = 'a' ]
	[ "$(tr-parse --device 1 "$WORK/x.json" | names | paste -sd ' ')" = 'd' ]
	[ "$(tr-parse --stream 7 --stream 9 "$WORK/x.json" | names | paste -sd ' ')" = 'a b c' ]
	[ "$(tr-parse -a --stream 8 "$WORK/x.json" | jq -r .kind | paste -sd ' ')" = 'trace kernel launch end' ]
	[ "$(tr-parse -s launch "$WORK/x.json" | jq -r .kind | paste -sd ' ')" = 'trace launch end' ]
	for bad in '-s kernels' '--from x' '--device 1.5' '-s kernel,'; do
		# shellcheck disable=SC2086
		run_split tr-parse $bad "$WORK/x.json"
		[ "$status" -eq 2 ]
		[ -z "$output" ]
	done
}

@test "given several traces, when they are parsed, then each makes a stream of its own" {
	trace "$(kernel a)" >"$WORK/a.json"
	trace "$(kernel b)" >"$WORK/b.json"
	run_split tr-parse "$WORK/a.json" "$WORK/b.json"
	[ "$status" -eq 0 ]
	[ "$(jq -r .kind <<<"$output" | paste -sd ' ')" = 'trace kernel end trace kernel end' ]
}

# --- damage ------------------------------------------------------------------------------

# damage EVENT FOUND: between two intact events, it must be found at the byte where FOUND
# begins in the trace, and skipped with -k.
damage() {
	local before after offset
	before=$(kernel a) after=$(kernel c)
	trace "$before, $1, $after" >"$WORK/x.json"
	offset=$(LC_ALL=C grep -abo -F -- "$2" "$WORK/x.json" | head -n 1 | cut -d : -f 1)
	for engine in '' --portable; do
		# shellcheck disable=SC2086
		run_split tr-parse $engine "$WORK/x.json"
		[ "$status" -eq 2 ] || { echo "$1: exit status $status"; return 1; }
		[ "$(names <<<"$output")" = a ] || { echo "$1: $output"; return 1; }
		! grep -q '"kind":"end"' <<<"$output" || { echo "$1: an end record"; return 1; }
		[[ $errors == "tr-parse: $WORK/x.json: byte $offset: "*"found '"* ]] ||
			{ echo "$1: want byte $offset, got: $errors"; return 1; }
		# shellcheck disable=SC2086
		run_split tr-parse -k $engine "$WORK/x.json"
		[ "$status" -eq 1 ] || { echo "$1 -k: exit status $status"; return 1; }
		[ "$(names <<<"$output" | paste -sd ' ')" = 'a c' ] || { echo "$1 -k: $output"; return 1; }
		[ "$(tail -n 1 <<<"$output" | jq -c '[.kind,.events,.kernels,.lost]')" = '["end",3,2,1]' ] ||
			{ echo "$1 -k: $(tail -n 1 <<<"$output")"; return 1; }
		[ "$(jq -r 'select(.name=="c").index' <<<"$output")" = 2 ]
	done
}

@test "given each kind of broken event, when it is read, then its byte and bytes are told, and -k skips it alone" {
	damage '{"ph":"X","cat":"kernel","name":"a "quoted" name","ts":1,"dur":2}' 'quoted" name'
	damage $'{"ph":"X","cat":"kernel","name":"a\x01b","ts":1,"dur":2}' $'\x01'
	damage $'{"ph":"X","cat":"kernel","name":"a\tb","ts":1,"dur":2}' $'\t'
	damage '{"ph":"X","cat":"kernel","name":"b","ts":nan,"dur":2}' 'nan,'
	damage '{"ph":"X","cat":"kernel","name":"b","ts":1,"dur":inf}' 'inf}'
	damage '{"ph":"X","cat":"kernel","name":"b","ts":1,"dur":-inf}' '-inf}'
	damage '{"ph":"X","cat":"kernel","name":"b","ts":1,"dur":2,"args":{"occupancy":N/A}}' 'N/A'
	damage '{"ph":"X","cat":"kernel","name":"b","ts":1,"dur":2,"args":{"x":Infinitys}}' 'Infinitys'
	damage '{"ph":"X","cat":"kernel","name":"b","ts":null,"dur":2}' 'null,'
	damage '{"ph":"X","cat":"kernel","name":"b","ts":"soon","dur":2}' '"soon"'
	damage '{"ph":"X","cat":"kernel","name":"b","ts":1,"dur":{}}' '{}}'
	damage '{"ph":"X","cat":"kernel","name":"b","ts":1e309,"dur":2}' '1e309'
	damage '{"ph":"X","cat":"kernel","name":"b","ts":1,"dur":1e308}' '1e308'
	damage '{"ph":"X","cat":"kernel","name":"C:\drivers","ts":1,"dur":2}' '\drivers'
	damage '{"ph":"X","cat":"kernel","name":"\u12G4","ts":1,"dur":2}' '\u12G4'
	damage $'{"ph":"X","cat":"kernel","name":"\xff\xfe","ts":1,"dur":2}' $'\xff'
	damage $'{"ph":"X","cat":"kernel","name":"\xc0\xaf","ts":1,"dur":2}' $'\xc0'
	damage '{"ph":"X","cat":"kernel","name":"b","ts":01,"dur":2}' '01,'
	damage '{"ph":"X","cat":"kernel","name":"b","ts":1.2.3,"dur":2}' '.3,'
	damage '{"ph":"X","cat":"kernel","name":"b","ts":1.,"dur":2}' '1.,'
	damage '{"ph":"X","cat":"kernel","name":"b","ts":+1,"dur":2}' '+1'
	damage '{"ph":"X","cat":"kernel","name":"b" "ts":1,"dur":2}' '"ts":1,"dur":2},'
	damage '{"ph":"X","cat":"kernel","name":"b","ts":1,,"dur":2}' ',"dur":2},'
	damage '{"ph":"X","cat":"kernel","name":"b","ts":1,"dur":2,}' '}, {"ph":"X","cat":"kernel","name":"c"'
	damage '{"ph":"X","cat":"kernel","name":"b","ts","dur":2}' ',"dur":2},'
	damage '{"ph":"X","cat":"kernel","name":"b","ts":[1:2]}' ':2]'
	damage '{"ph":"X","cat":"kernel","name":"b","args":{"x":[1,2}}' '}}, {"ph":"X","cat":"kernel","name":"c"'
	damage '{"ph":"X","cat":"kernel","name":tru}' 'tru}'
	# Events that are left out are held to the same grammar.
	damage '{"ph":"X","cat":"cpu_op","name":"b","ts":1,"args":{"Input Dims":[[nano]]}}' 'nano]'
	damage '{"ph":"X","cat":"python_function","name":"f"g","ts":1}' 'g","ts"'
}

@test "given damage between events, when it is read, then nothing but the damage is lost" {
	for between in '}' ']' '1' 'x' '"y"' ',' '[1]'; do
		printf '[%s,%s,%s]' "$(kernel a)" "$between" "$(kernel c)" >"$WORK/x.json"
		run_split tr-parse "$WORK/x.json"
		[ "$status" -eq 2 ]
		[ "$(names <<<"$output")" = a ]
		run_split tr-parse -k "$WORK/x.json"
		[ "$status" -eq 1 ]
		[ "$(names <<<"$output" | paste -sd ' ')" = 'a c' ] || [ "$between" = ']' ]
	done
	printf '[%s %s]' "$(kernel a)" "$(kernel c)" >"$WORK/x.json"
	run_split tr-parse -k "$WORK/x.json"
	[ "$status" -eq 1 ]
	[ "$(names <<<"$output" | paste -sd ' ')" = 'a c' ]
}

@test "given damage around the events, when it is read, then -k still reads the events" {
	printf '{"deviceProperties":[{"name":"a"b"}],"traceEvents":[%s]}' "$(kernel a)" >"$WORK/head.json"
	printf '{"traceEvents":[%s],"traceName":"a"b"}' "$(kernel a)" >"$WORK/tail.json"
	{ trace "$(kernel a)"; printf ' {"more":1}'; } >"$WORK/more.json"
	printf '{"traceEvents":[%s],"x":nan}' "$(kernel a)" >"$WORK/nan.json"
	for file in head tail more nan; do
		run_split tr-parse "$WORK/$file.json"
		[ "$status" -eq 2 ]
		[[ $errors == "tr-parse: $WORK/$file.json: byte "* ]]
		run_split tr-parse -k "$WORK/$file.json"
		[ "$status" -eq 1 ]
		[ "$(names <<<"$output")" = a ]
		[ "$(tail -n 1 <<<"$output" | jq '.lost_bytes > 0')" = true ]
	done
	for nothing in '' '{}' '[1]' '"traceEvents"' '{"traceEvents":null}' 'x'; do
		run_split tr-parse <<<"$nothing"
		[ "$status" -eq 2 ]
		[ "$(wc -l <<<"$errors")" -eq 1 ]
	done
}

@test "given more damage than anyone reads, when it is skipped, then ten places are told and all are counted" {
	{
		printf '['
		for i in $(seq 50); do kernel "good$i"; printf ',{"ph":"X","cat":"kernel","name":"bad"%s"},' "$i"; done
		kernel last
		printf ']'
	} >"$WORK/x.json"
	run_split tr-parse -k "$WORK/x.json"
	[ "$status" -eq 1 ]
	[ "$(wc -l <<<"$errors")" -eq 11 ]
	[[ $errors == *"damaged in 50 places" ]]
	[ "$(tail -n 1 <<<"$output" | jq -c '[.events,.kernels,.lost]')" = '[101,51,50]' ]
}

@test "given a small trace cut at every byte, plain or packed, when it is read, then every cut is noticed and nothing before it is lost" {
	need python3 zstd
	trace "$(kernel alpha 10),$(kernel beta 20.125)" >"$WORK/x.json"
	gzip -9n <"$WORK/x.json" >"$WORK/x.gz"
	zstd -q <"$WORK/x.json" >"$WORK/x.zst"
	python3 - "$WORK/x.json" "$WORK/x.gz" "$WORK/x.zst" <<-'END'
	import subprocess, sys
	def run(data, *options):
	    done = subprocess.run(["tr-parse", *options], input=data, capture_output=True, timeout=20)
	    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()
	for path in sys.argv[1:]:
	    data = open(path, "rb").read()
	    whole = run(data)[1]
	    most = 0
	    for cut in range(len(data)):
	        status, out, errors = run(data[:cut])
	        assert status == 2 and len(errors) == 1, (path, cut, status, errors)
	        # Whole records, as the whole trace has them, but for what the head had not said yet.
	        assert out[1:] == whole[1:len(out)], (path, cut)
	        assert not any(b'"kind":"end"' in line for line in out), (path, cut)
	        status, kept, errors = run(data[:cut], "-k")
	        assert status == 1 and kept[-1].startswith(b'{"kind":"end"'), (path, cut)
	        assert kept[1:-1] == out[1:], (path, cut)
	        most = max(most, len(out))
	    assert most == 3, path
	END
}

@test "given a packed trace with any bit flipped, when it is read, then it is refused or unharmed, and -k never fails" {
	need python3
	trace "$(kernel alpha 10),$(kernel beta 20.125)" | gzip -9n >"$WORK/x.gz"
	python3 - "$WORK/x.gz" <<-'END'
	import subprocess, sys
	packed = open(sys.argv[1], "rb").read()
	def run(data, *options):
	    done = subprocess.run(["tr-parse", *options], input=data, capture_output=True, timeout=20)
	    return done.returncode, done.stdout
	whole = run(packed)
	assert whole[0] == 0
	for at in range(len(packed)):
	    flipped = bytearray(packed)
	    flipped[at] ^= 1 << at % 8
	    status, out = run(flipped)
	    assert status == 2 or (status == 0 and out == whole[1]), (at, status)
	    assert status == 0 or b'"kind":"end"' not in out, at
	    for option in ("-k", "-k --portable"):
	        kept = run(flipped, *option.split())
	        assert kept[0] in (0, 1) and kept[1].splitlines()[-1].startswith(b'{"kind":"end"'), at
	END
}

@test "given a wrong check sum or a damaged second member, when it is read, then all that was unpacked is there" {
	trace "$(kernel a),$(kernel b)" >"$WORK/x.json"
	gzip -n <"$WORK/x.json" >"$WORK/x.gz"
	{ head -c -8 "$WORK/x.gz"; printf '\0\0\0\0'; tail -c 4 "$WORK/x.gz"; } >"$WORK/sum.gz"
	{ head -c -4 "$WORK/x.gz"; printf '\0\0\0\0'; } >"$WORK/size.gz"
	{ cat "$WORK/x.gz"; printf '\x1f\x8b\x08garbage'; } >"$WORK/second.gz"
	for file in sum size second; do
		for engine in '' --portable; do
			# shellcheck disable=SC2086
			run_split tr-parse $engine "$WORK/$file.gz"
			[ "$status" -eq 2 ]
			[[ $errors == "tr-parse: $WORK/$file.gz: byte $(stat -c %s "$WORK/x.json"): "*gzip:* ]]
			[ "$(names <<<"$output" | paste -sd ' ')" = 'a b' ]
			! grep -q '"kind":"end"' <<<"$output" || false
			# shellcheck disable=SC2086
			run_split tr-parse -k $engine "$WORK/$file.gz"
			[ "$status" -eq 1 ]
			[ "$(tail -n 1 <<<"$output" | jq -c '[.kind,.kernels,.lost]')" = '["end",2,0]' ]
		done
	done
}

# --- what is no damage -------------------------------------------------------------------

@test "given NaN and inf where nobody needs a number, when the trace is read, then nothing is lost and they are counted" {
	for odd in inf -inf NaN nan Infinity -Infinity '[1,NaN,{"a":inf}]'; do
		event='{"ph":"X","cat":"kernel","name":"b \"nan, inf]","pid":0,"tid":7,"ts":20,"dur":1,"args":{"warps per SM": '$odd',"stream":7}}'
		trace "$(kernel a), $event, $(kernel c)" >"$WORK/x.json"
		for options in '' -k --portable; do
			# shellcheck disable=SC2086
			run_split tr-parse $options "$WORK/x.json"
			[ "$status" -eq 0 ]
			[ -z "$errors" ]
			[ "$(names <<<"$output" | paste -sd '|')" = 'a|b "nan, inf]|c' ]
			[ "$(tail -n 1 <<<"$output" | jq -c '[.lost,.not_numbers]')" = '[0,1]' ]
		done
	done
	# The number may end where a block does.
	{ printf '['; kernel a; for i in $(seq 40000); do printf ',{"ph":"X","cat":"cpu_op","ts":1,"args":{"x":-Infinity}}'; done; printf ']'; } >"$WORK/x.json"
	[ "$(tr-parse "$WORK/x.json" | tail -n 1 | jq -c '[.events,.not_numbers]')" = '[40001,40000]' ]
}

@test "given an array without its closing bracket, when it is read, then it is whole, which the format allows" {
	for tail in '' ',' $' \n' $',\n'; do
		printf '[%s,%s%s' "$(kernel a)" "$(kernel b)" "$tail" >"$WORK/x.json"
		run_split tr-parse "$WORK/x.json"
		[ "$status" -eq 0 ]
		[ "$(names <<<"$output" | paste -sd ' ')" = 'a b' ]
	done
	printf '{"traceEvents":[%s,%s' "$(kernel a)" "$(kernel b)" >"$WORK/x.json"
	run_split tr-parse "$WORK/x.json"
	[ "$status" -eq 2 ]
	printf '[%s,%s' "$(kernel a)" '{"ph":"X","cat":"ker' >"$WORK/x.json"
	run_split tr-parse "$WORK/x.json"
	[ "$status" -eq 2 ]
}

@test "given a string of more than 4 MiB around the events, when it is read, then it is skipped" {
	{
		printf '{"note":"'
		head -c 5000000 /dev/zero | tr '\0' 'x'
		printf '\\" \\\\","traceEvents":[%s]}' "$(kernel a)"
	} >"$WORK/x.json"
	run_split tr-parse "$WORK/x.json"
	[ "$status" -eq 0 ]
	[ "$(names <<<"$output")" = a ]
}

# --- ranks, calls, what is told ----------------------------------------------------------

@test "given ranks told in three ways, when traces are parsed, then every record has its rank" {
	printf '{"distributedInfo":{"rank":3},"traceEvents":[%s]}' "$(kernel a)" >"$WORK/told.json"
	trace "$(kernel b)" >"$WORK/untold.json"
	printf '[%s,{"ph":"X","cat":"cuda_runtime","name":"cudaLaunchKernel","pid":"[TP00] 9","tid":9,"ts":2,"dur":1}]' \
		'{"ph":"X","cat":"kernel","name":"c","pid":"[TP03] 5","tid":7,"ts":1,"dur":1}' >"$WORK/merged.json"
	run_split tr-parse -s all "$WORK/told.json" "$WORK/untold.json" "$WORK/merged.json"
	[ "$status" -eq 0 ]
	[ "$(jq -c 'select(.index)|[.kind,.rank,.device]' <<<"$output" | paste -sd ' ')" = \
		'["kernel","3",0] ["kernel","file1",0] ["kernel","TP03",5] ["launch","TP00",null]' ]
	[ "$(tail -n 1 <<<"$output" | jq -c '.ranks|map_values(.host_span)')" = '{"TP03":null,"TP00":[2,3]}' ]
	[ "$(jq -c 'select(.kind=="trace")|[.version,.rank]' <<<"$output" | paste -sd ' ')" = '[1,3] [1,null] [1,null]' ]
}

@test "given runtime calls and the profiler's own time, when they are asked for, then each is a record" {
	run_split tr-parse -s kernel,call,overhead <<<'[
	{"ph":"X","cat":"Trace","name":"PyTorch Profiler (0)","pid":"Spans","tid":"PyTorch Profiler","ts":0.5,"dur":99.0005},
	{"ph":"X","cat":"cuda_runtime","name":"cudaLaunchKernel","pid":1,"tid":1,"ts":1,"dur":1,"args":{"correlation":5}},
	{"ph":"X","cat":"cuda_runtime","name":"cudaEventSynchronize","pid":1,"tid":1,"ts":3,"dur":1.50,"args":{"correlation":6}},
	{"ph":"X","cat":"overhead","name":"Activity Buffer Request","pid":-1,"tid":0,"ts":5,"dur":1},
	'"$(kernel a)]"
	[ "$status" -eq 0 ]
	grep -F -q '{"kind":"call","index":2,"rank":"file0","name":"cudaEventSynchronize","ts":3,"dur":1.50,"pid":1,"tid":1,"correlation":6}' <<<"$output"
	grep -F -q '{"kind":"overhead","index":3,"rank":"file0","name":"Activity Buffer Request","ts":5,"dur":1,"pid":-1,"tid":0}' <<<"$output"
	[ "$(tail -n 1 <<<"$output" | jq -c '[.calls,.overheads,.launches,.host_span]')" = '[1,1,0,[0.5,99.501]]' ]
	[ "$(tr-parse -s all <<<"[$(kernel a)]" | jq -r .kind | paste -sd ' ')" = 'trace kernel end' ]
}

@test "given collectives with arguments, when they are parsed, then the kernel has them" {
	run_split tr-parse <<<'[{"ph":"X","cat":"kernel","name":"ncclDevKernel","pid":0,"tid":7,"ts":1,"dur":1,"args":{"Collective name":"allreduce","In msg nelems":8,"Out msg nelems":8,"Group size":2,"dtype":"BFloat16","Process Group Name":"3","Process Group Ranks":"[0, 1]","Seq":41}}]'
	[ "$status" -eq 0 ]
	[ "$(jq -c 'select(.kind=="kernel").collective' <<<"$output")" = \
		'{"name":"allreduce","group":"3","group_ranks":"[0, 1]","group_size":2,"seq":41,"in_elements":8,"out_elements":8,"dtype":"BFloat16"}' ]
}

@test "given no GPU work, unknown categories or absurd times, when a trace is parsed, then each is said in a line, and the status is 1" {
	run_split tr-parse <<<'[{"ph":"X","cat":"mtia_ccp_events","name":"a","ts":1,"dur":1},{"ph":"X","name":"b","ts":1,"dur":1},{"ph":"X","cat":"cpu_op","name":"c","ts":1},{"ph":"M","name":"d"}]'
	[ "$status" -eq 1 ]
	[ "$errors" = 'tr-parse: <stdin>: no GPU work that tr-parse knows: the file holds 1 cpu_op, 1 mtia_ccp_events, 1 without a category' ]
	[ "$(tail -n 1 <<<"$output" | jq -c '[.gpu_work,.unknown_categories]')" = '[0,{"mtia_ccp_events":1,"(none)":1}]' ]
	run_split tr-parse <<<'{"traceEvents":[]}'
	[ "$status" -eq 1 ]
	[[ $errors == *'the file holds no complete events' ]]
	# What is not asked for is counted, too.
	run_split tr-parse -s launch <<<"[$(kernel a),{\"ph\":\"X\",\"cat\":\"odd\",\"ts\":1},{\"ph\":\"X\",\"cat\":\"odd\",\"ts\":2}]"
	[ "$status" -eq 1 ]
	[ "$errors" = 'tr-parse: <stdin>: events of unknown categories are left out: 2 odd' ]
	[ "$(tail -n 1 <<<"$output" | jq -c '[.gpu_work,.kernels,.unknown_categories]')" = '[1,0,{"odd":2}]' ]
	run_split tr-parse <<<"[$(kernel a 0),$(kernel b),{\"ph\":\"X\",\"cat\":\"kernel\",\"ts\":9,\"dur\":-2}]"
	[ "$status" -eq 1 ]
	[ "$errors" = 'tr-parse: <stdin>: 1 pieces of GPU work begin at time 0 or before
tr-parse: <stdin>: 1 pieces of GPU work last less than nothing' ]
	[ "$(tail -n 1 <<<"$output" | jq -c .implausible)" = '{"gpu_ts_zero":1,"gpu_negative_duration":1}' ]
}

@test "given damage that looks like another, when it is told, then the true reason is" {
	printf '{"traceEvents":[{"name":"\xc0\xaf","ph":"X"}]}' >"$WORK/x.json"
	run_split tr-parse "$WORK/x.json"
	[ "$status" -eq 2 ]
	[[ $errors == *': string is not UTF-8: found '* ]]
	for value in null '{}' '"x"' 1; do
		run_split tr-parse <<<'{"traceEvents":'"$value"'}'
		[ "$status" -eq 2 ]
		[[ $errors == *': traceEvents is not an array' ]]
	done
	run_split tr-parse <<<'{"a":1}'
	[[ $errors == *': no traceEvents in this file' ]]
}

@test "given the cases of the field, when they are parsed, then counts and statuses are as known" {
	CASES=${WARPIPE_SHARED:-$ROOT/../shared}/cases
	[ -d "$CASES/traces" ] || skip "no cases at $CASES (set WARPIPE_SHARED)"
	run_split tr-parse "$CASES/traces/inf-everywhere.json"
	[ "$status" -eq 0 ]
	[ "$(tail -n 1 <<<"$output" | jq -c '[.kernels,.lost,.not_numbers]')" = '[40,0,40]' ]
	run_split tr-parse "$CASES/traces/ascend.json"
	[ "$status" -eq 1 ]
	[ "$errors" = "tr-parse: $CASES/traces/ascend.json: no GPU work that tr-parse knows: the file holds 5 without a category" ]
	for case in ts-zero:gpu_ts_zero negative-dur:gpu_negative_duration; do
		run_split tr-parse "$CASES/traces/${case%:*}.json"
		[ "$status" -eq 1 ]
		[ "$(tail -n 1 <<<"$output" | jq -c .implausible)" = "{\"${case#*:}\":1}" ]
	done
	run_split tr-parse "$CASES/hard/ts-null-passes-k.json"
	[ "$status" -eq 2 ]
	run_split tr-parse -k "$CASES/hard/ts-null-passes-k.json"
	[ "$status" -eq 1 ]
	[ "$(names <<<"$output" | paste -sd ' ')" = 'a c' ]
	run_split tr-parse "$CASES/hard/ts-1e309-nan.json"
	[ "$status" -eq 2 ]
	run_split tr-parse "$CASES/hard/utf8-told-as-quote.json"
	[[ $errors == *'not UTF-8'* ]]
}

@test "given events of many layouts, when each comes after any other, then its record is what it is alone" {
	cat >"$WORK/events" <<-'END'
	{"ph":"X","cat":"kernel","name":"a","pid":0,"tid":7,"ts":1,"dur":2,"args":{"device":0,"stream":7,"correlation":3,"grid":[1,2,3],"block":[4,5,6]}}
	{"ph": "X", "cat": "kernel", "name": "a", "pid": 0, "tid": 7, "ts": 1.5, "dur": 2, "args": {"device": 1, "stream": 7, "correlation": 3, "grid": [1, 2, 3], "block": [4, 5, 6]}}
	{"ph": "X", "cat": "kernel", "name": "b\"c", "pid": 0, "tid": 7, "ts": 1.5, "dur": 2, "args": {"device": 1, "stream": 7, "correlation": 3, "grid": [1, 2 ,3], "block": "[4, 5, 6]"}}
	{"ph": "X", "cat": "kernel", "name": "a", "pid": 0, "tid": 7, "ts": 2, "dur": 1e1, "args": {"device": 1, "stream": 7, "correlation": 3}}
	{"ph": "X", "cat": "kernel", "name": "a", "pid": 0, "tid": 7, "ts": 2, "dur": -1, "args": {"device": 1, "stream": 7, "correlation": 3, "grid": [1,1], "block": null, "Collective name": "allreduce", "Process Group Ranks": [0, [1]]}}
	{"ph": "X", "cat": "kernel", "name": "a", "pid": 0, "tid": 7, "ts": 2, "dur": 1, "args": {}}
	{"ph": "X", "cat": "kernel", "name": "a", "pid": 0, "tid": 7, "ts": 2, "dur": 1, "args": {"stream": 9}}
	{"ph": "X", "cat": "kernel", "name": "a", "pid": 0, "tid": 7, "ts": 2, "dur": 1, "args": "none"}
	{"ph": "X", "cat": "kernel", "name": "a", "pid": 0, "tid": 7, "ts": 2, "dur": 1, "args": [{"stream": 4}]}
	{"ph": "X", "cat": "kernel", "name": "a", "pid": 0, "tid": 7, "ts": 2, "dur": 1, "args": {"stream": {"device": 5}, "device": 6}}
	{"ph": "X", "cat": "kernel", "name": "a", "name": "again", "pid": 0, "tid": 7, "ts": 2, "dur": 1, "args": {"stream": 1, "stream": 2, "Device": 3, "device": 4}, "args": {"grid": [7,7,7]}}
	{"args": {"device": 0, "stream": 8, "grid": [9, 9, 9]}, "dur": 4, "ts": 5, "name": "c", "tid": 1, "pid": 2, "ph": "X", "cat": "kernel"}
	{"args": {"device": 0, "stream": 8, "grid": [9, 9, 9]}, "dur": 4, "ts": 5, "name": "c", "tid": 1, "pid": 2, "ph": "X", "cat": "gpu_memcpy"}
	{"ph": "X", "cat": "kernel", "n\u0061me": "d", "pid": 0, "tid": 7, "ts": 2, "dur": 1, "args": {"str\u0065am": 3}}
	{"ph": "X", "cat": "kernel", "name": "é", "pid": "[TP01] 0", "tid": "stream 7", "ts": 2, "dur": 1, "args": {"device": "1", "stream": 7}}
	{"ph": "X", "cat": "gpu_memcpy", "name": "Memcpy DtoD", "pid": 0, "tid": 7, "ts": 2, "dur": 1, "args": {"device": 1, "stream": 7, "correlation": 3, "bytes": 64}}
	{"ph": "X", "cat": "cuda_runtime", "name": "cudaLaunchKernel", "pid": 5, "tid": 6, "ts": 1, "dur": 1, "args": {"External id": 4, "cbid": 211, "correlation": 9}}
	{"ph": "X", "cat": "cuda_runtime", "name": "cudaEventSynchronize", "pid": 5, "tid": 6, "ts": 1, "dur": 1, "args": {"External id": 4, "cbid": 211, "correlation": 9}}
	{"ph": "X", "cat": "cpu_op", "name": "aten::mm", "pid": 5, "tid": 6, "ts": 1, "dur": 1, "args": {"Input Dims": [[1, 2], []], "Input type": ["float", ""], "Concrete Inputs": ["", "[1, 2]"]}}
	{"ph": "X", "cat": "python_function", "name": "nn.Module: M_0", "pid": 5, "tid": 6, "ts": 1, "dur": 1, "args": {"Python id": 2, "Python parent id": null, "Python module id": 0}}
	{"ph": "X", "cat": "python_function", "name": "a.py(3): f", "pid": 5, "tid": 6, "ts": 1, "dur": 1, "args": {"Python id": 2, "Python parent id": 1, "Ev Idx": 4}}
	{"ph": "X", "cat": "user_annotation", "name": "step", "pid": 5, "tid": 6, "ts": 1, "dur": 1}
	{"ph": "i", "cat": "kernel", "name": "a", "pid": 0, "tid": 7, "ts": 2}
	{"ph": "X", "cat": "ac2g", "name": "a", "pid": 0, "tid": 7, "ts": 2}
	END
	records() { tr-parse -s all "$1" 2>/dev/null | jq -c 'select(.kind != "trace" and .kind != "end") | del(.index)'; }
	while read -r event; do
		printf '[%s]' "$event" >"$WORK/one.json"
		records "$WORK/one.json"
	done <"$WORK/events" >"$WORK/alone"
	[ "$(wc -l <"$WORK/alone")" -eq 22 ]
	# Every event after every other: forwards with growing steps.
	awk '{ line[NR - 1] = $0 } END { for (step = 1; step < NR; step++) for (i = 0; i < NR; i++)
		print line[(i * step) % NR] }' "$WORK/events" >"$WORK/all"
	{ printf '['; paste -sd , "$WORK/all"; printf ']'; } >"$WORK/all.json"
	records "$WORK/all.json" | sort | uniq >"$WORK/together"
	sort -u "$WORK/alone" | diff - "$WORK/together"
	[ "$(records "$WORK/all.json" | wc -l)" -eq "$(grep -cv '"ph": "i"\|"ac2g"' "$WORK/all")" ]
}

# --- size --------------------------------------------------------------------------------

@test "given a long trace through a pipe, when it is parsed, then memory stays below 64 MiB" {
	[ -x /usr/bin/time ] || skip "time is not installed"
	grow=$TESTS/bench/trace-grow
	[ -x "$grow" ] || skip "no $grow (make check builds it)"
	[[ $TESTS != *asan* ]] || skip "the sanitizer takes memory of its own"
	"$grow" 300M "$IN/small.in.json" |
		/usr/bin/time -o "$WORK/memory" -f %M tr-parse -a | tail -n 1 >"$WORK/end"
	[ "$(jq '.events > 100000 and .kernels * 13 == .events' "$WORK/end")" = true ]
	[ "$(cat "$WORK/memory")" -lt 65536 ]
}
