# SPDX-License-Identifier: Apache-2.0
"""tilelang: kernels are not compiled; a call of one is a launch, and what it makes has the shapes its arguments declare.

A function under @jit is either a builder, which takes sizes and returns a @prim_func whose parameters are declared,
or the kernel itself, which takes tensors. A launch has the name of the function under @jit, as in the sources.
"""
import sys

from launches.facts import FACTS
from launches.permissive import Module, undescribed
from launches.record import STATE, launch, unresolved

from . import language, math
from .language import Prim, cdiv

__version__ = FACTS.versions.get("tilelang", "0.1.6")


def is_tensor(x):
    return getattr(type(x), "is_warpipe_tensor", False)


class Kernel:
    """What a builder made: a call gives the tensors that are not outputs, and gets those."""

    def __init__(self, name, prim, out):
        self._name, self._prim = name, prim
        n = len(prim.parameters)
        self._out = [i % n for i in ([out] if isinstance(out, int) else out or ())] if n else []

    def __call__(self, *a, **k):
        import torch
        given = iter(a)
        sizes, tensors, made = {}, [], []
        for i, (name, declared) in enumerate(self._prim.parameters):
            if i in self._out:
                continue
            x = k[name] if name in k else next(given, None)
            tensors.append(x)
            if is_tensor(x) and isinstance(declared, language.Declared):
                sizes.update((d, n) for d, n in zip(declared.shape, x.shape) if isinstance(d, language.Symbol))
        for i in self._out:
            declared = self._prim.parameters[i][1]
            shape = [language.worth(d, sizes) for d in declared.shape]
            if None in shape:
                unresolved("call of " + self._name, "the shape of what it returns is not known, 1 is taken")
            made.append(torch.empty([1 if n is None else n for n in shape], dtype=language.dtype_of(declared.dtype), device="cuda"))
        launch("tilelang", self._name, (tensors, made))
        return made[0] if len(made) == 1 else tuple(made) if made else None


class Jitted:
    def __init__(self, function, out_idx=None):
        self.__wrapped__, self._out, self._kernels = function, out_idx, {}
        self.__name__, self.__doc__, self.__module__ = function.__name__, function.__doc__, function.__module__

    def __call__(self, *a, **k):
        if any(map(is_tensor, a)) or any(map(is_tensor, k.values())):
            launch("tilelang", self.__name__, (a, k))
            return None
        key = repr((a, sorted(k.items())))
        if key not in self._kernels:
            prim = self.__wrapped__(*a, **k)
            if not isinstance(prim, Prim):
                if STATE.on:
                    unresolved("kernel " + self.__name__, "what it builds is no function under prim_func")
                prim = Prim(lambda: None)
            self._kernels[key] = Kernel(self.__name__, prim, self._out)
        return self._kernels[key]

    def __get__(self, obj, owner=None):
        return self


def jit(func=None, out_idx=None, **options):
    if func is None:
        return lambda f: Jitted(f, out_idx)
    return Jitted(func, out_idx)


lazy_jit = jit
sys.modules["tilelang.jit"] = Module("tilelang.jit")        # a folder of tilelang has the function's name


def compile(func, out_idx=None, **options):
    return Kernel(func.__name__, func, out_idx)


def next_power_of_2(n):
    return math.next_power_of_2(n)


def set_log_level(level):
    return None


def __getattr__(name):
    return undescribed("tilelang", name)
