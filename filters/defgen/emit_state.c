/* SPDX-License-Identifier: Apache-2.0 */
/* What stands around the scans of linear attention: convolutions over time, gated norms; and the
 * batched products of latent attention. */
#include <string.h>

#include "emit.h"

/* A function of one value, as the references spell it over `of`. */
static const char *
activation_code(struct emission *em, const char *name, const char *of)
{
	struct arena *arena = &em->model->arena;

	if (name == NULL)
		return of;
	if (strcmp(name, "silu") == 0)
		return arena_format(arena, "%s * torch.sigmoid(%s)", of, of);
	if (strcmp(name, "sigmoid") == 0)
		return arena_format(arena, "torch.sigmoid(%s)", of);
	if (strcmp(name, "gelu") == 0)
		return arena_format(arena, "0.5 * %s * (1 + torch.erf(%s / math.sqrt(2)))", of, of);
	if (strcmp(name, "gelu_tanh") == 0)
		return arena_format(arena, "torch.nn.functional.gelu(%s, approximate=\"tanh\")", of);
	return NULL;
}

void
emit_conv(struct emission *em, struct site *site)
{
	const struct wishes *wishes = &em->catalogue->wishes;
	const char *activation = site_word(site, "activation");
	const char *code = activation_code(em, activation, "sums");
	bool biased = site_flag(site, "biased");
	struct parameters parameters = { 0 };
	struct arena *arena = &em->model->arena;
	int64_t dim, width, tp = em->model->run.tp;

	if (!emit_size(em, site, "dim", &dim) || !emit_size(em, site, "width", &width))
		return;
	if (code == NULL || width < 2) {
		emit_no_family(em, site, "a convolution over time of this form has no family");
		return;
	}
	emit_number(em, &parameters, "dim", dim);
	emit_number(em, &parameters, "width", width);
	emit_number(em, &parameters, "state_len", width - 1);
	parameter_set(&parameters, "form", arena_format(arena, "%s%s%s", activation == NULL ? "" : "_",
	    activation == NULL ? "" : activation, biased ? "_bias" : ""));
	parameter_set(&parameters, "form_says", activation == NULL ? "" :
	    arena_format(arena, "; %s follows", activation));
	parameter_set(&parameters, "bias_input", biased ?
	    "bias [dim] bfloat16 | Added to each channel." : "");
	parameter_set(&parameters, "bias_argument", biased ? ", bias" : "");
	parameter_set(&parameters, "bias_term", biased ? " + bias.to(torch.float32)" : "");
	parameter_set(&parameters, "activation_code", code);
	site->covered = true;
	if (wishes->decode)
		emit_definition(em, site, "causal_conv1d_decode", &parameters, tp, 0);
	if (wishes->prefill)
		emit_definition(em, site, "causal_conv1d_prefill", &parameters, tp, 0);
}

void
emit_gated_norm(struct emission *em, struct site *site)
{
	const char *activation = site_word(site, "activation"), *stored;
	const char *code = activation_code(em, activation, "opened");
	double epsilon = site_number(site, "eps", 0);
	bool first = site_flag(site, "gate_first");
	struct parameters parameters = { 0 };
	struct arena *arena = &em->model->arena;
	int64_t size, group;

	if (site_word(site, "why") != NULL || code == NULL || !(epsilon > 0 && epsilon < 1)) {
		emit_no_family(em, site, site_word(site, "why") != NULL ? site_word(site, "why") :
		    "no family of definitions for this kind of norm");
		return;
	}
	stored = site_word(site, "weight_dtype");
	if (!emit_size(em, site, "hidden_size", &size) || !emit_size(em, site, "group", &group))
		return;
	if (size % group != 0) {
		emit_problem(em, site, "its groups do not divide its values");
		return;
	}
	emit_number(em, &parameters, "hidden_size", size);
	emit_number(em, &parameters, "group_size", group);
	parameter_set(&parameters, "eps", arena_format(arena, "%g", epsilon));
	parameter_set(&parameters, "weight_dtype", stored == NULL ? "bfloat16" : stored);
	parameter_set(&parameters, "activation", activation);
	parameter_set(&parameters, "activation_code", code);
	parameter_set(&parameters, "gate_first", first ? "True" : "False");
	parameter_set(&parameters, "form", arena_format(arena, "%s%s", group != size ?
	    arena_format(arena, "_g%lld", (long long)group) : "", first ? "_gate_first" : ""));
	parameter_set(&parameters, "form_says", arena_format(arena,
	    "the %s of the gate multiplies what is %s", activation, first ? "to be normed" :
	    "normed and scaled"));
	emit_definition(em, site, "gated_rmsnorm", &parameters, 0, 0);
}

void
emit_batched(struct emission *em, struct site *site)
{
	struct parameters parameters = { 0 };
	int64_t batch, n, k;

	if (site_word(site, "why") != NULL) {
		emit_no_family(em, site, site_word(site, "why"));
		return;
	}
	if (!emit_size(em, site, "batch", &batch) || !emit_size(em, site, "n", &n) ||
	    !emit_size(em, site, "k", &k))
		return;
	emit_number(em, &parameters, "batch", batch);
	emit_number(em, &parameters, "n", n);
	emit_number(em, &parameters, "k", k);
	emit_definition(em, site, "bmm", &parameters, em->model->run.tp, 0);
}

void
emit_activation(struct emission *em, struct site *site)
{
	bool rank = em->catalogue->wishes.per_rank;
	const char *name = site_word(site, "activation");
	const char *code = activation_code(em, name, "gate");
	struct parameters parameters = { 0 };
	int64_t size;

	if (name == NULL || code == NULL ||
	    !emit_size(em, site, rank ? "size_rank" : "size", &size))
		return;
	emit_number(em, &parameters, "size", size);
	emit_number(em, &parameters, "double", 2 * size);
	parameter_set(&parameters, "activation", name);
	parameter_set(&parameters, "activation_code", code);
	parameter_set(&parameters, "split", rank ? "as one rank has it" :
	    "before any split over ranks");
	emit_definition(em, site, "act_and_mul", &parameters, rank ? em->model->run.tp : 0, 0);
}
