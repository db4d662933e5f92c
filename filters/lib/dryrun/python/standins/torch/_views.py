# SPDX-License-Identifier: Apache-2.0
"""Operations that only look at a tensor's memory in another way: they launch nothing."""
from ._core import (DTYPES, Size, Tensor, dense, dtype, launch_op, make, numel_of, values_of, view_of)


def ints(args):
    """view(2, 3), view((2, 3)) and view(torch.Size) are one."""
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = args[0]
    return [a if isinstance(a, int) else int(a) for a in args]


def at(dim, n):
    n = max(n, 1)
    if not -n <= dim < n:
        raise IndexError("Dimension out of range (expected to be in range of [%d, %d], but got %d)" % (-n, n - 1, dim))
    return dim + n if dim < 0 else dim


def infer(shape, n):
    """Fills in a -1."""
    if -1 in shape:
        known = 1
        for d in shape:
            if d != -1:
                known *= d
        i = shape.index(-1)
        if known == 0 or n % known:
            raise RuntimeError("shape '%s' is invalid for input of size %d" % (shape, n))
        shape = list(shape)
        shape[i] = n // known
    elif numel_of(shape) != n:
        raise RuntimeError("shape '%s' is invalid for input of size %d" % (shape, n))
    return shape


def view_strides(shape, stride, new):
    """Strides of the same memory under a new shape, or None where it takes a copy."""
    if numel_of(shape) == 0:
        return dense(new)
    if not shape:
        return (1,) * len(new)
    out = [0] * len(new)
    v = len(new) - 1
    base, run, seen = stride[-1], 1, 1
    for i in range(len(shape) - 1, -1, -1):
        run *= shape[i]
        if i == 0 or (shape[i - 1] != 1 and stride[i - 1] != run * base):
            while v >= 0 and (seen < run or new[v] == 1):
                out[v] = seen * base
                seen *= new[v]
                v -= 1
            if seen != run:
                return None
            if i > 0:
                base, run, seen = stride[i - 1], 1, 1
    return tuple(out) if v == -1 else None


def view(t, *args, dtype=None):
    if dtype is not None or (len(args) == 1 and type(args[0]) in (type(t.dtype),)):
        return view_dtype(t, dtype or args[0])
    shape = infer(ints(args), numel_of(t.shape))
    stride = dense(shape) if t.is_contiguous() else view_strides(t.shape, t._stride, shape)
    if stride is None:
        raise RuntimeError("view size is not compatible with input tensor's size and stride (at least one dimension "
                           "spans across two contiguous subspaces). Use .reshape(...) instead.")
    return view_of(t, shape, stride, t._off)


def view_dtype(t, dt):
    if isinstance(dt, str):
        dt = DTYPES[dt]
    old, new = t.dtype.itemsize, dt.itemsize
    if old == new:
        return view_of(t, t.shape, t._stride, t._off, dt)
    if old > new:
        k = old // new
        return view_of(t, (*t.shape[:-1], t.shape[-1] * k), (*(s * k for s in t._stride[:-1]), 1), t._off * k, dt)
    k = new // old
    if t.shape[-1] % k:
        raise RuntimeError("self.size(-1) must be divisible by %d to view %s as %s" % (k, t.dtype, dt))
    return view_of(t, (*t.shape[:-1], t.shape[-1] // k), (*(s // k for s in t._stride[:-1]), 1), t._off // k, dt)


def reshape(t, *args, shape=None):
    shape = infer(ints(args if shape is None else (shape,)), numel_of(t.shape))
    stride = dense(shape) if t.is_contiguous() else view_strides(t.shape, t._stride, shape)
    if stride is not None:
        return view_of(t, shape, stride, t._off)
    return view(clone(t, "contiguous"), shape)


def clone(t, memory_format=None):
    out = make(t.shape, t.dtype, t.device, None if (v := values_of(t)) is None else list(v),
               like_stride(t) if memory_format is None or "preserve" in str(memory_format) else None)
    launch_op("clone", (t,), (out,), {"copy": "DtoD"})
    return out


def like_stride(t):
    """The strides that a copy of t gets, which keeps the order of its dimensions; None: row-major."""
    return None if t.is_contiguous() else iterated_stride(t.shape, [t._stride])


def iterated_stride(shape, operands):
    """The strides of a new tensor whose elements are computed from operands of the shape with these strides: from the
    innermost dimension outwards as those of the operands are, the first one first. A stride of 0 says nothing."""
    def compare(a, b):
        for stride in operands:
            x, y = stride[a], stride[b]
            if x and y:
                if x != y:
                    return 1 if x > y else -1
                if shape[a] > shape[b]:
                    return 1
        return 0
    order = list(range(len(shape) - 1, -1, -1))
    for i in range(1, len(order)):
        for j in range(i - 1, -1, -1):
            side = compare(order[j], order[i])
            if side > 0:
                order[j], order[i] = order[i], order[j]
                i = j
            elif side < 0:
                break
    out, step = [0] * len(order), 1
    for d in order:
        out[d] = step
        step *= max(shape[d], 1)
    out = tuple(out)
    return None if out == dense(shape) else out


def contiguous(t, memory_format=None):
    return t if t.is_contiguous() else clone(t, memory_format="contiguous")


def transpose(t, dim0, dim1):
    n = len(t.shape)
    a, b = at(dim0, n), at(dim1, n)
    shape, stride = list(t.shape), list(t._stride)
    if n:
        shape[a], shape[b] = shape[b], shape[a]
        stride[a], stride[b] = stride[b], stride[a]
    return view_of(t, shape, tuple(stride), t._off)


def t_(t):
    return transpose(t, 0, 1) if len(t.shape) == 2 else view_of(t, t.shape, t._stride, t._off)


def permute(t, *order, dims=None):
    n = len(t.shape)
    dims = [at(d, n) for d in ints(order if dims is None else (dims,))]
    return view_of(t, [t.shape[d] for d in dims], tuple([t._stride[d] for d in dims]), t._off)


def movedim(t, source, destination):
    n = len(t.shape)
    if n == 0:
        return view_of(t, (), (), t._off)
    source = [at(d, n) for d in ([source] if isinstance(source, int) else source)]
    destination = [at(d, n) for d in ([destination] if isinstance(destination, int) else destination)]
    order = [d for d in range(n) if d not in source]
    for to, frm in sorted(zip(destination, source)):
        order.insert(to, frm)
    return permute(t, order)


def unsqueeze(t, dim):
    n = len(t.shape)
    dim = at(dim, n + 1)
    step = t.shape[dim] * t._stride[dim] if dim < n else 1
    return view_of(t, (*t.shape[:dim], 1, *t.shape[dim:]), (*t._stride[:dim], step, *t._stride[dim:]), t._off)


def squeeze(t, *dims, dim=None):
    n = len(t.shape)
    if dim is not None:
        dims = (dim,)
    dims = [at(d, n) for d in ints(dims)] if dims else range(n)
    keep = [i for i in range(n) if not (i in dims and t.shape[i] == 1)]
    return view_of(t, [t.shape[i] for i in keep], tuple([t._stride[i] for i in keep]), t._off)


def expand(t, *sizes, size=None, implicit=False):
    sizes = ints(sizes if size is None else (size,))
    lead = len(sizes) - len(t.shape)
    shape, stride = [], []
    for i, want in enumerate(sizes):
        have = t.shape[i - lead] if i >= lead else 1
        step = t._stride[i - lead] if i >= lead else 0
        if want == -1 or want == have:
            shape.append(have)
            stride.append(step)
        elif have == 1:
            shape.append(want)
            stride.append(0)
        else:
            raise RuntimeError("The expanded size of the tensor (%d) must match the existing size (%d)" % (want, have))
    return view_of(t, shape, tuple(stride), t._off)


def expand_as(t, other):
    return expand(t, other.shape)


def narrow(t, dim, start, length):
    dim = at(dim, len(t.shape))
    start = int(start)
    shape = list(t.shape)
    shape[dim] = length
    return view_of(t, shape, t._stride, t._off + start * t._stride[dim])


def select(t, dim, index):
    n = len(t.shape)
    dim = at(dim, n)
    size = t.shape[dim]
    if not -size <= index < size:
        raise IndexError("index %d is out of bounds for dimension %d with size %d" % (index, dim, size))
    if index < 0:
        index += size
    return view_of(t, t.shape[:dim] + t.shape[dim + 1:], t._stride[:dim] + t._stride[dim + 1:],
                   t._off + index * t._stride[dim])


def split(t, split_size_or_sections=None, dim=0, split_size=None):
    sizes = split_size_or_sections if split_size is None else split_size
    dim = at(dim, len(t.shape))
    total = t.shape[dim]
    if isinstance(sizes, int):
        sizes = [min(sizes, total - i) for i in range(0, total, sizes)] if total else [0]
    elif sum(sizes) != total:
        raise RuntimeError("split_with_sizes expects split_sizes to sum exactly to %d, but got %s" % (total, sizes))
    out, start = [], 0
    for s in sizes:
        out.append(narrow(t, dim, start, s))
        start += s
    return tuple(out)


def chunk(t, chunks, dim=0):
    size = t.shape[at(dim, len(t.shape))]
    return split(t, max(1, -(-size // chunks)), dim)


def tensor_split(t, n, dim=0):
    if not isinstance(n, int):
        ends = [*n, t.shape[dim]]
        starts = [0, *n]
        return tuple(narrow(t, dim, a, b - a) for a, b in zip(starts, ends))
    total = t.shape[dim]
    return split(t, [total // n + (i < total % n) for i in range(n)], dim)


def unbind(t, dim=0):
    return tuple(select(t, dim, i) for i in range(t.shape[dim]))


def flatten(t, start_dim=0, end_dim=-1):
    n = len(t.shape)
    if n == 0:
        return reshape(t, (1,))
    a, b = at(start_dim, n), at(end_dim, n)
    if a == b:
        return t
    return reshape(t, (*t.shape[:a], numel_of(t.shape[a:b + 1]), *t.shape[b + 1:]))


def unflatten(t, dim, sizes):
    dim = at(dim, len(t.shape))
    sizes = infer(list(sizes), t.shape[dim])
    return view(t, (*t.shape[:dim], *sizes, *t.shape[dim + 1:]))


def as_strided(t, size, stride, storage_offset=None):
    return view_of(t, size, tuple(stride), t._off if storage_offset is None else storage_offset)


def unfold(t, dimension, size, step):
    d = at(dimension, len(t.shape))
    if not t.shape:
        t = reshape(t, (1,))
        return view_of(t, (size,), (1,), t._off)
    n = (t.shape[d] - size) // step + 1
    return view_of(t, (*t.shape[:d], n, *t.shape[d + 1:], size), (*t._stride[:d], t._stride[d] * step, *t._stride[d + 1:],
                                                                  t._stride[d]), t._off)


def diagonal(t, offset=0, dim1=0, dim2=1):
    a, b = at(dim1, len(t.shape)), at(dim2, len(t.shape))
    n = max(0, min(t.shape[a] + min(offset, 0), t.shape[b] - max(offset, 0)))
    rest = [i for i in range(len(t.shape)) if i not in (a, b)]
    off = t._off + (offset * t._stride[b] if offset > 0 else -offset * t._stride[a])
    return view_of(t, [t.shape[i] for i in rest] + [n], tuple([t._stride[i] for i in rest] + [t._stride[a] + t._stride[b]]), off)


def ravel(t):
    return view(contiguous(t), (-1,))


def view_as(t, other):
    return view(t, other.shape)


def reshape_as(t, other):
    return reshape(t, other.shape)


def broadcast_to(t, size):
    return expand(t, size)


def view_as_complex(t):
    return view_of(t, t.shape[:-1], tuple([s // 2 for s in t._stride[:-1]]), t._off // 2,
                   DTYPES["complex64" if t.dtype.name == "float32" else "complex128" if t.dtype.name == "float64" else "complex32"])


def view_as_real(t):
    half = {"complex64": "float32", "complex128": "float64", "complex32": "float16"}[t.dtype.name]
    return view_of(t, (*t.shape, 2), (*(s * 2 for s in t._stride), 1), t._off * 2, DTYPES[half])


def part(t, which):
    """The real or the imaginary part: a view of every other number."""
    pair = view_as_real(t)
    return view_of(pair, t.shape, pair._stride[:-1], pair._off + which)


def real(t):
    return part(t, 0) if t.is_complex() else t


def imag(t):
    if not t.is_complex():
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return part(t, 1)


def swapaxes(t, a, b):
    return transpose(t, a, b)


def atleast_1d(t):
    return t if t.shape else reshape(t, (1,))


METHODS = dict(view=view, reshape=reshape, clone=clone, contiguous=contiguous, transpose=transpose, t=t_, permute=permute,
               movedim=movedim, moveaxis=movedim, unsqueeze=unsqueeze, squeeze=squeeze, expand=expand, expand_as=expand_as,
               narrow=narrow, select=select, split=split, split_with_sizes=split, chunk=chunk, tensor_split=tensor_split,
               unbind=unbind, flatten=flatten, unflatten=unflatten, as_strided=as_strided, unfold=unfold, diagonal=diagonal,
               view_as=view_as, reshape_as=reshape_as, broadcast_to=broadcast_to, swapaxes=swapaxes, swapdims=swapaxes, ravel=ravel,
               alias=Tensor.detach)
FUNCTIONS = dict(METHODS, view_as_complex=view_as_complex, view_as_real=view_as_real, real=real, imag=imag, atleast_1d=atleast_1d, detach=Tensor.detach,
                 numel=Tensor.numel, is_floating_point=Tensor.is_floating_point, is_complex=Tensor.is_complex)
del FUNCTIONS["view"]
for _name, _f in METHODS.items():
    setattr(Tensor, _name, _f)
def reshaped(view):
    """unsqueeze_() and its like: the tensor itself takes the view's shape."""
    def f(t, *a, **k):
        v = view(t, *a, **k)
        t.shape, t._stride, t._off = v.shape, v._stride, v._off
        return t
    return f


for _n in ("unsqueeze", "squeeze", "transpose", "t", "swapaxes"):
    setattr(Tensor, _n + "_", reshaped(METHODS[_n]))
Tensor.T = property(lambda t: permute(t, *range(len(t.shape))[::-1]))
Tensor.mT = property(lambda t: transpose(t, -1, -2))
Tensor.H = Tensor.T
Tensor.real, Tensor.imag = property(real), property(imag)
