#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a deployment on the real torch with fake tensors: what kplan's plans are held against.

    execute.py TREE < request.json > plan.ndjson

The request is the one that kplan gives to its driver (drivers/sglang), and the records are the
same. Needs a Python with torch, triton, transformers and what sglang imports; tests/plan/check-plans
makes one. No file of the tree is changed; nothing is run on a device.
"""
import json
import os
import sys
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = os.path.join(HERE, os.pardir, os.pardir, "filters", "lib", "dryrun", "python")


def main():
    request = json.load(sys.stdin)
    records, sys.stdout = sys.stdout, sys.stderr
    warnings.filterwarnings("ignore")
    sys.setrecursionlimit(5000)
    root = os.path.realpath(request["root"])
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    sys.path[:0] = [HERE, root]
    # Last: `standins` and the like must not hide what is installed.
    sys.path += [PYTHON, os.path.join(PYTHON, "host", "plain")]
    import _warpipe
    _warpipe.emit = lambda text: records.write(text + "\n")
    import torch
    import transformers
    from real import machine, tensors
    machine.install(root, request["device"])
    from drivers import sglang
    # Sizes of real tensors are plain numbers: they carry no names.
    sglang.Plan.name_sizes = lambda plan, batch: None
    with tensors.FAKE, tensors.Recorder():
        return sglang.run(request)


sys.exit(main())
