# SPDX-License-Identifier: Apache-2.0
# What all commands of warpipe share: where the programs are, options and help from one table,
# names that are close to a wrong one, and the last line with the files that were written. Sourced.
#
# A command sets, before `options "$@"`:
#   USAGE     its operands, as in 'BEFORE AFTER'
#   SENTENCE  what it does
#   OPTIONS   an option a line: letter|name|VALUE|help; VALUE ends with ... where the option may be
#             given again, and is empty where it takes none
#   EXAMPLE   one line that runs
# and, for each option, a variable of that name (- becomes _) with what holds if it is not given.
# `options` sets them, and OPERANDS. --help is for people, --print-options for completions.

# Status 1 is a finding. What fails otherwise, such as mkdir, has said why, and is a failure.
set -E
trap 'exit $(($? == 1 ? 2 : $?))' ERR

COMMAND=${WARPIPE_COMMAND:-${0##*/}}
# shellcheck disable=SC2034 # given.bash says it in messages
PROGRAM=$COMMAND
PIPELINES=$(cd -- "${BASH_SOURCE[0]%/*}" && pwd)
# shellcheck source=pipelines/given.bash
. "$PIPELINES/given.bash"

# The programs of the same build go before others: BIN or WARPIPE_BIN, beside this folder, or where
# it is installed.
programs() {
	local folder
	for folder in "${BIN:-}" "${WARPIPE_BIN:-}" "$PIPELINES/../bin" "$PIPELINES/../../bin"; do
		if [ -n "$folder" ] && [ -x "$folder/tr-parse" ]; then
			PATH=$(realpath -e -- "$folder"):$PATH
			return
		fi
	done
	command -v tr-parse >/dev/null || fail 'the programs are not there: run make all'
}

# close_names WORD < NAMES: those that are a few letters from the word, the nearest first.
close_names() {
	awk -v word="$1" -f "$PIPELINES/close-names.awk" | sort -n | head -n 3 | cut -f 2
}

# unknown WHAT WORD < NAMES: end with status 2, and say which names are close.
unknown() {
	local near
	near=$(close_names "$2")
	fail "there is no $1 '$2'${near:+: did you mean ${near//$'\n'/, }?}"
}

help() {
	local letter name value text
	echo "usage: $COMMAND [OPTION]... ${USAGE:-}"
	printf '%s\n\n' "$SENTENCE"
	while IFS='|' read -r letter name value text; do
		[ -z "$name" ] || printf '  %-4s%-20s %s\n' "${letter:+-$letter, }" "--$name${value:+ ${value%...}}" "$text"
	done <<<"$OPTIONS"
	printf '  %-4s%-20s %s\n\nexample: %s\n' '-h,' --help 'print this help' "$EXAMPLE"
	echo "exit status: ${STATUS:-0 done, what was lost or left out is said on stderr; 2 failed}"
}

# options ARGUMENT...: see above.
options() {
	local letter name value text letters=h names=help words option variable
	local -A long=() takes=()
	while IFS='|' read -r letter name value text; do
		[ -n "$name" ] || continue
		takes[$name]=$value
		names+=,$name${value:+:}
		[ -z "$letter" ] || { letters+=$letter${value:+:}; long[-$letter]=--$name; }
	done <<<"$OPTIONS"
	if [ "${1:-}" = --print-options ]; then
		grep . <<<"$OPTIONS" | sed 's/\.\.\.|/|/' | tr '|' '\t'
		exit
	fi
	words=$(getopt -n "$COMMAND" -o "$letters" -l "$names" -- "$@") || {
		echo "$COMMAND: try $COMMAND --help" >&2
		exit 2
	}
	eval "set -- $words"
	while [ "$1" != -- ]; do
		option=${long[$1]:-$1}
		shift
		case $option in
		-h | --help) help; exit ;;
		esac
		option=${option#--} variable=${option//-/_}
		case ${takes[$option]} in
		'') declare -g "$variable=1" ;;
		*...) local -n given_list=$variable && given_list+=("$1") && unset -n given_list && shift ;;
		*) declare -g "$variable=$1" && shift ;;
		esac
	done
	shift
	# shellcheck disable=SC2034 # for the command
	OPERANDS=("$@")
}

# one_of WHAT WORD NAME...: the word is one of the names, or the end.
one_of() {
	local what=$1 word=$2 name
	shift 2
	for name; do [ "$name" != "$word" ] || return 0; done
	printf '%s\n' "$@" | unknown "$what" "$word"
}

# found COMMAND...: status 1 is a finding, said on stderr, and the output complete.
found() {
	"$@" || { local status=$?; [ "$status" -eq 1 ] || return "$status"; }
}

# doing [WHAT]: on a terminal, say what takes a while, on a line that the next takes the place of;
# without a word the line is wiped.
# shellcheck disable=SC2120 # its words come from commands
doing() {
	[ ! -t 2 ] || printf '\r\e[K%s\r' "${*:+$COMMAND: $*}" >&2
}

# show FILE: open it in what the desktop has for it.
show() {
	local opener
	for opener in "${BROWSER:-}" xdg-open open; do
		if [ -z "$opener" ] || ! command -v "$opener" >/dev/null; then continue; fi
		# Not a child of this process, with which it would end.
		("$opener" "$1" >/dev/null 2>&1 &)
		return
	done
	echo "$COMMAND: nothing here opens pages: $1" >&2
}

# output_begin FOLDER: set WORK to a folder beside it, in which what will be there is made.
# Needs kept.bash.
output_begin() {
	OUTPUT=$1
	[[ $OUTPUT != -* ]] || OUTPUT=./$OUTPUT
	while [[ $OUTPUT == ?*/ ]]; do OUTPUT=${OUTPUT%/}; done
	# It is put in the place of what is there: of a link, where that leads.
	[ ! -L "$OUTPUT" ] || OUTPUT=$(realpath -m -- "$OUTPUT")
	[[ /$OUTPUT != */. && /$OUTPUT != */.. ]] || fail "$OUTPUT: give a folder of its own with -o"
	[ ! -e "$OUTPUT" ] || [ -d "$OUTPUT" ] || fail "$OUTPUT: is no folder"
	# Not over what is somebody else's: a folder that a command made has its mark.
	if [ -d "$OUTPUT" ] && [ ! -e "$OUTPUT/.warpipe" ] && [ -n "$(ls -A -- "$OUTPUT")" ]; then
		fail "$OUTPUT: holds other files; give another folder with -o"
	fi
	mkdir -p -- "$(dirname -- "$OUTPUT")"
	work_begin "$(dirname -- "$OUTPUT")"
	mkdir "$WORK/made"
	WORK=$WORK/made
	printf '%s\n' "$COMMAND" >"$WORK/.warpipe"
}

# output_end WORK PAGE: put it in its place in one step, say where, and open the page if asked.
output_end() {
	# shellcheck disable=SC2119
	doing
	exchange "$1" "$OUTPUT"
	rm -rf -- "${1%/made}"
	say "wrote $OUTPUT/$2"
	[ -z "${open:-}" ] || show "$OUTPUT/$2"
}
