/* SPDX-License-Identifier: Apache-2.0 */
/* Files are read when they are first asked for; ctags is asked once for all that are wanted. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/intern.h"
#include "base/memory.h"
#include "native.h"
#include "cxx/tags.h"

/* The files that share the last part of their names. */
struct native_base {
	uint32_t *files;
	size_t count, capacity;
};

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static uint32_t
add_file(struct native *native, struct native_file made)
{
	native->files = memory_grow(native->files, native->count, &native->capacity,
	    sizeof(struct native_file *));
	native->files[native->count] = memory_alloc(sizeof(made));
	*native->files[native->count] = made;
	return (uint32_t)native->count++;
}

static bool
is_header(const char *name)
{
	static const char *const units[] = { ".cu", ".cc", ".cpp", ".cxx", ".c", ".hip" };
	const char *suffix = strrchr(name, '.');

	for (size_t i = 0; suffix != NULL && i < sizeof(units) / sizeof(*units); i++)
		if (strcmp(suffix, units[i]) == 0)
			return false;
	return true;
}

void
native_open(struct native *native, const struct tree *tree)
{
	*native = (struct native){0};
	for (size_t i = 0; i < tree->count; i++) {
		const struct tree_file *file = &tree->files[i];
		uint32_t made = add_file(native, (struct native_file){ .file = file,
			.name = file->name, .is_header = is_header(file->name) });
		void **place = map_put_string(&native->by_base, base_of(file->name));
		struct native_base *base = *place;

		if (base == NULL)
			*place = base = memory_alloc_zero(1, sizeof(*base));
		base->files = memory_grow(base->files, base->count, &base->capacity,
		    sizeof(*base->files));
		base->files[base->count++] = made;
	}
}

uint32_t
native_add_text(struct native *native, const char *name, const char *text)
{
	return add_file(native, (struct native_file){ .name = name, .is_read = true,
		.has_tags = true, .text = memory_copy_string(text), .length = strlen(text) });
}

void
native_read(struct native *native, uint32_t id)
{
	struct native_file *file = native->files[id];

	if (file->is_read)
		return;
	file->is_read = true;
	file->text = tree_read(file->file, &file->length);
	native->problems += file->text == NULL;
}

const struct tokens *
native_tokens(struct native *native, uint32_t id)
{
	struct native_file *file = native->files[id];

	native_read(native, id);
	if (file->text != NULL && file->tokens.list == NULL)
		tokens_cut(&file->tokens, file->text, file->length);
	return &file->tokens;
}

/* Whether `name` ends in `path`, whole parts. */
static bool
ends_in(const char *name, const char *path)
{
	size_t length = strlen(name), tail = strlen(path);

	return length >= tail && strcmp(name + length - tail, path) == 0 &&
	    (length == tail || name[length - tail - 1] == '/');
}

static size_t
shared_length(const char *left, const char *right)
{
	size_t length = 0, shared = 0;

	for (; left[length] != '\0' && left[length] == right[length]; length++)
		if (left[length] == '/')
			shared = length;
	return shared;
}

size_t
native_find(const struct native *native, const char *path, const char *near, uint32_t *found,
    size_t most)
{
	const struct native_base *base;
	void **place;
	size_t count = 0, shared[16];

	while (strncmp(path, "./", 2) == 0 || strncmp(path, "../", 3) == 0)
		path += path[1] == '/' ? 2 : 3;
	place = map_get_string(&native->by_base, base_of(path));
	if (place == NULL)
		return 0;
	base = *place;
	if (most > 16)
		most = 16;
	for (size_t i = 0; i < base->count; i++) {
		const char *name = native->files[base->files[i]]->name;
		size_t has = near == NULL ? 0 : shared_length(name, near), at = count;

		if (!ends_in(name, path))
			continue;
		while (at > 0 && shared[at - 1] < has)
			at--;
		if (at == most)
			continue;
		count += count < most;
		for (size_t j = count - 1; j > at; j--) {
			found[j] = found[j - 1];
			shared[j] = shared[j - 1];
		}
		found[at] = base->files[i];
		shared[at] = has;
	}
	return count;
}

static void
add_include(struct native *native, uint32_t id, const char *path, size_t length)
{
	const char *name = intern(path, length);
	uint32_t found;
	struct native_file *file = native->files[id];

	if (native_find(native, name, file->name, &found, 1) == 0 || found == id)
		return;
	file->includes = memory_grow(file->includes, file->include_count,
	    &file->include_capacity, sizeof(*file->includes));
	file->includes[file->include_count++] = found;
}

/* `#include "x"` and <x>. */
static void
read_includes(struct native *native, uint32_t id)
{
	struct native_file *file = native->files[id];
	const char *at;

	native_read(native, id);
	at = file->text == NULL ? NULL : strchr(file->text, '#');
	for (; at != NULL; at = strchr(at, '#')) {
		const char *path, *end;

		at += 1 + strspn(at + 1, " \t");
		if (strncmp(at, "include", 7) != 0)
			continue;
		path = at + 7 + strspn(at + 7, " \t");
		if (*path != '"' && *path != '<')
			continue;
		end = strpbrk(path + 1, "\">\n");
		if (end != NULL && *end != '\n')
			add_include(native, id, path + 1, (size_t)(end - path - 1));
	}
}

const struct bits *
native_closure(struct native *native, uint32_t id)
{
	uint32_t *waiting = NULL;
	size_t count = 0, capacity = 0;
	struct bits closure = {0};

	if (native->files[id]->closure.count > 0)
		return &native->files[id]->closure;
	waiting = memory_grow(waiting, count, &capacity, sizeof(*waiting));
	waiting[count++] = id;
	bits_set(&closure, id);
	while (count > 0) {
		uint32_t at = waiting[--count];

		if (!native->files[at]->has_includes) {
			native->files[at]->has_includes = true;
			read_includes(native, at);
		}
		for (size_t i = 0; i < native->files[at]->include_count; i++) {
			uint32_t next = native->files[at]->includes[i];

			if (!bits_set(&closure, next))
				continue;
			waiting = memory_grow(waiting, count, &capacity, sizeof(*waiting));
			waiting[count++] = next;
		}
	}
	free(waiting);
	native->files[id]->closure = closure;
	return &native->files[id]->closure;
}

/* The last name of a scope. */
static const char *
last_part(const char *scope)
{
	const char *colon = strrchr(scope, ':');

	return colon == NULL ? scope : colon + 1;
}

static void
add_name(struct map *map, const char *key, const char *name)
{
	void **place = map_put_string(map, key);
	struct names *names = *place;

	if (names == NULL)
		*place = names = memory_alloc_zero(1, sizeof(*names));
	for (size_t i = 0; i < names->count; i++)
		if (names->list[i] == name)
			return;
	names->list = memory_grow(names->list, names->count, &names->capacity,
	    sizeof(*names->list));
	names->list[names->count++] = name;
}

/* "A<int>,ns::B": the last names, without template arguments. */
static void
add_bases(struct native *native, const char *class, const char *bases)
{
	while (*bases != '\0') {
		const char *name = bases;
		size_t length = 0, depth = 0;

		for (; *bases != '\0' && (depth > 0 || *bases != ','); bases++) {
			if (*bases == ':' && depth == 0) {
				name = bases + 1;
				length = 0;
			}
			depth += *bases == '<';
			length += depth == 0 && bases >= name;
			depth -= *bases == '>' && depth > 0;
		}
		if (length > 0) {
			const char *base = intern(name, length);

			add_name(&native->bases, class, base);
			add_name(&native->derived, base, class);
		}
		bases += *bases == ',';
	}
}

struct defining {
	struct native *native;
	uint32_t *files; /* those asked for */
};

static void
name_unit(struct native *native, struct unit *unit)
{
	void **place = map_put_string(&native->units_by_name, unit->name);

	unit->same_name = *place;
	*place = unit;
}

static void
add_unit(void *context, const struct tag *tag)
{
	const struct defining *defining = context;
	struct native *native = defining->native;
	struct unit *unit;

	if (tag->kind == TAG_CLASS) {
		if (tag->bases != NULL)
			add_bases(native, intern_string(tag->name), tag->bases);
		return;
	}
	unit = arena_alloc_zero(&native->arena, sizeof(*unit));
	*unit = (struct unit){ .name = intern_string(tag->name),
		.scope = intern_string(tag->scope), .file = defining->files[tag->file],
		.line = tag->line, .end = tag->end, .of_class = tag->of_class,
		.kind = tag->kind == TAG_FUNCTION ? UNIT_FUNCTION :
		    tag->kind == TAG_MACRO ? UNIT_MACRO : UNIT_VARIABLE,
		.id = (uint32_t)native->unit_count };
	native->units = memory_grow(native->units, native->unit_count, &native->unit_capacity,
	    sizeof(struct unit *));
	native->units[native->unit_count++] = unit;
	name_unit(native, unit);
	*map_put_string(&native->scopes, last_part(unit->scope)) = native;
}

static void
forget_name(struct native *native, struct unit *unit)
{
	struct unit *other = *map_put_string(&native->units_by_name, unit->name);

	if (other == unit) {
		*map_put_string(&native->units_by_name, unit->name) = unit->same_name;
		return;
	}
	while (other->same_name != unit)
		other = other->same_name;
	other->same_name = unit->same_name;
}

/* Kernels that a macro defines: DEFINE_KERNEL(name, ...) { ... }, which ctags takes for a
 * function of the macro's name. */
static void
find_defined(struct native *native, size_t first)
{
	size_t count = native->unit_count;

	for (size_t i = first; i < count; i++) {
		struct unit *unit = native->units[i];
		const char *name = unit->kind == UNIT_FUNCTION ?
		    unit_defined_name(native, unit) : NULL;

		if (name != NULL) {
			forget_name(native, unit);
			unit->name = name;
			unit->measured = unit->global = true;
			name_unit(native, unit);
		}
	}
}

void
native_define(struct native *native, const struct bits *files)
{
	const struct tree_file **list =
	    memory_alloc((native->count + 1) * sizeof(const struct tree_file *));
	uint32_t *ids = memory_alloc((native->count + 1) * sizeof(*ids));
	struct defining defining = { .native = native, .files = ids };
	size_t count = 0, first = native->unit_count;

	for (uint32_t i = 0; i < native->count; i++)
		if (bits_has(files, i) && !native->files[i]->has_tags) {
			native->files[i]->has_tags = true;
			ids[count] = i;
			list[count++] = native->files[i]->file;
		}
	if (count > 0 && !tags_read(list, count, add_unit, &defining))
		native->problems++;
	find_defined(native, first);
	free(list);
	free(ids);
}

static void
free_names(struct map *map)
{
	for (size_t i = 0; i < map->count; i++) {
		struct names *names = map->entries[i].value;

		free(names->list);
		free(names);
	}
	map_free(map);
}

void
native_close(struct native *native)
{
	for (size_t i = 0; i < native->by_base.count; i++) {
		struct native_base *base = native->by_base.entries[i].value;

		free(base->files);
		free(base);
	}
	for (size_t i = 0; i < native->unit_count; i++)
		if (native->units[i]->aliases != NULL) {
			map_free(native->units[i]->aliases);
			free(native->units[i]->aliases);
		}
	for (size_t i = 0; i < native->count; i++) {
		struct native_file *file = native->files[i];

		free(file->text);
		tokens_free(&file->tokens);
		free(file->includes);
		bits_free(&file->closure);
		map_free(&file->aliases);
		free(file);
	}
	free(native->files);
	free(native->units);
	map_free(&native->by_base);
	map_free(&native->units_by_name);
	map_free(&native->scopes);
	free_names(&native->bases);
	free_names(&native->derived);
	arena_free(&native->arena);
}
