# SPDX-License-Identifier: Apache-2.0
"""Stands for names of foreign packages that nobody described.

A name with a capital first is a class (a base, a type in an annotation, an isinstance), any other is an object that
can be called, indexed, entered and decorated with. A call of a package of kernels goes to the table of library.py.
"""
import re
import sys
import types

from .facts import FACTS
from .record import STATE, assume, unresolved

FAULT = re.compile(r"[a-z](Error|Exception|Warning)(_\w+)?$|^[A-Z]+Error(_\w+)?$")
CLASS = re.compile(r"_?[A-Z]\w*[a-z]|_?[A-Z]$")


def not_described(full, what):
    """A decision on a value that nobody knows."""
    unresolved("%s with %s" % (what, full), "nobody described its value; false is taken")
    return False


class Meta(type):
    def __getattr__(cls, name):
        if name.startswith("__") or name in ("_full", "_abc_impl"):
            raise AttributeError(name)
        return attribute(cls._full, name, None)

    def __or__(cls, other):
        return cls

    __ror__ = __or__

    def __iter__(cls):
        return iter(())

    def __int__(cls):
        return 0

    __index__ = __int__

    def __len__(cls):
        return 0

    def __contains__(cls, x):
        return False

    def __getitem__(cls, i):
        return cls


class Instance(metaclass=Meta):
    """An object of an undescribed class."""
    _full = "?"

    def __init__(self, *a, **k):
        self.__dict__["made_with"] = (a, k)
        if STATE.facts is not None and FACTS.packages["sources"].get(type(self)._full.partition(".")[0]):
            from .library import tell_choice
            tell_choice(type(self)._full, k)

    def __init_subclass__(cls, **k):
        pass

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return attribute(type(self)._full, name, self)

    def __class_getitem__(cls, i):
        return cls

    def __call__(self, *a, **k):
        if len(a) == 1 and not k and isinstance(a[0], (types.FunctionType, type)):
            return a[0]
        from .library import call
        return call(type(self)._full + ".__call__", self, a, k)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return False

    def __iter__(self):
        return iter(())

    def __bool__(self):
        return True

    def __int__(self):
        return 0

    __index__ = __int__

    def __float__(self):
        return 0.0

    def __getitem__(self, i):
        return self

    def __setitem__(self, i, v):
        pass

    def __lt__(self, other):
        return not_described(self.__dict__.get("made_by") or type(self)._full, "comparison")

    __gt__ = __le__ = __ge__ = __lt__

    def __or__(self, o):
        return self

    __ror__ = __and__ = __add__ = __sub__ = __mul__ = __truediv__ = __or__


class Name:
    """A function, a constant or a submodule, until it is used as one."""
    __slots__ = ("_full", "_me", "__dict__")

    def __init__(self, full, me=None):
        self._full, self._me = full, me
        self.__name__ = self.__qualname__ = full.rpartition(".")[2]
        self.__module__ = full.rpartition(".")[0]
        self.__doc__ = None

    def __getattr__(self, name):
        if name == "__signature__":
            from .library import signature
            return signature(self._full)
        if name.startswith("__"):
            raise AttributeError(name)
        return attribute(self._full, name, self._me)

    def __call__(self, *a, **k):
        from .library import call
        return call(self._full, self._me, a, k)

    def __get__(self, obj, owner=None):
        return self

    def __mro_entries__(self, bases):
        return (Instance,)

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0

    def __contains__(self, x):
        return False

    def __setitem__(self, i, v):
        pass

    def __getitem__(self, i):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return False

    def __or__(self, o):
        return self

    __ror__ = __or__

    def __int__(self):
        return 0

    __index__ = __int__

    def __hash__(self):
        return hash(self._full)

    def __eq__(self, other):
        return isinstance(other, Name) and other._full == self._full

    def __lt__(self, other):
        return not_described(self._full, "comparison")

    __gt__ = __le__ = __ge__ = __lt__

    def __add__(self, other):
        raise TypeError("arithmetic with %s, of which nobody described the value" % self._full)

    __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __add__
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __add__

    def __repr__(self):
        return "<%s, not described>" % self._full


def attribute(owner, name, me):
    full = owner + "." + name
    from .library import constant, NOTHING
    value = constant(full)
    if value is not NOTHING:
        return value
    if me is None and FAULT.search(name):
        return type(name, (Exception,), {"__module__": owner})
    if me is None and CLASS.match(name):
        return Meta(name, (Instance,), {"_full": full, "__module__": owner})
    return Name(full, me)


def absent(full):
    p = FACTS.packages
    root = full.partition(".")[0]
    names = p.get("absent", ())
    if root in names or full in names:
        return True
    mine, other = ("nvidia", "amd") if FACTS.vendor == "nvidia" else ("amd", "nvidia")
    return root in p.get(other, ()) and root not in p.get(mine, ())


class Module(types.ModuleType):
    """A foreign module of which nothing, or nothing more, is described."""

    def __init__(self, name):
        super().__init__(name)
        self.__path__ = []
        self.__all__ = []
        v = FACTS.versions
        root = name.partition(".")[0]
        self.__version__ = v.get(root) or v.get(root.replace("_", "-")) or "1.0.0"

    def __getattr__(self, name):
        value = undescribed(self.__name__, name)
        setattr(self, name, value)
        return value


def undescribed(module, name):
    if name.startswith("__"):
        raise AttributeError(name)
    full = module + "." + name
    if absent(full):
        raise AttributeError("module '%s' has no attribute '%s'" % (module, name))
    assume(full, "asked for; nobody described it")
    value = attribute(module, name, None)
    if module in sys.modules:               # asked for again it is the same
        setattr(sys.modules[module], name, value)
    return value
