# SPDX-License-Identifier: Apache-2.0
"""Calls of torch drawn from a seed: how the tensors are made, and one expression over them.

draw(seed) yields (lines, expression) without end, both Python, the same for the same seed. A call is
a line of TEMPLATES with its {words} filled in by the methods of Dice that have their names.
"""
import random
import re

FLOATS, INTS = ("bfloat16", "float16", "float32"), ("int32", "int64", "uint8")
DTYPES = FLOATS + INTS + ("bool", "float64", "int8")
UNARY = """abs neg exp log sqrt rsqrt sin cos tanh sigmoid erf reciprocal ceil floor round trunc sign square relu isnan isinf isfinite
logical_not log1p expm1 exp2 log2""".split()
BINARY = """add sub mul div remainder maximum minimum eq ne lt le gt ge logical_and logical_or fmod fmax atan2""".split()
TENSORS_ONLY = "maximum minimum logical_and logical_or fmax atan2".split()
BITS = "bitwise_and bitwise_or bitwise_xor".split()
REDUCTIONS = "sum prod amax amin any all argmax argmin max min mean logsumexp std var norm".split()

TEMPLATES = [
    *("torch.%s({t})" % n for n in UNARY),
    *("{t}.%s_()" % n for n in ("abs", "zero", "neg", "exp", "sigmoid", "sqrt", "tanh")),
    *("torch.%s({t}, {broad})" % n for n in BINARY), *("torch.%s({t}, {number})" % n for n in BINARY if n not in TENSORS_ONLY),
    "torch.pow({f}, {broad})", "torch.pow({i}, {number})", "torch.pow({f}, 2)",
    *("torch.%s({i}, {broad_i})" % n for n in BITS), "~{i}", "~{b}", "{b} & {broad_b}", "{i} << 2", "{i} >> {n}", "{i} // {n}", "{i} % {n}",
    "{t} + {broad}", "{t} - {number}", "{number} - {t}", "{number} / {t}", "{number} * {t}", "2 ** {t}", "{t} / {broad}", "{t} == {number}",
    "{t}.add_({smaller})", "{f}.mul_({number})", "{i}.mul_(2)", "{f}.div_({smaller})", "{t}.sub_({smaller}, alpha=2)", "torch.add({t}, {broad}, alpha=2)",
    "torch.div({t}, {broad}, rounding_mode='floor')", "torch.div({t}, {number}, rounding_mode='trunc')",
    "torch.where({b}, {broad}, {broad})", "torch.where({b}, {number}, {broad})", "{t}.masked_fill({broad_b}, {number})", "{f}.masked_fill_({mask}, 1)",
    "{t}.clamp(min={number})", "{t}.clamp(min=1, max=7)", "{t}.clamp_(max=3)", "torch.clamp({t}, {broad})", "{t}.clamp_min(2)",
    "torch.addcmul({f}, {broad_f}, {broad_f})", "torch.lerp({f}, {same}, 0.5)", "torch.nan_to_num({t})",
    # reductions
    *("{t}.%s()" % n for n in REDUCTIONS if n not in ("logsumexp",)), *("{t}.%s({d})" % n for n in REDUCTIONS if n not in ("norm",)),
    *("{t}.%s({d}, keepdim={k})" % n for n in REDUCTIONS if n not in ("norm",)),
    *("{t}.%s(dim={dd})" % n for n in ("sum", "amax", "mean", "any", "std")), "{t}.sum({dd}, keepdim=True, dtype=torch.{dtype})",
    "{t}.norm(dim={d}, keepdim={k})", "torch.cumsum({t}, {d})", "torch.cumsum({t}, {d}, dtype=torch.{dtype})", "{t}.cumsum_({d})", "torch.cumprod({t}, {d})",
    "{f}.softmax({d})", "torch.softmax({f}, {d}, dtype=torch.float32)", "{f}.log_softmax({d})", "torch.topk({t}, 1, dim={d})", "{t}.sort({d})",
    "{t}.argsort(dim={d}, descending={k})", "{t}.median()", "torch.count_nonzero({t})", "torch.count_nonzero({t}, dim={d})",
    "torch.var_mean({f}, {d})", "torch.aminmax({t})", "torch.diff({t}, dim={d})", "{t}.kthvalue(1, {d})", "{t}.cummax({d})",
    # views
    "{t}.view({shape})", "{t}.reshape({shape})", "{t}.view(-1)", "{t}.reshape(-1)", "{t}.flatten()", "{t}.flatten({d})", "{t}.flatten(0, {d})",
    "{t}.transpose({d}, {d})", "{t}.permute({order})", "{m}.t()", "{m}.T", "{c}.mT", "{t}.movedim({d}, {d})", "{t}.unsqueeze({d})", "{t}.unsqueeze(-1)",
    "{t}.squeeze()", "{t}.squeeze({d})", "{t}.unsqueeze(0).expand({n}, {minus})", "{t}.narrow({d}, 0, 1)", "{t}.select({d}, 0)", "{t}.split({n}, {d})",
    "{t}.chunk({n}, {d})", "{t}.tensor_split({n}, {d})", "{t}.unbind({d})", "{t}.unfold({d}, 1, 1)", "{c}.diagonal(0, {d}, {d})", "{t}.contiguous()", "{t}.clone()",
    "{t}.detach()", "{t}.view(torch.uint8)", "{m}.view(torch.{dtype})", "{t}.ravel()", "torch.atleast_1d({t})", "torch.broadcast_to({t}, ({n}, {minus_s}))",
    "{t}.as_strided((2, 2), (1, 1))", "{t}.unflatten({d}, (1, -1))", "{t}.swapaxes({d}, {d})", "{t}.expand_as({same})", "{t}.data", "{m}.H",
    # dtypes, copies, new tensors
    "{t}.to(torch.{dtype})", "{t}.to('cpu')", "{t}.to({same})", "{t}.float()", "{t}.half()", "{t}.long()", "{t}.bool()", "{t}.type_as({broad})", "{t}.to(torch.{dtype}, copy=True)",
    "{t}.copy_({smaller})", "{t}.fill_({number})", "torch.empty_like({t})", "torch.zeros_like({t}, dtype=torch.{dtype})", "torch.ones_like({t})", "torch.full_like({t}, 3)",
    "torch.empty_like({t}, dtype=torch.{dtype}, memory_format=torch.contiguous_format)", "{t}.new_empty(3, 4)", "{t}.new_zeros(({n},))", "{t}.new_full((2, {n}), 5)", "{t}.new_ones({n})",
    "{t}.new_tensor([1, 2])", "torch.zeros({n}, 3, device='cuda')", "torch.full((2, {n}), {number}, device='cuda')", "torch.arange({n}, device='cuda')", "torch.arange(1, 9, {n}, dtype=torch.{number_dtype})",
    "torch.arange(0, 3, 0.5)", "torch.linspace(0, 1, {n})", "torch.tensor([{n}, {n}])", "torch.tensor([1.5, {n}])", "torch.tensor([[True], [False]])", "torch.eye({n})", "torch.randn({n}, 2)",
    "torch.randint(0, 9, ({n}, 2))", "torch.ones(2, {n}, dtype=torch.{dtype})", "torch.full((), {n})", "torch.scalar_tensor({n})", "torch.empty_strided((2, {n}), (1, 2))", "torch.randperm({n})",
    # indexing
    "{t}[0]", "{t}[-1]", "{t}[..., 0]", "{t}[:, None]", "{t}[1:]", "{t}[..., ::2]", "{t}[..., :-1]", "{t}[None]", "{t}[{index}]", "{c}[{index}, {index}]", "{c}[:, {index}]", "{c}[0, :, {index}]",
    "{c}[{index}, 0]", "{c}[{index}, :, {index}]", "{c}[..., {index}]", "{c}[{index2}]", "{c}[:, {index2}]", "{m}[[0, 0]]", "{t}[torch.tensor(0)]", "{t}[None, {index}]",
    "torch.gather({t}, {d}, {zeros})", "torch.index_select({c}, {d}, {index})", "torch.take_along_dim({t}, {zeros}, {d})", "{t}.scatter({d}, {zeros}, {same})", "{t}.scatter_({d}, {zeros}, 1)",
    "{f}.scatter_add_({d}, {zeros}, {same})", "{f}.index_add_(0, torch.zeros(1, dtype=torch.int64, device='cuda'), {slice0})", "{t}.index_fill_({d}, {index}, 1)",
    "torch.cat([{t}, {same}], {d})", "torch.cat([{t}, {same}])", "torch.cat([{m}, {m_other}], 0)", "torch.stack([{t}, {same}], {d})", "torch.stack([{t}, {same}], -1)", "torch.hstack([{t}, {same}])", "torch.vstack([{t}, {same}])",
    "{t}.repeat({reps})", "{t}.repeat(2, {reps})", "{t}.tile(2)", "{t}.repeat_interleave({n}, {d})", "{t}.repeat_interleave(2)", "torch.nn.functional.pad({t}, (1, {n}))", "torch.nn.functional.pad({c}, (0, 1, {n}, 0), value=1)",
    "torch.nn.functional.one_hot({i}.abs().clamp(max=3).long(), 5)", "{m}.tril()", "{m}.triu(1)", "{t}.flip({d})", "{t}.roll(1, {d})", "torch.outer({v}, {v_other})",
    "torch.isin({i}, {v_i})", "torch.searchsorted({v}, {t})", "torch.bucketize({t}, {v})", "torch.meshgrid({v}, {v_other}, indexing='ij')", "{t}.masked_fill({mask}, 0)",
    # products and layers
    "torch.mm({m}, {m_right})", "{m} @ {m_right}", "{c} @ {m_right}", "torch.matmul({c}, {c_right})", "torch.bmm({c}, {c_right})", "{c} @ {v_right}", "torch.addmm(mat1={m}, mat2={m_right}, input={v_bias})", "{q} @ {c_right4}",
    "torch.nn.functional.linear({f2}, {w})", "torch.nn.functional.linear({f3}, {w}, {w_bias})", "torch.einsum('ij,jk->ik', {m}, {m_right})", "torch.einsum('bij,bjk->bik', {c}, {c_right})", "torch.einsum('bij,bjk->ibk', {c}, {c_right})",
    "torch.einsum('bij,jk->bik', {c}, {m_right})", "torch.einsum('ij->ji', {m})", "torch.einsum('bij->b', {c})", "torch.nn.functional.embedding({ids}, {table})", "torch.nn.functional.layer_norm({f}, {last})", "torch.nn.functional.rms_norm({f}, {last})",
    "torch.nn.functional.silu({f})", "torch.nn.functional.gelu({f})", "torch.nn.functional.gelu({f}, approximate='tanh')", "torch.nn.functional.softplus({f})", "torch.nn.functional.glu({even})", "torch.nn.functional.leaky_relu({f})",
    "torch.nn.functional.conv1d({c}, {kernel1})", "torch.nn.functional.conv1d({c}, {kernel1}, padding=1, stride=2)", "torch.nn.functional.conv2d({q}, {kernel2}, padding=1)", "torch.nn.functional.normalize({c})", "torch.cdist({c}, {same})", "torch.view_as_real(torch.view_as_complex({pairs}))",
    "torch.view_as_complex({pairs})", "torch.view_as_complex({pairs}).real", "torch.view_as_complex({pairs}).imag + 1", "{t}.real", "torch.polar({f32}, {f32_other})", "torch.view_as_complex({pairs}) * torch.view_as_complex({pairs})", "torch.dropout({f}, 0.5, False)",
    "torch.nn.functional.interpolate({c}, scale_factor=2)", "torch.baddbmm(batch1={c}, batch2={c_right}, input={c_out})", "torch.result_type({t}, {broad})", "torch.result_type({t}, {number})",
]


class Dice:
    """Fills in the words of one template. What a word makes depends on the tensor that was made first."""

    def __init__(self, random):
        self.random, self.lines, self.shape, self.dtype, self.device = random, [], None, None, None

    def make(self, shape, dtype, device=None, ordered=False):
        """A line that makes a tensor of the shape, dense, or cut or turned out of a larger one."""
        name, dice = "x%d" % len(self.lines), self.random
        how = dice.randrange(6) if len(shape) and not ordered else 0
        view = ""
        full = list(shape)
        if how == 1 and len(shape) > 1:
            a, b = dice.sample(range(len(shape)), 2)
            full[a], full[b] = full[b], full[a]
            view = ".transpose(%d, %d)" % (a, b)
        elif how == 2:
            full[-1] = full[-1] * 2
            view = "[..., ::2]"
        elif how == 3:
            full[-1] += 3
            view = "[..., 1:-2]"
        elif how == 4 and shape[0] == 1:
            view = ".expand(%s)" % ", ".join(map(str, shape))
        elif how == 5 and len(shape) > 2:
            order = list(range(len(shape)))
            dice.shuffle(order)
            for at, d in enumerate(order):
                full[d] = shape[at]
            view = ".permute(%s)" % ", ".join(map(str, order))
        self.lines.append("%s = torch.ones(%r, dtype=torch.%s, device=%r)%s" % (name, tuple(full), dtype, device or self.device or "cuda", view))
        return name

    def first(self, ranks, dtypes):
        dice = self.random
        rank = dice.choice(ranks)
        shape = tuple(dice.choice((1, 2, 3, 4, 6, 8)) for _ in range(rank))
        dtype = dice.choice(dtypes)
        self.device = "cpu" if dice.random() < 0.1 else "cuda"
        name = self.make(shape, dtype)
        if self.shape is None:
            self.shape, self.dtype = shape, dtype
        return name

    def broadcast(self, dtypes, smaller=False):
        dice = self.random
        shape = [1 if dice.random() < 0.2 else n for n in self.shape]
        if not smaller and dice.random() < 0.2:
            shape = [dice.choice((1, 2))] + shape
        elif dice.random() < 0.3:
            shape = shape[dice.randrange(len(shape) + 1):]
        return self.make(tuple(shape), dice.choice(dtypes))

    def t(self): return self.first((0, 1, 2, 2, 3, 3, 4), DTYPES)
    def f(self): return self.first((1, 2, 3), FLOATS)
    def i(self): return self.first((0, 1, 2, 3), INTS)
    def b(self): return self.first((1, 2, 3), ("bool",))
    def m(self): return self.first((2,), FLOATS)
    def c(self): return self.first((3,), FLOATS)
    def v(self): return self.first((1,), FLOATS)
    def q(self): return self.first((4,), FLOATS)
    def f2(self): return self.first((2,), FLOATS)
    def f3(self): return self.first((3,), FLOATS)
    def f32(self): return self.first((1, 2), ("float32",))
    def f32_other(self): return self.make(self.shape, "float32")
    def ids(self): return self.first((1, 2), ("int32", "int64"))
    def table(self): return self.make((16, 8), "bfloat16")
    def w(self): return self.make((5, self.shape[-1]), self.dtype)
    def w_bias(self): return self.make((5,), self.dtype)
    def broad(self): return self.broadcast(DTYPES)
    def broad_f(self): return self.broadcast((self.dtype,))
    def broad_i(self): return self.broadcast(INTS)
    def broad_b(self): return self.broadcast(("bool",), smaller=True)
    def smaller(self): return self.broadcast((self.dtype, self.dtype, "bool"), smaller=True)
    def same(self): return self.make(self.shape, self.dtype)
    def mask(self): return self.make(self.shape, "bool")
    def zeros(self): return self.make(self.shape, "int64") + " * 0"
    def slice0(self): return self.make((1, *self.shape[1:]), self.dtype)
    def m_other(self): return self.make((3, self.shape[1]), self.dtype)
    def v_other(self): return self.make((3,), self.dtype)
    def v_i(self): return self.make((3,), "int64")
    def m_right(self): return self.make((self.shape[-1], 5), self.dtype)
    def c_right(self): return self.make((self.shape[0], self.shape[-1], 5), self.dtype)
    def c_right4(self): return self.make((self.shape[1], self.shape[-1], 5), self.dtype)
    def c_out(self): return self.make((*self.shape[:2], 5), self.dtype)
    def v_right(self): return self.make((self.shape[-1],), self.dtype)
    def v_bias(self): return self.make((5,), self.dtype)
    def kernel1(self): return self.make((2, self.shape[1], 1), self.dtype)
    def kernel2(self): return self.make((3, self.shape[1], 2, 1), self.dtype)
    def last(self): return "(%d,)" % self.shape[-1]

    def even(self):
        self.shape, self.dtype = (3, 8), "bfloat16"
        return self.make(self.shape, self.dtype)

    def pairs(self): return self.make((4, 3, 2), "float32", ordered=True)
    def index(self): return self.index_of((self.random.randrange(1, 5),))
    def index2(self): return self.index_of((2, 3))

    def index_of(self, shape):
        name = "x%d" % len(self.lines)
        self.lines.append("%s = torch.zeros(%r, dtype=torch.%s, device=%r)" % (name, shape, self.random.choice(("int64", "int64", "int32")), self.device or "cuda"))
        return name

    def n(self): return str(self.random.choice((1, 2, 3, 4)))
    def k(self): return str(self.random.random() < 0.5)
    def d(self): return str(self.random.randrange(-len(self.shape), len(self.shape)) if self.shape else self.random.choice((0, -1)))
    def number(self): return self.random.choice(("2", "3", "0.5", "1.5", "True"))
    def dtype_(self): return self.random.choice(DTYPES)
    def number_dtype(self): return self.random.choice(FLOATS + INTS)
    def minus(self): return ", ".join(["-1"] * len(self.shape)) if self.shape else "1"
    def minus_s(self): return "".join("%d, " % n for n in self.shape)
    def reps(self): return ", ".join(str(self.random.choice((1, 2, 3))) for _ in self.shape) or "1"
    def order(self): return ", ".join(map(str, self.random.sample(range(len(self.shape)), len(self.shape)))) or "()"

    def dd(self):
        return str(tuple(self.random.sample(range(len(self.shape)), self.random.randrange(len(self.shape) + 1)))) if self.shape else "()"

    def shape_(self):
        """A shape of as many elements, some dimensions joined or taken apart."""
        new = []
        for n in self.shape:
            if new and self.random.random() < 0.4:
                new[-1] *= n
            elif n % 2 == 0 and self.random.random() < 0.3:
                new += [n // 2, 2]
            else:
                new.append(n)
        if new and self.random.random() < 0.3:
            new[self.random.randrange(len(new))] = -1
        return "(%s)" % "".join("%d, " % n for n in new)


def draw(seed):
    """Each template once before one comes again."""
    dice = random.Random("calls %s" % seed)
    while True:
        for template in dice.sample(TEMPLATES, len(TEMPLATES)):
            of = Dice(dice)
            fill = lambda m: getattr(of, m[1] + "_" if m[1] in ("dtype", "shape") else m[1])()
            expression = re.sub(r"\{(\w+)\}", fill, template)
            yield of.lines, expression
