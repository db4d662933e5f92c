# SPDX-License-Identifier: Apache-2.0
"""Prints the time account of traces beside HTA's and TraceLens': beside.py FILE...; python3 has both."""
import json
import os
import subprocess
import sys

HTA = """
import sys, warnings, logging
warnings.filterwarnings("ignore"); logging.disable(logging.CRITICAL)
from hta.trace_analysis import TraceAnalysis
t = TraceAnalysis(trace_files={0: sys.argv[1]}, trace_dir="/")
b = t.get_temporal_breakdown(visualize=False).iloc[0]
import json
print("=" + json.dumps({"window": float(b["kernel_time(us)"]), "idle": float(b["idle_time(us)"]),
    "compute": float(b["compute_time(us)"]), "other": float(b["non_compute_time(us)"])}))
"""
LENS = """
import sys, json
from TraceLens import TreePerfAnalyzer
p = TreePerfAnalyzer.from_file(sys.argv[1])
d = p.get_df_gpu_timeline()
print("=" + json.dumps({r["type"]: float(r["time ms"]) * 1e3 for _, r in d.iterrows()}))
"""


def run(code, path):
    """What the peer prints, its processor seconds and its peak in MB."""
    command = ["/usr/bin/time", "-f", "@%U %S %M", sys.executable, "-c", code, path]
    done = subprocess.run(command, capture_output=True, text=True)
    cost = done.stderr.rsplit("@", 1)[1].split()
    found = [line[1:] for line in done.stdout.splitlines() if line.startswith("=")]
    last = done.stderr.strip().splitlines()[-2:-1]
    return (json.loads(found[-1]) if found else {"error": last[0][-70:] if last else "?"},
            float(cost[0]) + float(cost[1]), int(cost[2]) / 1024)


def ours(path):
    pipe = "tr-parse -k -s all %s | tr-classify | tr-account" % path
    done = subprocess.run(["/usr/bin/time", "-f", "@%U %S %M", "sh", "-c", pipe], capture_output=True, text=True)
    cost = done.stderr.rsplit("@", 1)[1].split()
    record = next(r for r in map(json.loads, done.stdout.splitlines())
                  if r["kind"] == "account" and r["pass"] is None)
    keys = {"window": "window_ns", "idle": "idle_ns", "busy": "busy_ns", "compute": "compute_ns",
            "comm": "communication_ns", "exposed": "exposed_communication_ns", "copies": "exposed_copies_ns"}
    return ({k: record[v] / 1e3 for k, v in keys.items()}, float(cost[0]) + float(cost[1]), int(cost[2]) / 1024)


for file in sys.argv[1:]:
    path = os.path.realpath(file)
    for name, (figures, cpu, mb) in (("tr-account", ours(path)), ("HTA", run(HTA, path)), ("TraceLens", run(LENS, path))):
        print(os.path.basename(file), name, "%.2f s" % cpu, "%.0f MB" % mb,
              " ".join("%s=%s" % (k, v if isinstance(v, str) else round(v, 3)) for k, v in figures.items()), flush=True)
