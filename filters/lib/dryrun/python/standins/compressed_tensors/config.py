# SPDX-License-Identifier: Apache-2.0
import enum

from launches.permissive import undescribed


class CompressionFormat(str, enum.Enum):
    dense = "dense"
    sparse_24_bitmask = "sparse-24-bitmask"
    int_quantized = "int-quantized"
    float_quantized = "float-quantized"
    naive_quantized = "naive-quantized"
    pack_quantized = "pack-quantized"
    marlin_24 = "marlin-24"
    mixed_precision = "mixed-precision"
    nvfp4_pack_quantized = "nvfp4-pack-quantized"
    mxfp4_pack_quantized = "mxfp4-pack-quantized"


def __getattr__(name):
    return undescribed("compressed_tensors.config", name)
