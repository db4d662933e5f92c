# SPDX-License-Identifier: Apache-2.0
"""Compiles source after its tests have been rewritten so that they note how they go.

`if a == b and c:` becomes `if __tests__(0, a, b, 2) and __tests__(1, c):`; see tests.c. The
module's global __tests__ belongs to its file; 0 and 1 are rows of a table that goes with the
code. Tests are those of if, while, assert and conditional expressions, and what stands in front
of `and` and `or` within them; of an `and` or `or` whose value is used, nothing is rewritten,
since it is not ours to ask for the truth of a value twice.
"""
import ast
import marshal

HOW = {ast.Lt: 0, ast.LtE: 1, ast.Eq: 2, ast.NotEq: 3, ast.Gt: 4, ast.GtE: 5,
       ast.Is: 6, ast.IsNot: 7, ast.In: 8, ast.NotIn: 9}


def place(node):
    """Where a test begins with a comparison, CPython counts the jump to that one's line, and not to
    the line of `if`. Once comparisons are calls it would not; which lines ran must stay the same."""
    first = node.test
    while isinstance(first, ast.BoolOp) or isinstance(first, ast.UnaryOp) and isinstance(first.op, ast.Not):
        first = first.values[0] if isinstance(first, ast.BoolOp) else first.operand
    if isinstance(first, ast.Compare):
        node.lineno, node.col_offset = first.lineno, first.col_offset


class Rewriter(ast.NodeTransformer):
    def __init__(self):
        self.rows = []  # (line, column, end line, end column, kind)

    def note(self, kind, node, *arguments):
        call = ast.Call(ast.Name("__tests__", ast.Load()),
                        [ast.Constant(len(self.rows)), *arguments], [])
        self.rows.append((node.lineno, node.col_offset, node.end_lineno, node.end_col_offset,
                          kind))
        for made in (call, call.func, call.args[0]):
            ast.copy_location(made, node)
        return call

    def test(self, node, kind):
        """What takes the place of `node`, whose truth is asked once and whose value is not
        used."""
        if isinstance(node, ast.BoolOp):
            node.values = [self.test(value, kind) for value in node.values]
            return node
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            node.operand = self.test(node.operand, kind)
            return node
        if isinstance(node, ast.Constant):
            return node
        self.generic_visit(node)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            how = ast.copy_location(ast.Constant(HOW[type(node.ops[0])]), node)
            return self.note(kind, node, node.left, node.comparators[0], how)
        return self.note(kind, node, node)

    def visit_If(self, node):
        place(node)
        node.test = self.test(node.test, "if")
        node.body = [self.visit(statement) for statement in node.body]
        node.orelse = [self.visit(statement) for statement in node.orelse]
        return node

    def visit_While(self, node):
        place(node)
        node.test = self.test(node.test, "while")
        node.body = [self.visit(statement) for statement in node.body]
        node.orelse = [self.visit(statement) for statement in node.orelse]
        return node

    def visit_IfExp(self, node):
        place(node)
        node.test = self.test(node.test, "choice")
        node.body = self.visit(node.body)
        node.orelse = self.visit(node.orelse)
        return node

    def visit_Assert(self, node):
        place(node)
        node.test = self.test(node.test, "assert")
        if node.msg is not None:
            node.msg = self.visit(node.msg)
        return node


def compile_source(way, source):
    """Marshalled: code and, for a file of a tree, its table of tests, marshalled in turn."""
    tree = ast.parse(source, "<tree>")
    rows = []
    if way == "T":
        rewriter = Rewriter()
        tree = rewriter.visit(tree)
        rows = rewriter.rows
    code = compile(tree, "<tree>", "exec", dont_inherit=True)
    return marshal.dumps((code, len(rows), marshal.dumps(rows)))
