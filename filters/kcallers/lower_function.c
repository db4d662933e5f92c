/* SPDX-License-Identifier: Apache-2.0 */
/* Functions, lambdas, classes, and the class names in their annotations. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "lower.h"

/* Class names collected from one annotation. */
struct names {
	uint32_t count;
	size_t capacity;
	struct annotated { const char *name; bool element; } *names;
};

static void
add_name(struct names *names, const char *name, bool element)
{
	static const char *const neutral[] = { "None", "Optional", "Union", "typing.Optional",
		"typing.Union", "Annotated", "Final", "ClassVar", "Type", "type" };

	for (size_t i = 0; i < sizeof(neutral) / sizeof(*neutral); i++)
		if (strcmp(name, neutral[i]) == 0)
			return;
	names->names = memory_grow(names->names, names->count, &names->capacity,
	    sizeof(*names->names));
	names->names[names->count++] = (struct annotated){ name, element };
}

static bool
is_wrapper(const char *name)
{
	const char *dot = strrchr(name, '.');

	name = dot == NULL ? name : dot + 1;
	return strcmp(name, "Optional") == 0 || strcmp(name, "Union") == 0 ||
	    strcmp(name, "Annotated") == 0 || strcmp(name, "Final") == 0 ||
	    strcmp(name, "ClassVar") == 0;
}

/* A quoted annotation, read by its names and brackets alone. */
static void
read_quoted(struct names *names, const char *text, bool element)
{
	bool nested[16] = { element };
	unsigned depth = 0;

	while (*text != '\0') {
		size_t length = 0;
		const char *name;

		while (isalnum((unsigned char)text[length]) || text[length] == '_' ||
		    text[length] == '.')
			length++;
		if (length == 0) {
			if (*text == ']' && depth > 0)
				depth--;
			text++;
			continue;
		}
		name = intern(text, length);
		add_name(names, name, nested[depth]);
		text += length;
		if (*text == '[' && depth + 1 < sizeof(nested) / sizeof(*nested)) {
			nested[depth + 1] = nested[depth] || !is_wrapper(name);
			depth++;
		}
	}
}

static void
read_annotation(struct names *names, const struct py_node *node, bool element)
{
	const char *name;

	switch (node->kind) {
	case PY_NAME:
	case PY_ATTRIBUTE:
		name = py_dotted(node);
		add_name(names, name != NULL ? name : intern_string("?"), element);
		break;
	case PY_CONSTANT:
		if (node->op == PY_STRING)
			read_quoted(names, node->name, element);
		break;
	case PY_BINARY:
		read_annotation(names, node->binary.left, element);
		read_annotation(names, node->binary.right, element);
		break;
	case PY_SUBSCRIPT:
		name = py_dotted(node->binary.left);
		if (name != NULL)
			add_name(names, name, element);
		read_annotation(names, node->binary.right,
		    element || name == NULL || !is_wrapper(name));
		break;
	case PY_TUPLE:
	case PY_LIST:
		for (node = node->list.elements; node != NULL; node = node->next)
			read_annotation(names, node, element);
		break;
	default:
		add_name(names, intern_string("?"), element);
	}
}

const struct annotation *
lower_annotation(struct lowering *lowering, const struct py_node *node)
{
	struct names names = {0};
	struct annotation *annotation;

	if (node == NULL)
		return NULL;
	read_annotation(&names, node, false);
	if (names.count == 0)
		return NULL;
	annotation = arena_alloc(&lowering->module->arena,
	    sizeof(*annotation) + names.count * sizeof(*annotation->names));
	annotation->count = names.count;
	memcpy(annotation->names, names.names, names.count * sizeof(*annotation->names));
	free(names.names);
	return annotation;
}

/* "outer.name" within the module. */
static const char *
nested_path(const struct lowering *lowering, const char *name)
{
	const struct lowering_scope *scope = lower_code_scope(lowering);
	const char *outer = NULL;

	if (scope->node->kind == PY_CLASS)
		outer = scope->class->path;
	else if (scope->node->kind != PY_MODULE)
		outer = scope->builder->function->path;
	return outer == NULL ? name : intern_dotted(outer, name);
}

static struct class *
nearest_class(const struct lowering *lowering)
{
	const struct lowering_scope *scope;

	for (scope = lowering->scope; scope != NULL; scope = scope->outer)
		if (scope->node->kind == PY_CLASS)
			return scope->class;
	return NULL;
}

static struct function *
make_function(struct lowering *lowering, const char *name, uint32_t line)
{
	struct function *function = arena_alloc_zero(&lowering->module->arena,
	    sizeof(*function));

	*function = (struct function){ .name = name, .path = nested_path(lowering, name),
		.module = lowering->module, .outer = lowering->builder->function,
		.line = line, .first_line = line, .registers = 1, .wraps = REGISTER_NONE,
		.enclosing = nearest_class(lowering) };
	*lowering->module->functions_end = function;
	lowering->module->functions_end = &function->next;
	return function;
}

static void
lower_parameters(struct lowering *lowering, struct function *function,
    const struct py_node *list)
{
	static const uint8_t kinds[] = { [PY_POSITIONAL] = PARAMETER_POSITIONAL,
		[PY_NORMAL] = PARAMETER_NORMAL, [PY_KEYWORD_ONLY] = PARAMETER_KEYWORD,
		[PY_STAR] = PARAMETER_STAR, [PY_DOUBLE_STAR] = PARAMETER_STAR_STAR };
	const struct py_node *node;
	uint32_t count = 0;

	for (node = list; node != NULL; node = node->next)
		count++;
	function->parameters = arena_alloc_zero(&lowering->module->arena,
	    (count + 1) * sizeof(*function->parameters));
	function->parameter_count = count;
	count = 0;
	for (node = list; node != NULL; node = node->next)
		function->parameters[count++] = (struct parameter){ .name = node->name,
			.annotation = lower_annotation(lowering, node->parameter.annotation),
			.value = function->registers++, .kind = kinds[node->op],
			.optional = node->parameter.value != NULL,
			.fallback = lower_expression(lowering, node->parameter.value) };
}

/* Lower the body of the node, a def or a lambda, into the function. */
static void
lower_code(struct lowering *lowering, struct function *function, const struct py_node *node)
{
	struct builder builder = { .function = function, .outer = lowering->builder,
		.generator = REGISTER_NONE };
	uint32_t guard = lowering->guard;
	struct lowering_scope scope;

	lowering->builder = &builder;
	lowering->guard = 0;
	scope_enter(lowering, &scope, node);
	for (uint32_t i = 0; i < function->parameter_count; i++) {
		scope_binding(lowering, function->parameters[i].name)->value =
		    function->parameters[i].value;
		lower_local(lowering, function->parameters[i].name)->count = 2;
	}
	scope_collect(lowering);
	if (node->kind == PY_LAMBDA) {
		lower_move(lowering, REGISTER_RETURN,
		    lower_expression(lowering, node->function.body), function->line);
		lower_result(lowering, node->function.body);
	} else {
		lower_body(lowering, node->function.body);
		if (!lower_leaves(node->function.body))
			lower_result(lowering, NULL);
	}
	scope_leave(lowering);
	lowering->builder = builder.outer;
	lower_finish(lowering, &builder);
	lowering->guard = guard;
}

static uint32_t
emit_function(struct lowering *lowering, struct function *function)
{
	uint32_t value = lower_register(lowering);
	struct instruction *make = lower_emit(lowering, OP_FUNCTION, function->line);

	make->dst = value;
	make->function = function;
	return value;
}

uint32_t
lower_lambda(struct lowering *lowering, const struct py_node *node)
{
	struct function *function = make_function(lowering, intern_string("<lambda>"),
	    node->line);

	function->flags |= FUNCTION_LAMBDA;
	lower_parameters(lowering, function, node->function.parameters);
	lower_code(lowering, function, node);
	return emit_function(lowering, function);
}

/* Last component of the decorator's name, "" when it has none. */
static const char *
decorator_name(const struct py_node *decorator)
{
	if (decorator->kind == PY_CALL)
		decorator = decorator->call.function;
	return decorator->kind == PY_NAME || decorator->kind == PY_ATTRIBUTE ?
	    decorator->name : "";
}

static uint32_t
decorator_flags(const struct py_node *decorator)
{
	const char *name = decorator_name(decorator);

	if (strcmp(name, "staticmethod") == 0)
		return FUNCTION_STATIC;
	if (strcmp(name, "classmethod") == 0)
		return FUNCTION_CLASSMETHOD;
	if (strcmp(name, "property") == 0 || strcmp(name, "cached_property") == 0 ||
	    strcmp(name, "abstractproperty") == 0)
		return FUNCTION_PROPERTY;
	if (strncmp(name, "abstract", 8) == 0)
		return FUNCTION_ABSTRACT;
	return 0;
}

/* @x.setter, @x.deleter and @overload give the name no new value. */
static bool
is_accessor(const struct py_node *decorators)
{
	for (; decorators != NULL; decorators = decorators->next) {
		const char *name = decorator_name(decorators);

		if (strcmp(name, "setter") == 0 || strcmp(name, "deleter") == 0 ||
		    strcmp(name, "overload") == 0)
			return true;
	}
	return false;
}

static void
add_method(struct lowering *lowering, struct class *class, struct function *function)
{
	void **place = symbols_put(&class->methods, function->name);
	struct function **end = &class->method_list;

	/* Under a condition both definitions can be the one that runs. */
	if (lowering->guard != lowering->scope->guard)
		function->overload = *place;
	*place = function;
	while (*end != NULL)
		end = &(*end)->sibling;
	*end = function;
}

/* @register_custom_op(...) def f: torch.ops.NAMESPACE.f */
static void
add_torch_op(struct lowering *lowering, const struct py_node *decorator,
    const struct function *function, uint32_t value)
{
	const char *name = function->name;
	const struct py_node *argument;
	struct instruction *make;

	if (strstr(decorator_name(decorator), "custom_op") == NULL &&
	    strcmp(decorator_name(decorator), "triton_op") != 0)
		return;
	if (decorator->kind == PY_CALL)
		for (argument = decorator->call.arguments; argument != NULL;
		    argument = argument->next) {
			const struct py_node *text = argument;

			if (argument->kind == PY_KEYWORD && argument->name != NULL &&
			    strcmp(argument->name, "op_name") == 0)
				text = argument->unary.operand;
			if (text->kind == PY_CONSTANT && text->op == PY_STRING) {
				const char *colon = strrchr(text->name, ':');

				name = colon == NULL ? text->name : intern_string(colon + 1);
				break;
			}
		}
	make = lower_emit(lowering, OP_TORCH_OP, decorator->line);
	make->a = value;
	make->name = name;
}

uint32_t
lower_function(struct lowering *lowering, const struct py_node *node)
{
	struct function *function = make_function(lowering, node->name, node->line);
	const struct py_node *decorator;
	uint32_t value, callee;

	if (node->function.decorators != NULL)
		function->first_line = node->function.decorators->line;
	for (decorator = node->function.decorators; decorator != NULL; decorator = decorator->next)
		function->flags |= decorator_flags(decorator);
	if (strcmp(node->name, "__new__") == 0 || strcmp(node->name, "__init_subclass__") == 0)
		function->flags |= FUNCTION_CLASSMETHOD;
	if (lowering->scope->node->kind == PY_CLASS && !is_accessor(node->function.decorators)) {
		function->class = lowering->scope->class;
		add_method(lowering, function->class, function);
	}
	lower_parameters(lowering, function, node->function.parameters);
	function->returns = lower_annotation(lowering, node->function.returns);
	lower_code(lowering, function, node);
	value = emit_function(lowering, function);
	if (lowering->scope->node->kind != PY_CLASS) {
		struct term *term = lower_new_term(lowering, TERM_FUNCTION, NULL, 0);

		term->what = function;
		lower_set_variable(lowering, node->name, term);
		lower_store_name(lowering, node->name, value, node->line);
	}
	for (decorator = node->function.decorators; decorator != NULL;
	    decorator = decorator->next) {
		callee = lower_expression(lowering, decorator);
		add_torch_op(lowering, decorator, function, value);
		if (callee != REGISTER_NONE)
			lower_apply(lowering, decorator, callee, value);
	}
	return value;
}

void
lower_field(struct lowering *lowering, struct class *class, const char *name,
    const struct py_node *annotation, bool assigned)
{
	void **place = symbols_put(&class->fields, name);
	struct class_field *field = *place;

	if (field == NULL) {
		struct class_field **end = &class->field_list;

		field = arena_alloc_zero(&lowering->module->arena, sizeof(*field));
		field->name = name;
		*place = field;
		while (*end != NULL)
			end = &(*end)->next;
		*end = field;
	}
	if (annotation != NULL && field->annotation == NULL)
		field->annotation = lower_annotation(lowering, annotation);
	field->assigned |= assigned;
}

static void
lower_bases(struct lowering *lowering, struct class *class, const struct py_node *arguments)
{
	const struct py_node *base;
	uint32_t count = 0;

	for (base = arguments; base != NULL; base = base->next)
		count++;
	class->bases = arena_alloc_zero(&lowering->module->arena,
	    (count + 1) * sizeof(*class->bases));
	class->externals = arena_alloc_zero(&lowering->module->arena,
	    (count + 1) * sizeof(*class->externals));
	for (base = arguments; base != NULL; base = base->next) {
		const char *path;
		uint32_t value;

		if (base->kind == PY_KEYWORD) {
			lower_expression(lowering, base->unary.operand);
			continue;
		}
		path = lower_external(lowering, base);
		value = lower_expression(lowering, base);
		if (value != REGISTER_NONE)
			class->bases[class->base_count++] = value;
		if (path != NULL) {
			class->externals[class->external_count++] = path;
			class->flags |= CLASS_EXTERNAL;
		}
	}
}

uint32_t
lower_class(struct lowering *lowering, const struct py_node *node)
{
	struct class *class = arena_alloc_zero(&lowering->module->arena, sizeof(*class));
	const struct py_node *decorator;
	struct instruction *make;
	struct lowering_scope scope;
	uint32_t value, callee;

	*class = (struct class){ .name = node->name, .path = nested_path(lowering, node->name),
		.module = lowering->module, .outer = lowering->builder->function,
		.line = node->line };
	*lowering->module->classes_end = class;
	lowering->module->classes_end = &class->next;
	lower_bases(lowering, class, node->class.arguments);
	value = lower_register(lowering);
	make = lower_emit(lowering, OP_CLASS, node->line);
	make->dst = value;
	make->class = class;
	scope_enter(lowering, &scope, node);
	scope.class = class;
	scope.class_value = value;
	scope_collect(lowering);
	lower_body(lowering, node->class.body);
	lowering->guard = scope.guard;
	scope_leave(lowering);
	if (symbols_get(&class->methods, intern_string("__new__")) != NULL)
		class->flags |= CLASS_NEW;
	lower_store_name(lowering, node->name, value, node->line);
	for (decorator = node->class.decorators; decorator != NULL; decorator = decorator->next) {
		callee = lower_expression(lowering, decorator);
		if (callee != REGISTER_NONE)
			lower_apply(lowering, decorator, callee, value);
	}
	return value;
}
