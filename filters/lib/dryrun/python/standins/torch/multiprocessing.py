# SPDX-License-Identifier: Apache-2.0
"""torch.multiprocessing: nothing is started."""
import sys
import types

from launches.permissive import undescribed

reductions = types.ModuleType("torch.multiprocessing.reductions")
reductions.__getattr__ = lambda name: undescribed("torch.multiprocessing.reductions", name)
sys.modules["torch.multiprocessing.reductions"] = reductions
__path__ = []


def set_start_method(*a, **k): return None
def get_start_method(*a, **k): return "spawn"
def set_sharing_strategy(*a): return None


def __getattr__(name):
    return undescribed("torch.multiprocessing", name)
