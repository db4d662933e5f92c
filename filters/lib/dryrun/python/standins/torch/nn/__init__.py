# SPDX-License-Identifier: Apache-2.0
from launches.permissive import undescribed

from . import functional, init, parameter
from .module import Module
from .modules import *          # noqa: F401,F403
from .modules import __dict__ as _all
from .parameter import Buffer, Parameter, UninitializedParameter
from . import modules, utils, attention


def __getattr__(name):
    return undescribed("torch.nn", name)
