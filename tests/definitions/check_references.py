#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the reference of every definition on the CPU and compares it with an independent
computation: another formula, in float64.

usage: check_references DEFINITIONS.ndjson   (one definition a line; '-' is stdin)

Constant axes are taken as they are, so use definitions of a small model; variable axes are
drawn, edge cases included: empty sequences, one token, a last page partly full, more keys
than queries and fewer, ties, equal logits. Prints a line a definition; exits with 1 when
one disagrees. A type that this torch lacks is reported as skipped.
"""
import ast
import json
import math
import re
import sys

import torch
import torch.nn.functional as F

import check_scans

FP8 = getattr(torch, "float8_e4m3fn", None)
DTYPES = {name: getattr(torch, name, None) for name in (
    "float32", "float16", "bfloat16", "float8_e4m3fn", "int64", "int32", "int8", "uint8", "bool")}
# Outputs in bfloat16 carry 8 bits: half a unit in the last place is 2**-9 of the value.
TOLERANCE = {torch.bfloat16: (2 ** -8, 2e-3), torch.float16: (2 ** -10, 1e-3),
             torch.float32: (1e-4, 1e-4)}


class Mismatch(Exception):
    pass


def close(got, want, what):
    relative, absolute = TOLERANCE[got.dtype]
    got, want = got.to(torch.float64), want.to(torch.float64)
    if got.shape != want.shape:
        raise Mismatch(f"{what}: shape {tuple(got.shape)}, not {tuple(want.shape)}")
    same = (got == want) | ((got - want).abs() <= absolute + relative * want.abs())
    if not bool(same.all()):
        worst = (got - want).abs().nan_to_num(math.inf).max()
        raise Mismatch(f"{what}: off by {float(worst):g}")


def rand(*shape, dtype=torch.float32, scale=1.0):
    return (torch.randn(*shape) * scale).to(dtype)


def const(definition):
    return {name: axis["value"] for name, axis in definition["axes"].items()
            if axis["type"] == "const"}


# ---- attention ----

def attend_so(definition, q, k, v, scale, sinks):
    """As attend(), causal, with what a definition's name says: a window of so many keys to the left, chunks, sinks, a
    cap. By a mask over all pairs; the sink is a column of its own."""
    def of(mark):
        found = re.search("_%s([0-9.]+)" % mark, definition["name"])
        return float(found[1]) if found else None
    n, m = q.shape[0], k.shape[0]
    group = q.shape[1] // k.shape[1]
    q, k, v = (x.to(torch.float64).transpose(0, 1) for x in (q, k, v))
    k, v = k.repeat_interleave(group, 0), v.repeat_interleave(group, 0)
    rows, columns = torch.arange(n).unsqueeze(1) + (m - n), torch.arange(m).unsqueeze(0)
    mask = columns <= rows
    if of("wl"):
        mask &= rows - columns <= of("wl")
    if of("chunk"):
        mask &= rows // int(of("chunk")) == columns // int(of("chunk"))
    logits = torch.einsum("hnd,hmd->hnm", q, k) * scale
    if of("cap"):
        logits = torch.tanh(logits / of("cap")) * of("cap")
    logits = logits.masked_fill(~mask, -math.inf)
    if sinks is not None:
        logits = torch.cat([logits, sinks.double()[:, None, None].expand(-1, n, 1)], -1)
        v = torch.cat([v, torch.zeros(v.shape[0], 1, v.shape[2], dtype=torch.float64)], 1)
    seen = mask.any(dim=1)[None, :, None]
    out = torch.where(seen, torch.softmax(logits, dim=-1) @ v, torch.zeros(1, dtype=torch.float64))
    lse = torch.logsumexp(logits, dim=-1) / math.log(2) if logits.shape[-1] else logits.sum(-1)
    return out.transpose(0, 1), torch.where(seen[..., 0], lse, torch.tensor(-math.inf, dtype=torch.float64)).T


def attend(q, k, v, scale, causal):
    """One sequence in float64 by scaled_dot_product_attention. q: [n, h, d], k, v: [m, g, d].
    Gives output and base-2 log-sum-exp; rows that see nothing are 0 and -inf."""
    n, m = q.shape[0], k.shape[0]
    group = q.shape[1] // k.shape[1]
    q, k, v = (x.to(torch.float64).transpose(0, 1) for x in (q, k, v))
    k, v = k.repeat_interleave(group, 0), v.repeat_interleave(group, 0)
    rows, columns = torch.arange(n).unsqueeze(1), torch.arange(m).unsqueeze(0)
    mask = columns <= rows + (m - n) if causal else torch.ones(n, m, dtype=torch.bool)
    out = torch.zeros(q.shape[0], n, v.shape[2], dtype=torch.float64)
    lse = torch.full((q.shape[0], n), -math.inf, dtype=torch.float64)
    seen = mask.any(dim=1)
    if bool(seen.any()):
        logits = (torch.einsum("hnd,hmd->hnm", q, k) * scale).masked_fill(~mask, -math.inf)
        if hasattr(F, "scaled_dot_product_attention"):
            # sdpa scales by 1/sqrt(d): fold our scale into q
            scaled = q * scale * math.sqrt(q.shape[2])
            out[:, seen] = F.scaled_dot_product_attention(scaled[:, seen], k, v, mask[seen])
        else:  # torch before 2.0
            out[:, seen] = torch.softmax(logits[:, seen], dim=-1) @ v
        lse[:, seen] = torch.logsumexp(logits[:, seen], dim=-1) / math.log(2)
    return out.transpose(0, 1), lse.T


def varied(definition):
    return re.search("_wl|_chunk|_sinks|_cap", definition["name"]) is not None


# (query lengths, key lengths): decode takes the key lengths alone
LENGTHS = [([1], [1]), ([1, 1, 1], [0, 7, 1]), ([3, 0, 5, 2], [3, 4, 9, 70]),
           ([4, 2], [0, 1]), ([64, 1], [64, 129]), ([], [])]


def indptr(lengths, dtype=torch.int32):
    return torch.tensor([0] + list(torch.tensor(lengths, dtype=torch.int64).cumsum(0)),
                        dtype=dtype)


def paged(kv_lens, page_size):
    """Pages in shuffled order for sequences of these lengths."""
    counts = [(n + page_size - 1) // page_size for n in kv_lens]
    num_pages = sum(counts) + 3
    pages = torch.randperm(num_pages)[: sum(counts)].to(torch.int32)
    last = [n - (c - 1) * page_size if c else 0 for n, c in zip(kv_lens, counts)]
    return num_pages, indptr(counts), pages, torch.tensor(last, dtype=torch.int32)


def tokens_of(cache, pages, begin, end, kv_len):
    return cache[pages[begin:end].long()].flatten(0, 1)[:kv_len]


def check_paged(definition, run, latent):
    sizes = const(definition)
    page_size, heads = sizes["page_size"], sizes["num_qo_heads"]
    prefill = "qo_indptr" in definition["inputs"]
    for equal in (False, True):
        for q_lens, kv_lens in LENGTHS:
            q_lens = q_lens if prefill else [1] * len(kv_lens)
            num_pages, kv_ptr, pages, last = paged(kv_lens, page_size)
            make = (lambda *s: torch.ones(*s, dtype=torch.bfloat16)) if equal else (
                lambda *s: rand(*s, dtype=torch.bfloat16))
            total = sum(q_lens)
            tail = [kv_ptr, pages] + ([last] if page_size > 1 else [])
            middle = [indptr(q_lens)] if prefill else []
            scale = 0.3
            sinks = rand(heads) if "sinks" in definition["inputs"] else None
            if latent:
                ckv, kpe = sizes["head_dim_ckv"], sizes["head_dim_kpe"]
                parts = [make(total, heads, ckv), make(total, heads, kpe)]
                caches = [rand(num_pages, page_size, ckv, dtype=torch.bfloat16),
                          make(num_pages, page_size, kpe)]
                q = torch.cat(parts, -1)
                inputs = parts + caches + middle + tail + [scale]
            else:
                d, g = sizes["head_dim"], sizes["num_kv_heads"]
                q = make(total, heads, d)
                caches = [make(num_pages, page_size, g, d),
                          rand(num_pages, page_size, g, sizes.get("head_dim_v", d), dtype=torch.bfloat16)]
                inputs = [q] + caches + middle + tail + [scale]
                if sinks is not None:
                    inputs.append(sinks)
            out, lse = run(*inputs)
            at = 0
            for b, (n, m) in enumerate(zip(q_lens, kv_lens)):
                held = [tokens_of(c, pages, kv_ptr[b], kv_ptr[b + 1], m) for c in caches]
                if latent:
                    k = torch.cat(held, -1).unsqueeze(1)
                    v = held[0].unsqueeze(1)
                else:
                    k, v = held
                want = attend(q[at:at + n], k, v, scale, prefill) if not varied(definition) else \
                    attend_so(definition, q[at:at + n], k, v, scale, sinks)
                close(out[at:at + n], want[0], f"output of q {q_lens} kv {kv_lens}")
                close(lse[at:at + n], want[1], f"lse of q {q_lens} kv {kv_lens}")
                at += n
            declared(definition, inputs, (out, lse))


def check_ragged(definition, run):
    sizes = const(definition)
    d = sizes.get("head_dim") or sizes["qk_dim"]
    dv = sizes.get("head_dim_v") or sizes.get("head_dim") or sizes["vo_dim"]
    for q_lens, kv_lens in LENGTHS:
        q = rand(sum(q_lens), sizes["num_qo_heads"], d, dtype=torch.bfloat16)
        k = rand(sum(kv_lens), sizes["num_kv_heads"], d, dtype=torch.bfloat16)
        v = rand(sum(kv_lens), sizes["num_kv_heads"], dv, dtype=torch.bfloat16)
        sinks = rand(sizes["num_qo_heads"]) if "sinks" in definition["inputs"] else None
        inputs = [q, k, v, indptr(q_lens), indptr(kv_lens), 0.2] + ([] if sinks is None else [sinks])
        out, lse = run(*inputs)
        q_at = kv_at = 0
        for n, m in zip(q_lens, kv_lens):
            one = q[q_at:q_at + n], k[kv_at:kv_at + m], v[kv_at:kv_at + m], 0.2
            want = attend_so(definition, *one, sinks) if varied(definition) else attend(*one, True)
            close(out[q_at:q_at + n], want[0], f"output of q {q_lens} kv {kv_lens}")
            close(lse[q_at:q_at + n], want[1], f"lse of q {q_lens} kv {kv_lens}")
            q_at, kv_at = q_at + n, kv_at + m
        declared(definition, inputs, (out, lse))


def check_sparse(definition, run):
    sizes = const(definition)
    ps, ckv, kpe, topk = (sizes[n] for n in ("page_size", "head_dim_ckv", "head_dim_kpe", "topk"))
    num_pages, heads, counts = 5 * 64 // ps, sizes["num_qo_heads"], [0, 1, topk, topk // 2]
    nope, pe = (rand(len(counts), heads, n, dtype=torch.bfloat16) for n in (ckv, kpe))
    cache, rope = (rand(num_pages, ps, n, dtype=torch.bfloat16) for n in (ckv, kpe))
    chosen = torch.full((len(counts), topk), -1, dtype=torch.int32)
    for row, count in enumerate(counts):
        chosen[row, :count] = torch.randperm(num_pages * ps)[:count].to(torch.int32)
    inputs = [nope, pe, cache, rope, chosen, 0.1]
    out, lse = run(*inputs)
    for row, count in enumerate(counts):
        picked = chosen[row, :count].long()
        k = torch.cat([cache.flatten(0, 1)[picked], rope.flatten(0, 1)[picked]], -1).unsqueeze(1)
        v = cache.flatten(0, 1)[picked].unsqueeze(1)
        want = attend(torch.cat([nope, pe], -1)[row:row + 1], k, v, 0.1, False)
        close(out[row:row + 1], want[0], f"output of {count} chosen")
        close(lse[row:row + 1], want[1], f"lse of {count} chosen")
    declared(definition, inputs, (out, lse))


def check_indexer(definition, run):
    sizes = const(definition)
    heads, dim, topk, ps = (sizes[n] for n in (
        "num_index_heads", "index_head_dim", "topk", "page_size"))
    lengths = [0, 1, ps - 1, ps + 3, 3 * ps]
    pages_each = 3
    num_pages = len(lengths) * pages_each + 2
    for ties in (False, True):
        q = rand(len(lengths), heads, dim).to(FP8)
        keys = rand(num_pages, ps, dim).to(FP8)
        if ties:
            keys[:] = keys[0, 0].clone()
        scales = torch.rand(num_pages, ps) + 0.5 if not ties else torch.ones(num_pages, ps)
        cache = torch.cat([keys.view(torch.uint8).reshape(num_pages, -1),
                           scales.contiguous().view(torch.uint8).reshape(num_pages, -1)], 1)
        cache = cache.reshape(num_pages, ps, 1, dim + 4).view(torch.int8)
        weights = rand(len(lengths), heads)
        table = torch.randperm(num_pages)[: len(lengths) * pages_each].to(torch.int32)
        table = table.reshape(len(lengths), pages_each)
        inputs = [q, cache, weights, torch.tensor(lengths, dtype=torch.int32), table]
        got = run(*inputs)
        for b, n in enumerate(lengths):
            scored = []
            for t in range(n):
                page, offset = int(table[b, t // ps]), t % ps
                key = keys[page, offset].to(torch.float64) * float(scales[page, offset])
                dots = (q[b].to(torch.float64) @ key).clamp(min=0)
                scored.append((float((dots * weights[b].double()).sum()), page * ps + offset))
            best = sorted(scored, key=lambda pair: -pair[0])[:topk]  # stable: earlier first
            picked = [int(x) for x in got[b] if x >= 0]
            if len(picked) != min(n, topk) or len(set(picked)) != len(picked):
                raise Mismatch(f"{len(picked)} tokens chosen of {n}")
            if ties and picked != [token for _, token in best]:
                raise Mismatch("ties are not broken by order")
            lowest = best[-1][0] if best else 0.0
            by_token = {token: score for score, token in scored}
            if any(by_token[token] < lowest - 1e-3 * (1 + abs(lowest)) for token in picked):
                raise Mismatch("a token with a lower score was chosen")
        declared(definition, inputs, (got,))


# ---- recurrences ----

def delta_rule(q, k, v, state, g, beta, scale):
    """Float64, the rule written out: the value at the key is replaced by a mix."""
    state = state * g
    old = (state * k.unsqueeze(0)).sum(1)
    new = beta * v + (1 - beta) * old
    state = state - old.unsqueeze(1) * k.unsqueeze(0) + new.unsqueeze(1) * k.unsqueeze(0)
    return state, scale * (state * q.unsqueeze(0)).sum(1)


def check_gdn(definition, run):
    sizes = const(definition)
    hq, hv, d = sizes["num_q_heads"], sizes["num_v_heads"], sizes["head_size"]
    name, bf = definition["name"], torch.bfloat16
    rates, bias = torch.rand(hv), rand(hv)
    for lengths in ([1, 1, 1], [3, 3], [2, 0, 5], []):
        decode, prefill = "decode" in name, "prefill" in name
        if (decode and set(lengths) > {1}) or (not prefill and len(set(lengths)) > 1):
            continue
        if decode and lengths != [1, 1, 1] or ("mtp" in name and lengths in ([1, 1, 1], [])):
            continue
        n, total = len(lengths), sum(lengths)
        flat = [F.normalize(rand(total, hq, d), dim=-1).to(bf) for _ in range(2)] + [
            rand(total, hv, d, dtype=bf), rand(total, hv, dtype=bf), rand(total, hv, dtype=bf)]
        q, k, v, a, b = flat
        slots = torch.randperm(n + 2)[:n] if "mtp" in name else torch.arange(n)
        state = rand(n + 2 if "mtp" in name else n, hv, d, d, scale=0.3)
        fold = (lambda x: x) if prefill else (lambda x: x.reshape(n, -1, *x.shape[1:]))
        if decode:
            inputs = [fold(q), fold(k), fold(v), state, rates, fold(a), bias, fold(b), 0.0]
        elif prefill:
            inputs = [q, k, v, state, rates, a, bias, b, indptr(lengths, torch.int64), 0.5]
        else:
            inputs = [fold(q), fold(k), fold(v), state, slots.to(torch.int32), rates, fold(a),
                      bias, fold(b), 0.5, torch.zeros(n + 2, lengths[0], hv, d, d)]
        scale = 1 / math.sqrt(d) if decode else 0.5
        out, new = run(*inputs)
        want_out, want_state = torch.zeros(total, hv, d, dtype=torch.float64), state.double()
        at = 0
        for s, length in enumerate(lengths):
            for t in range(at, at + length):
                for h in range(hv):
                    g = math.exp(-math.exp(float(rates[h])) * math.log1p(
                        math.exp(float(a[t, h]) + float(bias[h]))))
                    beta = 1 / (1 + math.exp(-float(b[t, h])))
                    kv = h // (hv // hq)
                    want_state[slots[s], h], want_out[t, h] = delta_rule(
                        q[t, kv].double(), k[t, kv].double(), v[t, h].double(),
                        want_state[slots[s], h], g, beta, scale)
            at += length
        close(out.reshape(want_out.shape), want_out, f"output of {lengths}")
        close(new, want_state, f"state of {lengths}")
        declared(definition, inputs, (out, new))


def check_mamba(definition, run):
    sizes = const(definition)
    h, d, s, g = (sizes[n] for n in ("nheads", "head_dim", "dstate", "ngroups"))
    bf, slots = torch.bfloat16, torch.tensor([2, -1, 0], dtype=torch.int32)
    state, x, dt = rand(4, h, d, s, dtype=bf), rand(3, h, d, dtype=bf), rand(3, h, d, dtype=bf)
    A, B, C = -torch.rand(h, d, s), rand(3, g, s, dtype=bf), rand(3, g, s, dtype=bf)
    D, bias = rand(h, d, dtype=bf), rand(h, d, dtype=bf)
    inputs = [state, x, dt, A, B, C, D, bias, slots]
    out, new = run(*inputs)
    want_out, want_new = torch.zeros(3, h, d, dtype=torch.float64), state.double()
    wide = lambda m: m.double().repeat_interleave(h // g, 0)
    for row, slot in enumerate(slots.tolist()):
        if slot < 0:
            continue
        step = F.softplus(dt[row].double() + bias.double())
        held = want_new[slot] * torch.exp(A.double() * step[..., None]) + torch.einsum(
            "hd,hd,hs->hds", step, x[row].double(), wide(B[row]))
        want_out[row] = torch.einsum("hds,hs->hd", held, wide(C[row])) + D.double() * x[row].double()
        want_new[slot] = held
    close(out, want_out, "output")
    close(new, want_new, "state")
    declared(definition, inputs, (out, new))


# ---- experts ----

def choose(scores, count):
    """Largest first, of equal ones the first, by plain Python."""
    return sorted(range(len(scores)), key=lambda i: (-scores[i], i))[:count]


def route_biased(logits, bias, topk, n_group, topk_group, factor):
    scores = [1 / (1 + math.exp(-float(x))) for x in logits]
    biased = [s + float(b) for s, b in zip(scores, bias)]
    size = len(scores) // n_group
    best = [sum(sorted(biased[i * size:(i + 1) * size])[-2:]) for i in range(n_group)]
    groups = choose(best, topk_group)
    open_ones = [x if i // size in groups else -math.inf for i, x in enumerate(biased)]
    picked = choose(open_ones, topk)
    total = sum(scores[i] for i in picked)
    return {i: scores[i] / total * factor for i in picked}


def route_plain(logits, topk, bias=None):
    values = [float(x) + (float(bias[i]) if bias is not None else 0) for i, x in enumerate(logits)]
    picked = choose(values, topk)
    if bias is not None:
        return {i: 1 / (1 + math.exp(-values[i])) for i in picked}
    weights = F.softmax(torch.tensor([values[i] for i in picked], dtype=torch.float64), 0)
    return {i: float(w) for i, w in zip(picked, weights)}


def expert(x, first, second, gain=(1.0, 1.0, 1.0)):
    y = first.double() @ x
    half = y.shape[0] // 2
    return second.double() @ (y[:half] * gain[0] * F.silu(y[half:] * gain[1])) * gain[2]


def blocks(values, scales):
    scales = torch.kron(scales.double(), torch.ones(128, 128, dtype=torch.float64))
    return values.to(torch.float64) * scales[: values.shape[-2], : values.shape[-1]]


def number(definition, name):
    for line in definition["reference"].splitlines():
        if line.startswith(name + " = "):
            return ast.literal_eval(line.split(" = ")[1])
    return None


def check_moe(definition, run):
    sizes, ins = const(definition), definition["inputs"]
    hidden, inter = sizes["hidden_size"], sizes["intermediate_size"]
    local = sizes.get("num_local_experts", sizes.get("num_experts"))
    count, topk = sizes.get("num_experts", local), sizes["top_k"]
    fp8, packed = ins["hidden_states"]["dtype"] == "float8_e4m3fn", "topk_ids" in ins
    scaled = "gemm1_weights_scale" in ins
    for rows, ties, offset in ((5, False, 0), (3, True, 0), (0, False, 0), (4, False, count - local)):
        made, at = {}, lambda name: [sizes.get(a, rows) for a in ins[name]["shape"]]
        for name, tensor in ins.items():
            if tensor["shape"] is None:
                made[name] = offset if name == "local_expert_offset" else 2.5
                continue
            kind, shape = DTYPES[tensor["dtype"]], at(name)
            if name.endswith("weights"):
                value = rand(*shape, scale=1 / math.sqrt(shape[-1]) if not fp8 else 1.0)
            elif name.endswith("scale") or "scales" in name:
                value = (torch.rand(*shape) + 0.5) * (0.1 if "weights" in name else 1.0)
            elif name == "routing_logits" and ties:
                value = torch.zeros(*shape)
            elif name == "routing_bias":
                value = rand(*shape, scale=0.0 if ties else 0.5)
            else:
                value = rand(*shape)
            made[name] = value.to(kind)
        if packed:
            picks = torch.stack([torch.randperm(count)[:topk] for _ in range(rows)]
                                ) if rows else torch.zeros(0, topk, dtype=torch.int64)
            shares = torch.rand(rows, topk).to(torch.bfloat16)
            bits = shares.view(torch.int16).to(torch.int64) & 0xFFFF
            value = (picks << 16) | bits
            made["topk_ids"] = value.to(torch.int32)
        inputs = [made[name] for name in ins]
        out = run(*inputs)
        want = torch.zeros(rows, hidden, dtype=torch.float64)
        weigh_input = number(definition, "WEIGH_INPUT")
        for r in range(rows):
            if packed:
                chosen = {int(i): float(w) for i, w in zip(picks[r], shares[r])}
            elif "N_GROUP" in definition["reference"]:
                chosen = route_biased(made["routing_logits"][r], made["routing_bias"], topk,
                                      number(definition, "N_GROUP"),
                                      number(definition, "TOPK_GROUP"), 2.5)
            else:
                chosen = route_plain(made["routing_logits"][r], topk, made.get("routing_bias"))
            x = made["hidden_states"][r].to(torch.float64)
            if scaled:
                x = x * made["hidden_states_scale"][:, r].double().repeat_interleave(128)[:hidden]
            for i, weight in chosen.items():
                if not 0 <= i - offset < local:
                    continue
                i -= offset
                first, second = made["gemm1_weights"][i], made["gemm2_weights"][i]
                gain = (1.0, 1.0, 1.0)
                if scaled:
                    first = blocks(first, made["gemm1_weights_scale"][i])
                    second = blocks(second, made["gemm2_weights_scale"][i])
                elif fp8:
                    gain = tuple(float(made[n][i]) for n in (
                        "output1_scales_scalar", "output1_scales_gate_scalar",
                        "output2_scales_scalar"))
                want[r] += (expert(x * weight, first, second, gain) if weigh_input else
                            expert(x, first, second, gain) * weight)
        size = (float(want.abs().max()) if rows else 0.0) or 1.0
        close((out.double() / size).to(torch.float32).to(torch.bfloat16), want / size,
              f"{rows} tokens{', equal logits' if ties else ''}")
        declared(definition, inputs, (out,))


def limited(name, h, inter):
    """A gate cut above and values cut on both sides, as the name says."""
    said = {word: float(found[1]) for word in ("alpha", "limit") for found in [re.search("_%s([0-9.]+)" % word, name)] if found}
    gate, value = (h[0::2], h[1::2]) if "_alternate" in name else (h[:inter], h[inter:])
    gate, value = torch.minimum(gate, torch.tensor(said["limit"])), torch.maximum(torch.minimum(value, torch.tensor(said["limit"])), -torch.tensor(said["limit"]))
    return gate / (1 + torch.exp(-said.get("alpha", 1.0) * gate)) * (value + ("alpha" in said))


def check_experts(definition, run):
    sizes = const(definition)
    hidden, inter, count, topk = (sizes[n] for n in ("hidden_size", "intermediate_size", "num_local_experts", "top_k"))
    for rows in (5, 1, 0):
        x = rand(rows, hidden, dtype=torch.bfloat16)
        first = rand(count, sizes["gemm1_out_size"], hidden, dtype=torch.bfloat16, scale=1 / math.sqrt(hidden))
        second = rand(count, hidden, inter, dtype=torch.bfloat16, scale=1 / math.sqrt(inter))
        biases = [rand(count, n, dtype=torch.bfloat16) for n in (first.shape[1], hidden)] if "gemm1_bias" in definition["inputs"] else []
        weights = torch.rand(rows, topk)
        ids = torch.stack([torch.randperm(count + topk)[:topk] for _ in range(rows)] or [torch.zeros(topk)]).to(torch.int32)
        ids = torch.where(ids < count, ids, -1)[:rows]
        want = torch.zeros(rows, hidden, dtype=torch.float64)
        for r in range(rows):
            for w, i in zip(weights[r].double(), ids[r].tolist()):
                if i < 0:
                    continue
                entering = x[r].double() * (w if number(definition, "WEIGH_INPUT") else 1)
                bias = [b[i].double() for b in biases] or [None, None]
                h = F.linear(entering, first[i].double(), bias[0])
                if "_relu2" in definition["name"]:
                    h = F.relu(h).square()
                elif "_limit" in definition["name"]:
                    h = limited(definition["name"], h, inter)
                else:
                    act = F.gelu if definition["name"].endswith("_gelu") else F.silu
                    h = act(h[:inter]) * h[inter:]
                want[r] += F.linear(h, second[i].double(), bias[1]) * (1 if number(definition, "WEIGH_INPUT") else w)
        inputs = [x, first, second, *biases, weights, ids]
        out = run(*inputs)
        close(out, want, f"{rows} tokens")
        declared(definition, inputs, (out,))


# ---- the rest ----

def check_norm(definition, run):
    width, fused = const(definition)["hidden_size"], "residual" in definition["inputs"]
    epsilon = number(definition, "EPSILON")
    for rows, scale in ((4, 1.0), (1, 1e-4), (0, 1.0), (2, 0.0)):
        x, r = (rand(rows, width, dtype=torch.bfloat16, scale=scale) for _ in range(2))
        w = rand(width, dtype=torch.bfloat16)
        out = run(x, r, w) if fused else run(x, w)
        wide = x.double() + r.double() if fused else x.double()
        gain = w.double() + (1.0 if definition["name"].startswith("gemma") else 0.0)
        want = torch.stack([row * gain / math.sqrt(float(row.pow(2).sum()) / width + epsilon)
                            for row in wide]) if rows else wide
        close(out, want, f"{rows} rows scaled by {scale}")
        declared(definition, [x, r, w] if fused else [x, w], (out,))


def check_layernorm(definition, run):
    sizes, ins = const(definition), definition["inputs"]
    h = sizes["hidden_size"]
    for rows in (3, 1, 0):
        x = rand(rows, h, dtype=torch.bfloat16, scale=2.0) + 1
        rest = [rand(h).to(DTYPES[t["dtype"]]) for name, t in ins.items() if name != "hidden_states"]
        out = run(x, *rest)
        want = F.layer_norm(x.double(), (h,), *[t.double() for t in rest], eps=number(definition, "EPS"))
        close(out, want, f"{rows} rows")
        declared(definition, [x, *rest], (out,))


def check_gemm(definition, run):
    sizes = const(definition)
    for rows in (3, 1, 0):
        a = rand(rows, sizes["K"], dtype=torch.float16)
        b = rand(sizes["N"], sizes["K"], dtype=torch.float16)
        out = run(a, b)
        close(out, F.linear(a.double(), b.double()), f"{rows} rows")
        declared(definition, [a, b], (out,))


def check_gemm_packed(definition, run):
    """Products of packed or whole-number weights: each weight is worked out alone, from its bits."""
    sizes, name = const(definition), definition["name"]
    n, k = sizes["N"], sizes.get("K") or 2 * sizes["K_bytes"]
    group = k // sizes["K_groups"] if "K_groups" in sizes else k

    def fp4(code):
        exponent, mantissa = code >> 1 & 3, code & 1
        size = (1 + mantissa / 2) * 2.0 ** (exponent - 1) if exponent else mantissa / 2
        return -size if code & 8 else size

    def values(packed, meaning):
        out = torch.zeros(packed.shape[0], 2 * packed.shape[1], dtype=torch.float64)
        for half in (0, 1):
            lookup = torch.tensor([meaning(byte >> 4 * half & 15) for byte in range(256)], dtype=torch.float64)
            out[:, half::2] = lookup[packed.view(torch.uint8).long()]
        return out

    for rows in (3, 1, 0):
        made = {}
        for which, tensor in definition["inputs"].items():
            at = [{**sizes, "M": rows}[a] for a in tensor["shape"] or []]
            kind = tensor["dtype"]
            made[which] = 0.75 if tensor["shape"] is None else \
                torch.randint(0, 16, at, dtype=torch.int8) if which == "B_zeros" else \
                torch.randint(-128, 128, at, dtype=torch.int8) if kind == "int8" else \
                (torch.rand(*at) + 0.5).to(DTYPES[kind]) if which.endswith("scale") else rand(*at).to(DTYPES[kind])
        a, b, alpha = made["A"], made["B"], 1.0
        columns = torch.arange(k) // group
        if "nvfp4" in name:
            a = values(a, fp4) * made["A_scale"].double()[:, columns]
            b = values(b, fp4) * made["B_scale"].double()[:, columns]
            alpha = made["alpha"]
        elif "int4" in name:
            zero = made["B_zeros"].double()[:, columns] if "B_zeros" in made else 8.0
            a, b = a.double(), (values(b, float) - zero) * made["B_scale"].double()[:, columns]
        else:
            a, b = a.double() * made["A_scale"].double()[:, None], b.double() * made["B_scale"].double()[:, None]
        want = torch.einsum("mk,nk->mn", a, b) * alpha
        out = run(*made.values())
        size = (float(want.abs().max()) if rows else 0.0) or 1.0
        close((out.double() / size).to(torch.float32).to(torch.bfloat16), want / size, f"{rows} rows")
        declared(definition, list(made.values()), (out,))


def check_gemm_fp8(definition, run):
    sizes, ins = const(definition), definition["inputs"]
    for rows in (3, 1, 0):
        at = {**sizes, "M": rows}
        made = {name: 0.5 + float(torch.rand(1)) if tensor["shape"] is None else
                (rand(*[at[a] for a in tensor["shape"]]) if not name.endswith("scale") else
                 torch.rand(*[at[a] for a in tensor["shape"]]) + 0.5).to(DTYPES[tensor["dtype"]])
                for name, tensor in ins.items()}
        a, b = made["A"].double(), made["B"].double()
        if isinstance(made["A_scale"], float):
            want = (a * made["A_scale"]) @ (b * made["B_scale"]).T
        else:
            block = number(definition, "BLOCK_K")
            want = torch.zeros(rows, sizes["N"], dtype=torch.float64)
            for at in range(0, sizes["K"], block):      # block by block, scaled after the product
                part = a[:, at:at + block] @ b[:, at:at + block].T
                by_row = made["B_scale"][:, at // block].double()
                by_row = by_row[torch.arange(sizes["N"]) // number(definition, "BLOCK_N")]
                want += part * made["A_scale"][:, at // block].double()[:, None] * by_row[None, :]
        out = run(*[made[name] for name in ins])
        size = (float(want.abs().max()) if rows else 0.0) or 1.0
        close((out.double() / size).to(torch.float32).to(torch.bfloat16), want / size, f"{rows} rows")
        declared(definition, [made[name] for name in ins], (out,))


def check_rope(definition, run):
    sizes = const(definition)
    d, rd, neox = sizes["head_size"], sizes["rotary_dim"], "neox" in definition["name"]
    for n in (5, 1, 0):
        q, k = rand(n, 4, d, dtype=torch.bfloat16), rand(n, 2, d, dtype=torch.bfloat16)
        angles = torch.rand(50, rd // 2) * 6.28
        cache = torch.cat([angles.cos(), angles.sin()], 1)
        positions = torch.randint(0, 50, (n,))
        got = run(q, k, cache, positions)
        for x, y in zip((q, k), got):
            part = x[..., :rd].double()
            pairs = part.reshape(n, x.shape[1], 2, rd // 2).transpose(2, 3) if neox else (
                part.reshape(n, x.shape[1], rd // 2, 2))
            turned = torch.complex(pairs[..., 0], pairs[..., 1]) * torch.polar(
                torch.ones(n, rd // 2, dtype=torch.float64), angles[positions].double()).unsqueeze(1)
            back = torch.stack([turned.real, turned.imag], -1)
            back = back.transpose(2, 3).reshape(part.shape) if neox else back.reshape(part.shape)
            close(y, torch.cat([back, x[..., rd:].double()], -1), f"{n} tokens")
        declared(definition, [q, k, cache, positions], got)


def check_sampling(definition, run):
    """Draws many times and compares frequencies with what the filters leave."""
    vocab, ins = const(definition)["vocab_size"], definition["inputs"]
    draws = 4000
    base = F.softmax(torch.randn(vocab) * 2, 0)
    for k, p, probs in ((1, 0.9, base), (3, 1.0, base), (vocab, 0.6, base), (5, 0.5, base),
                        (2, 1e-6, base), (3, 0.5, torch.full((vocab,), 1.0 / vocab))):
        keep = dict.fromkeys(choose(probs.tolist(), vocab))
        if "top_k" in ins:
            keep = dict.fromkeys(list(keep)[:k])
        if "top_p" in ins:
            mass, kept, whole = 0.0, [], sum(float(probs[i]) for i in keep)
            for i in keep:
                if kept and mass >= p - 1e-7:
                    break
                kept.append(i)
                mass += float(probs[i]) / whole
            keep = dict.fromkeys(kept)
        want = torch.zeros(vocab, dtype=torch.float64)
        for i in keep:
            want[i] = float(probs[i])
        want /= want.sum()
        inputs = [probs.repeat(draws, 1)]
        if "top_k" in ins:
            inputs.append(torch.full((draws,), k, dtype=torch.int32))
        if "top_p" in ins:
            inputs.append(torch.full((draws,), p))
        got = run(*inputs)
        seen = torch.bincount(got, minlength=vocab).double() / draws
        if bool((seen[want == 0] > 0).any()):
            raise Mismatch(f"k {k} p {p}: a token that was filtered out is drawn")
        spread = 5 * torch.sqrt(want * (1 - want) / draws) + 8 / draws  # rare tokens are Poisson
        if not bool(((seen - want).abs() <= spread).all()):
            raise Mismatch(f"k {k} p {p}: frequencies are off")
        declared(definition, inputs, (got,))


def declared(definition, inputs, outputs):
    """Shapes and types are those that the definition declares."""
    axes = const(definition)
    named = list(definition["inputs"].items())
    for (name, tensor), value in zip(named, inputs):
        if tensor["shape"] is None:
            continue
        for axis, size in zip(tensor["shape"], value.shape):
            if axes.setdefault(axis, size) != size:
                raise Mismatch(f"{name}: {axis} is {size}, not {axes[axis]}")
    for (name, tensor), value in zip(definition["outputs"].items(), outputs):
        if list(value.shape) != [axes[axis] for axis in tensor["shape"]]:
            raise Mismatch(f"{name}: shape {list(value.shape)}")
        if value.dtype != DTYPES[tensor["dtype"]]:
            raise Mismatch(f"{name}: type {value.dtype}")
        if bool(torch.isnan(value.to(torch.float32)).any()):
            raise Mismatch(f"{name}: NaN")


CHECKS = [("rmsnorm", check_norm), ("layernorm", check_layernorm), ("gemm_fp8_rows", check_gemm_packed), ("gemm_int", check_gemm_packed),
          ("gemm_nvfp4", check_gemm_packed), ("gemm_fp8", check_gemm_fp8), ("gemm", check_gemm), ("rope", check_rope),
          ("sampling", check_sampling), ("dsa_sparse", check_sparse),
          ("dsa_topk", check_indexer), ("gdn", check_gdn), ("mamba", check_mamba),
          ("moe_experts", check_experts), ("moe", check_moe), ("ragged", check_ragged),
          ("gqa_paged", lambda d, run: check_paged(d, run, False)),
          ("mla_paged", lambda d, run: check_paged(d, run, True))]


def check(definition):
    types = [t["dtype"] for t in list(definition["inputs"].values()) + list(
        definition["outputs"].values())]
    lacking = [name for name in types if DTYPES.get(name) is None]
    if lacking:
        return f"skipped: torch {torch.__version__} lacks {lacking[0]}"
    tree = ast.parse(definition["reference"])
    if not any(isinstance(n, ast.FunctionDef) and n.name == "run" for n in tree.body):
        raise Mismatch("no function run")
    space = {}
    exec(compile(tree, definition["name"], "exec"), space)
    for word, function in check_scans.CHECKS:
        if word in definition["name"]:
            function(sys.modules[__name__], definition, space["run"])
            return "ok"
    for word, function in CHECKS:
        if word in definition["name"]:
            function(definition, space["run"])
            return "ok"
    raise Mismatch("no check for this family")


def main():
    torch.set_num_threads(1)
    source = sys.stdin if len(sys.argv) < 2 or sys.argv[1] == "-" else open(sys.argv[1])
    failed = count = skipped = 0
    for line in source:
        definition = json.loads(line)
        torch.manual_seed(0)
        try:
            result = check(definition)
        except Exception as error:
            result = f"FAILED: {type(error).__name__}: {error}"
            failed += 1
        skipped += result.startswith("skipped")
        count += 1
        print(f"{definition['name']}: {result}", flush=True)
    print(f"{count} references: {count - failed - skipped} ok, {skipped} skipped, {failed} failed")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
