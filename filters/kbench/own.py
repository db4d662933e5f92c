# SPDX-License-Identifier: Apache-2.0
"""Runs a user's module for kbench: requests on stdin, an answer of one line to each on what was
stdout. Calls are timed here, so that the way to kbench and back is no part of them."""
import importlib.util
import os
import sys
import time
import traceback

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what the module prints is for people


def answer(text):
    print(" ".join(str(text).split()), file=answers, flush=True)


def load(path):
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    spec = importlib.util.spec_from_file_location("kbench_subject", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("prepare", "run", "bytes"):
        if not callable(getattr(module, name, None)):
            raise SystemExit(f"{path}: has no function {name} (see filters/kbench/kbench_kernel.h)")
    return module


def on_gpu():
    torch = sys.modules.get("torch")
    return torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized()


def timed(run, job, calls):
    """Microseconds of all calls, and by which clock."""
    if on_gpu():
        cuda = sys.modules["torch"].cuda
        begin, end = cuda.Event(enable_timing=True), cuda.Event(enable_timing=True)
        cuda.synchronize()
        begin.record()
        for _ in range(calls):
            run(job)
        end.record()
        end.synchronize()
        return begin.elapsed_time(end) * 1e3, "CUDA events"
    begin = time.perf_counter_ns()
    for _ in range(calls):
        run(job)
    return (time.perf_counter_ns() - begin) / 1e3, "Python's clock"


class Served:
    def __init__(self, path):
        self.module, self.job = load(path), None
        self.name = getattr(self.module, "NAME", os.path.basename(path)[:-3])

    def release(self):
        if self.job is not None and hasattr(self.module, "release"):
            self.module.release(self.job)
        self.job = None

    def prepare(self, values):
        self.release()
        self.job = self.module.prepare(*map(int, values))
        return f"ok {float(self.module.bytes(self.job))!r}"

    def run(self, values):
        return "ok {} {}".format(*timed(self.module.run, self.job, int(values[0])))

    def check(self, values):
        if not hasattr(self.module, "check"):
            return "none"
        return "right" if self.module.check(self.job) else "wrong"

    def answer(self, request, values):
        if request == "name":
            return self.name
        if request == "axes":
            return getattr(self.module, "AXES", "size=1K:1M:x4")
        if request == "ceiling":
            return getattr(self.module, "CEILING", "copy")
        try:
            return getattr(self, request)(values)
        except Exception as error:  # the module's own: kbench says which configuration it was
            traceback.print_exc()
            return f"no {type(error).__name__}: {error}"


served = Served(sys.argv[1])
for line in sys.stdin:
    words = line.split()
    answer(served.answer(words[0], words[1:]))
