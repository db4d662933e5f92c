# SPDX-License-Identifier: Apache-2.0
"""Indexing, gathering, joining."""
from _warpipe import Size as Named

from . import _core
from ._core import (Tensor, bool_, int64, keeps, known, launch_op, make, numel_of, offsets, unresolved, values_of, view_of, write_values,
                    cast_values, int32)
from ._elementwise import (broadcast, copy_, elementwise, fill_, pick_device, promote, result_type, spread, to, scalar)
from ._factory import tensor, zeros
from ._views import at, expand, ints, iterated_stride, like_stride, movedim, permute, reshape, select, unsqueeze


def basic(t, index):
    """Applies integers, slices, None and ...; what is left are tensors, with the dimension each stands at."""
    if type(index) is not tuple:
        index = (index,)
    sizes, steps, off = (*t.shape,), t._stride, t._off
    for dim, i in enumerate(index):                 # most often there are only numbers
        if type(i) is not int or dim >= len(sizes) or not -sizes[dim] <= i < sizes[dim]:
            break
        off += (i + sizes[dim] if i < 0 else i) * steps[dim]
    else:
        return view_of(t, sizes[len(index):], steps[len(index):], off), ()
    used = 0
    for i in index:
        if i is None or i is Ellipsis or i is True or i is False:
            continue
        used += len(i.shape) if isinstance(i, Tensor) and i.dtype is bool_ else 1
    shape, stride, off = [], [], t._off
    dim, n = 0, len(sizes)
    fancy = []
    for i in index:
        kind = type(i)
        if i is None:
            shape.append(1)
            stride.append(sizes[dim] * steps[dim] if dim < n else 1)
        elif i is Ellipsis:
            for _ in range(n - used):
                shape.append(sizes[dim])
                stride.append(steps[dim])
                dim += 1
        elif kind is slice:
            size = sizes[dim]
            start, stop, step = slice(*(x.item() if isinstance(x, Tensor) else x for x in (i.start, i.stop, i.step))).indices(size)
            length = max(0, -(-(stop - start) // step))
            if start == 0 and step == 1:            # what a size is called stays with it
                length = i.stop if type(i.stop) is Named and i.stop == length else size if size == length else length
            shape.append(length)
            stride.append(steps[dim] * step)
            off += start * steps[dim] if shape[-1] else 0
            dim += 1
        elif kind is bool:
            fancy.append((len(shape), tensor([0] if i else [], dtype=int64)))
            shape.append(1)
            stride.append(0)
        elif isinstance(i, int) or (not isinstance(i, (Tensor, list, tuple, range)) and hasattr(i, "__index__")):
            i = int(i)
            size = sizes[dim]
            if not -size <= i < size:
                raise IndexError("index %d is out of bounds for dimension %d with size %d" % (i, dim, size))
            off += (i + size if i < 0 else i) * steps[dim]
            dim += 1
        else:
            if not isinstance(i, Tensor):
                i = tensor(i) if not hasattr(i, "__warpipe_tensor__") else i.__warpipe_tensor__()
            if not i.shape and i.dtype.kind == 1:
                v = values_of(i)
                if v is not None and v[0] is not None and i.device.type == "cpu":
                    off += v[0] * steps[dim]
                    dim += 1
                    continue
            fancy.append((len(shape), i))
            for _ in range(len(i.shape) if i.dtype is bool_ else 1):
                shape.append(sizes[dim])
                stride.append(steps[dim])
                dim += 1
    while dim < n:
        shape.append(sizes[dim])
        stride.append(steps[dim])
        dim += 1
    return view_of(t, shape, tuple(stride), off), fancy


def spelled(t, fancy):
    """Masks become positions (which the host must wait for); a device tensor's indices go there."""
    out = []
    for dim, i in fancy:
        if i.dtype is bool_ or (i.dtype.name == "uint8"):
            for k, part in enumerate(nonzero(i, as_tuple=True)):
                out.append((dim + k, part))
        else:
            if i.device.type == "cpu" and t.device.type == "cuda" and i.shape:
                i = to(i, t.device)
            out.append((dim, i))
    return out


def index_shape(v, fancy):
    shape = ()
    for _, i in fancy:
        shape = broadcast(shape, tuple(i.shape))
    dims = [d for d, _ in fancy]
    together = dims == list(range(dims[0], dims[0] + len(dims)))
    first = dims[0] if together else 0
    rest = [d for k, d in enumerate(v.shape) if k not in dims]
    return shape, first, (*rest[:first], *shape, *rest[first:])


def index_stride(v, fancy, out, first):
    """The strides of v[fancy], which has the indices' dimensions from `first` on."""
    dims = {d for d, _ in fancy}
    kept = [s for k, s in enumerate(v._stride) if k not in dims]
    n = len(out) - len(kept)
    operands = [(*kept[:first], *[0] * n, *kept[first:])]
    for _, i in fancy:
        lead = n - len(i.shape)
        own = [0 if d == 1 else s for d, s in zip(i.shape, i._stride)]
        operands.append((*[0] * (first + lead), *own, *[0] * (len(kept) - first)))
    return iterated_stride(out, operands)


def positions(v, fancy, shape, first):
    """Storage positions of the elements chosen, in the order of the result; None where an index is not known."""
    n = numel_of(shape)
    lists = []
    for d, i in fancy:
        vals = spread(i, shape)
        if vals is None or (type(vals) is list and None in vals):
            return None
        size = v.shape[d]
        lists.append([(x + size if x < 0 else x) * v._stride[d] for x in vals])
    chosen = [sum(xs) for xs in zip(*lists)] if n else []
    dims = {d for d, _ in fancy}
    rest = [k for k in range(len(v.shape)) if k not in dims]
    outer = offsets([v.shape[k] for k in rest[:first]], [v._stride[k] for k in rest[:first]], v._off)
    inner = offsets([v.shape[k] for k in rest[first:]], [v._stride[k] for k in rest[first:]], 0)
    return [o + c + i for o in outer for c in chosen for i in inner]


def getitem(t, index):
    v, fancy = basic(t, index)
    if not fancy:
        return v
    fancy = spelled(v, fancy)
    shape, first, out = index_shape(v, fancy)
    vals = None
    st = v._st
    if st.values is not None and st.dtype is v.dtype and keeps(v.dtype, numel_of(out)):
        where = positions(v, fancy, shape, first)
        if where is not None:
            stored = st.values
            vals = [stored[p] for p in where]
    r = make(out, t.dtype, t.device, vals, None if v.is_contiguous() else index_stride(v, fancy, out, first))
    launch_op("index", (v, *(i for _, i in fancy)), (r,))
    return r


def put(v, fancy, value, accumulate=False, name="index_put_"):
    fancy = spelled(v, fancy)
    shape, first, out = index_shape(v, fancy)
    if not isinstance(value, Tensor):
        value = tensor(value, dtype=v.dtype) if not hasattr(value, "__warpipe_tensor__") else value.__warpipe_tensor__()
    if value.device.type == "cpu" and v.device.type == "cuda" and value.shape:
        value = to(value, v.device)
    st = v._st
    if st.values is not None:
        where = positions(v, fancy, shape, first) if numel_of(out) <= 65536 else None
        vals = spread(value, out)
        if where is None or accumulate:
            st.values = None
        else:
            if type(st.values) is not list:
                st.values = list(st.values)
            vals = cast_values(vals, v.dtype)
            for k, p in enumerate(where):
                st.values[p] = vals[k] if vals is not None else None
    launch_op(name, (v, *(i for _, i in fancy), value), (v,))


def setitem(t, index, value):
    if isinstance(index, Tensor) and index.dtype is bool_ and (not isinstance(value, Tensor) or not value.shape) and index.shape == t.shape:
        from ._elementwise import in_place          # torch writes a mask with one value as masked_fill-like index_put_
        v = value if not isinstance(value, Tensor) else value
        return in_place("index_put_", lambda x, m, y: y if m else x, t, (index, v))
    v, fancy = basic(t, index)
    if isinstance(value, Tensor) and (fancy or value.shape != v.shape):
        ones = next((k for k, n in enumerate(value.shape) if n != 1), len(value.shape))
        value = view_of(value, value.shape[ones:], value._stride[ones:], value._off)
    if fancy:
        return put(v, fancy, value)
    if isinstance(value, Tensor):
        on_host = not value.shape and value.device.type == "cpu"
        copy_(v, value if value.shape == v.shape or on_host else expand(value, v.shape))
    elif isinstance(value, (int, float, bool, complex)):
        fill_(v, value)
    else:
        value = tensor(value) if not hasattr(value, "__warpipe_tensor__") else value.__warpipe_tensor__()
        copy_(v, value)


Tensor.__getitem__, Tensor.__setitem__ = getitem, setitem


def nonzero(t, as_tuple=False, out=None):
    v = known(t)
    if v is None:
        _core.unresolved("places of a mask %s" % list(t.shape), "its values are not known; all are taken to be set")
        n, where = numel_of(t.shape), None
    else:
        where = [i for i, x in enumerate(v) if x]
        n = len(where)
    dims = len(t.shape)
    vals = None
    if where is not None:
        step = _core.dense(t.shape)
        vals = [(i // s) % d for i in where for s, d in zip(step, t.shape)]
    r = make((n, dims), int64, t.device, vals)
    launch_op("nonzero", (t,), (r,) if n else ())
    if as_tuple:
        return tuple(select(r, 1, k) for k in range(dims))
    return r


def masked_select(t, mask, out=None):
    v = known(mask)
    n = sum(map(bool, v)) if v is not None else numel_of(mask.shape)
    if v is None:
        _core.unresolved("masked_select with a mask %s" % list(mask.shape), "its values are not known; all are taken to be set")
    r = make((n,), t.dtype, t.device)
    launch_op("masked_select", (t, mask), (r,))
    return r


def index_select(t, dim, index, out=None):
    d = at(dim, len(t.shape))
    if not t.shape:
        return index_select(reshape(t, (1,)), 0, index, out).squeeze(0)
    shape = list(t.shape)
    shape[d] = numel_of(index.shape)
    vals = None
    if t._st.values is not None and keeps(t.dtype, numel_of(shape)):
        where = positions(t, [(d, reshape(index, (-1,)))], (shape[d],), d) if known(index) is not None else None
        vals = [t._st.values[p] for p in where] if where is not None and t._st.dtype is t.dtype else None
    if out is not None:
        write_values(out, vals)
        launch_op("index_select", (t, index, out), (out,))
        return out
    r = make(shape, t.dtype, t.device, vals)
    launch_op("index_select", (t, index), (r,))
    return r


def gather(t, dim, index, sparse_grad=False, out=None):
    vals = None
    v, i = values_of(t), known(index)
    if v is not None and i is not None and len(t.shape) == 1:
        vals = [v[k] for k in i]
    r = make(index.shape, t.dtype, t.device, vals)
    launch_op("gather", (t, index), (r,))
    return r


def take_along_dim(t, index, dim):
    return gather(t, dim, index)


def scatter(name, inplace):
    def f(t, dim, index, src=None, *a, value=None, reduce=None, **k):
        src = value if src is None else src
        ts = [x for x in (t, index, src) if isinstance(x, Tensor)]
        r = t if inplace else make(t.shape, t.dtype, t.device)
        if inplace:
            i = known(index)
            v = spread(src, index.shape) if isinstance(src, Tensor) else [src] * numel_of(index.shape)
            if name == "scatter_" and i is not None and v is not None and len(t.shape) == 1 and t._st.values is not None:
                vals = list(values_of(t))
                for p, x in zip(i, v):
                    vals[p] = x
                write_values(t, cast_values(vals, t.dtype))
            else:
                write_values(t, None)
        launch_op(name, ts, (r,))
        return r
    f.__name__ = name
    return f


def index_write(name):
    def f(t, dim, index, source, *a, **k):
        write_values(t, None)
        launch_op(name, [x for x in (t, index, source) if isinstance(x, Tensor)], (t,))
        return t
    return f


def index_put_(t, indices, values, accumulate=False):
    v, fancy = basic(t, tuple(i if i is not None else slice(None) for i in indices))
    put(v, fancy, values, accumulate)
    return t


def index_put(t, indices, values, accumulate=False):
    return index_put_(t.clone(), indices, values, accumulate)


def cat(tensors, dim=0, out=None, axis=None):
    tensors = list(tensors)
    dim = dim if axis is None else axis
    full = [t for t in tensors if not (len(t.shape) == 1 and t.shape[0] == 0)] or tensors[:1]
    d = at(dim, len(full[0].shape))
    shape = list(full[0].shape)
    shape[d] = sum(t.shape[d] for t in full)
    dt = full[0].dtype
    for t in tensors:
        dt = promote(dt, t.dtype)
        if t in ():
            pass
    for t in full[1:]:
        for k, (x, y) in enumerate(zip(t.shape, shape)):
            if k != d and x != y:
                raise RuntimeError("Sizes of tensors must match except in dimension %d. Expected %d but got %d" % (d, y, x))
    vals = None
    n = numel_of(shape)
    if keeps(dt, n):
        parts = [values_of(t) for t in full]
        if any(p is not None for p in parts):
            parts = [p if p is not None else [None] * numel_of(t.shape) for p, t in zip(parts, full)]
            if d == 0:
                vals = [x for p in parts for x in p]
            else:
                outer = numel_of(shape[:d])
                sizes = [numel_of(t.shape[d:]) for t in full]
                vals = [x for o in range(outer) for p, s in zip(parts, sizes) for x in p[o * s:(o + 1) * s]]
            vals = cast_values(vals, dt)
    if out is not None:
        write_values(out, vals)
        launch_op("cat", (*tensors, out), (out,))
        return out
    r = make(shape, dt, full[0].device, vals)
    launch_op("cat", tensors, (r,))
    return r


def stack(tensors, dim=0, out=None):
    ts = [unsqueeze(t, dim) for t in tensors]
    with _core_quiet():
        r = cat(ts, dim)
    launch_op("stack", list(tensors), (r,))
    return r


def _core_quiet():
    from launches.record import QUIET
    return QUIET


def repeat(t, *sizes):
    sizes = ints(sizes)
    lead = len(sizes) - len(t.shape)
    shape = [(t.shape[i - lead] if i >= lead else 1) * n for i, n in enumerate(sizes)]
    vals = None
    if keeps(t.dtype, numel_of(shape)) and values_of(t) is not None:
        v = t
        for i, n in enumerate(sizes):
            pass
        flat = expand(reshape_lead(t, lead), *[x for i, n in enumerate(sizes) for x in (n, t.shape[i - lead] if i >= lead else 1)])
        vals = list(values_of(flat) or []) or None
    r = make(shape, t.dtype, t.device, vals)
    launch_op("repeat", (t,), (r,))
    return r


def reshape_lead(t, lead):
    shape, stride = [], []
    for _ in range(lead):
        shape += [1, 1]
        stride += [0, 0]
    for d, s in zip(t.shape, t._stride):
        shape += [1, d]
        stride += [0, s]
    return view_of(t, shape, tuple(stride), t._off)


def repeat_interleave(t, repeats=None, dim=None, output_size=None):
    if repeats is None:
        counts = known(t)
        n = output_size if output_size is not None else sum(counts) if counts is not None else numel_of(t.shape)
        r = make((n,), int64, t.device, [i for i, c in enumerate(counts) for _ in range(c)] if counts is not None else None)
        launch_op("repeat_interleave", (t,), (r,))
        return r
    if dim is None:
        t, dim = reshape(t, (-1,)), 0
    d = at(dim, len(t.shape))
    size = t.shape[d]
    if isinstance(repeats, Tensor) and numel_of(repeats.shape) == 1 and repeats.device.type == "cpu":
        repeats = known(repeats)[0] if known(repeats) else 1
    if isinstance(repeats, int):
        total = size * repeats
        order = [i for i in range(size) for _ in range(repeats)] if total <= 65536 else None
        shape = list(t.shape)
        shape[d] = total
        r = make(shape, t.dtype, t.device)
        v = values_of(t)
        if v is not None and len(t.shape) == 1 and order is not None:
            r._st.values = [v[i] for i in order]
        e = expand(unsqueeze(t, d + 1), *t.shape[:d + 1], repeats, *t.shape[d + 1:])
        launch_op("clone", (e,), (r,))
        return r
    counts = known(repeats)
    if counts is not None and len(counts) == 1:
        counts = list(counts) * size
    total = output_size if output_size is not None else sum(counts) if counts is not None else size
    if counts is None and output_size is None:
        unresolved("repeat_interleave", "the counts are not known; one each is taken")
    idx = make((total,), int64, t.device, [i for i, c in enumerate(counts) for _ in range(c)] if counts is not None and total <= 65536 else None)
    launch_op("repeat_interleave", (repeats,), (idx,))
    return index_select(t, d, idx)


def tile(t, *sizes):
    sizes = ints(sizes)
    return repeat(t, *([1] * (len(t.shape) - len(sizes)) + list(sizes)))


def pad(input, pad, mode="constant", value=None):
    pad = ints((pad,))
    shape = list(input.shape)
    for k in range(len(pad) // 2):
        shape[-1 - k] += pad[2 * k] + pad[2 * k + 1]
    vals = None
    v = values_of(input)
    if v is not None and len(shape) == 1 and keeps(input.dtype, shape[0]):
        fill = cast_values([value or 0], input.dtype)
        vals = fill * max(0, pad[0]) + list(v)[max(0, -pad[0]):len(v) + min(0, pad[1])] + fill * max(0, pad[1])
    r = make(shape, input.dtype, input.device, vals)
    launch_op("constant_pad_nd" if mode == "constant" else "%s_pad%dd" % (mode.replace("replicate", "replication"), len(pad) // 2),
              (input,), (r,))
    return r


def simple(name, stride=lambda t: None):
    def f(t, *a, **k):
        r = make(t.shape, t.dtype, t.device, None, stride(t))
        launch_op(name, (t,), (r,))
        return r
    f.__name__ = name
    return f


def one_hot(t, num_classes=-1):
    if num_classes < 0:
        num_classes = int(t.max().item()) + 1
    r = zeros((*t.shape, num_classes), dtype=int64, device=t.device)
    return scatter("scatter_", True)(r, -1, unsqueeze(t, -1), 1)


def meshgrid(*ts, indexing="ij"):
    ts = list(ts[0]) if len(ts) == 1 and isinstance(ts[0], (list, tuple)) else list(ts)
    shape = [numel_of(t.shape) for t in ts]
    if indexing == "xy":
        shape[0], shape[1] = shape[1], shape[0]
    out = []
    for k, t in enumerate(ts):
        kk = 1 - k if indexing == "xy" and k < 2 else k
        v = reshape(t, [-1 if i == kk else 1 for i in range(len(ts))])
        out.append(expand(v, shape))
    return tuple(out)


def outer(a, b, out=None):
    return elementwise("mul", lambda x, y: x * y, (unsqueeze(a, 1), b), None)


def isin(elements, test_elements, **k):
    r = make(elements.shape if isinstance(elements, Tensor) else (), bool_, pick_device(elements, test_elements))
    launch_op("isin", [x for x in (elements, test_elements) if isinstance(x, Tensor)], (r,))
    return r


METHODS = dict(nonzero=nonzero, masked_select=masked_select, index_select=index_select, gather=gather, repeat=repeat,
               repeat_interleave=repeat_interleave, tile=tile, index_put_=index_put_, index_put=index_put, tril=simple("tril"), triu=simple("triu"),
               flip=simple("flip", stride=like_stride), roll=simple("roll"), index_copy_=index_write("index_copy_"), index_add_=index_write("index_add_"),
               index_fill_=index_write("index_fill_"), masked_scatter_=index_write("masked_scatter_"), outer=outer, argwhere=nonzero,
               take_along_dim=take_along_dim)
for _n in ("scatter", "scatter_add", "scatter_reduce"):
    METHODS[_n] = scatter(_n, False)
    METHODS[_n + "_"] = scatter(_n + "_", True)
FUNCTIONS = dict(METHODS, cat=cat, concat=cat, concatenate=cat, stack=stack, meshgrid=meshgrid, isin=isin,
                 vstack=lambda ts: cat([t if len(t.shape) > 1 else reshape(t, (1, -1)) for t in ts], 0),
                 hstack=lambda ts: cat([t if t.shape else reshape(t, (1,)) for t in ts], 0 if len(ts[0].shape) < 2 else 1))
Tensor.masked_scatter = simple("masked_scatter")
Tensor.index_add = simple("index_add")
for _n, _f in METHODS.items():
    setattr(Tensor, _n, _f)
