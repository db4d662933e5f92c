/* SPDX-License-Identifier: Apache-2.0 */
/* Looking things up in a project. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "project.h"

struct module *
project_module(const struct project *project, const char *name)
{
	return symbols_get(&project->by_name, name);
}

bool
project_has(const struct project *project, const char *name)
{
	return symbols_get(&project->packages, name) != NULL;
}

struct variable *
module_variable_place(struct module *module, const char *name)
{
	void **place = symbols_put(&module->variables, name);
	struct variable *variable = *place;

	if (variable == NULL) {
		variable = arena_alloc_zero(&module->arena, sizeof(*variable));
		variable->name = name;
		variable->index = module->variable_count++;
		*place = variable;
	}
	return variable;
}

uint32_t
module_variable(struct module *module, const char *name)
{
	return module_variable_place(module, name)->index;
}

enum { MOST_IMPORTS = 24 };

const struct variable *
project_variable(const struct project *project, const struct module **module, const char *name,
    unsigned depth)
{
	const struct variable *variable = symbols_get(&(*module)->variables, name);
	const struct module *from;

	if (depth > MOST_IMPORTS)
		return NULL;
	if (variable == NULL || variable->set == 0) {
		const struct function *body = (*module)->body;

		for (uint32_t i = 0; i < body->code_count && (*module)->stars; i++) {
			from = body->code[i].op != OP_STAR ? NULL :
			    project_module(project, body->code[i].name);
			if (from == NULL || (variable = project_variable(project, &from, name,
			    depth + 1)) == NULL)
				continue;
			*module = from;
			return variable;
		}
		return NULL;
	}
	if (variable->set != 1 || variable->result.term == NULL)
		return NULL;
	if (variable->result.term->kind != TERM_FROM)
		return variable;
	from = project_module(project, variable->result.term->what);
	if (from == NULL)
		return NULL;
	*module = from;
	return project_variable(project, module, variable->result.term->name, depth + 1);
}

struct class *
class_find(const struct class *class, const char *name, uint32_t from)
{
	for (uint32_t i = from; i < class->mro_count; i++)
		if (symbols_get(&class->mro[i]->methods, name) != NULL ||
		    symbols_get(&class->mro[i]->fields, name) != NULL)
			return class->mro[i];
	return NULL;
}

struct function *
class_method(const struct class *class, const char *name)
{
	for (uint32_t i = 0; i < class->mro_count; i++) {
		struct function *method = symbols_get(&class->mro[i]->methods, name);

		if (method != NULL)
			return method;
	}
	return NULL;
}

bool
class_is(const struct class *class, const struct class *base)
{
	for (uint32_t i = 0; i < class->mro_count; i++)
		if (class->mro[i] == base)
			return true;
	return false;
}

const char *
position_key(unsigned position)
{
	char key[16];
	int length = snprintf(key, sizeof(key), "\x01%u", position);

	return intern(key, (size_t)length);
}

const char *
module_text(const struct module *module, struct arena *arena, uint32_t begin, uint32_t end)
{
	char *text = arena_alloc(arena, end - begin + 1);
	size_t length = 0;

	for (uint32_t at = begin; at < end; at++) {
		char byte = module->source[at];
		bool space = strchr(" \t\r\n\f\\", byte) != NULL && byte != '\0';

		if (byte == '#' && length > 0 && text[length - 1] == ' ')
			while (at + 1 < end && module->source[at + 1] != '\n')
				at++;
		else if (!space)
			text[length++] = byte;
		else if (length > 0 && text[length - 1] != ' ')
			text[length++] = ' ';
	}
	while (length > 0 && text[length - 1] == ' ')
		length--;
	text[length] = '\0';
	return text;
}

static void
module_free(struct module *module)
{
	for (struct class *class = module->classes; class != NULL; class = class->next) {
		symbols_free(&class->methods);
		symbols_free(&class->fields);
		symbols_free(&class->stores);
		free(class->mro);
		free(class->subclasses);
	}
	for (struct function *function = module->functions; function != NULL;
	    function = function->next)
		symbols_free(&function->locals);
	symbols_free(&module->variables);
	symbols_free(&module->others);
	free(module->source);
	free(module->guards);
	arena_free(&module->arena);
}

void
project_free(struct project *project)
{
	for (size_t i = 0; i < project->module_count; i++)
		module_free(&project->modules[i]);
	free(project->modules);
	free(project->functions);
	free(project->classes);
	symbols_free(&project->by_name);
	symbols_free(&project->packages);
}
