/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the direct call sites off the resolved names. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sites.h"

bool
kernel_is_launched(const struct kernel *kernel)
{
	return kernel->path != NULL && strcmp(kernel->source, "triton") == 0;
}

static void
add_site(struct sites *sites, struct site site)
{
	for (size_t i = sites->count; i > 0 &&
	    sites->list[i - 1].instruction == site.instruction; i--)
		if (sites->list[i - 1].kernel == site.kernel)
			return;
	sites->list = memory_grow(sites->list, sites->count, &sites->capacity,
	    sizeof(*sites->list));
	sites->list[sites->count++] = site;
}

static bool
is_own_attribute(const struct function *function, uint32_t value)
{
	for (uint32_t i = 0; i < function->code_count; i++)
		if (function->code[i].op == OP_ATTRIBUTE && function->code[i].dst == value)
			return (function->code[i].flag & FLAG_OWN) != 0;
	return false;
}

static void
find_at(struct sites *sites, const struct names *names, const struct kernels *kernels,
    const struct function *function, const struct instruction *code)
{
	uint32_t callee = code->call->launch != REGISTER_NONE ? code->call->launch : code->a;
	const struct node *node = &names->points.nodes[names_node(names, function, callee)];

	for (uint32_t i = 0; i < node->count; i++) {
		const struct object *object = &names->points.objects[node->objects[i]];
		struct site site = { .instruction = code, .function = function,
			.form = SITE_CALL };
		uint32_t kernel = 0;

		if (object->kind == OBJECT_EXTERNAL)
			kernel = kernels_find(kernels, object->what);
		else if (object->kind == OBJECT_FUNCTION)
			kernel = ((const struct function *)object->what)->kernel;
		if (kernel == 0)
			continue;
		site.kernel = kernel - 1;
		if (is_own_attribute(function, callee))
			site.form = SITE_SELF;
		else if (code->call->launch != REGISTER_NONE)
			site.form = SITE_LAUNCH;
		else if (kernel_is_launched(&kernels->list[site.kernel]))
			site.form = SITE_DEVICE;
		add_site(sites, site);
	}
}

static int
compare_sites(const void *left, const void *right)
{
	const struct site *a = left, *b = right;

	if (a->function->module->id != b->function->module->id)
		return a->function->module->id < b->function->module->id ? -1 : 1;
	if (a->instruction->call->begin != b->instruction->call->begin)
		return a->instruction->call->begin < b->instruction->call->begin ? -1 : 1;
	if (a->instruction->call->end != b->instruction->call->end)
		return a->instruction->call->end < b->instruction->call->end ? -1 : 1;
	return a->kernel < b->kernel ? -1 : a->kernel > b->kernel;
}

void
sites_find(struct sites *sites, const struct project *project, const struct names *names,
    const struct kernels *kernels)
{
	*sites = (struct sites){0};
	for (size_t i = 0; i < project->function_count; i++) {
		const struct function *function = project->functions[i];

		/* What a package of kernels calls of itself is no use of it. */
		for (uint32_t at = 0; at < function->code_count && !function->module->foreign;
		    at++)
			if (function->code[at].op == OP_CALL &&
			    (function->code[at].flag & FLAG_DECORATOR) == 0)
				find_at(sites, names, kernels, function, &function->code[at]);
	}
	if (sites->count > 0)
		qsort(sites->list, sites->count, sizeof(*sites->list), compare_sites);
}

void
sites_free(struct sites *sites)
{
	free(sites->list);
	*sites = (struct sites){0};
}
