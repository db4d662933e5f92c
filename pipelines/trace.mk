# SPDX-License-Identifier: Apache-2.0
# make trace-report: everything about one trace. make trace-ranks: all ranks of a job.

##@ Traces
# The trace; its own rows for kernel names; the trace its CUDA graph was captured in.
TRACE =
RULES =
CAPTURE =
TRACE_OUT = results/trace

trace-report: $(PROGRAMS) ## write tables, page, CSV and Perfetto trace of TRACE into results/trace/NAME
	@PATH="$(abspath $(BIN)):$$PATH" pipelines/trace-report -o "$(TRACE_OUT)" \
	  $(if $(RULES),-r "$(RULES)") $(if $(CAPTURE),-c "$(CAPTURE)") "$(TRACE)"

# The traces, as the shell expands them, or a file with their names, a line each; the hosts,
# as parallel --sshloginfile takes them.
TRACES =
TRACE_LIST =
HOSTS =
# TRANSFER=1 copies each trace to the host that reads it; else all see the same files.
TRANSFER =
# How many traces a job of parallel reads: more where they are small.
PER_JOB =
RANKS_OUT = results/ranks

trace-ranks: $(PROGRAMS) ## run TRACES in parallel (over ssh with HOSTS=FILE); write results/ranks
	@PATH="$(abspath $(BIN)):$$PATH" pipelines/trace-ranks -o "$(RANKS_OUT)" \
	  $(if $(RULES),-r "$(RULES)") $(if $(HOSTS),-H "$(HOSTS)") $(if $(TRANSFER),-t) \
	  $(if $(PER_JOB),-n "$(PER_JOB)") $(if $(TRACE_LIST),-l "$(TRACE_LIST)",$(TRACES))

.PHONY: trace-report trace-ranks
