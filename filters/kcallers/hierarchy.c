/* SPDX-License-Identifier: Apache-2.0 */
/* Method resolution order as Python computes it (the C3 merge), over the bases that lie in
 * the tree; where these admit no order, depth first. */
#include <stdlib.h>
#include <string.h>

#include "hierarchy.h"
#include "base/memory.h"

enum { MOST_BASES = 16 };

struct bases {
	struct class *list[MOST_BASES];
	unsigned count;
};

static void
add_base(struct bases *bases, struct class *base)
{
	for (unsigned i = 0; i < bases->count; i++)
		if (bases->list[i] == base)
			return;
	if (bases->count < MOST_BASES)
		bases->list[bases->count++] = base;
}

static struct bases
find_bases(struct class *class, const struct names *names)
{
	struct bases bases = { .count = 0 };

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

static bool
in_tail(const struct class *class, const struct class *candidate, uint32_t head)
{
	for (uint32_t i = head + 1; i < class->mro_count; i++)
		if (class->mro[i] == candidate)
			return true;
	return false;
}

static bool
contains(struct class *const *list, uint32_t count, const struct class *class)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i] == class)
			return true;
	return false;
}

/* The next class of the merge; NULL when all is merged. */
static struct class *
next_of(const struct bases *bases, uint32_t *heads)
{
	struct class *fallback = NULL;

	for (unsigned i = 0; i < bases->count; i++) {
		struct class *candidate;
		bool blocked = false;

		if (heads[i] >= bases->list[i]->mro_count)
			continue;
		candidate = bases->list[i]->mro[heads[i]];
		if (fallback == NULL)
			fallback = candidate;
		for (unsigned other = 0; other < bases->count && !blocked; other++)
			blocked = heads[other] < bases->list[other]->mro_count &&
			    in_tail(bases->list[other], candidate, heads[other]);
		if (!blocked)
			return candidate;
	}
	return fallback;
}

static void
merge(struct class *class, const struct bases *bases)
{
	uint32_t heads[MOST_BASES] = { 0 }, most = 1;
	struct class *next;

	for (unsigned i = 0; i < bases->count; i++)
		most += bases->list[i]->mro_count;
	class->mro = memory_alloc(most * sizeof(*class->mro));
	class->mro[class->mro_count++] = class;
	while ((next = next_of(bases, heads)) != NULL) {
		if (!contains(class->mro, class->mro_count, next))
			class->mro[class->mro_count++] = next;
		for (unsigned i = 0; i < bases->count; i++)
			if (heads[i] < bases->list[i]->mro_count &&
			    contains(class->mro, class->mro_count, bases->list[i]->mro[heads[i]]))
				heads[i]++;
	}
}

static void
resolve(struct class *class, const struct names *names, bool *busy)
{
	struct bases bases;

	if (class->mro != NULL || busy[class->id])
		return;
	busy[class->id] = true;
	bases = find_bases(class, names);
	for (unsigned i = 0; i < bases.count; i++) {
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
