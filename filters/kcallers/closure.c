/* SPDX-License-Identifier: Apache-2.0 */
/* A walk over import statements. */
#include <stdlib.h>
#include <string.h>

#include "closure.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"

struct walk {
	struct project *project;
	struct module **stack;
	size_t depth;
};

static void
use(struct walk *walk, const char *name)
{
	struct module *module = project_module(walk->project, name);

	if (module == NULL || module->used || module->test || module->foreign)
		return;
	module->used = true;
	walk->stack[walk->depth++] = module;
}

/* Importing a.b.c runs a and a.b, too. */
static void
use_with_packages(struct walk *walk, const char *name)
{
	for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(dot + 1, '.'))
		use(walk, intern(name, (size_t)(dot - name)));
	use(walk, name);
}

static void
use_imports(struct walk *walk, const struct function *function)
{
	struct text name = {0};

	for (uint32_t i = 0; i < function->code_count; i++) {
		const struct instruction *code = &function->code[i];

		if (code->op == OP_MODULE || code->op == OP_STAR)
			use_with_packages(walk, code->name);
		if (code->op != OP_FROM)
			continue;
		text_clear(&name);
		text_add_format(&name, "%s.%s", code->import_from->module,
		    code->import_from->name);
		use_with_packages(walk, intern(name.bytes, name.length));
	}
	text_free(&name);
}

void
closure_mark(struct project *project, const struct model *model)
{
	struct walk walk = { .project = project,
		.stack = memory_alloc((project->module_count + 1) * sizeof(*walk.stack)) };

	for (size_t i = 0; i < project->module_count; i++)
		project->modules[i].used = false;
	for (size_t i = 0; i < project->module_count; i++)
		if (model->own[i] && project->modules[i].name != NULL)
			use_with_packages(&walk, project->modules[i].name);
	while (walk.depth > 0) {
		const struct module *module = walk.stack[--walk.depth];
		const struct function *function = module->functions;

		use_imports(&walk, module->body);
		for (; function != NULL; function = function->next)
			use_imports(&walk, function);
	}
	free(walk.stack);
}
