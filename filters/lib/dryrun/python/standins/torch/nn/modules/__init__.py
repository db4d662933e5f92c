# SPDX-License-Identifier: Apache-2.0
"""The ready-made modules."""
import sys

from launches.permissive import undescribed

from .. import functional as F
from .. import module as _module
from ..module import Module
from ..parameter import Parameter
from ... import _core
from ..._core import DEFAULT_DTYPE, make, where
from . import container
from .container import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential

sys.modules["torch.nn.modules.module"] = module = _module


def weight(shape, device, dtype):
    return Parameter(make(shape, dtype or DEFAULT_DTYPE[0], where(device)))


class Identity(Module):
    def __init__(self, *a, **k):
        super().__init__()

    def forward(self, x):
        return x


class Linear(Module):
    def __init__(self, in_features, out_features, bias=True, device=None, dtype=None):
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = weight((out_features, in_features), device, dtype)
        self.register_parameter("bias", weight((out_features,), device, dtype) if bias else None)

    def reset_parameters(self):
        pass

    def forward(self, x):
        return F.linear(x, self.weight, self.bias)


class Embedding(Module):
    def __init__(self, num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False,
                 _weight=None, _freeze=False, device=None, dtype=None):
        super().__init__()
        self.num_embeddings, self.embedding_dim, self.padding_idx = num_embeddings, embedding_dim, padding_idx
        self.weight = Parameter(_weight) if _weight is not None else weight((num_embeddings, embedding_dim), device, dtype)

    @classmethod
    def from_pretrained(cls, embeddings, freeze=True, **k):
        return cls(*embeddings.shape, _weight=embeddings)

    def forward(self, x):
        return F.embedding(x, self.weight)


class LayerNorm(Module):
    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True, bias=True, device=None, dtype=None):
        super().__init__()
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self.register_parameter("weight", weight(self.normalized_shape, device, dtype) if elementwise_affine else None)
        self.register_parameter("bias", weight(self.normalized_shape, device, dtype) if elementwise_affine and bias else None)

    def forward(self, x):
        return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)


class RMSNorm(Module):
    def __init__(self, normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None):
        super().__init__()
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        self.register_parameter("weight", weight(self.normalized_shape, device, dtype) if elementwise_affine else None)

    def forward(self, x):
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)


class GroupNorm(Module):
    def __init__(self, num_groups, num_channels, eps=1e-5, affine=True, device=None, dtype=None):
        super().__init__()
        self.num_groups, self.eps = num_groups, eps
        self.register_parameter("weight", weight((num_channels,), device, dtype) if affine else None)
        self.register_parameter("bias", weight((num_channels,), device, dtype) if affine else None)

    def forward(self, x):
        return F.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)


def conv(dims):
    class Conv(Module):
        def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode="zeros",
                     device=None, dtype=None):
            super().__init__()
            many = lambda x: (x,) * dims if isinstance(x, int) else tuple(x) if not isinstance(x, str) else x
            self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
            self.kernel_size, self.stride, self.padding, self.dilation = many(kernel_size), many(stride), many(padding), many(dilation)
            self.weight = weight((out_channels, in_channels // groups, *self.kernel_size), device, dtype)
            self.register_parameter("bias", weight((out_channels,), device, dtype) if bias else None)

        def forward(self, x):
            return getattr(F, "conv%dd" % dims)(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)
    Conv.__name__ = Conv.__qualname__ = "Conv%dd" % dims
    return Conv


Conv1d, Conv2d, Conv3d = conv(1), conv(2), conv(3)


def activation(name, fn):
    def __init__(self, *a, **k):
        Module.__init__(self)
        self.args, self.kwargs = a, {n: v for n, v in k.items() if n != "inplace"}

    def forward(self, x):
        return fn(x, *self.args, **self.kwargs)
    return type(name, (Module,), {"__init__": __init__, "forward": forward})


SiLU = activation("SiLU", lambda x, *a, **k: F.silu(x))
GELU = activation("GELU", lambda x, *a, **k: F.gelu(x))
ReLU = activation("ReLU", lambda x, *a, **k: F.relu(x))
Sigmoid = activation("Sigmoid", lambda x: F.sigmoid(x))
Tanh = activation("Tanh", lambda x: F.tanh(x))
ReLU6 = activation("ReLU6", lambda x, *a, **k: F.relu6(x))
LeakyReLU = activation("LeakyReLU", lambda x, *a, **k: F.leaky_relu(x))
Softplus = activation("Softplus", lambda x, *a, **k: F.softplus(x))
Hardtanh = activation("Hardtanh", lambda x, *a, **k: F.hardtanh(x))
ELU = activation("ELU", lambda x, *a, **k: F.elu(x))
Mish = activation("Mish", lambda x, *a, **k: F.mish(x))
Softmax = activation("Softmax", lambda x, dim=-1: F.softmax(x, dim))
PixelShuffle = activation("PixelShuffle", lambda x, r: F.pixel_shuffle(x, r))
AvgPool1d = activation("AvgPool1d", lambda x, *a, **k: F.avg_pool1d(x, *a, **k))
AvgPool2d = activation("AvgPool2d", lambda x, *a, **k: F.avg_pool2d(x, *a, **k))
MaxPool2d = activation("MaxPool2d", lambda x, *a, **k: F.max_pool2d(x, *a, **k))
Upsample = activation("Upsample", lambda x, *a, **k: F.interpolate(x, *a, **k))
Flatten = activation("Flatten", lambda x, start_dim=1, end_dim=-1: x.flatten(start_dim, end_dim))


class Dropout(Module):
    def __init__(self, p=0.5, inplace=False):
        super().__init__()
        self.p = p

    def forward(self, x):
        return x


Dropout1d = Dropout2d = Dropout3d = AlphaDropout = Dropout


def __getattr__(name):
    return undescribed("torch.nn", name)
