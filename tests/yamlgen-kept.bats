# SPDX-License-Identifier: Apache-2.0
# yamlgen: all that it writes of many reports, by checksum. KEEP (tests/helper.bash) shows what differs.

load helper

@test "given the tables of many tools, when each format is written, then it is what was kept" {
	cd "$ROOT"
	local run=fixtures/yamlgen/contract/run old=$BATS_TEST_TMPDIR/old.csv
	all() {
		for table in fixtures/yamlgen/tables/*; do digest "${table##*/}" yamlgen --stats "$table"; done
		for format in yaml table csv md html; do
			for table in nsys-kern-sum.csv rocprof-results.csv nsys-kern-exec-trace.csv; do
				digest "$table, $format" yamlgen -f $format fixtures/yamlgen/tables/$table
			done
			digest "run, $format" yamlgen -f $format $run
			digest "run, stats, $format" yamlgen -s -f $format $run
			digest "run, two, $format" yamlgen -n 2 -f $format $run
			digest "two reports, $format" yamlgen -s -f $format fixtures/yamlgen/tables/{nsys-kern-sum.csv,nsys-nvtx-kern-sum.csv}
		done
		for trace in eager graph experts; do
			tr-parse -s all fixtures/kroof/$trace.json | tr-classify >"$BATS_TEST_TMPDIR/in"
			for format in yaml table; do digest "$trace, $format" yamlgen -s -f $format <"$BATS_TEST_TMPDIR/in"; done
		done
		digest narrow env COLUMNS=60 yamlgen -f table $run
		# Another run: one kernel twice as long, one gone, one new.
		sed '/flash_fwd_splitkv/d; s/^\( *[0-9.]*,\)\([0-9]*\),/\12\2,/; $a 1.0,5000,3,1666.7,1666.0,1600,1700,10.0,"brand_new_kernel<int>"' \
			$run/all-stage/nsys/summary_cuda_gpu_kern_sum.csv >"$old"
		for format in table csv md; do
			digest "difference, $format" yamlgen --diff -f $format "$old" $run/all-stage/nsys/summary_cuda_gpu_kern_sum.csv
			digest "difference back, $format" yamlgen --diff --threshold 2000 -f $format $run/all-stage/nsys/summary_cuda_gpu_kern_sum.csv "$old"
		done
	}
	check_golden yamlgen/kept.txt 0 all
}
