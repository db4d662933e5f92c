# SPDX-License-Identifier: Apache-2.0
import enum

from launches.permissive import undescribed


class QuantizationType(str, enum.Enum):
    INT = "int"
    FLOAT = "float"


class QuantizationStrategy(str, enum.Enum):
    TENSOR = "tensor"
    CHANNEL = "channel"
    GROUP = "group"
    BLOCK = "block"
    TOKEN = "token"
    TENSOR_GROUP = "tensor_group"
    ATTN_HEAD = "attn_head"


class ActivationOrdering(str, enum.Enum):
    GROUP = "group"
    WEIGHT = "weight"
    DYNAMIC = "group"
    STATIC = "weight"


class QuantizationArgs:
    """Eight bits of whole numbers, symmetric, unless told; the strategy follows from the group where it is not."""

    def __init__(self, **given):
        self.num_bits, self.symmetric, self.dynamic, self.actorder = 8, True, False, None
        self.group_size = self.block_structure = None
        self.scale_dtype = self.zp_dtype = None
        self.observer, self.observer_kwargs = "minmax", {}
        kind, strategy = given.pop("type", None) or "int", given.pop("strategy", None)
        for name, value in given.items():
            setattr(self, name, value)
        if strategy is None:
            strategy = "tensor" if self.group_size is None else "group" if self.group_size > 0 else "channel"
        self.type, self.strategy = QuantizationType(kind), QuantizationStrategy(strategy)
        if self.actorder is not None:
            self.actorder = ActivationOrdering(self.actorder)

    @classmethod
    def model_validate(cls, given, **k):
        return cls(**given)

    parse_obj = model_validate


def __getattr__(name):
    return undescribed("compressed_tensors.quantization", name)
