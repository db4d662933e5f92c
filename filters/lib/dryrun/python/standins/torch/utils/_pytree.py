# SPDX-License-Identifier: Apache-2.0
"""Trees of lists, tuples and dicts."""


def tree_map(f, x, *rest, **k):
    if isinstance(x, dict):
        return type(x)((n, tree_map(f, v)) for n, v in x.items())
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*(tree_map(f, v) for v in x))
    if isinstance(x, (list, tuple)):
        return type(x)(tree_map(f, v) for v in x)
    return f(x)


def tree_flatten(x, **k):
    leaves = []
    tree_map(leaves.append, x)
    return leaves, x


def tree_leaves(x, **k): return tree_flatten(x)[0]


def tree_unflatten(leaves, spec):
    it = iter(leaves)
    return tree_map(lambda _: next(it), spec)


def tree_map_only(kind, f, x, **k): return tree_map(lambda v: f(v) if isinstance(v, kind) else v, x)
def register_pytree_node(*a, **k): return None
