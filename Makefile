# SPDX-License-Identifier: Apache-2.0
# Builds the programs into bin/ and runs the pipelines. `make help` lists every target.
include config.mk

SHELL = /bin/bash
.SHELLFLAGS = -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

# Where built things go: `make asan` sets both.
BUILD = build
BIN = bin

# What a build says: a line for each library and program, and on a terminal also the file it
# is at, on one line that the next file overwrites. V=1 shows the commands; -s says nothing.
V = 0
silent := $(filter-out 0,$(V))$(findstring s,$(filter-out --%,$(firstword $(MAKEFLAGS))))
Q = $(if $(filter-out 0,$(V)),,@)
at = $(Q)$(if $(silent),,$(if $(MAKE_TERMOUT),printf '\r\033[K  %s' '$1';))
made = $(Q)$(if $(silent),,printf '$(if $(MAKE_TERMOUT),\r\033[K)  %s\n' '$1';)

# $(call changed,FILE,TEXT): FORCE unless the file holds that text.
changed = $(if $(subst x$2,,x$(file <$1))$(subst x$(file <$1),,x$2),FORCE)
quoted = '$(subst ','\'',$1)'
# Cleaning comes first in `make -j2 clean all`: what is built hangs on $(FLAGS), and that on this.
cleaning := $(filter clean distclean,$(MAKECMDGOALS))

# What filters share, in rooms: each includes only itself and those before it (tests/arrows).
ROOMS = base json trace names python cxx limits page dryrun
# base: memory, text, files, errors, options, and how output is written.
BASE_SRC = arena.c columns.c error.c folder.c gunzip.c input.c intern.c lines.c \
	map.c memory.c number.c options.c output.c pipe.c progress.c spelling.c statistics.c temporary.c text.c utf8.c
# json: JSON text, and the records that pass between filters.
JSON_SRC = json.c json_number.c json_scan.c json_writer.c quote.c reader.c yajl_memory.c
# trace: the records of a trace stream.
TRACE_SRC = collective.c collective_row.c layout.c kinds.c lateness.c launches.c replay.c spool.c trace_record.c
# names: the table of kernel names.
NAMES_SRC = cxx_name.c names.c names_ask.c names_candidates.c names_explain.c names_need.c names_owner.c names_pattern.c names_rows.c names_template.c
# python: the tree of a project and its Python; a library of its own, for which a program has
# NAME_LIBS = $(PY_LIBS).
PYTHON_SRC = bindings.c imports.c mro.c py.c py_all.c py_compound.c py_cursor.c py_definitions.c \
	py_expressions.c py_operators.c py_patterns.c py_repair.c py_scan.c py_scan_strings.c \
	py_scan_words.c py_source.c py_statements.c py_strings.c tree.c
# cxx: what reads C++ and CUDA.
CXX_SRC = cxx_bindings.c cxx_tokens.c tags.c
# limits: peaks of devices, and the least that families of operators must do.
LIMITS_SRC = defined.c expression.c peaks.c sizes.c steps.c table.c work.c
# page: what the documents and pages that filters write share.
PAGE_SRC = html.c label.c markdown.c
LIB_EMBED = page/sort.js page/theme.css page/theme.js limits/definitions.tsv limits/families.tsv \
	limits/peaks.tsv limits/steps.tsv

# dryrun: a tree's Python in an embedded, confined CPython; a library of its own, for which a
# program has NAME_LIBS = $(DRYRUN_LIBS). What is in python/ becomes part of it.
DRYRUN_SRC = cache.c channel.c child.c code.c compiler.c confine.c dryrun.c embedded.c guard.c \
	interpreter.c lines.c module.c process.c size.c tests.c
DRYRUN_FILES = $(shell find filters/lib/dryrun/python -name plain -prune -o \
	-type f \( -name '*.py' -o -name '*.json' \) -print | LC_ALL=C sort)

LIB_SRC = $(BASE_SRC:%=base/%) $(JSON_SRC:%=json/%) $(TRACE_SRC:%=trace/%) \
	$(NAMES_SRC:%=names/%) $(CXX_SRC:%=cxx/%) \
	$(LIMITS_SRC:%=limits/%) $(PAGE_SRC:%=page/%)
PY_SRC = $(PYTHON_SRC:%=python/%)

# The built-in table of kernel names, in the order its rows are asked. A program that asks
# it has NAME_LIBS = $(NAMES_LIBS).
NAMES = namespaces backward stages shorts memory communication blas compilers moe attention layer gemm quantization \
	aten primitives generic libraries dtypes

# The programs, in the order data flows: FILTERS has a row for each, NAME_SRC its sources
# in filters/NAME/, NAME_LIBS what it links beyond LIBS.
FILTERS =

# call chains
FILTERS += kgrep-imports
kgrep-imports_SRC = kgrep-imports.c builtin.c facts.c kernels.c loaders.c objects.c scope.c \
	sources.c uses.c
kgrep-imports_EMBED = sources.txt
kgrep-imports_LIBS = $(PY_LIBS)
FILTERS += kcallers
kcallers_SRC = annotate.c attribute.c bind.c call.c chains.c choice.c closure.c container.c context.c \
	edges.c emit.c emit_guards.c external.c facts.c flow.c graph.c hierarchy.c identity.c \
	implementation.c judge.c judge_members.c judge_model.c judge_rules.c judge_terms.c kcallers.c load.c lower.c lower_call.c lower_expression.c \
	lower_function.c lower_guard.c lower_names.c lower_statement.c lower_term.c model.c modules.c \
	names.c outside.c points.c project.c records.c sites.c symbols.c tracing.c unreached.c
kcallers_EMBED = dimensions.txt
kcallers_LIBS = $(PY_LIBS)
FILTERS += kcallees
kcallees_SRC = kcallees.c bits.c dialect.c emit.c evaluate.c exports.c library.c mentions.c native.c \
	reach.c records.c scope.c search.c units.c value.c
kcallees_LIBS = $(PY_LIBS)
FILTERS += kchain-fmt
kchain-fmt_SRC = kchain-fmt.c align.c categories.c chains.c deployed.c deployments.c graphviz.c html.c \
	inventory.c markdown.c \
	markdown_parts.c ops.c
kchain-fmt_EMBED = page.html runs.js

# what runs
FILTERS += kplan
kplan_SRC = kplan.c request.c
kplan_LIBS = $(DRYRUN_LIBS)

# traces
FILTERS += tr-parse
tr-parse_SRC = tr-parse.c census.c damage.c emit.c event.c familiar.c feed.c fields.c fit.c fit_avx2.c head.c recheck.c \
	scan.c scan_avx2.c scan_avx512.c scan_neon.c scan_portable.c shape.c walk.c
FILTERS += tr-classify
tr-classify_SRC = tr-classify.c
tr-classify_LIBS = $(NAMES_LIBS)
FILTERS += tr-stacks
tr-stacks_SRC = tr-stacks.c calls.c stacks.c
FILTERS += tr-layers
tr-layers_SRC = tr-layers.c account.c trace.c host.c order.c displaced.c mismatch.c plausible.c training.c modules.c capture.c blocks.c passes.c bounds.c align.c repair.c periodic.c \
	markers.c halves.c places.c sums.c stages.c report.c sheet.c out_kernels.c \
	sections.c sections_account.c limits.c limit_groups.c sections_limits.c page_roofline.c page_timeline.c flame.c verbose.c out_ndjson.c out_table.c out_csv.c csv.c out_stats.c spread.c out_html.c out_perfetto.c
tr-layers_EMBED = page_head.html page_chart.html page_timeline.html page_flame.html page.js timeline.js flame.js

FILTERS += tr-compare
tr-compare_SRC = tr-compare.c change.c charge.c page.c replace.c report.c side.c verdict.c
tr-compare_EMBED = page.html
tr-compare_LIBS = $(NAMES_LIBS)
FILTERS += tr-check
tr-check_SRC = tr-check.c budget.c init.c judge.c measure.c report.c
tr-check_LIBS = $(NAMES_LIBS)
FILTERS += kroof
kroof_SRC = kroof.c events.c judge.c kernels.c measured.c model.c operators.c owners.c roles.c \
	shapes.c write.c
kroof_EMBED = config.tsv operators.tsv roles.tsv
# What compiles its patterns when memory runs out must not crash, as that of the C library does.
kroof_LIBS = $(NAMES_LIBS) -lpcre2-posix
FILTERS += tr-account
tr-account_SRC = tr-account.c cause.c comms.c context.c device.c diagnosis.c \
	figures.c findings.c host.c join.c late.c load.c passes.c say.c source.c timeline.c word.c write.c write_gaps.c
tr-account_EMBED = sites.tsv
tr-account_LIBS = $(NAMES_LIBS) $(PY_LIBS)
FILTERS += tr-ranks
tr-ranks_SRC = tr-ranks.c judge.c page.c read.c say.c sheet.c table.c write.c
tr-ranks_EMBED = page.html page.js

# the joined view
FILTERS += kjoin
kjoin_SRC = kjoin.c align.c candidates.c chains.c definitions.c evidence.c fit.c forward.c graph.c \
	leads.c order.c places.c places_planned.c plan.c planned.c platform.c purpose.c rate.c rate_defined.c \
	rows.c similar.c trace.c write.c write_place.c write_work.c
kjoin_EMBED = launches.txt platforms.txt
kjoin_LIBS = $(NAMES_LIBS) -lpcre2-posix
FILTERS += kjoin-fmt
kjoin-fmt_SRC = kjoin-fmt.c field.c html.c join.c markdown.c place.c summary.c table.c
kjoin-fmt_EMBED = page.html page.css data.js chart.js details.js table.js page.js

# definitions
FILTERS += defgen
defgen_SRC = account.c command.c dataset.c defgen.c definition.c emit.c emit_attention.c emit_moe.c \
	emit_state.c family.c family_files.c kernels.c model.c report.c passes.c resolve.c source.c \
	survey.c tags.c workloads.c
defgen_LIBS = $(DRYRUN_LIBS)
DEFGEN_FILES = $(sort $(wildcard filters/defgen/families/*.def))

# kernel catalogue
FILTERS += yamlgen
yamlgen_SRC = yamlgen.c ahead.c catalogue.c csv.c difference.c durations.c entry.c naming.c \
	kernel_table.c ncu.c nvtx_export.c nvtx_ranges.c quantity.c \
	report_csv.c report_sqlite.c run_dir.c table_text.c trace_source.c write_catalogue.c \
	write_list.c yaml_writer.c
yamlgen_EMBED = page.html
yamlgen_LIBS = $(NAMES_LIBS) -lsqlite3 -lyaml

# kernels and bench
FILTERS += kbench
kbench_SRC = against.c axes.c backend_cpu.c bench.c ceiling.c compare.c cores.c cpu.c explain.c fit.c \
	kbench.c list.c ncu.c others.c own.c own_python.c out_csv.c out_table.c peak.c plan.c predict.c records.c report.c \
	report_allreduce.c report_parts.c report_radix.c report_rows.c results.c rows.c sample.c \
	subject_allreduce.c subject_index.c subject_kvcache.c subject_radix.c subject_store.c
kbench_EMBED = others.tsv own.py
kbench_LIBS = $(BUILD)/libdevice-$(CUDA).a $(KERNELS) $(CUDA_LIBS_$(CUDA))
KERNELS = $(BUILD)/libkernels.a
CUDA_LIBS_1 = -L$(CUDA_HOME)/lib64 -lcudart_static -lrt -ldl -lstdc++

# The kernels' library: CPU references, plans, NCCL. CUDA=1 adds the .cu files.
KERNEL_SRC = allreduce.c element.c index.c kvcache.c nccl.c oneshot.c radix.c rowmove.c status.c store.c
KERNEL_CU = allreduce.cu index.cu kvcache.cu oneshot.cu rowmove.cu store.cu

# Programs that only tests run: tests/NAME.c becomes $(BUILD)/tests/NAME.
TEST_PROGRAMS = $(BUILD)/tests/lib/lib-test $(BUILD)/tests/py/py-dump \
	$(BUILD)/tests/fault/fault.so $(BUILD)/tests/yaml/yaml-json

TEST_PROGRAMS += $(BUILD)/tests/names/names-test

TEST_PROGRAMS += $(BUILD)/tests/dryrun/refuse

TEST_PROGRAMS += $(BUILD)/tests/bench/trace-grow

TEST_PROGRAMS += $(patsubst %,$(BUILD)/tests/kernels/%,index-test store-test radix-test \
	allreduce-test nccl-test emulate-test kvcache-test oneshot-test nccl/libnccl.so.2 nccl-old/libnccl.so.2)

# The GPU side of kbench on stand-ins for CUDA and NCCL, where CUDA's headers are.
ifneq ($(wildcard $(CUDA_HOME)/include/cuda_runtime_api.h),)
TEST_PROGRAMS += $(BUILD)/tests/kernels/kbench-double
endif

# Libraries that every program links. ISA-L is for the machines that it has assembly for.
MACHINE := $(shell $(CC) -dumpmachine)
ISAL = $(if $(filter x86_64-% aarch64-%,$(MACHINE)),-lisal)
LIBS := -lyajl $(ISAL) -lz -lzstd -lpthread -lm
# What names.h needs; libiberty has the demangler.
NAMES_LIBS = -lyaml -lpcre2-8 -liberty

# Where size_t has 32 bits, uint64_t does not fit; sizes are checked where they come in.
CONVERSION = $(if $(filter i386-% i486-% i586-% i686-%,$(MACHINE)),,-Wconversion)
WARNINGS = -Wall -Wextra -Wshadow $(CONVERSION) -Wpointer-arith -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wvla -Werror
# The same bytes in whatever folder they are built: none is written into them.
ANYWHERE = '-ffile-prefix-map=$(CURDIR)=.'
# The same digits on any machine: a double has 64 bits, not the 80 of an old i386.
DOUBLES = $(if $(filter i386-% i486-% i586-% i686-%,$(MACHINE)),-msse2 -mfpmath=sse)
ALL_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 \
	-Ifilters/lib \
	$(WARNINGS) $(ANYWHERE) $(DOUBLES) $(CFLAGS)

# All that is compiled hangs on this file, which is written when the flags change.
FLAGS = $(BUILD)/obj/flags
flags := $(strip $(CC) $(ALL_CFLAGS) $(LDFLAGS) $(CXX) $(CUDA_HOME) $(CUDA_ARCH))
$(FLAGS): $(call changed,$(FLAGS),$(flags)) $(cleaning)
	@mkdir -p $(@D)
	@printf %s $(call quoted,$(flags)) >$@

# The version is in one object alone, which --version prints.
$(BUILD)/obj/version: $(call changed,$(BUILD)/obj/version,$(VERSION)) $(cleaning)
	@mkdir -p $(@D)
	@printf %s $(call quoted,$(VERSION)) >$@
$(BUILD)/obj/lib/base/options.o: $(BUILD)/obj/version
$(BUILD)/obj/lib/base/options.o: ALL_CFLAGS += -DVERSION='"$(VERSION)"'

LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/obj/lib/%.o) $(LIB_EMBED:%=$(BUILD)/obj/lib/%.embed.o) \
	$(BUILD)/obj/lib/page/kinds.js.embed.o \
	$(BUILD)/obj/names_builtin.o
LIBRARY = $(BUILD)/libwarpipe.a
GRAMMAR_SRC = build/inputs/tree-sitter-python/src/parser.c \
	build/inputs/tree-sitter-python/src/scanner.c
PY_OBJ = $(PY_SRC:%.c=$(BUILD)/obj/lib/%.o) $(BUILD)/obj/grammar/parser.o \
	$(BUILD)/obj/grammar/scanner.o
PY_LIBRARY = $(BUILD)/libwarpipe-py.a
# Linked in, tree-sitter's functions call each other directly: about 6 % faster.
TREE_SITTER = -l:libtree-sitter.a -lunistring
PY_LIBS = $(PY_LIBRARY) $(LIBRARY) $(TREE_SITTER)
DRYRUN_OBJ = $(DRYRUN_SRC:%.c=$(BUILD)/obj/lib/dryrun/%.o) $(BUILD)/obj/lib/dryrun/files.o
DRYRUN_LIBRARY = $(BUILD)/libwarpipe-dryrun.a
# The system's CPython, whatever other one is first in PATH.
PYTHON_CFLAGS = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags python3-embed 2>/dev/null))
PYTHON_LIBS = $(shell pkg-config --libs python3-embed 2>/dev/null)
DRYRUN_LIBS = $(DRYRUN_LIBRARY) $(LIBRARY) $(PYTHON_LIBS) -lseccomp -lcrypto
PROGRAMS = $(FILTERS:%=$(BIN)/%)

##@ Build
all: $(PROGRAMS) $(BIN)/warpipe ## build every program into bin/

$(LIBRARY): $(LIB_OBJ)
	$(call made,AR $@)$(AR) rcs $@ $^

$(PY_LIBRARY): $(PY_OBJ)
	$(call made,AR $@)$(AR) rcs $@ $^

$(DRYRUN_LIBRARY): $(DRYRUN_OBJ)
	$(call made,AR $@)$(AR) rcs $@ $^

# What a file says is part of the program: a list that changes makes it anew, too.
$(BUILD)/obj/lib/dryrun/files.c: filters/lib/dryrun/embed.awk $(DRYRUN_FILES)
	@mkdir -p $(@D)
	$(call made,EMBED $@)LC_ALL=C awk -f $(filter-out $(FLAGS),$^) >$@

$(BUILD)/obj/lib/dryrun/files.o: $(BUILD)/obj/lib/dryrun/files.c $(FLAGS)
	$(call at,CC $<)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/obj/lib/dryrun/%.o: ALL_CFLAGS += $(PYTHON_CFLAGS)

# One rule set per program: its objects from *_SRC, linked with the library.
define program_rules
$(BIN)/$(1): $$($(1)_SRC:%.c=$(BUILD)/obj/$(1)/%.o) $$($(1)_EMBED:%=$(BUILD)/obj/$(1)/%.embed.o) $$(filter $(BUILD)/%.a,$$($(1)_LIBS)) $(LIBRARY)
	@mkdir -p $$(@D)
	$$(call made,LD $$@)$$(CC) $$(ALL_CFLAGS) $$(LDFLAGS) -o $$@ $$^ $$($(1)_LIBS) $$(LIBS)
endef
$(foreach filter,$(FILTERS),$(eval $(call program_rules,$(filter))))

# The families become strings of the program.
$(BUILD)/obj/defgen/family_files.c: filters/defgen/embed.awk $(DEFGEN_FILES) $(FLAGS)
	@mkdir -p $(@D)
	$(call at,GEN $@)awk -f $(filter-out $(FLAGS),$^) > $@

$(BUILD)/obj/defgen/family_files.o: $(BUILD)/obj/defgen/family_files.c
	$(call at,CC $@)$(CC) $(ALL_CFLAGS) -Ifilters/defgen -c -o $@ $<

$(BUILD)/obj/%.o: filters/%.c $(FLAGS)
	@mkdir -p $(@D)
	$(call at,CC $*.c)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# A text file as a C string that is called as the file is: NAME_EMBED = page.html is page_html.
define embed
	@mkdir -p $(@D)
	$(call at,GEN $*)\
	{ name=$$(basename $< | tr .- __); \
	  printf 'extern const char %s[];\nconst char %s[] =\n' "$$name" "$$name"; \
	  sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $<; echo ';'; } >$@
endef

$(BUILD)/obj/%.embed.c: filters/% $(FLAGS)
	$(embed)

$(BUILD)/obj/%.embed.c: $(BUILD)/obj/% $(FLAGS)
	$(embed)

# The lists of trace/kinds.h as JavaScript.
$(BUILD)/obj/lib/page/kinds.js: filters/lib/page/kinds.js.in filters/lib/trace/kinds.h $(FLAGS)
	@mkdir -p $(@D)
	$(call at,GEN lib/page/kinds.js)$(CC) -E -P -x c -Ifilters/lib $< >$@

$(BUILD)/obj/%.embed.o: $(BUILD)/obj/%.embed.c
	$(call at,CC $*)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# The table as C: each file one string.
$(BUILD)/obj/names_builtin.c: $(NAMES:%=filters/names/%.yaml) Makefile $(FLAGS)
	@mkdir -p $(@D)
	$(call at,GEN $@)\
	{ printf '#include "names/names_row.h"\nconst struct names_source names_builtin[] = {\n'; \
	  for name in $(NAMES); do \
	    printf '{ "%s.yaml",\n' "$$name"; \
	    sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' "filters/names/$$name.yaml"; \
	    printf '},\n'; \
	  done; \
	  printf '{ 0 } };\n'; } >$@

$(BUILD)/obj/names_builtin.o: $(BUILD)/obj/names_builtin.c
	$(call at,CC $@)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(KERNELS): $(KERNEL_SRC:%.c=$(BUILD)/obj/kernels/%.o)
	$(call made,AR $@)$(AR) rcs $@ $^

$(BUILD)/obj/kernels/%.o: kernels/%.c $(FLAGS)
	@mkdir -p $(@D)
	$(call at,CC kernels/$*.c)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# One fat object for every architecture of CUDA_ARCH; ptxas' warnings (spills) are errors, too.
NVCC = $(CUDA_HOME)/bin/nvcc
NVCC_FLAGS = -std=c++17 -O3 -Werror all-warnings -Xcompiler -Wall,-Wextra,-Wshadow,-Werror \
	-Xptxas -warn-spills,-warn-lmem-usage \
	$(foreach arch,$(CUDA_ARCH),-gencode arch=compute_$(arch),code=sm_$(arch))
CUDA_OBJ = $(KERNEL_CU:%.cu=$(BUILD)/obj/kernels-cuda/%.o)

$(BUILD)/obj/kernels-cuda/%.o: kernels/%.cu $(FLAGS)
	@mkdir -p $(@D)
	$(call made,NVCC kernels/$*.cu)$(NVCC) $(NVCC_FLAGS) -MMD -MP -c -o $@ $<

# The device side of kbench: nothing, or with CUDA=1 all that needs the toolkit. The stamp
# makes it anew, and kbench with it, when CUDA is switched.
DEVICE_0 = $(BUILD)/obj/kbench/backend_none.o
DEVICE_1 = $(patsubst %,$(BUILD)/obj/kbench/%.o,backend_cuda collective_nccl nvml \
	device_read) \
	$(CUDA_OBJ)

$(BUILD)/libdevice-$(CUDA).a: $(DEVICE_$(CUDA)) $(BUILD)/obj/kbench/cuda-$(CUDA)
	@rm -f $(BUILD)/libdevice-*.a
	$(call made,AR $@)$(AR) rcs $@ $(filter %.o,$^)

$(BUILD)/obj/kbench/cuda-$(CUDA): $(FLAGS)
	@mkdir -p $(@D)
	@rm -f $(@D)/cuda-*
	@touch $@

$(BUILD)/obj/kbench/%.o: ALL_CFLAGS += -Ikernels -I$(BUILD)/obj/kbench
$(BUILD)/obj/kbench/report_parts.o: $(BUILD)/obj/kbench/positions.h
$(BUILD)/obj/kbench/backend_cuda.o $(BUILD)/obj/kbench/collective_nccl.o: ALL_CFLAGS += -isystem $(CUDA_HOME)/include

# Where each function of the kernels stands, for the report.
$(BUILD)/obj/kbench/positions.h: filters/kbench/positions.awk $(sort $(wildcard kernels/*.c kernels/*.cu*)) $(FLAGS)
	@mkdir -p $(@D)
	$(call at,GEN $@)awk -f $(filter-out $(FLAGS),$^) >$@

$(BUILD)/obj/kbench/device_read.o: filters/kbench/device_read.cu $(FLAGS)
	@mkdir -p $(@D)
	$(call made,NVCC $<)$(NVCC) $(NVCC_FLAGS) -MMD -MP -c -o $@ $<

kernels-cuda: $(CUDA_OBJ) $(BUILD)/obj/kbench/device_read.o ## compile all CUDA files for CUDA_ARCH with nvcc from CUDA_HOME (no GPU needed)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

$(BUILD)/tests/%: tests/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call made,LD $@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(LIBRARY) $(LIBS)

$(BUILD)/tests/names/names-test: LIBS := $(NAMES_LIBS) $(LIBS)

$(BUILD)/tests/py/py-dump: LIBS := $(PY_LIBS) $(LIBS)
$(BUILD)/tests/py/py-dump: $(PY_LIBRARY)

$(BUILD)/tests/yaml/yaml-json: LIBS += -lyaml

$(BUILD)/tests/dryrun/refuse: LIBS += -lseccomp

# Preloaded by the tests, so it is never sanitized.
$(BUILD)/tests/%.so: tests/%.c $(FLAGS)
	@mkdir -p $(@D)
	$(call made,LD $@)$(CC) -std=gnu11 $(WARNINGS) -O1 -g -fno-omit-frame-pointer -fPIC -shared -o $@ $< -ldl

$(BUILD)/tests/kernels/%: tests/kernels/%.c $(KERNELS)
	@mkdir -p $(@D)
	$(call made,LD $@)$(CC) $(ALL_CFLAGS) -Ikernels $(LDFLAGS) -o $@ $< $(KERNELS) -lpthread -lm

# Device code, run by the CPU.
$(patsubst %,$(BUILD)/tests/kernels/%-test,emulate kvcache oneshot): $(BUILD)/tests/kernels/%: \
		tests/kernels/%.cpp tests/kernels/emulate.h $(wildcard kernels/*.cuh) $(KERNELS)
	@mkdir -p $(@D)
	$(call made,LD $@)$(CXX) -std=c++17 -Wall -Wextra -Wshadow -Werror -Wno-unknown-pragmas $(CFLAGS) -Ikernels \
	  $(LDFLAGS) -o $@ $< $(KERNELS) -lpthread

$(BUILD)/tests/kernels/kbench-double: tests/kernels/cuda-double.c \
		$(kbench_SRC:%.c=$(BUILD)/obj/kbench/%.o) \
		$(kbench_EMBED:%=$(BUILD)/obj/kbench/%.embed.o) \
		$(patsubst %,$(BUILD)/obj/kbench/%.o,backend_cuda collective_nccl nvml) \
		$(KERNELS) $(LIBRARY)
	@mkdir -p $(@D)
	$(call made,LD $@)$(CC) $(ALL_CFLAGS) -Ikernels -Ifilters/kbench -isystem $(CUDA_HOME)/include $(LDFLAGS) \
	  -o $@ $^ $(LIBS)

# Stand-ins for NCCL, with and without windows.
$(BUILD)/tests/kernels/nccl/libnccl.so.2: tests/kernels/nccl-double.c $(FLAGS)
	@mkdir -p $(@D)
	$(call made,LD $@)$(CC) $(ALL_CFLAGS) -fno-sanitize=all -fPIC -shared -o $@ $<

$(BUILD)/tests/kernels/nccl-old/libnccl.so.2: tests/kernels/nccl-double.c $(FLAGS)
	@mkdir -p $(@D)
	$(call made,LD $@)$(CC) $(ALL_CFLAGS) -fno-sanitize=all -DWITHOUT_WINDOWS -fPIC -shared -o $@ $<

# The grammar is generated C that `make setup` fetches; our warnings are not its business.
# It hangs on the stamp, not on the .c files: make remembers from before the fetch that those
# are not there.
GRAMMAR = build/inputs/tree-sitter-python/src
$(BUILD)/obj/grammar/%.o: build/inputs/.fetched $(FLAGS)
	@mkdir -p $(@D)
	$(call at,CC $(GRAMMAR)/$*.c)$(CC) -std=c11 -Ifilters/lib/python/grammar -Ifilters/lib $(ANYWHERE) $(CFLAGS) -w -MMD -MP -c -o $@ $(GRAMMAR)/$*.c

clean: ## remove what was built; results, measurements and pinned inputs stay
	@rm -rf bin $(BUILD)/obj $(BUILD)/*.a $(BUILD)/tests build/asan build/lint-* build/musl build/hot

distclean: clean ## remove results, measurements and pinned inputs, too
	@rm -rf build results repos
	@for link in sglang flashinfer; do [ ! -L $$link ] || rm $$link; done

# $(call given,NAME): what a user gives is data, which make does not expand. Recipes find it
# in their environment, where the shell takes it for no more than a name, either.
given = $(if $(filter file,$(origin $1)),$($1),$(value $1))

include $(wildcard pipelines/*.mk)

##@ Help
help: ## print this list
	@awk -F ':.*## ' '/^##@ /{printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z][a-z-]*:.*## /{printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# What all is made from; make would take them for its own scratch files.
.PRECIOUS: $(BUILD)/obj/%.embed.c

FORCE:
.PHONY: all kernels-cuda clean distclean help FORCE
