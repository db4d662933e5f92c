# SPDX-License-Identifier: Apache-2.0
"""Writes a config.json for each architecture that both transformers and a tree of sglang have: the defaults of its type.

usage: default_configs.py TREE OUT [older]    (with a Python that has transformers; older: for trees of before its release 5)
OUT/ARCHITECTURE.json; a type without defaults is named on stderr. What files of released models have besides stands in
checkpoint_keys.json.
"""
import json
import os
import re
import sys
import warnings

warnings.simplefilter("ignore")
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
from transformers import CONFIG_MAPPING                     # noqa: E402
from transformers.models import auto                        # noqa: E402

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "checkpoint_keys.json"), encoding="utf-8") as keys:
    KEYS = json.load(keys)


# Positions in time, height and width that heads are turned by, in files of models that see pictures.
SECTIONS = {"qwen2": [16, 24, 24], "qwen3": [16, 24, 24], "paddleocr": [16, 24, 24], "glm4v": [8, 12, 12]}


def entries(tree):
    """The names that the tree's model files offer."""
    found = set()
    for folder, _, names in os.walk(os.path.join(tree, "python/sglang/srt/models")):
        for name in names:
            if name.endswith(".py"):
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    for offer in re.findall(r"^EntryClass\b[^=\n]*=\s*(\[[^\]]*\]|\([^)]*\)|\w+)", f.read(), re.M):
                        found.update(re.findall(r"\w+", re.sub(r"#.*", "", offer)))
    return found


def types():
    """Architecture -> model type, of the models that generate text."""
    found = {}
    with open(os.path.join(auto.__path__[0], "modeling_auto.py"), encoding="utf-8") as f:
        text = f.read()
    for name in ("CAUSAL_LM", "IMAGE_TEXT_TO_TEXT", "MULTIMODAL_LM", "SPEECH_SEQ_2_SEQ", "SEQ_TO_SEQ_CAUSAL_LM"):
        block = re.search(r"^MODEL_FOR_%s_MAPPING_NAMES = OrderedDict\((.*?)^\)" % name, text, re.M | re.S)
        for kind, architecture in re.findall(r'\("([\w-]+)", "(\w+)"\)', block[1] if block else ""):
            # of a whole and its text, each is what a config.json of its own architecture is of
            if architecture not in found or kind.endswith("_text") == architecture.endswith("CausalLM"):
                found[architecture] = kind
    return found


def number(value):
    """transformers' way to write infinities."""
    return float(value["__float__"]) if list(value) == ["__float__"] else value


def named_as_before(config):
    """The parts of rope_parameters under the names that files of older releases have, too."""
    for part in list(config.values()):
        if isinstance(part, dict):
            named_as_before(part)
    rope = config.get("rope_parameters")
    if isinstance(rope, dict) and "rope_type" in rope and "rope_theta" in rope:
        config.setdefault("rope_theta", rope["rope_theta"])
        plain = rope["rope_type"] == "default" and "mrope_section" not in rope
        config.setdefault("rope_scaling", None if plain else {k: v for k, v in rope.items() if k != "rope_theta"})
    text = config.get("text_config")
    if isinstance(text, dict) and "rope_scaling" in text:
        config.setdefault("rope_scaling", text["rope_scaling"])
    sections = SECTIONS.get(str(config.get("model_type")).split("_")[0])
    if sections and "vision_config" in config and not config.get("rope_scaling"):
        config["rope_scaling"] = {"type": "mrope", "rope_type": "default", "mrope_section": sections}
    return config


def as_released(config):
    """The config with what files of released models have besides."""
    for name, value in KEYS.get(config["model_type"], {}).items():
        *below, key = name.split(".")
        into = config[below[0]] if below else config
        if isinstance(value, str) and value.startswith("="):
            value = eval(value[1:], dict(into))
        if value is None:
            into.pop(key, None)
        else:
            into[key] = value
    return config


def main(tree, out):
    os.makedirs(out, exist_ok=True)
    known = types()
    for architecture in sorted(entries(tree) & set(known)):
        try:
            config = as_released(json.loads(CONFIG_MAPPING[known[architecture]]().to_json_string(), object_hook=number))
        except Exception as e:
            print("%s: no defaults: %s: %s" % (architecture, type(e).__name__, e), file=sys.stderr)
            continue
        if OLDER:
            named_as_before(config)
        with open(os.path.join(out, architecture + ".json"), "w", encoding="utf-8") as f:
            json.dump(config | {"architectures": [architecture]}, f, indent=1)


OLDER = sys.argv[3:] == ["older"]
main(*sys.argv[1:3])
