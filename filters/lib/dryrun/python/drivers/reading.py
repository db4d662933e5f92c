# SPDX-License-Identifier: Apache-2.0
"""Reads methods of the tree's classes without running them: which norms add a residual, which parameters are
multiplied with."""
import ast
import functools
import inspect

FILES, TREES = {}, {}
PRODUCTS = ("linear", "gemm", "matmul")


def lines_of(code):
    """First and last line of a function, with those that it holds."""
    last = max((n for _, _, n in code.co_lines() if n), default=code.co_firstlineno)
    return code.co_firstlineno, max([last] + [lines_of(c)[1] for c in code.co_consts if inspect.iscode(c)])


def tree_of(function):
    """The syntax of one function, or None where its text is not at hand. An expression that goes on after the last
    line that has code is taken to its end."""
    code = function.__code__
    if code in TREES:
        return TREES[code]
    if code.co_filename not in FILES:
        try:
            with open(code.co_filename, encoding="utf-8") as f:
                FILES[code.co_filename] = f.read().split("\n")
        except OSError:
            FILES[code.co_filename] = []
    text, (first, last) = FILES[code.co_filename], lines_of(code)
    tree = None
    for end in range(last, min(last + 12, len(text) + 1)):
        block = text[first - 1:end]
        cut = len(block[0]) - len(block[0].lstrip()) if block else 0
        try:
            tree = ast.parse("\n".join(line[cut:] for line in block))
            break
        except SyntaxError:
            continue
    TREES[code] = tree
    return tree


@functools.cache
def methods(cls):
    """Name and syntax of each method of a class and its bases, but for those that load weights."""
    found = []
    for base in cls.__mro__:
        if base.__module__.partition(".")[0] in ("torch", "builtins", "abc"):
            continue
        for name, f in list(vars(base).items()):
            f = inspect.unwrap(getattr(f, "__func__", f))
            if inspect.isfunction(f) and "load_weights" not in name:
                tree = tree_of(f)
                if tree is not None:
                    found.append((name, tree))
    return found


def trees(cls):
    return [tree for _, tree in methods(cls)]


def names(node):
    """Every name and attribute below a node."""
    for n in ast.walk(node):
        if isinstance(n, ast.Name):
            yield n.id
        elif isinstance(n, ast.Attribute):
            yield n.attr
        elif isinstance(n, ast.keyword) and n.arg:
            yield n.arg


def mentions(node, word):
    return any(word in name for name in names(node))


def handed(node, attribute):
    """Whether an argument is that attribute itself, perhaps inside of a list or a choice."""
    if isinstance(node, ast.Attribute) and node.attr == attribute:
        return True
    if isinstance(node, (ast.Call, ast.Attribute)):
        return False
    return any(handed(n, attribute) for n in ast.iter_child_nodes(node))


def norm_uses(trees, attribute):
    """(alone, with a residual): how calls of `attribute`, and calls that it is handed to, use it."""
    plain = fused = False
    for tree in trees:
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call):
                continue
            f = call.func
            if isinstance(f, ast.Attribute) and f.attr.startswith("forward") and isinstance(f.value, ast.Attribute):
                f = f.value
            if isinstance(f, ast.Attribute) and f.attr == attribute:
                rest = call.args[1:] + [k.value for k in call.keywords]
                if any(k.arg and "residual" in k.arg for k in call.keywords) or any(mentions(a, "residual") for a in rest):
                    fused = True
                elif call.args:
                    plain = True
            elif any(handed(a, attribute) for a in call.args + [k.value for k in call.keywords]):
                fused |= mentions(call, "residual")
                if mentions(call.func, "Communicator") or mentions(call.func, "append_stages"):
                    plain = fused = True
    return plain, fused


@functools.cache
def is_multiplied(cls, parameter):
    """Whether some method hands the parameter to a product."""
    for name, tree in methods(cls):
        if name == "__init__":
            continue
        for call in ast.walk(tree):
            if isinstance(call, ast.Call):
                called = getattr(call.func, "attr", getattr(call.func, "id", ""))
                if called == "mm" or any(p in called for p in PRODUCTS):
                    if any(mentions(a, parameter) for a in call.args + [k.value for k in call.keywords]):
                        return True
    return False


@functools.cache
def attends_to_all(cls):
    """Whether methods hand queries, keys and values to torch's attention, and none says that it is causal."""
    calls = [c for _, tree in methods(cls) for c in ast.walk(tree) if isinstance(c, ast.Call)
             and getattr(c.func, "attr", getattr(c.func, "id", None)) == "scaled_dot_product_attention"]
    return bool(calls) and not any(k.arg == "is_causal" and not (isinstance(k.value, ast.Constant) and k.value.value is False)
                                   for c in calls for k in c.keywords)


@functools.cache
def is_grouped(cls, attribute):
    """Whether methods take the weight of a layer apart by groups."""
    views = False
    for name, tree in methods(cls):
        for node in ast.walk(tree) if name != "__init__" else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                inner = node.func.value
                views |= node.func.attr in ("view", "reshape", "unflatten") and isinstance(inner, ast.Attribute) \
                    and inner.attr == "weight" and getattr(inner.value, "attr", None) == attribute and mentions(node, "groups")
    return views


@functools.cache
def adds_one(cls):
    """Whether a norm scales by one plus its weight."""
    def one(n):
        return isinstance(n, ast.Constant) and n.value == 1
    return any(isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add) and (
        one(n.left) and mentions(n.right, "weight") or one(n.right) and mentions(n.left, "weight"))
        for _, tree in methods(cls) for n in ast.walk(tree))


@functools.cache
def calls_with(cls, attribute):
    """Calls of `attribute`, and calls that it is handed to."""
    return [call for tree in trees(cls) for call in ast.walk(tree) if isinstance(call, ast.Call) and (
        getattr(call.func, "attr", None) == attribute or any(handed(a, attribute) for a in call.args)
        or any(handed(k.value, attribute) for k in call.keywords))]


def passes(owner, attribute, word):
    """Whether such a call has an argument called so and not None, as far as the object that calls says."""
    def is_none(value):
        if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name) and value.value.id == "self":
            return getattr(owner, value.attr, owner) is None
        return isinstance(value, ast.Constant) and value.value is None
    return any(k.arg and word in k.arg and not is_none(k.value) for call in calls_with(type(owner), attribute) for k in call.keywords)


def keys_are_values(cls, attribute):
    """Whether such a call has one expression, not None, for keys and values."""
    for call in calls_with(cls, attribute):
        named = {k.arg: k.value for k in call.keywords}
        pair = [named["k"], named["v"]] if "k" in named and "v" in named else call.args[1:3]
        if len(pair) == 2 and not isinstance(pair[0], ast.Constant) and ast.dump(pair[0]) == ast.dump(pair[1]):
            return True
    return False
