/* SPDX-License-Identifier: Apache-2.0 */
/* Walks a source tree: real folders first, then what links inside the tree add. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/intern.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "python/tree.h"

struct names {
	char **names;
	size_t count, capacity;
};

/* Where a walk is: `path` as it opens, `rest` bytes of it are the root's own. */
struct walk {
	struct tree *tree;
	const char *const *suffixes;
	char *real_root;
	const char *prefix;  /* the root's own name, before every file's */
	struct text path;
	size_t rest;
	size_t import_root;  /* bytes of path up to the folder that imports start from */
	bool import_above;   /* the root is a package: modules begin with its name */
	struct map folders;  /* seen: device and inode */
	struct names links;  /* left for the end */
};

static void walk_folder(struct walk *walk);

static void
names_add(struct names *list, const char *name)
{
	list->names =
	    memory_grow(list->names, list->count, &list->capacity, sizeof(*list->names));
	list->names[list->count++] = memory_copy_string(name);
}

static void
names_free(struct names *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->names[i]);
	free(list->names);
	*list = (struct names){ 0 };
}

static bool
ends_in(const char *name, const char *suffix)
{
	size_t length = strlen(name), tail = strlen(suffix);

	return length >= tail && strcmp(name + length - tail, suffix) == 0;
}

static bool
is_wanted(const struct walk *walk, const char *name)
{
	for (size_t i = 0; walk->suffixes[i] != NULL; i++)
		if (ends_in(name, walk->suffixes[i]))
			return true;
	return false;
}

/* A line of text holds such a name only in part: in a message, or in what ctags is told. */
static bool
has_control_bytes(const char *name)
{
	for (; *name != '\0'; name++)
		if ((unsigned char)*name < 0x20 || *name == 0x7f)
			return true;
	return false;
}

static bool
is_left_out(const char *name)
{
	return strcmp(name, "__pycache__") == 0 ||
	       ends_in(name, ".dist-info") || ends_in(name, ".egg-info");
}

static void
cut(struct text *path, size_t length)
{
	path->length = length;
	path->bytes[length] = '\0';
}

/* A file that vanished or may not be read is left out with a warning. Anything else is not
 * the file's fault, and a tree without it would be wrong. */
static void
warn_unreadable(const char *path)
{
	if (!folder_lacks() && errno != EACCES)
		die("cannot read %s:", path);
	warn("cannot read %s:", path);
}

static void
problem(struct walk *walk)
{
	warn_unreadable(walk->path.bytes);
	walk->tree->problems++;
}

/* Whether the folder is a package. One that does not tell is none, with a warning: modules
 * would lose their names in silence. */
static bool
is_package(struct tree *tree, struct text *folder)
{
	size_t length = folder->length;
	struct stat status;
	bool found;

	text_add_string(folder, "/__init__.py");
	found = stat(folder->bytes, &status) == 0;
	if (!found && !folder_lacks()) {
		warn_unreadable(folder->bytes);
		tree->problems++;
	}
	cut(folder, length);
	return found;
}

/* ---- Files ---- */

/* "a/b/__init__.py" -> "a.b"; NULL for anything but Python. */
static const char *
module_name(const char *package, const char *relative)
{
	struct text text = { 0 };
	const char *name;

	if (!ends_in(relative, ".py"))
		return NULL;
	if (package != NULL)
		text_add_format(&text, "%s/", package);
	text_add(&text, relative, strlen(relative) - strlen(".py"));
	if (ends_in(text.bytes, "/__init__"))
		cut(&text, text.length - strlen("/__init__"));
	for (size_t i = 0; i < text.length; i++)
		if (text.bytes[i] == '/')
			text.bytes[i] = '.';
	name = intern(text.bytes, text.length);
	text_free(&text);
	return name;
}

/* The file at walk->path. */
static void
add_file(struct walk *walk)
{
	struct tree *tree = walk->tree;
	const char *path = walk->path.bytes;
	const char *from_root = path + walk->rest, *base = strrchr(path, '/');
	struct tree_file file = { .path = intern_string(path) };
	struct text name = { 0 };

	text_add_format(&name, "%s%s", walk->prefix, from_root);
	file.name = intern_string(name.bytes + (name.bytes[0] == '/'));
	text_free(&name);
	file.module = module_name(walk->import_above ? walk->prefix : NULL,
	    path + walk->import_root + (path[walk->import_root] == '/'));
	file.is_package = strcmp(base != NULL ? base + 1 : path, "__init__.py") == 0;
	tree->files =
	    memory_grow(tree->files, tree->count, &tree->capacity, sizeof(*tree->files));
	tree->files[tree->count++] = file;
}

/* ---- Folders ---- */

static bool
is_seen(struct walk *walk, const struct stat *status)
{
	struct { dev_t device; ino_t inode; } key;
	void **value;
	bool seen;

	memset(&key, 0, sizeof(key));
	key.device = status->st_dev;
	key.inode = status->st_ino;
	value = map_put(&walk->folders, (const char *)&key, sizeof(key));
	seen = *value != NULL;
	*value = walk;
	return seen;
}

/* A folder `python` in the root or one level below it, in no package and none itself, is
 * where imports start from. */
static bool
is_import_root(struct walk *walk, size_t parent)
{
	const char *below = walk->path.bytes + walk->rest;
	size_t levels = 0;
	bool in_package;

	for (const char *at = below; *at != '\0'; at++)
		levels += *at == '/';
	if (walk->import_above || levels > 2 || strcmp(walk->path.bytes + parent, "/python") != 0 ||
	    is_package(walk->tree, &walk->path))
		return false;
	cut(&walk->path, parent);
	in_package = is_package(walk->tree, &walk->path);
	text_add_string(&walk->path, "/python");
	return !in_package;
}

/* One entry of the folder that ends at `parent` in walk->path. */
static void
walk_entry(struct walk *walk, size_t parent)
{
	const char *name = walk->path.bytes + parent + 1;
	size_t import_root = walk->import_root;
	struct stat status;

	if (lstat(walk->path.bytes, &status) != 0) {
		problem(walk);
	} else if (S_ISLNK(status.st_mode)) {
		names_add(&walk->links, walk->path.bytes);
	} else if (S_ISREG(status.st_mode) && is_wanted(walk, name)) {
		add_file(walk);
	} else if (S_ISDIR(status.st_mode) && !is_seen(walk, &status)) {
		if (is_import_root(walk, parent))
			walk->import_root = walk->path.length;
		walk_folder(walk);
		walk->import_root = import_root;
	}
}

static void
walk_folder(struct walk *walk)
{
	size_t length = walk->path.length;
	struct folder list;

	if (!folder_read(&list, walk->path.bytes))
		problem(walk);
	for (size_t i = 0; i < list.count; i++) {
		const char *name = list.names[i];

		if (is_left_out(name))
			continue;
		if (has_control_bytes(name)) {
			warn("%s: a name with control characters is left out", walk->path.bytes);
			walk->tree->problems++;
			continue;
		}
		text_add_format(&walk->path, "/%s", name);
		walk_entry(walk, length);
		cut(&walk->path, length);
	}
	folder_free(&list);
}

/* ---- Links ---- */

/* The link at walk->path, whose name begins at `name`. */
static void
follow(struct walk *walk, size_t name)
{
	char *target = folder_real_path(walk->path.bytes);
	struct stat status;

	if (target == NULL || stat(target, &status) != 0) {
		if (errno == ENOMEM || is_wanted(walk, walk->path.bytes + name))
			problem(walk);
	} else if (folder_is_inside(target, walk->real_root)) {
		if (S_ISREG(status.st_mode) && is_wanted(walk, walk->path.bytes + name))
			add_file(walk);
		else if (S_ISDIR(status.st_mode) && !is_seen(walk, &status))
			walk_folder(walk);
	}
	free(target);
}

/* Links found on the way are added to the list and followed in turn. */
static void
follow_links(struct walk *walk)
{
	for (size_t i = 0; i < walk->links.count; i++) {
		size_t slash = (size_t)(strrchr(walk->links.names[i], '/') - walk->links.names[i]);

		text_clear(&walk->path);
		text_add_string(&walk->path, walk->links.names[i]);
		follow(walk, slash + 1);
	}
}

/* ---- The tree ---- */

static int
compare_files(const void *a, const void *b)
{
	const struct tree_file *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order != 0 ? order : strcmp(left->path, right->path);
}

static void
sort_files(struct tree *tree)
{
	size_t kept = 0;

	if (tree->count > 0)
		qsort(tree->files, tree->count, sizeof(*tree->files), compare_files);
	for (size_t i = 0; i < tree->count; i++)
		if (kept == 0 || tree->files[kept - 1].path != tree->files[i].path)
			tree->files[kept++] = tree->files[i];
	tree->count = kept;
}

/* One file: its module is found by going up as long as there is an __init__.py. */
static void
add_single(struct walk *walk)
{
	char *slash = strrchr(walk->real_root, '/');
	struct text folder = { 0 };
	size_t root = (size_t)(slash - walk->real_root);

	text_add(&folder, walk->real_root, root);
	while (root > 0 && is_package(walk->tree, &folder)) {
		root = (size_t)(strrchr(folder.bytes, '/') - folder.bytes);
		cut(&folder, root);
	}
	text_free(&folder);
	walk->prefix = "";
	walk->rest = walk->path.length - strlen(slash);
	if (walk->path.length < strlen(slash) || walk->path.bytes[walk->rest] != '/')
		walk->rest = walk->path.length - strlen(slash + 1);
	add_file(walk);
	walk->tree->files[walk->tree->count - 1].module =
	    module_name(NULL, walk->real_root + root + 1);
}

/* The root's name as the user spells it, which may be a link's; "." has its real one. */
static const char *
own_name(const struct walk *walk)
{
	const char *slash = strrchr(walk->path.bytes, '/');
	const char *name = slash ? slash + 1 : walk->path.bytes;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || *name == '\0')
		name = strrchr(walk->real_root, '/') + 1;
	return intern_string(name);
}

void
tree_add(struct tree *tree, const char *root, const char *const *suffixes)
{
	struct walk walk = { .tree = tree, .suffixes = suffixes };
	struct stat status;

	walk.real_root = folder_real_path(root);
	if (walk.real_root == NULL || stat(walk.real_root, &status) != 0)
		die("cannot read %s:", root);
	text_add_string(&walk.path, root);
	while (walk.path.length > 1 && walk.path.bytes[walk.path.length - 1] == '/')
		cut(&walk.path, walk.path.length - 1);
	if (S_ISDIR(status.st_mode)) {
		walk.rest = walk.import_root = walk.path.length;
		walk.prefix = own_name(&walk);
		walk.import_above = is_package(tree, &walk.path);
		is_seen(&walk, &status);
		walk_folder(&walk);
		follow_links(&walk);
	} else {
		add_single(&walk);
	}
	sort_files(tree);
	names_free(&walk.links);
	map_free(&walk.folders);
	text_free(&walk.path);
	free(walk.real_root);
}

/* Of a tree of one root, what lies in the folder, when there is such a folder. */
static void
keep_below(struct tree *tree, const struct text *folder)
{
	struct stat status;
	size_t kept = 0;

	if (stat(folder->bytes, &status) != 0 || !S_ISDIR(status.st_mode))
		return;
	for (size_t i = 0; i < tree->count; i++)
		if (strncmp(tree->files[i].path, folder->bytes, folder->length) == 0)
			tree->files[kept++] = tree->files[i];
	tree->count = kept;
}

void
tree_add_project(struct tree *tree, const char *root)
{
	static const char *const suffixes[] = { ".py", NULL };
	struct tree project = { 0 };
	struct text folder = { 0 };

	tree_add(&project, root, suffixes);
	text_add_string(&folder, root);
	while (folder.length > 1 && folder.bytes[folder.length - 1] == '/')
		cut(&folder, folder.length - 1);
	text_add_string(&folder, "/python/");
	keep_below(&project, &folder);
	text_free(&folder);
	for (size_t i = 0; i < project.count; i++) {
		tree->files = memory_grow(tree->files, tree->count, &tree->capacity,
		    sizeof(*tree->files));
		tree->files[tree->count++] = project.files[i];
	}
	tree->problems += project.problems;
	tree_free(&project);
	sort_files(tree);
}

void
tree_free(struct tree *tree)
{
	free(tree->files);
	*tree = (struct tree){ 0 };
}

char *
tree_read(const struct tree_file *file, size_t *length)
{
	FILE *stream = fopen(file->path, "rb");
	struct text text = { 0 };
	struct stat status;
	size_t got, room;

	if (stream == NULL) {
		warn_unreadable(file->path);
		return NULL;
	}
	/* One byte more than the file holds, so that its end is met at once. */
	room = fstat(fileno(stream), &status) == 0 && status.st_size > 0
	           ? (size_t)status.st_size + 1 : 4096;
	while ((got = fread(text_reserve(&text, room), 1, room, stream)) > 0)
		text.length += got;
	if (ferror(stream)) {
		warn_unreadable(file->path);
		fclose(stream);
		text_free(&text);
		return NULL;
	}
	fclose(stream);
	text_reserve(&text, 0)[0] = '\0';
	*length = text.length;
	return text.bytes;
}
