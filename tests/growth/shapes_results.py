# SPDX-License-Identifier: Apache-2.0
"""What kbench writes and reads again, and kernel tables of profilers, of a size."""
import json

CEILING = {"kind": "ceiling", "what": "copy", "gbps": 41.0, "how": "measured", "us": 3272.4,
           "bytes": 134217728, "level": "DRAM", "l2": "hot", "note": "plateau", "noise": 0.01,
           "samples": 9, "flag": ""}
DEVICE = {"kind": "device", "backend": "cpu", "name": "A processor", "facts": {}}


def measure(kernel="radix", axes=None, size_axis="tokens", **more):
    """A row as kbench writes it."""
    row = {"kind": "measure", "kernel": kernel, "backend": "cpu", "axes": axes or {},
           "bytes": 8192, "us": {"median": 1.5, "min": 1.4, "p99": 1.9, "noise": 0.01},
           "samples": 20, "calls": 4, "gbps": 5.4, "ceiling_pct": 50.0, "ceiling_gbps": 10.8,
           "ceiling": "read", "peak_pct": 40.0, "datasheet_pct": None, "l2": "hot",
           "correct": True, "flags": [], "size_axis": size_axis, "bound": "unknown", "facts": {}}
    row.update(more)
    return row


def equal_rows(n):
    return [measure(axes={"tokens": 64}) for _ in range(n)]


def sizes(n):
    return [measure(axes={"tokens": i + 1}, bytes=8 * (i + 1),
                    us={"median": 1 + i / 100, "min": 1, "p99": 2 + i / 50, "noise": 0.01})
            for i in range(n)]


def groups(n):
    return [measure(axes={"tokens": 64 << i % 4, "dtype": "t%d" % (i // 4)}) for i in range(n)]


def kernels(n):
    return [measure(kernel=["index", "store", "radix"][i % 3],
                    size_axis=["rows", "bytes", "tokens"][i % 3],
                    axes={["rows", "bytes", "tokens"][i % 3]: i + 1}) for i in range(n)]


def ceilings(n):
    return [dict(CEILING, bytes=4096 * (i + 1), what=["copy", "read", "compare"][i % 3])
            for i in range(n)] + [measure(axes={"tokens": 64})]


def facts(n):
    return [measure(axes={"tokens": 64}, facts={
        "fact %d" % j: {"value": i, "unit": "", "origin": "device"} for j in range(10)})
            for i in range(n)]


def flags(n):
    return [measure(axes={"tokens": i + 1}, flags=["noisy", "throttled", "flag %d" % i])
            for i in range(n)]


def long_names(n):
    return [measure(axes={"tokens": i + 1, "code": "x" * 200}) for i in range(n)]


def cold(n):
    return [measure(axes={"tokens": i // 2 + 1}, l2=["hot", "cold"][i % 2]) for i in range(n)]


def wrong(n):
    return [measure(axes={"tokens": i + 1}, correct=False) for i in range(n)]


def nulls(n):
    return [measure(axes={"tokens": i + 1}, ceiling_pct=None, peak_pct=None) for i in range(n)]


def axes(n):
    return [measure(axes={"tokens": 64, "a": i % 10, "b": i % 100, "c": i % 1000})
            for i in range(n)]


SHAPES = [equal_rows, sizes, groups, kernels, ceilings, facts, flags, long_names, cold, wrong,
          nulls, axes]


def write(shape, n, path):
    with open(path, "w", encoding="utf-8") as file:
        for row in [DEVICE, CEILING, *shape(n)]:
            file.write(json.dumps(row, separators=(",", ":")) + "\n")
        file.write('{"kind":"end"}\n')
