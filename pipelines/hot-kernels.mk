# SPDX-License-Identifier: Apache-2.0
# make hot-kernels: from the kernels of a trace to the lines of model code.

##@ Joined view
HOT_OUT = results/hot

unexport HOT_OUT TP
hot-kernels: export tp = $(call given,TP)
hot-kernels: export trace = $(call given,TRACE)
hot-kernels: export rules = $(call given,RULES)
hot-kernels: export capture = $(call given,CAPTURE)
hot-kernels: export sglang = $(call given,SGLANG)
hot-kernels: export flashinfer = $(call given,FLASHINFER)
hot-kernels: export config = $(call given,CONFIG)
hot-kernels: export device = $(call given,DEVICE)
hot-kernels: export server_args = $(call given,ARGS)
hot-kernels: export out = $(call given,HOT_OUT)
# It is told by the trace when that has Python frames, unless it is given.
hot-kernels: export model = $(if $(filter command line environment,$(origin MODEL)),$(call given,MODEL))
hot-kernels: $(PROGRAMS) ## join TRACE with SGLANG's code: results/hot/NAME.html, .md, .txt, .ndjson
	@[ -n "$$trace" ] || { echo 'hot-kernels: which trace? TRACE=x.json.gz' >&2; exit 2; }; \
	BIN='$(BIN)' pipelines/hot-kernels -s "$$sglang" -f "$$flashinfer" -o "$$out" \
	  $${model:+-m "$$model"} $${config:+-d "$$config"} $${tp:+-t "$$tp"} \
	  $${device:+-D "$$device"} $${server_args:+-a "$$server_args"} \
	  $${capture:+-c "$$capture"} $${rules:+-r "$$rules"} -- "$$trace"

# A line a trace and join: how much of the time is at the right op once the frames are hidden.
hidden-frames: $(PROGRAMS) ## join the traces of FIELD_DATA whose frames are known without those, and compare (needs make releases)
	@FIELD_DATA="$$(realpath "$$data")" tests/kjoin/hidden-frames -b '$(BIN)' tests/kjoin/cases.ndjson
hidden-frames: export data = $(call given,FIELD_DATA)

.PHONY: hot-kernels hidden-frames
