/* SPDX-License-Identifier: Apache-2.0 */
/* The source files of a repository or an installed package, in a fixed order. */
#ifndef WARPIPE_TREE_H
#define WARPIPE_TREE_H

#include <stdbool.h>
#include <stddef.h>

/* One file: `path` opens it, `name` is what users see: relative to the folder that holds
 * the repository, '/' as separator ("sglang/python/sglang/srt/layers/activation.py"),
 * `module` its dotted name as Python would import it ("sglang.srt.layers.activation"),
 * NULL for files of other languages. All interned.
 *
 * Packages need no __init__.py, so where imports start from is a matter of layout:
 * - below a root that is itself a package (holds __init__.py): the folder above root;
 * - below a folder python/ in root, or in a folder of root as in sgl-kernel/python/, which
 *   is in no package and none itself: that folder;
 * - elsewhere: root. */
struct tree_file {
	const char *path;
	const char *name;
	const char *module;
	bool is_package; /* an __init__.py */
};

struct tree {
	struct tree_file *files; /* sorted by name, bytewise */
	size_t count, capacity;
	size_t problems;         /* what could not be read; each was warned of */
};

/* Add the files below `root` whose names end in one of `suffixes` (NULL-terminated, as
 * ".py"). root: a checkout (a folder that holds python/), a package root (holds
 * __init__.py), a folder of packages, or one file (which is named by its last part, and
 * whose module begins at the topmost of the folders above it that hold an __init__.py).
 * Names begin with root's last part as it is spelled, so that a link can name a tree.
 * Dot folders, __pycache__, *.dist-info and *.egg-info are left out; links are followed
 * only to places inside root, and a folder reached twice is taken once, under its own name
 * rather than a link's. Dies when root does not exist and on I/O errors; what vanished or
 * must not be read (a folder, an __init__.py, a link to nowhere with a wanted suffix) and
 * names with control characters, which no line of text can hold, are warned of and counted. */
void tree_add(struct tree *tree, const char *root, const char *const *suffixes);

/* Add the Python files that belong to the project in `root`, as tree_add finds them. Of a
 * checkout (a folder that holds python/) these are the files below its python/: what it
 * installs, without its tests, its benchmarks and the sources of other packages that lie
 * beside. Of anything else they are all. What was added before stays. */
void tree_add_project(struct tree *tree, const char *root);
void tree_free(struct tree *tree);

/* The whole file, malloc'ed and NUL-terminated; NULL after a warning when it cannot be
 * read (it may have vanished since). */
char *tree_read(const struct tree_file *file, size_t *length);

#endif
