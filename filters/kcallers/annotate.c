/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations: as a filter on what a parameter takes, and in place of values where the
 * project never assigns any. */
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "hierarchy.h"
#include "base/memory.h"

/* The classes that an annotation names; those inside of brackets with `elements`. */
static struct filter
classes_of(struct flow *flow, const struct module *module, const struct annotation *annotation,
    bool elements)
{
	struct filter filter = {0};

	filter.classes = memory_alloc((annotation->count + 1) * sizeof(*filter.classes));
	for (uint32_t i = 0; i < annotation->count; i++) {
		struct class *class;

		if (annotation->names[i].element != elements)
			continue;
		class = names_class(flow->names, module, annotation->names[i].name);
		if (class != NULL)
			filter.classes[filter.count++] = class;
	}
	return filter;
}

static bool
is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* Whether the name says what a value is, and what it admits. */
static bool
reads_name(struct filter *filter, const char *name)
{
	static const char *const data[] = { "int", "float", "bool", "str", "bytes", "Tensor",
		"torch.Tensor", "torch.dtype", "torch.device", "torch.Size", "np.ndarray",
		"torch.cuda.Stream", NULL };
	static const char *const functions[] = { "Callable", "typing.Callable", NULL };
	static const char *const containers[] = { "List", "Dict", "Tuple", "Set", "list", "dict",
		"tuple", "set", "Sequence", "Iterable", "Iterator", "Mapping", NULL };

	if (is_one_of(name, functions))
		filter->functions = true;
	else if (is_one_of(name, containers))
		filter->containers = true;
	else
		return is_one_of(name, data);
	return true;
}

/* A class that stands for anything with its methods, or for what makes anything. */
static bool
is_open(const struct flow *flow, const struct class *class)
{
	return class_has_external(class, "typing.Protocol") ||
	    class_has_external(class, "typing_extensions.Protocol") ||
	    class_method(class, flow->words.call) != NULL;
}

static uint32_t
make_filter(struct flow *flow, const struct module *module, const struct annotation *annotation)
{
	struct filter filter = classes_of(flow, module, annotation, false);
	bool complete = true;

	for (uint32_t i = 0; i < annotation->count; i++)
		if (!annotation->names[i].element &&
		    names_class(flow->names, module, annotation->names[i].name) == NULL)
			complete &= reads_name(&filter, annotation->names[i].name);
	for (uint32_t i = 0; i < filter.count; i++)
		complete &= !is_open(flow, filter.classes[i]);
	/* Of containers only the outside is known; a function may yield them. */
	if (!complete || filter.containers) {
		free(filter.classes);
		return 0;
	}
	flow->filters = memory_grow(flow->filters, flow->filter_count, &flow->filter_capacity,
	    sizeof(*flow->filters));
	flow->filters[flow->filter_count++] = filter;
	return (uint32_t)flow->filter_count - 1;
}

uint32_t
annotate_filter(struct flow *flow, const struct module *module,
    const struct annotation *annotation)
{
	struct pair key = { (uintptr_t)annotation, 0 };
	uint32_t filter;

	if (annotation == NULL)
		return 0;
	filter = table_find(&flow->filter_table, key);
	if (filter == UINT32_MAX) {
		filter = make_filter(flow, module, annotation);
		table_insert(&flow->filter_table, key, filter);
	}
	return filter;
}

/* The annotation of an instance's field, as the nearest class body gives it. */
static const struct class_field *
find_annotation(const struct class *class, const char *name, const struct module **module)
{
	for (uint32_t i = 0; i < class->mro_count; i++) {
		const struct class_field *field = symbols_get(&class->mro[i]->fields, name);

		if (field == NULL || field->annotation == NULL)
			continue;
		*module = class->mro[i]->module;
		return field;
	}
	return NULL;
}

void
annotate_field(struct flow *flow, uint32_t instance, const char *name, uint32_t node)
{
	const struct module *module;
	const struct class_field *field;

	if (flow->points.objects[instance].kind != OBJECT_INSTANCE ||
	    flow->points.nodes[node].filter != 0)
		return;
	field = find_annotation(flow->points.objects[instance].what, name, &module);
	if (field != NULL)
		flow->points.nodes[node].filter = annotate_filter(flow, module,
		    field->annotation);
}

bool
annotate_accepts(void *data, uint32_t index, uint32_t object)
{
	const struct flow *flow = data;
	const struct filter *filter = &flow->filters[index];
	const struct object *value = &flow->points.objects[object];
	const struct class *class = value->what;

	if (value->kind == OBJECT_FUNCTION || value->kind == OBJECT_BOUND ||
	    value->kind == OBJECT_PARTIAL)
		return filter->functions;
	if (value->kind == OBJECT_CONTAINER)
		return filter->containers;
	/* A class with __new__ can make instances of any class. */
	if (value->kind == OBJECT_MEMBER)
		class = flow->project->classes[value->which];
	else if (value->kind != OBJECT_INSTANCE || (class->flags & CLASS_NEW))
		return true;
	for (uint32_t i = 0; i < filter->count; i++)
		if (class_is(class, filter->classes[i]))
			return true;
	return filter->functions && class_method(class, flow->words.call) != NULL;
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
	if (class->module->used && !is_abstract(class)) {
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
	struct filter filter = classes_of(flow, module, annotation, false), elements;

	for (uint32_t i = 0; i < filter.count; i++)
		add_subclasses(flow, node, filter.classes[i]);
	free(filter.classes);
	if (flow->points.nodes[node].count > 0)
		return true;
	elements = classes_of(flow, module, annotation, true);
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
		const struct class_field *field;
		const struct module *module;

		if (flow->points.nodes[load.node].count > 0)
			continue;
		field = find_annotation(load.class, load.name, &module);
		if (field != NULL)
			added |= stand_in(flow, load.node, module, field->annotation);
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
