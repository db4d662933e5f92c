# SPDX-License-Identifier: Apache-2.0
"""Says which kernels a tree imports, from CPython's ast alone; tests hold kgrep-imports to it.

usage: imports.py SOURCES.txt TREE...   one line a kernel: SOURCE <tab> FILE or - <tab> KERNEL,
       sorted; with --records in front: SOURCE FILE LINE HOW KERNEL SCOPE, tab-separated
"""
import ast
import builtins
import collections
import os
import re
import sys
import warnings


def read_sources(path):
    rows = []
    for line in open(path, encoding="utf-8"):
        words = line.split("#")[0].split()
        how = None
        for word in words[1:]:
            if word in ("module", "ops", "decorator", "loader", "method"):
                how = word
            else:
                rows.append((words[0], how, word))
    return rows


def python_files(trees):
    for tree in trees:
        base = os.path.dirname(os.path.abspath(tree))
        checkout = os.path.join(tree, "python")
        for folder, folders, files in os.walk(checkout if os.path.isdir(checkout) else tree):
            folders[:] = sorted(d for d in folders if not d.startswith(".") and d != "__pycache__"
                                and not d.endswith((".dist-info", ".egg-info")))
            for name in sorted(files):
                if name.endswith(".py"):
                    path = os.path.join(os.path.abspath(folder), name)
                    yield path, os.path.relpath(path, base)


def own_module(path):
    """The dotted name of a file: up to the last folder that has an __init__.py."""
    folder, name = os.path.split(path)
    names = [] if name == "__init__.py" else [name[:-3]]
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder, name = os.path.split(folder)
        names.insert(0, name)
    return ".".join(names)


class Scope:
    def __init__(self, name, kind, parent):
        self.name, self.kind, self.parent = name, kind, parent
        self.modules = {}     # name -> dotted module
        self.symbols = {}     # name -> list of imported symbols
        self.others = set()   # names bound some other way
        self.globals = set()
        self.variables = set()  # of modules, those that are assigned

    def find(self, name):
        scope, first = self, True
        while scope:
            if first or scope.kind != "class":
                if name in scope.modules or name in scope.symbols or \
                        (name in scope.others and scope.parent):
                    return scope
            scope, first = scope.parent, False
        return None

    def qualified(self):
        names = []
        scope = self
        while scope.parent:
            names.append(scope.name)
            scope = scope.parent
        return ".".join(reversed(names)) or "<module>"


class Symbol:
    """One imported name or one attribute of an imported module."""

    def __init__(self, source, module, name, line, how, scope, base=None):
        self.alias = None
        self.source, self.module, self.name, self.line = source, module, name, line
        self.how, self.scope, self.base = how, scope, base


def dotted(node):
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return [node.id] + names[::-1]


class File:
    def __init__(self, world, path, shown):
        self.world, self.shown = world, shown
        with open(path, "rb") as f:
            self.tree = ast.parse(f.read().removeprefix(b"\xef\xbb\xbf"))
        self.module_scope = Scope("<module>", "module", None)
        self.scope_of = {}
        self.stars = []
        self.imported = {}
        self.by_name = collections.defaultdict(set)
        self.later = []  # chains of attributes: followed when all evidence is in
        self.own = own_module(path)

    # -- pass 1: scopes and what they bind ------------------------------------------------
    def bind(self, body, scope):
        for node in body:
            self.bind_node(node, scope)

    def bind_node(self, node, scope):
        self.scope_of[node] = scope
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            inner = Scope(getattr(node, "name", "<lambda>"), "function", scope)
            if isinstance(node, ast.Lambda):
                inner.name = None
            else:
                scope.others.add(node.name)
                for d in node.decorator_list:
                    self.bind_node(d, scope)
            a = node.args
            for p in a.posonlyargs + a.args + a.kwonlyargs + [x for x in (a.vararg, a.kwarg) if x]:
                inner.others.add(p.arg)
                if p.annotation:
                    self.bind_node(p.annotation, scope)
            for d in a.defaults + [x for x in a.kw_defaults if x]:
                self.bind_node(d, scope)
            if getattr(node, "returns", None):
                self.bind_node(node.returns, scope)
            body = node.body if isinstance(node.body, list) else [node.body]
            if inner.name is None:
                inner.name = "<lambda>"
            self.bind(body, inner)
            return
        if isinstance(node, ast.ClassDef):
            scope.others.add(node.name)
            for x in node.decorator_list + node.bases + node.keywords:
                self.bind_node(x, scope)
            self.bind(node.body, Scope(node.name, "class", scope))
            return
        if isinstance(node, ast.If):
            test = ast.unparse(node.test)
            self.bind_node(node.test, scope)
            if not re.fullmatch(r"(typing\.)?TYPE_CHECKING|t\.TYPE_CHECKING", test):
                self.bind(node.body, scope)
            if not re.fullmatch(r"not (typing\.|t\.)?TYPE_CHECKING", test):
                self.bind(node.orelse, scope)
            return
        if isinstance(node, ast.Global):
            scope.globals.update(node.names)
            return
        if isinstance(node, ast.Import):
            for a in node.names:
                self.world.note_module(a.name)
                name = a.asname or a.name.split(".")[0]
                target = self.module_scope if name in scope.globals else scope
                target.modules.setdefault(name, set()).add(
                    a.name if a.asname else a.name.split(".")[0])
            return
        if isinstance(node, ast.ImportFrom):
            if node.level or not node.module:
                for a in node.names:
                    target = self.module_scope if (a.asname or a.name) in scope.globals else scope
                    target.modules.setdefault(a.asname or a.name, set()).add(
                        "." * node.level + (node.module + "." if node.module else "") + a.name)
                return
            self.world.note_module(node.module)
            source = self.world.source_of(node.module, self.own)
            for a in node.names:
                name = a.asname or a.name
                target = self.module_scope if name in scope.globals else scope
                if a.name == "*":
                    if source:
                        self.stars.append((source, node.module, a.lineno, scope))
                    continue
                target.modules.setdefault(name, set()).add(node.module + "." + a.name)
                self.imported[name] = a.name
                if source:
                    symbol = Symbol(source, node.module, a.name, a.lineno, "from-import", scope)
                    symbol.file = self.shown
                    symbol.alias = a.asname
                    self.world.symbols.append(symbol)
                    target.symbols.setdefault(name, []).append(symbol)
            return
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            if node.id not in scope.globals:
                scope.others.add(node.id)
        if isinstance(node, ast.ExceptHandler) and node.name:
            scope.others.add(node.name)
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and \
                isinstance(node.targets[0], ast.Name):
            value = node.value
            if isinstance(value, ast.IfExp):
                module = self.module_value(value.body, scope) or \
                    self.module_value(value.orelse, scope)
            else:
                module = self.module_value(value, scope)
            if module:
                scope.modules.setdefault(node.targets[0].id, set()).update(module)
                if not isinstance(value, ast.Call):
                    scope.variables.add(node.targets[0].id)
        for child in ast.iter_child_nodes(node):
            self.bind_node(child, scope)

    def module_value(self, value, scope):
        """Modules that an expression denotes: x.y of a source, or import_module("x.y")."""
        if isinstance(value, ast.Call) and value.args and \
                isinstance(value.args[0], ast.Constant) and isinstance(value.args[0].value, str):
            names = dotted(value.func)
            if names and names[-1] == "import_module" and \
                    self.world.source_of(value.args[0].value, self.own):
                self.world.note_module(value.args[0].value)
                return {value.args[0].value}
        names = dotted(value)
        if not names:
            return set()
        found = scope.find(names[0])
        bases = found.modules.get(names[0], set()) if found else (
            {"torch"} if names[0] == "torch" else set())
        full = {".".join([b] + names[1:]) for b in bases}
        return {f for f in full if self.world.source_of(f, self.own) or
                f.startswith("torch.ops.") or self.world.is_decorator(f)}

    # -- pass 2: uses -----------------------------------------------------------------------
    def uses(self):
        self.visit(self.tree, None, "load", False)
        self.loaders()

    def attributes(self):
        for chain in self.later:
            self.members(*chain)
        self.objects()

    def objects(self):
        """Classes of a source whose objects run something: held under a name, then x.run()."""
        holds = collections.defaultdict(set)  # name -> classes, by last component
        for s in self.world.symbols:
            if s.file == self.shown and re.match(r"_*[A-Z]", s.name):
                holds[s.alias or s.name].add(("class", s.source, s.name))

        if not holds:
            return

        def held(expression, classes):
            """What the names in an expression stand for: objects, or classes where asked."""
            found = set()
            stack = [expression]
            while stack:
                n = stack.pop()
                if classes or not isinstance(n, ast.Call) or \
                        not any(h[0] != "object" for h in holds[last(n.func)]):
                    stack.extend(ast.iter_child_nodes(n))
                if classes and isinstance(n, (ast.Name, ast.Attribute)):
                    name = n.id if isinstance(n, ast.Name) else n.attr
                    found |= {("object",) + h[1:] for h in holds[name] if h[0] == "class"}
                if classes and isinstance(n, ast.Constant) and isinstance(n.value, str):
                    for name in re.findall(r"\w+", n.value):
                        found |= {("object",) + h[1:] for h in holds[name] if h[0] == "class"}
                if not classes and isinstance(n, ast.Call):
                    name = last(n.func)
                    found |= {("object",) + h[1:] for h in holds[name] if h[0] != "object"}
            if not classes and last(expression):
                found |= {h for h in holds[last(expression)] if h[0] == "object"}
            return found

        def last(n):
            while isinstance(n, ast.Subscript):
                n = n.value
            return n.attr if isinstance(n, ast.Attribute) else n.id if isinstance(n, ast.Name) \
                else None

        before = -1
        while before != sum(map(len, holds.values())):
            before = sum(map(len, holds.values()))
            for n in ast.walk(self.tree):
                pairs = []
                if isinstance(n, ast.Assign):
                    pairs = [(t, held(n.value, False)) for t in n.targets]
                elif isinstance(n, ast.AnnAssign):
                    pairs = [(n.target, held(n.annotation, True) |
                              (held(n.value, False) if n.value else set()))]
                elif isinstance(n, (ast.For, ast.comprehension)):
                    pairs = [(n.target, held(n.iter, False))]
                elif isinstance(n, ast.withitem) and n.optional_vars:
                    pairs = [(n.optional_vars, held(n.context_expr, False))]
                elif isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and \
                        n.func.attr in ("append", "add") and n.args:
                    pairs = [(n.func.value, held(n.args[0], False))]
                elif isinstance(n, ast.arg) and n.annotation:
                    holds[n.arg] |= held(n.annotation, True)
                elif isinstance(n, ast.ClassDef):
                    for b in n.bases:
                        holds[n.name] |= {h for h in holds[last(b)] if h[0] == "class"}
                elif isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    made = held(n.returns, True) if n.returns else set()
                    for r in ast.walk(n):
                        if isinstance(r, ast.Return) and r.value:
                            made |= held(r.value, False)
                    holds[n.name] |= {("maker",) + h[1:] for h in made}
                for target, what in pairs:
                    if what and last(target):
                        holds[last(target)] |= what
        for n in ast.walk(self.tree):
            if not isinstance(n, ast.Call):
                continue
            if isinstance(n.func, ast.Attribute) and \
                    set(n.func.attr.split("_")) & self.world.methods:
                for h in held(n.func.value, False):
                    self.world.evidence(h[1], h[2], "run")
            elif last(n.func):
                for h in holds[last(n.func)]:
                    if h[0] == "object":
                        self.world.evidence(h[1], h[2], "run")

    def loaders(self):
        """Functions that call into a module of kernels which a loader made."""
        loaders = {name: source for source, how, name in self.world.rows if how == "loader"}
        functions = [n for n in ast.walk(self.tree)
                     if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
        makers = dict(loaders)

        def made(value):
            if isinstance(value, ast.Call):
                names = dotted(value.func)
                if names:
                    return makers.get(self.imported.get(names[-1], names[-1])) or \
                        makers.get(names[-1])
            return None

        def own(function):
            stack = list(function.body)
            while stack:
                n = stack.pop()
                yield n
                if not isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    stack.extend(ast.iter_child_nodes(n))

        grown = True
        while grown:
            grown = False
            for f in functions:
                if f.name in makers:
                    continue
                names = {t.id: made(n.value) for n in own(f) if isinstance(n, ast.Assign)
                         for t in n.targets if isinstance(t, ast.Name) and made(n.value)}
                for n in own(f):
                    if isinstance(n, ast.Return) and n.value is not None:
                        source = made(n.value) or (
                            names.get(n.value.id) if isinstance(n.value, ast.Name) else None)
                        if source:
                            makers[f.name] = source
                            grown = True
        attributes = {}
        for n in ast.walk(self.tree):
            if isinstance(n, ast.Assign) and made(n.value):
                for t in n.targets:
                    if isinstance(t, ast.Attribute) or (
                            isinstance(t, ast.Name) and n in self.tree.body):
                        attributes[t.attr if isinstance(t, ast.Attribute) else t.id] = \
                            made(n.value)
        for f in functions:
            names = dict(attributes)
            for n in own(f):
                if isinstance(n, ast.Assign) and made(n.value):
                    names.update({t.id: made(n.value) for t in n.targets
                                  if isinstance(t, ast.Name)})
            for n in own(f):
                if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute):
                    value = n.func.value
                    name = dotted(value)
                    source = made(value) or (names.get(name[-1]) if name else None)
                    if source:
                        self.world.definitions.append(
                            (source, self.shown, f.lineno,
                             next(n for n, s in loaders.items() if s == source), f.name,
                             self.scope_of[f].qualified()))
                        break

    def visit(self, node, parent, use, annotation):
        if node not in self.scope_of and not isinstance(node, (ast.Module, ast.expr_context)):
            if isinstance(node, (ast.Import, ast.ImportFrom, ast.stmt, ast.expr)) and \
                    not isinstance(node, ast.arg):
                return  # under TYPE_CHECKING
        if isinstance(node, (ast.Name, ast.Attribute)):
            if self.chain(node, use, annotation):
                return
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.world.definition(self, node)
        if isinstance(node, ast.Assign):
            self.world.application(self, node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and \
                node.func.id == "getattr" and len(node.args) > 1 and dotted(node.args[0]) and \
                isinstance(node.args[1], ast.Constant) and isinstance(node.args[1].value, str):
            names = dotted(node.args[0]) + [node.args[1].value]
            scope = self.scope_of[node]
            found = scope.find(names[0])
            modules = found.modules.get(names[0], ()) if found else \
                ["torch"] if names[0] == "torch" else []
            for module in sorted(modules):
                symbols = found.symbols.get(names[0], []) if found else []
                self.later.append((module, names[1:], node, use, annotation, scope,
                                   symbols[0] if symbols else None))
            if modules:
                for child in node.args[2:]:
                    self.visit(child, node, "argument", annotation)
                return
        for field, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if not isinstance(child, ast.AST):
                    continue
                how = "value"
                if isinstance(node, ast.Call) and field == "func":
                    how = "call"
                elif isinstance(node, ast.Subscript) and field == "value":
                    how = "call" if use == "call" else "value"
                elif isinstance(node, ast.Attribute):
                    how = "base"
                elif isinstance(node, ast.Compare) and any(
                        isinstance(o, (ast.Is, ast.IsNot)) for o in node.ops):
                    how = "test"
                elif isinstance(node, (ast.ClassDef,)) and field == "bases":
                    how = "subclass"
                elif isinstance(node, ast.Expr):
                    how = "test"
                elif isinstance(node, (ast.Call, ast.keyword, ast.Compare)) or \
                        (isinstance(node, ast.Subscript) and field == "slice"):
                    how = "argument"
                elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and \
                        field == "decorator_list":
                    how = "test"
                elif isinstance(node, ast.arguments):
                    how = "argument"
                elif isinstance(node, ast.If) and field == "test":
                    how = "test"
                self.visit(child, node, how,
                           annotation or field in ("annotation", "returns"))

    def chain(self, node, use, annotation):
        names = dotted(node)
        if not names or not isinstance(getattr(node, "ctx", None), ast.Load):
            return False
        base = node
        while isinstance(base, ast.Attribute):
            base = base.value
        scope = self.scope_of.get(base) or self.scope_of.get(node)
        if scope is None:
            return False
        found = scope.find(names[0])
        done = False
        if found is None:
            self.by_name[names[0]].add(use if len(names) == 1 else "base")
            if names[0] == "torch":
                self.later.append(("torch", names[1:], node, use, annotation, scope, None))
            elif self.stars and len(names) == 1 and use == "call" and \
                    not hasattr(builtins, names[0]) and \
                    names[0] not in self.module_scope.others:
                self.world.star(self, names[0])
            return True
        if not self.is_imported(found, names[0]):
            self.by_name[names[0]].add(use if len(names) == 1 else "base")
        for symbol in found.symbols.get(names[0], []):
            done = True
            if annotation:
                continue
            self.world.evidence(symbol.source, symbol.name,
                                use if len(names) == 1 else "base")
        for module in sorted(found.modules.get(names[0], set())):
            base_symbols = found.symbols.get(names[0], [])
            self.later.append((module, names[1:], node, use, annotation, scope,
                               base_symbols[0] if base_symbols else None,
                               names[0] in found.variables))
            done = True
        return done

    def is_imported(self, scope, name):
        return name in scope.symbols or any(
            self.world.source_of(m, self.own) or m.startswith("torch")
            for m in scope.modules.get(name, ()))

    def members(self, module, names, node, use, annotation, scope, base, variable=False):
        world = self.world
        if not names:
            front, _, last = module.rpartition(".")
            source = world.is_ops(front) or world.source_of(module, self.own)
            if variable and source and module not in world.modules and not annotation:
                world.evidence(source, last, use)
            return
        for i, name in enumerate(names):
            full = module + "." + name
            if full in world.modules or full == "torch.ops" or world.is_ops(full):
                module = full
                continue
            ops = world.is_ops(module)
            source = ops or world.source_of(module, self.own)
            if not source or name.startswith("__") or annotation:
                return
            last = i + 1 == len(names)
            if base is not None and i == 0 and module not in world.modules:
                if re.match(r"_*[A-Z]", base.name) or \
                        "call" in world.seen[source, base.name] or \
                        not world.is_package(module.rpartition(".")[0]):
                    return
            if not ops and not last and not re.match(r"_*[A-Z]", name):
                module = full
                continue
            # npu_attention.out(...) is a form of the operator npu_attention.
            if not ops and last and i > 0 and name in ("out", "default") and module not in world.modules:
                module, _, name = module.rpartition(".")
            symbol = Symbol(source, module, name, node_line(node, i, names),
                            "torch.ops" if ops else "attribute", scope)
            symbol.file = self.shown
            world.symbols.append(symbol)
            world.evidence(source, name, "call" if ops else use if last else "base")
            if not ops and use == "call" and last:
                world.called_members.add(module)
            return


def node_line(node, index, names):
    if isinstance(node, ast.Call):
        return node.args[1].lineno
    back = len(names) - 1 - index
    for _ in range(back):
        node = node.value
    return node.end_lineno


class World:
    def __init__(self, rows):
        self.rows = rows
        self.modules = set()
        self.symbols = []
        self.seen = collections.defaultdict(set)
        self.called_members = set()
        self.definitions = []
        self.methods = {name for source, how, name in rows if how == "method"}
        self.by_name = collections.defaultdict(set)

    def note_module(self, name):
        if self.source_of(name, ""):
            parts = name.split(".")
            for n in range(1, len(parts) + 1):
                self.modules.add(".".join(parts[:n]))

    def source_of(self, module, own):
        for source, how, name in self.rows:
            if how == "module" and (module == name or module.startswith(name + ".")):
                return None if (own + ".").startswith(name + ".") else source
        return None

    def is_decorator(self, dotted_name):
        return any(how == "decorator" and (dotted_name == name or dotted_name.endswith("." + name))
                   for source, how, name in self.rows)

    def is_package(self, module):
        return any(how == "module" and module == name for source, how, name in self.rows) or \
            any(m.startswith(module + ".") for m in self.modules)

    def is_ops(self, module):
        if module.startswith("torch.ops."):
            for source, how, name in self.rows:
                if how == "ops" and module == "torch.ops." + name:
                    return source
        return None

    def evidence(self, source, name, use):
        self.seen[source, name].add(use)

    def star(self, file, name):
        source, module, line, scope = file.stars[-1]
        symbol = Symbol(source, module, name, line, "star", scope)
        symbol.file = file.shown
        self.symbols.append(symbol)
        self.evidence(source, name, "call")

    def decorator(self, file, target, scope):
        names = dotted(target)
        if not names:
            return None
        found = scope.find(names[0])
        bases = found.modules.get(names[0], {names[0]}) if found else {names[0]}
        for base in bases:
            full = ".".join([base] + names[1:])
            for source, how, name in self.rows:
                if how == "decorator" and (full == name or full.endswith("." + name)):
                    return source, name
        return None

    def definition(self, file, node):
        for d in node.decorator_list:
            while isinstance(d, ast.Call):
                names = dotted(d.func)
                partial = names and names[-1] == "partial" and d.args
                d = d.args[0] if partial else d.func
            row = self.decorator(file, d, file.scope_of[node])
            if row:
                self.definitions.append((row[0], file.shown, node.lineno, row[1], node.name,
                                         file.scope_of[node].qualified()))
                return

    def application(self, file, node):
        """kernel = triton.jit(function), triton.jit(...)(function)"""
        call, target = node.value, node.targets[0]
        if not (isinstance(call, ast.Call) and isinstance(target, ast.Name) and
                len(call.args) == 1 and not call.keywords and isinstance(call.args[0], ast.Name)):
            return
        function = call.func
        while isinstance(function, ast.Call):
            function = function.func
        row = self.decorator(file, function, file.scope_of[node])
        if row:
            self.definitions.append((row[0], file.shown, call.lineno, row[1], call.args[0].id,
                                     file.scope_of[node].qualified()))

    def is_kernel(self, symbol):
        seen = self.seen[symbol.source, symbol.name]
        name = symbol.name
        full = symbol.module + "." + name
        if name.startswith("__") or name.upper() == name:
            return False
        if re.match(r"_*[A-Z]", name):
            return "run" in seen
        if "call" not in seen:
            seen = seen | self.by_name[name]
        if "call" in seen:
            return True
        if full in self.modules or full in self.called_members or "base" in seen:
            return False
        if re.match(r"b?(float|u?int)\d", name):
            return False
        return symbol.how != "attribute" or "value" in seen


def main():
    arguments = sys.argv[1:]
    records = arguments[0] == "--records"
    if records:
        arguments = arguments[1:]
    warnings.simplefilter("ignore")
    world = World(read_sources(arguments[0]))
    files = []
    for path, shown in python_files(arguments[1:]):
        files.append(File(world, path, shown))
    for file in files:
        file.bind(file.tree.body, file.module_scope)
    for file in files:
        file.uses()
    for file in files:
        file.attributes()
    matter = {s.file for s in world.symbols} | {d[1] for d in world.definitions}
    for file in files:
        if file.shown in matter:
            for name, seen in file.by_name.items():
                world.by_name[name] |= seen & {"call", "base"}
    out = set()
    for s in world.symbols:
        if world.is_kernel(s):
            out.add((s.source, s.file, s.line, s.how, s.name, s.scope.qualified()) if records
                    else (s.source, "-", s.name))
    for d in world.definitions:
        out.add(d if records else (d[0], d[1], d[4] if d[5] == "<module>" else d[5] + "." + d[4]))
    for row in sorted(out):
        print("\t".join(map(str, row)))


if __name__ == "__main__":
    main()
