# SPDX-License-Identifier: Apache-2.0
"""Elementwise operations: broadcasting, promotion of dtypes, and values where they are known."""
import math
import operator

from launches.record import QUIET

from . import _core
from ._core import (DEFAULT_DTYPE, Tensor, bool_, cast_values, device, dtype as Dtype, int64, keeps, known, launch_op,
                    make, numel_of, promote, values_of, where, write_values, offsets, same_memory, float32, float64,
                    complex64)
from ._views import expand, iterated_stride, like_stride


def broadcast(a, b):
    if a == b:
        return a
    n = max(len(a), len(b))
    a = (1,) * (n - len(a)) + tuple(a)
    b = (1,) * (n - len(b)) + tuple(b)
    out = []
    for x, y in zip(a, b):
        if x == y or y == 1:
            out.append(x)
        elif x == 1:
            out.append(y)
        else:
            raise RuntimeError("The size of tensor a (%d) must match the size of tensor b (%d)" % (x, y))
    return tuple(out)


def spread(t, shape):
    """Values of t, broadcast to a shape."""
    if t.shape == shape:
        return values_of(t)
    vals = values_of(t)
    if vals is None:
        return None
    if len(vals) == 1:
        return [vals[0]] * numel_of(shape)
    return values_of(expand(t, shape))


def scalar_dtype(s):
    return bool_ if isinstance(s, bool) else int64 if isinstance(s, int) else complex64 if isinstance(s, complex) else DEFAULT_DTYPE[0]


def result_type(*args):
    """torch.result_type: tensors with dimensions before those without, before numbers, by kind."""
    best = [None, None, None]
    for a in args:
        if isinstance(a, Tensor):
            level, d = (0 if a.shape else 1), a.dtype
        elif isinstance(a, Dtype):
            level, d = 0, a
        else:
            level, d = 2, scalar_dtype(a)
        best[level] = d if best[level] is None else promote(best[level], d)
    out = best[0]
    for d in best[1:]:
        if d is None:
            continue
        if out is None:
            out = d
        elif d.kind > out.kind:
            out = DEFAULT_DTYPE[0] if d.kind == 2 and d is best[2] else d
    return out


def pick_device(*ts):
    for t in ts:
        if isinstance(t, Tensor) and (t.shape or t.device.type != "cpu"):
            return t.device
    for t in ts:
        if isinstance(t, Tensor):
            return t.device
    return _core.DEFAULT_DEVICE[-1]


def strides_for(shape, *ts):
    """The strides TensorIterator gives a result of the tensors' broadcast shape; None: row-major."""
    if ts[0].shape == shape and ts[0].is_contiguous():
        return None
    lead = [len(shape) - len(t.shape) for t in ts]
    return iterated_stride(shape, [(0,) * n + tuple(0 if d == 1 and shape[n + i] != 1 else s for i, (d, s) in enumerate(zip(t.shape, t._stride)))
                                   for n, t in zip(lead, ts)])


def elementwise(name, fn, args, out_dtype=None, out=None, row_major=False):
    """One operation on tensors and numbers that gives a tensor of the broadcast shape."""
    tensors = [a for a in args if isinstance(a, Tensor)]
    shape = tensors[0].shape
    for t in tensors[1:]:
        shape = broadcast(shape, t.shape)
    dt = out_dtype or result_type(*args)
    vals = None
    n = numel_of(shape)
    if fn is not None and n <= 4096 and keeps(dt, n):
        lists = []
        for a in args:
            v = spread(a, shape) if isinstance(a, Tensor) else [a] * n
            if v is None:
                break
            lists.append(v)
        else:
            try:
                vals = cast_values([None if None in xs else fn(*xs) for xs in zip(*lists)], dt)
            except (ArithmeticError, ValueError, TypeError):
                vals = None
    if out is not None:
        write_values(out, cast_values(vals, out.dtype))
        launch_op(name, [*tensors, out], (out,))
        return out
    r = make(shape, dt, pick_device(*args), vals, None if row_major else strides_for(shape, *tensors))
    launch_op(name, tensors, (r,))
    return r


def in_place(name, fn, t, args, vals_of_result=True):
    vals = None
    n = numel_of(t.shape)
    if fn is not None and n <= 4096 and t._st.values is not None:
        lists = []
        for a in (t, *args):
            v = spread(a, t.shape) if isinstance(a, Tensor) else [a] * n
            if v is None:
                break
            lists.append(v)
        else:
            try:
                vals = cast_values([None if None in xs else fn(*xs) for xs in zip(*lists)], t.dtype)
            except (ArithmeticError, ValueError, TypeError):
                vals = None
    write_values(t, vals)
    launch_op(name, [t, *(a for a in args if isinstance(a, Tensor))], (t,))
    return t


def castable(dt, t):
    """What an operation in place gives must fit the tensor that takes it."""
    if dt.kind > t.dtype.kind and (dt.kind > 1 or t.dtype.kind == 0):
        raise RuntimeError("result type %s can't be cast to the desired output type %s" % (dt.name, t.dtype.name))


def floor_div(a, b):
    return a // b


def true_div(a, b):
    return a / b


def safe(f):
    def g(x):
        try:
            return f(x)
        except (ValueError, OverflowError, ZeroDivisionError):
            return float("nan")
    return g


def power(a, b):
    return a ** b


FLOAT_UNARY = dict(exp=math.exp, log=safe(math.log), log2=safe(math.log2), log10=safe(math.log10), log1p=safe(math.log1p),
                   sqrt=safe(math.sqrt), rsqrt=safe(lambda x: 1 / math.sqrt(x)), sin=math.sin, cos=math.cos, tan=math.tan,
                   tanh=math.tanh, sigmoid=safe(lambda x: 1 / (1 + math.exp(-x))), erf=math.erf, expm1=safe(math.expm1),
                   exp2=lambda x: 2.0 ** x, reciprocal=safe(lambda x: 1 / x), acos=safe(math.acos), asin=safe(math.asin),
                   atan=math.atan, logit=None, erfinv=None, lgamma=None, sinh=None, cosh=None, i0=None)
SAME_UNARY = dict(abs=abs, neg=operator.neg, ceil=math.ceil, floor=math.floor, round=round, trunc=math.trunc, sign=lambda x: (x > 0) - (x < 0),
                  bitwise_not=None, silu=None, relu=lambda x: x if x > 0 else 0, gelu=None, mish=None, softplus=None,
                  elu=None, leaky_relu=None, hardtanh=None, hardswish=None, hardsigmoid=None, relu6=None, log_sigmoid=None,
                  nan_to_num=None, frac=None, positive=None, conj_physical=None, celu=None)
BOOL_UNARY = dict(isnan=lambda x: x != x, isinf=math.isinf, isfinite=math.isfinite, logical_not=operator.not_, signbit=None, isneginf=None, isposinf=None)
ARITH = dict(copysign=math.copysign, heaviside=None, ldexp=None, nextafter=None, gcd=math.gcd, add=operator.add, sub=operator.sub, mul=operator.mul, remainder=operator.mod, maximum=max, minimum=min, pow=power,
             floor_divide=floor_div, bitwise_and=operator.and_, bitwise_or=operator.or_, bitwise_xor=operator.xor, fmod=math.fmod,
             bitwise_left_shift=operator.lshift, bitwise_right_shift=operator.rshift, fmax=max, fmin=min)
FLOAT_BINARY = dict(div=true_div, atan2=math.atan2, xlogy=None, logaddexp=None, hypot=math.hypot)
COMPARE = dict(eq=operator.eq, ne=operator.ne, lt=operator.lt, le=operator.le, gt=operator.gt, ge=operator.ge,
               logical_and=lambda a, b: bool(a and b), logical_or=lambda a, b: bool(a or b), logical_xor=lambda a, b: bool(a) != bool(b))

F, METHODS = {}, {}


def define(name, function, inplace=None):
    function.__name__ = name
    F[name] = METHODS[name] = function
    if inplace:
        inplace.__name__ = name + "_"
        F[name + "_"] = METHODS[name + "_"] = inplace


def floated(*args):
    d = result_type(*args)
    return d if d.kind >= 2 else DEFAULT_DTYPE[0]


def unary(name, fn, dt):
    def f(input, *a, out=None, inplace=False, **k):
        if inplace:
            return in_place(name + "_", fn, input, ())
        return elementwise(name, fn, (input,), dt(input), out)

    def g(input, *a, **k):
        castable(dt(input), input)
        return in_place(name + "_", fn, input, ())
    define(name, f, g)


for _n, _f in FLOAT_UNARY.items():
    unary(_n, _f, lambda t: t.dtype if t.dtype.kind >= 2 else DEFAULT_DTYPE[0])
for _n, _f in SAME_UNARY.items():
    unary(_n, _f, lambda t: t.dtype)
for _n, _f in BOOL_UNARY.items():
    unary(_n, _f, lambda t: bool_)


def bitwise_not(input, out=None):
    return elementwise("bitwise_not", operator.not_ if input.dtype is bool_ else operator.invert, (input,), input.dtype, out)


define("bitwise_not", bitwise_not, lambda t: in_place("bitwise_not_", operator.not_ if t.dtype is bool_ else operator.invert, t, ()))


def binary(name, fn, dt):
    def f(input, other, *, alpha=None, out=None, rounding_mode=None):
        if not isinstance(input, Tensor) and not isinstance(other, Tensor):
            other = scalar(other)
        if alpha not in (None, 1) and name in ("add", "sub"):
            return elementwise(name, (lambda a, b: fn(a, b * alpha)), (input, other), dt(input, other), out)
        if rounding_mode is not None:
            r = result_type(input, other)
            return elementwise(name, floor_div if rounding_mode == "floor" else (lambda a, b: int(a / b)), (input, other), r, out)
        return elementwise(name, fn, (input, other), dt(input, other), out)

    def g(input, other, *, alpha=None, rounding_mode=None):
        castable(result_type(input, other) if rounding_mode is not None else dt(input, other) if dt is not boolean else bool_, input)
        if alpha not in (None, 1):
            return in_place(name + "_", lambda a, b: fn(a, b * alpha), input, (other,))
        if rounding_mode is not None:
            return in_place(name + "_", floor_div, input, (other,))
        return in_place(name + "_", fn, input, (other,))
    define(name, f, g)


def scalar(x):
    return make((), scalar_dtype(x), _core.CPU, [x])


def boolean(a, b):
    return bool_


for _n, _f in ARITH.items():
    binary(_n, _f, result_type)
for _n, _f in FLOAT_BINARY.items():
    binary(_n, _f, floated)
for _n, _f in COMPARE.items():
    binary(_n, _f, boolean)
for _a, _b in dict(multiply="mul", subtract="sub", divide="div", true_divide="div", negative="neg", absolute="abs", not_equal="ne",
                   greater="gt", less="lt", greater_equal="ge", less_equal="le", expit="sigmoid", arctan="atan").items():
    for _s in ("", "_"):
        F[_a + _s] = METHODS[_a + _s] = F[_b + _s]
BITS = dict(__and__="bitwise_and", __or__="bitwise_or", __xor__="bitwise_xor", __lshift__="bitwise_left_shift",
            __rshift__="bitwise_right_shift", __add__="add", __sub__="sub", __mul__="mul", __truediv__="div", __floordiv__="floor_divide",
            __mod__="remainder", __pow__="pow", __lt__="lt", __le__="le", __gt__="gt", __ge__="ge", __ne__="ne", __eq__="eq")
for _a, _b in BITS.items():
    def _op(self, other, _f=F[_b], _eq=_a in ("__eq__", "__ne__")):
        if not isinstance(other, (Tensor, int, float, complex)):
            if hasattr(other, "__warpipe_tensor__"):
                other = other.__warpipe_tensor__()
            else:
                return NotImplemented
        return _f(self, other)
    METHODS[_a] = _op
for _a, _b in dict(__iadd__="add_", __isub__="sub_", __imul__="mul_", __itruediv__="div_", __ifloordiv__="floor_divide_", __iand__="bitwise_and_",
                   __ior__="bitwise_or_", __ixor__="bitwise_xor_", __imod__="remainder_", __ipow__="pow_").items():
    METHODS[_a] = F[_b]
METHODS["__radd__"] = lambda self, o: F["add"](self, o)
METHODS["__rmul__"] = lambda self, o: F["mul"](self, o)
METHODS["__rand__"] = lambda self, o: F["bitwise_and"](self, o)
METHODS["__ror__"] = lambda self, o: F["bitwise_or"](self, o)
METHODS["__rsub__"] = lambda self, o: elementwise("rsub", lambda a, b: b - a, (self, o), result_type(self, o))
METHODS["__rtruediv__"] = lambda self, o: F["mul"](F["reciprocal"](self), o)
METHODS["__rfloordiv__"] = lambda self, o: elementwise("floor_divide", lambda a, b: b // a, (self, o), result_type(self, o))
METHODS["__rpow__"] = lambda self, o: elementwise("pow", lambda a, b: b ** a, (self, o), result_type(self, o))
METHODS["__rmod__"] = lambda self, o: elementwise("remainder", lambda a, b: b % a, (self, o), result_type(self, o))
METHODS["__neg__"], METHODS["__invert__"], METHODS["__abs__"] = F["neg"], F["bitwise_not"], F["abs"]
METHODS["__pos__"] = lambda self: self


def square(input):
    return F["pow"](input, 2 if input.dtype is not bool_ else scalar(2))


define("square", square, lambda t: F["pow_"](t, 2))


def rsub(input, other, alpha=1):
    return METHODS["__rsub__"](input, other)


def clamp(input, min=None, max=None, out=None):
    def f(x, lo, hi):
        if lo is not None and x < lo:
            x = lo
        return hi if hi is not None and x > hi else x
    ts = [input] + [b for b in (min, max) if isinstance(b, Tensor)]
    if len(ts) > 1:
        lo, hi = min, max
        args = [input, lo if lo is not None else -math.inf, hi if hi is not None else math.inf]
        return elementwise("clamp", lambda x, a, b: builtin_max(a, builtin_min(x, b)), args, result_type(*ts), out)
    return elementwise("clamp", lambda x: f(x, min, max), (input,), result_type(input, *(b for b in (min, max) if b is not None)), out)


builtin_max, builtin_min = max, min


def clamp_(input, min=None, max=None):
    def f(x):
        if min is not None and x < min:
            x = min
        return max if max is not None and x > max else x
    if isinstance(min, Tensor) or isinstance(max, Tensor):
        f = None
    return in_place("clamp_", f, input, ())


define("clamp", clamp, clamp_)
define("clip", clamp, clamp_)
define("clamp_min", lambda t, min: elementwise("clamp_min", builtin_max, (t, min), result_type(t, min)),
       lambda t, min: in_place("clamp_min_", builtin_max, t, (min,)))
define("clamp_max", lambda t, max: elementwise("clamp_max", builtin_min, (t, max), result_type(t, max)),
       lambda t, max: in_place("clamp_max_", builtin_min, t, (max,)))


def where_(condition, input=None, other=None, out=None):
    if input is None:
        from ._index import nonzero
        return nonzero(condition, as_tuple=True)
    ts = [x for x in (condition, input, other) if isinstance(x, Tensor)]
    return elementwise("where", lambda c, a, b: a if c else b, (condition, input, other), result_type(input, other), out)


F["where"] = where_
METHODS["where"] = lambda self, condition, other: where_(condition, self, other)


def masked_fill(input, mask, value):
    return elementwise("masked_fill", lambda x, m, v: v if m else x, (input, mask, value), input.dtype, row_major=True)


def masked_fill_(input, mask, value):
    return in_place("masked_fill_", lambda x, m, v: v if m else x, input, (mask, value))


define("masked_fill", masked_fill, masked_fill_)


def lerp(input, end, weight):
    return elementwise("lerp", None, (input, end, weight), input.dtype)


def addcmul(input, tensor1, tensor2, value=1, out=None):
    return elementwise("addcmul", None, (input, tensor1, tensor2), None, out)


define("lerp", lerp)
define("addcmul", addcmul, lambda t, a, b, value=1: in_place("addcmul_", None, t, (a, b)))
define("addcdiv", lambda t, a, b, value=1: elementwise("addcdiv", None, (t, a, b)), lambda t, a, b, value=1: in_place("addcdiv_", None, t, (a, b)))


# ------------------------------------------------------------------ dtype, device, copies
def to(t, *args, dtype=None, device=None, non_blocking=False, copy=False, memory_format=None):
    for a in args:
        if isinstance(a, Dtype):
            dtype = a
        elif isinstance(a, Tensor):
            dtype, device = a.dtype, a.device
        elif isinstance(a, bool):
            pass
        elif a is not None:
            device = a
    dt = dtype or t.dtype
    dev = where(device) if device is not None else t.device
    if dt is t.dtype and dev == t.device and not copy:
        return t
    vals = values_of(t)
    vals = cast_values(vals, dt) if dt is not t.dtype else vals
    if vals is not None and not keeps(dt, len(vals)):
        vals = None
    r = make(t.shape, dt, dev, list(vals) if type(vals) is list else vals, like_stride(t))
    extra = None
    if dev.type != t.device.type:
        extra = {"copy": "DtoH" if dev.type == "cpu" else "HtoD"}
    launch_op("_to_copy", (t,), (r,), extra)
    return r


def copy_(t, src, non_blocking=False):
    if not isinstance(src, Tensor):
        src = scalar(src) if isinstance(src, (int, float)) else src.__warpipe_tensor__()
    if same_memory(t, src):
        return t
    if src.device.type == "cpu" and not src.shape and t.device.type != "cpu":
        return fill_(t, src)
    vals = spread(src, t.shape)
    if vals is not None and src.dtype is not t.dtype:
        vals = cast_values(vals, t.dtype)
    write_values(t, vals)
    extra = None
    if src.device.type != t.device.type:
        extra = {"copy": "DtoH" if t.device.type == "cpu" else "HtoD"}
    broadcast(t.shape, src.shape)
    launch_op("copy_", (t, src), (t,), extra)
    return t


def fill_(t, value):
    v = value
    if isinstance(value, Tensor):
        known_ = values_of(value)
        v = known_[0] if known_ else None
    n = numel_of(t.shape)
    if v is not None and n <= _core.KEEP_INTS and (t._st.values is not None or (n == t._st.numel and keeps(t.dtype, n))):
        write_values(t, cast_values([v], t.dtype) * n)
    else:
        write_values(t, None)
    launch_op("fill_", (t,), (t,))
    return t


def zero_(t):
    n = numel_of(t.shape)
    if keeps(t.dtype, n):
        write_values(t, cast_values([0], t.dtype) * n)
    else:
        write_values(t, None)
    launch_op("zero_", (t,), (t,))
    return t


def random_(name):
    def f(t, *a, **k):
        write_values(t, None)
        launch_op(name, (t,), (t,))
        return t
    return f


for _n in ("uniform_", "normal_", "exponential_", "random_", "bernoulli_", "cauchy_", "log_normal_", "geometric_"):
    METHODS[_n] = random_(_n)
METHODS.update(to=to, copy_=copy_, fill_=fill_, zero_=zero_)
for _n, _d in dict(float="float32", double="float64", half="float16", bfloat16="bfloat16", int="int32", long="int64", short="int16",
                   char="int8", byte="uint8", bool="bool").items():
    METHODS[_n] = (lambda d: lambda t, memory_format=None: to(t, d))(_core.DTYPES[_d])
METHODS["type_as"] = lambda t, o: to(t, o.dtype, o.device)
METHODS["cuda"] = lambda t, device=None, non_blocking=False, memory_format=None: to(t, where("cuda" if device is None else device))
METHODS["cpu"] = lambda t, memory_format=None: to(t, _core.CPU)


def type_(t, dt=None, non_blocking=False):
    if dt is None:
        return "torch.%sTensor" % t.dtype.name
    if isinstance(dt, Dtype):
        return to(t, dt)
    return to(t, getattr(dt, "dtype", dt))


METHODS["type"] = type_


def set_data(t, *a, **k):
    if a and isinstance(a[0], Tensor):
        t.data = a[0]
    return t


METHODS["set_"] = set_data


def resize_(t, *sizes, memory_format=None):
    from ._views import ints
    s = make(ints(sizes), t.dtype, t.device)
    t.shape, t._stride, t._st, t._off = s.shape, s._stride, s._st, 0
    return t


METHODS["resize_"] = resize_


def item(t):
    if numel_of(t.shape) != 1:
        raise RuntimeError("a Tensor with %d elements cannot be converted to Scalar" % numel_of(t.shape))
    return _core.read_value(t, "item")


def nest(vals, shape):
    if not shape:
        return vals[0]
    if len(shape) == 1:
        return list(vals)
    step = numel_of(shape[1:])
    return [nest(vals[i * step:(i + 1) * step], shape[1:]) for i in range(shape[0])]


def tolist(t, why="tolist"):
    vals = values_of(t)
    if t.device.type == "cuda" and not _core.STATE.quiet:
        _core.launch("torch", "memcpy DtoH (%s)" % why, (t,), {"copy": "DtoH"})
    if vals is None or (type(vals) is list and None in vals):
        if _core.STATE.on:
            _core.unresolved("values of a tensor %s" % list(t.shape), "read by %s(); nobody knows them, ones are taken" % why)
        vals = [1 if v is None else v for v in vals or [None] * numel_of(t.shape)]
    return nest(vals, t.shape)


METHODS.update(item=item, tolist=tolist)
METHODS["__bool__"] = lambda t: bool(item(t))
METHODS["__int__"] = lambda t: int(item(t))
METHODS["__float__"] = lambda t: float(item(t))
METHODS["__index__"] = lambda t: int(item(t))
METHODS["__complex__"] = lambda t: complex(item(t))


def elements(t):
    if not t.shape:
        raise TypeError("iteration over a 0-d tensor")
    return iter([t.select(0, i) for i in range(t.shape[0])])


METHODS["__iter__"] = elements
METHODS["__contains__"] = lambda t, x: bool(F["eq"](t, x).any())
F["is_nonzero"] = METHODS["is_nonzero"] = lambda t: bool(item(t))
def foreach(name, one):
    def f(tensors, others=None, *a, **k):
        launch_op(name, [[*tensors], [*others] if isinstance(others, (list, tuple)) else []], tensors)
        with QUIET:
            for i, t in enumerate(tensors):
                one(t, others[i] if isinstance(others, (list, tuple)) else others) if others is not None else one(t)
    F[name] = f


for _n in ("copy_", "add_", "mul_", "sub_", "div_", "zero_"):
    foreach("_foreach_" + _n, METHODS[_n])
for _n, _f in METHODS.items():
    setattr(Tensor, _n, _f)
