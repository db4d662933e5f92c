# SPDX-License-Identifier: Apache-2.0
"""Runs calls of torch on shapes alone, and writes what each gives.

    run-calls.py ours|fake|real < calls.json      [[LINES, EXPRESSION], ...] as calls.py draws them

ours: on kplan's stand-in for torch, under a plain python3 -I. fake: on the real torch's fake tensors.
real: on its tensors of the CPU, whatever the device. A line of JSON for each:
[[shape, strides, dtype, device], ...] of the tensors that come out, or the error.
"""
import contextlib
import json
import logging
import os
import sys
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = os.path.join(HERE, os.pardir, os.pardir, "filters", "lib", "dryrun", "python")


def described(torch, x):
    """What came out, as JSON."""
    if isinstance(x, torch.Tensor):
        # The stride of a dimension of one element, and those of nothing, reach no memory.
        strides = [int(s) for n, s in zip(x.shape, x.stride()) if n > 1] if x.numel() else []
        return [[[int(n) for n in x.shape], strides, str(x.dtype), x.device.type]]
    if isinstance(x, (list, tuple)):
        return [d for y in x for d in described(torch, y)]
    return [repr(x)]


def call(torch, lines, expression):
    names = {"torch": torch}
    try:
        for line in lines:
            exec(line, names)
    except Exception as error:
        return "not made: %s: %s" % (type(error).__name__, str(error)[:200])
    try:
        return described(torch, eval(expression, names))
    except Exception as error:
        return "%s: %s" % (type(error).__name__, str(error).partition("\n")[0][:200])


def ours():
    sys.path[:0] = [os.path.join(PYTHON, "host", "plain"), PYTHON, os.path.join(PYTHON, "standins")]
    from launches import facts, finder
    facts.choose_device("h200")
    sys.meta_path.append(finder.Finder(set()))
    import torch
    return torch


def real(calls, fake):
    sys.path.insert(0, HERE)
    sys.path += [PYTHON, os.path.join(PYTHON, "host", "plain")]
    import torch
    from torch._subclasses import fake_tensor
    fake_tensor.init_gpu_context = lambda *a, **k: None
    torch._C._ensureCUDADeviceGuardSet()
    device = lambda text: text.replace("'cuda'", "'cuda:0'" if fake else "'cpu'")
    with fake_tensor.FakeTensorMode(allow_non_fake_inputs=True) if fake else contextlib.nullcontext(), torch.no_grad():
        return [call(torch, list(map(device, lines)), device(expression)) for lines, expression in calls]


def main(which):
    calls = json.load(sys.stdin)
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    sys.setrecursionlimit(5000)
    if which == "ours":
        torch = ours()
        results = [call(torch, *c) for c in calls]
    else:
        results = real(calls, which == "fake")
    for r in results:
        print(json.dumps(r))


main(*sys.argv[1:])
