/* SPDX-License-Identifier: Apache-2.0 */
/* From one module's syntax tree to instructions. The parts share struct lowering. */
#ifndef KCALLERS_LOWER_H
#define KCALLERS_LOWER_H

#include "external.h"
#include "points.h"
#include "project.h"
#include "python/py.h"

/* Fill `module` from its syntax tree. Reads nothing of the project but which modules
 * there are, so that several threads may lower different modules. */
void module_lower(struct module *module, const struct py_file *file,
    const struct project *project, const struct externals *externals);

/* What a name is bound to in one scope. */
struct scope_name {
	uint32_t value;       /* register, in function and comprehension scopes */
	const char *external; /* dotted name when every binding is that import */
	bool mixed;           /* bound in other ways, too */
	bool variable;        /* by assignment, or as a parameter */
	bool global, nonlocal;
};

struct lowering_scope {
	const struct py_node *node; /* see py_bindings */
	struct lowering_scope *outer;
	struct builder *builder;
	struct symbols names;   /* name -> struct scope_name *, in the module's arena */
	struct class *class;    /* of a class scope */
	uint32_t guard;         /* that the scope as a whole stands under */
	uint32_t class_value;   /* register that holds the class */
};

/* A function whose code is being made. */
struct builder {
	struct function *function;
	struct builder *outer;
	struct instruction *code;
	size_t count, capacity;
	struct symbols loaded;  /* module variable -> register + 1, as a pointer */
	uint32_t generator;     /* register of the list of what it yields */
	struct result *results;
	size_t result_count, result_capacity;
};

struct lowering {
	struct module *module;
	const struct py_file *file;
	const struct project *project;
	const struct externals *externals;
	struct lowering_scope *scope;
	struct builder *builder;
	uint32_t guard;
	struct table values;    /* expression -> its register */
	bool has_star;          /* a star import can bind any name */
};

/* lower.c: registers and instructions */
void lower_finish(struct lowering *lowering, struct builder *builder);
uint32_t lower_register(struct lowering *lowering);
struct instruction *lower_emit(struct lowering *lowering, enum op op, uint32_t line);
/* Bytes of the node's text; 0 when they are more than an instruction can say. */
uint16_t lower_length(const struct py_node *node);
void lower_move(struct lowering *lowering, uint32_t dst, uint32_t from, uint32_t line);
uint32_t lower_container(struct lowering *lowering, uint8_t flags, uint32_t line);
void lower_set_item(struct lowering *lowering, uint32_t container, const char *key,
    uint32_t value, uint32_t line);
void lower_element(struct lowering *lowering, uint32_t made, const char *key, uint32_t value,
    uint32_t line);

/* lower_names.c: scopes */
void scope_enter(struct lowering *lowering, struct lowering_scope *scope,
    const struct py_node *node);
void scope_leave(struct lowering *lowering);
void scope_collect(struct lowering *lowering); /* bind what the current scope binds */
/* What is known of a name in the current scope, made when absent. */
struct scope_name *scope_binding(struct lowering *lowering, const char *name);
/* The current scope, or where that is a comprehension's the one its code belongs to. */
const struct lowering_scope *lower_code_scope(const struct lowering *lowering);
uint32_t lower_load(struct lowering *lowering, const char *name, uint32_t line);
void lower_store_name(struct lowering *lowering, const char *name, uint32_t value,
    uint32_t line);
const char *lower_external(struct lowering *lowering, const struct py_node *expression);
bool lower_is_builtin(struct lowering *lowering, const struct py_node *name, const char *what);
bool lower_is_local(struct lowering *lowering, const char *name);
/* Whether a name is bound by a function around the code, in whatever way. */
bool lower_is_in_function(struct lowering *lowering, const char *name);
/* Whether a module, by its absolute name, is not of the tree that is traced. */
bool lower_is_outside(const struct lowering *lowering, const char *module);
const char *lower_import_target(const struct lowering *lowering, const struct py_node *from);

/* lower_guard.c. Each makes a guard within the current one; the caller sets lowering->guard
 * to it and back. */
uint32_t lower_guard(struct lowering *lowering, const struct py_node *test, bool negated,
    enum guard_why why);
uint32_t lower_guard_case(struct lowering *lowering, const struct py_node *pattern,
    const struct py_node *subject);
uint32_t lower_guard_handler(struct lowering *lowering, const struct py_node *handler);

/* lower_term.c: what a condition rests on, once it is lowered. Never NULL. */
const struct term *lower_term(struct lowering *lowering, const struct py_node *node);
/* `return node`; NULL: nothing is given back. */
void lower_result(struct lowering *lowering, const struct py_node *node);
/* What is known of a variable of the current function. */
struct stored *lower_local(struct lowering *lowering, const char *name);
struct stored *lower_local_of(struct lowering *lowering, struct function *function,
    const char *name);
/* A statement sets the target, an attribute, to the value; NULL: to one that is not known, unless
 * it was noted just before. */
void lower_note_store(struct lowering *lowering, const struct py_node *target,
    const struct py_node *value);
/* What a statement of the module or function sets its variable to, before it is stored there. */
void lower_set_variable(struct lowering *lowering, const char *name, const struct term *term);
struct term *lower_new_term(struct lowering *lowering, enum term_kind kind, const char *name,
    uint32_t count);

/* Whether no statement after these is reached from them: they return, raise or jump. */
bool lower_leaves(const struct py_node *body);

/* Sets lowering->guard to what holds for the statements after this PY_IF. */
void lower_rest(struct lowering *lowering, const struct py_node *branch);

/* lower_expression.c */
uint32_t lower_expression(struct lowering *lowering, const struct py_node *node);
void lower_each(struct lowering *lowering, const struct py_node *list);
void lower_store(struct lowering *lowering, const struct py_node *target, uint32_t value);
bool lower_is_own(const struct lowering *lowering, const struct py_node *object);

/* lower_call.c */
uint32_t lower_call(struct lowering *lowering, const struct py_node *node);
void lower_apply(struct lowering *lowering, const struct py_node *decorator, uint32_t callee,
    uint32_t value);

/* lower_function.c */
uint32_t lower_function(struct lowering *lowering, const struct py_node *node);
uint32_t lower_lambda(struct lowering *lowering, const struct py_node *node);
uint32_t lower_class(struct lowering *lowering, const struct py_node *node);
const struct annotation *lower_annotation(struct lowering *lowering, const struct py_node *node);
void lower_field(struct lowering *lowering, struct class *class, const char *name,
    const struct py_node *annotation, bool assigned);

/* lower_statement.c: lower_body leaves lowering->guard at what holds after the statements. */
void lower_body(struct lowering *lowering, const struct py_node *body);

#endif
