# SPDX-License-Identifier: Apache-2.0
"""A copy of the tree whose sources may be broken."""
import os
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def copy(to):
    """The tracked files as they are now, and what was built from them, times kept."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    shutil.rmtree(to, ignore_errors=True)
    os.makedirs(to)
    listed = [name for name in names.stdout.decode().split("\0")
              if name and os.path.exists(os.path.join(ROOT, name))]
    subprocess.run(["cp", "-a", "--parents", *listed, to], cwd=ROOT, check=True)
    subprocess.run(["cp", "-a", "bin", to], cwd=ROOT, check=True)
    os.makedirs(os.path.join(to, "build"))
    for name in os.listdir(os.path.join(ROOT, "build")):
        if name in ("mutants", "asan", "fuzz", "releases", "torch") or name.startswith("lint-"):
            continue
        link = "-al" if name == "inputs" else "-a"
        subprocess.run(["cp", link, os.path.join("build", name), os.path.join(to, "build")],
                       cwd=ROOT, check=True)
