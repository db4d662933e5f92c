/* SPDX-License-Identifier: Apache-2.0 */
/* From the kernels of an evaluated model to definitions: which families each becomes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "definition.h"
#include "emit.h"
#include "base/intern.h"

/* Sizes beyond this are mistakes: no tensor dimension of a model comes near. */
enum { SIZE_LIMIT = 1 << 30 };

static void
note(struct emission *em, enum finding_kind kind, const struct site *site, const char *why)
{
	const char *dot = strrchr(site->kernel->layer->key, '.');

	remark_add(em->catalogue, kind, em->name, site->kernel->file, site->kernel->line,
	    interp_text(em->model->it, "%s (%s)", site->path,
	    dot ? dot + 1 : site->kernel->layer->key), why);
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
	parameter_set(parameters, name, interp_text(em->model->it, "%lld", (long long)number));
}

bool
emit_size(struct emission *em, const struct site *site, const char *name,
    const struct value *value, int64_t *size)
{
	struct interp *it = em->model->it;

	if (value && (value->kind == VALUE_TUPLE || value->kind == VALUE_LIST) &&
	    value->list.count == 1)
		value = value->list.items[0];
	if (!value)
		emit_problem(em, site, interp_text(it, "%s is not given", name));
	else if (value_is_unknown(value))
		emit_problem(em, site, value->reason->key ? interp_text(it, "%s: %s", name,
		    value->reason->text) : interp_text(it, "%s: %s (%s:%u)", name,
		    value->reason->text, value->reason->file, value->reason->line));
	else if (!value_integer(value, size))
		emit_problem(em, site, interp_text(it, "%s is %s, not a whole number", name,
		    value_show(&it->arena, value)));
	else if (*size < 1 || *size > SIZE_LIMIT)
		emit_problem(em, site, interp_text(it, "%s is %lld", name, (long long)*size));
	else
		return true;
	return false;
}

static bool
argument_size(struct emission *em, const struct site *site, const char *name, int64_t *size)
{
	return emit_size(em, site, name, kernel_argument(site->kernel, name), size);
}

void
emit_definition(struct emission *em, const struct site *site, const char *family,
    const struct parameters *parameters, int64_t tp, int64_t ep)
{
	struct definition *definition = definition_add(em->catalogue, family, parameters, tp, ep);
	struct arena *arena = &em->catalogue->arena;
	struct use *use;

	for (use = definition->uses; use; use = use->next)
		if (use->line == site->kernel->line && !strcmp(use->path, site->path) &&
		    !strcmp(use->model, em->name))
			return;
	use = arena_alloc_zero(arena, sizeof *use);
	use->model = arena_copy(arena, em->name, strlen(em->name));
	use->path = arena_copy(arena, site->path, strlen(site->path));
	use->file = arena_copy(arena, site->kernel->file, strlen(site->kernel->file));
	use->line = site->kernel->line;
	use->count = site->count;
	*definition->uses_end = use;
	definition->uses_end = &use->next;
}

/* An epsilon as people write it: 1e-6, not 1e-06. */
static const char *
epsilon_text(struct interp *it, double epsilon)
{
	char buffer[40];
	char *at;

	snprintf(buffer, sizeof buffer, "%.9g", epsilon);
	at = strstr(buffer, "e-0");
	if (at)
		memmove(at + 2, at + 3, strlen(at + 3) + 1);
	return interp_text(it, "%s", buffer);
}

static void
emit_norm(struct emission *em, const struct site *site)
{
	bool gemma = site->kernel->layer->kind == LAYER_GEMMA_NORM;
	struct norm_use use = forward_norm(em->model->it, site);
	struct value *epsilon = kernel_argument(site->kernel, "eps");
	struct parameters parameters = { 0 };
	const char *const names[] = { "hidden_size", "dim", "normalized_shape", NULL };
	struct value *width = NULL;
	double number = 1e-6; /* what the layer takes when not told */
	int64_t size;
	size_t i;

	for (i = 0; names[i] && !width; i++)
		width = kernel_argument(site->kernel, names[i]);
	if (!emit_size(em, site, "hidden_size", width, &size))
		return;
	if (epsilon && epsilon->kind != VALUE_NONE && !value_number(epsilon, &number)) {
		emit_problem(em, site, value_is_unknown(epsilon) ? interp_text(em->model->it,
		    "eps: %s", epsilon->reason->text) : "eps is no number");
		return;
	}
	if (!(number > 0 && number < 1)) {
		emit_problem(em, site, interp_text(em->model->it, "eps is %g", number));
		return;
	}
	emit_number(em, &parameters, "hidden_size", size);
	parameter_set(&parameters, "eps", epsilon_text(em->model->it, number));
	if (use.plain)
		emit_definition(em, site, gemma ? "gemma_rmsnorm" : "rmsnorm", &parameters, 0, 0);
	if (use.fused)
		emit_definition(em, site, gemma ? "gemma_fused_add_rmsnorm" : "fused_add_rmsnorm",
		    &parameters, 0, 0);
}

static void
emit_gemm(struct emission *em, const struct site *site, int64_t n, int64_t k)
{
	struct parameters parameters = { 0 };

	if (n > SIZE_LIMIT || k > SIZE_LIMIT) {
		emit_problem(em, site, "a product of that size is a mistake");
		return;
	}
	emit_number(em, &parameters, "n", n);
	emit_number(em, &parameters, "k", k);
	emit_definition(em, site, "gemm", &parameters, 0, 0);
}

static void
emit_linear(struct emission *em, const struct site *site)
{
	bool torch = kernel_argument(site->kernel, "in_features") ||
	    kernel_argument(site->kernel, "out_features");
	int64_t n, k;

	if (argument_size(em, site, torch ? "in_features" : "input_size", &k) &&
	    argument_size(em, site, torch ? "out_features" : "output_size", &n))
		emit_gemm(em, site, n, k);
}

static void
emit_merged(struct emission *em, const struct site *site)
{
	struct value *sizes = kernel_argument(site->kernel, "output_sizes");
	int64_t n = 0, k, part;
	size_t i;

	if (!argument_size(em, site, "input_size", &k))
		return;
	if (!sizes || (sizes->kind != VALUE_LIST && sizes->kind != VALUE_TUPLE)) {
		emit_size(em, site, "output_sizes", sizes, &part);
		return;
	}
	for (i = 0; i < sizes->list.count; i++) {
		if (!emit_size(em, site, "output_sizes", sizes->list.items[i], &part))
			return;
		n += part;
	}
	emit_gemm(em, site, n, k);
}

static void
emit_qkv(struct emission *em, const struct site *site)
{
	struct value *kv = kernel_argument(site->kernel, "total_num_kv_heads");
	struct value *v_size = kernel_argument(site->kernel, "v_head_size");
	int64_t hidden, head, heads, kv_heads, value_head;

	if (!argument_size(em, site, "hidden_size", &hidden) ||
	    !argument_size(em, site, "head_size", &head) ||
	    !argument_size(em, site, "total_num_heads", &heads))
		return;
	kv_heads = heads;
	value_head = head;
	if (kv && kv->kind != VALUE_NONE &&
	    !argument_size(em, site, "total_num_kv_heads", &kv_heads))
		return;
	if (v_size && v_size->kind != VALUE_NONE && v_size->kind != VALUE_UNSET &&
	    !argument_size(em, site, "v_head_size", &value_head))
		return;
	if (head > 1 << 20 || heads > 1 << 20 || kv_heads > 1 << 20 || value_head > 1 << 20)
		emit_problem(em, site, "heads of that size are a mistake");
	else
		emit_gemm(em, site, (heads + kv_heads) * head + kv_heads * value_head, hidden);
}

static void
emit_rope(struct emission *em, const struct site *site)
{
	struct value *neox = kernel_argument(site->kernel, "is_neox_style");
	struct value *factor = kernel_argument(site->kernel, "partial_rotary_factor");
	struct value *scaling = kernel_argument(site->kernel, "rope_scaling");
	struct parameters parameters = { 0 };
	int64_t head, rotary;
	double part;

	if (!argument_size(em, site, "head_size", &head) ||
	    !argument_size(em, site, "rotary_dim", &rotary))
		return;
	if (factor && value_number(factor, &part) && part > 0 && part < 1)
		rotary = (int64_t)((double)rotary * part);
	if (scaling && scaling->kind == VALUE_DICT &&
	    dict_get_text(&scaling->dict, "mrope_section")) {
		emit_no_family(em, site, "rotary embedding over several position axes has no family");
		return;
	}
	if (scaling && value_is_unknown(scaling))
		note(em, FINDING_ASSUMED, site, interp_text(em->model->it,
		    "one position axis; rope_scaling: %s", scaling->reason->text));
	if (rotary < 2 || rotary > head || rotary % 2) {
		emit_problem(em, site, "rotary_dim does not fit the head");
		return;
	}
	emit_number(em, &parameters, "head_size", head);
	emit_number(em, &parameters, "rotary_dim", rotary);
	emit_definition(em, site, !neox || value_truth(neox) ? "rope_neox" : "rope_gptj",
	    &parameters, 0, 0);
}

/* The output layer: its product, and the sampling from what it gives. */
static void
emit_head(struct emission *em, const struct site *site)
{
	static const char *const families[] = { "top_k_sampling", "top_k_top_p_sampling",
		"top_p_sampling" };
	struct parameters parameters = { 0 };
	int64_t vocabulary, width;
	size_t i;

	if (!argument_size(em, site, "num_embeddings", &vocabulary))
		return;
	if (argument_size(em, site, "embedding_dim", &width))
		emit_gemm(em, site, vocabulary, width);
	emit_number(em, &parameters, "vocab_size", vocabulary);
	for (i = 0; i < sizeof families / sizeof *families; i++)
		emit_definition(em, site, families[i], &parameters, 0, 0);
}

static bool
has_more_rows(const struct site *site, const struct site *other)
{
	int64_t rows, other_rows;

	return kernel_integer(site->kernel, "num_embeddings", &rows) && (!other ||
	    !kernel_integer(other->kernel, "num_embeddings", &other_rows) || rows > other_rows);
}

/* Models whose head is their embedding have logits but no head of their own. Of several
 * embeddings that of the tokens has most rows. */
static void
emit_tied_head(struct emission *em)
{
	const struct site *site, *embedding = NULL;
	bool logits = false;

	for (site = em->model->sites; site; site = site->next) {
		if (site->kernel->layer->kind == LAYER_HEAD)
			return;
		if (site->kernel->layer->kind == LAYER_LOGITS)
			logits = true;
		if (site->kernel->layer->kind == LAYER_EMBEDDING && !strstr(site->path, "vis") &&
		    has_more_rows(site, embedding))
			embedding = site;
	}
	if (logits && embedding)
		emit_head(em, embedding);
}

/* Layers that only hold a weight for something that is no product: convolutions. */
static bool
only_held(const struct site *site)
{
	enum layer_kind kind = site->kernel->layer->kind;

	return (kind == LAYER_LINEAR || kind == LAYER_MERGED || kind == LAYER_QKV) &&
	    site->attribute[0] && site->owner->kind == VALUE_INSTANCE &&
	    !forward_takes_product(site->owner->instance->class->class, site->attribute);
}

static void
emit_site(struct emission *em, const struct site *site)
{
	if (only_held(site))
		return;
	switch (site->kernel->layer->kind) {
	case LAYER_NORM:
	case LAYER_GEMMA_NORM:
		emit_norm(em, site);
		break;
	case LAYER_OTHER_NORM:
		emit_no_family(em, site, "no family of definitions for this kind of norm");
		break;
	case LAYER_LINEAR:
	case LAYER_GATE:
		emit_linear(em, site);
		break;
	case LAYER_MERGED:
		emit_merged(em, site);
		break;
	case LAYER_BATCHED:
		emit_no_family(em, site, "a batch of products has no family");
		break;
	case LAYER_QKV:
		emit_qkv(em, site);
		break;
	case LAYER_ATTENTION:
		emit_attention(em, site);
		break;
	case LAYER_LINEAR_ATTENTION:
		emit_delta_net(em, site);
		break;
	case LAYER_MAMBA:
		emit_mamba(em, site);
		break;
	case LAYER_INDEXER:
		emit_indexer(em, site);
		break;
	case LAYER_MOE:
		emit_moe(em, site);
		break;
	case LAYER_ROPE:
		emit_rope(em, site);
		break;
	case LAYER_HEAD:
		emit_head(em, site);
		break;
	case LAYER_TOPK: /* read with its experts */
	case LAYER_EMBEDDING:
	case LAYER_LOGITS:
	case LAYER_PLAIN:
		break;
	}
}

void
catalogue_add(struct catalogue *catalogue, struct model *model, const char *name)
{
	struct emission em = { catalogue, model, name };
	const struct site *site;
	const struct finding *finding;

	for (site = model->sites; site; site = site->next)
		emit_site(&em, site);
	emit_tied_head(&em);
	for (finding = model->it->findings; finding; finding = finding->next)
		remark_add(catalogue, finding->kind, name, finding->file, finding->line,
		    finding->what, finding->why);
}
