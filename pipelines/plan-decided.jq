# SPDX-License-Identifier: Apache-2.0
# Of each launch of $phase whose kernel and place the other plan ($there: its rows, a line each)
# does not have: the outermost of its calls that is not among the other's $lines, and the kernel.
($there | split("\n") | map(split(" ")[:2] | join(" "))) as $rows
| select(.kind == "launch" and .phase == $phase)
| (.frames | map("\(.file):\(.line)")) as $sites
| ($sites[.op // 0] // $sites[0] // "?" | sub("^.*/srt/"; "")) as $where
| select("\(.kernel) \($where)" | IN($rows[]) | not)
| .kernel as $kernel
| [.frames | reverse[] | . as $frame
   | select(($lines[0][$phase][$frame.file] // []) | index($frame.line) | not)][0]
| select(. != null) | "\(.file):\(.line)\t\($kernel)"
