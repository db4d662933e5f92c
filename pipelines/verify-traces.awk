# SPDX-License-Identifier: Apache-2.0
# Checks a trace document: awk -f verify-traces.awk KERNELS DOCUMENT, from the repository's
# root. KERNELS has a name a line. Every file a link leads to exists; every linked line has
# the call that the link names, and is no definition; every kernel is in the document; every
# trace has an op and ends in model code. Prints what is wrong, then what was checked.

function problem(text) {
	print text
	errors++
}

# Keep the lines of a file; 0 when it is not there.
function read_file(path,    line, number, status) {
	if (path in present)
		return present[path]
	while ((status = (getline line <path)) > 0)
		lines[path, ++number] = line
	close(path)
	present[path] = status == 0
	if (!present[path])
		problem("MISSING: " path)
	return present[path]
}

# Whether the line has the name, and not just a longer one that begins alike.
function has_name(text, name,    at) {
	while ((at = index(text, name)) > 0) {
		text = substr(text, at + length(name))
		if (text !~ /^[A-Za-z0-9_]/)
			return 1
	}
	return 0
}

# One link, as "[call()](../path#L7)".
function check_link(link,    label, path, line, text) {
	links++
	if (link in checked)
		return
	checked[link] = 1
	distinct++
	label = link
	sub(/^\[/, "", label)
	sub(/\].*/, "", label)
	sub(/\(\)$/, "", label)
	path = link
	sub(/^[^\]]*\]\(\.\.\//, "", path)
	line = path
	sub(/.*#L/, "", line)
	sub(/\)$/, "", line)
	sub(/#L[0-9]*\)$/, "", path)
	if (!read_file(path))
		return
	text = lines[path, line + 0]
	if (!has_name(text, label))
		problem("ERROR - Line " line " in " path " does not contain '" label "'\n" \
		    "  Link: " link "\n  Line: " text)
	else if (text ~ /^[ \t]*def /)
		problem("ERROR - Line " line " is a definition, not a call site\n" \
		    "  Link: " link "\n  Line: " text)
}

# The trace that ends here: its last line is a leaf, and an op was on the way.
function end_trace() {
	if (root == "")
		return
	traces++
	if (!has_op)
		problem("ERROR - Trace has no op\n  Trace: " root)
	end_leaf(-1)
	root = ""
}

# A line is a leaf when the next one is not deeper.
function end_leaf(next_depth) {
	if (last_link != "" && next_depth <= last_depth && last_link !~ /\/models\//)
		problem("ERROR - Trace does not end in model code\n  Line: " last_link)
	last_link = ""
}

function trace_line(link, depth) {
	end_leaf(depth)
	last_link = link
	last_depth = depth
	if (index($0, "← **OP**"))
		has_op = 1
}

FNR == 1 { file++ }

file == 1 {
	kernels[$0] = 1
	kernel_count++
	next
}

{
	rest = $0
	first = ""
	while (match(rest, /\[[^\]]+\]\(\.\.\/[^)]+#L[0-9]+\)/)) {
		link = substr(rest, RSTART, RLENGTH)
		if (first == "")
			first = link
		check_link(link)
		rest = substr(rest, RSTART + RLENGTH)
	}
}

/\]\(\.\.\/[^)#]+\)/ {
	match($0, /\]\(\.\.\/[^)#]+\)/)
	read_file(substr($0, RSTART + 5, RLENGTH - 6))
}

/^\| / || /^####? / || /^- / {
	text = $0
	gsub(/\\_/, "_", text)
	count = split(text, words, /[^A-Za-z0-9_]+/)
	for (i = 1; i <= count; i++)
		documented[words[i]] = 1
}

/^#/ { end_trace() }
/^## / { in_details = $0 ~ /Detailed Call Chains|Inventory/ }

in_details && /^\[/ && first != "" {
	end_trace()
	root = $0
	has_op = 0
	trace_line(first, 0)
	next
}

in_details && root != "" && /[├└]─> / && first != "" {
	margin = $0
	gsub(/│/, "|", margin)
	sub(/[├└]─> .*/, "", margin)
	trace_line(first, int(length(margin) / 4) + 1)
}

END {
	end_trace()
	for (kernel in kernels)
		if (!(kernel in documented))
			problem("MISSING KERNEL: " kernel)
	for (path in present)
		files++
	if (links == 0)
		problem("ERROR - no links found: is this a trace document?")
	printf "%d links checked (%d distinct) in %d files, %d traces, %d kernels: %d errors\n",
	    links, distinct, files, traces, kernel_count, errors
	exit errors > 0
}
