/* SPDX-License-Identifier: Apache-2.0 */
/* Attention of every kind: grouped-query, latent, sparse, gated delta net, Mamba. */
#include <string.h>

#include "emit.h"
#include "base/intern.h"

static bool
argument_size(struct emission *em, const struct site *site, const char *name, int64_t *size)
{
	return emit_size(em, site, name, kernel_argument(site->kernel, name), size);
}

static bool
attribute_size(struct emission *em, const struct site *site, const char *name, int64_t *size)
{
	return emit_size(em, site, name, scope_get(&site->kernel->instance->instance->attributes,
	    intern_string(name)), size);
}

/* The indexer that chooses this attention's tokens: one held by the same object. */
static const struct kernel *
indexer_of(const struct site *site)
{
	const struct scope *held = &site->owner->instance->attributes;
	uint32_t i;

	for (i = 0; i < held->count; i++) {
		const struct value *value = held->values[i];

		if (value && value->kind == VALUE_INSTANCE && value->instance->kernel &&
		    value->instance->kernel->layer->kind == LAYER_INDEXER)
			return value->instance->kernel;
	}
	return NULL;
}

static void
emit_sparse(struct emission *em, const struct site *site, const struct kernel *indexer,
    struct parameters *parameters)
{
	struct value *topk = scope_get(&indexer->instance->instance->attributes,
	    intern_string("index_topk"));
	int64_t size;

	if (!emit_size(em, site, "index_topk", topk, &size))
		return;
	emit_number(em, parameters, "topk", size);
	emit_definition(em, site, "dsa_sparse_attention_ps1", parameters, em->model->it->run.tp, 0);
	emit_definition(em, site, "dsa_sparse_attention_ps64", parameters, em->model->it->run.tp,
	    0);
}

/* Each stage that the user wants, with pages of 1 and of 64 tokens. */
static void
emit_stages(struct emission *em, const struct site *site, const char *kind,
    const struct parameters *parameters)
{
	static const char *const stages[] = { "decode", "prefill" };
	const bool wanted[] = { em->catalogue->wishes.decode, em->catalogue->wishes.prefill };
	int i;

	for (i = 0; i < 2; i++) {
		if (!wanted[i])
			continue;
		emit_definition(em, site, interp_text(em->model->it, "%s_paged_%s_ps1", kind,
		    stages[i]), parameters, em->model->it->run.tp, 0);
		emit_definition(em, site, interp_text(em->model->it, "%s_paged_%s_ps64", kind,
		    stages[i]), parameters, em->model->it->run.tp, 0);
	}
}

/* One key-value head whose values are a part of its keys: the compressed form. */
static void
emit_latent(struct emission *em, const struct site *site, int64_t heads, int64_t head_dim,
    int64_t v_head_dim)
{
	const struct kernel *indexer = indexer_of(site);
	struct parameters parameters = { 0 };

	emit_number(em, &parameters, "num_qo_heads", heads);
	emit_number(em, &parameters, "head_dim_ckv", v_head_dim);
	emit_number(em, &parameters, "head_dim_kpe", head_dim - v_head_dim);
	if (indexer)
		emit_sparse(em, site, indexer, &parameters);
	else
		emit_stages(em, site, "mla", &parameters);
}

static void
emit_latent_ragged(struct emission *em, const struct site *site, int64_t heads,
    int64_t head_dim, int64_t v_head_dim)
{
	struct parameters parameters = { 0 };

	if (!em->catalogue->wishes.prefill)
		return;
	emit_number(em, &parameters, "num_qo_heads", heads);
	emit_number(em, &parameters, "num_kv_heads", heads);
	emit_number(em, &parameters, "qk_dim", head_dim);
	emit_number(em, &parameters, "vo_dim", v_head_dim);
	emit_definition(em, site, "mla_ragged_prefill", &parameters, em->model->it->run.tp, 0);
}

/* Whether the same layer also attends in the compressed form: then full heads are what its
 * prefill expands, of whatever sizes. */
static bool
beside_latent(const struct site *site)
{
	const struct scope *held = &site->owner->instance->attributes;
	int64_t kv_heads, head_dim, v_head_dim;
	uint32_t i;

	for (i = 0; i < held->count; i++) {
		const struct value *value = held->values[i];
		const struct kernel *kernel = value && value->kind == VALUE_INSTANCE ?
		    value->instance->kernel : NULL;

		if (kernel && kernel->layer->kind == LAYER_ATTENTION &&
		    kernel_integer(kernel, "num_kv_heads", &kv_heads) && kv_heads == 1 &&
		    kernel_integer(kernel, "head_dim", &head_dim) &&
		    kernel_integer(kernel, "v_head_dim", &v_head_dim) && v_head_dim < head_dim)
			return true;
	}
	return false;
}

static void
emit_grouped(struct emission *em, const struct site *site, int64_t heads, int64_t kv_heads,
    int64_t head_dim)
{
	struct parameters parameters = { 0 };

	emit_number(em, &parameters, "num_qo_heads", heads);
	emit_number(em, &parameters, "num_kv_heads", kv_heads);
	emit_number(em, &parameters, "head_dim", head_dim);
	emit_stages(em, site, "gqa", &parameters);
	if (em->catalogue->wishes.prefill)
		emit_definition(em, site, "gqa_ragged_prefill", &parameters, em->model->it->run.tp, 0);
}

/* What a definition cannot say of this attention: told once for each place. */
static void
suggest(struct emission *em, const struct site *site)
{
	static const struct { const char *argument, *what; } extras[] = {
		{ "sliding_window_size", "a sliding window" }, { "logit_cap", "a cap on its logits" },
	};
	size_t i;

	for (i = 0; i < sizeof extras / sizeof *extras; i++) {
		struct value *value = kernel_argument(site->kernel, extras[i].argument);
		double number;

		if (value && value_number(value, &number) && number > 0)
			map_put_string(&em->catalogue->suggestions, interp_text(em->model->it,
			    "%s: %s has %s (%g), which no definition describes", em->name, site->path,
			    extras[i].what, number));
	}
}

/* Attention that sees all keys, or another sequence's, is none of the causal families. */
static const char *
not_causal(struct emission *em, const struct site *site)
{
	struct value *type = kernel_argument(site->kernel, "attn_type"), *name;
	struct value *cross = kernel_argument(site->kernel, "is_cross_attention");

	if (cross && value_truth(cross))
		return "cross attention has no family";
	if (type && type->kind == VALUE_INSTANCE) {
		name = scope_get(&type->instance->attributes, intern_string("name"));
		if (name && name->kind == VALUE_STRING && strcmp(name->string.text, "DECODER"))
			return interp_text(em->model->it, "attention of type %s has no family",
			    name->string.text);
	}
	return NULL;
}

void
emit_attention(struct emission *em, const struct site *site)
{
	struct value *v_size = kernel_argument(site->kernel, "v_head_dim");
	int64_t heads, kv_heads, head_dim, v_head_dim;
	const char *why = not_causal(em, site);

	if (why) {
		emit_no_family(em, site, why);
		return;
	}
	if (!argument_size(em, site, "num_heads", &heads) ||
	    !argument_size(em, site, "head_dim", &head_dim) ||
	    !argument_size(em, site, "num_kv_heads", &kv_heads))
		return;
	v_head_dim = head_dim;
	if (v_size && v_size->kind != VALUE_NONE && !(v_size->kind == VALUE_INT &&
	    v_size->integer == -1) && !argument_size(em, site, "v_head_dim", &v_head_dim))
		return;
	if (heads % kv_heads) {
		emit_problem(em, site, interp_text(em->model->it,
		    "%lld query heads cannot share %lld key-value heads", (long long)heads,
		    (long long)kv_heads));
		return;
	}
	suggest(em, site);
	if (v_head_dim == head_dim && !(kv_heads == heads && beside_latent(site)))
		emit_grouped(em, site, heads, kv_heads, head_dim);
	else if (kv_heads == 1 && v_head_dim < head_dim)
		emit_latent(em, site, heads, head_dim, v_head_dim);
	else if (kv_heads == heads)
		emit_latent_ragged(em, site, heads, head_dim, v_head_dim);
	else
		emit_no_family(em, site, "grouped heads whose keys and values differ in size have "
		    "no family");
}

void
emit_indexer(struct emission *em, const struct site *site)
{
	struct parameters parameters = { 0 };
	int64_t heads, head_dim, topk;

	if (!attribute_size(em, site, "n_heads", &heads) ||
	    !attribute_size(em, site, "head_dim", &head_dim) ||
	    !attribute_size(em, site, "index_topk", &topk))
		return;
	emit_number(em, &parameters, "num_index_heads", heads);
	emit_number(em, &parameters, "index_head_dim", head_dim);
	emit_number(em, &parameters, "head_dim_with_scale", head_dim + 4);
	emit_number(em, &parameters, "topk", topk);
	if (em->catalogue->wishes.quantized)
		emit_definition(em, site, "dsa_topk_indexer", &parameters, 0, 0);
}

/* Other linear attention keeps a decay for each channel, or none. */
static bool
is_delta_net(const struct site *site, int64_t v_heads)
{
	static const char *const names[] = { "A_log", "dt_bias" };
	size_t i;
	int64_t size;

	for (i = 0; i < 2; i++) {
		struct value *tensor = kernel_argument(site->kernel, names[i]);

		if (!tensor || tensor->kind != VALUE_TENSOR)
			tensor = scope_get(&site->owner->instance->attributes, intern_string(names[i]));
		if (!tensor || tensor->kind != VALUE_TENSOR || tensor->list.count != 1 ||
		    !value_integer(tensor->list.items[0], &size) || size != v_heads)
			return false;
	}
	return true;
}

void
emit_delta_net(struct emission *em, const struct site *site)
{
	int64_t q_heads, k_heads, v_heads, k_dim, v_dim, tp = em->model->it->run.tp;
	const struct wishes *wishes = &em->catalogue->wishes;
	struct parameters parameters = { 0 };

	if (!argument_size(em, site, "num_q_heads", &q_heads) ||
	    !argument_size(em, site, "num_k_heads", &k_heads) ||
	    !argument_size(em, site, "num_v_heads", &v_heads) ||
	    !argument_size(em, site, "head_k_dim", &k_dim) ||
	    !argument_size(em, site, "head_v_dim", &v_dim))
		return;
	if (!is_delta_net(site, v_heads) || k_dim != v_dim || q_heads != k_heads ||
	    v_heads % k_heads) {
		emit_no_family(em, site, "linear attention other than the gated delta net has no family");
		return;
	}
	emit_number(em, &parameters, "num_q_heads", q_heads);
	emit_number(em, &parameters, "num_k_heads", k_heads);
	emit_number(em, &parameters, "num_v_heads", v_heads);
	emit_number(em, &parameters, "head_size", k_dim);
	if (wishes->decode)
		emit_definition(em, site, "gdn_decode", &parameters, tp, 0);
	if (wishes->prefill)
		emit_definition(em, site, "gdn_prefill", &parameters, tp, 0);
	if (wishes->speculative)
		emit_definition(em, site, "gdn_mtp", &parameters, tp, 0);
}

void
emit_mamba(struct emission *em, const struct site *site)
{
	int64_t heads, head_dim, state, groups, tp = em->model->it->run.tp;
	struct parameters parameters = { 0 };

	if (!attribute_size(em, site, "num_heads", &heads) ||
	    !attribute_size(em, site, "head_dim", &head_dim) ||
	    !attribute_size(em, site, "ssm_state_size", &state) ||
	    !attribute_size(em, site, "n_groups", &groups))
		return;
	if (heads % tp) {
		emit_problem(em, site, "its heads do not divide by the ranks");
		return;
	}
	emit_number(em, &parameters, "nheads", heads / tp);
	emit_number(em, &parameters, "head_dim", head_dim);
	emit_number(em, &parameters, "dstate", state);
	emit_number(em, &parameters, "ngroups", groups > tp ? groups / tp : 1);
	if (em->catalogue->wishes.decode)
		emit_definition(em, site, "mamba_ssu_decode", &parameters, tp, 0);
}
