#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the shapes, dtypes and strides of kplan's torch against the real one's, over calls drawn from a seed.

    compare-calls.py --python PYTHON [-n COUNT] [--seed SEED]

A line for each call that differs, and a last one that counts; the exit status is 0 when none differs.
A call that torch refuses shows no rule and is counted apart. Fake tensors have rules of their own here
and there: where they differ from kplan's, the same call on tensors of the CPU decides.
"""
import argparse
import itertools
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from calls import draw


def results(python, which, calls):
    done = subprocess.run([*python, os.path.join(HERE, "run-calls.py"), which], input=json.dumps(calls),
                          stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def without_devices(result):
    return [t[:3] for t in result] if not isinstance(result, str) else result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", required=True)
    parser.add_argument("-n", type=int, default=700)
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()
    calls = list(itertools.islice(draw(options.seed), options.n))
    real = [options.python, "-B"]
    ours, fake = results(["/usr/bin/python3", "-I", "-B"], "ours", calls), results(real, "fake", calls)
    open_ = [i for i, (one, other) in enumerate(zip(ours, fake)) if one != other and not isinstance(other, str)]
    on_host = dict(zip(open_, results(real, "real", [calls[i] for i in open_])))
    counts = dict.fromkeys(("equal", "differ", "as torch on the CPU, unlike fake tensors", "refused by both", "refused by torch alone"), 0)
    for i, (lines, expression) in enumerate(calls):
        if isinstance(fake[i], str):
            counts["refused by both" if isinstance(ours[i], str) else "refused by torch alone"] += 1
        elif ours[i] == fake[i]:
            counts["equal"] += 1
        elif not isinstance(on_host[i], str) and without_devices(ours[i]) == without_devices(on_host[i]):
            counts["as torch on the CPU, unlike fake tensors"] += 1
        else:
            counts["differ"] += 1
            print("%s; %s\n    is      %s\n    kplan's %s" % ("; ".join(lines), expression, fake[i], ours[i]))
    print("%d calls: %s" % (len(calls), ", ".join("%d %s" % (n, what) for what, n in counts.items())))
    sys.exit(counts["differ"] != 0)


main()
