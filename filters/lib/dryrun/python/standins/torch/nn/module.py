# SPDX-License-Identifier: Apache-2.0
"""torch.nn.Module: registration of parameters, buffers and submodules by assignment; walking; calling."""
import itertools

from .._core import Tensor
from .parameter import Parameter

EMPTY = {}


class Module:
    training = True
    call_super_init = False
    dump_patches = False
    _forward_hooks = _forward_pre_hooks = EMPTY

    def __init__(self, *a, **k):
        d = self.__dict__
        d["_parameters"], d["_buffers"], d["_modules"] = {}, {}, {}
        d["_non_persistent_buffers_set"] = set()

    def __setattr__(self, name, value):
        d = self.__dict__
        if isinstance(value, Parameter):
            if "_parameters" not in d:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            d.pop(name, None), d["_buffers"].pop(name, None), d["_modules"].pop(name, None)
            d["_parameters"][name] = value
            return
        if isinstance(value, Module):
            if "_modules" not in d:
                raise AttributeError("cannot assign module before Module.__init__() call")
            d.pop(name, None), d["_parameters"].pop(name, None), d["_buffers"].pop(name, None)
            d["_modules"][name] = value
            return
        for place in ("_parameters", "_modules", "_buffers"):
            held = d.get(place)
            if held and name in held:
                if value is None or (place == "_buffers" and isinstance(value, Tensor)):
                    held[name] = value
                    return
                if place == "_parameters":
                    raise TypeError("cannot assign '%s' as parameter '%s' (torch.nn.Parameter or None expected)" % (type(value).__name__, name))
                if place == "_modules":
                    raise TypeError("cannot assign '%s' as child module '%s' (torch.nn.Module or None expected)" % (type(value).__name__, name))
        object.__setattr__(self, name, value)

    def __getattr__(self, name):
        d = self.__dict__
        for place in ("_parameters", "_buffers", "_modules"):
            held = d.get(place)
            if held is not None and name in held:
                return held[name]
        raise AttributeError("'%s' object has no attribute '%s'" % (type(self).__name__, name))

    def __delattr__(self, name):
        d = self.__dict__
        for place in ("_parameters", "_buffers", "_modules"):
            if name in d[place]:
                del d[place][name]
                return
        object.__delattr__(self, name)

    def __dir__(self):
        d = self.__dict__
        return sorted({*dir(type(self)), *d, *d["_parameters"], *d["_buffers"], *d["_modules"]})

    def register_parameter(self, name, param):
        self.__dict__.pop(name, None)
        self._parameters[name] = param

    def register_buffer(self, name, tensor, persistent=True):
        self.__dict__.pop(name, None)
        self._buffers[name] = tensor
        if not persistent:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name, module):
        self._modules[name] = module

    register_module = add_module

    # ------------------------------------------------------------ calling
    def __call__(self, *a, **k):
        if self._forward_pre_hooks or self._forward_hooks:
            return self._call_with_hooks(*a, **k)
        return self.forward(*a, **k)

    _call_impl = _wrapped_call_impl = __call__

    def _call_with_hooks(self, *a, **k):
        for hook, with_kwargs in list(self._forward_pre_hooks.values()):
            r = hook(self, a, k) if with_kwargs else hook(self, a)
            if r is not None:
                if with_kwargs:
                    a, k = r
                else:
                    a = r if isinstance(r, tuple) else (r,)
        out = self.forward(*a, **k)
        for hook, with_kwargs in list(self._forward_hooks.values()):
            r = hook(self, a, k, out) if with_kwargs else hook(self, a, out)
            if r is not None:
                out = r
        return out

    def forward(self, *a, **k):
        raise NotImplementedError("Module [%s] is missing the required \"forward\" function" % type(self).__name__)

    def _register(self, place, hook, with_kwargs):
        held = self.__dict__.setdefault(place, {})
        key = object()
        held[key] = (hook, with_kwargs)

        class Handle:
            def remove(self):
                held.pop(key, None)
        return Handle()

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False):
        return self._register("_forward_hooks", hook, with_kwargs)

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        return self._register("_forward_pre_hooks", hook, with_kwargs)

    def register_load_state_dict_post_hook(self, hook):
        return None

    register_state_dict_pre_hook = _register_load_state_dict_pre_hook = register_full_backward_hook = register_load_state_dict_post_hook

    # ------------------------------------------------------------ walking
    def children(self):
        for _, m in self.named_children():
            yield m

    def named_children(self):
        seen = set()
        for n, m in self._modules.items():
            if m is not None and m not in seen:
                seen.add(m)
                yield n, m

    def modules(self):
        for _, m in self.named_modules():
            yield m

    def named_modules(self, memo=None, prefix="", remove_duplicate=True):
        memo = set() if memo is None else memo
        if self not in memo:
            if remove_duplicate:
                memo.add(self)
            yield prefix, self
            for name, m in self._modules.items():
                if m is not None:
                    yield from m.named_modules(memo, prefix + ("." if prefix else "") + name, remove_duplicate)

    def _named(self, place, prefix, recurse, remove_duplicate=True):
        seen = set()
        for path, m in self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]:
            for n, v in m.__dict__[place].items():
                if v is None or (remove_duplicate and id(v) in seen):
                    continue
                seen.add(id(v))
                yield path + ("." if path else "") + n, v

    def named_parameters(self, prefix="", recurse=True, remove_duplicate=True):
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def named_buffers(self, prefix="", recurse=True, remove_duplicate=True):
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def parameters(self, recurse=True):
        for _, p in self.named_parameters(recurse=recurse):
            yield p

    def buffers(self, recurse=True):
        for _, b in self.named_buffers(recurse=recurse):
            yield b

    def get_submodule(self, target):
        m = self
        for part in target.split(".") if target else ():
            m = getattr(m, part)
        return m

    def get_parameter(self, target):
        path, _, name = target.rpartition(".")
        return getattr(self.get_submodule(path), name)

    get_buffer = get_parameter

    def state_dict(self, *a, destination=None, prefix="", keep_vars=False):
        out = {} if destination is None else destination
        for n, p in itertools.chain(self.named_parameters(), self.named_buffers()):
            out[prefix + n] = p
        return out

    def load_state_dict(self, state, strict=True, assign=False):
        return ([], [])

    # ------------------------------------------------------------ changing
    def apply(self, fn):
        for m in self.children():
            m.apply(fn)
        fn(self)
        return self

    def _apply(self, fn, recurse=True):
        for m in self.modules():
            for n, p in m._parameters.items():
                if p is not None:
                    p.data = fn(p)
            for n, b in m._buffers.items():
                if b is not None:
                    m._buffers[n] = fn(b)
        return self

    def to(self, *a, **k):
        k.pop("non_blocking", None)
        dt = k.get("dtype")
        for x in a:
            if type(x).__name__ == "dtype":
                dt = x

        def move(t):
            if dt is not None and t.dtype.kind < 2:
                b = [x for x in a if type(x).__name__ != "dtype"]
                return t.to(*b, **{n: v for n, v in k.items() if n != "dtype"}) if b or set(k) - {"dtype"} else t
            return t.to(*a, **k)
        return self._apply(move)

    def cuda(self, device=None):
        return self._apply(lambda t: t.cuda(device))

    def cpu(self):
        return self._apply(lambda t: t.cpu())

    def type(self, dt):
        return self._apply(lambda t: t.to(dt))

    def half(self):
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    def bfloat16(self):
        return self._apply(lambda t: t.bfloat16() if t.is_floating_point() else t)

    def float(self):
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def train(self, mode=True):
        for m in self.modules():
            m.__dict__["training"] = mode
        return self

    def eval(self):
        return self.train(False)

    def requires_grad_(self, on=True):
        return self

    def zero_grad(self, *a, **k):
        return None

    def share_memory(self):
        return self

    def to_empty(self, *, device=None, recurse=True):
        return self

    def compile(self, *a, **k):
        return None

    def extra_repr(self):
        return ""

    def _get_name(self):
        return type(self).__name__

    def __repr__(self):
        return type(self).__name__ + "(" + self.extra_repr() + ")"
