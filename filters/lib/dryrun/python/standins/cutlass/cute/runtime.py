# SPDX-License-Identifier: Apache-2.0
from launches.permissive import undescribed


class Wrapped:
    """A torch tensor as cute sees it."""

    def __init__(self, tensor): self.tensor = tensor

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ("shape", "stride", "dtype", "device"):
            return getattr(self.tensor, name)
        return lambda *a, **k: self

    def __setattr__(self, name, value): object.__setattr__(self, name, value)


def unwrap(x):
    if isinstance(x, Wrapped):
        return x.tensor
    if isinstance(x, (list, tuple)):
        return [unwrap(y) for y in x]
    if isinstance(x, dict):
        return [unwrap(y) for y in x.values()]
    return x


def from_dlpack(t, *a, **k): return Wrapped(t)
def make_fake_tensor(*a, **k): return Wrapped(None)


make_fake_compact_tensor = make_fake_stream = make_ptr = make_fake_tensor


def __getattr__(name):
    return undescribed("cutlass.cute.runtime", name)
