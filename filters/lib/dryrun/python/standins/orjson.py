# SPDX-License-Identifier: Apache-2.0
import json

OPT_SERIALIZE_NUMPY = OPT_INDENT_2 = OPT_SORT_KEYS = OPT_NON_STR_KEYS = 0
JSONDecodeError = json.JSONDecodeError


def dumps(x, default=None, option=None): return json.dumps(x, default=default).encode()
def loads(x): return json.loads(x)
