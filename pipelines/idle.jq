# SPDX-License-Identifier: Apache-2.0
# From records of tr-account: the diagnosis, and of the gaps with a record the conditions under
# which the call stands that made the device wait, where the code's tree has them.
def clean: gsub("[[:cntrl:]]"; "?");
if .kind == "diagnosis" then "\(.place). \(.says)" | clean
elif .kind == "gap" and ([.evidence.sites[]? | select(.conditions != [])] | length) > 0 then
	"   \(.gap_ns / 1000) us, \(.cause), before \(.after.short):",
	(.evidence as $evidence | $evidence.sites[] | select(.conditions != []) |
		"      \(.text), \(.file):\(.line), runs if \(.conditions | join(" and "))" +
		(if $evidence.same_line then "" else " (the tree is of another version)" end)) | clean
else empty end
