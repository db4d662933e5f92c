# SPDX-License-Identifier: Apache-2.0
# The launches of $phase as rows: what tells a launch from another (kernel, where, which layers),
# then layers, kernel, source, where it is called, and the shapes of its first tensors.
select(.kind == "launch" and .phase == $phase)
| (.frames | map("\(.file):\(.line)")) as $sites
| (if .layer == null then "-" elif .repeat > 1 then "\(.layer)-\(.layer + .repeat - 1)"
   else "\(.layer)" end) as $layers
| ($sites[.op // 0] // $sites[0] // "?" | sub("^.*/srt/"; "")) as $where
| (.shapes // [] | .[:3] | map(map(tostring) | join("x")) | join(" ")) as $shapes
| ["\(.kernel) \($where) \($layers)", $layers, .kernel, .source, $where,
   (if $shapes == "" then "yes" else $shapes end)] | @tsv
