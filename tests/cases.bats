# SPDX-License-Identifier: Apache-2.0
# The faults that were once found, each with its own input: what is right now. The inputs are not
# part of the repository ($WARPIPE_SHARED, or ../shared beside it); above each test stands where the
# same is asked of inputs that are.

load helper

setup() {
	need jq
	CASES=${WARPIPE_SHARED:-$ROOT/../shared}/cases
	[ -d "$CASES" ] || skip "no cases at $CASES (set WARPIPE_SHARED)"
	HOUSE=$CASES/house HARD=$CASES/hard
	cd "$BATS_TEST_TMPDIR"
	export BIN
}

# parsed FILE [OPTION...]: the records of a trace, classified.
parsed() {
	tr-parse "${@:2}" "$1" | tr-classify
}

# kcallers.bats: fixtures/kcallers/rules/container-many
@test "given house/crowded-lists, then 23 and 24 lists give the same chain" {
	local count
	for count in 23 24; do
		(cd "$HOUSE/crowded-lists" && kgrep-imports -s sources.txt "$count" | kcallers -r "$count" -m demo) >out
		[ "$(grep -c '"kind":"chain"' out)" -eq 1 ]
	done
}

# lint: shellcheck -S error tests/*.bats
@test "given house/bats-negation, then no test has a negated line that cannot fail" {
	awk -f "$HOUSE/bats-negation/neg.awk" "$ROOT"/tests/*.bats | grep -v -e ' negated commands ' \
		-e '|| false' -e '|| {.*; false; }' -e '|| skip' >left || :
	cat left
	[ ! -s left ]
}

# kjoin.bats: given kernels of two platforms
@test "given house/npu-path, then no path under the guard of other hardware is certain" {
	(cd "$ROOT" && sh "$HOUSE/npu-path/run.sh") >out
	cat out
	[ -s out ]
	run grep -c '"npu_rms_norm",true' out
	[ "$output" = 0 ]
}

# build.bats: given built programs, when CFLAGS, CC or VERSION change
@test "given house/version-stale, then another version, compiler or flag makes anew what depends on it" {
	cd "$ROOT"
	make -q all 2>/dev/null || skip "bin/ is not up to date"
	[ "$(make -n all CFLAGS=-O3 V=1 | grep -c -- ' -c -o')" -gt 300 ]
	[ "$(make -n all CC=clang V=1 | grep -c -- ' -c -o')" -gt 300 ]
	make -n all VERSION=9.9.9 V=1 >"$BATS_TEST_TMPDIR/out"
	[ "$(grep -c -- ' -c -o' "$BATS_TEST_TMPDIR/out")" -eq 1 ]
	grep -q -- '-DVERSION=.*9.9.9' "$BATS_TEST_TMPDIR/out"
}

# kcallers.bats: given a checkout with another package beside its python/
@test "given house/keep-python, then kgrep-imports and kcallers read the same files" {
	cd "$HOUSE/keep-python"
	kgrep-imports -s sources.txt co >"$BATS_TEST_TMPDIR/imports"
	kcallers -r co -m none <"$BATS_TEST_TMPDIR/imports" >"$BATS_TEST_TMPDIR/out" 2>/dev/null || [ $? -eq 1 ]
	diff <(jq -r 'select(.kind == "import").file' "$BATS_TEST_TMPDIR/imports") \
		<(jq -r 'select(.kind == "call").file' "$BATS_TEST_TMPDIR/out")
}

# kcallers.bats: given modules that import all names of one another
@test "given hard/star-cycle.sh, then 40 modules take no time" {
	bash "$HARD/star-cycle.sh" "$PWD/star" 40
	kgrep-imports star >imports
	(ulimit -t 10; kcallers -r star -m m) <imports | jq -se '.[-1].chains == 1'
}

# names.bats: given a mangled name that doubles
@test "given hard/demangle-22-doublings, then it is read in no time and little memory" {
	(ulimit -t 5; ulimit -v 400000; tr-classify "$HARD/demangle-22-doublings.ndjson") | jq -se '.[-1].kind == "kernel" or .[-1].kind == "end"'
}

# pipelines.bats: given shell and make code in what make is told
@test "given hard/make-injection.txt, then none of its lines runs anything or writes outside" {
	cp -r "$ROOT"/{Makefile,config.mk,inputs.txt,packages.txt,releases.txt,pipelines,fixtures} .
	mkdir -p filters
	cp -r "$ROOT/filters/." filters
	ln -s "$BIN" bin
	local line command
	grep -q pwned "$HARD/make-injection.txt"
	while IFS= read -r line; do
		while IFS= read -r command; do
			bash -c "${command%%#*} BIN=$BIN -o all" >>out 2>&1 </dev/null || :
		done < <(sed 's/ ; make/\nmake/g; s/; *#.*//' <<<"$line")
	done < <(grep -o '^make.*' "$HARD/make-injection.txt")
	[ -z "$(find . "$BATS_TEST_TMPDIR/.." -maxdepth 2 \( -name pwned -o -name 'outside*' \))" ]
}

# pipelines.bats: given ranks that were profiled again into the same names
@test "given hard/stale-ranks.sh, then the second table has the new time" {
	need parallel
	cd "$ROOT" && bash "$HARD/stale-ranks.sh"
}

# pipelines.bats: given a tree that is replaced by one with older times
@test "given hard/stale-hot.sh, then the new line is named" {
	need ctags
	cp -r "$ROOT/pipelines" "$ROOT/fixtures" .
	mkdir -p filters/kgrep-imports && cp "$ROOT/filters/kgrep-imports/sources.txt" filters/kgrep-imports
	bash "$HARD/stale-hot.sh"
}

# pipelines.bats: given two trees at once
@test "given hard/race-hot.sh, then each run names the line of its own tree" {
	need ctags
	cp -r "$ROOT/pipelines" "$ROOT/fixtures" .
	mkdir -p filters/kgrep-imports && cp "$ROOT/filters/kgrep-imports/sources.txt" filters/kgrep-imports
	bash "$HARD/race-hot.sh"
}

# tr-layers-sums.bats: given times whose sum is no number
@test "given hard/sum-overflow-inf and ts-1e309-nan, then no format has nan or inf" {
	local file format
	for file in sum-overflow-inf ts-1e309-nan; do
		for format in table md html csv ndjson stats; do
			{ tr-parse -ak "$HARD/$file.json" || [ $? -eq 1 ]; } 2>/dev/null | tr-classify | tr-layers -f "$format" >out 2>/dev/null || [ $? -eq 1 ]
			[ -s out ]
			run grep -E -i -- '(^|[^a-z])-?(nan|inf)([^a-z]|$)' <(sed 's/<script>.*//; s/"[^"]*"//g; s/[a-z0-9-]*\.json//g' out)
			[ "$status" -eq 1 ] || { echo "$file $format: $output"; false; }
		done
	done
}

# yamlgen.bats: given an export with names that are missing
@test "given hard/sqlite-missing-string, then the kernel without a name is counted and named" {
	need sqlite3
	run_split yamlgen --stats -f csv "$HARD/sqlite-missing-string.sqlite"
	[ "$status" -le 1 ]
	[[ $errors == *"kernels whose names the export lost"* ]]
	[ "$(wc -l <<<"$output")" -eq 4 ] && [[ $output == *"[name lost: string 77]"* ]]
}

# tr-parse.bats: given a kernel that its consumers would refuse
@test "given hard/ts-null-passes-k, then the kernel without a time is damage, and -k leaves it out and counts it" {
	run tr-parse -a "$HARD/ts-null-passes-k.json"
	[ "$status" -eq 2 ]
	{ tr-parse -ak "$HARD/ts-null-passes-k.json" || [ $? -eq 1 ]; } 2>errors | tr-classify | tr-layers >out
	[ -s errors ]
	jq -se '.[-1].kernels == 2 or (map(select(.kind == "end"))[0].kernels == 2)' out
}

# tr-parse.bats: given bytes that are not UTF-8
@test "given hard/utf8-told-as-quote, then the message says what is wrong" {
	run_split tr-parse "$HARD/utf8-told-as-quote.json"
	[ "$status" -eq 2 ]
	[[ $errors == *"not UTF-8"* ]]
}

# tr-layers.bats, contract.bats: a stream without its first record
@test "given hard/no-trace-record, then every reader of traces refuses it" {
	local program
	for program in tr-classify tr-stacks tr-layers tr-account kroof kjoin yamlgen; do
		run_split "$program" "$HARD/no-trace-record.ndjson"
		[ "$status" -eq 2 ] || { echo "$program: $status"; false; }
		[[ $errors == *no* && $output != *"(null)"* ]]
	done
	# These read what others say of traces, too: without any of it there is nothing to judge.
	run tr-compare "$HARD/no-trace-record.ndjson" "$HARD/no-trace-record.ndjson"
	[ "$status" -eq 2 ]
	run tr-check -b "$FIXTURES/tr-check/contract/budget.yaml" "$HARD/no-trace-record.ndjson"
	[ "$status" -eq 1 ] && [[ $output == *incomparable* ]]
}

# make growth: the shape names
@test "given hard/many-names.awk, then 40,000 names take no time" {
	awk -v n=40000 -f "$HARD/many-names.awk" | tr-parse | tr-classify >records
	(ulimit -t 3; tr-layers records) >out
	[ -s out ]
}

# kroof.bats: given traces made for rates
@test "given roofline/graph-names-right.json, then each kernel has its share with its config, and none with another's" {
	rated() {
		tr-parse -s kernel,launch,annotation,op "$CASES/roofline/graph-names-right.json" | tr-classify | tr-stacks | kroof -c "$1"
	}
	rated "$CASES/roofline/config-16-layers.json" >out
	jq -r 'select(.limit.family == "gemm" or .limit.family == "attention").limit | "\(.sizes) \(.share * 1000 | round / 10)"' out | sort | uniq -c |
		awk '{ $1 = $1; print }' >said
	diff said - <<-'END'
		16 m=16 n=28672 k=4096 80.7
		16 m=16 n=4096 k=14336 93.8
		16 m=16 n=4096 k=4096 50.7
		16 m=16 n=6144 k=4096 76.7
		16 tokens=16 kv=8209 pairs=8209 h=32 hk=8 d=128 dv=128 22.8
	END
	jq '.num_hidden_layers = 32' "$CASES/roofline/config-16-layers.json" >other.json
	rated other.json | jq -e -s '[.[] | select(.kind == "kernel")] | length > 0 and all(.limit == null)' >/dev/null
}

# kjoin.bats: given no shapes but definitions and steps
@test "given kernels/kjoin-mixed-tokens.ndjson, then products of steps of 1024 and 8192 tokens are at 18 to 19 %" {
	cd "$ROOT"
	kjoin -c fixtures/kjoin/chains.ndjson -l fixtures/kjoin/callees.ndjson -d fixtures/kjoin/definitions.ndjson -r fixtures/kjoin/tree \
		"$CASES/kernels/kjoin-mixed-tokens.ndjson" >"$BATS_TEST_TMPDIR/out"
	jq -e -s 'map(select(.kind == "hot" and .name == "nvjet_tst_64x16_TNN" and .stage == "prefill"))[0] |
		.limit.calls == 4 and .limit.share > 0.18 and .limit.share < 0.19 and
		(.places[0].rate.ceiling_pct | . > 18 and . < 19)' "$BATS_TEST_TMPDIR/out"
}

# kjoin.bats: given steps that need not be the passes'
@test "given kernels/kjoin-over-roofline.ndjson, then what is over the limit is said and has no percentage, with and without kroof" {
	cd "$ROOT"
	kroof "$CASES/kernels/kjoin-over-roofline.ndjson" 2>/dev/null >"$BATS_TEST_TMPDIR/rated" || [ $? -eq 1 ]
	for file in "$BATS_TEST_TMPDIR/rated" "$CASES/kernels/kjoin-over-roofline.ndjson"; do
		kjoin -c fixtures/kjoin/chains.ndjson -l fixtures/kjoin/callees.ndjson -d fixtures/kjoin/definitions.ndjson \
			-r fixtures/kjoin/tree "$file" >"$BATS_TEST_TMPDIR/out"
		jq -e -s 'map(select(.kind == "hot")) | any(.[]; .why_no_limit // "" | startswith("above the limit")) and
			all(.[]; (.limit.share // 0) <= 1.05 and all(.places[]; (.rate.ceiling_pct // 0) <= 105))' "$BATS_TEST_TMPDIR/out"
	done
}

# kbench.bats: given fewer than six samples; given configurations that cannot be had
@test "given kernels/noise-small-n.sh, then few samples have no interval, and a run without a row is a failure" {
	sh "$CASES/kernels/noise-small-n.sh" >out 2>err
	cat out
	[ "$(grep -c '^\[.*null,.*"too few samples"' out)" -eq 2 ]
	grep -qx 'rc=1' out
}

# kbench.bats: given ceilings, when they are measured
@test "given kernels/read-ceiling.sh, then the read of L1 is as fast as a comparison's, but for noise" {
	sh "$CASES/kernels/read-ceiling.sh" >out
	cat out
	awk '{ rate[$1] = $2 } END { exit !(rate["read"] * 3 > rate["compare"] && rate["compare"] > 0) }' out
}
