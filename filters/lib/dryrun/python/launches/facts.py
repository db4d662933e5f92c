# SPDX-License-Identifier: Apache-2.0
"""What is known of the machine and of the release: rows of data/*.json, chosen by the driver before anything is imported."""
import json

import _warpipe


class Facts:
    device = {}           # a row of data/devices.json
    vendor = "nvidia"
    versions = {}         # distribution -> version, as importlib.metadata would say
    gpus = 8
    used_bytes = 0        # of the device's memory, by weights
    generic_configs = False   # an unknown model type is taken as the file says it
    packages = {}         # data/packages.json


FACTS = Facts()


def data(name):
    return json.loads(_warpipe.read_embedded("data/%s.json" % name))


def choose_device(name):
    rows = data("devices")
    key = name.lower()
    if key not in rows:
        raise SystemExit("no device is called %s; known: %s" % (name, " ".join(sorted(rows))))
    FACTS.device = rows[key]
    FACTS.vendor = rows[key]["vendor"]
    FACTS.packages = data("packages")
    return rows[key]


def nvidia():
    return FACTS.vendor == "nvidia"
