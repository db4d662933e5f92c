# SPDX-License-Identifier: Apache-2.0
"""cutlass.cute.experimental: the same words as cutlass.cute, for kernels of the next generation."""
from launches.permissive import undescribed

from . import compile, jit, kernel   # noqa: F401


def __getattr__(name):
    return undescribed("cutlass.cute.experimental", name)
