# SPDX-License-Identifier: Apache-2.0
"""The runtime's API, as the driver's."""
from launches.permissive import undescribed


class cudaError_t:
    cudaSuccess = 0


def __getattr__(name):
    if name.startswith("cuda") and name[4:5].isupper():
        return lambda *a, **k: (cudaError_t.cudaSuccess, 1 << 21)
    return undescribed("cuda.bindings.runtime", name)
