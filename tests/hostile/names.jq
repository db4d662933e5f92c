# SPDX-License-Identifier: Apache-2.0
# Every name, path and piece of source in a stream of records gets $nasty appended, so that
# equal ones stay equal.
def keys_of_text: ["name", "short", "file", "kernel", "call", "text", "function", "module", "alias",
	"reason", "why", "library", "label", "launch", "device", "model", "tree", "guards", "receivers",
	"scope", "class", "definition", "symbol", "title"];
def spoil: if type == "string" then . + $nasty elif type == "array" then map(spoil) else . end;
walk(if type == "object" then
	with_entries(.key as $key | if keys_of_text | index($key) then .value |= spoil else . end)
	else . end)
