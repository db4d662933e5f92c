# SPDX-License-Identifier: Apache-2.0
"""Trees that hold model files and not the layers these are made of: the least of sglang's layers that has the sizes.

Whatever the tree lacks below `sglang` is this module; names that it lacks are stood for as those of foreign packages.
"""
import importlib.abc
import importlib.machinery
import os
import sys
import types

import torch
from launches.permissive import undescribed
from launches.record import assume
from torch import nn

RANKS = {"tp": 1, "ep": 1}


def part(size, what):
    """A rank's part of a size."""
    tp = RANKS["tp"]
    assert size % tp == 0, "%s %s does not divide by %s ranks" % (what, size, tp)
    return size // tp


class Weighted(nn.Module):
    def __init__(self, *shape):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(*shape), requires_grad=False)


class RMSNorm(Weighted):
    def __init__(self, hidden_size, eps=1e-6, **k):
        super().__init__(hidden_size)
        self.variance_epsilon = eps


class GemmaRMSNorm(RMSNorm): pass
class LayerNorm(RMSNorm): pass


class LinearBase(Weighted):
    def __init__(self, input_size, output_size, input_part=None, output_part=None):
        self.sizes = input_part or input_size, output_part or output_size
        super().__init__(*reversed(self.sizes))
        self.input_size, self.output_size = input_size, output_size
        self.input_size_per_partition, self.output_size_per_partition = input_part or input_size, output_part or output_size


class ReplicatedLinear(LinearBase):
    def __init__(self, input_size, output_size, *a, **k):
        super().__init__(input_size, output_size)


class ColumnParallelLinear(LinearBase):
    def __init__(self, input_size, output_size, *a, **k):
        super().__init__(input_size, output_size, output_part=part(output_size, "output_size"))


class RowParallelLinear(LinearBase):
    def __init__(self, input_size, output_size, *a, **k):
        super().__init__(input_size, output_size, input_part=part(input_size, "input_size"))


class MergedColumnParallelLinear(ColumnParallelLinear):
    def __init__(self, input_size, output_sizes, *a, **k):
        super().__init__(input_size, sum(output_sizes))


class QKVParallelLinear(LinearBase):
    def __init__(self, hidden_size, head_size, total_num_heads, total_num_kv_heads=None, *a, v_head_size=None, **k):
        kv = total_num_kv_heads or total_num_heads
        v = v_head_size or head_size
        self.num_heads, self.num_kv_heads = part(total_num_heads, "total_num_heads"), max(1, kv // RANKS["tp"])
        super().__init__(hidden_size, total_num_heads * head_size + kv * (head_size + v),
                         output_part=self.num_heads * head_size + self.num_kv_heads * (head_size + v))
        self.head_size, self.v_head_size, self.total_num_heads, self.total_num_kv_heads = head_size, v, total_num_heads, kv


class RadixAttention(nn.Module):
    def __init__(self, num_heads, head_dim, scaling, num_kv_heads, layer_id, logit_cap=0.0, v_head_dim=-1, sliding_window_size=-1,
                 is_cross_attention=False, attn_type=None, use_irope=False, **k):
        super().__init__()
        self.tp_q_head_num, self.tp_k_head_num, self.qk_head_dim = num_heads, num_kv_heads, head_dim
        self.v_head_dim = v_head_dim if v_head_dim != -1 else head_dim
        self.logit_cap, self.sliding_window_size = logit_cap, sliding_window_size or -1
        self.is_cross_attention, self.attn_type, self.use_irope = is_cross_attention, attn_type, use_irope


class TopK(nn.Module):
    def __init__(self, top_k, **k):
        super().__init__()
        self.topk_config = types.SimpleNamespace(**{"top_k": top_k, "renormalize": True} | k)


class FusedMoE(nn.Module):
    def __init__(self, num_experts, hidden_size, intermediate_size, layer_id=None, top_k=None, num_fused_shared_experts=0, with_bias=False,
                 **k):
        super().__init__()
        ep = RANKS["ep"]
        assert num_experts % ep == 0, "%s experts do not divide by ep %s" % (num_experts, ep)
        self.num_experts, self.top_k, self.hidden_size, self.num_fused_shared_experts = num_experts, top_k, hidden_size, num_fused_shared_experts
        self.moe_ep_size, self.moe_tp_size = ep, max(1, RANKS["tp"] // ep)
        self.num_local_experts, self.intermediate_size_per_partition = num_experts // ep, intermediate_size // self.moe_tp_size
        self.moe_runner_config = types.SimpleNamespace(**{"activation": "silu", "is_gated": True} | k)
        self.w13_weight = nn.Parameter(torch.empty(self.num_local_experts, 2 * self.intermediate_size_per_partition, hidden_size))
        self.w2_weight = nn.Parameter(torch.empty(self.num_local_experts, hidden_size, self.intermediate_size_per_partition))
        if with_bias:
            self.w13_weight_bias = nn.Parameter(torch.empty(self.num_local_experts, 2 * self.intermediate_size_per_partition))


def get_moe_impl_class(quant_config=None):
    return FusedMoE


class RotaryEmbedding(nn.Module):
    def __init__(self, head_size, rotary_dim, is_neox_style, rope_scaling):
        super().__init__()
        self.head_size, self.rotary_dim, self.is_neox_style = head_size, rotary_dim, is_neox_style
        self.mrope_section = (rope_scaling or {}).get("mrope_section")


def get_rope(head_size, rotary_dim, max_position=None, base=None, is_neox_style=True, rope_scaling=None, dtype=None,
             partial_rotary_factor=1.0, **k):
    return RotaryEmbedding(head_size, int(rotary_dim * partial_rotary_factor), is_neox_style, rope_scaling)


class VocabParallelEmbedding(Weighted):
    def __init__(self, num_embeddings, embedding_dim, *a, padding_size=64, **k):
        padding_size *= RANKS["tp"]
        padded = -(-num_embeddings // padding_size) * padding_size
        super().__init__(padded // RANKS["tp"], embedding_dim)
        self.num_embeddings, self.embedding_dim, self.num_embeddings_padded = num_embeddings, embedding_dim, padded
        self.num_embeddings_per_partition = padded // RANKS["tp"]


class ParallelLMHead(VocabParallelEmbedding): pass


class LogitsProcessor(nn.Module):
    def __init__(self, *a, **k):
        super().__init__()


class SiluAndMul(LogitsProcessor): pass
class GeluAndMul(LogitsProcessor): pass
class PPMissingLayer(LogitsProcessor): pass


def make_layers(count, make, *a, prefix="", **k):
    return nn.ModuleList([make(idx=i, prefix=add_prefix(str(i), prefix)) for i in range(count)])


def add_prefix(name, prefix): return prefix + "." + name if prefix else name
def get_tensor_model_parallel_world_size(): return RANKS["tp"]
def get_attention_tp_size(): return RANKS["tp"]
def get_moe_expert_parallel_world_size(): return RANKS["ep"]
def get_tensor_model_parallel_rank(): return 0


class Unset:
    """An option that nobody set: it is false, and equal to what stands for a default."""
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __bool__(self): return False
    def __eq__(self, other): return not other or other in ("auto", "none", "default")
    def __hash__(self): return hash(None)
    def __call__(self, *a, **k): return self


def get_exec(): return Unset()


get_global_server_args = get_server_args = get_flags = get_model = get_exec


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Folders of the tree, and modules of sglang that it lacks."""

    def __init__(self, root):
        self.folders = [os.path.join(root, "python"), root, os.path.dirname(root)]

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] != "sglang":
            return None
        held = [f for folder in self.folders for f in [os.path.join(folder, name.replace(".", "/"))] if os.path.isdir(f)]
        spec = importlib.machinery.ModuleSpec(name, None if held else self, is_package=True)
        spec.submodule_search_locations = held
        return spec

    def create_module(self, spec):
        return types.ModuleType(spec.name)

    def exec_module(self, module):
        ours = vars(sys.modules[__name__])
        assume("layers of " + module.__name__, "the tree lacks them; the least that has their sizes is taken")

        def __getattr__(name):
            if name.startswith("__"):
                raise AttributeError(name)
            return ours[name] if name in ours else undescribed(module.__name__, name)
        module.__getattr__ = __getattr__
