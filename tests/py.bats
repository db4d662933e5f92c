# SPDX-License-Identifier: Apache-2.0
# The Python syntax tree: CPython's ast is the judge.

load helper

setup() {
	PY_DUMP=$TESTS/py/py-dump
	AST_DUMP=$ROOT/tests/py/ast_dump.py
	cd "$BATS_TEST_TMPDIR"
}

# The oracle has to know except*.
need_oracle() {
	need python3
	python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
		skip "python3 is older than 3.11"
}

# repeat COUNT STRING
repeat() {
	printf -- "$2%.0s" $(seq "$1")
}

# parse FILE: the whole tree must come out; $output holds it.
parse() {
	run "$PY_DUMP" "$1"
	[ "$status" -eq 0 ]
	[ "$(grep -c Module <<<"$output")" -eq 1 ]
}

@test "given every syntactic form, when it is parsed, then the tree is that of ast" {
	need_oracle
	run python3 "$AST_DUMP" "$PY_DUMP" "$FIXTURES/py"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output =~ ([0-9]+)" same, 0 different" ]]
	# Only newer.py may be beyond the Python at hand.
	[ "${BASH_REMATCH[1]}" -ge "$(($(ls "$FIXTURES"/py/*.py | wc -l) - 1))" ]
}

@test "given syntax that came with Python 3.12, when it is parsed, then the tree is the golden one" {
	check_golden py/newer.dump 0 "$PY_DUMP" "$FIXTURES/py/newer.py"
}

@test "given the pinned sglang release, when each file is parsed, then its tree is that of ast" {
	need_oracle
	pinned sglang
	python3 "$AST_DUMP" "$PY_DUMP" "$TREE"
}

@test "given the pinned flashinfer release, when each file is parsed, then its tree is that of ast" {
	need_oracle
	pinned flashinfer
	python3 "$AST_DUMP" "$PY_DUMP" "$TREE"
}

@test "given every way to bind a name, when scopes are read, then they bind what symtable says" {
	need_oracle
	run python3 "$ROOT/tests/py/scopes.py" "$PY_DUMP" "$FIXTURES"/py/*.py
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "given the layers of the pinned sglang, when scopes are read, then they bind what symtable says" {
	need_oracle
	pinned sglang
	find "$TREE/python/sglang/srt/layers" -name '*.py' -print0 |
		xargs -0 python3 "$ROOT/tests/py/scopes.py" "$PY_DUMP"
}

@test "given a broken oracle, when the comparison runs, then it says so" {
	need_oracle
	printf 'x = 1\n' >a.py
	printf '#!/bin/sh\n"%s" "$@" | sed s/Assign/AugAssign/\n' "$PY_DUMP" >lies
	chmod +x lies
	run python3 "$AST_DUMP" ./lies a.py
	[ "$status" -eq 1 ]
	[[ $output == *"ours '0 AugAssign"*"1 different"* ]]
}

@test "given four threads, when a tree is parsed, then the output is that of one thread" {
	"$PY_DUMP" "$FIXTURES/py" >one
	"$PY_DUMP" -t 4 "$FIXTURES/py" >four
	cmp one four
}

@test "given one broken statement among good ones, when it is parsed, then only it is lost" {
	printf 'import a\nx = = 1\n\ndef f():\n    return g(1)\n' >a.py
	parse a.py
	[[ ${lines[1]} == "error 2 invalid syntax" ]]
	grep -q "alias 0 'a'" <<<"$output"
	grep -q "FunctionDef 0 'f' 4:0" <<<"$output"
	grep -q "Call" <<<"$output"
}

@test "given a bracket that is never closed, when it is parsed, then what follows is read" {
	printf 'def f():\n    x = g(1,\n    return 2\n\ndef h():\n    return k(3)\n' >a.py
	parse a.py
	[[ ${lines[1]} == "error 2 bracket is never closed" ]]
	grep -q "FunctionDef 0 'h' 5:0-6:15" <<<"$output"
	grep -q "Name 0 'k' 6:11" <<<"$output"
	printf 'import a\nx = {\n"b": [1,\n}\nclass C:\n    y = z()\n' >b.py
	parse b.py
	[[ ${lines[1]} == "error "[23]" "* ]]
	grep -q "alias 0 'a'" <<<"$output"
	grep -q "ClassDef 0 'C' 5:0-6:11" <<<"$output"
}

@test "given strings that never end, when they are parsed, then the line is named and the rest is read" {
	printf "x = 'abc\ny = f(1)\n" >a.py
	parse a.py
	[[ ${lines[1]} == "error 1 unterminated string literal" ]]
	grep -q "Name 0 'y' 2:0" <<<"$output"
	printf 'y = f(1)\nx = """abc\n\n' >b.py
	parse b.py
	[[ ${lines[1]} == "error 2 unterminated string literal" ]]
	grep -q "Name 0 'y' 1:0" <<<"$output"
	printf 'y = 1\nf"{x' >c.py
	parse c.py
	[[ ${lines[1]} == "error 2 "* ]]
}

@test "given bytes that are no text, when they are parsed, then the line is named and the rest is read" {
	printf 'x = 1\ny = "\xff"\nz = 3\n' >a.py
	parse a.py
	[[ ${lines[1]} == "error 2 source is not UTF-8" ]]
	grep -q "Name 0 'z' 3:0" <<<"$output"
	printf 'x = 1\n\0\nz = 3\n' >b.py
	parse b.py
	[[ ${lines[1]} == "error 2 source contains a NUL byte" ]]
	grep -q "Name 0 'z' 3:0" <<<"$output"
}

@test "given nesting without end, when it is parsed, then it is an error and no crash" {
	local opening
	for opening in '(' '[' '{' 'f(' 'not ' '-' 'lambda: ' 'x if y else ' 'a.b[' '{1: ' 'await ' \
	    'f"{' 'x = ' '*' '(yield ' 'a ** ' 'x: ' '@' '[x for x in ' 'a[b:'; do
		repeat 10000 "$opening" >a.py
		parse a.py
		[[ ${lines[1]} == "error "* ]] || { echo "no error for $opening"; false; }
		echo 1 >>a.py
		parse a.py
	done
	for opening in 'if x:' 'def f():' 'class C:' 'with a:' 'try:' 'match x:' 'case 1:'; do
		for i in $(seq 0 300); do printf "%${i}s%s\n" '' "$opening"; done >a.py
		parse a.py
	done
}

@test "given chains that are long but not deep, when they are parsed, then they are whole" {
	{ repeat 900 'a + '; echo b; } >a.py
	parse a.py
	[ "$(grep -c BinOp <<<"$output")" -eq 900 ]
	{ printf 'if a: pass\n'; repeat 900 'elif b: pass\n'; } >b.py
	parse b.py
	[ "$(grep -c If <<<"$output")" -eq 901 ]
	{ printf '['; repeat 10000 'a, '; echo ']'; } >c.py
	parse c.py
	[ "$(grep -c "Name 0 'a'" <<<"$output")" -eq 10000 ]
	[ "$("$PY_DUMP" a.py b.py c.py | grep -c '^error')" -eq 0 ]
}

@test "given a checkout, when it is listed, then names and modules are those of an import" {
	mkdir -p repo/python/pkg/sub repo/sgl-kernel/python/kern repo/test repo/python/pkg/python \
	    repo/.git repo/python/pkg/__pycache__ repo/x.egg-info
	touch repo/python/pkg/{__init__,a}.py repo/python/pkg/sub/b.py repo/python/pkg/c.cu \
	    repo/sgl-kernel/python/kern/__init__.py repo/test/t.py repo/python/pkg/python/d.py \
	    repo/.git/no.py repo/python/pkg/__pycache__/no.py repo/x.egg-info/no.py
	run "$PY_DUMP" -n repo
	[ "$status" -eq 0 ]
	[ "$output" = "repo/python/pkg/__init__.py pkg repo/python/pkg/__init__.py 1
repo/python/pkg/a.py pkg.a repo/python/pkg/a.py 0
repo/python/pkg/python/d.py pkg.python.d repo/python/pkg/python/d.py 0
repo/python/pkg/sub/b.py pkg.sub.b repo/python/pkg/sub/b.py 0
repo/sgl-kernel/python/kern/__init__.py kern repo/sgl-kernel/python/kern/__init__.py 1
repo/test/t.py test.t repo/test/t.py 0" ]
	# The same names from anywhere, and however the root is spelled.
	cd repo/test
	run bash -c '"$0" -n ../../repo/ | cut -d" " -f1,2 | cksum; "$0" -n .. | cut -d" " -f1,2 | cksum' "$PY_DUMP"
	[ "${lines[0]}" = "${lines[1]}" ]
	[ "${lines[0]}" = "$("$PY_DUMP" -n "$BATS_TEST_TMPDIR/repo" | cut -d' ' -f1,2 | cksum)" ]
}

@test "given an installed package, a folder of packages and a file, when listed, then modules are right" {
	mkdir -p site/pkg/sub site/other site/pkg-1.0.dist-info
	touch site/pkg/{__init__,a}.py site/pkg/sub/{__init__,b}.py site/other/c.py site/d.py site/pkg-1.0.dist-info/no.py
	[ "$("$PY_DUMP" -n site/pkg | cut -d' ' -f1,2 | tr '\n' ';')" = \
	    "pkg/__init__.py pkg;pkg/a.py pkg.a;pkg/sub/__init__.py pkg.sub;pkg/sub/b.py pkg.sub.b;" ]
	[ "$("$PY_DUMP" -n site | cut -d' ' -f1,2 | tr '\n' ';')" = \
	    "site/d.py d;site/other/c.py other.c;site/pkg/__init__.py pkg;site/pkg/a.py pkg.a;site/pkg/sub/__init__.py pkg.sub;site/pkg/sub/b.py pkg.sub.b;" ]
	[ "$("$PY_DUMP" -n site/pkg/sub/b.py)" = "b.py pkg.sub.b site/pkg/sub/b.py 0" ]
	cd site
	[ "$("$PY_DUMP" -n d.py)" = "d.py d d.py 0" ]
	# A tree given twice is there once.
	[ "$("$PY_DUMP" -n pkg pkg | wc -l)" -eq 4 ]
}

@test "given links, when a tree is listed, then none leads out or round and round" {
	mkdir -p repo/a/b elsewhere
	touch repo/a/x.py elsewhere/no.py
	ln -s .. repo/a/b/loop
	ln -s ../../repo repo/a/again
	ln -s "$PWD/elsewhere" repo/out
	ln -s ../elsewhere/no.py repo/out.py
	ln -s a/x.py repo/inside.py
	ln -s self repo/self
	run "$PY_DUMP" -n repo
	[ "$status" -eq 0 ]
	[ "$output" = "repo/a/x.py a.x repo/a/x.py 0
repo/inside.py inside repo/inside.py 0" ]
	ln -s nowhere repo/dangling.py
	run "$PY_DUMP" -n repo
	[ "$status" -eq 1 ]
	[[ ${lines[0]} == "py-dump: cannot read repo/dangling.py: "* ]]
}

@test "given what cannot be read, when a tree is listed, then it is warned of and counted" {
	run "$PY_DUMP" -n nowhere
	[ "$status" -eq 2 ]
	[ "$output" = "py-dump: cannot read nowhere: No such file or directory" ]
	[ "$(id -u)" -ne 0 ] || skip "root may read everything"
	mkdir -p repo/closed
	touch repo/a.py repo/b.py
	chmod 0 repo/closed repo/b.py
	run "$PY_DUMP" repo
	chmod 700 repo/closed
	[ "$status" -eq 1 ]
	[[ $output == *"cannot read repo/closed: Permission denied"*"cannot read repo/b.py: Permission denied"*"== repo/a.py"* ]]
}
