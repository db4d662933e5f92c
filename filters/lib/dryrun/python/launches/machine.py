# SPDX-License-Identifier: Apache-2.0
"""What a program asks of its machine besides torch: other programs, versions of packages, shared objects, files.

Nothing is started, loaded or written. Files that are written live in memory, and are read from there.
"""
import builtins
import ctypes
import ctypes.util
import gc
import importlib.metadata
import io
import os
import subprocess
import tempfile
import types
import weakref

from .facts import FACTS, nvidia
from .record import STATE, launch

FILES = {}                # path -> str or bytes
FOLDERS = set()
ADDRESSES = weakref.WeakValueDictionary()   # what data_ptr() gave -> its tensor, for calls that take pointers


# ------------------------------------------------------------------ other programs
def answer(command):
    text = command if isinstance(command, str) else " ".join(map(str, command))
    d, n = FACTS.device, FACTS.gpus
    if nvidia() and "nvidia-smi" in text:
        if "memory.total" in text:
            return "\n".join(["%d" % d["memory_mib"]] * n)
        if "compute_cap" in text:
            return "\n".join(["%d.%d" % tuple(d["cc"])] * n)
        return "\n".join([d["name"]] * n)
    if not nvidia() and "rocm-smi" in text:
        return "\n".join(["%d" % d["memory_mib"]] * n)
    if not nvidia() and "rocminfo" in text:
        return "\n".join(["%d(0x0)" % (d["memory_mib"] * 1024)] * n)
    raise FileNotFoundError(2, "no program is started in a dry run", text)


def run(command, *a, check=False, text=None, encoding=None, universal_newlines=None, **k):
    out = answer(command)
    as_text = text or encoding or universal_newlines
    return types.SimpleNamespace(args=command, returncode=0, stdout=out if as_text else out.encode(), stderr="" if as_text else b"",
                                 check_returncode=lambda: None)


def check_output(command, *a, **k):
    return run(command, *a, **k).stdout


class Popen:
    def __init__(self, command, *a, **k): self._out, self.returncode, self.pid = answer(command), 0, 1
    def communicate(self, *a, **k): return self._out.encode(), b""
    def wait(self, *a): return 0
    def poll(self): return 0
    def __class_getitem__(cls, i): return cls


# ------------------------------------------------------------------ shared objects
class Function:
    restype = argtypes = errcheck = None

    def __init__(self, name):
        self.__name__ = name

    def __call__(self, *a):
        if STATE.on and self.__name__.startswith("nccl") and self.__name__[4:] in (
                "AllReduce", "AllGather", "ReduceScatter", "Broadcast", "Send", "Recv", "Reduce"):
            tensors = [ADDRESSES.get(getattr(x, "value", x)) for x in a]
            launch("nccl", self.__name__, [t for t in tensors if t is not None])
        return 0


class Library:
    def __init__(self, name=None, *a, **k):
        self._name, self._handle = name, 1

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        f = Function(name)
        setattr(self, name, f)
        return f

    __getitem__ = __getattr__


# ------------------------------------------------------------------ versions
class Distribution:
    def __init__(self, name, version):
        self.version, self.metadata, self.files, self.requires = version, {"Name": name, "Version": version}, [], []

    def read_text(self, *a): return None


def version(name):
    v = FACTS.versions
    for n in (name, name.replace("_", "-"), name.replace("-", "_")):
        if n in v:
            return v[n]
    raise importlib.metadata.PackageNotFoundError(name)


def distribution(name): return Distribution(name, version(name))


# ------------------------------------------------------------------ files
class Written(io.StringIO):
    def __init__(self, path):
        super().__init__()
        self.name = path

    def close(self):
        if not self.closed:
            FILES[self.name] = self.getvalue()
        super().close()


class WrittenBytes(io.BytesIO):
    def __init__(self, path):
        super().__init__()
        self.name = path

    def close(self):
        if not self.closed:
            FILES[self.name] = self.getvalue()
        super().close()


real_open, real_stat = builtins.open, os.stat
real_path = {n: getattr(os.path, n) for n in ("exists", "isfile", "isdir")}


def open_(file, mode="r", *a, **k):
    if isinstance(file, int):
        return real_open(file, mode, *a, **k)
    path = os.fspath(file)
    if any(c in mode for c in "wax+"):
        return WrittenBytes(path) if "b" in mode else Written(path)
    if path in FILES:
        text = FILES[path]
        if "b" in mode:
            return io.BytesIO(text if isinstance(text, bytes) else text.encode())
        return io.StringIO(text if isinstance(text, str) else text.decode())
    if path == "/proc/self/maps":
        return io.StringIO("7f0000000000-7f0000001000 r-xp 00000000 00:00 0 /usr/local/cuda/lib64/libcudart.so.12\n"
                           if nvidia() else "7f0000000000-7f0000001000 r-xp 00000000 00:00 0 /opt/rocm/lib/libamdhip64.so.6\n")
    return real_open(file, mode, *a, **k)


def is_written(path):
    try:
        return os.fspath(path) in FILES
    except TypeError:
        return False


def is_folder(path):
    try:
        return os.fspath(path) in FOLDERS
    except TypeError:
        return False


def makedirs(path, *a, **k): FOLDERS.add(os.fspath(path))


def install(files):
    """Takes the machine's place. `files`: path -> text of files that only exist here."""
    FILES.update(files)
    FOLDERS.update(os.path.dirname(p) for p in files)
    builtins.open = io.open = open_
    os.path.exists = lambda p: is_written(p) or is_folder(p) or real_path["exists"](p)
    os.path.isfile = lambda p: is_written(p) or real_path["isfile"](p)
    os.path.isdir = lambda p: is_folder(p) or real_path["isdir"](p)
    os.makedirs = os.mkdir = makedirs
    gc.collect = lambda *a: 0           # the host has it off: the process is short
    tempfile.tempdir = "/tmp"           # it would look for one that it can write to
    subprocess.run, subprocess.check_output, subprocess.Popen, subprocess.call = run, check_output, Popen, lambda *a, **k: 0
    subprocess.check_call = subprocess.call
    os.system = lambda *a: 1
    ctypes.CDLL = ctypes.PyDLL = Library
    ctypes.cdll.LoadLibrary = Library
    ctypes.util.find_library = lambda name: "lib%s.so" % name
    importlib.metadata.version, importlib.metadata.distribution = version, distribution
    importlib.metadata.entry_points = lambda **k: []
    importlib.metadata.distributions = lambda **k: []
