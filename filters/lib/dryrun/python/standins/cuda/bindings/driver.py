# SPDX-License-Identifier: Apache-2.0
"""The driver's API: each call succeeds and gives a number of 2 MiB."""
from launches.permissive import undescribed


class CUresult:
    CUDA_SUCCESS = 0


def __getattr__(name):
    if name.startswith("cu") and name[2:3].isupper():
        return lambda *a, **k: (CUresult.CUDA_SUCCESS, 1 << 21)
    return undescribed("cuda.bindings.driver", name)
