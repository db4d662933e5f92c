# SPDX-License-Identifier: Apache-2.0
# make kernel-yaml: the catalogue of the kernels of one Nsight Systems run.

##@ Kernel catalogue
# The run's folder; without RUN the newest below tmp/nsys-profile, by modification time.
RUN =
OUT = results/kernels.yaml
YAMLGEN_FLAGS =

unexport RUN OUT YAMLGEN_FLAGS
kernel-yaml: export flags = $(call given,YAMLGEN_FLAGS)
kernel-yaml: export run = $(call given,RUN)
kernel-yaml: export out = $(call given,OUT)
kernel-yaml: $(BIN)/yamlgen ## write OUT (results/kernels.yaml) from RUN, the newest run by default
	@newest=; \
	for folder in tmp/nsys-profile/*/; do \
	  [ -n "$$run" ] && break; \
	  [ -d "$$folder" ] && { [ -z "$$newest" ] || [ "$$folder" -nt "$$newest" ]; } && newest=$$folder; \
	done; \
	run=$${run:-$$newest}; \
	if [ -z "$$run" ]; then \
	  echo "kernel-yaml: no run below tmp/nsys-profile; give one: make kernel-yaml RUN=DIR" >&2; \
	  exit 2; \
	fi; \
	mkdir -p -- "$$(dirname -- "$$out")"; \
	read -ra flags <<<"$$flags"; \
	$(BIN)/yamlgen "$${flags[@]}" -o "$$out" -- "$$run"; \
	echo "wrote $$out from $$run"

.PHONY: kernel-yaml
