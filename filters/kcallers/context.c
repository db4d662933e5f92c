/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts, and what their instructions add to the points-to graph. */
#include "flow.h"
#include "base/memory.h"
#include "modules.h"

uint32_t
context_node(const struct flow *flow, uint32_t context, uint32_t value)
{
	return value == REGISTER_NONE ? NO_NODE : flow->contexts[context].nodes + value;
}

static uint32_t
context_out(const struct flow *flow, uint32_t context, uint32_t levels)
{
	while (levels-- > 0 && context != NO_CONTEXT)
		context = flow->contexts[context].outer;
	return context;
}

static void
watch(struct flow *flow, uint32_t context, const struct instruction *code, enum flow_watch kind,
    uint32_t node, uint32_t target)
{
	points_watch(&flow->points, node, (struct watch){ .kind = (uint8_t)kind,
		.instruction = code, .context = context, .target = target });
}

static void
add_free(struct flow *flow, uint32_t context, const struct instruction *code)
{
	uint32_t outer = context_out(flow, context, code->b);

	if (outer == NO_CONTEXT)
		return;
	if (code->op == OP_FREE)
		points_edge(&flow->points, context_node(flow, outer, code->a),
		    context_node(flow, context, code->dst));
	else
		points_edge(&flow->points, context_node(flow, context, code->a),
		    context_node(flow, outer, code->dst));
}

static void
add_function(struct flow *flow, uint32_t context, const struct instruction *code)
{
	if (code->function->wraps != REGISTER_NONE)
		points_edge(&flow->points, context_node(flow, context, code->function->wraps),
		    context_node(flow, context, code->dst));
	else
		points_add(&flow->points, context_node(flow, context, code->dst),
		    points_object(&flow->points, OBJECT_FUNCTION, code->function, context));
	/* Anything may call it: analysed even when nothing in view does. */
	if (code->function->class == NULL)
		context_get(flow, code->function, NO_OBJECT, context);
}

static void
add_class(struct flow *flow, uint32_t context, const struct instruction *code)
{
	if (flow->class_contexts[code->class->id] == NO_CONTEXT)
		flow->class_contexts[code->class->id] = context;
	points_add(&flow->points, context_node(flow, context, code->dst),
	    points_object(&flow->points, OBJECT_CLASS, code->class, 0));
}

static void
add_torch_op(struct flow *flow, uint32_t context, const struct instruction *code)
{
	void **place = symbols_put(&flow->torch_ops, code->name);

	if (*place == NULL)
		*place = (void *)(uintptr_t)(points_nodes(&flow->points, 1) + 1);
	points_edge(&flow->points, context_node(flow, context, code->a),
	    (uint32_t)(uintptr_t)*place - 1);
}

static void
add_container(struct flow *flow, uint32_t context, const struct instruction *code)
{
	uint32_t container = container_new(flow, code, context);

	flow->points.objects[container].dict = (code->flag & FLAG_DICT) != 0;
	if (code->flag & FLAG_LITERAL)
		container_appear(flow, container, context_node(flow, context, code->dst));
	else
		points_add(&flow->points, context_node(flow, context, code->dst), container);
}

/* Elements, attributes and calls: told when there is something to take them of. */
static void
add_watch(struct flow *flow, uint32_t context, const struct instruction *code)
{
	uint32_t a = context_node(flow, context, code->a);
	uint32_t b = context_node(flow, context, code->b);
	uint32_t dst = context_node(flow, context, code->dst);

	switch (code->op) {
	case OP_ATTRIBUTE:
		watch(flow, context, code, FLOW_ATTRIBUTE, a, dst);
		break;
	case OP_SETATTR:
		watch(flow, context, code, FLOW_SETATTR, a, b);
		break;
	case OP_ITEM:
	case OP_UNPACK:
		watch(flow, context, code, FLOW_ITEM, a, dst);
		break;
	case OP_SETITEM:
		if (code->flag & FLAG_LITERAL)
			container_store(flow, container_new(flow,
			    &flow->contexts[context].function->code[code->dst], context),
			    code->name, b);
		else
			watch(flow, context, code, FLOW_SETITEM, a, b);
		break;
	case OP_ITERATE:
		watch(flow, context, code, FLOW_ITERATE, a, dst);
		break;
	case OP_CALL:
		watch(flow, context, code, FLOW_CALL, a, dst);
		break;
	default:
		break;
	}
}

/* Names of the module and of the functions around. */
static void
add_name(struct flow *flow, uint32_t context, const struct instruction *code)
{
	struct points *points = &flow->points;
	struct module *module = flow->contexts[context].function->module;
	uint32_t a = context_node(flow, context, code->a);
	uint32_t dst = context_node(flow, context, code->dst);

	switch (code->op) {
	case OP_MOVE:
		points_edge(points, a, dst);
		break;
	case OP_GLOBAL:
		module_load(points, flow->project, flow->externals, module, code->name, dst);
		break;
	case OP_SETGLOBAL:
		points_edge(points, a, module_node(module, code->name));
		break;
	case OP_FREE:
	case OP_SETFREE:
		add_free(flow, context, code);
		break;
	case OP_MODULE:
		module_named(points, flow->project, code->name, dst);
		break;
	case OP_FROM:
		module_from(points, flow->project, code->import_from, dst);
		break;
	case OP_EXTERNAL:
		points_add(points, dst, points_object(points, OBJECT_EXTERNAL, code->name, 0));
		break;
	default:
		add_watch(flow, context, code);
	}
}

static void
add_instruction(struct flow *flow, uint32_t context, const struct instruction *code)
{
	switch (code->op) {
	case OP_SUPER:
		attribute_super(flow, context, code);
		break;
	case OP_CONTAINER:
		add_container(flow, context, code);
		break;
	case OP_FUNCTION:
		add_function(flow, context, code);
		break;
	case OP_CLASS:
		add_class(flow, context, code);
		break;
	case OP_TORCH_OP:
		add_torch_op(flow, context, code);
		break;
	default:
		add_name(flow, context, code);
	}
}

static void
add_parameters(struct flow *flow, uint32_t index)
{
	struct context context = flow->contexts[index];
	struct function *function = context.function;

	flow->points.nodes[context.nodes + REGISTER_RETURN].filter =
	    function->flags & FUNCTION_GENERATOR ? 0 :
	    annotate_filter(flow, function->module, function->returns);
	for (uint32_t i = 0; i < function->parameter_count; i++) {
		struct parameter *parameter = &function->parameters[i];
		uint32_t node = context.nodes + parameter->value;

		if (parameter->kind == PARAMETER_STAR || parameter->kind == PARAMETER_STAR_STAR) {
			uint32_t container = container_new(flow, parameter, index);

			container_appear(flow, container, node);
			if (parameter->kind == PARAMETER_STAR)
				flow->contexts[index].arguments = container;
			else
				flow->contexts[index].keywords = container;
			flow->points.objects[container].dict =
			    parameter->kind == PARAMETER_STAR_STAR;
			continue;
		}
		flow->points.nodes[node].filter = annotate_filter(flow, function->module,
		    parameter->annotation);
		if (parameter->fallback != REGISTER_NONE && context.outer != NO_CONTEXT)
			points_edge(&flow->points,
			    context_node(flow, context.outer, parameter->fallback), node);
	}
	if (context.receiver != NO_OBJECT && function->parameter_count > 0)
		points_add(&flow->points, context.nodes + function->parameters[0].value,
		    context.receiver);
}

uint32_t
context_get(struct flow *flow, struct function *function, uint32_t receiver, uint32_t outer)
{
	uint32_t *place = table_put(&flow->context_table, (struct pair){ function->id,
		(uint64_t)receiver << 32 | outer }), index;
	struct reason reason = flow->points.reason;

	if (*place != UINT32_MAX)
		return *place;
	index = *place = (uint32_t)flow->context_count;
	flow->contexts = memory_grow(flow->contexts, flow->context_count,
	    &flow->context_capacity, sizeof(*flow->contexts));
	flow->contexts[flow->context_count++] = (struct context){ .function = function,
		.receiver = receiver, .outer = outer, .arguments = NO_OBJECT,
		.keywords = NO_OBJECT,
		.nodes = points_nodes(&flow->points, function->registers) };
	flow->points.reason = (struct reason){ .context = NO_CONTEXT };
	add_parameters(flow, index);
	for (uint32_t i = 0; i < function->code_count; i++) {
		flow->points.reason = (struct reason){ .context = index, .guard = function->code[i].guard };
		add_instruction(flow, index, &function->code[i]);
	}
	flow->points.reason = reason;
	return index;
}

uint32_t
context_of_method(struct flow *flow, struct function *method, uint32_t receiver)
{
	if (method->flags & FUNCTION_STATIC)
		receiver = NO_OBJECT;
	return context_get(flow, method, receiver, flow->class_contexts[method->class->id]);
}

/* All methods of a class that has instances may be called from code that is not in view:
 * what they store in the instance counts. */
void
flow_make_live(struct flow *flow, uint32_t instance)
{
	const struct class *class = flow->points.objects[instance].what;
	uint32_t class_object;

	if (flow->points.objects[instance].live)
		return;
	flow->points.objects[instance].live = true;
	class_object = points_object(&flow->points, OBJECT_CLASS, class, 0);
	for (uint32_t i = 0; i < class->mro_count; i++) {
		struct function *method = class->mro[i]->method_list;

		for (; method != NULL; method = method->sibling)
			if (class_find(class, method->name, 0) == class->mro[i])
				context_of_method(flow, method,
				    method->flags & FUNCTION_CLASSMETHOD ? class_object :
				    instance);
	}
}
