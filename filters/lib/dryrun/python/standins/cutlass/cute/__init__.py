# SPDX-License-Identifier: Apache-2.0
"""cutlass.cute: @cute.kernel marks a kernel; what cute.compile() or @cute.jit gives launches it when called."""
import functools

from launches.permissive import undescribed
from launches.record import STATE, launch

from . import runtime


def ceil_div(a, b):
    return -(-a // b)


def kernel(f=None, **k):
    if f is None:
        return lambda g: kernel(g)
    f.is_cute_kernel = True
    return f


def kernels_of(f, objects=()):
    """The kernels that a host function or an object's call leads to: by the names its code mentions, or those of
    the objects that it is given."""
    if not hasattr(f, "__code__") and not hasattr(f, "__wrapped__"):
        return own_kernels(f) or [type(f).__name__]
    while hasattr(f, "__wrapped__"):
        f = f.__wrapped__
    code = f.__code__
    named = [n for n in code.co_names if getattr(f.__globals__.get(n), "is_cute_kernel", False)]
    return named or [n for x in objects if own_kernels(x) for n in own_kernels(x)] or [code.co_name]


def own_kernels(x):
    """Those of an object's class."""
    return [n for cls in type(x).__mro__ for n, v in vars(cls).items() if getattr(v, "is_cute_kernel", False)]


class Compiled:
    def __init__(self, f, objects=()):
        self._names = kernels_of(f, objects)

    def __call__(self, *a, **k):
        if STATE.on and not STATE.quiet:
            launch("cute-dsl", self._names[0], (runtime.unwrap(a), runtime.unwrap(k)), {"names": self._names[1:]} if self._names[1:] else None)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *a, **k: self


class _Compile:
    def __call__(self, f, *a, **k): return Compiled(f, a)
    def __getitem__(self, options): return self
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return undescribed("cutlass.cute.compile", name)


compile = _Compile()


def jit(f=None, **k):
    if f is None:
        return lambda g: jit(g)

    @functools.wraps(f)
    def host(*a, **k):
        return Compiled(f)(*a, **k)
    return host


from . import experimental   # noqa: E402


def __getattr__(name):
    return undescribed("cutlass.cute", name)
