/* SPDX-License-Identifier: Apache-2.0 */
/* The table of kernel sources: which packages, torch.ops namespaces, decorators and
 * loaders make a kernel. sources.txt is the built-in table and documents the format. */
#ifndef WARPIPE_SOURCES_H
#define WARPIPE_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum source_how {
	SOURCE_MODULE,
	SOURCE_OPS,
	SOURCE_DECORATOR,
	SOURCE_LOADER,
	SOURCE_METHOD,
};

/* Strings are interned. */
struct source_row {
	const char *source;
	enum source_how how;
	const char *name;
	uint64_t words; /* bits of the words that a file must hold for this row to matter */
};

/* Where a word must stand to say that the file may hold a kernel. */
enum word_place {
	WORD_ANYWHERE,
	WORD_IMPORTED,  /* after `import`, `from`, a comma, a bracket or a quote */
	WORD_NAMESPACE, /* after "ops." or a quote, or imported */
};

struct sources {
	struct source_row *rows;
	size_t count, capacity;
	struct source_word {
		const char *word;
		enum word_place place;
	} words[64];
	size_t word_count;
	uint64_t starts[256]; /* by a word's first byte: bits of the lengths such words have */
};

/* Read the table in `path`, or the built-in one when NULL. Dies, naming file and line,
 * on a line that is not of the format. */
void sources_read(struct sources *sources, const char *path);
void sources_free(struct sources *sources);

/* The row of the package that a dotted module ("flashinfer.norm") is or belongs to; NULL
 * when to none. */
const struct source_row *sources_module(const struct sources *sources, const char *module);

/* The source of a torch.ops namespace ("torch.ops.sgl_kernel") or of a loader's name. */
const char *sources_ops(const struct sources *sources, const char *dotted);
const char *sources_loader(const struct sources *sources, const char *name);

/* The row of a decorator's full dotted name: as in the table, or that below a package
 * which re-exports it ("vendor.compat.triton.jit"). */
const struct source_row *sources_decorator(const struct sources *sources, const char *dotted);

/* Whether calling this method of an object runs a kernel. */
bool sources_runs(const struct sources *sources, const char *method);

/* Whether a file with this text can hold a kernel: looks at identifiers and what stands
 * right before them, parses nothing, and says no to no file that has one. */
bool sources_matter(const struct sources *sources, const char *text, size_t length);

#endif
