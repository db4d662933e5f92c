# SPDX-License-Identifier: Apache-2.0
"""How sglang goes from a command line to a forward: its own server arguments, runner, batch and model, in its own order.

run(request) emits the records of one deployment. What is particular to sglang stands in this file and nowhere else.
"""
import array
import contextlib
import dataclasses
import importlib
import inspect
import json
import logging
import os
import re
import sys
import traceback
import types

import _warpipe
from launches import facts, machine, record
from launches.calls import call_text
from launches.facts import FACTS
from launches.record import STATE, unresolved

MODEL = "/warpipe/model"              # where config.json seems to lie


GRAPH_RUNNERS = {"cuda_graph_runner": ["CudaGraphRunner"], "piecewise_cuda_graph_runner": ["PiecewiseCudaGraphRunner"],
                 "runner.decode_cuda_graph_runner": ["DecodeCudaGraphRunner"], "runner.prefill_cuda_graph_runner": ["PrefillCudaGraphRunner"]}


ENCODER = json.JSONEncoder(separators=(",", ":"), default=str)


def emit(r):
    _warpipe.emit(ENCODER.encode(r))


def run(request):
    root = os.path.realpath(request["root"])
    STATE.root = root + "/"
    record.reset()
    STATE.assumed = STATE.assumed or {}
    machine.install({MODEL + "/config.json": json.dumps(request["config"])})
    os.environ.update({"HF_HUB_OFFLINE": "1", "SGLANG_JIT_DEEPGEMM_PRECOMPILE": "0"})
    os.environ.update(request.get("env") or {})
    logging.disable(logging.CRITICAL)
    plan = Plan(request, root)
    record.begin("build")
    try:
        plan.build()
    except BaseException as e:              # a tree may raise SystemExit as well
        plan.give_up(e, "the deployment could not be built")
        plan.tell_arguments()
        return plan.end()
    for phase in request["phases"] if request.get("want") != "facts" else ():
        record.begin(phase["phase"])
        try:
            plan.run_phase(phase)
        except BaseException as e:
            plan.give_up(e, "the phase could not be run to its end")
        finally:
            STATE.on, STATE.quiet, STATE.stream, STATE.capturing = False, 0, 0, False
        record.begin(None)
        plan.write_launches()
    return plan.end()


def call_with(function, **have):
    """Calls with those of the arguments at hand that the function of this release takes."""
    taken = inspect.signature(function).parameters
    if any(p.kind is p.VAR_KEYWORD for p in taken.values()):
        return function(**have)
    return function(**{k: v for k, v in have.items() if k in taken})


def module(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def patch(name, **values):
    """Replaces names of a module where the release has them."""
    m = module(name)
    for k, v in values.items():
        if m is not None and hasattr(m, k):
            setattr(m, k, v)


def number(version):
    """The first three numbers of a version."""
    return [int(x) for x in re.findall(r"\d+", version)[:3]]


def plain(value):
    """A value as JSON has it."""
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def yes(*a, **k):
    return True


class Parts(dict):
    """Qualified name of a function -> the part of a pass it belongs to."""

    def __missing__(self, name):
        part = None
        if name.endswith("LogitsProcessor.forward"):
            part = "logits"
        elif "init_forward_metadata" in name:
            part = "attn_metadata"
        elif name.endswith((".sample", "._preprocess_logits")) or name.startswith("Sampler."):
            part = "sample"
        elif name.startswith(("ForwardBatch.init_new",)):
            part = "batch_init"
        elif name.startswith(("ScheduleBatch.", "prepare_mlp_sync_batch_raw")):
            part = "scheduler"
        elif name.endswith((".replay", ".replay_prepare", ".populate_from_forward_batch", ".load_batch", ".execute")):
            part = "graph_inputs"
        self[name] = part
        return part

    get = dict.__getitem__


class Plan:
    def __init__(self, request, root):
        self.request, self.root = request, root
        self.release = self.release_of(root)
        self.launches, self.kernels, self.open = 0, set(), 0
        self.runner, self.draft, self.postponed, self.captured = None, None, False, set()
        self.prefixes = {}

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
        self.choose_versions()
        record.PARTS = Parts()
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
        args = m.prepare_server_args(self.words())
        if hasattr(args, "resolve_once"):           # from 0.5.20 on: resolved and published apart from their making
            args.resolve_once()
        context = module("sglang.srt.runtime_context")
        if hasattr(context, "publish"):
            ranks = context.SpawnRanks(world_rank=0, dp_rank=0 if args.dp_size > 1 else None, gpu_id=0)
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
        if sa.speculative_algorithm and not module("sglang.srt.distributed.bootstrap"):
            return self.make_workers()
        from sglang.srt.configs.model_config import ModelConfig
        from sglang.srt.model_executor import model_runner as mr
        config = ModelConfig.from_server_args(sa)
        bootstrap = module("sglang.srt.distributed.bootstrap")
        if bootstrap is not None:                           # from 0.5.20 on: the scheduler makes the groups
            call_with(bootstrap.init_parallel_runtime, server_args=sa, gpu_id=0, nccl_port=29999, dist_port=29999, device="cuda", model_config=config)
            call_with(bootstrap.init_layer_runtime, model_config=config)
        runner = call_with(mr.ModelRunner, model_config=config, mem_fraction_static=sa.mem_fraction_static, gpu_id=0, tp_rank=0,
                         tp_size=sa.tp_size, moe_ep_rank=0, moe_ep_size=sa.ep_size, pp_rank=0, pp_size=1, nccl_port=29999, server_args=sa,
                         dp_rank=0 if sa.dp_size > 1 else None, attn_cp_rank=0, moe_dp_rank=0)
        if hasattr(runner, "alloc_memory_pool"):            # from 0.5.20 on: the scheduler takes these steps one by one
            self.start_mamba()
            runner.alloc_memory_pool()
            runner.init_attention_backends()
            runner.init_cuda_graphs()
        return runner

    def make_workers(self):
        """With speculative decoding: the target's worker and the one that drafts, as the scheduler makes them."""
        sa = self.server_args
        from sglang.srt.managers.tp_worker import TpModelWorker
        from sglang.srt.speculative.spec_info import SpeculativeAlgorithm
        ranks = dict(server_args=sa, gpu_id=0, tp_rank=0, moe_ep_rank=0, pp_rank=0, nccl_port=29999, dp_rank=0 if sa.dp_size > 1 else None,
                     attn_cp_rank=0, moe_dp_rank=0)
        target = call_with(TpModelWorker, **ranks)
        algorithm = SpeculativeAlgorithm.from_string(sa.speculative_algorithm)
        self.draft = call_with(algorithm.create_worker(sa), target_worker=target, **ranks)
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

    def tell_arguments(self):
        """Arguments that are not what they are by default."""
        sa = getattr(self, "server_args", None)
        if sa is None:
            return
        # From 0.5.20 on what was decided is kept apart, with the function that declared it.
        resolved = getattr(module("sglang.srt.arg_groups.overrides"), "resolution_result", None)
        declared = {}
        for source, values in getattr(sa, "_resolved_overrides", None) or ():
            declared.update(dict.fromkeys(values, source.rpartition(".")[2]))
        for field in dataclasses.fields(sa) if dataclasses.is_dataclass(sa) else module("msgspec").structs.fields(sa):
            value = resolved(sa, field.name) if resolved is not None else getattr(sa, field.name)
            default = field.default_factory() if field.default is dataclasses.MISSING and \
                field.default_factory is not dataclasses.MISSING else field.default
            if field.name in declared or value is not default and value != default:
                record.fact("server_args." + field.name, plain(value), field.name, sa, "server_args", declared.get(field.name))

    def tell_facts(self):
        """The arguments, and the classes that were chosen."""
        self.tell_arguments()
        for name in ("attn_backend", "decode_attn_backend", "graph_runner", "token_to_kv_pool"):
            held = getattr(self.runner, name, None)
            if held is not None:
                record.fact("runner." + name, type(held).__name__, name, self.runner, "model_runner")
        methods, holder = {}, None
        for m in self.runner.model.modules():
            method = getattr(m, "quant_method", None)
            if method is not None:
                key = type(m).__name__ + ": " + type(method).__name__
                methods[key], holder = methods.get(key, 0) + 1, m
        record.fact("model.quant_method", methods, "quant_method", holder, "layer")

    def deployment(self):
        r, sa = self.request, self.server_args
        return {"kind": "deployment", "version": 1, "model": type(self.runner.model).__name__, "device": r["device"], "tp": sa.tp_size,
                "ep": sa.ep_size, "dp": sa.dp_size, "args": r.get("args") or [], "tree": "sglang", "release": self.release}

    # ------------------------------------------------------------ phases
    def run_phase(self, p):
        import torch
        name = p["phase"]
        runner = self.runner
        record.reset_launches()
        STATE.phase = name
        size = self.graph_size(p.get("batch") or 1)
        if self.postponed and size is not None and name != "decode" and (name == "decode-replay" or not self.captured) \
                and size not in self.captured:
            with torch.no_grad():
                self.capture(self.graph(), size)
            record.reset_launches()
        runner.token_to_kv_pool_allocator.clear()
        runner.req_to_token_pool.clear()
        with torch.no_grad():
            if name.startswith("extend"):
                self.extend(p)
            elif name in ("decode-eager", "decode-replay"):
                self.decode_step(p, eager=name == "decode-eager")
            elif name == "decode":
                if size is None:
                    self.decode_step(p, eager=True)
                else:
                    self.capture(self.graph(), size)
            elif name in ("target-verify", "draft", "draft-extend"):
                self.speculative(name, p)
            else:
                raise ValueError("no phase is called %s" % name)

    def speculative(self, name, p):
        """What the graphs of speculative decoding hold: the target's of verifying, the drafting worker's two."""
        if self.draft is None:
            raise ValueError("%s asks for --speculative-algorithm" % name)
        attribute = {"target-verify": None, "draft": "cuda_graph_runner", "draft-extend": "cuda_graph_runner_for_draft_extend"}[name]
        graph = self.graph() if attribute is None else next(
            (g for w in (self.draft, getattr(self.draft, "draft_worker", None)) for g in [getattr(w, attribute, None)] if g is not None), None)
        if graph is None:
            raise ValueError("this deployment captures no graph of %s" % name)
        self.capture(graph, next(n for n in sorted(graph.capture_bs) if n >= p["batch"]))

    def requests(self, n, cached, new):
        from sglang.srt.managers.schedule_batch import Req
        from sglang.srt.sampling.sampling_params import SamplingParams
        runner, out = self.runner, []
        for i in range(n):
            params = SamplingParams(temperature=0, max_new_tokens=16)
            params.normalize(None)
            words = [5] * (cached + new)
            if "array" in str(inspect.signature(Req.__init__).parameters["origin_input_ids"].annotation):
                words = array.array("q", words)
            r = call_with(Req, rid=str(i), origin_input_text="", origin_input_ids=words, sampling_params=params)
            slots = self.slots(cached) if cached else None
            r.logprob_start_len = -1
            if hasattr(r, "extend_end"):                    # from 0.5.20 on
                r.full_untruncated_fill_ids, r.extend_end = r.origin_input_ids, cached + new
                r.prefix_len, self.prefixes[id(r)] = cached, slots
            else:
                r.fill_ids = r.origin_input_ids
                if cached:
                    r.prefix_indices = slots
                r.set_extend_input_len(new) if hasattr(r, "set_extend_input_len") else setattr(r, "extend_input_len", new)
            out.append(r)
        return out

    def slots(self, n):
        """Places in the KV pool for what a request has cached, whole pages of them."""
        runner = self.runner
        whole = -(-n // runner.page_size) * runner.page_size
        got = runner.token_to_kv_pool_allocator.alloc(whole)
        if got is None:
            raise MemoryError("the KV pool of %d tokens does not hold %d more" % (runner.max_total_num_tokens, whole))
        return got[:n]

    def batch(self, reqs):
        from sglang.srt.managers.schedule_batch import ScheduleBatch
        from sglang.srt.speculative.spec_info import SpeculativeAlgorithm
        runner = self.runner
        return call_with(ScheduleBatch.init_new, reqs=reqs, req_to_token_pool=runner.req_to_token_pool,
                         token_to_kv_pool_allocator=runner.token_to_kv_pool_allocator, tree_cache=Cache(runner),
                         model_config=runner.model_config, enable_overlap=False, spec_algorithm=SpeculativeAlgorithm.NONE)

    def synchronise(self, batch):
        """Data parallel attention: the ranks tell each other their tokens."""
        utils, sa, runner = module("sglang.srt.utils"), self.server_args, self.runner
        if not call_with(utils.require_mlp_sync, server_args=sa):
            return
        m = module("sglang.srt.managers.scheduler_components.dp_attn") or module("sglang.srt.managers.scheduler_dp_attn_mixin")
        off = module("sglang.srt.model_executor.cuda_graph_config")
        call_with(m.prepare_mlp_sync_batch_raw, local_batch=batch, dp_size=sa.dp_size, attn_tp_size=1, tp_group=runner.tp_group,
                  get_idle_batch=None, require_mlp_tp_gather=call_with(utils.require_mlp_tp_gather, server_args=sa), offload_tags=set(),
                  disable_cuda_graph=off.cuda_graph_fully_disabled() if hasattr(off, "cuda_graph_fully_disabled") else sa.disable_cuda_graph,
                  disable_overlap_schedule=sa.disable_overlap_schedule, attn_cp_size=1, model_runner=runner)

    def forward(self, batch):
        from sglang.srt.model_executor.forward_batch_info import ForwardBatch
        runner = self.runner
        worker_batch = batch.get_model_worker_batch() if hasattr(batch, "get_model_worker_batch") else batch
        late = getattr(batch, "prefill_input_ids_cpu", None)
        if batch.input_ids is None and late is not None:    # from 0.5.20 on they go to the device before the forward
            batch.input_ids, batch.prefill_input_ids_cpu = late.to(batch.device, non_blocking=True), None
        extra = {"return_hidden_states_before_norm": False}
        taken = inspect.signature(ForwardBatch.init_new).parameters
        fb = ForwardBatch.init_new(worker_batch, runner, **{k: v for k, v in extra.items() if k in taken})
        self.name_sizes(fb)
        out = runner.forward(fb)
        runner.sample(getattr(out, "logits_output", out), fb)

    def name_sizes(self, fb):
        """Sizes of a batch are called by their names, so that what is compared with them can be told."""
        import torch
        named = {}
        if fb.batch_size > 1:
            named[fb.batch_size] = _warpipe.Size(fb.batch_size, "batch")
        tokens = getattr(fb, "extend_num_tokens", None)
        if tokens and tokens > 1:
            named[int(tokens)] = fb.extend_num_tokens = _warpipe.Size(tokens, "tokens")
        for value in vars(fb).values():
            if isinstance(value, torch.Tensor) and value.shape and value.shape[0] in named:
                value.shape = torch.Size((named[value.shape[0]], *value.shape[1:]))
        fb.batch_size = named.get(fb.batch_size, fb.batch_size)
        for name, size in (("extend_prefix_lens_cpu", "kv"), ("extend_seq_lens_cpu", "tokens")):
            lens = getattr(fb, name, None)
            if type(lens) is list and lens and lens[0] > 0 and (size == "kv" or len(lens) == 1) and lens == lens[:1] * len(lens):
                setattr(fb, name, [_warpipe.Size(n, size) for n in lens])

    def extend(self, p):
        n = p.get("batch") or 1
        batch = self.batch(self.requests(n, p.get("kv") or 0, p["new"] // n))
        with self.prefill_eager():
            STATE.on = True
            batch.prepare_for_extend()
            self.synchronise(batch)
            self.forward(batch)

    @contextlib.contextmanager
    def prefill_eager(self):
        """Later releases replay graphs of pieces of a prefill; they hold what the eager run launches."""
        held = {n: getattr(self.runner, n) for n in ("piecewise_cuda_graph_runner", "prefill_cuda_graph_runner")
                if getattr(self.runner, n, None) is not None}
        for n, graph in held.items():
            setattr(self.runner, n, None)
            if type(graph).__name__ != "EagerRunner":
                record.assume("sglang.prefill graph", "a prefill is run eagerly; the graphs of its pieces hold the same launches")
        try:
            yield
        finally:
            for n, graph in held.items():
                setattr(self.runner, n, graph)

    def decode_step(self, p, eager):
        import torch
        runner, n = self.runner, p["batch"]
        batch = self.batch(self.requests(n, 0, p["kv"]))
        batch.prepare_for_extend()
        self.synchronise(batch)
        last = torch.full((n,), 5, dtype=torch.int64, device="cuda")
        if hasattr(batch, "output_ids"):
            batch.output_ids = last
        else:
            batch.input_ids = last
        STATE.on = True
        batch.prepare_for_decode()
        self.synchronise(batch)
        held = self.graph(None) if eager else self.graph()
        try:
            self.forward(batch)
        finally:
            self.graph(held)

    def graph_size(self, batch):
        """The captured size that a batch is padded to, or None where none is captured."""
        return next((n for n in sorted(getattr(self.graph(), "capture_bs", ())) if n >= batch), None)

    def capture(self, graph, size):
        """What the graph of this batch size holds: the launches between the marks of its capture.

        A server captures its whole list of sizes; here only the size that the batch is padded to.
        """
        mode = next(f for m in ("cuda_graph_runner", "runner_utils.capture_mode")
                    for f in [getattr(module("sglang.srt.model_executor." + m), "model_capture_mode", None)] if f)
        from torch.cuda.graphs import CAPTURES
        CAPTURES.clear()
        sizes = graph.capture_bs
        graph.capture_bs = [_warpipe.Size(size, "batch")]
        self.captured.add(size)
        STATE.on_in_capture = True          # not while it warms up
        try:
            with mode():
                graph.capture()
        finally:
            STATE.on_in_capture = False
            graph.capture_bs = sizes
        if CAPTURES:
            first, end = CAPTURES[-1]
            STATE.out[:] = STATE.out[first:end]

    # ------------------------------------------------------------ records
    def give_up(self, e, what):
        if os.environ.get("DRYRUN_DEBUG"):
            traceback.print_exception(e)
        place = None
        for f, line in traceback.walk_tb(e.__traceback__):
            name = f.f_code.co_filename
            if name.startswith(STATE.root):
                place = (STATE.prefix + name[len(STATE.root):], line)
        STATE.unresolved.append({"kind": "unresolved", "phase": STATE.phase, "file": place[0] if place else None,
                                 "line": place[1] if place else None, "what": what, "why": "%s: %s" % (type(e).__name__, str(e)[:500])})

    def write_launches(self):
        for i, r in enumerate(STATE.out):
            r["seq"], r["repeat"] = i, 1
        launches = record.folded(STATE.out) if self.request.get("fold") else STATE.out
        for r in launches:
            frames = r["frames"]
            op = next((k for k, f in enumerate(frames) if "/models/" in f.file), None)
            if op is not None:
                r["op"] = op
            self.kernels.add((r["source"], r["kernel"]))
            r["frames"] = 0                     # their texts are made once for each place, and put in here
            _warpipe.emit(ENCODER.encode(r).replace('"frames":0', '"frames":[%s]' % ",".join([f.text or described(f) for f in frames]), 1))
        self.launches += len(STATE.out)
        self.write_unresolved()

    def write_unresolved(self):
        for r in STATE.unresolved:
            emit(r)
        self.open += len(STATE.unresolved)
        STATE.unresolved.clear()

    def end(self):
        self.write_unresolved()
        emit({"kind": "end", "launches": self.launches, "kernels": len(self.kernels), "unresolved": self.open})
        return 1 if self.open else 0


def described(frame):
    """A frame's text, as records have it."""
    text = call_text(frame.code, frame.instruction)
    place = {"file": frame.file, "line": frame.line, "function": frame.function}
    frame.text = ENCODER.encode({"call": text, **place} if text else place)
    return frame.text


class Cache:
    """A prefix cache that holds nothing: what is cached is given to each request."""

    def __init__(self, runner):
        self.page_size, self.device, self.token_to_kv_pool_allocator = runner.page_size, runner.device, runner.token_to_kv_pool_allocator
        self.req_to_token_pool = runner.req_to_token_pool

    def __getattr__(self, name):
        if name.startswith(("supports_", "is_", "maybe_")):
            return lambda *a, **k: False
        raise AttributeError(name)

    def is_tree_cache(self): return True
    def evictable_size(self): return 0
    def evict(self, *a, **k): return None
    def pretty_print(self): return None
    def available_and_evictable_str(self): return "nothing is cached that could make room"


def unwrap(f):
    """A function and those that its decorators hold."""
    out = []
    while f is not None:
        if hasattr(f, "__code__"):
            out.append(f)
        f = getattr(f, "__wrapped__", None)
    return out
