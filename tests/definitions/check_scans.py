# SPDX-License-Identifier: Apache-2.0
"""Checks of references for check_references.py: convolutions and scans over time, gates, routing, batched products.

Each computes the same in float64 by another formula than the reference: convolutions by conv1d over a padded row, scans by
the closed form of their sum, groups by plain Python.
"""
import math

import torch
import torch.nn.functional as F

bf = torch.bfloat16


def opened(name, x):
    for word, function in (("_silu", F.silu), ("_sigmoid", torch.sigmoid)):
        if word in name:
            return function(x)
    return x


def check_conv(c, definition, run):
    sizes, name = c.const(definition), definition["name"]
    d, w = sizes["dim"], sizes["width"]
    weight, bias = c.rand(d, w, dtype=bf), c.rand(d, dtype=bf) if "bias" in definition["inputs"] else None
    extra = [] if bias is None else [bias]

    def filtered(before, tokens):
        row = torch.cat([before.double(), tokens.double().T], 1).unsqueeze(0)
        out = F.conv1d(row, weight.double().unsqueeze(1), None if bias is None else bias.double(), groups=d)[0].T
        return opened(name, out)
    if "decode" in name:
        x, state, slots = c.rand(3, d, dtype=bf), c.rand(5, d, w - 1, dtype=bf), torch.tensor([4, 0, 2], dtype=torch.int32)
        inputs = [x, state, weight, *extra, slots]
        out, new = run(*inputs)
        c.close(out, torch.cat([filtered(state[s], x[i:i + 1]) for i, s in enumerate(slots.tolist())]), "output")
        for i, s in enumerate(slots.tolist()):
            c.close(new[s], torch.cat([state[s][:, 1:], x[i][:, None]], 1), "state")
        c.close(new[[1, 3]], state[[1, 3]], "states of others")
        return c.declared(definition, inputs, (out, new))
    for lengths in ([3, 1, 0, 6], [1], []):
        x, state = c.rand(sum(lengths), d, dtype=bf), c.rand(len(lengths), d, w - 1, dtype=bf)
        inputs = [x, state, weight, *extra, c.indptr(lengths)]
        out, new = run(*inputs)
        at = 0
        for s, n in enumerate(lengths):
            if n:
                c.close(out[at:at + n], filtered(state[s], x[at:at + n]), f"output of {lengths}")
            c.close(new[s], torch.cat([state[s], x[at:at + n].T], 1)[:, n:], f"state of {lengths}")
            at += n
        c.declared(definition, inputs, (out, new))


def check_gated(c, definition, run):
    h, name = c.const(definition)["hidden_size"], definition["name"]
    text = definition["reference"]
    group = int(text.split("x.shape[1] // ")[1].split(",")[0])
    eps = float(text.split("keepdim=True) + ")[1].split(")")[0])
    for rows in (4, 1, 0):
        x, z, w = c.rand(rows, h, dtype=bf), c.rand(rows, h, dtype=bf), c.rand(h).to(c.DTYPES[definition["inputs"]["weight"]["dtype"]])
        gate = torch.sigmoid(z.double()) if "_sigmoid" in name else F.silu(z.double())
        wide = x.double() * gate if "gate_first" in name else x.double()
        parts = [p / torch.sqrt((p * p).sum(1, keepdim=True) / group + eps) for p in wide.split(group, dim=1)]
        want = torch.cat(parts, 1) * w.double() * (1 if "gate_first" in name else gate)
        out = run(x, z, w)
        c.close(out, want, f"{rows} rows")
        c.declared(definition, [x, z, w], (out,))


def check_scan(c, definition, run):
    """The state after token t is the sum over the tokens before it, each decayed by what came since."""
    sizes = c.const(definition)
    h, d, s, g = (sizes[n] for n in ("nheads", "head_dim", "dstate", "ngroups"))
    for lengths in ([4, 0, 2], [1], []):
        n = sum(lengths)
        x, dt = c.rand(n, h, d, dtype=bf), c.rand(n, h, dtype=bf)
        A, B, C = -torch.rand(h), c.rand(n, g, s, dtype=bf), c.rand(n, g, s, dtype=bf)
        D, bias, state = c.rand(h), c.rand(h), c.rand(len(lengths), h, d, s)
        inputs = [x, dt, A, B, C, D, bias, state, c.indptr(lengths)]
        out, new = run(*inputs)
        step = torch.log1p(torch.exp(dt.double() + bias.double()))
        wide_b, wide_c = (m.double().repeat_interleave(h // g, 1) for m in (B, C))
        at = 0
        for q, length in enumerate(lengths):
            held = state[q].double()
            for t in range(at, at + length):
                since = lambda k: torch.exp(A.double() * step[k + 1:t + 1].sum(0))
                held = state[q].double() * torch.exp(A.double() * step[at:t + 1].sum(0))[:, None, None]
                for k in range(at, t + 1):
                    held = held + torch.einsum("h,hd,hs->hds", since(k) * step[k], x[k].double(), wide_b[k])
                want = torch.einsum("hds,hs->hd", held, wide_c[t]) + D.double()[:, None] * x[t].double()
                c.close(out[t], want, f"output of {lengths}")
            c.close(new[q], held, f"state of {lengths}")
            at += length
        c.declared(definition, inputs, (out, new))


def check_kda(c, definition, run):
    """Each token changes the state as a matrix: S <- S diag(decay) (1 - beta k k^T) + beta v k^T."""
    sizes, decode = c.const(definition), "decode" in definition["name"]
    hq, hv, d = sizes["num_q_heads"], sizes["num_v_heads"], sizes["head_size"]
    rates, bias = torch.rand(hv), c.rand(hv, d)
    for lengths in ([1, 1, 1],) if decode else ([2, 0, 4], []):
        n, total = len(lengths), sum(lengths)
        q, k = (F.normalize(c.rand(total, hq, d), dim=-1).to(bf) for _ in range(2))
        v, a, b = c.rand(total, hv, d, dtype=bf), c.rand(total, hv, d, dtype=bf), c.rand(total, hv, dtype=bf)
        state = c.rand(n, hv, d, d, scale=0.3)
        fold = (lambda x: x.reshape(n, 1, *x.shape[1:])) if decode else (lambda x: x)
        inputs = [fold(q), fold(k), fold(v), state, rates, fold(a), bias, fold(b)]
        inputs += [0.5] if decode else [c.indptr(lengths, torch.int64), 0.5]
        out, new = run(*inputs)
        want_state, want = state.double(), torch.zeros(total, hv, d, dtype=torch.float64)
        at, one = 0, torch.eye(d, dtype=torch.float64)
        for s, length in enumerate(lengths):
            for t in range(at, at + length):
                for h in range(hv):
                    key, value = k[t, h // (hv // hq)].double(), v[t, h].double()
                    beta = 1 / (1 + math.exp(-float(b[t, h])))
                    decay = torch.exp(-math.exp(float(rates[h])) * torch.log1p(torch.exp(a[t, h].double() + bias[h].double())))
                    changed = want_state[s, h] @ torch.diag(decay) @ (one - beta * torch.outer(key, key))
                    want_state[s, h] = changed + beta * torch.outer(value, key)
                    want[t, h] = 0.5 * want_state[s, h] @ q[t, h // (hv // hq)].double()
            at += length
        c.close(out.reshape(want.shape), want, f"output of {lengths}")
        c.close(new, want_state, f"state of {lengths}")
        c.declared(definition, inputs, (out, new))


def check_routing(c, definition, run):
    sizes, name = c.const(definition), definition["name"]
    e, topk = sizes["num_experts"], sizes["top_k"]
    groups, kept = (
        int(n) for n in definition["reference"].split("CHOSEN_GROUPS = ")[1].split("\n")[0].split(","))
    for rows in (6, 1, 0):
        logits, bias = c.rand(rows, e, scale=2.0), torch.rand(e) * 0.3 if "correction_bias" in definition["inputs"] else None
        inputs = [logits] + ([] if bias is None else [bias])
        weights, ids = run(*inputs)
        for r in range(rows):
            z = [float(x) for x in logits[r].double()]
            score = {"moe_routing_softmax": lambda x: math.exp(x) / sum(map(math.exp, z)), "moe_routing_sigmoid": lambda x: 1 / (1 + math.exp(-x)),
                     "moe_routing_sqrtsoftplus": lambda x: math.sqrt(math.log1p(math.exp(x)))}["_".join(name.split("_")[:3])]
            scores = [score(x) for x in z]
            choice = [s + (0 if bias is None else float(bias[i])) for i, s in enumerate(scores)]
            size = e // groups
            best = [sum(sorted(choice[g * size:(g + 1) * size])[-(1 if bias is None else 2):]) for g in range(groups)]
            open_ = sorted(range(groups), key=lambda g: -best[g])[:kept]
            picked = sorted((i for i in range(e) if i // size in open_), key=lambda i: -choice[i])[:topk]
            if ids[r].tolist() != picked:
                raise c.Mismatch(f"row {r}: chose {ids[r].tolist()}, not {picked}")
            total = 1.0 if "_raw_" in name else sum(scores[i] for i in picked)
            c.close(weights[r], torch.tensor([scores[i] / total for i in picked], dtype=torch.float64), "weights")
        c.declared(definition, inputs, (weights, ids))


def check_full(c, definition, run):
    sizes = c.const(definition)
    d, dv = sizes["head_dim"], sizes.get("head_dim_v") or sizes["head_dim"]
    for q_lens, kv_lens in c.LENGTHS:
        q, k, v = (c.rand(sum(n), sizes[h], w, dtype=bf) for n, h, w in (
            (q_lens, "num_qo_heads", d), (kv_lens, "num_kv_heads", d), (kv_lens, "num_kv_heads", dv)))
        inputs = [q, k, v, c.indptr(q_lens), c.indptr(kv_lens), 0.2]
        out, lse = run(*inputs)
        q_at = kv_at = 0
        for n, m in zip(q_lens, kv_lens):
            if m:
                want = c.attend(q[q_at:q_at + n], k[kv_at:kv_at + m], v[kv_at:kv_at + m], 0.2, False)
                c.close(out[q_at:q_at + n], want[0], f"output of q {q_lens} kv {kv_lens}")
                c.close(lse[q_at:q_at + n], want[1], f"lse of q {q_lens} kv {kv_lens}")
            q_at, kv_at = q_at + n, kv_at + m
        c.declared(definition, inputs, (out, lse))


def check_shared(c, definition, run):
    sizes = c.const(definition)
    h, d = sizes["num_qo_heads"], sizes["head_dim"]
    q, cache = c.rand(4, h, d, dtype=bf), c.rand(12, d, dtype=bf)
    chosen = torch.full((4, 5), -1, dtype=torch.int32)
    for row, count in enumerate((0, 1, 5, 3)):
        chosen[row, :count] = torch.randperm(12)[:count].to(torch.int32)
    sinks = c.rand(h) if "sinks" in definition["inputs"] else None
    inputs = [q, cache, chosen, 0.1] + ([] if sinks is None else [sinks])
    out = run(*inputs)
    for row in range(4):
        seen = cache[chosen[row][chosen[row] >= 0].long()].double()
        logits, values = 0.1 * q[row].double() @ seen.T, seen
        if sinks is not None and len(seen):
            logits, values = torch.cat([logits, sinks.double()[:, None]], 1), torch.cat([seen, torch.zeros(1, d, dtype=torch.float64)])
        want = torch.softmax(logits, 1) @ values if len(seen) else torch.zeros(h, d, dtype=torch.float64)
        c.close(out[row], want, f"row {row}")
    c.declared(definition, inputs, (out,))


def check_bmm(c, definition, run):
    sizes = c.const(definition)
    for rows in (3, 1, 0):
        a, b = c.rand(sizes["batch_size"], rows, sizes["K"], dtype=bf), c.rand(sizes["batch_size"], sizes["K"], sizes["N"], dtype=bf)
        out = run(a, b)
        c.close(out, torch.einsum("bmk,bkn->bmn", a.double(), b.double()), f"{rows} rows")
        c.declared(definition, [a, b], (out,))


def check_activation(c, definition, run):
    sizes = c.const(definition)
    function = F.silu if definition["name"].startswith("silu") else lambda x: F.gelu(x, approximate="tanh" if "tanh" in definition["name"] else "none")
    for rows in (3, 1, 0):
        x = c.rand(rows, sizes["double_size"], dtype=bf)
        out = run(x)
        c.close(out, function(x[:, :sizes["size"]].double()) * x[:, sizes["size"]:].double(), f"{rows} rows")
        c.declared(definition, [x], (out,))


CHECKS = [("moe_routing", check_routing), ("gated_rmsnorm", check_gated), ("causal_conv1d", check_conv), ("bmm_", check_bmm),
          ("_and_mul", check_activation), ("kda_", check_kda), ("mamba_scan", check_scan), ("ragged_full", check_full),
          ("sparse_shared_kv", check_shared)]
