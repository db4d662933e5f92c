# SPDX-License-Identifier: Apache-2.0
"""Direct call sites of kernels, established over CPython's ast.

usage: callsites.py ROOT < IMPORTS > SITES

Reads the import records of kgrep-imports for the names of the kernels, and each .py file
below ROOT. Prints a line a site: source, kernel, file, line, call or device-call. Written
apart from kcallers: names are resolved on demand, by recursion over scopes, instead of by
letting values flow forward.
"""
import ast
import json
import os
import sys
import warnings

USES = {"from-import", "import", "attribute", "torch.ops", "star", "dynamic", "hasattr"}
LAUNCHED = {"triton"}


class Scope:
    def __init__(self, kind, outer, module, cls=None):
        self.kind, self.outer, self.module, self.cls = kind, outer, module, cls
        self.names, self.globals, self.nonlocals = {}, set(), set()
        self.fields = {}

    def bind(self, name, what):
        scope = self
        while scope.kind == "comprehension" and what[0] != "loop":
            scope = scope.outer
        if name in scope.globals:
            while scope.outer:
                scope = scope.outer
        elif name in scope.nonlocals:
            scope = scope.outer
            while scope.kind == "class" or name not in scope.names and scope.outer.outer:
                scope = scope.outer
        scope.names.setdefault(name, []).append(what)


class Tree:
    def __init__(self, root, kernels):
        self.kernels, self.modules, self.calls = kernels, {}, []
        self.packages = {package for package, _ in kernels["use"]}
        self.tops = set()
        top = os.path.abspath(root)
        base = os.path.join(top, "python")
        base = base if os.path.isdir(base) else top
        for folder, _, files in os.walk(base):
            for file in sorted(files):
                if file.endswith(".py"):
                    path = os.path.join(folder, file)
                    dotted = os.path.relpath(path, base)[:-3].split(os.sep)
                    package = dotted[-1] == "__init__"
                    name = ".".join(dotted[:-1] if package else dotted)
                    self.add(path, os.path.relpath(path, os.path.dirname(top)), name, package)

    def add(self, path, shown, name, package):
        with open(path, "rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(stream.read())
        scope = Scope("module", None, self)
        scope.name, scope.package, scope.file, scope.stars = name, package, shown, []
        self.modules[name] = scope
        self.tops.add(name.split(".")[0])
        self.visit_all(tree.body, scope, "")

    # --- bindings ---

    def visit_all(self, nodes, scope, path):
        for node in nodes:
            self.declare(node, scope)
        for node in nodes:
            self.visit(node, scope, path)

    def declare(self, node, scope):
        """global and nonlocal hold for the whole function, wherever they stand."""
        if isinstance(node, ast.Global):
            scope.globals.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            scope.nonlocals.update(node.names)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for child in ast.iter_child_nodes(node):
                self.declare(child, scope)

    def visit(self, node, scope, path):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.visit_function(node, scope, path)
            return
        if isinstance(node, ast.ClassDef):
            inner = Scope("class", scope, scope.module)
            inner.cls = inner
            inner.file = self.file_of(scope)
            scope.bind(node.name, ("class", inner))
            for part in node.decorator_list + node.bases + node.keywords:
                self.visit(part, scope, path)
            self.visit_all(node.body, inner, path + node.name + ".")
            return
        if isinstance(node, ast.Lambda):
            inner = Scope("function", scope, scope.module, scope.cls)
            for argument in ast.walk(node.args):
                if isinstance(argument, ast.arg):
                    inner.bind(argument.arg, ("argument",))
            self.visit(node.body, inner, path)
            return
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            scope = Scope("comprehension", scope, scope.module, scope.cls)
        self.bind(node, scope)
        if isinstance(node, ast.Call):
            self.calls.append((node, scope, path))
        for child in ast.iter_child_nodes(node):
            self.visit(child, scope, path)

    def visit_function(self, node, scope, path):
        qualified = path + node.name
        scope.bind(node.name, ("function", self.file_of(scope), qualified))
        for part in node.decorator_list + node.args.defaults + node.args.kw_defaults:
            if part is not None:
                self.visit(part, scope, path)
        cls = scope if scope.kind == "class" else scope.cls
        inner = Scope("function", scope, scope.module, cls)
        inner.own = scope.own if scope.kind == "function" and hasattr(scope, "own") else None
        arguments = node.args.posonlyargs + node.args.args
        static = any(isinstance(d, ast.Name) and d.id == "staticmethod"
                     for d in node.decorator_list)
        if scope.kind == "class" and arguments and not static:
            inner.own = arguments[0].arg
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                inner.bind(argument.arg, ("argument",))
        self.visit_all(node.body, inner, qualified + ".")

    def file_of(self, scope):
        while scope.outer:
            scope = scope.outer
        return scope.file

    def bind(self, node, scope):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                scope.bind(name, ("module", alias.name if alias.asname else name))
        elif isinstance(node, ast.ImportFrom):
            self.bind_from(node, scope)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self.bind_target(target, node.value, scope)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            self.bind_target(node.target, node.value, scope)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self.bind_target(node.target, None, scope)
        elif isinstance(node, ast.comprehension):
            for name in ast.walk(node.target):
                if isinstance(name, ast.Name):
                    scope.names.setdefault(name.id, []).append(("loop",))
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self.bind_target(node.optional_vars, None, scope)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            scope.bind(node.name, ("other",))

    def bind_from(self, node, scope):
        module = scope
        while module.outer:
            module = module.outer
        base = node.module
        if node.level:
            parts = module.name.split(".")
            parts = parts if module.package else parts[:-1]
            parts = parts[:len(parts) - node.level + 1]
            base = ".".join(parts + ([node.module] if node.module else []))
        for alias in node.names:
            if alias.name == "*":
                module.stars.append(base)
            else:
                scope.bind(alias.asname or alias.name, ("from", base, alias.name))

    def bind_target(self, target, value, scope):
        if isinstance(target, ast.Name):
            scope.bind(target.id, ("value", value, scope) if value is not None else ("other",))
        elif isinstance(target, (ast.Tuple, ast.List)):
            values = value.elts if isinstance(value, ast.Tuple) and \
                len(value.elts) == len(target.elts) else [None] * len(target.elts)
            for part, each in zip(target.elts, values):
                self.bind_target(part, each, scope)
        elif isinstance(target, ast.Starred):
            self.bind_target(target.value, None, scope)
        elif self.is_own(target, scope) and value is not None:
            scope.cls.fields.setdefault(target.attr, []).append((value, scope))

    def is_own(self, node, scope):
        while scope.kind == "comprehension":
            scope = scope.outer
        return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and \
            scope.cls is not None and getattr(scope, "own", None) == node.value.id

    # --- values: ("outside", dotted), ("module", name), ("function", file, path), ("class", scope)

    def lookup(self, name, scope):
        first = True
        while scope:
            if (scope.kind != "class" or first) and name in scope.names and \
                    name not in scope.globals and name not in scope.nonlocals:
                return {v for b in scope.names[name] for v in self.binding(b)}
            if name in scope.globals:
                while scope.outer:
                    scope = scope.outer
                return {v for b in scope.names.get(name, []) for v in self.binding(b)}
            first = first and scope.kind == "comprehension"
            if not scope.outer:
                return self.starred(scope, name)
            scope = scope.outer
        return set()

    def starred(self, module, name):
        found = set()
        for star in module.stars:
            if star in self.modules and self.inside(star):
                found |= self.member(star, name)
            elif (star.split(".")[0], name) in self.kernels["use"]:
                found.add(("outside", star + "." + name))
        return found

    def inside(self, module):
        top = module.split(".")[0]
        return top in self.tops and top not in self.packages

    def member(self, module, name):
        if not self.inside(module):
            return {("outside", module + "." + name)}
        scope = self.modules.get(module)
        if scope is not None:
            if name in scope.names:
                return {v for b in scope.names[name] for v in self.binding(b)}
            found = self.starred(scope, name)
            if found:
                return found
        return {("module", module + "." + name)} if module + "." + name in self.modules else set()

    def binding(self, what):
        """Once a round for each binding; a circle sees what the round before found."""
        return self.once(id(what), lambda: self.bound(what))

    def once(self, key, find):
        if key not in self.done:
            self.done.add(key)
            found = find()
            if found != self.known.get(key, set()):
                self.known[key] = found
                self.changed = True
        return self.known.get(key, set())

    def bound(self, what):
        if what[0] == "module":
            return {("module" if self.inside(what[1]) else "outside", what[1])}
        if what[0] == "from":
            return self.member(what[1], what[2])
        if what[0] == "value":
            return self.evaluate(what[1], what[2])
        return {what} if what[0] in ("function", "class") else set()

    def evaluate(self, node, scope):
        if isinstance(node, ast.Name):
            return self.lookup(node.id, scope)
        if isinstance(node, ast.IfExp):
            return self.evaluate(node.body, scope) | self.evaluate(node.orelse, scope)
        if isinstance(node, ast.BoolOp):
            return {v for part in node.values for v in self.evaluate(part, scope)}
        if isinstance(node, ast.NamedExpr):
            return self.evaluate(node.value, scope)
        if isinstance(node, ast.Call):
            callee = self.evaluate(node.func, scope)
            if ("outside", "torch.library.wrap_triton") in callee and node.args:
                return self.evaluate(node.args[0], scope)
            if isinstance(node.func, ast.Name) and node.func.id == "getattr" and \
                    len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                found = self.attribute(node.args[0], node.args[1].value, scope)
                return found | (self.evaluate(node.args[2], scope)
                                if len(node.args) > 2 else set())
            return set()
        if isinstance(node, ast.Attribute):
            found = self.attribute(node.value, node.attr, scope)
            if self.is_own(node, scope):
                for value, where in scope_fields(scope, node.attr):
                    found = found | self.once(
                        id(value), lambda v=value, w=where: self.evaluate(v, w))
            return found
        if isinstance(node, ast.Subscript):
            return {v for v in self.evaluate(node.value, scope) if v[0] == "function"}
        return set()

    def attribute(self, value, name, scope):
        found = set()
        for base in self.evaluate(value, scope):
            if base[0] == "outside":
                found.add(("outside", base[1] + "." + name))
            elif base[0] == "module":
                found |= self.member(base[1], name)
            elif base[0] == "class":
                for what in base[1].names.get(name, []):
                    found |= self.binding(what)
        return found

    def sites(self):
        self.known, self.changed = {}, True
        while self.changed:
            self.changed, self.done = False, set()
            found = list(self.find_sites())
        return found

    def find_sites(self):
        for node, scope, path in self.calls:
            function = node.func
            launch = isinstance(function, ast.Subscript)
            own = self.is_own(function.value if launch else function, scope)
            values = self.evaluate(function.value if launch else function, scope)
            # A kernel that several names lead to is called once.
            for source, kernel in {self.kernel(value) for value in values}:
                if kernel is not None:
                    device = source in LAUNCHED and not launch and not own
                    yield (source, kernel, self.file_of(scope), node.lineno,
                           "device-call" if device else "call")

    def kernel(self, value):
        if value[0] == "function":
            return self.kernels["definition"].get(value[1:], (None, None))
        if value[0] != "outside":
            return None, None
        parts = value[1].split(".")
        if parts[:2] == ["torch", "ops"]:
            key = tuple(parts[2:4])
        else:
            key = (parts[0], parts[-1])
        return self.kernels["use"].get(key, (None, None))


def scope_fields(scope, name):
    return scope.cls.fields.get(name, []) if scope.cls is not None else []


def read_kernels(stream):
    uses, definitions, sources = {}, {}, {}
    for line in stream:
        record = json.loads(line)
        if record["kind"] != "import":
            continue
        name, source, module = record["kernel"], record["source"], record.get("module") or ""
        if record.get("function") is None and record["how"] in USES:
            top = module.split(".")[2] if module.startswith("torch.ops.") else module.split(".")[0]
            sources.setdefault(source, set()).add(top)
            uses[source, name] = (source, name)
        else:
            definitions[record["file"], record["function"]] = (source, name)
    # Every package of a source may have each of its kernels.
    table = {(top, name): kernel for (source, name), kernel in uses.items()
             for top in sources[source]}
    return {"use": table, "definition": definitions}


def main():
    kernels = read_kernels(sys.stdin)
    sys.setrecursionlimit(10000)
    for site in sorted(Tree(sys.argv[1], kernels).sites(), key=lambda s: (s[2], s[3], s)):
        print("\t".join(map(str, site)))


main()
