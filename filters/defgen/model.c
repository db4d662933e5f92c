/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluates one entry class: config, constructor, walk. */
#include "model.h"

#include <string.h>

#include "base/intern.h"
#include "json/json.h"

static void
construct(struct model *model, struct value *class)
{
	struct interp *it = model->it;
	const char *keywords[1] = { intern_string("config") };
	struct value *values[1] = { model->config }, *root;
	struct call call = { .keywords = keywords, .values = values, .keyword_count = 1 };
	struct value *init = class_lookup(class->class, intern_string("__init__"));
	const struct py_node *first = NULL;

	if (init && init->kind == VALUE_FUNCTION)
		first = init->function->node->function.parameters;
	if (first && first->next) /* whatever it calls its config */
		keywords[0] = first->next->op == PY_NORMAL ? first->next->name : keywords[0];
	call.module = class->class->module;
	it->module = class->class->module;
	it->line = class->class->node ? class->class->node->line : 0;
	root = instantiate(it, class, &call);
	model_walk(model, root);
}

void
model_evaluate(struct model *model, struct source *source, const struct defaults *defaults,
    const struct json *config, const struct entry *entry, struct run run)
{
	struct interp *it = interp_open(source, defaults, run);
	struct module *module;
	struct value *class = NULL;

	memset(model, 0, sizeof *model);
	model->entry = entry;
	model->it = it;
	model->sites_end = &model->sites;
	module = module_load(it, entry->module);
	if (module) {
		it->module = module;
		class = module_member(it, module, entry->class);
		it->module = module;
		model->config = config_build(it, config, entry->class);
	}
	if (!class || class->kind != VALUE_CLASS) {
		finding_add(it, FINDING_UNSUPPORTED, module ? module->file->path : entry->module, 1,
		    entry->class, "the class cannot be evaluated");
		return;
	}
	model->built = true;
	construct(model, class);
}

void
model_close(struct model *model)
{
	interp_close(model->it);
}
