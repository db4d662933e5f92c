/* SPDX-License-Identifier: Apache-2.0 */
/* The account of a model: what of it its definitions cover, and what not.
 *
 * Layers: those that the config says, against those that hold something that attends or scans
 * over the sequence, by its kind. A layer whose class has nothing of the kind anywhere, in a
 * model that has such layers elsewhere, only feeds forward.
 * Parameters: elements of the modules that became definitions against those of all modules;
 * embeddings of tokens, which are looked up, are apart. */
#ifndef DEFGEN_ACCOUNT_H
#define DEFGEN_ACCOUNT_H

#include "definition.h"
#include "json/json_writer.h"

/* A place whose parameters no definition covers. */
struct account_gap {
	const char *path, *class, *file;
	uint32_t line;
	int64_t parameters;
	struct account_gap *next;
};

/* Layers of one kind of mixer. */
struct account_kind {
	const char *name;
	int64_t layers;
	bool described; /* by definitions */
	struct account_kind *next;
};

struct account {
	const char *model, *class;
	int64_t tp, ep;
	int64_t layers;       /* that the config says */
	int64_t found;        /* that the model has */
	struct account_kind *kinds;
	const char *bare;     /* layers without a mixer, as text; "" when there are none */
	int64_t covered, parameters; /* of one rank */
	struct account_gap *gaps; /* largest first */
	bool made;     /* no constructor stopped */
	bool complete;
	struct account *next;
};

/* Draw up the account of a model whose definitions have been made. */
void account_add(struct catalogue *catalogue, const struct model *model, const char *name);

void account_write(const struct account *account, struct json_writer *writer);

/* One warning for each account that is not complete; their count. */
size_t account_warn(const struct catalogue *catalogue);

#endif
