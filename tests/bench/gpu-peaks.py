# SPDX-License-Identifier: Apache-2.0
"""Measures what products and attention reach on GPU 0 and writes it, with the device and the
plateau of kbench's copy, as the peaks that kroof reads.

    gpu-peaks.py RESULTS.ndjson PEAKS.ndjson"""
import json
import statistics
import sys

import torch

SIZE, SAMPLES = 8192, 15


def median_ms(call):
    """Median time of one call."""
    for _ in range(3):
        call()
    times = []
    for _ in range(SAMPLES):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        call()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end))
    return statistics.median(times)


def product(dtype):
    a, b = (torch.randn(SIZE, SIZE, device="cuda") for _ in range(2))
    if dtype == "fp8":
        a, b = a.to(torch.float8_e4m3fn), b.to(torch.float8_e4m3fn).t()
        one = torch.ones((), device="cuda")
        call = lambda: torch._scaled_mm(a, b, one, one, out_dtype=torch.bfloat16)
    elif dtype == "tf32":
        torch.backends.cuda.matmul.allow_tf32 = True
        call = lambda: a @ b
    elif dtype == "fp32":
        torch.backends.cuda.matmul.allow_tf32 = False
        call = lambda: a @ b
    else:
        a, b = (x.to({"bf16": torch.bfloat16, "fp16": torch.float16}[dtype]) for x in (a, b))
        call = lambda: a @ b
    return 2 * SIZE ** 3 / median_ms(call) / 1e9


def attention():
    q, k, v = (torch.randn(4, 32, 8192, 128, device="cuda", dtype=torch.bfloat16) for _ in range(3))
    call = lambda: torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    return 4 * 4 * 32 * 128 * 8192 * 8193 / 2 / median_ms(call) / 1e9


def main():
    with open(sys.argv[2], "w") as out:
        def put(record):
            print(json.dumps(record), file=out, flush=True)
            print(json.dumps(record), flush=True)

        put({"kind": "device", "backend": "cuda", "name": torch.cuda.get_device_name(0), "facts": {}})
        for line in open(sys.argv[1]):
            record = json.loads(line)
            if record["kind"] == "ceiling" and record["how"] == "measured" and record.get("note") == "plateau":
                put(record)
        for dtype in ("bf16", "fp16", "fp8", "tf32", "fp32"):
            try:
                put({"kind": "ceiling", "what": "gemm", "dtype": dtype, "tflops": product(dtype), "how": "measured",
                     "note": f"{SIZE} x {SIZE} x {SIZE}"})
            except Exception as error:  # a type that this torch or this GPU has not
                print(f"{dtype}: {error}", flush=True)
        try:
            put({"kind": "ceiling", "what": "attention", "dtype": "bf16", "tflops": attention(), "how": "measured",
                 "note": "causal, 4 x 32 x 8192 x 128"})
        except Exception as error:
            print(f"attention: {error}", flush=True)
        put({"kind": "end", "measures": 0})


main()
