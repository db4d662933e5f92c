# SPDX-License-Identifier: Apache-2.0
# Every allocation, read, write, open and close of every filter made to fail in turn, on its
# contract input: exit 2 (or, where the failure does no harm, the same output), one line,
# and never a signal.

load helper

setup() {
	cd "$ROOT"
	SHIM=$TESTS/fault/fault.so
	[[ $TESTS != *asan* ]] || skip "the sanitizer brings its own allocator"
	[ -f "$SHIM" ] || skip "no $SHIM (make check builds it)"
	FILTERS=${FILTERS:-$(make -s print-filters)}
	[ -n "$FILTERS" ]
}

# with_fault CALL N NAME: the filter on its contract input with that call failing.
with_fault() {
	local arguments
	mapfile -t arguments <"fixtures/$3/contract/args"
	env LD_PRELOAD="$SHIM" FAULT_CALL="$1" FAULT_AT="$2" FAULT_MARK="$BATS_TEST_TMPDIR/mark" \
		"$BIN/$3" "${arguments[@]}" <"fixtures/$3/contract/in"
}

# Steps 1, 2, 3 ... 100, then ever wider: late calls are much like their neighbours.
next_step() { echo $(($1 < 100 ? $1 + 1 : $1 + $1 / 20)); }

# inject CALL: walk all filters; prints how many points were injected.
inject() {
	local call=$1 name at points=0
	for name in $FILTERS; do
		"$BIN/$name" $(cat "fixtures/$name/contract/args") <"fixtures/$name/contract/in" \
			>"$BATS_TEST_TMPDIR/good"
		for ((at = 1; ; at = $(next_step "$at"))); do
			rm -f "$BATS_TEST_TMPDIR/mark"
			status=0
			with_fault "$call" "$at" "$name" >"$BATS_TEST_TMPDIR/out" \
				2>"$BATS_TEST_TMPDIR/stderr" || status=$?
			[ -e "$BATS_TEST_TMPDIR/mark" ] || break
			points=$((points + 1))
			verdict "$name" "$call" "$at"
		done
	done
	echo "# $call: $points points" >&3
}

# A fault is noticed (2 and one line that begins with the name) or harmless (same bytes).
verdict() {
	if [ "$status" -eq 2 ] && [ "$(wc -l <"$BATS_TEST_TMPDIR/stderr")" -eq 1 ] &&
		grep -q "^$1: " "$BATS_TEST_TMPDIR/stderr"; then
		return
	fi
	if [ "$status" -eq 0 ] && cmp -s "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/good"; then
		return
	fi
	echo "$1: $2 number $3: exit status $status"
	cat "$BATS_TEST_TMPDIR/stderr"
	return 1
}

@test "given memory that runs out at any allocation, when any filter runs, then it exits with 2 and one line" {
	inject alloc
}

@test "given a read that fails at any point, when any filter runs, then it exits with 2 and one line" {
	inject read
}

@test "given a write that fails at any point, when any filter runs, then it exits with 2 and one line" {
	inject write
}

@test "given an open that fails at any point, when any filter runs, then it exits with 2 and one line" {
	inject open
}

@test "given a close that fails at any point, when any filter runs, then it exits with 2 or nothing is lost" {
	inject close
}

@test "given an interrupted read or write at any point, when any filter runs, then nothing changes" {
	inject interrupt
}

@test "given reads and writes of one byte, when any filter runs, then nothing changes" {
	for name in $FILTERS; do
		"$BIN/$name" $(cat "fixtures/$name/contract/args") <"fixtures/$name/contract/in" \
			>"$BATS_TEST_TMPDIR/good"
		with_fault short 1 "$name" | cmp - "$BATS_TEST_TMPDIR/good"
	done
}
