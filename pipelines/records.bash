# SPDX-License-Identifier: Apache-2.0
# From traces as people have them to records: packed or not, damaged, records already, or stdin.
# Sourced after command.bash; needs WORK (kept.bash).

# is_records FILE: it has records, packed or not, and is no trace of a profiler.
is_records() {
	local start
	start=$( (gzip -dcf -- "$1" 2>/dev/null || :) | head -c 16 | tr -d '\0')
	[[ $start == '{"kind":"'* ]]
}

# trace_file FILE: set TRACE to a file that can be read more than once: the file, or what stdin
# (-) holds.
trace_file() {
	TRACE=$1
	if [ "$1" = - ]; then
		[ ! -e "$WORK/stdin" ] || fail '- is given twice: stdin can be read once'
		cat >"$WORK/stdin"
		TRACE=$WORK/stdin
		return
	fi
	[[ $TRACE != -* ]] || TRACE=./$TRACE
	[ -e "$TRACE" ] || fail "$1: no such file"
	[ ! -d "$TRACE" ] || fail "$1: is a folder; which trace of it?"
}

# has_types FILE: its first kernel has a type, or it has no kernel.
has_types() {
	local kernel
	kernel=$( (gzip -dcf -- "$1" 2>/dev/null || :) | grep -m 1 '^{"kind":"kernel"' || :)
	[[ -z $kernel || $kernel == *'"type":'* ]]
}

# classified TRACE [RULES]: all records of it, kernels with their types, on stdout. Damage is
# passed over, and tr-parse says what was lost.
classified() {
	if ! is_records "$1"; then
		found tr-parse -k -s all -- "$1" | found tr-classify ${2:+-r "$2"}
	elif has_types "$1"; then
		gzip -dcf -- "$1"
	else
		gzip -dcf -- "$1" | found tr-classify ${2:+-r "$2"}
	fi
}

# layered TRACE [RULES]: those, with pass and layer, and the account of the wall time after them.
# What is that already stays so.
layered() {
	local records
	records=$(mktemp -- "$WORK/layered.XXXXXX")
	if is_records "$1" && (gzip -dcf -- "$1" || :) 2>/dev/null | grep -qE -m 1 '^\{"kind":"(pass|layer)"'; then
		gzip -dcf -- "$1"
		return
	fi
	classified "$@" | found tr-layers --kernels >"$records"
	cat -- "$records"
	found tr-account --gaps all "$records"
}
