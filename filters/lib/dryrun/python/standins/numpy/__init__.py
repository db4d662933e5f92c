# SPDX-License-Identifier: Apache-2.0
"""numpy: small arrays of the host, kept as tensors of the host."""
import sys
import types

from launches.permissive import undescribed

__version__ = "2.2.6"
pi, inf, nan, e = 3.141592653589793, float("inf"), float("nan"), 2.718281828459045
newaxis = None


class generic:
    """Scalars of numpy are Python's."""


class number(generic):
    pass


class integer(number):
    pass


class floating(number):
    pass


bool_ = bool


class _Kind(type):
    def __call__(cls, x=0, *a, **k):
        return asarray(x, cls) if isinstance(x, (ndarray, list, tuple)) else cls.python(x)

    def __instancecheck__(cls, x):
        return False

    def __repr__(cls):
        return "<class 'numpy.%s'>" % cls.__name__

    def __str__(cls):
        return cls.__name__


def _kind(name, base, python, size):
    cls = _Kind(name, (base,), {"python": python, "name": name, "itemsize": size})
    return cls


for _n, _s in dict(int8=1, int16=2, int32=4, int64=8, uint8=1, uint16=2, uint32=4, uint64=8).items():
    globals()[_n] = _kind(_n, integer, int, _s)
for _n, _s in dict(float16=2, float32=4, float64=8).items():
    globals()[_n] = _kind(_n, floating, float, _s)
intp, int_, uint, double, single, half, float_, longlong, ubyte, byte = int64, int64, uint64, float64, float32, float16, float64, int64, uint8, int8  # noqa: F821
str_, object_, bytes_ = str, object, bytes


class dtype:
    def __new__(cls, x):
        return globals()[x] if isinstance(x, str) and x in globals() else x


def _torch_dtype(d):
    if d is None:
        return None
    import torch
    if d is int:
        return torch.int64
    if d is float:
        return torch.float64
    if d is bool:
        return torch.bool
    name = d if isinstance(d, str) else getattr(d, "__name__", str(d))
    return torch._core.DTYPES.get(name, torch.int64)


class ndarray:
    def __init__(self, t):
        self._t = t

    def __warpipe_tensor__(self): return self._t
    shape = property(lambda s: tuple(s._t.shape))
    ndim = property(lambda s: len(s._t.shape))
    size = property(lambda s: s._t.numel())
    nbytes = property(lambda s: s._t.nbytes)
    itemsize = property(lambda s: s._t.itemsize)
    T = property(lambda s: ndarray(s._t.T))
    dtype = property(lambda s: globals().get(s._t.dtype.name, bool_))
    flags = types.SimpleNamespace(writeable=True, c_contiguous=True)

    def tolist(self): return self._t.tolist()
    def item(self, *a): return self._t.item() if not a else self._t.flatten()[a[0]].item()
    def astype(self, d, copy=True): return ndarray(self._t.to(_torch_dtype(d)))
    def copy(self): return ndarray(self._t.clone())
    def reshape(self, *s): return ndarray(self._t.reshape(*s))
    def flatten(self): return ndarray(self._t.flatten())
    ravel = flatten
    def fill(self, v): self._t.fill_(v)
    def tobytes(self): return b"\0" * self._t.nbytes
    def transpose(self, *a): return ndarray(self._t.permute(*a) if a else self._t.T)
    def view(self, d): return ndarray(self._t.view(_torch_dtype(d)))
    def __len__(self): return len(self._t)
    def __iter__(self): return iter([_out(x) for x in self._t])
    def __getitem__(self, i): return _out(self._t[_in(i)])
    def __setitem__(self, i, v): self._t[_in(i)] = _in(v)
    def __bool__(self): return bool(self._t)
    def __int__(self): return int(self._t)
    def __float__(self): return float(self._t)
    __index__ = __int__
    def __repr__(self): return "array(%s)" % self._t
    def __hash__(self): return id(self)
    def __contains__(self, x): return x in self.tolist()


def _in(x):
    if isinstance(x, ndarray):
        return x._t
    if isinstance(x, tuple):
        return tuple(map(_in, x))
    return x


def _out(x):
    import torch
    if isinstance(x, torch.Tensor):
        return ndarray(x) if x.shape else x.item()
    return x


def from_tensor(t):
    return ndarray(t.cpu() if t.device.type != "cpu" else t)


for _n in ("__add__", "__sub__", "__mul__", "__truediv__", "__floordiv__", "__mod__", "__pow__", "__radd__", "__rsub__", "__rmul__", "__lt__", "__le__",
           "__gt__", "__ge__", "__eq__", "__ne__", "__and__", "__or__", "__neg__", "__invert__"):
    def _f(self, *a, _n=_n):
        return _out(getattr(self._t, _n)(*map(_in, a)))
    setattr(ndarray, _n, _f)
for _n in ("sum", "max", "min", "mean", "all", "any", "argmax", "argmin", "cumsum", "prod"):
    def _f(self, axis=None, *a, _n=_n, **k):
        return _out(getattr(self._t, _n)(axis) if axis is not None or _n != "cumsum" else self._t.cumsum(0)) if axis is not None or _n == "cumsum" else _out(getattr(self._t, _n)())
    setattr(ndarray, _n, _f)

    def _g(a, axis=None, *b, _n=_n, **k):
        return getattr(asarray(a), _n)(axis)
    globals()[_n if _n not in ("all", "any", "sum", "max", "min") else _n] = _g


def asarray(x, dtype=None, **k):
    import torch
    if isinstance(x, ndarray):
        return x if dtype is None else x.astype(dtype)
    if isinstance(x, torch.Tensor):
        return ndarray(x)
    d = _torch_dtype(dtype)
    if d is None and isinstance(x, (list, tuple)) and x and isinstance(x[0], float):
        d = torch.float64
    return ndarray(torch.tensor([_in(v) for v in x] if isinstance(x, (list, tuple)) else x, dtype=d, device="cpu"))


array = ascontiguousarray = asfortranarray = asarray


def _make(name):
    def f(shape, dtype=float, **k):
        import torch
        return ndarray(getattr(torch, name)(shape, dtype=_torch_dtype(dtype), device="cpu"))
    return f


zeros, ones, empty = _make("zeros"), _make("ones"), _make("empty")


def full(shape, v, dtype=None):
    import torch
    return ndarray(torch.full((shape,) if isinstance(shape, int) else shape, v, dtype=_torch_dtype(dtype), device="cpu"))


def zeros_like(a, dtype=None): return zeros(a.shape, dtype or a.dtype)
def ones_like(a, dtype=None): return ones(a.shape, dtype or a.dtype)
def empty_like(a, dtype=None): return zeros(a.shape, dtype or a.dtype)


def arange(*a, dtype=None):
    import torch
    return ndarray(torch.arange(*a, dtype=_torch_dtype(dtype), device="cpu"))


def linspace(a, b, n=50, dtype=None, **k):
    import torch
    return ndarray(torch.linspace(a, b, n, device="cpu"))


def concatenate(xs, axis=0, **k):
    import torch
    return ndarray(torch.cat([_in(asarray(x)) for x in xs], axis))


def stack(xs, axis=0):
    import torch
    return ndarray(torch.stack([_in(asarray(x)) for x in xs], axis))


def repeat(x, n, axis=None):
    import torch
    return ndarray(torch.repeat_interleave(_in(asarray(x)), _in(n), axis))


def where(c, *a):
    import torch
    r = torch.where(_in(c), *map(_in, a))
    return tuple(map(ndarray, r)) if isinstance(r, tuple) else ndarray(r)


def unique(x, **k):
    import torch
    return ndarray(torch.unique(_in(asarray(x))))


def _unary(name):
    import math

    def f(x, *a, **k):
        if isinstance(x, ndarray):
            return ndarray(getattr(x._t, name)())
        return getattr(math, name)(x)
    return f


exp, log, log2, sqrt, ceil, floor, sin, cos = map(_unary, ("exp", "log", "log2", "sqrt", "ceil", "floor", "sin", "cos"))


CODES = {"int8": "b", "uint8": "B", "int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "int64": "q", "uint64": "Q", "float32": "f", "float64": "d"}


def frombuffer(b, dtype=float, **k):
    m = memoryview(b).cast("B")
    code = CODES.get(getattr(dtype, "__name__", ""))
    return array(m.cast(code).tolist(), dtype) if code and len(m) <= 1 << 20 else zeros((len(m) // getattr(dtype, "itemsize", 8),), dtype)


def issubdtype(a, b): return isinstance(a, type) and issubclass(a, b)
def isscalar(x): return not isinstance(x, ndarray)
def array_equal(a, b): return asarray(a).tolist() == asarray(b).tolist()
def set_printoptions(*a, **k): return None


class iinfo:
    def __init__(self, d):
        bits = d.itemsize * 8
        self.max, self.min = (1 << bits - 1) - 1, -(1 << bits - 1)


class random:
    @staticmethod
    def seed(*a): return None
    @staticmethod
    def default_rng(*a): return random
    @staticmethod
    def randint(a, b=None, size=None, **k): return 0 if size is None else zeros(size, int64)   # noqa: F821
    @staticmethod
    def rand(*a): return zeros(a) if a else 0.5
    random = uniform = choice = staticmethod(lambda *a, **k: 0.5)


typing = types.ModuleType("numpy.typing")
typing.NDArray = typing.ArrayLike = typing.DTypeLike = ndarray
ndarray.__class_getitem__ = classmethod(lambda cls, i: cls)
sys.modules["numpy.typing"] = typing
__path__ = []


def __getattr__(name):
    return undescribed("numpy", name)
