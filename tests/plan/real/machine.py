# SPDX-License-Identifier: Apache-2.0
"""Gives the real torch a machine that is not there: its GPUs, its other ranks, its kernels' libraries.

What stands below Python is the same as in the dry run (standins/torch/cuda, distributed, library,
launches/library.py), laid over the real modules. The tensors, the modules of torch.nn, transformers,
numpy, pydantic and triton's decorators are the real ones.
"""
import importlib
import importlib.util
import os
import sys
import types

import torch

from launches import facts, finder, library, machine, record
from launches.facts import FACTS
from launches.record import STATE, launch

from . import tensors

STANDINS = os.path.join(os.path.dirname(os.path.abspath(facts.__file__)), os.pardir, "standins")


def standin(name):
    """A file of the stand-in for torch, on the real tensors: its package is called standin_torch."""
    if "standin_torch" not in sys.modules:
        package = types.ModuleType("standin_torch")
        package.__path__ = [os.path.join(STANDINS, "torch")]
        core = types.ModuleType("standin_torch._core")
        core.CUDA0, core.CPU, core.device, core.Tensor = torch.device("cuda", 0), torch.device("cpu"), torch.device, torch.Tensor
        core.make, core.where, core.uint8 = tensors.make, tensors.indexed, torch.uint8
        core.values_of, core.write_values = tensors.value, tensors.set_value
        nn = types.ModuleType("standin_torch.nn")
        nn.Module = torch.nn.Module
        sys.modules.update({"standin_torch": package, "standin_torch._core": core, "standin_torch.nn": nn})
        # The driver and the table of libraries ask for it by this name.
        sys.modules["torch._core"] = torch._core = core
    return importlib.import_module("standin_torch." + name)


def lay_over(module, other, but=()):
    """The names of a stand-in's module in the real one."""
    for name, value in vars(other).items():
        if not name.startswith("__") and name not in but and not isinstance(value, types.ModuleType):
            setattr(module, name, value)


def shapes_of(values, shapes, dtypes, depth=0):
    for v in values:
        if isinstance(v, torch.Tensor):
            shapes.append([int(n) for n in v.shape])
            dtypes.append(str(v.dtype).partition(".")[2])
        elif type(v) in (list, tuple, dict) and depth < 3:
            shapes_of(v.values() if type(v) is dict else v, shapes, dtypes, depth + 1)


def fill_helpers():
    """The names that the expressions of data/library.json may use."""
    import contextlib
    from launches import amd
    from launches.permissive import Instance

    def like(t, shape=None, dtype=None):
        return tensors.make(t.shape if shape is None else shape, dtype or t.dtype, t.device)
    device = FACTS.device
    library.HELPERS.update(
        torch=torch, mk=tensors.make, like=like, first=lambda *xs: next((x for x in xs if x is not None), None),
        device=device, Instance=Instance, facts=FACTS, nullcontext=contextlib.nullcontext, cdiv=lambda a, b: -(-a // b),
        wide=lambda t: torch.bfloat16 if t.dtype.itemsize == 1 else t.dtype,
        launch=launch, aiter_types=amd.aiter_types, aiter_quant=amd.aiter_quant, aiter_rope=amd.aiter_rope,
        aiter_all_reduce=amd.aiter_all_reduce, bf16=torch.bfloat16, f32=torch.float32, i32=torch.int32, i64=torch.int64,
        fp8=torch.float8_e4m3fn, u8=torch.uint8, cc=tuple(device["cc"]), sms=device["sms"],
        arch=device.get("arch", "").partition(":")[0])


# ------------------------------------------------------------------ tensors
def change_tensors():
    T = torch.Tensor
    T.is_warpipe_tensor = True
    to, tolist, numpy = T.to, T.tolist, T.numpy

    def to_(self, *a, **k):
        return to(self, *map(tensors.indexed, a), **{n: tensors.indexed(v) for n, v in k.items()})

    def tolist_(self):
        known = tensors.value(self)
        if tensors.on_device(self):
            launch("torch", "memcpy DtoH (tolist)", (self,))
        if known is None:
            record.unresolved("values of a tensor %s" % list(self.shape), "read by tolist(); nobody knows them, ones are taken")
            with tensors.aside():
                known = torch.ones(tuple(self.shape), dtype=torch.int64)
        with tensors.aside():
            return tolist(known)

    def numpy_(self, *a, **k):
        known = tensors.value(self)
        with tensors.aside():
            return numpy(known if known is not None else torch.ones(tuple(self.shape), dtype=torch.int64))

    def data_ptr(self):
        storage = self.untyped_storage()._cdata
        address = 0x7f0000000000 + (storage & 0xfffffff) * 256 + self.storage_offset() * self.element_size()
        machine.ADDRESSES[address] = self
        return address
    T.to, T.tolist, T.numpy, T.data_ptr = to_, tolist_, numpy_, data_ptr
    tensors.FakeTensor.tolist = tolist_
    T.cuda = lambda self, device=None, non_blocking=False, **k: to(self, torch.device("cuda", 0))
    T.pin_memory, T.is_pinned = lambda self, *a: self, lambda self, *a: False
    T.share_memory_, T.record_stream = lambda self: self, lambda self, stream: None
    change_factories()


def change_factories():
    """Pinned memory would need the driver."""
    import torch.utils._device
    torch.utils._device._device_constructors()          # remembers the real ones for `with torch.device(...)`
    for name in ("tensor", "empty", "zeros", "ones", "full", "arange", "empty_like", "zeros_like"):
        def unpinned(*a, _real=getattr(torch, name), **k):
            k.pop("pin_memory", None)
            return _real(*a, **k)
        setattr(torch, name, unpinned)


# ------------------------------------------------------------------ operators, compiled regions
def change_operators():
    ops = standin("_ops")
    lib = standin("library")
    lay_over(torch.library, lib)
    real = torch._ops._OpNamespace.__getattr__

    def operator(self, name):
        full = self.name + "::" + name
        if not name.startswith("__") and (self.name in FACTS.packages["sources"] or full in ops.REGISTERED or full in ops.DEFINED):
            return getattr(getattr(ops.ops, self.name), name)
        return real(self, name)
    torch._ops._OpNamespace.__getattr__ = operator
    compile_region = standin("_compile").compile_region

    def compile_(model=None, *, disable=False, **k):
        if model is None:
            return lambda m: compile_(m, disable=disable, **k)
        return model if disable else compile_region(model)
    torch.compile = compile_


# ------------------------------------------------------------------ triton
class Driver:
    """The GPU that triton's runtime asks about."""

    def get_current_target(self):
        from triton.backends.compiler import GPUTarget
        if FACTS.vendor == "amd":
            return GPUTarget("hip", FACTS.device["arch"].partition(":")[0], 64)
        major, minor = FACTS.device["cc"]
        return GPUTarget("cuda", major * 10 + minor, 32)

    def get_current_device(self): return 0
    def get_active_torch_device(self): return torch.device("cuda", 0)
    def get_current_stream(self, device=0): return 0
    def get_device_interface(self): return torch.cuda
    def is_active(self): return True
    def map_python_to_cpp_type(self, name): return "void*"

    class utils:
        @staticmethod
        def get_device_properties(device):
            return {"max_shared_mem": FACTS.device["shared"], "multiprocessor_count": FACTS.device["sms"],
                    "warpSize": 32 if FACTS.vendor == "nvidia" else 64, "max_num_regs": 65536}


def change_triton():
    import triton
    from triton.runtime import autotuner, jit
    triton.runtime.driver.set_active(Driver())

    def run(self, *a, grid, warmup=False, **k):
        if warmup or not STATE.on or STATE.quiet:
            return None
        bound = dict(zip(self.arg_names, a))
        bound.update(k)
        for p in self.params:
            if p.name not in bound and p.has_default:
                bound[p.name] = p.default
        dims = grid(bound) if callable(grid) else grid
        if 0 not in [int(n) for n in dims]:
            launch("triton", self.fn.__name__, list(bound.values()))
        return None

    def run_first(self, *a, **k):
        config = {n: v for n, v in self.configs[0].all_kwargs().items() if n in self.fn.arg_names}
        return self.fn.run(*a, **{**k, **config})

    def run_heuristics(self, *a, **k):
        for name, f in self.values.items():
            k[name] = f({**dict(zip(self.arg_names, a)), **k})
        return self.fn.run(*a, **k)
    jit.JITFunction.run, autotuner.Autotuner.run, autotuner.Heuristics.run = run, run_first, run_heuristics


def take_standin(name):
    """A stand-in as a whole, for a package that is not installed here: what it compiles cannot run."""
    path = os.path.join(STANDINS, name, "__init__.py")
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=[os.path.dirname(path)])
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


# ------------------------------------------------------------------ all of it
def install(root, device):
    """The real torch, before anything of the tree is imported."""
    facts.choose_device(device)
    record.shapes_of, library.helpers = shapes_of, fill_helpers
    cuda, graphs, group = standin("cuda"), standin("cuda.graphs"), standin("distributed")
    lay_over(torch.cuda, cuda, but=("amp", "nothing", "zero"))
    lay_over(torch.cuda.graphs, graphs)
    torch.cuda.memory.mem_get_info = cuda.mem_get_info
    lay_over(torch.distributed, group, but=("GroupMember",))
    sys.modules["torch.distributed.distributed_c10d"].ProcessGroup = group.ProcessGroup
    torch.version.cuda = "12.9" if FACTS.vendor == "nvidia" else None
    torch.version.hip = None if FACTS.vendor == "nvidia" else "7.0.51831"
    torch._C._cuda_getCurrentRawStream = lambda device=0: 0
    torch.manual_seed = torch.set_num_threads = lambda n: None
    change_tensors()
    change_operators()
    change_triton()
    take_standin("tvm_ffi")
    # What the tree has is its own; what is installed is real; the rest is described or permitted.
    sys.meta_path.append(finder.Finder(set(os.listdir(root)) | {"torch"}))
