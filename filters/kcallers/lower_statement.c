/* SPDX-License-Identifier: Apache-2.0 */
/* Statements: assignments, imports, and the branches whose tests become guards. */
#include <string.h>

#include "base/intern.h"
#include "lower.h"
#include "python/bindings.h"

static void
note_field(struct lowering *lowering, const struct py_node *target,
    const struct py_node *annotation, bool assigned)
{
	if (target->kind == PY_NAME && lowering->scope->node->kind == PY_CLASS)
		lower_field(lowering, lowering->scope->class, target->name, annotation, assigned);
	else if (target->kind == PY_ATTRIBUTE && annotation != NULL &&
	    lower_is_own(lowering, target->unary.operand) &&
	    lowering->builder->function->class != NULL) {
		struct class *class = lowering->builder->function->class;
		bool new = symbols_get(&class->fields, target->name) == NULL;
		struct class_field *field;

		lower_field(lowering, class, target->name, annotation, false);
		field = symbols_get(&class->fields, target->name);
		if (new && field != NULL)
			field->of_instance = true;
	}
}

static void
set_variable(struct lowering *lowering, const char *name, const struct py_node *value)
{
	lower_set_variable(lowering, name, lower_term(lowering, value));
	if (lowering->scope->node->kind == PY_MODULE) {
		struct variable *variable = module_variable_place(lowering->module, name);

		variable->begin = value->begin;
		variable->end = value->end;
	}
}

void
lower_note_store(struct lowering *lowering, const struct py_node *target,
    const struct py_node *value)
{
	struct function *function = lowering->builder->function;
	struct stored *stored;
	void **place;

	if (function->class == NULL || !lower_is_own(lowering, target->unary.operand)) {
		*symbols_put(&lowering->module->others, target->name) = (void *)target->name;
		return;
	}
	place = symbols_put(&function->class->stores, target->name);
	stored = *place;
	if (stored != NULL && stored->target == target)
		return;
	stored = arena_alloc_zero(&lowering->module->arena, sizeof(*stored));
	stored->before = *place;
	stored->count = stored->before == NULL ? 1 : stored->before->count + 1;
	stored->function = function;
	stored->target = target;
	*place = stored;
	stored->result = (struct result){ .guard = lowering->guard,
		.term = value == NULL ? NULL : lower_term(lowering, value) };
}

static void
lower_assign(struct lowering *lowering, const struct py_node *node)
{
	const struct py_node *target = node->assign.targets, *value = node->assign.value;
	uint32_t from;

	for (; target != NULL; target = target->next)
		note_field(lowering, target, node->assign.annotation, value != NULL);
	target = node->assign.targets;
	if (value == NULL || target == NULL)
		return;
	if (node->kind == PY_AUGMENTED_ASSIGN) {
		from = lower_expression(lowering, value);
		lower_store(lowering, target, strcmp(node->name, "+") == 0 ? from :
		    REGISTER_NONE);
		return;
	}
	if (target->next == NULL && target->kind == PY_TUPLE && value->kind == PY_TUPLE) {
		const struct py_node *left = target->list.elements;
		const struct py_node *right = value->list.elements;

		while (left != NULL && right != NULL && left->kind != PY_STARRED &&
		    right->kind != PY_STARRED) {
			left = left->next;
			right = right->next;
		}
		if (left == NULL && right == NULL) {
			left = target->list.elements;
			right = value->list.elements;
			for (; left != NULL; left = left->next, right = right->next)
				lower_store(lowering, left, lower_expression(lowering, right));
			return;
		}
	}
	from = lower_expression(lowering, value);
	for (; target != NULL; target = target->next) {
		if (target->kind == PY_NAME)
			set_variable(lowering, target->name, value);
		else if (target->kind == PY_ATTRIBUTE)
			lower_note_store(lowering, target, value);
		lower_store(lowering, target, from);
	}
}

static uint32_t
emit_import(struct lowering *lowering, enum op op, const char *module, const char *name,
    uint32_t line)
{
	uint32_t value = lower_register(lowering);
	struct instruction *load = lower_emit(lowering, op, line);

	load->dst = value;
	if (op == OP_FROM) {
		struct import_from *from = arena_alloc(&lowering->module->arena, sizeof(*from));

		from->module = module;
		from->name = name;
		load->import_from = from;
	} else {
		load->name = module;
	}
	return value;
}

/* A name bound by nothing but this import needs no code: loads spell the whole path. */
static void
bind_outside(struct lowering *lowering, const char *name, const char *path, uint32_t line)
{
	const struct scope_name *binding = symbols_get(&lowering->scope->names, name);

	if (lowering->scope->node->kind == PY_MODULE)
		module_variable_place(lowering->module, name)->set++;
	if (path == NULL || !external_may_lead(lowering->externals, path))
		return;
	/* Other modules read module variables. */
	if (binding == NULL || binding->mixed || lowering->scope->node->kind == PY_MODULE)
		lower_store_name(lowering, name,
		    emit_import(lowering, OP_EXTERNAL, path, NULL, line), line);
}

static void
lower_import(struct lowering *lowering, const struct py_node *node)
{
	const struct py_node *alias;

	for (alias = node->list.elements; alias != NULL; alias = alias->next) {
		struct py_binding made = py_import_binding(node, alias);

		if (lower_is_outside(lowering, alias->name))
			bind_outside(lowering, made.name, made.module, alias->line);
		else
			lower_store_name(lowering, made.name, emit_import(lowering, OP_MODULE,
			    made.module, NULL, alias->line), alias->line);
	}
}

static void
lower_import_from(struct lowering *lowering, const struct py_node *node)
{
	const char *module = lower_import_target(lowering, node);
	const struct py_node *alias;

	if (module == NULL)
		return;
	for (alias = node->list.elements; alias != NULL; alias = alias->next) {
		struct py_binding made = py_import_binding(node, alias);

		if (made.how == PY_BINDS_ALL)
			lower_emit(lowering, OP_STAR, alias->line)->name = module;
		else if (lower_is_outside(lowering, module))
			bind_outside(lowering, made.name, intern_dotted(module, alias->name),
			    alias->line);
		else {
			struct term *term = lower_new_term(lowering, TERM_FROM, alias->name, 0);

			term->what = module;
			lower_set_variable(lowering, made.name, term);
			lower_store_name(lowering, made.name, emit_import(lowering, OP_FROM, module,
			    alias->name, alias->line), alias->line);
		}
	}
}

static void
lower_branch(struct lowering *lowering, const struct py_node *node)
{
	uint32_t guard = lowering->guard;

	lower_expression(lowering, node->branch.test);
	lowering->guard = lower_guard(lowering, node->branch.test, false, GUARD_IF);
	lower_body(lowering, node->branch.body);
	lowering->guard = guard;
	if (node->branch.orelse != NULL) {
		lowering->guard = lower_guard(lowering, node->branch.test, true, GUARD_IF);
		lower_body(lowering, node->branch.orelse);
	}
	lowering->guard = guard;
	if (node->next != NULL)
		lower_rest(lowering, node);
}

/* Statements that may be left before their end: what holds after them is what held before. */
static void
lower_block(struct lowering *lowering, const struct py_node *body)
{
	uint32_t guard = lowering->guard;

	lower_body(lowering, body);
	lowering->guard = guard;
}

static void
lower_for(struct lowering *lowering, const struct py_node *node)
{
	uint32_t from = lower_expression(lowering, node->loop.iterable), value = REGISTER_NONE;

	if (from != REGISTER_NONE) {
		struct instruction *each;

		value = lower_register(lowering);
		each = lower_emit(lowering, OP_ITERATE, node->line);
		each->dst = value;
		each->a = from;
	}
	lower_store(lowering, node->loop.target, value);
	lower_block(lowering, node->loop.body);
	lower_block(lowering, node->loop.orelse);
}

/* `with a as b` binds what a.__enter__ returns, a itself, or what a generator yields. */
static void
lower_with(struct lowering *lowering, const struct py_node *node)
{
	const struct py_node *item;

	for (item = node->with.items; item != NULL; item = item->next) {
		uint32_t from = lower_expression(lowering, item->binary.left), value, enter;
		struct instruction *load;
		struct call *call;

		if (from == REGISTER_NONE)
			continue;
		enter = lower_register(lowering);
		load = lower_emit(lowering, OP_ATTRIBUTE, item->line);
		load->dst = enter;
		load->a = from;
		load->name = intern_string("__enter__");
		load->b = item->binary.left->begin;
		load->length = lower_length(item->binary.left);
		call = arena_alloc_zero(&lowering->module->arena, sizeof(*call));
		call->begin = call->callee_begin = item->binary.left->begin;
		call->end = call->callee_end = item->binary.left->end;
		call->launch = REGISTER_NONE;
		call->form = CALLEE_OTHER;
		value = lower_register(lowering);
		load = lower_emit(lowering, OP_CALL, item->binary.left->line);
		load->dst = value;
		load->a = enter;
		load->call = call;
		if (item->binary.right == NULL)
			continue;
		lower_move(lowering, value, from, item->line);
		load = lower_emit(lowering, OP_ITERATE, item->line);
		load->dst = value;
		load->a = from;
		lower_store(lowering, item->binary.right, value);
	}
	lower_body(lowering, node->with.body);
}

/* A pattern's captures hold the subject; its parts are not told apart. */
static void
lower_pattern(struct lowering *lowering, const struct py_node *pattern, uint32_t subject)
{
	const struct py_node *part;

	if (pattern->kind == PY_KEYWORD) {
		lower_pattern(lowering, pattern->unary.operand, REGISTER_NONE);
		return;
	}
	if (pattern->kind != PY_PATTERN) {
		lower_expression(lowering, pattern);
		return;
	}
	if (pattern->name != NULL)
		lower_store_name(lowering, pattern->name, subject, pattern->line);
	for (part = pattern->list.elements; part != NULL; part = part->next)
		lower_pattern(lowering, part, subject);
}

static void
lower_match(struct lowering *lowering, const struct py_node *node)
{
	uint32_t subject = lower_expression(lowering, node->match.subject);
	uint32_t guard = lowering->guard;
	const struct py_node *arm;

	for (arm = node->match.cases; arm != NULL; arm = arm->next) {
		lower_pattern(lowering, arm->part[3], subject);
		lowering->guard = lower_guard_case(lowering, arm->part[3],
		    node->match.subject);
		if (arm->branch.test != NULL) {
			lower_expression(lowering, arm->branch.test);
			lowering->guard = lower_guard(lowering, arm->branch.test, false,
			    GUARD_IF);
		}
		lower_body(lowering, arm->branch.body);
		lowering->guard = guard;
	}
}

static void
lower_try(struct lowering *lowering, const struct py_node *node)
{
	const struct py_node *handler;

	uint32_t guard = lowering->guard;

	lower_block(lowering, node->try.body);
	for (handler = node->try.handlers; handler != NULL; handler = handler->next) {
		lowering->guard = lower_guard_handler(lowering, handler);
		lower_body(lowering, handler->branch.body);
		lowering->guard = guard;
	}
	lower_block(lowering, node->try.orelse);
	lower_block(lowering, node->try.finalbody);
}

static void
lower_while(struct lowering *lowering, const struct py_node *node)
{
	lower_expression(lowering, node->branch.test);
	lower_block(lowering, node->branch.body);
	lower_block(lowering, node->branch.orelse);
}

static void
lower_assert(struct lowering *lowering, const struct py_node *node)
{
	lower_each(lowering, node->binary.left);
	lower_each(lowering, node->binary.right);
	lowering->guard = lower_guard(lowering, node->binary.left, false, GUARD_ASSERT);
}

static void
lower_statement(struct lowering *lowering, const struct py_node *node)
{
	switch (node->kind) {
	case PY_FUNCTION:
		lower_function(lowering, node);
		break;
	case PY_CLASS:
		lower_class(lowering, node);
		break;
	case PY_RETURN:
		lower_move(lowering, REGISTER_RETURN,
		    lower_expression(lowering, node->unary.operand), node->line);
		lower_result(lowering, node->unary.operand);
		break;
	case PY_ASSIGN:
	case PY_AUGMENTED_ASSIGN:
	case PY_ANNOTATED_ASSIGN:
		lower_assign(lowering, node);
		break;
	case PY_FOR:
		lower_for(lowering, node);
		break;
	case PY_WHILE:
		lower_while(lowering, node);
		break;
	case PY_IF:
		lower_branch(lowering, node);
		break;
	case PY_WITH:
		lower_with(lowering, node);
		break;
	case PY_ASSERT:
		lower_assert(lowering, node);
		break;
	case PY_MATCH:
		lower_match(lowering, node);
		break;
	case PY_TRY:
		lower_try(lowering, node);
		break;
	case PY_IMPORT:
		lower_import(lowering, node);
		break;
	case PY_IMPORT_FROM:
		lower_import_from(lowering, node);
		break;
	case PY_GLOBAL:
	case PY_NONLOCAL:
	case PY_TYPE_ALIAS:
	case PY_DELETE:
		break;
	default:
		for (int i = 0; i < 4; i++)
			lower_each(lowering, node->part[i]);
	}
}

void
lower_body(struct lowering *lowering, const struct py_node *body)
{
	for (; body != NULL; body = body->next)
		lower_statement(lowering, body);
}
