# SPDX-License-Identifier: Apache-2.0
"""Memory that ranks see of each other: a plain buffer, and a handle that says so."""
from launches.permissive import Instance, undescribed

PAD = [2048]


def get_signal_pad_size(): return PAD[0]
def set_signal_pad_size(n): PAD[0] = n
def empty(*size, dtype=None, device=None): return __import__("torch").empty(*size, dtype=dtype, device=device)
def is_symm_mem_enabled_for_group(*a): return True
def enable_symm_mem_for_group(*a): return None


class Handle(Instance):
    _full = "torch.distributed._symmetric_memory.Handle"
    multicast_ptr, signal_pad_ptrs_dev, buffer_ptrs_dev, rank, world_size = 1, 1, 1, 0, 1

    def __init__(self, t): self.buffer = t
    def get_buffer(self, rank, sizes, dtype, storage_offset=0): return empty(sizes, dtype=dtype, device=self.buffer.device)
    def barrier(self, *a, **k): return None


def rendezvous(t, group=None): return Handle(t)


def __getattr__(name):
    return undescribed("torch.distributed._symmetric_memory", name)
