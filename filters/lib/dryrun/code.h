/* SPDX-License-Identifier: Apache-2.0 */
/* Answers a child that wants the compiled code of a file: from the cache, else from a
 * compiler, a confined process that runs nothing of what it compiles. */
#ifndef WARPIPE_DRYRUN_CODE_H
#define WARPIPE_DRYRUN_CODE_H

#include "base/text.h"
#include "dryrun/cache.h"
#include "dryrun/process.h"

/* The letter in front of a path (and of source that the compiler is given). */
enum code_way {
	CODE_TREE = 'T',     /* a file of the tree: tests are rewritten, see host/rewrite.py */
	CODE_SITE = 'P',     /* a file of installed packages: compiled as it is */
	CODE_EMBEDDED = 'E', /* a file of ours: compiled as it is */
};

struct code_service {
	char *folder;            /* of the cache, or NULL */
	const char *root, *site; /* real paths; site may be NULL. The caller's */
	bool verbose;
	double seconds;          /* of processor time that a compiler may take */
	struct process compiler; /* started when first needed */
	size_t hits, compiled;
};

void code_open(struct code_service *service);

/* `wanted`: a way and a path. True and marshalled code in `bytes`, or false and the reason.
 * CODE_TREE and CODE_SITE give only what is inside their folder. */
bool code_find(struct code_service *service, const struct text *wanted, int64_t deadline,
    struct text *bytes);

void code_close(struct code_service *service);

#endif
