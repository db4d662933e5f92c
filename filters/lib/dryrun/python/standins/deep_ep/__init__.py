# SPDX-License-Identifier: Apache-2.0
"""deep_ep: dispatch and combine between ranks, with balanced routing: each rank receives what it sends."""
from launches.facts import nvidia
from launches.permissive import Instance, undescribed
from launches.record import launch

if not nvidia():
    raise ModuleNotFoundError("No module named 'deep_ep'")


def empty(shape, dtype):
    import torch
    return torch._core.make(shape, dtype, torch._core.CUDA0)


class Config:
    def __init__(self, *a, **k): pass
    def get_nvl_buffer_size_hint(self, *a): return 1 << 20
    def get_rdma_buffer_size_hint(self, *a): return 1 << 20


class EventOverlap:
    def __init__(self, *a, **k): pass
    def current_stream_wait(self): return None
    event = None


EventHandle = EventOverlap


class Handle:
    def __init__(self, tokens): self.tokens = tokens


class Buffer:
    num_sms = 20

    def __init__(self, group=None, num_nvl_bytes=0, num_rdma_bytes=0, low_latency_mode=False, num_qps_per_rank=1, **k):
        self.group, self.group_size, self.low_latency_mode = group, group.size() if group is not None else 1, low_latency_mode

    @staticmethod
    def set_num_sms(n): Buffer.num_sms = n
    @staticmethod
    def capture(): return EventOverlap()
    @staticmethod
    def get_dispatch_config(n): return Config()
    @staticmethod
    def get_combine_config(n): return Config()
    @staticmethod
    def get_low_latency_rdma_size_hint(*a): return 1 << 20
    def clean_low_latency_buffer(self, *a): return None
    def get_dispatch_layout(self, topk_idx, num_experts, **k):
        import torch
        launch("deep_ep", "Buffer.get_dispatch_layout", (topk_idx,))
        w = self.group_size
        return (empty((w,), torch.int32), None, empty((num_experts,), torch.int32), empty((topk_idx.shape[0], w), torch.bool), EventOverlap())

    def dispatch(self, x, topk_idx=None, topk_weights=None, num_tokens_per_expert=None, expert_alignment=1, **k):
        launch("deep_ep", "Buffer.dispatch", (x, topk_idx, topk_weights, num_tokens_per_expert))
        parts = x if isinstance(x, tuple) else (x,)
        n, w = parts[0].shape[0], self.group_size
        experts = num_tokens_per_expert.shape[0]
        share = -(-(n * w * topk_idx.shape[1] // experts) // expert_alignment) * expert_alignment
        got = tuple(empty((n * w, *t.shape[1:]), t.dtype) for t in parts)
        top = (n * w, topk_idx.shape[1])
        return (got if isinstance(x, tuple) else got[0], empty(top, topk_idx.dtype), empty(top, topk_weights.dtype),
                [share] * (experts // w), Handle(n), EventOverlap())

    def combine(self, x, handle, *a, **k):
        launch("deep_ep", "Buffer.combine", (x,))
        return empty((handle.tokens, x.shape[-1]), x.dtype), None, EventOverlap()

    def low_latency_dispatch(self, x, topk_idx, num_max_dispatch_tokens_per_rank, num_experts, *a, use_fp8=True, return_recv_hook=False, **k):
        import torch
        launch("deep_ep", "Buffer.low_latency_dispatch", (x, topk_idx))
        e, m = num_experts // self.group_size, num_max_dispatch_tokens_per_rank * self.group_size
        if use_fp8:
            ue8m0 = k.get("use_ue8m0")
            scale = (e, m, x.shape[1] // 512) if ue8m0 else (e, m, x.shape[1] // 128)
            got = (empty((e, m, x.shape[1]), torch.float8_e4m3fn), empty(scale, torch.int32 if ue8m0 else torch.float32))
        else:
            got = empty((e, m, x.shape[1]), x.dtype)
        return got, empty((e,), torch.int32), Handle(x.shape[0]), EventOverlap(), self._hook("Buffer.low_latency_dispatch.recv_hook", return_recv_hook)

    def low_latency_combine(self, x, topk_idx, topk_weights, handle, *a, return_recv_hook=False, out=None, **k):
        import torch
        launch("deep_ep", "Buffer.low_latency_combine", (x, topk_idx, topk_weights))
        return (out if out is not None else empty((topk_idx.shape[0], x.shape[-1]), torch.bfloat16), EventOverlap(),
                self._hook("Buffer.low_latency_combine.recv_hook", return_recv_hook))

    @staticmethod
    def _hook(name, wanted):
        return (lambda: launch("deep_ep", name, ())) if wanted else (lambda: None)


def __getattr__(name):
    return undescribed("deep_ep", name)
