# SPDX-License-Identifier: Apache-2.0
# What reports say of limits: tr-layers after kroof, and trace-report.
# make mutants asks these tests for: kroof tr-layers kjoin-fmt

load helper

GRAPH=$FIXTURES/kroof/graph.json
EXPERTS=$FIXTURES/kroof/experts.json
CONFIGS=$FIXTURES/kroof/configs

# rated TRACE [ARGUMENT...]: its records after kroof, in RATED.
rated() {
	local trace=$1
	shift
	RATED=$BATS_TEST_TMPDIR/rated
	tr-parse -s all "$trace" | tr-classify | tr-stacks | kroof "$@" >"$RATED"
}

@test "given kernels with limits, when layers are found, then passes, layers and CSV have what their kernels have" {
	need jq python3
	rated "$GRAPH" -c "$CONFIGS/two-layers.json"
	tr-layers --kernels "$RATED" >"$BATS_TEST_TMPDIR/out"
	jq -s -e 'def near(a; b): (a - b | fabs) < 0.002;
		map(select(.kind == "kernel" and .limit)) as $kernels |
		def of(f): ($kernels | map(select(f) | .limit)) as $its |
			{limited_us: ($its | map(.op_us) | add), limit_us: ($its | map(.limit_us) | add), win_us: ($its | map(.win_us) | add)};
		def same(a; b): near(a.limited_us; b.limited_us) and near(a.limit_us; b.limit_us) and near(a.win_us; b.win_us);
		(map(select(.kind == "pass")) | length == 2 and all(.[]; .pass as $pass | same(.limit; of(.pass == $pass)))) and
		(map(select(.kind == "layer")) | length == 2 and
			all(.[]; . as $layer | same(.limit; of(.pass == $layer.pass and .layer == $layer.layer))))' "$BATS_TEST_TMPDIR/out"
	for format in csv stats; do tr-layers -f "$format" "$RATED" >"$BATS_TEST_TMPDIR/$format"; done
	python3 - "$BATS_TEST_TMPDIR" <<-'EOF'
	import csv, json, sys
	def rows(name): return list(csv.DictReader(open(f"{sys.argv[1]}/{name}", newline="")))
	records = [json.loads(line) for line in open(f"{sys.argv[1]}/out")]
	layers = [r["limit"] for r in records if r["kind"] == "layer"]
	assert [float(row["limit_us"]) for row in rows("csv")] == [limit["limit_us"] for limit in layers]
	kernels = [r["limit"] for r in records if r["kind"] == "kernel" and r["limit"]]
	stats = [row for row in rows("stats") if row["stage"] == "all"]
	assert abs(sum(float(row["win_us"] or 0) for row in stats) - sum(k["win_us"] for k in kernels)) < .01
	EOF
}

@test "given limits, when a table is written, then a sentence has what a step needs, and operators stand by what is to be won" {
	rated "$GRAPH" -c "$CONFIGS/two-layers.json"
	tr-layers -f table "$RATED" >"$BATS_TEST_TMPDIR/table"
	tr '\n' ' ' <"$BATS_TEST_TMPDIR/table" | tr -s ' ' | grep -qF 'A decode step takes 52.70 us of the GPU'"'"'s time (mean of 2) and needs 20.24 us at the limit of NVIDIA H100 80GB HBM3 (peaks of its data sheet): 19.86 us to be won, most of it in gemm m=4 n=32000 k=1024 (9.585 us).'
	awk '/^What is to be won/ { inside = 1; getline; next } inside && NF == 0 { exit } inside' "$BATS_TEST_TMPDIR/table" >"$BATS_TEST_TMPDIR/rows"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/rows")" -eq 11 ]
	grep -Eq '^decode +MHA\+FC +gemm +m=4 n=8192 k=1024 +2 +8\.000 us +5\.027 us +62\.8% +3\.546 us +memory +computed ' "$BATS_TEST_TMPDIR/rows"
	# start-up is said, and no share of it
	grep -Eq '^decode +MHA\+FC +norm_add +rows=4 h=1024 +3 +2\.000 us +0\.010 us +2\.369 us +start-up ' "$BATS_TEST_TMPDIR/rows"
	[ "$(awk '{ for (i = 2; i <= NF; i++) if ($i == "us") last = $(i - 1); print last }' "$BATS_TEST_TMPDIR/rows" | head -n 10 | sort -rn)" = \
		"$(awk '{ for (i = 2; i <= NF; i++) if ($i == "us") last = $(i - 1); print last }' "$BATS_TEST_TMPDIR/rows" | head -n 10)" ]
	[ "$(grep -c 'of limit  *to win' "$BATS_TEST_TMPDIR/table")" -eq 5 ]
}

@test "given a diagnosis and limits, when tables and page are written, then at most five sentences stand there, what costs most first" {
	need jq
	rated "$GRAPH" -c "$CONFIGS/two-layers.json"
	{
		for ns in 1000 900 800 700 600; do
			jq -cn --argjson ns "$ns" --arg file "$GRAPH" '{kind: "diagnosis", place: 1, rank: "0", device: "0", file: $file,
				what: "host", says: "Lost \($ns).", ns: $ns, win_ns: $ns, window_ns: 100000, sources: []}'
		done
		jq -cn --arg file "$GRAPH" '{kind: "rank", rank: "0", file: $file}, {kind: "end"}'
	} | jq -c 'if input_line_number == 1 then .version = 1 else . end' >"$BATS_TEST_TMPDIR/account"
	tr-layers -f table --account "$BATS_TEST_TMPDIR/account" "$RATED" >"$BATS_TEST_TMPDIR/table"
	grep -q '^1\. A decode step' "$BATS_TEST_TMPDIR/table"
	[ "$(sed -n 's/^[1-9]\. //p' "$BATS_TEST_TMPDIR/table" | grep -c Lost)" = 4 ]
	run grep '^6\.\|Lost 600' "$BATS_TEST_TMPDIR/table"
	[ "$status" -eq 1 ]
	[ "$(grep -o 'Lost [0-9]*' "$BATS_TEST_TMPDIR/table" | tr '\n' ' ')" = "Lost 1000 Lost 900 Lost 800 Lost 700 " ]
	grep -q '^busy: time in which' "$BATS_TEST_TMPDIR/table"
	tr-layers -f html --account "$BATS_TEST_TMPDIR/account" "$RATED" >"$BATS_TEST_TMPDIR/page"
	[ "$(sed -n '/<ol class=says>/,/<\/ol>/p' "$BATS_TEST_TMPDIR/page" | grep -c '<li>')" = 5 ]
	grep -q '<li>span: from the first begin' "$BATS_TEST_TMPDIR/page"
}

@test "given experts whose routing is not recorded, when a table is written, then their limit is a range" {
	rated "$EXPERTS" -c "$CONFIGS/two-layers-experts.json"
	tr-layers -f table "$RATED" >"$BATS_TEST_TMPDIR/table"
	grep -Eq 'moe_gate_up +tokens=4 topk=2 experts=16 n=1024 k=1024 .* 21-84% .*routing is not recorded' "$BATS_TEST_TMPDIR/table"
	tr '\n' ' ' <"$BATS_TEST_TMPDIR/table" | tr -s ' ' | grep -qF '81.9% of it, 45.20 us, has a limit, and needs 12.70 us'
	tr '\n' ' ' <"$BATS_TEST_TMPDIR/table" | tr -s ' ' | grep -qF 'The limit of 18.1% of it is a range, as a size is not known: 1.892 us to 7.522 us.'
	sed 's/"dur": 6.0/"dur": 3.0/' "$EXPERTS" >"$BATS_TEST_TMPDIR/fast.json"
	rated "$BATS_TEST_TMPDIR/fast.json" -c "$CONFIGS/two-layers-experts.json" || [ $? -eq 1 ]
	tr-layers -f table "$RATED" | grep -q 'moe_gate_up.*at most [0-9]* experts were read; routing is not recorded'
}

@test "given no kroof before, when reports are written, then nothing speaks of limits" {
	tr-parse -s all "$GRAPH" | tr-classify >"$BATS_TEST_TMPDIR/in"
	for format in table md html ndjson; do
		tr-layers -f "$format" "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out"
		run grep -E 'to win|"limit"|class=roofline>' "$BATS_TEST_TMPDIR/out"
		[ "$status" -eq 1 ]
	done
}

@test "given a page, when its roofline is drawn, then each operator stands where its rate and intensity are, none above the roof" {
	need jq python3
	rated "$GRAPH" -c "$CONFIGS/two-layers.json"
	tr-layers -f html "$RATED" >"$BATS_TEST_TMPDIR/page"
	tr-layers --kernels "$RATED" >"$BATS_TEST_TMPDIR/out"
	python3 - "$BATS_TEST_TMPDIR" <<-'EOF'
	import json, math, re, sys
	page = open(f"{sys.argv[1]}/page").read()
	kernels = [json.loads(line) for line in open(f"{sys.argv[1]}/out")]
	limit = next(k["limit"] for k in kernels if k["kind"] == "kernel" and "head" in k["name"])
	circles = re.findall(r"<circle cx=([\d.]+) cy=([\d.]+) r=[\d.]+ [^>]*><title>(.*?)</title>", page, re.S)
	assert len(circles) == 11
	ticks = {text: float(x) for x, text in re.findall(r"<text x=([\d.]+) y=[\d.]+ text-anchor=middle>([\d/]+)</text>", page)}
	rates = {text: float(y) - 4 for y, text in re.findall(r"<text x=78 y=([\d.]+) text-anchor=end>([^<]+)</text>", page)}
	def x(intensity): return ticks["1"] + math.log2(intensity) * (ticks["4"] - ticks["1"]) / 2
	def y(rate): return rates["1 TFLOP/s"] + math.log10(rate / 1e12) * (rates["10 TFLOP/s"] - rates["1 TFLOP/s"])
	where = [(float(a), float(b)) for a, b, title in circles if "n=32000" in title]
	assert abs(where[0][0] - x(limit["flops"] / limit["bytes"])) < .3, where
	assert abs(where[0][1] - y(limit["flops"] / limit["op_us"] * 1e6)) < .3, where
	for a, b, title in circles:
	    roof = min(3352e9 * 2 ** ((float(a) - ticks["1"]) * 2 / (ticks["4"] - ticks["1"])), 1978.9e12)
	    assert float(b) > y(roof) - .5, title
	EOF
}

@test "given a config, when trace-report runs, then its tables, page and records have limits of replayed graphs" {
	need jq
	BIN=$BIN "$ROOT/pipelines/trace-report" -d "$CONFIGS/two-layers.json" -o "$BATS_TEST_TMPDIR/out" "$GRAPH" >"$BATS_TEST_TMPDIR/printed"
	grep -q 'needs 20.24 us at the limit' <(tr '\n' ' ' <"$BATS_TEST_TMPDIR/printed" | tr -s ' ')
	grep -q '^## What is to be won, operator by operator' "$BATS_TEST_TMPDIR"/out/graph/report.md
	grep -q 'class=roofline>' "$BATS_TEST_TMPDIR"/out/graph/report.html
	jq -s -e 'any(.[]; .kind == "pass" and .limit.limit_us > 0)' "$BATS_TEST_TMPDIR"/out/graph/layers.ndjson
	BIN=$BIN "$ROOT/pipelines/trace-report" -o "$BATS_TEST_TMPDIR/without" "$GRAPH" >"$BATS_TEST_TMPDIR/printed"
	run grep -q 'at the limit' "$BATS_TEST_TMPDIR/printed"
	[ "$status" -eq 1 ]
}

@test "given kernels joined with code, when table, document and page are written, then they have what is to be won" {
	need jq
	cd "$ROOT"
	kroof --device "H100 80GB HBM3" fixtures/kjoin/contract/in | kjoin -c fixtures/kjoin/chains.ndjson \
		-l fixtures/kjoin/callees.ndjson -d fixtures/kjoin/definitions.ndjson -r fixtures/kjoin/tree >"$BATS_TEST_TMPDIR/joined"
	local win
	win=$(jq -s 'map(select(.kind == "hot" and .limit).limit) | "\(.[0].win_us) \(.[0].share * 1000 | round / 10)"' -r "$BATS_TEST_TMPDIR/joined")
	COLUMNS=160 kjoin-fmt "$BATS_TEST_TMPDIR/joined" | grep -Eq " ${win#* }% +[0-9.]+ us .*qkv_proj"
	kjoin-fmt -f md "$BATS_TEST_TMPDIR/joined" | sed -n '/^## What is to be won/,/^## Ops/p' | grep -Eq '^\| 1 \| [0-9.]+ us \| '"${win#* }"'% \|'
	kjoin-fmt -f html "$BATS_TEST_TMPDIR/joined" | grep -q 'title: "to win"'
	# Without limits there are no columns for them.
	COLUMNS=160 kjoin-fmt fixtures/kjoin-fmt/join.ndjson >"$BATS_TEST_TMPDIR/table"
	run grep 'to win' "$BATS_TEST_TMPDIR/table"
	[ "$status" -eq 1 ]
}
