# SPDX-License-Identifier: Apache-2.0
# make check, asan, lint, bench, golden: everything that looks at the programs.

##@ Test
# Some of the tests: make check TESTS='tr-parse kcallers' runs tests/tr-parse.bats and so on.
TESTS =
unexport TESTS
check golden: export tests = $(call given,TESTS)
check: check-packages test-programs ## run the tests with bats: all, or TESTS='tr-parse kcallers'
	@read -ra names <<<"$$tests"; tests/run $(BIN) $(BUILD)/tests "$${names[@]}"

test-programs: all $(TEST_PROGRAMS)

# The same tests on a build that stops at the first bad access, leak or overflow.
SANITIZE = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
asan: ## run every test on a build with AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory check BUILD=build/asan BIN=build/asan/bin CFLAGS='$(SANITIZE)'

# What `make check` samples, in full: thousands of runs a filter. FAULT_POINTS=N takes at most
# N of a case's calls of one kind; FAULT_KINDS and FILTERS choose.
FAULT_POINTS = 0
FAULT_KINDS =
fault-matrix: all $(BUILD)/tests/fault/fault.so ## fail every allocation, read, write, open, ... in turn; print the table
	@tests/fault/inject -n $(FAULT_POINTS) $(BIN) $(BUILD)/tests/fault/fault.so $(FAULT_KINDS)

# PLACES changes a filter, drawn from SEED; see tests/mutants/mutate.
PLACES = 15
SEED = 1
mutants: test-programs ## break each filter at PLACES (15) places, see whether its tests notice; FILTERS= chooses
	@tests/mutants/mutate -n $(PLACES) -s $(SEED) $(FILTERS)

rules: all ## take each rule of kcallers out, see whether its folder notices, and no other
	@tests/mutants/rules

growth: all ## give every program inputs of doubled size, see whether its time doubles; FILTERS= chooses
	@tests/growth/growth -b $(BIN) $(FILTERS)

# COUNT trials of each kind: minutes for 100.
COUNT = 10
trials: all ## two runs at once, stale inputs, kills: COUNT (10) trials of each, what went wrong
	@tests/trials -b $(abspath $(BIN)) $(COUNT)

golden: test-programs ## rewrite the golden files; read the diff before you commit it
	@read -ra names <<<"$$tests"; GOLDEN=write tests/run $(BIN) $(BUILD)/tests "$${names[@]}"

lint: ## static checks: clang, cppcheck, clang-tidy, mandoc, shellcheck where installed
	tests/lint

bench: all ## measure: every figure the documentation claims
	@for script in tests/bench/*.sh; do echo "== $$script"; bash "$$script" || exit; done

# musl-tools has the C library alone. All sources are held against its headers (those of other
# libraries come after them); the kernels and their tests, which need no other library, are
# linked and run. Programs would need yajl, zlib and the like built for musl, which Debian's
# are not.
MUSL_CC = musl-gcc
MUSL_MACHINE = $(shell $(CC) -print-multiarch)
MUSL_SRC = $(filter-out %embedded_files.c filters/kbench/backend_cuda.c \
	filters/kbench/collective_nccl.c filters/kbench/nvml.c,$(shell git ls-files 'filters/*.c'))
musl: all ## compile every source against musl, run the kernels' tests on it
	@for source in $(MUSL_SRC); do \
	  $(MUSL_CC) $(ALL_CFLAGS) -DVERSION='"musl"' -idirafter /usr/include -idirafter /usr/include/$(MUSL_MACHINE) \
	    -Ikernels -I$(BUILD)/obj/kbench -Ifilters/defgen $(PYTHON_CFLAGS) -fsyntax-only $$source || exit; \
	done
	@mkdir -p $(BUILD)/musl
	@for name in index store radix allreduce; do \
	  $(MUSL_CC) $(ALL_CFLAGS) -Ikernels -o $(BUILD)/musl/$$name-test tests/kernels/$$name-test.c \
	    $(filter-out kernels/nccl.c,$(KERNEL_SRC:%=kernels/%)) -lpthread -lm || exit; \
	  timeout 300 $(BUILD)/musl/$$name-test && echo "$$name-test: runs on musl" || exit; \
	done

print-filters:
	@echo $(FILTERS)

.PHONY: check test-programs asan fault-matrix mutants rules growth trials golden lint musl bench print-filters
