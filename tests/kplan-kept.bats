# SPDX-License-Identifier: Apache-2.0
# kplan: all that it writes of small trees, by checksum. KEEP (tests/helper.bash) shows what differs.

load helper

@test "given small trees and requests, when they are planned, then the records are what was kept" {
	cd "$ROOT"
	export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
	mkdir "$XDG_CACHE_HOME"
	all() {
		for tree in tree sizes; do
			for arguments in '' '--tp 2' '--ep 2 --tp 4' '--dp 2' '-p decode' '-p extend' '-p extend -p decode' '-b 7 -p decode' '-n 33 -p extend' \
				'-k 5' '-k 99 -p extend' '--facts' '--fold' '-a --some-option=3' '-e NAME=value' '--explain model.py:3' '-D b200' '-D mi300x' \
				'-b 0' '-n x' '--tp 0' '-p nothing' '-e novalue' '--timeout 0' '-D nothing'; do
				# shellcheck disable=SC2086 # several words on purpose
				digest "$tree $arguments" kplan --driver plain -r fixtures/kplan/$tree -c fixtures/kplan/config.json -D h200 $arguments
			done
		done
		digest lines kplan --driver plain -r fixtures/kplan/sizes -c fixtures/kplan/config.json -D h200 --lines "$BATS_TEST_TMPDIR/lines"
		digest "lines that ran" cat "$BATS_TEST_TMPDIR/lines"
	}
	check_golden kplan/kept.txt 0 all
}
