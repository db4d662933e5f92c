# SPDX-License-Identifier: Apache-2.0
import math
import sys
import types

from launches.permissive import undescribed

from ._elementwise import F

__path__ = []


class Normal:
    def __init__(self, loc, scale, validate_args=None): self.loc, self.scale = loc, scale
    def icdf(self, v): return self.loc + self.scale * F["erfinv"](2 * v - 1) * math.sqrt(2)


normal = sys.modules["torch.distributions.normal"] = types.ModuleType("torch.distributions.normal")
normal.Normal = Normal


def __getattr__(name):
    return undescribed("torch.distributions", name)
