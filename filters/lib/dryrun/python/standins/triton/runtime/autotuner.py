# SPDX-License-Identifier: Apache-2.0
"""Autotuned kernels take their first configuration: which one wins is measured on the device and changes no launch."""
from .jit import KernelInterface


class Config:
    def __init__(self, kwargs, num_warps=4, num_stages=3, num_ctas=1, maxnreg=None, pre_hook=None, ir_override=None, **k):
        self.kwargs, self.num_warps, self.num_stages, self.num_ctas, self.maxnreg, self.pre_hook = kwargs, num_warps, num_stages, num_ctas, maxnreg, pre_hook

    def all_kwargs(self):
        return dict(self.kwargs, num_warps=self.num_warps, num_stages=self.num_stages, num_ctas=self.num_ctas)

    def __hash__(self): return hash(str(self.kwargs))
    def __str__(self): return str(self.kwargs)


class Wrapper(KernelInterface):
    def __getattr__(self, name):
        if name in ("fn", "__wrapped__") or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.fn, name)

    def warmup(self, *a, **k):
        return self.fn.warmup(*a, **k)


class Autotuner(Wrapper):
    def __init__(self, fn, configs, key=(), **k):
        self.fn, self.configs, self.keys, self.cache = fn, configs or [Config({})], key, {}
        self.__name__ = getattr(fn, "__name__", "kernel")
        self.prune = (k.get("prune_configs_by") or {}).get("early_config_prune")

    def run(self, *a, **k):
        configs = self.configs
        return self.fn.run(*a, **{**k, **configs[0].kwargs})


class Heuristics(Wrapper):
    def __init__(self, fn, arg_names, values):
        self.fn, self.values = fn, values
        self.__name__ = getattr(fn, "__name__", "kernel")

    def run(self, *a, **k):
        for v, h in self.values.items():
            k[v] = h({**dict(zip(self.fn.arg_names, a)), **k})
        return self.fn.run(*a, **k)


def autotune(configs, key=(), **k):
    return lambda fn: Autotuner(fn, configs, key, **k)


def heuristics(values):
    return lambda fn: Heuristics(fn, None, values)
