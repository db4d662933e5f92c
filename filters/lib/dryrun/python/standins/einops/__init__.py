# SPDX-License-Identifier: Apache-2.0
"""einops on tensors: patterns of names become reshape, permute and expand, as the package itself does it."""
import re


def groups(side):
    out = []
    for m in re.finditer(r"\(([^)]*)\)|(\S+)", side):
        out.append(m[1].split() if m[2] is None else [m[2]] if m[2] != "1" else [])
    return out


def dotted(side, n):
    """... stands for as many names as the other dimensions leave."""
    out = []
    for g in side:
        if g == ["..."]:
            out += [["...%d" % i] for i in range(n)]
        else:
            out.append([x for y in g for x in (["...%d" % i for i in range(n)] if y == "..." else [y])])
    return out


def prepare(x, pattern, sizes):
    left, right = [groups(s) for s in pattern.split("->")]
    n = len(x.shape) - len([g for g in left if g != ["..."]])
    left, right = dotted(left, n), dotted(right, n)
    sizes = dict(sizes)
    for g, d in zip(left, x.shape):
        known = 1
        free = None
        for name in g:
            if name in sizes:
                known *= sizes[name]
            elif name.isdigit():
                sizes[name] = int(name)
                known *= int(name)
            else:
                free = name
        if free is not None:
            sizes[free] = d // known
    names = [name for g in left for name in g]
    return left, right, names, sizes


def rearrange(x, pattern, **sizes):
    if isinstance(x, (list, tuple)):
        import torch
        x = torch.stack(list(x))
    left, right, names, sizes = prepare(x, pattern, sizes)
    flat = [sizes[n] for n in names]
    if flat != list(x.shape):
        x = x.reshape(flat)
    order = [names.index(n) for g in right for n in g if n in names]
    if order != list(range(len(order))):
        x = x.permute(order)
    shape = []
    for g in right:
        d = 1
        for n in g:
            d *= sizes[n]
        shape.append(d)
    return x if shape == list(x.shape) else x.reshape(shape)


def repeat(x, pattern, **sizes):
    left, right, names, sizes = prepare(x, pattern, sizes)
    x = x.reshape([sizes[n] for n in names])
    wanted = [n for g in right for n in g]
    for n in wanted:
        if n not in sizes and n.isdigit():
            sizes[n] = int(n)
    x = x.permute([names.index(n) for n in wanted if n in names])
    for i, n in enumerate(wanted):
        if n not in names:
            x = x.unsqueeze(i)
    x = x.expand([sizes[n] for n in wanted])
    shape = []
    for g in right:
        d = 1
        for n in g:
            d *= sizes[n]
        shape.append(d)
    return x.reshape(shape)


def reduce(x, pattern, reduction, **sizes):
    left, right, names, sizes = prepare(x, pattern, sizes)
    x = x.reshape([sizes[n] for n in names])
    kept = [n for g in right for n in g]
    x = getattr(x, reduction)(dim=[i for i, n in enumerate(names) if n not in kept])
    rest = [n for n in names if n in kept]
    return rearrange(x, " ".join(rest) + " -> " + pattern.split("->")[1], **{n: sizes[n] for n in rest})


def einsum(*a):
    import torch
    *tensors, pattern = a
    names = {}

    def letters(side):
        return "".join(names.setdefault(n, chr(97 + len(names))) if n != "..." else n for n in side.split())
    left, right = pattern.split("->")
    text = ",".join(letters(s) for s in left.split(",")) + "->" + letters(right)
    return torch.einsum(text, *tensors)


def pack(tensors, pattern): raise NotImplementedError("einops.pack")
def unpack(*a): raise NotImplementedError("einops.unpack")


from . import layers   # noqa: E402
