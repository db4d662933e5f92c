# SPDX-License-Identifier: Apache-2.0
"""Makes configuration classes out of the data of a release."""
import copy
import re
import types

import _warpipe
from launches.facts import FACTS, data
from launches.record import assume


def nearest(version):
    """The data of the release asked for, or of the newest one before it."""
    have = [m[1] for n in _warpipe.list_embedded() for m in [re.match(r"data/transformers-([\d.]+)\.json$", n)] if m]
    key = lambda v: [int(x) for x in re.findall(r"\d+", v)]
    if version in have:
        return version
    older = [v for v in have if key(v) <= key(version)]
    best = max(older, key=key) if older else min(have, key=key)
    assume("transformers " + version, "its configurations are not among the data; those of %s are taken" % best)
    return best


DATA = data("transformers-" + nearest(FACTS.versions.get("transformers", "4.57.1")))
DATA["version"] = FACTS.versions.get("transformers", DATA["version"])
MADE = {}
MODULES = {}
for _name, _row in DATA["classes"].items():
    MODULES.setdefault(_row["module"], []).append(_name)


def fill(config, row, given):
    """The attributes of a class that were not given: its defaults, or what follows from those that were."""
    from .configuration_utils import PretrainedConfig
    d = config.__dict__
    values, follows = row["values"], row.get("follows", {})
    mapped = row.get("attribute_map", {})
    asked = {mapped.get(k, k): v for k, v in given.items()}
    for k, v in values.items():
        if k in asked and asked[k] is not None or k in follows:
            continue
        if isinstance(v, dict) and "__config__" in v:
            continue
        d[k] = copy.deepcopy(v)
    for k, v in given.items():
        k = mapped.get(k, k)
        if k in values and not (isinstance(values[k], dict) and "__config__" in values[k]):
            d[k] = v
    for k, rule in follows.items():
        if asked.get(k) is not None:
            continue
        base = asked.get(rule[1]) if asked.get(rule[1]) is not None else values.get(rule[1])
        if rule[0] == "same":
            d[k] = base
        elif rule[0] == "div":
            other = asked.get(rule[2]) if asked.get(rule[2]) is not None else values.get(rule[2])
            d[k] = base // other
        else:
            d[k] = [rule[2][i % len(rule[2])] for i in range(base)]
    subs = dict(row.get("sub_configs", {}))
    for k, v in values.items():
        if isinstance(v, dict) and "__config__" in v:
            subs.setdefault(k, v["__config__"])
    for k, name in subs.items():
        v = given.get(k)
        if isinstance(v, PretrainedConfig):
            d[k] = v
            continue
        cls = None
        if isinstance(v, dict) and v.get("model_type") in DATA["types"]:
            cls = config_class(DATA["types"][v["model_type"]])
        cls = cls or config_class(name)
        if name == "AutoConfig" and isinstance(values.get(k), dict):
            cls = cls or config_class(values[k].get("__config__"))
        if cls is not None and (v is not None or isinstance(values.get(k), dict)):
            d[k] = cls(**(v or {}))


def split_layers(config, row, given):
    """What layers of one type have of their own, as release 5 holds it: in a specification beside the attributes."""
    own = {kind: {k: given.get("global_" + k) or v for k, v in values.items()} for kind, values in row["per_layer"].items()}
    kinds = config.__dict__.get("layer_types") or []
    config.__dict__["_heterogeneity_spec"] = types.SimpleNamespace(
        per_layer_overrides={i: own[kind] for i, kind in enumerate(kinds) if kind in own},
        per_layer_attributes={k for values in own.values() for k in values})


def config_class(name):
    if name in MADE:
        return MADE[name]
    row = DATA["classes"].get(name)
    if row is None:
        return None
    from .configuration_utils import PretrainedConfig

    def __init__(self, *a, **given):
        fill(self, row, given)
        if "per_layer" in row:
            split_layers(self, row, given)
            given = {k: v for k, v in given.items() if k.removeprefix("global_") not in self._heterogeneity_spec.per_layer_attributes}
        skip = row["values"].keys() | row.get("sub_configs", {}).keys()
        mapped = row.get("attribute_map", {})
        PretrainedConfig.__init__(self, **{k: v for k, v in given.items() if mapped.get(k, k) not in skip},
                                  **{k: row["values"][k] for k in ("tie_word_embeddings",) if k in row["values"] and k not in given})
    space = {"__init__": __init__, "model_type": row["model_type"], "attribute_map": row.get("attribute_map", {}),
             "__module__": "transformers.models." + row["module"], "sub_configs": row.get("sub_configs", {})}
    if "values" not in row:
        row["values"] = {}
    cls = MADE[name] = type(name, (PretrainedConfig,), space)
    return cls
