# SPDX-License-Identifier: Apache-2.0
from . import _reduce

vector_norm = norm = lambda x, ord=2, dim=None, keepdim=False, dtype=None: _reduce.norm(x, ord, dim, keepdim, dtype)
