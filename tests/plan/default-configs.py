#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes transformers' default configuration of each language model that a tree of sglang has.

    default-configs.py TREE FOLDER      FOLDER/ARCHITECTURE.json for each

An architecture is one that a file of the tree's models/ names in its EntryClass and that transformers
maps to a configuration. Values that no default gives come from models.json.
"""
import ast
import json
import os
import sys

os.environ.update(TRANSFORMERS_VERBOSITY="error", HF_HUB_OFFLINE="1")
from transformers.models.auto import configuration_auto, modeling_auto


def entry_classes(tree):
    folder = os.path.join(tree, "sglang", "srt", "models")
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".py"):
            continue
        with open(os.path.join(folder, name), encoding="utf-8-sig") as file:
            body = ast.parse(file.read()).body
        for node in body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EntryClass":
                yield from (x.id for x in ast.walk(node.value) if isinstance(x, ast.Name))


def main(tree, folder):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "models.json"), encoding="utf-8") as file:
        more = json.load(file)
    types = {name: kind for kind, names in modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.items()
             for name in ([names] if isinstance(names, str) else names)}
    for architecture in sorted(set(entry_classes(tree)) & set(types)):
        try:
            config = configuration_auto.CONFIG_MAPPING[types[architecture]]().to_dict()
        except Exception as error:      # some have no defaults for all
            print("%s: %s" % (architecture, error), file=sys.stderr)
            continue
        config = {**config, **more.get(architecture, {}), "architectures": [architecture]}
        with open(os.path.join(folder, architecture + ".json"), "w", encoding="utf-8") as file:
            json.dump(config, file, indent=1, sort_keys=True, default=str)


main(*sys.argv[1:])
