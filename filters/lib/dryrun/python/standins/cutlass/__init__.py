# SPDX-License-Identifier: Apache-2.0
"""cutlass' Python: see cute/. Its types are only names and, of numbers, widths in bits."""
import re

from launches.facts import FACTS, nvidia
from launches.permissive import undescribed

if not nvidia():
    raise ModuleNotFoundError("No module named 'cutlass'")
__version__ = FACTS.versions.get("nvidia-cutlass-dsl", "4.3.4")
from . import cute   # noqa: E402


class Numeric:
    """A number's type: Uint32, BFloat16, Float8E4M3FN."""
    width = 0

    def __init__(self, value=0, **k): self.value = value
    def __int__(self): return int(self.value)
    __index__ = __int__


def __getattr__(name):
    bits = re.match(r"(?:Uint|Int|T?B?Float)(\d+)", name) or re.match(r"(Boolean)$", name)
    if bits:
        made = globals()[name] = type(name, (Numeric,), {"width": int(bits[1]) if bits[1].isdigit() else 8})
        return made
    return undescribed("cutlass", name)
