# SPDX-License-Identifier: Apache-2.0
# make hot-kernels: from the kernels of a trace to the lines of model code.

##@ Joined view
HOT_OUT = results/hot
HOT_CONFIG = $(CONFIG)
# MODEL is told by the trace when it has Python frames, unless it is given.
HOT_MODEL = $(if $(filter command line environment,$(origin MODEL)),$(MODEL))

hot-kernels: $(PROGRAMS) ## join TRACE with SGLANG's code: results/hot/NAME.html, .md, .txt, .ndjson
	@$(if $(TRACE),,echo 'hot-kernels: which trace? TRACE=x.json.gz' >&2; exit 2)
	@BIN='$(BIN)' pipelines/hot-kernels -s '$(SGLANG)' -f '$(FLASHINFER)' -o '$(HOT_OUT)' \
	  $(if $(HOT_MODEL),-m '$(HOT_MODEL)') $(if $(HOT_CONFIG),-d '$(HOT_CONFIG)') \
	  $(if $(TP),-t '$(TP)') $(if $(CAPTURE),-c '$(CAPTURE)') $(if $(RULES),-r '$(RULES)') \
	  '$(TRACE)'

.PHONY: hot-kernels
