# SPDX-License-Identifier: Apache-2.0
"""@triton.jit: kernel[grid](...) is the launch."""
import inspect

from launches.permissive import undescribed
from launches.record import STATE, launch


class KernelInterface:
    def __getitem__(self, grid):
        return lambda *a, **k: self.run(*a, grid=grid, warmup=False, **k)


class Parameter:
    def __init__(self, num, p):
        self.num, self.name, self.default, self._p = num, p.name, p.default, p
        self.annotation = str(p.annotation)
        self.is_constexpr = "constexpr" in self.annotation
        self.do_not_specialize = False
        self.has_default = p.default is not inspect.Parameter.empty


class Compiled:
    """What a launch gives back, or warmup compiles."""
    n_regs, n_spills, shared = 64, 0, 0

    class metadata:
        shared, num_warps, num_ctas, cluster_dims = 0, 4, 1, (1, 1, 1)

    def __getitem__(self, grid): return lambda *a, **k: None
    def _init_handles(self): return None


class JITFunction(KernelInterface):
    def __init__(self, fn, source="triton", **k):
        self.fn, self.__name__, self.__qualname__ = fn, fn.__name__, fn.__qualname__
        self.__module__, self.__doc__, self.__wrapped__ = fn.__module__, fn.__doc__, fn
        self.source, self._names, self._params = source, None, None
        self.used_global_vals, self.cache, self.device_caches, self.pre_run_hooks = {}, {}, {}, []

    @property
    def params(self):
        if self._params is None:
            self._params = [Parameter(i, p) for i, p in enumerate(inspect.signature(self.fn).parameters.values())]
        return self._params

    @property
    def arg_names(self):
        return [p.name for p in self.params]

    signature = property(lambda self: inspect.signature(self.fn))

    def bind(self, a, k):
        names = self._names
        if names is None:
            code = self.fn.__code__
            names = self._names = code.co_varnames[:code.co_argcount + code.co_kwonlyargcount]
        bound = dict(zip(names, a))
        bound.update(k)
        if len(bound) < len(names):
            for p in self.params:
                if p.name not in bound and p.has_default:
                    bound[p.name] = p.default
        return bound

    def run(self, *a, grid=None, warmup=False, **k):
        if warmup or not STATE.on or STATE.quiet:
            return Compiled()
        bound = self.bind(a, k)
        dims = None
        try:
            dims = [int(x) for x in (grid(bound) if callable(grid) else grid)]
        except (TypeError, KeyError, ValueError, AttributeError):
            pass
        if dims is not None and 0 in dims:
            return Compiled()                   # an empty grid starts nothing
        launch(self.source, self.__name__, list(bound.values()), {"grid": dims} if dims is not None else None)
        return Compiled()

    def warmup(self, *a, **k):
        return Compiled()

    def __call__(self, *a, **k):
        raise RuntimeError("Cannot call @triton.jit'd outside of the scope of a kernel")

    def preload(self, *a): return None
    def create_binder(self): return None


def jit(fn=None, *, version=None, repr=None, launch_metadata=None, do_not_specialize=None, do_not_specialize_on_alignment=None, debug=None,
        noinline=None, **k):
    if fn is None:
        return lambda f: JITFunction(f)
    return JITFunction(fn)


class TensorWrapper:
    def __init__(self, base, dtype): self.base, self.dtype = base, dtype


def reinterpret(tensor, dtype):
    return tensor


def __getattr__(name):
    return undescribed("triton.runtime.jit", name)
