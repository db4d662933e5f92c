# SPDX-License-Identifier: Apache-2.0
"""triton: kernels are not compiled; a start of one is a launch."""
from launches.facts import FACTS
from launches.permissive import undescribed

from . import language, runtime, backends
from .runtime.autotuner import Autotuner, Config, Heuristics, autotune, heuristics
from .runtime.jit import JITFunction, KernelInterface, jit

__version__ = FACTS.versions.get("triton", "3.5.1")


def cdiv(a, b):
    return -(-a // b)


def next_power_of_2(n):
    return 1 if n <= 1 else 1 << (int(n) - 1).bit_length()


class OutOfResources(Exception):
    pass


class CompilationError(Exception):
    pass


class MockTensor:
    pass


def set_allocator(f):
    return None


def __getattr__(name):
    return undescribed("triton", name)
