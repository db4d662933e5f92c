# SPDX-License-Identifier: Apache-2.0
def _element_size(dt): return dt.itemsize
def _get_available_device_type(): return "cuda"
def _flatten_dense_tensors(ts): return __import__("torch").cat([t.reshape(-1) for t in ts])
def _unflatten_dense_tensors(flat, ts): return tuple(x.view(t.shape) for x, t in zip(flat.split([t.numel() for t in ts]), ts))
def _get_device_module(t): return __import__("torch").get_device_module(t)
def _rebuild_tensor_v2(*a): raise NotImplementedError
