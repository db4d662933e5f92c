# SPDX-License-Identifier: Apache-2.0
# The Makefile: what is made anew when, what clean keeps, what a build says.

load helper

setup() {
	cd "$ROOT" || exit
	# What the make that runs these tests was told is not for those that the tests run.
	unset MAKEFLAGS MAKEOVERRIDES MFLAGS MAKELEVEL MAKE_TERMOUT
}

# copied: the tree without what was built, in the test's own folder.
copied() {
	mkdir "$BATS_TEST_TMPDIR/tree"
	cp -r Makefile config.mk packages.txt inputs.txt filters kernels pipelines "$BATS_TEST_TMPDIR/tree"
	cd "$BATS_TEST_TMPDIR/tree" || return
}

@test "given built programs, when CFLAGS, CC or VERSION change, then what depends on them is made anew and nothing else" {
	copied
	make -s bin/tr-stacks
	local all
	all=$(make -n bin/tr-stacks V=1 CFLAGS=-O1 | grep -c -- ' -c -o')
	[ "$all" -gt 30 ]
	[ "$(make -n bin/tr-stacks | grep -c -- ' -c -o')" -eq 0 ]
	make -q bin/tr-stacks
	[ "$(make -n bin/tr-stacks CC=cc | grep -c -- ' -c -o')" -eq "$all" ]
	sed -i 's/^VERSION = .*/VERSION = 9.9.9/' config.mk
	[ "$(make -n bin/tr-stacks | grep -- ' -c -o' | grep -c options.o)" -eq 1 ]
	make -s bin/tr-stacks
	[ "$(bin/tr-stacks --version)" = "tr-stacks 9.9.9" ]
	make -q bin/tr-stacks
}

@test "given a built tree, when it is cleaned and built at once by two jobs, then it is built, in a few lines, and results stay" {
	copied
	mkdir -p results/ranks
	echo measured >results/ranks/joblog
	make -s bin/tr-stacks
	touch build/obj/left-over
	make -j2 clean bin/tr-stacks >said
	[ "$(cat said)" = "$(printf '  AR build/libwarpipe.a\n  LD bin/tr-stacks')" ]
	[ "$(bin/tr-stacks --version)" = "tr-stacks $(sed -n 's/^VERSION = //p' config.mk)" ]
	[ ! -e build/obj/left-over ]
	[ "$(cat results/ranks/joblog)" = measured ]
	make -s distclean
	[ ! -e results ]
	[ ! -e build ]
}

@test "given names of tests, when they are run, then those run alone, and a wrong name is told" {
	mkdir -p "$BATS_TEST_TMPDIR/tree/tests"
	cp tests/run "$BATS_TEST_TMPDIR/tree/tests"
	cd "$BATS_TEST_TMPDIR/tree" || return
	for name in one two; do
		printf '@test "given %s, when run, then it passes" {\n\ttrue\n}\n' "$name" >tests/$name.bats
	done
	run tests/run bin build/tests two
	[ "$status" -eq 0 ]
	[[ $output == *"given two"* && $output != *"given one"* ]]
	[ "${lines[-1]}" = "1 passed, 0 failed, 0 skipped" ]
	run tests/run bin build/tests three
	[ "$status" -eq 2 ]
	[ "$output" = "tests/run: no tests/three.bats; there are: one two" ]
	run tests/run bin build/tests '../two'
	[ "$status" -eq 2 ]
}

@test "given a machine that lacks packages, when it is set up, then a user gets no tools of tests, and tests get theirs" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\nexit 1\n' | tee "$BATS_TEST_TMPDIR/bin/dpkg-query" >"$BATS_TEST_TMPDIR/bin/sudo"
	printf '#!/bin/sh\necho 1000\n' >"$BATS_TEST_TMPDIR/bin/id"
	chmod +x "$BATS_TEST_TMPDIR"/bin/*
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	run make -s setup-packages
	[ "$status" -eq 2 ]
	[[ $output == *"apt-get install"*" g++ "*" jq "* ]]
	[[ $output != *bats* && $output != *chromium* ]]
	run make -s check-packages
	[ "$status" -eq 0 ]
	[[ $output == *" g++ "*" bats "* && $output != *chromium* ]]
	run make -s setup-checks-packages
	[ "$status" -eq 2 ]
	[[ $output == *" bats "*" chromium "* ]]
}
