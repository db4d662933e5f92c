# SPDX-License-Identifier: Apache-2.0
"""Inverse frequencies of rotary embeddings: one for each pair of rotated values, and a factor of attention."""


def frequencies(config, device=None, seq_len=None, **k):
    import torch
    r = getattr(config, "rope_parameters", None) or {}
    base = r.get("rope_theta") or getattr(config, "rope_theta", None) or 10000.0
    part = r.get("partial_rotary_factor") or getattr(config, "partial_rotary_factor", None) or 1.0
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    n = int(head * part)
    return 1.0 / (base ** (torch.arange(0, n, 2, dtype=torch.int64).to(device=device, dtype=torch.float) / n)), 1.0


ROPE_INIT_FUNCTIONS = {n: frequencies for n in ("default", "linear", "dynamic", "yarn", "longrope", "llama3", "proportional")}


def dynamic_rope_update(f): return f
def rope_config_validation(*a, **k): return None
def standardize_rope_params(*a, **k): return None
class RotaryEmbeddingConfigMixin: pass
class RopeParameters(dict): pass
