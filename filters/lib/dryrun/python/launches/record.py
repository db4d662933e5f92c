# SPDX-License-Identifier: Apache-2.0
"""What the stand-ins write down: one record for each kernel that would run on the device.

A stand-in calls launch(source, kernel, tensors) where the real package would start a kernel. The frames of the
tree are read off the Python stack; everything else of a record is decided in describe().
"""
import sys

import _warpipe


class State:
    """The recorder's state. `on` is the one flag that is read on every call of every stand-in."""

    on = False            # launches are written down
    on_in_capture = False # launches are written down while a graph is captured
    quiet = 0             # > 0: inside of a launch that is already written down
    compiled = 0          # > 0: inside of a torch.compile region
    phase = None
    stream = 0            # 0: the device's default stream
    capturing = False
    root = ""             # path of the tree, with a slash at the end
    prefix = ""           # what stands before the paths in records
    compared = []         # comparisons of sizes that may lead to the next launch
    model_forward = frozenset()   # the model's forward: ids of code objects, which are slow to hash themselves
    layer_codes = frozenset()     # ids of the code objects of its layers' methods
    layers = {}           # id of a layer's module -> its index
    out = None            # list that takes the launches
    unresolved = None     # list that takes what could not be run
    seen_unresolved = None
    assumed = None        # name -> why, of packages and names taken to be there
    values_read = None    # sites that read a value of the device
    ops = ()              # codes of the model's own layers, for `op`


    facts = None          # arguments of fact()
    on_phase = None       # the host's: called with "build" or a phase before it runs, with None at the end


STATE = State()
PARTS = {}                # qualified name of a function -> part; the driver fills it
CODES = {}                # id of a code object -> its Code; False for code that is not the tree's


def reset():
    STATE.out, STATE.unresolved, STATE.seen_unresolved, STATE.facts = [], [], set(), []


def reset_launches():
    STATE.out = []
    forget_conditions()


def forget_conditions():
    """What was compared so far led to no launch that is written down."""
    _warpipe.take_conditions()
    STATE.compared = []


class Code:
    """A function of the tree, and the places in it that were looked at."""
    __slots__ = ("code", "file", "function", "places")

    def __init__(self, code):
        self.code, self.places = code, {}
        self.file, self.function = STATE.prefix + code.co_filename[len(STATE.root):], code.co_qualname


class Frame:
    """One place of a function. There is one object for each, so that places alike are the same."""
    __slots__ = ("file", "line", "function", "code", "instruction", "text")

    def __init__(self, known, line, instruction):
        self.file, self.function, self.code = known.file, known.function, known.code
        self.line, self.instruction, self.text = line, instruction, None


def know(code):
    known = CODES[id(code)] = code.co_filename.startswith(STATE.root) and Code(code)
    if not known:
        KEPT.append(code)           # an id is that of this code object as long as it lives
    return known


KEPT = []


def frames_of(frame, codes=None):
    """The tree's frames from the innermost outwards, the layer, and the part. Into `codes` go the ids of their code
    objects, of a launch of the model no further than its forward."""
    frames, layer, part = [], None, None
    forward, layer_codes, known_codes = STATE.model_forward, STATE.layer_codes, CODES
    in_model = False
    while frame is not None:
        code = frame.f_code
        key = id(code)
        known = known_codes.get(key)
        if known is None:
            known = know(code)
        if known:
            instruction = frame.f_lasti
            place = known.places.get(instruction)
            if place is None:
                place = known.places[instruction] = Frame(known, frame.f_lineno, instruction)
            frames.append(place)
            if layer is None and key in layer_codes:
                layer = STATE.layers.get(id(frame.f_locals.get("self")))
            if codes is not None and not in_model:
                codes.add(key)
            if key in forward:
                in_model = True
            elif part is None:
                part = PARTS.get(known.function)
        frame = frame.f_back
    if in_model:
        part = part if part == "logits" else "model"
    return frames, layer, part


def shapes_of(values, shapes, dtypes, depth=0):
    for v in values:
        t = type(v)
        if getattr(t, "is_warpipe_tensor", False):
            shapes.append(list(v.shape))
            dtypes.append(v.dtype.name)
        elif t is list or t is tuple:
            if depth < 3:
                shapes_of(v, shapes, dtypes, depth + 1)
        elif t is dict:
            if depth < 3:
                shapes_of(v.values(), shapes, dtypes, depth + 1)


def conditions(codes):
    """Comparisons of sizes that led to a launch: those made since the one before it, and earlier ones of functions
    that have not returned since."""
    taken = _warpipe.take_conditions()
    if taken:
        STATE.compared.extend(taken)
    if not STATE.compared:
        return []
    out = {(text, id(code), line): (text, code, line) for text, code, line in STATE.compared}
    STATE.compared = [row for row in out.values() if id(row[1]) in codes]
    n = len(STATE.root)
    return [{"text": text, "file": STATE.prefix + code.co_filename[n:], "line": line} for text, code, line in out.values()]


def launch(source, kernel, tensors, extra=None, called=None):
    """One kernel starts. `tensors` may nest; what is no tensor in it is passed over. `called` may name it by its frames."""
    if not STATE.on or STATE.quiet:
        return None
    codes = set()
    frames, layer, part = frames_of(sys._getframe(1), codes)
    shapes, dtypes = [], []
    shapes_of(tensors, shapes, dtypes)
    names = None
    if called is not None:
        kernel, names = called(frames)
    r = {"kind": "launch", "phase": STATE.phase, "seq": len(STATE.out), "layer": layer, "part": part,
         "kernel": kernel, "source": source, "frames": frames, "shapes": shapes, "dtypes": dtypes,
         "stream": STATE.stream, "conditions": conditions(codes)}
    if names:
        r["names"] = names
    if extra:
        r.update(extra)
    STATE.out.append(r)
    return r


def unresolved(what, why, frame=None):
    """Something could not be run, or was decided without knowing. Said once for each line and reason."""
    if STATE.unresolved is None:
        return
    frames, _, _ = frames_of(frame or sys._getframe(1))
    file, line = (frames[0].file, frames[0].line) if frames else (None, None)
    key = (STATE.phase, file, line, what)
    if key in STATE.seen_unresolved:
        return
    STATE.seen_unresolved.add(key)
    STATE.unresolved.append({"kind": "unresolved", "phase": STATE.phase, "file": file, "line": line,
                             "what": what, "why": why})


def fact(name, value, attribute, holder, alias, within=None):
    """Something was decided. The lines that set the attribute of the holder, or of what the tree calls `alias`,
    say why, or those of the function called `within` that have its name."""
    if STATE.facts is not None:
        STATE.facts.append((name, value, attribute, holder, alias, within))


def decided_here(name, value, rule):
    """Something was decided by what the tree calls at this line, by a rule that is known of that."""
    frames, _, _ = frames_of(sys._getframe(1))
    because = [{"file": frames[0].file, "line": frames[0].line, "text": rule}] if frames else []
    if (name, value, because) not in STATE.facts:
        STATE.facts.append((name, value, because))


def begin(phase):
    """What runs from here on belongs to the phase; None: to none."""
    if STATE.on_phase is not None:
        STATE.on_phase(phase)


def assume(name, why):
    if STATE.assumed is not None:
        STATE.assumed.setdefault(name, why)


class Quiet:
    """with QUIET: launches inside belong to one that is already written down."""

    def __enter__(self):
        STATE.quiet += 1

    def __exit__(self, *exc):
        STATE.quiet -= 1
        return False


QUIET = Quiet()


def folded(launches):
    """Layers that follow each other and launch the same, once: `repeat` says how many they are."""
    groups = []
    for r in launches:
        if groups and groups[-1][0]["layer"] is not None and groups[-1][0]["layer"] == r["layer"]:
            groups[-1].append(r)
        else:
            groups.append([r])
    out, last, mark = [], None, None
    for group in groups:
        layer = group[0]["layer"]
        new = layer is not None and [{k: v for k, v in r.items() if k not in ("layer", "seq")} for r in group]
        if new and new == mark:
            for r in last:
                r["repeat"] += 1
        else:
            last, mark = [dict(r, repeat=1) for r in group], new
            out += last
    return out
