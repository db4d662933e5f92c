# SPDX-License-Identifier: Apache-2.0
from launches.facts import nvidia
from launches.permissive import undescribed

CUDA_HOME = "/usr/local/cuda" if nvidia() else None
ROCM_HOME = None if nvidia() else "/opt/rocm"


def __getattr__(name):
    return undescribed("torch.utils.cpp_extension", name)
