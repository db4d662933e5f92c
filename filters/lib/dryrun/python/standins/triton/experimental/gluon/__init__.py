# SPDX-License-Identifier: Apache-2.0
"""gluon: kernels that are started as triton's are."""
from launches.permissive import undescribed

from ...language import constexpr
from ...runtime.jit import JITFunction, jit


def constexpr_function(f):
    return f


def __getattr__(name):
    return undescribed("triton.experimental.gluon", name)
