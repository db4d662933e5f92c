# SPDX-License-Identifier: Apache-2.0
# make trace-report: everything about one trace. make trace-ranks: all ranks of a job.

##@ Traces
# The trace; further traces of the same run, as words, to be read as one with it; its own rows
# for kernel names; the trace its CUDA graph was captured in.
TRACE =
WITH =
RULES =
CAPTURE =
# Limits of replayed graphs need CONFIG and TP, which definitions.mk has; PEAKS is what kbench
# measured on the device.
PEAKS =
TRACE_OUT = results/trace

unexport TRACE WITH RULES CAPTURE PEAKS TRACE_OUT
trace-report: export trace = $(call given,TRACE)
trace-report: export with = $(call given,WITH)
trace-report: export rules = $(call given,RULES)
trace-report: export capture = $(call given,CAPTURE)
trace-report: export config = $(call given,CONFIG)
trace-report: export tp = $(call given,TP)
trace-report: export peaks = $(call given,PEAKS)
trace-report: export out = $(call given,TRACE_OUT)
trace-report: $(PROGRAMS) ## write tables, page, CSV and Perfetto trace of TRACE into results/trace/NAME
	@if [ -z "$$trace" ]; then \
	  echo 'trace-report: give a trace: make trace-report TRACE=x.json.gz' >&2; exit 2; \
	fi
	@PROGRAM=trace-report; . pipelines/given.bash; FILES=(); [ -z "$$with" ] || given_files WITH "$$with"; \
	BIN='$(BIN)' PATH="$(abspath $(BIN)):$$PATH" pipelines/trace-report -o "$$out" \
	  $${rules:+-r "$$rules"} $${capture:+-c "$$capture"} $${config:+-d "$$config"} $${tp:+-t "$$tp"} \
	  $${peaks:+-p "$$peaks"} -- "$$trace" "$${FILES[@]}"

# The traces, as words in which * ? [ ] and quotes mean what they mean to a shell, and nothing
# else does; or a file with their names, a line each; the hosts,
# as parallel --sshloginfile takes them.
TRACES =
TRACE_LIST =
HOSTS =
# TRANSFER=1 copies each trace to the host that reads it; else all see the same files.
TRANSFER =
# How many traces a job of parallel reads: more where they are small.
PER_JOB =
# COLLECTIVES=1 writes a record for each collective, too.
COLLECTIVES =
RANKS_OUT = results/ranks

unexport HOSTS TRACE_LIST RANKS_OUT TRACES TRANSFER PER_JOB COLLECTIVES
trace-ranks: export traces = $(call given,TRACES)
trace-ranks: export transfer = $(call given,TRANSFER)
trace-ranks: export per_job = $(call given,PER_JOB)
trace-ranks: export collectives = $(call given,COLLECTIVES)
trace-ranks: export rules = $(call given,RULES)
trace-ranks: export hosts = $(call given,HOSTS)
trace-ranks: export list = $(call given,TRACE_LIST)
trace-ranks: export out = $(call given,RANKS_OUT)
trace-ranks: $(PROGRAMS) ## say which ranks of TRACES hold up the others, in parallel (over ssh with HOSTS=FILE)
	@if [ -z "$$list$$traces" ]; then \
	  echo "trace-ranks: give traces: make trace-ranks TRACES='dir/*.json.gz'" >&2; exit 2; \
	fi
	@PROGRAM=trace-ranks; . pipelines/given.bash; FILES=(); [ -z "$$traces" ] || given_files TRACES "$$traces"; \
	BIN='$(BIN)' PATH="$(abspath $(BIN)):$$PATH" pipelines/trace-ranks -o "$$out" \
	  $${rules:+-r "$$rules"} $${hosts:+-H "$$hosts"} $${transfer:+-t} \
	  $${per_job:+-n "$$per_job"} $${collectives:+-c} $${list:+-l "$$list"} -- "$${FILES[@]}"

# A python that can import AMD's TraceLens; tests/oracle/tracelens-ranks says how to make one.
TRACELENS = python3

unexport TRACELENS
check-tracelens: export traces = $(call given,TRACES)
check-tracelens: export tracelens = $(call given,TRACELENS)
check-tracelens: $(PROGRAMS) ## hold collectives of TRACES, ranks from 0 on, against TraceLens (TRACELENS=python with it)
	@PROGRAM=check-tracelens; . pipelines/given.bash; given_files TRACES "$$traces"; \
	PATH="$(abspath $(BIN)):$$PATH" tests/oracle/tracelens-ranks "$$tracelens" "$${FILES[@]}"

# A reference as tests/oracle/limits takes it, and the folder with its traces.
REFERENCE =
FOLDER =

unexport REFERENCE FOLDER
check-limits: export reference = $(call given,REFERENCE)
check-limits: export folder = $(call given,FOLDER)
check-limits: export tracelens = $(if $(filter-out file,$(origin TRACELENS)),$(call given,TRACELENS))
check-limits: $(PROGRAMS) ## how much of the time of REFERENCE's traces in FOLDER has a limit (beside TraceLens: TRACELENS=python)
	@if [ -z "$$reference" ] || [ -z "$$folder" ]; then \
	  echo 'check-limits: give a reference and its traces: REFERENCE=x.json FOLDER=dir' >&2; exit 2; \
	fi
	@PATH="$(abspath $(BIN)):$$PATH" tests/oracle/limits --reference "$$reference" --folder "$$folder" \
	  $${tracelens:+--tracelens "$$tracelens"}

.PHONY: trace-report trace-ranks check-tracelens check-limits
