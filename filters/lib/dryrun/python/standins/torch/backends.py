# SPDX-License-Identifier: Apache-2.0
"""torch.backends: switches that are set and read."""
import sys
import types


class Switches(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name.startswith(("is_", "has_")):
            return lambda *a, **k: name in ("is_available", "is_built")
        if name in ("matmul", "mha", "conv", "mkldnn"):
            s = Switches("torch.backends." + name)
            setattr(self, name, s)
            return s
        return lambda *a, **k: None


for _n in ("cuda", "cudnn", "mps", "mkldnn", "mkl", "openmp", "opt_einsum", "cpu", "xeon", "nnpack"):
    globals()[_n] = sys.modules["torch.backends." + _n] = Switches("torch.backends." + _n)
cuda.enable_cudnn_sdp = cuda.enable_flash_sdp = lambda *a: None
cuda.is_built = lambda: True
mps.is_available = lambda: False
cudnn.version = lambda: 91002
cudnn.is_available = lambda: True
__path__ = []
