/* SPDX-License-Identifier: Apache-2.0 */
/* Reads files line by line for "def NAME" and the decorators above it. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/intern.h"
#include "base/lines.h"
#include "base/memory.h"
#include "source.h"
#include "base/text.h"

/* A line's first word, after its indent. */
static struct slice
strip(struct slice line)
{
	while (line.length > 0 && (*line.bytes == ' ' || *line.bytes == '\t'))
		line.bytes++, line.length--;
	return line;
}

/* The name that a line defines; bytes NULL when it is no def. */
static struct slice
defined_name(struct slice line)
{
	size_t length = 0;

	line = strip(line);
	if (slice_begins(line, "async "))
		line = strip((struct slice){ line.bytes + 6, line.length - 6 });
	if (!slice_begins(line, "def "))
		return (struct slice){ NULL, 0 };
	line = strip((struct slice){ line.bytes + 4, line.length - 4 });
	while (length < line.length &&
	    (isalnum((unsigned char)line.bytes[length]) || line.bytes[length] == '_'))
		length++;
	return (struct slice){ line.bytes, length };
}

/* Decorators begin with @ and may go over several lines: up to the def, none is empty. */
static void
read_definitions(struct source_file *file, struct lines *lines)
{
	int64_t number = 0, decorated = 0;
	struct slice line, name;

	while (lines_next(lines, &line)) {
		number++;
		name = defined_name(line);
		line = strip(line);
		if (name.bytes != NULL) {
			file->list = memory_grow(file->list, file->count, &file->capacity,
			    sizeof(*file->list));
			file->list[file->count++] = (struct definition_line){
				intern(name.bytes, name.length),
				decorated != 0 ? decorated : number, number };
			decorated = 0;
		} else if (line.length > 0 && *line.bytes == '@') {
			if (decorated == 0)
				decorated = number;
		} else if (line.length == 0 || slice_begins(line, "class "))
			decorated = 0;
	}
	lines_close_file(lines);
}

/* Chains can name any path: what leads out of the tree, which is the first folder of `name` in
 * `root` and may be a link itself, is not read. */
static bool
is_inside(const char *root, const char *name, const char *path)
{
	struct text tree = { 0 };
	char *real_tree, *real;
	bool inside;

	if (strncmp(name, "../", 3) == 0)
		return false;
	text_add_format(&tree, "%s/%.*s", root, (int)strcspn(name, "/"), name);
	real_tree = folder_real_path(tree.bytes);
	real = folder_real_path(path);
	inside = real_tree != NULL && real != NULL && folder_is_inside(real, real_tree);
	if ((real_tree == NULL || real == NULL) && !folder_lacks())
		die("%s:", path);
	text_free(&tree);
	free(real_tree);
	free(real);
	return inside;
}

static void
read_file(struct source *source, struct source_file *file)
{
	struct text path = { 0 };

	for (char **root = source->roots; root != NULL && *root != NULL; root++) {
		text_clear(&path);
		text_add_format(&path, "%s/%s", *root, file->path);
		if (folder_has_file(path.bytes) && is_inside(*root, file->path, path.bytes)) {
			struct lines lines;

			lines_open_input(&lines, input_open(path.bytes));
			read_definitions(file, &lines);
			lines_close(&lines);
			break;
		}
	}
	text_free(&path);
}

static const struct source_file *
file_of(struct source *source, const char *path)
{
	void **place = map_put_string(&source->files, path);
	struct source_file *file = *place;

	if (file != NULL)
		return file;
	*place = file = memory_alloc_zero(1, sizeof(*file));
	file->path = path;
	read_file(source, file);
	return file;
}

int64_t
source_around(struct source *source, const char *path, const char *name, int64_t line)
{
	const struct source_file *file = file_of(source, path);
	int64_t found = 0;

	for (size_t i = 0; i < file->count && file->list[i].line <= line; i++)
		if (file->list[i].name == name)
			found = file->list[i].first;
	return found;
}

int64_t
source_nearest(struct source *source, const char *path, const char *name, int64_t line,
    bool *exact)
{
	const struct source_file *file = file_of(source, path);
	int64_t found = 0, nearest = INT64_MAX;

	*exact = false;
	for (size_t i = 0; i < file->count; i++) {
		const struct definition_line *at = &file->list[i];
		int64_t distance = line < at->first ? at->first - line
		    : line > at->line ? line - at->line : 0;

		if (at->name != name || distance >= nearest)
			continue;
		nearest = distance;
		found = at->first;
		*exact = distance == 0;
	}
	return found;
}

void
source_close(struct source *source)
{
	for (size_t i = 0; i < source->files.count; i++) {
		struct source_file *file = source->files.entries[i].value;

		free(file->list);
		free(file);
	}
	map_free(&source->files);
}
