# SPDX-License-Identifier: Apache-2.0
"""From a command line to a runner: sglang's own arguments, groups, model and worker, in its own order."""
import argparse
import contextlib
import importlib.util
import inspect
import os
import re
import sys
import types

from launches import facts, record
from launches.facts import FACTS
from launches.record import STATE

from .common import call_with, dp_ranks, emit, module, patch, unwrap, yes

MODEL = "/warpipe/model"              # where config.json seems to lie


GRAPH_RUNNERS = {"cuda_graph_runner": ["CudaGraphRunner"], "piecewise_cuda_graph_runner": ["PiecewiseCudaGraphRunner"],
                 "runner.decode_cuda_graph_runner": ["DecodeCudaGraphRunner"], "runner.prefill_cuda_graph_runner": ["PrefillCudaGraphRunner"]}


def refuse_words(parser, message):
    """What argparse would print before it exits."""
    raise SystemExit(message)


def number(version):
    """The first three numbers of a version."""
    return [int(x) for x in re.findall(r"\d+", version)[:3]]


class Server:
    """`request` and `root` are the plan's; after build() there is its runner, and with speculation what drafts."""

    # ------------------------------------------------------------ facts
    def release_of(self, root):
        places = [folder + name for folder in ("sglang/", "python/sglang/", "") for name in ("_version.py", "version.py")]
        for name in places:
            try:
                with open(os.path.join(root, name), encoding="utf-8") as f:
                    m = re.search(r"__version__\s*=\s*(?:version\s*=\s*)?['\"]([^'\"]+)", f.read())
            except OSError:
                continue
            if m:
                return m[1]
        return "unknown"

    def choose_versions(self):
        rows = facts.data("releases")["sglang"]
        older = [v for v in rows if self.release != "unknown" and number(v) <= number(self.release)]
        row = max(older, key=number) if older else max(rows, key=number)
        if row != self.release:
            record.assume("release " + self.release, "its pins are not among the data; those of %s are taken" % row)
        v = FACTS.versions = dict(rows[row])
        v["sglang"] = self.release
        for n in ("flashinfer_python",):
            if n in v:
                v["flashinfer"] = v[n]
        kernel = v.get("sgl-kernel") or v.get("sglang-kernel")
        v["sgl_kernel"] = v["sgl-kernel"] = v["sglang-kernel"] = kernel
        FACTS.gpus = max(8, self.request.get("tp", 1))
        return v

    def jit_kernels(self):
        """Kernels that sglang compiles when they are first used: nothing is compiled, a call of one is a launch."""
        import tvm_ffi
        def load_jit(*args, **k):
            return tvm_ffi.Module("_".join(map(str, args)), sys._getframe(1), str(args[0]) if args else None)
        for name in ("sglang.jit_kernel.utils", "sglang.kernels.jit.utils"):
            m = module(name)
            real = getattr(m, "load_jit", None)
            for other in [x for n, x in list(sys.modules.items()) if n.startswith("sglang.")] if real is not None else ():
                if vars(other).get("load_jit") is real:
                    other.load_jit = load_jit

    # ------------------------------------------------------------ from arguments to a runner
    def build(self):
        if importlib.util.find_spec("sglang").origin is None:
            raise FileNotFoundError("the tree holds no package sglang: it is a checkout with python/, a folder of packages, or a package")
        self.choose_versions()
        self.jit_kernels()
        patch("sglang.srt.distributed.device_communicators.custom_all_reduce_utils", is_full_nvlink=yes, gpu_p2p_access_check=yes)
        self.server_args = self.arguments()
        self.late_patches()
        self.initialize()
        with self.captures_postponed():
            self.runner = self.make_runner()
        self.start_mamba()
        self.look_at_model()
        self.tell_facts()
        emit(self.deployment())

    def start_mamba(self):
        """What the scheduler sets up for a model with state; only where the model has brought it in."""
        for where in ("sglang.srt.layers.attention.mamba.ops", "sglang.kernels.ops.mamba.triton_ops.ssu_dispatch"):
            f = getattr(sys.modules.get(where), "initialize_mamba_selective_state_update_backend", None)
            if f is not None:
                f(self.server_args)

    def words(self):
        r = self.request
        words = ["--model-path", MODEL, "--load-format", "dummy", "--skip-tokenizer-init", "--tp", str(r.get("tp", 1))]
        if r.get("ep", 1) > 1:
            words += ["--ep", str(r["ep"])]
        if r.get("dp", 1) > 1:
            words += ["--dp", str(r["dp"])]
        args = list(r.get("args") or [])
        return words + args

    def arguments(self):
        m = importlib.import_module("sglang.srt.server_args")
        argparse.ArgumentParser.error = refuse_words
        args = m.prepare_server_args(self.words())
        if hasattr(args, "resolve_once"):           # from 0.5.20 on: resolved and published apart from their making
            args.resolve_once()
        context = module("sglang.srt.runtime_context")
        if hasattr(context, "publish"):
            ranks = context.SpawnRanks(world_rank=0, dp_rank=0 if dp_ranks(args) > 1 else None, gpu_id=0)
            call_with(context.publish, server_args=args, role="scheduler", ranks=ranks)
        return args

    def late_patches(self):
        """What lies below sglang's Python: other ranks, peers' memory, sockets."""
        base = "sglang.srt.distributed."
        same_node = lambda group, source_rank=0: [True] * group.size()
        allocation = module("sglang.srt.mem_cache.allocation")
        if hasattr(allocation, "_prefix_kv_indices"):
            found = allocation._prefix_kv_indices
            allocation._prefix_kv_indices = lambda batch, r: self.prefixes[id(r)] if self.prefixes.get(id(r)) is not None else found(batch, r)
        for name in ("custom_all_reduce", "custom_all_reduce_v2", "custom_all_reduce_utils", "quick_all_reduce"):
            patch(base + "device_communicators." + name, is_full_nvlink=yes, _can_p2p=yes, gpu_p2p_access_check=yes,
                  in_the_same_node_as=same_node, is_weak_contiguous=lambda x: True)
        patch(base + "parallel_state", in_the_same_node_as=same_node)
        car = module(base + "device_communicators.custom_all_reduce")
        if car is not None and hasattr(car, "CustomAllreduce"):
            car.CustomAllreduce.create_shared_buffer = staticmethod(lambda size, group=None: [1] * group.size())
        self.known_positions()
        shm = module(base + "device_communicators.shm_broadcast")
        if shm is not None:
            shm.MessageQueue.create_from_process_group = staticmethod(lambda *a, **k: None)
        loader = importlib.import_module("sglang.srt.model_loader.loader")
        loader.DummyModelLoader.load_model = self.load_model

    def known_positions(self):
        """A kernel computes where each request starts; the tree's own reference says the same in torch."""
        m = module("sglang.srt.model_executor.forward_batch_info")
        if not (hasattr(m, "compute_position_triton") and hasattr(m, "compute_position_torch")):
            return
        from torch._core import values_of, write_values
        kernel = m.compute_position_triton
        # Under another name it is not the tree's: its lines are none that a server runs.
        reference = types.FunctionType(m.compute_position_torch.__code__.replace(co_filename="reference"), vars(m))

        def compute(prefix_lens, seq_lens, *a, **k):
            out = kernel(prefix_lens, seq_lens, *a, **k)
            if prefix_lens.shape == seq_lens.shape:
                with record.QUIET:
                    for t, r in zip(out, reference(prefix_lens, seq_lens)):
                        write_values(t, values_of(r))
            return out
        m.compute_position_triton = compute

    def load_model(self, *a, model_config, device_config, **k):
        """The default loader's order without weights: model, its post_load_weights, then each layer's own processing."""
        ld = sys.modules["sglang.srt.model_loader.loader"]
        model = self.construct(model_config, device_config)
        if hasattr(ld, "post_load_weights"):
            call_with(ld.post_load_weights, model=model, model_config=model_config)
        elif hasattr(model, "post_load_weights"):
            model.post_load_weights()
        for _, m in model.named_modules():
            method = getattr(m, "quant_method", None)
            if method is not None and not (hasattr(m, "is_weights_quantized") and m.is_weights_quantized()):
                method.process_weights_after_loading(m)
        used = sum(t.nbytes for t in model.parameters()) + sum(t.nbytes for t in model.buffers())
        FACTS.used_bytes += used
        return model.eval()

    def construct(self, model_config, device_config):
        """The model as its constructors leave it."""
        import torch
        from sglang.srt.configs.load_config import LoadConfig, LoadFormat
        ld = sys.modules["sglang.srt.model_loader.loader"]
        with ld.set_default_torch_dtype(model_config.dtype), torch.device(device_config.device):
            load = LoadConfig(load_format=LoadFormat.DUMMY)
            quant = ld._get_quantization_config(model_config, load) \
                if "quant_config" in inspect.signature(ld._initialize_model).parameters else None
            return call_with(ld._initialize_model, model_config=model_config, load_config=load, quant_config=quant)

    def initialize(self):
        """What the scheduler sets for the whole process before it makes a worker."""
        for where, name in (("moe", "moe"), ("quantization.fp8_utils", "fp8_gemm"), ("quantization.fp4_utils", "fp4_gemm"),
                            ("quantization.unquant", "bf16_gemm")):
            f = getattr(module("sglang.srt.layers." + where), "initialize_%s_config" % name, None)
            if f is not None:
                f(*[self.server_args][:len(inspect.signature(f).parameters)])

    def make_runner(self):
        sa = self.server_args
        from sglang.srt.configs.model_config import ModelConfig
        bootstrap = module("sglang.srt.distributed.bootstrap")
        config = ModelConfig.from_server_args(sa)
        if bootstrap is not None:                           # from 0.5.20 on: the scheduler makes the groups
            call_with(bootstrap.init_parallel_runtime, server_args=sa, gpu_id=0, nccl_port=29999, dist_port=29999, device="cuda", model_config=config)
            call_with(bootstrap.init_layer_runtime, model_config=config)
        ranks = dict(server_args=sa, gpu_id=0, tp_rank=0, moe_ep_rank=0, pp_rank=0, nccl_port=29999, dp_rank=0 if dp_ranks(sa) > 1 else None,
                     attn_cp_rank=0, moe_dp_rank=0)
        if sa.speculative_algorithm:
            return self.make_workers(ranks)
        from sglang.srt.model_executor import model_runner as mr
        runner = call_with(mr.ModelRunner, model_config=config, mem_fraction_static=sa.mem_fraction_static, tp_size=sa.tp_size,
                           moe_ep_size=sa.ep_size, pp_size=1, **ranks)
        if hasattr(runner, "alloc_memory_pool"):            # from 0.5.20 on: the scheduler takes these steps one by one
            self.start_mamba()
            runner.alloc_memory_pool()
            runner.init_attention_backends()
            runner.init_cuda_graphs()
        return runner

    def make_workers(self, ranks):
        """With speculative decoding: the target's worker and the one that drafts, as the scheduler makes them."""
        from sglang.srt.managers.tp_worker import TpModelWorker
        from sglang.srt.speculative.spec_info import SpeculativeAlgorithm
        target = call_with(TpModelWorker, **ranks)
        algorithm = SpeculativeAlgorithm.from_string(self.server_args.speculative_algorithm)
        draft = self.draft = call_with(algorithm.create_worker(self.server_args), target_worker=target, **ranks)
        if hasattr(target, "alloc_memory_pool"):            # as above
            self.start_mamba()
            target.model_runner.account_preloaded_weights(target.preloaded_weights_bytes + draft.preloaded_weights_bytes)
            call_with(target.alloc_memory_pool, draft_parallel_layout=draft.draft_parallel_layout)
            pool, allocator = target.get_memory_pool()
            draft.alloc_memory_pool(memory_pool_config=target.model_runner.memory_pool_config, req_to_token_pool=pool,
                                    token_to_kv_pool_allocator=allocator)
            for worker in (target, draft):
                worker.init_attention_backends()
            for worker in (target, draft):
                worker.init_cuda_graphs()
        return target.model_runner

    @contextlib.contextmanager
    def captures_postponed(self):
        """The runner captures its graphs when it is made; once is enough, and the first phase may want to see it."""
        held = []
        if not self.request.get("lines"):                  # what it sets up belongs to no phase
            for name, names in GRAPH_RUNNERS.items():
                m = module("sglang.srt.model_executor." + name)
                held += [(cls, cls.capture) for n in names for cls in [getattr(m, n, None)] if "capture" in getattr(cls, "__dict__", ())]
        for cls, _ in held:
            cls.capture = lambda runner, *a, **k: None
        try:
            yield
        finally:
            for cls, capture in held:
                cls.capture = capture
        self.postponed = bool(held)

    def graph(self, *new):
        """The runner of decode graphs, under the name that the release has for it; with an argument it is set."""
        name = "decode_cuda_graph_runner" if hasattr(self.runner, "decode_cuda_graph_runner") else "graph_runner"
        held = getattr(self.runner, name, None)
        if new:
            setattr(self.runner, name, new[0])
        return held

    def look_at_model(self):
        """Which functions are the model's forward, and which modules its layers."""
        models = [self.runner.model]
        for worker in (self.draft, getattr(self.draft, "draft_worker", None)):
            models += [r.model for n in ("model_runner", "draft_model_runner", "draft_runner") for r in [getattr(worker, n, None)]
                       if hasattr(r, "model")]
        STATE.model_forward = frozenset(id(f.__code__) for m in models for f in unwrap(type(m).forward))
        layers, codes = {}, set()
        for name, m in (pair for model in models for pair in model.named_modules()):
            found = re.search(r"(?:^|\.)(?:layers|h|blocks)\.(\d+)$", name)
            if found and "visual" not in name and "vision" not in name:
                layers[id(m)] = int(found[1])
                for cls in type(m).__mro__:
                    for v in vars(cls).values():
                        if inspect.isfunction(v):
                            codes.update(id(f.__code__) for f in unwrap(v))
        STATE.layers, STATE.layer_codes = layers, codes
