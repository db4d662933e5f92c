/* SPDX-License-Identifier: Apache-2.0 */
/* Lowering a module: its body first, registers and instructions. */
#include <stdlib.h>
#include <string.h>

#include "identity.h"
#include "base/intern.h"
#include "lower.h"
#include "base/memory.h"

uint32_t
lower_register(struct lowering *lowering)
{
	return lowering->builder->function->registers++;
}

struct instruction *
lower_emit(struct lowering *lowering, enum op op, uint32_t line)
{
	struct builder *builder = lowering->builder;
	struct instruction *instruction;

	builder->code = memory_grow(builder->code, builder->count, &builder->capacity,
	    sizeof(*builder->code));
	instruction = &builder->code[builder->count++];
	*instruction = (struct instruction){ .op = (uint8_t)op, .dst = REGISTER_NONE,
		.a = REGISTER_NONE, .b = REGISTER_NONE, .line = line, .guard = lowering->guard };
	return instruction;
}

uint16_t
lower_length(const struct py_node *node)
{
	return (uint16_t)(node->end - node->begin > UINT16_MAX ? 0 : node->end - node->begin);
}

void
lower_move(struct lowering *lowering, uint32_t dst, uint32_t from, uint32_t line)
{
	struct instruction *move;

	if (from == REGISTER_NONE || dst == REGISTER_NONE || from == dst)
		return;
	move = lower_emit(lowering, OP_MOVE, line);
	move->dst = dst;
	move->a = from;
}

uint32_t
lower_container(struct lowering *lowering, uint8_t flags, uint32_t line)
{
	uint32_t value = lower_register(lowering);
	struct instruction *make = lower_emit(lowering, OP_CONTAINER, line);

	make->dst = value;
	make->flag = flags;
	return value;
}

void
lower_set_item(struct lowering *lowering, uint32_t container, const char *key, uint32_t value,
    uint32_t line)
{
	struct instruction *set;

	if (container == REGISTER_NONE || value == REGISTER_NONE)
		return;
	set = lower_emit(lowering, OP_SETITEM, line);
	set->a = container;
	set->b = value;
	set->name = key;
}

/* An element of the container that the instruction `made` makes. */
void
lower_element(struct lowering *lowering, uint32_t made, const char *key, uint32_t value,
    uint32_t line)
{
	struct instruction *set;

	if (value == REGISTER_NONE)
		return;
	set = lower_emit(lowering, OP_SETITEM, line);
	set->flag = FLAG_LITERAL;
	set->dst = made;
	set->a = lowering->builder->code[made].dst;
	set->b = value;
	set->name = key;
}

/* Give the function its code, and the builder's memory back. */
void
lower_finish(struct lowering *lowering, struct builder *builder)
{
	struct function *function = builder->function;

	function->code = arena_alloc(&lowering->module->arena,
	    (builder->count + 1) * sizeof(*builder->code));
	if (builder->count > 0)
		memcpy(function->code, builder->code, builder->count * sizeof(*builder->code));
	function->code_count = (uint32_t)builder->count;
	function->result_count = (uint32_t)builder->result_count;
	function->results = arena_alloc(&lowering->module->arena,
	    (builder->result_count + 1) * sizeof(*function->results));
	if (builder->result_count > 0)
		memcpy(function->results, builder->results,
		    builder->result_count * sizeof(*function->results));
	free(builder->results);
	symbols_free(&builder->loaded);
	free(builder->code);
}

/* What the module imports from outside the tree in any case: it cannot be loaded where such a
 * package is missing. */
static void
find_needs(struct lowering *lowering, const struct py_node *body)
{
	for (; body != NULL; body = body->next) {
		const struct py_node *alias = body->kind == PY_IMPORT ||
		    body->kind == PY_IMPORT_FROM ? body->list.elements : NULL;

		for (; alias != NULL; alias = alias->next) {
			const char *name = body->kind == PY_IMPORT ? alias->name :
			    lower_import_target(lowering, body);
			struct need *need;

			if (name == NULL || !lower_is_outside(lowering, name))
				continue;
			need = arena_alloc(&lowering->module->arena, sizeof(*need));
			*need = (struct need){ external_top(name), lowering->module->needs };
			lowering->module->needs = need;
		}
	}
}

void
module_lower(struct module *module, const struct py_file *file, const struct project *project,
    const struct externals *externals)
{
	struct lowering lowering = { .module = module, .file = file, .project = project,
		.externals = externals };
	struct function *body = arena_alloc_zero(&module->arena, sizeof(*body));
	struct builder builder = { .function = body, .generator = REGISTER_NONE };
	struct lowering_scope scope = {0};

	*body = (struct function){ .name = intern_string("<module>"), .module = module,
		.registers = 1, .line = 1, .first_line = 1, .wraps = REGISTER_NONE };
	body->path = body->name;
	module->body = body;
	module->functions_end = &module->functions;
	module->classes_end = &module->classes;
	module->guards = memory_grow(NULL, 0, &module->guard_capacity, sizeof(*module->guards));
	module->guards[0] = (struct guard){0};
	module->guard_count = 1;
	lowering.builder = &builder;
	scope_enter(&lowering, &scope, file->module);
	scope_collect(&lowering);
	find_needs(&lowering, file->module->module.body);
	lower_body(&lowering, file->module->module.body);
	scope_leave(&lowering);
	lower_finish(&lowering, &builder);
	table_free(&lowering.values);
	identity_find(module);
}
