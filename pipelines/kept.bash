# SPDX-License-Identifier: Apache-2.0
# Files that outlive a run, so that a kill at any moment leaves them old or new, two runs at once
# do not mix, and nothing old is taken for new. Sourced.

# at_exit PATH...: let the paths end with this process, and what it has started and still runs; and
# the folders that it has made for results, where there are none.
AT_EXIT=() MADE=()
at_exit() {
	AT_EXIT+=("$@")
	trap 'end_children "$$"; rm -rf -- "${AT_EXIT[@]}"
		[ ${#MADE[@]} -eq 0 ] || rmdir -- "${MADE[@]}" 2>/dev/null || :' EXIT
}

# end_children PROCESS: end all that the process has started, down to the last.
end_children() {
	local child
	# shellcheck disable=SC2013 # words on one line
	for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
		end_children "$child"
		kill "$child" 2>/dev/null || :
	done
}

# work_begin FOLDER: set WORK to a new folder in it, on the same file system, that ends with this
# process. Those of processes that have died are removed. A folder is alive while somebody holds
# a lock on it: this process, or a child that has outlived it. Who has called lock FOLDER before
# says so: work_begin FOLDER locked.
work_begin() {
	local folder=$1 parent old
	[[ $folder != -* ]] || folder=./$folder
	[ -d "$folder" ] || MADE+=("$folder")
	mkdir -p "$folder"
	exec {parent}<"$folder"
	[ "${2:-}" = locked ] || flock "$parent"
	for old in "$folder"/.warpipe.??????/; do
		[ -d "$old" ] || continue
		if flock -n "$old" true; then rm -rf "$old"; fi
	done
	WORK=$(mktemp -d "$folder/.warpipe.XXXXXX" 2>/dev/null) || fail "$folder: cannot be written"
	at_exit "$WORK"
	exec {WORK_LOCK}<"$WORK"
	flock "$WORK_LOCK"
	exec {parent}<&-
}

# lock FOLDER: one process at a time from here on; waits for the other.
lock() {
	exec {LOCK}<"$1"
	flock -n "$LOCK" && return
	echo "${0##*/}: another run is writing into $1: waiting for it" >&2
	flock "$LOCK"
}

unlock() {
	exec {LOCK}<&-
}

# fingerprint FILE...: what changes when a file does, whatever its times are set to: its real
# path, its number, size and the times of its content and of its entry.
fingerprint() {
	realpath -ez -- "$@" | xargs -0r stat -c '%n %d:%i %s %.9Y %.9Z' --
}

# fingerprint_tree FOLDER...: the same of all files in the folders, as one number.
fingerprint_tree() {
	local tree
	for tree; do
		tree=$(realpath -e -- "$tree") || return
		printf '%s\n' "$tree"
		# A link that leads back to a folder above is an error of find, and no harm.
		{ find -L "$tree" -name .git -prune -o -type f -printf '%P %D:%i %s %T@ %C@\n' 2>/dev/null || :; } |
			LC_ALL=C sort
	done | sha256sum
}

# kept NAME KEY STILL COMMAND...: let $WORK/NAME be the command's output. It is kept in
# $CACHE/NAME-HASH for the next run with the same KEY, all that the output depends on, if the
# command STILL says the same KEY afterwards: else a file has changed while it was read.
kept() {
	local name=$1 key=$2 still=$3 folder
	shift 3
	folder=$CACHE/$name-$(sha256sum <<<"$key" | cut -c 1-40)
	if ln -- "$folder/records" "$WORK/$name" 2>/dev/null; then
		touch -c -- "$folder"
		return
	fi
	mkdir "$WORK/new"
	"$@" >"$WORK/new/records"
	ln "$WORK/new/records" "$WORK/$name"
	if [ "$($still)" = "$key" ]; then mv -T -- "$WORK/new" "$folder" 2>/dev/null || :; fi
	rm -rf "$WORK/new"
}

# kept_prune COUNT: of what is kept only the COUNT that were used last stay. Who uses one now has
# a link of its own. The folder may be one that holds other files: those are left alone.
kept_prune() {
	find "$CACHE" -mindepth 1 -maxdepth 1 -type d -regextype posix-extended \
		-regex '.*/[^/]+-[0-9a-f]{40}' -printf '%T@ %p\0' | sort -zrn |
		tail -z -n +"$(($1 + 1))" | cut -z -d ' ' -f 2- | xargs -0r rm -rf --
}

# exchange FROM TO: FROM takes TO's place in one step, and what was there is FROM afterwards.
# Where the system has no such step, TO is missing for a moment.
exchange() {
	# Another run may have put its own there meanwhile.
	if [ ! -e "$2" ] && mv -T -- "$1" "$2" 2>/dev/null; then return; fi
	[ -e "$2" ] || { mv -T -- "$1" "$2"; return; }
	mv --exchange -T -- "$1" "$2" 2>/dev/null && return
	# renameat2(AT_FDCWD, FROM, AT_FDCWD, TO, RENAME_EXCHANGE) by its number.
	perl -e 'my %number = (x86_64 => 316, aarch64 => 276, riscv64 => 276, i686 => 353, i386 => 353);
		my $call = $number{$ARGV[2]} or exit 1;
		exit(syscall($call, -100, $ARGV[0], -100, $ARGV[1], 2) == 0 ? 0 : 1)' \
		"$1" "$2" "$(uname -m)" 2>/dev/null && return
	mv -T -- "$2" "$1.old" && mv -T -- "$1" "$2" && mv -T -- "$1.old" "$1"
}

# trace_names TRACE: set NAMES to the names under which what is made of the trace may be kept: its
# own without endings; that with its folder's; that with the endings; that with a number of its path.
trace_names() {
	local path full name parent suffix
	path=$(realpath -e -- "$1") || return
	full=${1##*/}
	name=$full
	for suffix in .gz .zst .json .ndjson .trace .pt; do name=${name%"$suffix"}; done
	# Below the folder that was asked for, whatever the trace is called.
	[[ $name != .* && -n $name ]] || name=trace$name
	parent=${path%/*}
	parent=${parent##*/}
	# shellcheck disable=SC2034 # for the caller
	NAMES=("$name" "${parent:-root}-$name" "${parent:-root}-$full"
		"$name-$(printf %s "$path" | sha256sum | cut -c 1-12)")
}

# is_free SOURCE TRACE: what is kept under a name, of which the file SOURCE says the trace, may be
# replaced by that of TRACE: it is its own, or its trace is gone. A folder without that file is
# somebody else's.
is_free() {
	local path
	[ -e "${1%/*}" ] || return 0
	[ -e "$1" ] || return 1
	IFS= read -r -d '' path <"$1" || :
	[ "$path" = "$(realpath -e -- "$2")" ] || [ ! -e "$path" ]
}

# say WORDS: for people; what would steer a terminal is left out.
say() {
	local said="$*"
	printf '%s\n' "${said//[[:cntrl:]]/?}"
}
