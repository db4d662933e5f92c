/* SPDX-License-Identifier: Apache-2.0 */
/* Mixtures of experts: which routing the code asks for, and the families that have it. */
#include <string.h>

#include "emit.h"

enum { BLOCK = 128 };

/* How experts are chosen and weighed. */
enum routing {
	ROUTING_BIASED_SIGMOID, /* DeepSeek: sigmoid, bias, groups */
	ROUTING_RENORMALIZED,   /* softmax over the chosen */
	ROUTING_SIGMOID,        /* Llama 4: sigmoid of the chosen */
	ROUTING_OTHER
};

struct experts {
	int64_t count, local, hidden, intermediate, chosen, groups, chosen_groups;
	enum routing routing;
	const char *why; /* when the routing is another */
};

static int64_t
count_or_one(const struct site *site, const char *name)
{
	double count = site_number(site, name, 1);

	return count > 0 && count < 1 << 20 ? (int64_t)count : 1;
}

static void
read_routing(const struct site *site, struct experts *experts)
{
	const char *custom = site_word(site, "custom"), *scoring = site_word(site, "scoring");
	const struct json *renormalize = json_get(site->sizes, "renormalize");
	bool sigmoid = scoring != NULL && strcmp(scoring, "sigmoid") == 0;
	bool biased = site_flag(site, "bias"), grouped = site_flag(site, "grouped");
	bool raw = renormalize != NULL && renormalize->type == JSON_BOOL &&
	    !site_flag(site, "renormalize");

	experts->groups = experts->chosen_groups = 1;
	experts->routing = ROUTING_OTHER;
	if (custom != NULL) {
		experts->routing = strcmp(custom, "sigmoid") == 0 ? ROUTING_SIGMOID : ROUTING_OTHER;
		experts->why = "the model's own routing function has no family";
	} else if (scoring != NULL && !sigmoid && strcmp(scoring, "softmax") != 0) {
		experts->why = "routing by another function than sigmoid or softmax has no family";
	} else if (biased && !sigmoid && !grouped) {
		/* groups with a bias are sigmoid whatever they are told */
		experts->why = "softmax routing with a bias has no family";
	} else if ((biased || sigmoid) && raw) {
		experts->why = "sigmoid routing that does not renormalize has no family";
	} else if (biased || sigmoid) {
		experts->routing = ROUTING_BIASED_SIGMOID;
		if (grouped) {
			experts->groups = count_or_one(site, "groups");
			experts->chosen_groups = count_or_one(site, "chosen_groups");
		}
	} else if (grouped && count_or_one(site, "groups") > 1) {
		experts->why = "softmax routing by groups has no family";
	} else if (raw) {
		experts->why = "softmax routing that does not renormalize has no family";
	} else {
		experts->routing = ROUTING_RENORMALIZED;
	}
}

static bool
groups_fit(struct emission *em, const struct site *site, const struct experts *experts)
{
	if (experts->groups <= 1 || (experts->count % experts->groups == 0 &&
	    experts->chosen_groups <= experts->groups))
		return true;
	emit_problem(em, site, arena_format(&em->model->arena,
	    "%lld experts, %lld of %lld groups chosen: they do not divide so",
	    (long long)experts->count, (long long)experts->chosen_groups,
	    (long long)experts->groups));
	return false;
}

/* Sizes of the routed experts. Those that every token passes through are products of their
 * own (the driver says them), not part of the choice. */
static bool
read_sizes(struct emission *em, const struct site *site, struct experts *experts)
{
	int64_t shared = (int64_t)site_number(site, "shared", 0), ranks = em->model->run.ep, tp;

	if (!emit_size(em, site, "experts", &experts->count) ||
	    !emit_size(em, site, "hidden_size", &experts->hidden) ||
	    !emit_size(em, site, "intermediate_rank", &experts->intermediate) ||
	    !emit_size(em, site, "tp", &tp) || !emit_size(em, site, "top_k", &experts->chosen))
		return false;
	if (shared > 0 && shared < experts->count && shared < experts->chosen) {
		double together = site_number(site, "own_top_k", (double)experts->chosen);

		experts->count -= shared;
		if ((int64_t)together == experts->chosen) /* not yet left out by what chooses */
			experts->chosen -= shared;
	}
	if (experts->chosen > experts->count) {
		emit_problem(em, site, arena_format(&em->model->arena,
		    "%lld experts are chosen among %lld", (long long)experts->chosen,
		    (long long)experts->count));
		return false;
	}
	if (experts->count % ranks != 0) {
		emit_problem(em, site, arena_format(&em->model->arena,
		    "%lld experts do not divide by ep %lld", (long long)experts->count,
		    (long long)ranks));
		return false;
	}
	experts->local = experts->count / ranks;
	if (!em->catalogue->wishes.per_rank)
		experts->intermediate *= tp;
	return true;
}

/* An expert-parallel rank routes over all experts and runs those that it holds, the first of
 * which it is told. One rank holds all, and its definitions have one number of experts. */
static void
set_ranks(struct emission *em, const struct experts *experts, struct parameters *parameters)
{
	bool several = experts->local < experts->count;
	struct arena *arena = &em->model->arena;
	long long all = experts->count, own = experts->local;

	parameter_set(parameters, "routed_experts", several ? "num_experts" : "num_local_experts");
	parameter_set(parameters, "held_experts", several ? "num_local_experts" : "num_experts");
	parameter_set(parameters, "whose_experts", several ? "all ranks" : "this rank");
	parameter_set(parameters, "routed_axis", several ? arena_format(arena,
	    "num_experts = %lld | Experts of all ranks.", all) : "");
	parameter_set(parameters, "held_axis", several ? arena_format(arena,
	    "num_local_experts = %lld | Experts of this rank.", own) : "");
	parameter_set(parameters, "rank_input", several ?
	    "local_expert_offset scalar int32 | First expert of this rank." : "");
	parameter_set(parameters, "rank_argument", several ? " local_expert_offset," : "");
	parameter_set(parameters, "rank_offset", several ? " + int(local_expert_offset)" : "");
	parameter_set(parameters, "rank_says", several ? arena_format(arena,
	    " This rank holds %lld of %lld experts.", own, all) : "");
}

static void
set_parameters(struct emission *em, const struct site *site, const struct experts *experts,
    struct parameters *parameters)
{
	bool weigh_input = site_flag(site, "weigh_input");
	const struct { const char *name; int64_t value; } sizes[] = {
		{ "num_experts", experts->count }, { "num_local_experts", experts->local },
		{ "hidden_size", experts->hidden }, { "intermediate_size", experts->intermediate },
		{ "top_k", experts->chosen }, { "gemm1_out_size", 2 * experts->intermediate },
		{ "n_group", experts->groups }, { "topk_group", experts->chosen_groups },
		{ "num_hidden_blocks", (experts->hidden + BLOCK - 1) / BLOCK },
		{ "num_intermediate_blocks", (experts->intermediate + BLOCK - 1) / BLOCK },
		{ "num_gemm1_out_blocks", (2 * experts->intermediate + BLOCK - 1) / BLOCK },
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		emit_number(em, parameters, sizes[i].name, sizes[i].value);
	set_ranks(em, experts, parameters);
	parameter_set(parameters, "inside", em->catalogue->wishes.per_rank ?
	    "on this rank" : "not split over ranks");
	parameter_set(parameters, "weigh_input", weigh_input ? "True" : "False");
	parameter_set(parameters, "weigh_what", weigh_input ? "what enters it" :
	    "what leaves it");
}

/* Whether a family has weights as the model stores them; where nothing says how, all have. */
static bool
is_stored_so(const struct site *site, const char *family)
{
	const char *stored = site_word(site, "weight_dtype"), *scale = site_word(site, "scale");

	if (site->quantized == NULL)
		return true;
	if (stored == NULL || strcmp(stored, "float8_e4m3fn") != 0)
		return strstr(family, "fp4") != NULL && stored != NULL && strcmp(stored, "uint8") == 0;
	return strstr(family, scale != NULL && strcmp(scale, "block") == 0 ? "fp8_block" :
	    "fp8_per_tensor") != NULL;
}

static void
emit_families(struct emission *em, struct site *site, const struct experts *experts)
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

	set_parameters(em, site, experts, &parameters);
	for (; *families != NULL; families++)
		if (is_stored_so(site, *families))
			emit_definition(em, site, *families, &parameters, em->catalogue->wishes.per_rank ?
		    em->model->run.tp : 0, em->model->run.ep);
}

/* What is between the two products of an expert. */
struct form {
	const char *activation;
	bool gated;
	const char *name, *says, *code;
};

static const struct form forms[] = {
	{ "silu", true, "", "silu of the gate times the value",
	    "gate, value = first.chunk(2, dim=-1)\n    return gate * torch.sigmoid(gate) * value" },
	{ "gelu", true, "_gelu", "gelu of the gate times the value",
	    "gate, value = first.chunk(2, dim=-1)\n"
	    "    return 0.5 * gate * (1 + torch.erf(gate / math.sqrt(2))) * value" },
	{ "gelu_tanh", true, "_gelu_tanh", "gelu (by tanh) of the gate times the value",
	    "gate, value = first.chunk(2, dim=-1)\n"
	    "    inner = math.sqrt(2 / math.pi) * (gate + 0.044715 * gate ** 3)\n"
	    "    return 0.5 * gate * (1 + torch.tanh(inner)) * value" },
	{ "relu2", false, "_relu2", "the square of what is positive",
	    "return torch.clamp(first, min=0) ** 2" },
};

/* With a limit the gate is cut above it, the values on both sides; with a factor alpha the gate
 * is that of gpt-oss, whose rows may alternate between gate and value. */
static bool
clamped_form(struct emission *em, const struct site *site, struct form *form)
{
	struct arena *arena = &em->model->arena;
	double alpha = site_number(site, "alpha", 0), limit = site_number(site, "limit", 0);
	bool alternate = site_flag(site, "alternate");
	const char *halves = alternate ? "gate, value = first[..., 0::2], first[..., 1::2]" :
	    "gate, value = first.chunk(2, dim=-1)";

	if (!(limit > 0) || strcmp(form->activation, "silu") != 0 || !form->gated)
		return false;
	form->name = alpha > 0 ? arena_format(arena, "_alpha%g_limit%g%s", alpha, limit, alternate ?
	    "_alternate" : "") : arena_format(arena, "_limit%g", limit);
	form->says = alpha > 0 ? arena_format(arena,
	    "gate sigmoid(%g gate) times the value plus one, both limited to %g", alpha, limit) :
	    arena_format(arena, "silu of the gate times the value, both limited to %g", limit);
	form->code = arena_format(arena, "%s\n    gate = gate.clamp(max=%g)\n"
	    "    value = value.clamp(-%g, %g)\n    return gate * torch.sigmoid(%g * gate) * %s", halves,
	    limit, limit, limit, alpha > 0 ? alpha : 1.0, alpha > 0 ? "(value + 1)" : "value");
	return true;
}

static bool
form_of(struct emission *em, const struct site *site, struct form *form)
{
	const char *activation = site_word(site, "activation");

	if (activation == NULL || strcmp(activation, "swiglu") == 0)
		activation = "silu";
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (strcmp(forms[i].activation, activation) == 0 &&
		    forms[i].gated == site_flag(site, "gated")) {
			*form = forms[i];
			return !site_flag(site, "clamped") || clamped_form(em, site, form);
		}
	}
	return false;
}

static void
set_biases(const struct site *site, struct parameters *parameters)
{
	bool biased = site_flag(site, "with_bias");

	parameter_set(parameters, "bias1_input", biased ? "gemm1_bias [num_local_experts, "
	    "gemm1_out_size] bfloat16 | Added to the first product of each expert." : "");
	parameter_set(parameters, "bias2_input", biased ? "gemm2_bias [num_local_experts, "
	    "hidden_size] bfloat16 | Added to the second product of each expert." : "");
	parameter_set(parameters, "bias_arguments", biased ? ", gemm1_bias, gemm2_bias" : "");
	parameter_set(parameters, "bias1_term", biased ? " + gemm1_bias[expert].to(torch.float32)" :
	    "");
	parameter_set(parameters, "bias2_term", biased ? " + gemm2_bias[expert].to(torch.float32)" :
	    "");
}

/* The experts alone, with weights as they are: what runs where nothing is quantized, however
 * they are chosen. */
static void
emit_experts(struct emission *em, struct site *site, const struct experts *experts)
{
	struct parameters parameters = { 0 };
	struct arena *arena = &em->model->arena;
	struct form form;

	if (site->quantized != NULL || !form_of(em, site, &form))
		return;
	set_parameters(em, site, experts, &parameters);
	emit_number(em, &parameters, "first_size", experts->intermediate * (form.gated ? 2 : 1));
	parameter_set(&parameters, "form", arena_format(arena, "%s%s", form.name,
	    site_flag(site, "with_bias") ? "_bias" : ""));
	parameter_set(&parameters, "form_says", form.says);
	parameter_set(&parameters, "form_rows", !form.gated ? "" : site_flag(site, "alternate") ?
	    ": its rows give gate and value by turns" :
	    ": the first half of its rows gives the gate, the second half the values");
	parameter_set(&parameters, "form_code", form.code);
	set_biases(site, &parameters);
	emit_definition(em, site, "moe_experts", &parameters, em->catalogue->wishes.per_rank ?
	    em->model->run.tp : 0, em->model->run.ep);
}

/* Experts that compute something else than silu(gate) * value without bias. */
static const char *
other_experts(struct emission *em, const struct site *site)
{
	const char *activation = site_word(site, "activation");

	if (activation != NULL && strcmp(activation, "silu") != 0 &&
	    strcmp(activation, "swiglu") != 0)
		return arena_format(&em->model->arena, "experts with %s have no family", activation);
	if (site_flag(site, "with_bias"))
		return "experts with a bias have no family";
	if (!site_flag(site, "gated"))
		return "experts without a gate have no family";
	if (site_flag(site, "clamped"))
		return "experts with a clamped gate have no family";
	return NULL;
}

/* The choice alone, whatever the weights are. False where the model chooses in its own way. */
static bool
emit_routing(struct emission *em, struct site *site, const struct experts *experts)
{
	static const struct { const char *name, *code; } scores[] = {
		{ "softmax", "torch.softmax(logits, dim=-1)" }, { "sigmoid", "torch.sigmoid(logits)" },
		{ "sqrtsoftplus", "torch.sqrt(torch.nn.functional.softplus(logits))" },
	};
	struct arena *arena = &em->model->arena;
	struct parameters parameters = { 0 };
	const char *custom = site_word(site, "custom"), *scoring = site_word(site, "scoring");
	bool biased = site_flag(site, "bias"), grouped = site_flag(site, "grouped");
	const struct json *told = json_get(site->sizes, "renormalize");
	bool raw = (told != NULL && told->type == JSON_BOOL && !site_flag(site, "renormalize")) ||
	    custom != NULL;
	long long groups = grouped ? count_or_one(site, "groups") : 1;
	long long kept = grouped ? count_or_one(site, "chosen_groups") : 1;
	bool covered = site->covered;
	size_t i = 0;

	if ((custom != NULL && strcmp(custom, "sigmoid") != 0) || experts->count % groups != 0)
		return false;
	if (custom != NULL || (biased && grouped))
		scoring = "sigmoid";
	while (i < 3 && strcmp(scores[i].name, scoring == NULL ? "softmax" : scoring) != 0)
		i++;
	if (i == 3)
		return false;
	emit_number(em, &parameters, "num_experts", experts->count);
	emit_number(em, &parameters, "top_k", experts->chosen);
	emit_number(em, &parameters, "n_group", groups);
	emit_number(em, &parameters, "topk_group", kept);
	parameter_set(&parameters, "scoring", scores[i].name);
	parameter_set(&parameters, "score_code", scores[i].code);
	parameter_set(&parameters, "form", arena_format(arena, "%s%s%s", biased ? "_bias" : "",
	    groups > 1 ? arena_format(arena, "_ng%lld_kg%lld", groups, kept) : "", raw ? "_raw" : ""));
	parameter_set(&parameters, "form_says", arena_format(arena, "%s%s; weights are the scores%s",
	    biased ? ", and a bias is added for the choice alone" : "", groups > 1 ? arena_format(arena,
	    "; only %lld of %lld groups are looked into, those whose %s largest", kept, groups,
	    biased ? "two best together are" : "best is") : "", raw ? "" : ", divided by their sum"));
	parameter_set(&parameters, "group_code", biased ? "grouped.topk(2, dim=-1).values.sum(dim=-1)" :
	    "grouped.max(dim=-1).values");
	parameter_set(&parameters, "bias_input", biased ?
	    "correction_bias [num_experts] float32 | Added to the scores for the choice." : "");
	parameter_set(&parameters, "bias_argument", biased ? ", correction_bias" : "");
	parameter_set(&parameters, "bias_term", biased ? " + correction_bias.to(torch.float32)" : "");
	parameter_set(&parameters, "renormalize_code", raw ? "" :
	    "\n    topk_weights = topk_weights / topk_weights.sum(dim=-1, keepdim=True)");
	emit_definition(em, site, "moe_routing", &parameters, 0, 0);
	site->covered = covered; /* its parameters are the experts' */
	return true;
}

void
emit_moe(struct emission *em, struct site *site)
{
	struct experts experts = { 0 };
	const char *other;
	bool routed;

	if (!read_sizes(em, site, &experts))
		return;
	read_routing(site, &experts);
	if (!groups_fit(em, site, &experts))
		return;
	emit_experts(em, site, &experts);
	routed = emit_routing(em, site, &experts);
	other = other_experts(em, site);
	if (other != NULL && site->covered) {
		/* the experts are described, and no quantized family has such */
		if (!routed && experts.why != NULL)
			emit_no_family(em, site, experts.why);
		return;
	}
	if (other != NULL)
		emit_no_family(em, site, other);
	else if (experts.routing == ROUTING_OTHER && !(routed && site->covered))
		emit_no_family(em, site, experts.why);
	else if (em->catalogue->wishes.quantized && experts.routing != ROUTING_OTHER)
		emit_families(em, site, &experts);
	if (em->catalogue->wishes.quantized && site->quantized != NULL && other == NULL &&
	    experts.routing != ROUTING_OTHER && !site->covered)
		emit_no_family(em, site, arena_format(&em->model->arena,
		    "experts with weights of %s (%s) and this routing have no family",
		    site_word(site, "weight_dtype") == NULL ? "a type of their own" :
		    site_word(site, "weight_dtype"), site->quantized));
	if (!em->catalogue->wishes.quantized)
		map_put_string(&em->catalogue->suggestions, arena_format(&em->model->arena,
		    "%s: %s: mixtures of experts have only quantized families; "
		    "--include-quantized makes them", em->name, site->path));
}
