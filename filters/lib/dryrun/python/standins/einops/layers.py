# SPDX-License-Identifier: Apache-2.0
import sys
import types

from torch.nn import Module

__path__ = []
torch = sys.modules["einops.layers.torch"] = types.ModuleType("einops.layers.torch")


class Rearrange(Module):
    def __init__(self, pattern, **sizes):
        super().__init__()
        self.pattern, self.sizes = pattern, sizes

    def forward(self, x):
        from . import rearrange
        return rearrange(x, self.pattern, **self.sizes)


torch.Rearrange = Rearrange
