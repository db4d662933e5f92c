# SPDX-License-Identifier: Apache-2.0
# Definitions with the module that each comes from, a record each: $definitions are defgen's,
# $report is its report.
($definitions | map({ key: .name, value: . }) | from_entries) as $by_name |
$report[0].kernels[] | . as $kernel | $by_name[.definition] | select(.) |
{ kind: "definition", name, op_type, path: $kernel.path, file: $kernel.file, line: $kernel.line,
  stage: ([.tags[] | select(startswith("stage:")) | ltrimstr("stage:")] | first),
  axes, inputs, outputs }
