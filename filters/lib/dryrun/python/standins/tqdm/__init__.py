# SPDX-License-Identifier: Apache-2.0
"""tqdm: goes over what it is given, and shows nothing."""
import sys
import types


class tqdm:
    def __init__(self, iterable=None, *a, **k): self.iterable, self.n, self.total = iterable, 0, k.get("total")
    def __iter__(self): return iter(self.iterable if self.iterable is not None else ())
    def __len__(self): return len(self.iterable)
    def __enter__(self): return self
    def __exit__(self, *exc): return False
    def __class_getitem__(cls, i): return cls
    def _nothing(self, *a, **k): return None
    update = close = refresh = set_description = set_postfix = set_postfix_str = set_description_str = display = reset = clear = _nothing
    write = classmethod(lambda cls, *a, **k: None)


def trange(*a, **k): return tqdm(range(*a))


class EMA:
    def __init__(self, *a, **k): pass


__path__ = []
for _n in ("auto", "std", "asyncio", "notebook", "contrib", "contrib.concurrent"):
    _m = sys.modules["tqdm." + _n] = types.ModuleType("tqdm." + _n)
    _m.tqdm, _m.trange, _m.EMA = tqdm, trange, EMA
auto, std = sys.modules["tqdm.auto"], sys.modules["tqdm.std"]
