# SPDX-License-Identifier: Apache-2.0
def disable(fn=None, recursive=True, **k):
    return fn if callable(fn) else lambda f: f


allow_in_graph = assume_constant_result = disable


def is_compiling(): return False
def is_dynamo_compiling(): return False
def is_exporting(): return False
def reset(): return None
def cudagraph_mark_step_begin(): return None
def set_stance(*a, **k): return disable
