# SPDX-License-Identifier: Apache-2.0
"""What in a config.json cannot be meant: values of another kind than the defaults of its model type have, sizes below
nothing, lists of layers that are too short. Constructors take some of them without a word, and fail far away at others.
"""
import json
import re

SIZE = re.compile(r"^(?:num|n)_\w+|\w+_(?:size|dim|rank|layers|heads)$|^sliding_window$")
CORE = ("hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size")


def shown(value):
    return json.dumps(value)[:60]


def defaults(config, data):
    """The values that a config's model type has by default, under every name that it takes; nothing of unknown types."""
    kind = config.get("model_type")
    row = data["classes"].get(data["types"].get(kind) or "", {}) if isinstance(kind, str) else {}
    values = row.get("values", {})
    return values | {other: values[name] for other, name in row.get("attribute_map", {}).items() if name in values}


def others(config, data):
    """Names that the config's own keys stand for."""
    row = data["classes"].get(data["types"].get(config["model_type"]), {})
    return {other for other, name in row.get("attribute_map", {}).items() if name in config}


def of_value(key, value, default):
    """What is wrong with one value; None: nothing that can be told."""
    size = SIZE.match(key)
    number = isinstance(default, (int, float)) and not isinstance(default, bool)
    if isinstance(value, str) and (size or key == "rope_theta" or key.endswith("_eps")) and (number or default is None):
        return "a text, where models of this type have a number"
    if key in CORE and (value is None or isinstance(value, (list, dict, bool))):
        return "no number"
    if not size or isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, float) and value != int(value) and (key in CORE or isinstance(default, int)):
        return "not a whole number"
    if value < 0 and not (number and default < 0) and not (value == -1 and key not in CORE):
        return "below nothing"
    return None


def tell(config, data, doubt, assume, path=""):
    known = defaults(config, data)
    for key, value in config.items():
        if isinstance(value, dict) and key.endswith("_config") and key != "quantization_config":
            tell(value, data, doubt, assume, path + key + ".")
            continue
        why = of_value(key, value, known.get(key))
        if why:
            doubt("%s%s is %s: %s" % (path, key, shown(value), why))
    kinds, layers = config.get("layer_types"), config.get("num_hidden_layers")
    if isinstance(kinds, list) and isinstance(layers, int) and len(kinds) < layers:
        doubt("%slayer_types has %d entries for %d layers" % (path, len(kinds), layers))
    for key in CORE:
        if known.get(key) is not None and key not in config and key not in others(config, data):
            assume("%s%s" % (path, key), "not in the config; %s is the default of its model type" % shown(known[key]))
