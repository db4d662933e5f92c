# SPDX-License-Identifier: Apache-2.0
"""Times torch's (and mini-sglang's, given its checkout) gather and KV store as kbench times
ours, for every row of a kbench file, and prints the speeds side by side as Markdown.

    gpu-peers.py RESULTS.ndjson [MINI-SGLANG]

Hot: calls replayed from a CUDA graph, as many as kbench had in one (its field "calls"), so that
the graph's own start is shared by as many. Cold: one call after a read of twice the L2. The
peers' results are compared with indexing by the CPU before they are timed."""
import json
import statistics
import sys

import torch

TYPES = {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}
SAMPLES = 31


def time_us(call, cold, evictor, calls):
    """Median us of one call."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            call()
        stream.synchronize()
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        calls, replay = 1 if cold else calls, call
        if not cold:
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, stream=stream):
                for _ in range(calls):
                    call()
            replay = graph.replay
            replay()
        samples = []
        for _ in range(SAMPLES):
            if cold:
                evictor.sum()
            begin.record()
            replay()
            end.record()
            stream.synchronize()
            samples.append(begin.elapsed_time(end) * 1e3 / calls)
    return statistics.median(samples)


def index_calls(axes, minisgl):
    rows, dim, vocab = axes["rows"], axes["dim"], axes["vocab"]
    table = torch.randn(vocab, dim, device="cuda").to(TYPES[axes["dtype"]])
    ids = torch.randint(vocab, (rows,), device="cuda", dtype=torch.int32)
    out = torch.empty(rows, dim, device="cuda", dtype=table.dtype)
    wanted = table[ids.long()]

    def embedding():
        out.copy_(torch.nn.functional.embedding(ids, table))

    calls = {"torch": lambda: torch.index_select(table, 0, ids, out=out), "embedding": embedding}
    if minisgl:
        calls["mini-sglang"] = lambda: minisgl.indexing(table, ids, output=out)
    for name, call in calls.items():
        out.zero_()
        call()
        assert torch.equal(out, wanted), name
    return calls


def store_calls(axes, minisgl):
    rows, width, slots = axes["rows"], axes["heads"] * axes["head_dim"], max(axes["slots"], axes["rows"])
    dtype = TYPES[axes["dtype"]]
    k, v = (torch.randn(rows, width, device="cuda").to(dtype) for _ in range(2))
    caches = [torch.zeros(slots, width, device="cuda", dtype=dtype) for _ in range(2)]
    places = torch.randperm(slots, device="cuda")[:rows]
    places32 = places.to(torch.int32)

    def by_torch():
        caches[0].index_put_((places,), k)
        caches[1].index_put_((places,), v)

    def by_copy():
        caches[0].index_copy_(0, places, k)
        caches[1].index_copy_(0, places, v)

    calls = {"torch": by_torch, "index_copy": by_copy}
    if minisgl:
        calls["mini-sglang"] = lambda: minisgl.store_cache(caches[0], caches[1], places32, k, v)
    for name, call in calls.items():
        for cache in caches:
            cache.zero_()
        call()
        assert torch.equal(caches[0][places], k) and torch.equal(caches[1][places], v), name
    return calls


def main():
    minisgl = None
    if len(sys.argv) > 2:
        sys.path.insert(0, sys.argv[2] + "/python")
        try:
            import minisgl.kernel as minisgl  # noqa: F811
        except Exception as error:  # it compiles its kernels when it is imported
            print(f"mini-sglang's kernels cannot be imported ({error}): not compared\n")
    names = ["torch", "embedding", "index_copy"] + (["mini-sglang"] if minisgl else [])
    evictor = torch.zeros(2 * torch.cuda.get_device_properties(0).L2_cache_size // 4, device="cuda")
    print(f"{torch.cuda.get_device_name(0)}, torch {torch.__version__}, CUDA {torch.version.cuda}\n")
    print("| kernel | rows | caches | ours us |" + "".join(f" {n} us | speed over {n} |" for n in names))
    print("|---|---:|---|---:|" + "---:|---:|" * len(names))
    for line in open(sys.argv[1]):
        record = json.loads(line)
        axes = record.get("axes", {})
        if record["kind"] != "measure" or record["kernel"] not in ("index", "store") or \
                axes.get("dtype") not in TYPES or axes["rows"] == 0:
            continue
        calls = (index_calls if record["kernel"] == "index" else store_calls)(axes, minisgl)
        ours, cold = record["us"]["median"], record["l2"] == "cold"
        cells = ""
        for name in names:
            if name not in calls:
                cells += " | |"
                continue
            us = time_us(calls[name], cold, evictor, max(1, record.get("calls", 1)))
            cells += f" {us:.3f} | {us / ours:.2f} |"
        print(f"| {record['kernel']} | {axes['rows']} | {record['l2']} | {ours:.3f} |{cells}", flush=True)


main()
