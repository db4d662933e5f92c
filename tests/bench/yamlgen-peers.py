# SPDX-License-Identifier: Apache-2.0
"""Times yamlgen beside duckdb and polars on a trace of a million launches and on a summary of a
million distinct names: processor and wall time of the whole process, and its memory."""
import os
import sys
import time

TRACE, SUMMARY = sys.argv[1:3]
DUCKDB = """
import duckdb, sys
path, duration = sys.argv[1:]
duckdb.sql(f'SELECT Name, sum("{duration}"), count(*), min("{duration}"), max("{duration}") '
           f"FROM read_csv('{path}', header = true) GROUP BY Name ORDER BY 2 DESC").fetchall()
"""
POLARS = """
import polars, sys
path, duration = sys.argv[1:]
column = polars.col(duration)
polars.scan_csv(path).group_by("Name").agg(
    column.sum().alias("sum"), polars.len(), column.min().alias("min"), column.max().alias("max")
).sort("sum", descending=True).collect(engine="streaming")
"""


def measure(command):
    begin = time.monotonic()
    pid = os.posix_spawnp(command[0], command, os.environ,
                          file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"{command[0]}: status {status}")
    return time.monotonic() - begin, usage.ru_utime, usage.ru_maxrss / 1024


def compare(what, path, duration, runs):
    programs = {
        "yamlgen": ["bin/yamlgen", "-s", path],
        "duckdb": [sys.executable, "-c", DUCKDB, path, duration],
        "polars": [sys.executable, "-c", POLARS, path, duration],
    }
    figures = {name: [] for name in programs}
    for _ in range(runs):
        for name, command in programs.items():
            figures[name].append(measure(command))
    for name, taken in figures.items():
        wall, user, memory = (sorted(column)[len(taken) // 2] for column in zip(*taken))
        print(f"yamlgen: {what}: {name} {wall:.2f} s, {user:.2f} s of processor time, "
              f"{memory:.0f} MB (medians of {runs})")


compare("1,000,000 launches of 200 names", TRACE, "Duration (ns)", 3)
compare("1,000,000 distinct names", SUMMARY, "Total Time (ns)", 1)
