# SPDX-License-Identifier: Apache-2.0
"""torch.autograd: forward only."""


class Context:
    needs_input_grad = (False,) * 64

    def save_for_backward(self, *a): self.saved_tensors = a
    def mark_non_differentiable(self, *a): return None
    def mark_dirty(self, *a): return None
    def set_materialize_grads(self, v): return None


class Function:
    @classmethod
    def apply(cls, *a, **k):
        if "setup_context" in cls.__dict__:
            return cls.forward(*a, **k)
        return cls.forward(Context(), *a, **k)


class function:
    Function = Function
    FunctionCtx = Context


class graph:
    class Node:
        pass


class profiler:
    record_function = None


class set_detect_anomaly:
    def __init__(self, *a): pass


def _profiler_enabled(): return False
def grad(*a, **k): raise RuntimeError("no gradients in a dry run")


inference_mode = no_grad = type("no_grad", (), {"__enter__": lambda s: s, "__exit__": lambda s, *a: False})
