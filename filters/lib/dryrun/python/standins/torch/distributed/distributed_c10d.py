# SPDX-License-Identifier: Apache-2.0
from launches.permissive import undescribed

from . import (Backend, PrefixStore, ProcessGroup, ReduceOp, Store, default_pg_timeout, get_backend, get_process_group_ranks, get_rank,
               get_world_size, is_nccl_available)


class _World:
    pg_map, pg_names, pg_group_ranks, pg_backend_config, group_count = {}, {}, {}, {}, 0


_world = _World()


def _get_default_group():
    from . import WORLD
    return WORLD[0]


def _get_default_timeout(*a): return default_pg_timeout
def _unregister_process_group(*a): return None
def _new_process_group_helper(size, rank, ranks, backend, *a, **k): return (ProcessGroup(range(size), backend), None)


def __getattr__(name):
    return undescribed("torch.distributed.distributed_c10d", name)
