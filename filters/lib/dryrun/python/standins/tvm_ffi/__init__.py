# SPDX-License-Identifier: Apache-2.0
"""tvm_ffi: modules that would be compiled from CUDA; a call of one of their functions is a launch.

The kernel's name is that of the Python function that calls the entry, where it lies in the folder where the module
was loaded: as kgrep-imports has it. The names of the entry, of functions around it there and of the module stand beside it.
"""
import sys
import types

from launches.facts import FACTS
from launches.permissive import undescribed
from launches import library
from launches.record import QUIET, STATE, launch

__version__ = FACTS.versions.get("apache-tvm-ffi", "0.1.9")


def folder_of(frame):
    """The tree's folder (two levels deep) of the code that loads, and what it calls the module."""
    word = None
    while frame is not None:
        code = frame.f_code
        if code.co_name in FACTS.packages.get("loaders", ()):
            args = frame.f_locals.get("args")
            word = str(args[0]) if isinstance(args, tuple) and args else word
        elif code.co_filename.startswith(STATE.root):
            # sglang.jit_kernel.norm: two names are the folder's, however deep in the tree packages begin.
            below = len(frame.f_globals["__name__"].split(".")) - 2 + code.co_filename.endswith("/__init__.py")
            folder = STATE.prefix + code.co_filename[len(STATE.root):]
            return (folder.rsplit("/", below)[0] + "/" if below > 0 else folder), word
        frame = frame.f_back
    return None, word


class Module:
    def __init__(self, name, frame, word=None):
        self._name = name
        self._folder, self._word = folder_of(frame)
        self._word = word or self._word

    def __getattr__(self, entry):
        if entry.startswith("__"):
            raise AttributeError(entry)

        probe = FACTS.packages.get("probes", {}).get(entry)     # it asks the device, and answers a number
        if probe is not None:
            return eval(probe, {"sms": FACTS.device["sms"]})

        def function(*a, **k):
            launch("jit-kernel", entry, (a, k), None, lambda frames: self._called(entry, frames))
            rule = library.find("jit-kernel." + entry)          # of those that return something
            with QUIET:
                return rule and rule[1](*a, **k)
        function.__name__ = entry
        setattr(self, entry, function)
        return function

    __getitem__ = get_function = __getattr__

    def _called(self, entry, frames):
        around = []
        for frame in frames:
            if self._folder is None or not frame.file.startswith(self._folder):
                break
            around.append(frame.function.rpartition(".")[2])
        kernel = around[0] if around else entry
        return kernel, [n for n in dict.fromkeys([entry, *around, self._word, self._name]) if n and n != kernel]


cpp = sys.modules["tvm_ffi.cpp"] = types.ModuleType("tvm_ffi.cpp")
cpp.load_inline = lambda name, *a, **k: Module(name, sys._getframe(1))
cpp.load = cpp.load_inline
cpp.build = cpp.build_inline = lambda name, *a, **k: name
module = sys.modules["tvm_ffi.module"] = types.ModuleType("tvm_ffi.module")
module.Module = Module
__path__ = []


def load_module(path, *a, **k): return Module(str(path), sys._getframe(1))


def register_global_func(*a, **k):
    return lambda f: f


register_object = register_func = register_global_func


def __getattr__(name):
    return undescribed("tvm_ffi", name)
