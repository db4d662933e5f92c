# SPDX-License-Identifier: Apache-2.0
# The Python syntax tree: CPython's ast is the judge.

load helper

setup() {
	PY_DUMP=$TESTS/py/py-dump
	AST_DUMP=$ROOT/tests/py/ast_dump.py
}

@test "given the pinned sglang release, when each file is parsed, then its tree is that of ast" {
	need python3
	pinned sglang
	python3 "$AST_DUMP" "$PY_DUMP" "$TREE"
}
