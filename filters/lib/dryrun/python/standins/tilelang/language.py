# SPDX-License-Identifier: Apache-2.0
"""What a kernel's parameters are declared with: shapes of sizes that are known and of symbols, and a dtype."""
import inspect
import operator

from launches.permissive import undescribed


class Symbol:
    """A size that a call gives, or what is calculated from such."""

    def __init__(self, name, operation=None, operands=()):
        self.name, self.operation, self.operands = name, operation, operands

    def __repr__(self):
        return self.name


def calculated(operation, swapped):
    def f(self, other):
        return Symbol("(%s)" % operation.__name__, operation, (other, self) if swapped else (self, other))
    return f


for _name in ("add", "sub", "mul", "floordiv", "mod"):
    setattr(Symbol, "__%s__" % _name, calculated(getattr(operator, _name), False))
    setattr(Symbol, "__r%s__" % _name, calculated(getattr(operator, _name), True))


def worth(d, sizes):
    """The number that a dimension has, or None."""
    if not isinstance(d, Symbol):
        return d if isinstance(d, int) else None
    if d.operation is None:
        return sizes.get(d)
    operands = [worth(x, sizes) for x in d.operands]
    return None if None in operands else d.operation(*operands)


def symbolic(name, dtype="int32"):
    return Symbol(name)


def dynamic(names, dtype="int32"):
    made = tuple(Symbol(n.strip()) for n in names.split(","))
    return made if len(made) > 1 else made[0]


const = dynamic


class Declared:
    def __init__(self, shape, dtype="float32"):
        self.shape, self.dtype = tuple(shape) if isinstance(shape, (list, tuple)) else (shape,), dtype


class Tensor:
    """Tensor(shape, dtype) and Tensor[shape, dtype]."""

    def __new__(cls, shape, dtype="float32", *a, **k):
        return Declared(shape, dtype)

    def __class_getitem__(cls, item):
        return Declared(*item[:2]) if isinstance(item, tuple) and isinstance(item[0], (list, tuple)) else Declared(item)


Buffer = Tensor


class StridedTensor(Tensor):
    def __new__(cls, shape, strides, dtype="float32", *a, **k):
        return Declared(shape, dtype)


class Prim:
    """A kernel's function; its text is not run."""

    def __init__(self, function):
        self.__wrapped__, self.__name__ = function, function.__name__
        self.parameters = [(p.name, p.annotation) for p in inspect.signature(function).parameters.values()]


def prim_func(function=None, **options):
    return Prim(function) if function is not None else Prim


def macro(function=None, **options):
    return function if function is not None else lambda f: f


def cdiv(a, b):
    return (a + b - 1) // b


ceildiv = cdiv
NAMES = {"float8_e4m3": "float8_e4m3fn", "float8_e5m2": "float8_e5m2", "float": "float32", "int": "int32", "bool": "bool", "half": "float16"}


class Type(str):
    """A dtype by its name, as tilelang has them."""


def dtype_of(declared):
    import torch
    if isinstance(declared, torch.dtype):
        return declared
    return getattr(torch, NAMES.get(str(declared), str(declared)), torch.float32)


for _name in ("float64", "float32", "float16", "bfloat16", "float8_e4m3", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e8m0fnu",
              "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool"):
    globals()[_name] = Type(_name)


def __getattr__(name):
    return undescribed("tilelang.language", name)
