/* SPDX-License-Identifier: Apache-2.0 */
/* What an expression of a model file can be worth: Python's values as far as model
 * constructors need them, and two of our own, unknown and unset. */
#ifndef DEFGEN_VALUE_H
#define DEFGEN_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "python/py.h"

enum value_kind {
	VALUE_UNKNOWN,  /* could not be evaluated; says why and where. False as a condition */
	VALUE_UNSET,    /* a run option nobody set (a server flag): false, equal to None */
	VALUE_NONE,
	VALUE_BOOL,
	VALUE_INT,
	VALUE_FLOAT,
	VALUE_STRING,
	VALUE_LIST,
	VALUE_TUPLE,
	VALUE_SET,
	VALUE_DICT,
	VALUE_FUNCTION,
	VALUE_METHOD,   /* a function bound to its first argument */
	VALUE_BUILTIN,
	VALUE_CLASS,
	VALUE_INSTANCE,
	VALUE_MODULE,
	VALUE_EXTERNAL, /* a name of a package that is not followed, as "torch.float32" */
	VALUE_TENSOR,   /* a tensor or parameter: only its shape is kept */
	VALUE_SUPER,
	VALUE_SLICE
};

struct interp;
struct call;
struct value;

/* Names to values, in the order they were first set. Keys are interned. */
struct scope {
	const char **keys;
	struct value **values;
	uint32_t *slots; /* index + 1 */
	uint32_t count, capacity, slot_count;
};

struct list {
	struct value **items;
	size_t count, capacity;
};

struct dict {
	struct list keys, values;
};

struct function {
	const struct py_node *node; /* PY_FUNCTION or PY_LAMBDA */
	struct module *module;
	struct env *closure;
	struct value *owner;        /* the class whose body it stands in, or NULL */
	struct list defaults;       /* one a parameter; NULL where there is none */
	enum { FUNCTION_PLAIN, FUNCTION_STATIC, FUNCTION_CLASS, FUNCTION_PROPERTY } kind;
	bool generates;
};

struct bound {
	struct value *function, *self;
};

typedef struct value *builtin_function(struct interp *it, struct call *call);

struct builtin {
	const char *name;
	builtin_function *function;
	const void *data;    /* for functions that share one body */
	struct value *self;  /* bound methods of lists, strings, ... */
	struct list arguments;              /* functools.partial */
	const char **keywords;
	struct value **keyword_values;
	size_t keyword_count;
};

struct class {
	const char *name;
	struct module *module;
	const struct py_node *node; /* NULL for built-in classes */
	struct list bases;
	struct list mro;            /* itself first */
	struct scope attributes;
	const struct layer *layer;  /* what its instances are recorded as, or NULL */
	bool is_enum, is_dataclass, has_external_base, is_module;
	bool is_options;            /* what an instance does not hold is an unset option */
};

struct instance {
	struct value *class;
	struct scope attributes;
	struct list items;          /* of ModuleList and Sequential; keys in `attributes` too */
	struct kernel *kernel;      /* what it was recorded as, or NULL */
	struct module *module;      /* where it was constructed */
	uint32_t line;
	int64_t full_size;          /* a norm's width as it was constructed with, or 0 */
	bool visited;               /* the walk over the module tree has been here */
	bool is_top;                /* the whole config: core sizes are not filled in */
	bool is_config;             /* missing attributes are keys that the config lacks */
};

/* Why something is unknown. */
struct reason {
	const char *text;
	const char *file; /* as shown to users */
	uint32_t line;
	const char *key;  /* the config key that is missing, or NULL */
};

struct value {
	enum value_kind kind;
	union {
		int64_t integer;     /* also 0 or 1 of a bool */
		double number;
		struct { const char *text; size_t length; } string;
		struct list list;    /* list, tuple, set; sizes of a tensor */
		struct dict dict;
		struct function *function;
		struct bound bound;
		struct builtin *builtin;
		struct class *class;
		struct instance *instance;
		struct module *module;
		const char *external; /* interned dotted name */
		struct reason *reason;
		struct { struct value *class, *self; } super;
		struct { struct value *lower, *upper, *step; } slice;
	};
};

/* Looks up and sets; the value's place or NULL. */
struct value *scope_get(const struct scope *scope, const char *interned);
void scope_set(struct arena *arena, struct scope *scope, const char *interned,
    struct value *value);
void scope_remove(struct scope *scope, const char *interned);

struct value *value_none(void);
struct value *value_bool(bool truth);
struct value *value_int(struct arena *arena, int64_t integer);
struct value *value_float(struct arena *arena, double number);
struct value *value_string(struct arena *arena, const char *text, size_t length);
struct value *value_text(struct arena *arena, const char *text);
struct value *value_list(struct arena *arena, enum value_kind kind);
struct value *value_dict(struct arena *arena);
struct value *value_external(struct arena *arena, const char *name);
struct value *value_unset(void);

void list_add(struct arena *arena, struct list *list, struct value *item);
struct value *dict_get(const struct dict *dict, const struct value *key);
struct value *dict_get_text(const struct dict *dict, const char *key);
void dict_set(struct arena *arena, struct dict *dict, struct value *key, struct value *value);

/* Python's truth; an unknown is false and the caller asks value_is_unknown first. */
bool value_truth(const struct value *value);
bool value_is_unknown(const struct value *value);
bool value_equal(const struct value *left, const struct value *right);

/* Whole numbers: ints and bools. */
bool value_integer(const struct value *value, int64_t *integer);
bool value_number(const struct value *value, double *number);
bool value_is_string(const struct value *value, const char *text);

/* Short text for messages: "32", "'silu'", "a list". */
const char *value_show(struct arena *arena, const struct value *value);

/* As str() gives it. */
const char *value_str(struct arena *arena, const struct value *value);

#endif
