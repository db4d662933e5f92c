/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes: what object.name finds, in the order in which Python looks. */

#include "base/intern.h"
#include "flow.h"
#include "hierarchy.h"
#include "base/memory.h"
#include "modules.h"

static bool
is_autograd_apply(const struct flow *flow, const struct class *class, const char *name)
{
	return name == flow->words.apply && (class->flags & CLASS_EXTERNAL) &&
	    class_method(class, flow->words.forward) != NULL;
}

/* Bind a value of a class body as the instance sees it: a function becomes a method. */
void
attribute_bind(struct flow *flow, uint32_t object, uint32_t receiver, uint32_t to)
{
	const struct object *value = &flow->points.objects[object];
	const struct function *function = value->what;

	if (value->kind == OBJECT_FUNCTION && (function->flags & FUNCTION_STATIC) == 0)
		object = points_object(&flow->points, OBJECT_BOUND, function, receiver);
	points_add(&flow->points, to, object);
}

static void
load_property(struct flow *flow, const struct site_of_call *site, struct function *getter,
    uint32_t receiver)
{
	struct values none = { .count = 0 };

	bind_call(flow, site, getter, receiver, flow->class_contexts[getter->class->id], &none,
	    VIA_PROPERTY);
}

/* A method as seen through an instance or, with `receiver` a class, through the class. */
static void
load_method(struct flow *flow, const struct site_of_call *site, struct function *method,
    uint32_t receiver)
{
	struct points *points = &flow->points;
	bool instance = points->objects[receiver].kind == OBJECT_INSTANCE;
	const struct class *class = points->objects[receiver].what;
	uint32_t made = flow->class_contexts[method->class->id];

	if ((method->flags & FUNCTION_PROPERTY) && instance) {
		load_property(flow, site, method, receiver);
	} else if (site->result == NO_NODE || (method->flags & FUNCTION_PROPERTY)) {
		return;
	} else if (method->flags & FUNCTION_CLASSMETHOD) {
		points_add(points, site->result, points_object(points, OBJECT_BOUND, method,
		    points_object(points, OBJECT_CLASS, class, 0)));
	} else if ((method->flags & FUNCTION_STATIC) || !instance) {
		points_add(points, site->result,
		    points_object(points, OBJECT_FUNCTION, method, made));
	} else {
		points_add(points, site->result,
		    points_object(points, OBJECT_BOUND, method, receiver));
	}
}

/* Looks `name` up along the receiver's MRO from position `from` on. */
static bool
load_from_class(struct flow *flow, const struct site_of_call *site, uint32_t receiver,
    const char *name, uint32_t from)
{
	struct points *points = &flow->points;
	const struct class *class = points->objects[receiver].what;
	bool instance = points->objects[receiver].kind == OBJECT_INSTANCE;

	for (uint32_t i = from; i < class->mro_count; i++) {
		const struct class *at = class->mro[i];
		uint32_t object = points_object(points, OBJECT_CLASS, at, 0);
		struct function *method = symbols_get(&at->methods, name);
		uint32_t field = points_find_field(points, object, name);

		if (method == NULL && field == NO_NODE &&
		    symbols_get(&at->fields, name) == NULL)
			continue;
		if (field == NO_NODE && method == NULL)
			field = points_field(points, object, name);
		if (method == NULL && class_is_enum(at) && site->result != NO_NODE &&
		    symbols_get(&at->fields, name) != NULL)
			points_add(points, site->result, points_object(points, OBJECT_MEMBER,
			    symbols_get(&at->fields, name), at->id));
		if (field != NO_NODE && site->result != NO_NODE) {
			if (instance)
				points_watch(points, field, (struct watch){
					.kind = FLOW_BIND_CLASS, .context = receiver,
					.target = site->result });
			else
				points_edge(points, field, site->result);
		}
		for (; method != NULL; method = method->overload)
			load_method(flow, site, method, receiver);
		return true;
	}
	return false;
}

/* Remember that the field is read, so that its annotation can stand in for stores. */
static void
note_field(struct flow *flow, const struct class *class, const char *name, uint32_t node)
{
	if (!table_insert(&flow->field_seen, (struct pair){ node, 0 }, 0))
		return;
	flow->fields = memory_grow(flow->fields, flow->field_count, &flow->field_capacity,
	    sizeof(*flow->fields));
	flow->fields[flow->field_count++] = (struct field_load){ .class = class, .name = name,
		.node = node };
}

static void
load_from_instance(struct flow *flow, const struct site_of_call *site, uint32_t instance,
    const char *name)
{
	struct points *points = &flow->points;
	const struct class *class = points->objects[instance].what;
	uint32_t field;

	if (name == flow->words.class) {
		if (site->result != NO_NODE)
			points_add(points, site->result,
			    points_object(points, OBJECT_CLASS, class, 0));
		return;
	}
	if (site->result != NO_NODE) {
		field = points_field(points, instance, name);
		annotate_field(flow, instance, name, field);
		points_edge(points, field, site->result);
		note_field(flow, class, name, field);
	}
	if (!load_from_class(flow, site, instance, name, 0) && container_has_method(name) &&
	    container_like(flow, instance) && site->result != NO_NODE)
		points_add(points, site->result,
		    points_object(points, OBJECT_CONTAINER_METHOD, name, instance));
}

static void
load_from_external(struct flow *flow, const struct site_of_call *site, const char *path,
    const char *name)
{
	path = intern_dotted(path, name);
	if (site->result == NO_NODE || !external_may_lead(flow->externals, path))
		return;
	if (external_is_deep(path))
		flow->left_out = true;
	else
		points_add(&flow->points, site->result,
		    points_object(&flow->points, OBJECT_EXTERNAL, path, 0));
}

void
attribute_load(struct flow *flow, const struct site_of_call *site, uint32_t object,
    const char *name)
{
	struct points *points = &flow->points;
	struct object from = points->objects[object];
	const struct class *class = from.what;

	switch (from.kind) {
	case OBJECT_INSTANCE:
		load_from_instance(flow, site, object, name);
		break;
	case OBJECT_MEMBER:
		load_from_instance(flow, site, points_object(points, OBJECT_INSTANCE,
		    flow->project->classes[from.which], 0), name);
		break;
	case OBJECT_CLASS:
		if (!load_from_class(flow, site, object, name, 0) &&
		    is_autograd_apply(flow, class, name) && site->result != NO_NODE)
			points_add(points, site->result, points_object(points, OBJECT_BOUND,
			    class_method(class, flow->words.forward), object));
		break;
	case OBJECT_MODULE:
		if (site->result != NO_NODE)
			module_attribute(points, flow->project, (struct module *)from.what, name,
			    site->result);
		break;
	case OBJECT_EXTERNAL:
		load_from_external(flow, site, from.what, name);
		break;
	case OBJECT_EXTERNAL_INSTANCE:
		if (site->result != NO_NODE)
			points_add(points, site->result, points_object(points,
			    OBJECT_EXTERNAL_METHOD, from.what, object));
		break;
	case OBJECT_CONTAINER:
		if (site->result == NO_NODE)
			break;
		if (container_has_method(name))
			points_add(points, site->result, points_object(points,
			    OBJECT_CONTAINER_METHOD, name, object));
		else
			points_edge(points, points_field(points, object, name), site->result);
		break;
	case OBJECT_PARTIAL:
		if (name == flow->words.func && site->result != NO_NODE)
			points_edge(points, points_field(points, object, name), site->result);
		break;
	default:
		break;
	}
}

void
attribute_store(struct flow *flow, uint32_t object, const char *name, uint32_t from)
{
	struct points *points = &flow->points;
	const struct object *to = &points->objects[object];

	if (to->kind == OBJECT_INSTANCE || to->kind == OBJECT_CLASS ||
	    to->kind == OBJECT_CONTAINER) {
		uint32_t field = points_field(points, object, name);

		annotate_field(flow, object, name, field);
		points_edge(points, from, field);
	} else if (to->kind == OBJECT_MODULE &&
	    symbols_get(&((const struct module *)to->what)->variables, name) != NULL)
		points_edge(points, from, module_node(to->what, name));
}

/* super().name in a method of class L, for a receiver of class C: what follows L in the
 * MRO of C. */
void
attribute_super(struct flow *flow, uint32_t context, const struct instruction *code)
{
	const struct class *lexical = flow->contexts[context].function->enclosing;
	struct site_of_call site = { .instruction = code, .context = context,
		.result = context_node(flow, context, code->dst), .via = VIAS };
	uint32_t at = context, receiver;
	const struct class *class;

	while (at != NO_CONTEXT && flow->contexts[at].function->class == NULL)
		at = flow->contexts[at].outer;
	if (at == NO_CONTEXT || flow->contexts[at].receiver == NO_OBJECT)
		return;
	receiver = flow->contexts[at].receiver;
	class = flow->points.objects[receiver].what;
	for (uint32_t i = 0; i < class->mro_count; i++)
		if (class->mro[i] == lexical) {
			load_from_class(flow, &site, receiver, code->name, i + 1);
			return;
		}
}
