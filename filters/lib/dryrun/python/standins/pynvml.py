# SPDX-License-Identifier: Apache-2.0
"""NVML of a machine whose GPUs all see each other."""
import ctypes
import types

from launches.facts import FACTS
from launches.facts import nvidia
from launches.permissive import undescribed

if not nvidia():
    raise ModuleNotFoundError("No module named 'pynvml'")


class NVMLError(Exception):
    pass


class NVMLError_NotSupported(NVMLError):
    pass


class NVMLError_LibraryNotFound(NVMLError):
    pass


NVML_P2P_CAPS_INDEX_NVLINK, NVML_P2P_STATUS_OK, NVML_SUCCESS = 3, 0, 0


def nvmlInit(*a): return None
def nvmlShutdown(*a): return None
def nvmlDeviceGetCount(): return FACTS.gpus
def nvmlDeviceGetHandleByIndex(i): return i
def nvmlDeviceGetP2PStatus(*a): return NVML_P2P_STATUS_OK
def nvmlDeviceGetName(h): return FACTS.device["name"]
def nvmlDeviceGetCudaComputeCapability(h): return tuple(FACTS.device["cc"])


def nvmlDeviceGetMemoryInfo(h, *a):
    n = FACTS.device["memory_mib"] << 20
    return types.SimpleNamespace(total=n, free=n, used=0)


def nvmlSystemGetConfComputeState(*a): raise NVMLError_NotSupported("no confidential compute")


nvmlSystemGetConfComputeSettings = nvmlDeviceGetGpuFabricInfoV = nvmlSystemGetConfComputeState


def __getattr__(name):
    if name.startswith("c_"):
        return type(name, (ctypes.Structure,), {})
    return undescribed("pynvml", name)
