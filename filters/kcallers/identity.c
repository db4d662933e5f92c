/* SPDX-License-Identifier: Apache-2.0 */
/* For each function: which of its registers can only hold a parameter's value?
 *
 * A closure that calls a parameter of the function around it with the arguments it gets
 * itself, as `def wrapper(*args, **kwargs): return f(*args, **kwargs)` does, counts as that
 * parameter: what it adds around the call is not the model's. So does a function that
 * hands a parameter on as op_func=: it registers an operator and gives that back. */
#include <stdlib.h>
#include <string.h>

#include "identity.h"
#include "base/intern.h"
#include "base/memory.h"

enum { UNKNOWN = 0xfe, OTHER = 0xff, MOST_PARAMETERS = 32 };

/* What is found out about one function; arrays by register. */
struct finding {
	struct function *function;
	uint8_t *copy;                  /* index of the parameter, UNKNOWN or OTHER */
	const struct function **local;  /* the nested function it holds, or NULL */
	bool *returned;                 /* only ever moved to the return value */
	const char *op_func;
};

static void
meet(uint8_t *copy, uint8_t value, bool *changed)
{
	uint8_t met = *copy == UNKNOWN ? value : value == UNKNOWN || value == *copy ? *copy :
	    OTHER;

	*changed |= met != *copy;
	*copy = met;
}

/* The argument that becomes the given parameter of a plain call. */
static uint32_t
argument_for(const struct function *function, const struct call *call, uint32_t parameter)
{
	uint32_t position = 0;

	for (uint32_t i = 0; i < call->count; i++) {
		const struct argument *argument = &call->arguments[i];

		if (argument->kind == ARGUMENT_KEYWORD &&
		    argument->name == function->parameters[parameter].name)
			return argument->value;
		if (argument->kind == ARGUMENT_POSITIONAL && position++ == parameter)
			return argument->value;
	}
	return REGISTER_NONE;
}

static uint8_t
call_value(const struct finding *finding, const struct call *call, uint32_t callee)
{
	const struct function *function = finding->local[callee];

	if (function == NULL || function->returned == 0)
		return OTHER;
	for (uint32_t i = 0; i < function->parameter_count && i < MOST_PARAMETERS; i++) {
		uint32_t value = argument_for(function, call, i);

		if ((function->returned & 1u << i) && value != REGISTER_NONE)
			return finding->copy[value];
	}
	return OTHER;
}

static uint8_t
value_of(const struct finding *finding, const struct instruction *code)
{
	switch (code->op) {
	case OP_MOVE:
		return finding->copy[code->a];
	case OP_FUNCTION:
		return code->function->wraps == REGISTER_NONE ? OTHER :
		    finding->copy[code->function->wraps];
	case OP_CALL:
		return call_value(finding, code->call, code->a);
	default:
		return OTHER;
	}
}

static bool
writes(const struct instruction *code)
{
	switch (code->op) {
	case OP_SETGLOBAL:
	case OP_SETFREE:
	case OP_SETATTR:
	case OP_SETITEM:
	case OP_STAR:
	case OP_TORCH_OP:
	case OP_UNRESOLVED:
		return false;
	default:
		return code->dst != REGISTER_NONE;
	}
}

static void
find_copies(struct finding *finding)
{
	struct function *function = finding->function;
	bool changed = true;

	memset(finding->copy, UNKNOWN, function->registers);
	for (uint32_t i = 0; i < function->parameter_count; i++)
		finding->copy[function->parameters[i].value] =
		    i < MOST_PARAMETERS ? (uint8_t)i : OTHER;
	while (changed) {
		changed = false;
		for (uint32_t i = 0; i < function->code_count; i++) {
			const struct instruction *code = &function->code[i];

			if (code->op == OP_FUNCTION)
				finding->local[code->dst] = code->function;
			else if (code->op == OP_MOVE && finding->local[code->a] != NULL)
				finding->local[code->dst] = finding->local[code->a];
			if (writes(code))
				meet(&finding->copy[code->dst], value_of(finding, code),
				    &changed);
		}
	}
}

static void
read_register(bool *returned, uint32_t value, bool *changed)
{
	if (value == REGISTER_NONE || !returned[value])
		return;
	returned[value] = false;
	*changed = true;
}

/* Registers whose value goes nowhere but to the return value. */
static void
find_returned(struct finding *finding)
{
	const struct function *function = finding->function;
	bool changed = true;

	memset(finding->returned, true, function->registers * sizeof(*finding->returned));
	for (uint32_t i = 0; i < function->registers; i++)
		finding->returned[i] = !(function->captured != NULL && function->captured[i]);
	while (changed) {
		changed = false;
		for (uint32_t i = 0; i < function->code_count; i++) {
			const struct instruction *code = &function->code[i];

			if (code->op == OP_MOVE && finding->returned[code->dst])
				continue;
			if (code->op != OP_FREE)
				read_register(finding->returned, code->a, &changed);
			if (code->op == OP_SETATTR || code->op == OP_SETITEM)
				read_register(finding->returned, code->b, &changed);
			for (uint32_t at = 0; code->op == OP_CALL && at < code->call->count; at++)
				read_register(finding->returned,
				    code->call->arguments[at].value, &changed);
		}
	}
}

static void
cut_moves(struct finding *finding)
{
	struct function *function = finding->function;

	for (uint32_t i = 0; i < function->code_count; i++) {
		struct instruction *code = &function->code[i];

		if (code->op == OP_MOVE && finding->returned[code->dst] &&
		    finding->copy[code->a] < MOST_PARAMETERS) {
			function->returned |= 1u << finding->copy[code->a];
			code->op = OP_NOTHING;
		} else if (code->op == OP_CALL) {
			for (uint32_t at = 0; at < code->call->count; at++) {
				const struct argument *argument = &code->call->arguments[at];

				if (argument->kind == ARGUMENT_KEYWORD &&
				    argument->name == finding->op_func &&
				    argument->value != REGISTER_NONE &&
				    finding->copy[argument->value] < MOST_PARAMETERS)
					function->returned |=
					    1u << finding->copy[argument->value];
			}
		}
	}
}

/* Whether the function passes its own arguments on to a variable of the one around it. */
static void
find_wrapped(struct function *function)
{
	for (uint32_t i = 0; i < function->code_count; i++) {
		const struct instruction *call = &function->code[i];
		bool star = false;

		if (call->op != OP_CALL)
			continue;
		for (uint32_t at = 0; at < call->call->count; at++)
			star |= call->call->arguments[at].kind == ARGUMENT_STAR ||
			    call->call->arguments[at].kind == ARGUMENT_STAR_STAR;
		for (uint32_t at = 0; star && at < i; at++) {
			const struct instruction *load = &function->code[at];

			if (load->op == OP_FREE && load->dst == call->a && load->b == 1) {
				function->wraps = load->a;
				return;
			}
		}
	}
}

static void
note_captured(struct module *module, const struct function *function)
{
	for (uint32_t i = 0; i < function->code_count; i++) {
		const struct instruction *code = &function->code[i];
		struct function *outer = function->outer;

		if (code->op != OP_FREE && code->op != OP_SETFREE)
			continue;
		for (uint32_t level = 1; level < code->b && outer != NULL; level++)
			outer = outer->outer;
		if (outer == NULL)
			continue;
		if (outer->captured == NULL)
			outer->captured = arena_alloc_zero(&module->arena,
			    outer->registers * sizeof(*outer->captured));
		outer->captured[code->op == OP_FREE ? code->a : code->dst] = true;
	}
}

static void
find_function(struct function *function, const char *op_func)
{
	struct finding finding = { .function = function, .op_func = op_func };

	finding.copy = memory_alloc(function->registers);
	finding.local = memory_alloc_zero(function->registers, sizeof(*finding.local));
	finding.returned = memory_alloc(function->registers * sizeof(*finding.returned));
	find_copies(&finding);
	find_returned(&finding);
	cut_moves(&finding);
	free(finding.copy);
	free(finding.local);
	free(finding.returned);
}

/* Functions are listed before those nested in them. */
static void
find_inner_first(struct function *function, const char *op_func)
{
	size_t count = 0;
	struct function **order;

	for (struct function *at = function; at != NULL; at = at->next)
		count++;
	order = memory_alloc((count + 1) * sizeof(*order));
	count = 0;
	for (struct function *at = function; at != NULL; at = at->next)
		order[count++] = at;
	while (count > 0)
		if (order[--count]->parameter_count > 0)
			find_function(order[count], op_func);
	free(order);
}

void
identity_find(struct module *module)
{
	for (struct function *at = module->functions; at != NULL; at = at->next) {
		find_wrapped(at);
		note_captured(module, at);
	}
	find_inner_first(module->functions, intern_string("op_func"));
}
