# SPDX-License-Identifier: Apache-2.0
"""compressed_tensors: what a config says of quantized weights, as its classes hold it."""
from launches.permissive import undescribed

from .config import CompressionFormat   # noqa: F401


def __getattr__(name):
    return undescribed("compressed_tensors", name)
