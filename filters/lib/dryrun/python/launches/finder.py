# SPDX-License-Identifier: Apache-2.0
"""The last import hook: foreign modules that no stand-in describes become permissive ones."""
import importlib.abc
import importlib.machinery
import sys

from .facts import FACTS
from .permissive import Module, absent
from .record import assume


def optional():
    """Is the import that runs now inside a try? The exception table of the importing code says so."""
    f = sys._getframe(2)
    while f is not None and "importlib" in f.f_code.co_filename:
        f = f.f_back
    if f is None:
        return False
    table = iter(f.f_code.co_exceptiontable)

    def number():
        b = next(table)
        value = b & 63
        while b & 64:
            b = next(table)
            value = value << 6 | b & 63
        return value
    try:
        while True:
            start, length, _, _ = number() * 2, number() * 2, number(), number()
            if start <= f.f_lasti < start + length:
                return True
    except StopIteration:
        return False


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, described):
        self.described = described      # packages of the tree and of ours: what they lack is absent

    def find_spec(self, name, path=None, target=None):
        root = name.partition(".")[0]
        if root in self.described or root in sys.stdlib_module_names or absent(name):
            return None
        p = FACTS.packages
        if root not in p["present"] and root not in p["nvidia"] and root not in p["amd"]:
            if optional():
                return None
            assume(root, "imported without a way round its absence; nobody described it")
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return Module(spec.name)

    def exec_module(self, module):
        pass
