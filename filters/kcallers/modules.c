/* SPDX-License-Identifier: Apache-2.0 */
/* Module variables and imports. A variable that only a star import binds is looked up in
 * the starred modules when it is asked for. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "modules.h"

void
modules_open(struct points *points, struct project *project)
{
	for (size_t i = 0; i < project->module_count; i++)
		project->modules[i].nodes = points_nodes(points,
		    project->modules[i].variable_count);
}

uint32_t
module_node(const struct module *module, const char *name)
{
	const struct variable *variable = symbols_get(&module->variables, name);

	return module->nodes + variable->index;
}

/* Looks through star imports, each module once: they may go in circles. */
static bool
load_starred(struct points *points, const struct project *project, const struct module *module,
    const char *name, uint32_t to, bool *seen)
{
	const struct function *body = module->body;
	bool found = false;

	for (uint32_t i = 0; i < body->code_count && module->stars; i++) {
		struct module *from;
		const struct variable *variable;

		if (body->code[i].op != OP_STAR)
			continue;
		from = project_module(project, body->code[i].name);
		if (from == NULL || seen[from->id])
			continue;
		seen[from->id] = true;
		variable = symbols_get(&from->variables, name);
		if (variable != NULL)
			points_edge(points, from->nodes + variable->index, to);
		found |= variable != NULL ||
		    load_starred(points, project, from, name, to, seen);
	}
	return found;
}

static bool
load_variable(struct points *points, const struct project *project, struct module *module,
    const char *name, uint32_t to)
{
	const struct variable *variable = symbols_get(&module->variables, name);

	bool found = variable != NULL, *seen;

	if (variable != NULL)
		points_edge(points, module->nodes + variable->index, to);
	if (module->stars) {
		seen = memory_alloc_zero(project->module_count, sizeof(*seen));
		found |= load_starred(points, project, module, name, to, seen);
		free(seen);
	}
	return found;
}

void
module_load(struct points *points, const struct project *project,
    const struct externals *externals, struct module *module, const char *name, uint32_t to)
{
	const char *builtin;

	if (load_variable(points, project, module, name, to))
		return;
	builtin = intern_dotted("builtins", name);
	if (external_matters(externals, builtin))
		points_add(points, to, points_object(points, OBJECT_EXTERNAL, builtin, 0));
}

void
module_named(struct points *points, const struct project *project, const char *name,
    uint32_t to)
{
	struct module *module = project_module(project, name);

	if (module != NULL)
		points_add(points, to, points_object(points, OBJECT_MODULE, module, 0));
}

void
module_attribute(struct points *points, const struct project *project, struct module *module,
    const char *name, uint32_t to)
{
	const char *inner = module->name == NULL ? NULL : intern_dotted(module->name, name);

	if (!load_variable(points, project, module, name, to) && inner != NULL)
		module_named(points, project, inner, to);
}

void
module_from(struct points *points, const struct project *project,
    const struct import_from *from, uint32_t to)
{
	struct module *module = project_module(project, from->module);
	const char *inner;

	if (module != NULL) {
		module_attribute(points, project, module, from->name, to);
		return;
	}
	/* A folder without __init__.py is a package, too. */
	inner = intern_dotted(from->module, from->name);
	if (inner != NULL)
		module_named(points, project, inner, to);
}
