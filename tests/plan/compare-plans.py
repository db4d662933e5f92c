#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plans deployments with kplan, executes them on the real torch, and compares launch by launch.

    compare-plans.py --kplan BIN --tree TREE --python PYTHON [-n COUNT] [--seed SEED] [--only TEXT] CONFIG.json...

A line for each deployment and phase: `equal`, or how many launches agree in order, and the first that
do not; `refused by both` where sglang itself refuses and the plan says the same. That is no evidence
about launches, so deployments are drawn until COUNT of them ran, or MOST * COUNT were drawn. The last
lines count; the exit status is 0 when at least 80 % of those that ran are equal.
"""
import argparse
import collections
import difflib
import hashlib
import itertools
import json
import os
import shlex
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from deployments import draw

NEEDED, MOST = 80, 4
# One matrix product under two names.
SAME = {"aten::linear": "aten::mm", "aten::addmm": "aten::mm"}


def launches(records, phase):
    """(kernel, file:line, shapes) of a phase, in order."""
    found = []
    for r in records:
        if r["kind"] == "launch" and r["phase"] == phase:
            frame = r["frames"][0] if r["frames"] else {"file": "?", "line": 0}
            found.append((SAME.get(r["kernel"], r["kernel"]), "%s:%s" % (frame["file"].split("python/")[-1], frame["line"]),
                          json.dumps(r["shapes"])))
    return found


def read(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def refusals(records):
    """Phase -> why it did not come to its end; None: the deployment could not be built. torch says the same error
    in other words, and with another class, where its tensors are fake: where it stopped counts, not how."""
    return {r["phase"]: "%s:%s: %s" % (os.path.basename(r["file"] or "?"), r["line"], r["why"].partition("\n")[0][:90]) for r in records
            if r["kind"] == "unresolved" and r["what"] in ("the deployment could not be built", "the phase could not be run to its end")}


def plan(options, deployment, config):
    """What kplan says."""
    sizes = deployment["phases"][0]
    command = [options.kplan, "-r", options.tree, "-c", config, "-D", deployment["device"], "--tp", str(deployment["tp"]),
               "-b", str(sizes["batch"]), "-n", str(sizes["new"]), "-k", str(sizes["kv"])]
    command += ["-a", " ".join(map(shlex.quote, deployment["args"]))] if deployment["args"] else []
    for phase in deployment["phases"]:
        command += ["-p", phase["phase"]]
    for item in deployment["env"].items():
        command += ["-e", "%s=%s" % item]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return (read(done.stdout), None) if done.returncode in (0, 1) else (None, done.stderr)


def execute(options, deployment):
    """What the real torch says, or said: with --keep it is asked once."""
    kept = options.keep and os.path.join(options.keep, hashlib.sha1(json.dumps(deployment, sort_keys=True).encode()).hexdigest())
    if kept and os.path.exists(kept):
        with open(kept, encoding="utf-8") as file:
            return read(file.read()), None
    request = {"root": package_root(options.tree), "ep": 1, "dp": 1, "want": "plan", "lines": False, "explain": None, "fold": False,
               **{k: deployment[k] for k in ("config", "device", "tp", "args", "env", "phases")}}
    done = subprocess.run([options.python, os.path.join(HERE, "execute.py")], input=json.dumps(request),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    records = read(done.stdout)
    if kept and any(r["kind"] == "end" for r in records):
        with open(kept, "w", encoding="utf-8") as file:
            file.write(done.stdout)
    return (records, None) if any(r["kind"] == "end" for r in records) else (None, done.stderr[-500:])


def package_root(tree):
    """The folder that holds the package, as kplan finds it."""
    return os.path.join(tree, "python") if os.path.isdir(os.path.join(tree, "python")) else tree


def compare_phase(planned, executed):
    """(equal, one line)"""
    if planned == executed:
        return True, "equal, %d launches" % len(executed)
    names = [[x[:2] for x in side] for side in (executed, planned)]
    matcher = difflib.SequenceMatcher(None, *names, autojunk=False)
    same = sum(block.size for block in matcher.get_matching_blocks())
    if names[0] == names[1]:
        where = next(i for i, (a, b) in enumerate(zip(planned, executed)) if a != b)
        return False, "the same %d launches, other shapes: %s at %s: %s, executed %s" % (
            len(executed), *executed[where][:2], planned[where][2], executed[where][2])
    tag, a, b, c, d = next(code for code in matcher.get_opcodes() if code[0] != "equal")
    shown = "; ".join("%s %s" % (word, ", ".join("%s at %s" % x[:2] for x in side[:3]) or "nothing")
                      for word, side in (("executed", executed[a:b]), ("planned", planned[c:d])))
    return False, "%d of %d agree in order, %d planned; first: %s" % (same, len(executed), len(planned), shown)


def run(options, deployment):
    """Prints the rows of a deployment; whether both sides agree."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as config:
        json.dump(deployment["config"], config)
        config.flush()
        planned, wrong = plan(options, deployment, config.name)
    if planned is None:
        print("%s: kplan failed: %s" % (deployment["name"], wrong.strip()), flush=True)
        return False
    executed, wrong = execute(options, deployment)
    if executed is None:
        print("%s: not executed: %s" % (deployment["name"], wrong.strip().splitlines()[-1:]), flush=True)
        return None
    refused, ours = refusals(executed), refusals(planned)
    lacks = next((r["why"] for r in executed if r["kind"] == "unresolved"
                  and r["why"].startswith(("ImportError", "ModuleNotFoundError"))), None)
    if lacks is not None:
        print("%s: not executed: the real side lacks a package: %s" % (deployment["name"], lacks.partition("\n")[0]), flush=True)
        return None
    equal, ran = True, False
    for phase in [None] if None in refused or None in ours else [p["phase"] for p in deployment["phases"]]:
        if phase in refused and phase in ours:
            says = "refused by both: %s" % refused[phase]
        elif phase in refused or phase in ours:
            equal, ran, says = False, True, "refused by %s" % (
                "sglang: " + refused[phase] if phase in refused else "the plan: " + ours[phase])
        else:
            one, says = compare_phase(launches(planned, phase), launches(executed, phase))
            equal, ran = equal and one, True
        print("%s: %s: %s" % (deployment["name"], phase or "build", says), flush=True)
    return equal if ran else "; ".join(refused.values())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kplan", required=True)
    parser.add_argument("--tree", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("-n", type=int, default=4)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", help="folder of what was executed, which is not executed again: for work on kplan")
    parser.add_argument("configs", nargs="+")
    options = parser.parse_args()
    configs = {}
    for path in options.configs:
        with open(path, encoding="utf-8") as file:
            configs[os.path.basename(path).rpartition(".")[0]] = json.load(file)
    results = []
    for deployment in itertools.islice(draw(configs, options.seed), MOST * options.n):
        if options.only in deployment["name"]:
            results.append(run(options, deployment))
        if sum(r in (True, False) for r in results) == options.n:
            break
    ran, refused = [r for r in results if r in (True, False)], collections.Counter(r for r in results if type(r) is str)
    share = 100 * sum(ran) // len(ran) if ran else 0
    for why, count in refused.most_common():
        print("%d refused by both: %s" % (count, why))
    print("%d deployments drawn: %d refused by both, %d could not be executed, %d ran: %d equal, %d differ: %d %% are equal" % (
        len(results), sum(refused.values()), results.count(None), len(ran), sum(ran), len(ran) - sum(ran), share))
    sys.exit(0 if share >= NEEDED else 1)


main()
