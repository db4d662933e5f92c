# SPDX-License-Identifier: Apache-2.0
# The source trees that a command reads, by the names that records have, and what is kept of them
# between runs. Sourced after command.bash and kept.bash.

# tree_given DIR: it is a tree that can be read, or the end.
tree_given() {
	[ -n "$1" ] || fail 'which tree? --sglang DIR: a checkout of sglang, or its installed package'
	[ -d "$1" ] || fail "$1: no such folder"
}

# cache_begin PLACE: set CACHE to where this user's commands keep what they have read, and WORK to a
# folder there that ends with this process. PLACE is a folder in it, or a dot.
cache_begin() {
	local base=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
	CACHE=${WARPIPE_CACHE:-${base:+$base/warpipe}}
	CACHE+=${CACHE:+/$1}
	[[ $CACHE != -* ]] || CACHE=./$CACHE
	if [ -n "$CACHE" ] && mkdir -p -- "$CACHE" 2>/dev/null && [ -w "$CACHE" ]; then
		CACHE=$(realpath -e -- "$CACHE")
	else
		[ -z "$CACHE" ] || echo "$COMMAND: ${CACHE%/.} cannot be written: nothing is kept for the next run" >&2
		CACHE=$(mktemp -d)
		at_exit "$CACHE"
	fi
	work_begin "$CACHE"
}

# trees_begin SGLANG [FLASHINFER]: link them in a folder of this run, as sglang and flashinfer:
# that is how records call them, whatever they are called here. TREES has the names.
trees_begin() {
	mkdir "$WORK/trees"
	ln -s -- "$(realpath -e -- "$1")" "$WORK/trees/sglang"
	TREES=(sglang)
	if [ -n "${2:-}" ]; then
		ln -s -- "$(realpath -e -- "$2")" "$WORK/trees/flashinfer"
		TREES+=(flashinfer)
	fi
}

# in_trees COMMAND...: run where the trees are.
in_trees() {
	(cd -- "$WORK/trees" && found "$@")
}

# trees_key: what changes when a file of the trees, or the reader of kernels, does.
trees_key() {
	(cd -- "$WORK/trees" && fingerprint_tree "${TREES[@]}")
	fingerprint "$(command -v kgrep-imports)"
}

# tree_kernels: every kernel that the trees import or define, kept from the last run.
tree_kernels() {
	doing 'the kernels that the tree imports and defines'
	kept imports "$(trees_key)" trees_key in_trees kgrep-imports "${TREES[@]}"
	kept_prune 24
	cat -- "$WORK/imports"
}

# kernel_sources: the table of kernel sources, in the tree or as it is installed.
kernel_sources() {
	local file
	for file in "$PIPELINES"/{sources.txt,../filters/kgrep-imports/sources.txt}; do
		if [ -e "$file" ]; then printf '%s\n' "$file"; return; fi
	done
	fail 'the table of kernel sources is not there'
}

# tree_models NAME: the models of the tree so named in WORK: files that name entry classes, a line each.
tree_models() {
	find -L "$WORK/trees/$1" -path '*/models/*.py' -exec grep -lE '^EntryClass( |=)' {} + 2>/dev/null |
		sed 's|.*/||; s|\.py$||' | sort -u
}
