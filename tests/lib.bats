# SPDX-License-Identifier: Apache-2.0
# The library that filters share.

load helper

setup() {
	LIB_TEST=$TESTS/lib/lib-test
	cd "$BATS_TEST_TMPDIR"
}

@test "given thousands of pieces, when an arena is filled, reset and filled again, then none overlap" {
	"$LIB_TEST" arena
}

@test "given control, wide and combining characters, when text is put into columns, then it fits and moves nothing" {
	"$LIB_TEST" columns
}

@test "given 50,000 keys, when a map grows, then each keeps its value and its place in order" {
	"$LIB_TEST" map
}

@test "given four threads, when they intern the same strings, then equal strings have one address" {
	"$LIB_TEST" intern
}

@test "given text in pieces, when it is put together, then nothing is lost" {
	"$LIB_TEST" text
}

@test "given RFC 3629's borders, when UTF-8 is checked and repaired, then only well-formed bytes stay" {
	"$LIB_TEST" utf8
}

@test "given odd numbers, escapes and doubled keys, when JSON is parsed, then spelling and order are kept" {
	"$LIB_TEST" json
}

@test "given broken or bottomless JSON, when it is parsed, then the error says what and where" {
	"$LIB_TEST" json-errors
}

@test "given every kind of value, when JSON is written, then it is what jq reads" {
	run_split "$LIB_TEST" json-writer
	[ "$status" -eq 0 ]
	[ "$(wc -l <<<"$output")" -eq 2 ]
	grep -qF '"low":-9223372036854775808,"tenth":0.1,"third":0.3333333333333333,"whole":3485,"nan":null' <<<"$output"
	grep -qF '"list":[true,1.50e3]' <<<"$output"
	[ "$(jq -r '.["quote\""] // empty' <<<"$output" | od -An -c | tr -d ' \n')" = 'line\n001357277275303251\n' ]
}

@test "given JSON that is right, wrong or cut, when it is scanned, then the byte where it ends or fails is told" {
	"$TESTS/lib/lib-test" json-scan
}

@test "given a trace stream, when kernels get a field, then all else is copied as it stands, and a second time changes nothing" {
	cat >"$BATS_TEST_TMPDIR/in" <<-'END'
	{"kind":"trace","file":"x"}
	{ "kind" : "kernel", "na\u006de":"a\\u00e9\"b", "ts":1.50e3 }
	{"kind":"odd","z":[1, {"kind":"kernel"}]}
	{"kind":"end"}
	END
	"$TESTS/lib/lib-test" copy-trace "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/once"
	diff "$BATS_TEST_TMPDIR/once" - <<-'END'
	{"kind":"trace","file":"x"}
	{ "kind" : "kernel", "na\u006de":"a\\u00e9\"b", "ts":1.50e3 ,"type":"moe"}
	{"kind":"odd","z":[1, {"kind":"kernel"}]}
	{"kind":"end"}
	END
	"$TESTS/lib/lib-test" copy-trace "$BATS_TEST_TMPDIR/once" | jq -cS . >"$BATS_TEST_TMPDIR/twice"
	jq -cS . "$BATS_TEST_TMPDIR/once" | cmp - "$BATS_TEST_TMPDIR/twice"
}

@test "given records of one kind whose fields come, go and change places, when they are asked for, then each tells what it has" {
	cat >"$BATS_TEST_TMPDIR/in" <<-'END'
	{"kind":"a","one":1,"two":"x"}
	{"kind":"a","one":2,"two":"y","three":[3]}
	{"kind":"a","one":3,"two":"z"}
	{"kind":"a","one":4,"two":"w","three":[1,2]}
	{"kind":"a","one":-5}
	{"kind":"a"}
	{"kind":"a","two":6,"one":null}
	{"kind":"a","one":7.5,"two":"y","three":["a","b"]}
	{"kind":"a","one":8,"one":9,"two":1e3}
	{"kind":"a","one":10,"two":"\"","three":{"one":1}}
	{"kind":"a","o\u006ee":11,"two":"q"}
	{"kind":"b","three":1,"two":2,"one":3}
	{"kind":"a","one":12,"two":"z","more":0,"three":false}
	{"kind":"a","one":13,"two":"z","three":true}
	END
	"$TESTS/lib/lib-test" fields "$BATS_TEST_TMPDIR/in" | diff - <(cat <<-'END'
	1 "x" -
	2 "y" [3]
	3 "z" -
	4 "w" [1,2]
	-5 - -
	- - -
	null 6 -
	7.5 "y" ["a","b"]
	8 1e3 -
	10 "\"" {"one":1}
	11 "q" -
	3 2 1
	12 "z" false
	13 "z" true
	END
	)
}

@test "given trace streams that are cut, empty or no records, when they are read, then exit 2 and one line says where" {
	for case in '1:{"kind":"trace"}' '2:{"kind":"trace"}\n{"kind":"trace"}\n{"kind":"end"}' \
		'1:{"name":"x"}' '1:[1]' '1:{"kind":"end"} x' '1:{"kind":7}'; do
		run_split "$TESTS/lib/lib-test" copy-trace < <(printf "${case#*:}")
		[ "$status" -eq 2 ]
		[[ $errors == "lib-test: <stdin>:${case%%:*}:"* ]]
	done
	run_split "$TESTS/lib/lib-test" copy-trace </dev/null
	[ "$status" -eq 2 ]
	[[ $errors == "lib-test: <stdin>: "*empty* ]]
}

@test "given records that are plain, gzipped, in two members or zstd, when they are read, then all are the same" {
	need gzip zstd
	for i in $(seq 3000); do echo "{\"kind\":\"x\",\"n\":$i,\"s\":\"$i$i$i\"}"; done >plain
	gzip -c plain >packed.gz
	{ head -n 1000 plain | gzip -c; tail -n +1001 plain | gzip -c; head -c 512 /dev/zero; } >members.gz
	zstd -q plain -o packed.zst
	for file in plain packed.gz members.gz packed.zst; do
		"$LIB_TEST" copy "$file" | cmp - plain
		"$LIB_TEST" copy - <"$file" | cmp - plain
	done
	"$LIB_TEST" copy plain packed.zst | cmp - <(cat plain plain)
}

@test "given a gzip file cut or flipped anywhere, when it is read, then it fails with one line and no crash" {
	need gzip
	for i in $(seq 40); do echo "{\"n\":$i}"; done | gzip -c >whole.gz
	size=$(stat -c %s whole.gz)
	for cut in $(seq 1 $((size - 1))); do
		head -c "$cut" whole.gz >cut.gz
		status=0
		"$LIB_TEST" copy cut.gz >/dev/null 2>messages || status=$?
		[ "$status" -eq 2 ] && [ "$(wc -l <messages)" -eq 1 ]
	done
	for at in $(seq 18 3 $((size - 5))); do
		cp whole.gz flipped.gz
		printf '\xff' | dd of=flipped.gz bs=1 seek="$at" conv=notrunc status=none
		cmp -s whole.gz flipped.gz && continue
		status=0
		"$LIB_TEST" copy flipped.gz >/dev/null 2>messages || status=$?
		[ "$status" -eq 2 ] && [ "$(wc -l <messages)" -eq 1 ]
	done
}

@test "given an old file, when a program fails half-way through a new one, then the old one stays and no other" {
	echo old >file
	run_split "$LIB_TEST" write-and-fail file
	[ "$status" -eq 2 ]
	[ "$(cat file)" = old ]
	[ "$(ls | wc -l)" -eq 2 ] # file and stderr
	"$LIB_TEST" write file
	[ "$(wc -l <file)" -eq 100000 ]
}

@test "given a program that writes a file, when it is terminated, then no temporary file stays" {
	mkfifo pipe
	"$LIB_TEST" copy pipe >/dev/null &
	child=$!
	kill -TERM "$child"
	wait "$child" || true
	[ -z "$(find . -name 'file.*')" ]
}

@test "given a run that takes long, when stderr is a terminal, then it says how far it is, and wipes that; in a log nothing" {
	need script
	local step=$FIXTURES/tr-parse/small.in.json
	# What is slow here is who writes the trace.
	printf '(head -c 200 "%s"; sleep 1.3; tail -c +201 "%s") | tr-parse >"%s/out"' "$step" "$step" "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/slow"
	script -qec "bash $BATS_TEST_TMPDIR/slow" /dev/null </dev/null >"$BATS_TEST_TMPDIR/terminal"
	grep -q 'MB of <stdin>' "$BATS_TEST_TMPDIR/terminal"
	[ "$(tail -c 4 "$BATS_TEST_TMPDIR/terminal")" = $'\r\e[K' ]
	tr-parse <"$step" | cmp - "$BATS_TEST_TMPDIR/out"
	bash "$BATS_TEST_TMPDIR/slow" 2>"$BATS_TEST_TMPDIR/log"
	[ ! -s "$BATS_TEST_TMPDIR/log" ]
}

