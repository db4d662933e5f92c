# SPDX-License-Identifier: Apache-2.0
from .bindings.driver import *          # noqa: F401,F403
from .bindings import driver as _m


def __getattr__(name): return getattr(_m, name)
