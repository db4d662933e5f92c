/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the graph, tells watches apart, and solves. */
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "base/intern.h"
#include "base/memory.h"
#include "modules.h"

static void
notify_item(struct flow *flow, const struct watch *watch, uint32_t object)
{
	const struct object *from = &flow->points.objects[object];
	struct function *method = from->kind != OBJECT_INSTANCE ? NULL :
	    class_method(from->what, flow->words.getitem);
	struct values none = { .count = 0 };
	struct site_of_call site = { .instruction = watch->instruction,
		.context = watch->context, .result = watch->target, .via = VIAS };

	if (method != NULL) {
		none.list[none.count++] = (struct value){ .node = NO_NODE };
		bind_call(flow, &site, method, object,
		    flow->class_contexts[method->class->id], &none, VIA_ITEM);
	} else if (from->kind == OBJECT_CONTAINER || container_like(flow, object)) {
		flow->points.reason.lookup = watch->instruction->op == OP_ITEM &&
		    watch->instruction->name == NULL;
		container_load(flow, object, watch->instruction->name, watch->target);
	} else if (from->kind == OBJECT_FUNCTION || from->kind == OBJECT_CLASS ||
	    from->kind == OBJECT_EXTERNAL) {
		/* kernel[grid], Class[T] */
		points_add(&flow->points, watch->target, object);
	}
}

static void
notify_iterate(struct flow *flow, const struct watch *watch, uint32_t object)
{
	if (flow->points.objects[object].dict)
		return;
	if (container_like(flow, object))
		container_load(flow, object, NULL, watch->target);
}

static void
notify(void *data, const struct watch *watch, uint32_t object)
{
	struct flow *flow = data;
	struct site_of_call site = { .instruction = watch->instruction,
		.context = watch->context, .result = watch->target, .via = VIAS };

	flow->points.reason = watch->kind <= FLOW_CALL || watch->kind == FLOW_SELF_ARGUMENT ?
	    (struct reason){ .context = watch->context, .guard = watch->instruction->guard } :
	    (struct reason){ .context = NO_CONTEXT };
	switch (watch->kind) {
	case FLOW_ATTRIBUTE:
		attribute_load(flow, &site, object, watch->instruction->name);
		break;
	case FLOW_SETATTR:
		attribute_store(flow, object, watch->instruction->name, watch->target);
		break;
	case FLOW_ITEM:
		notify_item(flow, watch, object);
		break;
	case FLOW_SETITEM:
		if (container_like(flow, object))
			container_store(flow, object, watch->instruction->name, watch->target);
		break;
	case FLOW_ITERATE:
		notify_iterate(flow, watch, object);
		break;
	case FLOW_CALL:
		call_notify(flow, watch, object);
		break;
	case FLOW_BIND_CLASS:
		attribute_bind(flow, object, watch->context, watch->target);
		break;
	case FLOW_SELF_ARGUMENT:
		call_notify_self(flow, watch, object);
		break;
	case FLOW_STAR:
		bind_star(flow, watch->context, watch->target, object);
		break;
	case FLOW_STAR_STAR:
		bind_star_star(flow, watch->context, object);
		break;
	case FLOW_EXTEND:
		if (container_like(flow, object))
			container_copy(flow, object, watch->target);
		break;
	case FLOW_APPEAR:
		points_add(&flow->points, watch->target, watch->object);
		break;
	case FLOW_TYPE:
		if (flow->points.objects[object].kind == OBJECT_INSTANCE)
			points_add(&flow->points, watch->target, points_object(&flow->points,
			    OBJECT_CLASS, flow->points.objects[object].what, 0));
		break;
	}
}

void
flow_open(struct flow *flow, struct project *project, const struct names *names,
    const struct kernels *kernels, const struct externals *externals)
{
	*flow = (struct flow){ .project = project, .names = names, .kernels = kernels,
		.externals = externals, .words = {
		.call = intern_string("__call__"), .forward = intern_string("forward"),
		.init = intern_string("__init__"), .new = intern_string("__new__"),
		.apply = intern_string("apply"), .class = intern_string("__class__"),
		.getitem = intern_string("__getitem__"), .any = intern_string("\x01*"),
		.element = intern_string("\x01[]"), .func = intern_string("func"),
		.staticmethod = intern_string("staticmethod") } };
	points_open(&flow->points);
	flow->points.notify = notify;
	flow->points.accepts = annotate_accepts;
	flow->points.data = flow;
	flow->points.recording = true;
	flow->filters = memory_grow(NULL, 0, &flow->filter_capacity, sizeof(*flow->filters));
	flow->filter_count = 1;
	flow->causes = memory_grow(NULL, 0, &flow->cause_capacity, sizeof(*flow->causes));
	flow->cause_count = 1;
	flow->class_contexts = memory_alloc((project->class_count + 1) *
	    sizeof(*flow->class_contexts));
	memset(flow->class_contexts, 0xff,
	    project->class_count * sizeof(*flow->class_contexts));
	flow->identity = points_object(&flow->points, OBJECT_EXTERNAL,
	    intern_string("\x01identity"), 0);
	modules_open(&flow->points, project);
	for (size_t i = 0; i < project->module_count; i++)
		if (project->modules[i].used)
			context_get(flow, project->modules[i].body, NO_OBJECT, NO_CONTEXT);
}

void
flow_add_instance(struct flow *flow, struct class *class)
{
	flow_make_live(flow, points_object(&flow->points, OBJECT_INSTANCE, class, 0));
}

void
flow_solve(struct flow *flow)
{
	do
		points_solve(&flow->points);
	while (annotate_fall_back(flow));
}

void
flow_close(struct flow *flow)
{
	for (size_t i = 1; i < flow->filter_count; i++)
		free(flow->filters[i].classes);
	free(flow->filters);
	free(flow->contexts);
	free(flow->edges);
	free(flow->causes);
	free(flow->constructions);
	free(flow->class_contexts);
	free(flow->fields);
	table_free(&flow->context_table);
	table_free(&flow->edge_table);
	table_free(&flow->called);
	table_free(&flow->partials);
	table_free(&flow->filter_table);
	table_free(&flow->field_seen);
	symbols_free(&flow->torch_ops);
	points_close(&flow->points);
}
