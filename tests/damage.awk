# SPDX-License-Identifier: Apache-2.0
# Damages two in a hundred kernels of a record stream at random: awk -v seed=N -f damage.awk.
# A kernel is lost, comes twice, changes times with the next, or begins much later; what was
# touched carries "damaged":true.

function chance() {
	state = (state * 69069 + 1) % 4294967296
	return state / 4294967296
}

function mark(line) {
	if (line !~ /"damaged":true/)
		sub(/}$/, ",\"damaged\":true}", line)
	return line
}

function time_of(line) {
	match(line, /"ts":[0-9.]+/)
	return substr(line, RSTART + 5, RLENGTH - 5)
}

function with_time(line, time) {
	sub(/"ts":[0-9.]+/, "\"ts\":" time, line)
	return mark(line)
}

BEGIN {
	state = seed + 1
	chance()
}

{ line[NR] = $0 }

/^{"kind":"kernel"/ { kernel[++kernels] = NR }

END {
	for (i = 1; i <= kernels; i++) {
		at = kernel[i]
		if (chance() >= 0.02)
			continue
		what = int(chance() * 4)
		if (what == 0) {
			line[at] = ""
		} else if (what == 1) {
			line[at] = line[at] "\n" mark(line[at])
		} else if (what == 2 && i < kernels) {
			next_at = kernel[i + 1]
			time = time_of(line[at])
			line[at] = with_time(line[at], time_of(line[next_at]))
			line[next_at] = with_time(line[next_at], time)
			i++
		} else {
			later = kernel[i + 5 + int(chance() * 100) < kernels ? i + 5 + int(chance() * 100) : kernels]
			if (line[later] != "")
				line[at] = with_time(line[at], time_of(line[later]))
		}
	}
	for (i = 1; i <= NR; i++)
		if (line[i] != "")
			print line[i]
}
