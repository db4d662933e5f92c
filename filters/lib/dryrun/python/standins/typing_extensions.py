# SPDX-License-Identifier: Apache-2.0
from typing import *          # noqa: F401,F403
import typing as _t

for _n in dir(_t):
    if not _n.startswith("__"):
        globals()[_n] = getattr(_t, _n)


def _decorator(*a, **k):
    return lambda f: f


override = lambda f: f
deprecated = _decorator
runtime = _t.runtime_checkable
TypeIs = _t.TypeGuard
ReadOnly = _t.Required
TypeAliasType = lambda name, value, **k: value
Sentinel = object
doc = Doc = str
