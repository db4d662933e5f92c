# SPDX-License-Identifier: Apache-2.0
# make definitions: flashinfer-trace definitions for models. make repos: what they are made from.

##@ Definitions
# Names of fixtures/configs/, or names of your own with CONFIG=config.json (and TP, EP).
MODELS = deepseek_v3 llama qwen3_moe
CONFIG =
TP =
EP =
SGLANG = build/inputs/sglang
# A dataset whose definitions are not written again.
DATASET =
DEFINITIONS_OUT = results/definitions

unexport SGLANG CONFIG DATASET DEFINITIONS_OUT MODELS TP EP
definitions: export models = $(call given,MODELS)
definitions: export tp = $(call given,TP)
definitions: export ep = $(call given,EP)
definitions: export sglang = $(call given,SGLANG)
definitions: export config = $(call given,CONFIG)
definitions: export dataset = $(call given,DATASET)
definitions: export out = $(call given,DEFINITIONS_OUT)
definitions: $(BIN)/defgen ## write definitions and report of MODELS='deepseek_v3 llama ...'
	@read -ra names <<<"$$models"; BIN="$(BIN)" pipelines/definitions -o "$$out" -s "$$sglang" \
	  $${dataset:+-d "$$dataset"} $${config:+-c "$$config"} $${tp:+-t "$$tp"} \
	  $${ep:+-e "$$ep"} -- "$${names[@]}"

# A Python that has torch: one of the system, or a virtual environment that this fills.
TORCH_VENV = build/torch

check-references: export sglang = $(call given,SGLANG)
check-references: $(BIN)/defgen ## run every reference implementation on CPU torch (fetches torch)
	@BIN="$(BIN)" VENV="$(TORCH_VENV)" tests/definitions/check-references "$$sglang"

# FlashInfer's Python alone, whose templates are loaded: nothing of it runs on a GPU.
FLASHINFER_VERSION = 0.7.4
FLASHINFER_WHEEL = build/flashinfer-$(FLASHINFER_VERSION)

$(FLASHINFER_WHEEL)/.fetched:
	mkdir -p $(@D)
	$(PYTHON) -m pip download --quiet --disable-pip-version-check --no-deps --dest $(@D) \
	  flashinfer-python==$(FLASHINFER_VERSION)
	$(PYTHON) -m zipfile -e $(@D)/*.whl $(@D)
	touch $@

check-templates: export sglang = $(call given,SGLANG)
check-templates: $(BIN)/defgen $(FLASHINFER_WHEEL)/.fetched ## compare FlashInfer's dialect with the templates of its release (needs check-references' torch)
	@BIN="$(BIN)" VENV="$(TORCH_VENV)" tests/definitions/check-templates $(FLASHINFER_WHEEL) "$$sglang"

# A virtual environment that has transformers, whose default configs the table is of.
TRANSFORMERS_VENV = build/transformers
TABLE_TRANSFORMERS = 5.24.0
# OLDER=older for trees that are made for transformers of before 5.
OLDER =

$(TRANSFORMERS_VENV)/.fetched:
	$(PYTHON) -m venv $(TRANSFORMERS_VENV)
	$(TRANSFORMERS_VENV)/bin/pip install --quiet --disable-pip-version-check \
	  transformers==$(TABLE_TRANSFORMERS)
	touch $@

definitions-table: export sglang = $(call given,SGLANG)
definitions-table: $(BIN)/defgen $(TRANSFORMERS_VENV)/.fetched ## account of all architectures that transformers has defaults for (OUT=)
	@out=$${OUT:-results/definitions-table}; rm -rf "$$out/configs"; \
	$(TRANSFORMERS_VENV)/bin/python tests/definitions/default_configs.py "$$sglang" "$$out/configs" $(OLDER); \
	BIN="$(BIN)" tests/definitions/table "$$sglang" "$$out/configs" "$$out"

repos: ## link or fetch the repositories; write repos/repos_config.json
	@pipelines/repos repos $(INPUTS)

.PHONY: definitions check-references check-templates definitions-table repos
