# SPDX-License-Identifier: Apache-2.0
from typing import Any, Union

from ._core import Size, Tensor, device, dtype

Number = Union[int, float, bool]
Device = Any
_dtype, _device, _size = dtype, device, Any
Storage = Any
