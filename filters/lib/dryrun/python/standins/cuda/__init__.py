# SPDX-License-Identifier: Apache-2.0
from launches.facts import nvidia

if not nvidia():
    raise ModuleNotFoundError("No module named 'cuda'")
