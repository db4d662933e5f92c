/* SPDX-License-Identifier: Apache-2.0 */
/* A points-to graph: nodes hold sets of objects, edges carry them on, watches are told of
 * each new one. Solved to a fixed point by a worklist that passes on differences only. */
#ifndef KCALLERS_POINTS_H
#define KCALLERS_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum object_kind {
	OBJECT_CLASS,              /* what: struct class * */
	OBJECT_FUNCTION,           /* what: struct function *; which: context it is made in */
	OBJECT_INSTANCE,           /* what: struct class *: all its instances are one */
	OBJECT_BOUND,              /* what: struct function *; which: receiver object */
	OBJECT_MODULE,             /* what: struct module * */
	OBJECT_EXTERNAL,           /* what: dotted name, interned */
	OBJECT_EXTERNAL_INSTANCE,  /* what: dotted name of the class */
	OBJECT_EXTERNAL_METHOD,    /* what: dotted name of the class; which: object it is of */
	OBJECT_CONTAINER,          /* what: where it is made; which: context */
	OBJECT_CONTAINER_METHOD,   /* what: name of the method; which: container object */
	OBJECT_REFERENCE,          /* what: the weakref.ref(...) instruction; which: context */
	OBJECT_MEMBER,             /* of an enum; what: struct class_field *; which: its class's id */
	OBJECT_PARTIAL             /* what: the partial(...) instruction; which: context */
};

struct object {
	const void *what;
	uint32_t which;
	uint8_t kind;
	bool live;        /* an instance whose methods are analysed */
	bool dict;        /* a container whose iteration gives keys */
	uint32_t kernel;  /* of an external value: kernel's index + 1 */
};

struct node {
	uint32_t *objects;
	uint32_t count, capacity;
	uint32_t done;     /* objects before this were passed on */
	uint32_t edges;    /* first edge, 0: none */
	uint32_t watches;  /* first watch, 0: none */
	uint32_t filter;   /* handed to accepts(), 0: takes all */
	bool queued;
};

struct watch {
	const struct instruction *instruction;
	uint32_t context;
	uint32_t target;   /* what the rest means depends on the kind */
	uint32_t object;
	uint32_t next;
	uint8_t kind, via;
};

/* The key of a table: whole, so that no two things share an entry. */
struct pair {
	uint64_t high, low;
};

/* Why a value is where it is: code of the context, under a condition of its module (0: none).
 * No context: always. */
struct reason {
	uint32_t context, guard;
	const char *key;    /* of the entry of a container that is asked for by it, NULL: none */
	uint32_t container; /* that one */
	bool lookup;        /* one entry is asked for, by a key that is not constant */
};

struct points {
	struct node *nodes;
	size_t node_count, node_capacity;
	struct object *objects;
	size_t object_count, object_capacity;
	struct edge { uint32_t to, next; struct reason reason; } *edges;
	size_t edge_count, edge_capacity;
	struct watch *watches;
	size_t watch_count, watch_capacity;
	/* Objects that did not come along an edge, where `recording`. */
	struct added { uint32_t node, object; struct reason reason; } *added;
	size_t added_count, added_capacity;
	bool recording;
	struct reason reason;     /* of what is added now */
	uint32_t at_node, at_object; /* what a watch is told of now, UINT32_MAX: nothing */
	struct table { struct pair *keys; uint32_t *values; size_t slots, used; }
	    object_table, field_table;
	struct arena sets;     /* storage of the nodes' sets */
	uint32_t *queue;
	size_t queue_count, queue_capacity;
	/* Told of each new object at a watched node. */
	void (*notify)(void *data, const struct watch *watch, uint32_t object);
	/* Whether a node with a filter takes the object; NULL: yes. */
	bool (*accepts)(void *data, uint32_t filter, uint32_t object);
	void *data;
};

void points_open(struct points *points);
void points_close(struct points *points);

/* First of `count` new nodes. */
uint32_t points_nodes(struct points *points, uint32_t count);

/* The object, made when it is new. */
uint32_t points_object(struct points *points, enum object_kind kind, const void *what,
    uint32_t which);

/* Node that holds the field of an object, made when missing; or UINT32_MAX. */
uint32_t points_field(struct points *points, uint32_t object, const char *name);
uint32_t points_find_field(const struct points *points, uint32_t object, const char *name);

void points_add(struct points *points, uint32_t node, uint32_t object);
void points_edge(struct points *points, uint32_t from, uint32_t to);
void points_watch(struct points *points, uint32_t node, struct watch watch);

/* Until nothing is left to pass on. */
void points_solve(struct points *points);

/* A map from pairs of numbers. table_insert: false when the key has a value already;
 * table_find: the value, UINT32_MAX when there is none; table_put: its place, UINT32_MAX in it
 * when the key is new, valid until the next change. */
bool table_insert(struct table *table, struct pair key, uint32_t value);
uint32_t table_find(const struct table *table, struct pair key);
uint32_t *table_put(struct table *table, struct pair key);
void table_free(struct table *table);

#endif
