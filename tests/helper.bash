# SPDX-License-Identifier: Apache-2.0
# What every test file loads: where the repository, the programs and the data are.

ROOT=$BATS_TEST_DIRNAME
while [ ! -f "$ROOT/config.mk" ]; do ROOT=$(dirname "$ROOT"); done
# make asan runs the same tests on another build.
BIN=${WARPIPE_BIN:-$ROOT/bin}
TESTS=${WARPIPE_TESTS:-$ROOT/build/tests}
FIXTURES=$ROOT/fixtures
PATH=$BIN:$PATH
export LC_ALL=C.UTF-8

# need COMMAND...: skip the test, saying why, when a command is missing.
need() {
	local command
	for command in "$@"; do
		command -v "$command" >/dev/null || skip "$command is not installed"
	done
}

# need_browser: set BROWSER, or skip the test.
need_browser() {
	BROWSER=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
		skip "no browser is installed (make setup-checks)"
}

# open_page FILE[#HASH] DOM [OPTION...]: open the page in $BROWSER and write what it is after its
# scripts have run. A browser that is installed and fails is a failure.
open_page() {
	local page=$1 dom=$2
	shift 2
	timeout 180 "$BROWSER" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
		--user-data-dir="$BATS_TEST_TMPDIR/browser" --virtual-time-budget=4000 "$@" \
		--dump-dom "file://$page" >"$dom" 2>"$BATS_TEST_TMPDIR/browser.log" ||
		{ echo "the browser failed:"; tail -n 5 "$BATS_TEST_TMPDIR/browser.log"; return 1; }
}

# shared_data PATH: set DATA to a file or folder of the field data, or skip. The data is
# not part of the repository: $WARPIPE_SHARED, or ../shared beside it.
shared_data() {
	DATA=${WARPIPE_SHARED:-$ROOT/../shared}/data/$1
	[ -e "$DATA" ] || skip "no field data at $DATA (set WARPIPE_SHARED)"
}

# pinned NAME: set TREE to an input that `make setup` fetched, or skip.
pinned() {
	TREE=$ROOT/build/inputs/$1
	[ -e "$TREE" ] || skip "build/inputs/$1 is not there (make setup)"
}

# sglang_release VERSION: set TREE to that release, or skip: the pinned one, one of those
# that `make releases` fetched, or a folder of $WARPIPE_TREES.
sglang_release() {
	local release=sglang-$1/sglang
	for TREE in "${WARPIPE_TREES:-$ROOT/build/releases}/$release" "$ROOT/build/releases/$release"; do
		[ ! -d "$TREE" ] || return 0
	done
	TREE=$ROOT/build/inputs/sglang
	grep -q "^sglang==$1 " "$ROOT/inputs.txt" && [ -d "$TREE" ] && return
	skip "no sglang $1 (make releases)"
}

# run_split COMMAND...: like run, but stdout is in $output and stderr in $errors.
run_split() {
	local error_file=$BATS_TEST_TMPDIR/stderr
	status=0
	output=$("$@" 2>"$error_file") || status=$?
	errors=$(cat "$error_file")
}

# gone PROCESS: it has ended, whether somebody has asked for its status or not.
gone() {
	[ ! -e "/proc/$1" ] || grep -q '^State:.[ZX]' "/proc/$1/status"
}

# digests JQ: of the records on stdin, by what the expression says of each, a line with the checksum of
# all their bytes and how many those are: what changes in long streams, without keeping them.
digests() {
	jq -r "\"\($1)\t\(tojson)\"" | sort -s -t $'\t' -k 1,1 | awk -F '\t' '
		$1 != key { close("cksum"); printf "%s\t", $1; fflush(); key = $1 }
		{ print substr($0, length($1) + 2) | "cksum" }'
}

# digest NAME COMMAND...: the name, the status, and the checksum and length of all that the command writes
# but for a page's own scripts and styles. KEEP=FOLDER keeps it there: of two builds, to compare.
digest() {
	local name=$1 status=0
	shift
	"$@" >"$BATS_TEST_TMPDIR/digest" 2>&1 || status=$?
	sed -i '/^<script>$/,/^<\/script>$/d; /^<style>$/,/^<\/style>$/d' "$BATS_TEST_TMPDIR/digest"
	[ -z "${KEEP:-}" ] || cp "$BATS_TEST_TMPDIR/digest" "$KEEP/${name//\//_}"
	printf '%s\t%s\t%s\n' "$name" "$status" "$(cksum <"$BATS_TEST_TMPDIR/digest")"
}

# check_golden CASE OUTPUT-FILE STATUS [COMMAND...]: compare stdout and status with the
# golden files fixtures/CASE; GOLDEN=write rewrites them, for a human to read the diff.
check_golden() {
	local expected=$FIXTURES/$1 want=$2 got=0
	shift 2
	"$@" >"$BATS_TEST_TMPDIR/got" || got=$?
	if [ "${GOLDEN:-}" = write ]; then
		cp "$BATS_TEST_TMPDIR/got" "$expected"
	fi
	# Where the caller asks for the status, nothing ends the function by itself.
	diff -u "$expected" "$BATS_TEST_TMPDIR/got" || return 1
	[ "$got" -eq "$want" ]
}
