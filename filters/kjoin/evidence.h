/* SPDX-License-Identifier: Apache-2.0 */
/* Which chains a stack seen in the trace can be. */
#ifndef KJOIN_EVIDENCE_H
#define KJOIN_EVIDENCE_H

#include "candidates.h"
#include "chains.h"
#include "trace.h"

/* A chain, as far as the stack shows it. */
struct sighting {
	int32_t chain;
	uint32_t from; /* index of the innermost frame that the stack has: 0 for all */
};

/* What one stack shows for one class of kernels. */
struct sightings {
	struct sighting *list; /* one for each site; none when no chain fits */
	size_t count, capacity;
};

/* What is the same for all stacks; opened for one trace. */
struct evidence {
	const struct chains *chains;
	const struct trace *trace;
	const struct callees *callees;
	struct map files;    /* the chains' file of a trace's file, or NULL */
	struct map functions; /* of the chains, by file and name: struct begins * */
	struct seen_frame **frames; /* by stack */
	size_t *model_frame; /* by stack: its innermost frame in a file that calls ops */
	struct candidates *named; /* by class: what its name tells, once asked for */
	bool *is_named;           /* by class */
	struct map found;    /* sightings by class and stack, once asked for */
	size_t files_in_tree; /* of files */
	size_t frames_seen;    /* distinct frames of functions that the chains have */
	size_t frames_in_tree; /* of these, that begin at the very line */
};

void evidence_open(struct evidence *evidence, const struct chains *chains,
    const struct callees *callees, const struct trace *trace);

/* The chains that end in the same calls as the stack, those of them that go deepest into it,
 * for a kernel of this class (an index into trace->classes). Valid until evidence_close. */
const struct sightings *evidence_find(struct evidence *evidence, int32_t stack, uint32_t class);

/* The file of the trees that a trace's file is; NULL when it is none. */
const char *evidence_file(const struct evidence *evidence, const char *file);

/* The trace has Python frames, but none of them in a file of the chains: it ran other code. */
bool evidence_is_foreign(const struct evidence *evidence);

/* Path components in a row that this file of the trees shares with some file of the trace's
 * stacks: most for files of the package that ran. */
size_t evidence_nearness(const struct evidence *evidence, const char *path);

/* Whether some stack of the trace has this forward itself. */
bool evidence_shows(const struct evidence *evidence, const struct root *root);

void evidence_close(struct evidence *evidence);

#endif
