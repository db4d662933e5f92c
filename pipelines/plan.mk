# SPDX-License-Identifier: Apache-2.0
# make plan: which kernels a deployment launches, in order.

##@ What runs
PLAN_OUT = results/plan

unexport PLAN_OUT
plan: export sglang = $(call given,SGLANG)
plan: export config = $(call given,CONFIG)
plan: export device = $(call given,DEVICE)
plan: export server_args = $(call given,ARGS)
plan: export phases = $(call given,PHASE)
plan: export with = $(call given,COMPARE)
plan: export out = $(call given,PLAN_OUT)
plan: $(BIN)/kplan ## launches of CONFIG on DEVICE in order; TP, ARGS, PHASE='decode extend', COMPARE='-D b200'
	@[ -n "$$config" ] && [ -n "$$device" ] || { echo 'plan: CONFIG=config.json DEVICE=h200' >&2; exit 2; }; \
	options=(-r "$$sglang" -c "$$config" -D "$$device" $(if $(TP),--tp '$(TP)') -a "$$server_args"); \
	for phase in $$phases; do options+=(-p "$$phase"); done; \
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

.PHONY: check-plans
