# SPDX-License-Identifier: Apache-2.0
"""Sets up where imports come from, runs a driver, and tells how it ended."""
import gc
import importlib
import json
import os
import shlex
import signal
import sys
import traceback
import types

import _warpipe


MOST_REFUSED = 100


class OutOfTime(BaseException):
    """The caller's clock has run out. Not an Exception, so that fewer would catch it."""


class Run:
    """The run that goes on: where its tree is, what has been refused."""

    def __init__(self, root, site):
        self.root, self.site = root, site
        self.display_from = len(os.path.dirname(root).rstrip("/")) + 1
        self.refused, self.left_out = set(), {}

    def leave_out(self, what, count=1):
        """Something found no room: tell_left_out says how many."""
        self.left_out[what] = self.left_out.get(what, 0) + count

    def display(self, path):
        """A file as records have it: relative to the folder that holds the tree."""
        if path == self.root or path.startswith(self.root + "/"):
            return path[self.display_from:]
        return path

    def innermost(self, frame):
        """File and line of the innermost frame of the tree, or of `frame` itself."""
        first = frame
        while frame is not None:
            if frame.f_code.co_filename.startswith(self.root + "/"):
                return self.display(frame.f_code.co_filename), frame.f_lineno
            frame = frame.f_back
        return (self.display(first.f_code.co_filename), first.f_lineno) if first else (None, None)

    def where(self, trace):
        """File and line of the innermost code of the tree that an exception went through."""
        found = None, None
        while trace is not None:
            path = trace.tb_frame.f_code.co_filename
            if path.startswith(self.root + "/"):
                found = self.display(path), trace.tb_lineno
            trace = trace.tb_next
        return found

    def tell_refused(self, event, arguments):
        file, line = self.innermost(sys._getframe(1))
        if (event, file, line) in self.refused:
            return
        if len(self.refused) >= MOST_REFUSED:
            self.leave_out("refused")
            return
        self.refused.add((event, file, line))
        words = ", ".join(shown(argument) for argument in arguments)
        emit({"kind": "fact", "name": "refused", "value": f"{event}({words})",
              "because": [{"file": file, "line": line, "text": event}]})


def shown(value):
    """A value without addresses, which differ from run to run."""
    if value is None or isinstance(value, (str, bytes, int, float)):
        return repr(value)[:80]
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(shown(one) for one in value[:8]) + "]"
    return type(value).__name__


def emit(record):
    _warpipe.emit(json.dumps(record, separators=(",", ":")))


def unresolved(file, line, what, why, phase=None):
    emit({"kind": "unresolved", "phase": phase, "file": file, "line": line, "what": what,
          "why": why})


def on_alarm(number, frame):
    raise OutOfTime("no time left (see --timeout)")


def tell_assumed(assumed):
    """A fact for each package of which something was taken to be there."""
    packages = {}
    for name, why in sorted(assumed.items()):
        packages.setdefault(name.partition(".")[0], []).append((name, why))
    for package, rows in packages.items():
        emit({"kind": "fact", "name": "assumed." + package, "value": [name for name, _ in rows],
              "because": [{"file": None, "line": None, "text": why}
                          for why in sorted({why for _, why in rows})]})


def tell_left_out(run):
    """A fact for each kind of thing of which not all is told."""
    run.leave_out("conditions", _warpipe.conditions_left_out())
    for what, count in sorted(run.left_out.items()):
        if count:
            emit({"kind": "fact", "name": "left_out." + what, "value": count, "because": []})


def load_loader():
    """host.loader, by hand: it is what imports are made with."""
    module = types.ModuleType("host.loader")
    exec(_warpipe.code("Ehost/loader.py")[0], module.__dict__)
    sys.modules["host.loader"] = module
    return module


def set_finders(root, site, device):
    """Tree, installed packages, ours, the standard library, and what permits everything."""
    loader = load_loader()
    always = loader.EmbeddedFinder(only=loader.ALWAYS_OURS)
    ours = loader.EmbeddedFinder()
    builtin, frozen, path = sys.meta_path
    sys.meta_path[:] = [builtin, frozen, always, loader.tree_finder(root)]
    if site is not None:
        sys.meta_path.append(loader.site_finder(site))
    sys.meta_path += [ours, path]
    from launches import facts, finder, record
    facts.choose_device(device)
    record.STATE.prefix, record.STATE.assumed = os.path.basename(root) + "/", {}
    sys.meta_path.append(finder.Finder(loader.packages_of(root)))
    return record.STATE


def read_request(text):
    request = json.loads(text)
    request["args"] = shlex.split(request.pop("args_text") or "")
    return request


class Told:
    """Takes the place of emit where not all is wanted: of launches those are kept whose kernel,
    by one of its names, is to be explained, and none is passed on."""

    def __init__(self, emit, kernel):
        self.emit, self.launches = emit, []
        self.kernel, self.mark = kernel, kernel and json.dumps(kernel)

    def __call__(self, text):
        if '"kind":"launch"' not in text[:20]:
            self.emit(text)
        elif self.mark is not None and self.mark in text:
            launch = json.loads(text)
            if self.kernel == launch["kernel"] or self.kernel in launch.get("names", ()):
                self.launches.append(launch)


def watch_phases(run, request, state):
    """Note the lines that run, and how tests go, where the request wants to know."""
    explains = request["explain"] is not None or request["want"] == "facts"
    if not explains and not request["lines"]:
        return None
    from host import watch
    made = watch.Watch(run, explains)
    state.on_phase = made.begin
    if explains:
        _warpipe.emit = made.told = Told(_warpipe.emit, request["explain"])
    return made


def tell_watched(run, watch, request, state):
    if watch is None:
        return
    watch.begin(None)
    if request["lines"]:
        for phase, files in watch.lines.items():
            emit({"kind": "lines", "phase": phase,
                  "files": {file: sorted(lines) for file, lines in sorted(files.items())}})
    if not watch.with_tests:
        return
    from host import explain
    explainer = explain.Explainer(run, watch)
    if request["explain"] is not None:
        for fact in explainer.explain(request["explain"], watch.told.launches):
            emit(fact)
    else:
        for name, value, *where in state.facts:
            emit({"kind": "fact", "name": name, "value": value,
                  "because": explainer.because(*where) if len(where) > 1 else where[0]})


def main(root, site, driver, request, serves=False):
    gc.disable()  # the run is short, and its cycles are few; the process has a limit of memory
    sys.setrecursionlimit(5000)
    run, state = Run(root, site), None
    sys.modules["host.boot"] = module = types.ModuleType("host.boot")
    module.__dict__.update(globals(), run=run)
    try:
        request = read_request(request)
        state = set_finders(root, site, request["device"])
        _warpipe.watch(root)
        _warpipe.guard(run.tell_refused)
        signal.signal(signal.SIGALRM, on_alarm)
        if serves:
            importlib.import_module("drivers." + driver).warm(request)
            request = read_request(_warpipe.serve())
        watch = watch_phases(run, request, state)
        importlib.import_module("drivers." + driver).run(request)
        tell_watched(run, watch, request, state)
    except RecursionError as error:
        unresolved(*run.where(error.__traceback__), "run", "calls nested too deep")
    except MemoryError as error:
        unresolved(*run.where(error.__traceback__), "run", "no memory left")
    except BaseException as error:
        unresolved(*run.where(error.__traceback__), "run",
                   f"{type(error).__name__}: {error}"[:500])
        traceback.print_exc()
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    if state is not None:
        tell_assumed(state.assumed)
    tell_left_out(run)
