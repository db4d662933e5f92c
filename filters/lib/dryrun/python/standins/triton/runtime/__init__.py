# SPDX-License-Identifier: Apache-2.0
import types

from launches.facts import FACTS, nvidia
from launches.permissive import undescribed


class Utils:
    def get_device_properties(self, d=0):
        return {"max_shared_mem": FACTS.device["shared"], "multiprocessor_count": FACTS.device["sms"], "warpSize": 32 if nvidia() else 64,
                "max_num_regs": 65536, "sm_clock_rate": 1980000, "mem_clock_rate": 2619000, "mem_bus_width": 5120}


class Active:
    utils = Utils()

    def get_current_target(self):
        d = FACTS.device
        if nvidia():
            return types.SimpleNamespace(backend="cuda", arch=d["cc"][0] * 10 + d["cc"][1], warp_size=32)
        return types.SimpleNamespace(backend="hip", arch=d["arch"].partition(":")[0], warp_size=64)

    def get_current_device(self): return 0
    def get_current_stream(self, d=0): return 0
    def get_active_torch_device(self): return __import__("torch").device("cuda", 0)
    def get_device_interface(self): return __import__("torch").cuda
    def get_benchmarker(self): return lambda *a, **k: 1.0


class Driver:
    active = Active()

    def set_active(self, d): return None


driver = Driver()


def __getattr__(name):
    return undescribed("triton.runtime", name)
