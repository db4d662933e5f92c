/* SPDX-License-Identifier: Apache-2.0 */
/* What an expression of Python code can be, as far as the code shows: functions, classes,
 * objects, and libraries of native code that the code builds or loads. */
#ifndef KCALLEES_VALUE_H
#define KCALLEES_VALUE_H

#include "scope.h"

enum value_kind {
	VALUE_FUNCTION, /* scope: its own; receiver: class of the object it is bound to */
	VALUE_CLASS,    /* scope: its own */
	VALUE_INSTANCE, /* scope: its class's */
	VALUE_MODULE,   /* scope: its own */
	VALUE_EXTERNAL, /* name: dotted, of what is not followed */
	VALUE_LIBRARY,  /* scope: of the function that names the native sources */
	VALUE_EXPORT,   /* the same, and name: of a function in it; NULL: not known which */
	VALUE_SPACE,    /* node: a call with keywords that makes a namespace; scope, receiver:
	                 * where it stands */
	VALUE_TEXT      /* name: a string */
};

struct code_value {
	enum value_kind kind;
	const struct py_node *node;
	const struct code_scope *scope, *receiver;
	const char *name;
};

enum { MOST_VALUES = 24 };

/* No value twice; what is more than fits is left out, and said in the end record. */
struct code_values {
	struct code_value list[MOST_VALUES];
	size_t count;
};

/* Which names end the path of a native source's file. */
bool is_native_path(const char *text);

struct evaluator {
	struct modules *modules;
	const char **packages;  /* whose functions are followed: a module or what is below it */
	size_t package_count, package_capacity;
	struct map results;     /* (node, receiver) -> struct code_values * */
	struct map starred;     /* (module, name) -> struct code_values * */
	struct map makers;      /* function node -> whether it names native sources */
	unsigned depth;
	bool left_out;          /* some value had no place */
};

void evaluator_open(struct evaluator *evaluator, struct modules *modules);
void evaluator_close(struct evaluator *evaluator);

/* Follow what is in this module and below it. */
void evaluator_allow(struct evaluator *evaluator, const char *package);

/* Adds what `node`, in the function or class or module `scope`, can be; `receiver` is the
 * class of the object that a method runs on, or NULL. */
void evaluate(struct evaluator *evaluator, const struct py_node *node,
    const struct code_scope *scope, const struct code_scope *receiver, struct code_values *values);

/* Adds what the name is in a module, as seen by an importer. */
void evaluate_member(struct evaluator *evaluator, const char *module, const char *name,
    struct code_values *values);

/* Adds the method of a class or of its bases, bound to an object of `receiver`. */
void evaluate_method(struct evaluator *evaluator, const struct code_scope *class, const char *name,
    const struct code_scope *receiver, struct code_values *values);

/* Whether a call has keywords and nothing else: where its function is not known, it is taken
 * to make a namespace of them. */
bool is_keyworded(const struct py_node *call);

/* The classes that the class is derived from, as VALUE_CLASS. */
void evaluate_bases(struct evaluator *evaluator, const struct code_scope *class,
    struct code_values *values);

#endif
