/* SPDX-License-Identifier: Apache-2.0 */
/* The flow of names: one pass over all code, each function once, calls left out. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "modules.h"
#include "names.h"

enum watch_kind { WATCH_ATTRIBUTE, WATCH_ITEM, WATCH_CALL };

uint32_t
names_node(const struct names *names, const struct function *function, uint32_t value)
{
	return names->registers[function->id] + value;
}

static const struct function *
function_out(const struct function *function, uint32_t levels)
{
	while (levels-- > 0 && function->outer != NULL)
		function = function->outer;
	return function;
}

static void
notify_attribute(struct names *names, const struct watch *watch, uint32_t object)
{
	struct points *points = &names->points;
	const struct object *from = &points->objects[object];
	const char *name = watch->instruction->name;

	if (from->kind == OBJECT_MODULE) {
		module_attribute(points, names->project, (struct module *)from->what, name,
		    watch->target);
	} else if (from->kind == OBJECT_EXTERNAL) {
		const char *path = intern_dotted(from->what, name);

		/* The flow of values comes here again, and tells that it was too deep. */
		if (!external_is_deep(path) && external_may_lead(names->externals, path))
			points_add(points, watch->target,
			    points_object(points, OBJECT_EXTERNAL, path, 0));
	} else if (from->kind == OBJECT_CLASS) {
		const struct class *class = from->what;
		struct function *method = symbols_get(&class->methods, name);

		if (method != NULL)
			points_add(points, watch->target,
			    points_object(points, OBJECT_FUNCTION, method, 0));
		else
			points_edge(points, points_field(points, object, name), watch->target);
	}
}

/* kernel[grid] is the kernel; Class[T] is the class. */
static void
notify_item(struct names *names, const struct watch *watch, uint32_t object)
{
	const struct object *from = &names->points.objects[object];

	if (from->kind == OBJECT_FUNCTION || from->kind == OBJECT_CLASS)
		points_add(&names->points, watch->target, object);
}

/* wrap_triton(kernel) is the kernel. */
static void
notify_call(struct names *names, const struct watch *watch, uint32_t object)
{
	const struct object *callee = &names->points.objects[object];
	const struct call *call = watch->instruction->call;
	const struct function *function = names->project->functions[watch->context];

	if (callee->kind == OBJECT_EXTERNAL && call->count > 0 &&
	    call->arguments[0].value != REGISTER_NONE &&
	    strcmp(callee->what, "torch.library.wrap_triton") == 0)
		points_edge(&names->points,
		    names_node(names, function, call->arguments[0].value), watch->target);
}

static void
notify(void *data, const struct watch *watch, uint32_t object)
{
	switch (watch->kind) {
	case WATCH_ATTRIBUTE:
		notify_attribute(data, watch, object);
		break;
	case WATCH_ITEM:
		notify_item(data, watch, object);
		break;
	default:
		notify_call(data, watch, object);
	}
}

/* The object that stands for `self` of the class whose method the code is in. */
static uint32_t
own_object(struct names *names, const struct function *function)
{
	return points_object(&names->points, OBJECT_INSTANCE, function->enclosing, 0);
}

static void
add_attribute(struct names *names, const struct function *function,
    const struct instruction *code)
{
	uint32_t dst = names_node(names, function, code->dst);

	if ((code->flag & FLAG_OWN) && function->enclosing != NULL)
		points_edge(&names->points,
		    points_field(&names->points, own_object(names, function), code->name), dst);
	points_watch(&names->points, names_node(names, function, code->a),
	    (struct watch){ .kind = WATCH_ATTRIBUTE, .instruction = code, .target = dst });
}

static void
add_store(struct names *names, const struct function *function, const struct instruction *code)
{
	struct points *points = &names->points;
	uint32_t value = names_node(names, function, code->b);

	if (code->flag & FLAG_CLASS_BODY) {
		/* The class's register is set just once, by its OP_CLASS before this. */
		const struct node *class = &points->nodes[names_node(names, function, code->a)];

		if (class->count > 0)
			points_edge(points, value,
			    points_field(points, class->objects[0], code->name));
	} else if ((code->flag & FLAG_OWN) && function->enclosing != NULL) {
		points_edge(points, value,
		    points_field(points, own_object(names, function), code->name));
	}
}

static void
add_instruction(struct names *names, struct function *function, const struct instruction *code)
{
	struct points *points = &names->points;
	uint32_t base = names->registers[function->id];

	switch (code->op) {
	case OP_MOVE:
		points_edge(points, base + code->a, base + code->dst);
		break;
	case OP_GLOBAL:
		module_load(points, names->project, names->externals, function->module,
		    code->name, base + code->dst);
		break;
	case OP_SETGLOBAL:
		points_edge(points, base + code->a,
		    module_node(function->module, code->name));
		break;
	case OP_FREE:
		points_edge(points, names_node(names, function_out(function, code->b), code->a),
		    base + code->dst);
		break;
	case OP_SETFREE:
		points_edge(points, base + code->a,
		    names_node(names, function_out(function, code->b), code->dst));
		break;
	case OP_MODULE:
		module_named(points, names->project, code->name, base + code->dst);
		break;
	case OP_FROM:
		module_from(points, names->project, code->import_from, base + code->dst);
		break;
	case OP_EXTERNAL:
		points_add(points, base + code->dst,
		    points_object(points, OBJECT_EXTERNAL, code->name, 0));
		break;
	case OP_ATTRIBUTE:
		add_attribute(names, function, code);
		break;
	case OP_SETATTR:
		add_store(names, function, code);
		break;
	case OP_FUNCTION:
		points_add(points, base + code->dst,
		    points_object(points, OBJECT_FUNCTION, code->function, 0));
		break;
	case OP_CLASS:
		points_add(points, base + code->dst,
		    points_object(points, OBJECT_CLASS, code->class, 0));
		break;
	case OP_ITEM:
		points_watch(points, base + code->a, (struct watch){ .kind = WATCH_ITEM,
			.instruction = code, .target = base + code->dst });
		break;
	case OP_CALL:
		if (code->dst != REGISTER_NONE)
			points_watch(points, base + code->a, (struct watch){ .kind = WATCH_CALL,
				.instruction = code, .target = base + code->dst,
				.context = function->id });
		break;
	default:
		break;
	}
}

void
names_open(struct names *names, struct project *project, const struct kernels *kernels,
    const struct externals *externals)
{
	*names = (struct names){ .project = project, .kernels = kernels,
		.externals = externals };
	points_open(&names->points);
	names->points.notify = notify;
	names->points.data = names;
	modules_open(&names->points, project);
	names->variables = memory_alloc((project->module_count + 1) *
	    sizeof(*names->variables));
	for (size_t i = 0; i < project->module_count; i++)
		names->variables[i] = project->modules[i].nodes;
	names->registers = memory_alloc((project->function_count + 1) *
	    sizeof(*names->registers));
	for (size_t i = 0; i < project->function_count; i++)
		names->registers[i] = points_nodes(&names->points,
		    project->functions[i]->registers);
	for (size_t i = 0; i < project->function_count; i++) {
		struct function *function = project->functions[i];

		for (uint32_t at = 0; at < function->code_count; at++)
			add_instruction(names, function, &function->code[at]);
	}
	points_solve(&names->points);
}

void
names_close(struct names *names)
{
	points_close(&names->points);
	free(names->variables);
	free(names->registers);
}

/* The class among the objects of a node, the first one when there are several. */
static struct class *
class_at(const struct names *names, uint32_t node)
{
	const struct node *at = &names->points.nodes[node];

	for (uint32_t i = 0; i < at->count; i++)
		if (names->points.objects[at->objects[i]].kind == OBJECT_CLASS)
			return (struct class *)names->points.objects[at->objects[i]].what;
	return NULL;
}

struct class *
names_class(const struct names *names, const struct module *module, const char *dotted)
{
	const char *dot = strchr(dotted, '.'), *name;
	const struct variable *variable;
	const struct node *at;

	name = dot == NULL ? dotted : intern(dotted, (size_t)(dot - dotted));
	variable = symbols_get(&module->variables, name);
	if (variable == NULL)
		return NULL;
	if (dot == NULL)
		return class_at(names, names->variables[module->id] + variable->index);
	at = &names->points.nodes[names->variables[module->id] + variable->index];
	for (uint32_t i = 0; i < at->count; i++) {
		const struct object *object = &names->points.objects[at->objects[i]];

		if (object->kind == OBJECT_MODULE)
			return names_class(names, object->what, intern_string(dot + 1));
	}
	return NULL;
}
