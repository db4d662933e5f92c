# SPDX-License-Identifier: Apache-2.0
"""The real torch on fake tensors: sizes cost nothing, and small tensors keep their values beside them.

A fake tensor may have a value: a tensor of the CPU that went through the same operations. It is
kept where it is small, because the host decides by lengths, sums and flags. Each operation that
would run on the device is told to launches.record, as the stand-in for torch does.
"""
import contextlib

import torch
from torch._subclasses import fake_tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes

from launches.record import STATE, launch, unresolved

# As the stand-in keeps them (standins/torch/_core.py): what is known must be known to both.
KEEP_INTS, KEEP_FLOATS = 1 << 17, 1 << 14

# Operations that only look, or only make room.
STILL = {"empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided", "detach", "alias",
         "lift", "lift_fresh", "_unsafe_view", "resize_", "set_", "is_same_size", "_reshape_alias",
         "view", "split_with_sizes", "unbind", "record_stream", "is_pinned", "_pin_memory"}

fake_tensor.init_gpu_context = lambda *a, **k: None
torch._C._ensureCUDADeviceGuardSet()
torch._C._set_only_lift_cpu_tensors(True)
FAKE = FakeTensorMode(allow_non_fake_inputs=True)


def each(x, act):
    """x with act(tensor) in the place of its tensors."""
    if isinstance(x, torch.Tensor):
        return act(x)
    if type(x) in (list, tuple):
        return type(x)(each(y, act) for y in x)
    if isinstance(x, dict):
        return {k: each(v, act) for k, v in x.items()}
    return x


def tensors(x):
    found = []
    each(x, found.append)
    return found


def value(t):
    """What is known of the tensor's elements, as a tensor of the CPU, or None."""
    return t.__dict__.get("known") if isinstance(t, FakeTensor) else t


def set_value(t, known):
    """What the tensor's elements are from now on; None: nobody knows."""
    if isinstance(t, FakeTensor):
        t.known = known


def worth_keeping(t):
    return t.numel() <= (KEEP_FLOATS if t.dtype.is_floating_point or t.dtype.is_complex else KEEP_INTS)


def on_device(t):
    return t.device.type != "cpu"


@contextlib.contextmanager
def aside():
    """Neither fake nor recorded: what happens here happens to values."""
    with _disable_current_modes():
        yield


def fake_of(real, device):
    with aside(), FAKE:
        made = torch.empty_strided(real.shape, real.stride(), dtype=real.dtype, device=device)
    made.known = real
    return made


def make(shape, dtype, device="cuda"):
    """A tensor of which only the shape is known; no launch."""
    with aside(), FAKE:
        return torch.empty(tuple(shape), dtype=dtype, device=indexed(device))


def indexed(device):
    """C++ asks a driver for the current device where no index is given."""
    device = torch.device(device) if isinstance(device, str) else device
    if isinstance(device, torch.device) and device.type == "cuda" and device.index is None:
        return torch.device("cuda", 0)
    return device


class Unknown(Exception):
    """The operation has an input whose value nobody knows."""


def run_values(func, args, kwargs):
    """The operation on the values of its inputs."""
    inputs = tensors((args, kwargs))
    if any(value(t) is None for t in inputs):
        raise Unknown
    name = func._schema.name.partition("::")[2]
    kwargs = dict(kwargs)
    if kwargs.get("device") is not None:
        kwargs["device"] = torch.device("cpu")
    kwargs.pop("pin_memory", None)
    with aside():
        args, kwargs = each(args, value), each(kwargs, value)
        if "empty" not in name:
            return func(*args, **kwargs)
        # Room that was never written reads as zero.
        return func(*args, **kwargs).zero_()


def same_memory(a, b):
    return (a.untyped_storage()._cdata == b.untyped_storage()._cdata and a.storage_offset() == b.storage_offset()
            and a.shape == b.shape and a.stride() == b.stride() and a.dtype == b.dtype)


def read(t, what):
    """A Python number out of a tensor of one element."""
    known = value(t)
    if on_device(t) and not STATE.quiet:
        launch("torch", "memcpy DtoH (%s)" % what, (t,))
    if known is None:
        if STATE.on:
            unresolved("value of a tensor %s" % list(t.shape), "read by %s(); nobody knows it, 1 is taken" % what)
        return True if t.dtype is torch.bool else 1.0 if t.dtype.is_floating_point else 1
    with aside():
        return known.item()


class Recorder(TorchDispatchMode):
    """Sees each ATen operation above the fake mode: decomposes, follows values, records."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if kwargs.get("pin_memory"):
            kwargs["pin_memory"] = False
        if "device" in kwargs:
            kwargs["device"] = indexed(kwargs["device"])
        name = func._schema.name.partition("::")[2]
        if name == "_local_scalar_dense":
            return read(args[0], "item")
        if name in ("is_pinned", "equal", "is_nonzero"):
            return self.decide(name, func, args, kwargs)
        if name in ("_pin_memory", "record_stream"):
            return args[0] if name == "_pin_memory" else None
        if name == "lift_fresh" and type(args[0]) is torch.Tensor:
            with aside():
                real = args[0].clone()
            return fake_of(real, real.device)
        if func.namespace == "aten" and torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd"):
            with self:
                out = func.decompose(*args, **kwargs)
            if out is not NotImplemented:
                return out
        return self.run(name, func, args, kwargs)

    def run(self, name, func, args, kwargs):
        try:
            out = func(*args, **kwargs)
        except (fake_tensor.DynamicOutputShapeException, fake_tensor.DataDependentOutputException):
            out = self.of_values(func, args, kwargs)
        else:
            self.follow(func, args, kwargs, out)
        self.record(name, func, args, kwargs, out)
        return out

    def decide(self, name, func, args, kwargs):
        """An operation that answers yes or no."""
        if name == "is_pinned":
            return False
        try:
            return run_values(func, args, kwargs)
        except Unknown:
            unresolved("torch." + name, "its tensors' values are not known; yes is taken")
            return True

    def of_values(self, func, args, kwargs):
        """An operation whose result has as many elements as its values say."""
        inputs = tensors((args, kwargs))
        device = next((t.device for t in inputs if on_device(t)), torch.device("cpu"))
        try:
            return each(run_values(func, args, kwargs), lambda real: fake_of(real, device))
        except Unknown:
            unresolved(str(func), "its size is that of values nobody knows; that of its input is taken")
            shape = (inputs[0].numel(), inputs[0].dim()) if "nonzero" in func.name() else (inputs[0].numel(),)
            return make(shape, torch.int64 if "nonzero" in func.name() else inputs[0].dtype, device)

    def follow(self, func, args, kwargs, out):
        """The same operation on the values."""
        outs = tensors(out)
        try:
            if not all(worth_keeping(t) for t in outs):
                raise Unknown
            values = tensors(run_values(func, args, kwargs))
        except Exception as error:                  # what has no value on the CPU is not known
            if func._schema.is_mutable:
                for t in tensors((args, kwargs))[:1]:
                    if isinstance(t, FakeTensor):
                        t.__dict__.pop("known", None)
            return
        for made, known in zip(outs, values):
            if isinstance(made, FakeTensor) and made.shape == known.shape:
                made.known = known

    def record(self, name, func, args, kwargs, out):
        if not STATE.on or STATE.quiet or func.namespace != "aten" or name in STILL or func.is_view:
            return
        inputs, outs = tensors((args, kwargs)), tensors(out)
        if not any(on_device(t) for t in inputs + outs) or (outs and all(t.numel() == 0 for t in outs)):
            return
        if name == "copy_" and len(inputs) == 2 and same_memory(*inputs):
            return
        launch("torch", "aten::" + name, inputs)
