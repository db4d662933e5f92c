# SPDX-License-Identifier: Apache-2.0
"""Runs a driver under a plain python3 -I -S: one request on stdin, records on stdout.

    python3.11 -I -S run.py sglang < request.json
"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = os.path.dirname(os.path.dirname(HERE))


def main():
    request = json.load(sys.stdin)
    sys.pycache_prefix = os.environ.get("DRYRUN_CACHE", "/tmp/dryrun-pycache")
    sys.setrecursionlimit(5000)
    sys.path[:0] = [HERE, PYTHON, os.path.join(PYTHON, "standins")]
    root = os.path.realpath(request["root"])
    sys.path.append(root)
    from launches import facts
    facts.choose_device(request["device"])
    from launches.finder import Finder
    sys.meta_path.append(Finder(set(os.listdir(root))))
    sys.stdout = sys.stderr
    from importlib import import_module
    return import_module("drivers." + sys.argv[1]).run(request)


sys.exit(main())
