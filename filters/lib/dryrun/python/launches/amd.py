# SPDX-License-Identifier: Apache-2.0
"""Objects of aiter that are more than one function: its enumerations, quantisers, rotary embedding, all-reduce."""
import contextlib
import enum

from .library import HELPERS
from .record import QUIET, launch

ROPES = {}
TYPES = []


def aiter_types():
    if not TYPES:
        class QuantType(enum.Enum):
            No, per_Tensor, per_Token, per_1x32, per_1x128, per_128x128 = range(6)

        class ActivationType(enum.Enum):
            No, Silu, Gelu, Swiglu = -1, 0, 1, 2
        TYPES.extend((QuantType, ActivationType))
    return TYPES


def aiter_quant(kind):
    """A function that quantises by rows, tokens or blocks."""
    torch, mk = HELPERS["torch"], HELPERS["mk"]
    fp8 = torch.float8_e4m3fnuz if HELPERS["arch"] == "gfx942" else torch.float8_e4m3fn

    def quant(x, *a, quant_dtype=None, **k):
        launch("aiter", "get_hip_quant(%s)" % kind.name, (x,))
        name = kind.name
        if name == "per_Tensor":
            scale = (1,)
        elif name == "per_Token":
            scale = (*x.shape[:-1], 1)
        else:
            scale = (*x.shape[:-1], -(-x.shape[-1] // (32 if name == "per_1x32" else 128)))
        return mk(x.shape, quant_dtype or fp8), mk(scale, torch.float32)
    return quant


def aiter_rope(*a, **k):
    """One for all layers that ask for the same, as aiter keeps them."""
    key = repr((a, sorted(k.items())))
    if key not in ROPES:
        ROPES[key] = make_rope(*a, **k)
    return ROPES[key]


def make_rope(head_size, rotary_dim, max_position, base, is_neox_style=True, rope_scaling=None, dtype=None, partial_rotary_factor=1.0, **k):
    torch, mk = HELPERS["torch"], HELPERS["mk"]

    class DeepseekScalingRotaryEmbedding(torch.nn.Module):
        """One kernel in place for query and key, with two caches; a single token's key is copied first."""

        def __init__(self):
            super().__init__()
            scaling = rope_scaling or {}
            n = int(scaling.get("original_max_position_embeddings", max_position) * scaling.get("factor", 1))
            self.head_size, self.rotary_dim, self.is_neox_style = head_size, rotary_dim, is_neox_style
            for name in ("cos_cache", "sin_cache"):
                self.register_buffer(name, mk((n, 1, 1, rotary_dim // 2), dtype or torch.get_default_dtype()), persistent=False)

        def forward(self, positions, query, key=None, offsets=None, is_nope_first=False):
            launch("aiter", "rope_cached_positions_2c_fwd_inplace", (query, key, self.cos_cache, positions))
            return query, key.clone() if positions.numel() == 1 else key
    return DeepseekScalingRotaryEmbedding()


class aiter_all_reduce:
    """aiter's communicator: bytes a multiple of 16, up to half of its buffer of 128 MiB with more than two ranks."""

    def __init__(self, group=None, device=None, max_size=8192 * 1024 * 8 * 2):
        self.disabled, self.max_size, self._IS_CAPTURING, self.world_size = False, max_size, False, group.size()

    def should_custom_ar(self, x):
        n = x.numel() * x.element_size()
        return n % 16 == 0 and n <= (self.max_size / 2 if self.world_size > 2 else self.max_size)

    def custom_all_reduce(self, x, *a, **k):
        if not self.should_custom_ar(x):
            return None
        launch("aiter", "AiterCustomAllreduce.custom_all_reduce", (x,), {"names": ["cross_device_reduce_1stage", "cross_device_reduce_2stage"]})
        with QUIET:
            return HELPERS["torch"].empty_like(x)

    def custom_fused_ar_rms(self, x, residual, weight, eps, *a, **k):
        if not self.should_custom_ar(x):
            return None
        launch("aiter", "AiterCustomAllreduce.custom_fused_ar_rms", (x, residual, weight))
        with QUIET:
            return HELPERS["torch"].empty_like(x), HELPERS["torch"].empty_like(x)

    @contextlib.contextmanager
    def capture(self):
        yield

    def close(self): return None
