# SPDX-License-Identifier: Apache-2.0
# make bench-report: measure the kernels, write the analysis with its two pictures.

##@ Reports
REPORT = results/kernel_analysis
# Another machine or other axes: make bench-report BENCH_DEVICE=cuda:0 BENCH_AXES='-a ...'
BENCH_DEVICE = cpu
BENCH_AXES = -a pattern=random,sequential -a rows=1:4096:x4 -a bytes=8K:16M:x4 -a tokens=64:4M:x4

unexport BENCH_DEVICE BENCH_AXES
bench-report: export device = $(call given,BENCH_DEVICE)
bench-report: export axes = $(call given,BENCH_AXES)
bench-report: $(BIN)/kbench ## measure the kernels: results/kernel_analysis.md with roofline and size sweep
	@mkdir -p $(dir $(REPORT))
	@read -ra axes <<<"$$axes"; \
	$(BIN)/kbench -d "$$device" "$${axes[@]}" -f ndjson -o $(REPORT).ndjson
	$(MAKE) --no-print-directory bench-render

# Only the writing: from results that were measured before, perhaps elsewhere.
bench-render: $(BIN)/kbench
	$(BIN)/kbench --from $(REPORT).ndjson -f report --plots $(notdir $(REPORT)) -o $(REPORT).md
	pipelines/bench-plots $(REPORT)

.PHONY: bench-report bench-render
