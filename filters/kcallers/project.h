/* SPDX-License-Identifier: Apache-2.0 */
/* The traced project: modules, classes, functions, and what their code does to values,
 * as short lists of instructions. Syntax trees are gone once a module is lowered. */
#ifndef KCALLERS_PROJECT_H
#define KCALLERS_PROJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "symbols.h"
#include "python/tree.h"

/* A register holds the values of one variable or expression of a function. Registers are
 * flow-insensitive: a name is one register however often it is assigned. */
enum { REGISTER_RETURN = 0, REGISTER_NONE = UINT32_MAX };

enum op {
	OP_MOVE,      /* dst = a */
	OP_GLOBAL,    /* dst = module variable or builtin `name` */
	OP_SETGLOBAL, /* module variable `name` = a */
	OP_FREE,      /* dst = register a of the function that lies b levels out */
	OP_SETFREE,   /* register dst of the function b levels out = a */
	OP_MODULE,    /* dst = module `name` of the tree */
	OP_FROM,      /* dst = what `from import_from import it` binds */
	OP_STAR,      /* every name of module `name` becomes a module variable */
	OP_EXTERNAL,  /* dst = the value outside the tree that `name` spells */
	OP_ATTRIBUTE, /* dst = a.name; text at [b, b + length) */
	OP_SETATTR,   /* a.name = b */
	OP_SUPER,     /* dst = super().name */
	OP_ITEM,      /* dst = a[name], name NULL when not a constant string */
	OP_SETITEM,   /* a[name] = b; with FLAG_LITERAL code[dst] makes the container a */
	OP_ITERATE,   /* dst = each element of a */
	OP_UNPACK,    /* dst = element b of the sequence a */
	OP_CONTAINER, /* dst = a new list, tuple, set or dict; with FLAG_LITERAL only once
	               * an element holds something */
	OP_CALL,      /* dst = a(...), see struct call */
	OP_FUNCTION,  /* dst = a new function object */
	OP_CLASS,     /* dst = the class */
	OP_TORCH_OP,  /* torch.ops gets an operator called `name`, implemented by a */
	OP_NOTHING,   /* taken out */
	OP_UNRESOLVED /* what no static reading resolves: flag enum unresolved */
};

enum unresolved { UNRESOLVED_IMPORT, UNRESOLVED_GETATTR, UNRESOLVED_KINDS };

enum instruction_flags {
	FLAG_DECORATOR = 1,  /* a call that applies a decorator */
	FLAG_OWN = 2,        /* attribute of the method's own first parameter */
	FLAG_CLASS_BODY = 4, /* store made by a class body */
	FLAG_LITERAL = 8,    /* element of a list, tuple or dict display */
	FLAG_DICT = 16       /* a container whose iteration gives keys */
};

/* 40 bytes; lives in its module's arena and is the identity of its call site. */
struct instruction {
	uint8_t op;
	uint8_t flag;
	uint16_t length;
	uint32_t dst, a, b;
	uint32_t line;
	uint32_t guard; /* index in module->guards, 0: none */
	union {
		const char *name;
		struct call *call;
		struct function *function;
		struct class *class;
		struct import_from *import_from;
	};
};

enum argument_kind { ARGUMENT_POSITIONAL, ARGUMENT_KEYWORD, ARGUMENT_STAR, ARGUMENT_STAR_STAR };

struct argument {
	const char *name; /* of a keyword argument */
	uint32_t value;   /* register */
	uint8_t kind;
};

/* How the callee is spelled. */
enum callee_form {
	CALLEE_NAME,   /* a function, class or import of the module */
	CALLEE_LOCAL,  /* a local variable */
	CALLEE_OWN,    /* self.f */
	CALLEE_ATTRIBUTE,
	CALLEE_SUPER,  /* super().f */
	CALLEE_ITEM,   /* f[...] */
	CALLEE_OTHER
};

struct call {
	uint32_t begin, end;               /* the whole call in the source */
	uint32_t callee_begin, callee_end;
	uint32_t count;
	uint32_t launch;                   /* callee is kernel[grid]: register of kernel */
	const char *name;                  /* last name of the callee, or NULL */
	const char *key;                   /* first argument when it is a constant, or NULL */
	enum callee_form form;
	struct argument arguments[];
};

struct import_from {
	const char *module; /* dotted, absolute */
	const char *name;
};

enum term_kind {
	TERM_UNKNOWN,
	TERM_NONE, TERM_TRUE, TERM_FALSE,
	TERM_STRING,    /* name: the string */
	TERM_NAME,      /* name, of a local variable or a module's */
	TERM_ATTRIBUTE, /* name, of parts[0] */
	TERM_CALL,      /* of parts[0], with the others, those by keyword left out */
	TERM_SEQUENCE,  /* a tuple, list or set of the parts */
	TERM_COMPARE,   /* parts[0] and parts[1]; name the operator */
	TERM_NOT, TERM_AND, TERM_OR,
	TERM_IF,        /* parts: test, value, other value */
	TERM_FROM,      /* what `from what import name` binds; what is a module's name */
	TERM_FUNCTION   /* what: struct function * */
};

/* An expression that a condition rests on, kept from the syntax tree. */
struct term {
	uint8_t kind;
	bool local;     /* a name: it is a variable of a function */
	uint32_t value; /* register that holds it, or none */
	const char *name;
	const void *what;
	uint32_t count;
	struct term *parts[];
};

/* `return term`, or what a module's variable is set to, and the condition it stands under. */
struct result {
	const struct term *term;
	uint32_t guard;
};

/* One thing that a condition asks: the test in the source [begin, end) holds or, negated,
 * does not. Of alternatives one must hold; each is a list itself. */
struct ask {
	uint32_t begin, end;
	bool negated;
	uint32_t name_count, any_count;
	const char **names; /* that the test reads, dotted ones whole; each once */
	const struct term *term; /* the test, if there are no alternatives */
	struct ask **any;   /* alternatives, of an `or` or of a negated `and` */
	struct ask *next;   /* which must hold, too */
};

/* What makes code stand under a condition. */
enum guard_why {
	GUARD_IF,           /* it is in a branch: of if, `a if test else b`, `test and a`, match,
	                     * or in a comprehension with an if */
	GUARD_EARLY_RETURN, /* code before it returns, breaks or continues otherwise */
	GUARD_ASSERT,       /* an assert before it, or a raise otherwise */
	GUARD_TRY,          /* in a handler: an exception was raised */
	GUARD_WHYS
};

/* A condition that code stands under, as written in the source. */
struct guard {
	uint32_t outer; /* index of the enclosing guard, 0: none */
	uint32_t begin, end;
	bool negated;   /* in the else branch */
	enum guard_why why;
	const struct ask *asks; /* the same, taken apart */
};

/* What statements set a variable of a function to, or methods of a class an attribute of their
 * instance. */
struct stored {
	uint32_t count;         /* of these statements */
	struct result result;   /* of the last; no term: a value that is not known */
	struct function *function;
	const void *target;     /* where it stands, as long as its function is lowered */
	struct stored *before;  /* that of the statement before */
};

/* The class names an annotation spells: "Optional[Dict[str, a.B]]" is a.B, an element. */
struct annotation {
	uint32_t count;
	struct { const char *name; bool element; } names[];
};

enum parameter_kind {
	PARAMETER_POSITIONAL, /* before '/' */
	PARAMETER_NORMAL,
	PARAMETER_KEYWORD,
	PARAMETER_STAR,
	PARAMETER_STAR_STAR
};

struct parameter {
	const char *name;
	const struct annotation *annotation; /* or NULL */
	uint32_t value; /* register */
	uint32_t fallback; /* register of the default in the defining function */
	uint8_t kind;
	bool optional;
};

enum function_flags {
	FUNCTION_STATIC = 1,
	FUNCTION_CLASSMETHOD = 2,
	FUNCTION_PROPERTY = 4,
	FUNCTION_ABSTRACT = 8,
	FUNCTION_GENERATOR = 16,
	FUNCTION_LAMBDA = 32
};

/* A def, a lambda, or the body of a module. */
struct function {
	const char *name;
	const char *path;          /* "Class.method.inner", "<module>" for a module's body */
	struct module *module;
	struct class *class;       /* whose method it is, or NULL */
	struct class *enclosing;   /* nearest class around it, for super() */
	struct function *outer;    /* nearest function around it; NULL for a module's body */
	uint32_t line;             /* of its def */
	uint32_t first_line;       /* of its first decorator, else of its def */
	uint32_t id;               /* position in project->functions */
	uint32_t registers;
	uint32_t flags;
	uint32_t kernel;           /* kernel's index + 1 when this is a kernel, else 0 */
	struct parameter *parameters;
	uint32_t parameter_count;
	const struct annotation *returns; /* or NULL */
	struct instruction *code;
	uint32_t code_count;
	uint32_t returned;         /* bit i: a call gives back its argument i */
	uint32_t wraps;            /* register of `outer` that a call of it calls, or none */
	struct symbols locals;     /* variable -> struct stored *, `function` NULL */
	struct result *results;    /* what it returns, in source order */
	uint32_t result_count;
	bool *captured;            /* registers that nested functions use; NULL: none */
	struct function *next;     /* in its module */
	struct function *sibling;  /* next method of its class, in source order */
	struct function *overload; /* another method of that name in the same class */
};

enum class_flags {
	CLASS_NEW = 1,      /* the class or a base of it defines __new__ */
	CLASS_EXTERNAL = 2  /* a base is not in the tree */
};

/* A variable of a class body. */
struct class_field {
	const char *name;
	const struct annotation *annotation; /* or NULL */
	bool assigned;
	bool of_instance; /* by `self.name: type` in a method alone */
	struct class_field *next;
};

struct class {
	const char *name;
	const char *path;
	struct module *module;
	struct function *outer;    /* function whose code makes the class */
	uint32_t line;
	uint32_t id;               /* position in project->classes */
	uint32_t flags;
	uint32_t *bases;           /* registers of `outer` */
	uint32_t base_count;
	struct symbols methods;    /* name -> struct function * */
	struct function *method_list;
	struct symbols fields;     /* name -> struct class_field * */
	struct class_field *field_list; /* in source order */
	struct symbols stores;     /* name -> struct stored * */
	struct class **mro;        /* itself first; set by hierarchy_resolve */
	uint32_t mro_count;
	struct class **subclasses; /* direct ones, in order */
	uint32_t subclass_count;
	size_t subclass_capacity;
	struct class *next;        /* in its module */
	const char **externals;    /* dotted names of bases outside the tree, transitively */
	uint32_t external_count;
};

/* A variable of a module. */
struct variable {
	const char *name;
	uint32_t index; /* among the module's */
	uint32_t set;   /* how many statements of the module set it */
	struct result result; /* of the last that did */
	uint32_t begin, end;  /* its value in the source */
};

struct module {
	const char *name;          /* dotted; NULL: not importable */
	const char *file;          /* as shown to users */
	uint32_t id;
	bool package;
	bool stars;                /* its body imports all names of some module */
	bool test;                 /* below a test or benchmark folder */
	bool used;                 /* imported by the model, see closure.h */
	bool foreign;              /* of a package that is a kernel source */
	char *source;              /* owned, kept for the text of calls and guards */
	size_t length;
	struct arena arena;        /* owns all that lowering makes */
	struct function *body;
	struct function *functions, **functions_end;
	struct class *classes, **classes_end;
	struct symbols others;     /* attributes that it sets of objects but a method's own */
	struct need { const char *package; struct need *next; } *needs; /* outside packages that
	                            * it imports before anything else can happen */
	struct symbols variables;  /* name -> struct variable * */
	uint32_t variable_count;
	struct guard *guards;      /* [0] is unused */
	uint32_t guard_count;
	size_t guard_capacity;
	uint32_t nodes;            /* first node of the variables in a points-to graph */
};

struct project {
	struct module *modules;
	size_t module_count;
	struct symbols by_name;    /* module name -> struct module * */
	struct symbols packages;   /* every dotted prefix of a module's name */
	struct function **functions;
	size_t function_count;
	struct class **classes;
	size_t class_count;
	size_t problems;           /* files that could not be read or parsed */
};

struct module *project_module(const struct project *project, const char *name);

/* True for a module or a folder of modules of the tree. */
bool project_has(const struct project *project, const char *name);

struct variable *module_variable_place(struct module *module, const char *name);

/* What one statement alone sets the name to that the module has, through imports: the variable,
 * and its module. NULL when there is none. `depth` is 0. */
const struct variable *project_variable(const struct project *project,
    const struct module **module, const char *name, unsigned depth);

/* Index of the module's variable; made when missing. */
uint32_t module_variable(struct module *module, const char *name);

/* The method or class variable `name` of the first class along the MRO that has one,
 * from position `from` on; NULL when there is none. */
struct class *class_find(const struct class *class, const char *name, uint32_t from);
struct function *class_method(const struct class *class, const char *name);
bool class_is(const struct class *class, const struct class *base);

/* Key of a position in a sequence; no constant string is spelled so. */
const char *position_key(unsigned position);

/* Source text [begin, end) on one line, white space collapsed; in `arena`. */
const char *module_text(const struct module *module, struct arena *arena, uint32_t begin,
    uint32_t end);

void project_free(struct project *project);

#endif
