# SPDX-License-Identifier: Apache-2.0
"""Runs forward(config) of the tree's module `model`: for tests of the host."""
import importlib
import json

import _warpipe
from launches import record


def emit(record):
    _warpipe.emit(json.dumps(record, separators=(",", ":")))


def run(request):
    emit({"kind": "deployment", "version": 1, "model": "plain", "device": request["device"],
          "tp": request["tp"], "ep": request["ep"], "dp": request["dp"], "args": request["args"],
          "tree": request["root"].rpartition("/")[2], "release": None})
    record.begin("build")
    model = importlib.import_module("model")
    for phase in request["phases"]:
        record.begin(phase["phase"])
        value = model.forward(request["config"], phase)
        emit({"kind": "fact", "name": phase["phase"], "value": value, "because": []})
    record.begin(None)
