# SPDX-License-Identifier: Apache-2.0
"""The tensor that only knows shapes: shape, stride, dtype, device, storage, and the values of small ones.

Everything else of this torch is written with what stands here. A storage keeps a flat list of values, in elements
of the dtype it was made with, or None where nobody knows them; a single None in the list is one unknown value.
Views share the storage. launch_op() is the one place where an operation becomes a launch.
"""
import math
import struct

from _warpipe import Size as Named              # a number that knows what it is called
from launches.machine import ADDRESSES
from launches.record import STATE, launch, unresolved

KEEP_INTS = 1 << 17       # values of integer and bool tensors are kept up to this many elements,
KEEP_FLOATS = 1 << 14     # those of floats up to this many: they decide nothing but a few scales


class dtype:
    __slots__ = ("name", "itemsize", "is_floating_point", "is_complex", "is_signed", "rank", "kind")

    def __init__(self, name, itemsize, kind, rank, signed=True):
        self.name, self.itemsize, self.rank, self.kind = name, itemsize, rank, kind
        self.is_floating_point, self.is_complex = kind == 2, kind == 3
        self.is_signed = signed

    def __repr__(self):
        return "torch." + self.name

    def __reduce__(self):
        return self.name

    def to_real(self):
        return self

    def __or__(self, other):
        import typing
        return typing.Union[self, other]

    def __call__(self):                     # typing asks for something that may be called
        raise TypeError("a dtype is not called")


# kind: 0 bool, 1 integer, 2 float, 3 complex; rank orders them for promotion inside a kind
bool_ = dtype("bool", 1, 0, 0, False)
uint8 = dtype("uint8", 1, 1, 1, False)
int8 = dtype("int8", 1, 1, 1)
int16 = dtype("int16", 2, 1, 2)
int32 = dtype("int32", 4, 1, 3)
int64 = dtype("int64", 8, 1, 4)
uint16 = dtype("uint16", 2, 1, 2, False)
uint32 = dtype("uint32", 4, 1, 3, False)
uint64 = dtype("uint64", 8, 1, 4, False)
float8_e4m3fn = dtype("float8_e4m3fn", 1, 2, 0)
float8_e5m2 = dtype("float8_e5m2", 1, 2, 0)
float8_e4m3fnuz = dtype("float8_e4m3fnuz", 1, 2, 0)
float8_e5m2fnuz = dtype("float8_e5m2fnuz", 1, 2, 0)
float8_e8m0fnu = dtype("float8_e8m0fnu", 1, 2, 0)
float4_e2m1fn_x2 = dtype("float4_e2m1fn_x2", 1, 2, 0)
float16 = dtype("float16", 2, 2, 1)
bfloat16 = dtype("bfloat16", 2, 2, 1)
float32 = dtype("float32", 4, 2, 2)
float64 = dtype("float64", 8, 2, 3)
complex32 = dtype("complex32", 4, 3, 0)
complex64 = dtype("complex64", 8, 3, 1)
complex128 = dtype("complex128", 16, 3, 2)
qint8 = dtype("qint8", 1, 1, 1)
quint8 = dtype("quint8", 1, 1, 1, False)
DTYPES = {d.name: d for d in list(globals().values()) if type(d) is dtype}

DEFAULT_DTYPE = [float32]


def promote(a, b):
    """The dtype of an operation on tensors of dtypes a and b of the same standing."""
    if a is b:
        return a
    if a.kind != b.kind:
        return a if a.kind > b.kind else b
    if a.rank != b.rank:
        return a if a.rank > b.rank else b
    if a.kind == 1:                         # uint8 with int8
        return int16
    return float32                          # bfloat16 with float16


class device:
    __slots__ = ("type", "index")

    def __init__(self, type, index=None):
        if isinstance(type, device):
            type, index = type.type, type.index if index is None else index
        elif isinstance(type, int):
            type, index = "cuda", type
        elif ":" in type:
            type, _, n = type.partition(":")
            index = int(n)
        self.type, self.index = type, index

    def __eq__(self, other):
        return isinstance(other, device) and self.type == other.type and self.index == other.index

    def __hash__(self):
        return hash((self.type, self.index))

    def __repr__(self):
        return "device(type='%s'%s)" % (self.type, "" if self.index is None else ", index=%d" % self.index)

    def __str__(self):
        return self.type if self.index is None else "%s:%d" % (self.type, self.index)

    def __reduce__(self):
        return (device, (str(self),))

    def __enter__(self):
        DEFAULT_DEVICE.append(where(self))
        return self

    def __exit__(self, *exc):
        DEFAULT_DEVICE.pop()
        return False

    def __call__(self, function):
        def run(*a, **k):
            with self:
                return function(*a, **k)
        return run


CPU = device("cpu")
META = device("meta")
CUDA0 = device("cuda", 0)
DEFAULT_DEVICE = [CPU]
KNOWN = {"cpu": CPU, "cuda": CUDA0, "cuda:0": CUDA0, "meta": META, 0: CUDA0, None: None}


def where(d):
    """The device a tensor lands on: without an index it is number 0."""
    if d is None:
        return DEFAULT_DEVICE[-1]
    if type(d) is str or type(d) is int:
        got = KNOWN.get(d)
        if got is not None:
            return got
        d = device(d)
    if type(d) is device:
        if d.type == "cpu" or d.type == "meta":
            return CPU if d.type == "cpu" else META
        if d.index is None or d.index == 0:
            return CUDA0 if d.type == "cuda" else device(d.type, 0)
    return d


class Size(tuple):
    __slots__ = ()

    def numel(self):
        n = 1
        for d in self:
            n *= d
        return n

    def __repr__(self):
        return "torch.Size([%s])" % ", ".join(map(str, self))

    def __getitem__(self, i):
        r = tuple.__getitem__(self, i)
        return Size(r) if type(i) is slice else r

    def __add__(self, other):
        return Size(tuple.__add__(self, tuple(other)))


class Storage:
    __slots__ = ("values", "dtype", "numel", "device", "__weakref__", "shared")

    def __init__(self, numel, dtype, device, values=None):
        self.numel, self.dtype, self.device, self.values = numel, dtype, device, values

    def nbytes(self):
        return self.numel * self.dtype.itemsize

    def size(self):
        return self.nbytes()

    def resize_(self, n):
        self.numel = n // self.dtype.itemsize
        self.values = None
        return self

    def data_ptr(self):
        return address(self)

    @property
    def _cdata(self):
        return id(self)


def address(storage):
    return 0x7f0000000000 + (id(storage) & 0xfffffff) * 256


def numel_of(shape):
    n = 1
    for d in shape:
        n *= d
    return n


def dense(shape):
    """Strides of a tensor without gaps in row-major order."""
    out, step = [], 1
    for d in reversed(shape):
        out.append(step)
        step *= d if d > 1 else 1
    out.reverse()
    return tuple(out)


def keeps(dt, n):
    return n <= (KEEP_INTS if dt.kind < 2 else KEEP_FLOATS)


class TensorMeta(type):
    """isinstance(x, torch.Tensor) is asked often; parameters and buffers are tensors, too."""


class Tensor(metaclass=TensorMeta):
    __slots__ = ("shape", "_stride", "dtype", "device", "_st", "_off", "__dict__", "__weakref__")
    is_warpipe_tensor = True
    __array_priority__ = 1000
    requires_grad = False
    grad = None
    grad_fn = None
    is_leaf = True
    is_sparse = False
    is_quantized = False
    is_nested = False
    layout = "torch.strided"
    names = ()

    # ------------------------------------------------------------ what it is
    @property
    def is_cuda(self):
        return self.device.type == "cuda"

    @property
    def is_cpu(self):
        return self.device.type == "cpu"

    @property
    def is_meta(self):
        return self.device.type == "meta"

    is_xpu = is_hpu = is_npu = is_mps = is_musa = False

    def size(self, dim=None):
        return self.shape if dim is None else self.shape[dim]

    def stride(self, dim=None):
        return self._stride if dim is None else self._stride[dim]

    def dim(self):
        return len(self.shape)

    ndimension = dim
    ndim = property(dim)

    def numel(self):
        return numel_of(self.shape)

    nelement = numel

    def element_size(self):
        return self.dtype.itemsize

    itemsize = property(element_size)

    @property
    def nbytes(self):
        return numel_of(self.shape) * self.dtype.itemsize

    def storage_offset(self):
        return self._off

    def untyped_storage(self):
        return self._st

    storage = _typed_storage = untyped_storage

    def data_ptr(self):
        if 0 in self.shape:
            return 0
        place = address(self._st) + self._off * self.dtype.itemsize
        ADDRESSES[place] = self
        return place

    def get_device(self):
        return self.device.index if self.device.type == "cuda" else -1

    def is_contiguous(self, memory_format=None):
        step, stride = 1, self._stride
        for i in range(len(stride) - 1, -1, -1):
            d = self.shape[i]
            if d != 1:
                if d == 0:
                    return True
                if stride[i] != step:
                    return False
                step *= d
        return True

    def is_floating_point(self):
        return self.dtype.kind == 2

    def is_complex(self):
        return self.dtype.kind == 3

    def is_pinned(self, *a):
        return False

    def is_shared(self):
        return False

    def is_inference(self):
        return False

    is_neg = is_conj = is_coalesced = is_inference

    def conj(self):
        return self

    resolve_conj = resolve_neg = conj

    def requires_grad_(self, on=True):
        return self

    def pin_memory(self, *a):
        return self

    def share_memory_(self):
        return self

    def record_stream(self, s):
        return None

    def register_hook(self, f):
        return None

    @property
    def data(self):
        return view_of(self, self.shape, self._stride, self._off)

    @data.setter
    def data(self, other):
        self.shape, self._stride, self.dtype, self.device = other.shape, other._stride, other.dtype, other.device
        self._st, self._off = other._st, other._off

    def detach(self):
        return view_of(self, self.shape, self._stride, self._off)

    def detach_(self):
        return self

    def __hash__(self):
        return id(self)

    def __len__(self):
        if not self.shape:
            raise TypeError("len() of a 0-d tensor")
        return self.shape[0]

    def __repr__(self):
        return "tensor(%s, dtype=%r, device='%s')" % (list(self.shape), self.dtype, self.device)

    def __format__(self, spec):
        if not self.shape:
            v = values_of(self)
            return format(v[0] if v and v[0] is not None else 0, spec)
        return repr(self)

    def __deepcopy__(self, memo):
        new = make(self.shape, self.dtype, self.device, values_of(self))
        new.__dict__.update(self.__dict__)
        memo[id(self)] = new
        return new

    def __reduce_ex__(self, proto):
        return (rebuild, (tuple(self.shape), self.dtype, str(self.device), values_of(self)))


def rebuild(shape, dt, dev, values):
    return make(shape, dt, where(dev), values)


_new = Tensor.__new__


def make(shape, dt, dev, values=None, stride=None, cls=Tensor):
    """A new tensor with its own storage. `values`: flat, row-major, or None."""
    t = _new(cls)
    t.shape = shape if type(shape) is Size else Size(shape)
    n = 1
    for d in t.shape:
        n *= d
    t._stride = dense(t.shape) if stride is None else stride
    t.dtype, t.device, t._off = dt, dev, 0
    if values is not None and n > KEEP_INTS:
        values = None
    st = t._st = Storage.__new__(Storage)
    st.numel, st.dtype, st.device = n, dt, dev
    st.values = values if stride is None else None
    if stride is not None and values is not None:
        st.values = [None] * n
        write_values(t, values)
    return t


def view_of(t, shape, stride, off, dt=None):
    v = _new(Tensor)
    v.shape = shape if type(shape) is Size else Size(shape)
    v._stride, v._off, v._st, v.device = stride, off, t._st, t.device
    v.dtype = dt or t.dtype
    return v


# ------------------------------------------------------------------ values
def offsets(shape, stride, off):
    """Positions in the storage of a tensor's elements, row-major."""
    out = [off]
    for d, s in zip(shape, stride):
        if d == 1:
            continue
        if s == 0:
            out = [o for o in out for _ in range(d)]
        else:
            steps = range(0, d * s, s)
            out = [o + x for o in out for x in steps]
    return out


def values_of(t):
    """The values, flat and row-major, or None. The list may be the storage's own: copy before changing."""
    st = t._st
    vals = st.values
    if vals is None or st.dtype is not t.dtype:
        return None
    n = numel_of(t.shape)
    if n > KEEP_INTS:
        return None
    if t.is_contiguous():
        return vals if n == len(vals) else vals[t._off:t._off + n]
    if n == 0:
        return []
    return [vals[i] for i in offsets(t.shape, t._stride, t._off)]


def known(t):
    """The values if all are known, else None."""
    v = values_of(t)
    if v is None or (type(v) is not range and None in v):
        return None
    return v


def write_values(t, values):
    """Values go into the tensor's place of its storage; None: nobody knows them from now on."""
    st = t._st
    n = numel_of(t.shape)
    if st.dtype is not t.dtype:
        st.values = None
        return
    if values is None:
        if st.values is None:
            return
        if n >= st.numel or n > KEEP_INTS:
            st.values = None
            return
    old = st.values
    if old is None:
        if st.numel > KEEP_INTS or not keeps(t.dtype, st.numel):
            return
        if n == st.numel and t.is_contiguous():
            st.values = list(values)
            return
        old = st.values = [None] * st.numel
    elif type(old) is not list:
        old = st.values = list(old)
    if t.is_contiguous():
        if values is None:
            values = [None] * n
        old[t._off:t._off + n] = values
        return
    where_ = offsets(t.shape, t._stride, t._off)
    if values is None:
        for i in where_:
            old[i] = None
    else:
        for i, v in zip(where_, values):
            old[i] = v


SHORT = {"float32": "f", "float16": "e"}       # as struct calls them


def rounded(v, short):
    """The float of fewer digits that is nearest."""
    try:
        return struct.unpack(short, struct.pack(short, v))[0]
    except OverflowError:
        return math.copysign(math.inf, v)


def cast_values(values, dt):
    if values is None:
        return None
    if dt.kind == 2:
        short = SHORT.get(dt.name)
        return [None if v is None else float(v) if short is None else rounded(v, short) for v in values]
    if dt.kind == 1:
        if type(values) is range:
            return values
        try:
            return [v if v is None or type(v) is int or type(v) is Named else int(v) for v in values]
        except (ValueError, OverflowError):
            return None
    if dt.kind == 0:
        return [None if v is None else bool(v) for v in values]
    return None


# ------------------------------------------------------------------ launches
def launch_op(name, ins, outs=(), extra=None):
    """An operation of torch runs: a launch if any of its tensors is on the device."""
    if not STATE.on or STATE.quiet:
        return
    hit = False
    for t in outs:
        if 0 in t.shape:
            return
        if t.device.type != "cpu" and t.device.type != "meta":
            hit = True
    if not hit:
        for t in ins:
            if type(t) is list:
                continue
            if t.device.type != "cpu" and t.device.type != "meta":
                hit = True
                break
    if not hit:
        return
    launch("torch", "aten::" + name, ins, extra)


def same_memory(a, b):
    return (a._st is b._st and a._off == b._off and a._stride == b._stride and a.shape == b.shape
            and a.dtype is b.dtype)


def read_value(t, what):
    """A Python number out of a tensor of one element. The unknown is said, and taken to be one."""
    st = t._st
    if not t.shape and st.values is not None and st.dtype is t.dtype:
        v = st.values[t._off:t._off + 1]
    else:
        v = values_of(t)
    if t.device.type == "cuda" and not STATE.quiet:
        launch("torch", "memcpy DtoH (%s)" % what, (t,), {"copy": "DtoH"})
    if v is None or v[0] is None:
        if STATE.on:
            unresolved("value of a tensor %s" % list(t.shape), "read by %s(); nobody knows it, 1 is taken" % what)
        return True if t.dtype.kind == 0 else 1.0 if t.dtype.kind == 2 else 1
    return v[0]
