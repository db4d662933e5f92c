# SPDX-License-Identifier: Apache-2.0
"""Products of matrices, and the neural-network functions that launch one kernel or a few."""
from . import _core
from ._core import Tensor, float32, int64, launch_op, make, numel_of, values_of, write_values
from ._elementwise import F as E, broadcast, elementwise, to
from ._views import at, expand, ints, like_stride, permute, reshape, t_, transpose, unsqueeze, view, contiguous
from ._factory import zeros


def result(name, shape, dt, dev, ins, out=None):
    if out is not None:
        write_values(out, None)
        launch_op(name, (*ins, out), (out,))
        return out
    r = make(shape, dt, dev)
    launch_op(name, ins, (r,))
    return r


def mm(input, mat2, out=None, out_dtype=None):
    if input.shape[1] != mat2.shape[0]:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied (%s and %s)" % (tuple(input.shape), tuple(mat2.shape)))
    return result("mm", (input.shape[0], mat2.shape[1]), out_dtype or input.dtype, input.device, (input, mat2), out)


def bmm(input, mat2, out=None, out_dtype=None):
    return result("bmm", (input.shape[0], input.shape[1], mat2.shape[2]), out_dtype or input.dtype, input.device, (input, mat2), out)


def addmm(input, mat1, mat2, beta=1, alpha=1, out=None):
    return result("addmm", (mat1.shape[0], mat2.shape[1]), mat1.dtype, mat1.device, (input, mat1, mat2), out)


def baddbmm(input, batch1, batch2, beta=1, alpha=1, out=None):
    return result("baddbmm", (batch1.shape[0], batch1.shape[1], batch2.shape[2]), batch1.dtype, batch1.device, (input, batch1, batch2), out)


def mv(input, vec, out=None):
    return result("mv", (input.shape[0],), input.dtype, input.device, (input, vec), out)


def dot(input, other, out=None):
    return result("dot", (), input.dtype, input.device, (input, other), out)


def matmul(input, other, out=None):
    a, b = len(input.shape), len(other.shape)
    if a == 1 and b == 1:
        return dot(input, other)
    if a == 2 and b == 2:
        return mm(input, other, out)
    if a == 2 and b == 1:
        return mv(input, other, out)
    if a == 1 and b == 2:
        return reshape(mm(unsqueeze(input, 0), other), (other.shape[1],))
    if a >= 3 and b <= 2:
        folded = reshape(input, (-1, input.shape[-1]))
        if b == 1:
            return reshape(mv(folded, other), input.shape[:-1])
        r = mm(folded, other)
        return view(r, (*input.shape[:-1], other.shape[-1]))
    if a <= 2 and b >= 3:
        x = input if a == 2 else unsqueeze(input, 0)
        r = matmul(transpose(other, -1, -2), transpose(x, 0, 1))
        r = transpose(r, -1, -2)
        return r if a == 2 else r.squeeze(-2)
    lead = broadcast(tuple(input.shape[:-2]), tuple(other.shape[:-2]))
    n = numel_of(lead)
    x = reshape(expand(input, *lead, *input.shape[-2:]), (n, *input.shape[-2:]))
    y = reshape(expand(other, *lead, *other.shape[-2:]), (n, *other.shape[-2:]))
    return view(bmm(x, y), (*lead, input.shape[-2], other.shape[-1]))


def linear(input, weight, bias=None):
    if len(input.shape) == 2 and bias is not None:
        return addmm(bias, input, t_(weight))
    if bias is not None and len(input.shape) > 2 and input.is_contiguous():
        r = addmm(bias, reshape(input, (-1, input.shape[-1])), t_(weight))
        return view(r, (*input.shape[:-1], weight.shape[0]))
    r = matmul(input, t_(weight))
    return r if bias is None else E["add_"](r, bias)


def einsum(equation, *operands):
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = operands[0]
    equation = equation.replace(" ", "")
    left, _, right = equation.partition("->")
    terms = left.split(",")
    sizes = {}
    lead = max([len(o.shape) - len(t.replace("...", "")) for t, o in zip(terms, operands) if "..." in t] or [0])
    dots = "".join(chr(0x100 + i) for i in range(lead))
    terms = [t.replace("...", dots) for t in terms]
    right = right.replace("...", dots)
    for t, o in zip(terms, operands):
        for c, d in zip(t, o.shape):
            sizes[c] = max(sizes.get(c, 1), d)
    if "->" not in equation:
        every = "".join(terms)
        right = dots + "".join(sorted(c for c in set(every) if every.count(c) == 1 and c not in dots))
    if len(operands) != 2:
        acc, name = operands[0], terms[0]
        if len(operands) == 1:
            kept = [c for c in name if c in right]
            if len(kept) != len(name):
                acc = acc.sum(dim=[i for i, c in enumerate(name) if c not in right])
            return permute(acc, *[kept.index(c) for c in right])
        rest = "".join(dict.fromkeys(c for c in terms[0] + terms[1] if c in right or any(c in t for t in terms[2:])))
        first = einsum("%s,%s->%s" % (terms[0], terms[1], rest), operands[0], operands[1])
        return einsum(",".join([rest, *terms[2:]]) + "->" + right, first, *operands[2:])
    a, b = terms
    x, y = operands
    for which in (0, 1):                    # sum out what only one operand has and the result has not
        name, other = (a, b) if which == 0 else (b, a)
        lost = [i for i, c in enumerate(name) if c not in other and c not in right]
        if lost:
            if which == 0:
                x, a = x.sum(dim=lost), "".join(c for i, c in enumerate(a) if i not in lost)
            else:
                y, b = y.sum(dim=lost), "".join(c for i, c in enumerate(b) if i not in lost)
    for c in [c for c in a if c in b and c not in right and (x.shape[a.index(c)] == 1) != (y.shape[b.index(c)] == 1)]:
        x, y = (t.squeeze(n.index(c)) if t.shape[n.index(c)] == 1 else t.sum(dim=n.index(c)) for t, n in ((x, a), (y, b)))
        a, b = a.replace(c, ""), b.replace(c, "")
    batch = [c for c in a if c in b and c in right]
    summed = [c for c in a if c in b and c not in right]
    only_a = [c for c in a if c not in b]
    only_b = [c for c in b if c not in a]
    if all(sizes[c] == 1 for c in summed):                     # nothing to sum: a product of each element
        spread = []
        for t, name in ((x, a), (y, b)):
            for c in [c for c in [*right, *summed] if c not in name]:
                t, name = unsqueeze(t, -1), name + c
            spread.append(permute(t, *[name.index(c) for c in [*right, *summed]]))
        return E["mul"](*spread).squeeze(*range(len(right), len(right) + len(summed))) if summed else E["mul"](*spread)
    size = lambda cs: numel_of([sizes[c] for c in cs])
    xa = reshape(permute(x, *[a.index(c) for c in [*batch, *only_a, *summed]]), (size(batch), size(only_a), size(summed)))
    yb = reshape(permute(y, *[b.index(c) for c in [*batch, *summed, *only_b]]), (size(batch), size(summed), size(only_b)))
    r = view(bmm(xa, yb), [sizes[c] for c in [*batch, *only_a, *only_b]])
    order = [*batch, *only_a, *only_b]
    return permute(r, *[order.index(c) for c in right])


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    r = make((*input.shape, *weight.shape[1:]), weight.dtype, weight.device)
    launch_op("embedding", (weight, input), (r,))
    return r


def scaled_mm(input, mat2, scale_a=None, scale_b=None, bias=None, scale_result=None, out_dtype=None, use_fast_accum=False, out=None):
    ins = [x for x in (input, mat2, scale_a, scale_b, bias) if x is not None]
    return result("_scaled_mm", (input.shape[0], mat2.shape[1]), out_dtype or input.dtype, input.device, ins, out)


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    r = make(input.shape, input.dtype, input.device)
    launch_op("native_layer_norm", [x for x in (input, weight, bias) if x is not None], (r,))
    return r


def rms_norm(input, normalized_shape, weight=None, eps=None):
    r = make(input.shape, input.dtype, input.device)
    launch_op("_fused_rms_norm", [x for x in (input, weight) if x is not None], (r,))
    return r


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    r = make(input.shape, input.dtype, input.device)
    launch_op("native_group_norm", [x for x in (input, weight, bias) if x is not None], (r,))
    return r


def attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    r = transpose(make((query.shape[0], query.shape[2], query.shape[1], value.shape[-1]), query.dtype, query.device), 1, 2) \
        if len(query.shape) == 4 else make((*query.shape[:-1], value.shape[-1]), query.dtype, query.device)
    name = "_scaled_dot_product_flash_attention" if attn_mask is None else "_scaled_dot_product_efficient_attention"
    launch_op(name, [x for x in (query, key, value, attn_mask) if isinstance(x, Tensor)], (r,))
    return r


def channels_last(t):
    """Whether torch would suggest for what is computed of it that channels follow each other in memory."""
    least, shape = 0, t.shape
    for d in (1, *range(len(shape) - 1, 1, -1), 0):
        stride = t.stride(d)
        if shape[d] == 0 or stride < least or d == 0 and least == t.stride(1):
            return False
        least = stride * max(shape[d], 1)
    return True


def conv_stride(input, weight, shape):
    """Strides of a convolution's result: channels last where input or weight is so. One dimension is done as two, of
    which the first is 1, on the input made contiguous."""
    if len(shape) == 3:
        input, weight = input.contiguous().unsqueeze(2), weight.unsqueeze(2)
    if not (channels_last(input) or channels_last(weight)):
        return None
    stride, size = [0] * len(shape), 1
    for d in (1, *range(len(shape) - 1, 1, -1), 0):
        stride[d], size = size, size * shape[d]
    return tuple(stride)


def conv(dims):
    def f(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        many = lambda x: [x] * dims if isinstance(x, int) else list(x)
        s, d = many(stride), many(dilation)
        if padding == "same":
            spatial = list(input.shape[-dims:])
        else:
            p = many(0 if padding == "valid" else padding)
            spatial = [(n + 2 * p[i] - d[i] * (weight.shape[2 + i] - 1) - 1) // s[i] + 1 for i, n in enumerate(input.shape[-dims:])]
        shape = [weight.shape[0], *spatial]
        if len(input.shape) == dims + 2:
            shape.insert(0, input.shape[0])
        r = make(shape, input.dtype, input.device, None, conv_stride(input, weight, shape) if len(shape) == dims + 2 else None)
        launch_op("convolution", [x for x in (input, weight, bias) if x is not None], (r,))
        return r
    return f


def dropout(input, p=0.5, training=True, inplace=False):
    if not training or p == 0:
        return input
    r = make(input.shape, input.dtype, input.device)
    launch_op("native_dropout", (input,), (r,))
    return r


def glu(input, dim=-1):
    half = input.narrow(dim, 0, input.shape[dim] // 2)
    r = make(half.shape, input.dtype, input.device, None, like_stride(half))
    launch_op("glu", (input,), (r,))
    return r


def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    n = input.norm(p, dim, keepdim=True)
    return E["div"](input, expand(n.clamp_min(eps), *input.shape))


def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None, antialias=False):
    dims = len(input.shape) - 2
    if size is None:
        scale = [scale_factor] * dims if isinstance(scale_factor, (int, float)) else scale_factor
        size = [int(n * s) for n, s in zip(input.shape[2:], scale)]
    size = [size] * dims if isinstance(size, int) else list(size)
    return result("upsample_%s%dd" % (mode if mode != "bilinear" else "bilinear", dims), (*input.shape[:2], *size), input.dtype, input.device, (input,))


def cdist(a, b, p=2.0):
    return result("_cdist_forward", (*a.shape[:-1], b.shape[-2]), a.dtype, a.device, (a, b))


def polar(abs, angle):
    return elementwise("polar", None, (abs, angle), _core.complex64 if abs.dtype is float32 else _core.complex128)


METHODS = dict(mm=mm, bmm=bmm, addmm=addmm, matmul=matmul, mv=mv, dot=dot, __matmul__=matmul, baddbmm=baddbmm)
FUNCTIONS = dict(mm=mm, bmm=bmm, addmm=addmm, baddbmm=baddbmm, mv=mv, dot=dot, matmul=matmul, einsum=einsum, embedding=embedding, _scaled_mm=scaled_mm,
                 layer_norm=layer_norm, rms_norm=rms_norm, group_norm=group_norm, conv1d=conv(1), conv2d=conv(2), conv3d=conv(3), dropout=dropout,
                 polar=polar, cdist=cdist)
for _n, _f in METHODS.items():
    setattr(Tensor, _n, _f)


def addmm_(t, a, b, beta=1, alpha=1):
    return result("addmm_", t.shape, t.dtype, t.device, (t, a, b), t)


Tensor.addmm_ = addmm_
Tensor.numpy = lambda t, force=False: __import__("numpy").from_tensor(t)
Tensor.__array__ = lambda t, *a, **k: __import__("numpy").from_tensor(t)
