/* SPDX-License-Identifier: Apache-2.0 */
/* Calls: what each kind of object does when it is called. */
#include "flow.h"
#include "base/memory.h"

/* Bits that no context and no object has: there are less than 2^31 of each. */
#define KERNEL (UINT32_C(1) << 31)
#define PARTIAL (UINT32_C(1) << 31)

static void
add_cause(struct flow *flow, uint32_t next)
{
	flow->causes = memory_grow(flow->causes, flow->cause_count, &flow->cause_capacity,
	    sizeof(*flow->causes));
	flow->causes[flow->cause_count++] = (struct call_cause){ flow->points.at_node,
		flow->points.at_object, next };
}

static void
add_construction(struct flow *flow, const struct site_of_call *site, const struct class *class)
{
	flow->constructions = memory_grow(flow->constructions, flow->construction_count,
	    &flow->construction_capacity, sizeof(*flow->constructions));
	flow->constructions[flow->construction_count++] = (struct construction){
		.class = class, .context = site->context, .guard = site->instruction->guard,
		.node = flow->points.at_node, .object = flow->points.at_object };
}

/* False when the edge is there already. */
bool
call_add_edge(struct flow *flow, const struct site_of_call *site, uint32_t callee,
    uint32_t kernel, enum via via)
{
	uint32_t target = kernel != 0 ? kernel | KERNEL : callee;
	struct pair key = { (uintptr_t)site->instruction,
		(uint64_t)site->context << 32 | target };

	uint32_t *place = table_put(&flow->edge_table, key);
	bool new = *place == UINT32_MAX;

	if (new)
		*place = (uint32_t)flow->edge_count;
	add_cause(flow, new ? 0 : flow->edges[*place].causes);
	if (!new) {
		flow->edges[*place].causes = (uint32_t)flow->cause_count - 1;
		return false;
	}
	if (site->via < VIAS)
		via = (enum via)site->via;
	flow->edges = memory_grow(flow->edges, flow->edge_count, &flow->edge_capacity,
	    sizeof(*flow->edges));
	flow->edges[flow->edge_count++] = (struct call_edge){ .site = site->instruction,
		.caller = site->context, .callee = callee, .kernel = kernel,
		.causes = (uint32_t)flow->cause_count - 1,
		.via = (uint8_t)via };
	return true;
}

void
call_values(struct flow *flow, uint32_t context, const struct instruction *code,
    struct values *values)
{
	const struct call *call = code->call;

	flow->left_out |= call->count > MOST_ARGUMENTS - values->count;
	for (uint32_t i = 0; i < call->count && values->count < MOST_ARGUMENTS; i++)
		values->list[values->count++] = (struct value){
			.node = context_node(flow, context, call->arguments[i].value),
			.kind = call->arguments[i].kind, .name = call->arguments[i].name };
}

/* The rule that bound a function, read off how the callee is spelled. */
static enum via
via_of(const struct flow *flow, const struct site_of_call *site,
    const struct function *function)
{
	const struct function *caller = flow->contexts[site->context].function;
	const struct call *call = site->instruction->call;

	if (site->instruction->op != OP_CALL)
		return VIA_CALL;
	if (site->instruction->flag & FLAG_DECORATOR)
		return VIA_DECORATOR;
	switch (call->form) {
	case CALLEE_SUPER:
		return VIA_SUPER;
	case CALLEE_NAME:
		return VIA_CALL;
	case CALLEE_OWN:
		if (call->name != function->name || function->class == NULL)
			return VIA_DISPATCH;
		return function->class != caller->enclosing && caller->enclosing != NULL &&
		    class_is(function->class, caller->enclosing) ? VIA_OVERRIDE : VIA_METHOD;
	case CALLEE_ATTRIBUTE:
		if (function->class != NULL)
			return call->name == function->name ? VIA_METHOD : VIA_DISPATCH;
		return call->name == function->name ? VIA_CALL : VIA_DISPATCH;
	case CALLEE_ITEM:
		return function->kernel != 0 ? VIA_LAUNCH : VIA_REGISTRY;
	default:
		return VIA_DISPATCH;
	}
}

static void
call_class(struct flow *flow, const struct site_of_call *site, uint32_t object,
    const struct values *values)
{
	struct points *points = &flow->points;
	const struct class *class = points->objects[object].what;
	uint32_t instance = points_object(points, OBJECT_INSTANCE, class, 0);
	struct function *maker = class_method(class, flow->words.new);
	struct function *init = class_method(class, flow->words.init);
	struct site_of_call silent = *site;

	if (site->result != NO_NODE)
		points_add(points, site->result, instance);
	flow_make_live(flow, instance);
	add_construction(flow, site, class);
	if (maker != NULL)
		bind_call(flow, site, maker, object, flow->class_contexts[maker->class->id],
		    values, VIA_CONSTRUCTOR);
	silent.result = NO_NODE;
	if (init == NULL)
		bind_fields(flow, instance, values);
	for (; init != NULL; init = init->overload)
		bind_call(flow, &silent, init, instance, flow->class_contexts[init->class->id],
		    values, VIA_CONSTRUCTOR);
}

/* __call__ where the class has one, else forward, as nn.Module does. */
static void
call_instance(struct flow *flow, const struct site_of_call *site, uint32_t object)
{
	struct points *points = &flow->points;
	const struct class *class = points->objects[object].what;
	bool own = class_method(class, flow->words.call) != NULL;
	struct site_of_call load = *site;

	load.result = points_nodes(points, 1);
	points_watch(points, load.result, (struct watch){ .kind = FLOW_CALL,
		.instruction = site->instruction, .context = site->context,
		.target = site->result,
		.via = (uint8_t)(own ? VIA_CALL_METHOD : VIA_MODULE_CALL) + 1 });
	attribute_load(flow, &load, object, own ? flow->words.call : flow->words.forward);
	if (!own && class_method(class, flow->words.forward) == NULL &&
	    container_like(flow, object))
		container_load(flow, object, NULL, load.result);
}

/* Base.method(object, ...): the receiver is the first argument. */
static void
call_unbound(struct flow *flow, const struct site_of_call *site, uint32_t object,
    const struct values *values)
{
	if (values->count == 0 || values->list[0].kind != ARGUMENT_POSITIONAL ||
	    values->list[0].node == NO_NODE)
		return;
	points_watch(&flow->points, values->list[0].node, (struct watch){
		.kind = FLOW_SELF_ARGUMENT, .instruction = site->instruction,
		.context = site->context, .target = site->result, .object = object });
}

static void
call_function(struct flow *flow, const struct site_of_call *site, uint32_t object,
    const struct values *values)
{
	const struct object *callee = &flow->points.objects[object];
	struct function *function = (struct function *)callee->what;
	uint32_t outer = callee->which;

	if (function->kernel != 0)
		call_add_edge(flow, site, NO_CONTEXT, function->kernel,
		    site->instruction->op == OP_CALL &&
		    site->instruction->call->launch != REGISTER_NONE ? VIA_LAUNCH : VIA_CALL);
	if (function->class != NULL && (function->flags & FUNCTION_STATIC) == 0)
		call_unbound(flow, site, object, values);
	else
		bind_call(flow, site, function, NO_OBJECT, outer, values,
		    via_of(flow, site, function));
}

static void
call_bound(struct flow *flow, const struct site_of_call *site, uint32_t object,
    const struct values *values)
{
	const struct object *callee = &flow->points.objects[object];
	struct function *function = (struct function *)callee->what;
	enum via via = via_of(flow, site, function);
	uint32_t receiver = callee->which;
	/* A module's function held in a class body lies in no class. */
	uint32_t outer = function->class == NULL ? NO_CONTEXT :
	    flow->class_contexts[function->class->id];

	if (function->name == flow->words.forward &&
	    flow->points.objects[receiver].kind == OBJECT_CLASS)
		via = VIA_AUTOGRAD;
	bind_call(flow, site, function, receiver, outer, values, via);
}

/* functools.partial: its own arguments come first. A staticmethod has none. */
static void
call_partial(struct flow *flow, const struct site_of_call *site, uint32_t object)
{
	const struct instruction *made = flow->points.objects[object].what;
	bool plain = made->call->name == flow->words.staticmethod;

	points_watch(&flow->points, points_field(&flow->points, object, flow->words.func),
	    (struct watch){ .kind = FLOW_CALL, .instruction = site->instruction,
		.context = site->context, .target = site->result, .object = object + 1,
		.via = plain ? 0 : VIA_PARTIAL + 1 });
}

void
call_object(struct flow *flow, const struct site_of_call *site, uint32_t object,
    const struct values *values)
{
	struct points *points = &flow->points;

	switch (points->objects[object].kind) {
	case OBJECT_FUNCTION:
		call_function(flow, site, object, values);
		break;
	case OBJECT_BOUND:
		call_bound(flow, site, object, values);
		break;
	case OBJECT_CLASS:
		call_class(flow, site, object, values);
		break;
	case OBJECT_INSTANCE:
		call_instance(flow, site, object);
		break;
	case OBJECT_PARTIAL:
		call_partial(flow, site, object);
		break;
	case OBJECT_REFERENCE:
		if (site->result != NO_NODE)
			points_edge(points, points_field(points, object, flow->words.func),
			    site->result);
		break;
	case OBJECT_CONTAINER:
		/* nn.Sequential calls each element. */
		points_watch(points, points_field(points, object, flow->words.any),
		    (struct watch){ .kind = FLOW_CALL, .instruction = site->instruction,
			.context = site->context, .target = site->result,
			.via = VIA_CONTAINER + 1 });
		break;
	case OBJECT_CONTAINER_METHOD:
		container_call(flow, site, object, values);
		break;
	case OBJECT_EXTERNAL:
	case OBJECT_EXTERNAL_INSTANCE:
	case OBJECT_EXTERNAL_METHOD:
		outside_call(flow, site, object, values);
		break;
	default:
		break;
	}
}

/* A number for the function that a partial calls; no object has it. */
static uint32_t
partial_callee(struct flow *flow, uint32_t partial, uint32_t function)
{
	uint32_t *place = table_put(&flow->partials, (struct pair){ partial, function });

	if (*place == UINT32_MAX)
		*place = (uint32_t)flow->partials.used | PARTIAL;
	return *place;
}

/* A new object at the callee of a call. */
void
call_notify(struct flow *flow, const struct watch *watch, uint32_t object)
{
	struct site_of_call site = { .instruction = watch->instruction,
		.context = watch->context, .result = watch->target,
		.via = watch->via == 0 ? VIAS : watch->via - 1 };
	struct values values = { .count = 0 };
	uint32_t callee = watch->object == 0 ? object :
	    partial_callee(flow, watch->object, object);
	struct pair key = { (uintptr_t)watch->instruction,
		(uint64_t)watch->context << 32 | callee };

	/* Once for each callee: a list can hold itself. */
	if (!table_insert(&flow->called, key, 0))
		return;
	if (watch->object != 0) {
		const struct object *partial = &flow->points.objects[watch->object - 1];
		const struct instruction *made = partial->what;

		call_values(flow, partial->which, made, &values);
		/* The first argument is the function itself. */
		values.count--;
		for (unsigned i = 0; i < values.count; i++)
			values.list[i] = values.list[i + 1];
	}
	call_values(flow, watch->context, watch->instruction, &values);
	call_object(flow, &site, object, &values);
}

void
call_notify_self(struct flow *flow, const struct watch *watch, uint32_t object)
{
	const struct object *callee = &flow->points.objects[watch->object];
	struct function *function = (struct function *)callee->what;
	struct site_of_call site = { .instruction = watch->instruction,
		.context = watch->context, .result = watch->target, .via = VIAS };
	struct values values = { .count = 0 };

	if (flow->points.objects[object].kind != OBJECT_INSTANCE ||
	    !class_is(flow->points.objects[object].what, function->class))
		return;
	call_values(flow, watch->context, watch->instruction, &values);
	values.count--;
	for (unsigned i = 0; i < values.count; i++)
		values.list[i] = values.list[i + 1];
	bind_call(flow, &site, function, object, flow->class_contexts[function->class->id],
	    &values, VIA_METHOD);
}
