/* SPDX-License-Identifier: Apache-2.0 */
/* Attention of every kind: grouped-query, latent, sparse, gated delta net, Mamba. */
#include <string.h>

#include "emit.h"

/* Heads and sizes of one attention, on one rank. */
struct heads {
	int64_t query, kv, head_dim, v_head_dim;
};

static void
emit_sparse(struct emission *em, struct site *site, struct parameters *parameters)
{
	int64_t topk;

	if (!emit_size(em, site, "topk", &topk))
		return;
	emit_number(em, parameters, "topk", topk);
	emit_definition(em, site, "dsa_sparse_attention_ps1", parameters, em->model->run.tp, 0);
	emit_definition(em, site, "dsa_sparse_attention_ps64", parameters, em->model->run.tp, 0);
}

/* Each stage that the user wants, with pages of 1 and of 64 tokens. */
static void
emit_stages(struct emission *em, struct site *site, const char *kind,
    const struct parameters *parameters)
{
	static const char *const stages[] = { "decode", "prefill" };
	const bool wanted[] = { em->catalogue->wishes.decode, em->catalogue->wishes.prefill };
	struct arena *arena = &em->model->arena;

	for (size_t i = 0; i < 2; i++) {
		if (!wanted[i])
			continue;
		emit_definition(em, site, arena_format(arena, "%s_paged_%s_ps1", kind, stages[i]),
		    parameters, em->model->run.tp, 0);
		emit_definition(em, site, arena_format(arena, "%s_paged_%s_ps64", kind, stages[i]),
		    parameters, em->model->run.tp, 0);
	}
}

/* One key-value head whose values are a part of its keys: the compressed form. */
static void
emit_latent(struct emission *em, struct site *site, const struct heads *heads)
{
	struct parameters parameters = { 0 };

	emit_number(em, &parameters, "num_qo_heads", heads->query);
	emit_number(em, &parameters, "head_dim_ckv", heads->v_head_dim);
	emit_number(em, &parameters, "head_dim_kpe", heads->head_dim - heads->v_head_dim);
	if (site_number(site, "topk", 0) > 0)
		emit_sparse(em, site, &parameters);
	else
		emit_stages(em, site, "mla", &parameters);
}

static void
emit_latent_ragged(struct emission *em, struct site *site, const struct heads *heads)
{
	struct parameters parameters = { 0 };

	site->covered = true; /* nothing to write when no prefill is wanted */
	if (!em->catalogue->wishes.prefill)
		return;
	emit_number(em, &parameters, "num_qo_heads", heads->query);
	emit_number(em, &parameters, "num_kv_heads", heads->query);
	emit_number(em, &parameters, "qk_dim", heads->head_dim);
	emit_number(em, &parameters, "vo_dim", heads->v_head_dim);
	emit_definition(em, site, "mla_ragged_prefill", &parameters, em->model->run.tp, 0);
}

static void
emit_grouped(struct emission *em, struct site *site, const struct heads *heads)
{
	struct parameters parameters = { 0 };

	emit_number(em, &parameters, "num_qo_heads", heads->query);
	emit_number(em, &parameters, "num_kv_heads", heads->kv);
	emit_number(em, &parameters, "head_dim", heads->head_dim);
	emit_stages(em, site, "gqa", &parameters);
	if (em->catalogue->wishes.prefill)
		emit_definition(em, site, "gqa_ragged_prefill", &parameters, em->model->run.tp, 0);
}

/* What makes an attention another one than all families describe; NULL: nothing. */
static const char *
another_mathematics(struct emission *em, const struct site *site)
{
	struct arena *arena = &em->model->arena;
	const char *type = site_word(site, "type");

	if (site_flag(site, "cross"))
		return "cross attention has no family";
	if (type != NULL && strcmp(type, "DECODER") != 0)
		return arena_format(arena, "attention of type %s has no family", type);
	if (site_flag(site, "sinks"))
		return "attention with sinks has no family";
	if (site_number(site, "window", -1) > 0)
		return arena_format(arena, "attention with a sliding window (%g) has no family",
		    site_number(site, "window", -1));
	if (site_number(site, "chunk", -1) > 0)
		return arena_format(arena, "attention within chunks (%g) has no family",
		    site_number(site, "chunk", -1));
	if (site_number(site, "cap", 0) > 0)
		return arena_format(arena, "attention with a cap on its logits (%g) has no family",
		    site_number(site, "cap", 0));
	return NULL;
}

void
emit_attention(struct emission *em, struct site *site)
{
	const char *why = another_mathematics(em, site);
	struct heads heads;

	if (why != NULL) {
		emit_no_family(em, site, why);
		return;
	}
	if (!emit_size(em, site, "heads", &heads.query) ||
	    !emit_size(em, site, "head_dim", &heads.head_dim) ||
	    !emit_size(em, site, "kv_heads", &heads.kv) ||
	    !emit_size(em, site, "v_head_dim", &heads.v_head_dim))
		return;
	if (heads.query % heads.kv != 0) {
		emit_problem(em, site, arena_format(&em->model->arena,
		    "%lld query heads cannot share %lld key-value heads", (long long)heads.query,
		    (long long)heads.kv));
		return;
	}
	if (site_flag(site, "latent"))
		emit_latent(em, site, &heads);
	else if (heads.kv == heads.query && (site_flag(site, "beside_latent") ||
	    (heads.v_head_dim != heads.head_dim && !site_flag(site, "grouped"))))
		emit_latent_ragged(em, site, &heads);
	else if (heads.v_head_dim == heads.head_dim)
		emit_grouped(em, site, &heads);
	else
		emit_no_family(em, site, "grouped heads whose keys and values differ in size have "
		    "no family");
}

void
emit_indexer(struct emission *em, struct site *site)
{
	struct parameters parameters = { 0 };
	int64_t heads, head_dim, topk;

	if (!emit_size(em, site, "n_heads", &heads) ||
	    !emit_size(em, site, "head_dim", &head_dim) ||
	    !emit_size(em, site, "index_topk", &topk))
		return;
	emit_number(em, &parameters, "num_index_heads", heads);
	emit_number(em, &parameters, "index_head_dim", head_dim);
	emit_number(em, &parameters, "head_dim_with_scale", head_dim + 4);
	emit_number(em, &parameters, "topk", topk);
	if (em->catalogue->wishes.quantized)
		emit_definition(em, site, "dsa_topk_indexer", &parameters, 0, 0);
}

void
emit_delta_net(struct emission *em, struct site *site)
{
	int64_t q_heads, k_heads, v_heads, k_dim, v_dim, tp = em->model->run.tp;
	const struct wishes *wishes = &em->catalogue->wishes;
	struct parameters parameters = { 0 };

	if (!emit_size(em, site, "q_heads", &q_heads) ||
	    !emit_size(em, site, "k_heads", &k_heads) ||
	    !emit_size(em, site, "v_heads", &v_heads) ||
	    !emit_size(em, site, "k_dim", &k_dim) || !emit_size(em, site, "v_dim", &v_dim))
		return;
	if (!site_flag(site, "delta") || k_dim != v_dim || q_heads != k_heads ||
	    v_heads % k_heads != 0) {
		emit_no_family(em, site,
		    "linear attention other than the gated delta net has no family");
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
emit_mamba(struct emission *em, struct site *site)
{
	int64_t heads, head_dim, state, groups, tp = em->model->run.tp;
	struct parameters parameters = { 0 };

	if (!emit_size(em, site, "num_heads", &heads) ||
	    !emit_size(em, site, "head_dim", &head_dim) ||
	    !emit_size(em, site, "ssm_state_size", &state) ||
	    !emit_size(em, site, "n_groups", &groups))
		return;
	if (heads % tp != 0) {
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
