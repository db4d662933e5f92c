# SPDX-License-Identifier: Apache-2.0
from launches.permissive import undescribed

from . import configuration_auto, modeling_auto
from .configuration_auto import CONFIG_MAPPING, AutoConfig

__path__ = __path__


def __getattr__(name):
    return undescribed("transformers.models.auto", name)
