/* SPDX-License-Identifier: Apache-2.0 */
/* The flow of values through the whole project: flow-insensitive, each method once for
 * every class of receiver, all instances of a class as one object. Its result is the call
 * graph. The parts share struct flow. */
#ifndef KCALLERS_FLOW_H
#define KCALLERS_FLOW_H

#include "names.h"
#include "trace/kinds.h"

enum { NO_CONTEXT = UINT32_MAX, NO_OBJECT = UINT32_MAX, NO_NODE = UINT32_MAX };

/* A function, analysed for one class of receiver. */
struct context {
	struct function *function;
	uint32_t receiver; /* object, NO_OBJECT for plain functions */
	uint32_t outer;    /* context of the enclosing function, or NO_CONTEXT */
	uint32_t nodes;    /* node of register 0 */
	uint32_t arguments, keywords; /* containers of *args and **kwargs, or NO_OBJECT */
	bool reached;      /* from a root, set by graph_open */
};

/* A call edge, or a hit when `kernel` is not 0. */
struct call_edge {
	const struct instruction *site;
	uint32_t caller;
	uint32_t callee;   /* context; NO_CONTEXT for a hit */
	uint32_t kernel;   /* index + 1 */
	uint32_t causes;   /* first of its causes, 0: none */
	uint8_t via;
};

/* That the callee, or what leads to it, is an object at a node. */
struct call_cause {
	uint32_t node, object, next;
};

/* Code that makes an instance. */
struct construction {
	const struct class *class;
	uint32_t context, guard;
	uint32_t node, object; /* where the class is */
};

/* What an annotation admits. */
struct filter {
	struct class **classes;
	uint32_t count;
	bool functions, containers;
};

/* A field of instances that code reads. */
struct field_load {
	const struct class *class;
	const char *name;
	uint32_t node;
};

struct flow {
	struct points points;
	struct project *project;
	const struct names *names;
	const struct kernels *kernels;
	const struct externals *externals;
	struct context *contexts;
	size_t context_count, context_capacity;
	struct table context_table;
	struct call_edge *edges;
	size_t edge_count, edge_capacity;
	struct call_cause *causes;        /* [0] is unused */
	size_t cause_count, cause_capacity;
	struct construction *constructions;
	size_t construction_count, construction_capacity;
	struct table edge_table;     /* call edge -> its index */
	struct table called, partials;
	uint32_t *class_contexts;    /* class id -> context that defines it */
	struct symbols torch_ops;    /* operator -> node + 1 */
	struct filter *filters;      /* [0] is unused */
	size_t filter_count, filter_capacity;
	struct table filter_table;   /* annotation -> its filter */
	struct field_load *fields;
	size_t field_count, field_capacity;
	struct table field_seen;
	bool left_out;               /* arguments of a call beyond MOST_ARGUMENTS, names too deep */
	uint32_t identity;           /* the object that returns what it is called with */
	struct words {               /* names the rules ask for, interned once */
		const char *call, *forward, *init, *new, *apply, *class, *getitem, *setitem,
		    *iter, *any, *element, *func, *staticmethod;
	} words;
};

enum flow_watch {
	FLOW_ATTRIBUTE, FLOW_SETATTR, FLOW_ITEM, FLOW_SETITEM, FLOW_ITERATE, FLOW_CALL,
	FLOW_BIND_CLASS, FLOW_SELF_ARGUMENT, FLOW_STAR, FLOW_STAR_STAR, FLOW_EXTEND, FLOW_TYPE,
	FLOW_APPEAR
};

/* An argument of a call: the node that holds it, NO_NODE when it is nothing of interest. */
struct value {
	uint32_t node;
	uint8_t kind; /* enum argument_kind */
	const char *name;
};

enum { MOST_ARGUMENTS = 128 };

struct values {
	unsigned count;
	struct value list[MOST_ARGUMENTS];
};

/* Where a call is made and what it binds. */
struct site_of_call {
	const struct instruction *instruction;
	uint32_t context;
	uint32_t result; /* node, or NO_NODE */
	uint8_t via;     /* VIAS: to be found from the callee */
};

/* flow.c */
void flow_open(struct flow *flow, struct project *project, const struct names *names,
    const struct kernels *kernels, const struct externals *externals);
void flow_close(struct flow *flow);

/* Analyse instances of the class as if some code made one. */
void flow_add_instance(struct flow *flow, struct class *class);

/* Solve to the fixed point, with annotations standing in for what nothing assigns. */
void flow_solve(struct flow *flow);

/* context.c */
uint32_t context_get(struct flow *flow, struct function *function, uint32_t receiver,
    uint32_t outer);
uint32_t context_of_method(struct flow *flow, struct function *method, uint32_t receiver);
uint32_t context_node(const struct flow *flow, uint32_t context, uint32_t value);
void flow_make_live(struct flow *flow, uint32_t instance);

/* attribute.c: let object.name flow to a node; store a node to object.name */
void attribute_load(struct flow *flow, const struct site_of_call *site, uint32_t object,
    const char *name);
void attribute_store(struct flow *flow, uint32_t object, const char *name, uint32_t from);
void attribute_super(struct flow *flow, uint32_t context, const struct instruction *code);
void attribute_bind(struct flow *flow, uint32_t object, uint32_t receiver, uint32_t to);

/* call.c */
void call_notify(struct flow *flow, const struct watch *watch, uint32_t object);
void call_notify_self(struct flow *flow, const struct watch *watch, uint32_t object);
void call_object(struct flow *flow, const struct site_of_call *site, uint32_t object,
    const struct values *values);
void call_values(struct flow *flow, uint32_t context, const struct instruction *code,
    struct values *values);
bool call_add_edge(struct flow *flow, const struct site_of_call *site, uint32_t callee,
    uint32_t kernel, enum via via);

/* bind.c: parameters */
bool bind_accepts(const struct function *function, bool bound, const struct values *values);
void bind_call(struct flow *flow, const struct site_of_call *site, struct function *function,
    uint32_t receiver, uint32_t outer, const struct values *values, enum via via);
void bind_star(struct flow *flow, uint32_t callee, uint32_t first, uint32_t container);
void bind_star_star(struct flow *flow, uint32_t callee, uint32_t container);
void bind_fields(struct flow *flow, uint32_t instance, const struct values *values);

/* container.c */
uint32_t container_new(struct flow *flow, const void *what, uint32_t context);
void container_appear(struct flow *flow, uint32_t container, uint32_t node);
void container_store(struct flow *flow, uint32_t container, const char *key, uint32_t from);
void container_load(struct flow *flow, uint32_t container, const char *key, uint32_t to);
void container_copy(struct flow *flow, uint32_t from, uint32_t to);
bool container_like(const struct flow *flow, uint32_t object);
bool container_has_method(const char *name);
void container_call(struct flow *flow, const struct site_of_call *site, uint32_t method,
    const struct values *values);
void container_watch_elements(struct flow *flow, uint32_t from, uint32_t to,
    const struct site_of_call *site);

/* outside.c */
void outside_call(struct flow *flow, const struct site_of_call *site, uint32_t object,
    const struct values *values);

/* annotate.c */
uint32_t annotate_filter(struct flow *flow, const struct module *module,
    const struct annotation *annotation);
void annotate_field(struct flow *flow, uint32_t instance, const char *name, uint32_t node);
bool annotate_accepts(void *flow, uint32_t filter, uint32_t object);
bool annotate_fall_back(struct flow *flow);

#endif
