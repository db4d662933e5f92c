# SPDX-License-Identifier: Apache-2.0
from launches.facts import FACTS, nvidia

cuda = FACTS.versions.get("cuda", "12.9") if nvidia() else None
hip = None if nvidia() else FACTS.versions.get("hip", "7.0.51831")
__version__ = FACTS.versions.get("torch", "2.9.1")
git_version, debug, xpu = "", False, None
