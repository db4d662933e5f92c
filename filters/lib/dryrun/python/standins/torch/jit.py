# SPDX-License-Identifier: Apache-2.0
"""torch.jit: scripted functions run as what they are."""


def script(obj=None, *a, **k):
    return obj if obj is not None else lambda f: f


def ignore(f=None, **k):
    return f if callable(f) else lambda g: g


unused = export = script_if_tracing = interface = ignore


def trace(f, *a, **k):
    return f


def is_scripting():
    return False


is_tracing = is_scripting


class ScriptModule:
    pass


class ScriptFunction:
    pass


def annotate(t, v):
    return v


class Final:
    def __class_getitem__(cls, t):
        return t
