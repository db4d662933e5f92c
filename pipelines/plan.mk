# SPDX-License-Identifier: Apache-2.0
# make plan: which kernels a deployment launches, in order.

##@ What runs
PLAN_OUT = results/plan

unexport PLAN_OUT DEVICE ARGS PHASE COMPARE COUNT SEED ARCHITECTURES
plan: export tp = $(call given,TP)
plan: export sglang = $(call given,SGLANG)
plan: export config = $(call given,CONFIG)
plan: export device = $(call given,DEVICE)
plan: export server_args = $(call given,ARGS)
plan: export phases = $(call given,PHASE)
plan: export with = $(call given,COMPARE)
plan: export out = $(call given,PLAN_OUT)
plan: $(BIN)/kplan ## launches of CONFIG on DEVICE in order; TP, ARGS, PHASE='decode extend', COMPARE='-D b200'
	@[ -n "$$config" ] && [ -n "$$device" ] || { echo 'plan: CONFIG=config.json DEVICE=h200' >&2; exit 2; }; \
	options=(-r "$$sglang" -c "$$config" -D "$$device" $${tp:+--tp "$$tp"} $${server_args:+-a "$$server_args"}); \
	read -ra phases <<<"$$phases"; for phase in "$${phases[@]}"; do options+=(-p "$$phase"); done; \
	BIN='$(BIN)' pipelines/plan -o "$$out" $${with:+-w "$$with"} "$${options[@]}"

.PHONY: plan

##@ Test
# Deployments are drawn from SEED: models, devices, arguments. 4 take a minute, 30 some ten.
COUNT = 4
check-plans: $(BIN)/kplan ## hold COUNT (4) plans, drawn from SEED, against sglang on the real torch (fetches it)
	@BIN="$(BIN)" tests/plan/check-plans "$$sglang" "$$count" "$$seed"
check-plans: export sglang = $(call given,SGLANG)
check-plans: export count = $(call given,COUNT)
check-plans: export seed = $(call given,SEED)

# The truths of the field data that plans are held against, and how far 40 architectures come.
FIELD_DATA = ../shared/data
plan-scores: $(BIN)/kplan ## score plans against every truth of FIELD_DATA (../shared/data)/plan
	@tree() { t="build/releases/sglang-$$1/sglang"; [ -d "$$t" ] || t="$$sglang"; echo "$$t"; }; export -f tree; \
	PATH="$$PWD/$(BIN):$$PATH" tests/plan/score "$$data/plan" tree "$$data"/plan/{traces,executed}/*.ndjson.gz | \
	jq -r '[.name, .recall, .precision, .order, .shapes, .unresolved] | @tsv'
plan-survey: $(BIN)/kplan ## plan 40 architectures on three devices: how many run to the end, and why others stop
	@MODELS="$$architectures" tests/plan/survey "$$sglang" filters/lib/dryrun/python/data/transformers-$(TRANSFORMERS).json "$$data/definitions/configs.json"
TRANSFORMERS = 4.57.1
# How many of the architectures, evenly out of all.
ARCHITECTURES = 40
plan-survey: export architectures = $(call given,ARCHITECTURES)
plan-scores plan-survey: export sglang = $(call given,SGLANG)
plan-scores plan-survey: export data = $(call given,FIELD_DATA)

.PHONY: check-plans plan-scores plan-survey
