#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the trees that py-dump prints with those of CPython's ast.

    ast_dump.py PY_DUMP PATH...     one line a difference; exit 1 if there is any
    ast_dump.py -p FILE             print the tree of one file as py-dump would
"""
import ast
import io
import re
import subprocess
import sys
import tokenize
import warnings

OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.MatMult: "@", ast.Div: "/",
    ast.Mod: "%", ast.Pow: "**", ast.LShift: "<<", ast.RShift: ">>", ast.BitOr: "|",
    ast.BitXor: "^", ast.BitAnd: "&", ast.FloorDiv: "//", ast.Invert: "~", ast.Not: "not",
    ast.UAdd: "+", ast.USub: "-", ast.And: "and", ast.Or: "or", ast.Eq: "==",
    ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}
POSITIONAL, NORMAL, KEYWORD_ONLY, STAR, DOUBLE_STAR = range(5)
NONE, TRUE, FALSE, ELLIPSIS, INT, FLOAT, COMPLEX, STRING, BYTES = range(9)
VALUE, CAPTURE, M_STAR, SEQUENCE, MAPPING, CLASS, OR, AS = range(8)


class Node:
    """What py-dump prints of one node; `at` is the ast node that gives the position."""

    def __init__(self, kind, at=None, op=0, name=None, parts=(), end=None):
        self.kind, self.at, self.op, self.name = kind, at, op, name
        self.parts = [p if isinstance(p, list) else [] if p is None else [p] for p in parts]


def operator(op):
    return OPERATORS[type(op)]


class Converter:
    def __init__(self, text):
        self.lines = [line.encode() for line in text.split("\n")]

    def spelled(self, node):
        first, last = node.lineno - 1, node.end_lineno - 1
        lines = self.lines[first:last + 1]
        lines[-1] = lines[-1][:node.end_col_offset]
        lines[0] = lines[0][node.col_offset:]
        return b"\n".join(lines)

    def all(self, nodes):
        return [self(n) for n in nodes]

    def __call__(self, node):
        if node is None:
            return None
        return getattr(self, type(node).__name__)(node)

    # statements
    def Module(self, n):
        return Node("Module", parts=[self.all(n.body)])

    def parameters(self, a):
        out = []
        plain = a.posonlyargs + a.args
        defaults = [None] * (len(plain) - len(a.defaults)) + a.defaults
        for i, (arg, default) in enumerate(zip(plain, defaults)):
            out.append(self.arg(arg, POSITIONAL if i < len(a.posonlyargs) else NORMAL, default))
        if a.vararg:
            out.append(self.arg(a.vararg, STAR, None))
        for arg, default in zip(a.kwonlyargs, a.kw_defaults):
            out.append(self.arg(arg, KEYWORD_ONLY, default))
        if a.kwarg:
            out.append(self.arg(a.kwarg, DOUBLE_STAR, None))
        return out

    def arg(self, n, op, default):
        return Node("arg", n, op, n.arg, [self(n.annotation), self(default)])

    def FunctionDef(self, n, is_async=0):
        return Node("FunctionDef", n, is_async, n.name, [
            self.all(n.decorator_list), self.parameters(n.args), self.all(n.body),
            self(n.returns)])

    def AsyncFunctionDef(self, n):
        return self.FunctionDef(n, 1)

    def arguments(self, args, keywords):
        return sorted(self.all(args) + self.all(keywords),
                      key=lambda c: (c.at.lineno, c.at.col_offset))

    def ClassDef(self, n):
        return Node("ClassDef", n, 0, n.name, [
            self.all(n.decorator_list), self.arguments(n.bases, n.keywords), self.all(n.body)])

    def Return(self, n):
        return Node("Return", n, parts=[self(n.value)])

    def Delete(self, n):
        return Node("Delete", n, parts=[self.all(n.targets)])

    def Expr(self, n):
        return Node("Expr", n, parts=[self(n.value)])

    def Assign(self, n):
        return Node("Assign", n, parts=[self.all(n.targets), self(n.value)])

    def AugAssign(self, n):
        return Node("AugAssign", n, 0, operator(n.op), [self(n.target), self(n.value)])

    def AnnAssign(self, n):
        return Node("AnnAssign", n, parts=[self(n.target), self(n.value), self(n.annotation)])

    def For(self, n, is_async=0):
        return Node("For", n, is_async, parts=[
            self(n.target), self(n.iter), self.all(n.body), self.all(n.orelse)])

    def AsyncFor(self, n):
        return self.For(n, 1)

    def While(self, n):
        return Node("While", n, parts=[self(n.test), self.all(n.body), self.all(n.orelse)])

    def If(self, n):
        return Node("If", n, parts=[self(n.test), self.all(n.body), self.all(n.orelse)])

    def With(self, n, is_async=0):
        items = [Node("withitem", parts=[self(i.context_expr), self(i.optional_vars)])
                 for i in n.items]
        return Node("With", n, is_async, parts=[items, self.all(n.body)])

    def AsyncWith(self, n):
        return self.With(n, 1)

    def Match(self, n):
        cases = [Node("match_case", parts=[self(c.guard), self.all(c.body), [], self(c.pattern)])
                 for c in n.cases]
        return Node("Match", n, parts=[self(n.subject), cases])

    def pattern(self, n, op, name=None, elements=()):
        return Node("pattern", n, op, name, [list(elements)])

    def MatchValue(self, n):
        return self.pattern(n, VALUE, None, [self(n.value)])

    def MatchSingleton(self, n):
        constant = ast.copy_location(ast.Constant(n.value), n)
        return self.pattern(n, VALUE, None, [self(constant)])

    def MatchStar(self, n):
        return self.pattern(n, M_STAR, n.name)

    def MatchSequence(self, n):
        return self.pattern(n, SEQUENCE, None, self.all(n.patterns))

    def MatchMapping(self, n):
        elements = []
        for key, value in zip(n.keys, n.patterns):
            elements += [self(key), self(value)]
        return self.pattern(n, MAPPING, n.rest, elements)

    def MatchClass(self, n):
        # ast keeps no position for keyword patterns.
        keywords = [Node("keyword", None, 0, name, [self(p)])
                    for name, p in zip(n.kwd_attrs, n.kwd_patterns)]
        return self.pattern(n, CLASS, None, [self(n.cls)] + self.all(n.patterns) + keywords)

    def MatchOr(self, n):
        return self.pattern(n, OR, None, self.all(n.patterns))

    def MatchAs(self, n):
        if n.pattern is None:
            return self.pattern(n, CAPTURE, n.name)
        return self.pattern(n, AS, n.name, [self(n.pattern)])

    def Raise(self, n):
        return Node("Raise", n, parts=[self(n.exc), self(n.cause)])

    def Try(self, n, star=0):
        return Node("Try", n, star, parts=[
            self.all(n.body), self.all(n.handlers), self.all(n.orelse), self.all(n.finalbody)])

    def TryStar(self, n):
        return self.Try(n, 1)

    def ExceptHandler(self, n):
        return Node("ExceptHandler", n, 0, n.name, [self(n.type), self.all(n.body)])

    def Assert(self, n):
        return Node("Assert", n, parts=[self(n.test), self(n.msg)])

    # `as` names, global and nonlocal names have no position of their own.
    def alias(self, n):
        parts = [Node("Name", None, 0, n.asname)] if n.asname else []
        return Node("alias", n, 0, n.name, [parts])

    def Import(self, n):
        return Node("Import", n, parts=[self.all(n.names)])

    def ImportFrom(self, n):
        return Node("ImportFrom", n, n.level, n.module, [self.all(n.names)])

    def Global(self, n):
        return Node(type(n).__name__, n, parts=[[Node("Name", None, 0, x) for x in n.names]])

    Nonlocal = Global

    def Pass(self, n):
        return Node(type(n).__name__, n)

    Break = Continue = Pass

    def TypeAlias(self, n):
        return Node("TypeAlias", n, parts=[self(n.name), self(n.value)])

    # expressions
    def Name(self, n):
        return Node("Name", n, 0, n.id)

    def Constant(self, n):
        v = n.value
        if v is None or v is True or v is False or v is ...:
            op = {None: NONE, True: TRUE, False: FALSE, ...: ELLIPSIS}[v]
            return Node("Constant", n, op, self.spelled(n))
        if isinstance(v, str):
            value = v.encode("utf-8", "surrogatepass").split(b"\0")[0]
            return Node("Constant", n, STRING, value)
        op = {int: INT, float: FLOAT, complex: COMPLEX, bytes: BYTES}[type(v)]
        return Node("Constant", n, op, self.spelled(n))

    def JoinedStr(self, n):
        # Early releases of 3.12 leave empty strings between fields.
        values = [v for v in n.values if not (isinstance(v, ast.Constant) and v.value == "")]
        return Node("JoinedStr", n, parts=[self.all(values)])

    def FormattedValue(self, n):
        return Node("FormattedValue", n, max(n.conversion, 0),
                    parts=[self(n.value), self(n.format_spec)])

    def Attribute(self, n):
        return Node("Attribute", n, 0, n.attr, [self(n.value)])

    def Subscript(self, n):
        return Node("Subscript", n, parts=[self(n.value), self(n.slice)])

    def Slice(self, n):
        return Node("Slice", n, parts=[self(n.lower), self(n.upper), self(n.step)])

    def Call(self, n):
        return Node("Call", n, parts=[self(n.func), self.arguments(n.args, n.keywords)])

    def keyword(self, n):
        return Node("keyword", n, 0, n.arg, [self(n.value)])

    def BinOp(self, n):
        return Node("BinOp", n, 0, operator(n.op), [self(n.left), self(n.right)])

    def UnaryOp(self, n):
        return Node("UnaryOp", n, 0, operator(n.op), [self(n.operand)])

    def BoolOp(self, n):
        return Node("BoolOp", n, 0, operator(n.op), [self.all(n.values)])

    def Compare(self, n):
        rights = [Node("comparison", None, 0, operator(op), [self(right)])
                  for op, right in zip(n.ops, n.comparators)]
        return Node("Compare", n, parts=[self(n.left), rights])

    def IfExp(self, n):
        return Node("IfExp", n, parts=[self(n.test), self(n.body), self(n.orelse)])

    def Lambda(self, n):
        return Node("Lambda", n, parts=[[], self.parameters(n.args), self(n.body)])

    def List(self, n):
        return Node(type(n).__name__, n, parts=[self.all(n.elts)])

    Tuple = Set = List

    def Dict(self, n):
        items = [Node("item", parts=[self(k), self(v)]) for k, v in zip(n.keys, n.values)]
        return Node("Dict", n, parts=[items])

    def comprehension(self, n, op, element, value=None):
        clauses = [Node("comprehension", None, c.is_async, None, [
            self(c.target), self(c.iter), self.all(c.ifs)]) for c in n.generators]
        return Node("Comprehension", n, op, parts=[self(element), self(value), clauses])

    def ListComp(self, n):
        return self.comprehension(n, 0, n.elt)

    def SetComp(self, n):
        return self.comprehension(n, 1, n.elt)

    def DictComp(self, n):
        return self.comprehension(n, 2, n.key, n.value)

    def GeneratorExp(self, n):
        return self.comprehension(n, 3, n.elt)

    def Await(self, n):
        return Node(type(n).__name__, n, parts=[self(n.value)])

    Yield = YieldFrom = Starred = Await

    def NamedExpr(self, n):
        return Node("NamedExpr", n, parts=[self(n.target), self(n.value)])


def quoted(name):
    if name is None:
        return "-"
    data = name if isinstance(name, bytes) else name.encode()
    return "'" + "".join(
        "\\x%02x" % c if c <= 32 or c >= 127 or c in b"\\'" else chr(c) for c in data) + "'"


# From Python 3.12 on what stands in an f-string has its own position.
IN_STRINGS = sys.version_info >= (3, 12)


def dump(node, out, parent=None, part=0, depth=0, inside=False):
    at = node.at
    if inside and not (IN_STRINGS and not (
            (node.kind == "Constant" and parent.kind == "JoinedStr")
            or (node.kind == "JoinedStr" and parent.kind == "FormattedValue" and part == 1))):
        at = None
    position = "-"
    if at is not None:
        position = "%d:%d-%d:%d" % (
            at.lineno, at.col_offset, at.end_lineno, at.end_col_offset)
    out.append("%s%d %s %d %s %s" % (
        "  " * depth, part, node.kind, node.op, quoted(node.name), position))
    inside = inside or node.kind == "JoinedStr"
    for i, children in enumerate(node.parts):
        for child in children:
            dump(child, out, node, i, depth + 1, inside)


def lines_of(path):
    """The dump of a file; raises SyntaxError or ValueError when this Python cannot parse."""
    with open(path, "rb") as file:
        data = file.read()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = ast.parse(data, path)
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    text = data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    out = []
    dump(Converter(text)(module), out)
    return out


# Nodes that have a position in ours and none in ast are compared without it.
NO_POSITION = re.compile(r"^( *\d (?:keyword|Name) \d \S+) \S+$")


def difference(ours, theirs):
    """The first line that differs, or None."""
    for i in range(max(len(ours), len(theirs))):
        a = ours[i] if i < len(ours) else "(nothing)"
        b = theirs[i] if i < len(theirs) else "(nothing)"
        if b.endswith(" -"):
            a = NO_POSITION.sub(r"\1 -", a)
        if a != b:
            return "line %d of the dump: ours '%s', ast '%s'" % (i + 1, a.strip(), b.strip())
    return None


def compare(dump_program, paths):
    sys.setrecursionlimit(20000)
    find = subprocess.run([dump_program, "-n", *paths], stdout=subprocess.PIPE, check=True)
    path_of = {}
    for line in find.stdout.decode().splitlines():
        name, _, path, _ = line.split(" ")
        path_of[name] = path
    options = ["-f"] if IN_STRINGS else []
    process = subprocess.Popen([dump_program, *options, *paths], stdout=subprocess.PIPE)
    same = different = newer = 0
    name, ours = None, []

    def finish():
        nonlocal same, different, newer
        if name is None:
            return
        try:
            theirs = lines_of(path_of[name])
        except (SyntaxError, ValueError, RecursionError) as error:
            newer += 1
            noted = "error noted" if ours[0].startswith("error") else "parsed"
            print("%s: not for this Python: %s (%s)" % (name, error, noted))
            return
        problem = difference(ours, theirs)
        if problem:
            different += 1
            print("%s: %s" % (name, problem))
        else:
            same += 1

    for line in process.stdout:
        line = line.decode().rstrip("\n")
        if line.startswith("== "):
            finish()
            name, ours = line[3:], []
        else:
            ours.append(line)
    finish()
    status = process.wait()
    print("%d same, %d different, %d not for this Python" % (same, different, newer))
    return 1 if different or status != 0 else 0


if __name__ == "__main__":
    if sys.argv[1] == "-p":
        print("\n".join(lines_of(sys.argv[2])))
    else:
        sys.exit(compare(sys.argv[1], sys.argv[2:]))
