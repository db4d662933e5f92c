/* SPDX-License-Identifier: Apache-2.0 */
/* The C++ and CUDA sources of the trees: which file includes which, what each defines, and
 * which names a definition mentions. */
#ifndef KCALLEES_NATIVE_H
#define KCALLEES_NATIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "cxx/cxx_tokens.h"
#include "base/map.h"
#include "python/tree.h"

enum unit_kind {
	UNIT_FUNCTION, /* also a method */
	UNIT_MACRO,
	UNIT_VARIABLE, /* with a value: may be another name of a kernel */
	UNIT_TEXT      /* a stretch of code that has no name: what a binding binds */
};

/* One mention of a name. */
struct mention {
	const char *name;
	const char *qualifier; /* the last one, Q in A::Q<T>::name; NULL without */
	const char *receiver;  /* x in x.name and x->name, "" when it is no plain name; or NULL */
	int arguments;         /* of a call; -1: none, or not known how many */
	bool called;           /* "(" or template arguments follow */
	bool passed;           /* &name, or all of an argument or a value */
};

/* A definition. */
struct unit {
	const char *name, *scope; /* "ns::Class" without template arguments, "" outside */
	struct unit *same_name;   /* the next unit of this name */
	uint32_t id, file, line, end;
	uint8_t kind;
	bool of_class;            /* the scope's last part is a class */
	bool measured;            /* the next ones are known */
	bool global;              /* a __global__ function, or a macro that makes one */
	bool listed;              /* it has a list of parameters */
	int least, most;          /* parameters that a call must and can give; most -1: any */
	size_t begin;             /* the token after its name; 0: it was not found */
	bool read;                /* the rest is known */
	size_t last;              /* the token after its code */
	bool only_asks;           /* about kernels, launching none: those it names do not run */
	struct mention *mentions;
	size_t mention_count;
	struct unit **texts;      /* code that it holds in strings */
	size_t text_count;
	struct map *aliases;      /* name -> last name of what it stands for, where it is made
	                           * from another: using A = B, B a(...) */
};

/* A set of files or of units. */
struct bits {
	uint64_t *words;
	size_t count; /* words */
};

struct native_file {
	const struct tree_file *file; /* NULL: text that Python holds */
	const char *name;
	char *text;
	size_t length;
	bool is_read, has_includes, has_tags, is_header;
	struct tokens tokens;
	uint32_t *includes;
	size_t include_count, include_capacity;
	struct bits closure;          /* itself and all it includes; empty until asked for */
	bool has_aliases;
	struct map aliases;           /* using A = B anywhere in it */
};

struct names {
	const char **list; /* interned */
	size_t count, capacity;
};

struct native {
	struct native_file **files;
	size_t count, capacity;
	struct map by_base;        /* last part of the name -> struct native_base * */
	struct map units_by_name;  /* -> struct unit *, the first of its chain */
	struct map scopes;         /* last parts of scopes */
	struct map bases, derived; /* of a class's name -> struct names * */
	struct unit **units;
	size_t unit_count, unit_capacity;
	struct arena arena;
	size_t problems;
};

void native_open(struct native *native, const struct tree *tree);
void native_close(struct native *native);

/* Text that Python code holds; copied. Its number. */
uint32_t native_add_text(struct native *native, const char *name, const char *text);

/* The files whose path ends in `path` ("norm.cu", "elementwise/rope.cuh"), whole parts; at
 * most `most`, those first that share most of their path with `near` (may be NULL). */
size_t native_find(const struct native *native, const char *path, const char *near,
    uint32_t *found, size_t most);

/* The file and what it includes, and what that includes, as far as it is in the trees. */
const struct bits *native_closure(struct native *native, uint32_t file);

/* Have the text, or NULL in its place after a warning. */
void native_read(struct native *native, uint32_t file);

const struct tokens *native_tokens(struct native *native, uint32_t file);

/* Learn what the files of the set define. */
void native_define(struct native *native, const struct bits *files);

/* Learn the members up to `read`, or all. */
void unit_measure(struct native *native, struct unit *unit);
void unit_read(struct native *native, struct unit *unit);

/* The name of the kernel that a macro defines where ctags saw a function of the macro's name;
 * NULL when it is no such macro. */
const char *unit_defined_name(struct native *native, const struct unit *unit);

/* Whether its code has the name in it, in any place. */
bool unit_names(struct native *native, const struct unit *unit, const char *name);

/* What the tokens [begin, end) of a file mention. */
struct unit *unit_of_tokens(struct native *native, uint32_t file, const char *name,
    size_t begin, size_t end);

/* What a `using A = B` or `namespace A = B` of the file gives another name: the last name of B,
 * or NULL. */
const char *native_alias(struct native *native, uint32_t file, const char *name);

bool bits_has(const struct bits *bits, size_t index);
bool bits_set(struct bits *bits, size_t index); /* false when it was set */
void bits_add(struct bits *bits, const struct bits *more);
void bits_free(struct bits *bits);

#endif
