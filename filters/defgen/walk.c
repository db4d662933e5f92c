/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the tree of modules that a model's constructor built and lists its kernels. */
#include <ctype.h>
#include <string.h>

#include "base/intern.h"
#include "model.h"

enum { WALK_DEPTH = 60, SITE_LIMIT = 5000 };

struct place {
	struct model *model;
	struct value *owner;
	const char *attribute;
	int depth;
};

static void
walk_value(struct place place, struct value *value, const char *path);

/* Path with every component that is a number written N. */
static const char *
pattern_of(struct interp *it, const char *path)
{
	char *pattern = arena_copy(&it->arena, path, strlen(path)), *to = pattern;
	const char *at;

	for (at = path; *at; at++) {
		if (isdigit((unsigned char)*at) && (at == path || at[-1] == '.')) {
			const char *end = at;

			while (isdigit((unsigned char)*end))
				end++;
			if (!*end || *end == '.') {
				*to++ = 'N';
				at = end - 1;
				continue;
			}
		}
		*to++ = *at;
	}
	*to = '\0';
	return pattern;
}

static bool
same_item(const struct value *left, const struct value *right)
{
	if (left->kind == VALUE_UNKNOWN && right->kind == VALUE_UNKNOWN)
		return true;
	return value_equal(left, right);
}

static bool
same_value(const struct value *left, const struct value *right)
{
	size_t i;

	if (!left || !right)
		return left == right;
	if (left->kind == VALUE_LIST && right->kind == VALUE_LIST &&
	    left->list.count == right->list.count && left->list.count < 64) {
		for (i = 0; i < left->list.count; i++)
			if (!same_item(left->list.items[i], right->list.items[i]))
				return false;
		return true;
	}
	return same_item(left, right);
}

/* Arguments that make two constructions different kernels: sizes and switches. */
static bool
same_arguments(const struct kernel *left, const struct kernel *right)
{
	uint32_t i;

	for (i = 0; i < left->arguments.count; i++) {
		const char *key = left->arguments.keys[i];
		const struct value *value = left->arguments.values[i];

		if (!strcmp(key, "layer_id") || !strcmp(key, "prefix") ||
		    value->kind == VALUE_INSTANCE || value->kind == VALUE_STRING ||
		    value->kind == VALUE_TENSOR)
			continue;
		if (!same_value(value, scope_get(&right->arguments, key)))
			return false;
	}
	return true;
}

static void
site_add(struct place place, const struct kernel *kernel, const char *path)
{
	struct model *model = place.model;
	const char *pattern = pattern_of(model->it, path);
	struct site *site;

	for (site = model->sites; site; site = site->next) {
		if (site->kernel->line == kernel->line && !strcmp(site->path, pattern) &&
		    site->kernel->file == kernel->file && site->kernel->layer == kernel->layer &&
		    same_arguments(site->kernel, kernel)) {
			site->count++;
			return;
		}
	}
	if (++model->site_count > SITE_LIMIT) {
		finding_add(model->it, FINDING_UNSUPPORTED, kernel->file, 0, "kernels",
		    "more than any model has: the rest is left out");
		return;
	}
	site = arena_alloc_zero(&model->it->arena, sizeof *site);
	site->kernel = kernel;
	site->path = pattern;
	site->owner = place.owner;
	site->attribute = place.attribute;
	site->count = 1;
	*model->sites_end = site;
	model->sites_end = &site->next;
}

/* A kernel that no recorded constructor made. */
static struct kernel *
kernel_made(struct interp *it, const struct layer *layer, struct value *instance)
{
	struct kernel *kernel = arena_alloc_zero(&it->arena, sizeof *kernel);

	kernel->layer = layer;
	kernel->instance = instance;
	kernel->file = instance->instance->module ? instance->instance->module->file->path : "";
	kernel->line = instance->instance->line;
	return kernel;
}

static struct value *
first_attribute(const struct instance *instance, const char *const *names)
{
	for (; *names; names++) {
		struct value *found = scope_get(&instance->attributes, intern_string(*names));

		if (found)
			return found;
	}
	return NULL;
}

/* A norm class of the model's own: named so, with a weight of one dimension. */
static bool
own_norm(struct place place, struct value *value, const char *path)
{
	static const struct layer plain = { "RMSNorm", LAYER_NORM, "", false };
	static const struct layer gemma = { "RMSNorm", LAYER_GEMMA_NORM, "", false };
	static const struct layer gated = { "RMSNorm", LAYER_OTHER_NORM, "", false };
	static const char *const weights[] = { "weight", "scale", NULL };
	static const char *const epsilons[] = { "variance_epsilon", "eps", "epsilon", "norm_eps",
		"rms_norm_eps", NULL };
	struct instance *instance = value->instance;
	struct value *weight = first_attribute(instance, weights), *epsilon, *width;
	struct arena *arena = &place.model->it->arena;
	const char *name = instance->class->class->name;
	struct kernel *kernel;
	int64_t local;

	if (!strstr(name, "RMSNorm") || !weight || weight->kind != VALUE_TENSOR ||
	    weight->list.count != 1)
		return false;
	kernel = kernel_made(place.model->it, strstr(name, "Gated") ? &gated :
	    forward_adds_one(instance->class->class) ? &gemma : &plain, value);
	width = weight->list.items[0];
	if (value_integer(width, &local) && instance->full_size == local * place.model->it->run.tp)
		width = value_int(arena, instance->full_size);
	scope_set(arena, &kernel->arguments, intern_string("hidden_size"), width);
	epsilon = first_attribute(instance, epsilons);
	if (epsilon)
		scope_set(arena, &kernel->arguments, intern_string("eps"), epsilon);
	site_add(place, kernel, path);
	return true;
}

/* A parameter of two dimensions that a forward multiplies with. */
static void
own_gate(struct place place, struct value *value, const char *attribute,
    struct value *tensor, const char *path)
{
	static const struct layer gate = { "Parameter", LAYER_GATE, "", false };
	struct arena *arena = &place.model->it->arena;
	struct kernel *kernel;

	if (tensor->list.count != 2 ||
	    !forward_multiplies(value->instance->class->class, attribute))
		return;
	kernel = kernel_made(place.model->it, &gate, value);
	scope_set(arena, &kernel->arguments, intern_string("output_size"), tensor->list.items[0]);
	scope_set(arena, &kernel->arguments, intern_string("input_size"), tensor->list.items[1]);
	site_add(place, kernel, interp_text(place.model->it, "%s.%s", path, attribute));
}

/* A gated delta net whose core is called by the attention backend, not by a layer: known by
 * its decay parameters, one for each value head of the rank. */
static void
own_delta_net(struct place place, struct value *value, const char *path)
{
	static const struct layer layer = { "GatedDeltaNet", LAYER_LINEAR_ATTENTION, "", false };
	static const char *const names[] = { "num_k_heads", "num_v_heads", "head_k_dim",
		"head_v_dim" };
	struct instance *instance = value->instance;
	struct value *rate = scope_get(&instance->attributes, intern_string("A_log"));
	struct arena *arena = &place.model->it->arena;
	struct kernel *kernel;
	int64_t sizes[4], local;
	uint32_t i;

	if (!rate || rate->kind != VALUE_TENSOR || rate->list.count != 1 ||
	    !value_integer(rate->list.items[0], &local) || local < 1)
		return;
	for (i = 0; i < instance->attributes.count; i++) {
		const struct value *held = instance->attributes.values[i];

		if (held && held->kind == VALUE_INSTANCE && held->instance->kernel &&
		    held->instance->kernel->layer->kind == LAYER_LINEAR_ATTENTION)
			return;
	}
	for (i = 0; i < 4; i++) {
		struct value *size = scope_get(&instance->attributes, intern_string(names[i]));

		if (!size || !value_integer(size, &sizes[i]) || sizes[i] < 1)
			return;
	}
	kernel = kernel_made(place.model->it, &layer, value);
	sizes[0] = sizes[0] * local / sizes[1];
	sizes[1] = local;
	scope_set(arena, &kernel->arguments, intern_string("num_q_heads"),
	    value_int(arena, sizes[0]));
	for (i = 0; i < 4; i++)
		scope_set(arena, &kernel->arguments, intern_string(names[i]),
		    value_int(arena, sizes[i]));
	site_add(place, kernel, path);
}

/* Something constructed by a package that is not followed. */
static void
not_followed(struct place place, const struct value *value, const char *path)
{
	const struct reason *reason = value->reason;
	const char *mark = strstr(reason->text, "() is not followed"), *last;

	if (!mark || !strncmp(reason->text, "torch.", 6))
		return;
	for (last = mark; last > reason->text && last[-1] != '.'; last--)
		;
	if (isupper((unsigned char)last[0]) && islower((unsigned char)last[1]))
		finding_add(place.model->it, FINDING_UNSUPPORTED, reason->file, reason->line,
		    pattern_of(place.model->it, path), reason->text);
}

static const char *
below(struct interp *it, const char *path, const char *name)
{
	return *path ? interp_text(it, "%s.%s", path, name) : name;
}

static void
walk_instance(struct place place, struct value *value, const char *path)
{
	struct instance *instance = value->instance;
	struct place inner = { place.model, value, NULL, place.depth + 1 };
	struct interp *it = place.model->it;
	uint32_t i;
	size_t k;

	if (!instance->visited && place.depth > WALK_DEPTH)
		finding_add(it, FINDING_UNSUPPORTED, it->module->file->path, 0, "modules",
		    interp_text(it, "more than %d within one another: the inner ones are left out",
		    WALK_DEPTH));
	if (instance->visited || place.depth > WALK_DEPTH)
		return;
	instance->visited = true;
	if (instance->kernel)
		site_add(place, instance->kernel, path);
	else if (own_norm(place, value, path))
		return;
	if (!instance->class->class->is_module)
		return;
	own_delta_net(inner, value, path);
	for (k = 0; k < instance->items.count; k++) {
		inner.attribute = place.attribute;
		walk_value(inner, instance->items.items[k],
		    below(it, path, interp_text(it, "%zu", k)));
	}
	for (i = 0; i < instance->attributes.count; i++) {
		struct value *child = instance->attributes.values[i];

		inner.attribute = instance->attributes.keys[i];
		if (!child)
			continue;
		if (child->kind == VALUE_TENSOR && !instance->kernel)
			own_gate(inner, value, inner.attribute, child, path);
		else if (child->kind == VALUE_UNKNOWN && !instance->kernel)
			not_followed(inner, child, below(it, path, inner.attribute));
		else
			walk_value(inner, child, below(it, path, inner.attribute));
	}
}

static void
walk_value(struct place place, struct value *value, const char *path)
{
	size_t i;

	if (value->kind == VALUE_INSTANCE) {
		if (value->instance->class->class->is_module || value->instance->kernel)
			walk_instance(place, value, path);
	} else if ((value->kind == VALUE_LIST || value->kind == VALUE_TUPLE) &&
	    place.depth < WALK_DEPTH) {
		place.depth++;
		for (i = 0; i < value->list.count; i++)
			if (value->list.items[i] && value->list.items[i]->kind == VALUE_INSTANCE)
				walk_value(place, value->list.items[i], below(place.model->it, path,
				    interp_text(place.model->it, "%zu", i)));
	}
}

void
model_walk(struct model *model, struct value *root)
{
	struct place place = { model, root, "", 0 };

	walk_value(place, root, "");
}
