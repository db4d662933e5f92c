# SPDX-License-Identifier: Apache-2.0
import types

from launches.permissive import undescribed


def disable(fn=None, recursive=True, **k):
    return fn if callable(fn) else lambda f: f


allow_in_graph = forbid_in_graph = disallow_in_graph = disable
__path__ = []


def mark_dynamic(*a, **k): return None
def mark_static(*a, **k): return None
def mark_unbacked(*a, **k): return None
def maybe_mark_dynamic(*a, **k): return None
def mark_static_address(*a, **k): return None
def reset(): return None
def is_compiling(): return False
def graph_break(*a, **k): return None


class Config:
    def __setattr__(self, n, v): object.__setattr__(self, n, v)
    def __getattr__(self, n):
        if n.startswith("__"):
            raise AttributeError(n)
        return 0


config = Config()


def __getattr__(name):
    return undescribed("torch._dynamo", name)
