# SPDX-License-Identifier: Apache-2.0
"""transformers.models.X and .X.configuration_X: modules that hold the classes the data puts there."""
import importlib.abc
import importlib.machinery
import sys
import types

from launches.permissive import undescribed

from .. import _classes

FOLDERS = {m.partition(".")[0] for m in _classes.MODULES}


class Holder(types.ModuleType):
    def __init__(self, name):
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name):
        cls = _classes.config_class(name)
        if cls is not None:
            return cls
        if name.startswith("__"):
            raise AttributeError(name)
        return undescribed(self.__name__, name)


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        parts = name.split(".")
        if parts[:2] != ["transformers", "models"] or len(parts) < 3 or parts[2] == "auto":
            return None
        if parts[2] not in FOLDERS:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec): return Holder(spec.name)
    def exec_module(self, module): pass


sys.meta_path.insert(0, Finder())
from . import auto   # noqa: E402


def __getattr__(name):
    if name in FOLDERS:
        return __import__("importlib").import_module("transformers.models." + name)
    return undescribed("transformers.models", name)
