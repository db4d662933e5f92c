# SPDX-License-Identifier: Apache-2.0
"""torch._C, as far as it is asked."""
from launches.permissive import undescribed

from .._core import Tensor, dtype, Size, device


class _cpu:
    @staticmethod
    def _is_amx_tile_supported(): return False
    @staticmethod
    def _is_avx512_supported(): return True
    _init_amx = _is_amx_tile_supported


def _cuda_getCurrentRawStream(d=0): return 0
def _log_api_usage_once(*a): return None
def _len_torch_dispatch_stack(): return 0
def _len_torch_function_stack(): return 0
def _is_torch_function_mode_enabled(): return False
def _get_tracing_state(): return None
def _dispatch_has_kernel(*a): return False


class _autograd:
    @staticmethod
    def _profiler_enabled(): return False


class DisableTorchFunctionSubclass:
    def __enter__(self): return self
    def __exit__(self, *exc): return False


DisableTorchFunction = DisableTorchFunctionSubclass




def __getattr__(name):
    return undescribed("torch._C", name)
