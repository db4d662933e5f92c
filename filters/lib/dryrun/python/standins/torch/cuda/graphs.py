# SPDX-License-Identifier: Apache-2.0
"""Graph capture: the launches inside are marked off, so that the driver can take what a graph holds."""
from launches.record import STATE, forget_conditions, launch

CAPTURES = []             # (first, end) places in STATE.out of each capture


class CUDAGraph:
    def __init__(self, *a, **k):
        self.start = 0

    def capture_begin(self, *a, **k):
        STATE.capturing = True
        if STATE.on_in_capture:
            STATE.on = True
            forget_conditions()
        self.start = len(STATE.out) if STATE.out is not None else 0

    def capture_end(self):
        STATE.capturing = False
        STATE.on = STATE.on and not STATE.on_in_capture
        CAPTURES.append((self.start, len(STATE.out) if STATE.out is not None else 0))

    def replay(self):
        launch("torch", "cudaGraphLaunch", ())

    def reset(self): return None
    def pool(self): return (0, 1)
    def enable_debug_mode(self): return None
    def debug_dump(self, *a): return None
    def raw_cuda_graph(self): return 0
    def instantiate(self): return None


class graph:
    def __init__(self, cuda_graph=None, pool=None, stream=None, capture_error_mode="global", **k):
        from . import Stream
        self.graph = cuda_graph or CUDAGraph()
        self.stream = stream or Stream()

    def __enter__(self):
        self.stream.__enter__()
        self.graph.capture_begin()

    def __exit__(self, *exc):
        self.graph.capture_end()
        self.stream.__exit__()
        return False


def graph_pool_handle():
    return (0, 1)


def is_current_stream_capturing():
    return STATE.capturing


def make_graphed_callables(callables, *a, **k):
    return callables
