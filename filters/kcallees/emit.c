/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the way together: Python functions, then C++ functions, then the GPU function. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "base/intern.h"
#include "base/memory.h"
#include "search.h"
#include "base/text.h"

/* Parts of paths as short as csrc or lib say nothing about whose they are. */
enum { MOST_COMMON = 5 };

/* A record's own fields. */
struct callee {
	const char *gpu, *scope, *file, *how;
	uint32_t line;
	bool prefix;
	const struct search *search; /* NULL: no C++ on the way */
	size_t step;                 /* of the GPU function in it */
};

/* The same GPU function is written once for a kernel, by its shortest way. */
static bool
is_written(struct emitter *emitter, const struct kernel *kernel, const struct callee *callee)
{
	struct text key = {0};
	void **place;
	bool written;

	text_add_format(&key, "%s\n%s\n%s\n%s\n%s", kernel->name, kernel->source, callee->gpu,
	    callee->scope == NULL ? "" : callee->scope, callee->file);
	place = map_put(&emitter->written, key.bytes, key.length);
	written = *place != NULL;
	*place = emitter;
	text_free(&key);
	return written;
}

static void
put_python_steps(struct emitter *emitter, const struct reach *reach, uint32_t step)
{
	if (step == 0)
		return;
	put_python_steps(emitter, reach, reach->steps[step - 1].from);
	/* The first is the kernel itself. */
	if (reach->steps[step - 1].from != 0)
		json_put_string(emitter->writer, reach->steps[step - 1].function->path);
}

static const char *
last_part(const char *scope)
{
	const char *colon = strrchr(scope, ':');

	return colon == NULL ? scope : colon + 1;
}

static void
put_native_steps(struct emitter *emitter, const struct search *search, uint32_t step)
{
	const struct step *at;
	const struct unit *unit;
	struct text name = {0};

	if (step == 0)
		return;
	at = &search->steps[step - 1];
	unit = at->unit;
	put_native_steps(emitter, search, at->from);
	/* A function that is exported under its own name is told once. */
	if (unit->name == NULL || (at->from == 1 && search->steps[0].unit->name != NULL &&
	    strcmp(search->steps[0].unit->name, unit->name) == 0 && !unit->of_class))
		return;
	if (unit->of_class)
		text_add_format(&name, "%s::", last_part(unit->scope));
	text_add_string(&name, unit->name);
	json_put_string(emitter->writer, name.bytes);
	text_free(&name);
}

static void
write_callee(struct emitter *emitter, const struct kernel *kernel, const struct reach *reach,
    const struct link *link, const struct callee *callee)
{
	struct json_writer *writer = emitter->writer;

	if (is_written(emitter, kernel, callee))
		return;
	json_record_begin(writer, "callee");
	json_member_string(writer, "kernel", kernel->name);
	json_member_string(writer, "source", kernel->source);
	json_member_string(writer, "gpu", callee->gpu);
	if (callee->prefix)
		json_member_string(writer, "match", "prefix");
	json_member_string(writer, "scope", callee->scope);
	json_member_string(writer, "file", callee->file);
	json_member_integer(writer, "line", callee->line);
	json_member_string(writer, "how", callee->how);
	json_key(writer, "via");
	json_array_begin(writer);
	put_python_steps(emitter, reach, link->step);
	if (callee->search != NULL)
		put_native_steps(emitter, callee->search,
		    callee->search->steps[callee->step].from);
	json_array_end(writer);
	json_object_end(writer);
	emitter->callees++;
}

static void
emit_dialect(struct emitter *emitter, const struct kernel *kernel, const struct reach *reach,
    const struct link *link)
{
	const struct code_scope *function = link->function;
	const struct tree_file *file = function->module->file;
	struct gpu_names names = dialect_names(link->dialect, file->module, function->path,
	    function->class != NULL, function->node);

	for (size_t i = 0; i < names.count; i++)
		write_callee(emitter, kernel, reach, link, &(struct callee){
			.gpu = names.list[i].name, .prefix = names.list[i].prefix, .file = file->name,
			.line = function->node->line, .how = link->dialect });
	free(names.list);
}

/* The search from a binding, made once. */
static const struct search *
search_from(struct emitter *emitter, const struct library *library, struct unit *unit)
{
	const void *key[2] = { library, unit };
	void **place = map_put(&emitter->searches, (const char *)key, sizeof(key));
	struct search *search = *place;

	if (search == NULL) {
		*place = search = memory_alloc_zero(1, sizeof(*search));
		search_run(search, emitter->libraries->native, &library->files, unit);
	}
	return search;
}

/* A macro by convention, and by definition. */
static bool
is_macro(const struct native *native, const char *name)
{
	void **place = map_get_string(&native->units_by_name, name);
	const struct unit *unit = place == NULL ? NULL : *place;

	for (const char *at = name; *at != '\0'; at++)
		if (islower((unsigned char)*at))
			return false;
	while (unit != NULL && unit->kind != UNIT_MACRO)
		unit = unit->same_name;
	return unit != NULL;
}

/* The scope without parts that a macro names: what they are is decided when compiling. */
static const char *
plain_scope(const struct native *native, const char *scope)
{
	struct text text = {0};
	const char *plain;

	while (*scope != '\0') {
		size_t length = strcspn(scope, ":");
		const char *part = intern(scope, length);

		if (!is_macro(native, part))
			text_add_format(&text, "%s%s", text.length > 0 ? "::" : "", part);
		scope += length + strspn(scope + length, ":");
	}
	plain = text.length == 0 ? NULL : intern(text.bytes, text.length);
	text_free(&text);
	return plain;
}

static void
emit_export(struct emitter *emitter, const struct kernel *kernel, const struct reach *reach,
    const struct link *link, const struct library *library, const struct export *export)
{
	const struct search *search = search_from(emitter, library, export->unit);

	for (size_t i = 0; i < search->count; i++) {
		const struct unit *unit = search->steps[i].unit;

		if (unit->global && unit->kind == UNIT_FUNCTION)
			write_callee(emitter, kernel, reach, link, &(struct callee){
				.gpu = unit->name, .how = export->how, .line = unit->line,
				.scope = plain_scope(emitter->libraries->native, unit->scope),
				.file = emitter->libraries->native->files[unit->file]->name,
				.search = search, .step = i });
	}
}

/* Whether `name` begins with `front`, or with `whole` is the same, but for case, '-' and '_';
 * `front` ends at its length. */
static bool
is_like(const char *name, const char *front, size_t length, bool whole)
{
	const char *end = front + length;

	for (;;) {
		while (*name == '-' || *name == '_')
			name++;
		while (front < end && (*front == '-' || *front == '_'))
			front++;
		if (front == end)
			return length > 0 && (!whole || *name == '\0');
		if (*name == '\0' ||
		    tolower((unsigned char)*name++) != tolower((unsigned char)*front++))
			return false;
	}
}

/* Whether the export is in that space. Where a macro names the space when it is compiled, a
 * part of the file's path must, or what the space begins with: flash_attn_2_cuda is made in
 * flash_attn/. */
static bool
is_in_space(const struct native *native, const struct export *export, const char *space,
    size_t length)
{
	const char *path = native->files[export->unit->file]->name;
	char name[128];

	if (length >= sizeof(name))
		return false;
	memcpy(name, space, length);
	name[length] = '\0';
	if (export->space != NULL && !isupper((unsigned char)export->space[0]))
		return is_like(name, export->space, strlen(export->space), true);
	for (; *path != '\0'; path += strcspn(path, "/"), path += *path == '/')
		if (strcspn(path, "/") >= MOST_COMMON && is_like(name, path, strcspn(path, "/"),
		    false))
			return true;
	return false;
}

/* A C++ function of that name, where nothing binds the name: what ctypes calls. */
static void
emit_named(struct emitter *emitter, const struct kernel *kernel, const struct reach *reach,
    const struct link *link, const char *name)
{
	const struct library *library = libraries_bound(emitter->libraries);
	struct native *native = emitter->libraries->native;
	void **place = map_get_string(&native->units_by_name, name);
	struct unit *unit = place == NULL ? NULL : *place;

	for (; unit != NULL; unit = unit->same_name) {
		struct export export = { .name = name, .how = "name", .unit = unit };

		if (unit->kind == UNIT_FUNCTION && !unit->of_class &&
		    bits_has(&library->files, unit->file) &&
		    is_in_space(native, &export, link->name, strcspn(link->name, ".")))
			emit_export(emitter, kernel, reach, link, library, &export);
	}
}

/* torch.ops.space.name.overload, or package.module.name of an extension. */
static void
emit_op(struct emitter *emitter, const struct kernel *kernel, const struct reach *reach,
    const struct link *link)
{
	const struct library *library = libraries_bound(emitter->libraries);
	bool torch = strncmp(link->name, "torch.ops.", 10) == 0, bound = false;
	const char *space = torch ? link->name + 10 : link->name;
	const char *name = torch ? strchr(space, '.') : strrchr(link->name, '.');

	if (name == NULL)
		return;
	name = intern(name + 1, strcspn(name + 1, "."));
	for (size_t i = 0; i < library->exports.count; i++) {
		const struct export *export = &library->exports.list[i];

		if (export->name == name && is_in_space(emitter->libraries->native, export,
		    space, strcspn(space, "."))) {
			emit_export(emitter, kernel, reach, link, library, export);
			bound = true;
		}
	}
	if (!bound && !torch)
		emit_named(emitter, kernel, reach, link, name);
}

size_t
emit_callees(struct emitter *emitter, const struct kernel *kernel, const struct reach *reach)
{
	size_t before = emitter->callees;

	for (size_t i = 0; i < reach->link_count; i++) {
		const struct link *link = &reach->links[i];
		const struct library *library;

		if (link->kind == LINK_DIALECT) {
			emit_dialect(emitter, kernel, reach, link);
			continue;
		}
		if (link->kind == LINK_OP) {
			emit_op(emitter, kernel, reach, link);
			continue;
		}
		library = libraries_of(emitter->libraries, link->function);
		for (size_t j = 0; j < library->exports.count; j++) {
			const struct export *export = &library->exports.list[j];

			if (link->name == NULL || export->name == NULL ||
			    link->name == export->name)
				emit_export(emitter, kernel, reach, link, library, export);
		}
	}
	return emitter->callees - before;
}

void
emit_end(struct emitter *emitter, const struct kernels *kernels, size_t linked, size_t problems)
{
	struct json_writer *writer = emitter->writer;
	bool exact = !emitter->evaluator->left_out && !emitter->cut;

	for (size_t i = 0; i < emitter->searches.count; i++)
		exact = exact && !((struct search *)emitter->searches.entries[i].value)->cut;
	json_record_begin(writer, "end");
	json_member_integer(writer, "callees", (int64_t)emitter->callees);
	json_member_integer(writer, "kernels", (int64_t)kernels->count);
	json_member_integer(writer, "linked", (int64_t)linked);
	json_member_bool(writer, "exact", exact);
	json_member_integer(writer, "problems", (int64_t)problems);
	json_object_end(writer);
}

void
emit_close(struct emitter *emitter)
{
	for (size_t i = 0; i < emitter->searches.count; i++) {
		search_free(emitter->searches.entries[i].value);
		free(emitter->searches.entries[i].value);
	}
	map_free(&emitter->searches);
	map_free(&emitter->written);
	json_writer_close(emitter->writer);
}
