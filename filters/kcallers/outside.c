/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of values outside the tree: kernels, and the functions whose effect is known. */
#include <ctype.h>
#include <string.h>

#include "flow.h"
#include "base/intern.h"

static uint32_t
value_at(const struct values *values, unsigned index)
{
	return index < values->count && values->list[index].kind == ARGUMENT_POSITIONAL ?
	    values->list[index].node : NO_NODE;
}

static void
flow_to(struct flow *flow, uint32_t from, uint32_t to)
{
	if (from != NO_NODE && to != NO_NODE)
		points_edge(&flow->points, from, to);
}

/* Elements of what `from` holds flow to `to`. */
static void
iterate(struct flow *flow, const struct site_of_call *site, uint32_t from, uint32_t to)
{
	if (from != NO_NODE && to != NO_NODE)
		points_watch(&flow->points, from, (struct watch){ .kind = FLOW_ITERATE,
			.instruction = site->instruction, .context = site->context,
			.target = to });
}

/* A list made here; it exists at once when the code may fill it later. */
static uint32_t
new_list(struct flow *flow, const struct site_of_call *site, bool fillable)
{
	uint32_t list = container_new(flow, site->instruction, site->context);

	if (fillable && site->result != NO_NODE)
		points_add(&flow->points, site->result, list);
	else
		container_appear(flow, list, site->result);
	return list;
}

static uint32_t
elements_of(struct flow *flow, uint32_t container)
{
	uint32_t node = points_field(&flow->points, container, flow->words.element);
	uint32_t any = points_field(&flow->points, container, flow->words.any);

	points_edge(&flow->points, node, any);
	return node;
}

static void
call_dict(struct flow *flow, const struct site_of_call *site, const struct values *values,
    unsigned at)
{
	uint32_t dict = new_list(flow, site, values->count <= at), first = value_at(values, at);

	flow->points.objects[dict].dict = true;
	if (first != NO_NODE)
		points_watch(&flow->points, first, (struct watch){ .kind = FLOW_EXTEND,
			.instruction = site->instruction, .target = dict });
	for (unsigned i = 0; i < values->count; i++)
		if (values->list[i].kind == ARGUMENT_KEYWORD)
			container_store(flow, dict, values->list[i].name, values->list[i].node);
}

/* A list of tuples: of (number, element), or of the arguments' elements side by side. */
static void
call_zip(struct flow *flow, const struct site_of_call *site, const struct values *values,
    unsigned first)
{
	struct points *points = &flow->points;
	uint32_t list = new_list(flow, site, false);
	uint32_t tuple = container_new(flow, site->instruction->call, site->context);

	container_appear(flow, tuple, elements_of(flow, list));
	for (unsigned i = 0; i < values->count; i++) {
		uint32_t node = points_field(points, tuple, position_key(first + i));

		if (values->list[i].kind != ARGUMENT_POSITIONAL)
			continue;
		iterate(flow, site, values->list[i].node, node);
		points_edge(points, node, points_field(points, tuple, flow->words.any));
	}
}

static void
call_arguments(struct flow *flow, const struct site_of_call *site,
    const struct values *values, bool elements)
{
	uint32_t node = elements_of(flow, new_list(flow, site, values->count == 0));

	for (unsigned i = 0; i < values->count; i++)
		if (elements || values->list[i].kind == ARGUMENT_STAR)
			iterate(flow, site, values->list[i].node, node);
		else if (values->list[i].kind == ARGUMENT_POSITIONAL)
			flow_to(flow, values->list[i].node, node);
}

/* partial(f, ...) and ref(object): what they are given is called or returned later. */
static void
call_holder(struct flow *flow, const struct site_of_call *site, const struct values *values,
    enum object_kind kind)
{
	struct points *points = &flow->points;
	uint32_t holder;

	if (value_at(values, 0) == NO_NODE || site->result == NO_NODE)
		return;
	holder = points_object(points, kind, site->instruction, site->context);
	points_edge(points, value_at(values, 0),
	    points_field(points, holder, flow->words.func));
	points_add(points, site->result, holder);
}

static void
call_namespace(struct flow *flow, const struct site_of_call *site, const struct values *values)
{
	uint32_t object = container_new(flow, site->instruction, site->context);

	for (unsigned i = 0; i < values->count; i++)
		if (values->list[i].kind == ARGUMENT_KEYWORD && values->list[i].node != NO_NODE)
			attribute_store(flow, object, values->list[i].name,
			    values->list[i].node);
	if (site->result != NO_NODE)
		points_add(&flow->points, site->result, object);
}

static void
call_known(struct flow *flow, const struct site_of_call *site, enum external_call known,
    const struct values *values)
{
	uint32_t first = value_at(values, 0);

	switch (known) {
	case EXTERNAL_DECORATOR:
		if (first == NO_NODE && site->result != NO_NODE)
			points_add(&flow->points, site->result, flow->identity);
		flow_to(flow, first, site->result);
		break;
	case EXTERNAL_IDENTITY:
		if (site->result != NO_NODE)
			points_add(&flow->points, site->result, flow->identity);
		break;
	case EXTERNAL_FIRST:
		flow_to(flow, first, site->result);
		break;
	case EXTERNAL_SECOND:
	case EXTERNAL_FILTER:
		flow_to(flow, value_at(values, 1), site->result);
		break;
	case EXTERNAL_SEQUENCE:
		if (first != NO_NODE)
			flow_to(flow, first, site->result);
		else
			new_list(flow, site, true);
		break;
	case EXTERNAL_ARGUMENTS:
		call_arguments(flow, site, values, false);
		break;
	case EXTERNAL_CHAIN:
		call_arguments(flow, site, values, true);
		break;
	case EXTERNAL_DICT:
		call_dict(flow, site, values, 0);
		break;
	case EXTERNAL_DEFAULT_DICT:
		call_dict(flow, site, values, 1);
		break;
	case EXTERNAL_NEXT:
		iterate(flow, site, first, site->result);
		break;
	case EXTERNAL_ENUMERATE:
		call_zip(flow, site, values, 1);
		break;
	case EXTERNAL_ZIP:
		call_zip(flow, site, values, 0);
		break;
	case EXTERNAL_PARTIAL:
		call_holder(flow, site, values, OBJECT_PARTIAL);
		break;
	case EXTERNAL_REFERENCE:
		call_holder(flow, site, values, OBJECT_REFERENCE);
		break;
	case EXTERNAL_NAMESPACE:
		call_namespace(flow, site, values);
		break;
	case EXTERNAL_TYPE:
		if (first != NO_NODE && site->result != NO_NODE && values->count == 1)
			points_watch(&flow->points, first, (struct watch){
				.kind = FLOW_TYPE, .target = site->result });
		break;
	default:
		break;
	}
}

/* torch.ops.namespace.name: whatever code registered under that name. */
static void
call_torch_op(struct flow *flow, const struct site_of_call *site, const char *path)
{
	const char *name = strchr(path + strlen("torch.ops."), '.');
	const void *node;

	if (name == NULL)
		return;
	name = intern(name + 1, strcspn(name + 1, "."));
	node = symbols_get(&flow->torch_ops, name);
	if (node != NULL)
		points_watch(&flow->points, (uint32_t)(uintptr_t)node - 1, (struct watch){
			.kind = FLOW_CALL, .instruction = site->instruction,
			.context = site->context, .target = site->result,
			.via = VIA_TORCH_OPS + 1 });
}

static bool
is_class_name(const char *path)
{
	const char *name = strrchr(path, '.');

	name = name == NULL ? path : name + 1;
	while (*name == '_')
		name++;
	return isupper((unsigned char)*name);
}

void
outside_call(struct flow *flow, const struct site_of_call *site, uint32_t object,
    const struct values *values)
{
	const struct object *callee = &flow->points.objects[object];
	const char *path = callee->what;
	uint32_t kernel = kernels_find(flow->kernels, path);

	if (callee->kind != OBJECT_EXTERNAL) {
		if (kernel != 0)
			call_add_edge(flow, site, NO_CONTEXT, kernel, VIA_WRAPPER);
		return;
	}
	if (kernel != 0) {
		call_add_edge(flow, site, NO_CONTEXT, kernel,
		    strncmp(path, "torch.ops.", 10) == 0 ? VIA_TORCH_OPS : VIA_CALL);
		if (is_class_name(path) && site->result != NO_NODE)
			points_add(&flow->points, site->result, points_object(&flow->points,
			    OBJECT_EXTERNAL_INSTANCE, path, 0));
	} else if (object == flow->identity) {
		call_known(flow, site, EXTERNAL_FIRST, values);
	} else if (strncmp(path, "torch.ops.", 10) == 0) {
		call_torch_op(flow, site, path);
	} else {
		call_known(flow, site, external_call(flow->externals, path), values);
	}
}
