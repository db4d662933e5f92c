/* SPDX-License-Identifier: Apache-2.0 */
/* Imported classes whose objects run: a class counts as a kernel when something made from
 * it is called, or has a method called that the table names (run, forward, ...). Objects
 * are followed by the last name they are held under ("self.decode_wrapper", "wrappers[i]"
 * are decode_wrapper and wrappers), within one file. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "facts.h"

/* Imported classes of one file that are followed at once: one bit each. Files import few; where
 * there are more, the file is gone through again for each so many. */
enum { CLASSES = 64 };

struct imported_class {
	const char *source, *name, *as; /* `as`: what the file calls it */
};

/* What a name may stand for: one bit a class. */
struct holder {
	const char *name;
	uint64_t classes; /* the class itself, or one derived from it */
	uint64_t makers;  /* functions that return an object of it */
	uint64_t objects;
};

struct objects {
	const struct sources *sources;
	struct holder *holders;
	size_t count, capacity;
	bool changed;
	uint64_t run;
};

/* By source and name, those of one class together. */
struct classes {
	struct imported_class *list;
	size_t count, capacity;
};

static struct holder *
hold(struct objects *objects, const char *name)
{
	for (size_t i = 0; i < objects->count; i++)
		if (objects->holders[i].name == name)
			return &objects->holders[i];
	objects->holders = memory_grow(objects->holders, objects->count, &objects->capacity,
	    sizeof(*objects->holders));
	objects->holders[objects->count] = (struct holder){ .name = name };
	return &objects->holders[objects->count++];
}

static struct holder
held(const struct objects *objects, const char *name)
{
	for (size_t i = 0; name && i < objects->count; i++)
		if (objects->holders[i].name == name)
			return objects->holders[i];
	return (struct holder){ 0 };
}

static void
add_class(struct classes *classes, const char *source, const char *name, const char *as)
{
	classes->list = memory_grow(classes->list, classes->count, &classes->capacity,
	    sizeof(*classes->list));
	classes->list[classes->count++] = (struct imported_class){ source, name, as ? as : name };
}

static bool
is_same(const struct imported_class *a, const struct imported_class *b)
{
	return a->source == b->source && a->name == b->name;
}

static int
compare_classes(const void *left, const void *right)
{
	const struct imported_class *a = left, *b = right;
	int order = strcmp(a->source, b->source);

	return order != 0 ? order : strcmp(a->name, b->name);
}

/* The name under which an expression is held: of a variable, attribute, or element. */
static const char *
last_name(const struct py_node *node)
{
	while (node && node->kind == PY_SUBSCRIPT)
		node = node->binary.left;
	return node && (node->kind == PY_NAME || node->kind == PY_ATTRIBUTE) ? node->name : NULL;
}

/* Classes named anywhere in a type annotation, quoted or not. */
static uint64_t
annotated(const struct objects *objects, const struct py_node *node)
{
	uint64_t found = 0;

	for (; node; node = node->next) {
		if (node->kind == PY_NAME || node->kind == PY_ATTRIBUTE)
			found |= held(objects, node->name).classes;
		if (node->kind == PY_CONSTANT && node->op == PY_STRING && node->name)
			for (size_t i = 0; i < objects->count; i++)
				if (objects->holders[i].classes &&
				    strstr(node->name, objects->holders[i].name))
					found |= objects->holders[i].classes;
		for (int i = 0; i < 4; i++)
			found |= annotated(objects, node->part[i]);
	}
	return found;
}

/* Objects made by calls anywhere in the expression: [C(x) for x in y], compile(C(x)). What
 * a constructor is given is not what it makes. */
static uint64_t
made(const struct objects *objects, const struct py_node *node)
{
	uint64_t found = 0, called;

	for (; node; node = node->next) {
		if (node->kind == PY_CALL) {
			const char *name = last_name(node->call.function);

			called = held(objects, name).classes | held(objects, name).makers;
			found |= called;
			if (called)
				continue;
		}
		for (int i = 0; i < 4; i++)
			found |= made(objects, node->part[i]);
	}
	return found;
}

/* Objects that the one expression stands for. */
static uint64_t
value_of(const struct objects *objects, const struct py_node *node)
{
	struct py_node only = *node;

	only.next = NULL;
	return held(objects, last_name(node)).objects | made(objects, &only);
}

static void
put(struct objects *objects, const char *name, uint64_t what)
{
	struct holder *holder;

	if (!what || !name)
		return;
	holder = hold(objects, name);
	objects->changed |= (what & ~holder->objects) != 0;
	holder->objects |= what;
}

static uint64_t
returned(const struct objects *objects, const struct py_node *node)
{
	uint64_t found = 0;

	for (; node; node = node->next) {
		if (node->kind == PY_RETURN && node->unary.operand)
			found |= value_of(objects, node->unary.operand);
		else if (node->kind <= PY_TYPE_ALIAS)
			for (int i = 0; i < 4; i++)
				found |= returned(objects, node->part[i]);
	}
	return found;
}

static void
flow_definition(struct objects *objects, const struct py_node *node)
{
	struct holder *holder;
	uint64_t what = 0, *place;

	if (node->kind == PY_CLASS) {
		for (const struct py_node *base = node->class.arguments; base; base = base->next)
			what |= held(objects, last_name(base)).classes;
	} else {
		what = annotated(objects, node->function.returns) |
		    returned(objects, node->function.body);
	}
	if (!what)
		return;
	holder = hold(objects, node->name);
	place = node->kind == PY_CLASS ? &holder->classes : &holder->makers;
	objects->changed |= (what & ~*place) != 0;
	*place |= what;
}

static void
flow_call(struct objects *objects, const struct py_node *node)
{
	const struct py_node *function = node->call.function;
	const struct py_node *argument = node->call.arguments;

	if (function->kind == PY_ATTRIBUTE && argument &&
	    (strcmp(function->name, "append") == 0 || strcmp(function->name, "add") == 0))
		put(objects, last_name(function->unary.operand), value_of(objects, argument));
	if (function->kind == PY_ATTRIBUTE && sources_runs(objects->sources, function->name))
		objects->run |= value_of(objects, function->unary.operand);
	else
		objects->run |= held(objects, last_name(function)).objects;
}

static void
flow(struct objects *objects, const struct py_node *node)
{
	for (; node; node = node->next) {
		switch (node->kind) {
		case PY_ASSIGN:
			for (const struct py_node *t = node->assign.targets; t; t = t->next)
				put(objects, last_name(t), value_of(objects, node->assign.value));
			break;
		case PY_ANNOTATED_ASSIGN:
			put(objects, last_name(node->assign.targets),
			    annotated(objects, node->assign.annotation) |
			    (node->assign.value ? value_of(objects, node->assign.value) : 0));
			break;
		case PY_FOR:
		case PY_COMPREHENSION_FOR:
			put(objects, last_name(node->loop.target),
			    value_of(objects, node->loop.iterable));
			break;
		case PY_WITH_ITEM:
			put(objects, last_name(node->binary.right),
			    value_of(objects, node->binary.left));
			break;
		case PY_PARAMETER:
			put(objects, node->name, annotated(objects, node->parameter.annotation));
			break;
		case PY_FUNCTION:
		case PY_CLASS:
			flow_definition(objects, node);
			break;
		case PY_CALL:
			flow_call(objects, node);
			break;
		default:
			break;
		}
		for (int i = 0; i < 4; i++)
			flow(objects, node->part[i]);
	}
}

static void
find_classes(struct classes *classes, const struct sources *sources, const struct facts *facts)
{
	for (size_t i = 0; i < facts->import_count; i++)
		if (name_is_class(facts->imports[i].name))
			add_class(classes, facts->imports[i].source, facts->imports[i].name,
			    facts->imports[i].alias);
	for (size_t i = 0; i < facts->chain_count; i++) {
		const struct chain_fact *chain = &facts->chains[i];
		const struct source_row *row = sources_module(sources, chain->module);

		for (int n = 0; row && n < chain->count; n++)
			if (name_is_class(chain->names[n]))
				add_class(classes, row->source, chain->names[n], NULL);
	}
	if (classes->count > 0)
		qsort(classes->list, classes->count, sizeof(*classes->list), compare_classes);
}

/* Follows CLASSES classes from this one on; returns the first that was not. */
static size_t
follow(struct facts *facts, const struct sources *sources, const struct py_file *file,
    const struct classes *classes, size_t first)
{
	struct objects objects = { .sources = sources };
	const struct imported_class *followed[CLASSES];
	unsigned int count = 0;
	size_t next;

	for (next = first; next < classes->count; next++) {
		const struct imported_class *class = &classes->list[next];

		if (count == 0 || !is_same(class, followed[count - 1])) {
			if (count == CLASSES)
				break;
			followed[count++] = class;
		}
		hold(&objects, class->as)->classes |= (uint64_t)1 << (count - 1);
	}
	do {
		objects.changed = false;
		flow(&objects, file->module);
	} while (objects.changed);
	for (unsigned int i = 0; i < count; i++)
		if (objects.run >> i & 1)
			facts_add_use(facts, followed[i]->source, followed[i]->name, USE_RUN);
	free(objects.holders);
	return next;
}

void
objects_gather(struct facts *facts, const struct sources *sources, const struct py_file *file)
{
	struct classes classes = { 0 };

	find_classes(&classes, sources, facts);
	for (size_t next = 0; next < classes.count;)
		next = follow(facts, sources, file, &classes, next);
	free(classes.list);
}
