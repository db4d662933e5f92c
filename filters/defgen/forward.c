/* SPDX-License-Identifier: Apache-2.0 */
/* Reads forward passes, without running them: which norms add a residual, which
 * parameters are multiplied with. */
#include <string.h>

#include "base/intern.h"
#include "model.h"

/* Looking for uses of one attribute in one method. */
struct search {
	const char *attribute;
	const struct py_node *aliases; /* a local name that stands for it: its node */
	struct norm_use use;
};

static bool
mentions(const struct py_node *node, const char *word)
{
	int i;

	for (; node; node = node->next) {
		if (node->name && node->kind != PY_CONSTANT && strstr(node->name, word))
			return true;
		for (i = 0; i < 4; i++)
			if (node->part[i] && mentions(node->part[i], word))
				return true;
	}
	return false;
}

static bool
mentions_one(const struct py_node *node, const char *word)
{
	struct py_node copy = *node;

	copy.next = NULL;
	return mentions(&copy, word);
}

static bool
is_attribute(const struct search *search, const struct py_node *node)
{
	if (node->kind == PY_ATTRIBUTE && node->name == search->attribute)
		return true;
	return search->aliases && node->kind == PY_NAME && node->name == search->aliases->name;
}

/* A call of the norm itself: a second tensor is the residual. */
static void
note_call(struct search *search, const struct py_node *call)
{
	const struct py_node *argument;
	size_t count = 0;
	bool residual = false;

	for (argument = call->call.arguments; argument; argument = argument->next) {
		count += argument->kind != PY_KEYWORD;
		if (argument->kind == PY_KEYWORD && argument->name &&
		    strstr(argument->name, "residual"))
			residual = true;
		if (argument != call->call.arguments && argument->kind != PY_KEYWORD &&
		    mentions_one(argument, "residual"))
			residual = true;
	}
	if (residual)
		search->use.fused = true;
	else if (count)
		search->use.plain = true;
}

/* The norm handed to a helper: one that carries a residual adds it. Helpers that prepare
 * whole stages of a layer begin without a residual in the first layer. */
static void
note_handed(struct search *search, const struct py_node *call)
{
	const struct py_node *argument, *callee = call->call.function;

	for (argument = call->call.arguments; argument; argument = argument->next)
		if (mentions_one(argument, "residual"))
			search->use.fused = true;
	if (mentions_one(callee, "residual"))
		search->use.fused = true;
	if (mentions_one(callee, "Communicator") || mentions_one(callee, "append_stages"))
		search->use.fused = search->use.plain = true;
}

static bool
holds(const struct search *search, const struct py_node *node)
{
	int i;

	if (is_attribute(search, node))
		return true;
	if (node->kind == PY_CALL || node->kind == PY_ATTRIBUTE)
		return false;
	for (i = 0; i < 4; i++) {
		const struct py_node *part = node->part[i];

		for (; part; part = part->next)
			if (holds(search, part))
				return true;
	}
	return false;
}

static void
search_uses(struct search *search, const struct py_node *node)
{
	int i;

	for (; node; node = node->next) {
		if (node->kind == PY_CALL) {
			const struct py_node *callee = node->call.function, *argument;

			if (is_attribute(search, callee))
				note_call(search, node);
			else if (callee->kind == PY_ATTRIBUTE &&
			    is_attribute(search, callee->unary.operand) &&
			    !strncmp(callee->name, "forward", 7))
				note_call(search, node);
			else
				for (argument = node->call.arguments; argument;
				    argument = argument->next)
					if (holds(search, argument))
						note_handed(search, node);
		}
		for (i = 0; i < 4; i++)
			if (node->part[i])
				search_uses(search, node->part[i]);
	}
}

static void
search_class(struct search *search, const struct class *class)
{
	size_t i;
	uint32_t k;

	for (i = 0; i < class->mro.count; i++) {
		const struct class *base = class->mro.items[i]->class;

		for (k = 0; k < base->attributes.count; k++) {
			const struct value *method = base->attributes.values[k];

			if (method && method->kind == VALUE_FUNCTION &&
			    !strstr(base->attributes.keys[k], "load_weights"))
				search_uses(search, method->function->node->function.body);
		}
	}
}

struct norm_use
forward_norm(struct interp *it, const struct site *site)
{
	struct search search = { .attribute = intern_string(site->attribute) };
	uint32_t i;

	if (site->owner->kind == VALUE_INSTANCE)
		search_class(&search, site->owner->instance->class->class);
	/* used from outside its class: by the class that holds the layer */
	for (i = 0; !search.use.plain && !search.use.fused && i < it->modules.count; i++) {
		const struct value *module = it->modules.values[i];

		if (module && module->kind == VALUE_MODULE && module->module->ran &&
		    !strncmp(module->module->name, "sglang.srt.models", 17))
			search_uses(&search, module->module->file->module->module.body);
	}
	if (!search.use.plain && !search.use.fused)
		search.use.plain = true;
	return search.use;
}

static bool
multiplies(const struct py_node *node, const char *parameter)
{
	int i;

	for (; node; node = node->next) {
		if (node->kind == PY_CALL) {
			const struct py_node *callee = node->call.function, *argument;
			const char *name = callee->kind == PY_ATTRIBUTE || callee->kind == PY_NAME ?
			    callee->name : "";

			if (strstr(name, "linear") || strstr(name, "gemm") || strstr(name, "matmul") ||
			    !strcmp(name, "mm"))
				for (argument = node->call.arguments; argument;
				    argument = argument->next)
					if (mentions_one(argument, parameter))
						return true;
		}
		for (i = 0; i < 4; i++)
			if (node->part[i] && multiplies(node->part[i], parameter))
				return true;
	}
	return false;
}

bool
forward_multiplies(const struct class *class, const char *parameter)
{
	static const char *const methods[] = { "forward", "forward_cuda", "forward_native" };
	size_t i;

	for (i = 0; i < sizeof methods / sizeof *methods; i++) {
		struct value *method = class_lookup(class, intern_string(methods[i]));

		if (method && method->kind == VALUE_FUNCTION &&
		    multiplies(method->function->node->function.body, parameter))
			return true;
	}
	return false;
}

static bool
adds_one(const struct py_node *node)
{
	int i;

	for (; node; node = node->next) {
		if (node->kind == PY_BINARY && node->name[0] == '+') {
			const struct py_node *left = node->binary.left, *right = node->binary.right;
			bool one = left->kind == PY_CONSTANT && left->name &&
			    (!strcmp(left->name, "1") || !strcmp(left->name, "1.0"));

			if (one && mentions_one(right, "weight"))
				return true;
			one = right->kind == PY_CONSTANT && right->name &&
			    (!strcmp(right->name, "1") || !strcmp(right->name, "1.0"));
			if (one && mentions_one(left, "weight"))
				return true;
		}
		for (i = 0; i < 4; i++)
			if (node->part[i] && adds_one(node->part[i]))
				return true;
	}
	return false;
}

bool
forward_adds_one(const struct class *class)
{
	size_t i;
	uint32_t k;

	for (i = 0; i < class->mro.count; i++) {
		const struct class *base = class->mro.items[i]->class;

		for (k = 0; k < base->attributes.count; k++) {
			const struct value *method = base->attributes.values[k];

			if (method && method->kind == VALUE_FUNCTION &&
			    adds_one(method->function->node->function.body))
				return true;
		}
	}
	return false;
}

/* Looking for one attribute being run, or only read from. */
struct reading {
	const char *attribute;
	bool run, read;
};

static void
read_uses(struct reading *reading, const struct py_node *node, bool below_attribute)
{
	int i;

	for (; node; node = node->next) {
		if (node->kind == PY_ATTRIBUTE && node->name == reading->attribute) {
			if (below_attribute)
				reading->read = true;
			else
				reading->run = true;
		}
		for (i = 0; i < 4; i++)
			if (node->part[i])
				read_uses(reading, node->part[i], node->kind == PY_ATTRIBUTE &&
				    strncmp(node->name, "forward", 7) &&
				    strcmp(node->name, "quant_method"));
	}
}

/* Whether `attribute`.weight is given another dimension: .unsqueeze(1). */
static bool
unsqueezes(const struct py_node *node, const char *attribute)
{
	int i;

	for (; node; node = node->next) {
		const struct py_node *callee = node->kind == PY_CALL ? node->call.function : NULL;

		if (callee && callee->kind == PY_ATTRIBUTE && !strcmp(callee->name, "unsqueeze") &&
		    mentions_one(callee->unary.operand, "weight") &&
		    mentions_one(callee->unary.operand, attribute))
			return true;
		for (i = 0; i < 4; i++)
			if (node->part[i] && unsqueezes(node->part[i], attribute))
				return true;
	}
	return false;
}

bool
forward_takes_product(const struct class *class, const char *attribute)
{
	struct reading reading = { .attribute = intern_string(attribute) };
	size_t i;
	uint32_t k;

	for (i = 0; i < class->mro.count; i++) {
		const struct class *base = class->mro.items[i]->class;

		for (k = 0; k < base->attributes.count; k++) {
			const struct value *method = base->attributes.values[k];
			const struct py_node *body;

			if (!method || method->kind != VALUE_FUNCTION ||
			    strstr(base->attributes.keys[k], "load_weights"))
				continue;
			body = method->function->node->function.body;
			if (!strcmp(base->attributes.keys[k], "__init__")) {
				if (unsqueezes(body, attribute))
					return false;
				continue;
			}
			reading.run |= multiplies(body, attribute);
			read_uses(&reading, body, false);
		}
	}
	return reading.run || !reading.read;
}
