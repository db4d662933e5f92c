/* SPDX-License-Identifier: Apache-2.0 */
/* Mixtures of experts: which routing the code asks for, and the families that have it. */
#include <string.h>

#include "emit.h"
#include "base/intern.h"

enum { BLOCK = 128 };

/* How experts are chosen and weighed. */
enum routing {
	ROUTING_BIASED_SIGMOID, /* DeepSeek: sigmoid, bias, groups */
	ROUTING_RENORMALIZED,   /* softmax over the chosen */
	ROUTING_SIGMOID,        /* Llama 4: sigmoid of the chosen */
	ROUTING_OTHER
};

struct experts {
	const struct kernel *moe, *topk;
	int64_t count, local, hidden, intermediate, chosen, groups, chosen_groups;
	enum routing routing;
	const char *why; /* when the routing is another */
};

/* The TopK beside the experts, or beside what holds them. */
static const struct kernel *
topk_beside(const struct emission *em, const struct site *site)
{
	const struct scope *held = &site->owner->instance->attributes;
	const struct site *other;
	uint32_t i;

	for (i = 0; i < held->count; i++) {
		const struct value *value = held->values[i];

		if (value && value->kind == VALUE_INSTANCE && value->instance->kernel &&
		    value->instance->kernel->layer->kind == LAYER_TOPK)
			return value->instance->kernel;
	}
	for (other = em->model->sites; other; other = other->next) {
		const char *dot = strrchr(other->path, '.');

		if (other->kernel->layer->kind == LAYER_TOPK && dot &&
		    !strncmp(other->path, site->path, (size_t)(dot - other->path)))
			return other->kernel;
	}
	return NULL;
}

/* A routing argument: TopK has it, or in older trees the experts themselves. */
static struct value *
routing_argument(const struct experts *experts, const char *name)
{
	struct value *value = experts->topk ? kernel_argument(experts->topk, name) : NULL;

	return value ? value : kernel_argument(experts->moe, name);
}

static bool
is_set(const struct value *value)
{
	return value && value->kind != VALUE_NONE && value->kind != VALUE_UNSET;
}

static bool
calls_sigmoid(const struct py_node *node)
{
	int i;

	for (; node; node = node->next) {
		if ((node->kind == PY_NAME || node->kind == PY_ATTRIBUTE) &&
		    strstr(node->name, "sigmoid"))
			return true;
		for (i = 0; i < 4; i++)
			if (node->part[i] && calls_sigmoid(node->part[i]))
				return true;
	}
	return false;
}

static enum routing
custom_routing(const struct value *function)
{
	if (function->kind == VALUE_METHOD)
		function = function->bound.function;
	if (function->kind == VALUE_FUNCTION &&
	    calls_sigmoid(function->function->node->function.body))
		return ROUTING_SIGMOID;
	return ROUTING_OTHER;
}

static int64_t
count_or_one(const struct value *value)
{
	int64_t count;

	return value && value_integer(value, &count) && count > 0 ? count : 1;
}

static void
read_routing(struct experts *experts)
{
	struct value *custom = routing_argument(experts, "custom_routing_function");
	struct value *bias = routing_argument(experts, "correction_bias");
	struct value *grouped = routing_argument(experts, "use_grouped_topk");
	struct value *scoring = routing_argument(experts, "scoring_func");
	struct value *renormalize = routing_argument(experts, "renormalize");
	bool sigmoid = scoring && value_is_string(scoring, "sigmoid");
	bool by_groups = grouped && value_truth(grouped);
	bool raw = renormalize && !value_is_unknown(renormalize) && !value_truth(renormalize);

	experts->groups = experts->chosen_groups = 1;
	experts->routing = ROUTING_OTHER;
	if (is_set(custom)) {
		experts->routing = custom_routing(custom);
		experts->why = "the model's own routing function has no family";
	} else if (scoring && scoring->kind == VALUE_STRING && !sigmoid &&
	    !value_is_string(scoring, "softmax")) {
		experts->why = "routing by another function than sigmoid or softmax has no family";
	} else if (is_set(bias) && !sigmoid && !by_groups) {
		/* groups with a bias are sigmoid whatever they are told */
		experts->why = "softmax routing with a bias has no family";
	} else if ((is_set(bias) || sigmoid) && raw) {
		experts->why = "sigmoid routing that does not renormalize has no family";
	} else if (is_set(bias) || sigmoid) {
		experts->routing = ROUTING_BIASED_SIGMOID;
		if (by_groups) {
			experts->groups = count_or_one(routing_argument(experts, "num_expert_group"));
			experts->chosen_groups = count_or_one(routing_argument(experts, "topk_group"));
		}
	} else if (by_groups) {
		experts->why = "softmax routing by groups has no family";
	} else if (renormalize && !value_truth(renormalize)) {
		experts->why = value_is_unknown(renormalize) ? renormalize->reason->text :
		    "softmax routing that does not renormalize has no family";
	} else {
		experts->routing = ROUTING_RENORMALIZED;
	}
}

static bool
read_sizes(struct emission *em, const struct site *site, struct experts *experts)
{
	struct value *chosen = routing_argument(experts, "top_k");
	struct value *fused = kernel_argument(experts->moe, "num_fused_shared_experts");
	int64_t shared, ep = em->model->it->run.ep;

	if (!emit_size(em, site, "num_experts", kernel_argument(experts->moe, "num_experts"),
	    &experts->count) ||
	    !emit_size(em, site, "hidden_size", kernel_argument(experts->moe, "hidden_size"),
	    &experts->hidden) ||
	    !emit_size(em, site, "intermediate_size", kernel_argument(experts->moe,
	    "intermediate_size"), &experts->intermediate) ||
	    !emit_size(em, site, "top_k", chosen, &experts->chosen))
		return false;
	/* experts that every token passes through are counted by the code, not by definitions */
	if (fused && value_integer(fused, &shared) && shared > 0 && shared < experts->count &&
	    shared < experts->chosen) {
		struct value *own = kernel_argument(experts->moe, "top_k");
		int64_t together = experts->chosen;

		if (own)
			value_integer(own, &together);
		experts->count -= shared;
		if (together == experts->chosen) /* not already left out where experts are chosen */
			experts->chosen -= shared;
	}
	if (experts->count % ep) {
		emit_problem(em, site, interp_text(em->model->it,
		    "%lld experts do not divide by ep %lld", (long long)experts->count,
		    (long long)ep));
		return false;
	}
	experts->local = experts->count / ep;
	return true;
}

static void
set_parameters(struct emission *em, const struct experts *experts,
    struct parameters *parameters)
{
	struct value *input = kernel_argument(experts->moe, "apply_router_weight_on_input");
	bool weigh_input = input && value_truth(input);
	const struct { const char *name; int64_t value; } sizes[] = {
		{ "num_local_experts", experts->local }, { "hidden_size", experts->hidden },
		{ "intermediate_size", experts->intermediate }, { "top_k", experts->chosen },
		{ "gemm1_out_size", 2 * experts->intermediate }, { "n_group", experts->groups },
		{ "topk_group", experts->chosen_groups },
		{ "num_hidden_blocks", (experts->hidden + BLOCK - 1) / BLOCK },
		{ "num_intermediate_blocks", (experts->intermediate + BLOCK - 1) / BLOCK },
		{ "num_gemm1_out_blocks", (2 * experts->intermediate + BLOCK - 1) / BLOCK },
	};
	size_t i;

	for (i = 0; i < sizeof sizes / sizeof *sizes; i++)
		emit_number(em, parameters, sizes[i].name, sizes[i].value);
	parameter_set(parameters, "weigh_input", weigh_input ? "True" : "False");
	parameter_set(parameters, "weigh_what", weigh_input ? "what enters it" :
	    "what leaves it");
}

/* The families of each routing. TRT-LLM's kernels count the rank's experts alone. */
static void
emit_families(struct emission *em, const struct site *site, const struct experts *experts)
{
	static const char *const renormalized[] = { "moe_fp8_block_scale_renorm",
		"trtllm_fp4_block_scale_moe", "trtllm_fp4_block_scale_routed_moe",
		"trtllm_fp8_per_tensor_scale_moe", NULL };
	static const char *const sigmoid[] = { "trtllm_fp4_block_scale_moe_llama4",
		"trtllm_fp4_block_scale_routed_moe", "trtllm_fp8_per_tensor_scale_moe_llama4", NULL };
	static const char *const biased[] = { "moe_fp8_block_scale_ds_routing", NULL };
	const char *const *families = experts->routing == ROUTING_RENORMALIZED ? renormalized :
	    experts->routing == ROUTING_SIGMOID ? sigmoid : biased;
	struct parameters parameters = { 0 };

	set_parameters(em, experts, &parameters);
	emit_number(em, &parameters, "num_experts", families == biased ? experts->count :
	    experts->local);
	for (; *families; families++)
		emit_definition(em, site, *families, &parameters, 0, em->model->it->run.ep);
}

/* Experts that compute something else than silu(gate) * value without bias. */
static const char *
other_experts(struct emission *em, const struct experts *experts)
{
	static const char *const extras[] = { "gemm1_alpha", "gemm1_clamp_limit", "swiglu_limit" };
	struct value *activation = kernel_argument(experts->moe, "activation");
	struct value *bias = kernel_argument(experts->moe, "with_bias");
	struct value *gated = kernel_argument(experts->moe, "is_gated");
	double number;
	size_t i;

	if (activation && activation->kind == VALUE_STRING &&
	    !value_is_string(activation, "silu") && !value_is_string(activation, "swiglu"))
		return interp_text(em->model->it, "experts with %s have no family",
		    activation->string.text);
	if (bias && value_truth(bias))
		return "experts with a bias have no family";
	if (gated && gated->kind == VALUE_BOOL && !value_truth(gated))
		return "experts without a gate have no family";
	for (i = 0; i < sizeof extras / sizeof *extras; i++) {
		struct value *value = kernel_argument(experts->moe, extras[i]);

		if (value && value_number(value, &number) && number > 0)
			return "experts with a clamped gate have no family";
	}
	return NULL;
}

void
emit_moe(struct emission *em, const struct site *site)
{
	struct experts experts = { .moe = site->kernel };
	const char *other;

	experts.topk = topk_beside(em, site);
	if (!read_sizes(em, site, &experts))
		return;
	read_routing(&experts);
	other = other_experts(em, &experts);
	if (other)
		emit_no_family(em, site, other);
	else if (experts.routing == ROUTING_OTHER)
		emit_no_family(em, site, experts.why);
	else if (em->catalogue->wishes.quantized)
		emit_families(em, site, &experts);
	else
		map_put_string(&em->catalogue->suggestions, interp_text(em->model->it,
		    "%s: %s: mixtures of experts have only quantized families; "
		    "--include-quantized makes them", em->name, site->path));
}
