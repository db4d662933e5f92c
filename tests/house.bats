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

@test "given all tests, when a line says what must not be, then it can fail" {
	# bash goes on after a negated command that fails, unless it is the last of its function.
	run grep -nE '^[[:space:]]*! ' tests/*.bats tests/helper.bash
	run grep -vE '\|\| |\\$' <<<"$output"
	echo "$output"
	[ -z "$output" ]
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

@test "given the files that CONTRIBUTING and docs name, when they are looked for, then all are there" {
	local missing=() path
	while read -r path; do
		# Of a list below one folder only the first has the folder; NAME stands for any.
		case $path in *NAME* | *STREAM* | *FILTER*) continue ;; esac
		compgen -G "$path" >/dev/null || missing+=("$path")
	done < <(grep -ohE '(filters|fixtures|tests|docs|pipelines|kernels)/[A-Za-z0-9_.*/-]+[A-Za-z0-9*]' \
		CONTRIBUTING.md docs/*.md README.md | sort -u)
	echo "missing: ${missing[*]}"
	[ ${#missing[@]} -eq 0 ]
}

@test "given the rooms of lib, when CONTRIBUTING draws them, then it is in the order of the Makefile" {
	local rooms
	rooms=$(sed -n 's/^ROOMS = //p' Makefile)
	grep -qxF "    ${rooms// / ──> }" CONTRIBUTING.md
	[ "$(cd filters/lib && printf '%s\n' * | sort)" = "$(tr ' ' '\n' <<<"$rooms" | sort)" ]
}

@test "given the types of kernels, when pages colour them, then each has its number, light and dark" {
	local types colours
	types=$(awk '/^#define KINDS_TYPES/ { inside = 1; next } inside && !/^\tX/ { exit }
		inside { print "--t" count++ ":" }' filters/lib/trace/kinds.h)
	colours=$(grep -oE -- '--t[0-9]+:' filters/lib/page/theme.css)
	[ "$(wc -l <<<"$types")" -ge 7 ]
	[ "$colours" = "$types
$types" ]
}

@test "given a package whose functions are kernels, when a plan runs, then it knows where it is installed and its source" {
	run jq -nr --rawfile table filters/kgrep-imports/sources.txt \
		--slurpfile packages filters/lib/dryrun/python/data/packages.json '
		$packages[0] as $known |
		[$table | split("\n")[] | select(test("^[^#*]")) | [splits(" +")] | .[0] as $source |
			foreach .[1:][] as $word ({};
				if $word | IN("module", "ops", "decorator", "loader", "method") then {how: $word} else .name = $word end;
				select(.how == "module" and .name) | {$source, package: .name})] as $rows |
		"\($rows | length) packages", ($rows[] | .package as $name |
			([$known | .present, .nvidia, .amd, .absent | select(index($name))] | length) as $lists |
			($known.sources[$name]) as $counts |
			select($lists != 1 or ($known.absent | index($name) | not) and $counts != .source) |
			"\($name): in \($lists) lists, counts under \($counts), not \(.source)")'
	echo "$output"
	[ "$status" -eq 0 ]
	[[ ${lines[0]} =~ ^[2-9][0-9]\ packages$ ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "given the sources whose kernels are Python functions, when kjoin asks what a C++ name cannot be, then it has all of them" {
	[ "$(sed -nE 's/^([a-z_-]+) +decorator .*/\1/p' filters/kgrep-imports/sources.txt | sort | xargs)" = \
		"$(sed -n '/compiled\[\] = {/,/};/p' filters/kjoin/candidates.c | grep -o '"[a-z-]*"' | tr -d '"' | sort | xargs)" ]
}
