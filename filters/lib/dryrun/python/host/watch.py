# SPDX-License-Identifier: Apache-2.0
"""What ran in each phase of a run: the lines of the tree, and how its tests went."""
import enum
import marshal
import sys

import _warpipe


class Test:
    """One test of a file and how it went in one phase: times true and false, and the operands
    of the last time of each. An operand of more than a few bytes is only known by its type."""

    def __init__(self, row, outcome):
        self.line, self.column, self.end_line, self.end_column, self.kind = row
        _, true, false, when_true, when_false = outcome
        self.times = {True: true, False: false}
        self.operands = {True: when_true, False: when_false}

    def values(self, truth):
        """The operands as text, of the last time that it went so."""
        return [shown(value) for value in self.operands[truth] if value is not ...]


def shown(value):
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    return value.__name__ if isinstance(value, type) else repr(value)


class Watch:
    """Of each phase, in order: lines[phase] is {file: set of lines}, tests[phase] is
    {file: {(line, column, end line, end column): Test}}. Files are as the records have them."""

    def __init__(self, run, tests):
        self.run, self.with_tests = run, tests
        self.lines, self.tests, self.phase = {}, {}, None
        self.watch = _warpipe.watch_lines(run.root + "/")

    def begin(self, phase):
        """Called before each phase, and after the last with None."""
        taken = _warpipe.take_lines(self.watch)
        if self.phase is not None:
            into = self.lines.setdefault(self.phase, {})
            for path, lines in taken.items():
                into.setdefault(self.run.display(path), set()).update(lines)
        if self.with_tests:
            self.take_tests()
        self.phase = phase

    def take_tests(self):
        for module in list(sys.modules.values()):
            tests = getattr(module, "__dict__", {}).get("__tests__")
            if type(tests) is not _warpipe.Tests:
                continue
            outcomes = tests.take()
            if self.phase is None or not outcomes:
                continue
            loader = module.__spec__.loader
            if isinstance(loader.rows, bytes):
                loader.rows = marshal.loads(loader.rows)
            into = self.tests.setdefault(self.phase, {}).setdefault(
                self.run.display(loader.path), {})
            for outcome in outcomes:
                row = loader.rows[outcome[0]]
                into[row[:4]] = Test(row, outcome)
