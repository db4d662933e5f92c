# SPDX-License-Identifier: Apache-2.0
def to_dlpack(x): return x
def from_dlpack(x): return x
