# SPDX-License-Identifier: Apache-2.0
def _element_size(dt): return dt.itemsize
def _get_available_device_type(): return "cuda"
def _get_device_module(t): return __import__("torch").get_device_module(t)
def _rebuild_tensor_v2(*a): raise NotImplementedError
