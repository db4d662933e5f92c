# SPDX-License-Identifier: Apache-2.0
# make deepseek-traces and its kin: every kernel, traced up to the model's forward.
#
# The trees are linked as sglang and flashinfer in the repository's root, so that the links
# of results/*.md (../sglang/python/...#L7) open from here, whatever tree SGLANG names.

# The trees: a release that setup unpacked, or a checkout.
SGLANG = $(INPUTS)/sglang
FLASHINFER = $(INPUTS)/flashinfer
# Whose call sites are ops: deepseek, llama, qwen3_moe, ... Several of them, or several trees
# in SGLANG, are traced in parallel, over ssh with HOSTS=FILE, into results/kernel-traces.
MODEL = deepseek
# Most chains listed from one kernel to one op; others are counted. Empty: as kcallers has it.
LIMIT =

KERNEL_TRACES = results/$(MODEL)_kernel_traces.md
OP_TRACES = results/$(MODEL)_op_traces.md
CHAINS = build/traces/$(MODEL).ndjson
IMPORTS = build/traces/$(MODEL).imports.ndjson
model_name = $(if $(filter deepseek,$(1)),DeepSeek,$(1))
MODEL_NAME = $(call model_name,$(MODEL))
TRACE_PROGRAMS = $(BIN)/kgrep-imports $(BIN)/kcallers $(BIN)/kchain-fmt

##@ Kernel traces
deepseek-traces: MODEL = deepseek
deepseek-traces: kernel-traces ## trace every kernel to DeepSeek's ops: results/deepseek_kernel_traces.md

unexport SGLANG FLASHINFER
kernel-traces: export sglang = $(call given,SGLANG)
kernel-traces: export flashinfer = $(call given,FLASHINFER)
kernel-traces: export hosts = $(call given,HOSTS)
kernel-traces: $(TRACE_PROGRAMS) ## the same for MODEL (deepseek) in SGLANG (the pinned release)
	@trees=("$$sglang"); \
	[ -d "$$sglang" ] || trees=($$sglang); \
	if [ $(words $(MODEL)) -gt 1 ] || [ "$${#trees[@]}" -gt 1 ]; then \
	  FLASHINFER="$$flashinfer" LIMIT='$(LIMIT)' BIN='$(BIN)' pipelines/trace-trees \
	    $(foreach model,$(MODEL),-m '$(model)=$(call model_name,$(model))') \
	    $${hosts:+-H "$$hosts"} -- "$${trees[@]}"; \
	  exit; \
	fi; \
	SGLANG="$$sglang" FLASHINFER="$$flashinfer" MODEL='$(MODEL)' LIMIT='$(LIMIT)' NAME='$(MODEL_NAME)' \
	  BIN='$(BIN)' IMPORTS='$(IMPORTS)' CHAINS='$(CHAINS)' pipelines/trace-kernels '$(KERNEL_TRACES)'

op-traces: kernel-traces ## the model's forward from the top down to its ops: results/MODEL_op_traces.md
	@$(BIN)/kchain-fmt -f ops -t '$(MODEL_NAME) Op Traces' $(CHAINS) >$(OP_TRACES).part
	@mv $(OP_TRACES).part $(OP_TRACES)
	@echo '$(OP_TRACES)'

verify-traces: ## check results/MODEL_kernel_traces.md: files, links, kernels; exit 1 on findings
	@test -f '$(KERNEL_TRACES)' || { echo 'no $(KERNEL_TRACES): make kernel-traces MODEL=$(MODEL)' >&2; exit 2; }
	@jq -r 'select(.kernel) | .kernel' $(IMPORTS) | sort -u | \
	  awk -f pipelines/verify-traces.awk - '$(KERNEL_TRACES)' || { status=$$?; \
	    echo "verify-traces: sglang is now $$(readlink sglang): if the document is of another tree, trace it again" >&2; \
	    exit $$status; }

cross-validate: ## hold results/MODEL_op_traces.md against the kernel traces; exit 1 on findings
	@test -f '$(KERNEL_TRACES)' || { echo 'no $(KERNEL_TRACES): make kernel-traces MODEL=$(MODEL)' >&2; exit 2; }
	@if test -f '$(OP_TRACES)'; then \
	  awk -f pipelines/cross-validate.awk '$(OP_TRACES)' '$(KERNEL_TRACES)'; \
	else \
	  echo 'no $(OP_TRACES): nothing to validate (make op-traces writes one)'; \
	fi

.PHONY: deepseek-traces kernel-traces op-traces verify-traces cross-validate
