# SPDX-License-Identifier: Apache-2.0
"""torch, as far as shapes: see _core.py. Names that are not here are permissive (launches/permissive.py)."""
import sys as _sys
from math import e, inf, nan, pi

from launches.facts import FACTS as _FACTS
from launches.permissive import undescribed as _undescribed
from launches.record import STATE as _STATE

from . import _core
from ._core import Size, Tensor, device, dtype
from . import _views, _elementwise, _factory, _reduce, _index, _linalg

globals().update(_core.DTYPES)
for _room in (_views.FUNCTIONS, _elementwise.F, _factory.FUNCTIONS, _reduce.FUNCTIONS, _index.FUNCTIONS, _linalg.FUNCTIONS):
    globals().update(_room)
float, double, half = _core.float32, _core.float64, _core.float16
int, long, short = _core.int32, _core.int64, _core.int16
bool, cfloat, cdouble = _core.bool_, _core.complex64, _core.complex128
newaxis = None
strided, sparse_coo, sparse_csr = "torch.strided", "torch.sparse_coo", "torch.sparse_csr"
contiguous_format, preserve_format, channels_last, channels_last_3d = "contiguous", "preserve", "channels_last", "channels_last_3d"
memory_format = layout = str
result_type, promote_types = _elementwise.result_type, _core.promote
SymInt, SymBool, SymFloat = type("SymInt", (), {}), type("SymBool", (), {}), type("SymFloat", (), {})


class _Version(str):
    """Compared as versions are."""

    @staticmethod
    def _key(text):
        import re
        return [__builtins__["int"](x) for x in re.findall(r"\d+", str(text).partition("+")[0])]

    def __lt__(self, o): return self._key(self) < self._key(o)
    def __le__(self, o): return self._key(self) <= self._key(o)
    def __gt__(self, o): return self._key(self) > self._key(o)
    def __ge__(self, o): return self._key(self) >= self._key(o)


__version__ = _Version(_FACTS.versions.get("torch", "2.9.1") + ("+cu129" if _FACTS.vendor == "nvidia" else "+rocm7.0"))


# ------------------------------------------------------------------ types of tensors
class _OfType(type):
    def __instancecheck__(cls, x):
        return isinstance(x, Tensor) and x.dtype is cls.dtype

    def __call__(cls, *a, device=None, **k):
        if len(a) == 1 and not isinstance(a[0], __builtins__["int"]):
            return tensor(a[0], dtype=cls.dtype, device=device)
        return empty(*a, dtype=cls.dtype, device=device)


for _n, _d in dict(Float="float32", Double="float64", Half="float16", BFloat16="bfloat16", Int="int32", Long="int64", Short="int16",
                   Char="int8", Byte="uint8", Bool="bool").items():
    globals()[_n + "Tensor"] = _OfType(_n + "Tensor", (), {"dtype": _core.DTYPES[_d]})


class iinfo:
    def __init__(self, dt):
        bits = dt.itemsize * 8
        self.bits, self.dtype = bits, dt.name
        self.min = -(1 << bits - 1) if dt.is_signed else 0
        self.max = (1 << bits - 1) - 1 if dt.is_signed else (1 << bits) - 1


class finfo:
    RANGE = dict(float32=(3.4028234663852886e38, 1.1920928955078125e-07, 1.1754943508222875e-38),
                 float64=(1.7976931348623157e308, 2.220446049250313e-16, 2.2250738585072014e-308),
                 float16=(65504.0, 0.0009765625, 6.103515625e-05), bfloat16=(3.3895313892515355e38, 0.0078125, 1.1754943508222875e-38),
                 float8_e4m3fn=(448.0, 0.125, 0.015625), float8_e4m3fnuz=(240.0, 0.125, 0.0078125),
                 float8_e5m2=(57344.0, 0.25, 6.103515625e-05), float8_e5m2fnuz=(57344.0, 0.25, 3.0517578125e-05),
                 float8_e8m0fnu=(1.7014118346046923e38, 1.0, 5.877471754111438e-39), float4_e2m1fn_x2=(6.0, 0.5, 1.0))

    def __init__(self, dt=None):
        dt = dt or _core.DEFAULT_DTYPE[0]
        self.max, self.eps, self.tiny = self.RANGE[dt.name]
        self.min, self.smallest_normal, self.bits, self.dtype, self.resolution = -self.max, self.tiny, dt.itemsize * 8, dt.name, self.eps


def is_tensor(x):
    return isinstance(x, Tensor)


def typename(x):
    return "torch." + type(x).__name__


def get_default_dtype():
    return _core.DEFAULT_DTYPE[0]


def set_default_dtype(d):
    _core.DEFAULT_DTYPE[0] = d


def set_default_tensor_type(t):
    _core.DEFAULT_DTYPE[0] = t.dtype


def set_default_device(d):
    _core.DEFAULT_DEVICE[0] = _core.where(d) if d is not None else _core.CPU


def get_default_device():
    return _core.DEFAULT_DEVICE[-1]


# ------------------------------------------------------------------ switches that only nest or decorate
class _Switch:
    def __init__(self, mode=True, *a, **k):
        self.mode = mode

    def __new__(cls, mode=True, *a, **k):
        return mode if callable(mode) else object.__new__(cls)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return False

    def __call__(self, f):
        return f

    def clone(self):
        return self


class no_grad(_Switch):
    pass


class enable_grad(_Switch):
    pass


class inference_mode(_Switch):
    pass


class set_grad_enabled(_Switch):
    pass


class autocast(_Switch):
    pass


def is_grad_enabled():
    return False


def is_inference_mode_enabled():
    return True


def is_autocast_enabled(*a):
    return False


def _nothing(*a, **k):
    return None


manual_seed = set_num_threads = set_num_interop_threads = set_float32_matmul_precision = set_printoptions = use_deterministic_algorithms = _nothing
set_flush_denormal = set_warn_always = seed = _nothing


def get_num_threads():
    return 1


def get_rng_state():
    return empty(16, dtype=uint8)


set_rng_state = _nothing


def are_deterministic_algorithms_enabled():
    return False


def get_float32_matmul_precision():
    return "highest"


def initial_seed():
    return 0


def compiled_with_cxx11_abi():
    return True


class Generator:
    def __init__(self, device="cpu"):
        self.device = _core.where(device)

    def manual_seed(self, s): return self
    def initial_seed(self): return 0
    def seed(self): return 0
    def get_state(self): return empty(16, dtype=uint8)
    def set_state(self, s): return self


def numel(t):
    return t.numel()


def is_storage(x):
    return isinstance(x, _core.Storage)


UntypedStorage = TypedStorage = _core.Storage


# ------------------------------------------------------------------ rooms
def compile(model=None, *, disable=False, **k):
    from ._compile import compile_region
    if model is None:
        return lambda m: compile(m, disable=disable, **k)
    return model if disable else compile_region(model)


def get_device_module(d=None):
    if d is not None:
        d = d if isinstance(d, str) else device(d).type
        if d.startswith("cpu"):
            return cpu
    return cuda


class _Accelerator:
    @staticmethod
    def is_available(): return True
    @staticmethod
    def current_accelerator(*a, **k): return device("cuda")
    @staticmethod
    def device_count(): return _FACTS.gpus
    @staticmethod
    def current_device_index(): return 0
    synchronize = set_device_index = staticmethod(_nothing)


accelerator = _Accelerator
default_generator = Generator()
from . import types, version, _ops, nn, cuda, cpu, autograd, jit, library, distributed, utils, profiler, multiprocessing   # noqa: E402
from . import _C, _utils, distributions, backends, special, compiler, _dynamo, amp, xpu, mps, fx, linalg, overrides, _custom_op, serialization, random as _random   # noqa: E402
from ._ops import ops, classes   # noqa: E402
from .autograd import Function   # noqa: E402
from .cuda import Event, Stream   # noqa: E402
from .serialization import load, save   # noqa: E402
from . import random   # noqa: E402
torch_version = type(_sys)("torch.torch_version")
torch_version.TorchVersion = _Version
_sys.modules["torch.torch_version"] = torch_version


def __getattr__(name):
    value = _undescribed("torch", name)
    return value
