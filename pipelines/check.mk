# SPDX-License-Identifier: Apache-2.0
# make check, asan, lint, bench, golden: everything that looks at the programs.

##@ Test
check: all $(TEST_PROGRAMS) ## run every test with bats
	tests/run $(BIN) $(BUILD)/tests

# The same tests on a build that stops at the first bad access, leak or overflow.
SANITIZE = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
asan: ## run every test on a build with AddressSanitizer and UBSan
	$(MAKE) check BUILD=build/asan BIN=build/asan/bin CFLAGS='$(SANITIZE)'

golden: all $(TEST_PROGRAMS) ## rewrite the golden files; read the diff before you commit it
	GOLDEN=write tests/run $(BIN) $(BUILD)/tests

lint: ## static checks: clang, cppcheck, clang-tidy, mandoc, shellcheck where installed
	tests/lint

bench: all ## measure: every figure the documentation claims
	@for script in tests/bench/*.sh; do echo "== $$script"; bash "$$script" || exit; done

print-filters:
	@echo $(FILTERS)

.PHONY: check asan golden lint bench print-filters
