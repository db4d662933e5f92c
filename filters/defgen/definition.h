/* SPDX-License-Identifier: Apache-2.0 */
/* The definitions of all models of a run, each once. */
#ifndef DEFGEN_DEFINITION_H
#define DEFGEN_DEFINITION_H

#include "family.h"
#include "base/map.h"
#include "model.h"

/* Where a definition was seen. */
struct use {
	const char *model; /* "deepseek_v3" */
	const char *path, *file;
	uint32_t line;
	int64_t count;
	struct use *next;
};

struct tag;

struct definition {
	const char *name;      /* as written: with _v2 after it after a conflict */
	const char *base;      /* as the family names it */
	const struct family *family;
	struct parameters parameters;
	struct use *uses, **uses_end;
	int64_t tp[8], ep[8];  /* sizes it was made with; 0 after the last */
	const char *differs[8]; /* from what has the base name, or NULL */
	size_t differ_count;
	const char *notes[8];  /* interface differences that do not change what is computed */
	size_t note_count;
	bool exists;           /* the dataset has it already */
	struct tag *others;    /* models that only its file names; tags.h */
	struct tag *lacking;   /* tags of this run that its file has not */
	bool conflicts;
	bool renames;          /* waits for a name beside what exists */
	struct definition *next;
};

/* Something to tell the user, once. */
struct remark {
	const char *model, *file, *what, *why;
	uint32_t line;
	enum finding_kind kind;
	struct remark *next;
};

/* What to make. */
struct wishes {
	bool prefill, decode, speculative, quantized, flashinfer;
	bool per_rank; /* sizes of products and experts that one rank has */
};

struct account;

struct catalogue {
	struct arena arena;
	struct family *families;
	struct wishes wishes;
	struct definition *definitions, **end;
	struct map by_name;    /* name -> struct definition */
	struct remark *remarks, **remarks_end;
	struct map suggestions; /* text -> NULL */
	struct account *accounts; /* one a model and its ranks; account.h */
};

void catalogue_open(struct catalogue *catalogue, struct wishes wishes);
void catalogue_close(struct catalogue *catalogue);

/* Add what one evaluated model uses. `name` is what the user calls it. */
void catalogue_add(struct catalogue *catalogue, struct model *model, const char *name);

/* Add or find a definition. `tp` and `ep` are 0 where the size does not matter. */
struct definition *definition_add(struct catalogue *catalogue, const char *family,
    const struct parameters *parameters, int64_t tp, int64_t ep);

void remark_add(struct catalogue *catalogue, enum finding_kind kind, const char *model,
    const char *file, uint32_t line, const char *what, const char *why);

/* One definition as JSON. */
void definition_write(const struct definition *definition, struct json_writer *writer);

#endif
