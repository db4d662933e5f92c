#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# yamlgen on a report of 1,000,000 rows against Python's csv module, in turn: the reader alone
# with the same sums, and DictReader, as scripts use it; and beside duckdb and polars, where
# PYTHON (python3) has them, which do not name kernels.
set -euo pipefail
cd "$(dirname "$0")/../.." || exit
command -v python3 >/dev/null || { echo "yamlgen: python3 is not installed: nothing to compare with"; exit 0; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The rows of the fixtures' reports over and over, with other times.
python3 -c '
import csv, glob, sys
rows = [row for path in sorted(glob.glob("fixtures/yamlgen/contract/run/**/*.csv", recursive=True))
        for row in csv.reader(open(path, newline=""))]
header, rows = rows[0], [row for row in rows if row[1].isdigit()]
out = csv.writer(sys.stdout, lineterminator="\n")
out.writerow(header)
for i in range(1000000):
    row = rows[i % len(rows)]
    out.writerow([row[0], i * 7919 % 1000003] + row[2:])' >"$work/rows.csv"

python_reader='
import collections, csv, sys
total = collections.Counter()
with open(sys.argv[1], newline="") as file:
    for row in csv.reader(file):
        if row[1].isdigit():
            total[row[-1]] += int(row[1])'
python_dict='
import collections, csv, sys
total = collections.Counter()
with open(sys.argv[1], newline="") as file:
    for row in csv.DictReader(file):
        if row["Total Time (ns)"].isdigit():
            total[row["Name"]] += int(row["Total Time (ns)"])'

seconds() {
	local begin end
	begin=$(date +%s%N)
	"$@" >/dev/null
	end=$(date +%s%N)
	echo $(((end - begin) / 1000))
}
for _ in 1 2 3 4 5 6 7; do
	echo "$(seconds bin/yamlgen "$work/rows.csv") $(seconds python3 -c "$python_reader" "$work/rows.csv") $(seconds python3 -c "$python_dict" "$work/rows.csv")"
done | sort -n | awk -v size="$(stat -c %s "$work/rows.csv")" '
	{ ours[NR] = $1; reader[NR] = $2 / $1; dict[NR] = $3 / $1
	  for (i = 1; i <= 3; i++) if (NR == 1 || $i < fastest[i]) fastest[i] = $i }
	function median(values, n,   i, j, t) { for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++)
		if (values[j] < values[i]) { t = values[i]; values[i] = values[j]; values[j] = t }
		return values[int((n + 1) / 2)] }
	END { printf "yamlgen: 1,000,000 rows, %.0f MB: %.3f s; csv.reader takes %.1f times that, csv.DictReader %.1f times (medians of %d)\n",
		size / 1e6, median(ours, NR) / 1e6, median(reader, NR), median(dict, NR), NR
	  printf "yamlgen: fastest runs, which other work on the machine slows least: %.3f s; csv.reader %.1f times, csv.DictReader %.1f times\n",
		fastest[1] / 1e6, fastest[2] / fastest[1], fastest[3] / fastest[1] }'

python=${PYTHON:-python3}
"$python" -c 'import duckdb, polars' 2>/dev/null ||
	{ echo "yamlgen: $python has no duckdb and polars: nothing else to compare with"; exit 0; }
# Names of the field: 200 of them, and each with a number of its own in it.
python3 -c '
import csv, re, sys
names = [line.rstrip("\n").split("\t")[2] for line in open("fixtures/names/field.tsv")]
with open(sys.argv[1], "w", newline="") as file:
    out = csv.writer(file, lineterminator="\n")
    out.writerow(["Start (ns)", "Duration (ns)", "CorrId", "GrdX", "GrdY", "GrdZ", "BlkX", "BlkY",
                  "BlkZ", "Reg/Trd", "StcSMem (MB)", "DymSMem (MB)", "Bytes (MB)",
                  "Throughput (MB/s)", "SrcMemKd", "DstMemKd", "Device", "Ctx", "GreenCtx", "Strm",
                  "Name"])
    for i in range(1000000):
        out.writerow([i * 5000, i * 7919 % 100003 + 900, i, i % 128 + 1, 1, 1, 128, 1, 1, 64, 0, 0,
                      "", "", "", "", "NVIDIA H100 (0)", 1, "", 7, names[i * 31 % 200]])
with open(sys.argv[2], "w", newline="") as file:
    out = csv.writer(file, lineterminator="\n")
    out.writerow(["Time (%)", "Total Time (ns)", "Instances", "Avg (ns)", "Med (ns)", "Min (ns)",
                  "Max (ns)", "StdDev (ns)", "Name"])
    for i in range(1000000):
        name = names[i % len(names)]
        number = None if name.startswith("_Z") else re.search("[0-9]+", name)
        name = f"{name[:number.start()]}{i}{name[number.end():]}" if number else f"{name}_{i}"
        out.writerow([0.0, 1000 + i, 1, 1000 + i, 1000 + i, 1000 + i, 1000 + i, 0, name])
' "$work/trace.csv" "$work/summary.csv"
"$python" tests/bench/yamlgen-peers.py "$work/trace.csv" "$work/summary.csv"
