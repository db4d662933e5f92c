# SPDX-License-Identifier: Apache-2.0
from . import _elementwise, _reduce

globals().update({n: f for n, f in _elementwise.F.items() if not n.endswith("_")})
softmax, log_softmax, logsumexp = _reduce.softmax, _reduce.log_softmax, _reduce.FUNCTIONS["logsumexp"]
