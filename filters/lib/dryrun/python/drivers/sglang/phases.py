# SPDX-License-Identifier: Apache-2.0
"""The phases: batches as the scheduler makes them, forwards as the worker runs them, and what graphs hold."""
import array
import contextlib
import inspect

import _warpipe
from launches import record
from launches.record import STATE
from torch._core import values_of, write_values

from .common import call_with, module


class Phases:
    """What a plan's runner launches in each phase."""

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
            elif name == "idle":
                self.idle(p)
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
        out = []
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

    def idle(self, p):
        """A rank that has no requests while each of the others decodes as many as were asked for."""
        sa = self.server_args
        if not (sa.enable_dp_attention and sa.dp_size > 1 or getattr(sa, "attn_dp_size", 1) > 1):
            raise ValueError("idle asks for ranks of data parallel attention: --dp N --enable-dp-attention")
        STATE.on = True
        self.forward(self.synchronise(None, others=p["batch"]))

    def idle_batch(self):
        batch = self.batch([])
        batch.prepare_for_idle()
        return batch

    @contextlib.contextmanager
    def others_decode(self, m, n):
        """The ranks are told the same; here the others have n requests to decode, and this one, the first, what it has."""
        from sglang.srt.model_executor.forward_batch_info import ForwardMode
        gather = m.MLPSyncBatchInfo.all_gather

        def all_gather(info, *a, **k):
            own = info.num_tokens, info.num_tokens_for_logprob, info.local_forward_mode
            info.num_tokens = info.num_tokens_for_logprob = n
            info.local_forward_mode = ForwardMode.DECODE.value
            gather(info, *a, **k)
            info.num_tokens, info.num_tokens_for_logprob, info.local_forward_mode = own
            info.global_num_tokens[0], info.global_num_tokens_for_logprob[0] = own[:2]
        m.MLPSyncBatchInfo.all_gather = all_gather
        try:
            yield
        finally:
            m.MLPSyncBatchInfo.all_gather = gather

    def synchronise(self, batch, others=None):
        """Data parallel attention: the ranks tell each other their tokens; the others have as many, or `others`."""
        utils, sa, runner = module("sglang.srt.utils"), self.server_args, self.runner
        if not call_with(utils.require_mlp_sync, server_args=sa):
            return batch
        m = module("sglang.srt.managers.scheduler_components.dp_attn") or module("sglang.srt.managers.scheduler_dp_attn_mixin")
        off = module("sglang.srt.model_executor.cuda_graph_config")
        with self.others_decode(m, others) if others else contextlib.nullcontext():
            return call_with(
                m.prepare_mlp_sync_batch_raw, local_batch=batch, dp_size=sa.dp_size, attn_tp_size=1, tp_group=getattr(runner, "tp_group", None),
                get_idle_batch=self.idle_batch, require_mlp_tp_gather=call_with(utils.require_mlp_tp_gather, server_args=sa), offload_tags=set(),
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
        self.name_lengths(fb)

    def name_lengths(self, fb):
        """So are the lengths of the requests, which the host reads."""
        lens = values_of(fb.seq_lens_cpu) if fb.seq_lens_cpu is not None else None
        new, cached = getattr(fb, "extend_seq_lens_cpu", None), getattr(fb, "extend_prefix_lens_cpu", None)
        if not lens or lens != lens[:1] * len(lens):
            return
        if not new:                                 # decode: what is cached, and the token at hand
            named = _warpipe.Size(lens[0] - 1, "kv") + 1 if lens[0] > 1 else lens[0]
        else:
            named = (cached[0] if cached else 0) + new[0]
        if named == lens[0]:
            write_values(fb.seq_lens_cpu, [named] * len(lens))

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
        n = p["batch"]
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
