# SPDX-License-Identifier: Apache-2.0
# Calls of every kind made to fail in turn in every filter: exit 2 (or, where the failure does
# no harm, the same output), one line, output files old or new, nothing left behind, and never
# a signal that was not sent. Of a case with many calls some are taken, evenly spread; make
# fault-matrix (or FAULT_POINTS=0) takes all.

load helper

setup() {
	cd "$ROOT"
	SHIM=$TESTS/fault/fault.so
	[ -f "$SHIM" ] || skip "no $SHIM (make check builds it)"
}

# inject KIND...: at most 24 calls of a case, 8 of kinds that mostly repeat others.
inject() {
	local points=24
	need sqlite3 zstd
	[ "$(getconf LONG_BIT)" -eq 64 ] || skip "the shim is for 64-bit machines"
	case $1 in vanish | files | term | kill) points=8 ;; esac
	tests/fault/inject -n "${FAULT_POINTS:-$points}" "$BIN" "$SHIM" "$@" >"$BATS_TEST_TMPDIR/table" || status=1
	awk '{ points += $5; passed += $7 } END { print "# " $1 ": " passed " of " points " points survived" }' \
		"$BATS_TEST_TMPDIR/table" >&3
	cat "$BATS_TEST_TMPDIR/table"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/table")" -eq $(($# * $(make -s print-filters | wc -w))) ]
	[ "${status:-0}" -eq 0 ]
}

@test "given memory that runs out at any allocation, when any filter runs, then it exits with 2 and one line" {
	inject alloc
}

@test "given a read that fails at any point, when any filter runs, then it exits with 2 and one line" {
	inject read
}

@test "given a disk that is full for one write or from there on, when any filter runs, then it exits with 2 and one line" {
	inject write
}

@test "given an open that fails at any point, when any filter runs, then it exits with 2 and one line" {
	inject open
}

@test "given a file that is gone when it is opened, when any filter runs, then it says so or it is as if it had never been" {
	inject vanish
}

@test "given a close that fails at any point, when any filter runs, then it exits with 2 or nothing is lost" {
	inject close
}

@test "given a rename, a seek or a stat that fails, when any filter runs, then it exits with 2 or says what it left out" {
	inject files
}

# Every point of a small tree: those of big ones are samples.
@test "given a folder that does not tell whether it is a package, when a tree is read, then it says so" {
	[ "$(getconf LONG_BIT)" -eq 64 ] || skip "the shim is for 64-bit machines"
	! ldd "$TESTS/py/py-dump" | grep -q libasan || skip "the shim goes before the sanitizer"
	cd "$BATS_TEST_TMPDIR"
	mkdir -p tree/python/toy
	touch tree/python/toy/{__init__,a}.py
	local at=0 errors=''
	while rm -f mark; at=$((at + 1)); [ "$at" -lt 50 ]; do
		run env LD_PRELOAD="$SHIM" FAULT_CALL=files FAULT_AT="$at" FAULT_MARK="$PWD/mark" \
			"$TESTS/py/py-dump" -n tree
		[ -e mark ] || break
		[ "$status" -ne 0 ]
		[[ $output == *"py-dump: cannot read tree"*": Permission denied"* ]]
		errors+=$output
	done
	[ "$status" -eq 0 ]
	[ "$at" -gt 5 ]
	[[ $errors == *"cannot read tree/python/__init__.py: "* ]]
}

@test "given threads or processes that cannot be started, when any filter runs, then it exits with 2 or does without" {
	inject start
}

@test "given an interrupted read or write at any point, when any filter runs, then nothing changes" {
	inject interrupt
}

@test "given reads and writes of one byte, when any filter runs, then nothing changes" {
	inject short
}

@test "given SIGTERM before any system call, when a filter writes files, then each is the old or the new one and none is left" {
	inject term
}

@test "given SIGKILL before any system call, when a filter writes files, then each is the old or the new one" {
	inject kill
}

# A catalogue of a few MB, so that a signal or the end of the disk meets it half written.
large_csv() {
	awk 'BEGIN {
		print "Time (%),Total Time (ns),Instances,Avg (ns),Med (ns),Min (ns),Max (ns),StdDev (ns),Name"
		for (i = 0; i < 20000; i++)
			print "0.0,1000,1,1000.0,1000.0,1000,1000,0.0,\"made_up_kernel_number_" i "(int)\""
	}' >"$BATS_TEST_TMPDIR/large.csv"
}

@test "given SIGTERM at a random moment, when a file is written, then it is the old or the new one and none is left" {
	large_csv
	mkdir "$BATS_TEST_TMPDIR/out"
	yamlgen -o "$BATS_TEST_TMPDIR/new" "$BATS_TEST_TMPDIR/large.csv"
	echo old >"$BATS_TEST_TMPDIR/old"
	for ((i = 0; i < 40; i++)); do
		cp "$BATS_TEST_TMPDIR/old" "$BATS_TEST_TMPDIR/out/catalogue"
		timeout -s TERM "0.0$(printf %03d $((RANDOM % 250)))" "$BIN/yamlgen" \
			-o "$BATS_TEST_TMPDIR/out/catalogue" "$BATS_TEST_TMPDIR/large.csv" || [ $? -eq 124 ]
		cmp -s "$BATS_TEST_TMPDIR/out/catalogue" "$BATS_TEST_TMPDIR/old" ||
			cmp "$BATS_TEST_TMPDIR/out/catalogue" "$BATS_TEST_TMPDIR/new"
		[ "$(ls -A "$BATS_TEST_TMPDIR/out")" = catalogue ]
	done
}

@test "given a limit on file sizes, when a file grows beyond it, then the old one stays and nothing else" {
	large_csv
	mkdir "$BATS_TEST_TMPDIR/out"
	echo old >"$BATS_TEST_TMPDIR/out/catalogue"
	run bash -c 'ulimit -f 100; exec "$@"' - "$BIN/yamlgen" -o "$BATS_TEST_TMPDIR/out/catalogue" \
		"$BATS_TEST_TMPDIR/large.csv"
	[ "$status" -eq 2 ]
	[ "$output" = "yamlgen: $BATS_TEST_TMPDIR/out/catalogue: File too large" ]
	[ "$(ls -A "$BATS_TEST_TMPDIR/out")" = catalogue ]
	[ "$(cat "$BATS_TEST_TMPDIR/out/catalogue")" = old ]
}

@test "given a disk that fills up half-way, when a file is written, then the old one stays and nothing else" {
	large_csv
	mkdir "$BATS_TEST_TMPDIR/disk"
	mount -t tmpfs -o size=100k none "$BATS_TEST_TMPDIR/disk" 2>/dev/null || skip "no right to mount a small disk"
	echo old >"$BATS_TEST_TMPDIR/disk/catalogue"
	run "$BIN/yamlgen" -o "$BATS_TEST_TMPDIR/disk/catalogue" "$BATS_TEST_TMPDIR/large.csv"
	files=$(ls -A "$BATS_TEST_TMPDIR/disk") content=$(cat "$BATS_TEST_TMPDIR/disk/catalogue")
	umount "$BATS_TEST_TMPDIR/disk"
	[ "$status" -eq 2 ]
	[ "$output" = "yamlgen: $BATS_TEST_TMPDIR/disk/catalogue: No space left on device" ]
	[ "$files" = catalogue ]
	[ "$content" = old ]
}

@test "given SIGHUP that is ignored, as under nohup, when a file is written, then it is" {
	large_csv
	bash -c 'trap "" HUP; "$@" & for ((i = 0; i < 200; i++)); do kill -HUP $! || break; sleep 0.001; done 2>/dev/null
		wait $!' - "$BIN/yamlgen" -o "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/large.csv"
	[ "$(grep -c raw_name "$BATS_TEST_TMPDIR/out")" -eq 20000 ]
}
