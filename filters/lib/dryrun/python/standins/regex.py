# SPDX-License-Identifier: Apache-2.0
from re import *          # noqa: F401,F403
from re import Match, Pattern, compile as _compile, error, escape

V0 = V1 = VERSION0 = VERSION1 = 0
__version__ = "2025.11.3"


def compile(pattern, flags=0, **k): return _compile(pattern, flags)
