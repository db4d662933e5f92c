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
# What the documents call it, when that is not its name.
MODEL_NAME =
# Most chains listed from one kernel to one op; others are counted. Empty: as kcallers has it.
LIMIT =
TRACE_PROGRAMS = $(BIN)/kgrep-imports $(BIN)/kcallers $(BIN)/kplan $(BIN)/kchain-fmt
KERNEL_TRACES = @BIN='$(BIN)' pipelines/kernel-traces

##@ Kernel traces
deepseek-traces: MODEL = deepseek
deepseek-traces: kernel-traces ## trace every kernel to DeepSeek's ops: results/deepseek_kernel_traces.md

unexport SGLANG FLASHINFER MODEL MODEL_NAME LIMIT
kernel-traces op-traces verify-traces cross-validate: export sglang = $(call given,SGLANG)
kernel-traces op-traces verify-traces cross-validate: export flashinfer = $(call given,FLASHINFER)
kernel-traces op-traces verify-traces cross-validate: export model = $(call given,MODEL)
kernel-traces op-traces verify-traces cross-validate: export model_name = $(call given,MODEL_NAME)
kernel-traces op-traces verify-traces cross-validate: export limit = $(call given,LIMIT)
kernel-traces op-traces verify-traces cross-validate: export hosts = $(call given,HOSTS)
kernel-traces: $(TRACE_PROGRAMS) ## the same for MODEL (deepseek) in SGLANG (the pinned release)
	$(KERNEL_TRACES) trace

op-traces: kernel-traces ## the model's forward from the top down to its ops: results/MODEL_op_traces.md
	$(KERNEL_TRACES) ops

verify-traces: ## check results/MODEL_kernel_traces.md: files, links, kernels; exit 1 on findings
	$(KERNEL_TRACES) verify

cross-validate: ## hold results/MODEL_op_traces.md against the kernel traces; exit 1 on findings
	$(KERNEL_TRACES) cross

.PHONY: deepseek-traces kernel-traces op-traces verify-traces cross-validate
