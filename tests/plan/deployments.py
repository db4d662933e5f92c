# SPDX-License-Identifier: Apache-2.0
"""Draws deployments of sglang from a seed: models, devices, degrees of parallelism, server arguments.

draw(configs, seed) yields {name, config, device, tp, args, env, phases} without end, the same for the same seed:
each model once before one comes again. What a server would refuse is drawn as well: a plan must then say so, too.
"""
import itertools
import random

DEVICES = ("h200", "h100", "b200", "mi300x", "mi355x")
ARGUMENTS = (
    (), (), (),
    ("--attention-backend", "triton"),
    ("--attention-backend", "flashinfer"),
    ("--disable-cuda-graph",),
    ("--kv-cache-dtype", "fp8_e4m3"),
    ("--quantization", "fp8"),
    ("--enable-dp-attention", "--dp", "2"),
    ("--disable-radix-cache", "--chunked-prefill-size", "2048"),
    ("--page-size", "64"),
    ("--enable-torch-compile",),
    ("--disable-custom-all-reduce",),
    ("--sampling-backend", "pytorch"),
)
# A few layers of each kind stand for all; the plan and the run have the same ones.
MOST_LAYERS = 5


def shortened(config):
    config = dict(config)
    for part in (config, config.get("text_config") or {}):
        deep = part.get("num_hidden_layers", 0)
        if deep > MOST_LAYERS:
            part.update({name: value[:MOST_LAYERS] for name, value in part.items() if isinstance(value, list) and len(value) == deep},
                        num_hidden_layers=MOST_LAYERS)
    return config


def draw(configs, seed):
    dice = random.Random("deployments %s" % seed)
    names = sorted(configs)
    dice.shuffle(names)
    for name in itertools.cycle(names):
        device, tp = dice.choice(DEVICES), dice.choice((1, 1, 2, 4, 8))
        arguments = list(dice.choice(ARGUMENTS))
        sizes = {"batch": dice.choice((1, 8, 32, 64)), "kv": dice.choice((0, 128, 1024, 4096)), "new": dice.choice((256, 1024, 4096))}
        # Without aiter sglang wants vllm on AMD, which no release brings.
        env = {"SGLANG_USE_AITER": "1"} if device.startswith("mi") else {}
        yield {"name": "%s %s tp%d b%d n%d k%d %s" % (name, device, tp, *(sizes[x] for x in ("batch", "new", "kv")), " ".join(arguments)),
               "config": shortened(configs[name]), "device": device, "tp": tp, "args": arguments, "env": env,
               "phases": [{"phase": phase, **sizes} for phase in ("decode", "extend-prefix" if sizes["kv"] else "extend")]}
