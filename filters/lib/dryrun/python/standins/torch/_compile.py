# SPDX-License-Identifier: Apache-2.0
"""torch.compile: a region is one launch; what runs inside of it is run to know what it returns."""
import functools

from launches.record import QUIET, STATE, launch


def compile_region(model):
    from .nn import Module
    if isinstance(model, (Module, type)) or not callable(model):
        return model

    @functools.wraps(model)
    def region(*a, **k):
        if not STATE.on or STATE.quiet:
            return model(*a, **k)
        name = getattr(model, "__name__", type(model).__name__)
        mark = len(STATE.out)
        launch("inductor", name, (a, k), {"compiled": True})
        with QUIET:
            return model(*a, **k)
    return region
