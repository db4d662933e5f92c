# SPDX-License-Identifier: Apache-2.0
"""triton.language: only names; no kernel body runs."""
import sys
import types

from launches.permissive import Instance, Name

__path__ = []


class constexpr:
    def __init__(self, value=None):
        self.value = value.value if isinstance(value, constexpr) else value

    def __class_getitem__(cls, i): return cls
    def __index__(self): return int(self.value)
    __int__ = __index__
    def __bool__(self): return bool(self.value)
    def __eq__(self, o): return self.value == getattr(o, "value", o)
    def __hash__(self): return hash(self.value)
    def __repr__(self): return "constexpr[%s]" % self.value
    def __getattr__(self, n):
        if n.startswith("__") or n == "value":
            raise AttributeError(n)
        return getattr(self.value, n)


constexpr_type = constexpr


class dtype:
    def __init__(self, name, bits=0):
        self.name, self.primitive_bitwidth = name, bits

    def __repr__(self): return "triton.language." + self.name
    def __str__(self): return self.name
    def __hash__(self): return hash(self.name)
    def __eq__(self, o): return getattr(o, "name", o) == self.name
    def __call__(self, *a): return a[0] if a else 0
    def is_fp8(self): return self.name.startswith("fp8")
    def __or__(self, o): return self
    __ror__ = __or__


for _n, _b in dict(int1=1, int8=8, int16=16, int32=32, int64=64, uint8=8, uint16=16, uint32=32, uint64=64, float8e4nv=8, float8e4b8=8, float8e4b15=8,
                   float8e5=8, float8e5b16=8, float16=16, bfloat16=16, float32=32, float64=64, void=0).items():
    globals()[_n] = dtype({"float": "fp", "int": "int"}.get(_n, _n).replace("float", "fp") if _n != "bfloat16" else "bf16", _b)


class tensor:
    pass


class block_type:
    pass


class pointer_type:
    def __init__(self, t, *a): self.element_ty = t


class tensor_descriptor:
    pass


PropagateNan = types.SimpleNamespace(ALL=0, NONE=1)


def static_print(*a, **k): return None


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return Name("triton.language." + name)
