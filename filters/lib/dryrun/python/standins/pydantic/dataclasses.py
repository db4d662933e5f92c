# SPDX-License-Identifier: Apache-2.0
from dataclasses import dataclass as _dataclass, field, fields, asdict


def dataclass(cls=None, *, config=None, **k):
    return _dataclass(cls, **k) if cls is not None else (lambda c: _dataclass(c, **k))
