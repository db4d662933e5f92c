# The calls of kernels, a place each: where, under which conditions, and which models get there.
# Input: records of kcallers. SPDX-License-Identifier: Apache-2.0
def short: split("/")[-1] | rtrimstr(".py");
def condition: if .any then .any | map(map(condition) | join(" and ")) | join(" or ")
	elif .not then "not (\(.text))" else .text end;
# What an assert demands is no choice; it is counted.
def conditions: (.asks // []) as $asks | ($asks | map(select(.why == "assert")) | length) as $asserts
	| ($asks[] | select(.why != "assert") | "      if \(condition)"),
	  (if $asserts > 0 then "      (\($asserts) assert\(if $asserts > 1 then "s" else "" end) before it)" else empty end);
def listed($n): if length > $n then .[:$n] + ["and \(length - $n) more"] else . end | join(", ");
[inputs] as $all
| ($all | map(select(.kind == "model")) | length) as $models
| ($all | map(select(.kind == "call"))) as $calls
| ($all | map(select(.kind == "chain"))) as $chains
| ($all | map(select(.kind == "unreached"))) as $unreached
| ($chains | group_by([.kernel, .source, .frames[0].file, .frames[0].line]) | map({
	key: "\(.[0].kernel) \(.[0].source) \(.[0].frames[0].file):\(.[0].frames[0].line)",
	value: .}) | from_entries) as $by_place
| ([$calls[] | {kernel, source, file, line, function, asks}] + [$chains[] | .frames[0] as $f |
	{kernel, source} + ($f | {file, line, function, asks})] | unique_by([.kernel, .source, .file, .line])
	| group_by([.kernel, .source])[]) as $places
| ($places | map($by_place["\(.kernel) \(.source) \(.file):\(.line)"] // [] | .[].model) | unique) as $reaching
| "\($places[0].kernel) (\($places[0].source)): \($places | length) place\(if $places | length > 1 then "s" else "" end)"
	+ (if $models > 0 then ", reached by \($reaching | length) of \($models) models" else "" end),
  ($places[] | . as $place | ($by_place["\(.kernel) \(.source) \(.file):\(.line)"] // []) as $here
	| "  \(.file):\(.line)  \(.function)",
	conditions,
	(if $here == [] then "      no \(if $models > 0 then "model" else "op of the model" end) reaches it"
	 elif $models > 0 then "      models: \($here | map(.model | short) | unique | listed(12))"
	 else $here[0:4][] | "      \([.frames[] | .call] | join(" < "))" end)),
  ($unreached[] | select(.kernel == $places[0].kernel and .source == $places[0].source) | "  \(.reason)"),
  ""
