# SPDX-License-Identifier: Apache-2.0
# The table of ranks as Markdown: jq -n -r, of the ranks' records one after the other; $all has
# the record of all of them (ranks.jq).

def ms: if . == null then "" else . / 1000 | . * 1000 | round / 1000 | tostring end;
def percent: if . == null then "" else (if . > 0 then "+" else "" end) + tostring + "%" end;
# What Markdown or a terminal would take for its own; an underscore in a word is none.
def text: gsub("[\\p{Cc}\\x{2028}-\\x{202e}\\x{2066}-\\x{2069}]"; " ") |
	gsub("(?<mark>[\\]\\[\\\\`*<>|&$]|(?<!\\w)_|_(?!\\w))"; "\\\(.mark)");

$all[0] as $all | ($all.time | keys) as $types |
"# \($all.ranks) ranks",
"",
"Skew, the slowest rank's compute above the median: \($all.skew | percent). " +
	(if $all.stragglers == [] then "No stragglers."
	else "Stragglers: \($all.stragglers | map(tostring) | join(", "))." end) +
	(if $all.layers_differ then " The ranks' passes and layers differ." else "" end),
"",
"Times in ms. Compute is all but communication; skew is against the median of the ranks.",
"",
"| rank | passes | layers | span | busy | compute | skew | " + ($types | join(" | ")) + " | straggler | file |",
"|--:|--:|--:|--:|--:|--:|--:|" + ($types | map("--:|") | join("")) + "---|---|",
(inputs | select(.kind == "rank") | . as $rank |
	"| \(.rank // "") | \(.passes) | \(.layers) | \(.span | ms) | \(.busy | ms) | " +
	"\(.compute | ms) | \(.compute_skew | percent) | " +
	($types | map($rank.time[.] | ms) | join(" | ")) +
	" | \(if .straggler then "straggler" else "" end) | \(.file | text) |")
