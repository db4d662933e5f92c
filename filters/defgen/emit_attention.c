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

/* The first key that a query sees, as the references spell it; NULL: the first of all. */
static void
set_range(struct emission *em, const char *first, struct parameters *parameters)
{
	struct arena *arena = &em->model->arena;
	const char *names[] = { "decode_skip", "decode_first", "prefill_first" };
	const char *of[] = { "kv_len", "kv_len", "visible" };

	for (size_t i = 0; i < 3; i++) {
		const char *mark = first == NULL ? NULL : strstr(first, "%s");
		const char *text = mark == NULL ? "" : arena_format(arena, "%s%.*s%s%s",
		    i == 0 ? " + " : "", (int)(mark - first), first, of[i], mark + 2);

		parameter_set(parameters, names[i], text);
	}
}

/* What narrows or widens a softmax: which keys a query sees, sinks, a cap on its logits, values
 * of another size than keys. Of attention that has none of it, names and texts stay as they are. */
static void
set_variant(struct emission *em, const struct site *site, const struct heads *heads,
    struct parameters *parameters)
{
	struct arena *arena = &em->model->arena;
	long long left = (long long)site_number(site, "window", -1);
	long long chunk = (long long)site_number(site, "chunk", -1);
	double cap = site_number(site, "cap", 0);
	bool sinks = site_flag(site, "sinks"), apart = heads->v_head_dim != heads->head_dim;
	const char *first = left > 0 ? arena_format(arena, "max(0, %%s - %lld)", left + 1) :
	    chunk > 0 ? arena_format(arena, "(%%s - 1) // %lld * %lld", chunk, chunk) : NULL;
	const char *range = left > 0 ? arena_format(arena, "_wl%lld", left) :
	    chunk > 0 ? arena_format(arena, "_chunk%lld", chunk) : "";
	const char *sees = left > 0 ? arena_format(arena,
	    " A query sees its own key and the %lld before it.", left) : chunk > 0 ?
	    arena_format(arena, " A query sees keys of its own chunk of %lld tokens.", chunk) : "";

	parameter_set(parameters, "variant_v", apart ? arena_format(arena, "_vo%lld",
	    (long long)heads->v_head_dim) : "");
	parameter_set(parameters, "variant", arena_format(arena, cap > 0 ? "%s%s_cap%g" : "%s%s",
	    range, sinks ? "_sinks" : "", cap));
	parameter_set(parameters, "variant_says", arena_format(arena, "%s%s%s", sees, sinks ?
	    " Each head has a sink: one more score, of no value." : "", cap > 0 ?
	    arena_format(arena, " Scores are capped: %g tanh(score / %g).", cap, cap) : ""));
	parameter_set(parameters, "v_axis", apart ? arena_format(arena,
	    "head_dim_v = %lld | Values of a value head.", (long long)heads->v_head_dim) : "");
	parameter_set(parameters, "v_dim", apart ? "head_dim_v" : "head_dim");
	parameter_set(parameters, "out_shape", apart ? "(*q.shape[:2], v_cache.shape[3])" : "q.shape");
	parameter_set(parameters, "sink_input", sinks ?
	    "sinks [num_qo_heads] float32 | Each head's sink, among the scores but for its value." : "");
	parameter_set(parameters, "sink_argument", sinks ? ", sinks" : "");
	parameter_set(parameters, "sink_term", sinks ? " + torch.exp(sinks[h] - largest)" : "");
	set_range(em, first, parameters);
	parameter_set(parameters, "cap_decode", cap > 0 ? arena_format(arena,
	    "\n            scores = %g * torch.tanh(scores / %g)", cap, cap) : "");
	parameter_set(parameters, "cap_prefill", cap > 0 ? arena_format(arena,
	    "\n                scores = %g * torch.tanh(scores / %g)", cap, cap) : "");
}

static void
emit_grouped(struct emission *em, struct site *site, const struct heads *heads)
{
	struct parameters parameters = { 0 };

	emit_number(em, &parameters, "num_qo_heads", heads->query);
	emit_number(em, &parameters, "num_kv_heads", heads->kv);
	emit_number(em, &parameters, "head_dim", heads->head_dim);
	set_variant(em, site, heads, &parameters);
	emit_stages(em, site, "gqa", &parameters);
	if (em->catalogue->wishes.prefill)
		emit_definition(em, site, "gqa_ragged_prefill", &parameters, em->model->run.tp, 0);
}

/* Whether each query sees all keys of its sequence, those of an encoder among them. */
static bool
sees_all(const struct site *site)
{
	const char *type = site_word(site, "type");

	return site_flag(site, "cross") || (type != NULL && (strncmp(type, "ENCODER", 7) == 0 ||
	    strcmp(type, "DECODER_BIDIRECTIONAL") == 0));
}

/* Attention without a mask. A decode step on an encoder's keys is that on any pages. */
static void
emit_full(struct emission *em, struct site *site, const struct heads *heads)
{
	const char *type = site_word(site, "type") == NULL ? "" : site_word(site, "type");
	struct parameters parameters = { 0 };

	site->covered = true; /* nothing to write when no prefill is wanted */
	emit_number(em, &parameters, "num_qo_heads", heads->query);
	emit_number(em, &parameters, "num_kv_heads", heads->kv);
	emit_number(em, &parameters, "head_dim", heads->head_dim);
	set_variant(em, site, heads, &parameters);
	if (em->catalogue->wishes.prefill)
		emit_definition(em, site, "gqa_ragged_full", &parameters, em->model->run.tp, 0);
	if (type[0] != 'E' && em->catalogue->wishes.decode) {
		emit_definition(em, site, "gqa_paged_decode_ps1", &parameters, em->model->run.tp, 0);
		emit_definition(em, site, "gqa_paged_decode_ps64", &parameters, em->model->run.tp, 0);
	}
}

/* Keys that are the values, chosen for each token. */
static void
emit_shared(struct emission *em, struct site *site, const struct heads *heads)
{
	bool sinks = site_flag(site, "sinks");
	struct parameters parameters = { 0 };

	emit_number(em, &parameters, "num_qo_heads", heads->query);
	emit_number(em, &parameters, "head_dim", heads->head_dim);
	parameter_set(&parameters, "form", sinks ? "_sinks" : "");
	parameter_set(&parameters, "form_says", sinks ?
	    " Each head has a sink: one more score, of no value." : "");
	parameter_set(&parameters, "sink_input", sinks ?
	    "sinks [num_qo_heads] float32 | Each head's sink, among the scores but for its value." : "");
	parameter_set(&parameters, "sink_argument", sinks ? ", sinks" : "");
	parameter_set(&parameters, "sink_term", sinks ?
	    " + torch.exp(sinks.to(torch.float32)[:, None] - largest)" : "");
	emit_definition(em, site, "sparse_shared_kv", &parameters, em->model->run.tp, 0);
}

/* What makes an attention another one than all families describe; NULL: nothing. */
static const char *
another_mathematics(struct emission *em, const struct site *site)
{
	struct arena *arena = &em->model->arena;
	const char *type = site_word(site, "type");

	if (site_flag(site, "chosen"))
		return "attention over keys that an index of its own chooses has no family";
	if (type != NULL && strcmp(type, "DECODER") != 0 && !sees_all(site))
		return arena_format(arena, "attention of type %s has no family", type);
	if (sees_all(site) && (site_number(site, "window", -1) > 0 || site_flag(site, "sinks") ||
	    site_number(site, "cap", 0) > 0))
		return "attention without a mask, but with a window, sinks or a cap, has no family";
	if (!site_flag(site, "latent") && !site_flag(site, "beside_latent"))
		return NULL;
	if (site_flag(site, "sinks") || site_number(site, "window", -1) > 0 ||
	    site_number(site, "chunk", -1) > 0 || site_number(site, "cap", 0) > 0)
		return "latent attention with sinks, a window or a cap has no family";
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
	if (site_flag(site, "one_tensor") && heads.kv == 1)
		emit_shared(em, site, &heads);
	else if (site_flag(site, "one_tensor"))
		emit_no_family(em, site, "attention whose keys are its values has no family");
	else if (sees_all(site))
		emit_full(em, site, &heads);
	else if (site_flag(site, "latent"))
		emit_latent(em, site, &heads);
	else if (heads.kv == heads.query && (site_flag(site, "beside_latent") ||
	    (heads.v_head_dim != heads.head_dim && !site_flag(site, "grouped"))))
		emit_latent_ragged(em, site, &heads);
	else
		emit_grouped(em, site, &heads);
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
	if ((!site_flag(site, "delta") && !site_flag(site, "channels")) || k_dim != v_dim ||
	    q_heads != k_heads || v_heads % k_heads != 0) {
		emit_no_family(em, site,
		    "linear attention other than delta nets has no family");
		return;
	}
	emit_number(em, &parameters, "num_q_heads", q_heads);
	emit_number(em, &parameters, "num_k_heads", k_heads);
	emit_number(em, &parameters, "num_v_heads", v_heads);
	emit_number(em, &parameters, "head_size", k_dim);
	if (site_flag(site, "channels")) {
		site->covered = true;
		if (wishes->decode)
			emit_definition(em, site, "kda_decode", &parameters, tp, 0);
		if (wishes->prefill)
			emit_definition(em, site, "kda_prefill", &parameters, tp, 0);
		return;
	}
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
	site->covered = true;
	if (em->catalogue->wishes.decode)
		emit_definition(em, site, "mamba_ssu_decode", &parameters, tp, 0);
	if (em->catalogue->wishes.prefill && strcmp(site->role, "mamba") == 0)
		emit_definition(em, site, "mamba_scan_prefill", &parameters, tp, 0);
}
