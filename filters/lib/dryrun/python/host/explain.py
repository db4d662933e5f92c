# SPDX-License-Identifier: Apache-2.0
"""Why a line of the tree ran, or did not, from what was noted while it ran: the lines, and how
the tests went. Nothing is decided here that was not seen: where no test decided, that is said.
"""
import ast
import os
import re
import sys

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
TARGETS = re.compile(r"([^=#\"'()\[\]]+?)(?::[^=]+)?=(?!=)")
ATTRIBUTE = re.compile(r"(\w+)\.(\w+)\s*(?=,|$|:)")
DEEPEST, MOST_SITES, MOST_ORIGINS, MOST_SHOWN, MOST_FRAMES, MOST_ROWS = 4, 12, 3, 6, 6, 40


class File:
    """The source of one file of the tree."""

    def __init__(self, path, name):
        self.name = name
        with open(path, encoding="utf-8", errors="replace") as file:
            self.text = file.read()
        self.lines = self.text.split("\n")
        self._tree = None

    @property
    def tree(self):
        if self._tree is None:
            self._tree = ast.parse(self.text)
        return self._tree

    def line(self, number):
        return self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""

    def piece(self, node):
        """The text of a node on one line; columns count bytes."""
        lines = [line.encode() for line in self.lines[node.lineno - 1:node.end_lineno]]
        lines[-1] = lines[-1][:node.end_col_offset]
        lines[0] = lines[0][node.col_offset:]
        return " ".join(b" ".join(lines).decode("utf-8", "replace").split())[:160]


def holds(node, line):
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    return first <= line <= node.end_lineno


def above(file, line):
    """The function that holds a line, or None, and the tests that it stands under within it,
    outermost first: [(test, whether it must be true)]."""
    function, conditions, block = None, [], file.tree.body
    while block is not None:
        inside = None
        for statement in block:
            if holds(statement, line):
                inside = statement
                break
            if statement.lineno > line:
                break
            if isinstance(statement, ast.If) and isinstance(statement.body[-1], LEAVES) and \
                    not statement.orelse:
                conditions.append((statement.test, False))
            elif isinstance(statement, ast.Assert):
                conditions.append((statement.test, True))
        if inside is None:
            break
        if isinstance(inside, FUNCTIONS):
            if line < inside.body[0].lineno:
                break
            function, conditions = inside, []
        block = next_block(inside, line, conditions)
    return function, conditions


def next_block(statement, line, conditions):
    for name in ("body", "orelse", "finalbody"):
        block = getattr(statement, name, None)
        if isinstance(block, list) and block and block[0].lineno <= line <= block[-1].end_lineno:
            if isinstance(statement, (ast.If, ast.While)):
                conditions.append((statement.test, name == "body"))
            return block
    for handler in getattr(statement, "handlers", ()):
        if holds(handler, line):
            return handler.body
    for case in getattr(statement, "cases", ()):
        if case.body[0].lineno <= line <= case.body[-1].end_lineno:
            return case.body
    within_expression(statement, line, conditions)
    return None


def within_expression(statement, line, conditions):
    """Choices and operands of `and` and `or` that stand on lines of their own."""
    for node in ast.walk(statement):
        if isinstance(node, ast.IfExp):
            for part, truth in ((node.body, True), (node.orelse, False)):
                if holds(part, line) and not holds(node.test, line):
                    conditions.append((node.test, truth))
        elif isinstance(node, ast.BoolOp):
            for i, value in enumerate(node.values):
                if i and holds(value, line) and not holds(node.values[0], line):
                    conditions.extend((earlier, isinstance(node.op, ast.And))
                                      for earlier in node.values[:i])
                    break


class Explainer:
    def __init__(self, run, watch):
        self.run, self.watch, self.files, self._index = run, watch, {}, None
        self.loaded = sorted({file for files in watch.lines.values() for file in files})

    def first(self, rows, most):
        """As many as are told; what is left out is counted."""
        if len(rows) > most:
            self.run.leave_out("explanations", len(rows) - most)
        return rows[:most]

    def file(self, name):
        if name not in self.files:
            path = os.path.join(os.path.dirname(self.run.root), name)
            try:
                self.files[name] = File(path, name)
            except OSError:
                self.files[name] = None
        return self.files[name]

    def ran(self, phase, name):
        return self.watch.lines.get(phase, {}).get(name, ())

    # ------------------------------------------------------------ tests
    def judge(self, file, node, want, phase):
        """Whether a test was ever `want`, and the rows that say so or why not. None: it was
        not asked."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.judge(file, node.operand, not want, phase)
        if isinstance(node, ast.Constant):
            return bool(node.value) == want, [self.row(file, node.lineno, file.piece(node))]
        if isinstance(node, ast.BoolOp):
            found = [self.judge(file, value, want, phase) for value in node.values]
            if isinstance(node.op, ast.And) == want:  # all of them must be as wanted
                for verdict, rows in found:
                    if verdict is not True:
                        return verdict, rows
                return True, [row for _, rows in found for row in rows]
            for verdict, rows in found:
                if verdict:
                    return True, rows
            asked = [rows for verdict, rows in found if verdict is False]
            return (False, [row for rows in asked for row in rows]) if asked else (None, [])
        test = self.watch.tests.get(phase, {}).get(file.name, {}).get(
            (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset))
        if test is None:
            return None, []
        went = test.times[want] > 0
        truth = want if went else not want
        return went, [self.row(file, test.line, self.says(file, node, test, truth), node)]

    def says(self, file, node, test, truth):
        text = f"{file.piece(node)} is {'true' if truth else 'false'}"
        values = test.values(truth)
        if isinstance(node, ast.Compare) and len(values) == 2:
            return f"{text}: {values[0]} against {values[1]}"
        if values and values[0] not in ("True", "False"):
            return f"{text}: {values[0]}"
        return text

    def row(self, file, line, text, node=None):
        return {"file": file.name, "line": line, "text": text, "node": node}

    def told(self, rows):
        return [{key: row[key] for key in ("file", "line", "text")} for row in rows]

    # ------------------------------------------------------------ lines
    def entered(self, file, function, phase):
        ran = self.ran(phase, file.name)
        return any(function.body[0].lineno <= line <= function.end_lineno for line in ran)

    def why(self, file, line, phase):
        """The tests that a line which ran stands under, with their values."""
        function, conditions = above(file, line)
        rows = []
        for test, want in conditions:
            verdict, found = self.judge(file, test, want, phase)
            if verdict:
                rows.extend(found)
        return rows

    def why_not(self, file, line, phase, depth=0, seen=None):
        """(how sure, rows): 2 where a test decided, 1 where a caller's did, 0 where none."""
        seen = set() if seen is None else seen
        if file is None or file.name not in self.loaded:
            name = file.name if file else None
            return 1, [{"file": name, "line": line, "text": "this file is not imported"}]
        function, conditions = above(file, line)
        if function is not None and not self.entered(file, function, phase):
            return self.not_called(file, function, phase, depth, seen)
        for test, want in conditions:
            verdict, rows = self.judge(file, test, want, phase)
            if verdict is False:
                return 2, rows + self.origins(file, rows, function, phase)
        return 0, [self.row(file, line, "no test above it decided; it may be that what stands "
                                        "before it ended the function")]

    def not_called(self, file, function, phase, depth, seen):
        here = [self.row(file, function.lineno, f"{function.name} is not called")]
        if depth >= DEEPEST or (file.name, function.lineno) in seen:
            return 0, here
        seen.add((file.name, function.lineno))
        best = 0, here
        for other, line in self.sites(function.name, file.name):
            if line in self.ran(phase, other.name):
                continue  # that call went to another function of this name
            sure, rows = self.why_not(other, line, phase, depth + 1, seen)
            site = self.row(other, line, f"would be called here: {other.line(line)[:160]}")
            if sure > best[0]:
                best = sure, here + [site] + rows
            if sure == 2:
                break
        return (min(best[0], 1), best[1]) if depth else best

    def sites(self, name, first):
        """Where something of this name is called in files that were loaded, the same file
        first."""
        pattern = re.compile(rf"(?<!def )(?<!class )\b{re.escape(name)}\s*[(\[]")
        found = []
        for other in sorted(self.loaded, key=lambda one: (one != first, one)):
            file = self.file(other)
            if file is None or name not in file.text:
                continue
            for number, line in enumerate(file.lines, 1):
                if pattern.search(line):
                    found.append((file, number))
                    if len(found) >= MOST_SITES:
                        self.run.leave_out("explanations")
                        return found
        return found

    # ------------------------------------------------------------ where values come from
    def origins(self, file, rows, function, phase):
        """Lines that ran and gave the names of a deciding test their values."""
        found = []
        for row in rows:
            node = row.get("node")
            for part in ast.walk(node) if node is not None else ():
                if isinstance(part, ast.Attribute):
                    found += self.assigned(part.attr, phase)
                elif isinstance(part, ast.Name):
                    found += self.assigned_in(file, function, part.id, phase)
        unique = {(row["file"], row["line"]): row for row in found}
        return self.first(list(unique.values()), 2 * MOST_ORIGINS)

    def index(self):
        """attribute -> [(file, line, what it is an attribute of)] of the lines that set one."""
        if self._index is None:
            self._index = {}
            for name in self.loaded:
                file = self.file(name)
                ran = set().union(*(self.ran(phase, name) for phase in self.watch.lines))
                for number in sorted(ran) if file else ():
                    target = TARGETS.match(file.lines[number - 1]) \
                        if number <= len(file.lines) else None
                    for owner, attribute in ATTRIBUTE.findall(target[1]) if target else ():
                        self._index.setdefault(attribute, []).append((file, number, owner))
        return self._index

    def assigned(self, attribute, phase="build", own=None, alias=None):
        """Lines that ran, in the phase or before it, and set an attribute of this name: of any
        object, or of self in the files `own` and of an object called `alias` elsewhere."""
        rows = []
        for file, number, owner in self.index().get(attribute, ()):
            if own is not None and (owner != "self" or file.name not in own) and owner != alias:
                continue
            if number in self.ran("build", file.name) or number in self.ran(phase, file.name):
                rows.append(self.row(file, number, file.line(number)[:160]))
        return self.first(rows, MOST_ORIGINS)

    def assigned_in(self, file, function, name, phase):
        pattern = re.compile(rf"(?:^|[\s,(]){re.escape(name)}\s*(?::[^=]+)?=(?!=)")
        rows = self.matching(pattern, name, phase, [file.name])
        if function is not None:
            near = [row for row in rows
                    if function.lineno <= row["line"] <= function.end_lineno]
            rows = near or [row for row in rows if not file.lines[row["line"] - 1][:1].isspace()]
        return rows

    def matching(self, pattern, word, phase, names):
        rows = []
        for name in names:
            file = self.file(name)
            if file is None or word not in file.text:
                continue
            ran = set(self.ran(phase, name)) | set(self.ran("build", name))
            for number in sorted(ran):
                if number <= len(file.lines) and pattern.search(file.lines[number - 1]):
                    rows.append(self.row(file, number, file.line(number)[:160]))
                    if len(rows) >= MOST_ORIGINS:
                        self.run.leave_out("explanations")
                        return rows
        return rows

    # ------------------------------------------------------------ answers
    def phases(self):
        return [phase for phase in self.watch.lines if phase != "build"]

    def explain(self, what, launches):
        """Facts that answer FILE:LINE, or a kernel's name."""
        place = re.fullmatch(r"(.+\.py):(\d+)", what)
        if place:
            return self.explain_line(what, place[1], int(place[2]))
        return self.explain_kernel(what, launches)

    def explain_line(self, what, wanted, line):
        names = [name for name in self.all_files() if ("/" + name).endswith("/" + wanted)]
        if not names:
            return [self.fact(what, "no such file in the tree", [])]
        facts = []
        for name in names:
            file = self.file(name)
            for phase in [*self.phases(), "build"]:
                if line in self.ran(phase, name):
                    facts.append(self.fact(what, f"{phase}: runs", self.why(file, line, phase)))
                elif phase != "build":
                    facts.append(self.fact(what, f"{phase}: does not run",
                                           self.why_not(file, line, phase)[1]))
        return facts

    def explain_kernel(self, kernel, launches):
        facts = []
        for phase in self.phases():
            here = [one for one in launches if one["phase"] == phase]
            if not here:
                facts.append(self.kernel_absent(kernel, phase))
                continue
            sites = {}
            for one in here:
                if one["frames"]:
                    frame = one["frames"][0]
                    sites.setdefault((frame["file"], frame["line"]), []).append(one)
            for (name, line), ones in sites.items():
                file = self.file(name)
                rows = [self.row(file, line, file.line(line)[:160])] if file else []
                for frame in self.first(ones[0]["frames"], MOST_FRAMES):
                    inner = self.file(frame["file"])
                    if inner:
                        rows += self.why(inner, frame["line"], phase)
                layers = {one["layer"] for one in ones} - {None}
                value = f"{phase}: {len(ones)} launches" + \
                    (f" in {len(layers)} layers" if layers else "")
                facts.append(self.fact(kernel, value, rows))
        return facts

    def kernel_absent(self, kernel, phase):
        """Why none of the places that call it is reached, those that a test decided first."""
        found = []
        for file, line in self.sites(kernel.rpartition(".")[2], ""):
            if line not in self.ran(phase, file.name):
                sure, rows = self.why_not(file, line, phase)
                site = self.row(file, line, f"would be launched here: {file.line(line)[:160]}")
                found.append((-sure, len(found), [site] + rows))
        text = f"{phase}: does not run" if found else \
            f"{phase}: does not run; no file that was imported calls it"
        best = self.first(sorted(found, key=lambda one: one[:2]), MOST_SHOWN)
        return self.fact(kernel, text, [row for *_, rows in best for row in rows])

    def all_files(self):
        """Every Python file of the tree, as records name it."""
        for folder, folders, names in os.walk(self.run.root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if name.endswith(".py"):
                    yield self.run.display(os.path.join(folder, name))

    def fact(self, what, value, rows):
        return {"kind": "fact", "name": "explain." + what, "value": value,
                "because": self.first(self.told(rows), MOST_ROWS)}

    def because(self, attribute, holder, alias, within=None):
        """Why an attribute of an object has its value: the lines that set it, each with its
        tests; or those in the function `within` that name it."""
        own = {self.run.display(getattr(sys.modules.get(cls.__module__), "__file__", None) or "")
               for cls in type(holder).__mro__}
        found = self.named_within(attribute, within) if within is not None else \
            self.assigned(attribute, "build", own, alias)
        rows = []
        for row in found:
            rows += self.why(self.file(row["file"]), row["line"], "build") + [row]
        return self.told(rows)

    def named_within(self, attribute, function):
        """Lines that ran in a function of this name and give something of that name a value."""
        pattern = re.compile(rf"[\"']{re.escape(attribute)}[\"']\s*[:\]]|"
                             rf"\b{re.escape(attribute)}\s*=(?!=)")
        rows = []
        for name in self.loaded:
            file = self.file(name)
            if file is None or f"def {function}(" not in file.text:
                continue
            ran = set(self.ran("build", name))
            for node in ast.walk(file.tree):
                if isinstance(node, FUNCTIONS) and node.name == function:
                    rows += [self.row(file, line, file.line(line)[:160])
                             for line in range(node.body[0].lineno, node.end_lineno + 1)
                             if line in ran and pattern.search(file.lines[line - 1])]
        return self.first(rows[::-1], MOST_ORIGINS)[::-1]
