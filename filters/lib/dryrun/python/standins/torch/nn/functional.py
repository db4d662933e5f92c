# SPDX-License-Identifier: Apache-2.0
from launches.permissive import undescribed

from .. import _index, _linalg, _reduce
from .._core import launch_op, make
from .._elementwise import F as _E, elementwise
from .._linalg import (attention as scaled_dot_product_attention, conv as _conv, dropout, glu, group_norm, interpolate, layer_norm, linear, normalize,
                       rms_norm)
from .._index import one_hot, pad
from .._reduce import log_softmax, softmax

embedding = lambda input, weight, *a, **k: _linalg.embedding(input, weight, *a, **k)
conv1d, conv2d, conv3d = _conv(1), _conv(2), _conv(3)
for _n in ("silu", "gelu", "relu", "sigmoid", "tanh", "mish", "softplus", "elu", "leaky_relu", "hardtanh", "hardswish", "hardsigmoid", "relu6", "celu"):
    globals()[_n] = _E[_n]
logsigmoid = _E["log_sigmoid"]
upsample = interpolate
relu_, silu_ = _E["relu_"], _E["silu_"]


def cosine_similarity(a, b, dim=1, eps=1e-8):
    return elementwise("cosine_similarity", None, (a, b)).sum(dim)


def mse_loss(a, b, **k):
    return elementwise("mse_loss", None, (a, b)).mean()


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    k = (kernel_size,) * 2 if isinstance(kernel_size, int) else kernel_size
    s = (stride,) * 2 if isinstance(stride, int) else stride
    p = (padding,) * 2 if isinstance(padding, int) else padding
    n = [(input.shape[-2 + i] + 2 * p[i] - k[i]) // s[i] + 1 for i in (0, 1)]
    r = make((input.shape[0], input.shape[1] * k[0] * k[1], n[0] * n[1]), input.dtype, input.device)
    launch_op("im2col", (input,), (r,))
    return r


def pixel_shuffle(x, r):
    *lead, c, h, w = x.shape
    return x.reshape(*lead, c // (r * r), r, r, h, w).permute(*range(len(lead)), len(lead), -2, -4, -1, -3).reshape(*lead, c // (r * r), h * r, w * r)


def pooling(name, dims):
    def f(input, kernel_size, stride=None, padding=0, *a, **k):
        many = lambda x: [x] * dims if isinstance(x, int) else list(x)
        ks, p = many(kernel_size), many(padding)
        s = many(stride) if stride is not None else ks
        spatial = [(n + 2 * p[i] - ks[i]) // s[i] + 1 for i, n in enumerate(input.shape[-dims:])]
        r = make((*input.shape[:-dims], *spatial), input.dtype, input.device)
        launch_op(name, (input,), (r,))
        return r
    return f


for _d in (1, 2, 3):
    globals()["avg_pool%dd" % _d], globals()["max_pool%dd" % _d] = pooling("avg_pool%dd" % _d, _d), pooling("max_pool%dd" % _d, _d)


def __getattr__(name):
    return undescribed("torch.nn.functional", name)
