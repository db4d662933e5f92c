/* SPDX-License-Identifier: Apache-2.0 */
/* Lists, tuples, sets and dicts: objects with a field for each constant key, one for all
 * other elements, and one for any element at all. */
#include <string.h>

#include "flow.h"

uint32_t
container_new(struct flow *flow, const void *what, uint32_t context)
{
	return points_object(&flow->points, OBJECT_CONTAINER, what, context);
}

/* The container is at the node once anything is in it: most lists and tuples hold numbers
 * or tensors and need not be followed. */
void
container_appear(struct flow *flow, uint32_t container, uint32_t node)
{
	if (node != NO_NODE)
		points_watch(&flow->points, points_field(&flow->points, container,
		    flow->words.any), (struct watch){ .kind = FLOW_APPEAR,
			.object = container, .target = node });
}

void
container_store(struct flow *flow, uint32_t container, const char *key, uint32_t from)
{
	struct points *points = &flow->points;

	if (container == NO_OBJECT || from == NO_NODE)
		return;
	points_edge(points, from, points_field(points, container,
	    key == NULL ? flow->words.element : key));
	points->reason.key = key;
	points->reason.container = container;
	points_edge(points, from, points_field(points, container, flow->words.any));
	points->reason.key = NULL;
}

void
container_load(struct flow *flow, uint32_t container, const char *key, uint32_t to)
{
	struct points *points = &flow->points;

	if (to == NO_NODE)
		return;
	if (key == NULL) {
		points_edge(points, points_field(points, container, flow->words.any), to);
		points->reason.lookup = false;
		return;
	}
	points_edge(points, points_field(points, container, key), to);
	points_edge(points, points_field(points, container, flow->words.element), to);
}

/* Every element of one becomes an element of the other. */
void
container_copy(struct flow *flow, uint32_t from, uint32_t to)
{
	if (from != to)
		container_store(flow, to, NULL,
		    points_field(&flow->points, from, flow->words.any));
}

/* Lists and dicts, and instances of classes that derive from something outside. */
bool
container_like(const struct flow *flow, uint32_t object)
{
	const struct object *at = &flow->points.objects[object];
	const struct class *class = at->what;

	return at->kind == OBJECT_CONTAINER ||
	    (at->kind == OBJECT_INSTANCE && (class->flags & CLASS_EXTERNAL));
}

static const char *const method_names[] = { "append", "appendleft", "add", "extend", "insert",
	"update", "get", "pop", "popleft", "setdefault", "values", "items", "copy" };

bool
container_has_method(const char *name)
{
	for (size_t i = 0; i < sizeof(method_names) / sizeof(*method_names); i++)
		if (strcmp(method_names[i], name) == 0)
			return true;
	return false;
}

static uint32_t
value_at(const struct values *values, unsigned index)
{
	return index < values->count && values->list[index].kind == ARGUMENT_POSITIONAL ?
	    values->list[index].node : NO_NODE;
}

static const char *
constant_key(const struct site_of_call *site)
{
	return site->instruction->op == OP_CALL ? site->instruction->call->key : NULL;
}

static void
flow_to(struct flow *flow, uint32_t from, uint32_t to)
{
	if (from != NO_NODE && to != NO_NODE)
		points_edge(&flow->points, from, to);
}

/* d.items(): a list of pairs. */
static void
call_items(struct flow *flow, const struct site_of_call *site, uint32_t container)
{
	struct points *points = &flow->points;
	uint32_t list = container_new(flow, site->instruction, site->context);
	uint32_t pair = container_new(flow, site->instruction->call, site->context);
	uint32_t elements = points_field(points, list, flow->words.element);

	container_store(flow, pair, position_key(1),
	    points_field(points, container, flow->words.any));
	container_appear(flow, pair, elements);
	points_edge(points, elements, points_field(points, list, flow->words.any));
	container_appear(flow, list, site->result);
}

static void
call_values_method(struct flow *flow, const struct site_of_call *site, uint32_t container)
{
	uint32_t list = container_new(flow, site->instruction, site->context);

	container_copy(flow, container, list);
	container_appear(flow, list, site->result);
}

void
container_call(struct flow *flow, const struct site_of_call *site, uint32_t method,
    const struct values *values)
{
	const char *name = flow->points.objects[method].what;
	uint32_t container = flow->points.objects[method].which;
	uint32_t first = value_at(values, 0), second = value_at(values, 1);

	if (strcmp(name, "append") == 0 || strcmp(name, "appendleft") == 0 ||
	    strcmp(name, "add") == 0) {
		container_store(flow, container, NULL, first);
	} else if (strcmp(name, "insert") == 0) {
		container_store(flow, container, NULL, second);
	} else if (strcmp(name, "extend") == 0 || strcmp(name, "update") == 0) {
		if (first != NO_NODE)
			points_watch(&flow->points, first, (struct watch){
				.kind = FLOW_EXTEND, .instruction = site->instruction,
				.target = container });
		for (unsigned i = 0; i < values->count; i++)
			if (values->list[i].kind == ARGUMENT_KEYWORD)
				container_store(flow, container, values->list[i].name,
				    values->list[i].node);
	} else if (strcmp(name, "values") == 0) {
		call_values_method(flow, site, container);
	} else if (strcmp(name, "items") == 0) {
		call_items(flow, site, container);
	} else if (strcmp(name, "copy") == 0) {
		if (site->result != NO_NODE)
			points_add(&flow->points, site->result, container);
	} else {
		/* get, pop, popleft, setdefault */
		const char *key = constant_key(site);

		flow->points.reason.lookup = key == NULL;
		container_load(flow, container, key, site->result);
		flow_to(flow, second, site->result);
		if (strcmp(name, "setdefault") == 0)
			container_store(flow, container, key, second);
	}
}
