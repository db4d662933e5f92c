# SPDX-License-Identifier: Apache-2.0
from .bindings.runtime import *          # noqa: F401,F403
from .bindings import runtime as _m


def __getattr__(name): return getattr(_m, name)
