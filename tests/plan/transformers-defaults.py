#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what a release of transformers knows of configurations, as data for the dry run.

usage: transformers-defaults.py > filters/lib/dryrun/python/data/transformers-VERSION.json

Runs under a Python that has that release (and no torch: configurations need none). For each configuration class: its
model type, the attributes an instance has by default, the names it maps, the classes of its nested configurations,
and which attributes follow others (num_key_value_heads after num_attention_heads), found by changing one and looking.
"""
import ast
import importlib
import inspect
import json
import os
import sys

os.environ.update(TRANSFORMERS_VERBOSITY="error", HF_HUB_OFFLINE="1")
import transformers                                                                 # noqa: E402
from transformers import PretrainedConfig                                           # noqa: E402
from transformers.models.auto import configuration_auto                             # noqa: E402

BASE = dict(PretrainedConfig().__dict__)
DROP = {"transformers_version", "_commit_hash", "_name_or_path", "_attn_implementation_internal", "_attn_implementation_autoset",
        "_experts_implementation_internal", "_output_attentions", "id2label", "label2id", "_auto_class"}


def plain(v):
    """A JSON value, or None and False where there is none."""
    if isinstance(v, PretrainedConfig):
        return {"__config__": type(v).__name__}, True
    if isinstance(v, (bool, int, float, str)) or v is None:
        return v, True
    if isinstance(v, (list, tuple)):
        out = [plain(x) for x in v]
        return [x for x, _ in out], all(ok for _, ok in out)
    if isinstance(v, dict):
        out = {str(k): plain(x) for k, x in v.items()}
        return {k: x for k, (x, _) in out.items()}, all(ok for _, ok in out.values())
    return None, False


def attributes(config):
    return {k: v for k, v in config.__dict__.items() if k not in DROP}


def follows(cls, default):
    """attribute -> rule, for attributes whose value is made out of others when it is not given."""
    names = [k for k, v in default.items() if isinstance(v, int) and not isinstance(v, bool) and v > 0]
    try:
        params = inspect.signature(cls).parameters
        free = {k for k, p in params.items() if p.default is None}
    except (TypeError, ValueError):
        params, free = {}, set()
    given = set(params) | set(getattr(cls, "__annotations__", ()))
    rules = {}
    for p in names:
        if p not in given:
            continue
        try:
            other = attributes(cls(**{p: default[p] * 2}))
        except Exception:
            continue
        for a, v in other.items():
            if a == p or a not in default or isinstance(v, PretrainedConfig) or v == default[a] or a in rules:
                continue
            w = default[a]
            if isinstance(v, int) and isinstance(w, int):
                if v == default[p] * 2 and w == default[p]:
                    rules[a] = ["same", p]
                    continue
                for q in sorted(names, key=lambda n: not n.endswith("attention_heads")):  # 32 layers of 32 heads: heads divide
                    if default[p] // default[q] == w and default[p] * 2 // default[q] == v and q != a:
                        rules[a] = ["div", p, q]
                        break
            elif isinstance(v, list) and isinstance(w, list) and len(w) == default[p] and len(v) == 2 * len(w):
                period = next((n for n in range(1, len(v) + 1) if all(v[i] == v[i % n] for i in range(len(v)))), None)
                if period and plain(v)[1] and not any(isinstance(x, PretrainedConfig) for x in v):
                    rules[a] = ["list", p, v[:period]]
    return {a: r for a, r in rules.items() if a in free or a not in given or a in getattr(cls, "__annotations__", ())}


def default_of(cls):
    try:
        return cls()
    except Exception:
        return None


def per_layer(config):
    """layer type -> what its layers have of their own."""
    overrides = config._heterogeneity_spec.per_layer_overrides
    return {config.layer_types[int(i)]: {k: v for k, v in own.items() if plain(v)[1]} for i, own in overrides.items()}


def describe(cls, seen):
    name = cls.__name__
    if name in seen:
        return
    seen[name] = None
    try:
        default = attributes(cls())
    except Exception as e:
        seen[name] = {"model_type": getattr(cls, "model_type", ""), "module": cls.__module__, "why": str(e)[:80]}
        return
    values = {}
    for k, v in default.items():
        if isinstance(v, PretrainedConfig):
            describe(type(v), seen)
        x, ok = plain(v)
        if ok and (k not in BASE or BASE[k] != v):
            values[k] = x
    row = {"model_type": getattr(cls, "model_type", ""), "module": cls.__module__.removeprefix("transformers.models."), "values": values}
    mapped = getattr(cls, "attribute_map", None)
    mapped = dict(mapped) if isinstance(mapped, dict) else {}
    if mapped:
        row["attribute_map"] = mapped
    nested = getattr(cls, "sub_configs", None)
    nested = nested if isinstance(nested, dict) else {}
    subs = {k: getattr(v, "__name__", str(v)) for k, v in nested.items()}
    for v in nested.values():
        if isinstance(v, type) and issubclass(v, PretrainedConfig) and v.__name__ != "AutoConfig":
            describe(v, seen)
    if subs:
        row["sub_configs"] = subs
    if getattr(default_of(cls), "is_heterogeneous", False):
        row["per_layer"] = per_layer(default_of(cls))
    rules = follows(cls, default)
    if rules:
        row["follows"] = rules
    seen[name] = row


def described(cls, seen):
    """describe(), where a class that objects is left out."""
    try:
        describe(cls, seen)
    except Exception as e:
        seen[cls.__name__] = {"model_type": getattr(cls, "model_type", ""), "module": cls.__module__, "why": str(e)[:80]}


def causal_models():
    """The one table of modeling_auto, which cannot be imported without torch."""
    path = os.path.join(os.path.dirname(configuration_auto.__file__), "modeling_auto.py")
    with open(path, encoding="utf-8") as f:
        for node in ast.parse(f.read()).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES":
                return dict(ast.literal_eval(node.value.args[0]))
    return {}


def main():
    seen, types = {}, {}
    for model_type, name in configuration_auto.CONFIG_MAPPING_NAMES.items():
        types[model_type] = name
        try:
            cls = configuration_auto.CONFIG_MAPPING[model_type]
        except Exception as e:
            print("%s: %s" % (model_type, e), file=sys.stderr)
            continue
        described(cls, seen)
        module = importlib.import_module(cls.__module__)
        for other in vars(module).values():
            if isinstance(other, type) and issubclass(other, PretrainedConfig) and other.__module__ == cls.__module__:
                described(other, seen)
    base = {k: x for k, v in BASE.items() if k not in DROP for x, ok in [plain(v)] if ok}
    causal = {k: v if isinstance(v, str) else v[0] for k, v in causal_models().items()}
    out = {"version": transformers.__version__, "base": base, "types": types, "causal_lm": causal, "classes": seen}
    print("{" + ",\n".join("%s: %s" % (json.dumps(k), json.dumps(v, separators=(",", ":"), sort_keys=True) if k != "classes" else
                                      "{\n" + ",\n".join("%s: %s" % (json.dumps(n), json.dumps(r, separators=(",", ":"), sort_keys=True))
                                                         for n, r in v.items()) + "}") for k, v in out.items()) + "}")


main()
