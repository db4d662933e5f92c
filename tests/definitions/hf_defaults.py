# SPDX-License-Identifier: Apache-2.0
"""Writes filters/defgen/data/hf_defaults.json from an installed transformers: the values
that its config classes fill in where a config.json says nothing.

Only facts are taken (names and default values). A key whose value follows from other keys
is found by building each class twice with different sizes; RULES says how to compute it,
in the expression language that defgen evaluates, or it is left out.

usage: python3 tests/definitions/hf_defaults.py > filters/defgen/data/hf_defaults.json
"""
import json
import math
import pathlib
import re
import sys

import transformers
from transformers import CONFIG_MAPPING, PretrainedConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

NOISE = re.compile(
    r"dropout|_token_id|_token_index|token_index|initializer|init_std|^use_cache$|output_|"
    r"^is_(en|de)coder|cross_attention_hidden|return_dict|dtype|loss|jitter|^pretraining_tp$|"
    r"label|problem_type|transformers_version|_attn_impl|architectures|_name_or_path|"
    r"^_|generation|forced_|suppress|num_beams|chunk_size|layerdrop|task_|pruned|router_aux"
)
# Where a derived key is missing. Names are keys of the same config.
RULES = {
    "head_dim": "hidden_size // num_attention_heads",
    "num_key_value_heads": "num_attention_heads",
    "qk_head_dim": "qk_nope_head_dim + qk_rope_head_dim",
}
SIZES = {"hidden_size": 4, "num_attention_heads": 2, "num_hidden_layers": 2, "n_embd": 4,
         "n_head": 2, "d_model": 4, "n_heads": 2, "qk_nope_head_dim": 2}


def plain(value, room=8):
    if isinstance(value, float):
        return math.isfinite(value)
    if value is None or isinstance(value, (bool, int, str)):
        return True
    if isinstance(value, (list, tuple)):
        return len(value) <= room and all(plain(item) for item in value)
    return (isinstance(value, dict) and len(value) <= room and
            all(isinstance(key, str) and plain(item) for key, item in value.items()))


def values(config):
    out = {}
    for key in sorted(set(vars(config)) | set(config.to_dict())):
        if NOISE.search(key) or key == "model_type":
            continue
        try:
            value = getattr(config, key)
        except Exception:
            continue
        if not isinstance(value, PretrainedConfig) and plain(value):
            out[key] = value
    return out


def derived(model_type, first):
    grown = {key: first[key] * by for key, by in SIZES.items()
             if isinstance(first.get(key), int) and first[key]}
    try:
        second = values(CONFIG_MAPPING[model_type](**grown))
    except Exception:
        return set()
    return {key for key in first if key not in grown and second.get(key) != first[key]}


def describe(model_type):
    config = CONFIG_MAPPING[model_type]()
    keys = values(config)
    for key in derived(model_type, keys):
        del keys[key]
        if key in RULES:
            keys[key] = "=" + RULES[key]
    row = {"class": type(config).__name__, "keys": keys}
    parts = {key: part.model_type for key, part in vars(config).items()
             if isinstance(part, PretrainedConfig) and part.model_type}
    for key, cls in (getattr(type(config), "sub_configs", None) or {}).items():
        if getattr(cls, "model_type", "") and key not in parts:
            parts[key] = cls.model_type
    if parts:
        row["parts"] = parts
    names = dict(getattr(type(config), "attribute_map", None) or {})
    if names:
        row["names"] = names
    return row


def named_alike(cls, kinds):
    """Of several types that one class serves, the one whose config is named like it."""
    for kind in sorted(kinds, key=len):
        config = CONFIG_MAPPING_NAMES.get(kind, "")
        if re.sub(r"(For|LMHead).*", "", cls) == re.sub(r"(Text)?Config$", "", config):
            return kind
    return kinds[0]


def main():
    models = {}
    # Read as text: without torch the module's tables cannot be imported.
    path = pathlib.Path(transformers.__file__).parent / "models" / "auto" / "modeling_auto.py"
    for kind, names in re.findall(r'\("([a-z0-9_-]+)",\s*\(?((?:"\w+",?\s*)+)\)', path.read_text()):
        for cls in re.findall(r'"(\w+)"', names):
            models.setdefault(cls, []).append(kind)
    wanted = re.compile(r"(ForCausalLM|ForConditionalGeneration|LMHeadModel|"
                        r"ForSequenceClassification)$")
    models = {cls: found for cls, found in models.items() if wanted.search(cls)}
    kinds, todo = {}, sorted({kind for found in models.values() for kind in found})
    models = {cls: named_alike(cls, found) for cls, found in models.items()}
    while todo:
        kind = todo.pop()
        if kind in kinds or kind not in CONFIG_MAPPING_NAMES:
            continue
        try:
            kinds[kind] = describe(kind)
        except Exception as error:
            print(f"{kind}: {error}", file=sys.stderr)
            continue
        todo += kinds[kind].get("parts", {}).values()
    print("{")
    print(f'"source": "transformers {transformers.__version__}",')
    print('"architectures": {')
    print(",\n".join(f"{json.dumps(cls)}: {json.dumps(models[cls])}" for cls in sorted(models)))
    print('},\n"types": {')
    print(",\n".join(f"{json.dumps(kind)}: {json.dumps(kinds[kind], sort_keys=True, allow_nan=False)}"
                     for kind in sorted(kinds)))
    print("}\n}")


main()
