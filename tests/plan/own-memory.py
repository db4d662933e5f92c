# SPDX-License-Identifier: Apache-2.0
"""Shows that torch writes nothing where a tensor is copied onto its own memory: on pages that may only be read.

A write would end this process with a signal, which is tried as well, in a child: the exit status is 0 when
the copy onto itself goes well and the copy from elsewhere does not.
"""
import mmap
import os
import signal
import sys
import tempfile
import warnings

import numpy
import torch


def main():
    warnings.filterwarnings("ignore")               # numpy's memory is not writable, which is what is wanted
    with tempfile.TemporaryFile() as file:
        file.truncate(1 << 16)
        pages = mmap.mmap(file.fileno(), 1 << 16, prot=mmap.PROT_READ)
    query = torch.from_numpy(numpy.frombuffer(pages, dtype=numpy.float32)).view(4, 16, 256)
    rotated = query.split([192, 64], dim=-1)[1]
    query[..., 192:] = rotated                      # as a tree writes back what was rotated in place
    child = os.fork()
    if child == 0:
        query[..., 128:192] = rotated
        os._exit(0)
    written = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print("a copy onto its own memory: nothing is written; a copy from elsewhere: %s" % (
        "signal %d" % -written if written < 0 else "status %d" % written))
    sys.exit(written != -signal.SIGSEGV)


main()
