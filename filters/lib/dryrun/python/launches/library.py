# SPDX-License-Identifier: Apache-2.0
"""Calls of foreign packages, answered by the table data/library.json.

A row says what a call returns and whether it launches a kernel:

    "sgl_kernel.rmsnorm(x, w, eps=1e-6, out=None)": ["launch", "out if out is not None else like(x)"]

launch: one kernel. host: none. through: Python above torch, its own launches are the ones. plan: a planning call with
copies, no compute kernel. The second word is a Python expression over the arguments and the names of HELPERS.
`choices` has what a class decides by itself when it is made and one of its arguments says auto: that argument, the
value, and by which rule; it is told as a fact.
"""
import enum
import importlib
import inspect
import opcode
import re
import sys
import types

from .facts import FACTS, data
from .record import QUIET, STATE, decided_here, launch, unresolved

NOTHING = object()
POP = opcode.opmap["POP_TOP"]
ROWS = None               # full name -> (kind, source text of a lambda)
TAILS = {}                # (package, last part or Class.method) -> full name
CONSTANTS = {}
CHOICES = {}              # (package, class) -> (argument, value, rule)
HELPERS = {"__builtins__": {"len": len, "tuple": tuple, "list": list, "isinstance": isinstance, "int": int, "range": range,
                            "min": min, "max": max, "getattr": getattr, "hasattr": hasattr, "dict": dict, "type": type,
                            "str": str, "bool": bool, "float": float, "zip": zip, "sum": sum},
           # Situ and SwigluStep: of later releases, whose numbers are not known and decide nothing here.
           "flashinfer_activations": enum.IntEnum("ActivationType", "Gelu Relu Silu Swiglu Geglu SwigluBias Relu2 Identity InvalidType "
                                                  "Situ SwigluStep", start=0)}
TAIL = re.compile(r"((?:[A-Z]\w*\.)?\w+)$")


def load():
    global ROWS
    table = data("library")
    ROWS = {}
    for row, (kind, returns) in table["functions"].items():
        name, _, args = row.partition("(")
        args = args[:-1]
        head, brace, rest = name.partition("{")
        names = [name]
        if brace:
            inner, _, tail = rest.partition("}")
            names = [head + x + tail for x in inner.split(",")]
        for n in names:
            ROWS[n] = (kind, args, returns)
            TAILS.setdefault((n.partition(".")[0], TAIL.search(n)[1]), n)
    for name, text in table["constants"].items():
        CONSTANTS[name] = text
    for name, row in table["choices"].items():
        CHOICES[name.partition(".")[0], name.rpartition(".")[2]] = row


def helpers():
    """torch is imported when the first call is answered, and not with this file."""
    import contextlib
    import torch
    from launches.permissive import Instance

    def mk(shape, dtype, device="cuda"):
        return torch._core.make(shape, dtype, torch._core.where(device))

    def like(t, shape=None, dtype=None):
        return torch._core.make(t.shape if shape is None else shape, dtype or t.dtype, t.device)

    def wide(t):
        """Attention on fp8 gives bfloat16."""
        return torch.bfloat16 if t.dtype.itemsize == 1 else t.dtype

    def first(*xs):
        for x in xs:
            if x is not None:
                return x

    def made(module, name, *a):
        """An instance of a foreign class."""
        return getattr(importlib.import_module(module), name)(*a)
    from . import amd
    HELPERS.update(aiter_types=amd.aiter_types, aiter_quant=amd.aiter_quant, aiter_rope=amd.aiter_rope, aiter_all_reduce=amd.aiter_all_reduce)
    HELPERS.update(torch=torch, mk=mk, like=like, first=first, made=made, wide=wide, device=FACTS.device, Instance=Instance, facts=FACTS,
                   nullcontext=contextlib.nullcontext, cdiv=lambda a, b: -(-a // b), launch=launch,
                   bf16=torch.bfloat16, f32=torch.float32, i32=torch.int32, i64=torch.int64, fp8=torch.float8_e4m3fn,
                   u8=torch.uint8, cc=tuple(FACTS.device["cc"]), sms=FACTS.device["sms"], arch=FACTS.device.get("arch", "").partition(":")[0])


def find(full):
    if ROWS is None:
        load()
    got = ROWS.get(full)
    if got is None:
        name = TAILS.get((full.partition(".")[0], TAIL.search(full)[1]))
        got = ROWS.get(name) if name else None
        if got is None:
            return None
        full = name
    if type(got[1]) is str:
        if "torch" not in HELPERS:
            helpers()
        got = ROWS[full] = (got[0], eval("lambda %s: %s" % (got[1], got[2]), HELPERS), got[1])
    return got


def signature(full):
    """What inspect.signature() says of a function: the row's arguments, or any."""
    rule = find(full)
    return inspect.signature(rule[1] if rule is not None else lambda *args, **kwargs: None)


def constant(full):
    if ROWS is None:
        load()
    got = CONSTANTS.get(full, NOTHING)
    if type(got) is str:
        if "torch" not in HELPERS:
            helpers()
        got = CONSTANTS[full] = eval(got, HELPERS)
    return got


def short(full):
    """flashinfer.decode.f is f, but Class.method stays."""
    parts = full.split(".")[1:]
    while len(parts) > 1 and not re.match(r"_?[A-Z]", parts[0]):
        parts.pop(0)
    return ".".join(parts)


def call(full, me, a, k):
    source = FACTS.packages["sources"].get(full.partition(".")[0])
    rule = find(full)
    if rule is None:
        return unknown_call(full, source, me, a, k)
    kind, function = rule[0], rule[1]
    if me is not None and rule[2].partition(",")[0].strip() == "me":
        a = (me, *a)
    if kind == "through":
        return function(*a, **k)
    if kind == "launch" or kind == "plan":
        r = launch(source or full.partition(".")[0], short(full), (a, k), {"plan": True} if kind == "plan" else None)
    with QUIET:
        return function(*a, **k)


def made_by(full):
    """What a function gave of which nothing is known but its name."""
    from .permissive import Instance
    made = Instance()
    made.__dict__["made_by"] = full
    return made


def unknown_call(full, source, me, a, k):
    if len(a) == 1 and not k and isinstance(a[0], (types.FunctionType, type)) and not STATE.on:
        return a[0]                                     # a decorator
    if not STATE.on or STATE.quiet:
        tensor = next((x for x in a if has_tensor(x) and not isinstance(x, (list, tuple, dict))), None)
        return tensor if source and tensor is not None else made_by(full)  # weights stay as they are
    if source is None:
        if full.partition(".")[0] == "torch" or has_tensor((a, k)):
            unresolved("call of " + full, "nobody described what it returns and launches")
        return made_by(full)
    launch(source, short(full), (a, k))
    if not discarded(sys._getframe(1)):
        unresolved("call of " + full, "its row is missing in the table of libraries: what it returns is not known, None is taken")
    return None


def discarded(frame):
    """Does the calling code throw the result away? Then nothing is missing that a row would say."""
    while frame is not None and not frame.f_code.co_filename.startswith(STATE.root):
        frame = frame.f_back
    if frame is None:
        return False
    code, i = frame.f_code.co_code, frame.f_lasti
    i += 2 + 2 * opcode._inline_cache_entries[code[i]]
    return i < len(code) and code[i] == POP


def has_tensor(x):
    if isinstance(x, (list, tuple)):
        return any(map(has_tensor, x))
    if isinstance(x, dict):
        return any(map(has_tensor, x.values()))
    return getattr(x, "is_warpipe_tensor", False)


def tell_choice(full, k):
    """A fact, where an object of this class decides something by itself."""
    if ROWS is None:
        load()
    row = CHOICES.get((full.partition(".")[0], full.rpartition(".")[2]))
    if row is None:
        return
    if "torch" not in HELPERS:
        helpers()
    argument, value, rule = row
    given = k.get(argument, "auto")
    decided_here(full + "." + argument, eval(value, HELPERS) if given == "auto" else given, rule if given == "auto" else "given")
