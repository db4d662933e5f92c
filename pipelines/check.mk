# SPDX-License-Identifier: Apache-2.0
# make check, asan, lint, bench, golden: everything that looks at the programs.

##@ Test
check: test-programs ## run every test with bats
	tests/run $(BIN) $(BUILD)/tests

test-programs: all $(TEST_PROGRAMS)

# The same tests on a build that stops at the first bad access, leak or overflow.
SANITIZE = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
asan: ## run every test on a build with AddressSanitizer and UBSan
	$(MAKE) check BUILD=build/asan BIN=build/asan/bin CFLAGS='$(SANITIZE)'

# What `make check` samples, in full: thousands of runs a filter. FAULT_POINTS=N takes at most
# N of a case's calls of one kind; FAULT_KINDS and FILTERS choose.
FAULT_POINTS = 0
FAULT_KINDS =
fault-matrix: all $(BUILD)/tests/fault/fault.so ## fail every allocation, read, write, open, ... in turn; print the table
	@tests/fault/inject -n $(FAULT_POINTS) $(BIN) $(BUILD)/tests/fault/fault.so $(FAULT_KINDS)

golden: test-programs ## rewrite the golden files; read the diff before you commit it
	GOLDEN=write tests/run $(BIN) $(BUILD)/tests

lint: ## static checks: clang, cppcheck, clang-tidy, mandoc, shellcheck where installed
	tests/lint

bench: all ## measure: every figure the documentation claims
	@for script in tests/bench/*.sh; do echo "== $$script"; bash "$$script" || exit; done

print-filters:
	@echo $(FILTERS)

.PHONY: check test-programs asan fault-matrix golden lint bench print-filters
