# SPDX-License-Identifier: Apache-2.0
"""cutlass' Python: see cute/. Its types are only names."""
from launches.facts import FACTS, nvidia
from launches.permissive import undescribed

if not nvidia():
    raise ModuleNotFoundError("No module named 'cutlass'")
__version__ = FACTS.versions.get("nvidia-cutlass-dsl", "4.3.4")
from . import cute   # noqa: E402


def __getattr__(name):
    return undescribed("cutlass", name)
