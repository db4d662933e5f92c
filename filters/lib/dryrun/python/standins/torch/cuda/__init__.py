# SPDX-License-Identifier: Apache-2.0
"""torch.cuda: one machine of equal GPUs out of the device table; streams and graphs only tell where launches go."""
import contextlib
import types

from launches.facts import FACTS, nvidia
from launches.permissive import Instance, undescribed
from launches.record import STATE, launch

from .. import _core
from .._core import CUDA0, device as Device
from . import memory, graphs, nvtx

MIB = 1 << 20


def total_memory():
    """What the runtime reports is a little less than the memory on the label."""
    return int(FACTS.device["memory_mib"] * MIB * (0.995 if nvidia() else 0.9998))


class Properties:
    def __init__(self):
        d = FACTS.device
        self.name, (self.major, self.minor) = d["name"], d["cc"]
        self.multi_processor_count, self.total_memory = d["sms"], total_memory()
        self.shared_memory_per_block_optin, self.shared_memory_per_block = d["shared"], 49152 if nvidia() else 65536
        self.shared_memory_per_multiprocessor = d["shared"] + 1024 if nvidia() else 65536
        self.max_threads_per_multi_processor, self.warp_size = 2048, 32 if nvidia() else 64
        self.regs_per_multiprocessor, self.L2_cache_size, self.l2_cache_size = 65536, d["l2"], d["l2"]
        self.gcnArchName, self.uuid, self.is_integrated, self.pci_bus_id = d.get("arch", ""), "GPU-0", 0, 0
        self.is_multi_gpu_board, self.pci_device_id, self.pci_domain_id = 0, 0, 0


_properties = None


def get_device_properties(device=None):
    global _properties
    if _properties is None:
        _properties = Properties()
    return _properties


def get_device_capability(device=None):
    return tuple(FACTS.device["cc"])


def get_device_name(device=None):
    return FACTS.device["name"]


def is_available():
    return True


def device_count():
    return FACTS.gpus


def current_device():
    return 0


def mem_get_info(device=None):
    return (max(0, int(total_memory() * 0.985) - FACTS.used_bytes), total_memory())


def is_bf16_supported(*a, **k):
    return True


def can_device_access_peer(a, b):
    return True


def is_initialized():
    return True


def get_arch_list():
    return ["sm_%d%d" % tuple(FACTS.device["cc"])] if nvidia() else [FACTS.device["arch"].partition(":")[0]]


def nothing(*a, **k):
    return None


def zero(*a, **k):
    return 0


init = _lazy_init = set_device = synchronize = empty_cache = manual_seed = manual_seed_all = ipc_collect = nothing
reset_peak_memory_stats = reset_max_memory_allocated = set_per_process_memory_fraction = set_sync_debug_mode = nothing
memory_allocated = memory_reserved = max_memory_allocated = max_memory_reserved = utilization = zero


def memory_stats(*a, **k):
    return {}


memory.mem_get_info = mem_get_info
for _n in ("memory_allocated", "memory_reserved", "max_memory_allocated", "max_memory_reserved", "memory_stats", "empty_cache",
           "reset_peak_memory_stats"):
    setattr(memory, _n, globals()[_n])


class Event:
    def __init__(self, *a, **k): pass
    def record(self, *a): return None
    def wait(self, *a): return None
    def synchronize(self): return None
    def query(self): return True
    def elapsed_time(self, other): return 1.0
    def ipc_handle(self): return b""


class Stream:
    made = 0

    def __init__(self, device=None, priority=0, stream_id=None, **k):
        if stream_id is None:
            Stream.made += 1
            stream_id = Stream.made
        self.stream_id = self.id = self.cuda_stream = stream_id
        self.device, self.device_index, self.priority = CUDA0, 0, priority

    def wait_stream(self, other): return None
    def wait_event(self, event): return None
    def synchronize(self): return None
    def query(self): return True
    def record_event(self, event=None): return event or Event()

    def __enter__(self):
        STREAMS.append(self)
        STATE.stream = self.id
        return self

    def __exit__(self, *exc):
        STREAMS.pop()
        STATE.stream = STREAMS[-1].id
        return False

    def __eq__(self, o): return isinstance(o, Stream) and o.id == self.id
    def __hash__(self): return hash(self.id)


ExternalStream = Stream
STREAMS = [Stream(stream_id=0)]
MAIN = STREAMS[0]


def current_stream(device=None):
    return STREAMS[-1]


def default_stream(device=None):
    return MAIN


def set_stream(s):
    STREAMS[-1] = s
    STATE.stream = s.id


def stream(s):
    return s if s is not None else contextlib.nullcontext()


StreamContext = stream


class device(contextlib.AbstractContextManager):
    def __init__(self, *a): pass
    def __exit__(self, *exc): return False


class device_of(device):
    pass


def is_current_stream_capturing():
    return STATE.capturing


CUDAGraph, graph, graph_pool_handle = graphs.CUDAGraph, graphs.graph, graphs.graph_pool_handle
make_graphed_callables = graphs.make_graphed_callables
MemPool, use_mem_pool = Instance, lambda *a, **k: contextlib.nullcontext()
CUDAPluggableAllocator = memory.CUDAPluggableAllocator


class _Cudart:
    def __getattr__(self, name):
        return lambda *a, **k: 0


def cudart():
    return _Cudart()


def check_error(x):
    return None


class OutOfMemoryError(RuntimeError):
    pass


class amp:
    class autocast(device):
        def __init__(self, *a, **k): pass


def get_rng_state(*a):
    return _core.make((16,), _core.uint8, _core.CPU)


set_rng_state = nothing


def __getattr__(name):
    return undescribed("torch.cuda", name)
