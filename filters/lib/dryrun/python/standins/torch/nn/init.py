# SPDX-License-Identifier: Apache-2.0
"""torch.nn.init: what a tensor starts with decides nothing here, except zeros, ones and constants."""
from .._elementwise import fill_, zero_


def untouched(t, *a, **k):
    return t


normal_ = uniform_ = trunc_normal_ = xavier_uniform_ = xavier_normal_ = kaiming_uniform_ = kaiming_normal_ = orthogonal_ = eye_ = untouched


def constant_(t, val): return fill_(t, val)
def zeros_(t): return zero_(t)
def ones_(t): return fill_(t, 1)
def _calculate_correct_fan(t, mode): return t.shape[1] if mode == "fan_in" else t.shape[0]
def _calculate_fan_in_and_fan_out(t): return t.shape[1], t.shape[0]
