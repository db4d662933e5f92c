/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the bases that lie in the tree, and from them each class's method resolution order. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "hierarchy.h"
#include "python/mro.h"

struct bases {
	struct class **list;
	size_t count, capacity;
};

static void
add_base(struct bases *bases, struct class *base)
{
	for (size_t i = 0; i < bases->count; i++)
		if (bases->list[i] == base)
			return;
	bases->list = memory_grow(bases->list, bases->count, &bases->capacity,
	    sizeof(*bases->list));
	bases->list[bases->count++] = base;
}

static struct bases
find_bases(struct class *class, const struct names *names)
{
	struct bases bases = { 0 };

	for (uint32_t i = 0; i < class->base_count; i++) {
		const struct node *node = &names->points.nodes[names_node(names, class->outer,
		    class->bases[i])];

		for (uint32_t at = 0; at < node->count; at++) {
			const struct object *object =
			    &names->points.objects[node->objects[at]];

			if (object->kind == OBJECT_CLASS && object->what != class)
				add_base(&bases, (struct class *)object->what);
			else if (object->kind == OBJECT_EXTERNAL)
				class->flags |= CLASS_EXTERNAL;
		}
	}
	return bases;
}

static void
merge(struct class *class, const struct bases *bases)
{
	struct mro_order *orders = memory_alloc((bases->count + 1) * sizeof(*orders));
	size_t most = 1;

	for (size_t i = 0; i < bases->count; i++) {
		orders[i] = (struct mro_order){ bases->list[i]->mro, bases->list[i]->mro_count };
		most += orders[i].count;
	}
	class->mro = memory_alloc(most * sizeof(*class->mro));
	class->mro_count = (uint32_t)mro_merge(class, orders, bases->count, class->mro);
	free(orders);
}

static void
resolve(struct class *class, const struct names *names, bool *busy)
{
	struct bases bases;

	if (class->mro != NULL || busy[class->id])
		return;
	busy[class->id] = true;
	bases = find_bases(class, names);
	for (size_t i = 0; i < bases.count; i++) {
		struct class *base = bases.list[i];

		resolve(base, names, busy);
		if (base->mro == NULL) {
			/* A cycle: the base is being resolved itself. */
			memmove(&bases.list[i], &bases.list[i + 1],
			    (bases.count - i - 1) * sizeof(*bases.list));
			bases.count--;
			i--;
			continue;
		}
		class->flags |= base->flags;
		base->subclasses = memory_grow(base->subclasses, base->subclass_count,
		    &base->subclass_capacity, sizeof(*base->subclasses));
		base->subclasses[base->subclass_count++] = class;
	}
	merge(class, &bases);
	free(bases.list);
}

void
hierarchy_resolve(struct project *project, const struct names *names)
{
	bool *busy = memory_alloc_zero(project->class_count + 1, sizeof(*busy));

	for (size_t i = 0; i < project->class_count; i++)
		resolve(project->classes[i], names, busy);
	free(busy);
}

bool
class_has_external(const struct class *class, const char *path)
{
	for (uint32_t i = 0; i < class->mro_count; i++)
		for (uint32_t at = 0; at < class->mro[i]->external_count; at++)
			if (strcmp(class->mro[i]->externals[at], path) == 0)
				return true;
	return false;
}

bool
class_is_enum(const struct class *class)
{
	static const char *const bases[] = { "enum.Enum", "enum.IntEnum", "enum.StrEnum",
		"enum.Flag", "enum.IntFlag" };

	for (size_t i = 0; i < sizeof(bases) / sizeof(*bases); i++)
		if (class_has_external(class, bases[i]))
			return true;
	return false;
}
