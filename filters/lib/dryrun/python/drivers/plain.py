# SPDX-License-Identifier: Apache-2.0
"""Runs forward(config) of the tree's module `model`: for tests of the host."""
import importlib
import json

import _warpipe


def emit(record):
    _warpipe.emit(json.dumps(record, separators=(",", ":")))


def run(request):
    emit({"kind": "deployment", "version": 1, "model": "plain", "device": request["device"],
          "tp": request["tp"], "ep": request["ep"], "dp": request["dp"], "args": request["args"],
          "tree": request["root"].rpartition("/")[2], "release": None})
    model = importlib.import_module("model")
    for phase in request["phases"]:
        value = model.forward(request["config"], phase)
        emit({"kind": "fact", "name": phase["phase"], "value": value, "because": []})
