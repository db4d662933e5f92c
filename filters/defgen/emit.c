/* SPDX-License-Identifier: Apache-2.0 */
/* From the modules of a constructed model to definitions: which families each becomes. */
#include "emit.h"

#include <stdio.h>
#include <string.h>

#include "account.h"

/* Sizes beyond this are mistakes: no tensor dimension of a model comes near. */
enum { SIZE_LIMIT = 1 << 30 };

static void
note(struct emission *em, enum finding_kind kind, const struct site *site, const char *why)
{
	remark_add(em->catalogue, kind, em->name, site->file, site->line,
	    arena_format(&em->model->arena, "%s (%s)", site->path, site->class), why);
}

void
emit_problem(struct emission *em, const struct site *site, const char *why)
{
	note(em, FINDING_UNSUPPORTED, site, why);
}

void
emit_no_family(struct emission *em, const struct site *site, const char *why)
{
	note(em, FINDING_NO_FAMILY, site, why);
}

void
emit_number(struct emission *em, struct parameters *parameters, const char *name,
    int64_t number)
{
	parameter_set(parameters, name, arena_format(&em->model->arena, "%lld",
	    (long long)number));
}

bool
site_flag(const struct site *site, const char *name)
{
	const struct json *value = json_get(site->sizes, name);

	return value != NULL && value->type == JSON_BOOL && value->text[0] == 't';
}

double
site_number(const struct site *site, const char *name, double otherwise)
{
	json_number(json_get(site->sizes, name), &otherwise);
	return otherwise;
}

const char *
site_word(const struct site *site, const char *name)
{
	return json_string(json_get(site->sizes, name));
}

bool
emit_size(struct emission *em, const struct site *site, const char *name, int64_t *size)
{
	const struct json *value = json_get(site->sizes, name);
	struct arena *arena = &em->model->arena;

	if (value == NULL || value->type == JSON_NULL)
		emit_problem(em, site, arena_format(arena, "%s is not given", name));
	else if (!json_integer(value, size))
		emit_problem(em, site, arena_format(arena, "%s is %.*s, not a whole number", name,
		    (int)(value->raw_length < 40 ? value->raw_length : 40), value->raw));
	else if (*size < 1 || *size > SIZE_LIMIT)
		emit_problem(em, site, arena_format(arena, "%s is %lld", name, (long long)*size));
	else
		return true;
	return false;
}

void
emit_definition(struct emission *em, struct site *site, const char *family,
    const struct parameters *parameters, int64_t tp, int64_t ep)
{
	struct definition *definition = definition_add(em->catalogue, family, parameters, tp, ep);
	struct arena *arena = &em->catalogue->arena;
	struct use *use;

	site->covered = true;
	for (use = definition->uses; use != NULL; use = use->next)
		if (use->line == site->line && strcmp(use->path, site->path) == 0 &&
		    strcmp(use->model, em->name) == 0)
			return;
	use = arena_alloc_zero(arena, sizeof(*use));
	use->model = arena_copy(arena, em->name, strlen(em->name));
	use->path = arena_copy(arena, site->path, strlen(site->path));
	use->file = arena_copy(arena, site->file, strlen(site->file));
	use->line = site->line;
	use->count = site->count;
	*definition->uses_end = use;
	definition->uses_end = &use->next;
}

/* An epsilon as people write it: 1e-6, not 1e-06. */
static const char *
epsilon_text(struct arena *arena, double epsilon)
{
	char buffer[40];
	char *at;

	snprintf(buffer, sizeof(buffer), "%.9g", epsilon);
	at = strstr(buffer, "e-0");
	if (at != NULL)
		memmove(at + 2, at + 3, strlen(at + 3) + 1);
	return arena_copy(arena, buffer, strlen(buffer));
}

static void
emit_norm(struct emission *em, struct site *site)
{
	const struct json *told = json_get(site->sizes, "eps");
	struct parameters parameters = { 0 };
	bool gemma = site_flag(site, "gemma");
	double epsilon = 1e-6; /* what the layer takes when not told */
	int64_t size;

	if (!emit_size(em, site, "hidden_size", &size))
		return;
	if (told != NULL && told->type != JSON_NULL && !json_number(told, &epsilon)) {
		emit_problem(em, site, "eps is no number");
		return;
	}
	if (!(epsilon > 0 && epsilon < 1)) {
		emit_problem(em, site, arena_format(&em->model->arena, "eps is %g", epsilon));
		return;
	}
	emit_number(em, &parameters, "hidden_size", size);
	parameter_set(&parameters, "eps", epsilon_text(&em->model->arena, epsilon));
	if (site_flag(site, "plain"))
		emit_definition(em, site, gemma ? "gemma_rmsnorm" : "rmsnorm", &parameters, 0, 0);
	if (site_flag(site, "fused"))
		emit_definition(em, site, gemma ? "gemma_fused_add_rmsnorm" : "fused_add_rmsnorm",
		    &parameters, 0, 0);
}

static void
emit_layernorm(struct emission *em, struct site *site)
{
	struct parameters parameters = { 0 };
	struct arena *arena = &em->model->arena;
	const char *stored = site_word(site, "weight_dtype");
	double epsilon = site_number(site, "eps", 1e-5);
	bool biased = site_flag(site, "biased");
	int64_t size;

	if (site_word(site, "why") != NULL) {
		emit_no_family(em, site, site_word(site, "why"));
		return;
	}
	if (!emit_size(em, site, "hidden_size", &size))
		return;
	if (stored == NULL || !(epsilon > 0 && epsilon < 1)) {
		emit_problem(em, site, arena_format(arena, "eps is %g", epsilon));
		return;
	}
	emit_number(em, &parameters, "hidden_size", size);
	parameter_set(&parameters, "eps", epsilon_text(arena, epsilon));
	parameter_set(&parameters, "form", biased ? "" : "_no_bias");
	parameter_set(&parameters, "weight_dtype", stored);
	parameter_set(&parameters, "bias_says", biased ? " and plus a bias" : "");
	parameter_set(&parameters, "bias_input", biased ? arena_format(arena,
	    "bias [hidden_size] %s | Added to each value.", stored) : "");
	parameter_set(&parameters, "bias_argument", biased ? ", bias" : "");
	parameter_set(&parameters, "bias_term", biased ? " + bias.to(torch.float32)" : "");
	emit_definition(em, site, "layernorm", &parameters, 0, 0);
}

/* Which product a layer with such weights runs; NULL after a note when none is described. */
static const char *
product_of(struct emission *em, const struct site *site)
{
	const char *stored = site_word(site, "weight_dtype"), *scale = site_word(site, "scale");

	if (site->quantized == NULL)
		return "gemm";
	if (stored != NULL && strcmp(stored, "float8_e4m3fn") == 0 && scale != NULL) {
		if (strcmp(scale, "block") == 0)
			return "gemm_fp8_block_scale";
		if (strcmp(scale, "tensor") == 0)
			return "gemm_fp8";
		if (strcmp(scale, "row") == 0)
			return "gemm_fp8_rows";
	}
	if (stored != NULL && strcmp(stored, "int8") == 0 && scale != NULL &&
	    strcmp(scale, "row") == 0)
		return "gemm_int8";
	if (scale != NULL && strcmp(scale, "group") == 0)
		return "gemm_int4";
	if (scale != NULL && strcmp(scale, "nvfp4") == 0)
		return "gemm_nvfp4";
	emit_no_family(em, site, arena_format(&em->model->arena,
	    "a product with weights of %s (%s) has no family", stored == NULL ? "a type of their own" :
	    stored, site->quantized));
	return NULL;
}

static void
set_groups(struct emission *em, const struct site *site, int64_t k,
    struct parameters *parameters)
{
	int64_t group = (int64_t)site_number(site, "group", 16);
	bool zeros = site_flag(site, "zeros");

	group = group < 1 ? 1 : group;
	emit_number(em, parameters, "group", group);
	emit_number(em, parameters, "k_groups", k / group);
	emit_number(em, parameters, "k_bytes", k / 2);
	parameter_set(parameters, "form", zeros ? "_zeros" : "");
	parameter_set(parameters, "zero_says", zeros ? "its zero" : "8");
	parameter_set(parameters, "zero_input", zeros ?
	    "B_zeros [N, K_groups] int8 | The value that stands for zero in each group." : "");
	parameter_set(parameters, "zero_argument", zeros ? ", B_zeros" : "");
	parameter_set(parameters, "zero", zeros ?
	    "B_zeros.to(torch.float32).repeat_interleave(GROUP, dim=1)" : "8.0");
}

static void
set_blocks(struct emission *em, const struct site *site, int64_t n, int64_t k,
    struct parameters *parameters)
{
	int64_t block_n = (int64_t)site_number(site, "block_n", 128);
	int64_t block_k = (int64_t)site_number(site, "block_k", 128);

	block_n = block_n < 1 ? 1 : block_n;
	block_k = block_k < 1 ? 1 : block_k;
	emit_number(em, parameters, "block_n", block_n);
	emit_number(em, parameters, "block_k", block_k);
	set_groups(em, site, k, parameters);
	emit_number(em, parameters, "n_blocks", (n + block_n - 1) / block_n);
	emit_number(em, parameters, "k_blocks", (k + block_k - 1) / block_k);
}

/* The whole weight, or with --per-rank the part that a rank multiplies with. */
static void
emit_linear(struct emission *em, struct site *site)
{
	bool rank = em->catalogue->wishes.per_rank;
	struct parameters parameters = { 0 };
	const char *family = product_of(em, site);
	int64_t n, k;

	if (family == NULL || (site->quantized != NULL && !em->catalogue->wishes.quantized))
		return;

	if (!emit_size(em, site, rank ? "k_rank" : "k", &k) ||
	    !emit_size(em, site, rank ? "n_rank" : "n", &n))
		return;
	emit_number(em, &parameters, "n", n);
	emit_number(em, &parameters, "k", k);
	parameter_set(&parameters, "split", rank ? "as one rank has it" :
	    "before any split over ranks");
	if (site->quantized != NULL)
		set_blocks(em, site, n, k, &parameters);
	emit_definition(em, site, family, &parameters, rank ? em->model->run.tp : 0, 0);
}

static void
emit_rope(struct emission *em, struct site *site)
{
	struct parameters parameters = { 0 };
	int64_t head, rotary;

	if (site_word(site, "why") != NULL) {
		emit_no_family(em, site, site_word(site, "why"));
		return;
	}
	if (!emit_size(em, site, "head_size", &head) ||
	    !emit_size(em, site, "rotary_dim", &rotary))
		return;
	if (rotary < 2 || rotary > head || rotary % 2 != 0) {
		emit_problem(em, site, "rotary_dim does not fit the head");
		return;
	}
	emit_number(em, &parameters, "head_size", head);
	emit_number(em, &parameters, "rotary_dim", rotary);
	emit_definition(em, site, site_flag(site, "neox") ? "rope_neox" : "rope_gptj",
	    &parameters, 0, 0);
}

/* The output layer: its product, and the sampling from what it gives. The product is with
 * the weight as it is held, whose rows are padded; what is beyond the vocabulary is cut off
 * before sampling. */
static void
emit_head(struct emission *em, struct site *site)
{
	static const char *const families[] = { "top_k_sampling", "top_k_top_p_sampling",
		"top_p_sampling" };
	struct parameters parameters = { 0 };
	int64_t vocabulary;

	emit_linear(em, site);
	if (!emit_size(em, site, "vocabulary", &vocabulary))
		return;
	emit_number(em, &parameters, "vocab_size", vocabulary);
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		emit_definition(em, site, families[i], &parameters, 0, 0);
}

/* Models whose head is their embedding have logits but no head of their own. Of several
 * embeddings that of the tokens has most rows. */
static void
emit_tied_head(struct emission *em)
{
	struct site *site, *embedding = NULL;
	bool logits = false;

	for (site = em->model->sites; site != NULL; site = site->next) {
		if (strcmp(site->role, "head") == 0)
			return;
		if (strcmp(site->role, "logits") == 0)
			logits = true;
		if (strcmp(site->role, "embedding") == 0 && strstr(site->path, "vis") == NULL &&
		    site_number(site, "n", 0) > (embedding == NULL ? 0 :
		    site_number(embedding, "n", 0)))
			embedding = site;
	}
	if (logits && embedding != NULL)
		emit_head(em, embedding);
}

/* The roles that a driver gives, and what makes their definitions. */
static const struct {
	const char *role;
	void (*emit)(struct emission *, struct site *);
} roles[] = {
	{ "norm", emit_norm }, { "layernorm", emit_layernorm }, { "gemma_norm", emit_norm },
	{ "linear", emit_linear },
	{ "qkv", emit_linear }, { "attention", emit_attention },
	{ "linear_attention", emit_delta_net }, { "mamba", emit_mamba }, { "moe", emit_moe },
	{ "vision_attention", emit_attention }, { "mamba1", emit_mamba }, { "conv1d", emit_conv },
	{ "other_norm", emit_gated_norm }, { "batched", emit_batched },
	{ "activation", emit_activation }, { "indexer", emit_indexer }, { "rope", emit_rope },
	{ "head", emit_head },
};

static void
emit_site(struct emission *em, struct site *site)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++) {
		if (strcmp(site->role, roles[i].role) == 0) {
			roles[i].emit(em, site);
			return;
		}
	}
	if (site_word(site, "why") != NULL)
		emit_no_family(em, site, site_word(site, "why"));
}

void
catalogue_add(struct catalogue *catalogue, struct model *model, const char *name)
{
	struct emission em = { catalogue, model, name };
	const struct finding *finding;

	for (struct site *site = model->sites; site != NULL; site = site->next)
		emit_site(&em, site);
	emit_tied_head(&em);
	for (finding = model->findings; finding != NULL; finding = finding->next)
		remark_add(catalogue, finding->kind, name, finding->file, finding->line,
		    finding->what, finding->why);
	account_add(catalogue, model, name);
}
