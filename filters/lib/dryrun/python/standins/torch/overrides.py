# SPDX-License-Identifier: Apache-2.0
class TorchFunctionMode:
    def __enter__(self): return self
    def __exit__(self, *exc): return False


def has_torch_function(*a): return False
def handle_torch_function(*a, **k): raise TypeError("no torch function")
def get_default_nowrap_functions(): return set()
