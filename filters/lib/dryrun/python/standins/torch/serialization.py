# SPDX-License-Identifier: Apache-2.0
def load(*a, **k):
    raise RuntimeError("no files of weights are read in a dry run")


def save(*a, **k):
    return None


def add_safe_globals(*a): return None
