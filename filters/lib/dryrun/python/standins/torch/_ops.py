# SPDX-License-Identifier: Apache-2.0
"""torch.ops: operators that a tree registers are called through; those of packages go to their table."""
import sys
import types

from launches.permissive import Name, absent
from launches.library import call, find
from launches.facts import FACTS

REGISTERED = {}           # "namespace::name" -> Python function
DEFINED = {}
FAKES = {}


class Op:
    def __init__(self, namespace, name):
        self.namespace, self.name = namespace, name
        self.__name__ = self.__qualname__ = name
        self.__module__ = "torch.ops." + namespace
        self.default = self
        self._schema = types.SimpleNamespace(name=namespace + "::" + name, arguments=[])

    def __call__(self, *a, **k):
        f = REGISTERED.get(self.namespace + "::" + self.name)
        if f is not None:
            return f(*a, **k)
        return missing(self.namespace, self.name, a, k)

    def __getattr__(self, name):
        if name.startswith("__") or name == "_schema":
            raise AttributeError(name)
        return self

    def __hash__(self):
        return hash((self.namespace, self.name))

    def __eq__(self, o):
        return isinstance(o, Op) and (o.namespace, o.name) == (self.namespace, self.name)


def missing(namespace, name, a, k):
    import torch
    if namespace in ("aten", "prims"):
        f = getattr(torch.Tensor, name, None) or getattr(torch, name)
        return f(*a, **k)
    fake = FAKES.get(namespace + "::" + name)
    if fake is not None and find(namespace + "." + name) is None:
        from launches.record import QUIET, launch
        launch(FACTS.packages["sources"].get(namespace, namespace), name, (a, k))
        with QUIET:
            return fake(*a, **k)
    return call(namespace + "." + name, None, a, k)


class Namespace(types.ModuleType):
    def __init__(self, name):
        super().__init__("torch.ops." + name)
        self._name = name

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        full = self._name + "::" + name
        known = full in REGISTERED or full in DEFINED or self._name in ("aten", "prims")
        if not known and (self._name not in FACTS.packages["sources"] or absent(self._name) or name.endswith("_cpu")
                          or name in FACTS.packages.get("cpu_ops", ())):
            raise AttributeError("'_OpNamespace' '%s' object has no attribute '%s'" % (self._name, name))
        op = Op(self._name, name)
        setattr(self, name, op)
        return op

    def __dir__(self):
        return []


class Ops(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        ns = Namespace(name)
        setattr(self, name, ns)
        return ns

    def load_library(self, *a):
        return None

    def import_module(self, *a):
        return None


class Classes:
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Name("torch.classes." + name)

    def load_library(self, *a):
        return None


OpOverload = OpOverloadPacket = Op
_OpNamespace = Namespace
ops, classes = Ops("torch.ops"), Classes()
sys.modules["torch.ops"] = ops
