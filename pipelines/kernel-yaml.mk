# SPDX-License-Identifier: Apache-2.0
# make kernel-yaml: the catalogue of the kernels of one Nsight Systems run.

##@ Kernel catalogue
# The run's folder; without RUN the newest below tmp/nsys-profile, by modification time.
RUN = $(shell ls -1dt tmp/nsys-profile/*/ 2>/dev/null | head -n 1)
OUT = results/kernels.yaml
YAMLGEN_FLAGS =

kernel-yaml: $(BIN)/yamlgen ## write OUT (results/kernels.yaml) from RUN, the newest run by default
	@if [ -z "$(RUN)" ]; then \
	  echo "kernel-yaml: no run below tmp/nsys-profile; give one: make kernel-yaml RUN=DIR" >&2; \
	  exit 2; \
	fi
	@mkdir -p "$$(dirname "$(OUT)")"
	$(BIN)/yamlgen $(YAMLGEN_FLAGS) -o "$(OUT)" "$(RUN)"
	@echo "wrote $(OUT) from $(RUN)"

.PHONY: kernel-yaml
