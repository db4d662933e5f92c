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
	jq -c '.traceEvents' "$IN/small.in.json" >"$WORK/array.json"
	tr-parse -a "$WORK/array.json" | sed '1d;$d' | jq -cS . >"$WORK/array.out"
	jq -cS . "$WORK/want" | sed '$d' | cmp - "$WORK/array.out"
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
