#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what scopes of Python bind, as `py-dump -b` says, with CPython's symtable.

usage: scopes.py PY_DUMP FILE...

Prints each scope that differs and the number of those that are the same; exits 1 when one
differs. What CPython cannot compile is left out.
"""

import collections
import subprocess
import symtable
import sys

COMPREHENSIONS = ("listcomp", "setcomp", "dictcomp", "genexpr")


def kind_of(table):
    if table.get_type() == "module":
        return "Module"
    if table.get_type() == "class":
        return "ClassDef"
    if table.get_name() in COMPREHENSIONS:
        return "comprehension"
    return "Lambda" if table.get_name() == "lambda" else "FunctionDef"


def how_bound(table, symbol):
    """How the scope binds the name: "", "global ", "nonlocal "; None if it does not."""
    bound = symbol.is_assigned() or symbol.is_imported() or symbol.is_parameter()
    if kind_of(table) == "comprehension":
        # What := binds lies in the scope around.
        own = bound and not symbol.is_nonlocal() and not symbol.is_declared_global()
        return "" if own and not symbol.get_name().startswith(".") else None
    if symbol.is_nonlocal():
        return "nonlocal "
    if table.get_type() == "module":
        # What a function, or := in a comprehension, may bind here has no other mark.
        return "" if bound else "perhaps " if symbol.is_declared_global() else None
    if symbol.is_declared_global():
        return "global "
    return "" if bound else None


def plain(name, classes):
    """Without the class's name that the compiler puts before a private one."""
    for of in classes:
        front = "_" + of.lstrip("_") + "__"
        if name.startswith(front):
            return "__" + name[len(front):]
    return name


def walk(table, classes=()):
    names = set()
    if kind_of(table) == "ClassDef":
        classes = (*classes, table.get_name())
    for symbol in table.get_symbols():
        how = how_bound(table, symbol)
        if how is not None:
            names.add(how + plain(symbol.get_name(), classes))
    kind = kind_of(table)
    line = 1 if kind == "Module" else table.get_lineno()
    yield kind, line, frozenset(names)
    for child in table.get_children():
        yield from walk(child, classes)


def certain(names, module):
    """The names, with those that are perhaps bound as our module has them."""
    perhaps = {name.removeprefix("perhaps ") for name in names if name.startswith("perhaps ")}
    return frozenset({name for name in names if not name.startswith("perhaps ")}
                     | perhaps & module)


def ours(dump, path):
    found, scope = [], None
    out = subprocess.run([dump, "-b", path], capture_output=True, text=True, check=False).stdout
    for line in out.splitlines():
        if line.startswith("scope "):
            _, at, kind, _ = line.rsplit(" ", 3)
            if kind == "AsyncFunctionDef":
                kind = "FunctionDef"
            elif kind not in ("Module", "ClassDef", "FunctionDef", "Lambda"):
                kind = "comprehension"
            scope = (kind, 1 if kind == "Module" else int(at), set())
            found.append(scope)
        else:
            scope[2].add(line[2:])
    for kind, at, names in found:
        if kind == "Module":
            names = {name.removeprefix("global ") for name in names}
        yield kind, at, frozenset(names)


def main():
    same = different = 0
    for path in sys.argv[2:]:
        with open(path, "rb") as file:
            source = file.read()
        try:
            theirs = list(walk(symtable.symtable(source, path, "exec")))
        except (SyntaxError, ValueError):
            continue
        got = collections.Counter(ours(sys.argv[1], path))
        module = next(names for kind, _, names in got if kind == "Module")
        want = collections.Counter(
            (kind, line, certain(names, module)) for kind, line, names in theirs)
        same += sum((want & got).values())
        for word, scopes in (("theirs", want - got), ("ours", got - want)):
            different += len(scopes)
            for kind, line, names in sorted(scopes, key=lambda scope: scope[1]):
                print(f"{path}:{line}: {word}: {kind}: {' '.join(sorted(names))}")
    print(f"{same} same, {different} different")
    return different > 0 or same == 0


if __name__ == "__main__":
    sys.exit(main())
