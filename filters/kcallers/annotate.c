/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations: as a filter on what a parameter takes, and in place of values where the
 * project never assigns any. */
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "memory.h"

/* The classes that an annotation names outside of containers; count 0 when it names
 * something else as well. */
static struct filter
classes_of(struct flow *flow, const struct module *module, const struct annotation *annotation,
    bool elements, bool *complete)
{
	struct filter filter = {0};

	filter.classes = memory_alloc((annotation->count + 1) * sizeof(*filter.classes));
	*complete = true;
	for (uint32_t i = 0; i < annotation->count; i++) {
		struct class *class;

		if (annotation->names[i].element != elements)
			continue;
		class = names_class(flow->names, module, annotation->names[i].name);
		if (class != NULL)
			filter.classes[filter.count++] = class;
		else
			*complete = false;
	}
	return filter;
}

uint32_t
annotate_filter(struct flow *flow, const struct module *module,
    const struct annotation *annotation)
{
	struct filter filter;
	bool complete;

	if (annotation == NULL)
		return 0;
	filter = classes_of(flow, module, annotation, false, &complete);
	if (!complete || filter.count == 0) {
		free(filter.classes);
		return 0;
	}
	flow->filters = memory_grow(flow->filters, flow->filter_count, &flow->filter_capacity,
	    sizeof(*flow->filters));
	flow->filters[flow->filter_count++] = filter;
	return (uint32_t)flow->filter_count - 1;
}

bool
annotate_accepts(void *data, uint32_t index, uint32_t object)
{
	const struct flow *flow = data;
	const struct filter *filter = &flow->filters[index];
	const struct object *value = &flow->points.objects[object];
	const struct class *class = value->what;

	/* A class with __new__ can make instances of any class. */
	if (value->kind != OBJECT_INSTANCE || (class->flags & CLASS_NEW))
		return true;
	for (uint32_t i = 0; i < filter->count; i++)
		if (class_is(class, filter->classes[i]))
			return true;
	return false;
}

static bool
is_abstract(const struct class *class)
{
	for (uint32_t i = 0; i < class->mro_count; i++) {
		const struct function *method = class->mro[i]->method_list;

		for (; method != NULL; method = method->sibling)
			if ((method->flags & FUNCTION_ABSTRACT) &&
			    class_find(class, method->name, 0) == class->mro[i])
				return true;
	}
	return false;
}

static void
add_subclasses(struct flow *flow, uint32_t node, struct class *class)
{
	if (!class->module->test && !class->module->foreign && !is_abstract(class)) {
		uint32_t instance = points_object(&flow->points, OBJECT_INSTANCE, class, 0);

		flow_make_live(flow, instance);
		points_add(&flow->points, node, instance);
	}
	for (uint32_t i = 0; i < class->subclass_count; i++)
		add_subclasses(flow, node, class->subclasses[i]);
}

static bool
stand_in(struct flow *flow, uint32_t node, const struct module *module,
    const struct annotation *annotation)
{
	struct filter filter, elements;
	bool complete;

	filter = classes_of(flow, module, annotation, false, &complete);
	for (uint32_t i = 0; i < filter.count; i++)
		add_subclasses(flow, node, filter.classes[i]);
	free(filter.classes);
	if (flow->points.nodes[node].count > 0)
		return true;
	elements = classes_of(flow, module, annotation, true, &complete);
	if (elements.count > 0) {
		uint32_t container = container_new(flow, annotation, node);
		uint32_t any = points_field(&flow->points, container, flow->words.any);
		uint32_t element = points_field(&flow->points, container, flow->words.element);

		points_edge(&flow->points, element, any);
		for (uint32_t i = 0; i < elements.count; i++)
			add_subclasses(flow, element, elements.classes[i]);
		points_add(&flow->points, node, container);
	}
	free(elements.classes);
	return flow->points.nodes[node].count > 0;
}

static bool
fall_back_parameters(struct flow *flow)
{
	bool added = false;

	for (size_t i = 0; i < flow->context_count; i++) {
		const struct function *function = flow->contexts[i].function;

		for (uint32_t at = 0; at < function->parameter_count; at++) {
			const struct parameter *parameter = &function->parameters[at];
			uint32_t node = flow->contexts[i].nodes + parameter->value;

			if (parameter->annotation != NULL &&
			    flow->points.nodes[node].count == 0)
				added |= stand_in(flow, node, function->module,
				    parameter->annotation);
		}
	}
	return added;
}

static bool
fall_back_fields(struct flow *flow)
{
	bool added = false;

	for (size_t i = 0; i < flow->field_count; i++) {
		struct field_load load = flow->fields[i];

		if (flow->points.nodes[load.node].count > 0)
			continue;
		for (uint32_t at = 0; at < load.class->mro_count; at++) {
			const struct class_field *field =
			    symbols_get(&load.class->mro[at]->fields, load.name);

			if (field == NULL || field->annotation == NULL)
				continue;
			added |= stand_in(flow, load.node, load.class->mro[at]->module,
			    field->annotation);
			break;
		}
	}
	return added;
}

/* True when some empty parameter or field got values. */
bool
annotate_fall_back(struct flow *flow)
{
	bool parameters = fall_back_parameters(flow);

	return fall_back_fields(flow) || parameters;
}
