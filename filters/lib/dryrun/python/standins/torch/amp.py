# SPDX-License-Identifier: Apache-2.0
from . import autocast


def custom_fwd(f=None, **k): return f if callable(f) else lambda g: g


custom_bwd = custom_fwd
