/* SPDX-License-Identifier: Apache-2.0 */
/* What C, C++ and CUDA sources define, as universal-ctags sees it. */
#ifndef WARPIPE_TAGS_H
#define WARPIPE_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "python/tree.h"

enum tag_kind { TAG_FUNCTION, TAG_MACRO, TAG_VARIABLE, TAG_CLASS };

/* One definition. */
struct tag {
	const char *name;  /* without scope and template arguments */
	const char *scope; /* "ns::Class", "" outside; namespaces without a name are left out */
	size_t file;       /* index in the files asked for */
	uint32_t line;     /* of the name, from 1 */
	uint32_t end;      /* last line; `line` where ctags does not tell */
	enum tag_kind kind;
	bool of_class;     /* the scope's last part is a class, struct or union */
	const char *bases; /* of a class: "A<int>,ns::B" as written, or NULL */
};

/* Hand every function with a body, macro, class, and variable or member with a value in these
 * files to `use`, file by file and in the order in which ctags meets them. The strings are valid
 * during the call only. CUDA is read as C++. False, after a warning, when there is no ctags
 * or it failed: definitions may be missing then. Dies when it cannot be started or read. */
bool tags_read(const struct tree_file *const *files, size_t count,
    void (*use)(void *context, const struct tag *tag), void *context);

#endif
