# SPDX-License-Identifier: Apache-2.0
from launches.permissive import Instance, undescribed


class CUDAPluggableAllocator(Instance):
    _full = "torch.cuda.memory.CUDAPluggableAllocator"


def __getattr__(name):
    return undescribed("torch.cuda.memory", name)
