# SPDX-License-Identifier: Apache-2.0
from launches.permissive import undescribed

__path__ = []
backends = {}


def __getattr__(name):
    return undescribed("triton.backends", name)
