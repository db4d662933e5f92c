/* SPDX-License-Identifier: Apache-2.0 */
/* The static evaluator: runs a model's constructors over parsed source, without Python.
 *
 * Rules that callers rely on. Nothing here ends the program for what a model file or a
 * config holds. What cannot be evaluated becomes an unknown value that says why and where;
 * unknowns spread through expressions. A condition that is unknown is taken as not met. An
 * exception unwinds to a handler or to the construction it happened in, which is noted and
 * left half built, so that the rest of the model still comes out. Work is bounded by
 * it->steps and the C stack by it->depth. */
#ifndef DEFGEN_INTERP_H
#define DEFGEN_INTERP_H

#include "base/error.h"
#include "source.h"
#include "value.h"

enum flow { FLOW_NEXT, FLOW_RETURN, FLOW_BREAK, FLOW_CONTINUE, FLOW_RAISE };

/* A module of the sglang tree; its body runs when something in it is first needed. */
struct module {
	const char *name;  /* "sglang.srt.models.llama" */
	const struct py_file *file;
	bool is_package;
	bool ran;
	struct scope globals;
};

/* Where names are looked up. */
struct env {
	struct scope *names;
	struct env *parent;       /* enclosing function, or NULL */
	struct module *module;
	struct value *owner;      /* the class that holds the running method */
	struct value *self;       /* its first argument */
	struct list *yields;      /* of a generator: what it has yielded */
	struct scope outer;       /* names declared global or nonlocal */
	bool is_class;            /* a class body: functions inside do not see its names */
};

struct call {
	struct value **arguments;
	size_t count;
	const char **keywords;    /* interned */
	struct value **values;
	size_t keyword_count;
	struct value *self;       /* of a bound built-in */
	const struct builtin *builtin;
	const struct py_node *node;
	struct module *module;    /* the caller's */
};

/* Something that could not be evaluated or that has no family. */
struct finding {
	enum finding_kind {
		FINDING_UNSUPPORTED, /* the model's list of kernels may lack something */
		FINDING_NO_FAMILY,   /* a kernel that no family of definitions describes */
		FINDING_ASSUMED      /* a condition nobody could evaluate: taken as not met */
	} kind;
	const char *file;
	uint32_t line;
	const char *what, *why;
	struct finding *next;
};

struct kernel;
struct defaults;

/* How the model is run. */
struct run {
	int64_t tp, ep;
};

struct interp {
	struct arena arena;          /* owns every value of this run */
	struct source *source;
	struct run run;
	struct scope modules;
	struct scope builtins, runtime; /* Python's built-ins; sglang's functions by name */
	struct value *config_class, *module_class;
	const struct defaults *defaults;
	struct value *rule_config;   /* the config whose rule is evaluated, or NULL */
	int rules;                   /* rules that wait for others */
	long steps;                  /* left */
	int depth;
	int guards;                  /* enclosing try statements that catch lookups */
	struct value *raised;        /* the exception on its way, or NULL */
	const char *raised_text, *raised_file;
	uint32_t raised_line;
	struct module *module;       /* being executed, for messages */
	uint32_t line;
	struct finding *findings, **findings_end;
	size_t finding_count;
	struct kernel *kernels, **kernels_end;
	bool exhausted;
};

/* `source` and `defaults` are shared and outlive it. */
struct interp *interp_open(struct source *source, const struct defaults *defaults,
    struct run run);
void interp_close(struct interp *it);

/* An unknown with its reason at the current place. */
struct value *unknown(struct interp *it, const char *format, ...) PRINTF_LIKE(2, 3);
void finding_add(struct interp *it, enum finding_kind kind, const char *file, uint32_t line,
    const char *what, const char *why);
const char *interp_text(struct interp *it, const char *format, ...) PRINTF_LIKE(2, 3);

/* Begin an exception; the value to return meanwhile. */
struct value *raise_error(struct interp *it, const char *class, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* True when the work allowed is used up. */
bool step(struct interp *it, long cost);

struct value *eval(struct interp *it, struct env *env, const struct py_node *node);
enum flow exec(struct interp *it, struct env *env, const struct py_node *block,
    struct value **result);
void exec_import(struct interp *it, struct env *env, const struct py_node *node);
void exec_function(struct interp *it, struct env *env, const struct py_node *node);
void assign(struct interp *it, struct env *env, const struct py_node *target,
    struct value *value);
struct value *lookup(struct interp *it, struct env *env, const char *name);

/* Binary and comparison operators by their spelling. */
struct value *operate(struct interp *it, const char *op, struct value *left,
    struct value *right);
struct value *compare(struct interp *it, const char *op, struct value *left,
    struct value *right);
struct value *subscript(struct interp *it, struct value *object, struct value *index);

struct value *attribute(struct interp *it, struct value *object, const char *name);
bool attribute_exists(struct interp *it, struct value *object, const char *name);
void attribute_set(struct interp *it, struct value *object, const char *name,
    struct value *value);

struct value *call_value(struct interp *it, struct value *callee, struct call *call);
struct value *call_simple(struct interp *it, struct value *callee, struct value **arguments,
    size_t count);
struct value *call_argument(const struct call *call, size_t position, const char *keyword);
struct value *bind(struct interp *it, struct value *function, struct value *self);

/* Items of anything that can be looped over, into `out`; false when it is unknown. */
bool iterate(struct interp *it, struct value *value, struct list *out);

/* Modules and what they hold. */
struct module *module_load(struct interp *it, const char *name);
struct value *module_member(struct interp *it, struct module *module, const char *name);
struct value *import_name(struct interp *it, const char *module, const char *name);

/* Classes. */
struct value *class_build(struct interp *it, struct env *env, const struct py_node *node);
struct value *class_builtin(struct interp *it, const char *name, struct value *base);
struct value *class_lookup(const struct class *class, const char *name);
struct value *class_lookup_after(const struct class *class, const struct value *after,
    const char *name);
bool class_is(const struct value *class, const char *name);
struct value *instance_new(struct interp *it, struct value *class);
struct value *instantiate(struct interp *it, struct value *class, struct call *call);
struct value *dataclass_replace(struct interp *it, struct call *call);

/* A built-in function as a value. */
struct value *builtin_value(struct interp *it, const char *name, builtin_function *function,
    const void *data, struct value *self);

/* Tables of built-ins: Python's own, methods of its types, torch, sglang's runtime and
 * its kernel layers. */
void builtins_install(struct interp *it);
void sequences_install(struct interp *it);
struct value *method_of(struct interp *it, struct value *object, const char *name);
struct value *external_call(struct interp *it, const char *name, struct call *call);
struct value *external_attribute(struct interp *it, const char *name);
void runtime_install(struct interp *it);
void layers_install(struct interp *it);
struct value *layer_init(struct interp *it, struct value *self, struct call *call);
void layer_note(struct interp *it, struct value *self, struct call *call);

/* The config as the model's code sees it. `text` is the parsed config.json. */
struct json;
struct value *config_build(struct interp *it, const struct json *config, const char *entry);
struct value *config_default(struct interp *it, struct value *config, const char *key);
struct value *config_missing(struct interp *it, struct value *config, const char *key);

#endif
