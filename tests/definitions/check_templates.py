# SPDX-License-Identifier: Apache-2.0
"""Compares definitions in FlashInfer's dialect with the templates of a flashinfer-python, one line a definition.

usage: check_templates.py FLASHINFER < definitions     (FLASHINFER: where the wheel was unpacked; needs torch, no GPU)

A name that a template would give stands for its content: op type, axes, inputs and outputs with their shapes, dtypes
where the template has one. `same`; `drift` with what differs, exit status 1; `own`: no template gives such a name.
"""
import importlib
import json
import pkgutil
import re
import sys
import types


def templates(root):
    """Every template of the package, without what needs a GPU: the package's own __init__ is not run."""
    package = types.ModuleType("flashinfer")
    package.__path__ = [root + "/flashinfer"]
    sys.modules["flashinfer"] = package
    from flashinfer.trace import templates as folder
    from flashinfer.trace.template import TraceTemplate
    found, seen = [], set()
    for module in pkgutil.iter_modules(folder.__path__):
        try:
            held = vars(importlib.import_module("flashinfer.trace.templates." + module.name))
        except Exception as e:
            print("%s: not loaded: %s" % (module.name, e), file=sys.stderr)
            continue
        for value in held.values():
            if isinstance(value, TraceTemplate) and id(value) not in seen:
                seen.add(id(value))
                found.append(value)
    return found


def constants(template):
    return [name for name, axis in template.axes.items() if type(axis).__name__ == "Const"]


def name_of(template, axes):
    """The name that the template gives, over the constants of a definition; None where one is not among them."""
    values = {}
    for name in constants(template):
        value = axes.get(name, {}).get("value", getattr(template.axes[name], "value", None))
        if value is None:
            return None
        values[name] = value
    return template.definition_name(values)


def pattern(template):
    """Names that it can give, whatever the sizes."""
    given = template.definition_name({name: 987654 for name in constants(template)})
    return re.compile(re.escape(given).replace("987654", r"\d+") + "$")


def shape(tensor):
    return list(tensor.dim_names) if hasattr(tensor, "dim_names") else None


def differences(template, definition):
    said = []
    if template.op_type != definition["op_type"]:
        said.append("op type %s, not %s" % (definition["op_type"], template.op_type))
    constant = {name for name, axis in definition["axes"].items() if axis["type"] == "const"}
    if set(template.axes) != set(definition["axes"]):
        said.append("axes %s, not %s" % (sorted(definition["axes"]), sorted(template.axes)))
    elif constant != set(constants(template)):
        said.append("constant axes %s, not %s" % (sorted(constant), sorted(constants(template))))
    for side in ("inputs", "outputs"):
        theirs, ours = getattr(template, side), definition[side]
        theirs = {name: t for name, t in theirs.items() if not getattr(t, "optional", False) or name in ours}
        if list(theirs) != list(ours):
            said.append("%s %s, not %s" % (side, list(ours), list(theirs)))
            continue
        for name, tensor in theirs.items():
            if shape(tensor) != ours[name]["shape"] and not (shape(tensor) == [] and ours[name]["shape"] is None):
                said.append("%s: shape %s, not %s" % (name, ours[name]["shape"], shape(tensor)))
            fixed = getattr(tensor, "dtype", None)
            if fixed is not None and str(fixed).replace("torch.", "") != ours[name]["dtype"]:
                said.append("%s: %s, not %s" % (name, ours[name]["dtype"], fixed))
    return said


def main(root):
    known = [(template, pattern(template)) for template in templates(root)]
    counts = {"same": 0, "drift": 0, "own": 0}
    for line in sys.stdin:
        definition = json.loads(line)
        name = definition["name"]
        fitting = [t for t, p in known if p.match(name)]
        said = [differences(t, definition) for t in fitting]
        kind = "own" if not fitting else "same" if [] in said else "drift"
        counts[kind] += 1
        print(kind, name, "; ".join(min(said, key=len)) if kind == "drift" else "", sep="\t")
    print("%d templates: %d definitions same, %d differ, %d with names of their own" %
          (len(known), counts["same"], counts["drift"], counts["own"]))
    return 1 if counts["drift"] else 0


sys.exit(main(*sys.argv[1:]))
