# SPDX-License-Identifier: Apache-2.0
# Holds an op-trace document against a kernel-trace document, from the repository's root:
# awk -f cross-validate.awk OP-TRACES KERNEL-TRACES. Any document will do whose ops are links
# [self.op()](../path#L7), nested by indentation. Prints an alert for each finding, with
# what to change.

function alert(description, fix) {
	print "⚠️ OP TRACE ISSUE: " description
	print "Action: Update " op_document " - " fix
	alerts++
}

function read_file(path,    line, number) {
	if (path in size)
		return
	size[path] = 0
	while ((getline line <path) > 0) {
		lines[path, ++number] = line
		size[path] = number
	}
	close(path)
}

function indent_of(text) {
	match(text, /^[ \t]*/)
	return RLENGTH
}

# The line of the `def` that a line is in, 0 at module level.
function function_line(path, line,    at, indent) {
	if ((path, line) in inside)
		return inside[path, line]
	read_file(path)
	indent = indent_of(lines[path, line])
	for (at = line - 1; at > 0 && indent > 0; at--)
		if (lines[path, at] ~ /^[ \t]*(async )?def / && indent_of(lines[path, at]) < indent)
			return inside[path, line] = at
	return inside[path, line] = 0
}

function function_name(path, line,    at, name) {
	at = function_line(path, line)
	if (!at)
		return "module level"
	name = lines[path, at]
	sub(/^[ \t]*(async )?def /, "", name)
	sub(/\(.*/, "", name)
	return name
}

# Where the call really is: the line nearest to the stated one, 0 when nowhere.
function find_call(path, label, line,    distance) {
	read_file(path)
	for (distance = 1; distance < size[path]; distance++) {
		if (line > distance && is_call(path, line - distance, label))
			return line - distance
		if (is_call(path, line + distance, label))
			return line + distance
	}
	return 0
}

function is_call(path, line, label,    text) {
	if (!((path, line) in lines))
		return 0
	text = lines[path, line]
	return index(text, label) > 0 && text !~ /^[ \t]*(async )?def /
}

# Sets label, path and line from the first link of the current line.
function split_link(    link) {
	if (!match($0, /\[[^\]]+\]\(\.\.\/[^)]+#L[0-9]+\)/))
		return 0
	link = substr($0, RSTART, RLENGTH)
	label = link
	sub(/^\[/, "", label)
	sub(/\].*/, "", label)
	sub(/\(\)$/, "", label)
	path = link
	sub(/^[^\]]*\]\(\.\.\//, "", path)
	line = path
	sub(/.*#L/, "", line)
	line += 0
	sub(/#L[0-9]*\)$/, "", path)
	return 1
}

function place(path, line) {
	return path ":" line
}

function check_exists(    found) {
	read_file(path)
	if (is_call(path, line, label))
		return
	found = size[path] ? find_call(path, label, line) : 0
	stale[path, label] = 1
	if (!size[path])
		alert("Op call site " label "() is in " path ", which does not exist", \
		    "remove it, or link to the file that has it now")
	else if (found)
		alert("Op call site " label "() doesn't exist at " place(path, line), \
		    "fix the line number: " line " is to be " found)
	else
		alert("Op call site " label "() doesn't exist at " place(path, line), \
		    "remove it: no line of the file calls it")
}

# Siblings of one function are listed in the order of their lines.
function check_order(    depth, margin, key, i) {
	margin = $0
	gsub(/│/, "|", margin)
	sub(/([├└]─> )?(- |[0-9.]+ )?\[.*/, "", margin)
	depth = length(margin)
	if ($0 ~ /[├└]─> /)
		depth += 4
	for (i in before)
		if (i + 0 > depth)
			delete before[i]
	key = path SUBSEP function_line(path, line)
	if (depth in before && before_key[depth] == key && before[depth] > line)
		alert("Op " label "() (" place(path, line) ") is listed behind " \
		    before_label[depth] "() (line " before[depth] "), but " \
		    function_name(path, line) " calls it first", \
		    "move " label "() before " before_label[depth] "()")
	before[depth] = line
	before_key[depth] = key
	before_label[depth] = label
}

function name_kernel(key) {
	if (named[key, kernel]++)
		return
	kernel_count[key]++
	if (kernel_count[key] <= 3)
		kernels[key] = kernels[key] (kernels[key] ? ", " : "") kernel
}

FNR == 1 { file++ }
file == 1 && FNR == 1 { op_document = FILENAME }

file == 1 && /^#/ { split("", before) }

file == 1 && split_link() {
	ops++
	listed[path, line, label] = 1
	if (!((path, line, label) in seen))
		check_exists()
	seen[path, line, label] = 1
	check_order()
	next
}

file == 2 && /^#### / {
	kernel = $3
}

# What torch and NCCL launch for a deployment is no kernel of the tree.
file == 2 && /^### D[0-9]/ {
	kernel = $0 ~ /\*\((torch|inductor|nccl)\)\*$/ ? "" : $3
}

file == 2 && kernel != "" && index($0, "← **OP**") && split_link() {
	key = path SUBSEP line SUBSEP label
	if (!(key in reached)) {
		reached[key] = ++reached_count
		order[reached_count] = key
	}
	name_kernel(key)
}

END {
	for (i = 1; i <= reached_count; i++) {
		key = order[i]
		if (key in listed)
			continue
		split(key, part, SUBSEP)
		if ((part[1], part[3]) in stale)
			continue
		alert("Op " part[3] "() at " place(part[1], part[2]) " is missing, but " \
		    kernel_count[key] " kernels trace to it (" kernels[key] \
		    (kernel_count[key] > 3 ? ", ..." : "") ")", \
		    "add [" part[3] "()](../" part[1] "#L" part[2] ") to " \
		    function_name(part[1], part[2]))
	}
	printf "%d ops listed, %d ops that kernels trace to: %d issues\n", ops, reached_count, alerts
	exit alerts > 0
}
