# SPDX-License-Identifier: Apache-2.0
from .language import cdiv


def next_power_of_2(n):
    return 1 if n <= 1 else 1 << (int(n) - 1).bit_length()
