# SPDX-License-Identifier: Apache-2.0
def rendezvous(*a, **k):
    from . import TCPStore
    yield (TCPStore(), 0, 1)
