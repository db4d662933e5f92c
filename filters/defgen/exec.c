/* SPDX-License-Identifier: Apache-2.0 */
/* Statements of the model's code. */
#include <ctype.h>
#include <string.h>

#include "interp.h"

enum { LOOP_LIMIT = 20000 };

/* True when a block constructs something: names that begin with a capital are classes. */
static bool
constructs(const struct py_node *node)
{
	int i;

	for (; node; node = node->next) {
		if (node->kind == PY_CALL) {
			const struct py_node *callee = node->call.function;
			const char *name = callee->kind == PY_NAME || callee->kind == PY_ATTRIBUTE ?
			    callee->name : "";

			if (isupper((unsigned char)name[0]) && !strstr(name, "Error") &&
			    strcmp(name, "Parameter") && strncmp(name, "PPMissing", 9))
				return true;
		}
		if (node->kind == PY_RAISE)
			continue;
		for (i = 0; i < 4; i++)
			if (node->part[i] && constructs(node->part[i]))
				return true;
	}
	return false;
}

/* The source of an expression, cut to a line, for messages. */
static const char *
spelled(struct interp *it, const struct py_node *node)
{
	const struct py_file *file = it->module ? it->module->file : NULL;
	size_t length = node->end - node->begin, i;
	char *text;

	if (!file || node->end > file->length)
		return "expression";
	text = arena_copy(&it->arena, file->source + node->begin, length > 70 ? 70 : length);
	for (i = 0; text[i]; i++)
		if (text[i] == '\n' || text[i] == '\t')
			text[i] = ' ';
	return text;
}

static enum flow
exec_if(struct interp *it, struct env *env, const struct py_node *node, struct value **result)
{
	struct value *test = eval(it, env, node->branch.test);
	bool guards_kernels;

	if (it->raised)
		return FLOW_RAISE;
	if (value_is_unknown(test)) {
		guards_kernels = constructs(node->branch.body) || constructs(node->branch.orelse);
		finding_add(it, guards_kernels ? FINDING_UNSUPPORTED : FINDING_ASSUMED,
		    it->module->file->path, node->line,
		    interp_text(it, "condition: %s", spelled(it, node->branch.test)),
		    test->reason->text);
	}
	return exec(it, env, value_truth(test) ? node->branch.body : node->branch.orelse, result);
}

static enum flow
exec_for(struct interp *it, struct env *env, const struct py_node *node, struct value **result)
{
	struct value *iterable = eval(it, env, node->loop.iterable);
	struct list items = { 0 };
	enum flow flow = FLOW_NEXT;
	size_t i;

	if (!iterate(it, iterable, &items)) {
		if (constructs(node->loop.body))
			finding_add(it, FINDING_UNSUPPORTED, it->module->file->path, node->line,
			    interp_text(it, "loop over %s", spelled(it, node->loop.iterable)),
			    value_is_unknown(iterable) ? iterable->reason->text : "not known");
		return FLOW_NEXT;
	}
	for (i = 0; i < items.count; i++) {
		if (step(it, 1))
			return FLOW_RETURN;
		assign(it, env, node->loop.target, items.items[i]);
		flow = exec(it, env, node->loop.body, result);
		if (flow == FLOW_BREAK)
			return FLOW_NEXT;
		if (flow == FLOW_RETURN || flow == FLOW_RAISE)
			return flow;
	}
	return exec(it, env, node->loop.orelse, result);
}

static enum flow
exec_while(struct interp *it, struct env *env, const struct py_node *node,
    struct value **result)
{
	enum flow flow;
	long round;

	for (round = 0; round < LOOP_LIMIT; round++) {
		if (step(it, 1))
			return FLOW_RETURN;
		if (!value_truth(eval(it, env, node->branch.test)))
			break;
		flow = exec(it, env, node->branch.body, result);
		if (flow == FLOW_BREAK)
			break;
		if (flow == FLOW_RETURN || flow == FLOW_RAISE)
			return flow;
	}
	if (round == LOOP_LIMIT)
		finding_add(it, FINDING_UNSUPPORTED, it->module->file->path, node->line, "while",
		    interp_text(it, "left after %d rounds", LOOP_LIMIT));
	return it->raised ? FLOW_RAISE : FLOW_NEXT;
}

/* The class name that an except clause or a raise names; "" when it cannot be told. */
static const char *
exception_name(const struct py_node *node)
{
	if (!node)
		return "Exception";
	if (node->kind == PY_CALL)
		node = node->call.function;
	return node->kind == PY_NAME || node->kind == PY_ATTRIBUTE ? node->name : "";
}

static bool
handler_matches(const struct py_node *handler, const char *raised)
{
	const struct py_node *type = handler->branch.test, *item;
	const char *name;

	if (!type)
		return true;
	if (type->kind == PY_TUPLE) {
		for (item = type->list.elements; item; item = item->next)
			if (!strcmp(exception_name(item), raised) ||
			    !strcmp(exception_name(item), "Exception"))
				return true;
		return false;
	}
	name = exception_name(type);
	if (!strcmp(name, "LookupError"))
		return !strcmp(raised, "KeyError") || !strcmp(raised, "IndexError");
	return !strcmp(name, raised) || !strcmp(name, "Exception") ||
	    !strcmp(name, "BaseException");
}

static enum flow
exec_try(struct interp *it, struct env *env, const struct py_node *node, struct value **result)
{
	const struct py_node *handler;
	enum flow flow;

	it->guards += node->try.handlers != NULL;
	flow = exec(it, env, node->try.body, result);
	it->guards -= node->try.handlers != NULL;
	if (flow == FLOW_RAISE) {
		const char *raised = it->raised->string.text;

		for (handler = node->try.handlers; handler; handler = handler->next)
			if (handler_matches(handler, raised))
				break;
		if (handler) {
			if (handler->name)
				scope_set(&it->arena, env->names, handler->name,
				    value_text(&it->arena, it->raised_text));
			it->raised = NULL;
			flow = exec(it, env, handler->branch.body, result);
		}
	} else if (flow == FLOW_NEXT) {
		flow = exec(it, env, node->try.orelse, result);
	}
	if (node->try.finalbody) {
		struct value *raised = it->raised;

		it->raised = NULL;
		exec(it, env, node->try.finalbody, result);
		if (!it->raised)
			it->raised = raised;
	}
	return flow;
}

static enum flow
exec_with(struct interp *it, struct env *env, const struct py_node *node,
    struct value **result)
{
	const struct py_node *item;

	for (item = node->with.items; item; item = item->next) {
		struct value *value = eval(it, env, item->binary.left);

		if (item->binary.right)
			assign(it, env, item->binary.right, value);
	}
	return exec(it, env, node->with.body, result);
}

static bool
pattern_matches(struct interp *it, struct env *env, const struct py_node *pattern,
    struct value *subject)
{
	const struct py_node *item;

	if (!pattern || pattern->kind != PY_PATTERN)
		return false;
	switch (pattern->op) {
	case PY_MATCH_VALUE:
		return pattern->list.elements && value_truth(compare(it, "==", subject,
		    eval(it, env, pattern->list.elements)));
	case PY_MATCH_CAPTURE:
		if (pattern->name)
			scope_set(&it->arena, env->names, pattern->name, subject);
		return true;
	case PY_MATCH_OR:
		for (item = pattern->list.elements; item; item = item->next)
			if (pattern_matches(it, env, item, subject))
				return true;
		return false;
	case PY_MATCH_AS:
		if (!pattern_matches(it, env, pattern->list.elements, subject))
			return false;
		if (pattern->name)
			scope_set(&it->arena, env->names, pattern->name, subject);
		return true;
	default:
		return false;
	}
}

static enum flow
exec_match(struct interp *it, struct env *env, const struct py_node *node,
    struct value **result)
{
	struct value *subject = eval(it, env, node->match.subject);
	const struct py_node *item;

	for (item = node->match.cases; item; item = item->next)
		if (pattern_matches(it, env, item->part[3], subject) &&
		    (!item->branch.test || value_truth(eval(it, env, item->branch.test))))
			return exec(it, env, item->branch.body, result);
	return FLOW_NEXT;
}

static enum flow
exec_raise(struct interp *it, struct env *env, const struct py_node *node)
{
	const struct py_node *exception = node->binary.left;
	const char *text = "";

	if (exception && exception->kind == PY_CALL && exception->call.arguments) {
		struct value *message = eval(it, env, exception->call.arguments);

		it->raised = NULL;
		text = value_str(&it->arena, message);
	}
	it->line = node->line;
	raise_error(it, exception ? exception_name(exception) : "Exception", "%s", text);
	return FLOW_RAISE;
}

/* A false assertion is worth a note, but what follows it is still evaluated: the reader
 * learns both that this model would not load and what it would have been made of. */
static void
exec_assert(struct interp *it, struct env *env, const struct py_node *node)
{
	struct value *test = eval(it, env, node->binary.left);

	if (it->raised || value_is_unknown(test) || value_truth(test))
		return;
	finding_add(it, FINDING_UNSUPPORTED, it->module->file->path, node->line,
	    interp_text(it, "assert %s", spelled(it, node->binary.left)), "does not hold");
}

static void
exec_declare(struct interp *it, struct env *env, const struct py_node *node)
{
	const struct py_node *item;

	for (item = node->list.elements; item; item = item->next)
		scope_set(&it->arena, &env->outer, item->name,
		    node->kind == PY_NONLOCAL ? value_none() : value_bool(true));
}

static void
exec_delete(struct interp *it, struct env *env, const struct py_node *target)
{
	struct value *object;

	if (target->kind == PY_NAME) {
		scope_remove(env->names, target->name);
	} else if (target->kind == PY_ATTRIBUTE) {
		object = eval(it, env, target->unary.operand);
		if (object->kind == VALUE_INSTANCE)
			scope_remove(&object->instance->attributes, target->name);
	}
}

static enum flow
exec_simple(struct interp *it, struct env *env, const struct py_node *node,
    struct value **result)
{
	const struct py_node *item;
	struct value *value;

	switch (node->kind) {
	case PY_EXPRESSION:
		eval(it, env, node->unary.operand);
		break;
	case PY_ASSIGN:
		value = eval(it, env, node->assign.value);
		for (item = node->assign.targets; item && !it->raised; item = item->next)
			assign(it, env, item, value);
		break;
	case PY_ANNOTATED_ASSIGN:
		if (node->assign.value)
			assign(it, env, node->assign.targets, eval(it, env, node->assign.value));
		break;
	case PY_AUGMENTED_ASSIGN:
		value = eval(it, env, node->assign.targets);
		value = operate(it, node->name, value, eval(it, env, node->assign.value));
		assign(it, env, node->assign.targets, value);
		break;
	case PY_RETURN:
		*result = node->unary.operand ? eval(it, env, node->unary.operand) : value_none();
		return it->raised ? FLOW_RAISE : FLOW_RETURN;
	case PY_IMPORT:
	case PY_IMPORT_FROM:
		exec_import(it, env, node);
		break;
	case PY_ASSERT:
		exec_assert(it, env, node);
		break;
	case PY_DELETE:
		for (item = node->list.elements; item; item = item->next)
			exec_delete(it, env, item);
		break;
	case PY_GLOBAL:
	case PY_NONLOCAL:
		exec_declare(it, env, node);
		break;
	case PY_FUNCTION:
		exec_function(it, env, node);
		break;
	case PY_CLASS:
		scope_set(&it->arena, env->names, node->name, class_build(it, env, node));
		break;
	default:
		break;
	}
	return it->raised ? FLOW_RAISE : FLOW_NEXT;
}

static enum flow
exec_one(struct interp *it, struct env *env, const struct py_node *node, struct value **result)
{
	it->line = node->line;
	switch (node->kind) {
	case PY_IF:
		return exec_if(it, env, node, result);
	case PY_FOR:
		return exec_for(it, env, node, result);
	case PY_WHILE:
		return exec_while(it, env, node, result);
	case PY_WITH:
		return exec_with(it, env, node, result);
	case PY_TRY:
		return exec_try(it, env, node, result);
	case PY_MATCH:
		return exec_match(it, env, node, result);
	case PY_RAISE:
		return exec_raise(it, env, node);
	case PY_BREAK:
		return FLOW_BREAK;
	case PY_CONTINUE:
		return FLOW_CONTINUE;
	default:
		return exec_simple(it, env, node, result);
	}
}

enum flow
exec(struct interp *it, struct env *env, const struct py_node *block, struct value **result)
{
	for (; block; block = block->next) {
		enum flow flow;

		step(it, 1); /* loops and calls stop when it is used up; what is begun is finished */
		flow = exec_one(it, env, block, result);
		if (it->raised)
			return FLOW_RAISE;
		if (flow != FLOW_NEXT)
			return flow;
	}
	return FLOW_NEXT;
}
