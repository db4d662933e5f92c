# SPDX-License-Identifier: Apache-2.0
import contextlib


def fork_rng(*a, **k): return contextlib.nullcontext()
def manual_seed(*a): return None
def get_rng_state(): return None
def set_rng_state(*a): return None
def seed(): return 0
