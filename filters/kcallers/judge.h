/* SPDX-License-Identifier: Apache-2.0 */
/* Judges which call edges can be on one chain: what a condition says about the run that it
 * holds in (its platform, phase, options, model), and what follows for every value from where
 * it comes from. Whatever is not known excludes nothing. */
#ifndef KCALLERS_JUDGE_H
#define KCALLERS_JUDGE_H

#include "facts.h"
#include "flow.h"
#include "model.h"

/* A question about one of the subclasses of a base class. */
struct judge_one {
	const struct class *base;
	uint32_t question;     /* its last answer is None */
	const struct class **classes;
	size_t count, capacity;
	uint32_t *left;        /* by class: the fact that it is there */
};

struct judge {
	struct flow *flow;
	const struct model *model;
	struct facts facts;
	struct symbols set_by_others; /* attributes that code of other objects sets */
	uint32_t platform, top;  /* questions */
	struct map functions;    /* name -> struct predicate * */
	struct map modes;        /* "class id, subject" -> question + 1 */
	struct map choices;      /* name of the option -> struct choice * */
	struct map sources;      /* kernel source -> fact + 1 */
	struct map same;         /* subject -> struct map *: "" -> question + 1, string -> answer + 1 */
	struct map others;       /* attribute -> 2 if of other models' configurations, else 1 */
	struct map keys;         /* value of an option -> fact + 1 that it is, 0 if of several */
	struct table keyed;      /* container -> how many of its keys are values of an option, and
	                          * 65,536 for each that is none */
	struct map asks_class;   /* attribute that names the top class */
	struct judge_one *ones;
	size_t one_count, one_capacity;
	uint32_t *functions_facts; /* by function: where it is and how it is registered */
	uint32_t *contexts;      /* by context */
	uint32_t *instances;     /* by class: of what makes its instances */
	uint32_t *constructed;   /* by class: what its constructor needs to come to an end */
	uint32_t *edges;         /* by call edge */
	uint32_t *calls;         /* by context: of the calls of it; NULL: not known yet */
	struct table terms, guards; /* what was judged already */
	unsigned depth;
	/* By node, from first[node] on: its objects in order, and the fact that they are there. */
	size_t *first;
	uint32_t *objects, *there;
	bool known;              /* the latter are known */
};

enum { JUDGE_STRINGS = 16 };

void judge_open(struct judge *judge, struct flow *flow, const struct model *model);
void judge_close(struct judge *judge);

/* The fact that the edge is taken, or that the kernel exists, or that the model's top is
 * called. */
uint32_t judge_edge(const struct judge *judge, uint32_t edge);
uint32_t judge_source(const struct judge *judge, const char *source);
uint32_t judge_top(struct judge *judge, const struct class *top);

/* judge_rules.c: what is known of frameworks, from dimensions.txt. */
enum { PREDICATE_EXACT = 1 };
struct predicate {
	uint32_t holds;  /* fact, where the function answers true */
	uint32_t fails;  /* where it answers false */
};
void judge_read_rules(struct judge *judge);
void judge_free_rules(struct judge *judge);

/* judge_model.c: whether a class or an attribute is of the configuration of another model; the
 * fact that a subject is a string, or the top class is called so, or is not. */
bool judge_other_config(const struct judge *judge, const struct class *class);
bool judge_other_attribute(struct judge *judge, const char *name);
uint32_t judge_same(struct judge *judge, const char *subject, const char *string, bool equal);
uint32_t judge_top_called(struct judge *judge, const char *name, bool is);

/* judge_terms.c: the fact that the condition of the module holds in the context. */
uint32_t judge_guard(struct judge *judge, uint32_t context, uint32_t guard);
const struct judge_one *judge_one_of(const struct judge *judge, const struct class *class);
uint32_t judge_there(const struct judge *judge, uint32_t node, uint32_t object);
uint32_t judge_context_of(struct judge *judge, const struct function *function,
    uint32_t receiver, uint32_t outer);

#endif
