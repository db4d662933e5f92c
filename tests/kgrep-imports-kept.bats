# SPDX-License-Identifier: Apache-2.0
# kgrep-imports: all that it writes of the pinned releases, by checksum of each package's records.

load helper

@test "given the pinned releases, when all names of packages are asked for, then the records are what was kept" {
	pinned flashinfer
	cd "$(dirname "$TREE")"
	records() {
		kgrep-imports -a sglang flashinfer | digests '.kind + " \(.source)"'
	}
	check_golden kgrep-imports/kept.txt 0 records
}
