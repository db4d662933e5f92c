#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts chains of kcallers that no deployment of DeepSeek on sglang can run, by rule, and frames
that stand after an early return whose condition they do not have.

    impossible.py SGLANG CHAINS [--show RULE]

The rules were written by hand from sglang's source, not from what kcallers does: each says why a
chain cannot be. Exit 1 if any chain falls under a rule."""
import ast
import collections
import json
import os
import re
import sys

NVIDIA_AMD = {"sgl-kernel", "flashinfer", "deep_gemm", "aiter", "flash_attn", "flash_mla", "cutlass",
              "trtllm", "vllm", "tilelang", "cute", "cute-dsl", "jit"}
NOT_CPU = {"deep_gemm", "flashinfer", "aiter", "torch_npu"}
HYBRID = ("GDNAttnBackend", "KimiLinearAttnBackend", "Mamba2AttnBackend", "MambaAttnBackendBase",
          "HybridLinearAttnBackend", "MambaMixer2", "LightningAttentionBackend")
MLA_ONLY = ("FlashMLABackend", "CutlassMLABackend", "TRTLLMMLABackend", "FlashInferMLAAttnBackend",
            "FlashMLAMultiStepDraftBackend", "TRTLLMMLAMultiStepDraftBackend")
MOE_METHODS = re.compile(r"(AWQ|GPTQ|W8A8|Marlin|WNA16|Moe?WNA16|BlockInt8|GGUF|Quark|Mxfp4|PETIT|W4A)")


def owner(frame):
    return frame["function"].split(".")[0]


def classes(frame):
    return {owner(frame), frame.get("receiver", owner(frame))}


def is_npu_frame(frame):
    name = frame["function"].split(".")[-1]
    return "/hardware_backend/npu/" in frame["file"] or name.endswith("_npu")


def npu_model_function(chain):
    frames = chain["frames"]
    return any("deepseek_v2_attention_mla_npu" in f["file"] for f in frames)


def npu_above_cuda(chain):
    return chain["source"] in NVIDIA_AMD and npu_model_function(chain)


def npu_above_other_backend(chain):
    frames = chain["frames"]
    return npu_model_function(chain) and any(
        re.search(r"/layers/attention/\w*backend\.py$", f["file"]) and
        classes(f) - {"AscendAttnBackend", "AttentionBackend", "TboAttnBackend"} for f in frames)


def hybrid(chain):
    return any("hybrid_linear_attn_backend" in f["file"] or classes(f) & set(HYBRID)
               for f in chain["frames"])


def moe_layer_against_method(chain):
    # Methods of compressed tensors, and the kernel classes that they hold, go with the layer.
    if any("CompressedTensors" in owner(f) for f in chain["frames"]):
        return False
    return any("FlashInferFusedMoE" in classes(f) for f in chain["frames"]) and any(
        MOE_METHODS.search(c) and "Method" in c and "CompressedTensors" not in c for f in chain["frames"] for c in classes(f))


def decode_branch_under_prefill(chain):
    op = chain["frames"][chain["op"]]
    if "attn_mha" not in op["call"] or "attn_mqa" in op["call"]:
        return False
    above = " ".join(f["function"] for f in chain["frames"][chain["op"]:])
    if "forward_normal" not in above:  # MHA, which serves extend alone
        return False
    for f in chain["frames"][:chain["op"]]:
        if "FlashAttentionBackend" in classes(f):
            continue
        if f["function"].split(".")[-1] == "forward" and f["call"].endswith("forward_decode"):
            return True
        for g in f["guards"]:
            if re.search(r"(?<!not \()\bis_decode\(\)|is_decode_or_idle\(\)", g) and \
                    not g.startswith("not (") and " or " not in g:
                return True
    return False


def npu_method_above_cuda(chain):
    return chain["source"] in NVIDIA_AMD and any(
        f["function"].split(".")[-1] in ("forward_npu", "apply_npu") for f in chain["frames"])


def cpu_method_above_others(chain):
    # UnquantizedFusedMoEMethod.forward_cpu is its forward_native, too, which any platform may run.
    return chain["source"] in NOT_CPU and any(
        f["function"].split(".")[-1].endswith("_cpu") and
        f["function"] != "UnquantizedFusedMoEMethod.forward_cpu" for f in chain["frames"])


def dual_chunk(chain):
    return any("dual_chunk" in f["file"] or "DualChunk" in c
               for f in chain["frames"] for c in classes(f))


def gelu(chain):
    return any(re.search(r"\bgelu|Gelu", f["call"]) or "GeluAndMul" in classes(f)
               for f in chain["frames"])


def mla_under_mha(chain):
    return any(f["file"].endswith("/models/deepseek.py") for f in chain["frames"]) and any(
        classes(f) & set(MLA_ONLY) for f in chain["frames"])


RULES = {"an NPU model function above a CUDA or HIP kernel": npu_above_cuda,
         "an NPU model function above another attention backend": npu_above_other_backend,
         "mamba, GDN, KDA": hybrid,
         "a layer class above a quantisation method it excludes": moe_layer_against_method,
         "a decode branch under a prefill op": decode_branch_under_prefill,
         "forward_npu above a CUDA or HIP kernel": npu_method_above_cuda,
         "_cpu above a GPU or NPU library": cpu_method_above_others,
         "dual-chunk attention": dual_chunk,
         "gelu": gelu,
         "an MLA backend under the MHA model": mla_under_mha}


class Returns(ast.NodeVisitor):
    """Tests of `if` statements whose branch leaves the function before a line."""

    def __init__(self, tree):
        self.functions = {}
        self.stack = []
        self.visit(tree)

    def visit_FunctionDef(self, node):
        first = min([node.lineno] + [d.lineno for d in node.decorator_list])
        self.functions[first] = node
        self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef


def leaves(body):
    last = body[-1]
    if isinstance(last, (ast.Return, ast.Raise, ast.Continue, ast.Break)):
        return True
    return isinstance(last, ast.If) and bool(last.orelse) and leaves(last.body) and \
        leaves(last.orelse)


def early(body, line, source):
    """Conditions under which code before `line` in `body` left, and those inside of branches."""
    found = []
    for statement in body:
        if statement.lineno <= line <= statement.end_lineno:
            for name in ("body", "orelse", "finalbody"):
                inner = getattr(statement, name, None)
                if isinstance(inner, list) and inner and \
                        inner[0].lineno <= line <= inner[-1].end_lineno and \
                        not isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                    found += early(inner, line, source)
            for handler in getattr(statement, "handlers", []):
                if handler.lineno <= line <= handler.end_lineno:
                    found += early(handler.body, line, source)
            break
        if isinstance(statement, ast.If) and leaves(statement.body) and not \
                (statement.orelse and leaves(statement.orelse)):
            found.append(" ".join(ast.get_source_segment(source, statement.test).split()))
    return found


def missing_early_returns(root, chains):
    files, missing, frames = {}, 0, {}
    for chain in chains:
        for f in chain["frames"]:
            frames[f["file"], f["line"], f["call"]] = f
    for f in frames.values():
        if f["file"] not in files:
            try:
                source = open(os.path.join(root, f["file"])).read()
            except OSError:
                files[f["file"]] = None
            else:
                files[f["file"]] = source, Returns(ast.parse(source))
        if files[f["file"]] is None:
            continue
        source, returns = files[f["file"]]
        function = returns.functions.get(f["def"])
        if function is None:
            continue
        have = " ".join(f["guards"])
        squeeze = lambda text: re.sub(r"\s|\\", "", text)
        missing += any(squeeze(test) not in squeeze(have)
                       for test in early(function.body, f["line"], source))
    return missing, len(frames)


def main():
    root, path = sys.argv[1:3]
    show = sys.argv[4] if len(sys.argv) > 4 else None
    chains = [json.loads(line) for line in open(path) if '"kind":"chain"' in line[:30]]
    counts, any_rule = collections.Counter(), 0
    for chain in chains:
        hit = [name for name, rule in RULES.items() if rule(chain)]
        counts.update(hit)
        any_rule += bool(hit)
        if show is not None and any(show in name for name in hit):
            print(chain["kernel"], chain["source"])
            for f in chain["frames"]:
                print("   ", f["file"].split("/")[-1], f["line"], f["function"],
                      f.get("receiver", ""), f["call"], f["via"], f["guards"])
    for name in RULES:
        print("%6d  %s" % (counts[name], name))
    print("%6d  of %d chains fall under a rule" % (any_rule, len(chains)))
    missing, frames = missing_early_returns(root, chains)
    print("%6d  of %d frames lack the condition of an early return" % (missing, frames))
    sys.exit(1 if any_rule or missing else 0)


main()
