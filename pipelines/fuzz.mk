# SPDX-License-Identifier: Apache-2.0
# make fuzz: every parser against made-up input, under AddressSanitizer and UBSan.

##@ Fuzzing
# One row a fuzzer: tests/fuzz/NAME.c, its seed corpus tests/fuzz/corpus/NAME/, and in
# NAME_FUZZ the sources and libraries it is built from besides the library's.
FUZZERS =

FUZZERS += fuzz_reader fuzz_tr_parse
fuzz_tr_parse_FUZZ = $(patsubst %,filters/tr-parse/%,\
	$(filter-out tr-parse.c feed.c,$(tr-parse_SRC)))
$(BUILD)/fuzz/fuzz_tr_parse: $(fuzz_tr_parse_FUZZ) $(wildcard filters/tr-parse/*.h)

FUZZERS += fuzz_py
fuzz_py_FUZZ = $(PY_SRC:%=filters/lib/%) $(GRAMMAR_SRC) -Ifilters/lib/python/grammar -w $(TREE_SITTER)
$(BUILD)/fuzz/fuzz_py: $(PY_SRC:%=filters/lib/%) $(wildcard filters/lib/python/*.h)

FUZZERS += fuzz_cxx
fuzz_cxx_FUZZ = $(patsubst %,filters/kcallees/%,bits.c exports.c mentions.c native.c units.c) \
	filters/lib/python/tree.c -Ifilters/kcallees
$(BUILD)/fuzz/fuzz_cxx: $(wildcard filters/kcallees/*.[ch])

FUZZERS += fuzz_names

FUZZERS += fuzz_csv
fuzz_csv_FUZZ = $(patsubst %,filters/yamlgen/%,$(filter-out yamlgen.c write_list.c difference.c,$(yamlgen_SRC))) \
	-Ifilters/yamlgen -lsqlite3

# How long each fuzzer runs; FUZZ chooses some of them.
SECONDS = 60
FUZZ = $(FUZZERS)
FUZZ_CC = clang
FUZZ_FLAGS = -std=gnu11 -D_POSIX_C_SOURCE=200809L -DVERSION='"fuzz"' -Ifilters/lib -O1 -g \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all

fuzz: $(FUZZ:%=$(BUILD)/fuzz/%) ## run each fuzzer for SECONDS (60); FUZZ='NAME...' chooses
	@for fuzzer in $(FUZZ); do \
	  mkdir -p $(BUILD)/fuzz/corpus/$$fuzzer $(BUILD)/fuzz/found; \
	  echo "== $$fuzzer"; \
	  $(BUILD)/fuzz/$$fuzzer -max_total_time=$(SECONDS) -rss_limit_mb=4096 -timeout=20 \
	    -print_final_stats=1 -artifact_prefix=$(BUILD)/fuzz/found/$$fuzzer- \
	    $(BUILD)/fuzz/corpus/$$fuzzer tests/fuzz/corpus/$$fuzzer \
	    >$(BUILD)/fuzz/$$fuzzer.log 2>&1 || { tail -n 40 $(BUILD)/fuzz/$$fuzzer.log; exit 1; }; \
	  grep -E 'number_of_executed_units|average_exec_per_sec|peak_rss' $(BUILD)/fuzz/$$fuzzer.log; \
	done

# Limits read tables that are embedded; no fuzzer asks for them.
FUZZ_LIB = $(patsubst %,filters/lib/%,$(filter-out limits/%,$(LIB_SRC))) $(BUILD)/obj/names_builtin.c

$(BUILD)/fuzz/%: tests/fuzz/%.c $(FUZZ_LIB)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_FLAGS) -o $@ $< $($*_FUZZ) $(FUZZ_LIB) $(NAMES_LIBS) $(LIBS)

# What has no fuzzer of its own: records, rules, budgets, configs, tables, a database.
fuzz-records: all ## damage what every program reads: RECORD_SECONDS (30) or RECORD_RUNS each; CASES= chooses
	@tests/fuzz/records -b $(BIN) -t $(RECORD_SECONDS) $(RECORD_RUNS:%=-n %) $(CASES)
RECORD_SECONDS = 30
RECORD_RUNS =
CASES =

print-fuzzers:
	@echo $(FUZZERS)

.PHONY: fuzz fuzz-records print-fuzzers
