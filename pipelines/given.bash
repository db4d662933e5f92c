# SPDX-License-Identifier: Apache-2.0
# What a user gives to make or to a script is data: checked here, and never expanded. Sourced.

# fail WORDS: say them, without what would steer a terminal, and end with status 2. A recipe says
# in PROGRAM what it is.
fail() {
	local said="${PROGRAM:-${0##*/}}: $*"
	printf '%s\n' "${said//[[:cntrl:]]/?}" >&2
	exit 2
}

# given_name VARIABLE VALUE: a name that can be part of a file's name, and of no other folder's.
given_name() {
	local LC_ALL=C
	[[ $2 =~ ^[A-Za-z0-9_][A-Za-z0-9_.+-]*$ ]] ||
		fail "$1: '$2' is no name (letters, digits, and _ . + - within)"
}

# given_number VARIABLE VALUE: a whole number from 1 to 999999.
given_number() {
	local LC_ALL=C
	[[ $2 =~ ^[1-9][0-9]{0,5}$ ]] || fail "$1: '$2' is no whole number from 1 to 999999"
}

# given_numbers VARIABLE VALUE: one or several of them, with commas between.
given_numbers() {
	local LC_ALL=C
	[[ $2 =~ ^[1-9][0-9]{0,5}(,[1-9][0-9]{0,5})*$ ]] ||
		fail "$1: '$2' is no whole number from 1 to 999999, nor several with commas between"
}

# given_files VARIABLE VALUE: set FILES to the files that VALUE names: it is one itself, or words
# with blanks between, in which quotes keep blanks together and * ? [ ] stand for other
# characters, as in a shell; nothing else that a shell knows is looked at.
given_files() {
	local words=() word found
	FILES=()
	if [ -e "$2" ]; then
		FILES=("$2")
		return
	fi
	mapfile -d '' -t words < <(xargs printf '%s\0' <<<"$2" 2>/dev/null || printf 'unbalanced\0\0')
	if [ ${#words[@]} -ge 2 ] && [ -z "${words[-1]}" ] && [ "${words[-2]}" = unbalanced ]; then
		fail "$1: a quote is not closed: $2"
	fi
	for word in "${words[@]}"; do
		if [ -e "$word" ]; then
			FILES+=("$word")
			continue
		fi
		mapfile -d '' -t found < <(IFS= && shopt -s nullglob && for file in $word; do
			[ ! -e "$file" ] || printf '%s\0' "$file"
		done)
		[ ${#found[@]} -gt 0 ] || fail "$1: $word: no such file"
		FILES+=("${found[@]}")
	done
}
