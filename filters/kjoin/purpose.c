/* SPDX-License-Identifier: Apache-2.0 */
/* Models name their modules after what they do, as Hugging Face's do. */
#include <stddef.h>
#include <string.h>

#include "purpose.h"
#include "trace/kinds.h"

/* Words of a module's name for kernels of a type, or of families that begin like this.
 * Families go first: routing is of type moe, but happens in the gate. */
static const struct purpose {
	enum kernel_type type; /* TYPE_COUNT: of any */
	const char *family, *words[6];
} purposes[] = {
	{ TYPE_COUNT, "moe-route", { "topk", "gate", "router" } },
	{ TYPE_COUNT, "rmsnorm", { "norm", "prepare_attn", "prepare_mlp" } },
	{ TYPE_COUNT, "layernorm", { "norm", "layernorm" } },
	{ TYPE_COUNT, "rope", { "rotary", "rope" } },
	{ TYPE_COUNT, "activation-mul", { "act", "mlp" } },
	{ TYPE_COUNT, "embedding", { "embed" } },
	{ TYPE_ATTENTION, NULL, { "attn", "attention", "mixer" } },
	{ TYPE_MOE, NULL, { "experts", "moe", "mlp" } },
};

static const struct purpose *
purpose_of(const struct kernel_class *class)
{
	for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++)
		if ((purposes[i].type == TYPE_COUNT ||
		    strcmp(class->type, type_names[purposes[i].type]) == 0) &&
		    (purposes[i].family == NULL || strncmp(class->family, purposes[i].family,
		    strlen(purposes[i].family)) == 0))
			return &purposes[i];
	return NULL;
}

/* "post_attention_layernorm" is a norm, and "prepare_attn" runs one. */
static bool
is_norm(const char *attribute)
{
	return strstr(attribute, "norm") != NULL || strncmp(attribute, "prepare_", 8) == 0;
}

static const char *
attribute_of(const char *call)
{
	const char *dot = strrchr(call, '.');

	return dot != NULL ? dot + 1 : call;
}

bool
purpose_named(const char *call, enum purpose_part part)
{
	static const char *const words[][9] = {
		[PURPOSE_ATTENTION] = { "attn", "attention", "mixer" },
		[PURPOSE_FEED_FORWARD] = { "act_fn", "down_proj", "gate_up", "experts", "fc2",
			"w2", "mlp", "moe", "dense_4h" },
	};
	const char *attribute = attribute_of(call);

	for (size_t i = 0; i < 9 && words[part][i] != NULL && !is_norm(attribute); i++)
		if (strstr(attribute, words[part][i]) != NULL)
			return true;
	return false;
}

bool
purpose_known(const struct kernel_class *class)
{
	return purpose_of(class) != NULL;
}

bool
purpose_fits(const struct kernel_class *class, const char *call)
{
	const struct purpose *purpose = purpose_of(class);
	const char *attribute = attribute_of(call);

	if (purpose == NULL ||
	    (is_norm(attribute) && (purpose->family == NULL || !is_norm(purpose->family))))
		return false;
	/* "self.attn.forward" is the attention's, "self.attn.kv_b_proj" is not */
	if (strstr(attribute, "all_reduce") != NULL || strstr(attribute, "all_gather") != NULL)
		return false;
	for (size_t i = 0; i < sizeof(purpose->words) / sizeof(purpose->words[0]); i++)
		if (purpose->words[i] != NULL && (strstr(attribute, purpose->words[i]) != NULL ||
		    (strcmp(attribute, "forward") == 0 && strstr(call, purpose->words[i]) != NULL)))
			return true;
	return false;
}
