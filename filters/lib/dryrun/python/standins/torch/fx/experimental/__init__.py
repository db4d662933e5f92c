# SPDX-License-Identifier: Apache-2.0
from launches.permissive import undescribed


def __getattr__(name):
    return undescribed("torch.fx.experimental", name)
