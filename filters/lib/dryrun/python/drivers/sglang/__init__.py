# SPDX-License-Identifier: Apache-2.0
"""How sglang goes from a command line to a forward: its own server arguments, runner, batch and model, in its own order.

run(request) emits the records of one deployment. What is particular to sglang stands in this folder and nowhere else.
"""
import dataclasses
import json
import logging
import os
import traceback

import _warpipe
from launches import machine, record
from launches.calls import call_text
from launches.record import STATE

from .common import ENCODER, emit, module
from .phases import Phases
from .server import MODEL, Server

def run(request):
    root = os.path.realpath(request["root"])
    STATE.root = root + "/"
    record.reset()
    STATE.assumed = STATE.assumed or {}
    machine.install({MODEL + "/config.json": json.dumps(request["config"])})
    os.environ.update({"HF_HUB_OFFLINE": "1", "SGLANG_JIT_DEEPGEMM_PRECOMPILE": "0", "SGLANG_CUTE_AOT_CACHE_DIR": "",
                       "SGLANG_HOST_IP": "127.0.0.1"})             # a server has an address
    os.environ.update(request.get("env") or {})
    logging.disable(logging.CRITICAL)
    plan = Plan(request, root)
    record.begin("build")
    try:
        plan.build()
    except BaseException as e:              # a tree may raise SystemExit as well
        plan.give_up(e, "the deployment could not be built")
        plan.tell_arguments()
        return plan.end()
    for phase in request["phases"] if request.get("want") != "facts" else ():
        record.begin(phase["phase"])
        try:
            plan.run_phase(phase)
        except BaseException as e:
            plan.give_up(e, "the phase could not be run to its end")
        finally:
            STATE.on, STATE.quiet, STATE.stream, STATE.capturing = False, 0, 0, False
        record.begin(None)
        plan.write_launches()
    return plan.end()


def plain(value):
    """A value as JSON has it."""
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


class Parts(dict):
    """Qualified name of a function -> the part of a pass it belongs to."""

    def __missing__(self, name):
        part = None
        if name.endswith("LogitsProcessor.forward"):
            part = "logits"
        elif "init_forward_metadata" in name:
            part = "attn_metadata"
        elif name.endswith((".sample", "._preprocess_logits")) or name.startswith("Sampler."):
            part = "sample"
        elif name.startswith(("ForwardBatch.init_new",)):
            part = "batch_init"
        elif name.startswith(("ScheduleBatch.", "prepare_mlp_sync_batch_raw")):
            part = "scheduler"
        elif name.endswith((".replay", ".replay_prepare", ".populate_from_forward_batch", ".load_batch", ".execute")):
            part = "graph_inputs"
        self[name] = part
        return part

    get = dict.__getitem__


def reason(e):
    """What an exception says; of an assertion without a message, the line that asserts."""
    said = str(e)
    if isinstance(e, AssertionError) and not said and e.__traceback__ is not None:
        said = traceback.extract_tb(e.__traceback__)[-1].line
    return "%s: %s" % (type(e).__name__, said)


class Plan(Server, Phases):
    def __init__(self, request, root):
        self.request, self.root = request, root
        self.release = self.release_of(root)
        self.launches, self.kernels, self.open = 0, set(), 0
        self.runner, self.draft, self.postponed, self.captured = None, None, False, set()
        self.prefixes = {}
        record.PARTS = Parts()

    # ------------------------------------------------------------ facts
    def tell_arguments(self):
        """Arguments that are not what they are by default."""
        sa = getattr(self, "server_args", None)
        if sa is None:
            return
        # From 0.5.20 on what was decided is kept apart, with the function that declared it.
        resolved = getattr(module("sglang.srt.arg_groups.overrides"), "resolution_result", None)
        declared = {}
        for source, values in getattr(sa, "_resolved_overrides", None) or ():
            declared.update(dict.fromkeys(values, source.rpartition(".")[2]))
        for field in dataclasses.fields(sa) if dataclasses.is_dataclass(sa) else module("msgspec").structs.fields(sa):
            value = resolved(sa, field.name) if resolved is not None else getattr(sa, field.name)
            default = field.default_factory() if field.default is dataclasses.MISSING and \
                field.default_factory is not dataclasses.MISSING else field.default
            if field.name in declared or value is not default and value != default:
                record.fact("server_args." + field.name, plain(value), field.name, sa, "server_args", declared.get(field.name))

    def tell_facts(self):
        """The arguments, and the classes that were chosen."""
        self.tell_arguments()
        for name in ("attn_backend", "decode_attn_backend", "graph_runner", "token_to_kv_pool"):
            held = getattr(self.runner, name, None)
            if held is not None:
                record.fact("runner." + name, type(held).__name__, name, self.runner, "model_runner")
        methods, holder = {}, None
        for m in self.runner.model.modules():
            method = getattr(m, "quant_method", None)
            if method is not None:
                key = type(m).__name__ + ": " + type(method).__name__
                methods[key], holder = methods.get(key, 0) + 1, m
        record.fact("model.quant_method", methods, "quant_method", holder, "layer")

    def deployment(self):
        r, sa = self.request, self.server_args
        return {"kind": "deployment", "version": 1, "model": type(self.runner.model).__name__, "device": r["device"], "tp": sa.tp_size,
                "ep": sa.ep_size, "dp": sa.dp_size, "args": r.get("args") or [], "tree": "sglang", "release": self.release}

    # ------------------------------------------------------------ records
    def give_up(self, e, what):
        if os.environ.get("DRYRUN_DEBUG"):
            traceback.print_exception(e)
        place = None
        for f, line in traceback.walk_tb(e.__traceback__):
            name = f.f_code.co_filename
            if name.startswith(STATE.root):
                place = (STATE.prefix + name[len(STATE.root):], line)
        STATE.unresolved.append({"kind": "unresolved", "phase": STATE.phase, "file": place[0] if place else None,
                                 "line": place[1] if place else None, "what": what, "why": reason(e)[:520]})

    def write_launches(self):
        for i, r in enumerate(STATE.out):
            r["seq"], r["repeat"] = i, 1
        launches = record.folded(STATE.out) if self.request.get("fold") else STATE.out
        for r in launches:
            frames = r["frames"]
            op = next((k for k, f in enumerate(frames) if "/models/" in f.file), None)
            if op is not None:
                r["op"] = op
            self.kernels.add((r["source"], r["kernel"]))
            r["frames"] = 0                     # their texts are made once for each place, and put in here
            _warpipe.emit(ENCODER.encode(r).replace('"frames":0', '"frames":[%s]' % ",".join([f.text or described(f) for f in frames]), 1))
        self.launches += len(STATE.out)
        self.write_unresolved()

    def write_unresolved(self):
        for r in STATE.unresolved:
            emit(r)
        self.open += len(STATE.unresolved)
        STATE.unresolved.clear()

    def end(self):
        self.write_unresolved()
        emit({"kind": "end", "launches": self.launches, "kernels": len(self.kernels), "unresolved": self.open})
        return 1 if self.open else 0


def described(frame):
    """A frame's text, as records have it."""
    text = call_text(frame.code, frame.instruction)
    place = {"file": frame.file, "line": frame.line, "function": frame.function}
    frame.text = ENCODER.encode({"call": text, **place} if text else place)
    return frame.text
