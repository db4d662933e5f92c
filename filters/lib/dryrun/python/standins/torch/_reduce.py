# SPDX-License-Identifier: Apache-2.0
"""Reductions, scans, sorting."""
import collections

from launches.record import QUIET

from . import _core
from ._core import (DEFAULT_DTYPE, Tensor, bool_, cast_values, int64, keeps, launch_op, make, numel_of, values_of, write_values, known)
from ._elementwise import elementwise, result_type, to
from ._views import at, ints, like_stride

Pair = collections.namedtuple("Pair", "values indices")
FUNCTIONS, METHODS = {}, {}


def reduced(shape, dim, keepdim):
    n = len(shape)
    if dim is None:
        dims = list(range(n))
    else:
        dims = [at(d, max(n, 1)) for d in ([dim] if isinstance(dim, int) else dim)] or list(range(n))
    if n == 0:
        dims = []
    out = []
    for i, d in enumerate(shape):
        if i in dims:
            if keepdim:
                out.append(1)
        else:
            out.append(d)
    return out, dims


def lines(shape, dims):
    """For each element of the result the flat positions that are reduced into it."""
    keep = [i for i in range(len(shape)) if i not in dims]
    step = _core.dense(shape)
    outer = _core.offsets([shape[i] for i in keep], [step[i] for i in keep], 0)
    inner = _core.offsets([shape[i] for i in dims], [step[i] for i in dims], 0)
    return [[o + i for i in inner] for o in outer]


def values_along(t, dims, fn):
    vals = values_of(t)
    if vals is None or fn is None or len(vals) > 16384 or 0 in t.shape:
        return None
    out = []
    for line in lines(t.shape, dims):
        xs = [vals[i] for i in line]
        out.append(None if None in xs else fn(xs))
    return out


def reduction(name, fn, dt):
    def f(input, dim=None, keepdim=False, *more, dtype=None, out=None, axis=None, **k):
        if more and isinstance(dim, int) and not isinstance(keepdim, bool):
            dim, keepdim = (dim, keepdim, *more), False
        if axis is not None:
            dim = axis
        d = dtype or dt(input)
        shape, dims = reduced(input.shape, dim, keepdim)
        vals = values_along(input, dims, fn)
        if out is not None:
            write_values(out, cast_values(vals, out.dtype))
            launch_op(name, (input, out), (out,))
            return out
        r = make(shape, d, input.device, cast_values(vals, d))
        launch_op(name, (input,), (r,))
        return r
    f.__name__ = name
    FUNCTIONS[name] = METHODS[name] = f
    return f


def summed(t):
    return int64 if t.dtype.kind < 2 else t.dtype


def averaged(t):
    if t.dtype.kind < 2:
        raise RuntimeError("mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: %s" % t.dtype.name)
    return t.dtype


def judge(name, fn):
    reduce_ = reduction(name, fn, judged)

    def f(input, dim=None, *a, **k):
        if dim is not None and not isinstance(dim, int) and not len(dim):       # of no dimension: each element by itself
            return elementwise(name, bool, (input,), judged(input))
        return reduce_(input, dim, *a, **k)
    f.__name__ = name
    FUNCTIONS[name] = METHODS[name] = f


def judged(t):
    return t.dtype if t.dtype.name == "uint8" else bool_


def product(xs):
    n = 1
    for x in xs:
        n *= x
    return n


reduction("sum", sum, summed)
reduction("prod", product, summed)
reduction("mean", lambda xs: sum(xs) / len(xs), averaged)
reduction("amax", max, lambda t: t.dtype)
reduction("amin", min, lambda t: t.dtype)
judge("any", any)
judge("all", all)
reduction("logsumexp", None, lambda t: t.dtype if t.dtype.kind > 1 else DEFAULT_DTYPE[0])
reduction("nansum", None, summed)
reduction("count_nonzero", lambda xs: sum(x != 0 for x in xs), lambda t: int64)
reduction("argmax", lambda xs: xs.index(max(xs)), lambda t: int64)
reduction("argmin", lambda xs: xs.index(min(xs)), lambda t: int64)


def statistic(name):
    def f(input, dim=None, *a, keepdim=False, unbiased=True, correction=None, **k):
        shape, _ = reduced(input.shape, None if isinstance(dim, bool) else dim, keepdim)
        r = make(shape, input.dtype, input.device)
        launch_op(name, (input,), (r,))
        return r
    FUNCTIONS[name] = METHODS[name] = f


def with_mean(name):
    def f(input, dim=None, *a, **k):
        with QUIET:
            r = FUNCTIONS[name](input, dim, *a, **k), FUNCTIONS["mean"](input, None if isinstance(dim, bool) else dim, keepdim=k.get("keepdim", False))
        launch_op(name + "_mean", (input,), r)
        return r
    FUNCTIONS[name + "_mean"] = f


statistic("std")
with_mean("std")
statistic("var")
with_mean("var")
statistic("median")
statistic("quantile")


def norm(input, p=2, dim=None, keepdim=False, dtype=None, out=None):
    shape, _ = reduced(input.shape, dim, keepdim)
    r = make(shape, dtype or input.dtype, input.device)
    launch_op("linalg_vector_norm", (input,), (r,))
    return r


def extreme(name, pick):
    whole = reduction(name, pick, lambda t: t.dtype)

    def f(input, dim=None, keepdim=False, *, other=None, out=None, axis=None):
        dim = axis if axis is not None else dim
        if other is not None or isinstance(dim, Tensor):
            return FUNCTIONS_OF_TWO[name](input, other if other is not None else dim)
        if dim is None:
            return whole(input)
        shape, dims = reduced(input.shape, dim, keepdim)
        vals = values_along(input, dims, pick)
        where = values_along(input, dims, lambda xs: xs.index(pick(xs)))
        r = Pair(make(shape, input.dtype, input.device, vals), make(shape, int64, input.device, where))
        launch_op(name, (input,), r)
        return r
    f.__name__ = name
    FUNCTIONS[name] = METHODS[name] = f


from ._elementwise import F as _F          # noqa: E402
FUNCTIONS_OF_TWO = {"max": _F["maximum"], "min": _F["minimum"]}
extreme("max", max)
extreme("min", min)


def scan(name, step):
    def values(t, dim):
        vals = values_of(t)
        if vals is None or len(vals) > 16384 or step is None:
            return None
        out = list(vals)
        for line in lines(t.shape, [dim] if t.shape else []):
            acc = None
            for i in line:
                acc = out[i] if acc is None else None if out[i] is None else step(acc, out[i])
                out[i] = acc
                if acc is None:
                    return None
        return out

    def f(input, dim, *, dtype=None, out=None):
        d = dtype or summed(input)
        dim = at(dim, len(input.shape)) if input.shape else 0
        vals = cast_values(values(input, dim), d)
        if out is not None:
            write_values(out, cast_values(vals, out.dtype))
            launch_op(name, (input, out), (out,))
            return out
        r = make(input.shape, d, input.device, vals)
        launch_op(name, (input,), (r,))
        return r

    def g(input, dim, dtype=None):
        write_values(input, values(input, at(dim, len(input.shape))))
        launch_op(name + "_", (input,), (input,))
        return input
    f.__name__ = name
    FUNCTIONS[name] = METHODS[name] = f
    METHODS[name + "_"] = g


scan("cumsum", lambda a, b: a + b)
scan("cumprod", lambda a, b: a * b)
scan("logcumsumexp", None)


def cummax(input, dim):
    r = Pair(make(input.shape, input.dtype, input.device), make(input.shape, int64, input.device))
    launch_op("cummax", (input,), r)
    return r


def topk(input, k, dim=-1, largest=True, sorted=True, out=None):
    dim = at(dim, len(input.shape))
    shape = list(input.shape)
    shape[dim:dim + 1] = [k] if shape else []
    r = out or Pair(make(shape, input.dtype, input.device), make(shape, int64, input.device))
    launch_op("topk", (input,), r)
    return Pair(*r)


def sort(input, dim=-1, descending=False, stable=False, out=None):
    vals = where = None
    v = known(input)
    if v is not None and len(input.shape) == 1 and len(v) <= 4096:
        where = builtin_sorted(range(len(v)), key=lambda i: v[i], reverse=descending)
        vals = [v[i] for i in where]
    r = Pair(make(input.shape, input.dtype, input.device, vals, like_stride(input)), make(input.shape, int64, input.device, where, like_stride(input)))
    launch_op("sort", (input,), r)
    return r


builtin_sorted = sorted


def argsort(input, dim=-1, descending=False, stable=False):
    return sort(input, dim, descending).indices


def kthvalue(input, k, dim=-1, keepdim=False):
    shape, _ = reduced(input.shape, dim, keepdim)
    r = Pair(make(shape, input.dtype, input.device), make(shape, int64, input.device))
    launch_op("kthvalue", (input,), r)
    return r


Ends = collections.namedtuple("Ends", "min max")


def aminmax(input, *, dim=None, keepdim=False, out=None):
    shape, dims = reduced(input.shape, dim, keepdim)
    r = Ends(*(make(shape, input.dtype, input.device, values_along(input, dims, f)) for f in (min, max)))
    launch_op("aminmax", (input,), r)
    return r


def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    return unique(input, True, return_inverse, return_counts, dim)


def msort(input):
    return sort(input, 0).values


def diff(input, n=1, dim=-1, prepend=None, append=None):
    from ._index import cat
    parts = [x for x in (prepend, input, append) if x is not None]
    t = cat(parts, dim) if len(parts) > 1 else input
    size = t.shape[dim]
    return _F["sub"](t.narrow(dim, 1, size - 1), t.narrow(dim, 0, size - 1))


def softmax(input, dim=None, dtype=None, _stacklevel=3, out=None):
    name = "_softmax"
    src = input
    if dtype is not None and dtype is not input.dtype and not (input.dtype.itemsize == 2 and dtype.name == "float32" and input.is_cuda):
        src = to(input, dtype)
    r = make(input.shape, dtype or input.dtype, input.device, None, None)
    launch_op(name, (src,), (r,))
    return r


def log_softmax(input, dim=None, dtype=None, _stacklevel=3):
    src = input if dtype is None or dtype is input.dtype else to(input, dtype)
    r = make(input.shape, dtype or input.dtype, input.device)
    launch_op("_log_softmax", (src,), (r,))
    return r


def bincount(input, weights=None, minlength=0):
    v = known(input)
    n = max(minlength, max(v) + 1 if v else 0)
    if v is None and input.numel():
        n = max(minlength, 1)
    counts = None
    if v is not None:
        counts = [0] * n
        for x in v:
            counts[x] += 1
    r = make((n,), int64, input.device, counts)
    launch_op("bincount", (input,), (r,))
    return r


def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    v = known(input)
    if v is None:
        _core.unresolved("unique of a tensor %s" % list(input.shape), "its values are not known; all are taken to differ")
        r = make((numel_of(input.shape),), input.dtype, input.device)
    else:
        vals = builtin_sorted(set(v))
        r = make((len(vals),), input.dtype, input.device, vals)
    launch_op("_unique2", (input,), (r,))
    if return_inverse or return_counts:
        extra = [make(input.shape, int64, input.device)] if return_inverse else []
        return (r, *extra, *([make(r.shape, int64, input.device)] if return_counts else []))
    return r


def multinomial(input, num_samples, replacement=False, generator=None, out=None):
    r = make((*input.shape[:-1], num_samples), int64, input.device)
    launch_op("multinomial", (input,), (r,))
    return r


def equal(a, b):
    if a.shape != b.shape:
        return False
    x, y = known(a), known(b)
    if a.device.type == "cuda":
        launch_op("equal", (a, b), ())
    if x is None or y is None:
        if _core.STATE.on:
            _core.unresolved("equal of two tensors", "their values are not known; they are taken to be equal")
        return True
    return list(x) == list(y)


def searchsorted(sorted_sequence, values, out_int32=False, right=False, side=None, **k):
    import bisect
    s = known(sorted_sequence)
    q = known(values) if isinstance(values, Tensor) else [values]
    f = bisect.bisect_right if right or side == "right" else bisect.bisect_left
    dt = _core.int32 if out_int32 else int64
    vals = [f(s, x) for x in q] if s is not None and q is not None and len(sorted_sequence.shape) == 1 else None
    r = make(values.shape if isinstance(values, Tensor) else (), dt, sorted_sequence.device, vals)
    launch_op("searchsorted", (sorted_sequence, values) if isinstance(values, Tensor) else (sorted_sequence,), (r,))
    return r


for _f in (aminmax, unique_consecutive, msort, diff, topk, sort, argsort, kthvalue, softmax, log_softmax, bincount, unique, multinomial, equal, norm, cummax):
    FUNCTIONS[_f.__name__] = METHODS[_f.__name__] = _f
FUNCTIONS["searchsorted"] = searchsorted
FUNCTIONS["bucketize"] = lambda input, boundaries, **k: searchsorted(boundaries, input, **k)
FUNCTIONS["allclose"] = METHODS["allclose"] = lambda a, b, *x, **k: True
for _n, _f in METHODS.items():
    setattr(Tensor, _n, _f)
