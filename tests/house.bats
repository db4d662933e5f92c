# SPDX-License-Identifier: Apache-2.0
# What CONTRIBUTING says of the sources themselves.

load helper

setup() {
	cd "$ROOT" || exit
}

# sources: what arrows reads; the grammar's header is not ours.
sources() {
	find filters kernels -name '*.[ch]' -o -name '*.cu' -o -name '*.cuh' | grep -v /grammar/
}

# told FILE INCLUDE WORDS: in a tree where FILE includes INCLUDE, arrows says WORDS of it.
told() {
	mkdir -p "$(dirname "$1")"
	printf '/* A file. */\n#include "%s"\n' "$2" >"$1"
	run "$ROOT/tests/arrows" Makefile filters/one/one.c filters/one/one.h filters/two/two.h "$1"
	echo "$output"
	[ "$status" -eq 1 ]
	[ "$output" = "$1:2: $2: $3" ]
}

@test "given the sources, when their includes are followed, then no room includes one after it and no filter another" {
	mapfile -t files < <(sources)
	[ ${#files[@]} -gt 300 ]
	tests/arrows Makefile "${files[@]}"
}

@test "given an include that points back, when includes are followed, then it is told" {
	mkdir -p "$BATS_TEST_TMPDIR/tree/filters/one" "$BATS_TEST_TMPDIR/tree/filters/two"
	cd "$BATS_TEST_TMPDIR/tree"
	echo 'ROOMS = base json page' >Makefile
	printf '#include "one.h"\n#include "base/text.h"\n#include <math.h>\n' >filters/one/one.c
	: >filters/one/one.h
	: >filters/two/two.h
	tests=$ROOT/tests
	"$tests/arrows" Makefile filters/one/one.c filters/one/one.h
	told filters/lib/json/a.c page/html.h "room json stands before room page"
	told filters/lib/json/a.c b.h "written room/file.h in lib"
	told filters/one/a.c ../two/two.h "neither a room of lib nor a file beside it"
	told filters/one/a.c two/two.h "neither a room of lib nor a file beside it"
	told filters/one/a.c two.h "not a file of this filter"
	told kernels/a.c base/text.h "kernels include nothing of lib"
}

@test "given the program that docs/kcallers.md follows, when it is traced, then the chain is the one it draws" {
	local tree=$BATS_TEST_TMPDIR/trees
	mkdir -p "$tree"
	# A file's name stands alone on the line before its block.
	awk -v tree="$tree" '
		/^`shop.*`:$/ { gsub(/[`:]/, ""); file = tree "/" $0; system("mkdir -p $(dirname " file ")"); next }
		/^```/ { inside = !inside; if (!inside) file = ""; next }
		inside && file { print >file }' docs/kcallers.md
	cd "$tree"
	[ "$(find . -name '*.py' | wc -l)" -eq 2 ]
	kgrep-imports shop | kcallers -r shop -m shop >records
	[ "$(jq -r 'select(.kind == "chain") | .op' records)" = 2 ]
	jq -r 'select(.kind == "chain") | .frames[] |
		[.call, (.file | split("/")[-1]) + ":\(.line)", .function, .via] | join(" ")' records >drawn
	cat drawn
	[ "$(wc -l <drawn)" -eq 4 ]
	while read -r call place function via; do
		grep -q "^ *$call  *$place  *$function  *via $via" "$ROOT/docs/kcallers.md"
	done <drawn
}
