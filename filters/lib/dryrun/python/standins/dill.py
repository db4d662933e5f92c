# SPDX-License-Identifier: Apache-2.0
def dumps(x, *a, **k): return b""
def loads(x, *a, **k): raise ValueError("nothing is unpickled in a dry run")
