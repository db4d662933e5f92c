/* SPDX-License-Identifier: Apache-2.0 */
/* The points-to graph and its solver. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "points.h"

/* Up to FEW_OBJECTS a set is searched in order; a larger one is followed, where it is kept, by
 * twice as many slots: an open hash of its objects, each + 1. */
enum { FEW_OBJECTS = 8, FIRST_SLOTS = 1024, NO_VALUE = UINT32_MAX };

static uint64_t
mix(uint64_t key)
{
	key ^= key >> 32;
	key *= 0xd6e8feb86659fd93u;
	key ^= key >> 32;
	key *= 0xd6e8feb86659fd93u;
	return key ^ key >> 32;
}

static size_t
table_slot(const struct table *table, struct pair key)
{
	size_t mask = table->slots - 1, slot;

	slot = (size_t)mix(mix(key.high) + key.low * 0x9e3779b97f4a7c15u) & mask;
	while (table->values[slot] != NO_VALUE && (table->keys[slot].high != key.high ||
	    table->keys[slot].low != key.low))
		slot = (slot + 1) & mask;
	return slot;
}

static void
table_grow(struct table *table)
{
	struct table old = *table;

	table->slots = old.slots == 0 ? FIRST_SLOTS : old.slots * 2;
	table->keys = memory_alloc(table->slots * sizeof(*table->keys));
	table->values = memory_alloc(table->slots * sizeof(*table->values));
	memset(table->values, 0xff, table->slots * sizeof(*table->values));
	for (size_t i = 0; i < old.slots; i++)
		if (old.values[i] != NO_VALUE) {
			size_t slot = table_slot(table, old.keys[i]);

			table->keys[slot] = old.keys[i];
			table->values[slot] = old.values[i];
		}
	free(old.keys);
	free(old.values);
}

uint32_t *
table_put(struct table *table, struct pair key)
{
	size_t slot;

	if (3 * (table->used + 1) > 2 * table->slots)
		table_grow(table);
	slot = table_slot(table, key);
	if (table->values[slot] == NO_VALUE) {
		table->keys[slot] = key;
		table->used++;
	}
	return &table->values[slot];
}

bool
table_insert(struct table *table, struct pair key, uint32_t value)
{
	uint32_t *place = table_put(table, key);
	bool new = *place == NO_VALUE;

	if (new)
		*place = value;
	return new;
}

uint32_t
table_find(const struct table *table, struct pair key)
{
	return table->slots == 0 ? NO_VALUE : table->values[table_slot(table, key)];
}

void
table_free(struct table *table)
{
	free(table->keys);
	free(table->values);
	*table = (struct table){0};
}

void
points_open(struct points *points)
{
	*points = (struct points){ .reason = { .context = UINT32_MAX }, .at_node = UINT32_MAX,
		.at_object = UINT32_MAX };
	/* Index 0 means none. */
	points->edges = memory_grow(NULL, 0, &points->edge_capacity, sizeof(*points->edges));
	points->edge_count = 1;
	points->watches = memory_grow(NULL, 0, &points->watch_capacity,
	    sizeof(*points->watches));
	points->watch_count = 1;
}

void
points_close(struct points *points)
{
	table_free(&points->object_table);
	table_free(&points->field_table);
	arena_free(&points->sets);
	free(points->nodes);
	free(points->objects);
	free(points->edges);
	free(points->added);
	free(points->watches);
	free(points->queue);
}

uint32_t
points_nodes(struct points *points, uint32_t count)
{
	uint32_t first = (uint32_t)points->node_count;

	if (points->node_count + count > points->node_capacity) {
		points->node_capacity = 2 * (points->node_count + count);
		points->nodes = memory_resize(points->nodes, points->node_capacity,
		    sizeof(*points->nodes));
	}
	if (count > 0)
		memset(points->nodes + first, 0, count * sizeof(*points->nodes));
	points->node_count += count;
	return first;
}

uint32_t
points_object(struct points *points, enum object_kind kind, const void *what, uint32_t which)
{
	uint32_t *place = table_put(&points->object_table, (struct pair){ (uintptr_t)what,
		(uint64_t)which << 8 | kind });

	if (*place == NO_VALUE) {
		*place = (uint32_t)points->object_count;
		points->objects = memory_grow(points->objects, points->object_count,
		    &points->object_capacity, sizeof(*points->objects));
		points->objects[points->object_count++] = (struct object){ .what = what,
			.which = which, .kind = (uint8_t)kind };
	}
	return *place;
}

/* Names are interned, so that their addresses tell them apart. */
uint32_t
points_find_field(const struct points *points, uint32_t object, const char *name)
{
	return table_find(&points->field_table, (struct pair){ (uintptr_t)name, object });
}

uint32_t
points_field(struct points *points, uint32_t object, const char *name)
{
	uint32_t *place = table_put(&points->field_table,
	    (struct pair){ (uintptr_t)name, object });

	if (*place == NO_VALUE)
		*place = points_nodes(points, 1);
	return *place;
}

/* The slot that has the object, or that it goes into. */
static uint32_t *
slot_of(const struct node *node, uint32_t object)
{
	uint32_t *slots = node->objects + node->capacity, mask = 2 * node->capacity - 1;
	uint32_t slot = (uint32_t)(object * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;

	while (slots[slot] != 0 && slots[slot] != object + 1)
		slot = (slot + 1) & mask;
	return &slots[slot];
}

static bool
holds(const struct node *node, uint32_t object)
{
	if (node->capacity > FEW_OBJECTS)
		return *slot_of(node, object) != 0;
	for (uint32_t i = 0; i < node->count; i++)
		if (node->objects[i] == object)
			return true;
	return false;
}

static void
make_room(struct points *points, struct node *node)
{
	uint32_t capacity = node->capacity == 0 ? 2 : node->capacity * 2;
	bool few = capacity <= FEW_OBJECTS;
	uint32_t *objects = arena_alloc_zero(&points->sets,
	    (few ? 1 : 3) * (size_t)capacity * sizeof(*objects));

	if (node->count > 0)
		memcpy(objects, node->objects, node->count * sizeof(*objects));
	node->objects = objects;
	node->capacity = capacity;
	for (uint32_t i = 0; !few && i < node->count; i++)
		*slot_of(node, objects[i]) = objects[i] + 1;
}

static void
enqueue(struct points *points, uint32_t index)
{
	struct node *node = &points->nodes[index];

	if (node->queued || (node->edges == 0 && node->watches == 0))
		return;
	node->queued = true;
	points->queue = memory_grow(points->queue, points->queue_count,
	    &points->queue_capacity, sizeof(*points->queue));
	points->queue[points->queue_count++] = index;
}

static void
join(struct points *points, uint32_t index, uint32_t object)
{
	struct node *node = &points->nodes[index];

	if (node->filter != 0 && !points->accepts(points->data, node->filter, object))
		return;
	if (holds(node, object))
		return;
	if (node->count == node->capacity)
		make_room(points, node);
	node->objects[node->count++] = object;
	if (node->capacity > FEW_OBJECTS)
		*slot_of(node, object) = object + 1;
	enqueue(points, index);
}

void
points_add(struct points *points, uint32_t index, uint32_t object)
{
	if (points->recording) {
		points->added = memory_grow(points->added, points->added_count,
		    &points->added_capacity, sizeof(*points->added));
		points->added[points->added_count++] = (struct added){ index, object,
			points->reason };
	}
	join(points, index, object);
}

/* Tell a watch of an object at the node. */
static void
tell(struct points *points, const struct watch *watch, uint32_t index, uint32_t object)
{
	struct reason reason = points->reason;
	uint32_t node = points->at_node, at = points->at_object;

	points->at_node = index;
	points->at_object = object;
	points->notify(points->data, watch, object);
	points->at_node = node;
	points->at_object = at;
	points->reason = reason;
}

void
points_edge(struct points *points, uint32_t from, uint32_t to)
{
	struct node *node = &points->nodes[from];

	if (from == to)
		return;
	points->edges = memory_grow(points->edges, points->edge_count, &points->edge_capacity,
	    sizeof(*points->edges));
	points->edges[points->edge_count] = (struct edge){ .to = to, .next = node->edges,
		.reason = points->reason };
	node->edges = (uint32_t)points->edge_count++;
	/* What was passed on before this edge came; the rest is still to come. */
	for (uint32_t i = 0; i < points->nodes[from].done; i++)
		join(points, to, points->nodes[from].objects[i]);
	if (points->nodes[from].done < points->nodes[from].count)
		enqueue(points, from);
}

void
points_watch(struct points *points, uint32_t index, struct watch watch)
{
	struct node *node = &points->nodes[index];
	uint32_t made;

	watch.next = node->watches;
	points->watches = memory_grow(points->watches, points->watch_count,
	    &points->watch_capacity, sizeof(*points->watches));
	made = (uint32_t)points->watch_count++;
	points->watches[made] = watch;
	node->watches = made;
	for (uint32_t i = 0; i < points->nodes[index].done; i++)
		tell(points, &watch, index, points->nodes[index].objects[i]);
	if (points->nodes[index].done < points->nodes[index].count)
		enqueue(points, index);
}

/* Edges and watches that are added meanwhile see the objects before `done` by themselves
 * and the others here, as `done` moves first. */
static void
pass_on(struct points *points, uint32_t index)
{
	while (points->nodes[index].done < points->nodes[index].count) {
		struct node *node = &points->nodes[index];
		uint32_t object = node->objects[node->done++];
		uint32_t edge = node->edges, watch = node->watches;

		for (; edge != 0; edge = points->edges[edge].next)
			join(points, points->edges[edge].to, object);
		while (watch != 0) {
			struct watch copy = points->watches[watch];

			tell(points, &copy, index, object);
			watch = copy.next;
		}
	}
}

void
points_solve(struct points *points)
{
	while (points->queue_count > 0) {
		uint32_t index = points->queue[--points->queue_count];

		points->nodes[index].queued = false;
		pass_on(points, index);
	}
}
