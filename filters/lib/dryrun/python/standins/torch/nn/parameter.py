# SPDX-License-Identifier: Apache-2.0
from .._core import Tensor, make, DEFAULT_DTYPE, where


def subclass(cls, data):
    p = Tensor.__new__(cls)
    p.shape, p._stride, p.dtype, p.device, p._st, p._off = data.shape, data._stride, data.dtype, data.device, data._st, data._off
    return p


class Parameter(Tensor):
    def __new__(cls, data=None, requires_grad=True):
        if data is None:
            data = make((0,), DEFAULT_DTYPE[0], where(None))
        return subclass(cls, data)

    def __init__(self, *a, **k):
        pass

    def __repr__(self):
        return "Parameter containing:\n" + Tensor.__repr__(self)


class Buffer(Tensor):
    def __new__(cls, data=None, *, persistent=True):
        b = subclass(cls, data if data is not None else make((0,), DEFAULT_DTYPE[0], where(None)))
        b.persistent = persistent
        return b

    def __init__(self, *a, **k):
        pass


class UninitializedTensorMixin:
    pass


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    def __new__(cls, requires_grad=True, device=None, dtype=None):
        return subclass(cls, make((0,), dtype or DEFAULT_DTYPE[0], where(device)))

    def materialize(self, shape, device=None, dtype=None):
        self.data = make(shape, dtype or self.dtype, where(device) if device is not None else self.device)
        self.__class__ = Parameter


class UninitializedBuffer(UninitializedTensorMixin, Tensor):
    pass


def is_lazy(p):
    return isinstance(p, UninitializedTensorMixin)


Tensor._make_subclass = staticmethod(lambda cls, data, require_grad=False: subclass(cls, data))
Tensor.as_subclass = lambda t, cls: subclass(cls, t)
