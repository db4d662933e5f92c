# SPDX-License-Identifier: Apache-2.0
# make install, uninstall, dist and deb. make check-deb does what needs root and a Debian
# system to spoil.

load helper

setup() {
	cd "$ROOT"
	FILTERS=$(make -s print-filters)
	ALL=$({ for name in $FILTERS warpipe; do
		echo "./bin/$name"
		echo "./share/bash-completion/completions/$name"
		echo "./share/fish/vendor_completions.d/$name.fish"
		echo "./share/man/man1/$name.1"
		echo "./share/zsh/site-functions/_$name"
	done
	# The commands, and what they read. That this is all is a test of its own.
	make -s print-commands | sed 's|^|./libexec/warpipe/|'; } | sort)
}

# files FOLDER: all files below it, as ./path.
files() {
	(cd "$1" && find . ! -type d | sort)
}

# modes FOLDER: the modes of all that is below it.
modes() {
	(cd "$1" && find . -printf '%m %y\n' | sort -u)
}

# typed LINE: what LINE is after a tab, in the shell $SHELL_NAME.
typed() {
	local folder=share/bash-completion/completions candidates
	if [ "$SHELL_NAME" = fish ]; then
		# What fish offers, each with its description; one alone it puts in place of the last word.
		candidates=$(HOME=$BATS_TEST_TMPDIR fish --no-config -c '
			for file in $argv[1]/*; source $file; end; complete -C $argv[2]' \
			"$BATS_TEST_TMPDIR/usr/share/fish/vendor_completions.d" "$1" | cut -f 1)
		if [ -z "$candidates" ]; then
			candidates=$1
		elif [ "$(wc -l <<<"$candidates")" -eq 1 ]; then
			candidates="${1% *} $candidates"
			[[ $candidates == */ ]] || candidates+=' '
		fi
		printf '%s\n%s\n' "$candidates" "$candidates"
		return
	fi
	[ "$SHELL_NAME" = bash ] || folder=share/zsh/site-functions
	"$ROOT/tests/complete" "$SHELL_NAME" "$BATS_TEST_TMPDIR/usr/$folder" "$1"
}

# becomes LINE WANTED
becomes() {
	local line
	line=$(typed "$1" | head -n 1)
	[ "$line" = "$2" ] || { echo "$SHELL_NAME: '$1' became '$line', not '$2'"; false; }
}

# offers LINE WORD...
offers() {
	local line=$1 offered word
	shift
	offered=$(typed "$line" | tail -n +2)
	for word in "$@"; do
		grep -qw -- "$word" <<<"$offered" || { echo "$SHELL_NAME: '$line' lacks $word"; echo "$offered"; false; }
	done
}

@test "given an empty DESTDIR, when make install ran whatever the umask, then all is there and everybody may read it" {
	(umask 077 && make -s install DESTDIR="$BATS_TEST_TMPDIR/a folder" PREFIX=/usr)
	[ "$(files "$BATS_TEST_TMPDIR/a folder/usr")" = "$ALL" ]
	[ "$(modes "$BATS_TEST_TMPDIR/a folder/usr")" = $'644 f\n755 d\n755 f' ]
	for name in $FILTERS; do
		[ "$("$BATS_TEST_TMPDIR/a folder/usr/bin/$name" --version)" = "$name $(sed -n 's/^VERSION = //p' config.mk)" ]
	done
}

@test "given what is installed beside what others installed, when make uninstall runs, then only the others' is left" {
	mkdir -p "$BATS_TEST_TMPDIR/opt/bin" "$BATS_TEST_TMPDIR/opt/share/man/man1"
	touch "$BATS_TEST_TMPDIR/opt/bin/tr-other" "$BATS_TEST_TMPDIR/opt/share/man/man1/tr.1"
	make -s install PREFIX="$BATS_TEST_TMPDIR/opt"
	make -s uninstall PREFIX="$BATS_TEST_TMPDIR/opt" >/dev/null
	[ "$(files "$BATS_TEST_TMPDIR/opt")" = $'./bin/tr-other\n./share/man/man1/tr.1' ]
}

@test "given installed completions, when tab is typed in a shell, then options, values, files and folders are completed" {
	need zsh bash fish
	make -s install DESTDIR="$BATS_TEST_TMPDIR" PREFIX=/usr
	mkdir -p "$BATS_TEST_TMPDIR/here/some.folder"
	touch "$BATS_TEST_TMPDIR/here/some.file"
	PATH=$BATS_TEST_TMPDIR/usr/bin:$PATH
	cd "$BATS_TEST_TMPDIR/here"
	mkdir -p tree/python/sglang/srt/models
	touch tree/python/sglang/srt/models/{__init__,llama,qwen3}.py
	for SHELL_NAME in bash zsh fish; do
		sign=$([ "$SHELL_NAME" = zsh ] && echo '=' || echo ' ')
		becomes 'tr-layers --meth' "tr-layers --method$sign"
		becomes 'tr-layers --method p' 'tr-layers --method periodic '
		becomes 'tr-layers --format=pe' 'tr-layers --format=perfetto '
		becomes 'tr-layers --capture some.fi' 'tr-layers --capture some.file '
		becomes 'kcallers -r some.' 'kcallers -r some.folder/'
		becomes 'kcallers -j some.fi' 'kcallers -j some.fi'
		becomes 'tr-parse some.fi' 'tr-parse some.file '
		becomes 'warpipe comp' 'warpipe compare '
		becomes 'warpipe compare some.fi' 'warpipe compare some.file '
		becomes 'warpipe check --bud' "warpipe check --budget$sign"
		becomes 'warpipe plan --sglang some.' 'warpipe plan --sglang some.folder/'
		becomes 'warpipe compare --before some.fi' 'warpipe compare --before some.file '
		offers 'warpipe report -f ' table json md
		offers 'warpipe ' report compare ranks check hot plan where traces definitions catalogue bench
		becomes 'tr-parse -k some.fi' 'tr-parse -k some.file '
		offers 'tr-layers -f ' ndjson table csv md html perfetto stats events
		offers 'tr-layers --s' --split-half-layers --stage
		becomes 'warpipe plan --device mi32' 'warpipe plan --device mi325x '
		becomes 'kplan -D l40' 'kplan -D l40s '
		becomes 'warpipe where --sglang tree -m lla' 'warpipe where --sglang tree -m llama '
		offers 'kcallers -r tree -m ' llama qwen3
		[[ $(typed 'tr-parse -s kernel,over' | head -n 1) == 'tr-parse -s kernel,overhead'[\ ,] ]]
		[[ $(typed 'kbench -k index,st' | head -n 1) == 'kbench -k index,store'[\ ,] ]]
	done
}

@test "given words that completions offer, when a program says what it takes, then those are they" {
	# The options whose values the programs check against a list: asked with none of it.
	local name letter long value help offered said checked=0
	for name in $FILTERS; do
		while IFS='|' read -r letter long value help; do
			case $value in FORMAT | METHOD | STAGE | DIALECT) ;; *) continue ;; esac
			said=$("$BIN/$name" "--$long" no-such-word </dev/null 2>&1 >/dev/null) || true
			said=$(sed -n 's/.* is none of \(.*\) (try .*/\1/p' <<<"$said")
			[ -n "$said" ] || continue
			offered=$(pipelines/completion zsh "$BIN/$name" |
				sed -n "s/^\t'\*--$long=.*:(\(.*\))' .*/\1/p")
			[ "$(tr -s ', ' '\n' <<<"$said" | sort)" = "$(tr ' ' '\n' <<<"$offered" | sort)" ] ||
				{ echo "$name --$long takes $said; offered: $offered"; false; }
			checked=$((checked + 1))
		done < <("$BIN/$name" --print-options | tr '\t' '|')
	done
	[ "$checked" -ge 4 ]
}

@test "given a commit, when make dist runs twice, then the bytes are the same and all that is committed is there" {
	[ -e .git ] || skip "no git here"
	(umask 077 && TZ=Asia/Tokyo make -s dist DIST="$BATS_TEST_TMPDIR/one.tar.gz")
	(umask 002 && make -s dist DIST="$BATS_TEST_TMPDIR/two.tar.gz")
	cmp "$BATS_TEST_TMPDIR/one.tar.gz" "$BATS_TEST_TMPDIR/two.tar.gz"
	tar -tzf "$BATS_TEST_TMPDIR/one.tar.gz" | sed -n 's|^[^/]*/\(.*[^/]\)$|\1|p' | sort \
		>"$BATS_TEST_TMPDIR/packed"
	git ls-tree -r --name-only HEAD | sort | diff - "$BATS_TEST_TMPDIR/packed"
}

@test "given the tarball in two folders, when a program is built in each, then the bytes are the same" {
	[ -e .git ] || skip "no git here"
	make -s dist DIST="$BATS_TEST_TMPDIR/source.tar.gz"
	unset MAKEFLAGS MAKEOVERRIDES MFLAGS
	for folder in here "there, at a longer path"; do
		mkdir "$BATS_TEST_TMPDIR/$folder"
		tar -xzf "$BATS_TEST_TMPDIR/source.tar.gz" --strip-components=1 -C "$BATS_TEST_TMPDIR/$folder"
	done
	make -s -C "$BATS_TEST_TMPDIR/here" bin/tr-parse
	(umask 077 && cd "$BATS_TEST_TMPDIR/there, at a longer path" && TZ=Asia/Tokyo make -s bin/tr-parse)
	cmp "$BATS_TEST_TMPDIR"/*/bin/tr-parse
}

@test "given the programs, when make deb runs twice, then the packages are the same bytes and complete" {
	need dpkg-deb dpkg-shlibdeps
	pinned tree-sitter-python
	(umask 077 && TZ=Asia/Tokyo make -s deb DEB_ROOT="$BATS_TEST_TMPDIR/one" DEB="$BATS_TEST_TMPDIR/one.deb")
	make -s deb DEB_ROOT="$BATS_TEST_TMPDIR/other" DEB="$BATS_TEST_TMPDIR/other.deb"
	cmp "$BATS_TEST_TMPDIR/one.deb" "$BATS_TEST_TMPDIR/other.deb"

	dpkg-deb -x "$BATS_TEST_TMPDIR/one.deb" "$BATS_TEST_TMPDIR/x"
	dpkg-deb -e "$BATS_TEST_TMPDIR/one.deb" "$BATS_TEST_TMPDIR/x/DEBIAN"
	cd "$BATS_TEST_TMPDIR/x"
	md5sum --quiet -c DEBIAN/md5sums
	[ "$(wc -l <DEBIAN/md5sums)" -eq "$(files usr | wc -l)" ]
	[ -x usr/bin/warpipe ]
	[ -x usr/libexec/warpipe/trace-report ]
	for name in $FILTERS; do
		gzip -dc "usr/share/man/man1/$name.1.gz" | cmp - "$ROOT/filters/$name/$name.1"
		[ -s "usr/share/bash-completion/completions/$name" ]
		[ -s "usr/share/zsh/vendor-completions/_$name" ]
		[ -s "usr/share/fish/vendor_completions.d/$name.fish" ]
		# Every library that it wants is one of a package that is named.
		ldd "usr/bin/$name" >/dev/null
	done
	for library in libc6 zlib1g libisal2 libyajl2; do
		grep -q "^Depends: .*$library (>= " DEBIAN/control
	done
	[ "$(zcat usr/share/doc/warpipe/changelog.gz | head -n 1)" = "warpipe ($(dpkg-deb -f ../one.deb Version)) unstable; urgency=medium" ]
	# The parser's and the grammar's terms are with the binaries that have them.
	grep -q 'Apache License' usr/share/doc/warpipe/copyright
	[ "$(grep -c 'Permission is hereby granted, free of charge' usr/share/doc/warpipe/copyright)" -ge 2 ]
	if command -v lintian >/dev/null; then
		lintian --fail-on error,warning --allow-root "$BATS_TEST_TMPDIR/one.deb"
	fi
}

@test "given a trace with markup in its name, when its picture is drawn, then it is well-formed and no shell saw it" {
	need python3
	mkdir "$BATS_TEST_TMPDIR/there"
	local name="it's \$(touch pwned) <b> & \"x\".json"
	cp fixtures/tr-parse/small.in.json "$BATS_TEST_TMPDIR/there/$name"
	make -s "$BATS_TEST_TMPDIR/table.svg" DOCS="$BATS_TEST_TMPDIR" \
		PICTURE_RECORDS="$BATS_TEST_TMPDIR/records" TRACE="$BATS_TEST_TMPDIR/there/$name"
	python3 -c 'import sys, xml.etree.ElementTree as tree
texts = [e.text for e in tree.parse(sys.argv[1]).iter() if e.tag.endswith("text")]
assert texts[0].startswith("$ tr-parse -s all " + sys.argv[2] + " | "), texts[0]
assert texts[1].startswith(sys.argv[2] + ": "), texts[1]' "$BATS_TEST_TMPDIR/table.svg" "$name"
	[ ! -e pwned ]
}
