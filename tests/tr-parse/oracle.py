# SPDX-License-Identifier: Apache-2.0
"""What tr-parse -a, or with a second argument -s all, should write for a trace, by Python's
json: all but first and last record."""
import gzip
import json
import re
import sys

KINDS = {"kernel": "kernel", "gpu_memcpy": "memcpy", "gpu_memset": "memset",
         "cuda_runtime": "launch", "cuda_driver": "launch", "hip_runtime": "launch",
         "python_function": "frame", "user_annotation": "annotation",
         "gpu_user_annotation": "annotation"}
EVERY = {"cpu_op": "op", "overhead": "overhead"}
ALL = len(sys.argv) > 2
KINDS.update(EVERY if ALL else {})
COLLECTIVE = {"name": "Collective name", "group": "Process Group Name",
              "group_ranks": "Process Group Ranks", "group_size": "Group size", "seq": "Seq",
              "in_elements": "In msg nelems", "out_elements": "Out msg nelems", "dtype": "dtype"}


class Number(float):
    """A number that remembers its spelling."""

    def __new__(cls, text):
        number = super().__new__(cls, text)
        number.text = text
        return number


def spell(value):
    if isinstance(value, dict):
        return "{" + ",".join('"%s":%s' % (key, spell(each)) for key, each in value.items()) + "}"
    if isinstance(value, Number):
        return value.text
    if isinstance(value, list):
        return "[" + ",".join(map(spell, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def record(index, event):
    if event.get("ph") != "X" or event.get("cat") not in KINDS:
        return None
    kind, name, args = KINDS[event["cat"]], event["name"], event.get("args", {})
    frame = re.match(r"(.*?)\((\d+)\): (.*)$", name, re.S)
    if kind in ("frame", "annotation") and name.startswith("nn.Module: "):
        kind = "module"
    if kind == "launch" and not re.search("Launch|Memcpy|Memset|memcpy|memset", name):
        kind = "call"
        if not ALL:
            return None
    fields = {"kind": kind, "index": index, "rank": RANK}
    if kind == "frame":
        fields["file"] = frame[1] if frame else None
        fields["line"] = Number(frame[2]) if frame else None
        fields["function"] = frame[3] if frame else name
    else:
        fields["name"] = name.removeprefix("nn.Module: ") if kind == "module" else name
    fields["ts"], fields["dur"] = event["ts"], event["dur"]
    if kind in ("launch", "call", "module", "frame", "annotation", "op", "overhead"):
        fields["pid"], fields["tid"] = event["pid"], event["tid"]
    gpu = event["cat"] == "gpu_user_annotation"
    if kind in ("kernel", "memcpy", "memset") or gpu:
        fields["device"] = args.get("device", event["pid"])
        fields["stream"] = args.get("stream", event["tid"])
    if kind == "annotation":
        fields["gpu"] = gpu
    if kind in ("kernel", "memcpy", "memset", "launch", "call"):
        fields["correlation"] = args.get("correlation")
    if kind == "kernel":
        fields["grid"], fields["block"] = args.get("grid"), args.get("block")
    if kind == "kernel" and ("Collective name" in args or "Process Group Name" in args):
        fields["collective"] = {key: args.get(name) for key, name in COLLECTIVE.items()}
    if kind == "op":
        fields["dims"] = args.get("Input Dims", args.get("Input dims"))
        fields["types"], fields["strides"] = args.get("Input type"), args.get("Input Strides")
        fields["inputs"] = args.get("Concrete Inputs")
    if kind in ("memcpy", "memset"):
        fields["bytes"] = args.get("bytes")
    if kind in ("module", "frame"):
        fields["python_id"], fields["python_parent"] = args.get("Python id"), args.get("Python parent id")
    if kind == "module":
        fields["module_id"] = args.get("Python module id")
    return "{" + ",".join('"%s":%s' % (key, spell(value)) for key, value in fields.items()) + "}"


with gzip.open(sys.argv[1], "rt", encoding="utf-8") as file:
    trace = json.load(file, parse_float=Number, parse_int=Number)
RANK = trace.get("distributedInfo", {}).get("rank")
RANK = RANK.text if RANK is not None else "file0"
for place, item in enumerate(trace["traceEvents"]):
    line = record(place, item)
    if line is not None:
        print(line)
