# SPDX-License-Identifier: Apache-2.0
"""torch.distributed: groups of the right size without peers; this process is rank 0 of each it is in."""
import datetime

from launches.permissive import Instance, undescribed
from launches.record import QUIET, launch

from .._core import Tensor


class ReduceOp:
    SUM, AVG, PRODUCT, MIN, MAX, BAND, BOR, BXOR, PREMUL_SUM = range(9)

    class RedOpType:
        SUM, AVG, PRODUCT, MIN, MAX = range(5)


class Backend(str):
    GLOO, NCCL, MPI, UCC, UNDEFINED = "gloo", "nccl", "mpi", "ucc", "undefined"
    backend_list = ["undefined", "gloo", "nccl", "mpi", "ucc"]

    @classmethod
    def register_backend(cls, *a, **k): return None


class Work(Instance):
    _full = "torch.distributed.Work"

    def wait(self, *a): return True
    def is_completed(self): return True


class ProcessGroup:
    made = 0

    def __init__(self, ranks=(0,), backend="nccl", *a, **k):
        ProcessGroup.made += 1
        self.ranks, self.backend, self.group_name = list(ranks), backend, "group %d" % ProcessGroup.made
        self.bound_device_id = None

    def rank(self): return self.ranks.index(0) if 0 in self.ranks else -1
    def size(self): return len(self.ranks)
    def name(self): return self.backend
    def _get_backend(self, d): return Instance()
    def _get_backend_name(self): return self.backend
    def get_group_store(self): return TCPStore()
    def barrier(self, *a, **k): return Work()


class TCPStore(Instance):
    _full = "torch.distributed.TCPStore"

    def set(self, *a): return None
    def get(self, *a): return b""
    def wait(self, *a): return None
    def add(self, *a): return 1


class Store(TCPStore):
    pass


PrefixStore = FileStore = HashStore = Store


class group:
    WORLD = None


GroupMember = group
WORLD = [None]
default_pg_timeout = datetime.timedelta(minutes=10)


def of(g):
    return g if isinstance(g, ProcessGroup) else WORLD[0]


def init_process_group(backend=None, init_method=None, timeout=None, world_size=-1, rank=-1, store=None, **k):
    WORLD[0] = group.WORLD = ProcessGroup(range(max(world_size, 1)), backend or "nccl")


def is_initialized(): return WORLD[0] is not None
def is_available(): return True
def is_nccl_available(): return True
def is_gloo_available(): return True
def is_mpi_available(): return False


def new_group(ranks=None, timeout=None, backend=None, **k):
    return ProcessGroup(ranks if ranks is not None else WORLD[0].ranks, backend or "nccl")


def get_rank(group=None): return of(group).rank() if of(group) else 0
def get_world_size(group=None): return of(group).size() if of(group) else 1
def get_backend(group=None): return of(group).backend
def get_process_group_ranks(group=None): return of(group).ranks
def get_global_rank(group, r): return of(group).ranks[r]
def get_group_rank(group, r): return of(group).ranks.index(r)
def destroy_process_group(*a, **k): return None
def barrier(*a, **k): return None
def monitored_barrier(*a, **k): return None
def broadcast_object_list(objects, *a, **k): return None
def get_node_local_rank(*a): return 0


def all_gather_object(out, obj, *a, **k):
    for i in range(len(out)):
        out[i] = obj


def gather_object(obj, object_gather_list=None, *a, **k):
    if object_gather_list:
        all_gather_object(object_gather_list, obj)


def on_device(x):
    if isinstance(x, Tensor):
        return x.device.type != "cpu" and 0 not in x.shape      # NCCL starts nothing for nothing
    if isinstance(x, (list, tuple)):
        return any(map(on_device, x))
    return False


def collective(name):
    def f(*a, **k):
        if on_device(a) or on_device(list(k.values())):
            launch("nccl", "torch.distributed." + name, (a, k))
        return Work() if k.get("async_op") or name in ("isend", "irecv") else None
    f.__name__ = name
    return f


for _n in ("all_reduce", "broadcast", "reduce_scatter_tensor", "reduce_scatter_single", "reduce_scatter", "all_to_all_single", "all_to_all", "send", "recv", "isend", "irecv",
           "reduce", "scatter", "all_reduce_coalesced", "_reduce_scatter_base"):
    globals()[_n] = collective(_n)


def all_gather(out, t, group=None, async_op=False):
    if on_device(t):
        launch("nccl", "torch.distributed.all_gather", (t,))
    with QUIET:
        for x in out:
            x.copy_(t)


def gather(t, gather_list=None, dst=None, group=None, async_op=False, group_dst=None):
    if on_device(t):
        launch("nccl", "torch.distributed.gather", (t,))
    with QUIET:
        for x in gather_list or ():
            x.copy_(t)


def all_gather_into_tensor(out, t, group=None, async_op=False):
    if on_device(t):
        launch("nccl", "torch.distributed.all_gather_into_tensor", (out, t))
    elif out.numel() and t.numel():
        with QUIET:
            out.view(-1, t.numel()).copy_(t.reshape(1, -1))


_all_gather_base = all_gather_single = all_gather_into_tensor


def batch_isend_irecv(ops): return []


class P2POp:
    def __init__(self, op, tensor, peer=None, group=None, **k):
        self.op, self.tensor, self.peer = op, tensor, peer


from . import _symmetric_memory, distributed_c10d   # noqa: E402


def __getattr__(name):
    return undescribed("torch.distributed", name)
