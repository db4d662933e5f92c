# SPDX-License-Identifier: Apache-2.0
# docs/queries.md: its examples run on reports as it says.

load helper

setup() {
	WORK=$BATS_TEST_TMPDIR
	cd "$WORK"
	cp "$FIXTURES/tr-layers/contract/in" step.ndjson
	cp "$FIXTURES"/tr-compare/{before,after}.ndjson .
}

# examples LANGUAGE: its examples, each into a file of its own: example-1, ...
examples() {
	awk -v begin="\`\`\`$1" '$0 == begin { inside = 1; count++; next } /^```/ { inside = 0 }
		inside { print >("example-" count) }' "$ROOT/docs/queries.md"
}

reports() {
	local name
	for name in step before after; do warpipe report "$name.ndjson" >/dev/null; done
}

# python CODE [ARGUMENT...]: Debian's own, with what make setup-checks has fetched.
python() {
	PYTHONPATH=$ROOT/build/checks /usr/bin/python3 -W ignore -c "$@"
}

@test "given a report, when the examples for jq run on it, then they tell its busy time, gaps and layers" {
	reports
	examples sh
	[ "$(ls example-* | wc -l)" -eq 4 ]
	[ "$(bash -euc "$(cat example-1)")" = true ]
	[ "$(bash -euc "$(cat example-2)" | head -n 1)" = $'250.5\tno_launch\targmax\tembed' ]
	[ "$(bash -euc "$(cat example-3)" | jq -c '[.pass, .layer, .dur]' | xargs)" = '[0,2,104.25] [1,2,104.25]' ]
	[ "$(bash -euc "$(cat example-4)")" = "0: 77 %" ]
}

@test "given reports, when the examples for DuckDB run on them, then sums are those of the records" {
	python 'import duckdb' 2>/dev/null || skip "no duckdb for /usr/bin/python3 (make setup-checks)"
	reports
	examples sql
	[ "$(ls example-* | wc -l)" -eq 4 ]
	rows() {
		python 'import duckdb, sys
for row in duckdb.sql(open(sys.argv[1]).read()).fetchall(): print(*row)' "$1"
	}
	rows example-1 >said
	[ "$(head -n 1 said)" = "linear 26 680.0 14.0 160.0" ]
	gzip -dc step/records.ndjson.gz | jq -rs 'map(select(.kind == "kernel")) | group_by(.type)[] | "\(.[0].type) \(length)"' | sort >kinds
	cut -d ' ' -f 1,2 said | sort | cmp - kinds
	[ "$(rows example-2 | wc -l)" -eq 3 ]
	[ "$(rows example-3 | head -n 1)" = "gemm 1020.0" ] || [ "$(rows example-3 | head -n 1)" = "gemm 1020" ]
	rows example-4
	echo "SELECT count(*) FROM 'step/kernels.parquet'" >parquet
	[ "$(rows parquet)" -eq 88 ]
}

@test "given a report, when the example for pandas runs on it, then its kernels are in the order of their time" {
	python 'import pandas' 2>/dev/null || skip "no pandas for /usr/bin/python3 (make setup-checks)"
	reports
	examples python
	python "$(cat example-1)" >said
	grep -qE '^linear +lm_head +2 +320\.0 +160\.0$' said
	[ "$(wc -l <said)" -eq 12 ]
}
