# SPDX-License-Identifier: Apache-2.0
"""Functions that make tensors from sizes and from Python values."""
from . import _core
from ._core import (DEFAULT_DTYPE, KEEP_INTS, Size, Tensor, cast_values, dense, device as Device, dtype as Dtype, int64, keeps, launch_op, make,
                    numel_of, values_of, where, bool_, bfloat16)
from ._elementwise import scalar_dtype, to, nest
from ._views import ints, like_stride


def empty(*size, dtype=None, device=None, out=None, memory_format=None, pin_memory=False, requires_grad=False, layout=None, names=None, **k):
    if "size" in k:
        size = (k["size"],)
    return make(ints(size), dtype or DEFAULT_DTYPE[0], where(device))


def filled(name, value):
    def f(*size, dtype=None, device=None, out=None, pin_memory=False, requires_grad=False, layout=None, **k):
        if "size" in k:
            size = (k["size"],)
        dt = dtype or DEFAULT_DTYPE[0]
        shape = ints(size)
        n = numel_of(shape)
        r = make(shape, dt, where(device), cast_values([value], dt) * n if keeps(dt, n) and dt.kind < 3 else None)
        launch_op(name, (), (r,))
        return r
    f.__name__ = name
    return f


zeros, ones = filled("zeros", 0), filled("ones", 1)


def full(size, fill_value, dtype=None, device=None, out=None, pin_memory=False, requires_grad=False, layout=None):
    if isinstance(fill_value, Tensor):
        v = values_of(fill_value)
        dt = dtype or fill_value.dtype
        value = v[0] if v else None
    else:
        dt, value = dtype or scalar_dtype(fill_value), fill_value
    shape = ints((size,))
    n = numel_of(shape)
    r = make(shape, dt, where(device), cast_values([value], dt) * n if keeps(dt, n) and value is not None else None)
    launch_op("full", (), (r,))
    return r


def like(name, fill):
    def f(input, fill_value=None, dtype=None, device=None, memory_format=None, requires_grad=False, layout=None, pin_memory=False):
        dt = dtype or input.dtype
        n = numel_of(input.shape)
        value = fill if fill_value is None else fill_value
        vals = None
        if value is not None and not isinstance(value, Tensor) and keeps(dt, n) and dt.kind < 3:
            vals = cast_values([value], dt) * n
        r = make(input.shape, dt, where(device) if device is not None else input.device, vals,
                 None if memory_format is not None and "contiguous" in str(memory_format) else like_stride(input))
        if name != "empty_like":
            launch_op(name, (input,), (r,))
        return r
    f.__name__ = name
    return f


empty_like, zeros_like, ones_like = like("empty_like", None), like("zeros_like", 0), like("ones_like", 1)
rand_like, randn_like = like("rand_like", None), like("randn_like", None)
full_like = like("full_like", 0)


def empty_strided(size, stride, dtype=None, device=None, **k):
    return make(size, dtype or DEFAULT_DTYPE[0], where(device), None, tuple(stride))


def arange(start, end=None, step=1, *, dtype=None, device=None, out=None, pin_memory=False, requires_grad=False, layout=None):
    if end is None:
        start, end = 0, start
    start, end, step = [x.item() if isinstance(x, Tensor) else x for x in (start, end, step)]
    whole = all(isinstance(x, int) for x in (start, end, step))
    dt = dtype or (int64 if whole else DEFAULT_DTYPE[0])
    n = max(0, -(-(end - start) // step)) if whole else max(0, int(-(-(end - start) // step)))
    if n > KEEP_INTS or not keeps(dt, n):
        vals = None
    elif whole and dt.kind == 1:
        vals = range(start, start + n * step, step)
    else:
        vals = cast_values([start + i * step for i in range(n)], dt)
    r = make((n,), dt, where(device), vals)
    launch_op("arange", (), (r,))
    return r


def linspace(start, end, steps, dtype=None, device=None, **k):
    vals = [start + (end - start) * i / max(1, steps - 1) for i in range(steps)] if steps <= 4096 else None
    r = make((steps,), dtype or DEFAULT_DTYPE[0], where(device), vals)
    launch_op("linspace", (), (r,))
    return r


def flatten_values(x, out, shape, depth):
    if isinstance(x, (list, tuple, range)):
        if len(shape) == depth:
            shape.append(len(x))
        for y in x:
            flatten_values(y, out, shape, depth + 1)
    elif isinstance(x, Tensor):
        v = values_of(x)
        if x.shape:
            if len(shape) == depth:
                shape.extend(x.shape)
            out.extend(v if v is not None else [None] * numel_of(x.shape))
        else:
            out.append(v[0] if v else None)
    else:
        out.append(x)


def tensor(data, dtype=None, device=None, requires_grad=False, pin_memory=False):
    if isinstance(data, Tensor):
        return data.clone() if dtype is None and device is None else to(data, dtype=dtype, device=device, copy=True)
    if hasattr(data, "__warpipe_tensor__"):
        return as_tensor(data, dtype, device)
    vals, shape = [], []
    if type(data) is range or (type(data) is list and data and type(data[0]) is int):
        vals, shape = list(data), [len(data)]
        if isinstance(data[-1], float) or any(type(x) is not int for x in vals):
            vals, shape = [], []
            flatten_values(data, vals, shape, 0)
    else:
        flatten_values(data, vals, shape, 0)
    dt = dtype
    if dt is None:
        dt = DEFAULT_DTYPE[0]
        sample = [v for v in vals if v is not None]
        if sample:
            dt = bool_ if all(isinstance(v, bool) for v in sample) else int64 if all(isinstance(v, int) for v in sample) else dt
    dev = where(device)
    if vals and not isinstance(vals[0], (int, float, complex, type(None))):
        vals = [v.item() if hasattr(v, "item") else v for v in vals]
    r = make(shape, dt, _core.CPU, cast_values(vals, dt))
    return r if dev.type == "cpu" else to(r, dev)


def as_tensor(data, dtype=None, device=None):
    if isinstance(data, Tensor):
        return to(data, dtype=dtype, device=device)
    if hasattr(data, "__warpipe_tensor__"):
        return to(data.__warpipe_tensor__(), dtype=dtype, device=device)
    return tensor(data, dtype, device)


def from_numpy(a):
    return a.__warpipe_tensor__()


def random(name, dt=None):
    def f(*size, dtype=None, device=None, generator=None, out=None, requires_grad=False, **k):
        if "size" in k:
            size = (k["size"],)
        r = make(ints(size), dtype or dt or DEFAULT_DTYPE[0], where(device))
        launch_op(name, (), (r,))
        return r
    f.__name__ = name
    return f


rand, randn = random("rand"), random("randn")


def randint(low, high=None, size=None, dtype=None, device=None, generator=None, **k):
    if size is None:
        size = high
    r = make(ints((size,)), dtype or int64, where(device))
    launch_op("randint", (), (r,))
    return r


def randperm(n, dtype=None, device=None, **k):
    r = make((n,), dtype or int64, where(device))
    launch_op("randperm", (), (r,))
    return r


def eye(n, m=None, dtype=None, device=None, **k):
    m = n if m is None else m
    r = make((n, m), dtype or DEFAULT_DTYPE[0], where(device), [float(i == j) for i in range(n) for j in range(m)] if n * m <= 4096 else None)
    launch_op("eye", (), (r,))
    return r


def frombuffer(buffer, dtype, count=-1, offset=0, requires_grad=False):
    n = (len(buffer) - offset) // dtype.itemsize if count < 0 else count
    vals = list(memoryview(buffer).cast("B")[offset:offset + n]) if dtype.itemsize == 1 and dtype.kind == 1 and n <= 65536 else None
    return make((n,), dtype, _core.CPU, vals)


def new(function, named):
    def f(t, *size, dtype=None, device=None, **k):
        fixed = dict(dtype=dtype or t.dtype, device=device if device is not None else t.device)
        k.pop("requires_grad", None), k.pop("layout", None), k.pop("pin_memory", None)
        if named == "full":
            value = size[1] if len(size) > 1 else k["fill_value"]
            return full(size[0] if size else k["size"], value, **fixed)
        if "size" in k:
            size = (k["size"],)
        return function(*size, **fixed)
    return f


def scalar_tensor(v, dtype=None, device=None, **k):
    return full((), v, dtype=dtype or DEFAULT_DTYPE[0], device=device)


def new_zeros(t, *size, dtype=None, device=None, **k):
    r = make(ints(size if size else (k["size"],)), dtype or t.dtype, where(device) if device is not None else t.device)
    if keeps(r.dtype, numel_of(r.shape)):
        r._st.values = cast_values([0], r.dtype) * numel_of(r.shape)
    launch_op("new_zeros", (t,), (r,))
    return r


Tensor.new_empty, Tensor.new_zeros, Tensor.new_ones, Tensor.new_full = new(empty, "empty"), new_zeros, new(ones, "ones"), new(None, "full")
Tensor.new_tensor = lambda t, data, dtype=None, device=None, **k: tensor(data, dtype or t.dtype, device or t.device)
Tensor.new_empty_strided = lambda t, size, stride, dtype=None, device=None, **k: empty_strided(size, stride, dtype or t.dtype, device or t.device)
FUNCTIONS = dict(empty=empty, zeros=zeros, ones=ones, full=full, empty_like=empty_like, zeros_like=zeros_like, ones_like=ones_like,
                 rand_like=rand_like, randn_like=randn_like, full_like=full_like, empty_strided=empty_strided, arange=arange, linspace=linspace,
                 tensor=tensor, as_tensor=as_tensor, asarray=as_tensor, from_numpy=from_numpy, from_dlpack=as_tensor, rand=rand,
                 randn=randn, randint=randint,
                 randperm=randperm, eye=eye, frombuffer=frombuffer, scalar_tensor=scalar_tensor)
