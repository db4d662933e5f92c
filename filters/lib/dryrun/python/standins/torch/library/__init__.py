# SPDX-License-Identifier: Apache-2.0
"""torch.library: what a tree registers becomes callable through torch.ops."""
import inspect

from .._ops import DEFINED, FAKES, REGISTERED, Op, ops

KEYS = ("CUDA", "CompositeExplicitAutograd", "CompositeImplicitAutograd", "")


class Library:
    def __init__(self, ns, kind="FRAGMENT", dispatch_key=""):
        self.ns, self.kind, self.key = ns, kind, dispatch_key

    def define(self, schema, alias_analysis="", *, tags=()):
        name = schema.partition("(")[0].strip()
        DEFINED[self.ns + "::" + name.partition(".")[0]] = schema
        return name

    def impl(self, op_name, fn, dispatch_key="", **k):
        name = op_name if isinstance(op_name, str) else op_name.name
        name = name.rpartition("::")[2].partition(".")[0]
        if (dispatch_key or self.key) in KEYS and self.ns != "aten":
            REGISTERED[self.ns + "::" + name] = fn
        return fn

    def _register_fake(self, op_name, fn, **k):
        FAKES[self.ns + "::" + op_name.rpartition("::")[2]] = fn

    def _destroy(self):
        pass


def define(qualname, schema=None, *, lib=None, tags=()):
    DEFINED[qualname] = schema


def impl(qualname, types, func=None, *, lib=None):
    def take(f):
        keys = types if isinstance(types, (tuple, list)) else (types,)
        name = qualname if isinstance(qualname, str) else qualname.namespace + "::" + qualname.name
        if lib is not None and "::" not in name:
            name = lib.ns + "::" + name
        if any(k.lower() in ("cuda", "default", "compositeexplicitautograd", "compositeimplicitautograd") for k in keys):
            REGISTERED[name] = f
        return f
    return take if func is None else take(func)


def register_fake(op, func=None, /, *, lib=None, _stacklevel=1, allow_override=False):
    def take(f):
        FAKES[op if isinstance(op, str) else op.namespace + "::" + op.name] = f
        return f
    return take if func is None else take(func)


impl_abstract = register_fake


def register_kernel(op, device_types=None, func=None, /, *, lib=None):
    def take(f):
        if device_types is None or "cuda" in device_types:
            REGISTERED[op if isinstance(op, str) else op.namespace + "::" + op.name] = f
        return f
    return take if func is None else take(func)


def register_autograd(*a, **k):
    return None


class CustomOpDef:
    """A function under torch.library.custom_op: it is called, and known to torch.ops."""

    def __init__(self, name, fn):
        self._name, self._fn = name, fn
        self.__name__, self.__doc__, self.__wrapped__ = fn.__name__, fn.__doc__, fn
        self.__signature__ = inspect.signature(fn)
        REGISTERED[name] = fn
        ns, _, op = name.partition("::")
        self._opoverload = Op(ns, op)
        self._qualname = name

    def __call__(self, *a, **k):
        return REGISTERED[self._name](*a, **k)

    def register_fake(self, fn=None, **k):
        return fn if fn is not None else lambda f: f

    def register_kernel(self, device_types=None, fn=None, **k):
        def take(f):
            if device_types is None or "cuda" in device_types:
                REGISTERED[self._name] = f
            return f
        return take if fn is None else take(fn)

    def register_autograd(self, *a, **k):
        return None

    register_vmap = register_torch_dispatch = register_autograd


def custom_op(name, fn=None, /, *, mutates_args=(), device_types=None, schema=None, tags=None):
    if fn is None:
        return lambda f: CustomOpDef(name, f)
    return CustomOpDef(name, fn)


def triton_op(name, fn=None, /, *, mutates_args=(), schema=None):
    return custom_op(name, fn)


def wrap_triton(kernel):
    return kernel


def infer_schema(prototype_function, *, mutates_args=(), op_name=None):
    return (op_name or "") + "(...) -> ..."


def opcheck(*a, **k):
    return {}


def get_ctx():
    return None
