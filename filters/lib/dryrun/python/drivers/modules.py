# SPDX-License-Identifier: Apache-2.0
"""The modules that a model's constructors make, as records: their class, sizes, quantisation, place and line.

sglang goes its own way from the command line to the constructor, as in a plan; there it ends. A constructor that
fails is told and left half made, so that the rest of the model comes out.
"""
import functools
import importlib
import inspect
import json
import logging
import os
import re
import sys
import types

from drivers import doubts, reading, sglang
from drivers.sglang import server
from launches import facts, machine, record
from launches.facts import FACTS
from launches.record import STATE

BELOW = re.compile(r"(?:^|\.)(?:layers|h|blocks|block)\.(\d+)(?=\.|$)")
SIGHT = re.compile(r"(?:^|[._])(?:vis|vit|audio|sound|image|encoder|tower)")
MIXES = re.compile(r"Attention|Attn|Mamba|Mixer|DeltaNet|SSM|Linear\w*Attn")
HOLDS = re.compile(r"(?:For[A-Z]\w+|Model|Layer|Block|LMHead\w*|Norm\w*|Embedding\w*)$")
MIXERS = ("attention", "vision_attention", "linear_attention", "mamba", "mamba1")
CACHED = ("attention", "linear_attention", "mamba", "mamba1")
ACTIVATIONS = {"swish": "silu", "silu": "silu", "sigmoid": "sigmoid"}
SMALL = {"hidden_size": 4096, "num_hidden_layers": 4, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 11008,
         "vocab_size": 32000, "rms_norm_eps": 1e-6, "max_position_embeddings": 4096, "hidden_act": "silu"}


class Built(BaseException):
    """The model is there; what sglang would do next is not wanted."""

    def __init__(self, model):
        self.model = model


class Construction:
    """Watches constructors: where each object is made, and which of them stop."""

    def __init__(self):
        from host import boot
        self.run, self.open, self.made, self.given, self.told = boot.run, [], {}, {}, set()
        self.root = None                                    # the model itself, once its constructor has begun

    def install(self):
        from torch import nn
        self.wrap(nn.Module)
        nn.Module.__init_subclass__ = classmethod(lambda cls, **k: self.wrap(cls))

    def wrap(self, cls):
        init = vars(cls).get("__init__")
        if not isinstance(init, types.FunctionType):
            return

        def __init__(this, *a, **k):
            if any(one is this for one in self.open):
                return init(this, *a, **k)
            self.made[id(this)] = this, self.place(sys._getframe(1), this)
            if "Norm" in type(this).__name__:
                self.given[id(this)] = a[0] if a else next(iter(k.values()), None)
            self.open.append(this)
            if self.root is None and ".models." in type(this).__module__:
                self.root = this
            try:
                return init(this, *a, **k)
            except Exception as e:
                if len(self.open) == 1 and "_modules" not in vars(this):
                    raise
                self.fail(this, e)
            finally:
                self.open.pop()
        __init__.__wrapped__, __init__.__name__, __init__.__qualname__ = init, init.__name__, init.__qualname__
        __init__.__module__, __init__.__doc__ = init.__module__, init.__doc__
        cls.__init__ = __init__

    def place(self, frame, this):
        """File and line of the call: in the constructor that runs around this one, else of the innermost model code."""
        first = frame
        owner = self.open[-1] if self.open else None
        while frame is not None:
            held = frame.f_locals.get("self") if frame.f_code.co_name == "__init__" else None
            if held is not None and held is owner and frame.f_code.co_filename.startswith(STATE.root):
                return self.run.display(frame.f_code.co_filename), frame.f_lineno
            frame = frame.f_back
        file, line = self.run.innermost(first)
        if file is None or file.startswith("<"):            # the model itself, of a tree without a loader
            code = type(this).__init__.__wrapped__.__code__
            return self.run.display(code.co_filename), code.co_firstlineno
        return file, line

    def fail(self, this, e):
        if isinstance(getattr(e, "obj", None), tuple(type(m) for m, _ in self.made.values() if "half made" in vars(m))):
            return                                          # what follows from a constructor that was told of
        if "_modules" not in vars(this):                    # it stopped before it was a module: an empty one
            sys.modules["torch"].nn.Module.__init__.__wrapped__(this)
        vars(this)["half made"] = True
        file, line = self.run.where(e.__traceback__)
        if (file, line) in self.told:
            return
        self.told.add((file, line))
        name = type(this).__name__
        lacks = missing_key(e)
        if lacks:
            tell("unresolved", file, line, name, 'the config has no "%s", needed at %s:%s' % (lacks, file, line))
        else:
            tell("unresolved", file, line, name, "construction stops: " + sglang.reason(e).split("\n")[0][:320])


def missing_key(e):
    """The key that a config lacks, where that is what an exception says."""
    if isinstance(e, AttributeError) and type(e.obj).__name__.endswith("Config"):
        return e.name
    return None


def tell(kind, file, line, what, why):
    sglang.emit({"kind": kind, "phase": None, "file": file or "", "line": line or 0, "what": what, "why": why})


def whole(value):
    """A size as it is in JSON: a whole number; of a list with one, that one."""
    if isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, int):
        return value if value is None or isinstance(value, (bool, float, str)) else str(value)[:80]
    return int(value)


def first(thing, *names):
    for name in names:
        value = getattr(thing, name, None)
        if value is not None:
            return value
    return None


def shape(thing):
    return [whole(n) for n in getattr(thing, "shape", ())]


CONSTRUCTION = Construction()


class Walk:
    """From a model to its records."""

    def __init__(self, construction, tp, config):
        self.construction, self.tp, self.config, self.rows, self.seen = construction, tp, config, {}, set()
        self.roles = {name: role for role, names in facts.data("modules")["roles"].items() for name in names}
        self.counted, self.within = set(), set()
        self.decoders = set()                               # where lists of layers are that keep what they have seen

    def role_of(self, m):
        for cls in type(m).__mro__:
            role = self.roles.get(cls.__module__.rpartition(".")[2] + "." + cls.__name__) or self.roles.get(cls.__name__)
            if role is not None:
                return role
        if "RMSNorm" in type(m).__name__:
            return "other_norm" if "Gated" in type(m).__name__ else "norm"
        return None

    def is_unknown_mixer(self, m):
        """Whether a module is called like something that attends or scans, and holds nothing that is known to."""
        name = type(m).__name__
        if not MIXES.search(name) or HOLDS.search(name) or id(m) in self.within:
            return False
        below = list(m.modules())
        self.within.update(id(c) for c in below)
        return not any(self.role_of(c) in MIXERS or "A_log" in c._parameters and hasattr(c, "num_v_heads") for c in below)

    def elements(self, m):
        """Elements of the module's own parameters that no other module has counted."""
        total = 0
        for p in m._parameters.values():
            if p is not None and id(p) not in self.counted:
                self.counted.add(id(p))
                total += int(p.numel())
        return total

    def walk(self, m, path, owner, attribute):
        role = self.role_of(m)
        if role != "rope":
            if id(m) in self.seen:
                return
            self.seen.add(id(m))
        if role in MIXERS:
            self.within.update(id(c) for c in m.modules())
        count = self.elements(m)
        if role == "linear" and len(getattr(m._parameters.get("weight"), "shape", ())) == 3 and m.weight.shape[1] == 1:
            role = "conv1d"
        if role == "linear" and self.groups_of(m, owner, attribute) is not None:
            role = "batched"
        make = getattr(self, "as_" + (role or "other"))
        where = self.construction.made.get(id(m), (m, (None, None)))[1]
        if "_modules" not in vars(m):
            return
        try:
            self.counted_here = 0
            sizes = make(m, owner, attribute, path)
            count -= self.counted_here
        except Exception as e:
            tell("unresolved", *where, path, "its sizes cannot be read: %s: %s" % (type(e).__name__, str(e)[:200]))
            sizes = None
        for name, parameter in list(m._parameters.items()):
            if parameter is not None and role is None and len(parameter.shape) == 2 and reading.is_multiplied(type(m), name):
                n, k = shape(parameter)
                self.add(m, path + "." + name, m, name, "linear", where, n * k, {"n": n, "k": k, "n_rank": n, "k_rank": k}, "Parameter")
                count -= n * k
        if sizes is not None or count > 0:
            self.add(m, path, owner, attribute, role if role and sizes is not None else "other", where, count, sizes or {})
        kept = m._parameters.get("conv_weight")
        if role is None and kept is not None and len(kept.shape) == 2:
            self.add(m, path + ".conv_weight", m, "conv_weight", "conv1d", where, 0,
                     {"dim": shape(kept)[0], "width": shape(kept)[1], "activation": None, "biased": m._parameters.get("conv_bias") is not None,
                      "mixes": True}, "Parameter")
        if role is None and self.is_unknown_mixer(m):
            plain = self.as_plain_attention(m)
            if plain is not None:
                self.add(m, path, owner, attribute, "vision_attention", where, 0, plain)
            else:
                self.add(m, path, owner, attribute, "mixer", where, 0, {"why": "nothing is known of how it attends or scans: it has no family"})
        for name, child in m._modules.items():
            if child is None:
                continue
            self.walk(child, path + ("." if path else "") + name, m if not type(m).__name__ == "ModuleList" else owner,
                      name if not name.isdigit() else attribute)

    def add(self, m, path, owner, attribute, role, where, count, sizes, cls=None):
        found = self.layer_of(path)
        layer = int(found[1]) if found else None
        method = getattr(m, "quant_method", None)
        quantized = self.quantized(m, sizes) if count or sizes else None
        if quantized and role != "other":
            sizes = sizes | quantized
        row = {"kind": "module", "path": re.sub(r"(?<![^.])\d+(?![^.])", "N", path), "class": cls or type(m).__name__,
               "owner": type(owner).__name__ if owner is not None else None, "file": where[0] or "", "line": where[1] or 0, "role": role,
               "parameters": count, "quantized": type(method).__name__ if quantized else None, "sizes": sizes}
        key = json.dumps(row, sort_keys=True, default=str)
        row = self.rows.setdefault(key, dict(row, count=0, layers=[]))
        row["count"] += 1
        if layer is not None and (not row["layers"] or row["layers"][-1] != layer):
            row["layers"].append(layer)
        own = first(m, "layer_id") if layer is not None and role in MIXERS else None
        if isinstance(own, int) and own not in row["layers"]:
            row["layers"].append(own)                       # of layers that run several times, with a cache each

    def quantized(self, m, sizes):
        """How the weights are stored, where that is not as they are multiplied: their type, and what has a scale."""
        for name in ("weight", "w13_weight", "qweight", "weight_packed", "w13_weight_packed", "w13_qweight"):
            weight = m._parameters.get(name)
            if weight is None:
                continue
            stored = weight.dtype.name
            if stored in ("bfloat16", "float16", "float32"):
                return None
            out = {"weight_dtype": stored, "scale": "other"}
            for scale in (name + "_scale_inv", name + "_scale", "weight_scale", "scales"):
                held = m._parameters.get(scale)
                if held is None:
                    continue
                settings = first(getattr(m, "quant_method", None), "quant_config")
                block = first(settings, "weight_block_size")
                few = held.numel() <= max(8, 4 * shape(weight)[0] if len(weight.shape) == 3 else 0)
                if block:
                    out.update({"scale": "block", "block_n": whole(block[0]), "block_k": whole(block[1])})
                elif few:
                    out["scale"] = "tensor"
                elif "n_rank" in sizes:
                    out.update(self.finer_scales(m, weight, held, whole(sizes["n_rank"]), whole(sizes["k_rank"]), settings))
                break
            return out
        return None

    @staticmethod
    def finer_scales(m, weight, held, n, k, settings):
        """Scales of rows, or of groups along the summed side: which, the shapes say."""
        bits = weight.numel() * weight.dtype.itemsize * 8 // (n * k)
        if held.numel() == n and bits == 8:
            return {"scale": "row"}
        group = n * k // held.numel()
        if bits != 4 or held.numel() * group != n * k or first(settings, "desc_act") is True:
            return {}
        if weight.dtype.name == "uint8":
            return {"scale": "nvfp4", "group": group} if (group, held.dtype.name) == (16, "float8_e4m3fn") else {}
        zeros = first(settings, "zero_point") is True or first(settings, "is_sym", "sym") is False
        return {"scale": "group", "group": group, "zeros": zeros}

    def find_decoders(self, model):
        """Lists of layers beside those with a cache (of a picture's encoder) are none of the decoder's."""
        for path, m in model.named_modules():
            found = BELOW.search(path)
            if found and self.role_of(m) in CACHED:
                self.decoders.add(path[:found.start(1)])

    def layer_of(self, path):
        found = BELOW.search(path)
        if not found or SIGHT.search(path[:found.start()]):
            return None
        return found if not self.decoders or path[:found.start(1)] in self.decoders else None

    def layer_classes(self, model):
        """The class of each decoder layer, in order."""
        found = {}
        for path, m in model.named_modules():
            match = self.layer_of(path)
            if match and match.end() == len(path):
                found.setdefault(int(match[1]), type(m).__name__)
        return [found.get(i) for i in range(max(found, default=-1) + 1)]

    # ------------------------------------------------------------ what each role has to say
    def as_other(self, m, owner, attribute, path):
        """A gated delta net whose core is called by the attention backend shows by its decay, one a value head."""
        self.own_experts(m, owner, attribute, path)
        rate, bias, width = m._parameters.get("A_log"), m._parameters.get("dt_bias"), whole(first(m, "head_dim", "head_k_dim"))
        if rate is not None and bias is not None and isinstance(width, int) and bias.numel() == rate.numel() * width > rate.numel() \
                and not any(self.role_of(c) == "linear_attention" for c in m.children()):
            heads = whole(rate.numel())                     # Kimi's: a decay for each value of a key
            self.add(m, path, owner, attribute, "linear_attention", self.construction.made[id(m)][1], 0,
                     {"q_heads": heads, "k_heads": heads, "v_heads": heads, "k_dim": width, "v_dim": width, "delta": False, "channels": True})
            self.within.update(id(c) for c in m.modules())
            return None
        if rate is None or len(rate.shape) != 1 or any(self.role_of(c) == "linear_attention" for c in m.children()):
            return None
        own = [whole(getattr(m, n, None)) for n in ("num_k_heads", "num_v_heads", "head_k_dim", "head_v_dim")]
        if not all(isinstance(n, int) and n > 0 for n in own):
            return None
        local = whole(rate.shape[0])
        k = own[0] * local // own[1]
        self.add(m, path, owner, attribute, "linear_attention", self.construction.made[id(m)][1], 0,
                 {"q_heads": k, "k_heads": k, "v_heads": local, "k_dim": own[2], "v_dim": own[3], "delta": True})
        return None

    def own_experts(self, m, owner, attribute, path):
        """Experts that a model holds as parameters of its own: one for the gate and the values, one for what leaves."""
        held = [shape(p) for p in m._parameters.values() if p is not None and len(p.shape) == 3]
        if len(held) != 2 or not any(self.role_of(c) == "topk" for c in m.children()):
            return
        first_, second = sorted(held, key=lambda s: -s[1] * s[2])
        (experts, rows, hidden), width = first_, second[2]
        if second[:2] != [experts, hidden] or rows != 2 * width:
            return
        asked, runner = self.routing(m, None), first(m, "moe_runner_config")
        self.counted_here = experts * hidden * (rows + width)
        self.add(m, path + ".experts", owner, attribute, "moe", self.construction.made[id(m)][1], self.counted_here,
                 {"experts": experts, "shared": 0, "local": experts, "hidden_size": hidden, "intermediate_rank": width, "tp": self.tp, "ep": 1,
                  "top_k": whole(first(asked, "top_k")), "own_top_k": None, "renormalize": whole(first(asked, "renormalize")),
                  "grouped": bool(first(asked, "use_grouped_topk")), "groups": whole(first(asked, "num_expert_group")),
                  "chosen_groups": whole(first(asked, "topk_group")), "bias": first(asked, "correction_bias") is not None,
                  "scoring": whole(first(asked, "scoring_func")), "custom": None, "gated": True, "weigh_input": False, "with_bias": False,
                  "activation": whole(first(runner, "activation")) or "silu", "clamped": False})

    def as_norm(self, m, owner, attribute, path, gemma=False):
        weight = first(m, "weight", "scale")
        if weight is None or len(shape(weight)) != 1:
            return None
        width, whole_width = shape(weight)[0], self.construction.given.get(id(m))
        if isinstance(whole_width, int) and whole_width == width * self.tp:
            width = whole(whole_width)                      # a norm that keeps a part of its weight on each rank
        if not gemma and type(m).__module__.rpartition(".")[2] != "layernorm":
            gemma = reading.adds_one(type(m))
        plain, fused = self.norm_uses(type(owner), attribute)
        return {"hidden_size": width, "eps": first(m, "variance_epsilon", "eps", "epsilon", "norm_eps", "rms_norm_eps"), "gemma": gemma,
                "plain": bool(plain or not fused), "fused": bool(fused)}

    def as_gemma_norm(self, m, *where):
        return self.as_norm(m, *where, gemma=True)

    @functools.cache
    def norm_uses(self, owner, attribute):
        plain, fused = reading.norm_uses(reading.trees(owner), attribute)
        return (plain, fused) if plain or fused else reading.norm_uses(self.all_models(), attribute)

    @functools.cache
    def all_models(self):
        """The methods of every class of the model's own files that has an object here."""
        classes = {type(m) for m, _ in self.construction.made.values() if ".models." in type(m).__module__}
        return [t for c in sorted(classes, key=lambda c: c.__qualname__) for t in reading.trees(c)]

    def as_other_norm(self, m, *where):
        """A norm with a gate, before or after it."""
        weight, activation = m._parameters.get("weight"), ACTIVATIONS.get(getattr(m, "activation", "silu" if hasattr(m, "norm_before_gate") else None))
        why = {"why": "no family of definitions for this kind of norm"}
        if weight is None or len(weight.shape) != 1 or "Norm" not in type(m).__name__ or m._parameters.get("bias") is not None:
            return why
        width, group, before = shape(weight)[0], whole(first(m, "group_size")), getattr(m, "norm_before_gate", None)
        if hasattr(m, "use_rms_norm"):                      # Mamba's: the gate comes first, its groups are the ranks' own
            if m.full_hidden_size != width and m.n_groups % max(1, self.tp):
                return {"why": "a norm of values that several ranks hold has no family"}
            before, activation, group = False, "silu", group if m.n_groups > 1 else width
        elif before is None and "FusedRMSNormGated" in type(m).__name__:
            before = True
        if before is None or activation is None:
            return why
        return {"hidden_size": width, "group": group or width, "eps": first(m, "variance_epsilon", "eps"), "gate_first": not before,
                "activation": activation, "weight_dtype": weight.dtype.name}

    def as_conv1d(self, m, owner, attribute, path):
        """A filter over time for each channel, held as a linear layer's weight."""
        named = [getattr(owner, n) for n in ("activation", "hidden_act") if isinstance(getattr(owner, n, None), str)]
        return {"dim": shape(m.weight)[0], "width": shape(m.weight)[2], "biased": m._parameters.get("bias") is not None,
                "activation": ACTIVATIONS.get(named[0], named[0]) if named else "silu"}

    def as_activation(self, m, owner, attribute, path):
        """Between a product and the next of the module that holds it: half of what the first gives."""
        products = [c for n, c in owner._modules.items() if self.role_of(c) == "linear" and re.search("gate_up|up_gate|w13|w1_w3|fc1|gate", n)] \
            if owner is not None else []
        sizes = self.as_linear(products[0], owner, attribute, path) if len(products) == 1 else None
        if sizes is None or not isinstance(sizes["n"], int) or sizes["n"] % 2 or sizes["n_rank"] % 2:
            return None
        name = "silu" if type(m).__name__.startswith("Silu") else "gelu_tanh" if getattr(m, "approximate", None) == "tanh" else "gelu"
        return {"activation": name, "size": sizes["n"] // 2, "size_rank": sizes["n_rank"] // 2}

    def as_layernorm(self, m, *where):
        weight, bias = m._parameters.get("weight"), m._parameters.get("bias")
        if weight is None or len(weight.shape) != 1:
            return self.as_other_norm(m)
        return {"hidden_size": shape(weight)[0], "eps": first(m, "variance_epsilon", "eps"), "weight_dtype": weight.dtype.name,
                "biased": bias is not None}

    def groups_of(self, m, owner, attribute):
        """In how many parts a layer's weight is multiplied with as many parts of its input; None: as a whole."""
        groups = whole(first(owner, "n_local_groups"))
        if not isinstance(groups, int) or groups < 2 or whole(first(m, "output_size_per_partition")) is None:
            return None
        return groups if m.output_size_per_partition % groups == 0 and reading.is_grouped(type(owner), attribute) else None

    def as_batched(self, m, owner, attribute, path):
        groups = self.groups_of(m, owner, attribute)
        if groups is not None:
            return {"batch": groups, "n": whole(m.output_size_per_partition) // groups, "k": whole(m.input_size)}
        weight = m._parameters.get("weight")
        if weight is None or len(weight.shape) != 3:
            return {"why": "a batch of products has no family"}
        batch, n, k = shape(weight)
        return {"batch": batch, "n": n, "k": k}

    def as_plain_attention(self, m):
        """torch's own attention, each token seeing all."""
        heads, width = (whole(first(m, *names)) for names in (("num_local_heads", "num_heads_per_partition", "num_heads"), ("head_dim", "head_size")))
        if not (isinstance(heads, int) and isinstance(width, int)) or not reading.attends_to_all(type(m)):
            return None
        kv = whole(first(m, "num_local_kv_heads", "num_kv_heads")) or heads
        return {"heads": heads, "kv_heads": kv, "head_dim": width, "v_head_dim": width, "type": "ENCODER_ONLY"}

    def as_vision_attention(self, m, *where):
        sizes = {"heads": whole(first(m, "num_attention_heads_per_partition")), "kv_heads": whole(first(m, "num_attention_kv_heads_per_partition")),
                 "head_dim": whole(first(m, "head_size", "hidden_size_per_attention_head")), "type": "ENCODER_ONLY"}
        return sizes | {"v_head_dim": sizes["head_dim"], "kv_heads": sizes["kv_heads"] or sizes["heads"]}

    def as_linear(self, m, owner, attribute, path):
        weight = m._parameters.get("weight")
        if weight is not None and len(weight.shape) > 2:
            return None                                     # a convolution's weight
        n, k = whole(first(m, "output_size", "out_features")), whole(first(m, "input_size", "in_features"))
        return {"n": n, "k": k, "n_rank": whole(first(m, "output_size_per_partition") or n),
                "k_rank": whole(first(m, "input_size_per_partition") or k)}

    def as_qkv(self, m, owner, attribute, path):
        sizes = self.as_linear(m, owner, attribute, path)
        head, heads, kv_heads = (whole(getattr(m, n)) for n in ("head_size", "total_num_heads", "total_num_kv_heads"))
        v_head = whole(first(m, "v_head_size")) or head
        sizes["n"] = heads * head + kv_heads * (head + v_head)
        return sizes

    def as_attention(self, m, owner, attribute, path):
        sizes = {"heads": whole(m.tp_q_head_num), "kv_heads": whole(m.tp_k_head_num), "head_dim": whole(m.qk_head_dim),
                 "v_head_dim": whole(m.v_head_dim), "window": whole(m.sliding_window_size), "cap": m.logit_cap, "sinks": False,
                 "latent": False, "grouped": False, "beside_latent": False, "topk": None, "type": getattr(m.attn_type, "name", None),
                 "cross": bool(m.is_cross_attention)}
        if owner is None:
            return sizes
        held = [c for c in owner._modules.values() if c is not None]
        same = [c for c in held if self.role_of(c) == "qkv" and whole(c.head_size) == sizes["head_dim"]
                and (whole(first(c, "v_head_size")) or whole(c.head_size)) == sizes["v_head_dim"]]
        sizes["grouped"] = bool(same)
        sizes["latent"] = sizes["kv_heads"] == 1 and sizes["v_head_dim"] < sizes["head_dim"] and not same
        sizes["beside_latent"] = any(self.role_of(c) == "attention" and whole(c.tp_k_head_num) == 1 and whole(c.v_head_dim) < whole(c.qk_head_dim)
                                     for c in held if c is not m)
        parts = [whole(first(owner, n)) for n in ("qk_nope_head_dim", "kv_lora_rank", "v_head_dim")]
        if sizes["latent"] and all(isinstance(n, int) and n > 0 for n in parts):
            for name, n, k in (("w_kc", parts[1], parts[0]), ("w_vc", parts[2], parts[1])):
                self.add(m, path + "." + name, owner, attribute, "batched", self.construction.made[id(m)][1], 0,
                         {"batch": sizes["heads"], "n": n, "k": k}, "bmm")
        sizes["topk"] = next((whole(c.index_topk) for c in held if self.role_of(c) == "indexer"), None)
        sizes["chosen"] = sizes["topk"] is None and any(re.search("sparse.*att", n) and v is True for n, v in vars(owner).items())
        if first(m, "use_irope"):
            text = self.config.get_text_config() if hasattr(self.config, "get_text_config") else self.config
            sizes["chunk"] = whole(first(text, "attention_chunk_size"))
        sizes["one_tensor"] = not sizes["latent"] and reading.keys_are_values(type(owner), attribute)
        sizes["sinks"] = reading.passes(owner, attribute, "sink")
        return sizes

    def as_linear_attention(self, m, owner, attribute, path):
        v_heads = whole(m.num_v_heads)
        decay = [first(m, n) if first(m, n) is not None else first(owner, n) for n in ("A_log", "dt_bias")]
        return {"q_heads": whole(m.num_q_heads), "k_heads": whole(m.num_k_heads), "v_heads": v_heads, "k_dim": whole(m.head_k_dim),
                "v_dim": whole(m.head_v_dim), "channels": all(t is not None for t in decay) and first(m, "lower_bound") is None
                and [t.numel() for t in decay] == [v_heads, v_heads * whole(m.head_k_dim)],
                "delta": all(t is not None and shape(t) == [v_heads] for t in decay)}

    def as_mamba(self, m, owner, attribute, path):
        return {n: whole(getattr(m, n)) for n in ("num_heads", "head_dim", "ssm_state_size", "n_groups")}

    def as_mamba1(self, m, owner, attribute, path):
        """Each channel is a head of one value."""
        return {"num_heads": whole(m.intermediate_size), "head_dim": 1, "ssm_state_size": whole(m.ssm_state_size), "n_groups": 1}

    def as_indexer(self, m, owner, attribute, path):
        return {n: whole(getattr(m, n)) for n in ("n_heads", "head_dim", "index_topk")}

    def as_topk(self, m, *where):
        return None                                         # read with its experts

    def routing(self, m, owner):
        """What chooses the experts: a TopK beside them, beside what holds them, or they themselves."""
        near = [c for h in (owner or m,) if h is not None for c in h.modules() if self.role_of(c) == "topk"]
        config = first(near[0], "topk_config") if near else None
        return config if config is not None else near[0] if near else m

    def as_moe(self, m, owner, attribute, path):
        asked, runner = self.routing(m, owner), first(m, "moe_runner_config")
        if asked is m and owner is not None and "half made" in [k for c in owner.modules() for k in vars(c)]:
            raise ValueError("what chooses the experts was not made")
        custom = first(asked, "custom_routing_function")
        f = inspect.unwrap(getattr(custom, "__func__", custom)) if custom is not None else None
        names = getattr(getattr(f, "__code__", None), "co_names", ())
        from_runner = lambda n: first(runner, n) if runner is not None else first(m, n)
        shared = whole(first(m, "num_fused_shared_experts")) or 0
        experts = whole(m.num_experts)
        chosen = whole(first(asked, "top_k", "topk"))
        if shared:                                          # every token passes through them: products like any other
            width, hidden = shared * whole(m.intermediate_size_per_partition), whole(m.hidden_size)
            for name, n, k, n_rank, k_rank in (("gate_up", 2 * width * m.moe_tp_size, hidden, 2 * width, hidden),
                                               ("down", hidden, width * m.moe_tp_size, hidden, width)):
                self.add(m, path + ".shared_" + name, owner, attribute, "linear", self.construction.made[id(m)][1], 0,
                         {"n": whole(n), "k": whole(k), "n_rank": whole(n_rank), "k_rank": whole(k_rank)})
        return {"experts": experts, "shared": shared, "local": whole(m.num_local_experts), "hidden_size": whole(m.hidden_size),
                "intermediate_rank": whole(m.intermediate_size_per_partition), "tp": whole(m.moe_tp_size), "ep": whole(m.moe_ep_size),
                "top_k": chosen, "own_top_k": whole(first(m, "top_k")), "renormalize": whole(first(asked, "renormalize")),
                "grouped": bool(first(asked, "use_grouped_topk")), "groups": whole(first(asked, "num_expert_group")),
                "chosen_groups": whole(first(asked, "topk_group")), "bias": first(asked, "correction_bias") is not None,
                "scoring": whole(first(asked, "scoring_func")),
                "custom": ("other" if "Hash" in type(asked).__name__ else None) if custom is None else "sigmoid" if any("sigmoid" in n for n in names) else "other",
                "activation": whole(from_runner("activation")), "gated": from_runner("is_gated") is not False,
                "weigh_input": bool(from_runner("apply_router_weight_on_input")),
                "with_bias": any("bias" in n and "correction" not in n for n in m._parameters),
                "alpha": from_runner("gemm1_alpha"), "limit": from_runner("gemm1_clamp_limit") or from_runner("swiglu_limit"),
                "alternate": bool(from_runner("gemm1_alpha")) and from_runner("gate_up_interleaved") is not False,
                "clamped": any(isinstance(from_runner(n), (int, float)) and from_runner(n) > 0 for n in ("gemm1_alpha", "gemm1_clamp_limit", "swiglu_limit"))}

    def as_rope(self, m, owner, attribute, path):
        if first(m, "mrope_section") is not None:
            return {"why": "rotary embedding over several position axes has no family"}
        return {"head_size": whole(m.head_size), "rotary_dim": whole(m.rotary_dim), "neox": bool(m.is_neox_style)}

    def as_head(self, m, owner, attribute, path):
        whole_rows = whole(first(m, "num_embeddings_padded") or m.num_embeddings)
        return {"vocabulary": whole(m.num_embeddings), "n": whole_rows, "k": whole(m.embedding_dim),
                "n_rank": whole(first(m, "num_embeddings_per_partition") or whole_rows), "k_rank": whole(m.embedding_dim)}

    as_embedding = as_head

    def as_logits(self, m, *where):
        return {}


class Entries(dict):
    """Architecture -> class, as sglang's registry has it, without importing every model: the files' texts say which
    names they offer, and a file is imported when one of them is asked for."""
    OFFERS = re.compile(r"^EntryClass\b[^=\n]*=\s*(\[[^\]]*\]|\([^)]*\)|\w+)", re.M)

    def __init__(self, package):
        super().__init__()
        for folder in package.__path__:
            for name in sorted(os.listdir(folder)):
                if name.endswith(".py") and os.path.isfile(os.path.join(folder, name)):
                    with open(os.path.join(folder, name), encoding="utf-8") as f:
                        for offer in self.OFFERS.findall(f.read()):
                            for word in re.findall(r"\w+", re.sub(r"#.*", "", offer)):
                                self[word] = package.__name__ + "." + name[:-3]

    def __getitem__(self, name):
        held = super().__getitem__(name)
        return getattr(importlib.import_module(held), name) if isinstance(held, str) else held

    def get(self, name, default=None):
        return self[name] if name in self else default


class Modules(sglang.Plan):
    """A plan that ends when the model is constructed."""

    @functools.cache
    def registry(self):
        import pkgutil
        listed, pkgutil.iter_modules = pkgutil.iter_modules, lambda *a, **k: iter(())
        try:
            registry = importlib.import_module("sglang.srt.models.registry").ModelRegistry
        finally:
            pkgutil.iter_modules = listed
        registry.models = Entries(importlib.import_module("sglang.srt.models"))

    def arguments(self):
        self.registry()
        experts = sglang.module("sglang.srt.eplb.expert_location")
        if experts is not None:                             # where each expert lies says nothing about the modules
            experts.ExpertLocationMetadata.init_trivial = staticmethod(lambda *a, **k: None)
        return super().arguments()

    def construct_alone(self, config):
        """The model of a tree that is no whole sglang: its class, over its config."""
        FACTS.versions = dict(max(facts.data("releases")["sglang"].items(), key=lambda row: server.number(row[0]))[1])
        from transformers import AutoConfig
        from drivers import bare
        sys.meta_path.insert(-1, bare.Finder(self.root))
        bare.RANKS.update(tp=self.request["tp"] // self.request.get("dp", 1), ep=self.request["ep"])
        entries = Entries(importlib.import_module("sglang.srt.models"))
        cls = next(entries[name] for name in config["architectures"] + [self.request.get("entry")] if name in entries)
        self.config = AutoConfig.from_pretrained(sglang.MODEL)
        return cls(self.config)

    def load_model(self, *a, model_config, device_config, **k):
        self.config = model_config.hf_config
        raise Built(self.construct(model_config, device_config))


def warm(request):
    """What all models of a tree share: its imports. A module that fails here fails again where it is wanted, and is told."""
    root = os.path.realpath(request["root"])
    STATE.root = root + "/"
    record.reset()
    STATE.assumed = STATE.assumed or {}
    machine.install({})
    os.environ.update({"HF_HUB_OFFLINE": "1", "SGLANG_JIT_DEEPGEMM_PRECOMPILE": "0"})
    logging.disable(logging.CRITICAL)
    CONSTRUCTION.install()
    if is_bare(root):
        return
    plan = Modules(deployed(request), root)
    plan.choose_versions()
    plan.jit_kernels()
    for share in [plan.registry] + [functools.partial(importlib.import_module, name) for name in facts.data("modules")["shared"]]:
        try:
            share()
        except Exception:
            pass
    STATE.unresolved.clear()


def run(request):
    root = os.path.realpath(request["root"])
    config = complete(request["config"], request.get("entry"), request.get("invented"))
    machine.install({sglang.MODEL + "/config.json": json.dumps(config)})
    FACTS.generic_configs = not sglang_reads(root, str(config["model_type"]))
    construction = CONSTRUCTION
    plan = Modules(deployed(request), root)
    if not request.get("invented"):
        doubts.tell(config, newest(), lambda why: tell("unresolved", None, None, "config", why), record.assume)
    try:
        if is_bare(root):
            raise Built(plan.construct_alone(config))
        plan.build()
    except Built as built:
        report(built.model, construction, request, plan)
    except BaseException as e:
        lacks = missing_key(e)
        if lacks:
            file, line = construction.run.where(e.__traceback__)
            tell("unresolved", file, line, "model", 'the config has no "%s", needed at %s:%s' % (lacks, file, line))
        else:
            plan.give_up(e, "the model could not be constructed")
        if construction.root is not None:                   # what had been made by then
            report(construction.root, construction, request, plan)
    plan.write_unresolved()


def deployed(request):
    """As a server can be told: experts over more ranks than heads are what attention in data parallel gives."""
    tp, ep = request["tp"], request["ep"]
    if ep <= tp:
        return dict(request, phases=[])
    return dict(request, phases=[], tp=ep, dp=-(-ep // tp), args=["--enable-dp-attention"])


def report(model, construction, request, plan):
    config = getattr(plan, "config", None) or getattr(model, "config", None)
    if "_modules" not in vars(model):                       # an object around the module
        model = next((v for v in vars(model).values() if hasattr(v, "_modules")), model)
    walk = Walk(construction, request.get("tp", 1), config)
    walk.find_decoders(model)
    walk.walk(model, "", None, None)
    text = config.get_text_config() if hasattr(config, "get_text_config") else config
    sglang.emit({"kind": "deployment", "version": 1, "model": type(model).__name__, "tp": request["tp"], "ep": request["ep"],
                 "layers": whole(first(text, "num_hidden_layers", "n_layer", "num_layers")), "layer_classes": walk.layer_classes(model),
                 "release": plan.release})
    for row in walk.rows.values():
        sglang.emit(row)


def sglang_reads(root, kind):
    """Whether sglang's own reading of configs knows a type by name: then it waits for transformers to refuse it."""
    for folder, _, names in os.walk(os.path.join(root, "python/sglang/srt/utils")):
        for name in names:
            if "hf_transformers" in folder + name and name.endswith(".py") and os.path.isfile(os.path.join(folder, name)):
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    if kind in f.read():
                        return True
    return False


def is_bare(root):
    return not any(os.path.isfile(os.path.join(root, folder, "srt/server_args.py")) for folder in ("python/sglang", "sglang", ""))


def complete(config, entry, invented):
    """The config with the architecture and the model type that it needs to be read at all."""
    config = dict(config)
    if entry and not config.get("architectures"):
        config["architectures"] = [entry]
    if not config.get("model_type"):
        name = re.sub(r"For[A-Z]\w*$|LMHeadModel$", "", (config.get("architectures") or [""])[0])
        squeeze = lambda n: re.sub(r"[^a-z0-9]", "", n.lower())
        known = guess_type(squeeze(name), (config.get("architectures") or [""])[0])
        config["model_type"] = known or name.lower()
        if invented:
            config = (defaults_of(known) if known else SMALL) | config
    return config


def newest():
    return facts.data(max((n for n in sglang._warpipe.list_embedded() if n.startswith("data/transformers-")), key=server.number)[5:-5])


def defaults_of(kind):
    """The whole default configuration of a model type, as the newest transformers of the data would write it."""
    data = newest()

    def written(name):
        row = data["classes"].get(name) or {}
        out = {"model_type": row.get("model_type", "")}
        for k, v in row.get("values", {}).items():
            out[k] = written(v["__config__"]) if isinstance(v, dict) and "__config__" in v else v
        for k, below in row.get("sub_configs", {}).items():
            if below in data["classes"]:
                out[k] = out.get(k) or written(below)
        return out
    return written(data["types"][kind])


def guess_type(name, architecture):
    """The model type whose letters are the architecture's; with text_config, of the whole."""
    for path in sorted((n for n in sglang._warpipe.list_embedded() if n.startswith("data/transformers-")), reverse=True):
        data = facts.data(path[5:-5])
        types_ = data["types"]
        for kind in types_:
            if re.sub(r"[^a-z0-9]", "", kind.lower()) == name:
                return kind
        for kind, cls in data["causal_lm"].items():
            if cls == architecture:
                return kind
    return None
