# SPDX-License-Identifier: Apache-2.0
"""What the files of this driver share: calls that fit the release at hand, and its modules."""
import importlib
import inspect
import json

import _warpipe

ENCODER = json.JSONEncoder(separators=(",", ":"), default=str)


def emit(r):
    _warpipe.emit(ENCODER.encode(r))


def call_with(function, **have):
    """Calls with those of the arguments at hand that the function of this release takes."""
    taken = inspect.signature(function).parameters
    if any(p.kind is p.VAR_KEYWORD for p in taken.values()):
        return function(**have)
    return function(**{k: v for k, v in have.items() if k in taken})


def module(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def patch(name, **values):
    """Replaces names of a module where the release has them."""
    m = module(name)
    for k, v in values.items():
        if m is not None and hasattr(m, k):
            setattr(m, k, v)


def yes(*a, **k):
    return True


def dp_ranks(args):
    """Ranks of data parallelism: replicas, or groups of attention, which from 0.5.20 on have a number of their own."""
    return args.dp_size * getattr(args, "attn_dp_size", 1)


def unwrap(f):
    """A function and those that its decorators hold."""
    out = []
    while f is not None:
        if hasattr(f, "__code__"):
            out.append(f)
        f = getattr(f, "__wrapped__", None)
    return out
