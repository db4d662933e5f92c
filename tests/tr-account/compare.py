# SPDX-License-Identifier: Apache-2.0
"""compare.py [--ranks] DIR [CASE...]: every figure of DIR/expected.json against what tr-account says;
with --ranks those of collectives against what trace-ranks says, which reads each file by itself.

Exits 1 when any differs. Files that are not there are counted and said."""
import json
import os
import subprocess
import sys
import tempfile

RANKS = sys.argv[1] == "--ranks"
if RANKS:
    del sys.argv[1]
FOLDER = sys.argv[1]
SAME_CATEGORY = {"Operator": "cpu_op"}
# A table of kernel names may know better what communicates; the sums would follow.
differences = []
figures = 0


def differ(case, where, want, got):
    differences.append("%s %s: want %s, got %s" % (case, where, want, got))


def check(case, where, want, got):
    """Every figure of `want`, which may have fewer members than `got`."""
    global figures
    if isinstance(want, dict) and isinstance(got, dict):
        for key, value in want.items():
            check(case, where + "." + key, value, got.get(key, "ABSENT"))
        return
    if isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        for place, value in enumerate(want):
            check(case, "%s.%d" % (where, place), value, got[place])
        return
    figures += 1
    if isinstance(want, str) and isinstance(got, str) and len(want) == 120:
        got = got[:120]  # names are cut in the expected file
    if want != got:
        differ(case, where, want, got)


def frame_name(frame):
    return frame and "%s(%d): %s" % (frame["file"], frame["line"], frame["function"])


def context(record):
    return {"frame": frame_name(record["frame"]), "innermost_frame": record["innermost_frame"],
            "module": record["module"], "op": record["op"]}


def evidence(found):
    """As the reference has it."""
    result = {key: found[key] for key in ("launch_delay_ns", "host_self", "host_frames", "reason",
              "launch_after_start_ns", "stream_wait") if key in found}
    if found["launch"] is not None:
        result["launch"], result["launch_context"] = found["launch"], context(found)
    if "call" in found:
        call = found["call"]
        result["sync"], result["sync_context"] = call, context(call)
        result["sync_by_profiler"], result["drained"] = call["by_profiler"], call["drained"]
    return result


def gap(record):
    result = {key: record[key] for key in ("start_ns", "gap_ns", "cause", "parts_ns")}
    for key in ("before", "after"):
        result[key] = dict(record[key], event=record[key]["index"])
    result["evidence"] = evidence(record["evidence"])
    return result


def row(record):
    result = dict(record, kind=record["name"], name=record["kernel"],
                  key=[record["key"], record["repeat"]])
    result["wait_ns"] = {key: each["wait_ns"] for key, each in record["ranks"].items()}
    result["algbw_bytes_per_s"], result["busbw_bytes_per_s"] = record["algbw"], record["busbw"]
    return result


def collectives(records, end):
    late = [r for r in records if r["kind"] == "lateness"]
    table = [row(r) for r in records if r["kind"] == "collective"]
    if not table:
        return None
    result = dict(end, ranks=[r["rank"] for r in late], matched=end["collectives"], table=table)
    result["clock_offset_ns"] = {r["rank"]: r["clock_offset_ns"] for r in late}
    residual = {r["rank"]: r["clock_residual_ns"] for r in late}
    residual.update({r["rank"] + ":drift": r["clock_drift_ns"] for r in late})
    result["clock_residual_ns"] = residual
    result["account"] = {r["rank"]: dict(r, arrived_last=r["last"], late_because=r["why"],
                         late_because_ns=r["why_ns"]) for r in late}
    return result


def account(records):
    """The records as the reference's object."""
    devices = []
    for record in records:
        if record["kind"] == "account" and record["pass"] is None:
            devices.append(dict(record, longest_gaps=[], passes=[]))
        elif record["kind"] == "account":
            devices[-1]["passes"].append(record)
        elif record["kind"] == "gap":
            devices[-1]["longest_gaps"].append(gap(record))
    return {"devices": devices, "ranks": [r for r in records if r["kind"] == "rank"],
            "collectives": collectives(records, records[-1])}


def normal(value):
    """The reference's spelling of what has another name here."""
    if isinstance(value, dict):
        value = {key: normal(each) for key, each in value.items() if key != "file"}
        if "cat" in value:
            value["cat"] = SAME_CATEGORY.get(value["cat"], value["cat"])
        return value
    return [normal(each) for each in value] if isinstance(value, list) else value


def run_ranks(name, case):
    """What trace-ranks writes of the case's files."""
    files = [os.path.join(FOLDER, file) for file in case["files"]]
    want = case["expect"]["collectives"]
    if not want or not want.get("table") or not all(map(os.path.exists, files)):
        return False
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run(["pipelines/trace-ranks", "-c", "-o", out] + files,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        with open(os.path.join(out, "collectives.ndjson"), encoding="utf-8") as records:
            got = [json.loads(line) for line in records]
    if done.returncode > 1:
        differ(name, "status", "0 or 1", done.returncode)
    end = [record for record in got if record["kind"] == "ranks"][0]
    want["unmatched"] = sum(want["unmatched"].values())
    check(name, "", normal(want), collectives(got, end))
    return True


def run(name, case):
    files = [os.path.join(FOLDER, file) for file in case["files"]]
    if not all(map(os.path.exists, files)):
        return False
    command = ["tr-account", "--gaps", "10"]
    if case.get("passes"):
        command += ["--passes", os.path.join(FOLDER, case["passes"])]
    parse = subprocess.Popen(["tr-parse", "-s", "all"] + files, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
    done = subprocess.run(command, stdin=parse.stdout, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    if parse.wait() > 1 or done.returncode > 1:
        differ(name, "status", "0 or 1", (parse.returncode, done.returncode))
        return True
    got = account([json.loads(line) for line in done.stdout.splitlines()])
    want = normal(case["expect"])
    for key in ("devices", "ranks"):
        if len(want[key]) != len(got[key]):
            differ(name, key, len(want[key]), len(got[key]))
    check(name, "", want, got)
    return True


CASES = json.load(open(os.path.join(FOLDER, "expected.json")))["cases"]
ran = [(run_ranks if RANKS else run)(name, case) for name, case in CASES.items() if not sys.argv[2:] or name in sys.argv[2:]]
for line in differences[:40]:
    print(line)
print("%d figures of %d cases compared, %d differ; %d cases have no file here, or none of these figures"
      % (figures, sum(ran), len(differences), len(ran) - sum(ran)))
sys.exit(bool(differences))
