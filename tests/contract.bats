# SPDX-License-Identifier: Apache-2.0
# The promises that all filters keep. Each filter brings fixtures/NAME/contract/: args (its
# arguments, one a line, run from the repository root), in (its stdin), and, where it is
# not NDJSON, format (what it writes).

load helper

setup() {
	cd "$ROOT"
	FILTERS=${FILTERS:-$(make -s print-filters)}
	[ -n "$FILTERS" ]
}

# run_filter NAME [extra arguments]: on its contract input.
run_filter() {
	local name=$1 arguments=()
	shift
	mapfile -t arguments <"fixtures/$name/contract/args"
	"$BIN/$name" "${arguments[@]}" "$@" <"fixtures/$name/contract/in"
}

# one_message NAME: stderr holds one line, and it begins with the program's name.
one_message() {
	[ "$(wc -l <"$BATS_TEST_TMPDIR/stderr")" -eq 1 ] && grep -q "^$1: " "$BATS_TEST_TMPDIR/stderr" && return
	echo "$1: expected one line that begins with '$1: ', got:"
	cat "$BATS_TEST_TMPDIR/stderr"
	return 1
}

# expect NAME WANTED GOT: compare exit statuses.
expect() {
	[ "$2" -eq "$3" ] && return
	echo "$1: expected exit status $2, got $3"
	cat "$BATS_TEST_TMPDIR/stderr"
	return 1
}

@test "given --help, when any filter runs, then usage, options and an example fit 30 lines of stdout" {
	for name in $FILTERS; do
		run_split "$BIN/$name" --help
		"$BIN/$name" -h | diff <(printf '%s\n' "$output") -
		expect "$name" 0 "$status"
		[ -z "$errors" ]
		[[ $output == "usage: $name "* ]]
		[[ $output == *$'\nexample: '* ]]
		[[ $output == *$'\nexit status: '* ]]
		[ "$(wc -l <<<"$output")" -le 30 ] || { echo "$name: --help has more than 30 lines"; false; }
	done
}

@test "given --version, when any filter runs, then it prints its name and the version" {
	for name in $FILTERS; do
		run_split "$BIN/$name" --version
		expect "$name" 0 "$status"
		[[ $output =~ ^$name\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	done
}

@test "given an unknown option, when any filter runs, then it exits with 2 and one line" {
	for name in $FILTERS; do
		run_split "$BIN/$name" --no-such-option </dev/null
		expect "$name" 2 "$status"
		[ -z "$output" ]
		one_message "$name"
	done
}

@test "given valid input, when any filter runs, then it exits with 0, silent on stderr, and stdout is of its format" {
	for name in $FILTERS; do
		run_split run_filter "$name"
		expect "$name" 0 "$status"
		[ -z "$errors" ] || { echo "$name: $errors"; false; }
		[ -n "$output" ]
		[ -f "fixtures/$name/contract/format" ] || jq -e . <<<"$output" >/dev/null
	done
}

@test "given a full disk, when any filter writes to it, then it exits with 2 and one line" {
	for name in $FILTERS; do
		status=0
		run_filter "$name" >/dev/full 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
		expect "$name" 2 "$status"
		one_message "$name"
		grep -q 'No space left' "$BATS_TEST_TMPDIR/stderr"
	done
}

@test "given a reader that has gone, when any filter writes to the pipe, then it exits with 2 and one line" {
	for name in $FILTERS; do
		set +o pipefail
		{ sleep 0.1; run_filter "$name" 2>"$BATS_TEST_TMPDIR/stderr"; } | true
		status=${PIPESTATUS[0]}
		expect "$name" 2 "$status"
		one_message "$name"
		grep -q 'Broken pipe' "$BATS_TEST_TMPDIR/stderr"
	done
}

@test "given another locale, directory or number of cores, when any filter runs again, then the bytes are the same" {
	for name in $FILTERS; do
		run_filter "$name" >"$BATS_TEST_TMPDIR/first"
		for locale in C POSIX C.UTF-8; do
			LC_ALL=$locale run_filter "$name" | cmp - "$BATS_TEST_TMPDIR/first"
		done
		mapfile -t arguments <"fixtures/$name/contract/args"
		taskset -c 0 "$BIN/$name" "${arguments[@]}" <"fixtures/$name/contract/in" |
			cmp - "$BATS_TEST_TMPDIR/first"
	done
}

@test "given a record stream whose end record is missing, when a filter reads it, then it exits with 2 and one line" {
	for name in $FILTERS; do
		tail -n 1 "fixtures/$name/contract/in" | grep -q '"kind":"end"' || continue
		mapfile -t arguments <"fixtures/$name/contract/args"
		status=0
		sed '$d' "fixtures/$name/contract/in" |
			"$BIN/$name" "${arguments[@]}" >/dev/null 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
		expect "$name" 2 "$status"
		one_message "$name"
	done
}

@test "given a broken line, when a filter reads records, then it exits with 2 and names the line" {
	for name in $FILTERS; do
		tail -n 1 "fixtures/$name/contract/in" | grep -q '"kind":"end"' || continue
		mapfile -t arguments <"fixtures/$name/contract/args"
		status=0
		sed '2s/.$//' "fixtures/$name/contract/in" |
			"$BIN/$name" "${arguments[@]}" >/dev/null 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
		expect "$name" 2 "$status"
		one_message "$name"
		grep -q '<stdin>:2:' "$BATS_TEST_TMPDIR/stderr"
	done
}

@test "given a file that is not there, when any filter is told to read it, then it exits with 2 and names it" {
	for name in $FILTERS; do
		[ -f "fixtures/$name/contract/missing" ] || continue
		mapfile -t arguments <"fixtures/$name/contract/missing"
		run_split "$BIN/$name" "${arguments[@]}" </dev/null
		expect "$name" 2 "$status"
		one_message "$name"
		grep -q '/no/such' "$BATS_TEST_TMPDIR/stderr"
	done
}

@test "given a directory as a record stream, when a filter reads it, then it exits with 2 and one line" {
	for name in $FILTERS; do
		tail -n 1 "fixtures/$name/contract/in" | grep -q '"kind":"end"' || continue
		mapfile -t arguments <"fixtures/$name/contract/args"
		status=0
		"$BIN/$name" "${arguments[@]}" <"$ROOT" >/dev/null 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
		expect "$name" 2 "$status"
		one_message "$name"
	done
}

@test "given the man page of any filter, when mandoc reads it, then it is clean and has every option" {
	need mandoc
	for name in $FILTERS; do
		page=filters/$name/$name.1
		mandoc -T lint -W warning "$page"
		text=$(mandoc -T ascii "$page" | col -b)
		[[ $text == *"EXIT STATUS"* && $text == *EXAMPLES* ]]
		while IFS='|' read -r letter long _; do
			[ -z "$long" ] || grep -q -- "--*$long" <<<"$text" ||
				{ echo "$name.1 lacks --$long"; false; }
			[ -z "$letter" ] || grep -q -- "-$letter" <<<"$text" ||
				{ echo "$name.1 lacks -$letter"; false; }
		done < <("$BIN/$name" --print-options | tr '\t' '|')
	done
}

@test "given the examples of man pages and README, when they are run from the repository, then they succeed" {
	for file in README.md $(for name in $FILTERS; do echo "filters/$name/$name.1"; done); do
		# Lines that begin with "$ " are examples; they run as they stand.
		grep -h '^\$ ' "$file" | sed 's/^\$ //; s/\\e/\\/g; s/\\-/-/g' >"$BATS_TEST_TMPDIR/examples"
		[ -s "$BATS_TEST_TMPDIR/examples" ] || { echo "$file: no example that runs"; false; }
		while IFS= read -r line; do
			case $line in make\ setup*|git\ *|*'# not run'*) continue ;; esac
			bash -euo pipefail -c "$line" >"$BATS_TEST_TMPDIR/example.out" 2>&1 </dev/null ||
				{ echo "$file: $line"; cat "$BATS_TEST_TMPDIR/example.out"; false; }
		done <"$BATS_TEST_TMPDIR/examples"
	done
}
