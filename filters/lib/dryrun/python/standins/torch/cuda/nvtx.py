# SPDX-License-Identifier: Apache-2.0
import contextlib


def range_push(*a): return 0
def range_pop(): return 0
def mark(*a): return None
def range(*a, **k): return contextlib.nullcontext()
