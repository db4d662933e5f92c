# SPDX-License-Identifier: Apache-2.0
from launches.permissive import undescribed


def guard_or_true(x): return x


guard_or_false = guard_size_oblivious = statically_known_true = guard_or_true


def __getattr__(name):
    return undescribed("torch.fx.experimental.symbolic_shapes", name)
